"""The judges: the same questions to every model, whatever it learned and from what.

Truth has no noise. A number is infinite where a forecast diverged, and NaN where what it asks for
does not exist: the period of a model that rests, the field of one that has none.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from neurode_lib import metrics
from neurode_lib._checks import FloatArray
from neurode_lib.fitzhugh_nagumo import DT, TRAINED_CURRENTS, TRAINED_STEPS
from neurode_lib.inputs import noise
from neurode_lib.methods.neurons import NEURONS, follow_neuron
from neurode_lib.methods.problems import Problem
from neurode_lib.methods.stacks import Stack
from neurode_lib.metrics.cycles import CYCLE_START
from neurode_lib.recordings import Recordings
from neurode_lib.study.protocol import (
    BOXES,
    HORIZON_STEPS,
    NEAR_RADIUS,
    held_out_starts,
    held_out_truth,
)

REST, FIRING = TRAINED_CURRENTS
N_NOISE = 10
NOISE_MEAN, NOISE_STD, NOISE_TAU = 0.35, 0.1, 5.0
NOISE_SEED = 2_000_000
SPIKE_TAU = 2.0
RAMP = (0.1, 0.6)
OTHER_STEP = 0.25
PERIOD_TRANSIENT = 30.0
HOPF_BRACKET = (0.2, 0.5)
_HOPF_CURRENTS = 4
_SETTLING_STEPS = 600
_RAMP_ROW = -3

Numbers = dict[str, float]


@dataclass(frozen=True)
class Exam:
    """What is asked of a neuron's models, and the true answers.

    Attributes
    ----------
    starts : ndarray, shape (B, 2)
        The held-out starts once for each trained current; those of noise and ramp; and one
        outside the cycle for each trained current.
    currents : ndarray, shape (S, B)
        Held for DT each.
    paths : ndarray, shape (B, S + 1, 2)
    fine : ndarray, shape (2, 64, T, 2)
        From the held-out starts under the trained currents, in steps of ``OTHER_STEP``.
    period : float
    """

    starts: FloatArray
    currents: FloatArray
    paths: FloatArray
    fine: FloatArray
    period: float


@cache
def exam(neuron: str) -> Exam:
    """The exam of a neuron, computed once."""
    held_out = held_out_starts()
    n = len(held_out)
    times = DT * np.arange(HORIZON_STEPS)
    duration = DT * HORIZON_STEPS
    drawn = [
        noise(NOISE_MEAN, NOISE_STD, NOISE_TAU, duration=duration, seed=NOISE_SEED + k, dt=DT)(
            times
        )
        for k in range(N_NOISE)
    ]
    ramp = np.linspace(*RAMP, HORIZON_STEPS)
    constant = np.repeat(TRAINED_CURRENTS, n)
    resting = follow_neuron(neuron, held_out[:1], np.full((_SETTLING_STEPS, 1), RAMP[0]), DT)
    others = np.concatenate([held_out[:N_NOISE], resting[:, -1], np.tile(CYCLE_START, (2, 1))])
    drive = np.stack([*drawn, ramp, *np.full((2, HORIZON_STEPS), REST)], axis=1)
    drive[:, -1] = FIRING
    other_paths = follow_neuron(neuron, others, drive, DT)
    fine_steps = round(DT * TRAINED_STEPS / OTHER_STEP)
    tiled = np.tile(held_out, (2, 1))
    fine = follow_neuron(neuron, tiled, np.broadcast_to(constant, (fine_steps, 2 * n)), OTHER_STEP)
    if neuron == "fhn":
        paths = held_out_truth().reshape(2 * n, -1, 2)
    else:
        held = np.broadcast_to(constant, (HORIZON_STEPS, 2 * n))
        paths = follow_neuron(neuron, tiled, held, DT)
    estimate = _cycle(other_paths[-1], DT)
    return Exam(
        starts=np.concatenate([tiled, others]),
        currents=np.concatenate([np.broadcast_to(constant, (HORIZON_STEPS, 2 * n)), drive], axis=1),
        paths=np.concatenate([paths, other_paths]),
        fine=fine.reshape(2, n, -1, 2),
        period=np.nan if estimate is None else estimate.period,
    )


def judge(stack: Stack, problem: Problem, data_sets: Sequence[Recordings]) -> list[Numbers]:
    """Everything that is measured, for each model of a stack.

    Parameters
    ----------
    stack : Stack
    problem : Problem
        Whose neuron is the truth.
    data_sets : sequence of Recordings
        What each model learned from: they say what is near.
    """
    found: list[Numbers] = [{} for _ in range(stack.n_models)]
    with warnings.catch_warnings():
        # On purpose between the trained currents; divergence is one of the numbers.
        warnings.simplefilter("ignore", metrics.UntrainedCurrentWarning)
        warnings.simplefilter("ignore", metrics.DivergedWarning)
        _forecasts(stack, problem, found)
        _other_step(stack, problem, found)
        _fields(stack, problem, data_sets, found)
        _hopf(stack, found)
    return found


def _forecasts(stack: Stack, problem: Problem, found: list[Numbers]) -> None:
    """Errors within and beyond the horizon, spike times under noise, onset on a ramp, period."""
    asked = exam(problem.neuron)
    every = round(stack.interval / DT)
    # A map cannot see a current change within its step: it is given the mean over it.
    drive = asked.currents.reshape(-1, every, len(asked.starts)).mean(axis=1)
    truth = asked.paths[:, ::every]
    paths = stack.forecast(asked.starts, drive, stack.interval)
    times: FloatArray = stack.interval * np.arange(truth.shape[1], dtype=np.float64)
    n = len(held_out_starts())
    for numbers, path in zip(found, paths, strict=True):
        for k, current in enumerate(TRAINED_CURRENTS):
            rows = slice(k * n, (k + 1) * n)
            error = metrics.extrapolation_mse(path[rows], truth[rows], TRAINED_STEPS // every)
            numbers[f"mse_within/{current:g}"], numbers[f"mse_beyond/{current:g}"] = error
        noisy = slice(2 * n, 2 * n + N_NOISE)
        numbers["spike_distance"] = _spike_distance(times, path[noisy], truth[noisy])
        numbers["onset"] = _onset(times, path[_RAMP_ROW])
        estimate = _cycle(path[-1], stack.interval)
        numbers["period_error"] = np.nan if estimate is None else estimate.period / asked.period - 1
        numbers["fires_at_rest"] = float(_cycle(path[-2], stack.interval) is not None)


def true_onset(neuron: str) -> float:
    """The ramp's current at the neuron's own first spike."""
    times: FloatArray = DT * np.arange(HORIZON_STEPS + 1, dtype=np.float64)
    return _onset(times, exam(neuron).paths[_RAMP_ROW])


def _spikes(times: FloatArray, path: FloatArray) -> FloatArray:
    return metrics.spike_times(times, path[:, 0])


def _spike_distance(times: FloatArray, paths: FloatArray, truth: FloatArray) -> float:
    """0 for spikes at the true times, 1 for spikes that all lack a partner."""
    if not np.isfinite(paths).all():
        return np.inf
    pairs = [(_spikes(times, a), _spikes(times, b)) for a, b in zip(paths, truth, strict=True)]
    alone = sum(len(a) + len(b) for a, b in pairs) / 2.0
    apart = sum(metrics.van_rossum_distance(a, b, SPIKE_TAU) for a, b in pairs)
    return float(apart / alone) if alone else 0.0


def _onset(times: FloatArray, path: FloatArray) -> float:
    if not np.isfinite(path).all():
        return np.nan
    spikes = _spikes(times, path)
    return float(np.interp(spikes[0], times[[0, -1]], RAMP)) if len(spikes) else np.nan


def _other_step(stack: Stack, problem: Problem, found: list[Numbers]) -> None:
    """Errors where the time step is changed after training."""
    other = stack.reading_as_field()
    truth = exam(problem.neuron).fine
    n = truth.shape[1]
    paths = None
    if other is not None:
        currents = np.repeat(TRAINED_CURRENTS, n)
        drive = np.broadcast_to(currents, (truth.shape[2] - 1, 2 * n))
        paths = other.forecast(np.tile(held_out_starts(), (2, 1)), drive, OTHER_STEP)
    for j, numbers in enumerate(found):
        for k, current in enumerate(TRAINED_CURRENTS):
            key = f"mse_other_step/{current:g}"
            rows = slice(k * n, (k + 1) * n)
            numbers[key] = (
                np.nan if paths is None else metrics.trajectory_mse(paths[j, rows], truth[k])
            )


def _fields(
    stack: Stack, problem: Problem, data_sets: Sequence[Recordings], found: list[Numbers]
) -> None:
    """Angle and size of the field's error, near the data and far from them."""
    v_range, w_range = BOXES["orbits"]
    for current in TRAINED_CURRENTS:
        points, true = metrics.field_on_grid(
            NEURONS[problem.neuron].field, current, v_range=v_range, w_range=w_range
        )
        learned = stack.field_at(points, current)
        for k, (numbers, data) in enumerate(zip(found, data_sets, strict=True)):
            for name, metric in (
                ("cosine", metrics.mean_cosine_similarity),
                ("field_error", metrics.relative_field_error),
            ):
                sides: tuple[float | None, float | None] = (None, None)
                if learned is not None and np.isfinite(learned[k]).all() and data.n_channels == 2:
                    own = [
                        path
                        for path, I in zip(data.values, np.asarray(data.inputs), strict=True)
                        if current == I
                    ]
                    away = (
                        metrics.distance_to_data(points, np.concatenate(own))
                        if own
                        else np.full(points.shape[:-1], NEAR_RADIUS + 1.0)
                    )
                    sides = metrics.split_by_distance(metric, learned[k], true, away, NEAR_RADIUS)
                for side, value in zip(("near", "far"), sides, strict=True):
                    numbers[f"{name}_{side}/{current:g}"] = np.nan if value is None else value


def _cycle(path: FloatArray, interval: float) -> metrics.CycleEstimate | None:
    times = interval * np.arange(len(path))
    return metrics.period_and_amplitude(times, path, transient=PERIOD_TRANSIENT)


def _hopf(stack: Stack, found: list[Numbers]) -> None:
    """The Hopf current, where there is one between the trained currents."""
    for k, numbers in enumerate(found):
        numbers["hopf_current"] = np.nan
        member = stack.member(k)
        if member is None:
            continue
        current = metrics.learned_hopf_current(
            member, HOPF_BRACKET, dt=stack.interval, n_currents=_HOPF_CURRENTS
        )
        numbers["hopf_current"] = np.nan if current is None else current
