// A training as the page sees it: a worker, and what it has reported so far.
import { tensors } from "./parameters.js";

/** Whether this browser has workers at all. */
export const canTrain = () => typeof globalThis.Worker === "function";

export class TrainingClient {
  /**
   * @param settings what to train; fixed for the run
   * @param recipe   the spec's
   * @param source   () → a promise of the worker's script, as text
   * @param changed  called after every report
   * @param refused  called if there can be no worker
   */
  constructor(settings, recipe, { source, changed, refused }) {
    Object.assign(this, { settings, recipe, source, changed, refused });
    this.timeInput = settings.time_input && settings.kind === "neural_ode";
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
    // From a blob: a page opened from disk may start no worker from a file.
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    try {
      this.worker = new Worker(url);
    } catch {
      this.refused(); // a content policy
      return;
    } finally {
      URL.revokeObjectURL(url);
    }
    this.worker.onerror = (event) => {
      event.preventDefault();
      if (this.weights === null) this.refused();
      else this.become("failed", event.message);
    };
    this.worker.onmessage = ({ data }) => this.hear(data);
    this.worker.postMessage({ settings: this.settings, recipe: this.recipe });
    this.worker.postMessage(this.wanted);
  }

  hear({ weights, update, losses, errors, seconds, status }) {
    // The first report is of the untrained network; the word is still on its way.
    const first = this.weights === null && this.wanted !== "pause";
    Object.assign(this, { weights, update, seconds });
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
    return tensors(this.weights, this.settings.hidden, this.timeInput);
  }

  stop() {
    this.worker?.terminate();
    this.worker = null;
    this.status = "stopped";
    this.changed = () => {};
  }
}
