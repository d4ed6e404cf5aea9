"""An ensemble in training: `K` models of one shape that make each update together.

Each has its own loss, gradient norm and clipping, and stops alone where its loss, gradient or
weights are not finite.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from neurode_lib._checks import integers, shown
from neurode_lib.integrator import check_clock
from neurode_lib.models import DiscreteRNN, NeuralODE, state_dim_of
from neurode_lib.recordings import Recordings
from neurode_lib.trained_range import keep_trained_range
from neurode_lib.training.history import History
from neurode_lib.training.objective import (
    Objective,
    make_objective,
    plain_network,
    trained_weights,
)
from neurode_lib.training.recipe import Recipe
from neurode_lib.training.rollout import scales_of, stepping_of
from neurode_lib.training.units import warn_unscaled
from neurode_lib.training.validation import VALIDATE_EVERY, Validation
from neurode_lib.training.windows import check_window
from neurode_lib.weights import Weights

# Fitted starts are few numbers, and far from where they begin: they learn this much faster.
_FREE_RATE = 10.0


class Ensemble:
    """State of a training run between two updates.

    The models' weights are stacked: each tensor has a leading axis `K`. The models themselves keep
    their initial weights until :meth:`write_back`.
    """

    def __init__(
        self,
        models: Sequence[nn.Module],
        data: Sequence[Recordings],
        recipe: Recipe,
        seeds: Sequence[int],
        device: torch.device,
        *,
        fit_starts: bool = False,
        validation: Sequence[Recordings] | None = None,
        patience: int | None = None,
    ) -> None:
        check_models(models)
        self.models, self.recipe = list(models), recipe
        self.seeds = integers("seeds", seeds)
        if len(self.seeds) != len(self.models):
            raise ValueError(
                f"seeds must have one entry for each of {len(self.models)} models, "
                f"got {len(self.seeds)}"
            )
        check_window(recipe.window, data)
        self.trained_on = [one.visited_inputs() for one in data]
        own = [trained_weights(model) for model in models]
        if all(map(plain_network, models)):  # another field may scale by itself
            warn_unscaled(data, stepping_of(models[0]), scales_of(models[0]).output)

        def objective(sets: Sequence[Recordings], how: Recipe, fit: bool) -> Objective:
            return make_objective(
                self.models,
                sets,
                how,
                self.seeds,
                state_dim=check_fits(models[0], sets),
                fit_starts=fit,
                dtype=next(iter(own[0].values())).dtype,
                device=device,
            )

        if getattr(getattr(models[0], "func", models[0]), "time_input", True):
            for one in data:
                for grid in one.times:
                    check_clock(torch.as_tensor(grid), next(iter(own[0].values())).dtype)
        self.objective = objective(data, recipe, fit_starts)
        self.validation: Validation | None = None
        if validation is not None:
            unseen = objective(validation, replace(recipe, batch=None), False)
            if unseen.free:
                raise ValueError(
                    "validation must hold every state variable: a hidden one would have to be "
                    "fitted first, and what is fitted is no longer unseen"
                )
            self.validation = Validation(unseen, patience)
        self.weights = {
            name: torch.stack([one[name].detach() for one in own]).to(device).requires_grad_()
            for name in own[0]
        }
        # Elementwise, so stacked tensors are optimised as each model alone would be.
        self.optimizer = torch.optim.AdamW(
            list(self.weights.values()), lr=recipe.lr, weight_decay=recipe.weight_decay
        )
        if self.objective.free:
            self.optimizer.add_param_group(
                {"params": self.objective.free, "weight_decay": 0.0, "rate": _FREE_RATE}
            )
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
        if self.validation is not None and self.update == 0:
            self.validation.look(self.weights, 0)
        errors, losses = self.objective.losses(self.weights, self.update)
        self._warn(self._stop(~torch.isfinite(losses)), "the loss")
        self.last_good = self._copy_of_weights()
        self.optimizer.zero_grad()
        # Each loss depends on its own model's weights only, so the sum separates.
        losses.sum().backward()
        norms = _clip_each(self.weights.values(), self.recipe.clip_norm)
        # Its weights must not take such a step, and clipping would make of it one of length 0.
        self._warn(self._stop(~torch.isfinite(norms)), "the gradient")
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.learning_rate(self.update) * group.get("rate", 1.0)
        self.optimizer.step()
        self._hold_stopped()
        self.loss.append(errors.detach().cpu().double().numpy())
        self.grad_norm.append(norms.cpu().double().numpy())
        self.update += 1
        if self.validation is not None and self.update % VALIDATE_EVERY == 0:
            self.validation.look(self.weights, self.update)
        self.seconds += time.perf_counter() - started

    @property
    def done(self) -> bool:
        """Whether the validation data call for an end."""
        return self.validation is not None and self.validation.done(self.update)

    def keep_snapshot(self) -> None:
        """Keep a copy of the weights as they are now."""
        self.snapshots[self.update] = {
            name: weight.cpu() for name, weight in self._copy_of_weights().items()
        }

    def write_back(self) -> None:
        """Copy the stacked weights into the models: the last, the last good or the best ones."""
        # What the last update has done, no loss has seen yet.
        finite = [_rows(torch.isfinite(weight.detach())) for weight in self.weights.values()]
        stopped = self._stop(~torch.cat(finite, dim=1).all(dim=1))
        final = self.weights
        if self.validation is not None:
            if self.update % VALIDATE_EVERY or self.update == 0:
                self.validation.look(self.weights, self.update)
            final = self.validation.best_weights
        for k, model in enumerate(self.models):
            with torch.no_grad():
                for name, weight in trained_weights(model).items():
                    weight.copy_(final[name][k])
            if self.trained_on[k].size:
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
            validation=np.array([] if self.validation is None else self.validation.errors).reshape(
                -1, len(self.models)
            ),
            best_update=[] if self.validation is None else self.validation.best_update,
            fitted=self.objective.fitted(),
        )

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
    norms = torch.stack([_rows(g).square().sum(1) for g in gradients]).sum(0).sqrt()
    if clip_norm is not None:
        factor = (clip_norm / (norms + 1e-6)).clamp(max=1.0)
        for gradient in gradients:
            gradient.mul_(factor.view(-1, *[1] * (gradient.dim() - 1)))
    return norms


def _rows(values: Tensor) -> Tensor:
    """One row for each model."""
    return values.reshape(len(values), -1)


def check_models(models: Sequence[nn.Module]) -> None:
    """Refuse what cannot be trained together, or at all."""
    if not isinstance(models, Sequence):
        raise ValueError(f"models must be a sequence of models, got {shown(models)}")
    if not models:
        raise ValueError("models must not be empty")
    for model in models:
        if not isinstance(model, (NeuralODE, DiscreteRNN)):
            raise TypeError(
                "model must be a NeuralODE, of any field, or a DiscreteRNN, got "
                f"{type(model).__name__}"
            )
        if not trained_weights(model):
            raise ValueError("models must have weights that require a gradient, got none")
    setups = {
        (
            type(model),
            type(getattr(model, "func", None)),
            scales_of(model),
            *(
                (name, tuple(weight.shape), weight.dtype, weight.device)
                for name, weight in trained_weights(model).items()
            ),
        )
        for model in models
    }
    if len(setups) > 1:
        raise ValueError("models must be alike in kind and size, and of one type and device")
    if len({id(model) for model in models}) < len(models):
        raise ValueError("models must not repeat: each is trained in place")


def check_fits(model: nn.Module, data: Sequence[Recordings]) -> int:
    """Dimension of the state; data that the model cannot learn from are refused."""
    channels = {one.n_channels for one in data}
    inputs = {one.n_inputs for one in data}
    if len(channels) > 1 or len(inputs) > 1:
        raise ValueError("states must have as many channels, and inputs, in every data set")
    state_dim = state_dim_of(model) or max(channels)
    if max(channels) > state_dim:
        raise ValueError(
            f"states must have at most {state_dim} variables for this model, got {max(channels)}"
        )
    field = getattr(model, "func", model)
    input_dim = getattr(field, "input_dim", None)
    if isinstance(input_dim, int) and inputs != {input_dim}:
        raise ValueError(
            f"currents must have {input_dim} components for this model, got {max(inputs)}"
        )
    return state_dim
