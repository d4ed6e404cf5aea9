// For tests/unit/test_trainer.py: reads a problem as JSON from standard input and writes, as JSON, its
// loss and gradient, and the weights after some updates on the same batch.
import { AdamW, cosineRate } from "../src/training/adamw.js";
import { plainMatrices } from "../src/training/matrices.js";
import { parameters } from "../src/training/parameters.js";
import { Rollout } from "../src/training/rollout.js";

let text = "";
for await (const chunk of process.stdin) text += chunk;
const { precision, shape, weights, currents, times, states, recipe } = JSON.parse(text);

const matrices = plainMatrices(precision === "float32" ? Float32Array : Float64Array);
const own = parameters(matrices, shape.hidden, shape.state);
for (const [name, values] of Object.entries(weights)) own[name].set(values);
const rollout = new Rollout(matrices, own, shape);
rollout.states[0].set(states[0]);
const gradient = parameters(matrices, shape.hidden, shape.state);
const optimiser = new AdamW(own.flat, { weightDecay: recipe.weight_decay, clipNorm: recipe.clip_norm });

const plain = ({ flat: _, ...parts }) =>
  Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, [...part]]));
const answer = {};
for (let update = 0; update < recipe.updates; update += 1) {
  rollout.forward(currents, times, states);
  rollout.backward(states, gradient);
  answer.loss ??= rollout.loss(states);
  answer.gradient ??= plain(gradient);
  optimiser.step(gradient.flat, cosineRate(recipe.lr, update, recipe.updates));
}
answer.weights = plain(own);
process.stdout.write(JSON.stringify(answer));
