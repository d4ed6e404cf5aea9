"""The recipe: how a model learns from trajectories.

One model or an ensemble, the computation is the same: `K` models of one shape, each with its own
data, initialisation, clipping and schedule, advance together through
:func:`neurode_lib.rollout.stacked_rollout`.

References
----------
.. [1] I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019 (AdamW).
.. [2] I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts",
       ICLR 2017 (cosine schedule).
.. [3] R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural
       networks", ICML 2013 (clipping by the norm of the gradient).
.. [4] H. G. Bock, K. J. Plitt, "A multiple shooting algorithm for direct solution of optimal
       control problems", IFAC Proceedings Volumes 17 (1984), 1603-1608 (windows).
"""

from __future__ import annotations

import math
import signal
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Literal, TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from tqdm import tqdm

from neurode_lib._checks import (
    finite_array,
    folder_or_file,
    instance_of,
    integers,
    non_negative_number,
    one_of,
    positive_int,
    positive_number,
    reason,
    truth_value,
)
from neurode_lib.neural_ode import DiscreteRNN, NeuralODE, ODEFunc
from neurode_lib.rollout import (
    Weights,
    Workspace,
    network_of,
    stack_weights,
    stacked_rollout,
    stepping_of,
)
from neurode_lib.trained_range import keep_trained_range
from neurode_lib.weights import load_weights, save_weights

Model = TypeVar("Model", bound=nn.Module)


@dataclass(frozen=True)
class Recipe:
    """How to train; the defaults are the article's recipe.

    Attributes
    ----------
    updates : int
        Optimiser steps. With the full-trajectory loss an update is an epoch.
    lr : float
        Learning rate of AdamW [1]_ at the start.
    schedule : {"cosine", "constant"}
        Whether the rate falls to zero along half a cosine [2]_.
    weight_decay : float
        AdamW's decoupled decay; 0.01 is PyTorch's default, which the article uses.
    clip_norm : float or None
        Largest norm of one model's gradient [3]_; None does not clip.
    window : int or None
        Steps that a prediction runs before it restarts from the data, as in multiple
        shooting [4]_. None runs the whole trajectory; 1 is a per-step loss.
    batch : int or None
        Windows per update, drawn at random for each model. None takes all.
    """

    updates: int = 600
    lr: float = 3e-3
    schedule: Literal["cosine", "constant"] = "cosine"
    weight_decay: float = 0.01
    clip_norm: float | None = 1.0
    window: int | None = None
    batch: int | None = None

    def __post_init__(self) -> None:
        positive_int("updates", self.updates)
        positive_number("lr", self.lr)
        one_of("schedule", self.schedule, ("cosine", "constant"))
        non_negative_number("weight_decay", self.weight_decay)
        if self.clip_norm is not None:
            positive_number("clip_norm", self.clip_norm)
        if self.window is not None:
            positive_int("window", self.window)
        if self.batch is not None:
            positive_int("batch", self.batch)

    def learning_rate(self, update: int) -> float:
        """Rate used for update number ``update``, counted from 0."""
        if self.schedule == "constant":
            return self.lr
        return self.lr * 0.5 * (1.0 + math.cos(math.pi * update / self.updates))


@dataclass
class History:
    """What happened during training, for `K` models over `U` updates.

    Attributes
    ----------
    loss : ndarray, shape (U, K)
        Training loss before each update.
    grad_norm : ndarray, shape (U, K)
        Norm of each model's gradient before clipping.
    seconds : float
        Wall time of all updates together, resumed runs included.
    stopped_at : list of (int or None)
        For each model, the update at which its loss stopped being finite. Such a model keeps the
        last weights whose loss was finite.
    interrupted : bool
        Whether training was stopped by hand (Ctrl-C) before the last update.
    snapshots : dict of int to Weights
        Stacked weights after as many updates as the key says.
    """

    loss: npt.NDArray[np.float64]
    grad_norm: npt.NDArray[np.float64]
    seconds: float
    stopped_at: list[int | None]
    interrupted: bool = False
    snapshots: dict[int, Weights] = field(default_factory=dict)


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


def train(
    model: Model,
    states: npt.ArrayLike,
    currents: npt.ArrayLike,
    t_eval: npt.ArrayLike,
    recipe: Recipe | None = None,
    *,
    seed: int = 0,
    device: str | torch.device = "cpu",
    progress: bool = True,
    checkpoint: Path | None = None,
    snapshots_at: Sequence[int] = (),
) -> tuple[Model, History]:
    """Train one model on `N` trajectories.

    Parameters
    ----------
    states : array_like, shape (N, T, 2)
    currents : array_like, shape (N,)

    Others
        As for :func:`train_ensemble`, which does the work.

    Returns
    -------
    model, History
        The same model, trained in place.
    """
    states, currents = finite_array("states", states), finite_array("currents", currents)
    if states.ndim != 3:
        raise ValueError(f"states must have shape (N, T, 2), got {states.shape}")
    if currents.shape != states.shape[:1]:
        raise ValueError(
            f"currents must have shape {states.shape[:1]} like states, got {currents.shape}"
        )
    models, history = train_ensemble(
        [model],
        states[None],
        currents[None],
        t_eval,
        recipe,
        seeds=[seed],
        device=device,
        progress=progress,
        checkpoint=checkpoint,
        snapshots_at=snapshots_at,
    )
    return models[0], history


def train_ensemble(
    models: Sequence[Model],
    states: npt.ArrayLike,
    currents: npt.ArrayLike,
    t_eval: npt.ArrayLike,
    recipe: Recipe | None = None,
    *,
    seeds: Sequence[int],
    device: str | torch.device = "cpu",
    progress: bool = True,
    checkpoint: Path | None = None,
    snapshots_at: Sequence[int] = (),
) -> tuple[list[Model], History]:
    """Train `K` models of one shape together, each on its own data.

    Nothing is shared but the computation: each model has its own loss, gradient norm, clipping,
    minibatches and moments, so the result for one seed is that of training it alone, up to the
    rounding of matrix products whose blocking depends on `K`.

    Parameters
    ----------
    models : sequence of NeuralODE or DiscreteRNN
        `K` models alike in kind and size; trained in place.
    states : array_like, shape (K, N, T, 2)
        Trajectories of each model's data set.
    currents : array_like, shape (K, N)
        Input current of each trajectory.
    t_eval : array_like, shape (T,)
        Sampling times; evenly spaced if the recipe uses windows.
    recipe : Recipe, optional
        The article's by default.
    seeds : sequence of int
        Seeds of each model's minibatches (unused when a batch is all the data).
    device : str or torch.device
        Where to compute.
    progress : bool
        Whether to show a bar with the median loss and the time left.
    checkpoint : Path, optional
        File to write now and then and to continue from if it is there. It is removed at the
        end. A checkpoint of another recipe or other seeds is refused.
    snapshots_at : sequence of int
        Numbers of updates after which to keep a copy of the weights; those that training does
        not reach are not kept.

    Returns
    -------
    models : list
        The same models.
    history : History
        Ctrl-C ends training after the update that is running and returns what was learned so
        far, marked as interrupted; a second Ctrl-C is not waited for.

    Raises
    ------
    ValueError
        If shapes disagree, data are not finite or the grid does not increase.

    Warns
    -----
    RuntimeWarning
        If a model's loss stops being finite.
    """
    recipe = Recipe() if recipe is None else recipe
    instance_of("recipe", recipe, Recipe)
    wanted = set(integers("snapshots_at", snapshots_at))
    run = _Run(models, states, currents, t_eval, recipe, seeds, _checked_device(device))
    if checkpoint is not None:
        checkpoint = folder_or_file("checkpoint", checkpoint)
        if checkpoint.exists():
            run.restore(checkpoint)
    bar = tqdm(
        total=recipe.updates, initial=run.update, disable=not progress, unit="update", leave=True
    )
    last_saved = time.monotonic()
    try:
        with _interrupts_between_updates() as stop:
            while run.update < recipe.updates and not stop.is_set():
                if run.update in wanted:
                    run.keep_snapshot()
                run.advance()
                bar.update()
                if run.update % 10 == 0:
                    bar.set_postfix_str(
                        f"median loss {np.nanmedian(run.loss[-1]):.2e}", refresh=False
                    )
                if checkpoint is not None and time.monotonic() - last_saved > CHECKPOINT_SECONDS:
                    run.save(checkpoint)
                    last_saved = time.monotonic()
    finally:
        bar.close()
    interrupted = run.update < recipe.updates
    if not interrupted and run.update in wanted:
        run.keep_snapshot()
    if checkpoint is not None:
        if interrupted:
            run.save(checkpoint)
        else:
            checkpoint.unlink(missing_ok=True)
    run.write_back()
    return list(models), run.history(interrupted)


@contextmanager
def _interrupts_between_updates() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C into an event, so that no update is left half done; the second stops.

    Only the main thread receives signals, and a process that ignores them goes on doing so.
    """
    stop = threading.Event()
    previous = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(previous):
        yield stop
        return

    def ask(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            previous(number, frame)
        stop.set()

    signal.signal(signal.SIGINT, ask)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, previous)


CHECKPOINT_SECONDS = 10.0


class _Run:
    """State of a training run between two updates."""

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
        self.models, self.recipe = list(models), recipe
        self.stepping = _common_stepping(self.models)
        self.seeds = integers("seeds", seeds)
        data, drive, grid = _checked_data(states, currents, t_eval, self.models)
        if len(self.seeds) != len(self.models):
            raise ValueError(
                f"seeds must have one entry for each of {len(self.models)} models, "
                f"got {len(self.seeds)}"
            )
        like = next(self.models[0].parameters())
        as_tensor: Callable[[npt.ArrayLike], Tensor] = lambda values: torch.as_tensor(  # noqa: E731
            values, dtype=like.dtype, device=device
        )
        self.trained_on = drive
        self.states, self.currents, self.grid = as_tensor(data), as_tensor(drive), as_tensor(grid)
        self.window = _checked_window(recipe, grid)
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
        y0, drive, target, t_start = self._batch()
        predicted = stacked_rollout(
            self.weights,
            y0,
            drive,
            self.grid[: self.window + 1],
            stepping=self.stepping,
            t_start=t_start,
            workspace=self.workspace,
        )
        losses = (predicted - target).square().mean(dim=(0, 2, 3))
        self._stop_where_not_finite(losses)
        self.last_good = self._copy_of_weights()
        self.optimizer.zero_grad()
        # Each loss depends on its own model's weights only, so the sum separates.
        losses.sum().backward()
        norms = self._clip()
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.learning_rate(self.update)
        self.optimizer.step()
        self._hold_stopped()
        self.loss.append(losses.detach().double().cpu().numpy())
        self.grad_norm.append(norms.double().cpu().numpy())
        self.update += 1
        self.seconds += time.perf_counter() - started

    def _batch(self) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        """Windows for this update: starts, currents, targets (T, K, B, 2), starting times."""
        n_models, n_trajectories, n_times, _ = self.states.shape
        if self.window == n_times - 1 and self.recipe.batch is None:
            return self.states[:, :, 0], self.currents, self.states.permute(2, 0, 1, 3), None
        n_starts = n_times - self.window
        if self.recipe.batch is None:
            chosen = np.tile(np.arange(n_trajectories * n_starts), (n_models, 1))
        else:
            # Drawn from (seed, update) alone, so that a resumed run draws the same.
            chosen = np.stack(
                [
                    np.random.default_rng((seed, self.update)).integers(
                        n_trajectories * n_starts, size=self.recipe.batch
                    )
                    for seed in self.seeds
                ]
            )
        index = torch.as_tensor(chosen, device=self.states.device)
        trajectory, start = index // n_starts, index % n_starts
        model = torch.arange(n_models, device=index.device)[:, None]
        offsets = torch.arange(self.window + 1, device=index.device)[:, None, None]
        target = self.states[model, trajectory, start + offsets]
        return target[0], self.currents[model, trajectory], target, self.grid[start] - self.grid[0]

    def _clip(self) -> Tensor:
        """Clip each model's gradient by its own norm, as ``clip_grad_norm_`` would; return it."""
        gradients = [weight.grad for weight in self.weights.values() if weight.grad is not None]
        norms = torch.stack([g.flatten(1).square().sum(1) for g in gradients]).sum(0).sqrt()
        if self.recipe.clip_norm is not None:
            factor = (self.recipe.clip_norm / (norms + 1e-6)).clamp(max=1.0)
            for gradient in gradients:
                gradient.mul_(factor.view(-1, *[1] * (gradient.dim() - 1)))
        return norms

    def _stop_where_not_finite(self, losses: Tensor) -> None:
        for k in (~torch.isfinite(losses)).nonzero().flatten().tolist():
            if self.stopped_at[k] is None:
                self.stopped_at[k] = self.update
                for name, weight in self.weights.items():
                    weight.data[k] = self.last_good[name][k]
                warnings.warn(
                    f"the loss of model {k} (seed {self.seeds[k]}) is not finite at update "
                    f"{self.update}; it keeps the last weights whose loss was finite",
                    RuntimeWarning,
                    stacklevel=4,
                )

    def _hold_stopped(self) -> None:
        """Undo this update for models that were stopped."""
        for k, stopped in enumerate(self.stopped_at):
            if stopped is not None:
                for name, weight in self.weights.items():
                    weight.data[k] = self.last_good[name][k]

    def _copy_of_weights(self) -> Weights:
        return {name: weight.detach().clone() for name, weight in self.weights.items()}

    def keep_snapshot(self) -> None:
        self.snapshots[self.update] = {
            name: weight.cpu() for name, weight in self._copy_of_weights().items()
        }

    def write_back(self) -> None:
        """Copy the stacked weights into the models."""
        for k, model in enumerate(self.models):
            network_of(model).load_state_dict(
                {name: weight.detach()[k] for name, weight in self.weights.items()}
            )
            keep_trained_range(model, self.trained_on[k])

    def history(self, interrupted: bool) -> History:
        return History(
            loss=np.array(self.loss).reshape(-1, len(self.models)),
            grad_norm=np.array(self.grad_norm).reshape(-1, len(self.models)),
            seconds=self.seconds,
            stopped_at=self.stopped_at,
            interrupted=interrupted,
            snapshots=self.snapshots,
        )

    def _identity(self) -> dict[str, object]:
        """What a checkpoint must agree on to be continued."""
        return {
            "recipe": asdict(self.recipe),
            "seeds": self.seeds,
            "stepping": self.stepping,
            "shapes": {name: list(weight.shape) for name, weight in self.weights.items()},
            "data": [float(self.states.double().sum()), float(self.currents.double().sum())],
        }

    def save(self, path: Path) -> None:
        if self.update == 0:  # nothing learned, and no moments to keep
            return
        tensors: Weights = dict(self.weights)
        for name, weight in self.weights.items():
            moments = self.optimizer.state[weight]
            tensors |= {f"{name}.{key}": moments[key] for key in moments}
            tensors[f"{name}.last_good"] = self.last_good[name]
        for update, weights in self.snapshots.items():
            tensors |= {f"snapshot.{update}.{name}": value for name, value in weights.items()}
        tensors["loss"] = torch.tensor(np.array(self.loss))
        tensors["grad_norm"] = torch.tensor(np.array(self.grad_norm))
        save_weights(
            path,
            tensors,
            {
                "identity": self._identity(),
                "update": self.update,
                "seconds": self.seconds,
                "stopped_at": self.stopped_at,
                "snapshots": sorted(self.snapshots),
            },
        )

    def restore(self, path: Path) -> None:
        """Continue from a checkpoint.

        Raises
        ------
        ValueError
            If the file is damaged, belongs to another run, or lacks something.
        """
        tensors, metadata = load_weights(path)
        if metadata.get("identity") != self._identity():
            raise ValueError(
                f"checkpoint {path} belongs to another recipe, other seeds or other data; "
                "remove it or name another file"
            )
        try:
            self._restore(tensors, metadata)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise ValueError(
                f"checkpoint {path} is not one of this version: {reason(error)}; remove it"
            ) from error

    def _restore(self, tensors: Weights, metadata: dict[str, Any]) -> None:
        device = self.states.device

        def like(key: str, shape: Sequence[int], dtype: torch.dtype) -> Tensor:
            value = tensors[key]
            if value.shape != tuple(shape) or value.dtype != dtype:
                raise ValueError(f"{key} has shape {tuple(value.shape)} and type {value.dtype}")
            return value

        for name, weight in self.weights.items():
            stored = {
                part: like(f"{name}{part}", weight.shape, weight.dtype).to(device)
                for part in ("", ".last_good", ".exp_avg", ".exp_avg_sq")
            }
            weight.data.copy_(stored[""])
            self.last_good[name] = stored[".last_good"]
            self.optimizer.state[weight] = {
                "step": like(f"{name}.step", (), torch.float32),
                "exp_avg": stored[".exp_avg"],
                "exp_avg_sq": stored[".exp_avg_sq"],
            }
        self.update = positive_int("update", metadata["update"], minimum=0)
        self.seconds = non_negative_number("seconds", metadata["seconds"])
        self.stopped_at = list(metadata["stopped_at"])
        so_far = (self.update, len(self.models))
        self.loss = list(like("loss", so_far, torch.float64).numpy())
        self.grad_norm = list(like("grad_norm", so_far, torch.float64).numpy())
        for update in metadata["snapshots"]:
            self.snapshots[update] = {
                name: like(f"snapshot.{update}.{name}", weight.shape, weight.dtype)
                for name, weight in self.weights.items()
            }


def _checked_device(device: str | torch.device) -> torch.device:
    try:
        chosen = torch.device(device)
        torch.empty(1, device=chosen)
    # AssertionError: a torch that was built without this kind of device.
    except (TypeError, ValueError, RuntimeError, AssertionError) as error:
        raise ValueError(f"device must be one that works here, got {device!r}: {error}") from error
    return chosen


def _common_stepping(models: Sequence[nn.Module]) -> Literal["rk4", "residual"]:
    if not models:
        raise ValueError("models must not be empty")
    if len({id(model) for model in models}) < len(models):
        raise ValueError("models must not repeat: each is trained in place")
    shapes = [[tuple(p.shape) for p in network_of(model).parameters()] for model in models]
    steppings = {stepping_of(model) for model in models}
    if len(steppings) > 1 or any(shape != shapes[0] for shape in shapes):
        raise ValueError("models must be alike in kind and size")
    return steppings.pop()


def _checked_data(
    states: npt.ArrayLike,
    currents: npt.ArrayLike,
    t_eval: npt.ArrayLike,
    models: Sequence[nn.Module],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    data, drive = finite_array("states", states), finite_array("currents", currents)
    grid = finite_array("t_eval", t_eval)
    n_models, state_dim = len(models), network_of(models[0])[-1].out_features
    if data.ndim != 4 or data.shape[0] != n_models or data.shape[3] != state_dim:
        raise ValueError(
            f"states must have shape ({n_models}, N, T, {state_dim}), one data set for each "
            f"model, got {data.shape}"
        )
    if drive.shape != data.shape[:2]:
        raise ValueError(
            f"currents must have shape {data.shape[:2]} like states, got {drive.shape}"
        )
    if grid.shape != (data.shape[2],) or len(grid) < 2 or not (np.diff(grid) > 0).all():
        raise ValueError(
            f"t_eval must hold {data.shape[2]} strictly increasing times like states, at least "
            f"two, got shape {grid.shape}"
        )
    return data, drive, grid


def _checked_window(recipe: Recipe, grid: npt.NDArray[np.float64]) -> int:
    longest = len(grid) - 1
    if recipe.window is None:
        return longest
    if recipe.window > longest:
        raise ValueError(
            f"window must be at most {longest} steps for these data, got {recipe.window}"
        )
    if not np.allclose(np.diff(grid), grid[1] - grid[0], rtol=1e-6):
        raise ValueError("t_eval must be evenly spaced when the recipe uses windows")
    return recipe.window
