// ModelExplorer: the truth and three learned models side by side, from the study's weights.

import { h } from "../drawing/dom.js";
import { format } from "../drawing/scale.js";
import { OWN } from "../network/library.js";
import * as fhn from "../neuron/fitzhugh-nagumo.js";
import { ComparisonExplorer, TRAINED } from "./comparison-explorer.js";
import { number, regimeBands, select, slider, subscripted, variable } from "./controls.js";
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

  packageKey({ seed }) {
    return seed === OWN ? OWN : `seed-${seed}`;
  }

  clock({ dt, n_steps: steps }) {
    return { dt, steps };
  }

  buildControls() {
    const { fields } = this.spec;
    const change = (changes) => this.set(changes);
    const [lower, upper] = fhn.hopfCurrents();
    this.seeds = select(
      "seed",
      ["Seed"],
      fields.seed.choices.map((seed) => [String(seed), String(seed)]),
      change,
    );
    return [
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
      slider("dt", ["Step ", variable("dt")], fields.dt, change, {
        digits: 2,
        marks: [{ value: TRAINED.dt, text: "trained" }],
      }),
      slider("n_steps", ["Steps"], fields.n_steps, change, { marks: [{ value: TRAINED.steps, text: "trained" }] }),
      h(
        "div",
        { class: "nx-row nx-beside" },
        this.adopt(this.seeds),
        h(
          "span",
          { class: "nx-pair" },
          this.adopt(number("v0", [subscripted("v", "0")], fields.v0, change)),
          this.adopt(number("w0", [subscripted("w", "0")], fields.w0, change)),
        ),
      ),
    ];
  }

  setting({ I, dt, n_steps: steps, seed }) {
    const whose = seed === OWN ? "trained in this page" : `seed ${seed}`;
    return `Current ${format(I, 2)}, ${steps} steps of ${format(dt, 2)}, ${whose}.`;
  }
}
