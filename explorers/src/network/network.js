// The learners' network: in → H → H → 2 with tanh, weights as torch's nn.Linear stores them.
import { integration, iteration, Trajectory } from "../neuron/integrators.js";
import { valuesAt } from "./field-values.js";
import { createKernel } from "./network-kernel.js";

const NAMES = ["net.0.weight", "net.0.bias", "net.2.weight", "net.2.bias", "net.4.weight", "net.4.bias"];

export class Network {
  /**
   * @param tensors name → { shape, data }, with data a Float32Array in row-major order;
   *   weight (out, in), bias (out). Input columns are v, w, I and, with four inputs, t.
   */
  constructor(tensors) {
    const [w1, b1, w2, b2, w3, b3] = NAMES.map((name) => {
      const tensor = tensors[name];
      if (!tensor) throw new RangeError(`the network has no tensor named ${name}`);
      return tensor;
    });
    const [hidden, inputs] = w1.shape;
    const expected = [[hidden, inputs], [hidden], [hidden, hidden], [hidden], [2, hidden], [2]];
    for (const [i, tensor] of [w1, b1, w2, b2, w3, b3].entries()) {
      if (String(tensor.shape) !== String(expected[i])) {
        throw new RangeError(`${NAMES[i]} must have shape ${expected[i]}, got ${tensor.shape}`);
      }
    }
    if (inputs !== 3 && inputs !== 4) throw new RangeError(`inputs must be 3 or 4, got ${inputs}`);
    this.hidden = hidden;
    this.inputs = inputs;
    this.timeInput = inputs === 4;
    this.weights = [w1, b1, w2, b2, w3, b3].map((tensor) => tensor.data);
    this.first = new Float64Array(hidden);
    this.second = new Float64Array(hidden);
    this.kernel = createKernel(this);
  }

  /** Take other weights of the same shapes: those of a later update. */
  replace(tensors) {
    this.weights = NAMES.map((name) => tensors[name].data);
    this.kernel?.load(this);
  }

  /**
   * The network in plain JavaScript, as `(t, v, w, out)`: a vector field, or an RNN's change per step.
   * The current is a number or a function of time.
   */
  field(I) {
    const { hidden, inputs, timeInput, first, second } = this;
    const [w1, b1, w2, b2, w3, b3] = this.weights;
    const current = typeof I === "function" ? I : () => I;
    return (t, v, w, out) => {
      const now = current(t);
      for (let i = 0, at = 0; i < hidden; i += 1, at += inputs) {
        let sum = b1[i] + w1[at] * v + w1[at + 1] * w + w1[at + 2] * now;
        if (timeInput) sum += w1[at + 3] * t;
        first[i] = Math.tanh(sum);
      }
      let dv = b3[0];
      let dw = b3[1];
      for (let i = 0, at = 0; i < hidden; i += 1, at += hidden) {
        // Four sums side by side: one alone would wait for each addition before the next.
        let s0 = b2[i];
        let s1 = 0;
        let s2 = 0;
        let s3 = 0;
        let j = 0;
        for (; j + 3 < hidden; j += 4) {
          s0 += w2[at + j] * first[j];
          s1 += w2[at + j + 1] * first[j + 1];
          s2 += w2[at + j + 2] * first[j + 2];
          s3 += w2[at + j + 3] * first[j + 3];
        }
        for (; j < hidden; j += 1) s0 += w2[at + j] * first[j];
        second[i] = Math.tanh(s0 + s1 + (s2 + s3));
        dv += w3[i] * second[i];
        dw += w3[hidden + i] * second[i];
      }
      out[0] = dv;
      out[1] = dw;
    };
  }

  /** As a Neural ODE: a Trajectory of classical RK4 on the field, one step per interval. */
  integration(I, options) {
    if (this.kernel && typeof I === "number") {
      return new Trajectory(options, this.kernel.fill("integrate", I, options.dt));
    }
    return integration(this.field(I), { ...options, method: "rk4" });
  }

  /** As the discrete RNN: a Trajectory of y ← y + net(y, I), one step per interval whatever dt is. */
  iteration(I, options) {
    if (this.kernel && typeof I === "number") {
      return new Trajectory(options, this.kernel.fill("iterate", I, options.dt));
    }
    const change = this.field(I);
    // It has no clock: what time it is matters to a current only.
    return iteration(typeof I === "number" ? (_t, v, w, out) => change(0, v, w, out) : change, options);
  }

  /** Values at points `from` … `from + count - 1` of interleaved (v, w), at t = 0, into `out`. */
  evaluate(I, points, out, from = 0, count = points.length / 2 - from) {
    if (this.kernel) {
      this.kernel.evaluate(I, points, out, from, count);
      return;
    }
    valuesAt(this.field(I), points, out, from, count);
  }
}
