// What a task may ask of a figure: numbers, by the names that book/tasks.json uses.

import { spikeTimes } from "../neuron/integrators.js";

const OF_A_RUN = {
  spikes: (run) => spikeTimes(run).length,
  "last spike": (run) => spikeTimes(run).at(-1),
  "last interval": (run) => {
    const times = spikeTimes(run);
    return times.at(-1) - times.at(-2);
  },
  "highest v": (run) => run.v.reduce((highest, v) => Math.max(highest, v), -Infinity),
};
const OF_A_FIGURE = {
  diverged: ({ currentScene }) => Number((currentScene.divergedAt ?? null) !== null),
  "updates done": ({ run }) => run.update,
  "training loss": ({ run }) => run.losses.at(-1),
  "held-out error": ({ run }) => run.errors.at(-1)?.[1],
};

/**
 * A number that an explorer shows now: a field of its state ("I"), something of the figure ("diverged"),
 * or something of one of its runs ("spikes in reference"). NaN where there is none, such as the interval
 * between the spikes of a neuron that rests, or a run of a network that is still on its way.
 */
export function measure(explorer, name) {
  if (Object.hasOwn(explorer.spec.fields, name)) return Number(explorer.state[name]);
  const runs = explorer.series(); // brings the scene up to date, too
  if (Object.hasOwn(OF_A_FIGURE, name)) return OF_A_FIGURE[name](explorer) ?? Number.NaN;
  const [quantity, run] = name.split(" in ");
  if (!Object.hasOwn(OF_A_RUN, quantity)) throw new RangeError(`unknown quantity: ${name}`);
  return runs[run] ? (OF_A_RUN[quantity](runs[run]) ?? Number.NaN) : Number.NaN;
}

/** The same with some fields of the state moved by a little, as a look to the side: nothing stays changed. */
export function measureBeside(explorer, name, moves) {
  const before = explorer.state;
  const beside = Object.fromEntries(Object.entries(moves).map(([field, move]) => [field, before[field] + move]));
  explorer.set(beside, { notify: false });
  const value = measure(explorer, name);
  explorer.set(before, { notify: false });
  return value;
}
