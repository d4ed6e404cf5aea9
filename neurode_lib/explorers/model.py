"""The truth and three learned models side by side."""

from __future__ import annotations

import numpy as np

from neurode_lib.explorers._spec import field_trait
from neurode_lib.explorers._still import BLUE, PURPLE, VERMILLION, Forecast, comparison
from neurode_lib.explorers.packages import MODEL_VARIANTS
from neurode_lib.explorers.weighted import WeightedExplorer, learned_path
from neurode_lib.fitzhugh_nagumo import simulate
from neurode_lib.phase_plane import regime
from neurode_lib.study.pretrained import load_pretrained

_COLOURS = dict(zip(MODEL_VARIANTS, (BLUE, VERMILLION, PURPLE), strict=True))
_NAMES = dict(zip(MODEL_VARIANTS, ("Neural ODE", "Discrete RNN", "with time input"), strict=True))


class ModelExplorer(WeightedExplorer):
    """Neural ODE, discrete RNN and Neural ODE with time input against the true neuron.

    The networks are the study's; they run in the reader's browser. The discrete RNN takes one
    step per interval whatever ``dt`` is. Each learned arrow is coloured by its angle to the true
    one. Cosine similarity is the study's, over the same grid; the mean squared error is that of
    the trajectory shown. All quantities are dimensionless.

    Parameters
    ----------
    I : float
        Input current, from 0 to 1.6; the networks were trained at 0.2 and 0.5.
    dt : float
        Time between two samples, from 0.1 to 1.5; trained at 0.5.
    n_steps : int
        Number of steps, from 10 to 400; trained over 80.
    v0, w0 : float
        Initial state.
    seed : int
        Which of the study's seeds, from 0 to 9.
    presets : list of str
        Among "trained", "resting", "beyond", "half-step", "double-step", "between", "outside".
    link_name : str
        Name by which links in the page find this figure.

    Raises
    ------
    traitlets.TraitError
        If a value is outside its range.
    """

    _kind = "model"

    I = field_trait(_kind, "I")
    dt = field_trait(_kind, "dt")
    n_steps = field_trait(_kind, "n_steps")
    v0 = field_trait(_kind, "v0")
    w0 = field_trait(_kind, "w0")
    seed = field_trait(_kind, "seed")

    def still(self) -> str:
        """Three phase planes and the traces of `v` as SVG."""
        start = np.array([self.v0, self.w0])
        t = self.dt * np.arange(self.n_steps + 1)
        truth = simulate(start, self.I, self.n_steps, self.dt)
        forecasts = [
            Forecast(
                _NAMES[variant],
                _COLOURS[variant],
                learned_path(load_pretrained(variant, self.seed), start, self.I, t),
            )
            for variant in MODEL_VARIANTS
        ]
        description = (
            f"Three learned models and the true neuron at I = {self.I:.2f} ({regime(self.I)}), "
            f"{self.n_steps} steps of {self.dt:g} from v = {self.v0:.2f}, w = {self.w0:.2f}: "
            "their trajectories in the phase plane, and v against time."
        )
        return comparison(t, truth, forecasts, description)
