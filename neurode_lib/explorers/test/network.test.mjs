import assert from "node:assert/strict";
import { test } from "node:test";
import { Network } from "../src/network.js";
import { readSafetensors } from "../src/safetensors.js";

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
  const end = (method, dt) => network[method](0.2, { v0: 0.1, w0: 0, dt, steps: 5 }).v.at(-1);
  assert.equal(end("iterate", 0.5), end("iterate", 0.25));
  assert.notEqual(end("integrate", 0.5), end("integrate", 0.25));
});

test("tensors of the wrong shape or name are refused by name", () => {
  const wrong = tiny(3);
  wrong["net.2.weight"].shape = [2, 1];
  assert.throws(() => new Network(wrong), /net\.2\.weight must have shape 1,1, got 2,1/);
  const missing = tiny(3);
  delete missing["net.4.bias"];
  assert.throws(() => new Network(missing), /net\.4\.bias/);
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
  [0x3c00, 0xc000, 0x0001, 0x7bff].forEach((bits, i) => view.setUint16(8 + 2 * i, bits, true));
  const file = safetensors({
    __metadata__: { seed: "0" },
    a: { dtype: "F32", shape: [2], data_offsets: [0, 8] },
    b: { dtype: "F16", shape: [2, 2], data_offsets: [8, 16] },
  }, data);
  const { a, b, ...rest } = readSafetensors(file);
  assert.deepEqual(rest, {});
  assert.deepEqual([...a.data], [1.5, -2.25]);
  assert.deepEqual(b.shape, [2, 2]);
  assert.deepEqual([...b.data], [1, -2, 2 ** -24, 65504]);
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
