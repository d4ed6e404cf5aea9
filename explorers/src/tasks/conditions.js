// The conditions of a task, in their order: the first that does not hold says what is missing.

import { measure, measureBeside } from "./measure.js";

const COMPARISONS = {
  at_least: (value, limit) => value >= limit,
  at_most: (value, limit) => value <= limit,
  differs_from: (value, limit) => value !== limit,
  near: (value, limit, by) => Math.abs(value - limit) <= by,
  far_from: (value, limit, by) => Math.abs(value - limit) > by,
};

/** Whether one condition holds, such as { what: "spikes in reference", at_least: 3 }. */
export function holds(condition, explorer) {
  const { what, beside, times = 1, by = 0 } = condition;
  const value = beside ? measureBeside(explorer, what, beside) : measure(explorer, what);
  const comparison = Object.keys(COMPARISONS).find((name) => Object.hasOwn(condition, name));
  const limit = condition[comparison];
  const number = typeof limit === "string" ? measure(explorer, limit) : limit;
  // What was not found is a failure, even of "differs from".
  return !Number.isNaN(value) && !Number.isNaN(number) && COMPARISONS[comparison](value, times * number, by);
}

/** What is missing, in the author's words; null when nothing is. */
export function missing(conditions, explorer) {
  return conditions.find((condition) => !holds(condition, explorer))?.otherwise ?? null;
}
