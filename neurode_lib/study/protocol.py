"""Everything the study measures on one trained model.

Held-out starts are the same for every model; truth is the accurate simulator's unless a metric
says that it is the article's own (``substeps=1``).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from functools import cache, lru_cache

import numpy as np
from torch import Tensor, nn

from neurode_lib import metrics
from neurode_lib._checks import FloatArray, finite_array, last_axis
from neurode_lib.fitzhugh_nagumo import (
    DT,
    TRAINED_CURRENTS,
    TRAINED_STEPS,
    V_RANGE,
    W_RANGE,
    fhn_rhs,
    flow_map,
    sample_starts,
    simulate,
)
from neurode_lib.models import DiscreteRNN, NeuralODE
from neurode_lib.phase_plane import LimitCycle, equilibria, limit_cycle

HORIZON_STEPS = 400
N_HELD_OUT = 64
HELD_OUT_SEED = 20_000  # far from the seeds of the training sets, which count from 0
# Starts for choices, such as a learning rate: what is reported has no part in them.
VALIDATION_SEED = 30_000
NEAR_RADIUS = 0.25
OTHER_STEPS = (0.25, 1.0)
HOPF_BRACKET = (0.0, 1.0)
# Where fields are compared: what the true orbits of the trained currents visit. A wider box asks
# for more extrapolation and lowers every cosine; a narrower one leaves out orbits.
FIELD_V_RANGE = (-2.0, 2.0)
FIELD_W_RANGE = (-1.0, 2.0)
Range = tuple[float, float]
BOXES: dict[str, tuple[Range, Range]] = {
    "orbits": (FIELD_V_RANGE, FIELD_W_RANGE),
    "sampling": (V_RANGE, W_RANGE),
    "portrait": (metrics.PORTRAIT_V_RANGE, metrics.PORTRAIT_W_RANGE),
}
# A network's step over this time, read as a field, is integrated in steps half as long.
FIELD_STEP = 0.25
# To be raised when metrics are added or change: finished jobs are then measured again.
PROTOCOL = 3


@dataclass
class Evaluation:
    """Metrics of one model: numbers by ``(metric, current)`` and curves by the same key.

    A number is ``inf`` where a prediction diverged and ``nan`` where the quantity does not exist,
    such as the period of a model that does not oscillate. Metrics that belong to no single current
    have the current ``None``.
    """

    numbers: dict[tuple[str, float | None], float] = field(default_factory=dict)
    curves: dict[tuple[str, float | None], FloatArray] = field(default_factory=dict)


@lru_cache(maxsize=1)
def held_out_starts() -> FloatArray:
    """Initial states, shape (64, 2), that no training set contains."""
    return sample_starts(N_HELD_OUT, np.random.default_rng(HELD_OUT_SEED))


@cache  # a default and the same value spelt out are two keys
def held_out_truth(*, article: bool = False) -> FloatArray:
    """True trajectories from the held-out starts under each trained current.

    Returns
    -------
    ndarray, shape (2, 64, 401, 2)
        Current first, in the order of ``TRAINED_CURRENTS``.
    """
    substeps = 1 if article else None
    return np.stack(
        [
            simulate(held_out_starts(), current, HORIZON_STEPS, DT, substeps=substeps)
            for current in TRAINED_CURRENTS
        ]
    )


@lru_cache(maxsize=1)
def other_clocks() -> dict[str, tuple[FloatArray, FloatArray]]:
    """Grids unlike the training grid, over the same time: ``{name: (t_eval, truth)}``.

    Truth has the shape (2, 64, T, 2), as in :func:`held_out_truth`.
    """
    t_end = DT * TRAINED_STEPS
    grids: dict[str, FloatArray] = {
        f"dt_{dt:g}": np.array([dt * n for n in range(round(t_end / dt) + 1)]) for dt in OTHER_STEPS
    }
    grids["irregular"] = metrics.irregular_grid(
        np.random.default_rng(HELD_OUT_SEED), TRAINED_STEPS, t_end
    )
    return {
        name: (
            grid,
            np.stack(
                [
                    metrics.true_trajectories(held_out_starts(), current, grid)
                    for current in TRAINED_CURRENTS
                ]
            ),
        )
        for name, grid in grids.items()
    }


@lru_cache(maxsize=1)
def validation_set() -> tuple[FloatArray, FloatArray]:
    """Starts, shape (64, 2), and true trajectories, shape (2, 64, 81, 2), for choices."""
    starts = sample_starts(N_HELD_OUT, np.random.default_rng(VALIDATION_SEED))
    truth = [simulate(starts, current, TRAINED_STEPS, DT) for current in TRAINED_CURRENTS]
    return starts, np.stack(truth)


@lru_cache(maxsize=4)
def _true_cycle(current: float) -> LimitCycle:
    return limit_cycle(current)


def evaluate(model: nn.Module, states: FloatArray, currents: FloatArray) -> Evaluation:
    """Measure a model.

    Parameters
    ----------
    model : NeuralODE or DiscreteRNN
    states : ndarray, shape (N, T, 2)
        Its training trajectories, for the training error and for what counts as near the data.
    currents : ndarray, shape (N,)
        Their currents.

    Returns
    -------
    Evaluation

    Raises
    ------
    ValueError
        If the data have the wrong shape or values.
    """
    states = last_axis("states", finite_array("states", states), 2)
    if states.ndim != 3 or states.shape[1] < 2:
        raise ValueError(f"states must have shape (N, T, 2) with T >= 2, got {states.shape}")
    currents = finite_array("currents", currents)
    if currents.shape != states.shape[:1]:
        raise ValueError(
            f"currents must have shape {states.shape[:1]} like states, got {currents.shape}"
        )
    with warnings.catch_warnings():
        # Divergence is one of the numbers, and errors over it are infinite.
        warnings.simplefilter("ignore", metrics.DivergedWarning)
        return _measure(model, states, currents)


def _measure(model: nn.Module, states: FloatArray, currents: FloatArray) -> Evaluation:
    result = Evaluation()
    numbers = result.numbers
    grid = DT * np.arange(states.shape[1])
    fitted = metrics.predict(model, states[:, 0], currents, grid)
    numbers["train_mse", None] = metrics.trajectory_mse(fitted, states)
    hopf = metrics.learned_hopf_current(model, HOPF_BRACKET, dt=DT, n_currents=21)
    numbers["hopf_current", None] = np.nan if hopf is None else hopf
    _errors(model, result)
    _other_clocks(model, numbers)
    _validation(model, numbers)
    for current in TRAINED_CURRENTS:
        _field(model, current, states, numbers)
        _in_boxes(model, current, states[currents == current], numbers)
        _dynamics(model, current, numbers)
    return result


def _predict_from(model: nn.Module, starts: FloatArray, grid: FloatArray) -> FloatArray:
    """Predictions from some starts under both currents, in one batch."""
    currents = np.repeat(TRAINED_CURRENTS, len(starts))
    predicted = metrics.predict(model, np.tile(starts, (len(TRAINED_CURRENTS), 1)), currents, grid)
    return predicted.reshape(len(TRAINED_CURRENTS), len(starts), len(grid), 2)


def _errors(model: nn.Module, result: Evaluation) -> None:
    numbers = result.numbers
    predicted = _predict_from(
        model, held_out_starts(), np.linspace(0.0, DT * HORIZON_STEPS, HORIZON_STEPS + 1)
    )
    for article in (False, True):
        suffix = "_article" if article else ""
        truth = held_out_truth(article=article)
        for current, path, true_path in zip(TRAINED_CURRENTS, predicted, truth, strict=True):
            within, beyond = metrics.extrapolation_mse(path, true_path, TRAINED_STEPS)
            numbers[f"mse_within{suffix}", current] = within
            numbers[f"mse_beyond{suffix}", current] = beyond
    for current, path, true_path in zip(
        TRAINED_CURRENTS, predicted, held_out_truth(article=False), strict=True
    ):
        result.curves["error_by_horizon", current] = metrics.error_by_horizon(path, true_path)
        diverged = metrics.divergence_steps(path) < path.shape[1]
        numbers["diverged_fraction", current] = float(diverged.mean())


def _field(
    model: nn.Module,
    current: float,
    states: FloatArray,
    numbers: dict[tuple[str, float | None], float],
) -> None:
    points, true = metrics.field_on_grid(
        fhn_rhs, current, v_range=FIELD_V_RANGE, w_range=FIELD_W_RANGE
    )
    learned = metrics.vector_field(model, points, current, dt=DT)
    distances = metrics.distance_to_data(points, states)
    for name, metric in (
        ("field_cosine", metrics.mean_cosine_similarity),
        ("field_error", metrics.relative_field_error),
    ):
        numbers[name, current] = metric(learned, true)
        split = metrics.split_by_distance(metric, learned, true, distances, NEAR_RADIUS)
        numbers[f"{name}_near", current] = np.nan if split.near is None else split.near
        numbers[f"{name}_far", current] = np.nan if split.far is None else split.far


def _other_clocks(model: nn.Module, numbers: dict[tuple[str, float | None], float]) -> None:
    for name, (grid, truth) in other_clocks().items():
        predicted = _predict_from(model, held_out_starts(), grid)
        for current, path, true_path in zip(TRAINED_CURRENTS, predicted, truth, strict=True):
            numbers[f"mse_{name}", current] = metrics.trajectory_mse(path, true_path)
    if isinstance(model, DiscreteRNN):
        # Whoever reads its step as a field may integrate it as one.
        as_field = NeuralODE(_StepAsField(model))
        grid, truth = other_clocks()[f"dt_{FIELD_STEP:g}"]
        predicted = _predict_from(as_field, held_out_starts(), grid)
        for current, path, true_path in zip(TRAINED_CURRENTS, predicted, truth, strict=True):
            error = metrics.trajectory_mse(path, true_path)
            numbers[f"mse_as_field_dt_{FIELD_STEP:g}", current] = error


class _StepAsField(nn.Module):
    """A discrete model's mean velocity over its step, as the field of a Neural ODE."""

    def __init__(self, model: DiscreteRNN) -> None:
        super().__init__()
        self.model = model

    def forward(self, _: Tensor, y: Tensor, I: Tensor) -> Tensor:
        change: Tensor = self.model.step(y, I)
        return change / DT


def _validation(model: nn.Module, numbers: dict[tuple[str, float | None], float]) -> None:
    starts, truth = validation_set()
    predicted = _predict_from(
        model, starts, np.linspace(0.0, DT * TRAINED_STEPS, TRAINED_STEPS + 1)
    )
    for current, path, true_path in zip(TRAINED_CURRENTS, predicted, truth, strict=True):
        numbers["mse_validation", current] = metrics.trajectory_mse(path, true_path)


def _in_boxes(
    model: nn.Module,
    current: float,
    own_states: FloatArray,
    numbers: dict[tuple[str, float | None], float],
) -> None:
    """Field and single step in stated boxes, near and far from data under the same current."""
    for box, (v_range, w_range) in BOXES.items():
        points, true = metrics.field_on_grid(fhn_rhs, current, v_range=v_range, w_range=w_range)
        distances = metrics.distance_to_data(points, own_states)
        learned = metrics.vector_field(model, points, current, dt=DT)
        true_change = flow_map(points, current, DT) - points
        flat = points.reshape(-1, 2)
        after = metrics.predict(model, flat, current, np.array([0.0, DT]))[:, 1]
        change = after.reshape(points.shape) - points
        for name, metric, ours, reference in (
            ("field_cosine", metrics.mean_cosine_similarity, learned, true),
            ("field_error", metrics.relative_field_error, learned, true),
            ("step_error", metrics.relative_field_error, change, true_change),
        ):
            numbers[f"{name}_{box}", current] = metric(ours, reference)
            split = metrics.split_by_distance(metric, ours, reference, distances, NEAR_RADIUS)
            for side, value in split._asdict().items():
                numbers[f"{name}_{box}_{side}", current] = np.nan if value is None else value


def _dynamics(
    model: nn.Module, current: float, numbers: dict[tuple[str, float | None], float]
) -> None:
    cycle = metrics.learned_cycle(model, current, dt=DT)
    numbers["oscillates", current] = float(cycle is not None)
    try:
        true_cycle = _true_cycle(current)
    except ValueError:  # the neuron itself does not oscillate under this current
        pass
    else:
        nothing = metrics.CycleError(np.nan, np.nan)
        error = nothing if cycle is None else metrics.cycle_error(cycle, true_cycle)
        numbers["period_error", current], numbers["amplitude_error", current] = error
    roots = metrics.learned_equilibria(model, current, dt=DT)
    true_equilibrium = equilibria(current)[0]
    numbers["n_equilibria", current] = float(len(roots))
    offsets = [np.hypot(e.v - true_equilibrium.v, e.w - true_equilibrium.w) for e in roots]
    numbers["equilibrium_offset", current] = float(min(offsets)) if offsets else np.nan
