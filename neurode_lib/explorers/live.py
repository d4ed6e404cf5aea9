"""Training in the page, without a kernel."""

from __future__ import annotations

import numpy as np

from neurode_lib.explorers._spec import SPEC, field_trait
from neurode_lib.explorers._still import Panel, picture
from neurode_lib.explorers.trains import TrainsInThePage
from neurode_lib.explorers.weighted import WeightedExplorer
from neurode_lib.fitzhugh_nagumo import DT, TRAINED_STEPS, simulate
from neurode_lib.phase_plane import regime
from neurode_lib.training.recipe import Recipe

_V, _W = (-2.5, 2.5), (-1.3, 2.3)


class LiveTrainingExplorer(TrainsInThePage, WeightedExplorer):
    """Train a network in the browser and watch its vector field grow.

    Data, gradients and updates are the reader's browser's own (JavaScript in a web worker); the
    recipe is that of :class:`~neurode_lib.training.Recipe`. The same settings and seed give the
    same run, bit by bit, in the same browser. Where the browser refuses to start a worker, the
    recorded training of :class:`TrainingExplorer` takes its place. All quantities are
    dimensionless.

    Parameters
    ----------
    kind : {"neural_ode", "discrete_rnn"}
        What is trained.
    init : {"zero", "default"}
        How the last layer starts.
    time_input : bool
        Whether a Neural ODE sees `t`; a discrete RNN has no time input.
    trajectories : int
        How many are in the training data: 1, 2, 3, 5, 10, 20, 40 or 80.
    noise : float
        Standard deviation of the noise on them, from 0 to 0.5.
    I_first, I_second : float
        Input currents of the data, from 0 to 1.6; each trajectory has one of the two.
    window : int
        Steps of one prediction: 1, 2, 5, 10, 20, 40 or 80.
    hidden : int
        Width of both hidden layers: 16, 32, 64 or 128.
    lr : float
        Learning rate at the start: 0.001, 0.003, 0.01, 0.03 or 0.1.
    updates : int
        Length of the training: 200, 500, 1000, 2000, 5000 or 20000.
    seed : int
        Seed of data, initial weights and minibatches, from 0 to 9999.
    I : float
        Input current of what is shown, from 0 to 1.6.
    v0, w0 : float
        Initial state of what is shown.
    presets : list of str
        Among "works", "few", "clock", "long", "noisy".
    link_name : str
        Name by which links in the page find this figure.

    Attributes
    ----------
    trained : bytes
        The last network whose training came to rest in the reader's browser: the file that the
        reader could download. Empty before.

    Raises
    ------
    traitlets.TraitError
        If a value is not among those above.
    """

    _kind = "live"

    kind = field_trait(_kind, "kind")
    init = field_trait(_kind, "init")
    time_input = field_trait(_kind, "time_input")
    trajectories = field_trait(_kind, "trajectories")
    noise = field_trait(_kind, "noise")
    I_first = field_trait(_kind, "I_first")
    I_second = field_trait(_kind, "I_second")
    window = field_trait(_kind, "window")
    hidden = field_trait(_kind, "hidden")
    lr = field_trait(_kind, "lr")
    updates = field_trait(_kind, "updates")
    seed = field_trait(_kind, "seed")
    I = field_trait(_kind, "I")
    v0 = field_trait(_kind, "v0")
    w0 = field_trait(_kind, "w0")

    def recipe(self) -> Recipe:
        """The recipe that these settings stand for, to train the same way in Python.

        Windows are drawn until an update has seen ``min(128, 640 / window)`` of them.
        """
        fixed = SPEC[self._kind]["recipe"]
        return Recipe(
            updates=self.updates,
            lr=self.lr,
            weight_decay=fixed["weight_decay"],
            clip_norm=fixed["clip_norm"],
            window=self.window,
            batch=min(fixed["batch"], fixed["steps"] // self.window),
        )

    def still(self) -> str:
        """The true neuron as SVG: nothing has been trained yet."""
        t = DT * np.arange(TRAINED_STEPS + 1)
        truth = simulate(np.array([self.v0, self.w0]), self.I, TRAINED_STEPS, DT)
        plane = Panel((30, 8, 225, 225), _V, _W)
        plane.curve(truth[:, 0], truth[:, 1], "currentColor", width=3.5)
        plane.disc(self.v0, self.w0, "currentColor")
        trace = Panel((300, 8, 330, 225), (0.0, float(t[-1])), _V)
        trace.curve(t, truth[:, 0], "currentColor", width=3.5)
        description = (
            f"The true neuron at I = {self.I:.2f} ({regime(self.I)}) from v = {self.v0:.2f}, "
            f"w = {self.w0:.2f}, before any training: its trajectory in the phase plane, and v "
            "against time."
        )
        return picture([(plane, "v", "w"), (trace, "t", "v")], (640, 260), description)
