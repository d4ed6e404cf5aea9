// The matrix routines of matrices.js in WebAssembly (AssemblyScript): float32, four numbers at a time.
//
// Matrices are row-major and given by where they start. `batch` is a multiple of eight; numbers of rows
// are even, and so are the numbers of columns in `outer`.

import { madd, sum4, tanh4 } from "../network/simd";

/** y ← W x + b, where W's entry (i, j) is at w + i · down + j · across (in bytes); b may be 0. */
export function product(
  w: usize, down: usize, across: usize, b: usize, x: usize, y: usize, rows: i32, columns: i32, batch: usize,
): void {
  const row = batch << 2;
  for (let i = 0; i < rows; i += 2) {
    const wa = w + <usize>i * down;
    const wb = wa + down;
    const ba = b ? v128.load32_splat(b + (<usize>i << 2)) : f32x4.splat(0);
    const bb = b ? v128.load32_splat(b + (<usize>i << 2), 4) : f32x4.splat(0);
    const to = y + <usize>i * row;
    for (let k: usize = 0; k < row; k += 32) {
      let a0 = ba, a1 = ba, b0 = bb, b1 = bb;
      let at = x + k;
      let step: usize = 0;
      for (let j = 0; j < columns; j += 1) {
        const x0 = v128.load(at);
        const x1 = v128.load(at, 16);
        const p = v128.load32_splat(wa + step);
        const q = v128.load32_splat(wb + step);
        a0 = madd(p, x0, a0);
        a1 = madd(p, x1, a1);
        b0 = madd(q, x0, b0);
        b1 = madd(q, x1, b1);
        at += row;
        step += across;
      }
      v128.store(to + k, a0);
      v128.store(to + k, a1, 16);
      v128.store(to + row + k, b0);
      v128.store(to + row + k, b1, 16);
    }
  }
}

/** G ← G + d xᵀ: d (rows × batch), x (columns × batch), G (rows × columns). */
export function outer(d: usize, x: usize, g: usize, rows: i32, columns: i32, batch: usize): void {
  const row = batch << 2;
  const width = <usize>columns << 2;
  for (let i = 0; i < rows; i += 2) {
    const da = d + <usize>i * row;
    const ga = g + <usize>i * width;
    for (let j = 0; j < columns; j += 2) {
      const xa = x + <usize>j * row;
      let aa = f32x4.splat(0), ab = aa, ba = aa, bb = aa;
      for (let k: usize = 0; k < row; k += 16) {
        const p = v128.load(da + k);
        const q = v128.load(da + row + k);
        const s = v128.load(xa + k);
        const t = v128.load(xa + row + k);
        aa = madd(p, s, aa);
        ab = madd(p, t, ab);
        ba = madd(q, s, ba);
        bb = madd(q, t, bb);
      }
      const to = ga + (<usize>j << 2);
      store<f32>(to, load<f32>(to) + sum4(aa));
      store<f32>(to, load<f32>(to, 4) + sum4(ab), 4);
      store<f32>(to + width, load<f32>(to + width) + sum4(ba));
      store<f32>(to + width, load<f32>(to + width, 4) + sum4(bb), 4);
    }
  }
}

/** s ← s + the sums of d's rows. */
export function sums(d: usize, s: usize, rows: i32, batch: usize): void {
  const row = batch << 2;
  for (let i = 0; i < rows; i += 1) {
    let sum = f32x4.splat(0);
    for (let k: usize = 0; k < row; k += 16) sum = f32x4.add(sum, v128.load(d + k));
    store<f32>(s, load<f32>(s) + sum4(sum));
    d += row;
    s += 4;
  }
}

/** y ← tanh(y), `count` numbers. */
export function tanh(y: usize, count: usize): void {
  for (const end = y + (count << 2); y < end; y += 16) v128.store(y, tanh4(v128.load(y)));
}

/** d ← d (1 - h²): back through h = tanh(·). */
export function slope(d: usize, h: usize, count: usize): void {
  const one = f32x4.splat(1);
  for (const end = d + (count << 2); d < end; d += 16) {
    const value = v128.load(h);
    v128.store(d, f32x4.mul(v128.load(d), f32x4.sub(one, f32x4.mul(value, value))));
    h += 16;
  }
}
