// WebAssembly for the networks (network-kernel.ts). Where it may not run, network.js computes in JavaScript.

const START = 1024; // where network-kernel.ts lays the weights
const BLOCK = 32;
const CHUNK = 64; // samples that pass through the kernel's memory at once

let compiled = null;
let offered = null;

/** Offer binaries in order of preference; the first that this browser accepts is used. */
export function useKernel(binaries) {
  compiled = null;
  for (const binary of binaries) {
    try {
      compiled = new WebAssembly.Module(binary);
      return true;
    } catch {
      // No such instructions here, or a content policy forbids WebAssembly.
    }
  }
  return false;
}

/** Like `useKernel`, of what `make` gives, when the first network wants it: a page may have none. */
export function offerKernel(make) {
  offered = make;
}

/** A kernel holding one network's weights, or null where there is no WebAssembly. */
export function createKernel(network) {
  if (offered) useKernel(offered());
  offered = null;
  return compiled === null ? null : new Kernel(network);
}

class Kernel {
  constructor(network) {
    const { inputs, hidden } = network;
    const padded = Math.ceil(hidden / BLOCK) * BLOCK;
    this.wasm = new WebAssembly.Instance(compiled).exports;
    const { memory } = this.wasm;
    const samples = this.wasm.layout(inputs, padded);
    const missing = samples + 16 * (CHUNK + 1) - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    this.samples = new Float64Array(memory.buffer, samples, 2 * (CHUNK + 1));
    this.load(network);
  }

  /** Take over the network's weights as they are now. */
  load({ inputs, hidden, weights: [w1, b1, w2, b2, w3, b3] }) {
    const padded = Math.ceil(hidden / BLOCK) * BLOCK;
    const target = new Float32Array(this.wasm.memory.buffer, START);
    let at = 0;
    const put = (count, value) => {
      for (let i = 0; i < count; i += 1) target[at + i] = value(i);
      at += count;
    };
    // Units beyond `hidden` have no weights: tanh(0) = 0 adds nothing.
    for (let column = 0; column < inputs; column += 1) put(padded, (i) => w1[i * inputs + column] ?? 0);
    put(padded, (i) => b1[i] ?? 0);
    for (let block = 0; block < padded; block += BLOCK) {
      for (let j = 0; j < padded; j += 1) {
        put(BLOCK, (k) => (block + k < hidden && j < hidden ? w2[(block + k) * hidden + j] : 0));
      }
    }
    put(padded, (i) => b2[i] ?? 0);
    for (const row of [0, 1]) put(padded, (i) => (i < hidden ? w3[row * hidden + i] : 0));
    put(2, (i) => b3[i]);
  }

  /** The `fill` of a Trajectory; see integrators.js. */
  fill(kind, I, dt) {
    return (from, count, { v, w }) => {
      this.wasm.current(I);
      for (let done = 0; done < count; done += CHUNK) {
        const size = Math.min(CHUNK, count - done);
        const at = from + done;
        this.samples[0] = v[at];
        this.samples[1] = w[at];
        if (kind === "integrate") this.wasm.integrate(at, size, dt);
        else this.wasm.iterate(size);
        for (let i = 1; i <= size; i += 1) {
          v[at + i] = this.samples[2 * i];
          w[at + i] = this.samples[2 * i + 1];
        }
      }
    };
  }

  /** The network's values at the points (v, w), interleaved like them. */
  evaluate(I, points, out, from, count) {
    this.wasm.current(I);
    for (let done = 0; done < count; done += CHUNK) {
      const size = Math.min(CHUNK, count - done);
      const begin = 2 * (from + done);
      this.samples.set(points.subarray(begin, begin + 2 * size));
      this.wasm.evaluateAll(size, 0);
      out.set(this.samples.subarray(0, 2 * size), begin);
    }
  }
}
