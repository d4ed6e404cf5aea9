// AdamW (Loshchilov and Hutter 2019) with clipping by the norm of the gradient, as PyTorch has them.

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPSILON = 1e-8;

/** Rate for update number `update` of `updates`, counted from 0, falling along half a cosine. */
export const cosineRate = (rate, update, updates) => (rate / 2) * (1 + Math.cos((Math.PI * update) / updates));

export class AdamW {
  constructor(weights, { weightDecay, clipNorm }) {
    Object.assign(this, { weights, weightDecay, clipNorm });
    this.mean = new weights.constructor(weights.length);
    this.square = new weights.constructor(weights.length);
    this.count = 0;
  }

  step(gradient, rate) {
    const { weights, mean, square } = this;
    let norm = 0;
    for (let i = 0; i < gradient.length; i += 1) norm += gradient[i] * gradient[i];
    const factor = Math.min(1, this.clipNorm / (Math.sqrt(norm) + 1e-6));
    this.count += 1;
    const stride = rate / (1 - BETA1 ** this.count);
    const correction = Math.sqrt(1 - BETA2 ** this.count);
    const keep = 1 - rate * this.weightDecay;
    for (let i = 0; i < weights.length; i += 1) {
      const g = factor * gradient[i];
      mean[i] += (1 - BETA1) * (g - mean[i]);
      square[i] += (1 - BETA2) * (g * g - square[i]);
      weights[i] = keep * weights[i] - (stride * mean[i]) / (Math.sqrt(square[i]) / correction + EPSILON);
    }
  }
}
