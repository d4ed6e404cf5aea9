// One training, from its settings to its last update. No clock and no page: the same settings give the
// same run, bit by bit, on the same engine.
import { AdamW, cosineRate } from "./adamw.js";
import { DT, heldOutData, STEPS, STREAMS, trainingData } from "./dataset.js";
import { plainMatrices } from "./matrices.js";
import { parameters } from "./parameters.js";
import { random } from "./random.js";
import { Rollout } from "./rollout.js";

const ERROR_EVERY = 20; // updates between two looks at the held-out trajectories

export class TrainingLoop {
  /**
   * @param settings the fields of the spec's "live" explorer
   * @param recipe   the part of it that is not the reader's to change: the spec's "recipe"
   * @param matrices where to compute; see matrices.js
   */
  constructor(settings, recipe, matrices = plainMatrices(Float32Array)) {
    const { hidden, window } = settings;
    this.settings = settings;
    const residual = settings.kind === "discrete_rnn";
    this.timeInput = settings.time_input && !residual;
    this.weights = parameters(matrices, hidden);
    this.gradient = parameters(matrices, hidden);
    this.lastGood = this.weights.flat.slice();
    initialise(this.weights, settings, this.timeInput);
    this.optimiser = new AdamW(this.weights.flat, { weightDecay: recipe.weight_decay, clipNorm: recipe.clip_norm });

    const shape = { hidden, residual, timeInput: this.timeInput, dt: DT };
    const batch = Math.min(recipe.batch, recipe.steps / window);
    this.rollout = new Rollout(matrices, this.weights, { ...shape, batch, steps: window });
    this.targets = this.rollout.states.map(() => matrices.array(2 * batch));
    this.currents = matrices.array(batch);
    this.times = matrices.array(batch);
    this.draw = random(settings.seed, STREAMS.batches);
    this.data = trainingData(settings).advance();

    this.heldOut = heldOutData(settings).advance();
    const count = this.heldOut.v.length;
    // One step at a time: a whole trajectory needs no tape.
    this.stepper = new Rollout(matrices, this.weights, { ...shape, batch: count, steps: 1 });
    this.heldOutCurrents = Float64Array.from(this.heldOut.starts, ({ I }) => I);
    this.heldOutTimes = new Float64Array(count);

    this.update = 0;
    this.diverged = false;
    /** Loss before each update, and [update, error on held-out trajectories] now and then. */
    this.losses = [];
    this.errors = [[0, this.error()]];
  }

  get finished() {
    return this.diverged || this.update === this.settings.updates;
  }

  /** Make one update. A loss that is not finite ends the run at the last weights whose loss was. */
  advance() {
    const { rollout, settings, weights } = this;
    this.drawBatch();
    rollout.forward(this.currents, this.times);
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
    if (this.update % ERROR_EVERY === 0 || this.finished) this.look();
  }

  /** Windows drawn at random from all that the data have. */
  drawBatch() {
    const { batch, steps: window, states } = this.rollout;
    const { v, w, starts } = this.data;
    const first = STEPS + 1 - window;
    for (let k = 0; k < batch; k += 1) {
      const chosen = Math.floor(this.draw() * starts.length * first);
      const [trajectory, from] = [Math.floor(chosen / first), chosen % first];
      for (let n = 0; n <= window; n += 1) {
        const target = n === 0 ? states[0] : this.targets[n];
        target[k] = v[trajectory][from + n];
        target[batch + k] = w[trajectory][from + n];
      }
      this.currents[k] = starts[trajectory].I;
      this.times[k] = from * DT;
    }
  }

  /** Note the error as it is now. */
  look() {
    if (this.errors.at(-1)[0] !== this.update) this.errors.push([this.update, this.error()]);
  }

  /** Mean squared error of whole trajectories from the held-out starts; Infinity if one leaves the range. */
  error() {
    const { heldOut } = this;
    const { batch, states } = this.stepper;
    const [state, next] = states;
    for (let k = 0; k < batch; k += 1) {
      state[k] = heldOut.v[k][0];
      state[batch + k] = heldOut.w[k][0];
    }
    let sum = 0;
    for (let n = 1; n <= STEPS; n += 1) {
      this.heldOutTimes.fill((n - 1) * DT);
      this.stepper.forward(this.heldOutCurrents, this.heldOutTimes);
      for (let k = 0; k < batch; k += 1) {
        sum += (next[k] - heldOut.v[k][n]) ** 2 + (next[batch + k] - heldOut.w[k][n]) ** 2;
      }
      state.set(next);
    }
    const error = sum / (2 * batch * (STEPS + 1));
    return Number.isFinite(error) ? error : Infinity;
  }
}

/** As torch initialises linear layers: uniform within one over the root of the number of inputs. */
function initialise({ w1, b1, w2, b2, w3, b3 }, { seed, init, hidden }, timeInput) {
  const uniform = random(seed, STREAMS.weights);
  const inputs = timeInput ? 4 : 3;
  const fill = (array, count) => {
    const bound = 1 / Math.sqrt(count);
    for (let i = 0; i < array.length; i += 1) array[i] = bound * (2 * uniform() - 1);
  };
  fill(w1, inputs);
  if (!timeInput) for (let i = 3; i < w1.length; i += 4) w1[i] = 0;
  fill(b1, inputs);
  fill(w2, hidden);
  fill(b2, hidden);
  if (init === "zero") return;
  fill(w3, hidden);
  fill(b3, hidden);
}
