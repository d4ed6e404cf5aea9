// Two fields as arrows on a grid, the learned one coloured by its angle to the true one.
import { GRID, gridPoints } from "../network/field-errors.js";
import { arrow } from "./plot.js";

const BOUNDS = [10, 25, 45, 90].map((degrees) => Math.cos((degrees * Math.PI) / 180));
export const ANGLES = ["0–10°", "10–25°", "25–45°", "45–90°", "over 90°"];

/** True arrows in grey and over them the learned ones, in five colours by the angle between them. */
export function angleArrows(panel, learned, truth, colours) {
  const { ctx, x, y } = panel;
  const kx = Math.abs(x(1) - x(0));
  const ky = Math.abs(y(1) - y(0));
  const { n } = GRID;
  const spacing = Math.min(x(GRID.v[1]) - x(GRID.v[0]), y(GRID.w[0]) - y(GRID.w[1])) / (n - 1);
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
