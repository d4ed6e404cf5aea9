// A network's parameters as one flat array: what an optimiser wants, what a worker hands over.

export const INPUTS = 4; // v, w, I, t. A network without a time input sees t = 0, and so never learns its weights.

const size = (shape) => shape.reduce((product, length) => product * length, 1);

/** The parts, in torch's order: [name here, name in torch, shape]. */
const layout = (hidden) => [
  ["w1", "0.weight", [hidden, INPUTS]],
  ["b1", "0.bias", [hidden]],
  ["w2", "2.weight", [hidden, hidden]],
  ["b2", "2.bias", [hidden]],
  ["w3", "4.weight", [2, hidden]],
  ["b3", "4.bias", [2]],
];

/** Memory for the parameters, in the matrices' own: { flat, w1, b1, …, b3 }, the parts being views. */
export function parameters(matrices, hidden) {
  const parts = layout(hidden);
  const flat = matrices.array(parts.reduce((sum, [, , shape]) => sum + size(shape), 0));
  const views = {};
  let from = 0;
  for (const [name, , shape] of parts) {
    views[name] = flat.subarray(from, from + size(shape));
    from += size(shape);
  }
  return { flat, ...views };
}

/** The same as torch has it: name → { shape, data }, without the time's column if it is not used. */
export function tensors(flat, hidden, timeInput) {
  const found = {};
  let from = 0;
  for (const [name, torchName, shape] of layout(hidden)) {
    const data = flat.slice(from, from + size(shape));
    from += size(shape);
    found[torchName] =
      name !== "w1" || timeInput
        ? { shape, data }
        : { shape: [hidden, INPUTS - 1], data: data.filter((_, i) => i % INPUTS < INPUTS - 1) };
  }
  return found;
}
