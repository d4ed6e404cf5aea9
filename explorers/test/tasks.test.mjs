import assert from "node:assert/strict";
import { test } from "node:test";
import { agrees } from "../src/tasks/answers.js";
import { missing } from "../src/tasks/conditions.js";
import { recall, remember } from "../src/tasks/memory.js";

/** A neuron that has as many spikes as its current has tenths. */
class Figure {
  spec = { fields: { I: {} } };
  state = { I: 0.3 };
  set(changes) {
    this.state = { ...this.state, ...changes };
  }
  series() {
    const v = Array.from({ length: 2 * Math.round(10 * this.state.I) + 1 }, (_, i) => (i % 2 === 0 ? -1 : 1));
    return { truth: { t: v.map((_, i) => i), v } };
  }
}

test("whole numbers are counted, others measured", () => {
  for (const [given, right, expected] of [
    ["17,282", "17,282", true],
    ["17 282", "17,282", true],
    ["17283", "17,282", false],
    ["39.1", "39.47", true],
    ["38", "39.47", false],
    ["-0.5", "−0.50", true],
    ["", "0.0", false],
    ["many", "320", false],
  ]) {
    assert.equal(agrees(given, right), expected, `${given} for ${right}`);
  }
});

test("the first condition that does not hold says what is missing", () => {
  const conditions = [
    { what: "spikes in truth", at_least: 3, otherwise: "more" },
    { what: "spikes in truth", beside: { I: -0.1 }, at_most: 2, otherwise: "lower" },
    { what: "last interval in truth", near: "I", times: 10, by: 1.5, otherwise: "interval" },
  ];
  const figure = new Figure();
  assert.equal(missing(conditions, figure), null);
  figure.set({ I: 0.2 });
  assert.equal(missing(conditions, figure), "more");
  figure.set({ I: 0.5 });
  assert.equal(missing(conditions, figure), "lower");
  assert.deepEqual(figure.state, { I: 0.5 });
  assert.equal(missing(conditions.slice(2), figure), "interval");
});

test("what is not there never meets a condition", () => {
  const figure = new Figure();
  const other = { what: "spikes in reference", differs_from: 0, otherwise: "no such run" };
  assert.equal(missing([other], figure), "no such run");
  assert.throws(() => missing([{ what: "speed in truth", at_least: 0 }], figure), RangeError);
});

test("the browser remembers a task until it is forgotten, or refuses in silence", () => {
  const kept = new Map();
  const storage = { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => kept.set(key, value) };
  remember(storage, "a", { right: true });
  remember(storage, "b", { right: false });
  assert.deepEqual(recall(storage, "a"), { right: true });
  remember(storage, "a", null);
  assert.deepEqual(recall(storage, "a"), {});
  assert.deepEqual(recall(storage, "b"), { right: false });
  remember(null, "a", { right: true });
  assert.deepEqual(recall(null, "a"), {});
});
