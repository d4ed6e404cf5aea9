// One way in for every explorer: mount(el, state, options).
import { ModelExplorer } from "./model.js";
import { PhasePlaneExplorer } from "./phase-plane.js";
import { TrainingExplorer } from "./training.js";
import { useKernel } from "./kernel.js";
import relaxed from "kernel:relaxed-simd";
import simd from "kernel:simd";

useKernel([relaxed, simd]);

const EXPLORERS = new Map([
  ["phase-plane", PhasePlaneExplorer],
  ["model", ModelExplorer],
  ["training", TrainingExplorer],
]);

/** @returns the explorer, which is also `el.explorer`; see explorer.js for the options. */
export function mount(el, state, options = {}) {
  const Kind = EXPLORERS.get(el.dataset.explorer);
  if (!Kind) throw new RangeError(`unknown explorer: ${el.dataset.explorer}`);
  return new Kind(el, state, options);
}
