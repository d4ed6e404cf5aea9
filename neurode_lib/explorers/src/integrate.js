// Fixed-step integrators for a planar vector field `field(t, v, w, out)`, and for planar maps.
import { dop853 } from "./dop853.js";

/** A state this large has left every picture; the step was too long for the method. */
export const DIVERGED = 1e6;

function euler(field, t, state, dt, k) {
  field(t, state[0], state[1], k[0]);
  state[0] += dt * k[0][0];
  state[1] += dt * k[0][1];
}

function rk4(field, t, state, dt, k) {
  const [v, w] = state;
  const [k1, k2, k3, k4] = k;
  field(t, v, w, k1);
  field(t + dt / 2, v + 0.5 * dt * k1[0], w + 0.5 * dt * k1[1], k2);
  field(t + dt / 2, v + 0.5 * dt * k2[0], w + 0.5 * dt * k2[1], k3);
  field(t + dt, v + dt * k3[0], w + dt * k3[1], k4);
  state[0] = v + (dt / 6) * (k1[0] + 2 * k2[0] + 2 * k3[0] + k4[0]);
  state[1] = w + (dt / 6) * (k1[1] + 2 * k2[1] + 2 * k3[1] + k4[1]);
}

const METHODS = Object.assign(Object.create(null), { euler, rk4, dop853 });
const stages = () => Array.from({ length: 4 }, () => new Float64Array(2));

/**
 * Integrate `steps` intervals of length dt, each in `substeps` steps of the method.
 *
 * Returns { t, v, w, divergedAt }: arrays of steps + 1 samples, cut after the last finite one, and
 * the time of the first sample that left the range (null if none did).
 */
export function integrate(field, { v0, w0, dt, steps, method = "rk4", substeps = 1 }) {
  const advance = METHODS[method];
  if (!advance) throw new RangeError(`method must be one of ${Object.keys(METHODS)}, got ${method}`);
  const k = stages();
  const h = dt / substeps;
  return iterate({ v0, w0, dt, steps }, (state, step) => {
    for (let sub = 0; sub < substeps; sub += 1) {
      advance(field, step * dt + sub * h, state, h, k);
    }
  });
}

/** Apply a residual map y ← y + change(y) once per interval, whatever the interval's length. */
export function iterateMap(change, { v0, w0, dt, steps }) {
  const out = new Float64Array(2);
  return iterate({ v0, w0, dt, steps }, (state) => {
    change(0, state[0], state[1], out);
    state[0] += out[0];
    state[1] += out[1];
  });
}

function iterate({ v0, w0, dt, steps }, advance) {
  const t = new Float64Array(steps + 1);
  const v = new Float64Array(steps + 1);
  const w = new Float64Array(steps + 1);
  const state = Float64Array.of(v0, w0);
  v[0] = v0;
  w[0] = w0;
  for (let step = 0; step < steps; step += 1) {
    advance(state, step);
    const time = (step + 1) * dt;
    if (!(Math.abs(state[0]) < DIVERGED && Math.abs(state[1]) < DIVERGED)) {
      const kept = step + 1;
      return {
        t: t.subarray(0, kept), v: v.subarray(0, kept), w: w.subarray(0, kept), divergedAt: time,
      };
    }
    t[step + 1] = time;
    v[step + 1] = state[0];
    w[step + 1] = state[1];
  }
  return { t, v, w, divergedAt: null };
}

/** Times at which v rises through `threshold`, by linear interpolation. */
export function spikeTimes({ t, v }, threshold = 0) {
  const times = [];
  for (let i = 1; i < v.length; i += 1) {
    if (v[i - 1] < threshold && v[i] >= threshold) {
      const share = (threshold - v[i - 1]) / (v[i] - v[i - 1]);
      times.push(t[i - 1] + share * (t[i] - t[i - 1]));
    }
  }
  return times;
}
