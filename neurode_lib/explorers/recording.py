"""The reader's own recording, learned in the page."""

from __future__ import annotations

import numpy as np

from neurode_lib.explorers._spec import field_trait
from neurode_lib.explorers._still import ORANGE, Panel, picture
from neurode_lib.explorers.trains import TrainsInThePage
from neurode_lib.inputs import pulses
from neurode_lib.neurons.hodgkin_huxley import resting_state, simulate_hh

_SHOWN = 60.0  # ms


class RecordingExplorer(TrainsInThePage):
    """Train a network with hidden states on a recording that the reader brings.

    The reader drops a file with columns for time, current and voltage, or pastes a table, or takes
    the sample, a simulated Hodgkin–Huxley neuron. The browser reads it, trains (JavaScript in a
    web worker) and forecasts a stretch that was not trained on; nothing leaves the machine. The
    network's first state variable is the voltage. The others are hidden: they start at zero, follow
    the recorded voltage for a while (as at some steps of training in [1]_), and then the network is
    on its own.

    Parameters
    ----------
    train_from, train_to, predict_from, predict_to : float
        The stretches, in per cent of the recording.
    states : int
        Hidden states: 1, 2 or 3.
    window, shown : int
        Milliseconds that the network is on its own in training (5, 10, 20, 40 or 80), and that it
        is shown the voltage before (5, 10, 20 or 40).
    step : float
        Milliseconds of a step, if the recording has no longer ones: 0.1, 0.2, 0.25, 0.5, 1 or 2.
        Samples are averaged over it.
    hidden : int
        Width of both hidden layers: 16, 32 or 64.
    lr : float
        Learning rate at the start: 0.001, 0.003, 0.01 or 0.03.
    updates : int
        Length of the training: 200, 500, 1000, 3000 or 10000.
    seed : int
        Seed of initial weights and minibatches, from 0 to 9999.
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

    References
    ----------
    .. [1] J. M. Mikhaeil, Z. Monfared, D. Durstewitz, "On the difficulty of learning chaotic
           dynamics with RNNs", NeurIPS 2022 (sparsely forced backpropagation).
    """

    _kind = "recording"

    train_from = field_trait(_kind, "train_from")
    train_to = field_trait(_kind, "train_to")
    predict_from = field_trait(_kind, "predict_from")
    predict_to = field_trait(_kind, "predict_to")
    states = field_trait(_kind, "states")
    window = field_trait(_kind, "window")
    shown = field_trait(_kind, "shown")
    step = field_trait(_kind, "step")
    hidden = field_trait(_kind, "hidden")
    lr = field_trait(_kind, "lr")
    updates = field_trait(_kind, "updates")
    seed = field_trait(_kind, "seed")

    def still(self) -> str:
        """What a recording looks like, as SVG: no reader has brought one yet."""
        t = np.linspace(0.0, _SHOWN, 241)
        current = pulses([5.0, 35.0], 15.0, 10.0)
        v = simulate_hh(resting_state(), current, t)[:, 0]
        voltage = Panel((45, 8, 585, 160), (0.0, _SHOWN), (-85.0, 50.0))
        voltage.curve(t, v, "currentColor")
        below = Panel((45, 185, 585, 55), (0.0, _SHOWN), (-2.0, 12.0))
        below.curve(t, current(t), ORANGE)
        description = (
            f"A voltage recorded for {_SHOWN:g} ms, and below it the current: spikes while the "
            "current is on, rest between. No recording of the reader's yet."
        )
        panels = [(voltage, "", "V in mV"), (below, "t in ms", "I")]
        return picture(panels, (640, 262), description)
