// PhasePlaneExplorer: the neuron's phase plane and its traces, for any current, start and step.

import { h, picture, write } from "../drawing/dom.js";
import { arrows, Layer, Panel, surface } from "../drawing/plot.js";
import { format, linear } from "../drawing/scale.js";
import * as fhn from "../neuron/fitzhugh-nagumo.js";
import { integrate, spikeTimes } from "../neuron/integrators.js";
import { number, regimeBands, select, slider, subscripted, variable } from "./controls.js";
import { dragHandle } from "./drag-handle.js";
import { Explorer } from "./explorer.js";
import { Motion, stateAt } from "./motion.js";
import { spec } from "./spec.js";

const V_DOMAIN = [-2.6, 2.6];
const W_DOMAIN = [-1.5, 2.7];
const REFERENCE_DT = 0.05;
const STEPS_SEEN = 260; // with more steps than this, dots would run together
const METHOD_NAMES = { rk4: "RK4", euler: "Euler" };

export class PhasePlaneExplorer extends Explorer {
  constructor(el, state, options) {
    super(el, spec["phase-plane"], state, options);
  }

  buildStage() {
    this.plane = picture("Phase plane");
    this.traces = picture("Traces over time");
    this.background = new Layer();
    this.frames = new Layer();
    this.notice = h("p", { class: "nx-notice", role: "status" });
    const planeBox = h("div", { class: "nx-plane" }, this.plane);
    this.scales = { x: linear(V_DOMAIN, [0, 1]), y: linear(W_DOMAIN, [1, 0]) };
    this.handle = dragHandle(planeBox, this);
    return h("div", { class: "nx-stage" }, planeBox, h("div", { class: "nx-traces" }, this.traces), this.notice);
  }

  buildControls() {
    const { fields } = this.spec;
    const change = (changes) => this.set(changes);
    const [lower, upper] = fhn.hopfCurrents();
    return [
      slider("I", ["Current ", variable("I")], fields.I, change, {
        digits: 2,
        bands: regimeBands(fields.I, lower, upper),
        marks: [{ value: lower }, { value: upper }],
        describe: ({ I }) =>
          `${format(I, 2)}, ${fhn.regime(I)}; Hopf points at ${format(lower, 3)} and ${format(upper, 3)}`,
      }),
      slider("dt", ["Step ", variable("dt")], fields.dt, change, { digits: 2 }),
      h(
        "div",
        { class: "nx-row" },
        this.adopt(
          select(
            "integrator",
            ["Integrator"],
            [
              ["rk4", "RK4"],
              ["euler", "Euler"],
            ],
            change,
          ),
        ),
        h(
          "span",
          { class: "nx-pair" },
          this.adopt(number("v0", [subscripted("v", "0")], fields.v0, change)),
          this.adopt(number("w0", [subscripted("w", "0")], fields.w0, change)),
        ),
        this.adopt(
          select(
            "horizon",
            ["Show until ", variable("t")],
            [20, 50, 100, 150, 200].map((t) => [String(t), String(t)]),
            ({ horizon }) => change({ horizon: Number(horizon) }),
          ),
        ),
      ),
    ];
  }

  buildActions() {
    this.motion = new Motion(() => this.invalidate());
    const actions = super.buildActions();
    actions.querySelector("button").before(this.motion.button);
    return actions;
  }

  compute(state) {
    const { I, dt, v0, w0, integrator, horizon } = state;
    const field = fhn.field(I);
    const trajectory = integrate(field, {
      v0,
      w0,
      dt,
      steps: Math.max(1, Math.round(horizon / dt)),
      method: integrator,
    });
    const key = [I, v0, w0, horizon].join();
    if (this.referenceKey !== key) {
      this.referenceKey = key;
      this.reference = fhn
        .simulation(I, {
          v0,
          w0,
          dt: REFERENCE_DT,
          steps: Math.round(horizon / REFERENCE_DT),
        })
        .advance()
        .samples();
    }
    const diverged = trajectory.divergedAt !== null;
    // A step too large is told in words; the picture keeps the last run that stayed finite.
    if (!diverged) this.lastGood = { trajectory, dt, integrator };
    return {
      state,
      field,
      reference: this.reference,
      divergedAt: trajectory.divergedAt,
      shown: this.lastGood ?? null,
      equilibrium: fhn.equilibrium(I),
      regime: fhn.regime(I),
      error: diverged ? Infinity : largestError(trajectory, this.reference),
      spikes: diverged ? [] : spikeTimes(trajectory),
    };
  }

  seriesOf({ shown, reference }) {
    const pick = ({ t, v, w }) => ({ t: [...t], v: [...v], w: [...w] });
    return { ...(shown ? { trajectory: pick(shown.trajectory) } : {}), reference: pick(reference) };
  }

  *draw(scene, colours) {
    this.motion.advance(scene.field, { v: V_DOMAIN, w: W_DOMAIN }, scene.state.horizon);
    this.drawPlane(scene, colours);
    yield;
    this.drawTraces(scene, colours);
    this.handle.show(scene.state);
    const { divergedAt, shown, state } = scene;
    this.el.toggleAttribute("data-diverged", divergedAt !== null);
    const words =
      divergedAt === null
        ? ""
        : `${METHOD_NAMES[state.integrator]} diverged at t = ${format(divergedAt, 2)}: steps of ${format(state.dt, 2)} are too large. ` +
          (shown
            ? `Shown faintly: the last run that stayed finite (${METHOD_NAMES[shown.integrator]}, dt = ${format(shown.dt, 2)}).`
            : "Lower dt.");
    write(this.notice, words);
  }

  drawPlane(scene, colours) {
    const target = surface(this.plane);
    const { ctx, width, height } = target;
    const box = { left: 34, top: 8, right: width - 13, bottom: height - 26 };
    const panel = new Panel(ctx, box, V_DOMAIN, W_DOMAIN);
    this.scales = panel;
    const { shown, reference, equilibrium, field, state, divergedAt } = scene;
    this.background.draw(target, [state.I, colours.ink, colours.halo].join(), (own) => {
      const under = new Panel(own, box, V_DOMAIN, W_DOMAIN);
      under.clipped(() => {
        arrows(under, field, { columns: 17, rows: 14, colour: colours.ink, alpha: 0.3 });
        drawNullclines(under, state.I, colours);
      });
      under.axes(colours, { xLabel: "v", yLabel: "w", xTicks: 5, yTicks: 5 });
    });
    panel.clipped(() => {
      panel.curve(reference.v, reference.w, { colour: colours.ink, width: 1, alpha: 0.6 });
      if (shown) {
        const { v, w } = shown.trajectory;
        drawRun(panel, v, w, colours, { faint: divergedAt !== null, steps: v.length <= STEPS_SEEN });
      }
      if (this.motion.begun) {
        this.motion.particles.draw(panel, field, colours.ink);
        const now = shown && stateAt(shown.trajectory, this.motion.time);
        if (now) panel.disc(now.v, now.w, mover(colours));
      }
      panel.disc(equilibrium.v, equilibrium.w, {
        colour: colours.ink,
        halo: colours.halo,
        radius: 5.5,
        filled: equilibrium.stable,
      });
    });
  }

  drawTraces(scene, colours) {
    const target = surface(this.traces);
    const { ctx, width, height } = target;
    const { shown, reference, state, divergedAt } = scene;
    const middle = height / 2;
    const time = [0, state.horizon];
    const panels = [
      ["v", { left: 34, top: 8, right: width - 13, bottom: middle - 8 }, V_DOMAIN],
      ["w", { left: 34, top: middle + 8, right: width - 13, bottom: height - 26 }, W_DOMAIN],
    ];
    this.frames.draw(target, [state.horizon, colours.ink, colours.halo].join(), (own) => {
      for (const [name, box, domain] of panels) {
        const last = name === "w";
        new Panel(own, box, time, domain).axes(colours, {
          xLabel: last ? "t" : "",
          yLabel: name,
          yTicks: 4,
          xNumbers: last,
        });
      }
    });
    for (const [name, box, domain] of panels) {
      const panel = new Panel(ctx, box, time, domain);
      panel.clipped(() => {
        panel.curve(reference.t, reference[name], { colour: colours.ink, width: 1, alpha: 0.6 });
        if (shown) {
          const { t } = shown.trajectory;
          const apart = panel.x(shown.dt) - panel.x(0);
          drawRun(panel, t, shown.trajectory[name], colours, { faint: divergedAt !== null, steps: apart >= 4 });
          const now = this.motion.begun && stateAt(shown.trajectory, this.motion.time);
          if (now) panel.disc(this.motion.time, now[name], mover(colours));
        }
      });
    }
  }

  describe(scene) {
    this.plane.setAttribute("aria-label", this.describePlane(scene));
    this.traces.setAttribute("aria-label", `Traces of v and w against time, from 0 to ${scene.state.horizon}.`);
  }

  describePlane({ state, equilibrium, regime }) {
    return (
      `Phase plane for current ${format(state.I, 2)} (${regime}): the cubic v-nullcline, the straight w-nullcline, ` +
      `their crossing at v = ${format(equilibrium.v, 2)}, w = ${format(equilibrium.w, 2)} ` +
      `(${equilibrium.stable ? "stable" : "unstable"} ${equilibrium.kind}), and the trajectory from the initial state.`
    );
  }

  summary({ state, equilibrium, regime, divergedAt, spikes, error }) {
    const { stable, kind, v, w } = equilibrium;
    const first = regime[0].toUpperCase() + regime.slice(1);
    const method = `${METHOD_NAMES[state.integrator]}, dt = ${format(state.dt, 2)}: `;
    const run =
      divergedAt !== null
        ? `${method}diverged at t = ${format(divergedAt, 2)}.`
        : `${method}${spikes.length} spike${spikes.length === 1 ? "" : "s"} until t = ${state.horizon}${periodOf(spikes)}; ` +
          `${significant(error)} from the exact solution (thin line).`;
    return [
      h("strong", {}, `${first}.`),
      ` Equilibrium at v = ${format(v, 2)}, w = ${format(w, 2)}: ${stable ? "stable" : "unstable"} ${kind}. ${run}`,
    ];
  }
}

function drawNullclines(panel, I, colours) {
  const [low, high] = V_DOMAIN;
  const vs = Array.from({ length: 81 }, (_, i) => low + ((high - low) * i) / 80);
  panel.curve(
    vs,
    vs.map((v) => fhn.vNullcline(v, I)),
    { colour: colours.vNullcline, width: 1.75 },
  );
  panel.curve([low, high], [low, high].map(fhn.wNullcline), { colour: colours.wNullcline, width: 1.75 });
  // Labelled on the curves themselves, where the panel always shows them.
  const top = vs.find((v) => fhn.vNullcline(v, I) < W_DOMAIN[1] - 0.3) ?? low;
  panel.text("v̇ = 0", panel.x(top) + 12, panel.y(Math.min(W_DOMAIN[1] - 0.3, fhn.vNullcline(top, I))), {
    colour: colours.vNullcline,
    halo: colours.halo,
  });
  const bottom = W_DOMAIN[0] + 0.35;
  panel.text("ẇ = 0", panel.x(bottom * fhn.B - fhn.A) + 12, panel.y(bottom) + 3, {
    colour: colours.wNullcline,
    halo: colours.halo,
  });
}

/** The point that moves along the trajectory, in the plane and on the traces. */
const mover = (colours) => ({ colour: colours.trajectory, halo: colours.halo, radius: 6.5, filled: true });

/** A computed trajectory; where its steps can be told apart, each is a dot. */
function drawRun(panel, xs, ys, colours, { faint, steps }) {
  const style = { colour: colours.trajectory, alpha: faint ? 0.3 : 1 };
  panel.curve(xs, ys, { ...style, width: steps ? 1.25 : 2.25 });
  if (steps) panel.dots(xs, ys, { ...style, radius: 2.2 });
}

/** Largest distance in v between a run and the reference, at the run's own times. */
function largestError(run, reference) {
  let worst = 0;
  for (let i = 0; i < run.t.length; i += 1) {
    const place = run.t[i] / REFERENCE_DT;
    const below = Math.min(reference.v.length - 2, Math.floor(place));
    const share = place - below;
    if (share > 1 + 1e-9) break; // beyond the reference's end
    const exact = reference.v[below] * (1 - share) + reference.v[below + 1] * share;
    worst = Math.max(worst, Math.abs(run.v[i] - exact));
  }
  return worst;
}

function periodOf(spikes) {
  if (spikes.length < 2) return "";
  return `, the last two ${format(spikes.at(-1) - spikes.at(-2), 1)} apart`;
}

function significant(error) {
  if (error < 1e-4) return "less than 0.0001";
  return `at most ${error >= 0.01 ? format(error, 2) : Number(error.toPrecision(1))}`;
}
