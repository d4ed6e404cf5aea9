"""The neuron beside a network that learned from its voltage alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neurode_lib._checks import FloatArray
from neurode_lib.explorers._spec import field_trait
from neurode_lib.explorers._still import BLUE, Panel, picture
from neurode_lib.explorers.weighted import WeightedExplorer, learned_path
from neurode_lib.fitzhugh_nagumo import DT, simulate
from neurode_lib.study.voltage_only import LOOK, TRAINED, fit_start, load_voltage_model

Follow = Callable[[FloatArray, float], FloatArray]

# The same in explorers/src/page/hidden-explorer.js.
STEPS, SWITCH = 320, 160
_V, _W, _H = (-2.5, 2.5), (-1.3, 2.3), (-2.5, 2.5)


class HiddenExplorer(WeightedExplorer):
    """The neuron's v and w beside the v and the hidden coordinate h of a network.

    The network has learned from v alone. It is shown the first ten steps of v; the start (v, h)
    that explains them best is where its forecast begins. At t = 80 the current may step to another
    value. All quantities are dimensionless.

    Parameters
    ----------
    I, I_after : float
        Input current until t = 80 and after, from 0 to 0.8.
    v0, w0 : float
        Initial state of the neuron.
    data : {"hidden", "hidden_noise", "hidden_driven"}
        What the network learned from: v at two constant currents, the same with noise of standard
        deviation 0.05, or v under noise currents.
    seed : int
        Which of the study's seeds, from 0 to 2.
    presets : list of str
        Among "firing", "resting", "between", "noisy", "step", "step-learned".
    link_name : str
        Name by which links in the page find this figure.

    Raises
    ------
    traitlets.TraitError
        If a value is not allowed.
    """

    _kind = "hidden"

    I = field_trait(_kind, "I")
    I_after = field_trait(_kind, "I_after")
    v0 = field_trait(_kind, "v0")
    w0 = field_trait(_kind, "w0")
    data = field_trait(_kind, "data")
    seed = field_trait(_kind, "seed")

    def paths(self) -> tuple[FloatArray, FloatArray]:
        """The neuron's trajectory (v, w) and the network's (v, h), of shape (321, 2) each."""
        model = load_voltage_model(self.data, self.seed).double()

        def neuron(start: FloatArray, current: float) -> FloatArray:
            return simulate(start, current, SWITCH, DT)

        def network(start: FloatArray, current: float) -> FloatArray:
            return learned_path(model, start, current, DT * np.arange(SWITCH + 1))

        truth = self._switched(neuron, np.array([self.v0, self.w0]))
        start = fit_start(model, truth[None, : LOOK + 1, 0], self.I)[0]
        return truth, self._switched(network, start)

    def _switched(self, follow: Follow, start: FloatArray) -> FloatArray:
        first = follow(start, self.I)
        if not np.isfinite(first[-1]).all():
            return first
        return np.concatenate([first, follow(first[-1], self.I_after)[1:]])

    def still(self) -> str:
        """Two phase planes and the traces of `v` as SVG."""
        truth, model = self.paths()
        t = DT * np.arange(STEPS + 1)
        plane = Panel((30, 8, 280, 225), _V, _W)
        plane.curve(truth[:, 0], truth[:, 1], "currentColor", width=3.5)
        learned = Panel((350, 8, 280, 225), _V, _H)
        learned.curve(model[:, 0], model[:, 1], BLUE)
        trace = Panel((30, 265, 600, 125), (0.0, float(t[-1])), _V)
        trace.curve(t, truth[:, 0], "currentColor", width=3.5)
        trace.curve(t[: len(model)], model[:, 0], BLUE)
        description = (
            f"The neuron and a network ({TRAINED[self.data].title}, seed {self.seed}) at "
            f"I = {self.I:.2f}, then {self.I_after:.2f}: left the neuron's v and w, right the "
            "network's v and its hidden coordinate h, below v of both against time."
        )
        panels = [(plane, "v", "w · neuron"), (learned, "v", "h · network"), (trace, "t", "v")]
        return picture(panels, (640, 420), description)
