// Motion in a picture: a clock that a button starts and stops, and particles that a field carries.

import { h } from "../drawing/dom.js";

const SPEED = 8; // units of the neuron's time in a second
const LONGEST_FRAME = 0.1; // s; after a pause of the page the flow goes on where it was
const STEP = 0.1;
const PARTICLES = 150;
const LIFETIME = [2, 12]; // units of the neuron's time
const STREAK = 0.35; // a particle shows the way that it comes in this time

export class Motion {
  /** @param redraw asks for the next frame. A reader who wants less motion gets no button. */
  constructor(redraw) {
    this.redraw = redraw;
    this.playing = false;
    this.time = 0;
    this.particles = new Particles();
    const reduced = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;
    this.button = h("button", { type: "button", "data-action": "play", hidden: reduced, onclick: () => this.toggle() });
    this.label();
  }

  toggle() {
    this.playing = !this.playing;
    this.last = null;
    this.label();
    this.redraw();
  }

  label() {
    this.button.textContent = this.playing ? "Pause" : "Play";
    this.button.setAttribute("aria-label", this.playing ? "Pause the motion" : "Play: let the flow move");
  }

  get begun() {
    return this.playing || this.time > 0;
  }

  /** Go on by the time since the last frame; after `end` the clock starts again. */
  advance(field, domain, end) {
    if (!this.playing) return;
    const now = performance.now() / 1000;
    const elapsed = SPEED * Math.min(LONGEST_FRAME, now - (this.last ?? now));
    this.last = now;
    this.time = (this.time + elapsed) % end;
    this.particles.advance(field, domain, elapsed);
    this.redraw();
  }
}

class Particles {
  constructor() {
    this.all = Array.from({ length: PARTICLES }, () => ({ v: 0, w: 0, left: 0 }));
  }

  advance(field, { v: vs, w: ws }, elapsed) {
    const out = new Float64Array(2);
    const within = ([low, high]) => low + (high - low) * Math.random();
    for (const one of this.all) {
      one.left -= elapsed;
      if (!(one.left > 0) || one.v < vs[0] || one.v > vs[1]) {
        Object.assign(one, { v: within(vs), w: within(ws), left: within(LIFETIME) });
      }
      for (let rest = elapsed; rest > 0; rest -= STEP) {
        const step = Math.min(rest, STEP);
        field(0, one.v, one.w, out);
        field(0, one.v + (step / 2) * out[0], one.w + (step / 2) * out[1], out);
        one.v += step * out[0];
        one.w += step * out[1];
      }
    }
  }

  draw({ ctx, x, y }, field, colour) {
    const out = new Float64Array(2);
    ctx.save();
    ctx.strokeStyle = colour;
    ctx.globalAlpha = 0.75;
    ctx.lineWidth = 1.6;
    ctx.lineCap = "round";
    ctx.beginPath();
    for (const { v, w } of this.all) {
      field(0, v, w, out);
      ctx.moveTo(x(v - STREAK * out[0]), y(w - STREAK * out[1]));
      ctx.lineTo(x(v), y(w));
    }
    ctx.stroke();
    ctx.restore();
  }
}

/** The state of a run { t, v, w } at a time, on the straight line between its samples. */
export function stateAt({ t, v, w }, time) {
  const above = t.findIndex((one) => one >= time);
  if (above < 0) return null;
  const below = Math.max(0, above - 1);
  const share = above > below ? (time - t[below]) / (t[above] - t[below]) : 0;
  return { v: v[below] + share * (v[above] - v[below]), w: w[below] + share * (w[above] - w[below]) };
}
