// The worker. It is sent { read } to read a recording, and answers once; or, to train, { settings, recipe }
// first, then "train", "pause" or "step", and answers with reports: one run in its lifetime.

import binary from "kernel:matrices";
import { bytesOf } from "../network/base64.js";
import { answerFor } from "../recording/reading.js";
import { plainMatrices, simdMatrices } from "./matrices.js";
import { NeuronTraining } from "./neuron-training.js";
import { RecordingTraining } from "./recording-training.js";

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
      forecast: loop.forecast,
      status: loop.diverged ? "diverged" : loop.finished ? "finished" : running ? "running" : "paused",
    },
    [weights.buffer],
  );
  loop.forecast = null;
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

self.onmessage = async ({ data }) => {
  if (data.read) {
    const answer = await answerFor(data.read);
    const { t, I, v } = answer.recording ?? {};
    postMessage(answer, t ? [...new Set([t.buffer, I.buffer, v.buffer])] : []);
  } else if (data.settings) {
    const Kind = data.recording ? RecordingTraining : NeuronTraining;
    const matrices = simdMatrices(bytesOf(binary)) ?? plainMatrices(Float32Array);
    try {
      loop = new Kind(data.settings, data.recipe, matrices, data.recording);
    } catch (error) {
      postMessage({ problem: error.message });
      return;
    }
    report();
  } else if (data === "pause") {
    if (running) pause();
  } else if (loop && !loop.finished && !running) {
    if (data === "step") {
      advance(0);
      pause();
    } else {
      running = true;
      slice();
    }
  }
};
