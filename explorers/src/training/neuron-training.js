// Training on trajectories of the neuron, v and w.
import { DT, heldOutData, STEPS, trainingData } from "./dataset.js";
import { plainMatrices } from "./matrices.js";
import { Rollout } from "./rollout.js";
import { TrainingLoop } from "./training-loop.js";

const ERROR_EVERY = 20; // updates between two looks at the held-out trajectories

export class NeuronTraining extends TrainingLoop {
  /**
   * @param settings the fields of the spec's "live" explorer
   * @param recipe   the part of it that is not the reader's to change: the spec's "recipe"
   * @param matrices where to compute; see matrices.js
   */
  constructor(settings, recipe, matrices = plainMatrices(Float32Array)) {
    const { hidden, window } = settings;
    const residual = settings.kind === "discrete_rnn";
    const timeInput = settings.time_input && !residual;
    super(settings, recipe, matrices, { state: 2, timeInput, errorEvery: ERROR_EVERY });

    const shape = { hidden, residual, timeInput, dt: DT };
    const batch = Math.min(recipe.batch, recipe.steps / window);
    this.rollout = new Rollout(matrices, this.weights, { ...shape, batch, steps: window });
    this.targets = this.rollout.states.map(() => matrices.array(2 * batch));
    this.current = matrices.array(batch);
    this.currents = Array(window).fill(this.current);
    this.times = matrices.array(batch);
    this.data = trainingData(settings).advance();

    this.heldOut = heldOutData(settings).advance();
    const count = this.heldOut.v.length;
    // One step at a time: a whole trajectory needs no tape.
    this.stepper = new Rollout(matrices, this.weights, { ...shape, batch: count, steps: 1 });
    this.heldOutCurrents = [Float64Array.from(this.heldOut.starts, ({ I }) => I)];
    this.heldOutTimes = new Float64Array(count);
    this.look();
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
      this.current[k] = starts[trajectory].I;
      this.times[k] = from * DT;
    }
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
