// A network, its rollouts over a batch, and the gradient of their error by reverse mode, written out by
// hand: what PyTorch's autograd computes (tests/unit/test_trainer.py holds both together).
//
// Forward, every evaluation of the network leaves its activations on a tape. Backward, the tape is read
// from its end: a step of RK4 is undone stage by stage, a stage layer by layer. Everything is allocated
// once, in the constructor. References: Griewank and Walther 2008, chapter 3 (reverse mode); Kidger 2022,
// section 5.1 (discretise-then-optimise).
//
// Where only some states are recorded, the first steps can be forced: after each, what was recorded takes
// the place of its prediction, and the hidden states follow it. From then on the network is on its own.
// Reference: Mikhaeil, Monfared and Durstewitz 2022 (sparsely forced backpropagation).

import { stateRows } from "./parameters.js";

// RK4: where stage s is evaluated (in steps, along the stage before), and its share of the step.
const NODES = [0, 0.5, 0.5, 1];
const SHARES = [1 / 6, 1 / 3, 1 / 3, 1 / 6];

export class Rollout {
  /**
   * @param matrices from matrices.js
   * @param weights  as from parameters(): read here, changed elsewhere
   * @param residual whether a step is y ← y + net(y), as in the discrete RNN, instead of RK4
   * @param batch    number of trajectories, a multiple of eight
   * @param state    number of state variables; the first `recorded` of them have targets
   * @param forced   after so many steps the recorded variables are set to their targets
   */
  constructor(matrices, weights, options) {
    const { hidden, residual, timeInput, batch, steps, dt, state = 2, recorded = state, forced = 0 } = options;
    if (batch % 8 !== 0) throw new RangeError(`batch must be a multiple of 8, got ${batch}`);
    Object.assign(this, { matrices, weights, hidden, residual, timeInput, batch, steps, dt, forced });
    this.stages = residual ? 1 : 4;
    this.rows = stateRows(state);
    this.numbers = this.rows * batch; // of a state of the whole batch
    this.compared = recorded * batch; // of them, those that have targets
    const columns = this.rows + 2;
    const tape = (rows, count) => Array.from({ length: count }, () => matrices.array(rows * batch));
    const evaluations = steps * this.stages;
    this.inputs = tape(columns, evaluations);
    this.first = tape(hidden, evaluations);
    this.second = tape(hidden, evaluations);
    /** States, one row a variable: states[0] is the start, to be filled in; the others follow. */
    this.states = tape(this.rows, steps + 1);
    this.slopes = tape(this.rows, 4);
    this.delta = tape(this.rows, 1)[0];
    this.deltaFirst = tape(hidden, 1)[0];
    this.deltaSecond = tape(hidden, 1)[0];
    this.deltaInput = tape(columns, 1)[0];
    this.adjoint = tape(this.rows, 1)[0];
    this.back = tape(this.rows, 1)[0];
  }

  /** Evaluate the network at inputs[index]; its value goes to `out`, its activations to the tape. */
  evaluate(index, out) {
    const { matrices, hidden, batch, rows } = this;
    const { w1, b1, w2, b2, w3, b3 } = this.weights;
    const [input, first, second] = [this.inputs[index], this.first[index], this.second[index]];
    matrices.product(w1, rows + 2, 1, b1, input, first, hidden, rows + 2, batch);
    matrices.tanh(first);
    matrices.product(w2, hidden, 1, b2, first, second, hidden, hidden, batch);
    matrices.tanh(second);
    matrices.product(w3, hidden, 1, b3, second, out, rows, hidden, batch);
  }

  /** Send `delta`, a gradient of evaluation `index`, back through the layers, into deltaInput and g. */
  reverse(index, g) {
    const { matrices, hidden, batch, rows, delta, deltaFirst, deltaSecond, deltaInput } = this;
    const { w1, w2, w3 } = this.weights;
    const [input, first, second] = [this.inputs[index], this.first[index], this.second[index]];
    matrices.outer(delta, second, g.w3, rows, hidden, batch);
    matrices.sums(delta, g.b3, rows, batch);
    matrices.product(w3, 1, hidden, null, delta, deltaSecond, hidden, rows, batch);
    matrices.slope(deltaSecond, second);
    matrices.outer(deltaSecond, first, g.w2, hidden, hidden, batch);
    matrices.sums(deltaSecond, g.b2, hidden, batch);
    matrices.product(w2, 1, hidden, null, deltaSecond, deltaFirst, hidden, hidden, batch);
    matrices.slope(deltaFirst, first);
    matrices.outer(deltaFirst, input, g.w1, hidden, rows + 2, batch);
    matrices.sums(deltaFirst, g.b1, hidden, batch);
    matrices.product(w1, 1, rows + 2, null, deltaFirst, deltaInput, rows + 2, hidden, batch);
  }

  /**
   * Roll out from states[0].
   * @param currents for each step one for each trajectory: it is held during the step
   * @param times    time of each start; matters with a time input only
   * @param targets  what was recorded, for the steps that are forced
   */
  forward(currents, times, targets) {
    const { batch, rows, numbers, stages, dt, states, slopes, inputs, timeInput } = this;
    for (let n = 0; n < this.steps; n += 1) {
      const y = states[n];
      const next = states[n + 1];
      next.set(y);
      for (let s = 0; s < stages; s += 1) {
        const input = inputs[n * stages + s];
        const before = slopes[s === 0 ? 0 : s - 1];
        const along = NODES[s] * dt;
        if (s === 0) input.set(y);
        else for (let k = 0; k < numbers; k += 1) input[k] = y[k] + along * before[k];
        input.set(currents[n], rows * batch);
        if (timeInput) {
          for (let k = 0; k < batch; k += 1) input[(rows + 1) * batch + k] = times[k] + n * dt + along;
        }
        this.evaluate(n * stages + s, slopes[s]);
        const share = this.residual ? 1 : SHARES[s] * dt;
        for (let k = 0; k < numbers; k += 1) next[k] += share * slopes[s][k];
      }
      if (n < this.forced) next.set(targets[n + 1]);
    }
  }

  /** How many numbers the loss is a mean of: where a trajectory is set to its target there is no error, but it counts once. */
  get count() {
    return this.compared * (this.steps - this.forced + 1);
  }

  /** Mean squared error over all that is compared, the start included (where it is zero), as in neurode_lib.training.loop. */
  loss(targets) {
    let sum = 0;
    for (let n = this.forced + 1; n <= this.steps; n += 1) {
      const state = this.states[n];
      const target = targets[n];
      for (let k = 0; k < this.compared; k += 1) sum += (state[k] - target[k]) ** 2;
    }
    return sum / this.count;
  }

  /** The gradient of loss(targets) after forward(), into `g`, which is laid out like the weights. */
  backward(targets, g) {
    const { numbers, compared, stages, dt, states, delta, deltaInput, adjoint, back } = this;
    const scale = 2 / this.count;
    g.flat.fill(0);
    adjoint.fill(0); // of the state after the step that is being undone
    for (let n = this.steps - 1; n >= 0; n -= 1) {
      if (n < this.forced) adjoint.fill(0, 0, compared);
      else for (let k = 0; k < compared; k += 1) adjoint[k] += scale * (states[n + 1][k] - targets[n + 1][k]);
      back.fill(0); // what the stages add to the adjoint
      for (let s = stages - 1; s >= 0; s -= 1) {
        const share = this.residual ? 1 : SHARES[s] * dt;
        // The stage's slope entered the step, and the place where the next stage was evaluated.
        const along = s + 1 < stages ? NODES[s + 1] * dt : 0;
        for (let k = 0; k < numbers; k += 1) {
          delta[k] = share * adjoint[k] + (along === 0 ? 0 : along * deltaInput[k]);
        }
        this.reverse(n * stages + s, g);
        for (let k = 0; k < numbers; k += 1) back[k] += deltaInput[k];
      }
      for (let k = 0; k < numbers; k += 1) adjoint[k] += back[k];
    }
  }
}
