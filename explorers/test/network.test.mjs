import assert from "node:assert/strict";
import { test } from "node:test";
import { compileKernel } from "../compile-kernel.mjs";
import { bytesOf } from "../src/network/base64.js";
import { FittedNeuron, Polynomial } from "../src/network/fitted-field.js";
import { Network } from "../src/network/network.js";
import { offerKernel, useKernel } from "../src/network/network-kernel.js";
import { readSafetensors } from "../src/network/safetensors.js";
import * as fhn from "../src/neuron/fitzhugh-nagumo.js";

/** A network of one hidden unit whose output can be worked out by hand. */
function tiny(inputs) {
  const tensor = (shape, data) => ({ shape, data: Float32Array.from(data) });
  return {
    "net.0.weight": tensor([1, inputs], [1, 2, 4, 8].slice(0, inputs)),
    "net.0.bias": tensor([1], [0.5]),
    "net.2.weight": tensor([1, 1], [0.25]),
    "net.2.bias": tensor([1], [-0.5]),
    "net.4.weight": tensor([2, 1], [3, -1]),
    "net.4.bias": tensor([2], [0.125, 0.25]),
  };
}

const byHand = (v, w, I, t) => {
  const h = Math.tanh(0.25 * Math.tanh(0.5 + v + 2 * w + 4 * I + 8 * t) - 0.5);
  return [0.125 + 3 * h, 0.25 - h];
};

test("columns are v, w, I and, last, t", () => {
  const out = new Float64Array(2);
  new Network(tiny(3)).field(0.3)(9, 0.1, -0.2, out);
  assert.deepEqual([...out], byHand(0.1, -0.2, 0.3, 0));
  new Network(tiny(4)).field(0.3)(-0.1, 0.1, -0.2, out);
  assert.deepEqual([...out], byHand(0.1, -0.2, 0.3, -0.1));
});

test("the RNN's step ignores dt, the Neural ODE's does not", () => {
  const network = new Network(tiny(3));
  const end = (kind, dt) => network[kind](0.2, { v0: 0.1, w0: 0, dt, steps: 5 }).advance().samples().v.at(-1);
  assert.equal(end("iteration", 0.5), end("iteration", 0.25));
  assert.notEqual(end("integration", 0.5), end("integration", 0.25));
});

test("tensors of the wrong shape or name are refused by name", () => {
  const wrong = tiny(3);
  wrong["net.2.weight"].shape = [2, 1];
  assert.throws(() => new Network(wrong), /net\.2\.weight must have shape 1,1, got 2,1/);
  const missing = tiny(3);
  delete missing["net.4.bias"];
  assert.throws(() => new Network(missing), /net\.4\.bias/);
});

/** A network as an untrained torch one would be, from a seed of its own. */
function random(inputs, hidden) {
  let seed = inputs * 1000 + hidden;
  const uniform = (bound) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return bound * (seed / 2 ** 31 - 1);
  };
  const tensor = (shape, fan) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => uniform(1 / Math.sqrt(fan))),
  });
  return {
    "net.0.weight": tensor([hidden, inputs], inputs),
    "net.0.bias": tensor([hidden], inputs),
    "net.2.weight": tensor([hidden, hidden], hidden),
    "net.2.bias": tensor([hidden], hidden),
    "net.4.weight": tensor([2, hidden], hidden),
    "net.4.bias": tensor([2], hidden),
  };
}

for (const relaxed of [false, true]) {
  test(`WebAssembly computes what JavaScript computes (${relaxed ? "relaxed" : "plain"} SIMD)`, async (t) => {
    const binary = await compileKernel("network/network-kernel.ts", { relaxed });
    for (const [inputs, hidden] of [
      [3, 128],
      [4, 128],
      [3, 64],
      [4, 30],
    ]) {
      const tensors = random(inputs, hidden);
      assert.equal(useKernel([]), false);
      const plain = new Network(tensors);
      if (!useKernel([binary])) {
        assert.ok(relaxed, "plain SIMD must be there");
        t.diagnostic("this Node has no relaxed SIMD");
        return;
      }
      const fast = new Network(tensors);
      useKernel([]);
      assert.ok(fast.kernel && !plain.kernel);
      const start = { v0: -1.2, w0: 0.7, dt: 0.3, steps: 150 };
      for (const kind of ["integration", "iteration"]) {
        const expected = plain[kind](0.4, start).advance().samples();
        const run = fast[kind](0.4, start);
        while (!run.finished) run.advance(70);
        for (const name of ["v", "w"]) {
          run.samples()[name].forEach((value, i) => {
            assert.ok(Math.abs(value - expected[name][i]) < 1e-5 * (1 + Math.abs(expected[name][i])), `${kind} ${i}`);
          });
        }
      }
      const points = Float64Array.from({ length: 200 }, (_, i) => Math.sin(3 * i) * 3);
      const [want, got] = [new Float64Array(200), new Float64Array(200)];
      plain.evaluate(0.4, points, want);
      fast.evaluate(0.4, points, got, 0, 37);
      fast.evaluate(0.4, points, got, 37);
      for (const [i, value] of got.entries()) assert.ok(Math.abs(value - want[i]) < 2e-6, `${i}: ${value} ${want[i]}`);
    }
  });
}

test("far outside, where tanh is flat, WebAssembly saturates as JavaScript does", async () => {
  const tensors = tiny(3);
  const plain = new Network(tensors);
  useKernel([await compileKernel("network/network-kernel.ts")]);
  const fast = new Network(tensors);
  useKernel([]);
  const points = Float64Array.of(1e4, -3, -1e30, 0, 12, 12, 40, -1e5);
  const [want, got] = [new Float64Array(8), new Float64Array(8)];
  plain.evaluate(0, points, want);
  fast.evaluate(0, points, got);
  for (const [i, value] of got.entries()) assert.ok(Math.abs(value - want[i]) < 1e-6, `${i}`);
});

function safetensors(header, data) {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + json.length + data.byteLength);
  new DataView(file.buffer).setBigUint64(0, BigInt(json.length), true);
  file.set(json, 8);
  file.set(new Uint8Array(data), 8 + json.length);
  return file;
}

test("safetensors: names, shapes and both precisions", () => {
  const data = new ArrayBuffer(16);
  const view = new DataView(data);
  view.setFloat32(0, 1.5, true);
  view.setFloat32(4, -2.25, true);
  // float16: 1.0, -2.0, the smallest subnormal, 65504
  for (const [i, bits] of [0x3c00, 0xc000, 0x0001, 0x7bff].entries()) view.setUint16(8 + 2 * i, bits, true);
  const file = safetensors(
    {
      __metadata__: { seed: "0" },
      a: { dtype: "F32", shape: [2], data_offsets: [0, 8] },
      b: { dtype: "F16", shape: [2, 2], data_offsets: [8, 16] },
    },
    data,
  );
  const { a, b, ...rest } = readSafetensors(file);
  assert.deepEqual(rest, {});
  assert.deepEqual([...a.data], [1.5, -2.25]);
  assert.deepEqual(b.shape, [2, 2]);
  assert.deepEqual([...b.data], [1, -2, 2 ** -24, 65504]);
});

test("safetensors: double precision stays double", () => {
  const data = new ArrayBuffer(16);
  new DataView(data).setFloat64(0, Math.PI, true);
  new DataView(data).setFloat64(8, -1e-300, true);
  const { a } = readSafetensors(safetensors({ a: { dtype: "F64", shape: [2], data_offsets: [0, 16] } }, data));
  assert.deepEqual(a.data, Float64Array.of(Math.PI, -1e-300));
});

test("safetensors: damaged files are refused", () => {
  const entry = (over) => ({ a: { dtype: "F32", shape: [2], data_offsets: [0, 8], ...over } });
  const data = new ArrayBuffer(8);
  assert.throws(() => readSafetensors(new Uint8Array(4)), /shorter/);
  assert.throws(() => readSafetensors(new Uint8Array(16).fill(255)), /header length/);
  assert.throws(() => readSafetensors(safetensors(entry({ shape: [3] }), data)), /does not fit/);
  assert.throws(() => readSafetensors(safetensors(entry({ data_offsets: [4, 12] }), data)), /does not fit/);
  assert.throws(() => readSafetensors(safetensors(entry({ dtype: "I64" }), data)), /dtype I64/);
});

test("a polynomial's columns are monomials by degree, and last the current", () => {
  // 1, v, w, v², v w, w², I
  const polynomial = new Polynomial({
    shape: [2, 7],
    data: Float64Array.of(1, 2, 3, 4, 5, 6, 7, 0, 0, 1, 0, 0, 0, -1),
  });
  const [v, w, I] = [0.5, -2, 3];
  const out = new Float64Array(2);
  polynomial.field(I)(0, v, w, out);
  assert.deepEqual([...out], [1 + 2 * v + 3 * w + 4 * v * v + 5 * v * w + 6 * w * w + 7 * I, w - I]);
  polynomial.field((t) => t)(I, v, w, out);
  assert.equal(out[1], w - I);
  assert.equal(polynomial.used, 9);
});

test("coefficients and parameters of another shape are refused", () => {
  const data = new Float64Array(22);
  assert.equal(new Polynomial({ shape: [2, 11], data }).degree, 3);
  for (const shape of [[2, 10], [3, 11], [22]]) {
    assert.throws(() => new Polynomial({ shape, data }), /coefficients must be two rows .* got/);
  }
  assert.throws(() => new FittedNeuron({ shape: [2], data }), /parameters must be a, b and tau, got shape 2/);
});

test("the fitted neuron is the neuron, with constants of its own", () => {
  const out = new Float64Array(2);
  const expected = new Float64Array(2);
  new FittedNeuron({ shape: [3], data: Float64Array.of(fhn.A, fhn.B, fhn.TAU) }).field(0.4)(0, 1.2, -0.3, out);
  fhn.field(0.4)(0, 1.2, -0.3, expected);
  assert.deepEqual(out, expected);
  new FittedNeuron({ shape: [3], data: Float64Array.of(1, 2, 4) }).field(0.4)(0, 1.2, -0.3, out);
  assert.equal(out[0], expected[0]);
  assert.equal(out[1], (1.2 + 1 + 0.6) / 4);
});

test("base64 gives its bytes, by the browser's own function where there is one", (t) => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 37) % 256);
  const text = Buffer.from(bytes).toString("base64");
  const own = Object.getOwnPropertyDescriptor(Uint8Array, "fromBase64");
  t.after(() => (own ? Object.defineProperty(Uint8Array, "fromBase64", own) : delete Uint8Array.fromBase64));
  Uint8Array.fromBase64 = undefined;
  assert.deepEqual(bytesOf(text), bytes);
  const asked = [];
  Uint8Array.fromBase64 = (letters) => {
    asked.push(letters);
    return bytes;
  };
  assert.equal(bytesOf(text), bytes);
  assert.deepEqual(asked, [text]);
});

test("an offered kernel is made for the first network, once", async (t) => {
  t.after(() => useKernel([]));
  const binary = await compileKernel("network/network-kernel.ts");
  let made = 0;
  offerKernel(() => {
    made += 1;
    return [binary];
  });
  assert.equal(made, 0);
  for (let i = 0; i < 2; i += 1) assert.ok(new Network(tiny(3)).kernel);
  assert.equal(made, 1);
});
