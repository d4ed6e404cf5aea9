// What in a recording would teach a learner something false: gaps, clipped peaks, wrong units.
// The same rules as in neurode_lib/traces/checks.py.
import { spacingOf } from "./grid.js";
import { RecordingError } from "./recording-error.js";

export const LEAST_SAMPLES = 20;
// Samples are evenly spaced if nine intervals in ten are within 1 % of the median; a gap is then an
// interval of more than one and a half of them, else of more than twenty.
const EVEN = 0.01;
const EVEN_SHARE = 0.9;
const GAP = { even: 1.5, uneven: 20 };
// So many equal samples at the largest or smallest value, with a jump before or behind them of so much of
// the range, are no membrane.
const CLIPPED_SAMPLES = 5;
const CLIPPED_JUMP = 0.02;
const LARGEST_VOLTAGE = 500; // mV
const SMALLEST_RANGE = 0.5; // mV
const LARGEST_CURRENT = 1e6; // pA: a microampere

const written = (value, digits) => String(Number(value.toPrecision(digits))).replace("-", "−");

/** Refuse times that do not increase, or leave a gap. `lineOf(k)` is the line of sample k. */
export function checkTime(t, lineOf) {
  for (let k = 1; k < t.length; k += 1) {
    if (t[k] > t[k - 1]) continue;
    const what = t[k] < t[k - 1] ? "runs backward" : "stands still";
    throw new RecordingError(
      "backward",
      `time ${what}: ${written(t[k], 12)} ms after ${written(t[k - 1], 12)} ms`,
      lineOf(k),
    );
  }
  const usual = spacingOf(t);
  let even = 0;
  for (let k = 1; k < t.length; k += 1) if (Math.abs(t[k] - t[k - 1] - usual) <= EVEN * usual) even += 1;
  const longest = (even / (t.length - 1) >= EVEN_SHARE ? GAP.even : GAP.uneven) * usual;
  for (let k = 1; k < t.length; k += 1) {
    const step = t[k] - t[k - 1];
    if (step <= longest) continue;
    throw new RecordingError(
      "gap",
      `a gap of ${written(step, 6)} ms, where samples are ${written(usual, 6)} ms apart: cut the recording there`,
      lineOf(k),
    );
  }
}

/** Refuse a potential in another unit, one that does not change, and one that was cut off. */
export function checkVoltage(v, lineOf) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of v) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low === high) throw new RecordingError("flat", `the voltage is ${written(low, 6)} mV throughout`, lineOf(0));
  if (Math.max(-low, high) > LARGEST_VOLTAGE || high - low < SMALLEST_RANGE) {
    throw new RecordingError(
      "units",
      `a membrane potential of ${written(low, 4)} to ${written(high, 4)} mV: is the unit another?`,
      lineOf(0),
    );
  }
  for (const [extreme, size, where] of [
    [high, "largest", "above"],
    [low, "smallest", "below"],
  ]) {
    const k = clipped(v, extreme, CLIPPED_JUMP * (high - low));
    if (k === null) continue;
    throw new RecordingError(
      "clipped",
      `the voltage stays at ${written(extreme, 6)} mV, its ${size} value, for ${CLIPPED_SAMPLES} samples or more: what lies ${where} was cut off`,
      lineOf(k),
    );
  }
}

/** Refuse a current that no cell bears. */
export function checkCurrent(I, lineOf) {
  const k = I.findIndex((value) => Math.abs(value) > LARGEST_CURRENT);
  if (k >= 0) throw new RecordingError("units", `a current of ${written(I[k], 4)} pA: is the unit another?`, lineOf(k));
}

/** Where the first run of equal extreme values begins that a jump leads to or from. */
function clipped(v, extreme, jump) {
  for (let first = 0; first < v.length; first += 1) {
    if (v[first] !== extreme) continue;
    let end = first + 1;
    while (v[end] === extreme) end += 1;
    const jumps = [first - 1, end].some((k) => Math.abs(v[k] - extreme) > jump);
    if (end - first >= CLIPPED_SAMPLES && jumps) return first;
    first = end;
  }
  return null;
}
