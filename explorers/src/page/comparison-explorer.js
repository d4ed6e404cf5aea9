// What ModelExplorer and TrainingExplorer share: learned models beside the truth, each with its phase
// plane and its numbers, above one panel of traces.

import { ANGLES, angleArrows } from "../drawing/angle-arrows.js";
import { h, picture } from "../drawing/dom.js";
import { Panel, surface } from "../drawing/plot.js";
import { format, linear } from "../drawing/scale.js";
import { gridPoints, meanCosine, meanSquaredError, onGrid } from "../network/field-errors.js";
import * as fhn from "../neuron/fitzhugh-nagumo.js";
import { DT, STEPS } from "../training/dataset.js";
import { dragHandle } from "./drag-handle.js";
import { Explorer } from "./explorer.js";

const V_DOMAIN = [-2.5, 2.5];
const W_DOMAIN = [-1.3, 2.3];
const CHUNK = { truth: 20, model: 10, points: 49 }; // what is done between two looks at the clock

/** What the study's networks saw: see neurode_lib/fitzhugh_nagumo.py. */
export const TRAINED = { dt: DT, t: DT * STEPS, steps: STEPS, currents: [0.2, 0.5] };

/**
 * Subclasses say which `models` (variant → { name, kind, dash }) to show, which package of weights
 * holds them (`packageKey(state)`) and which clock they run by (`clock(state)` → { dt, steps }).
 */
export class ComparisonExplorer extends Explorer {
  buildStage() {
    this.traces = picture("Traces over time");
    this.notice = h("p", { class: "nx-notice", role: "status" });
    this.cards = Object.entries(this.models).map(([key, { name }]) => {
      const canvas = picture(`Phase plane of ${name}`);
      const box = h("div", { class: "nx-plane" }, canvas);
      const card = {
        key,
        name,
        canvas,
        readout: h("p", { class: "nx-readout" }, " "),
        scales: { x: linear(V_DOMAIN, [0, 1]), y: linear(W_DOMAIN, [1, 0]) },
      };
      card.handle = dragHandle(box, this, card, name);
      card.element = h(
        "div",
        { class: "nx-card", "data-model": key },
        h("p", { class: `nx-title nx-${key}` }, name),
        box,
        card.readout,
      );
      return card;
    });
    return h(
      "div",
      { class: "nx-models" },
      h(
        "div",
        { class: `nx-cards nx-cards-${this.cards.length}` },
        ...this.cards.map((card) => card.element),
        h("div", { class: "nx-long" }, this.traces),
      ),
      angleLegend(),
      this.notice,
    );
  }

  compute(state) {
    const key = this.packageKey(state);
    const networks = this.networks(key);
    const { I, v0, w0 } = state;
    const { dt, steps } = this.clock(state);
    const truth = fhn.simulation(I, { v0, w0, dt, steps });
    const runs = {};
    // A package of the reader's own networks need not have them all.
    const names = Object.keys(this.models).filter((name) => networks?.[name]);
    for (const name of names) runs[name] = networks[name][this.models[name].kind](I, { v0, w0, dt, steps });
    const fieldKey = `${key} ${I}`;
    if (networks && this.fields?.key !== fieldKey) this.nextFields = newFields(fieldKey, I, networks, names);
    return {
      state,
      truth,
      runs,
      waiting: networks === null,
      failed: this.loadingFailed === key,
      work: (deadline) => this.work(truth, runs, deadline),
      get finished() {
        return (
          networks !== null && truth.finished && Object.values(runs).every((run) => run.finished) && this.fieldsReady()
        );
      },
      fieldsReady: () => this.settled(fieldKey),
    };
  }

  settled(fieldKey) {
    return this.fields?.key === fieldKey;
  }

  /** Compute until the deadline: trajectories first, in turns, then fields for a new current. */
  work(truth, runs, deadline) {
    const late = () => performance.now() >= deadline;
    for (const run of [truth]) while (!run.finished && !late()) run.advance(CHUNK.truth);
    const open = () => Object.values(runs).filter((run) => !run.finished);
    while (open().length > 0 && !late()) for (const run of open()) run.advance(CHUNK.model);
    const next = this.nextFields;
    while (next && !next.finished && open().length === 0 && !late()) next.advance(CHUNK.points);
    if (next?.finished) {
      this.fields = next;
      this.nextFields = null;
    }
  }

  seriesOf({ truth, runs }) {
    const pick = ({ t, v, w }) => ({ t: [...t], v: [...v], w: [...w] });
    return Object.fromEntries(Object.entries({ truth, ...runs }).map(([name, run]) => [name, pick(run.samples())]));
  }

  draw(scene, colours) {
    const truth = scene.truth.samples();
    const runs = Object.fromEntries(Object.entries(scene.runs).map(([name, run]) => [name, run.samples()]));
    for (const card of this.cards) this.drawCard(card, scene, truth, runs[card.key], colours);
    this.drawTraces(scene, truth, runs, colours);
    if (scene.finished) this.measure(truth, runs);
    const words = scene.failed ? "The networks' weights could not be loaded; only the true neuron is shown." : "";
    if (this.notice.textContent !== words) this.notice.textContent = words;
  }

  drawCard(card, { state }, truth, run, colours) {
    const { ctx, width, height } = surface(card.canvas);
    const panel = new Panel(ctx, { left: 26, top: 6, right: width - 6, bottom: height - 22 }, V_DOMAIN, W_DOMAIN);
    card.scales = panel;
    panel.clipped(() => {
      if (this.fields) angleArrows(panel, this.fields.values[card.key] ?? nowhere, this.fields.truth, colours);
      this.drawUnder(panel, colours);
      panel.curve(truth.v, truth.w, { colour: colours.truth, width: 3.5, alpha: 0.4 });
      if (run) panel.curve(run.v, run.w, { colour: colours[card.key], width: 2.25 });
    });
    panel.axes(colours, { xLabel: "v", yLabel: "w", xTicks: 4, yTicks: 4 });
    card.handle.show(state);
  }

  /** What a subclass has between the arrows and the trajectories. */
  drawUnder() {}

  drawTraces({ state }, truth, runs, colours) {
    const { ctx, width, height } = surface(this.traces);
    const { dt, steps } = this.clock(state);
    const end = steps * dt;
    const panel = new Panel(ctx, { left: 26, top: 6, right: width - 13, bottom: height - 24 }, [0, end], V_DOMAIN);
    panel.clipped(() => {
      ctx.save();
      ctx.fillStyle = colours.ink;
      ctx.globalAlpha = 0.06;
      ctx.fillRect(panel.x(0), panel.box.top, panel.x(TRAINED.t) - panel.x(0), panel.box.bottom - panel.box.top);
      ctx.restore();
      panel.curve(truth.t, truth.v, { colour: colours.truth, width: 3.5, alpha: 0.4 });
      for (const [name, run] of Object.entries(runs)) {
        panel.curve(run.t, run.v, { colour: colours[name], width: 2, dash: this.models[name].dash });
      }
    });
    const seen = panel.x(TRAINED.t) - panel.x(0);
    if (end > TRAINED.t && seen > 60) {
      panel.text(seen > 190 ? "times seen in training" : "trained", panel.x(TRAINED.t) - 6, panel.box.top + 7, {
        colour: colours.ink,
        halo: "transparent",
        size: 11,
        align: "right",
        maths: false,
      });
    }
    panel.axes(colours, { xLabel: "t", yLabel: "v", yTicks: 4, xTicks: 8 });
    return panel;
  }

  describe({ state }) {
    for (const card of this.cards) {
      card.canvas.setAttribute(
        "aria-label",
        `Phase plane of the ${card.name} at current ${format(state.I, 2)}: its trajectory over the true one, ` +
          "and its vector field, each arrow coloured by its angle to the true arrow.",
      );
    }
    const { dt, steps } = this.clock(state);
    this.traces.setAttribute(
      "aria-label",
      `v against time until t = ${format(steps * dt, 1)}: the truth in grey, and the models. Training covered t up to ${TRAINED.t}.`,
    );
  }

  /** The numbers under each picture, from complete runs only. */
  measure(truth, runs) {
    this.measures = {};
    for (const card of this.cards) {
      const run = runs[card.key];
      card.readout.textContent = " ";
      if (!run) continue;
      const cosine = meanCosine(this.fields.values[card.key], this.fields.truth);
      const error = meanSquaredError(run, truth);
      this.measures[card.key] = { cosine, mse: error, divergedAt: run.divergedAt };
      const told = run.divergedAt === null ? `MSE ${errorText(error)}` : `diverged at t = ${format(run.divergedAt, 1)}`;
      card.readout.textContent = `cosine ${format(cosine, 3)} · ${told}`;
    }
  }

  /** One sentence on every model, for the summary. */
  told() {
    return Object.entries(this.measures)
      .map(([key, { cosine, mse, divergedAt }]) => {
        const error = divergedAt === null ? `MSE ${errorText(mse)}` : `diverged at t = ${format(divergedAt, 1)}`;
        return `${this.models[key].name}: cosine ${format(cosine, 2)}, ${error}`;
      })
      .join("; ");
  }

  summary(scene) {
    if (scene.failed) return ["The true neuron only."];
    if (!this.measures) return ["Loading the trained networks…"];
    const regime = fhn.regime(scene.state.I);
    return [
      h("strong", {}, `${regime[0].toUpperCase()}${regime.slice(1)}.`),
      ` ${this.setting(scene.state)} ${this.told()}.`,
    ];
  }
}

function newFields(key, I, networks, names) {
  const values = {};
  for (const name of names) values[name] = new Float64Array(gridPoints.length);
  const total = gridPoints.length / 2;
  let done = 0;
  return {
    key,
    values,
    truth: onGrid(fhn.field(I)),
    get finished() {
      return done === total;
    },
    advance(count) {
      const size = Math.min(count, total - done);
      for (const name of names) {
        networks[name].evaluate(I, gridPoints, values[name], done, size);
      }
      done += size;
    },
  };
}

/** The field of a network that is not there. */
const nowhere = new Float64Array(gridPoints.length);

const angleLegend = () =>
  h(
    "p",
    { class: "nx-legend" },
    "Arrows: the true direction in grey; the learned one coloured by the angle between them: ",
    ...ANGLES.map((text, i) => h("span", { class: `nx-angle nx-angle-${i}` }, text)),
  );

export const errorText = (error) => (error >= 0.001 ? format(error, 3) : error.toExponential(1).replace("-", "−"));
