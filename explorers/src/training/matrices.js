// The five routines on matrices that training consists of, in plain JavaScript and in WebAssembly.
//
// Matrices are row-major typed arrays with one column for each element of the batch, so that every inner
// loop runs along the batch. Both kinds have the same interface; rollout.js does not know which it has.

/** In plain JavaScript, for Float32Array or Float64Array. */
export const plainMatrices = (ArrayType) => ({
  array: (count) => new ArrayType(count),

  /** y ← W x + b, where W's entry (i, j) is w[i · down + j · across]; b may be null. */
  product(w, down, across, b, x, y, rows, columns, batch) {
    for (let i = 0; i < rows; i += 1) {
      const to = i * batch;
      const end = to + batch;
      y.fill(b === null ? 0 : b[i], to, end);
      let j = 0;
      // Four rows of x at a time: y is then read and written a quarter as often.
      for (; j + 3 < columns; j += 4) {
        const at = i * down + j * across;
        const w0 = w[at];
        const w1 = w[at + across];
        const w2 = w[at + 2 * across];
        const w3 = w[at + 3 * across];
        let x0 = j * batch;
        let x1 = x0 + batch;
        let x2 = x1 + batch;
        let x3 = x2 + batch;
        for (let k = to; k < end; k += 1) {
          y[k] += w0 * x[x0] + w1 * x[x1] + (w2 * x[x2] + w3 * x[x3]);
          x0 += 1;
          x1 += 1;
          x2 += 1;
          x3 += 1;
        }
      }
      for (; j < columns; j += 1) {
        const weight = w[i * down + j * across];
        for (let k = to, from = j * batch; k < end; k += 1, from += 1) y[k] += weight * x[from];
      }
    }
  },

  /** G ← G + d xᵀ: d (rows × batch), x (columns × batch), G (rows × columns). */
  outer(d, x, g, rows, columns, batch) {
    for (let i = 0; i < rows; i += 1) {
      const from = i * batch;
      const end = from + batch;
      for (let j = 0; j < columns; j += 2) {
        let a = j * batch;
        let b = a + batch;
        let sumA = 0;
        let sumB = 0;
        for (let k = from; k < end; k += 1) {
          sumA += d[k] * x[a];
          sumB += d[k] * x[b];
          a += 1;
          b += 1;
        }
        g[i * columns + j] += sumA;
        g[i * columns + j + 1] += sumB;
      }
    }
  },

  /** s ← s + the sums of d's rows. */
  sums(d, s, rows, batch) {
    for (let i = 0; i < rows; i += 1) {
      let sum = 0;
      for (let k = i * batch; k < (i + 1) * batch; k += 1) sum += d[k];
      s[i] += sum;
    }
  },

  /** y ← tanh(y). */
  tanh(y) {
    for (let i = 0; i < y.length; i += 1) y[i] = Math.tanh(y[i]);
  },

  /** d ← d (1 - h²): back through h = tanh(·). */
  slope(d, h) {
    for (let i = 0; i < d.length; i += 1) d[i] *= 1 - h[i] * h[i];
  },
});

const CAPACITY = 16 << 20; // bytes; pages that are not touched cost nothing

/** In WebAssembly, in float32, or null where this browser or page does not run it. */
export function simdMatrices(binary) {
  let wasm;
  try {
    wasm = new WebAssembly.Instance(new WebAssembly.Module(binary)).exports;
  } catch {
    return null; // no such instructions here, or a content policy forbids WebAssembly
  }
  // Once: growing later would detach every array that was handed out.
  wasm.memory.grow(CAPACITY >> 16);
  let free = 1024;
  const at = (array) => (array === null ? 0 : array.byteOffset);
  return {
    array(count) {
      const array = new Float32Array(wasm.memory.buffer, free, count);
      free += Math.ceil(count / 4) * 16;
      return array;
    },
    product: (w, down, across, b, x, y, rows, columns, batch) =>
      wasm.product(at(w), 4 * down, 4 * across, at(b), at(x), at(y), rows, columns, batch),
    outer: (d, x, g, rows, columns, batch) => wasm.outer(at(d), at(x), at(g), rows, columns, batch),
    sums: (d, s, rows, batch) => wasm.sums(at(d), at(s), rows, batch),
    tanh: (y) => wasm.tanh(at(y), y.length),
    slope: (d, h) => wasm.slope(at(d), at(h), d.length),
  };
}
