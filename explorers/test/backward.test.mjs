import assert from "node:assert/strict";
import { test } from "node:test";
import { dopri5 } from "../src/neuron/dopri5.js";
import * as fhn from "../src/neuron/fitzhugh-nagumo.js";

const rotation = (_t, v, w, out) => {
  out[0] = w;
  out[1] = -v;
};

for (const tolerance of [1e-3, 1e-6, 1e-9, 1e-12]) {
  test(`a rotation is followed to ${tolerance}, forward and back`, () => {
    const there = dopri5(rotation, [0, 10], [1, 0], tolerance);
    assert.equal(there.t.at(-1), 10);
    assert.ok(there.arrived);
    const off = Math.hypot(there.v.at(-1) - Math.cos(10), there.w.at(-1) + Math.sin(10));
    assert.ok(off < 30 * tolerance, `${off}`);
    assert.ok(off > tolerance / 100, "finer than asked for: steps do not follow the tolerance");
    const back = dopri5(rotation, [10, 0], [there.v.at(-1), there.w.at(-1)], tolerance);
    assert.ok(Math.hypot(back.v.at(-1) - 1, back.w.at(-1)) < 60 * tolerance);
  });
}

test("the clock reaches the field", () => {
  const ramp = (t, _v, _w, out) => {
    out[0] = 2 * t;
    out[1] = Math.cos(t);
  };
  const { v, w } = dopri5(ramp, [1, 3], [0, 0], 1e-10);
  assert.ok(Math.abs(v.at(-1) - 8) < 1e-8);
  assert.ok(Math.abs(w.at(-1) - (Math.sin(3) - Math.sin(1))) < 1e-8);
});

test("a short way comes home, a long one does not, and a strict one comes home again", () => {
  const ends = (t_end, tolerance) => {
    const field = fhn.field(0.5);
    const there = dopri5(field, [0, t_end], [-1, 1], tolerance);
    const back = dopri5(field, [t_end, 0], [there.v.at(-1), there.w.at(-1)], tolerance, 6);
    return back.arrived ? Math.hypot(back.v.at(-1) + 1, back.w.at(-1) - 1) : Infinity;
  };
  assert.ok(ends(5, 1e-7) < 1e-2);
  assert.ok(ends(20, 1e-7) > 0.1);
  assert.ok(ends(20, 1e-12) < 1e-2);
  assert.ok(ends(40, 1e-13) > 0.1);
});

test("a path that explodes ends, and says so", () => {
  const explosion = (_t, v, _w, out) => {
    out[0] = v * v;
    out[1] = 0;
  };
  const path = dopri5(explosion, [0, 2], [1, 0], 1e-6); // at t = 1 it is infinite
  assert.equal(path.arrived, false);
  assert.ok(Math.abs(path.t.at(-1) - 1) < 1e-3);
  const stopped = dopri5(explosion, [0, 2], [1, 0], 1e-6, 10);
  assert.ok(stopped.v.at(-2) <= 10 && stopped.t.at(-1) < 1);
});
