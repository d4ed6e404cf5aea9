// Read a table of time, current and voltage, or say what is wrong with it and where.
//
// The same rules as in neurode_lib/traces/reading.py, which writes them down; tests/recordings holds the
// files that both are tried on.
import { checkCurrent, checkTime, checkVoltage, LEAST_SAMPLES } from "./checks.js";
import { columnNames, FACTORS, findColumns, QUANTITIES } from "./columns.js";
import { layoutOf, tableOf } from "./layout.js";
import { RecordingError } from "./recording-error.js";
import { sampleFile } from "./sample.js";

const LARGEST = 100e6; // bytes
// biome-ignore lint/suspicious/noControlCharactersInRegex: text has none of them
const CONTROL = /[\0-\x08\x0b\x0e-\x1f]/;

/**
 * What the worker answers to the page.
 * @param what { file } or { text } or { sample: true }, and if the reader chose: choice
 * @returns a promise of { recording } or { problem, kind, line }, and of { names, choice } as far as they are known
 */
export async function answerFor({ file, text, sample, choice }) {
  const answer = { names: [], choice: choice ?? null };
  try {
    const content = file ? await textOf(file) : sample ? sampleFile() : text;
    answer.recording = readRecording(content, choice, answer);
  } catch (error) {
    if (!(error instanceof RecordingError)) throw error;
    Object.assign(answer, { problem: error.message, kind: error.kind, line: error.line });
  }
  return answer;
}

/**
 * @param content text
 * @param choice  quantity → index of the column that the reader chose
 * @param answer  is told the names and the choice of columns, also if something is wrong further on
 * @returns { t, I, v, units, notes }: in ms, pA (or µA/cm²) and mV
 */
export function readRecording(content, choice = null, answer = {}) {
  if (content.trim() === "") throw new RecordingError("empty", "the file is empty");
  const layout = layoutOf(content.replace(/^\ufeff/, "").split(/\r\n|\r|\n/));
  answer.names = columnNames(layout);
  const { index, units, notes } = findColumns(layout, choice);
  answer.choice = index;
  const lineOf = (k) => layout.rows[k].number;
  const count = layout.rows.length;
  if (count < LEAST_SAMPLES) {
    throw new RecordingError("short", `there are ${count} rows, fewer than ${LEAST_SAMPLES}`, lineOf(count - 1));
  }
  const table = tableOf(layout);
  const [t, I, v] = QUANTITIES.map((quantity) => {
    const factor = FACTORS[quantity][units[quantity]];
    return table[index[quantity]].map((value) => value * factor);
  });
  for (const [quantity, values] of [
    ["time", t],
    ["current", I],
  ]) {
    const k = values.findIndex(Number.isNaN);
    if (k >= 0) throw new RecordingError("missing", `a value of ${quantity} is missing`, lineOf(k));
  }
  const missing = v.reduce((sum, value) => sum + Number.isNaN(value), 0);
  if (missing === count) throw new RecordingError("missing", "every value of voltage is missing", lineOf(0));
  if (missing > 0) {
    notes.push(`${missing} values of voltage are missing, the first in line ${lineOf(v.findIndex(Number.isNaN))}.`);
  }
  checkTime(t, lineOf);
  checkCurrent(I, lineOf);
  checkVoltage(v, lineOf);
  return { t, I, v, units, notes };
}

function checkSize(size) {
  if (size <= LARGEST) return;
  throw new RecordingError("size", `the file holds more than ${LARGEST / 1e6} MB: cut it, or sample it less often`);
}

/** The text of a file, gzipped or not. */
export async function textOf(file) {
  checkSize(file.size);
  let bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) bytes = await unzipped(file);
  const [a, b] = bytes;
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) {
    return new TextDecoder(a === 0xff ? "utf-16le" : "utf-16be").decode(bytes);
  }
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    text = new TextDecoder("windows-1252").decode(bytes); // in which older programs write µ and ²
  }
  const at = text.search(CONTROL);
  if (at >= 0) {
    const line = text.slice(0, at).split("\n").length;
    const what = `the file is no text: it holds the byte ${text.charCodeAt(at)}`;
    throw new RecordingError("binary", `${what}. Export it as a table (CSV)`, line);
  }
  return text;
}

async function unzipped(file) {
  const parts = [];
  let size = 0;
  try {
    for await (const part of file.stream().pipeThrough(new DecompressionStream("gzip"))) {
      parts.push(part);
      size += part.length;
      checkSize(size); // no more is unpacked than may be read
    }
  } catch (error) {
    if (error instanceof RecordingError) throw error;
    throw new RecordingError("binary", "the gzip file is damaged");
  }
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
