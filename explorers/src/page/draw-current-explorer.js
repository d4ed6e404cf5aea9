// DrawCurrentExplorer: the reader draws a current, and the neuron and two networks answer.

import { h, picture, write } from "../drawing/dom.js";
import { Panel, surface } from "../drawing/plot.js";
import { format } from "../drawing/scale.js";
import { decode, encode, HIGHEST, LEVEL, SPACING, stroke, through } from "../neuron/currents.js";
import * as fhn from "../neuron/fitzhugh-nagumo.js";
import { spikeTimes } from "../neuron/integrators.js";
import { vanRossum } from "../neuron/spikes.js";
import { DT } from "../training/dataset.js";
import { TRAINED } from "./comparison-explorer.js";
import { select } from "./controls.js";
import { Explorer } from "./explorer.js";
import { spec } from "./spec.js";

const MODELS = {
  best_recipe: { name: "Trained at two currents", dash: [] },
  noise_currents: { name: "Trained on noise (small)", dash: [7, 4] },
};
const V_DOMAIN = [-2.6, 2.6];
const I_DOMAIN = [0, HIGHEST];
const REST = fhn.equilibrium(TRAINED.currents[0]);
const SPIKE_TAU = 2; // as in neurode_lib/study/driven.py
const CHUNK = { truth: 20, model: 10 };
const SWIPE = 6; // pixels that a finger moves before it draws: until then the page may still scroll
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export class DrawCurrentExplorer extends Explorer {
  constructor(el, state, options) {
    super(el, spec.draw, state, options);
  }

  get end() {
    return SPACING * (this.spec.fields.drawn.letters - 1);
  }

  buildStage() {
    this.current = picture("Current against time");
    this.traces = picture("Voltage against time");
    this.notice = h("p", { class: "nx-notice", role: "status" });
    this.knot = Math.floor(this.spec.fields.drawn.letters / 2);
    this.handle = h("button", {
      type: "button",
      class: "nx-handle",
      hidden: true,
      "aria-roledescription": "knot of the current",
      onkeydown: (event) => this.moveKnot(event),
    });
    this.paper = h("div", { class: "nx-paper" }, this.current, this.handle);
    this.listen();
    return h(
      "div",
      { class: "nx-models" },
      h("p", { class: "nx-hint" }, "Draw here, or choose a current above:"),
      this.paper,
      h(
        "p",
        { class: "nx-legend" },
        ...Object.entries(MODELS).flatMap(([key, { name }]) => [h("span", { class: `nx-title nx-${key}` }, name), " "]),
        h("span", {}, "The neuron is grey."),
      ),
      h("div", { class: "nx-long" }, this.traces),
      this.notice,
    );
  }

  buildControls() {
    const { fields } = this.spec;
    const choices = fields.seed.choices.map((seed) => [String(seed), String(seed)]);
    return [select("seed", ["Seed"], choices, (changes) => this.set(changes))];
  }

  /** Pens, mice and fingers. A finger that goes up or down scrolls the page, and nothing is drawn. */
  listen() {
    let pen = null;
    const at = (event) => {
      const box = this.paper.getBoundingClientRect();
      return {
        t: this.panel.x.invert(event.clientX - box.left),
        I: this.panel.y.invert(event.clientY - box.top),
      };
    };
    const draw = (to) => {
      this.set({ drawn: encode(stroke(decode(this.state.drawn), pen.last, to)) });
      pen.last = to;
      this.knot = Math.min(this.state.drawn.length - 1, Math.max(0, Math.round(to.t / SPACING)));
    };
    this.paper.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || !this.panel) return;
      pen = { before: this.state.drawn, last: at(event), x: event.clientX, y: event.clientY, drawing: false };
      this.paper.setPointerCapture(event.pointerId);
    });
    this.paper.addEventListener("pointermove", (event) => {
      if (!pen) return;
      pen.drawing ||= Math.hypot(event.clientX - pen.x, event.clientY - pen.y) >= SWIPE;
      if (pen.drawing) draw(at(event));
    });
    this.paper.addEventListener("pointerup", (event) => {
      if (pen) draw(at(event));
      pen = null;
    });
    this.paper.addEventListener("pointercancel", () => {
      if (pen) this.set({ drawn: pen.before });
      pen = null;
    });
  }

  /** Left and right choose a knot, up and down move it. */
  moveKnot(event) {
    const step = KEYS[event.key];
    if (!step) return;
    event.preventDefault();
    const size = event.shiftKey ? 5 : 1;
    const values = decode(this.state.drawn);
    this.knot = Math.min(values.length - 1, Math.max(0, this.knot + step[0] * size));
    values[this.knot] += step[1] * size * LEVEL;
    this.set({ drawn: encode(values) });
    this.invalidate();
  }

  compute(state) {
    const key = `driven-${state.seed}`;
    const [networks] = this.learned(key);
    const current = through(decode(state.drawn));
    const start = { v0: REST.v, w0: REST.w, dt: DT, steps: Math.round(this.end / DT) };
    const truth = fhn.simulation(current, start);
    const runs = {};
    if (networks) for (const name of Object.keys(MODELS)) runs[name] = networks[name].integration(current, start);
    const all = [truth, ...Object.values(runs)];
    return {
      state,
      current,
      truth,
      runs,
      waiting: networks === null,
      failed: this.failed.has(key),
      work(deadline) {
        const late = () => performance.now() >= deadline;
        while (!truth.finished && !late()) truth.advance(CHUNK.truth);
        const open = () => Object.values(runs).filter((run) => !run.finished);
        while (open().length > 0 && !late()) for (const run of open()) run.advance(CHUNK.model);
      },
      get finished() {
        return networks !== null && all.every((run) => run.finished);
      },
    };
  }

  seriesOf({ truth, runs }) {
    const pick = ({ t, v, w }) => ({ t: [...t], v: [...v], w: [...w] });
    return Object.fromEntries(Object.entries({ truth, ...runs }).map(([name, run]) => [name, pick(run.samples())]));
  }

  *draw(scene, colours) {
    this.drawCurrent(scene, colours);
    yield;
    this.drawTraces(scene, colours);
    const words = scene.failed ? "The networks' weights could not be loaded; only the true neuron is shown." : "";
    write(this.notice, words);
  }

  drawCurrent({ state }, colours) {
    const { ctx, width, height } = surface(this.current);
    const panel = new Panel(ctx, { left: 34, top: 6, right: width - 13, bottom: height - 8 }, [0, this.end], I_DOMAIN);
    this.panel = panel;
    const values = decode(state.drawn);
    const times = Array.from(values, (_, k) => k * SPACING);
    const [hopf] = fhn.hopfCurrents();
    panel.clipped(() => {
      for (const I of TRAINED.currents) {
        panel.curve([0, this.end], [I, I], { colour: colours.losses, width: 5, alpha: 0.25 });
      }
      panel.curve([0, this.end], [hopf, hopf], { colour: colours.ink, width: 1, alpha: 0.5, dash: [3, 3] });
      panel.curve(times, values, { colour: colours.ink, width: 2 });
    });
    panel.axes(colours, { xLabel: "", yLabel: "I", yTicks: 4, xNumbers: false });
    this.handle.hidden = false;
    this.handle.style.transform = `translate(${panel.x(this.knot * SPACING)}px, ${panel.y(values[this.knot])}px)`;
    this.handle.setAttribute(
      "aria-label",
      `Current at t = ${this.knot * SPACING}: ${format(values[this.knot], 2)}. Left and right choose another time, ` +
        "up and down change the current, with Shift further.",
    );
  }

  drawTraces({ truth, runs }, colours) {
    const { ctx, width, height } = surface(this.traces);
    const panel = new Panel(ctx, { left: 34, top: 6, right: width - 13, bottom: height - 24 }, [0, this.end], V_DOMAIN);
    panel.clipped(() => {
      const { t, v } = truth.samples();
      panel.curve(t, v, { colour: colours.truth, width: 3.5, alpha: 0.4 });
      for (const [name, run] of Object.entries(runs)) {
        const path = run.samples();
        panel.curve(path.t, path.v, { colour: colours[name], width: 2, dash: MODELS[name].dash });
      }
    });
    panel.axes(colours, { xLabel: "t", yLabel: "v", yTicks: 4, xTicks: 8 });
  }

  describe({ state }) {
    const values = decode(state.drawn);
    this.current.setAttribute(
      "aria-label",
      `Current against time until t = ${this.end}, between ${format(Math.min(...values), 2)} and ` +
        `${format(Math.max(...values), 2)}; orange bars mark the trained currents, a dashed line the Hopf current.`,
    );
    this.traces.setAttribute(
      "aria-label",
      `v against time until t = ${this.end}: the neuron in grey, and two networks.`,
    );
  }

  summary(scene) {
    if (scene.failed) return ["The true neuron only."];
    if (scene.waiting) return ["Loading the trained networks…"];
    const count = (spikes) => `${spikes.length} spike${spikes.length === 1 ? "" : "s"}`;
    const truth = spikeTimes(scene.truth.samples());
    const told = Object.entries(scene.runs).map(([name, run]) => {
      const spikes = spikeTimes(run.samples());
      const alone = (spikes.length + truth.length) / 2;
      const apart = alone ? vanRossum(spikes, truth, SPIKE_TAU) / alone : 0;
      const distance = alone ? `, distance ${format(apart, 2)}` : "";
      return `${MODELS[name].name.toLowerCase()}: ${count(spikes)}${distance}`;
    });
    return [
      h("strong", {}, `The neuron: ${count(truth)}.`),
      ` Seed ${scene.state.seed}, ${told.join("; ")}. (Distance 0: every spike in time; 1: none has a partner.)`,
    ];
  }
}
