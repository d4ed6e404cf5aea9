"""A training watched update by update."""

from __future__ import annotations

import numpy as np

from neurode_lib.explorers._spec import field_trait
from neurode_lib.explorers._still import BLUE, GREEN, Forecast, comparison
from neurode_lib.explorers.weighted import WeightedExplorer, learned_path
from neurode_lib.fitzhugh_nagumo import DT, TRAINED_STEPS, simulate
from neurode_lib.phase_plane import regime
from neurode_lib.study.pretrained import load_snapshot

_VARIANTS = {"neural_ode": ("zero at first", BLUE), "default_init": ("default", GREEN)}


class TrainingExplorer(WeightedExplorer):
    """The same network trained from a zero last layer and from PyTorch's default start.

    The networks are the study's for seed 0, kept in half precision after each of a dozen numbers
    of updates; they run in the reader's browser. All quantities are dimensionless.

    Parameters
    ----------
    update : int
        Updates of training so far, one of ``neurode_lib.study.variants.SNAPSHOT_UPDATES``.
    I : float
        Input current, from 0 to 1.6; the networks were trained at 0.2 and 0.5.
    v0, w0 : float
        Initial state.
    presets : list of str
        Among "start", "early", "middle", "end".
    link_name : str
        Name by which links in the page find this figure.

    Raises
    ------
    traitlets.TraitError
        If a value is outside its range.
    """

    _kind = "training"

    update = field_trait(_kind, "update")
    I = field_trait(_kind, "I")
    v0 = field_trait(_kind, "v0")
    w0 = field_trait(_kind, "w0")

    def still(self) -> str:
        """Two phase planes and the traces of `v` as SVG."""
        start = np.array([self.v0, self.w0])
        t = DT * np.arange(TRAINED_STEPS + 1)
        truth = simulate(start, self.I, TRAINED_STEPS, DT)
        forecasts = [
            Forecast(
                name,
                colour,
                learned_path(load_snapshot(variant, self.update), start, self.I, t),
            )
            for variant, (name, colour) in _VARIANTS.items()
        ]
        description = (
            f"A Neural ODE after {self.update} updates, from a zero last layer and from the "
            f"default start, beside the true neuron at I = {self.I:.2f} ({regime(self.I)}): "
            "trajectories in the phase plane, and v against time."
        )
        return comparison(t, truth, forecasts, description)
