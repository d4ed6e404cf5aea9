import assert from "node:assert/strict";
import { openAsBlob } from "node:fs";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { advance, gateRates, rates, steadyState } from "../src/neuron/hodgkin-huxley.js";
import { random } from "../src/neuron/random.js";
import { linearModel, onGrid, rootMeanSquare, spacingOf } from "../src/recording/grid.js";
import { answerFor, readRecording, textOf } from "../src/recording/reading.js";
import { sampleFile } from "../src/recording/sample.js";
import { plainMatrices } from "../src/training/matrices.js";
import { parameters } from "../src/training/parameters.js";
import { RecordingTraining } from "../src/training/recording-training.js";
import { Rollout } from "../src/training/rollout.js";

const FILES = new URL("../../tests/recordings/", import.meta.url);
const expected = JSON.parse(await readFile(new URL("expected.json", FILES), "utf8"));
const near = (found, wanted) => assert.ok(Math.abs(found - wanted) < 1e-9, `${found}, not ${wanted}`);

for (const [name, wanted] of Object.entries(expected)) {
  test(`${name} is ${wanted.error ? `refused: ${wanted.error}` : "read"}, as in Python`, async () => {
    const { recording, kind, line, choice } = await answerFor({ file: await openAsBlob(new URL(name, FILES)) });
    if (wanted.error) {
      assert.deepEqual([kind, line], [wanted.error, wanted.line]);
      assert.equal(recording, undefined);
      return;
    }
    const { t, I, v, units } = recording;
    assert.deepEqual(choice, wanted.columns);
    assert.deepEqual(units, wanted.units);
    assert.equal(t.length, wanted.samples);
    near(spacingOf(t), wanted.interval);
    for (const [k, row] of [
      [0, wanted.first],
      [t.length - 1, wanted.last],
    ]) {
      for (const [i, values] of [t, I, v].entries()) near(values[k], row[i]);
    }
    assert.equal(v.filter(Number.isNaN).length, wanted.missing);
  });
}

test("a file of more than 100 MB is refused before it is read, and so is one that unpacks to more", async () => {
  const file = { size: 1e8 + 1, arrayBuffer: () => assert.fail("it was read") };
  await assert.rejects(textOf(file), { kind: "size", line: null });
  const zeros = new Blob([new Uint8Array(1.1e8)]).stream().pipeThrough(new CompressionStream("gzip"));
  await assert.rejects(textOf(await new Response(zeros).blob()), { kind: "size" });
});

test("columns that a header does not tell apart can be chosen, and wrong choices are refused", () => {
  const rows = Array.from({ length: 30 }, (_, k) => `${k},${-60 + (k % 7)},1,${k % 3}`);
  const text = rows.join("\n");
  assert.throws(() => readRecording(text), { kind: "columns" });
  const { v, I } = readRecording(text, { time: 0, current: 3, voltage: 1 });
  assert.deepEqual([v[8], I[8]], [-59, 2]);
  assert.throws(() => readRecording(text, { time: 0, current: 1, voltage: 1 }), /one column cannot be two things/);
  assert.throws(() => readRecording(text, { time: 0, current: 3, voltage: 2 }), { kind: "flat" });
});

test("the Hodgkin–Huxley neuron rests near −65 mV, and fires under a current", () => {
  const state = steadyState(-65);
  const slope = new Float64Array(4);
  rates(state, 0, slope);
  assert.ok(Math.abs(slope[0]) < 0.01);
  // Where α_m and α_n have removable singularities: their limits.
  assert.equal(gateRates(-40)[0][0], 1);
  near(gateRates(-55)[2][0], 0.1);
  let highest = -Infinity;
  for (let n = 0; n < 800; n += 1) {
    advance(state, 10, 0.025);
    highest = Math.max(highest, state[0]);
  }
  assert.ok(highest > 30);
});

test("the sample is a file like any other, and the same every time", () => {
  const file = sampleFile();
  assert.equal(file, sampleFile());
  const { t, I, v, units, notes } = readRecording(file);
  assert.deepEqual(units, { time: "ms", current: "pA", voltage: "mV" });
  assert.deepEqual([t.length, notes.length], [20000, 0]);
  const spikes = v.filter((value, k) => value > -20 && v[k - 1] <= -20).length;
  assert.ok(spikes > 60 && spikes < 200, `${spikes}`);
  assert.ok(Math.max(...I) - Math.min(...I) > 100);
});

test("a grid: means of samples, straight lines where none falls, NaN where all are missing", () => {
  const t = Float64Array.from({ length: 41 }, (_, k) => k / 4);
  const ramp = t.map((time) => 3 * time);
  const fine = onGrid({ t, I: ramp, v: ramp.map((value, k) => (k >= 14 && k <= 17 ? Number.NaN : value)) }, 1);
  assert.deepEqual([fine.dt, fine.v.length], [1, 11]);
  near(fine.v[2], 3 * 1.875); // samples at 1.5, 1.75, 2, 2.25
  near(fine.I[2], 3 * 2.375); // at 2, 2.25, 2.5, 2.75
  assert.deepEqual(
    [3, 4, 5].map((k) => Number.isNaN(fine.v[k])),
    [false, true, false],
  );
  const uneven = Float64Array.from([0, 1, 2, 5, 6, 7, 8]);
  near(onGrid({ t: uneven, I: uneven, v: uneven }, 1).v[3], 3);
  assert.equal(onGrid({ t, I: ramp, v: ramp }, 0.1).dt, 0.25);
});

test("the linear model finds a filter of the current, and forecasts with it", () => {
  const uniform = random(3, 1);
  const I = Float64Array.from({ length: 1200 }, () => uniform() - 0.5);
  const v = I.map((_, n) => -60 + 5 * (I[n - 1] ?? 0) - 2 * (I[n - 3] ?? 0));
  const found = linearModel({ v, I, dt: 1 }, [0, 900], [900, 1200]);
  assert.ok(rootMeanSquare(found, v.subarray(900)) < 0.01);
});

for (const states of [1, 2, 3]) {
  test(`hidden states: the gradient is that of finite differences, ${states} of them`, () => {
    const matrices = plainMatrices(Float64Array);
    const [hidden, batch, steps, state] = [8, 8, 7, 1 + states];
    const uniform = random(5, states);
    const weights = parameters(matrices, hidden, state);
    for (const part of [weights.w1, weights.b1, weights.w2, weights.b2]) part.set(part.map(() => uniform() - 0.5));
    // The row that fills up to a pair stays zero.
    for (let i = 0; i < state * hidden; i += 1) weights.w3[i] = uniform() - 0.5;
    const columns = weights.w1.length / hidden;
    if (state % 2) for (let i = 0; i < hidden; i += 1) weights.w1[i * columns + state] = 0;
    const rollout = new Rollout(matrices, weights, { hidden, batch, steps, dt: 0.4, state, recorded: 1, forced: 3 });
    const draws = () =>
      Array.from({ length: steps + 1 }, () => Float64Array.from({ length: batch }, () => 2 * uniform() - 1));
    const [targets, currents] = [draws(), draws()];
    rollout.states[0].set(targets[0]);
    const loss = () => {
      rollout.forward(currents, null, targets);
      return rollout.loss(targets);
    };
    const gradient = parameters(matrices, hidden, state);
    loss();
    rollout.backward(targets, gradient);
    for (let i = 0; i < weights.flat.length; i += 5) {
      const [here, by] = [weights.flat[i], 1e-5];
      weights.flat[i] = here + by;
      const above = loss();
      weights.flat[i] = here - by;
      const below = loss();
      weights.flat[i] = here;
      // A weight that fills up changes nothing, whatever its nudge does to its own row.
      if (gradient.flat[i] === 0) continue;
      const slope = (above - below) / (2 * by);
      assert.ok(Math.abs(slope - gradient.flat[i]) < 1e-8, `${i}: ${slope}, ${gradient.flat[i]}`);
    }
    assert.ok(gradient.w3.subarray(hidden, state * hidden).some((value) => value !== 0)); // the hidden states are learned
    const filler = gradient.w3.subarray(state * hidden);
    assert.ok(filler.every((value) => value === 0));
  });
}

const SETTINGS = {
  train_from: 0,
  train_to: 60,
  predict_from: 60,
  predict_to: 100,
  states: 1,
  hidden: 16,
  window: 5,
  shown: 5,
  step: 0.5,
  lr: 0.01,
  updates: 40,
  seed: 1,
};
const RECIPE = { init: "default", batch: 16, steps: 320, clip_norm: 1, weight_decay: 0 };

/** A leaky membrane under steps of current. */
function membrane() {
  const uniform = random(9, 1);
  const t = Float64Array.from({ length: 800 }, (_, k) => k / 4);
  const I = t.map(() => 0);
  for (let k = 0; k < I.length; k += 1) I[k] = k % 20 ? I[k - 1] : 100 * uniform();
  const v = t.map(() => -70);
  for (let k = 1; k < v.length; k += 1) v[k] = v[k - 1] + 0.025 * (-70 - v[k - 1] + 0.2 * I[k - 1]);
  return { t, I, v };
}

const train = (changes = {}, data = membrane()) => {
  const loop = new RecordingTraining({ ...SETTINGS, ...changes }, RECIPE, plainMatrices(Float32Array), data);
  while (!loop.finished) loop.advance();
  return loop;
};

test("training on a recording: the same run from the same settings; the forecast starts at the recorded voltage", () => {
  const [one, same, other] = [train(), train(), train({ seed: 2 })];
  assert.deepEqual(one.losses, same.losses);
  assert.notDeepEqual(one.losses, other.losses);
  const { path, recorded, start, t } = one.forecast;
  assert.ok(Math.abs(path[0] - recorded[0]) < 1e-5 && Math.abs(start[0] - recorded[0]) < 1e-5);
  assert.deepEqual([start.length, path.length, t[0]], [2, 160, 120]);
  assert.ok(one.errors.at(-1)[1] < 0.5 * one.errors[0][1], `${one.errors}`);
  near(one.errors.at(-1)[1], rootMeanSquare(path, recorded));
});

test("training on a recording: what is trained on says nothing of what is predicted", () => {
  const data = membrane();
  const changed = membrane();
  for (let k = 481; k < 800; k += 1) changed.v[k] += 10;
  assert.deepEqual(train({}, data).weights.flat, train({}, changed).weights.flat);
});

test("training on a recording: stretches without a whole window, or with nothing to predict, are refused", () => {
  assert.throws(() => train({ train_from: 50, train_to: 54 }), /stretch to train on has no 11 ms/);
  assert.throws(() => train({ predict_from: 100 }), /stretch to predict has no samples/);
  const data = membrane();
  for (let k = 0; k < 480; k += 30) data.v[k] = data.v[k + 1] = data.v[k + 2] = data.v[k + 3] = Number.NaN;
  assert.throws(() => train({ window: 20 }, data), /in which no voltage is missing/);
});
