// TrainingExplorer: scrub through the updates of one training, from zero and from the default start.

import { h } from "../drawing/dom.js";
import { format } from "../drawing/scale.js";
import { ComparisonExplorer, TRAINED } from "./comparison-explorer.js";
import { choiceSlider } from "./controls.js";
import { spec } from "./spec.js";

const PLAY_PAUSE = 700; // ms on each stage

export class TrainingExplorer extends ComparisonExplorer {
  constructor(el, state, options) {
    super(el, spec.training, state, options);
    // Scrubbing should not wait: once the reader comes near, fetch the other stages.
    const prefetch = () => {
      for (const update of this.spec.fields.update.choices) {
        const [key] = this.packageKeys({ update });
        this.options.library.load(key).catch(() => {}); // told when it is asked for
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

  packageKeys({ update }) {
    return [`update-${update}`];
  }

  clock() {
    return { dt: TRAINED.dt, steps: TRAINED.steps };
  }

  buildControls() {
    const { choices } = this.spec.fields.update;
    this.playButton = h("button", { type: "button", "data-action": "play", onclick: () => this.play() }, "Play");
    return [
      choiceSlider("update", ["Updates of training"], choices, (changes) => this.set(changes)),
      this.currentSlider(),
      h("div", { class: "nx-row" }, this.playButton, this.startNumbers()),
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
