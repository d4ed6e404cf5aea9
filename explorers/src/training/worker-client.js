// A training as the page sees it: a worker, and what it has reported so far.
import { tensors } from "./parameters.js";

/** Whether this browser has workers at all. */
export const canTrain = () => typeof globalThis.Worker === "function";

/** A worker of this script, or null if a content policy forbids it. */
function startWorker(text) {
  // From a blob: a page opened from disk may start no worker from a file.
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    return new Worker(url);
  } catch {
    return null;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** Have a worker of its own read a recording; see recording/reading.js. Null if there can be none. */
export async function readInWorker(source, file) {
  const worker = startWorker(await source());
  if (!worker) return null;
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => {
        event.preventDefault();
        if (event.message) reject(new Error(event.message));
        else resolve(null);
      };
      worker.postMessage({ read: file });
    });
  } finally {
    worker.terminate();
  }
}

export class TrainingClient {
  /**
   * @param settings what to train; fixed for the run
   * @param recipe   the spec's
   * @param source   () → a promise of the worker's script, as text
   * @param changed  called after every report
   * @param refused  called if there can be no worker
   * @param recording what to train on, if it is no trajectories of the neuron: { t, I, v }
   */
  constructor(settings, recipe, { source, changed, refused, recording }) {
    Object.assign(this, { settings, recipe, source, changed, refused, recording });
    this.timeInput = Boolean(settings.time_input) && settings.kind === "neural_ode";
    this.status = "new"; // loading, running, paused, finished, diverged, failed
    this.update = 0;
    this.losses = [];
    this.errors = []; // [update, mean squared error on held-out trajectories]
    this.seconds = 0;
    this.weights = null;
  }

  get running() {
    return this.status === "loading" || this.status === "running";
  }

  get over() {
    return ["finished", "diverged", "failed"].includes(this.status);
  }

  /** Say "train", "pause" or "step" to the worker, which is started by the first word. */
  async say(word) {
    if (this.worker) {
      this.worker.postMessage(word);
      if (word !== "pause") this.become("running"); // the worker's own word follows
      return;
    }
    this.wanted = word;
    if (this.status === "loading") return;
    this.become("loading");
    let text;
    try {
      text = await this.source();
    } catch (error) {
      this.become("failed", error.message);
      return;
    }
    if (this.status === "loading") this.start(text);
  }

  start(text) {
    this.worker = startWorker(text);
    if (!this.worker) {
      this.refused();
      return;
    }
    this.worker.onerror = (event) => {
      event.preventDefault();
      if (this.weights === null) this.refused();
      else this.become("failed", event.message);
    };
    this.worker.onmessage = ({ data }) => this.hear(data);
    const { settings, recipe, recording } = this;
    this.worker.postMessage({ settings, recipe, recording });
    this.worker.postMessage(this.wanted);
  }

  hear({ problem, weights, update, losses, errors, seconds, forecast, status }) {
    if (problem) {
      this.become("failed", problem);
      return;
    }
    // The first report is of the untrained network; the word is still on its way.
    const first = this.weights === null && this.wanted !== "pause";
    Object.assign(this, { weights, update, seconds });
    if (forecast) this.forecast = forecast;
    for (const loss of losses) this.losses.push(loss);
    for (const error of errors) this.errors.push(error);
    this.become(first ? "loading" : status);
  }

  become(status, problem = "") {
    this.status = status;
    this.problem = problem;
    this.changed();
  }

  /** The network as it is now: torch's name → { shape, data }. */
  tensors() {
    const { hidden, states = 1 } = this.settings;
    return tensors(this.weights, hidden, this.timeInput, 1 + states);
  }

  stop() {
    this.worker?.terminate();
    this.worker = null;
    this.status = "stopped";
    this.changed = () => {};
  }
}
