"""How far predicted trajectories are from the true ones, and under which clock.

Arrays are NumPy, batch first: trajectories `(N, T, D)`. All quantities are dimensionless.

A model may diverge. Predictions keep their infinities and NaNs, so that
:func:`divergence_steps` can say which trajectory left the finite range and when; every error
taken over such a value is ``inf``, never NaN and never an average over the survivors.

References
----------
.. [1] R. T. Q. Chen, Y. Rubanova, J. Bettencourt, D. Duvenaud, "Neural Ordinary Differential
       Equations", NeurIPS 2018.
"""

from __future__ import annotations

import warnings
from typing import NamedTuple, cast, overload

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from neurode_lib._checks import (
    FloatArray,
    finite_array,
    instance_of,
    positive_int,
    positive_number,
    real_array,
    shown,
)
from neurode_lib.fitzhugh_nagumo import ACCURATE_STEP, TRAINED_STEPS, flow_map, refuse_divergence
from neurode_lib.inputs import Drive, Input, is_signal, signals_of, visited
from neurode_lib.models import state_dim_of
from neurode_lib.recordings import Recordings
from neurode_lib.trained_range import warn_outside_trained_range


class DivergedWarning(RuntimeWarning):
    """A learned model has left the finite range."""


@overload
def predict(model: nn.Module, initial_states: Recordings) -> Recordings: ...
@overload
def predict(
    model: nn.Module, initial_states: npt.ArrayLike, I: Drive, t_eval: npt.ArrayLike
) -> FloatArray: ...
def predict(
    model: nn.Module,
    initial_states: Recordings | npt.ArrayLike,
    I: Drive = None,
    t_eval: npt.ArrayLike | None = None,
) -> FloatArray | Recordings:
    """Trajectories of a learned model, without gradients.

    Parameters
    ----------
    model : nn.Module
        Called as ``model(y0, I, t_eval)`` in the dtype and on the device of its parameters
        (float64 on the CPU if it has none), returning shape (T, N, D). The times are float64 and
        on the CPU always, so that late ones keep their differences.
    initial_states : array_like, shape (N, D), or Recordings
        States at ``t_eval[0]``. Of recordings each trajectory is predicted from its first complete
        sample, over its own times and under its own input; they need no other argument.
    I : float or array_like, shape (N,) or (N, M); Input, sequence of N Input, or None
        Input of each trajectory: constant, a signal (see :mod:`neurode_lib.inputs`), or none.
    t_eval : array_like, shape (T,)
        Strictly increasing times.

    Returns
    -------
    ndarray, shape (N, T, D)
        Row ``[:, 0]`` holds the initial states, rounded to the model's dtype. A trajectory that
        diverges holds infinities or NaNs from there on; see :func:`divergence_steps`. For
        recordings, recordings from the first complete samples on, with NaN after a divergence.

    Raises
    ------
    ValueError
        If an argument has the wrong shape or values, or does not fit the model.
    TypeError
        If ``model`` is not a torch module.

    Warns
    -----
    DivergedWarning
        If a trajectory leaves the finite range: which, when and from where.
    UntrainedCurrentWarning
        If a current lies outside those that the model was trained on. Whoever asks on purpose
        says so: ``warnings.simplefilter("ignore", UntrainedCurrentWarning)``.

    References
    ----------
    Chen et al. 2018 [1]_.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch module, got {type(model).__name__}")
    if isinstance(initial_states, Recordings):
        if I is not None or t_eval is not None:
            raise ValueError(
                "initial_states must hold their own inputs and times, being Recordings"
            )
        return _predict_recordings(model, initial_states)
    starts, drive = check_starts(initial_states, I, state_dim=state_dim_of(model))
    times = check_grid(() if t_eval is None else t_eval)
    warn_outside_trained_range(model, visited_inputs(drive, times))
    like = next(model.parameters(), torch.empty(0, dtype=torch.float64))

    def tensor(array: FloatArray) -> torch.Tensor:
        return torch.as_tensor(array).to(like.dtype).to(like.device)

    with torch.no_grad():
        path = model(
            tensor(starts),
            tensor(drive) if isinstance(drive, np.ndarray) else drive,
            torch.as_tensor(times),
        )
    if path.shape != (len(times), *starts.shape):
        raise ValueError(
            f"model must return shape {(len(times), *starts.shape)}, time first, got "
            f"{tuple(path.shape)}"
        )
    paths: FloatArray = path.transpose(0, 1).cpu().double().numpy()
    _report_divergence(paths, times)
    return paths


def _predict_recordings(model: nn.Module, data: Recordings) -> Recordings:
    state_dim = state_dim_of(model)
    if state_dim not in (None, data.n_channels):
        raise ValueError(
            f"initial_states must hold all {state_dim} variables of the model's state, got "
            f"{data.n_channels} channels; history.fitted has those that training has fitted"
        )
    times, values = [], []
    for n, (grid, path) in enumerate(zip(data.times, data.values, strict=True)):
        complete = np.flatnonzero(~np.isnan(path).any(axis=1))
        if complete.size == 0 or complete[0] == len(grid) - 1:
            raise ValueError(
                f"initial_states must hold a complete sample to start from, got none in values[{n}]"
            )
        first = int(complete[0])
        drive = None if data.inputs is None else data.inputs[n : n + 1]
        states = predict(model, path[first : first + 1], drive, grid[first:])[0]
        times.append(grid[first:])
        values.append(np.where(np.isfinite(states), states, np.nan))
    return Recordings(times, values, data.inputs)


def _report_divergence(paths: FloatArray, times: FloatArray) -> None:
    steps = divergence_steps(paths)
    incomplete = np.flatnonzero(steps < len(times))
    if incomplete.size:
        first = incomplete[np.argmin(steps[incomplete])]
        state = paths[first, max(steps[first] - 1, 0)]
        names = ("v = ", "w = ") if len(state) == 2 else ("",) * len(state)
        last_state = ", ".join(f"{name}{value:g}" for name, value in zip(names, state, strict=True))
        warnings.warn(
            f"{incomplete.size} of {len(paths)} trajectories left the finite range, first number "
            f"{first} before t = {times[steps[first]]:g}, last seen at {last_state}; errors over "
            "them are infinite",
            DivergedWarning,
            stacklevel=3,
        )


def divergence_steps(predicted: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Index of the first time at which each trajectory is not finite.

    Parameters
    ----------
    predicted : array_like, shape (N, T, D)

    Returns
    -------
    ndarray of int, shape (N,)
        `T` for a trajectory that stays finite throughout.
    """
    paths = real_array("predicted", predicted)
    _check_paths("predicted", paths)
    finite = np.all(np.isfinite(paths), axis=-1)
    return np.where(finite.all(axis=1), paths.shape[1], finite.argmin(axis=1))


def trajectory_mse(
    predicted: npt.ArrayLike | Recordings, truth: npt.ArrayLike | Recordings
) -> float:
    """Mean squared error over trajectories, times and state variables.

    Parameters
    ----------
    predicted, truth : array_like, shape (N, T, D), or both Recordings
        Of recordings, what was recorded counts: predictions as from :func:`predict` are compared
        with it at their own times, and in its channels, the first of the state.

    Returns
    -------
    float
        ``inf`` if any predicted value is not finite.

    Raises
    ------
    ValueError
        If the shapes differ, ``predicted`` does not hold real numbers (NaN and infinity may be
        among them), or ``truth`` is not finite.
    """
    if isinstance(predicted, Recordings) and isinstance(truth, Recordings):
        return _recorded_mse(predicted, truth)
    for name, value in (("predicted", predicted), ("truth", truth)):
        if isinstance(value, Recordings):
            raise ValueError(f"{name} must be an array like the other, got {shown(value)}")
    arrays = cast(npt.ArrayLike, predicted), cast(npt.ArrayLike, truth)
    return float(error_by_horizon(*arrays).mean())


def _recorded_mse(predicted: Recordings, truth: Recordings) -> float:
    channels = truth.n_channels
    if len(predicted) != len(truth) or predicted.n_channels < channels:
        raise ValueError(
            f"predicted must hold {len(truth)} trajectories of at least {channels} channels like "
            f"truth, got {len(predicted)} of {predicted.n_channels}"
        )
    squares = []
    for n, (path, reference) in enumerate(zip(predicted.values, truth.values, strict=True)):
        if not np.array_equal(predicted.times[n], truth.times[n][-len(path) :]):
            raise ValueError(f"predicted must have truth's times to the end, in trajectory {n}")
        target = reference[-len(path) :]
        squares.append((path[:, :channels] - target)[~np.isnan(target)] ** 2)
    error = np.concatenate(squares).mean()
    return float(np.inf if np.isnan(error) else error)


def error_by_horizon(predicted: npt.ArrayLike, truth: npt.ArrayLike) -> FloatArray:
    """Mean squared error at each time, over trajectories and state variables.

    Parameters
    ----------
    predicted, truth : array_like, shape (N, T, D)

    Returns
    -------
    ndarray, shape (T,)
        ``inf`` at every time at which some predicted value is not finite.

    Raises
    ------
    ValueError
        If the shapes differ, ``predicted`` does not hold real numbers (NaN and infinity may be
        among them), or ``truth`` is not finite.
    """
    reference = finite_array("truth", truth)
    _check_paths("truth", reference)
    paths = real_array("predicted", predicted)
    if paths.shape != reference.shape:
        raise ValueError(f"predicted must have truth's shape {reference.shape}, got {paths.shape}")
    with np.errstate(over="ignore", invalid="ignore"):
        squares: FloatArray = ((paths - reference) ** 2).mean(axis=(0, 2))
    return np.where(np.isnan(squares), np.inf, squares)


class HorizonError(NamedTuple):
    """Mean squared error on the two sides of the training horizon."""

    within: float
    beyond: float


def extrapolation_mse(
    predicted: npt.ArrayLike, truth: npt.ArrayLike, trained_steps: int = TRAINED_STEPS
) -> HorizonError:
    """Mean squared error within the training horizon and beyond it.

    Parameters
    ----------
    predicted, truth : array_like, shape (N, T, D)
        ``T > trained_steps + 1``.
    trained_steps : int, default 80
        Number of intervals in a training trajectory.

    Returns
    -------
    HorizonError
        ``within`` covers times 0 to ``trained_steps``, ``beyond`` the rest (81 to 400 in the
        article's test). ``inf`` where a prediction diverged.

    Raises
    ------
    ValueError
        As from :func:`error_by_horizon`, or if nothing lies beyond the horizon.
    """
    trained_steps = positive_int("trained_steps", trained_steps)
    curve = error_by_horizon(predicted, truth)
    if len(curve) <= trained_steps + 1:
        raise ValueError(
            f"trained_steps must leave times beyond it: got {trained_steps} "
            f"for trajectories of {len(curve) - 1} steps"
        )
    return HorizonError(
        float(curve[: trained_steps + 1].mean()), float(curve[trained_steps + 1 :].mean())
    )


def true_trajectories(
    initial_states: npt.ArrayLike,
    I: Drive,
    t_eval: npt.ArrayLike,
) -> FloatArray:
    """Ground truth on any grid, by :func:`~neurode_lib.fitzhugh_nagumo.flow_map`.

    Parameters
    ----------
    initial_states : array_like, shape (N, 2)
    I : float or array_like, shape (N,); Input, or sequence of N Input
    t_eval : array_like, shape (T,)
        Strictly increasing times.

    Returns
    -------
    ndarray, shape (N, T, 2)

    Raises
    ------
    ValueError
        If an argument has the wrong shape or values.
    FloatingPointError
        If a start is so far from the origin that the steps are too large.
    """
    state, drive = check_starts(initial_states, I, state_dim=2)
    times = check_grid(t_eval)
    path = [state]
    for t, interval in zip(times, np.diff(times), strict=False):
        state = flow_map(state, drive, interval, start=t)
        refuse_divergence(path[-1], state, float(t + interval), ACCURATE_STEP)
        path.append(state)
    return np.stack(path, axis=1)


def irregular_grid(rng: np.random.Generator, n_steps: int, t_end: float) -> FloatArray:
    """Random strictly increasing times from 0 to ``t_end``.

    Interval lengths are proportional to independent uniform draws from [0.2, 1.8], so they
    average ``t_end / n_steps`` and differ by at most a factor of nine.

    Parameters
    ----------
    rng : numpy.random.Generator
    n_steps : int
        Number of intervals.
    t_end : float
        Last time.

    Returns
    -------
    ndarray, shape (n_steps + 1,)

    Raises
    ------
    ValueError
        If ``n_steps`` or ``t_end`` is out of range.
    """
    n_steps = positive_int("n_steps", n_steps)
    t_end = positive_number("t_end", t_end)
    instance_of("rng", rng, np.random.Generator)
    edges = np.concatenate([[0.0], np.cumsum(rng.uniform(0.2, 1.8, size=n_steps))])
    return edges * (t_end / edges[-1])


def mse_on_grid(
    model: nn.Module,
    initial_states: npt.ArrayLike,
    I: Drive,
    t_eval: npt.ArrayLike,
) -> float:
    """Mean squared error of a model against the truth on any grid, uneven ones included.

    Parameters
    ----------
    model : nn.Module
    initial_states : array_like, shape (N, 2)
    I : float or array_like, shape (N,)
    t_eval : array_like, shape (T,)

    Returns
    -------
    float
        ``inf`` if the model diverges.

    Raises
    ------
    ValueError
        If an argument has the wrong shape or values.
    """
    predicted = predict(model, initial_states, I, t_eval)
    return trajectory_mse(predicted, true_trajectories(initial_states, I, t_eval))


def check_starts(
    initial_states: npt.ArrayLike, I: Drive, *, state_dim: int | None
) -> tuple[FloatArray, FloatArray | list[Input] | None]:
    """Return the starts, shape (N, D), and the input of each: shape (N,) or (N, M), or signals."""
    starts = finite_array("initial_states", initial_states)
    if starts.ndim != 2 or starts.shape[1] != (state_dim or starts.shape[1]):
        raise ValueError(
            f"initial_states must have shape (N, {state_dim or 'D'}), got {starts.shape}"
        )
    if I is None:
        return starts, None
    if is_signal(I):
        return starts, signals_of(I, len(starts))
    currents = finite_array("I", cast(npt.ArrayLike, I))
    if currents.ndim == 0:
        return starts, np.full(len(starts), currents)
    if currents.ndim > 2 or len(currents) != len(starts):
        raise ValueError(
            f"I must be a number or have shape ({len(starts)},) or ({len(starts)}, M) like "
            f"initial_states, got {currents.shape}"
        )
    return starts, currents.copy()


def visited_inputs(drive: FloatArray | list[Input] | None, times: FloatArray) -> FloatArray:
    """Every value that an input takes on a grid and at its breaks, shape (..., M)."""
    if drive is None:
        return np.empty((0, 1))
    if isinstance(drive, np.ndarray):
        return drive if drive.ndim == 2 else drive[:, None]
    distinct = {id(one): one for one in drive}.values()
    return np.concatenate([visited(one, times) for one in distinct])


def check_grid(t_eval: npt.ArrayLike, name: str = "t_eval") -> FloatArray:
    """Return the grid as an array of at least two strictly increasing times."""
    times = finite_array(name, t_eval)
    if times.ndim != 1 or len(times) < 2:
        raise ValueError(
            f"{name} must have shape (T,) with at least two times, got shape {times.shape}"
        )
    steps = np.diff(times)
    if not (steps > 0.0).all():
        at = int(np.argmin(steps > 0.0))
        raise ValueError(
            f"{name} must be strictly increasing, got {times[at]:g} followed by "
            f"{times[at + 1]:g} at index {at + 1}"
        )
    return times


def _check_paths(name: str, paths: FloatArray) -> None:
    if paths.ndim != 3 or paths.size == 0:
        raise ValueError(f"{name} must have shape (N, T, D), got {paths.shape}")
