"""Training: how a model learns from trajectories.

One model or an ensemble, the computation is the same: `K` models of one shape, each with its own
data, initialisation, clipping and schedule, advance together through
:func:`neurode_lib.training.rollout.stacked_rollout`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from tqdm import tqdm

from neurode_lib._checks import finite_array, instance_of, integers
from neurode_lib.training.ensemble import Ensemble
from neurode_lib.training.history import History
from neurode_lib.training.interrupts import interrupts_between_updates
from neurode_lib.training.recipe import Recipe

Model = TypeVar("Model", bound=nn.Module)


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
        If shapes disagree, data are not finite, or the grid does not increase.

    Warns
    -----
    RuntimeWarning
        If a model's loss, gradient or weights stop being finite.
    """
    recipe = Recipe() if recipe is None else recipe
    instance_of("recipe", recipe, Recipe)
    wanted = set(integers("snapshots_at", snapshots_at))
    run = Ensemble(models, states, currents, t_eval, recipe, seeds, _checked_device(device))
    bar = tqdm(total=recipe.updates, disable=not progress, unit="update", leave=True)
    try:
        with interrupts_between_updates() as stop:
            while run.update < recipe.updates and not stop.is_set():
                if run.update in wanted:
                    run.keep_snapshot()
                run.advance()
                bar.update()
                if run.update % 10 == 0:
                    bar.set_postfix_str(
                        f"median loss {np.nanmedian(run.loss[-1]):.2e}", refresh=False
                    )
    finally:
        bar.close()
        run.write_back()
    interrupted = run.update < recipe.updates
    if not interrupted and run.update in wanted:
        run.keep_snapshot()
    return list(models), run.history(interrupted=interrupted)


def _checked_device(device: str | torch.device) -> torch.device:
    try:
        chosen = torch.device(device)
        torch.empty(1, device=chosen)
    # AssertionError: a torch that was built without this kind of device.
    except (TypeError, ValueError, RuntimeError, AssertionError) as error:
        raise ValueError(f"device must be one that works here, got {device!r}: {error}") from error
    return chosen
