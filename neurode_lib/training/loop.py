"""Training: how a model learns from trajectories.

One model or an ensemble, the computation is the same: `K` models of one shape, each with its own
data, initialisation, clipping and schedule, advance together through
:func:`neurode_lib.training.rollout.stacked_rollout`.

References
----------
.. [1] L. Prechelt, "Early Stopping - But When?", in: Neural Networks: Tricks of the Trade,
       Springer 1998.
.. [2] H. G. Bock, K. J. Plitt, "A multiple shooting algorithm for direct solution of optimal
       control problems", IFAC Proceedings Volumes 17 (1984), 1603-1608.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar, cast

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from tqdm import tqdm

from neurode_lib._checks import (
    FloatArray,
    finite_array,
    instance_of,
    integers,
    positive_int,
    truth_value,
)
from neurode_lib.recordings import Recordings
from neurode_lib.training.ensemble import Ensemble, check_models
from neurode_lib.training.history import History
from neurode_lib.training.interrupts import interrupts_between_updates
from neurode_lib.training.recipe import Recipe
from neurode_lib.training.windows import checked_data

Model = TypeVar("Model", bound=nn.Module)


def train(
    model: Model,
    states: Recordings | npt.ArrayLike,
    currents: npt.ArrayLike | None = None,
    t_eval: npt.ArrayLike | None = None,
    recipe: Recipe | None = None,
    *,
    seed: int = 0,
    fit_starts: bool = False,
    validation: Recordings | None = None,
    patience: int | None = None,
    device: str | torch.device = "cpu",
    progress: bool = True,
    snapshots_at: Sequence[int] = (),
) -> tuple[Model, History]:
    """Train one model on `N` trajectories.

    Parameters
    ----------
    model : NeuralODE or DiscreteRNN
        Trained in place. A :class:`~neurode_lib.models.NeuralODE` may have any field.
    states : Recordings, or array_like of shape (N, T, D)
        The data set, or whole trajectories on one grid as an array.
    currents : array_like, shape (N,) or (N, M), optional
        Constant inputs that belong to an array of states. :class:`Recordings` hold their own.
    t_eval : array_like, shape (T,)
        The grid that belongs to an array of states.

    Others
        As for :func:`train_ensemble`, which does the work.

    Returns
    -------
    model, History
        The same model, trained in place.
    """
    data: Sequence[Recordings] | FloatArray
    if isinstance(states, Recordings):
        data = [states]
    else:
        data = finite_array("states", states)
        if data.ndim != 3:
            raise ValueError(f"states must be Recordings or have shape (N, T, D), got {data.shape}")
        data = data[None]
        if currents is not None:
            currents = finite_array("currents", currents)
            if currents.ndim not in (1, 2) or len(currents) != data.shape[1]:
                raise ValueError(
                    f"currents must have shape ({data.shape[1]},) like states, got {currents.shape}"
                )
            currents = currents[None]
    models, history = train_ensemble(
        [model],
        data,
        currents,
        t_eval,
        recipe,
        seeds=[seed],
        fit_starts=fit_starts,
        validation=None if validation is None else [validation],
        patience=patience,
        device=device,
        progress=progress,
        snapshots_at=snapshots_at,
    )
    return models[0], history


def train_ensemble(
    models: Sequence[Model],
    states: Sequence[Recordings] | npt.ArrayLike,
    currents: npt.ArrayLike | None = None,
    t_eval: npt.ArrayLike | None = None,
    recipe: Recipe | None = None,
    *,
    seeds: Sequence[int],
    fit_starts: bool = False,
    validation: Sequence[Recordings] | None = None,
    patience: int | None = None,
    device: str | torch.device = "cpu",
    progress: bool = True,
    snapshots_at: Sequence[int] = (),
) -> tuple[list[Model], History]:
    """Train `K` models of one shape together, each on its own data.

    Nothing is shared but the computation: each model has its own loss, gradient norm, clipping,
    minibatches and moments, so the result for one seed is that of training it alone, up to the
    rounding of matrix products whose blocking depends on `K`.

    The first `C` variables of the state are the channels of the data. If the model has more, the
    others are hidden: their values at the start of each window are fitted beside the weights, and
    windows follow one another, each tied to the next by a weight that rises as training goes on. So
    are values that are missing at the start of a window, where no complete sample is at hand.

    Parameters
    ----------
    models : sequence of NeuralODE or DiscreteRNN
        `K` models alike in kind and size; trained in place.
    states : sequence of Recordings, or array_like of shape (K, N, T, D)
        Each model's data set, or whole trajectories on one grid as an array.
    currents : array_like, shape (K, N) or (K, N, M), optional
        Constant inputs that belong to an array of states.
    t_eval : array_like, shape (T,), optional
        The grid that belongs to an array of states.
    recipe : Recipe, optional
        The article's by default.
    seeds : sequence of int
        Seeds of each model's minibatches (unused when a batch is all the data).
    fit_starts : bool, default False
        Whether the recorded starts of windows are fitted like hidden ones instead of taken from
        the data: for data with noise.
    validation : sequence of Recordings, optional
        Data for each model that training does not see: every ten updates the error on all their
        windows is measured, and each model ends with the weights of its smallest [1]_. All state
        variables must be among the channels.
    patience : int, optional
        Training ends once no model has become better on the validation data for so many updates.
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
        If shapes disagree, data are not finite, the grid does not increase, or the data do not
        fit the models.

    Warns
    -----
    RuntimeWarning
        If a model's loss, gradient or weights stop being finite.
    UnscaledDataWarning
        If a network of this library is to learn from values or rates far from 1.

    References
    ----------
    Bock & Plitt 1984 [2]_ (multiple shooting); Prechelt 1998 [1]_.
    """
    recipe = Recipe() if recipe is None else recipe
    instance_of("recipe", recipe, Recipe)
    snapshot_updates = set(integers("snapshots_at", snapshots_at))
    truth_value("fit_starts", fit_starts)
    if patience is not None:
        positive_int("patience", patience)
        if validation is None:
            raise ValueError("patience must come with validation data, got none")
    check_models(models)
    run = Ensemble(
        models,
        _data_sets(models, states, currents, t_eval),
        recipe,
        seeds,
        _checked_device(device),
        fit_starts=fit_starts,
        validation=None if validation is None else _recordings("validation", validation, models),
        patience=patience,
    )
    bar = tqdm(total=recipe.updates, disable=not progress, unit="update", leave=True)
    try:
        with interrupts_between_updates() as stop:
            while run.update < recipe.updates and not (stop.is_set() or run.done):
                if run.update in snapshot_updates:
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
    interrupted = run.update < recipe.updates and not run.done
    if not interrupted and run.update in snapshot_updates:
        run.keep_snapshot()
    return list(models), run.history(interrupted=interrupted)


def _data_sets(
    models: Sequence[nn.Module],
    states: Sequence[Recordings] | npt.ArrayLike,
    currents: npt.ArrayLike | None,
    t_eval: npt.ArrayLike | None,
) -> list[Recordings]:
    """One data set for each model, whatever form it came in."""
    if not isinstance(states, Sequence) or not any(isinstance(x, Recordings) for x in states):
        arrays = cast(npt.ArrayLike, states)
        return checked_data(arrays, currents, t_eval, n_models=len(models))
    if currents is not None or t_eval is not None:
        raise ValueError("states must hold their own currents and times, being Recordings")
    return _recordings("states", states, models)


def _recordings(name: str, data: object, models: Sequence[nn.Module]) -> list[Recordings]:
    if not isinstance(data, Sequence) or len(data) != len(models):
        raise ValueError(f"{name} must hold one data set for each of {len(models)} models")
    for one in data:
        instance_of(name, one, Recordings)
    return list(data)


def _checked_device(device: str | torch.device) -> torch.device:
    try:
        target = torch.device(device)
        torch.empty(1, device=target)
    # AssertionError: a torch that was built without this kind of device.
    except (TypeError, ValueError, RuntimeError, AssertionError) as error:
        raise ValueError(f"device must be one that works here, got {device!r}: {error}") from error
    return target
