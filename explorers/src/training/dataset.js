// What a network in the page learns from, and what it is tested on: as neurode_lib's build_dataset has them.
import * as fhn from "../neuron/fitzhugh-nagumo.js";
import { normal, random, STREAMS } from "../neuron/random.js";

/** Time between two samples, and steps in a trajectory. */
export const DT = 0.5;
export const STEPS = 80;

// Starts are uniform on this box; see fitzhugh_nagumo.py.
const BOX = { v: [-2, 2], w: [-1, 1] };
const place = ([low, high], share) => low + (high - low) * share;

/** Starts that the error is measured from, under each current. */
export const HELD_OUT = 32;

/** Trajectories in the making: `advance(count)` simulates up to `count` more of them. */
class Trajectories {
  /** @param starts array of { v0, w0, I }; noise(): added to every sample that is kept */
  constructor(starts, noise) {
    this.starts = starts;
    this.noise = noise;
    this.v = [];
    this.w = [];
  }

  get finished() {
    return this.v.length === this.starts.length;
  }

  advance(count = Infinity) {
    const end = Math.min(this.starts.length, this.v.length + count);
    while (this.v.length < end) {
      const { I, v0, w0 } = this.starts[this.v.length];
      const { v, w } = fhn.simulation(I, { v0, w0, dt: DT, steps: STEPS }).advance().samples();
      for (let i = 0; i <= STEPS; i += 1) {
        v[i] += this.noise();
        w[i] += this.noise();
      }
      this.v.push(v);
      this.w.push(w);
    }
    return this;
  }
}

export const currentsOf = ({ I_first: first, I_second: second }) => (first === second ? [first] : [first, second]);

/** The training data that the settings describe: each trajectory draws its current. */
export function trainingData(settings) {
  const uniform = random(settings.seed, STREAMS.data);
  const gauss = normal(uniform);
  const currents = currentsOf(settings);
  const starts = Array.from({ length: settings.trajectories }, () => ({
    v0: place(BOX.v, uniform()),
    w0: place(BOX.w, uniform()),
    I: currents[Math.floor(uniform() * currents.length)],
  }));
  return new Trajectories(starts, settings.noise > 0 ? () => settings.noise * gauss() : () => 0);
}

/** The currents that were drawn for the training data: where trajectories are few, one may be missing. */
export function drawnCurrents(settings) {
  const { starts } = trainingData(settings);
  return currentsOf(settings).filter((current) => starts.some(({ I }) => I === current));
}

/** The digits of n in the base, mirrored at the point: van der Corput's sequence, and in two bases Halton's. */
function mirrored(n, base) {
  let value = 0;
  let share = 1 / base;
  for (let rest = n; rest > 0; rest = Math.floor(rest / base)) {
    value += share * (rest % base);
    share /= base;
  }
  return value;
}

/** Mean squared error of the guess that nothing moves: each state is where it started. */
export function standingStill({ v, w }) {
  let sum = 0;
  let count = 0;
  for (let k = 0; k < v.length; k += 1) {
    for (let n = 0; n < v[k].length; n += 1) {
      sum += (v[k][n] - v[k][0]) ** 2 + (w[k][n] - w[k][0]) ** 2;
      count += 2;
    }
  }
  return sum / count;
}

/** True trajectories under each current, from the first points of a Halton sequence: none is in the data. */
export function heldOutData(settings) {
  const starts = currentsOf(settings).flatMap((I) =>
    Array.from({ length: HELD_OUT }, (_, i) => ({
      v0: place(BOX.v, mirrored(i + 1, 2)),
      w0: place(BOX.w, mirrored(i + 1, 3)),
      I,
    })),
  );
  return new Trajectories(starts, () => 0);
}
