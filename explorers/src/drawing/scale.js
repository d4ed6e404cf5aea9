// A linear scale between data and pixels, and round tick values.

export function linear([d0, d1], [r0, r1]) {
  const slope = (r1 - r0) / (d1 - d0);
  const scale = (x) => r0 + (x - d0) * slope;
  scale.invert = (pixel) => d0 + (pixel - r0) / slope;
  scale.domain = [d0, d1];
  scale.range = [r0, r1];
  return scale;
}

/** About `count` multiples of 1, 2 or 5 times a power of ten within [low, high]. */
export function ticks(low, high, count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = power * [1, 2, 5, 10].find((multiple) => multiple * power >= raw * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** A number with a true minus sign. */
export function format(value, digits) {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text.replace("-", "−");
}

/** A number as "2.9 × 10⁻⁹", which no line ends within. */
export function scientific(value) {
  const [digits, power] = value.toExponential(1).split("e");
  return `${digits}\u00a0×\u00a010${power.replace(/[+\d-]/g, (sign) => ({ "+": "", "-": "⁻" })[sign] ?? "⁰¹²³⁴⁵⁶⁷⁸⁹"[sign])}`;
}
