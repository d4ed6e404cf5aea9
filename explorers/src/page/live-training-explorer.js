// LiveTrainingExplorer: choose what a network learns from and how, press Train, and watch its field grow.

import { h, picture, write } from "../drawing/dom.js";
import { LossCurve } from "../drawing/loss-curve.js";
import { format } from "../drawing/scale.js";
import { Network } from "../network/network.js";
import { writeSafetensors } from "../network/safetensors.js";
import * as fhn from "../neuron/fitzhugh-nagumo.js";
import { currentsOf, drawnCurrents, HELD_OUT, heldOutData, standingStill, trainingData } from "../training/dataset.js";
import { TrainingClient } from "../training/worker-client.js";
import { ComparisonExplorer, errorText, TRAINED } from "./comparison-explorer.js";
import { choiceSlider, folded, number, regimeBands, select, slider, subscripted, variable } from "./controls.js";
import { spec } from "./spec.js";
import { offerButtons, save, trainingButtons } from "./training-buttons.js";

const VIEW = ["I", "v0", "w0"]; // the other fields describe the training
const DATA = ["trajectories", "noise", "I_first", "I_second", "seed"];

/** The error that the article publishes for its Neural ODE. */
const GOAL = 0.02;

const NAMES = { neural_ode: "Neural ODE", discrete_rnn: "Discrete RNN" };

export class LiveTrainingExplorer extends ComparisonExplorer {
  /** @param options as for every explorer, and those that mount.js adds */
  constructor(el, state, options) {
    super(el, spec.live, state, options);
    this.follow();
  }

  get models() {
    const kind = this.state.kind === "discrete_rnn" ? "iteration" : "integration";
    return { yours: { name: "Your network", kind, dash: [] } };
  }

  /** Which of the study's variants the reader's network is one of. */
  get variant() {
    return this.run.timeInput ? "time_input" : this.state.kind;
  }

  packageKeys() {
    return [`${this.generation}-${this.network ? this.run.update : "none"}`];
  }

  learned() {
    return [this.network ? { yours: this.network } : {}];
  }

  clock() {
    return { dt: TRAINED.dt, steps: TRAINED.steps };
  }

  buildStage() {
    this.renew();
    const stage = super.buildStage();
    this.lossPicture = picture("Error against updates");
    this.curve = new LossCurve(this.lossPicture, GOAL);
    this.progress = h("p", { class: "nx-readout nx-progress" }, " ");
    const cards = stage.firstChild;
    cards.classList.replace("nx-cards-1", "nx-cards-2");
    this.traces.parentElement.before(
      h(
        "div",
        { class: "nx-card" },
        this.curve.title,
        h("div", { class: "nx-plane" }, this.lossPicture),
        this.progress,
      ),
    );
    stage.prepend(this.buildBar());
    return stage;
  }

  buildBar() {
    this.buttons = {
      ...trainingButtons(this),
      use: h(
        "button",
        { type: "button", "data-action": "use", onclick: () => this.use() },
        "Use in the figures on this page",
      ),
    };
    this.used = h("span", { class: "nx-said", role: "status" });
    return h(
      "div",
      { class: "nx-bar", role: "group", "aria-label": "Training" },
      ...Object.values(this.buttons),
      this.used,
    );
  }

  buildControls() {
    const { fields } = this.spec;
    const change = (changes) => this.set(changes);
    const [lower, upper] = fhn.hopfCurrents();
    const numbers = (name) => fields[name].choices.map((value) => [String(value), String(value)]);
    const timeInput = select(
      "time_input",
      ["Time input"],
      [
        ["false", "no"],
        ["true", "yes"],
      ],
      change,
      { unused: ({ kind }) => kind === "discrete_rnn" },
    );
    const row = (...items) => h("div", { class: "nx-row" }, ...items.map((item) => this.adopt(item)));
    return [
      slider("I", ["Shown at current ", variable("I")], fields.I, change, {
        digits: 2,
        bands: regimeBands(fields.I, lower, upper),
        describe: ({ I }) => `${format(I, 2)}, ${fhn.regime(I)}`,
      }),
      choiceSlider("trajectories", ["Trajectories to learn from"], fields.trajectories.choices, change),
      slider("noise", ["Noise on them"], fields.noise, change, { digits: 2 }),
      choiceSlider("window", ["Window: steps of one prediction"], fields.window.choices, change),
      row(
        select("kind", ["Model"], Object.entries(NAMES), change),
        select("updates", ["Updates"], numbers("updates"), change),
      ),
      folded(
        "More settings",
        row(
          timeInput,
          select(
            "init",
            ["Last layer at first"],
            [
              ["zero", "zero"],
              ["default", "random"],
            ],
            change,
          ),
          select("hidden", ["Hidden units"], numbers("hidden"), change),
          select("lr", ["Learning rate"], numbers("lr"), change),
        ),
        row(
          number("I_first", ["Trained at ", variable("I"), " ="], fields.I_first, change),
          number("I_second", ["and"], fields.I_second, change),
          number("seed", ["Seed"], fields.seed, change),
          number("v0", [subscripted("v", "0")], fields.v0, change),
          number("w0", [subscripted("w", "0")], fields.w0, change),
        ),
      ),
    ];
  }

  /** A setting of the training that changes ends the run: what is shown always belongs to what is set. */
  set(changes, options) {
    const before = this.state;
    super.set(changes, options);
    const changed = Object.keys(this.spec.fields).some(
      (name) => !VIEW.includes(name) && this.state[name] !== before[name],
    );
    if (changed) this.startOver();
  }

  startOver() {
    this.renew();
    this.follow();
  }

  /** A run of the present settings, not started yet. */
  renew() {
    this.run?.stop();
    this.generation = (this.generation ?? 0) + 1;
    this.network = null;
    const settings = Object.fromEntries(Object.entries(this.state).filter(([name]) => !VIEW.includes(name)));
    this.run = new TrainingClient(settings, this.spec.recipe, {
      source: this.options.trainer,
      refused: this.options.refused,
      changed: () => this.follow(),
    });
  }

  /** Show what the run has come to. */
  follow() {
    const { run, buttons } = this;
    if (run.weights) {
      const tensors = Object.fromEntries(
        Object.entries(run.tensors()).map(([name, tensor]) => [`net.${name}`, tensor]),
      );
      if (this.network) this.network.replace(tensors);
      else this.network = new Network(tensors);
    }
    const trained = offerButtons(buttons, run);
    buttons.use.disabled = !trained;
    this.used.textContent = "";
    this.stale = true;
    this.invalidate();
    if (trained) this.options.onTrained?.(this.file());
  }

  /** The network as neurode_lib.explorers.downloads reads it. */
  file() {
    const { run } = this;
    const [, error] = run.errors.at(-1);
    return writeSafetensors(run.tensors(), {
      kind: this.state.kind,
      time_input: run.timeInput,
      hidden: this.state.hidden,
      currents: drawnCurrents(run.settings),
      updates: run.update,
      held_out_mse: Number.isFinite(error) ? error : null,
      settings: run.settings,
    });
  }

  download() {
    save(this.file(), `${this.variant}-seed-${this.state.seed}.safetensors`);
  }

  use() {
    const tensors = Object.entries(this.run.tensors()).map(([name, tensor]) => [`net.${name}`, tensor]);
    this.options.library.putOwn(this.variant, new Network(Object.fromEntries(tensors)));
    this.used.textContent = "The other figures show it now.";
  }

  compute(state) {
    const key = DATA.map((name) => state[name]).join();
    if (this.dataKey !== key) {
      this.dataKey = key;
      this.data = trainingData(state);
    }
    return super.compute(state);
  }

  work(truth, runs, deadline) {
    super.work(truth, runs, deadline);
    while (!this.data.finished && performance.now() < deadline) this.data.advance(1);
  }

  settled(fieldKey) {
    return super.settled(fieldKey) && this.data.finished;
  }

  *draw(scene, colours) {
    yield* super.draw(scene, colours);
    const { run } = this;
    // The other figures of the page may have come later than this one.
    this.buttons.use.hidden = this.options.library.watchers.size === 0;
    this.curve.draw(run, this.state.updates, colours);
    const words = this.tellProgress();
    write(this.progress, words);
    const notice =
      {
        failed: `Training stopped: ${run.problem}`,
        diverged: `The loss stopped being finite after ${run.update} updates; the network is the last one before.`,
      }[run.status] ?? "";
    write(this.notice, notice);
  }

  /** The training data, as dots. */
  drawUnder({ ctx, x, y }, colours) {
    const { data } = this;
    ctx.save();
    ctx.fillStyle = colours.ink;
    ctx.globalAlpha = data.starts.length > 10 ? 0.22 : 0.4;
    ctx.beginPath();
    for (let k = 0; k < data.v.length; k += 1) {
      for (let i = 0; i < data.v[k].length; i += 1) ctx.rect(x(data.v[k][i]) - 0.75, y(data.w[k][i]) - 0.75, 1.5, 1.5);
    }
    ctx.fill();
    ctx.restore();
  }

  /** Over the traces: how long one window is. */
  drawTraces(scene, truth, runs, colours) {
    const panel = super.drawTraces(scene, truth, runs, colours);
    const { ctx, box } = panel;
    const [from, to] = [panel.x(0), panel.x(scene.state.window * TRAINED.dt)];
    const y = box.bottom - 9;
    ctx.save();
    ctx.strokeStyle = colours.ink;
    ctx.lineWidth = 2;
    ctx.beginPath();
    for (const end of [from + 1, to]) {
      ctx.moveTo(end, y - 4);
      ctx.lineTo(end, y + 4);
    }
    ctx.moveTo(from + 1, y);
    ctx.lineTo(to, y);
    ctx.stroke();
    ctx.restore();
    const right = to + 70 < box.right;
    panel.text("one window", right ? to + 6 : to - 6, right ? y : y - 10, {
      colour: colours.ink,
      halo: colours.halo,
      size: 11,
      align: right ? "left" : "right",
      maths: false,
    });
    return panel;
  }

  tellProgress() {
    const { run, state } = this;
    if (run.status === "loading" && run.weights === null) return "starting …";
    if (run.errors.length === 0) return " ";
    const loss = run.losses.length > 0 ? ` · loss ${errorText(run.losses.at(-1))}` : "";
    const rate = run.seconds > 0 ? ` · ${Math.round(run.update / run.seconds)} updates/s` : "";
    return `update ${run.update} of ${state.updates}${loss} · held-out MSE ${errorText(run.errors.at(-1)[1])}${rate}`;
  }

  /** While it trains, the summary is rewritten at every quarter only. */
  speak(scene) {
    const { run } = this;
    const quarter = run.running ? 25 * Math.floor((4 * run.update) / this.state.updates) : null;
    if (quarter !== null && quarter === this.quarter) return;
    this.quarter = quarter;
    super.speak(scene);
  }

  describe(scene) {
    super.describe(scene);
    const { run } = this;
    const last = run.errors.at(-1);
    this.lossPicture.setAttribute(
      "aria-label",
      last
        ? `Loss and error on held-out trajectories against updates, on a logarithmic scale; after ${last[0]} updates the error is ${errorText(last[1])}.`
        : "Loss and error against updates: nothing trained yet.",
    );
  }

  summary() {
    const { run, state } = this;
    const data =
      `${state.trajectories} ${state.trajectories === 1 ? "trajectory" : "trajectories"} at ` +
      `I = ${drawnCurrents(state)
        .map((I) => format(I, 2))
        .join(" and ")}${state.noise > 0 ? `, noise ${format(state.noise, 2)}` : ""}`;
    if (run.errors.length === 0) return [h("strong", {}, "Not trained yet."), ` To learn from: ${data}.`];
    const [at, error] = run.errors.at(-1);
    const reached = run.errors.find(([, value]) => value <= GOAL);
    const still = standingStill(heldOutData(state).advance());
    const trained = error < still ? "Trained." : "Trained to its end, and worse than standing still.";
    const head = { finished: trained, diverged: "Diverged.", paused: "Paused." }[run.status] ?? "Training.";
    if (run.running) {
      return [
        h("strong", {}, head),
        ` ${this.quarter} % of ${state.updates} updates done on ${data}; held-out error ${errorText(error)}.`,
      ];
    }
    const shown = this.measures?.yours ? ` Shown: ${this.told()}.` : "";
    return [
      h("strong", {}, head),
      ` ${run.update} of ${state.updates} updates on ${data}. Mean squared error on ${HELD_OUT * currentsOf(state).length} ` +
        `held-out trajectories after ${at} updates: ${errorText(error)}, of standing still: ${errorText(still)}` +
        `${reached ? `; ${GOAL} was reached at update ${reached[0]}` : ""}.${shown}`,
    ];
  }

  destroy() {
    this.run.stop();
    super.destroy();
  }
}
