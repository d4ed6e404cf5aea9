"""A network, a polynomial and fitted parameters, after data with more or less noise."""

from __future__ import annotations

import numpy as np

from neurode_lib._checks import FloatArray
from neurode_lib.explorers._spec import field_trait
from neurode_lib.explorers._still import BLUE, PURPLE, VERMILLION, Forecast, comparison
from neurode_lib.explorers.weighted import WeightedExplorer, learned_path
from neurode_lib.fitzhugh_nagumo import DT, simulate
from neurode_lib.methods import Problem, load_methods
from neurode_lib.methods.stacks import ParameterFields, PolynomialFields
from neurode_lib.phase_plane import regime
from neurode_lib.study.pretrained import load_pretrained

_MODELS = {
    "network": ("network", BLUE),
    "polynomial": ("polynomial", PURPLE),
    "parameters": ("a, b, τ", VERMILLION),
}


class MethodExplorer(WeightedExplorer):
    """A network, a cubic polynomial and fitted parameters against the true neuron.

    Polynomial and parameters are the comparison's: coefficients of all cubic monomials fitted
    through the integrator, and (a, b, tau) by single shooting from four guesses, each to the
    chosen data set with the chosen noise. The networks are the study's, which were trained on the
    same data set without noise. All compute in the reader's browser. All quantities are
    dimensionless.

    Parameters
    ----------
    I : float
        Input current, from 0 to 1.6; the data are of 0.2 and 0.5.
    n_steps : int
        Number of steps of 0.5, from 10 to 400; the data have 80.
    v0, w0 : float
        Initial state.
    noise : {0, 0.02, 0.05, 0.2}
        Standard deviation of the noise in the data of polynomial and parameters.
    network : {"best_recipe", "neural_ode", "discrete_rnn"}
        Which network to show: the Neural ODE of the better recipe or of the article's, or the
        article's discrete RNN.
    seed : int
        Which data set, from 0 to 9.
    presets : list of str
        Among "clean", "noisy", "very-noisy", "resting", "outside".
    link_name : str
        Name by which links in the page find this figure.

    Raises
    ------
    traitlets.TraitError
        If a value is not allowed.
    """

    _kind = "method"

    I = field_trait(_kind, "I")
    n_steps = field_trait(_kind, "n_steps")
    v0 = field_trait(_kind, "v0")
    w0 = field_trait(_kind, "w0")
    noise = field_trait(_kind, "noise")
    network = field_trait(_kind, "network")
    seed = field_trait(_kind, "seed")

    def paths(self) -> dict[str, FloatArray]:
        """What the figure shows: trajectories of shape (n_steps + 1, 2), the neuron's as "truth".

        Those of a model that diverges are not finite from there on.
        """
        start = np.array([self.v0, self.w0])
        measured = load_methods()

        def fitted(method: str) -> FloatArray:
            row = measured.row(Problem(noise_std=self.noise).name, method)
            return np.array([row["constants"][row["seeds"].index(self.seed)]])

        drive = np.full((self.n_steps, 1), self.I)
        stacks = {
            "polynomial": PolynomialFields(fitted("refined")),
            "parameters": ParameterFields(fitted("several_guesses")),
        }
        network = load_pretrained(self.network, self.seed)
        return {
            "truth": simulate(start, self.I, self.n_steps, DT),
            "network": learned_path(network, start, self.I, DT * np.arange(self.n_steps + 1)),
            **{
                name: stack.forecast(start[None], drive, DT)[0, 0] for name, stack in stacks.items()
            },
        }

    def still(self) -> str:
        """Three phase planes and the traces of `v` as SVG."""
        paths = self.paths()
        truth = paths["truth"]
        t = DT * np.arange(len(truth))
        forecasts = [Forecast(name, colour, paths[key]) for key, (name, colour) in _MODELS.items()]
        description = (
            "A network trained without noise, a polynomial and parameters fitted to data with "
            f"noise {self.noise:g}, and the true neuron at I = {self.I:.2f} ({regime(self.I)}), "
            f"{self.n_steps} steps of {DT:g} from v = {self.v0:.2f}, w = {self.w0:.2f}: "
            "their trajectories in the phase plane, and v against time."
        )
        return comparison(t, truth, forecasts, description)
