// Training on a recording: the voltage is known, the hidden states are the network's own.
//
// Where a window starts, the hidden states are zero. For its first part (`shown` ms) the recorded voltage
// is put in the place of the predicted one after each step, and the hidden states follow it; then the
// network is on its own, and is compared with the voltage. A forecast begins in the same way.
import { completeness, linearModel, moments, onGrid, rootMeanSquare } from "../recording/grid.js";
import { Rollout } from "./rollout.js";
import { TrainingLoop } from "./training-loop.js";

const ERROR_EVERY = 50; // updates between two forecasts
const LANES = 8; // the least batch; a forecast needs one of them

/** Samples in so many milliseconds. */
const samples = (ms, dt) => Math.max(1, Math.round(ms / dt));

export class RecordingTraining extends TrainingLoop {
  /**
   * @param settings  the fields of the spec's "recording" explorer
   * @param recipe    the part of it that is not the reader's to change
   * @param matrices  where to compute; see matrices.js
   * @param recording { t, I, v }
   */
  constructor(settings, recipe, matrices, recording) {
    const { hidden } = settings;
    const state = 1 + settings.states;
    super({ ...settings, init: recipe.init }, recipe, matrices, { state, timeInput: false, errorEvery: ERROR_EVERY });
    const grid = onGrid(recording, settings.step);
    const { v, I, dt, t0 } = grid;
    const place = (percent) => Math.round((percent / 100) * v.length);
    const train = [place(settings.train_from), place(settings.train_to)];
    const predict = [place(settings.predict_from), place(settings.predict_to)];
    const forced = samples(settings.shown, dt);
    const steps = forced + samples(settings.window, dt);
    const complete = completeness(v);
    const starts = Array.from({ length: Math.max(0, train[1] - train[0] - steps) }, (_, i) => train[0] + i);
    this.starts = starts.filter((from) => complete(from, from + steps + 1));
    if (this.starts.length === 0) {
      throw new RangeError(
        `the stretch to train on has no ${Math.round((steps + 1) * dt)} ms in which no voltage is missing: so long is one window`,
      );
    }
    // A forecast starts from a recorded voltage.
    while (predict[0] < predict[1] && !complete(predict[0], predict[0] + 1)) predict[0] += 1;
    if (predict[1] - predict[0] < 2) throw new RangeError("the stretch to predict has no samples");
    // Numbers near one; the same as neurode_lib.scaling.Scaling has.
    const [voltage, current] = [moments(v, ...train), moments(I, ...train)];
    let squares = 0;
    let count = 0;
    for (let n = train[0] + 1; n < train[1]; n += 1) {
      const rate = (v[n] - v[n - 1]) / (voltage.scale * dt);
      if (Number.isFinite(rate)) [squares, count] = [squares + rate * rate, count + 1];
    }
    const time = squares > 0 ? 1 / Math.sqrt(squares / count) : dt;
    this.v = Float32Array.from(v, (value) => (value - voltage.mean) / voltage.scale);
    this.I = Float32Array.from(I, (value) => (value - current.mean) / current.scale);

    const shape = { hidden, residual: false, timeInput: false, dt: dt / time, state, recorded: 1 };
    const batch = Math.max(LANES, Math.min(recipe.batch, LANES * Math.round(recipe.steps / steps / LANES)));
    this.rollout = new Rollout(matrices, this.weights, { ...shape, batch, steps, forced });
    this.targets = this.rollout.states.map(() => matrices.array(batch));
    this.currents = this.targets.map(() => matrices.array(batch));

    this.predict = predict;
    // The hidden states need what was recorded before, as far as nothing is missing.
    this.before = predict[0];
    while (predict[0] - this.before < forced && complete(this.before - 1, predict[0] + 1)) this.before -= 1;
    this.stepper = new Rollout(matrices, this.weights, { ...shape, batch: LANES, steps: 1 });
    const length = predict[1] - predict[0];
    // Forecasts shall take a tenth of the time at most: an update costs a forward and a backward sweep.
    this.errorEvery = Math.max(ERROR_EVERY, Math.ceil((10 * LANES * length) / (3 * steps * batch)));
    const recorded = v.slice(...predict);
    const linear = linearModel(grid, train, predict);
    this.shown = {
      t: Float64Array.from({ length }, (_, n) => t0 + (predict[0] + n) * dt),
      I: I.slice(...predict),
      recorded,
      linear,
      currents: [
        I.subarray(...train).reduce((a, b) => Math.min(a, b)),
        I.subarray(...train).reduce((a, b) => Math.max(a, b)),
      ],
      overlap: Math.max(0, Math.min(train[1], predict[1]) - Math.max(train[0], predict[0])) * dt,
      errors: {
        linear: rootMeanSquare(linear, recorded),
        still: rootMeanSquare(
          recorded.map(() => recorded[0]),
          recorded,
        ),
      },
      scaling: {
        state_mean: [voltage.mean],
        state_scale: [voltage.scale],
        input_mean: [current.mean],
        input_scale: [current.scale],
        time_scale: time,
      },
    };
    this.look();
  }

  /** Windows drawn at random from the stretch to train on. */
  drawBatch() {
    const { batch, steps, states } = this.rollout;
    for (let k = 0; k < batch; k += 1) {
      const from = this.starts[Math.floor(this.draw() * this.starts.length)];
      states[0][k] = this.v[from];
      for (let n = 0; n <= steps; n += 1) {
        this.targets[n][k] = this.v[from + n];
        this.currents[n][k] = this.I[from + n];
      }
    }
  }

  /** Forecast the stretch to predict, and its root mean squared error, in the voltage's unit. */
  error() {
    const { stepper, predict, before, shown } = this;
    const { state_mean: mean, state_scale: scale } = shown.scaling;
    const [state, next] = stepper.states;
    const current = new Float32Array(LANES);
    const path = new Float64Array(predict[1] - predict[0]);
    let start = null;
    state.fill(0);
    for (let n = before; n < predict[1]; n += 1) {
      if (n <= predict[0]) state[0] = this.v[n];
      const v = mean[0] + scale[0] * state[0];
      if (n === predict[0]) {
        start = [v, ...Array.from({ length: this.settings.states }, (_, i) => state[(i + 1) * LANES])];
      }
      if (n >= predict[0]) path[n - predict[0]] = v;
      current[0] = this.I[n];
      stepper.forward([current]);
      state.set(next);
    }
    /** What the page has not yet been sent. */
    this.forecast = { ...shown, path, start };
    const error = rootMeanSquare(path, shown.recorded);
    return Number.isFinite(error) ? error : Infinity;
  }
}
