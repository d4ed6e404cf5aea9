// The FitzHugh–Nagumo neuron, as neurode_lib/fitzhugh_nagumo.py has it. All quantities dimensionless.
import { integration } from "./integrators.js";

export const A = 0.7;
export const B = 0.8;
export const TAU = 12.5;

/** DOP853 steps of at most this length count as the truth; Python's ACCURATE_STEP. */
export const ACCURATE_STEP = 0.05;

/**
 * Vector field `(t, v, w, out)` under a current, a number or a function of time; writes (dv/dt, dw/dt) into `out`.
 * Other constants make it what somebody fitted to the neuron.
 */
export function field(I, { a = A, b = B, tau = TAU } = {}) {
  const at = typeof I === "function" ? I : () => I;
  return (t, v, w, out) => {
    out[0] = v - (v * v * v) / 3 - w + at(t);
    out[1] = (v + a - b * w) / tau;
  };
}

/** The true trajectory, sampled every dt: what Python's `simulate` returns by default. A Trajectory. */
export function simulation(I, { v0, w0, dt, steps }) {
  const substeps = Math.ceil(dt / ACCURATE_STEP);
  return integration(field(I), { v0, w0, dt, steps, method: "dop853", substeps });
}

/** Recovery w where dv/dt = 0 (a cubic) ... */
export const vNullcline = (v, I) => v - (v * v * v) / 3 + I;

/** ... and where dw/dt = 0 (a line). */
export const wNullcline = (v) => (v + A) / B;

/**
 * The equilibrium under current I. With these parameters the nullclines meet exactly once:
 * v - v³/3 - (v + a)/b + I falls everywhere, since 1 - 1/b < 0. Its root is v³/3 + (1/b - 1) v = I - a/b,
 * solved by Newton from a start beyond the root, where convexity makes it converge.
 */
export function equilibrium(I) {
  const slope = 1 / B - 1;
  const target = I - A / B;
  let v = Math.cbrt(3 * target);
  for (let i = 0; i < 60; i += 1) {
    const step = ((v * v * v) / 3 + slope * v - target) / (v * v + slope);
    v -= step;
    if (Math.abs(step) <= 1e-15 * Math.max(1, Math.abs(v))) break;
  }
  const w = wNullcline(v);
  const trace = 1 - v * v - B / TAU;
  const determinant = ((1 - v * v) * -B) / TAU + 1 / TAU;
  const discriminant = trace * trace - 4 * determinant;
  const kind = determinant < 0 ? "saddle" : discriminant < 0 ? "focus" : "node";
  return { v, w, trace, determinant, kind, stable: trace < 0 && determinant > 0 };
}

/** The two currents at which the equilibrium changes stability: the trace vanishes at v² = 1 - b/τ. */
export function hopfCurrents() {
  const v = Math.sqrt(1 - B / TAU);
  return [-v, v].map((root) => (root + A) / B - root + (root * root * root) / 3);
}

export function regime(I) {
  const [lower, upper] = hopfCurrents();
  if (I < lower) return "excitable";
  return I <= upper ? "oscillating" : "depolarisation block";
}
