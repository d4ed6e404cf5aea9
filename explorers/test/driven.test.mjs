import assert from "node:assert/strict";
import { test } from "node:test";
import { Network } from "../src/network/network.js";
import { decode, encode, HIGHEST, SPACING, stroke, through } from "../src/neuron/currents.js";
import { dop853 } from "../src/neuron/dop853.js";
import * as fhn from "../src/neuron/fitzhugh-nagumo.js";
import { integration } from "../src/neuron/integrators.js";
import { vanRossum } from "../src/neuron/spikes.js";
import { spec } from "../src/page/spec.js";
import { sanitise } from "../src/page/state.js";

test("a current survives the journey through letters", () => {
  const values = [0, 0.01, 0.2, 0.35, HIGHEST];
  assert.deepEqual(
    [...decode(encode(values))].map((I) => I.toFixed(2)),
    values.map((I) => I.toFixed(2)),
  );
  assert.equal(encode([-1, 5, 0.2049]), "0zK");
});

test("between knots the current is a straight line, beyond them constant", () => {
  const current = through(Float64Array.of(0.2, 0.5, 0.3));
  for (const [t, I] of [
    [-1, 0.2],
    [0, 0.2],
    [SPACING / 2, 0.35],
    [SPACING, 0.5],
    [1.75 * SPACING, 0.35],
    [99, 0.3],
  ]) {
    assert.ok(Math.abs(current(t) - I) < 1e-15, `t = ${t}`);
  }
});

test("a stroke changes the knots that it passes, and no other", () => {
  const flat = new Float64Array(6).fill(0.2);
  const drawn = stroke(flat, { t: 3 * SPACING, I: 0.5 }, { t: SPACING, I: 0.3 });
  assert.deepEqual(
    [...drawn].map((I) => I.toFixed(1)),
    ["0.2", "0.3", "0.4", "0.5", "0.2", "0.2"],
  );
  const dot = stroke(flat, { t: 0.9 * SPACING, I: 0.4 }, { t: 0.9 * SPACING, I: 0.4 });
  assert.deepEqual(
    [...dot].map((I) => I.toFixed(1)),
    ["0.2", "0.4", "0.2", "0.2", "0.2", "0.2"],
  );
  assert.deepEqual([...stroke(flat, { t: -50, I: 0.1 }, { t: -40, I: 0.1 })], [...flat]);
});

test("DOP853 keeps its order where the field depends on time", () => {
  // v' = cos t, w' = v: v = sin t, w = 1 - cos t.
  const field = (t, v, _w, out) => {
    out[0] = Math.cos(t);
    out[1] = v;
  };
  const error = (dt) => {
    const state = Float64Array.of(0, 0);
    for (let n = 0; n < Math.round(6 / dt); n += 1) dop853(field, n * dt, state, dt);
    return Math.hypot(state[0] - Math.sin(6), state[1] - (1 - Math.cos(6)));
  };
  const order = Math.log2(error(1.5) / error(0.75));
  assert.ok(order > 7.5, `order ${order}`);
});

test("under a current that does not change, driven and constant runs agree", () => {
  const options = { v0: -1, w0: 0.5, dt: 0.5, steps: 200 };
  const constant = fhn.simulation(0.5, options).advance().samples();
  const driven = fhn
    .simulation(() => 0.5, options)
    .advance()
    .samples();
  assert.deepEqual([...driven.v], [...constant.v]);
});

test("a network reads the current at the time of each stage; an RNN at the start of its step", () => {
  const tensor = (shape, data) => ({ shape, data: Float32Array.from(data) });
  // Small weights: nearly linear, dv/dt = 0.001 I and dw/dt = 0.
  const network = new Network({
    "net.0.weight": tensor([1, 3], [0, 0, 0.01]),
    "net.0.bias": tensor([1], [0]),
    "net.2.weight": tensor([1, 1], [0.1]),
    "net.2.bias": tensor([1], [0]),
    "net.4.weight": tensor([2, 1], [1, 0]),
    "net.4.bias": tensor([2], [0, 0]),
  });
  const options = { v0: 0, w0: 0, dt: 0.5, steps: 8 };
  const end = (kind) =>
    network[kind]((t) => t, options)
      .advance()
      .samples()
      .v.at(-1);
  assert.ok(Math.abs(end("integration") - 0.001 * 8) < 1e-3 * 0.008);
  assert.ok(Math.abs(end("iteration") - 0.001 * 14) < 1e-3 * 0.014);
});

test("van Rossum's distance: a pair costs what its interval says", () => {
  assert.ok(Math.abs(vanRossum([5], [5.3], 2) - (1 - Math.exp(-0.15))) < 1e-15);
  assert.equal(vanRossum([], [1], 2), 0.5);
  assert.ok(Math.abs(vanRossum([3, 10], [10, 90], 1e-6) - 1) < 1e-12);
});

test("a drawn current from a link is so many letters, or nothing", () => {
  const { letters } = spec.draw.fields.drawn;
  const good = "K".repeat(letters);
  assert.deepEqual(sanitise(spec.draw, { drawn: good }), { drawn: good });
  for (const drawn of ["", `${good}K`, `${good.slice(1)}<`, 5, null, {}]) {
    assert.deepEqual(sanitise(spec.draw, { drawn }), {});
  }
});

test("an integrator that ignores the time would be found out", () => {
  const ramp = fhn.field((t) => t);
  const out = integration(ramp, { v0: 0, w0: 0, dt: 0.5, steps: 2, method: "dop853" }).advance().samples();
  assert.ok(out.v.at(-1) > 0.3);
});
