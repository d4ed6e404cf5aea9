// A field read at many points.

/** Values of `field` at points `from` … `from + count - 1` of interleaved (v, w), at t = 0, into `out`. */
export function valuesAt(field, points, out, from = 0, count = points.length / 2 - from) {
  const value = new Float64Array(2);
  for (let i = 2 * from; i < 2 * (from + count); i += 2) {
    field(0, points[i], points[i + 1], value);
    out.set(value, i);
  }
  return out;
}
