// ModelExplorer: the truth and three learned models side by side, from the study's weights.

import { h } from "../drawing/dom.js";
import { format } from "../drawing/scale.js";
import { OWN } from "../network/library.js";
import { ComparisonExplorer, TRAINED } from "./comparison-explorer.js";
import { slider, variable } from "./controls.js";
import { spec } from "./spec.js";

export class ModelExplorer extends ComparisonExplorer {
  constructor(el, state, options) {
    super(el, spec.model, state, options);
    this.unwatchOwn = options.library.watch(() => this.showOwn());
  }

  /** Show what the reader trained in this page: one choice more than the study's seeds. */
  showOwn() {
    const { fields } = this.spec;
    const choices = [...new Set([...fields.seed.choices, OWN])];
    this.spec = { ...this.spec, fields: { ...fields, seed: { ...fields.seed, choices } } };
    this.seeds.offer(OWN, OWN);
    this.fields = null; // those of an earlier network of the reader's
    this.stale = true;
    this.invalidate();
    this.set({ seed: OWN });
  }

  destroy() {
    this.unwatchOwn();
    super.destroy();
  }

  get models() {
    return {
      neural_ode: { name: "Neural ODE", kind: "integration", dash: [] },
      discrete_rnn: { name: "Discrete RNN", kind: "iteration", dash: [7, 4] },
      time_input: { name: "With time input", kind: "integration", dash: [2, 4] },
    };
  }

  packageKeys({ seed }) {
    return [seed === OWN ? OWN : `seed-${seed}`];
  }

  clock({ dt, n_steps: steps }) {
    return { dt, steps };
  }

  buildControls() {
    this.seeds = this.seedSelect();
    return [
      this.currentSlider(),
      slider("dt", ["Step ", variable("dt")], this.spec.fields.dt, (changes) => this.set(changes), {
        digits: 2,
        marks: [{ value: TRAINED.dt, text: "trained" }],
      }),
      this.stepsSlider(),
      h("div", { class: "nx-row nx-beside" }, this.adopt(this.seeds), this.startNumbers()),
    ];
  }

  setting({ I, dt, n_steps: steps, seed }) {
    const whose = seed === OWN ? "trained in this page" : `seed ${seed}`;
    return `Current ${format(I, 2)}, ${steps} steps of ${format(dt, 2)}, ${whose}.`;
  }
}
