// How far a learned model is from the truth: its field on a grid, its trajectories in time.
import { valuesAt } from "./field-values.js";

/** Where the study compares fields: 21 × 21 points over what the true orbits visit. */
export const GRID = { v: [-2, 2], w: [-1, 2], n: 21 };

export const gridPoints = (() => {
  const { v, w, n } = GRID;
  const points = new Float64Array(2 * n * n);
  for (let i = 0, at = 0; i < n; i += 1) {
    for (let j = 0; j < n; j += 1, at += 2) {
      points[at] = v[0] + ((v[1] - v[0]) * j) / (n - 1);
      points[at + 1] = w[0] + ((w[1] - w[0]) * i) / (n - 1);
    }
  }
  return points;
})();

/** A field at the grid points, interleaved like them. */
export function onGrid(field) {
  return valuesAt(field, gridPoints, new Float64Array(gridPoints.length));
}

/** Mean cosine of the angle between two fields; 0 where either vanishes, as in Python. */
export function meanCosine(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i += 2) {
    const lengths = Math.hypot(a[i], a[i + 1]) * Math.hypot(b[i], b[i + 1]);
    if (lengths > 0) sum += (a[i] * b[i] + a[i + 1] * b[i + 1]) / lengths;
  }
  return (2 * sum) / a.length;
}

/** Mean squared error over samples and both variables; Infinity once a run has diverged. */
export function meanSquaredError(run, truth) {
  if (run.divergedAt !== null) return Infinity;
  let sum = 0;
  for (let i = 0; i < run.v.length; i += 1) sum += (run.v[i] - truth.v[i]) ** 2 + (run.w[i] - truth.w[i]) ** 2;
  return sum / (2 * run.v.length);
}
