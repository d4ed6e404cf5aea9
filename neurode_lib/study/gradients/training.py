"""Does training with a wrong gradient still learn? Ten networks of each recipe, sparse samples.

The study's networks are trained on, with a sample so late that the adjoint has to find its own way
back from it. The ten networks advance side by side: their weights are stacked and the loss is the
sum of the ten, so that each gets its own gradient. An adaptive solver, however, chooses one step
for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from neurode_lib.fitzhugh_nagumo import DT, TRAINED_STEPS, build_dataset
from neurode_lib.integrator import rk4_integrate
from neurode_lib.study.gradients.methods import METHODS, DrivenField
from neurode_lib.study.pretrained import load_pretrained
from neurode_lib.study.variants import SEEDS
from neurode_lib.training.rollout import stack_weights

N_TRAJECTORIES = 20
UPDATES = 100
# The first learning rate; it falls to zero along half a cosine.
LR = 1e-4
CLIP_NORM = 1.0
CHECK_EVERY = 5
# Compared are the states at this time alone.
SAMPLED_AT = 20.0
NETWORKS = ("neural_ode", "best_recipe")
TRAINED_BY = ("backpropagation_rk4", "adjoint_rk4", "adjoint_dopri5_1e-3_float32")
# Held-out data sets have seeds that no training set of the study has.
HELD_OUT_FROM = 1000


class StackedField(nn.Module):
    """`K` networks side by side, ``f(t, y, I)`` for the states of all of them in one batch.

    Parameters
    ----------
    models : sequence of NeuralODE
        `K` of one shape; the first of `K` equal parts of a batch belongs to the first.
    """

    def __init__(self, models: Sequence[nn.Module]) -> None:
        super().__init__()
        self.weights = nn.ParameterList(stack_weights(models).values())
        self.n_models = len(models)

    def forward(self, _t: Tensor, y: Tensor, I: Tensor) -> Tensor:
        """Derivatives, shape (K·B, 2), for inputs of shape (K·B,)."""
        a1, b1, a2, b2, a3, b3 = self.weights
        x = torch.cat([y, I[:, None]], dim=-1).view(self.n_models, -1, 3)
        x = torch.tanh(torch.baddbmm(b1[:, None], x, a1.transpose(1, 2)))
        x = torch.tanh(torch.baddbmm(b2[:, None], x, a2.transpose(1, 2)))
        return torch.baddbmm(b3[:, None], x, a3.transpose(1, 2)).reshape(y.shape)


def _data_sets(first_seed: int, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor]:
    """States, shape (T, K·B, 2), and currents, shape (K·B,), of one data set per network."""
    sets = [build_dataset(N_TRAJECTORIES, seed=first_seed + seed) for seed in SEEDS]
    states = np.concatenate([states for states, _ in sets])
    currents = np.concatenate([currents for _, currents in sets])
    return torch.as_tensor(states, dtype=dtype).transpose(0, 1), torch.as_tensor(
        currents, dtype=dtype
    )


def _by_network(errors: Tensor) -> Tensor:
    """Mean squares of errors, shape (T, K·B, 2), for each of the `K` networks."""
    return errors.view(len(errors), len(SEEDS), -1, 2).square().mean(dim=(0, 2, 3))


def train_with(method: str, network: str, *, updates: int = UPDATES) -> dict[str, Any]:
    """Train the ten networks of a recipe with gradients of one method.

    Parameters
    ----------
    method : str
        One of ``TRAINED_BY``.
    network : str
        A packaged variant of the study.
    updates : int

    Returns
    -------
    dict
        ``updates`` and, for each of them, the ten held-out errors at the time of the sample
        (``mse_at_sample``) and along the whole trajectories (``mse``); ``evaluations`` per update,
        forward and backward; and the ``failure``, if torchdiffeq gave up.
    """
    states, currents = _data_sets(0)
    held_out, held_out_currents = _data_sets(HELD_OUT_FROM)
    grid = DT * torch.arange(TRAINED_STEPS + 1, dtype=torch.float64)
    times = torch.tensor([0.0, SAMPLED_AT], dtype=torch.float64)
    at = round(SAMPLED_AT / DT)
    field = StackedField([load_pretrained(network, seed) for seed in SEEDS])
    optimizer = torch.optim.AdamW(field.parameters(), lr=LR, weight_decay=0.0)
    record: dict[str, Any] = {"method": method, "network": network}
    record |= {"updates": [], "mse": [], "mse_at_sample": [], "evaluations": []}
    for update in range(updates + 1):
        if update % CHECK_EVERY == 0:
            with torch.no_grad():
                off = rk4_integrate(field, held_out[0], held_out_currents, grid) - held_out
            record["updates"].append(update)
            record["mse"].append(_by_network(off).tolist())
            record["mse_at_sample"].append(_by_network(off[at : at + 1]).tolist())
        if update == updates:
            break
        driven = DrivenField(field, currents)
        optimizer.zero_grad()
        try:
            predicted = METHODS[method].solve(driven, states[0], times)
            forward = driven.evaluations
            _by_network(predicted[1:] - states[at : at + 1]).sum().backward()
        except AssertionError as error:  # torchdiffeq's way to give up
            record["failure"] = f"update {update}: {error}"
            break
        record["evaluations"].append([forward, driven.evaluations - forward])
        _clip_each(field)
        for group in optimizer.param_groups:
            group["lr"] = LR * 0.5 * (1.0 + math.cos(math.pi * update / updates))
        optimizer.step()
    return record


def _clip_each(field: StackedField) -> None:
    """Clip each network's gradient by its own norm."""
    gradients = [weight.grad for weight in field.parameters() if weight.grad is not None]
    norms = torch.stack([g.flatten(1).square().sum(1) for g in gradients]).sum(0).sqrt()
    factor = (CLIP_NORM / (norms + 1e-6)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(factor.view(-1, *[1] * (gradient.dim() - 1)))
