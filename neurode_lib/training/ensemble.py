"""An ensemble in training: `K` models of one shape that make each update together.

Each has its own loss, gradient norm and clipping, and stops alone where its loss, gradient or
weights are not finite.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from neurode_lib._checks import integers
from neurode_lib.models import network_of
from neurode_lib.trained_range import keep_trained_range
from neurode_lib.training.history import History
from neurode_lib.training.recipe import Recipe
from neurode_lib.training.rollout import Workspace, common_stepping, stack_weights, stacked_rollout
from neurode_lib.training.windows import Windows, checked_data, window_length
from neurode_lib.weights import Weights


class Ensemble:
    """State of a training run between two updates.

    The models' weights are stacked: each tensor has a leading axis `K`. The models themselves keep
    their initial weights until :meth:`write_back`.
    """

    def __init__(
        self,
        models: Sequence[nn.Module],
        states: npt.ArrayLike,
        currents: npt.ArrayLike,
        t_eval: npt.ArrayLike,
        recipe: Recipe,
        seeds: Sequence[int],
        device: torch.device,
    ) -> None:
        self.stepping = common_stepping(models)
        if len({id(model) for model in models}) < len(models):
            raise ValueError("models must not repeat: each is trained in place")
        self.models, self.recipe = list(models), recipe
        self.seeds = integers("seeds", seeds)
        first_weight, *_, last_bias = network_of(self.models[0]).parameters()
        data, drive, grid = checked_data(
            states, currents, t_eval, n_models=len(self.models), state_dim=len(last_bias)
        )
        if len(self.seeds) != len(self.models):
            raise ValueError(
                f"seeds must have one entry for each of {len(self.models)} models, "
                f"got {len(self.seeds)}"
            )
        self.trained_on = drive
        dtype = first_weight.dtype
        self.windows = Windows(
            *(torch.as_tensor(array, dtype=dtype, device=device) for array in (data, drive, grid)),
            length=window_length(recipe.window, grid),
            per_update=recipe.batch,
            seeds=self.seeds,
        )
        self.weights = {
            name: value.to(device).requires_grad_()
            for name, value in stack_weights(self.models).items()
        }
        # Elementwise, so stacked tensors are optimised as each model alone would be.
        self.optimizer = torch.optim.AdamW(
            list(self.weights.values()), lr=recipe.lr, weight_decay=recipe.weight_decay
        )
        self.workspace = Workspace()
        self.update = 0
        self.seconds = 0.0
        self.loss: list[npt.NDArray[np.float64]] = []
        self.grad_norm: list[npt.NDArray[np.float64]] = []
        self.stopped_at: list[int | None] = [None] * len(self.models)
        self.snapshots: dict[int, Weights] = {}
        self.last_good = self._copy_of_weights()

    def advance(self) -> None:
        """Make one update of every model."""
        started = time.perf_counter()
        losses = self._losses()
        self._warn(self._stop(~torch.isfinite(losses)), "the loss")
        self.last_good = self._copy_of_weights()
        self.optimizer.zero_grad()
        # Each loss depends on its own model's weights only, so the sum separates.
        losses.sum().backward()
        norms = _clip_each(self.weights.values(), self.recipe.clip_norm)
        # Its weights must not take such a step, and clipping would make of it one of length 0.
        self._warn(self._stop(~torch.isfinite(norms)), "the gradient")
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.learning_rate(self.update)
        self.optimizer.step()
        self._hold_stopped()
        self.loss.append(losses.detach().double().cpu().numpy())
        self.grad_norm.append(norms.double().cpu().numpy())
        self.update += 1
        self.seconds += time.perf_counter() - started

    def keep_snapshot(self) -> None:
        """Keep a copy of the weights as they are now."""
        self.snapshots[self.update] = {
            name: weight.cpu() for name, weight in self._copy_of_weights().items()
        }

    def write_back(self) -> None:
        """Copy the stacked weights into the models, or the last good ones of those that are not."""
        # What the last update has done, no loss has seen yet.
        finite = [torch.isfinite(weight.detach()).flatten(1) for weight in self.weights.values()]
        stopped = self._stop(~torch.cat(finite, dim=1).all(dim=1))
        for k, model in enumerate(self.models):
            network_of(model).load_state_dict(
                {name: weight.detach()[k] for name, weight in self.weights.items()}
            )
            keep_trained_range(model, self.trained_on[k])
        self._warn(stopped, "a weight")

    def history(self, *, interrupted: bool) -> History:
        """What happened so far."""
        return History(
            loss=np.array(self.loss).reshape(-1, len(self.models)),
            grad_norm=np.array(self.grad_norm).reshape(-1, len(self.models)),
            seconds=self.seconds,
            stopped_at=self.stopped_at,
            interrupted=interrupted,
            snapshots=self.snapshots,
        )

    def _losses(self) -> Tensor:
        """Mean squared error of each model on the windows of this update, shape (K,)."""
        batch = self.windows.draw(self.update)
        predicted = stacked_rollout(
            self.weights,
            batch.y0,
            batch.currents,
            self.windows.times,
            stepping=self.stepping,
            t_start=batch.t_start,
            workspace=self.workspace,
        )
        return (predicted - batch.target).square().mean(dim=(0, 2, 3))

    def _stop(self, failed: Tensor) -> list[int]:
        """Stop the models that have failed with their last good weights; return the new ones."""
        new = [k for k in failed.nonzero().flatten().tolist() if self.stopped_at[k] is None]
        for k in new:
            self.stopped_at[k] = self.update
            self._return_to_last_good(k)
        return new

    def _warn(self, stopped: Iterable[int], what: str) -> None:
        for k in stopped:
            warnings.warn(
                f"{what} of model {k} (seed {self.seeds[k]}) is not finite at update "
                f"{self.update}; it keeps the last weights whose loss was finite",
                RuntimeWarning,
                stacklevel=4,  # whoever called train_ensemble
            )

    def _hold_stopped(self) -> None:
        """Undo this update for models that were stopped."""
        for k, stopped in enumerate(self.stopped_at):
            if stopped is not None:
                self._return_to_last_good(k)

    def _return_to_last_good(self, k: int) -> None:
        for name, weight in self.weights.items():
            weight.data[k] = self.last_good[name][k]

    def _copy_of_weights(self) -> Weights:
        return {name: weight.detach().clone() for name, weight in self.weights.items()}


def _clip_each(weights: Iterable[Tensor], clip_norm: float | None) -> Tensor:
    """Clip each model's gradient by its own norm, as ``clip_grad_norm_`` would; return norms."""
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    norms = torch.stack([g.flatten(1).square().sum(1) for g in gradients]).sum(0).sqrt()
    if clip_norm is not None:
        factor = (clip_norm / (norms + 1e-6)).clamp(max=1.0)
        for gradient in gradients:
            gradient.mul_(factor.view(-1, *[1] * (gradient.dim() - 1)))
    return norms
