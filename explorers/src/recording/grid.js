// A recording on an even grid, and simple predictions of it: what a network is compared with.

/** Usual time between two samples: the median. */
export function spacingOf(t) {
  const steps = Float64Array.from({ length: t.length - 1 }, (_, i) => t[i + 1] - t[i]).sort();
  const [low, high] = [steps[(steps.length - 1) >> 1], steps[steps.length >> 1]];
  return (low + high) / 2;
}

/**
 * A recording on the grid of a training: v is the mean around each time, I the mean until the next one.
 * Where no sample falls, straight lines join those beside; v is NaN where its samples are missing.
 * @param recording { t, I, v }
 * @param step      between two times, or the recording's own if that is more
 * @returns { t0, dt, v, I }
 */
export function onGrid({ t, I, v }, step) {
  const dt = Math.max(step, spacingOf(t));
  const count = Math.floor((t.at(-1) - t[0]) / dt + 1e-6) + 1;
  const bins = (values, begin) => {
    const sum = new Float64Array(count);
    const number = new Int32Array(count);
    const fallen = new Int32Array(count); // missing ones, too
    for (let i = 0; i < t.length; i += 1) {
      // The margin keeps a sample in its own bin where times are rounded.
      const bin = Math.floor((t[i] - begin) / dt + 1e-6);
      if (bin >= count) continue;
      fallen[bin] += 1;
      if (Number.isNaN(values[i])) continue;
      sum[bin] += values[i];
      number[bin] += 1;
    }
    const means = sum.map((value, bin) => value / number[bin]); // 0 / 0 is NaN
    let before = 0;
    for (let bin = 1; bin < count; bin += 1) {
      if (fallen[bin] === 0) continue;
      for (let k = before + 1; k < bin; k += 1) {
        means[k] = means[before] + ((means[bin] - means[before]) * (k - before)) / (bin - before);
      }
      before = bin;
    }
    return means;
  };
  return { t0: t[0], dt, v: bins(v, t[0] - dt / 2), I: bins(I, t[0]) };
}

/** A way to ask whether [from, to) has all its values: by sums of those missing. */
export function completeness(values) {
  const sums = new Int32Array(values.length + 1);
  for (let i = 0; i < values.length; i += 1) sums[i + 1] = sums[i] + Number.isNaN(values[i]);
  return (from, to) => from >= 0 && to < sums.length && sums[to] === sums[from];
}

/** Mean and standard deviation of what is there in [from, to); a channel that does not vary has 1. */
export function moments(values, from, to) {
  const there = values.subarray(from, to).filter((value) => !Number.isNaN(value));
  const mean = there.reduce((sum, value) => sum + value, 0) / there.length;
  const square = there.reduce((sum, value) => sum + (value - mean) ** 2, 0) / there.length;
  return { mean, scale: Math.sqrt(square) || 1 };
}

/** Root of the mean squared difference, where both are there. */
export function rootMeanSquare(found, expected) {
  let sum = 0;
  let count = 0;
  for (let i = 0; i < expected.length; i += 1) {
    if (Number.isNaN(expected[i])) continue;
    sum += (found[i] - expected[i]) ** 2;
    count += 1;
  }
  return Math.sqrt(sum / count);
}

const MEMORY = 50; // ms of current that the linear model sees
const TAPS = 100; // at most
const ROWS = 20000; // of the training stretch, at most
const RIDGE = 1e-4;

/**
 * The linear model: v as a weighted sum of the current of the last 50 ms and a constant, fitted to the
 * training stretch by least squares, with a small ridge (Hoerl and Kennard 1970).
 * @returns its prediction for [predict[0], predict[1])
 */
export function linearModel({ v, I, dt }, train, predict) {
  const { mean, scale } = moments(I, ...train);
  const taps = Math.max(1, Math.min(TAPS, Math.round(MEMORY / dt), Math.floor((train[1] - train[0]) / 10)));
  const size = taps + 1;
  const row = (n) => {
    const x = new Float64Array(size);
    x[0] = 1;
    // Before the recording begins, the current is taken as its mean.
    for (let k = 1; k < size && k <= n; k += 1) x[k] = (I[n - k] - mean) / scale;
    return x;
  };
  const A = Array.from({ length: size }, () => new Float64Array(size));
  const b = new Float64Array(size);
  const stride = Math.max(1, Math.ceil((train[1] - train[0]) / ROWS));
  let rows = 0;
  for (let n = train[0]; n < train[1]; n += stride) {
    if (Number.isNaN(v[n])) continue;
    const x = row(n);
    rows += 1;
    for (let i = 0; i < size; i += 1) {
      b[i] += x[i] * v[n];
      for (let j = 0; j <= i; j += 1) A[i][j] += x[i] * x[j];
    }
  }
  for (let i = 1; i < size; i += 1) A[i][i] += RIDGE * rows;
  const weights = solve(A, b);
  return Float64Array.from({ length: predict[1] - predict[0] }, (_, n) =>
    row(predict[0] + n).reduce((sum, x, i) => sum + x * weights[i], 0),
  );
}

/** A x = b for a symmetric positive definite A, of which the lower half is read: Cholesky. */
function solve(A, b) {
  const size = b.length;
  for (let i = 0; i < size; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = A[i][j];
      for (let k = 0; k < j; k += 1) sum -= A[i][k] * A[j][k];
      A[i][j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / A[j][j];
    }
  }
  const x = Float64Array.from(b);
  for (let i = 0; i < size; i += 1) {
    for (let k = 0; k < i; k += 1) x[i] -= A[i][k] * x[k];
    x[i] /= A[i][i];
  }
  for (let i = size - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < size; k += 1) x[i] -= A[k][i] * x[k];
    x[i] /= A[i][i];
  }
  return x;
}
