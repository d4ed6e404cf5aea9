// BackwardExplorer: the neuron forward and back again, and the tolerance from which on it returns.

import { h, picture } from "../drawing/dom.js";
import { Panel, surface } from "../drawing/plot.js";
import { format, linear } from "../drawing/scale.js";
import { dopri5 } from "../neuron/dopri5.js";
import * as fhn from "../neuron/fitzhugh-nagumo.js";
import { slider, variable } from "./controls.js";
import { dragHandle } from "./drag-handle.js";
import { Explorer } from "./explorer.js";
import { spec } from "./spec.js";

const V_DOMAIN = [-2.6, 2.6];
const W_DOMAIN = [-1.5, 2.7];
const FAR = 6; // what has gone so far does not come back
const HOME = 0.01; // so near the start counts as having returned
const LOWEST = -14;
const HIGHEST = 1;
const FINE = 0.05;
const FLOAT64 = 16;
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const raised = (digits) => [...String(digits)].map((digit) => SUPERSCRIPTS[digit]).join("");

/** A power of ten as text; only negative ones and the first are needed. */
const power = (exponent) => (exponent === 0 ? "1" : exponent > 0 ? "10" : `10⁻${raised(-exponent)}`);

export class BackwardExplorer extends Explorer {
  constructor(el, state, options) {
    super(el, spec.backward, state, options);
  }

  buildStage() {
    this.plane = picture("Phase plane");
    this.ladder = picture("Distance from the start against tolerance");
    const planeBox = h("div", { class: "nx-plane" }, this.plane);
    this.scales = { x: linear(V_DOMAIN, [0, 1]), y: linear(W_DOMAIN, [1, 0]) };
    this.handle = dragHandle(planeBox, this);
    return h("div", { class: "nx-stage" }, planeBox, h("div", { class: "nx-traces" }, this.ladder));
  }

  buildControls() {
    const { fields } = this.spec;
    const change = (changes) => this.set(changes);
    return [
      slider("digits", ["Tolerance: digits"], fields.digits, change, {
        digits: 0,
        describe: ({ digits }) => `tolerance 10 to the minus ${digits}`,
      }),
      slider("t_end", ["Back from ", variable("t")], fields.t_end, change, { digits: 0 }),
      slider("I", ["Current ", variable("I")], fields.I, change, { digits: 2 }),
    ];
  }

  compute(state) {
    const field = fhn.field(state.I);
    const start = [state.v0, state.w0];
    const there = [0, state.t_end];
    const { min, max } = this.spec.fields.digits;
    const run = (digits) => {
      const tolerance = 10 ** -digits;
      const forward = dopri5(field, there, start, tolerance);
      const end = [forward.v.at(-1), forward.w.at(-1)];
      const back = dopri5(field, [...there].reverse(), end, tolerance, FAR);
      const apart = Math.hypot(back.v.at(-1) - start[0], back.w.at(-1) - start[1]);
      return { digits, forward, back, distance: back.arrived ? apart : Infinity };
    };
    const shown = run(state.digits);
    const rungs = [shown];
    const missing = Array.from({ length: max - min + 1 }, (_, i) => min + i).filter((d) => d !== state.digits);
    return {
      state,
      shown,
      rungs,
      lost: digitsLost(state),
      work(deadline) {
        while (missing.length > 0 && performance.now() < deadline) rungs.push(run(missing.shift()));
        rungs.sort((one, other) => one.digits - other.digits);
      },
      get finished() {
        return missing.length === 0;
      },
    };
  }

  seriesOf({ shown, rungs }) {
    const pick = ({ t, v, w }) => ({ t: [...t], v: [...v], w: [...w] });
    const digits = rungs.map((rung) => rung.digits);
    return {
      forward: pick(shown.forward),
      back: pick(shown.back),
      // Infinity for a path that ran away, which JSON does not know.
      ladder: { digits, distance: rungs.map((rung) => (Number.isFinite(rung.distance) ? rung.distance : null)) },
    };
  }

  *draw(scene, colours) {
    this.drawPlane(scene, colours);
    yield;
    this.drawLadder(scene, colours);
    this.handle.show(scene.state);
  }

  drawPlane({ shown }, colours) {
    const { ctx, width, height } = surface(this.plane);
    const box = { left: 34, top: 8, right: width - 13, bottom: height - 26 };
    const panel = new Panel(ctx, box, V_DOMAIN, W_DOMAIN);
    this.scales = panel;
    panel.axes(colours, { xLabel: "v", yLabel: "w", xTicks: 5, yTicks: 5 });
    const { forward, back } = shown;
    panel.clipped(() => {
      panel.curve(forward.v, forward.w, { colour: colours.ink, width: 6, alpha: 0.25 });
      panel.curve(back.v, back.w, { colour: colours.discrete_rnn, width: 1.75 });
      panel.dots(back.v, back.w, { colour: colours.discrete_rnn, radius: 1.6 });
      const turn = { colour: colours.ink, halo: colours.halo, radius: 5.5, filled: true };
      panel.disc(forward.v.at(-1), forward.w.at(-1), turn);
    });
  }

  drawLadder({ shown, rungs }, colours) {
    const { ctx, width, height } = surface(this.ladder);
    const { min, max } = this.spec.fields.digits;
    const box = { left: 46, top: 24, right: width - 13, bottom: height - 26 };
    const panel = new Panel(ctx, box, [min - 0.6, max + 0.6], [LOWEST, HIGHEST]);
    panel.axes(colours, { xLabel: "digits of the tolerance", yLabel: "", xTicks: 6, yTicks: 5, yText: power });
    panel.text("distance from the start", box.left + 4, 10, { colour: colours.ink, halo: colours.halo, maths: false });
    const height10 = ({ distance }) => Math.min(HIGHEST - 0.7, Math.max(LOWEST, Math.log10(distance)));
    const level = Math.log10(HOME);
    panel.clipped(() => {
      panel.curve([min - 1, max + 1], [level, level], { colour: colours.ink, width: 1, alpha: 0.6, dash: [5, 4] });
      for (const rung of rungs) {
        const arrived = Number.isFinite(rung.distance);
        panel.disc(rung.digits, height10(rung), {
          colour: colours.discrete_rnn,
          halo: colours.halo,
          radius: rung === shown ? 7 : 4.5,
          filled: arrived,
        });
      }
    });
  }

  describe({ state, rungs }) {
    this.plane.setAttribute(
      "aria-label",
      `Phase plane: the neuron's path to t = ${state.t_end} for current ${format(state.I, 2)}, and the path back from there.`,
    );
    const steps = rungs.map(({ digits, distance }) => `${digits} digits: ${told(distance)}`);
    this.ladder.setAttribute("aria-label", `How far from the start the way back ends. ${steps.join("; ")}.`);
  }

  summary({ state, shown, rungs, lost }) {
    const first = firstHome(rungs);
    return [
      h("strong", {}, `Tolerance ${power(-state.digits)}: ${told(shown.distance)}. `),
      first === null ? "No tolerance offered here returns. " : `It returns, within ${HOME}, from ${power(-first)} on. `,
      lost > 0
        ? `The way back loses ${format(lost, 1)} decimal digits; float64 has about ${FLOAT64}.`
        : "The way back loses nothing here: areas grow on the way forward.",
    ];
  }
}

/** How a way back ends, in words. */
function told(distance) {
  if (!Number.isFinite(distance)) return "runs away";
  if (distance === 0 || distance >= 1e-3) return `ends ${Number(distance.toPrecision(2))} from the start`;
  const exponent = Math.floor(Math.log10(distance));
  return `ends ${Math.round(distance / 10 ** exponent)} × ${power(exponent)} from the start`;
}

/** The loosest tolerance from which on every stricter one returns, or null. */
function firstHome(rungs) {
  let first = null;
  for (const { digits, distance } of [...rungs].reverse()) {
    if (!(distance < HOME)) break;
    first = digits;
  }
  return first;
}

/** Decimal digits by which a small area shrinks on the way forward: -∫ div f dt / ln 10. */
function digitsLost({ I, v0, w0, t_end: end }) {
  const steps = Math.round(end / FINE);
  const { v } = fhn.simulation(I, { v0, w0, dt: FINE, steps }).advance().samples();
  let sum = 0;
  for (let i = 0; i < v.length; i += 1) {
    const divergence = 1 - v[i] * v[i] - fhn.B / fhn.TAU;
    sum += (i === 0 || i === v.length - 1 ? 0.5 : 1) * divergence;
  }
  return (-sum * FINE) / Math.LN10;
}
