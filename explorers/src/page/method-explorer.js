// MethodExplorer: a network, a polynomial and the neuron's own equations with fitted constants, as they came out
// of data with more or less noise.

import { h } from "../drawing/dom.js";
import { format } from "../drawing/scale.js";
import { ComparisonExplorer, TRAINED } from "./comparison-explorer.js";
import { select } from "./controls.js";
import { spec } from "./spec.js";

// Each from the package that has it already.
const NETWORKS = {
  best_recipe: { title: "Neural ODE, better recipe", kind: "integration", package: "driven" },
  neural_ode: { title: "Neural ODE, article's recipe", kind: "integration", package: "seed" },
  discrete_rnn: { title: "Discrete RNN, article's recipe", kind: "iteration", package: "seed" },
};
const amount = (noise) => (noise === 0 ? "without noise" : `with noise ${noise}`);

export class MethodExplorer extends ComparisonExplorer {
  constructor(el, state, options) {
    super(el, spec.method, state, options);
  }

  get models() {
    const { title, kind } = NETWORKS[this.state.network];
    return {
      network: { name: "Network", title, kind, dash: [] },
      polynomial: { name: "Cubic polynomial", kind: "integration", dash: [7, 4] },
      parameters: { name: "Parameters a, b, τ", kind: "integration", dash: [2, 4] },
    };
  }

  packageKeys({ network, seed }) {
    return [`${NETWORKS[network].package}-${seed}`, `methods-${seed}`];
  }

  pick([networks, fits], { network, noise }) {
    return {
      network: networks?.[network],
      polynomial: fits?.[`refined-${noise}`],
      parameters: fits?.[`several_guesses-${noise}`],
    };
  }

  picked(state) {
    return `${super.picked(state)} ${state.network} ${state.noise}`;
  }

  clock({ n_steps: steps }) {
    return { dt: TRAINED.dt, steps };
  }

  origin(variant, model, { noise }) {
    if (variant === "network") return "learned without noise";
    if (variant === "polynomial") return `${model.used} terms, fitted ${amount(noise)}`;
    const { a, b, tau } = model.parameters;
    return `${format(a, 3)}, ${format(b, 3)}, ${format(tau, 2)}, fitted ${amount(noise)}`;
  }

  buildControls() {
    const { fields } = this.spec;
    const change = (changes) => this.set(changes);
    const noises = fields.noise.choices.map((noise) => [String(noise), noise === 0 ? "none" : String(noise)]);
    const networks = fields.network.choices.map((name) => [name, NETWORKS[name].title]);
    return [
      this.currentSlider(),
      this.stepsSlider(),
      h(
        "div",
        { class: "nx-row nx-beside" },
        this.adopt(select("noise", ["Noise in the data"], noises, change)),
        this.adopt(this.seedSelect()),
      ),
      h(
        "div",
        { class: "nx-row nx-beside" },
        this.adopt(select("network", ["Network"], networks, change)),
        this.startNumbers(),
      ),
    ];
  }

  setting({ I, n_steps: steps, noise, seed }) {
    return (
      `Current ${format(I, 2)}, ${steps} steps of ${format(TRAINED.dt, 1)}, seed ${seed}; polynomial and parameters ` +
      `fitted to data ${amount(noise)}, the network trained without.`
    );
  }
}
