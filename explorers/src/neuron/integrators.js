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
 * A trajectory in the making: `advance(n)` computes up to n further samples, so that long work can be
 * spread over several frames. It ends early, with `divergedAt` set, when the state leaves the range.
 */
export class Trajectory {
  /** @param fill `(from, count, samples)`: writes samples from + 1 … from + count, given sample `from`. */
  constructor({ v0, w0, dt, steps }, fill) {
    this.dt = dt;
    this.steps = steps;
    this.fill = fill;
    this.all = { v: new Float64Array(steps + 1), w: new Float64Array(steps + 1) };
    this.all.v[0] = v0;
    this.all.w[0] = w0;
    this.last = 0; // index of the last sample computed
    this.divergedAt = null;
  }

  get finished() {
    return this.divergedAt !== null || this.last === this.steps;
  }

  advance(count = Infinity) {
    if (this.finished) return this;
    const { v, w } = this.all;
    const end = Math.min(this.last + count, this.steps);
    this.fill(this.last, end - this.last, this.all);
    while (this.last < end) {
      const next = this.last + 1;
      if (!(Math.abs(v[next]) < DIVERGED && Math.abs(w[next]) < DIVERGED)) {
        this.divergedAt = next * this.dt;
        break;
      }
      this.last = next;
    }
    return this;
  }

  /** What has been computed so far, up to the last sample within the range. */
  samples() {
    const count = this.last + 1;
    return {
      t: Float64Array.from({ length: count }, (_, i) => i * this.dt),
      v: this.all.v.subarray(0, count),
      w: this.all.w.subarray(0, count),
      divergedAt: this.divergedAt,
    };
  }
}

/** Fill samples one by one; `step(state, index)` moves the state on by one interval. */
const stepwise =
  (step) =>
  (from, count, { v, w }) => {
    const state = Float64Array.of(v[from], w[from]);
    for (let i = from; i < from + count; i += 1) {
      step(state, i);
      v[i + 1] = state[0];
      w[i + 1] = state[1];
      if (!Number.isFinite(state[0] + state[1])) break;
    }
  };

/** Integrate `steps` intervals of length dt, each in `substeps` steps of the method. */
export function integration(field, { v0, w0, dt, steps, method = "rk4", substeps = 1 }) {
  const advance = METHODS[method];
  if (!advance) throw new RangeError(`method must be one of ${Object.keys(METHODS)}, got ${method}`);
  const k = stages();
  const h = dt / substeps;
  return new Trajectory(
    { v0, w0, dt, steps },
    stepwise((state, index) => {
      for (let sub = 0; sub < substeps; sub += 1) advance(field, index * dt + sub * h, state, h, k);
    }),
  );
}

/** Apply a residual map y ← y + change(y) once per interval, whatever the interval's length. */
export function iteration(change, { v0, w0, dt, steps }) {
  const out = new Float64Array(2);
  return new Trajectory(
    { v0, w0, dt, steps },
    stepwise((state, index) => {
      change(index * dt, state[0], state[1], out);
      state[0] += out[0];
      state[1] += out[1];
    }),
  );
}

/** The whole trajectory at once: { t, v, w, divergedAt }. */
export const integrate = (field, options) => integration(field, options).advance().samples();

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
