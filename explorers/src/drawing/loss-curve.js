// Loss and held-out error against updates, on a logarithmic scale.
import { h } from "./dom.js";
import { Panel, surface } from "./plot.js";

const DIGITS = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const power = (exponent) => `10${exponent < 0 ? "⁻" : ""}${DIGITS[Math.abs(exponent)]}`;
const FLOOR = 1e-9;
const log = (value) => Math.log10(Math.max(value, FLOOR));

export class LossCurve {
  constructor(canvas, goal) {
    this.canvas = canvas;
    this.goal = goal;
    this.title = h(
      "p",
      { class: "nx-titles" },
      h("span", { class: "nx-title nx-loss" }, "Window loss"),
      h("span", { class: "nx-title nx-held-out" }, "Held-out error"),
    );
  }

  /** @param run with `losses` and `errors`; see training/worker-client.js */
  draw({ losses, errors }, updates, colours) {
    const { ctx, width, height } = surface(this.canvas);
    const seen = [this.goal, ...losses, ...errors.map(([, error]) => error)].filter(Number.isFinite);
    const [low, high] = seen.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [1e-4, 1]);
    const domain = [Math.floor(log(low)), Math.ceil(log(high) + 0.15)];
    const panel = new Panel(ctx, { left: 36, top: 6, right: width - 13, bottom: height - 22 }, [0, updates], domain);
    panel.clipped(() => {
      const goal = log(this.goal);
      panel.curve([0, updates], [goal, goal], { colour: colours.ink, width: 1, alpha: 0.6, dash: [5, 4] });
      panel.curve(
        losses.map((_, i) => i),
        losses.map(log),
        { colour: colours.losses, width: 1 },
      );
      panel.curve(
        errors.map(([update]) => update),
        errors.map(([, error]) => log(error)),
        { colour: colours.yours, width: 2.25 },
      );
    });
    const hasRoom = panel.box.right - panel.box.left > 100;
    panel.text(
      hasRoom ? `${this.goal}, the article's` : String(this.goal),
      panel.box.right - 4,
      panel.y(log(this.goal)) - 9,
      {
        colour: colours.ink,
        halo: colours.halo,
        size: 11,
        align: "right",
        maths: false,
      },
    );
    panel.axes(colours, { xLabel: "", yLabel: "", xTicks: 4, yTicks: domain[1] - domain[0], yText: power });
  }
}
