// One way in for every explorer: mount(el, state, options).

import simd from "kernel:network";
import relaxed from "kernel:network-relaxed";
import { h } from "../drawing/dom.js";
import { bytesOf } from "../network/base64.js";
import { offerKernel } from "../network/network-kernel.js";
import { canTrain } from "../training/worker-client.js";
import { BackwardExplorer } from "./backward-explorer.js";
import { DrawCurrentExplorer } from "./draw-current-explorer.js";
import { HiddenExplorer } from "./hidden-explorer.js";
import { LiveTrainingExplorer } from "./live-training-explorer.js";
import { MethodExplorer } from "./method-explorer.js";
import { ModelExplorer } from "./model-explorer.js";
import { PhasePlaneExplorer } from "./phase-plane-explorer.js";
import { RecordingExplorer } from "./recording-explorer.js";
import { TrainingExplorer } from "./training-explorer.js";

offerKernel(() => [relaxed, simd].map(bytesOf));

const EXPLORERS = new Map([
  ["phase-plane", PhasePlaneExplorer],
  ["model", ModelExplorer],
  ["method", MethodExplorer],
  ["training", TrainingExplorer],
  ["live", LiveTrainingExplorer],
  ["draw", DrawCurrentExplorer],
  ["backward", BackwardExplorer],
  ["hidden", HiddenExplorer],
  ["recording", RecordingExplorer],
]);

/**
 * @returns the explorer, which is also `el.explorer`; see explorer.js for the options, and besides, for
 *   training in the page: trainer() → a promise of the worker's script; onTrained(file): a network came to
 *   rest; replaced(explorer): the browser refused to train, and this explorer took the place.
 */
export function mount(el, state, options = {}) {
  const Kind = EXPLORERS.get(el.dataset.explorer);
  if (!Kind) throw new RangeError(`unknown explorer: ${el.dataset.explorer}`);
  if (Kind !== LiveTrainingExplorer) return new Kind(el, state, options);
  if (!canTrain()) return recorded(el, options);
  return new Kind(el, state, {
    ...options,
    refused() {
      el.explorer.destroy();
      options.replaced?.(recorded(el, options));
    },
  });
}

/** Where nothing can be trained: the study's recorded training, to scrub through. */
function recorded(el, options) {
  const explorer = new TrainingExplorer(el, {}, options);
  el.prepend(
    h(
      "p",
      { class: "nx-notice" },
      "This browser does not let the page train (it refuses web workers). This is a training from the book's study instead.",
    ),
  );
  return explorer;
}
