// Which column is which, and in what unit: what a header says of it.
// The same rules as in neurode_lib/traces/columns.py.
import { RecordingError } from "./recording-error.js";

export const QUANTITIES = ["time", "current", "voltage"];
/** What one unit is in ms, pA and mV. A current per area has no such factor and stays as it is. */
export const FACTORS = {
  time: { s: 1e3, ms: 1, us: 1e-3 },
  current: { A: 1e12, mA: 1e9, uA: 1e6, nA: 1e3, pA: 1, "uA/cm2": 1 },
  voltage: { V: 1e3, mV: 1, uV: 1e-3 },
};
const ASSUMED = { time: "ms", current: "pA", voltage: "mV" };
const SPELLINGS = {
  sec: "s",
  secs: "s",
  second: "s",
  seconds: "s",
  msec: "ms",
  millisecond: "ms",
  milliseconds: "ms",
  volt: "V",
  volts: "V",
  millivolt: "mV",
  millivolts: "mV",
  picoampere: "pA",
  picoamperes: "pA",
  ampere: "A",
  amperes: "A",
  amp: "A",
};
const NAMES = {
  time: "t|time|times|zeit|temps|tiempo|tempo|clock",
  current: "i|im|iinj|iapp|istim|current|strom|courant|corriente|corrente|stim|stimulus|command|injected|input",
  voltage: "v|vm|em|voltage|potential|membrane|spannung|tension|voltaje|response",
};
const NUMBERED = "[ _#]*\\d*";
const KNOWN = Object.values(FACTORS).flatMap(Object.keys);

/** The unit that a text is, spelled our way; null if it is none of ours. */
export function unitOf(text) {
  const plain = text.trim().replace(/[µμ]/g, "u").replace("²", "2").replace("^", "");
  const word = Object.hasOwn(SPELLINGS, plain.toLowerCase()) ? SPELLINGS[plain.toLowerCase()] : plain;
  if (KNOWN.includes(word)) return word;
  // Capitals mean something (mV, MV), except where only one reading exists.
  const alike = KNOWN.filter((unit) => unit.toLowerCase() === word.toLowerCase());
  return alike.length === 1 && !["ma", "mv"].includes(word.toLowerCase()) ? alike[0] : null;
}

const quantityOf = (unit) => QUANTITIES.find((name) => Object.hasOwn(FACTORS[name], unit));

/** A header's name and unit, and the text that stands where a unit stands. */
function label(header) {
  for (const [pattern, brackets] of [
    [/^(.*?)[([]([^)\]]*)[)\]]\s*$/, true],
    [/^(.*?)\s*\/\s*(\S+)$/, false],
    [/^(.*)[_ ,]\s*(\S+)$/, false],
  ]) {
    const match = pattern.exec(header);
    if (!match) continue;
    const unit = unitOf(match[2]);
    if (unit !== null || brackets) return { name: match[1].trim(), unit, text: match[2].trim() };
  }
  const unit = header.length > 1 ? unitOf(header) : null;
  return unit ? { name: "", unit, text: header } : { name: header, unit: null, text: "" };
}

/** Header or number of every column, for readers to choose from. */
export const columnNames = ({ headers, columns }) =>
  headers ?? Array.from({ length: columns }, (_, k) => `column ${k + 1}`);

/**
 * Say which column is which.
 * @param layout from layoutOf()
 * @param choice quantity → index of the column that the reader chose, or null
 * @returns { index, units, notes }: quantity → index of its column; quantity → its unit
 */
export function findColumns({ headers, headerLine: line, columns }, choice) {
  const chosen = (quantity) => choice?.[quantity] ?? null;
  let labels = Array.from({ length: columns }, () => ({ name: "", unit: null, text: "" }));
  let index;
  if (headers === null) {
    const all = QUANTITIES.every((quantity) => chosen(quantity) !== null);
    if (!all && columns !== QUANTITIES.length) {
      throw new RecordingError(
        "columns",
        `there is no header to say which of ${columns} columns are ${QUANTITIES.join(", ")}`,
        line,
      );
    }
    index = Object.fromEntries(QUANTITIES.map((quantity, k) => [quantity, all ? chosen(quantity) : k]));
  } else {
    labels = headers.map(label);
    index = Object.fromEntries(
      QUANTITIES.map((quantity) => [quantity, chosen(quantity) ?? column(quantity, headers, labels, line)]),
    );
  }
  if (new Set(Object.values(index)).size < QUANTITIES.length) {
    throw new RecordingError("columns", "one column cannot be two things", line);
  }
  const units = {};
  const notes = [];
  for (const quantity of QUANTITIES) {
    const { unit, text } = labels[index[quantity]];
    if (text && !(unit && Object.hasOwn(FACTORS[quantity], unit))) {
      const expected = Object.keys(FACTORS[quantity]).join(", ");
      throw new RecordingError("units", `${quantity} must be in ${expected}, got “${text}”`, line);
    }
    units[quantity] = unit ?? ASSUMED[quantity];
    if (unit === null) notes.push(`No unit of ${quantity} is given: read as ${units[quantity]}.`);
  }
  return { index, units, notes };
}

function column(quantity, headers, labels, line) {
  const all = labels.map((_, k) => k);
  const named = all.filter((k) => hasName(quantity, labels[k]));
  const inUnit = all.filter((k) => labels[k].unit && quantityOf(labels[k].unit) === quantity);
  // A name says more than a unit: "Command (mV)" beside "Current (pA)" is not the current.
  const both = named.filter((k) => inUnit.includes(k));
  const either = all.filter((k) => named.includes(k) || inUnit.includes(k));
  const candidates =
    quantity === "time" && either.length > 1 ? either : ([both, named, inUnit].find((some) => some.length > 0) ?? []);
  const words = (some) => some.map((k) => `“${headers[k]}”`).join(", ");
  if (candidates.length === 0) {
    throw new RecordingError("columns", `there is no column of ${quantity} among ${words(all)}`, line);
  }
  if (candidates.length > 1) {
    throw new RecordingError(
      "columns",
      `more than one column may be ${quantity}: ${words(candidates)}; say which`,
      line,
    );
  }
  return candidates[0];
}

function hasName(quantity, { name, unit }) {
  if (unit !== null && quantityOf(unit) !== quantity) return false;
  const words = name
    .toLowerCase()
    .replace(/[_\-.:]+/g, " ")
    .trim();
  const names = `(?:${NAMES[quantity]})${NUMBERED}`;
  return new RegExp(`^${names}(?: .*)?$`).test(words) || new RegExp(`\\b${names}$`).test(words);
}
