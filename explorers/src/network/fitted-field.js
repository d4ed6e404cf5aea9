// Learned fields that are a few numbers: a polynomial, and the neuron's own equations with fitted constants.
// To a figure they are what a network is (network.js): something to integrate, and to read at points.
import * as fhn from "../neuron/fitzhugh-nagumo.js";
import { integration } from "../neuron/integrators.js";
import { valuesAt } from "./field-values.js";

/** RK4 steps are no longer than this, as where the methods are compared: neurode_lib/methods/stacks.py. */
export const LONGEST_STEP = 0.125;

class FittedField {
  /** A Trajectory by classical RK4, in as many steps an interval as it takes. */
  integration(I, options) {
    const substeps = Math.ceil(options.dt / LONGEST_STEP - 1e-9);
    return integration(this.field(I), { ...options, method: "rk4", substeps });
  }

  /** Values at points `from` … `from + count - 1` of interleaved (v, w), at t = 0, into `out`. */
  evaluate(I, points, out, from = 0, count = points.length / 2 - from) {
    valuesAt(this.field(I), points, out, from, count);
  }
}

/** Coefficients of the monomials of v and w, by degree (1, v, w, v², v w, w² …), and, last, of the current. */
export class Polynomial extends FittedField {
  /** @param tensor { shape: [2, terms], data }: a row for dv/dt, and one for dw/dt. */
  constructor({ shape, data }) {
    super();
    const [rows, terms] = shape;
    this.degree = degreeOf(terms);
    if (rows !== 2 || this.degree === null) {
      throw new RangeError(`coefficients must be two rows for all monomials of a degree and the current, got ${shape}`);
    }
    this.terms = terms;
    this.coefficients = data;
  }

  /** How many coefficients are not zero. */
  get used() {
    return this.coefficients.filter((one) => one !== 0).length;
  }

  field(I) {
    const { degree, terms, coefficients } = this;
    const current = typeof I === "function" ? I : () => I;
    return (t, v, w, out) => {
      let [dv, dw, at] = [0, 0, 0];
      for (let total = 0; total <= degree; total += 1) {
        for (let j = 0; j <= total; j += 1, at += 1) {
          const term = v ** (total - j) * w ** j;
          dv += coefficients[at] * term;
          dw += coefficients[terms + at] * term;
        }
      }
      const now = current(t);
      out[0] = dv + coefficients[at] * now;
      out[1] = dw + coefficients[terms + at] * now;
    };
  }
}

/** The degree whose monomials, and the current, are so many; null if none is. */
function degreeOf(terms) {
  let degree = 1;
  while (((degree + 1) * (degree + 2)) / 2 + 1 < terms) degree += 1;
  return ((degree + 1) * (degree + 2)) / 2 + 1 === terms ? degree : null;
}

/** The neuron's equations with a, b and tau of its own. */
export class FittedNeuron extends FittedField {
  /** @param tensor { shape: [3], data }: a, b, tau. */
  constructor({ shape, data }) {
    super();
    if (String(shape) !== "3") throw new RangeError(`parameters must be a, b and tau, got shape ${shape}`);
    const [a, b, tau] = data;
    this.parameters = { a, b, tau };
  }

  field(I) {
    return fhn.field(I, this.parameters);
  }
}
