// The learners' network in WebAssembly (AssemblyScript): four numbers at a time, no allocation.
//
// The computation of network.js in float32. State and time stay in double precision. Memory, in floats,
// for `inputs` columns and `hidden` units (a multiple of 32; the caller pads with zeros):
//
//   w1 (inputs × hidden, by column) | b1 | w2 (hidden × hidden, by column) | b2 | w3 (2 × hidden) | b3 (2)
//   | bias under the present current | first layer | second layer, then, in doubles, the samples.

import { madd, sum4, tanh4 } from "./simd";

const START: usize = 1024;
const BLOCK: usize = 32;

let hidden: usize = 0;
let timed: bool = false;
let w1: usize = 0;
let b1: usize = 0;
let w2: usize = 0;
let b2: usize = 0;
let w3: usize = 0;
let b3: usize = 0;
let bias: usize = 0;
let first: usize = 0;
let second: usize = 0;
let samples: usize = 0;
let dv: f64 = 0;
let dw: f64 = 0;

/** Lay out the memory; returns where the samples start. The weights start at 1024. */
export function layout(inputs: i32, units: i32): usize {
  hidden = <usize>units;
  timed = inputs == 4;
  const row = hidden << 2;
  w1 = START;
  b1 = w1 + row * <usize>inputs;
  w2 = b1 + row;
  b2 = w2 + row * hidden;
  w3 = b2 + row;
  b3 = w3 + 2 * row;
  bias = b3 + 16;
  first = bias + row;
  second = first + row;
  samples = second + row;
  return samples;
}

/** Fold the current, which stays the same over a rollout, into the first layer's bias. */
export function current(I: f32): void {
  const column = w1 + 2 * (hidden << 2);
  for (let at: usize = 0; at < hidden << 2; at += 4) {
    store<f32>(bias + at, load<f32>(b1 + at) + load<f32>(column + at) * I);
  }
}

/** Evaluate the network; the result is in dv and dw. */
function evaluate(t: f64, v: f64, w: f64): void {
  const row = hidden << 2;
  const v4 = f32x4.splat(<f32>v);
  const w4 = f32x4.splat(<f32>w);
  const t4 = f32x4.splat(<f32>t);
  for (let at: usize = 0; at < row; at += 16) {
    let x = madd(v4, v128.load(w1 + at), v128.load(bias + at));
    x = madd(w4, v128.load(w1 + row + at), x);
    if (timed) x = madd(t4, v128.load(w1 + 3 * row + at), x);
    v128.store(first + at, tanh4(x));
  }
  let sumV = f32x4.splat(0);
  let sumW = f32x4.splat(0);
  let column = w2;
  for (let block: usize = 0; block < row; block += BLOCK << 2) {
    const bias2 = b2 + block;
    let a0 = v128.load(bias2);
    let a1 = v128.load(bias2, 16);
    let a2 = v128.load(bias2, 32);
    let a3 = v128.load(bias2, 48);
    let a4 = v128.load(bias2, 64);
    let a5 = v128.load(bias2, 80);
    let a6 = v128.load(bias2, 96);
    let a7 = v128.load(bias2, 112);
    for (let j: usize = 0; j < row; j += 4) {
      const h = v128.load32_splat(first + j);
      a0 = madd(h, v128.load(column), a0);
      a1 = madd(h, v128.load(column, 16), a1);
      a2 = madd(h, v128.load(column, 32), a2);
      a3 = madd(h, v128.load(column, 48), a3);
      a4 = madd(h, v128.load(column, 64), a4);
      a5 = madd(h, v128.load(column, 80), a5);
      a6 = madd(h, v128.load(column, 96), a6);
      a7 = madd(h, v128.load(column, 112), a7);
      column += BLOCK << 2;
    }
    const to = second + block;
    v128.store(to, a0);
    v128.store(to, a1, 16);
    v128.store(to, a2, 32);
    v128.store(to, a3, 48);
    v128.store(to, a4, 64);
    v128.store(to, a5, 80);
    v128.store(to, a6, 96);
    v128.store(to, a7, 112);
    for (let k: usize = 0; k < BLOCK << 2; k += 16) {
      const h = tanh4(v128.load(to + k));
      sumV = madd(h, v128.load(w3 + block + k), sumV);
      sumW = madd(h, v128.load(w3 + row + block + k), sumW);
    }
  }
  dv = <f64>(sum4(sumV) + load<f32>(b3));
  dw = <f64>(sum4(sumW) + load<f32>(b3 + 4));
}

/** `count` steps of classical RK4 from time index `from`; sample 0 is the start, the others follow. */
export function integrate(from: i32, count: i32, dt: f64): void {
  let at = samples;
  let v = load<f64>(at);
  let w = load<f64>(at, 8);
  for (let step = from; step < from + count; step += 1) {
    const t = <f64>step * dt;
    evaluate(t, v, w);
    const v1 = dv, w1 = dw;
    evaluate(t + dt / 2, v + 0.5 * dt * v1, w + 0.5 * dt * w1);
    const v2 = dv, w2 = dw;
    evaluate(t + dt / 2, v + 0.5 * dt * v2, w + 0.5 * dt * w2);
    const v3 = dv, w3 = dw;
    evaluate(t + dt, v + dt * v3, w + dt * w3);
    v += (dt / 6) * (v1 + 2 * v2 + 2 * v3 + dv);
    w += (dt / 6) * (w1 + 2 * w2 + 2 * w3 + dw);
    at += 16;
    store<f64>(at, v);
    store<f64>(at, w, 8);
  }
}

/** `count` steps of the residual map y ← y + net(y), from sample 0. */
export function iterate(count: i32): void {
  let at = samples;
  let v = load<f64>(at);
  let w = load<f64>(at, 8);
  for (let step = 0; step < count; step += 1) {
    evaluate(0, v, w);
    v += dv;
    w += dw;
    at += 16;
    store<f64>(at, v);
    store<f64>(at, w, 8);
  }
}

/** Replace the first `count` samples by the network's values there, at time t. */
export function evaluateAll(count: i32, t: f64): void {
  for (let at = samples; at < samples + (<usize>count << 4); at += 16) {
    evaluate(t, load<f64>(at), load<f64>(at, 8));
    store<f64>(at, dv);
    store<f64>(at, dw, 8);
  }
}
