// One training, from its settings to its last update. No clock and no page: the same settings give the
// same run, bit by bit, on the same engine. What it learns from is in neuron-training.js and
// recording-training.js.

import { random, STREAMS } from "../neuron/random.js";
import { AdamW, cosineRate } from "./adamw.js";
import { parameters, stateRows, usedInputs } from "./parameters.js";

export class TrainingLoop {
  /**
   * @param settings with hidden, init, lr, updates and seed; and what the kind of training needs
   * @param recipe   what is not the reader's to change
   * @param matrices where to compute; see matrices.js
   * @param shape    { state, timeInput, errorEvery }: numbers of state variables, and of updates between two
   *   looks at what the network has not learned from
   */
  constructor(settings, recipe, matrices, { state, timeInput, errorEvery }) {
    const { hidden, seed } = settings;
    Object.assign(this, { settings, timeInput, errorEvery });
    this.weights = parameters(matrices, hidden, state);
    this.gradient = parameters(matrices, hidden, state);
    this.lastGood = this.weights.flat.slice();
    initialise(this.weights, settings, state, timeInput);
    this.optimiser = new AdamW(this.weights.flat, { weightDecay: recipe.weight_decay, clipNorm: recipe.clip_norm });
    this.draw = random(seed, STREAMS.batches);
    this.update = 0;
    this.diverged = false;
    /** Loss before each update, and [update, error on held-out data] now and then. */
    this.losses = [];
    this.errors = [];
  }

  get finished() {
    return this.diverged || this.update === this.settings.updates;
  }

  /** Make one update. A loss that is not finite ends the run at the last weights whose loss was. */
  advance() {
    const { rollout, settings, weights } = this;
    this.drawBatch();
    rollout.forward(this.currents, this.times, this.targets);
    const loss = rollout.loss(this.targets);
    if (!Number.isFinite(loss)) {
      weights.flat.set(this.lastGood);
      this.diverged = true;
      return;
    }
    this.lastGood.set(weights.flat);
    rollout.backward(this.targets, this.gradient);
    this.optimiser.step(this.gradient.flat, cosineRate(settings.lr, this.update, settings.updates));
    this.losses.push(loss);
    this.update += 1;
    if (this.update % this.errorEvery === 0 || this.finished) this.look();
  }

  /** Note the error as it is now. */
  look() {
    if (this.errors.at(-1)?.[0] !== this.update) this.errors.push([this.update, this.error()]);
  }
}

/** As torch initialises linear layers: uniform within one over the root of the number of inputs. */
function initialise({ w1, b1, w2, b2, w3, b3 }, { seed, init, hidden }, state, timeInput) {
  const uniform = random(seed, STREAMS.weights);
  const columns = stateRows(state) + 2;
  const used = usedInputs(state, timeInput);
  const fill = (array, count) => {
    const bound = 1 / Math.sqrt(count);
    for (let i = 0; i < array.length; i += 1) array[i] = bound * (2 * uniform() - 1);
  };
  fill(w1, used.length);
  for (let i = 0; i < w1.length; i += 1) if (!used.includes(i % columns)) w1[i] = 0;
  fill(b1, used.length);
  fill(w2, hidden);
  fill(b2, hidden);
  if (init === "zero") return;
  fill(w3.subarray(0, state * hidden), hidden);
  fill(b3.subarray(0, state), hidden);
}
