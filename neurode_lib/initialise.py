"""A model before training: its initial weights come from a seed."""

from __future__ import annotations

from typing import Literal

import torch

from neurode_lib._checks import one_of, positive_int, truth_value
from neurode_lib.neural_ode import DiscreteRNN, NeuralODE, ODEFunc


def make_model(
    kind: Literal["neural_ode", "discrete_rnn"] = "neural_ode",
    *,
    seed: int,
    hidden: int = 128,
    time_input: bool = False,
    zero_init: bool = True,
) -> NeuralODE | DiscreteRNN:
    """Initialise a model from a seed, without touching the global random state.

    Parameters
    ----------
    kind : {"neural_ode", "discrete_rnn"}
    seed : int
        Seed of the initial weights.
    hidden, time_input, zero_init
        See :class:`~neurode_lib.neural_ode.ODEFunc`. A discrete RNN has no time input.

    Raises
    ------
    ValueError
        If an argument is out of range, or a discrete RNN is asked for a time input.
    """
    one_of("kind", kind, ("neural_ode", "discrete_rnn"))
    seed = positive_int("seed", seed, minimum=0)
    time_input = truth_value("time_input", time_input)
    zero_init = truth_value("zero_init", zero_init)
    if kind == "discrete_rnn" and time_input:
        raise ValueError("time_input must be False for a discrete_rnn, got True")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if kind == "discrete_rnn":
            return DiscreteRNN(hidden=hidden, zero_init=zero_init)
        return NeuralODE(ODEFunc(hidden=hidden, time_input=time_input, zero_init=zero_init))
