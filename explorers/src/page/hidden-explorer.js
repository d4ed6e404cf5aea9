// HiddenExplorer: the neuron beside a network that learned from its voltage alone. What is w in the
// one is a hidden coordinate h in the other.

import { h, picture, write } from "../drawing/dom.js";
import { arrows, Panel, surface } from "../drawing/plot.js";
import { format, linear } from "../drawing/scale.js";
import { hiddenStart, LOOK } from "../network/hidden-start.js";
import * as fhn from "../neuron/fitzhugh-nagumo.js";
import { spikeTimes, Trajectory } from "../neuron/integrators.js";
import { DT } from "../training/dataset.js";
import { TRAINED } from "./comparison-explorer.js";
import { regimeBands, select, slider, variable } from "./controls.js";
import { dragHandle } from "./drag-handle.js";
import { Explorer } from "./explorer.js";
import { spec } from "./spec.js";

const V_DOMAIN = [-2.5, 2.5];
const W_DOMAIN = [-1.3, 2.3];
const H_DOMAIN = [-2.5, 2.5];
const STEPS = 320; // as in neurode_lib/explorers/hidden.py
const SWITCH = 160; // after so many the current takes its second value
const CHUNK = { truth: 20, model: 10 };
const ARROWS = { columns: 13, rows: 11, alpha: 0.3 };

export class HiddenExplorer extends Explorer {
  constructor(el, state, options) {
    super(el, spec.hidden, state, options);
  }

  buildStage() {
    this.truthPlane = picture("Phase plane of the neuron");
    this.modelPlane = picture("Phase plane of the network");
    this.traces = picture("Traces over time");
    this.notice = h("p", { class: "nx-notice", role: "status" });
    const box = h("div", { class: "nx-plane" }, this.truthPlane);
    this.scales = { x: linear(V_DOMAIN, [0, 1]), y: linear(W_DOMAIN, [1, 0]) };
    this.handle = dragHandle(box, this);
    const card = (kind, title, plane) =>
      h("div", { class: "nx-card" }, h("p", { class: `nx-title nx-${kind}` }, title), plane);
    return h(
      "div",
      { class: "nx-models" },
      h(
        "div",
        { class: "nx-cards nx-cards-2" },
        card("truth", "Neuron: v, w", box),
        card("neural_ode", "Network: v, h", h("div", { class: "nx-plane" }, this.modelPlane)),
        h("div", { class: "nx-long nx-two-rows" }, this.traces),
      ),
      this.notice,
    );
  }

  buildControls() {
    const { fields } = this.spec;
    const change = (changes) => this.set(changes);
    const [lower, upper] = fhn.hopfCurrents();
    const current = (name, words) =>
      slider(name, [`${words} `, variable("I")], fields[name], change, {
        digits: 2,
        bands: regimeBands(fields[name], lower, upper),
        marks: TRAINED.currents.map((value) => ({ value })),
        describe: (state) => `${format(state[name], 2)}, ${fhn.regime(state[name])}`,
      });
    return [
      current("I", "Current at first,"),
      current("I_after", `From t = ${SWITCH * DT} on,`),
      h(
        "div",
        { class: "nx-row nx-beside" },
        this.adopt(
          select(
            "data",
            ["Learned from"],
            [
              ["hidden", "v at two currents"],
              ["hidden_noise", "v with noise"],
              ["hidden_driven", "v under noise currents"],
            ],
            change,
          ),
        ),
        this.adopt(
          select(
            "seed",
            ["Seed"],
            fields.seed.choices.map((seed) => [String(seed), String(seed)]),
            change,
          ),
        ),
      ),
    ];
  }

  compute(state) {
    const key = `voltage-${state.seed}`;
    const network = this.learned(key)[0]?.[state.data] ?? null;
    const { I, I_after: after, v0, w0 } = state;
    const options = { dt: DT, steps: STEPS };
    const truth = switched({ v0, w0, ...options }, (current, start) => fhn.simulation(current, start), [I, after]);
    let model = null;
    return {
      state,
      network,
      truth,
      get model() {
        return model;
      },
      waiting: network === null,
      failed: this.failed.has(key),
      work(deadline) {
        const late = () => performance.now() >= deadline;
        while (!truth.finished && !late()) truth.advance(CHUNK.truth);
        if (!network || truth.last < LOOK || late()) return;
        if (!model) {
          const start = hiddenStart(network, truth.samples().v.subarray(0, LOOK + 1), I, DT);
          const from = { v0: start.v0, w0: start.h0, ...options };
          model = switched(from, (current, begin) => network.integration(current, begin), [I, after]);
        }
        while (!model.finished && !late()) model.advance(CHUNK.model);
      },
      get finished() {
        return network !== null && truth.finished && (model?.finished ?? false);
      },
    };
  }

  seriesOf({ truth, model }) {
    const pick = ({ t, v, w }) => ({ t: [...t], v: [...v], w: [...w] });
    return { truth: pick(truth.samples()), ...(model ? { model: pick(model.samples()) } : {}) };
  }

  *draw(scene, colours) {
    const truth = scene.truth.samples();
    const model = scene.model?.samples() ?? null;
    const grey = { colour: colours.truth, width: 3.5, alpha: 0.4 };
    const blue = { colour: colours.neural_ode, width: 2.25 };
    this.scales = this.drawPlane(this.truthPlane, W_DOMAIN, "w", fhn.field(scene.state.I_after), colours, [
      [truth, grey],
    ]);
    yield;
    const field = scene.network?.field(scene.state.I_after) ?? null;
    this.drawPlane(this.modelPlane, H_DOMAIN, "h", field, colours, model ? [[model, blue]] : []);
    this.handle.show(scene.state);
    yield;
    const { ctx, width, height } = surface(this.traces);
    const middle = height * 0.54;
    for (const [name, top, bottom, domain] of [
      ["v", 6, middle - 6, V_DOMAIN],
      ["w", middle + 6, height - 24, H_DOMAIN],
    ]) {
      const last = name === "w";
      const panel = new Panel(ctx, { left: 34, top, right: width - 13, bottom }, [0, STEPS * DT], domain);
      panel.clipped(() => {
        panel.curve([SWITCH * DT, SWITCH * DT], domain, { colour: colours.ink, width: 1, alpha: 0.4, dash: [3, 3] });
        panel.curve(truth.t, truth[name], grey);
        if (model) panel.curve(model.t, model[name], blue);
      });
      panel.axes(colours, {
        xLabel: last ? "t" : "",
        yLabel: last ? "w, h" : "v",
        xTicks: 8,
        yTicks: 4,
        xNumbers: last,
      });
    }
    const words = scene.failed ? "The network's weights could not be loaded; only the true neuron is shown." : "";
    write(this.notice, words);
  }

  drawPlane(canvas, domain, name, field, colours, runs) {
    const { ctx, width, height } = surface(canvas);
    const panel = new Panel(ctx, { left: 30, top: 6, right: width - 6, bottom: height - 22 }, V_DOMAIN, domain);
    panel.clipped(() => {
      if (field) arrows(panel, field, { ...ARROWS, colour: colours.ink });
      for (const [run, style] of runs) panel.curve(run.v, run.w, style);
    });
    panel.axes(colours, { xLabel: "v", yLabel: name, xTicks: 4, yTicks: 4 });
    return panel;
  }

  describe({ state }) {
    const at = `at current ${format(state.I_after, 2)}`;
    this.truthPlane.setAttribute("aria-label", `Phase plane of the neuron, v and w, with its arrows ${at}.`);
    this.modelPlane.setAttribute(
      "aria-label",
      `Phase plane of the network, v and its hidden coordinate h, with its arrows ${at}.`,
    );
    this.traces.setAttribute(
      "aria-label",
      `Above, v against time until t = ${STEPS * DT}: the neuron in grey, the network in blue. Below, the neuron's w and the network's h.`,
    );
  }

  summary(scene) {
    const { state, truth, model } = scene;
    if (scene.failed) return ["The true neuron only."];
    if (!model) return ["Loading the trained network…"];
    const count = (run) => {
      const spikes = spikeTimes(run.samples());
      return `${spikes.length} spike${spikes.length === 1 ? "" : "s"}`;
    };
    const runs = [truth.samples(), model.samples()];
    const until = Math.min(...runs.map(({ v }) => v.length));
    let sum = 0;
    for (let i = LOOK; i < until; i += 1) sum += (runs[0].v[i] - runs[1].v[i]) ** 2;
    return [
      h("strong", {}, `The neuron: ${count(truth)}; the network: ${count(model)}.`),
      ` Mean squared error of v after the ${LOOK} steps that the network was shown: ${format(sum / (until - LOOK), 3)}.`,
      ` Current ${format(state.I, 2)}, then ${format(state.I_after, 2)}; seed ${state.seed}.`,
    ];
  }
}

/** A trajectory under one current, then another. `run(current, start)` gives the pieces. */
function switched(start, run, currents) {
  const [before, after] = currents.map((current) => run(current, start).fill);
  return new Trajectory(start, (from, count, samples) => {
    const first = Math.min(count, Math.max(0, SWITCH - from));
    if (first > 0) before(from, first, samples);
    if (count > first) after(from + first, count - first, samples);
  });
}
