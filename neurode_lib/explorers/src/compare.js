// How far a learned model is from the truth: the readouts, and arrows coloured by angle.
import { arrow } from "./plot.js";

/** Where the study compares fields: 21 × 21 points over what the true orbits visit. */
const GRID = { v: [-2, 2], w: [-1, 2], n: 21 };

export const gridPoints = (() => {
  const { v: [v0, v1], w: [w0, w1], n } = GRID;
  const points = new Float64Array(2 * n * n);
  for (let i = 0, at = 0; i < n; i += 1) {
    for (let j = 0; j < n; j += 1, at += 2) {
      points[at] = v0 + ((v1 - v0) * j) / (n - 1);
      points[at + 1] = w0 + ((w1 - w0) * i) / (n - 1);
    }
  }
  return points;
})();

/** A field at the grid points, interleaved like them. */
export function onGrid(field) {
  const values = new Float64Array(gridPoints.length);
  const out = new Float64Array(2);
  for (let i = 0; i < values.length; i += 2) {
    field(0, gridPoints[i], gridPoints[i + 1], out);
    values.set(out, i);
  }
  return values;
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

const BOUNDS = [10, 25, 45, 90].map((degrees) => Math.cos((degrees * Math.PI) / 180));
export const ANGLES = ["0–10°", "10–25°", "25–45°", "45–90°", "over 90°"];

/** True arrows in grey and over them the learned ones, in five colours by the angle between them. */
export function angleArrows(panel, learned, truth, colours) {
  const { ctx, x, y } = panel;
  const kx = Math.abs(x(1) - x(0));
  const ky = Math.abs(y(1) - y(0));
  const { n } = GRID;
  const spacing = Math.min((x(GRID.v[1]) - x(GRID.v[0])), (y(GRID.w[0]) - y(GRID.w[1]))) / (n - 1);
  const longest = 1.55 * spacing;
  const bins = BOUNDS.concat(-2).map(() => []);
  const every = 2; // the readout uses all points; every second one keeps the picture legible
  ctx.save();
  ctx.lineCap = "round";
  ctx.strokeStyle = colours.ink;
  ctx.globalAlpha = 0.3;
  ctx.lineWidth = 1;
  ctx.beginPath();
  for (let i = 0; i < n; i += every) {
    for (let j = 0; j < n; j += every) {
      const at = 2 * (i * n + j);
      arrow(ctx, x(gridPoints[at]), y(gridPoints[at + 1]), truth[at] * kx, -truth[at + 1] * ky, longest);
      const lengths = Math.hypot(truth[at], truth[at + 1]) * Math.hypot(learned[at], learned[at + 1]);
      const cosine = lengths > 0 ? (truth[at] * learned[at] + truth[at + 1] * learned[at + 1]) / lengths : 0;
      if (lengths > 0) bins[BOUNDS.concat(-2).findIndex((bound) => cosine >= bound)].push(at);
    }
  }
  ctx.stroke();
  ctx.globalAlpha = 1;
  ctx.lineWidth = 1.3;
  bins.forEach((places, bin) => {
    ctx.strokeStyle = colours.angles[bin];
    ctx.beginPath();
    for (const at of places) {
      arrow(ctx, x(gridPoints[at]), y(gridPoints[at + 1]), learned[at] * kx, -learned[at + 1] * ky, longest);
    }
    ctx.stroke();
  });
  ctx.restore();
}
