// Currents that change in time: straight lines between knots, written as text that a link can carry.

const LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/** A letter stands for a whole number of these; Python reads the same in neurode_lib/explorers/draw.py. */
export const LEVEL = 0.01;
export const HIGHEST = LEVEL * (LETTERS.length - 1);
/** Time between two knots. */
export const SPACING = 4;

/** The letters of a current's values at its knots, each rounded and kept within the range. */
export const encode = (values) =>
  Array.from(values, (value) => LETTERS[Math.min(LETTERS.length - 1, Math.max(0, Math.round(value / LEVEL)))]).join("");

export const decode = (code) => Float64Array.from(code, (letter) => LEVEL * LETTERS.indexOf(letter));

/** The current as a function of time, constant before the first knot and after the last. */
export function through(values) {
  const last = values.length - 1;
  return (t) => {
    const place = Math.min(last, Math.max(0, t / SPACING));
    const below = Math.min(last - 1, Math.floor(place));
    return values[below] + (place - below) * (values[below + 1] - values[below]);
  };
}

/** Draw a straight stroke over the knots between two points { t, I }; returns the new values. */
export function stroke(values, from, to) {
  const [left, right] = from.t <= to.t ? [from, to] : [to, from];
  const first = Math.round(left.t / SPACING);
  const end = Math.round(right.t / SPACING);
  const drawn = Float64Array.from(values);
  for (let knot = Math.max(0, first); knot <= Math.min(values.length - 1, end); knot += 1) {
    const share = right.t > left.t ? Math.min(1, Math.max(0, (knot * SPACING - left.t) / (right.t - left.t))) : 1;
    drawn[knot] = right.t > left.t ? left.I + share * (right.I - left.I) : to.I;
  }
  return drawn;
}
