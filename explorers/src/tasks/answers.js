// Answers that are typed.

/** A number as people write it: a true minus sign, thousands set apart by commas or spaces. */
export function parse(text) {
  const plain = text
    .trim()
    .replace("−", "-")
    .replace(/(\d)[,\s](?=\d{3}\b)/g, "$1")
    .replace(",", ".");
  return plain === "" ? Number.NaN : Number(plain);
}

/** Whole numbers are counted, so exactly; others were measured: to within two per cent. */
export function agrees(text, right) {
  const given = parse(text);
  const exact = parse(right);
  const tolerance = Number.isInteger(exact) && !right.includes(".") ? 0 : 0.02 * Math.abs(exact);
  return Math.abs(given - exact) <= tolerance;
}
