// Where a model with a hidden coordinate starts: what nobody recorded is found from the voltage.

// As in neurode_lib/study/voltage_only.py.
const SEARCHED = { low: -4, high: 4, count: 41 };
const STEPS = 15;
const DIFFERENCE = 1e-2;
const DAMPING = 0.01;

/** How many steps of voltage a model is shown. */
export const LOOK = 10;

/**
 * The state (v, h) from which a network explains the samples `seen` of v best, in least squares: the
 * best hidden value of a coarse scan, then Gauss–Newton steps in both numbers, damped where they do
 * not help (Marquardt 1963).
 */
export function hiddenStart(network, seen, I, dt) {
  const residuals = (v0, h0) => {
    const run = network
      .integration(I, { v0, w0: h0, dt, steps: seen.length - 1 })
      .advance()
      .samples();
    return Float64Array.from(seen, (v, i) => (i < run.v.length ? run.v[i] - v : 1e3));
  };
  const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);
  let trial = { v0: seen[0], h0: 0 };
  let least = Infinity;
  for (let k = 0; k < SEARCHED.count; k += 1) {
    const h0 = SEARCHED.low + ((SEARCHED.high - SEARCHED.low) * k) / (SEARCHED.count - 1);
    const r = residuals(seen[0], h0);
    const error = dot(r, r);
    if (error < least) [least, trial] = [error, { v0: seen[0], h0 }];
  }
  let best = { ...trial, error: Infinity };
  let damping = DAMPING;
  for (let step = 0; step < STEPS; step += 1) {
    const { v0, h0 } = trial;
    const r = residuals(v0, h0);
    const error = dot(r, r);
    if (error < best.error) {
      const slope = (right, left) => right.map((value, i) => (value - left[i]) / (2 * DIFFERENCE));
      const jv = slope(residuals(v0 + DIFFERENCE, h0), residuals(v0 - DIFFERENCE, h0));
      const jh = slope(residuals(v0, h0 + DIFFERENCE), residuals(v0, h0 - DIFFERENCE));
      const gradient = [dot(jv, r), dot(jh, r)];
      best = { v0, h0, error, gradient, curvature: [dot(jv, jv), dot(jv, jh), dot(jh, jh)] };
      damping *= 0.1;
    } else {
      damping *= 10;
    }
    const [gv, gh] = best.gradient;
    const [vv, vh, hh] = best.curvature;
    const determinant = (vv + damping) * (hh + damping) - vh * vh;
    trial = {
      v0: best.v0 - ((hh + damping) * gv - vh * gh) / determinant,
      h0: best.h0 - ((vv + damping) * gh - vh * gv) / determinant,
    };
  }
  return { v0: best.v0, h0: best.h0 };
}
