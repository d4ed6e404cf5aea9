"""What training makes small: the error of predictions over the windows of an update.

Two ways to the same number. The fast path serves networks of this library on trajectories that
share one grid, each under constant current: :class:`StackedObjective`. Everything else goes through
automatic differentiation, one model after another: :class:`SeparateObjective`.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.func import functional_call

from neurode_lib._checks import FloatArray
from neurode_lib.integrator import rk4_step
from neurode_lib.models import DiscreteRNN, NeuralODE, ODEFunc, network_of
from neurode_lib.recordings import Recordings
from neurode_lib.training.recipe import Recipe
from neurode_lib.training.recorded import RecordedBatch, RecordedWindows
from neurode_lib.training.rollout import (
    Scales,
    Stepping,
    Workspace,
    scales_of,
    stacked_rollout,
    stepping_of,
)
from neurode_lib.training.windows import Windows, stacked_arrays

# The weight of jumps between windows rises from this to 1 as training goes on.
FIRST_CONTINUITY = 0.01


class Objective(Protocol):
    """What an ensemble asks of its data.

    Attributes
    ----------
    free : list of Tensor
        What is fitted beside the weights.
    """

    free: list[Tensor]

    def losses(self, weights: Mapping[str, Tensor], update: int) -> tuple[Tensor, Tensor]:
        """Error of each model on the windows of an update, and what is minimised: shapes (K,)."""

    def fitted(self) -> list[Recordings | None]:
        """States that were recorded or fitted, for each model; None if nothing was fitted."""


class StackedObjective:
    """`K` networks together, by the fast path of :mod:`neurode_lib.training.rollout`."""

    def __init__(
        self,
        arrays: tuple[FloatArray, FloatArray, FloatArray],
        recipe: Recipe,
        seeds: Sequence[int],
        stepping: Stepping,
        scales: Scales,
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        states, currents, grid = (torch.as_tensor(array) for array in arrays)
        self.windows = Windows(
            states.to(dtype).to(device),
            currents.to(dtype).to(device),
            grid,
            length=len(grid) - 1 if recipe.window is None else recipe.window,
            per_update=recipe.batch,
            seeds=seeds,
        )
        self.stepping, self.scales, self.workspace = stepping, scales, Workspace()
        self.free: list[Tensor] = []

    def losses(self, weights: Mapping[str, Tensor], update: int) -> tuple[Tensor, Tensor]:
        """Mean squared error of each model, twice."""
        batch = self.windows.draw(update)
        predicted = stacked_rollout(
            weights,
            batch.y0,
            batch.currents,
            self.windows.times,
            stepping=self.stepping,
            scales=self.scales,
            t_start=batch.t_start,
            workspace=self.workspace,
        )
        losses = (predicted - batch.target).square().mean(dim=(0, 2, 3))
        return losses, losses

    def fitted(self) -> list[Recordings | None]:
        """Nothing is: all states are recorded."""
        return [None] * len(self.windows.seeds)


class SeparateObjective:
    """Any field on any recordings, one model after another.

    A known network takes the fast path here, too, where all windows of its data are alike.
    """

    def __init__(
        self,
        models: Sequence[nn.Module],
        data: Sequence[Recordings],
        recipe: Recipe,
        seeds: Sequence[int],
        *,
        state_dim: int,
        fit_starts: bool,
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        self.recipe = recipe
        self.stepping, self.scales = stepping_of(models[0]), scales_of(models[0])
        self.windows = [
            RecordedWindows(
                one,
                window=recipe.window,
                per_update=recipe.batch,
                seed=seed,
                stepping=self.stepping,
                state_dim=state_dim,
                fit_starts=fit_starts,
                dtype=dtype,
                device=device,
            )
            for one, seed in zip(data, seeds, strict=True)
        ]
        self.free = [one.free for one in self.windows if one.free is not None]
        self.fast = all(map(plain_network, models))
        self.rollouts = [_Rollout(copy.deepcopy(model).to(device)) for model in models]
        self.workspaces = [Workspace() for _ in models]

    def losses(self, weights: Mapping[str, Tensor], update: int) -> tuple[Tensor, Tensor]:
        """Mean squared errors over what was recorded; with the jumps between windows added."""
        pairs = [self._loss(k, weights, update) for k in range(len(self.windows))]
        errors, totals = zip(*pairs, strict=True)
        return torch.stack(errors), torch.stack(totals)

    def fitted(self) -> list[Recordings | None]:
        """States that were recorded or fitted, for each model; None if nothing was fitted."""
        return [one.fitted() for one in self.windows]

    def _loss(self, k: int, weights: Mapping[str, Tensor], update: int) -> tuple[Tensor, Tensor]:
        windows = self.windows[k]
        batch = windows.draw(update)
        y0 = windows.starts(batch)
        if self.fast and windows.even_grid is not None and batch.drive is not None:
            start = batch.clock[0, 0, :, 0] - windows.even_grid[0].item()
            states = stacked_rollout(
                {name: weight[k : k + 1] for name, weight in weights.items()},
                y0[None],
                batch.drive[0, 0][None],
                windows.even_grid,
                stepping=self.stepping,
                scales=self.scales,
                t_start=start[None],
                workspace=self.workspaces[k],
            )[:, 0]
        else:
            rollout = self.rollouts[k]
            own = {rollout.prefix + name: weight[k] for name, weight in weights.items()}
            states = functional_call(rollout, own, (y0, batch))
        at_samples = states[batch.rows, torch.arange(len(y0), device=y0.device)]
        error = windows.error(at_samples, batch)
        jumps = windows.discontinuity(at_samples, batch)
        return error, error + self._continuity(update) * jumps

    def _continuity(self, update: int) -> float:
        """Weight of the jumps: small while the field is still unknown, large in the end."""
        return FIRST_CONTINUITY ** (1.0 - update / self.recipe.updates)


class _Rollout(nn.Module):
    """A model that steps through windows with clocks of their own; its weights are handed in."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model
        self.prefix = "model."
        if plain_network(model):
            self.prefix += "func.net." if isinstance(model, NeuralODE) else "net."

    def forward(self, y: Tensor, batch: RecordedBatch) -> Tensor:
        states = [y]
        for n, dt in enumerate(batch.dt):
            start, middle, end = (None,) * 3 if batch.drive is None else batch.drive[n].unbind()
            if isinstance(self.model, DiscreteRNN):
                y = y + (dt > 0) * self.model.step(y, start)
            else:
                clock = batch.clock[n].unbind()
                y = rk4_step(self.model.func, clock, y, (start, middle, end), dt)  # type: ignore[arg-type]
            states.append(y)
        return torch.stack(states)


def plain_network(model: nn.Module) -> bool:
    """Whether a model is nothing but a network of this library, all of it to be trained."""
    field = model.func if type(model) is NeuralODE else model
    return type(field) in (ODEFunc, DiscreteRNN) and all(
        weight.requires_grad for weight in field.parameters()
    )


def trained_weights(model: nn.Module) -> dict[str, Tensor]:
    """The weights that training changes, by name; those of a plain network by its own names."""
    of = network_of(model) if plain_network(model) else model
    return {name: weight for name, weight in of.named_parameters() if weight.requires_grad}


def make_objective(
    models: Sequence[nn.Module],
    data: Sequence[Recordings],
    recipe: Recipe,
    seeds: Sequence[int],
    *,
    state_dim: int,
    fit_starts: bool,
    dtype: torch.dtype,
    device: torch.device,
) -> Objective:
    """The fast path where models and data allow it, else the general one."""
    arrays = None
    if not fit_starts and all(map(plain_network, models)):
        arrays = stacked_arrays(data, state_dim, recipe.window)
    if arrays is not None:
        return StackedObjective(
            arrays, recipe, seeds, stepping_of(models[0]), scales_of(models[0]), dtype, device
        )
    return SeparateObjective(
        models,
        data,
        recipe,
        seeds,
        state_dim=state_dim,
        fit_starts=fit_starts,
        dtype=dtype,
        device=device,
    )
