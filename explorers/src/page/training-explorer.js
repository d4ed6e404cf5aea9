// TrainingExplorer: scrub through the updates of one training, from zero and from the default start.

import { h } from "../drawing/dom.js";
import { format } from "../drawing/scale.js";
import * as fhn from "../neuron/fitzhugh-nagumo.js";
import { ComparisonExplorer, TRAINED } from "./comparison-explorer.js";
import { choiceSlider, number, regimeBands, slider, subscripted, variable } from "./controls.js";
import { spec } from "./spec.js";

const PLAY_PAUSE = 700; // ms on each stage

export class TrainingExplorer extends ComparisonExplorer {
  constructor(el, state, options) {
    super(el, spec.training, state, options);
    // Scrubbing should not wait: once the reader comes near, fetch the other stages.
    const prefetch = () => {
      for (const update of this.spec.fields.update.choices) {
        this.options.library.load(this.packageKey({ update })).catch(() => {}); // told when it is asked for
      }
    };
    el.addEventListener("pointerenter", prefetch, { once: true });
    el.addEventListener("focusin", prefetch, { once: true });
  }

  get models() {
    return {
      neural_ode: { name: "Last layer zero at first", kind: "integration", dash: [] },
      default_init: { name: "Default initialisation", kind: "integration", dash: [7, 4] },
    };
  }

  packageKey({ update }) {
    return `update-${update}`;
  }

  clock() {
    return { dt: TRAINED.dt, steps: TRAINED.steps };
  }

  buildControls() {
    const { fields } = this.spec;
    const change = (changes) => this.set(changes);
    const [lower, upper] = fhn.hopfCurrents();
    this.playButton = h("button", { type: "button", "data-action": "play", onclick: () => this.play() }, "Play");
    return [
      choiceSlider("update", ["Updates of training"], fields.update.choices, change),
      slider(
        "I",
        ["Current ", variable("I"), h("small", {}, ` trained at ${TRAINED.currents.join(" and ")}`)],
        fields.I,
        change,
        {
          digits: 2,
          bands: regimeBands(fields.I, lower, upper),
          marks: TRAINED.currents.map((value) => ({ value })),
          describe: ({ I }) => `${format(I, 2)}, ${fhn.regime(I)}`,
        },
      ),
      h(
        "div",
        { class: "nx-row" },
        this.playButton,
        h(
          "span",
          { class: "nx-pair" },
          this.adopt(number("v0", [subscripted("v", "0")], fields.v0, change)),
          this.adopt(number("w0", [subscripted("w", "0")], fields.w0, change)),
        ),
      ),
    ];
  }

  /** Step through the stages, from the first if at the last; a second press stops. */
  play() {
    if (this.playing) {
      this.stop();
      return;
    }
    const { choices } = this.spec.fields.update;
    if (this.state.update === choices.at(-1)) this.set({ update: choices[0] });
    this.playButton.textContent = "Stop";
    this.playing = setInterval(() => {
      const next = choices[choices.indexOf(this.state.update) + 1];
      if (next === undefined) this.stop();
      else this.set({ update: next });
    }, PLAY_PAUSE);
  }

  stop() {
    clearInterval(this.playing);
    this.playing = 0;
    this.playButton.textContent = "Play";
  }

  setting({ I, update }) {
    return `After ${update} updates, at current ${format(I, 2)}.`;
  }

  destroy() {
    this.stop();
    super.destroy();
  }
}
