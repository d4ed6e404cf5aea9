// The worker that trains: one run in its lifetime. It is sent { settings, recipe } first, then "train",
// "pause" or "step", and answers with reports.

import binary from "kernel:matrices";
import { plainMatrices, simdMatrices } from "./matrices.js";
import { TrainingLoop } from "./training-loop.js";

const SLICE = 80; // ms of training between two reports

let loop = null;
let running = false;
let seconds = 0;
let counts = { losses: 0, errors: 0 }; // how many of each have been reported

function advance(until) {
  const started = performance.now();
  do {
    loop.advance();
  } while (!loop.finished && performance.now() < until);
  seconds += (performance.now() - started) / 1000;
}

/** What is new since the last report, and the weights as they are now. */
function report() {
  const weights = loop.weights.flat.slice();
  postMessage(
    {
      weights,
      update: loop.update,
      losses: loop.losses.slice(counts.losses),
      errors: loop.errors.slice(counts.errors),
      seconds,
      status: loop.diverged ? "diverged" : loop.finished ? "finished" : running ? "running" : "paused",
    },
    [weights.buffer],
  );
  counts = { losses: loop.losses.length, errors: loop.errors.length };
}

function pause() {
  running = false;
  loop.look();
  report();
}

function slice() {
  if (!running) return;
  advance(performance.now() + SLICE);
  if (loop.finished) {
    running = false;
    report();
    return;
  }
  report();
  setTimeout(slice); // so that messages are heard
}

self.onmessage = ({ data }) => {
  if (data.settings) {
    loop = new TrainingLoop(data.settings, data.recipe, simdMatrices(binary) ?? plainMatrices(Float32Array));
    report();
  } else if (data === "pause") {
    if (running) pause();
  } else if (!loop.finished && !running) {
    if (data === "step") {
      advance(0);
      pause();
    } else {
      running = true;
      slice();
    }
  }
};
