// What ModelExplorer, TrainingExplorer and MethodExplorer share: learned models beside the truth, each with its phase
// plane and its numbers, above one panel of traces.

import { ANGLES, angleArrows } from "../drawing/angle-arrows.js";
import { h, picture, write } from "../drawing/dom.js";
import { Layer, Panel, surface } from "../drawing/plot.js";
import { format, linear, scientific } from "../drawing/scale.js";
import { gridPoints, meanCosine, meanSquaredError, onGrid } from "../network/field-errors.js";
import * as fhn from "../neuron/fitzhugh-nagumo.js";
import { DT, STEPS } from "../training/dataset.js";
import { number, regimeBands, select, slider, subscripted, variable } from "./controls.js";
import { dragHandle } from "./drag-handle.js";
import { Explorer } from "./explorer.js";

const V_DOMAIN = [-2.5, 2.5];
const W_DOMAIN = [-1.3, 2.3];
const CHUNK = { truth: 20, model: 10, points: 49 }; // what is done between two looks at the clock

/** What the study's networks saw: see neurode_lib/fitzhugh_nagumo.py. */
export const TRAINED = { dt: DT, t: DT * STEPS, steps: STEPS, currents: [0.2, 0.5] };

/**
 * Subclasses say which `models` (variant → { name, kind, dash }, and `title` where that is more than the name)
 * to show, which packages hold them (`packageKeys(state)`), which clock they run by (`clock(state)` →
 * { dt, steps }), and, if they like, what a line under each picture says of its model
 * (`origin(variant, model, state)`).
 */
export class ComparisonExplorer extends Explorer {
  buildStage() {
    this.traces = picture("Traces over time");
    this.traceFrame = new Layer();
    this.notice = h("p", { class: "nx-notice", role: "status" });
    this.cards = Object.entries(this.models).map(([key, { name, title = name }]) => {
      const canvas = picture(`Phase plane of ${name}`);
      const box = h("div", { class: "nx-plane" }, canvas);
      const card = {
        key,
        name,
        canvas,
        title: h("p", { class: `nx-title nx-${key}` }, title),
        readout: h("p", { class: "nx-readout" }, " "),
        origin: this.origin ? h("p", { class: "nx-readout" }, " ") : null,
        scales: { x: linear(V_DOMAIN, [0, 1]), y: linear(W_DOMAIN, [1, 0]) },
        background: new Layer(),
        frame: new Layer(),
      };
      card.handle = dragHandle(box, this, card, name);
      card.element = h("div", { class: "nx-card", "data-model": key }, card.title, box, card.readout, card.origin);
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

  /** The models to show, by variant, out of the packages that are here. */
  pick(packages) {
    return Object.assign({}, ...packages);
  }

  /** Which models `pick` takes, in words that differ when they do. */
  picked(state) {
    return this.packageKeys(state).join(" ");
  }

  currentSlider() {
    const field = this.spec.fields.I;
    const [lower, upper] = fhn.hopfCurrents();
    return slider(
      "I",
      ["Current ", variable("I"), h("small", {}, ` trained at ${TRAINED.currents.join(" and ")}`)],
      field,
      (changes) => this.set(changes),
      {
        digits: 2,
        bands: regimeBands(field, lower, upper),
        marks: TRAINED.currents.map((value) => ({ value })),
        describe: ({ I }) => `${format(I, 2)}, ${fhn.regime(I)}`,
      },
    );
  }

  stepsSlider() {
    const marks = [{ value: TRAINED.steps, text: "trained" }];
    return slider("n_steps", ["Steps"], this.spec.fields.n_steps, (changes) => this.set(changes), { marks });
  }

  seedSelect() {
    const choices = this.spec.fields.seed.choices.map((seed) => [String(seed), String(seed)]);
    return select("seed", ["Seed"], choices, (changes) => this.set(changes));
  }

  /** The initial state in numbers. */
  startNumbers() {
    const field = (name, letter) =>
      number(name, [subscripted(letter, "0")], this.spec.fields[name], (changes) => this.set(changes));
    return h("span", { class: "nx-pair" }, this.adopt(field("v0", "v")), this.adopt(field("w0", "w")));
  }

  compute(state) {
    const keys = this.packageKeys(state);
    const packages = this.learned(...keys);
    const failed = keys.some((key) => this.failed.has(key));
    const waiting = keys.some((key, i) => packages[i] === null && !this.failed.has(key));
    const models = this.pick(packages, state);
    const { I, v0, w0 } = state;
    const { dt, steps } = this.clock(state);
    const truth = fhn.simulation(I, { v0, w0, dt, steps });
    const runs = {};
    // A package of the reader's own networks need not have them all.
    const names = Object.keys(this.models).filter((name) => models[name]);
    for (const name of names) runs[name] = models[name][this.models[name].kind](I, { v0, w0, dt, steps });
    const fieldKey = `${this.picked(state)} ${I} ${names}`;
    if (!waiting && this.fields?.key !== fieldKey) this.nextFields = newFields(fieldKey, I, models, names);
    return {
      state,
      models,
      truth,
      runs,
      waiting,
      failed,
      work: (deadline) => this.work(truth, runs, deadline),
      get finished() {
        return !waiting && truth.finished && Object.values(runs).every((run) => run.finished) && this.fieldsReady();
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

  *draw(scene, colours) {
    const truth = scene.truth.samples();
    const runs = Object.fromEntries(Object.entries(scene.runs).map(([name, run]) => [name, run.samples()]));
    for (const card of this.cards) {
      this.drawCard(card, truth, runs[card.key], colours);
      yield;
    }
    this.drawTraces(scene, truth, runs, colours);
    // Only now: between two pictures, a change of the page would have it laid out for each.
    for (const card of this.cards) this.label(card, scene, runs[card.key]);
    if (scene.finished) this.measure(truth, runs);
    const shown = Object.keys(runs).length > 0 ? "what has come" : "only the true neuron";
    const words = scene.failed ? `The networks' weights could not be loaded; ${shown} is shown.` : "";
    write(this.notice, words);
  }

  drawCard(card, truth, run, colours) {
    const target = surface(card.canvas);
    const { ctx, width, height } = target;
    const box = { left: 26, top: 6, right: width - 6, bottom: height - 22 };
    const panel = new Panel(ctx, box, V_DOMAIN, W_DOMAIN);
    card.scales = panel;
    const look = [colours.ink, colours.halo].join();
    const { fields } = this;
    if (fields) {
      card.background.draw(target, `${fields.number} ${look}`, (own) => {
        const under = new Panel(own, box, V_DOMAIN, W_DOMAIN);
        under.clipped(() => angleArrows(under, fields.values[card.key] ?? nowhere, fields.truth, colours));
      });
    }
    panel.clipped(() => {
      this.drawUnder(panel, colours);
      panel.curve(truth.v, truth.w, { colour: colours.truth, width: 3.5, alpha: 0.4 });
      if (run) panel.curve(run.v, run.w, { colour: colours[card.key], width: 2.25 });
    });
    card.frame.draw(target, look, (own) => {
      new Panel(own, box, V_DOMAIN, W_DOMAIN).axes(colours, { xLabel: "v", yLabel: "w", xTicks: 4, yTicks: 4 });
    });
  }

  /** What stands on and around a picture: the start, the model's name, where it comes from. */
  label(card, { state, models }, run) {
    card.handle.show(state);
    const { name, title = name } = this.models[card.key];
    write(card.title, title);
    if (card.origin) write(card.origin, run ? this.origin(card.key, models[card.key], state) : " ");
  }

  /** What a subclass has between the arrows and the trajectories. */
  drawUnder() {}

  drawTraces({ state }, truth, runs, colours) {
    const target = surface(this.traces);
    const { ctx, width, height } = target;
    const { dt, steps } = this.clock(state);
    const end = steps * dt;
    const box = { left: 26, top: 6, right: width - 13, bottom: height - 24 };
    const panel = new Panel(ctx, box, [0, end], V_DOMAIN);
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
    this.traceFrame.draw(target, [end, colours.ink, colours.halo].join(), (own) => {
      new Panel(own, box, [0, end], V_DOMAIN).axes(colours, { xLabel: "t", yLabel: "v", yTicks: 4, xTicks: 8 });
    });
    return panel;
  }

  describe({ state }) {
    for (const card of this.cards) {
      const { name, title = name } = this.models[card.key];
      card.canvas.setAttribute(
        "aria-label",
        `Phase plane of the ${title} at current ${format(state.I, 2)}: its trajectory over the true one, ` +
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
      if (!run) {
        write(card.readout, " ");
        continue;
      }
      const cosine = meanCosine(this.fields.values[card.key], this.fields.truth);
      const error = meanSquaredError(run, truth);
      this.measures[card.key] = { cosine, mse: error, divergedAt: run.divergedAt };
      const told = run.divergedAt === null ? `MSE ${errorText(error)}` : `diverged at t = ${format(run.divergedAt, 1)}`;
      write(card.readout, `cosine ${format(cosine, 3)} · ${told}`);
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
    if (scene.failed && Object.keys(scene.runs).length === 0) return ["The true neuron only."];
    if (!this.measures) return ["Loading the trained networks…"];
    const regime = fhn.regime(scene.state.I);
    return [
      h("strong", {}, `${regime[0].toUpperCase()}${regime.slice(1)}.`),
      ` ${this.setting(scene.state)} ${this.told()}.`,
    ];
  }
}

let made = 0;
function newFields(key, I, models, names) {
  const values = {};
  for (const name of names) values[name] = new Float64Array(gridPoints.length);
  const total = gridPoints.length / 2;
  let done = 0;
  made += 1;
  return {
    key,
    number: made, // tells these from all others: a reader's own networks change under one key
    values,
    truth: onGrid(fhn.field(I)),
    get finished() {
      return done === total;
    },
    advance(count) {
      const size = Math.min(count, total - done);
      for (const name of names) {
        models[name].evaluate(I, gridPoints, values[name], done, size);
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

export const errorText = (error) => (error >= 0.001 ? format(error, 3) : scientific(error));
