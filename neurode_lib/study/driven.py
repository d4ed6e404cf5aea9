"""Models under a current that changes: what chapter 16 reads.

``python -m neurode_lib.study.driven`` trains small networks on two constant currents and on noise
currents, measures them and three of the study's own, and writes ``pretrained/driven.json`` and
``pretrained/driven.safetensors``. Finished parts are kept, so a run that was stopped goes on where
it was.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from neurode_lib import metrics
from neurode_lib._checks import (
    FloatArray,
    folder_or_file,
    instance_of,
    one_of,
    positive_int,
    positive_number,
)
from neurode_lib.fitzhugh_nagumo import DT, TRAINED_STEPS, build_dataset, sample_starts, simulate
from neurode_lib.inputs import Input, chirp, constant, noise, pulses, ramp, sampled
from neurode_lib.metrics.cycles import CYCLE_START
from neurode_lib.models import DiscreteRNN, NeuralODE
from neurode_lib.phase_plane import equilibria
from neurode_lib.recordings import Recordings
from neurode_lib.study.parts import finished_parts, read_measurements, write_measurements
from neurode_lib.study.pretrained import load_pretrained, model_in_row
from neurode_lib.study.protocol import held_out_starts
from neurode_lib.study.variants import SEEDS, Variant, new_model
from neurode_lib.trained_range import keep_trained_range
from neurode_lib.training.loop import train_ensemble
from neurode_lib.training.recipe import Recipe
from neurode_lib.training.rollout import stack_weights
from neurode_lib.weights import PACKAGED, load_weights, save_weights

RESULTS = PACKAGED / "driven.json"
WEIGHTS = PACKAGED / "driven.safetensors"

# The noise that networks are trained on, and, drawn anew, tested on.
NOISE_MEAN, NOISE_STD, NOISE_TAU = 0.35, 0.1, 5.0
N_TRAJECTORIES = 40
TEST_SEED = 1_000_000  # beyond all seeds of training noise

# Two networks that differ in nothing but the currents of their data; smaller than the study's, and
# trained for less, since each takes ten seeds.
HIDDEN = 32
RECIPE = Recipe(updates=2000, window=1, batch=128, weight_decay=0.0)
TRAINED = {
    name: Variant(name, title, RECIPE)
    for name, title in (
        ("two_currents", "Neural ODE (small), two constant currents"),
        ("noise_currents", "Neural ODE (small), noise currents"),
    )
}
MODELS = ("neural_ode", "discrete_rnn", "best_recipe", *TRAINED)

N_STARTS = 10
T_END = 200.0
# What counts as near, for two spikes: a twentieth of the period at I = 0.5.
SPIKE_TAU = 2.0
RATE_CURRENTS = (
    0.2,
    0.26,
    0.3,
    0.31,
    0.32,
    0.33,
    0.34,
    0.35,
    0.36,
    0.38,
    0.4,
    0.45,
    0.5,
    0.55,
    0.6,
)
RATE_TRANSIENT, RATE_END = 200.0, 600.0
# A ramp from the first to the second current, in as much time as each of the durations says.
RAMP_CURRENTS = (0.1, 0.6)
RAMP_DURATIONS = (50.0, 100.0, 200.0, 400.0)
RAMP_START = 50.0
# A chirp too small to make the neuron fire.
CHIRP_MEAN, CHIRP_AMPLITUDE, CHIRP_DURATION = 0.22, 0.02, 600.0
CHIRP_FREQUENCIES = (0.01, 0.09)
GAIN_FREQUENCIES = (
    0.02,
    0.025,
    0.03,
    0.035,
    0.04,
    0.045,
    0.05,
    0.055,
    0.06,
    0.065,
    0.07,
    0.075,
    0.08,
)

Model = NeuralODE | DiscreteRNN


def hold(signal: Input, duration: float) -> Input:
    """A current that keeps its value for each step of DT, as a digital stimulator gives it.

    Parameters
    ----------
    signal : Input
        Whose values at multiples of DT are held.
    duration : float

    Raises
    ------
    ValueError
        If ``signal`` is no input or ``duration`` is not above 0.
    """
    instance_of("signal", signal, Input)
    times = _grid(positive_number("duration", duration))
    return sampled(times, signal(times), kind="hold")


def _held_noise(seed: int, duration: float) -> Input:
    drawn = noise(NOISE_MEAN, NOISE_STD, NOISE_TAU, duration=duration, seed=seed, dt=DT)
    return hold(drawn, duration)


def _grid(t_end: float) -> FloatArray:
    return DT * np.arange(round(t_end / DT) + 1, dtype=np.float64)


@cache
def stimuli() -> dict[str, list[Input]]:
    """Currents to predict under, one for each of the starts."""
    one_for_all = {
        "constant": constant(NOISE_MEAN),
        "steps": pulses([50.0], 100.0, 0.3, baseline=0.2),
        "pulses": pulses([20.0, 60.0, 100.0, 140.0], 10.0, 0.3, baseline=0.2),
        "chirp": chirp(0.35, 0.15, (0.005, 0.05), T_END),
        "ramp": ramp(*RAMP_CURRENTS, 0.0, T_END),
    }
    drawn = [_held_noise(TEST_SEED + k, T_END) for k in range(N_STARTS)]
    return {name: [one] * N_STARTS for name, one in one_for_all.items()} | {"noise": drawn}


def training_recordings(name: str, seed: int) -> Recordings:
    """What a small network learns from: the article's starts and grid, its currents or noise.

    Raises
    ------
    ValueError
        If there is no such network, or ``seed`` is no whole number of at least 0.
    """
    one_of("name", name, tuple(TRAINED))
    seed = positive_int("seed", seed, minimum=0)
    duration = DT * TRAINED_STEPS
    if name == "two_currents":
        return Recordings(_grid(duration), *build_dataset(seed=seed))
    starts = sample_starts(N_TRAJECTORIES, np.random.default_rng(seed))
    currents = [_held_noise(N_TRAJECTORIES * seed + k, duration) for k in range(N_TRAJECTORIES)]
    return Recordings(_grid(duration), simulate(starts, currents, TRAINED_STEPS), currents)


def _single_steps(data: Recordings) -> tuple[FloatArray, FloatArray]:
    """Each sampling interval as a trajectory of its own, under the current held in it."""
    pairs = [np.stack([path[:-1], path[1:]], axis=1) for path in data.values]
    held = [
        one(grid[:-1]) if isinstance(one, Input) else np.full(len(grid) - 1, one)
        for one, grid in zip(data.inputs, data.times, strict=True)  # type: ignore[arg-type]
    ]
    return np.concatenate(pairs), np.concatenate(held)


def train_small(name: str, *, updates: int | None = None) -> list[Model]:
    """Small networks for every seed, trained together.

    The loss looks one step ahead, and currents are held during a step: so every step is handed to
    training as a trajectory under a constant current, which takes its fast path.

    Parameters
    ----------
    name : {"two_currents", "noise_currents"}
    updates : int, optional
        Fewer than the recipe's, for a quick look.

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    variant = TRAINED[one_of("name", name, tuple(TRAINED))]
    recipe = variant.recipe
    if updates is not None:
        recipe = replace(recipe, updates=positive_int("updates", updates))
    steps = [_single_steps(training_recordings(name, seed)) for seed in SEEDS]
    models, _ = train_ensemble(
        [new_model(variant, seed, HIDDEN) for seed in SEEDS],
        np.stack([pairs for pairs, _ in steps]),
        np.stack([currents for _, currents in steps]),
        np.array([0.0, DT]),
        recipe,
        seeds=SEEDS,
        progress=False,
    )
    return models


def load_driven_model(name: str, seed: int = 0) -> Model:
    """One of the measured models.

    Parameters
    ----------
    name : str
        One of ``MODELS``.
    seed : int

    Raises
    ------
    ValueError
        If there is no such model or seed, or its file is damaged.
    FileNotFoundError
        If its weights are missing.
    """
    if one_of("name", name, MODELS) not in TRAINED:
        return load_pretrained(name, seed)
    row = SEEDS.index(one_of("seed", seed, SEEDS))
    tensors, metadata = load_weights(WEIGHTS)
    own = {key.removeprefix(f"{name}/"): v for key, v in tensors.items() if key.startswith(name)}
    model = model_in_row(own, row, TRAINED[name], HIDDEN)
    keep_trained_range(model, metadata[name][row])
    return model


class Responses(NamedTuple):
    """What the neuron, or a model, does.

    Attributes
    ----------
    paths : dict of str to ndarray, shape (N_STARTS, T, 2)
        Under each of the :func:`stimuli`.
    rates : list of float
        Spikes per unit of time at ``RATE_CURRENTS``, 0 for fewer than two spikes.
    onsets : list of float
        Current at the first spike of ramps that take ``RAMP_DURATIONS``; NaN where there is none.
    gains : list of float
        Amplitude of v over that of a small chirp, at ``GAIN_FREQUENCIES``.
    """

    paths: dict[str, FloatArray]
    rates: list[float]
    onsets: list[float]
    gains: list[float]


# Starts, inputs and times to states, batch first.
Follow = Callable[[FloatArray, list[Input], FloatArray], FloatArray]


def _rest(current: float) -> FloatArray:
    at = equilibria(current)[0]
    return np.array([[at.v, at.w]])


def responses(follow: Follow) -> Responses:
    """Ask everything of the neuron or of a model, in two batches.

    Parameters
    ----------
    follow : callable
        ``follow(starts, inputs, times)``, returning states of shape (N, T, 2).

    Raises
    ------
    ValueError
        If ``follow`` cannot be called.
    """
    if not callable(follow):
        raise ValueError(
            f"follow must be callable as follow(starts, inputs, times), got {follow!r}"
        )
    starts = np.tile(held_out_starts()[:N_STARTS], (len(stimuli()), 1))
    times = _grid(T_END)
    together = follow(starts, [one for each in stimuli().values() for one in each], times)
    paths = dict(zip(stimuli(), together.reshape(-1, N_STARTS, *together.shape[1:]), strict=True))

    levels = [constant(I) for I in RATE_CURRENTS]
    ramps = [ramp(*RAMP_CURRENTS, RAMP_START, RAMP_START + d) for d in RAMP_DURATIONS]
    small = chirp(CHIRP_MEAN, CHIRP_AMPLITUDE, CHIRP_FREQUENCIES, CHIRP_DURATION)
    starts = np.concatenate(
        [
            np.tile(CYCLE_START, (len(levels), 1)),
            np.tile(_rest(RAMP_CURRENTS[0]), (len(ramps), 1)),
            _rest(CHIRP_MEAN),
        ]
    )
    times = _grid(RATE_END)
    *many, last = follow(starts, [*levels, *ramps, small], times)
    rates = [firing_rate(times, path) for path in many[: len(levels)]]
    onsets = [
        float(one(at[0])) if len(at := spikes_of(times, path)) else np.nan
        for one, path in zip(ramps, many[len(levels) :], strict=True)
    ]
    gains = [_gain_at(f, times, last[:, 0]) for f in GAIN_FREQUENCIES]
    return Responses(paths, rates, onsets, gains)


def firing_rate(times: FloatArray, path: FloatArray) -> float:
    """Spikes per unit of time after the time ``RATE_TRANSIENT``; 0 for fewer than two.

    Parameters
    ----------
    times : ndarray, shape (T,)
    path : ndarray, shape (T, 2)
    """
    spikes = spikes_of(times, path)
    late = spikes[spikes > RATE_TRANSIENT]
    return float((len(late) - 1) / (late[-1] - late[0])) if len(late) > 1 else 0.0


@cache
def driven_truth() -> Responses:
    """The neuron itself, by the accurate simulator."""
    return responses(lambda starts, inputs, times: simulate(starts, inputs, len(times) - 1, DT))


def _gain_at(frequency: float, times: FloatArray, v: FloatArray) -> float:
    """Amplitude of v over the chirp's, about the time at which the chirp has this frequency.

    Two cycles are fitted by a line and a sine that keeps the chirp's phase but for a shift.
    """
    first, last = CHIRP_FREQUENCIES
    rate = (last - first) / CHIRP_DURATION
    at = (frequency - first) / rate
    near = np.abs(times - at) <= 1.0 / frequency
    t = times[near]
    phase = 2.0 * np.pi * (first * t + rate * t**2 / 2.0)
    columns = np.stack([np.ones_like(t), t - at, np.sin(phase), np.cos(phase)], axis=-1)
    fitted = np.linalg.lstsq(columns, v[near], rcond=None)[0]
    return float(np.hypot(fitted[2], fitted[3]) / CHIRP_AMPLITUDE)


def spikes_of(times: FloatArray, path: FloatArray) -> FloatArray:
    """Times of spikes of a trajectory, shape (T, 2); those of a diverged one, none."""
    if not np.isfinite(path).all():
        return np.array([])
    return metrics.spike_times(times, path[:, 0])


def measure(model: nn.Module) -> dict[str, Any]:
    """Errors and responses of a model, as JSON carries them.

    Returns
    -------
    dict
        ``mse``, ``spikes`` and ``distance`` by stimulus, see :func:`compare_spikes`, and ``rates``,
        ``onsets``, ``gains`` as in :class:`Responses`.

    Raises
    ------
    ValueError
        If ``model`` is no module.
    """
    instance_of("model", model, nn.Module)

    def follow(starts: FloatArray, inputs: list[Input], times: FloatArray) -> FloatArray:
        return metrics.predict(model, starts, inputs, times)

    with warnings.catch_warnings():
        # On purpose beyond what they were trained on; divergence is one of the numbers.
        warnings.simplefilter("ignore", metrics.UntrainedCurrentWarning)
        warnings.simplefilter("ignore", metrics.DivergedWarning)
        found = responses(follow)
    truth = driven_truth().paths
    spikes = {name: compare_spikes(path, truth[name]) for name, path in found.paths.items()}
    return {
        "mse": {name: metrics.trajectory_mse(p, truth[name]) for name, p in found.paths.items()},
        "spikes": {name: one.per_trajectory for name, one in spikes.items()},
        "distance": {name: one.distance for name, one in spikes.items()},
        "rates": found.rates,
        "onsets": found.onsets,
        "gains": found.gains,
    }


class SpikeComparison(NamedTuple):
    """Spikes per trajectory; and the distance of all trains, 0 in time and 1 without partners."""

    per_trajectory: float
    distance: float


def compare_spikes(paths: FloatArray, truth: FloatArray) -> SpikeComparison:
    """Compare the spikes of trajectories sampled every DT with the true ones.

    Parameters
    ----------
    paths, truth : ndarray, shape (N, T, 2)

    Returns
    -------
    SpikeComparison
        The distance is infinite if a trajectory diverged, and 0 if no train has a spike.
    """
    times = DT * np.arange(truth.shape[1], dtype=np.float64)
    pairs = [
        (spikes_of(times, one), spikes_of(times, other))
        for one, other in zip(paths, truth, strict=True)
    ]
    found = sum(len(one) for one, _ in pairs)
    alone = (found + sum(len(other) for _, other in pairs)) / 2.0
    apart = sum(metrics.van_rossum_distance(*pair, tau=SPIKE_TAU) for pair in pairs)
    distance = apart / alone if alone else 0.0
    return SpikeComparison(found / len(paths), distance if np.isfinite(paths).all() else np.inf)


def weights_digest(model: nn.Module) -> str:
    """Which weights were measured, in a few letters."""
    content = b"".join(p.detach().numpy().tobytes() for p in model.parameters())
    return hashlib.sha256(content).hexdigest()[:16]


def _train_and_keep(folder: Path, name: str) -> list[list[float]]:
    """Train one kind of small network and keep its weights; return the currents seen."""
    models = train_small(name)
    save_weights(folder / f"{name}.safetensors", stack_weights(models))
    return [list(model.trained_currents[0]) for model in models]  # type: ignore[index]


def measure_all(folder: Path = Path("_study_driven"), *, progress: bool = True) -> Path:
    """Train and measure what ``folder`` does not hold yet, and write both files of the library.

    Parameters
    ----------
    folder : Path
        Where finished parts are kept.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    Path
        The measurements.
    """
    folder = folder_or_file("folder", folder)
    ranges = finished_parts(
        {name: partial(_train_and_keep, folder, name) for name in TRAINED},
        folder,
        progress=progress,
    )
    weights = {name: load_weights(folder / f"{name}.safetensors")[0] for name in TRAINED}
    stacked = {f"{n}/{key}": value for n, own in weights.items() for key, value in own.items()}
    save_weights(WEIGHTS, stacked, {"seeds": list(SEEDS), **ranges})
    parts = {f"{name}-{seed}": partial(_measured, name, seed) for name in MODELS for seed in SEEDS}
    found = finished_parts(parts, folder, progress=progress)
    truth = driven_truth()
    spikes = {name: compare_spikes(p, p).per_trajectory for name, p in truth.paths.items()}
    values = {"spikes": spikes, "rates": truth.rates, "onsets": truth.onsets, "gains": truth.gains}
    models = {name: [found[f"{name}-{seed}"] for seed in SEEDS] for name in MODELS}
    write_measurements(RESULTS, {"truth": values, "models": models})
    return RESULTS


def _measured(name: str, seed: int) -> dict[str, Any]:
    model = load_driven_model(name, seed)
    return {**measure(model), "weights": weights_digest(model)}


def load_driven(path: str | Path = RESULTS) -> dict[str, Any]:
    """The measurements that come with the library.

    Returns
    -------
    dict
        ``truth``: ``spikes`` by stimulus, ``rates``, ``onsets`` and ``gains``. ``models``: by name,
        for each seed what :func:`measure` returns.

    Raises
    ------
    FileNotFoundError
        If there are none.
    ValueError
        If the file is damaged.
    """
    return read_measurements(folder_or_file("path", path))


if __name__ == "__main__":
    torch.set_num_threads(1)
    print(measure_all())
