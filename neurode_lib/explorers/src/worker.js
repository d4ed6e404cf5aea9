// The worker that trains: one run in its lifetime. It is told { settings, recipe } first, then "train",
// "pause" or "step", and answers with reports.
import { plainMatrices, simdMatrices } from "./matrices.js";
import { Session } from "./session.js";
import binary from "kernel:matrices";

const SLICE = 80; // ms of training between two reports

let session = null;
let running = false;
let seconds = 0;
let told = { losses: 0, errors: 0 };

function advance(until) {
  const started = performance.now();
  do session.advance(); while (!session.finished && performance.now() < until);
  seconds += (performance.now() - started) / 1000;
}

/** What is new since the last report, and the weights as they are now. */
function report() {
  const weights = session.weights.flat.slice();
  postMessage({
    weights,
    update: session.update,
    losses: session.losses.slice(told.losses),
    errors: session.errors.slice(told.errors),
    seconds,
    status: session.diverged ? "diverged" : session.finished ? "finished" : running ? "running" : "paused",
  }, [weights.buffer]);
  told = { losses: session.losses.length, errors: session.errors.length };
}

function pause() {
  running = false;
  session.look();
  report();
}

function slice() {
  if (!running) return;
  advance(performance.now() + SLICE);
  if (session.finished) {
    running = false;
    report();
    return;
  }
  report();
  setTimeout(slice); // so that messages are heard
}

self.onmessage = ({ data }) => {
  if (data.settings) {
    session = new Session(data.settings, data.recipe, simdMatrices(binary) ?? plainMatrices(Float32Array));
    report();
  } else if (data === "pause") {
    if (running) pause();
  } else if (!session.finished && !running) {
    if (data === "step") {
      advance(0);
      pause();
    } else {
      running = true;
      slice();
    }
  }
};
