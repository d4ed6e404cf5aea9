// How a text table is written: comments, header, separator and decimal mark.
// The same rules as in neurode_lib/traces/layout.py.
import { unitOf } from "./columns.js";
import { RecordingError } from "./recording-error.js";

const COMMENT = /^(#|%|\/\/|!)/;
const PREAMBLE = 100; // lines that may stand before the first row of numbers
const POINT = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const COMMA = /^[+-]?(\d+,?\d*|,\d+)(e[+-]?\d+)?$/i;
const MISSING = new Set(["", "nan", "na", "n/a", "null", "none", "-", "--", "?"]);

const unquoted = (cell) =>
  cell
    .trim()
    .replace(/^"+|"+$/g, "")
    .trim();

/** The cells of a row, without blanks and quotation marks; `separator` null for any run of blanks. */
export const cellsOf = (line, separator) =>
  (separator === null ? line.trim().split(/\s+/) : line.replace(/^[ \r]+|[ \r]+$/g, "").split(separator)).map(unquoted);

const isMissing = (cell) => MISSING.has(cell.toLowerCase());

/** A cell's number; NaN where nothing was recorded, null where there is something else. */
export function numberIn(cell, decimalComma) {
  if (isMissing(cell)) return Number.NaN;
  if (!(decimalComma ? COMMA : POINT).test(cell)) return null;
  const value = Number(cell.replace(",", "."));
  return Number.isFinite(value) ? value : null;
}

function isRow(cells, decimal) {
  const numbers = cells.map((cell) => decimal.test(cell));
  return numbers.filter(Boolean).length >= 2 && cells.every((cell, k) => numbers[k] || isMissing(cell));
}

/** Without the empty cell behind a separator at the end of a line. */
const trimmed = (cells) => (cells.length > 2 && cells.at(-1) === "" ? cells.slice(0, -1) : cells);

/** { separator, comma }: whether commas are decimal; null for a line that is no row of numbers. */
function wayOf(line) {
  const marks = ["\t", ";"].filter((mark) => line.includes(mark));
  for (const separator of marks.length > 0 ? marks : [",", null]) {
    const cells = trimmed(cellsOf(line, separator));
    if (isRow(cells, POINT)) return { separator, comma: false };
    if (separator !== "," && isRow(cells, COMMA)) return { separator, comma: true };
  }
  return null;
}

/** The most common number, of several the first. */
function commonest(counts) {
  const times = (count) => counts.filter((other) => other === count).length;
  return counts.reduce((best, count) => (times(count) > times(best) ? count : best));
}

/**
 * Find out how a table is written from its first rows.
 * @param lines text, by lines
 * @returns { separator, comma, headers, headerLine, rows: [{ line, number }], columns }; headers may be null
 */
export function layoutOf(lines) {
  const body = [];
  const comments = [];
  lines.forEach((line, i) => {
    const text = line.trim();
    if (COMMENT.test(text)) {
      if (body.length === 0) comments.push({ line: text.replace(/^[#%/! \t]+/, ""), number: i + 1 });
    } else if (text) {
      body.push({ line, number: i + 1 });
    }
  });
  if (body.length === 0) throw new RecordingError("empty", "the file holds no rows");
  const ways = body.slice(0, PREAMBLE).map(({ line }) => wayOf(line));
  const widthOf = (way, { line }) => trimmed(cellsOf(line, way.separator)).length;
  const counts = ways.flatMap((way, i) => (way ? [widthOf(way, body[i])] : []));
  if (counts.length === 0) {
    throw new RecordingError(
      "columns",
      `no row of two numbers or more in the first ${ways.length} lines`,
      body[0].number,
    );
  }
  const columns = commonest(counts);
  for (const [at, way] of ways.entries()) {
    if (!way) continue;
    const width = widthOf(way, body[at]);
    if (width !== columns) {
      // A preamble may count something: `2 3`. Among rows it is one with a cell too few.
      if (ways[at + 1]) {
        throw new RecordingError("ragged", `${width} cells, where the rows below have ${columns}`, body[at].number);
      }
      continue;
    }
    const rows = body.slice(at);
    const { separator } = way;
    // Whole numbers in the first row do not show how others are written.
    const comma =
      way.comma ||
      (separator !== "," &&
        rows.some(({ line }) => line.includes(",")) &&
        !rows.some(({ line }) => line.includes(".")));
    const header = headerOf([body.slice(0, at), comments], separator, columns);
    return {
      separator,
      comma,
      headers: header?.names ?? null,
      headerLine: header?.number ?? body[at].number,
      rows,
      columns,
    };
  }
  throw new RecordingError("columns", "no row of numbers", body[0].number);
}

const bare = (cell) => cell.replace(/^[([]+|[)\]]+$/g, "");

/** Names of the columns, and the line they stand in: the last one before the rows that fits. */
function headerOf(places, separator, columns) {
  for (const above of places) {
    const fitting = [];
    for (const { line, number } of above.toReversed()) {
      const cells = trimmed(headerCells(line, separator, columns));
      if (cells.length !== columns) break;
      fitting.push({ cells, number });
    }
    if (fitting.length === 0) continue;
    const [{ cells, number }, before] = fitting;
    // Units below the names have a line of their own.
    if (before && cells.every((cell) => unitOf(bare(cell)))) {
      return { names: before.cells.map((name, k) => `${name} (${bare(cells[k])})`), number };
    }
    return { names: cells, number };
  }
  return null;
}

/** A header may be separated in another way than its rows, and blanks may be in its names. */
function headerCells(line, separator, columns) {
  for (const mark of [separator, ",", ";", "\t", null]) {
    const cells = cellsOf(line, mark);
    if (trimmed(cells).length === columns) return cells;
  }
  // `t (ms)  I (pA)`: a unit in brackets belongs to the name before it.
  return cellsOf(line.replace(/\s+(?=[([])/g, ""), null);
}

/** Numbers of all rows: one Float64Array for each column, NaN where something is missing. */
export function tableOf({ rows, separator, comma, columns }) {
  const table = Array.from({ length: columns }, () => new Float64Array(rows.length));
  for (const [i, { line, number }] of rows.entries()) {
    let cells = cellsOf(line, separator);
    if (cells.length === columns + 1 && cells.at(-1) === "") cells = cells.slice(0, -1);
    if (cells.length !== columns) {
      throw new RecordingError("ragged", `${cells.length} cells, where the rows above have ${columns}`, number);
    }
    for (let k = 0; k < columns; k += 1) {
      const value = numberIn(cells[k], comma);
      if (value === null) throw new RecordingError("number", `“${cells[k].slice(0, 40)}” is no number`, number);
      table[k][i] = value;
    }
  }
  return table;
}
