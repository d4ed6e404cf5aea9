import assert from "node:assert/strict";
import { test } from "node:test";
import * as fhn from "../src/neuron/fitzhugh-nagumo.js";
import { integrate, integration, iteration, spikeTimes } from "../src/neuron/integrators.js";

const rhs = (I, v, w) => {
  const out = new Float64Array(2);
  fhn.field(I)(0, v, w, out);
  return out;
};

test("both derivatives vanish at the equilibrium, for currents of every regime", () => {
  for (let I = -2; I <= 3; I += 0.01) {
    const { v, w } = fhn.equilibrium(I);
    const [dv, dw] = rhs(I, v, w);
    assert.ok(Math.hypot(dv, dw) < 1e-13, `I = ${I}: ${dv}, ${dw}`);
  }
});

test("trace and determinant are those of a finite-difference Jacobian", () => {
  for (const I of [-0.5, 0.2, 0.5, 1, 1.6]) {
    const { v, w, trace, determinant } = fhn.equilibrium(I);
    const h = 1e-6;
    const column = (dv, dw) => {
      const plus = rhs(I, v + dv, w + dw);
      const minus = rhs(I, v - dv, w - dw);
      return [(plus[0] - minus[0]) / (2 * h), (plus[1] - minus[1]) / (2 * h)];
    };
    const [a, c] = column(h, 0);
    const [b, d] = column(0, h);
    assert.ok(Math.abs(a + d - trace) < 1e-8);
    assert.ok(Math.abs(a * d - b * c - determinant) < 1e-8);
  }
});

test("the equilibrium loses its stability exactly between the two Hopf currents", () => {
  const [lower, upper] = fhn.hopfCurrents();
  assert.ok(Math.abs(lower - 0.3313) < 1e-4 && Math.abs(upper - 1.4187) < 1e-4);
  for (const [I, stable] of [
    [lower - 1e-6, true],
    [lower + 1e-6, false],
    [upper - 1e-6, false],
    [upper + 1e-6, true],
  ]) {
    assert.equal(fhn.equilibrium(I).stable, stable, `I = ${I}`);
    assert.equal(fhn.equilibrium(I).kind, "focus");
  }
  assert.deepEqual([0.2, 0.5, 1.6].map(fhn.regime), ["excitable", "oscillating", "depolarisation block"]);
});

test("the nullclines are where a derivative vanishes", () => {
  for (let v = -2.5; v <= 2.5; v += 0.1) {
    assert.ok(Math.abs(rhs(0.5, v, fhn.vNullcline(v, 0.5))[0]) < 1e-14);
    assert.ok(Math.abs(rhs(0.5, v, fhn.wNullcline(v))[1]) < 1e-14);
  }
});

/** Slope of log error against log dt on dv/dt = w, dw/dt = -v, whose solution is a rotation. */
function order(method, coarse) {
  const rotation = (_t, v, w, out) => {
    out[0] = w;
    out[1] = -v;
  };
  const error = (steps) => {
    const { v, w } = integrate(rotation, { v0: 1, w0: 0, dt: 2 / steps, steps, method });
    return Math.hypot(v.at(-1) - Math.cos(2), w.at(-1) + Math.sin(2));
  };
  return Math.log2(error(coarse) / error(2 * coarse));
}

test("Euler is of first order, RK4 of fourth, DOP853 of eighth", () => {
  assert.ok(Math.abs(order("euler", 50) - 1) < 0.05, order("euler", 50));
  assert.ok(Math.abs(order("rk4", 50) - 4) < 0.05, order("rk4", 50));
  assert.ok(Math.abs(order("dop853", 2) - 8) < 0.3, order("dop853", 2));
});

test("stages of RK4 see the right times: a field of time alone is integrated as Simpson's rule", () => {
  const { v, t } = integrate(
    (s, _v, _w, out) => {
      out[0] = s ** 3;
      out[1] = 0;
    },
    { v0: 0, w0: 0, dt: 0.5, steps: 6 },
  );
  assert.ok(Math.abs(v.at(-1) - t.at(-1) ** 4 / 4) < 1e-12);
  assert.equal(t.at(-1), 3);
});

test("sub-steps are steps of the same method", () => {
  const at = { v0: -1, w0: 1, steps: 20 };
  const fine = integrate(fhn.field(0.5), { ...at, dt: 0.5, substeps: 5 });
  const same = integrate(fhn.field(0.5), { ...at, dt: 0.1, steps: 100 });
  for (let i = 0; i <= 20; i += 1) assert.ok(Math.abs(fine.v[i] - same.v[5 * i]) < 1e-12);
});

test("a step too large diverges: the samples end with the last finite one", () => {
  const run = integrate(fhn.field(0.5), { v0: 2.4, w0: -1, dt: 3, steps: 100, method: "euler" });
  assert.ok(run.divergedAt > 0);
  assert.equal(run.v.length, run.t.length);
  assert.equal(run.divergedAt, run.t.at(-1) + 3);
  assert.ok(run.v.every(Number.isFinite) && run.w.every(Number.isFinite));
  assert.equal(integrate(fhn.field(0.5), { v0: 0, w0: 0, dt: 0.1, steps: 9 }).divergedAt, null);
});

test("work done in pieces is the same work", () => {
  const options = { v0: -1, w0: 1, dt: 0.5, steps: 40 };
  const whole = integrate(fhn.field(0.5), options);
  const run = integration(fhn.field(0.5), options);
  assert.equal(run.advance(7).samples().v.length, 8);
  while (!run.finished) run.advance(7);
  assert.deepEqual(run.samples(), whole);
  const wild = integration(fhn.field(0.5), { v0: 2.4, w0: -1, dt: 3, steps: 100, method: "euler" });
  while (!wild.finished) wild.advance(1);
  assert.equal(wild.samples().v.length, wild.divergedAt / 3);
});

test("a map takes one step per interval, whatever the interval's length", () => {
  const halve = (_t, v, _w, out) => {
    out[0] = -v / 2;
    out[1] = 1;
  };
  for (const dt of [0.1, 5]) {
    const { t, v, w } = iteration(halve, { v0: 8, w0: 0, dt, steps: 3 }).advance().samples();
    assert.deepEqual([...v], [8, 4, 2, 1]);
    assert.deepEqual([...w], [0, 1, 2, 3]);
    assert.equal(t[3], 3 * dt);
  }
});

test("spikes are upward crossings, placed between samples", () => {
  assert.deepEqual(spikeTimes({ t: [0, 1, 2, 3, 4], v: [-1, 1, -1, -1, 3] }), [0.5, 3.25]);
});

test("an unknown method is refused by name", () => {
  assert.throws(() => integrate(fhn.field(0), { v0: 0, w0: 0, dt: 1, steps: 1, method: "toString" }), /method/);
});
