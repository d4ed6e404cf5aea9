import assert from "node:assert/strict";
import { test } from "node:test";
import { compileKernel } from "../compile-kernel.mjs";
import { normal, random } from "../src/neuron/random.js";
import { drawnCurrents, heldOutData, trainingData } from "../src/training/dataset.js";
import { plainMatrices, simdMatrices } from "../src/training/matrices.js";
import { NeuronTraining } from "../src/training/neuron-training.js";
import { parameters } from "../src/training/parameters.js";
import { Rollout } from "../src/training/rollout.js";

const binary = await compileKernel("training/matrices-kernel.ts");
const SETTINGS = {
  I_first: 0.2,
  I_second: 0.5,
  noise: 0,
  trajectories: 5,
  hidden: 16,
  window: 1,
  lr: 0.01,
  updates: 60,
  init: "zero",
  time_input: false,
  kind: "neural_ode",
  seed: 3,
};
const RECIPE = { batch: 128, steps: 640, clip_norm: 1, weight_decay: 0 };

/** Largest difference, relative to the norm of what is expected. */
function apart(found, expected) {
  const norm = Math.hypot(...expected);
  return Math.hypot(...expected.map((value, i) => found[i] - value)) / norm;
}

function gradientOf(matrices, { residual, timeInput, steps, hidden }) {
  const batch = 24;
  const uniform = random(1, 1);
  const weights = parameters(matrices, hidden);
  for (const [name, part] of Object.entries(weights)) {
    if (name !== "flat") for (let i = 0; i < part.length; i += 1) part[i] = uniform() - 0.5;
  }
  const rollout = new Rollout(matrices, weights, { hidden, residual, timeInput, batch, steps, dt: 0.5 });
  const targets = Array.from({ length: steps + 1 }, () =>
    Float64Array.from({ length: 2 * batch }, () => 4 * uniform() - 2),
  );
  rollout.states[0].set(targets[0]);
  const gradient = parameters(matrices, hidden);
  const [currents, times] = [
    Array.from({ length: batch }, uniform),
    Array.from({ length: batch }, () => 10 * uniform()),
  ];
  rollout.forward(Array(steps).fill(currents), times);
  rollout.backward(targets, gradient);
  return gradient;
}

// Python's tests hold the double-precision gradient against PyTorch; here WebAssembly is held against it.
for (const shape of [
  { steps: 1, hidden: 64 },
  { steps: 5, hidden: 32 },
  { steps: 5, hidden: 16, timeInput: true },
  { steps: 5, hidden: 32, residual: true },
]) {
  test(`WebAssembly's gradient is that of double precision: ${JSON.stringify(shape)}`, () => {
    const expected = gradientOf(plainMatrices(Float64Array), shape);
    const found = gradientOf(simdMatrices(binary), shape);
    for (const name of ["w1", "b1", "w2", "b2", "w3", "b3"]) {
      assert.ok(apart(found[name], [...expected[name]]) <= 1e-5, `${name} ${apart(found[name], [...expected[name]])}`);
    }
  });
}

test("without WebAssembly there are no such matrices", () => {
  const { WebAssembly: own } = globalThis;
  delete globalThis.WebAssembly;
  try {
    assert.equal(simdMatrices(binary), null);
  } finally {
    globalThis.WebAssembly = own;
  }
});

test("a batch that WebAssembly could not cut into eights is refused", () => {
  const shape = { hidden: 4, batch: 12, steps: 1, dt: 0.5 };
  assert.throws(() => new Rollout(plainMatrices(Float32Array), null, shape), /batch must be a multiple of 8, got 12/);
});

const run = (loop) => {
  while (!loop.finished) loop.advance();
  return loop;
};

test("the same settings give the same run, another seed another", () => {
  for (const make of [() => plainMatrices(Float32Array), () => simdMatrices(binary)]) {
    const [one, same, other] = [SETTINGS, SETTINGS, { ...SETTINGS, seed: 4 }].map((settings) =>
      run(new NeuronTraining(settings, RECIPE, make())),
    );
    assert.deepEqual(one.weights.flat, same.weights.flat);
    assert.deepEqual(one.losses, same.losses);
    assert.deepEqual(one.errors, same.errors);
    assert.notDeepEqual(one.losses, other.losses);
    assert.deepEqual(
      one.errors.map(([update]) => update),
      [0, 20, 40, 60],
    );
    assert.equal(one.update, 60);
  }
});

test("a network that starts at zero stands still, and one without a time input never has one", () => {
  const loop = new NeuronTraining(SETTINGS, RECIPE);
  assert.ok(loop.weights.w3.every((value) => value === 0));
  const still = heldOutData(SETTINGS).advance();
  let sum = 0;
  for (const [k, v] of still.v.entries()) {
    for (let n = 0; n <= 80; n += 1) sum += (v[n] - v[0]) ** 2 + (still.w[k][n] - still.w[k][0]) ** 2;
  }
  assert.ok(Math.abs(loop.errors[0][1] / (sum / (2 * 81 * still.v.length)) - 1) < 1e-6);
  run(loop);
  const timeColumn = ({ w1 }) => w1.filter((_, i) => i % 4 === 3);
  assert.ok(timeColumn(loop.weights).every((value) => value === 0));
  assert.ok(
    timeColumn(run(new NeuronTraining({ ...SETTINGS, time_input: true }, RECIPE)).weights).some((value) => value !== 0),
  );
  // The discrete network has no time input, whatever the setting says.
  assert.ok(
    timeColumn(new NeuronTraining({ ...SETTINGS, time_input: true, kind: "discrete_rnn" }, RECIPE).weights).every(
      (value) => value === 0,
    ),
  );
});

test("a rate that blows the network up ends the run at the last finite loss", () => {
  const loop = run(new NeuronTraining({ ...SETTINGS, lr: 1e30, window: 5 }, RECIPE));
  assert.ok(loop.diverged && loop.update < 60);
  assert.ok(loop.weights.flat.every(Number.isFinite));
  assert.ok(loop.losses.every(Number.isFinite));
});

test("data: currents from the two given, noise of the level given, the same starts at any level", () => {
  const [clean, noisy] = [0, 0.1].map((noise) => trainingData({ ...SETTINGS, trajectories: 40, noise }).advance());
  assert.deepEqual(clean.starts, noisy.starts);
  assert.deepEqual(new Set(clean.starts.map(({ I }) => I)), new Set([0.2, 0.5]));
  const noise = noisy.v.flatMap((v, k) => [...v].map((value, n) => value - clean.v[k][n]));
  const mean = noise.reduce((a, b) => a + b) / noise.length;
  const deviation = Math.sqrt(noise.reduce((sum, value) => sum + value * value, 0) / noise.length);
  assert.ok(Math.abs(mean) < 0.01 && Math.abs(deviation - 0.1) < 0.005, `${mean} ${deviation}`);
  const single = trainingData({ ...SETTINGS, I_second: 0.2 });
  assert.ok(single.starts.every(({ I }) => I === 0.2));
});

test("data: of few trajectories all may have one current, and only that one is told", () => {
  const seeds = Array.from({ length: 20 }, (_, seed) => ({ ...SETTINGS, trajectories: 2, seed }));
  for (const settings of seeds) {
    const [first, second] = trainingData(settings).starts.map(({ I }) => I);
    assert.deepEqual(drawnCurrents(settings), first === second ? [first] : [0.2, 0.5]);
  }
  assert.deepEqual(new Set(seeds.map((settings) => drawnCurrents(settings).length)), new Set([1, 2]));
});

test("random numbers: uniform, normal, and streams of one seed are unrelated", () => {
  const count = 20000;
  const draws = (make) => Array.from({ length: count }, make);
  const [a, b] = [draws(random(0, 1)), draws(random(0, 2))];
  assert.deepEqual(a.slice(0, 5), Array.from({ length: 5 }, random(0, 1)));
  const mean = (values) => values.reduce((x, y) => x + y) / values.length;
  const within = (value, expected, spread) =>
    assert.ok(Math.abs(value - expected) < (5 * spread) / Math.sqrt(count), `${value}`);
  within(mean(a), 0.5, Math.sqrt(1 / 12));
  within(mean(a.map((x, i) => (x - 0.5) * (b[i] - 0.5))), 0, 1 / 12);
  within(mean(a.map((x, i) => (x - 0.5) * (a[(i + 1) % count] - 0.5))), 0, 1 / 12);
  const gauss = draws(normal(random(7, 1)));
  within(mean(gauss), 0, 1);
  within(mean(gauss.map((x) => x * x)), 1, Math.SQRT2);
  within(mean(gauss.map((x) => x ** 4)), 3, Math.sqrt(96));
});
