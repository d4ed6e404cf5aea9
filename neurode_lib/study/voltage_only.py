"""Models of the voltage alone: what chapter 17 reads.

``python -m neurode_lib.study.voltage_only`` trains networks that never see w, with and without
noise, measures them, and writes ``pretrained/voltage_only.json`` and
``pretrained/voltage_only.safetensors``. Finished parts are kept, so a run that was stopped goes on
where it was.

Two ways to a state of two variables from one: a hidden coordinate whose values are fitted beside
the weights [1]_, and delay coordinates [2]_, which are computed from the voltage itself.

References
----------
.. [1] H. G. Bock, K. J. Plitt, "A multiple shooting algorithm for direct solution of optimal
       control problems", IFAC Proceedings Volumes 17 (1984), 1603-1608.
.. [2] F. Takens, "Detecting strange attractors in turbulence", in: Dynamical Systems and
       Turbulence, Lecture Notes in Mathematics 898, Springer 1981.
.. [3] D. W. Marquardt, "An Algorithm for Least-Squares Estimation of Nonlinear Parameters",
       Journal of the Society for Industrial and Applied Mathematics 11 (1963), 431-441.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from neurode_lib import metrics
from neurode_lib._checks import (
    FloatArray,
    finite_array,
    folder_or_file,
    instance_of,
    one_of,
    positive_int,
)
from neurode_lib.fitzhugh_nagumo import DT, TRAINED_CURRENTS, TRAINED_STEPS, build_dataset
from neurode_lib.inputs import Drive
from neurode_lib.models import DiscreteRNN, NeuralODE
from neurode_lib.recordings import Recordings
from neurode_lib.study import driven
from neurode_lib.study.parts import finished_parts, read_measurements, write_measurements
from neurode_lib.study.pretrained import model_in_row
from neurode_lib.study.protocol import held_out_truth
from neurode_lib.study.variants import SEEDS, Variant, new_model
from neurode_lib.trained_range import keep_trained_range
from neurode_lib.training.loop import train
from neurode_lib.training.recipe import Recipe
from neurode_lib.training.rollout import stack_weights
from neurode_lib.weights import PACKAGED, load_weights, save_weights

RESULTS = PACKAGED / "voltage_only.json"
WEIGHTS = PACKAGED / "voltage_only.safetensors"

NOISE_STD = 0.05
HIDDEN = 64
RECIPE = Recipe(updates=6000, window=5, batch=200)
# Cheaper: changing currents and delays are looked at in passing.
DRIVEN_RECIPE = replace(RECIPE, updates=2500)
DELAY_RECIPE = replace(RECIPE, updates=1000, batch=64)
TRAINED = {
    variant.name: variant
    for variant in (
        Variant("hidden", "hidden coordinate", RECIPE),
        Variant("hidden_noise", "hidden coordinate, noise", RECIPE, noise_std=NOISE_STD),
        Variant("hidden_driven", "hidden coordinate, noise currents", DRIVEN_RECIPE, n_seeds=3),
        Variant("delay", "delay coordinates", DELAY_RECIPE),
        Variant("delay_noise", "delay coordinates, noise", DELAY_RECIPE, noise_std=NOISE_STD),
    )
}
# Delay coordinates look back by so many samples.
LAG = 2

# A model is shown so many steps of voltage before its forecast begins.
LOOK = 10
NOISE_SEED = 2_000_000  # of the noise on what is shown
STIMULI = ("constant", "steps", "pulses", "noise")  # of chapter 16
LATE = 150.0  # when the neuron's transients are over
# How the start of a hidden coordinate is found; the same in explorers/src/network/hidden-start.js.
SEARCHED, N_SEARCHED = (-4.0, 4.0), 41
LEAST_SQUARES_STEPS, DIFFERENCE, DAMPING = 15, 1e-2, 0.01


def _times(n: int) -> FloatArray:
    return DT * np.arange(n, dtype=np.float64)


def seeds_of(name: str) -> tuple[int, ...]:
    """Seeds that networks of a name were trained with.

    Raises
    ------
    ValueError
        If there is no such name.
    """
    return SEEDS[: TRAINED[one_of("name", name, tuple(TRAINED))].n_seeds]


def delay_coordinates(v: FloatArray) -> FloatArray:
    """The voltage and how fast it has changed: ``v(t)`` and ``(v(t) - v(t - LAG DT)) / (LAG DT)``.

    Parameters
    ----------
    v : ndarray, shape (..., T)

    Returns
    -------
    ndarray, shape (..., T - LAG, 2)
    """
    change = (v[..., LAG:] - v[..., :-LAG]) / (LAG * DT)
    return np.stack([v[..., LAG:], change], axis=-1)


def voltage_recordings(name: str, seed: int) -> Recordings:
    """The article's data without w, or chapter 16's under noise currents.

    Parameters
    ----------
    name : str
        One of ``TRAINED``.
    seed : int

    Raises
    ------
    ValueError
        If there is no such network, or ``seed`` is no whole number of at least 0.
    """
    variant = TRAINED[one_of("name", name, tuple(TRAINED))]
    seed = positive_int("seed", seed, minimum=0)
    if name == "hidden_driven":
        data = driven.training_recordings("noise_currents", seed)
        return Recordings(data.times, [path[:, :1] for path in data.values], data.inputs)
    states, currents = build_dataset(seed=seed, noise_std=variant.noise_std)
    times = _times(TRAINED_STEPS + 1)
    v = states[..., 0]
    if name.startswith("hidden"):
        return Recordings(times, v[..., None], currents)
    return Recordings(times[LAG:], delay_coordinates(v), currents)


def _train_and_keep(folder: Path, name: str, seed: int) -> dict[str, Any]:
    """Train one network, keep its weights and the states fitted beside them; return its ranges."""
    variant = TRAINED[name]
    model, history = train(
        new_model(variant, seed, HIDDEN),
        voltage_recordings(name, seed),
        recipe=variant.recipe,
        seed=seed,
        fit_starts=variant.noise_std > 0,
        progress=False,
    )
    save_weights(folder / f"{name}-{seed}.safetensors", stack_weights([model]))
    return {
        "currents": [list(bounds) for bounds in model.trained_currents],  # type: ignore[union-attr]
        "loss": float(history.loss[-100:].mean()),
    }


def load_voltage_model(name: str, seed: int = 0) -> NeuralODE | DiscreteRNN:
    """One of the measured models.

    Its state is the voltage and, by name, a hidden coordinate or how fast the voltage has changed.

    Parameters
    ----------
    name : str
        One of ``TRAINED``.
    seed : int

    Raises
    ------
    ValueError
        If there is no such model or seed, or its file is damaged.
    FileNotFoundError
        If its weights are missing.
    """
    seeds = seeds_of(name)
    row = seeds.index(one_of("seed", seed, seeds))
    tensors, metadata = load_weights(WEIGHTS)
    prefix = f"{name}/"
    own = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
    model = model_in_row(own, row, TRAINED[name], HIDDEN)
    keep_trained_range(model, np.array(metadata[name][row]).T)
    return model


# --- where a forecast starts ----------------------------------------------------------------------


def fit_start(model: nn.Module, seen: npt.ArrayLike, I: Drive, *, start: float = 0.0) -> FloatArray:
    """The states (v, h) from which a model explains a stretch of voltage best.

    Least squares: the best hidden value of a coarse scan, then Gauss–Newton steps in both numbers,
    damped where they do not help [3]_. The same as in ``explorers/src/network/hidden-start.js``.

    Parameters
    ----------
    model : NeuralODE
        Of a state of two variables, the second hidden.
    seen : array_like, shape (N, n)
        Samples of v, every DT.
    I : float or array_like, shape (N,); Input, or sequence of N Input
    start : float, default 0
        Time of the first sample.

    Returns
    -------
    ndarray, shape (N, 2)
        States at the first sample.

    Raises
    ------
    ValueError
        If ``seen`` has another shape or is not finite, or the model is no Neural ODE.
    """
    instance_of("model", model, NeuralODE)
    v = finite_array("seen", seen)
    if v.ndim != 2 or v.shape[1] < 3:
        raise ValueError(f"seen must have shape (N, n) with at least 3 samples, got {v.shape}")
    times = start + _times(v.shape[1])

    def residuals(starts: FloatArray) -> FloatArray:
        """Shape (candidates, N, n) for starts of shape (candidates, N, 2)."""
        count = len(starts)
        drive: Drive = list(I) * count if isinstance(I, list) else I
        if isinstance(I, np.ndarray):
            drive = np.tile(I, count)
        path = _follow(model, starts.reshape(-1, 2), drive, times)[..., 0]
        return np.nan_to_num(path.reshape(count, *v.shape) - v, nan=1e3, posinf=1e3, neginf=-1e3)

    values = np.linspace(*SEARCHED, N_SEARCHED)
    scan = np.stack(np.broadcast_arrays(v[:, 0], values[:, None]), axis=-1)
    coarse = np.argmin((residuals(scan) ** 2).sum(axis=-1), axis=0)
    trial = scan[coarse, np.arange(len(v))]
    nudge = DIFFERENCE * np.array([[0, 0], [1, 0], [-1, 0], [0, 1], [0, -1]])
    best, error = trial, np.full(len(v), np.inf)
    gradient, curvature = np.zeros((len(v), 2)), np.zeros((len(v), 2, 2))
    damping = np.full(len(v), DAMPING)
    for _ in range(LEAST_SQUARES_STEPS):
        here, right, left, up, down = residuals(trial + nudge[:, None])
        J = np.stack([right - left, up - down], axis=-1) / (2.0 * DIFFERENCE)
        squares = (here**2).sum(axis=-1)
        better = squares < error
        best = np.where(better[:, None], trial, best)
        error = np.where(better, squares, error)
        gradient = np.where(better[:, None], np.einsum("nti,nt->ni", J, here), gradient)
        curvature = np.where(better[:, None, None], np.einsum("nti,ntj->nij", J, J), curvature)
        damping = damping * np.where(better, 0.1, 10.0)
        damped = curvature + damping[:, None, None] * np.eye(2)
        trial = best - np.linalg.solve(damped, gradient[..., None])[..., 0]
    return best


def state_after(name: str, model: nn.Module, seen: npt.ArrayLike, I: Drive) -> FloatArray:
    """A model's state at the end of a stretch of voltage that begins at t = 0.

    Parameters
    ----------
    name : str
        Of the model, which says what its second variable is.
    model : NeuralODE
    seen : array_like, shape (N, n)
        Samples of v, every DT.
    I : float or array_like, shape (N,); Input, or sequence of N Input

    Returns
    -------
    ndarray, shape (N, 2)

    Raises
    ------
    ValueError
        If an argument has the wrong shape or values.
    """
    one_of("name", name, tuple(TRAINED))
    v = finite_array("seen", seen)
    if name.startswith("delay"):
        if v.ndim != 2 or v.shape[1] <= LAG:
            raise ValueError(f"seen must have shape (N, n) with n > {LAG}, got {v.shape}")
        return delay_coordinates(v)[:, -1]
    first = fit_start(model, v, I)
    return _follow(model, first, I, _times(v.shape[1]))[:, -1]


def _follow(model: nn.Module, starts: FloatArray, I: Drive, times: FloatArray) -> FloatArray:
    """As :func:`predict`, without warnings: what they warn of is asked on purpose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", metrics.UntrainedCurrentWarning)
        warnings.simplefilter("ignore", metrics.DivergedWarning)
        return metrics.predict(model, starts, I, times)


# --- what is measured -----------------------------------------------------------------------------


def forecast(name: str, model: nn.Module, truth: FloatArray, I: Drive) -> FloatArray:
    """What a model expects after it has seen the first ``LOOK`` steps of a voltage.

    Parameters
    ----------
    name : str
    model : NeuralODE
    truth : ndarray, shape (N, T, 2)
        True trajectories, sampled every DT; only v of the first LOOK steps is shown to the model,
        with the noise that it was trained on.
    I : float or array_like, shape (N,); Input, or sequence of N Input

    Returns
    -------
    ndarray, shape (N, T - LOOK, 2)
        States of the model from step LOOK on.

    Raises
    ------
    ValueError
        If an argument has the wrong shape or values.
    """
    variant = TRAINED[one_of("name", name, tuple(TRAINED))]
    states = finite_array("truth", truth)
    if states.ndim != 3 or states.shape[1] <= LOOK:
        raise ValueError(f"truth must have shape (N, T, 2) with T > {LOOK}, got {states.shape}")
    seen = states[:, : LOOK + 1, 0]
    seen = seen + variant.noise_std * np.random.default_rng(NOISE_SEED).normal(size=seen.shape)
    times = _times(states.shape[1])[LOOK:]
    return _follow(model, state_after(name, model, seen, I), I, times)


def measure(name: str, model: nn.Module) -> dict[str, Any]:
    """What one model knows of the neuron, as JSON carries it.

    Returns
    -------
    dict
        ``mse``: of v by current, for t up to 40 and beyond. ``fires``, ``rests``: shares of the
        held-out starts after which the model fires at 0.5 and rests at 0.2 from t = 150 on.
        ``rest``: median v there at 0.2. ``period``, ``amplitude``: of the cycle at 0.5, NaN if
        there is none. ``divergence``: of late states at 0.5 in delay coordinates from true ones.
        ``rates``: as in :class:`~neurode_lib.study.driven.Responses`. ``hopf``: current, or NaN.
        ``explained``: shares of the variance of w, see :func:`explained_variance`. ``distance``,
        ``spikes``: by stimulus, as in :func:`~neurode_lib.study.driven.compare_spikes`.

    Raises
    ------
    ValueError
        If there is no such name or ``model`` is no Neural ODE.
    """
    one_of("name", name, tuple(TRAINED))
    instance_of("model", model, NeuralODE)
    resting, firing = (
        forecast(name, model, truth, current)
        for truth, current in zip(held_out_truth(), TRAINED_CURRENTS, strict=True)
    )
    times = _times(held_out_truth().shape[2])[LOOK:]
    late = times >= LATE
    errors = {
        str(current): [
            metrics.trajectory_mse(path[:, part, :1], truth[:, LOOK:][:, part, :1])
            for part in (times <= DT * TRAINED_STEPS, times > DT * TRAINED_STEPS)
        ]
        for path, truth, current in zip(
            (resting, firing), held_out_truth(), TRAINED_CURRENTS, strict=True
        )
    }
    with np.errstate(invalid="ignore"):
        still = np.ptp(resting[:, late, 0], axis=1) < metrics.cycles.RESTING_AMPLITUDE
        fires = [len(driven.spikes_of(times[late], path[late])) > 0 for path in firing]
    on_cycle = firing[:1, -1]
    path = _follow(model, on_cycle, TRAINED_CURRENTS[1], _times(801))[0]
    cycle = metrics.period_and_amplitude(_times(801), path)
    return {
        "mse": errors,
        "fires": float(np.mean(fires)),
        "rests": float(still.mean()),
        "rest": float(np.median(resting[:, -1, 0])),
        "period": np.nan if cycle is None else cycle.period,
        "amplitude": np.nan if cycle is None else cycle.amplitude,
        "divergence": _divergence(firing[:, late, 0], held_out_truth()[1][:, LOOK:][:, late, 0]),
        "rates": _rates(model, on_cycle),
        "hopf": _hopf(model),
        "explained": explained_variance(model, paired_states(name, model)),
        **_driven(name, model),
    }


def _divergence(v: FloatArray, truth: FloatArray) -> float:
    """How unlike the attractors are, in coordinates that both have: those of delays."""
    points, others = (delay_coordinates(one).reshape(-1, 2) for one in (v, truth))
    return metrics.state_space_divergence(points, others)


def _rates(model: nn.Module, start: FloatArray) -> list[float]:
    """Firing rates at constant currents, from a state on the cycle."""
    currents = np.array(driven.RATE_CURRENTS)
    times = _times(round(driven.RATE_END / DT) + 1)
    paths = _follow(model, np.tile(start, (len(currents), 1)), currents, times)
    return [driven.firing_rate(times, path) for path in paths]


def _hopf(model: nn.Module) -> float:
    current = metrics.learned_hopf_current(
        model, TRAINED_CURRENTS, n_currents=31, v_range=(-2.0, 0.5), w_range=SEARCHED
    )
    return np.nan if current is None else current


def _driven(name: str, model: nn.Module) -> dict[str, dict[str, float]]:
    """Spikes under the currents of chapter 16, which none of these models has seen change."""
    truth = driven.driven_truth().paths
    comparisons = {
        stimulus: driven.compare_spikes(
            forecast(name, model, truth[stimulus], signals), truth[stimulus][:, LOOK:]
        )
        for stimulus, signals in driven.stimuli().items()
        if stimulus in STIMULI
    }
    return {
        "spikes": {stimulus: one.per_trajectory for stimulus, one in comparisons.items()},
        "distance": {stimulus: one.distance for stimulus, one in comparisons.items()},
    }


@cache
def _windows() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Stretches of true voltage, shape (N, LOOK + 1), w at the end of each, and currents."""
    firsts = np.arange(0, TRAINED_STEPS - LOOK, LOOK)
    pieces = held_out_truth()[:, ::4, firsts[:, None] + np.arange(LOOK + 1)]
    currents = np.broadcast_to(np.array(TRAINED_CURRENTS)[:, None, None], pieces.shape[:3])
    pieces = pieces.reshape(-1, LOOK + 1, 2)
    return pieces[..., 0], pieces[:, -1, 1], currents.reshape(-1).copy()


class PairedStates(NamedTuple):
    """The model's states and the neuron's w at the same moments of clean, held-out voltage.

    Attributes
    ----------
    states : ndarray, shape (N, 2)
    w, currents : ndarray, shape (N,)
    """

    states: FloatArray
    w: FloatArray
    currents: FloatArray


def paired_states(name: str, model: nn.Module) -> PairedStates:
    """What a model makes of stretches of held-out voltage, beside the w that belongs to them.

    Parameters
    ----------
    name : str
    model : NeuralODE

    Raises
    ------
    ValueError
        If there is no such name or ``model`` is no Neural ODE.
    """
    instance_of("model", model, NeuralODE)
    seen, w, currents = _windows()
    return PairedStates(state_after(name, model, seen, currents), w, currents)


def translated_w(model: nn.Module, states: npt.ArrayLike, I: npt.ArrayLike) -> FloatArray:
    """The w that the neuron would need for the rate of v that the model has.

    The neuron's first equation, solved for w: ``v - v**3 / 3 + I`` less the model's rate of v.

    Parameters
    ----------
    model : NeuralODE
    states : array_like, shape (N, 2)
    I : array_like, shape (N,)

    Returns
    -------
    ndarray, shape (N,)

    Raises
    ------
    ValueError
        If an argument has the wrong shape or values.
    """
    points, currents = finite_array("states", states), finite_array("I", I)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"states must have shape (N, 2), got {points.shape}")
    if currents.shape != points.shape[:1]:
        raise ValueError(f"I must have shape {points.shape[:1]} like states, got {currents.shape}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", metrics.UntrainedCurrentWarning)
        rate = metrics.vector_field(model, points, currents)[..., 0]
    v = points[..., 0]
    return np.asarray(v - v**3 / 3.0 + currents - rate)


def explained_variance(model: nn.Module, paired: PairedStates) -> dict[str, float]:
    """How much of w a model's state explains, on stretches that the fit has not seen.

    Parameters
    ----------
    model : NeuralODE
    paired : PairedStates
        From :func:`paired_states`.

    Returns
    -------
    dict of str to float
        R² of w as a ``linear`` function of the state, as a ``smooth`` one (a cubic polynomial), and
        as one of state and current (``with_current``); every second stretch is fitted. Of
        :func:`translated_w`, which fits nothing (``translated``). And ``jump``: the median by which
        the translated w changes when the current alone steps from 0.2 to 0.5, which w does not.

    Raises
    ------
    ValueError
        If an argument is of another kind.
    """
    instance_of("model", model, NeuralODE)
    instance_of("paired", paired, PairedStates)
    states, w, currents = paired
    cubic = _monomials(states, 3)
    driven_cubic = np.concatenate([cubic, currents[:, None] * _monomials(states, 2)], axis=1)
    resting = currents == TRAINED_CURRENTS[0]
    before, after = (
        translated_w(model, states[resting], np.full(resting.sum(), current))
        for current in TRAINED_CURRENTS
    )
    return {
        "linear": _r_squared(_unseen_errors(_monomials(states, 1), w), w[1::2]),
        "smooth": _r_squared(_unseen_errors(cubic, w), w[1::2]),
        "with_current": _r_squared(_unseen_errors(driven_cubic, w), w[1::2]),
        "translated": _r_squared(translated_w(model, states, currents) - w, w),
        "jump": float(np.median(after - before)),
    }


def _monomials(states: FloatArray, degree: int) -> FloatArray:
    x, y = states.T
    return np.stack(
        [x**i * y**j for i in range(degree + 1) for j in range(degree + 1 - i)], axis=-1
    )


def _unseen_errors(columns: FloatArray, w: FloatArray) -> FloatArray:
    """Errors of a least-squares fit to every second row, on the others."""
    coefficients = np.linalg.lstsq(columns[::2], w[::2], rcond=None)[0]
    return np.asarray(w[1::2] - columns[1::2] @ coefficients)


def _r_squared(residuals: FloatArray, w: FloatArray) -> float:
    return float(1.0 - (residuals**2).sum() / ((w - w.mean()) ** 2).sum())


# --- the command ----------------------------------------------------------------------------------


def measure_all(folder: Path = Path("_study_voltage_only"), *, progress: bool = True) -> Path:
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
    each = [(name, seed) for name in TRAINED for seed in seeds_of(name)]
    training = finished_parts(
        {f"{name}-{seed}": partial(_train_and_keep, folder, name, seed) for name, seed in each},
        folder,
        progress=progress,
    )
    tensors = {}
    for name in TRAINED:
        rows = [load_weights(folder / f"{name}-{seed}.safetensors")[0] for seed in seeds_of(name)]
        for key in rows[0]:
            tensors[f"{name}/{key}"] = torch.cat([row[key] for row in rows])
    currents = {
        name: [training[f"{name}-{seed}"]["currents"] for seed in seeds_of(name)]
        for name in TRAINED
    }
    save_weights(WEIGHTS, tensors, {"seeds": list(SEEDS), **currents})
    measurements = finished_parts(
        {f"measured-{name}-{seed}": partial(_measured, name, seed) for name, seed in each},
        folder,
        progress=progress,
    )
    models = {
        name: [
            {"loss": training[f"{name}-{seed}"]["loss"], **measurements[f"measured-{name}-{seed}"]}
            for seed in seeds_of(name)
        ]
        for name in TRAINED
    }
    truth = {"rates": driven.driven_truth().rates, "spikes": _true_spikes()}
    write_measurements(RESULTS, {"truth": truth, "models": models})
    return RESULTS


def _true_spikes() -> dict[str, float]:
    """Spikes per trajectory from step LOOK on, by stimulus."""
    late = {name: driven.driven_truth().paths[name][:, LOOK:] for name in STIMULI}
    return {name: driven.compare_spikes(p, p).per_trajectory for name, p in late.items()}


def _measured(name: str, seed: int) -> dict[str, Any]:
    model = load_voltage_model(name, seed)
    return {**measure(name, model), "weights": driven.weights_digest(model)}


def load_voltage_only(path: str | Path = RESULTS) -> dict[str, Any]:
    """The measurements that come with the library.

    Returns
    -------
    dict
        ``truth``: ``rates`` and ``spikes``. ``models``: by name, for each seed the ``loss`` of the
        last 100 updates and what :func:`measure` returns.

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
