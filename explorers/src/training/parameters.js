// A network's parameters as one flat array: what an optimiser wants, what a worker hands over.
//
// Its states are v and one or more others; its inputs are the states, I and t. The kernels take rows in
// pairs, so an odd number of states is filled up with one that is always zero: its weights are zero at
// first, and so are their gradients. A network without a time input sees t = 0, and so never learns its
// weights.

/** Rows of a state of so many variables. */
export const stateRows = (state) => state + (state % 2);

const size = (shape) => shape.reduce((product, length) => product * length, 1);

/** The parts, in torch's order: [name here, name in torch, shape]. */
const layout = (hidden, state) => [
  ["w1", "0.weight", [hidden, stateRows(state) + 2]],
  ["b1", "0.bias", [hidden]],
  ["w2", "2.weight", [hidden, hidden]],
  ["b2", "2.bias", [hidden]],
  ["w3", "4.weight", [stateRows(state), hidden]],
  ["b3", "4.bias", [stateRows(state)]],
];

/** Memory for the parameters, in the matrices' own: { flat, w1, b1, …, b3 }, the parts being views. */
export function parameters(matrices, hidden, state = 2) {
  const parts = layout(hidden, state);
  const flat = matrices.array(parts.reduce((sum, [, , shape]) => sum + size(shape), 0));
  const views = {};
  let from = 0;
  for (const [name, , shape] of parts) {
    views[name] = flat.subarray(from, from + size(shape));
    from += size(shape);
  }
  return { flat, ...views };
}

/** Which columns of w1 are inputs that this network has. */
export function usedInputs(state, timeInput) {
  const rows = stateRows(state);
  const states = Array.from({ length: state }, (_, j) => j);
  return timeInput ? [...states, rows, rows + 1] : [...states, rows];
}

/** The same as torch has it: name → { shape, data }, without what only fills up. */
export function tensors(flat, hidden, timeInput, state = 2) {
  const found = {};
  const used = usedInputs(state, timeInput);
  let from = 0;
  for (const [name, torchName, shape] of layout(hidden, state)) {
    const data = flat.slice(from, from + size(shape));
    from += size(shape);
    if (name === "w1") {
      const columns = data.filter((_, i) => used.includes(i % shape[1]));
      found[torchName] = { shape: [hidden, used.length], data: columns };
    } else if (name === "w3" || name === "b3") {
      const whole = [state, ...shape.slice(1)];
      found[torchName] = { shape: whole, data: data.slice(0, size(whole)) };
    } else {
      found[torchName] = { shape, data };
    }
  }
  return found;
}
