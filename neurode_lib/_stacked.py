"""One model out of weights that are stored for many: stack_weights, undone for one row."""

from __future__ import annotations

import torch

from neurode_lib.neural_ode import DiscreteRNN, NeuralODE
from neurode_lib.rollout import Weights, network_of
from neurode_lib.variants import Variant, new_model


def model_in_row(
    weights: Weights, row: int, variant: Variant, hidden: int
) -> NeuralODE | DiscreteRNN:
    """A variant's model with one row of stacked weights.

    Whatever does not fit the variant's network is a ``ValueError`` that says what it is: these
    weights come from a file.
    """
    for name, value in weights.items():
        if value.dtype != torch.float32:
            raise ValueError(f"{name} must be of type torch.float32, got {value.dtype}")
    model = new_model(variant, seed=0, hidden=hidden)  # none of its initial weights remains
    try:
        network_of(model).load_state_dict({name: value[row] for name, value in weights.items()})
    except (RuntimeError, IndexError) as error:
        raise ValueError(str(error)) from error
    return model
