// The learners' network: in → H → H → 2 with tanh, weights as torch's nn.Linear stores them.
import { integrate, iterateMap } from "./integrate.js";

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
  }

  /** The network under current I, as `(t, v, w, out)`: a vector field, or an RNN's change per step. */
  field(I) {
    const { hidden, inputs, timeInput, first, second } = this;
    const [w1, b1, w2, b2, w3, b3] = this.weights;
    return (t, v, w, out) => {
      for (let i = 0, at = 0; i < hidden; i += 1, at += inputs) {
        let sum = b1[i] + w1[at] * v + w1[at + 1] * w + w1[at + 2] * I;
        if (timeInput) sum += w1[at + 3] * t;
        first[i] = Math.tanh(sum);
      }
      let dv = b3[0];
      let dw = b3[1];
      for (let i = 0, at = 0; i < hidden; i += 1, at += hidden) {
        let sum = b2[i];
        for (let j = 0; j < hidden; j += 1) sum += w2[at + j] * first[j];
        second[i] = Math.tanh(sum);
        dv += w3[i] * second[i];
        dw += w3[hidden + i] * second[i];
      }
      out[0] = dv;
      out[1] = dw;
    };
  }

  /** As a Neural ODE: integrate the field by classical RK4, one step per interval. */
  integrate(I, { v0, w0, dt, steps }) {
    return integrate(this.field(I), { v0, w0, dt, steps, method: "rk4" });
  }

  /** As the discrete RNN: y ← y + net(y, I), one step per interval whatever dt is. */
  iterate(I, { v0, w0, dt, steps }) {
    return iterateMap(this.field(I), { v0, w0, dt, steps });
  }
}
