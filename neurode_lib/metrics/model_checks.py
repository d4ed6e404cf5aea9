"""What the metrics ask of a model before they measure it."""

from __future__ import annotations

import torch
from torch import nn

from neurode_lib.models import state_dim_of


def check_model(model: nn.Module) -> None:
    """Refuse what is not a torch module, or says that its state is not (v, w)."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch module, got {type(model).__name__}")
    state_dim = state_dim_of(model)
    if state_dim not in (2, None):
        raise ValueError(f"model must have a state of 2 variables, got state_dim={state_dim}")


def check_weights(model: nn.Module) -> None:
    """Refuse a model whose weights are not finite: where its field vanishes is no question."""
    for name, weight in model.named_parameters():
        if not torch.isfinite(weight).all():
            raise ValueError(f"model must have finite weights, got NaN or infinity in {name}")
