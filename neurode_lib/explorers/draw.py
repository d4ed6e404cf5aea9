"""A current that the reader draws, and what the neuron and two learned models make of it."""

from __future__ import annotations

import numpy as np

from neurode_lib.explorers._spec import SPEC, field_trait
from neurode_lib.explorers._still import GREEN, ORANGE, Panel, picture
from neurode_lib.explorers.weighted import WeightedExplorer, learned_path
from neurode_lib.fitzhugh_nagumo import DT, TRAINED_CURRENTS, simulate
from neurode_lib.inputs import Input, sampled
from neurode_lib.phase_plane import equilibria
from neurode_lib.study.driven import load_driven_model

# The same in explorers/src/neuron/currents.js.
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LEVEL, SPACING = 0.01, 4.0
_N_LETTERS = SPEC["draw"]["fields"]["drawn"]["letters"]
_END = SPACING * (_N_LETTERS - 1)
_V, _I = (-2.6, 2.6), (0.0, LEVEL * (len(LETTERS) - 1))
_MODELS = {"best_recipe": GREEN, "noise_currents": ORANGE}


class DrawCurrentExplorer(WeightedExplorer):
    """A current against time, drawn by the reader; neuron and networks answer at once.

    All start from the neuron's rest at I = 0.2, and run in steps of 0.5 until t = 200. The networks
    are the best recipe's, trained at two constant currents, and a small one trained on noise
    currents. All quantities are dimensionless.

    Parameters
    ----------
    drawn : str
        The current: straight lines between 51 knots, 4 units of time apart. Each letter stands for
        a value, from 0 ("0") in steps of 0.01 to 0.61 ("z"): digits, capitals, small letters.
    seed : int
        Which of the study's seeds, from 0 to 9.
    presets : list of str
        Among "step", "pulses", "ramp", "noise", "constant".
    link_name : str
        Name by which links in the page find this figure.

    Raises
    ------
    traitlets.TraitError
        If a value is not allowed.
    """

    _kind = "draw"

    drawn = field_trait(_kind, "drawn")
    seed = field_trait(_kind, "seed")

    def current(self) -> Input:
        """The drawn current as an input."""
        levels = LEVEL * np.array([LETTERS.index(letter) for letter in self.drawn])
        return sampled(SPACING * np.arange(_N_LETTERS), levels)

    def still(self) -> str:
        """The current, and the traces of `v`, as SVG."""
        current, t = self.current(), DT * np.arange(round(_END / DT) + 1)
        rest = equilibria(TRAINED_CURRENTS[0])[0]
        start = np.array([[rest.v, rest.w]])
        paper = Panel((30, 8, 600, 90), (0.0, _END), _I)
        paper.curve(t[::8], current(t[::8]), "currentColor")
        trace = Panel((30, 125, 600, 150), (0.0, _END), _V)
        trace.curve(t, simulate(start, current, len(t) - 1)[0, :, 0], "currentColor", width=3.5)
        for name, colour in _MODELS.items():
            path = learned_path(load_driven_model(name, self.seed), start[0], current, t)
            trace.curve(t, path[:, 0], colour)
        description = (
            "A current that changes in time, and the voltage with which the neuron, a Neural ODE "
            "trained at two constant currents and one trained on noise currents answer it, until "
            f"t = {_END:g}."
        )
        return picture([(paper, "", "I"), (trace, "t", "v")], (640, 300), description)
