import assert from "node:assert/strict";
import { test } from "node:test";
import { format, linear, scientific, ticks } from "../src/drawing/scale.js";
import { spec } from "../src/page/spec.js";
import { defaults, fromFragment, sanitise, toFragment } from "../src/page/state.js";

const phase = spec["phase-plane"];

test("a state survives the journey through a link", () => {
  const state = { ...defaults(phase), I: 0.33, dt: 1.25, v0: -1.5, integrator: "euler" };
  const { id, changes, preset } = fromFragment(toFragment(phase, "my figure?#", state));
  assert.equal(id, "my figure?#");
  assert.equal(preset, null);
  assert.deepEqual({ ...defaults(phase), ...sanitise(phase, changes) }, state);
});

test("links name only what differs from the figure's own start", () => {
  const base = { ...defaults(phase), I: 0.2 };
  assert.equal(toFragment(phase, "a", base, base), "#a?");
  assert.equal(toFragment(phase, "a", { ...base, I: 0.4 }, base), "#a?I=0.4");
});

test("hostile values are dropped, wild ones clamped", () => {
  const link = "#x?I=<script>alert(1)</script>&dt=1e9&integrator=__proto__&__proto__=1&constructor=2&v0=NaN&w0=";
  const { changes } = fromFragment(link);
  assert.deepEqual(sanitise(phase, changes), { dt: phase.fields.dt.max });
  assert.equal({}.polluted, undefined);
  assert.deepEqual(sanitise(phase, null), {});
  assert.deepEqual(sanitise(phase, { I: true, dt: null, v0: Infinity }), {});
});

test("fragments that are not an explorer's are left alone", () => {
  for (const fragment of ["", "#", "#section-2", "#%E0%A4%A?I=1", "#?I=1"]) {
    assert.equal(fromFragment(fragment), null, fragment);
  }
});

test("every default and preset of the spec is valid as it stands", () => {
  for (const [name, one] of Object.entries(spec)) {
    assert.deepEqual(sanitise(one, defaults(one)), defaults(one), name);
    for (const [preset, { state }] of Object.entries(one.presets)) {
      assert.deepEqual(sanitise(one, state), state, `${name}: ${preset}`);
    }
  }
});

test("scales invert, ticks are round and inside", () => {
  const x = linear([-2, 2], [10, 210]);
  assert.equal(x(0), 110);
  assert.ok(Math.abs(x.invert(x(1.3)) - 1.3) < 1e-12);
  assert.deepEqual(ticks(-2.5, 2.5, 5), [-2, -1, 0, 1, 2]);
  assert.deepEqual(ticks(0, 100, 5), [0, 20, 40, 60, 80, 100]);
  assert.deepEqual(ticks(0, 0.35, 4), [0, 0.1, 0.2, 0.3]);
  assert.equal(format(-0.004, 2), "0.00");
  assert.equal(format(-1.5, 1), "−1.5");
  assert.equal(scientific(2.94e-9), "2.9\u00a0×\u00a010⁻⁹");
  assert.equal(scientific(5e10), "5.0\u00a0×\u00a010¹⁰");
});
