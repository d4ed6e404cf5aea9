"""The methods that compete: how each is fitted, and between which settings it may choose.

Every contestant fits a list of data sets and gives a :class:`~neurode_lib.methods.stacks.Stack` of
models. A budget that is the same for all limits its settings; see
:mod:`neurode_lib.methods.tuning`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from typing import Any

import numpy as np

from neurode_lib._checks import FloatArray, one_of
from neurode_lib.methods import networks
from neurode_lib.methods.kernel import fit_kernels
from neurode_lib.methods.problems import CENTRE, Problem
from neurode_lib.methods.regression import fit_polynomials
from neurode_lib.methods.shooting import Fit, cut, parametric, polynomial, shoot
from neurode_lib.methods.stacks import ParameterFields, PolynomialFields, Stack
from neurode_lib.recordings import Recordings
from neurode_lib.study.pretrained import load_pretrained
from neurode_lib.training.rollout import stack_weights

Setting = dict[str, Any]
Fitted = Callable[[Sequence[Recordings], Sequence[int], Setting], Stack]

# First guesses of (a, b, tau). A fit from one guess takes the first, which is far off.
GUESSES = ((0.2, 0.3, 3.0), (1.0, 0.5, 30.0), (0.5, 1.0, 10.0), (1.0, 1.5, 5.0))
WHOLE_TRAJECTORY = 40.0


@dataclass(frozen=True)
class Contestant:
    """One method.

    Attributes
    ----------
    name, title, family : str
        Identifier, the words used in tables and figures, and the kind of method.
    settings : tuple of dict
        What it may choose between; one entry leaves no choice.
    fit : callable
        ``fit(data_sets, seeds, setting)``, returning a stack.
    enters : callable
        Whether it takes part in a problem.
    """

    name: str
    title: str
    family: str
    settings: tuple[Setting, ...]
    fit: Fitted
    enters: Callable[[Problem], bool]


def _grid(**choices: Sequence[Any]) -> tuple[Setting, ...]:
    """All combinations."""
    return tuple(dict(zip(choices, values, strict=True)) for values in product(*choices.values()))


def _regression(
    form: str,
    degree: int,
    data_sets: Sequence[Recordings],
    _seeds: Sequence[int],
    setting: Setting,
    *,
    ensemble: bool = False,
) -> Stack:
    table = fit_polynomials(data_sets, form=form, degree=degree, ensemble=ensemble, **setting)
    return PolynomialFields(table)


def _refined_polynomial(
    data_sets: Sequence[Recordings], _seeds: Sequence[int], setting: Setting
) -> Stack:
    """Start from the integral form; then let the integrator have the last word."""
    table = fit_polynomials(
        data_sets,
        form="integral",
        degree=3,
        threshold=0.03,
        span=2.0,
        smoothing=setting["smoothing"],
    )
    guess = table.reshape(len(table), -1)
    free = guess != 0.0 if setting["terms"] == "those found" else np.ones(guess.shape, dtype=bool)
    windows = cut(data_sets, setting["window"], setting["smoothing"])
    return PolynomialFields(
        shoot(polynomial, guess, windows, free=free).constants.reshape(table.shape)
    )


def _log_tau(guess: Sequence[float]) -> FloatArray:
    a, b, tau = guess
    return np.array([a, b, np.log(tau)])


def fit_parameters(
    data_sets: Sequence[Recordings],
    guesses: Sequence[Sequence[float]],
    window: float,
    smoothing: float,
) -> ParameterFields:
    """The best of fits of (a, b, tau) from several guesses.

    Parameters
    ----------
    data_sets : sequence of Recordings
        With w or without.
    guesses : sequence of (float, float, float)
    window : float
        Of shooting; a trajectory's duration for single shooting.
    smoothing : float
        Of the spline that gives the first guesses of states.
    """
    windows = cut(data_sets, window, smoothing)
    fits: list[Fit] = [
        shoot(parametric, np.tile(_log_tau(guess), (len(data_sets), 1)), windows)
        for guess in guesses
    ]
    best = np.argmin([fit.error for fit in fits], axis=0)
    constants = np.stack([fits[n].constants[k] for k, n in enumerate(best)])
    return ParameterFields(np.column_stack([constants[:, :2], np.exp(constants[:, 2])]))


def _parameters(
    guesses: Sequence[Sequence[float]],
    data_sets: Sequence[Recordings],
    _seeds: Sequence[int],
    setting: Setting,
) -> Stack:
    return fit_parameters(data_sets, guesses, **setting)


def _kernels(data_sets: Sequence[Recordings], seeds: Sequence[int], setting: Setting) -> Stack:
    return fit_kernels(data_sets, seeds, **setting)


def _network(
    kind: str, data_sets: Sequence[Recordings], seeds: Sequence[int], setting: Setting
) -> Stack:
    step = networks.step_of(data_sets[0])
    stack: networks.Trainable
    if kind == "gru":
        stack = networks.Recurrent(networks.initial_units(seeds), step)
    elif kind == "map":
        stack = networks.NetworkMaps(networks.initial_networks(seeds), step)
    else:
        known = kind if kind in ("v", "w") else None
        stack = networks.NetworkFields(networks.initial_networks(seeds), known)
    networks.train_stack(stack, data_sets, networks.recipe_for(**setting))
    return stack


def _of_the_study(
    variant: str, _data_sets: Sequence[Recordings], seeds: Sequence[int], _setting: Setting
) -> Stack:
    """Trained already: the study's data sets are the centre's."""
    weights = stack_weights([load_pretrained(variant, seed) for seed in seeds])
    if variant.startswith("discrete"):
        return networks.NetworkMaps(weights, CENTRE.dt)
    return networks.NetworkFields(weights)


def _both(problem: Problem) -> bool:
    return not problem.voltage_only


def _everywhere(_problem: Problem) -> bool:
    return True


def _library_matters(problem: Problem) -> bool:
    """Where to ask for a larger library: the centre, with and without noise, and other neurons."""
    return _both(problem) and problem.dt == CENTRE.dt and problem.n_trajectories == 40


def _affordable(problem: Problem) -> bool:
    """Where networks are trained: noise, sampling and neuron, each changed alone.

    Left out are other amounts of data, and what is noisy and changed besides: a network costs as
    much as all other methods together.
    """
    alone = problem.noise_std == 0.0 or problem == replace(CENTRE, noise_std=problem.noise_std)
    return _both(problem) and alone and problem.n_trajectories == CENTRE.n_trajectories


_SPARSE = _grid(threshold=(0.02, 0.05), smoothing=(0.0, 0.01, 0.1), span=(1.0, 4.0))
_UPDATES = (1000,)
_WINDOWS = _grid(window=(1, 5, 20), updates=_UPDATES)

_REGRESSIONS = [
    Contestant(
        "differences",
        "sparse regression, differences",
        "sparse regression",
        _grid(threshold=(0.01, 0.02, 0.03, 0.05)),
        partial(_regression, "differences", 3),
        _both,
    ),
    Contestant(
        "smoothed",
        "sparse regression, smoothed differences",
        "sparse regression",
        _grid(threshold=(0.01, 0.02, 0.03, 0.05), smoothing_window=(5, 9, 17)),
        partial(_regression, "differences", 3),
        _both,
    ),
    *(
        Contestant(
            f"integral_{degree}",
            f"sparse regression, integral form, degree {degree}",
            "sparse regression",
            _SPARSE,
            partial(_regression, "integral", degree),
            _both if degree == 3 else _library_matters,
        )
        for degree in (3, 5, 7)
    ),
    Contestant(
        "ensemble",
        "sparse regression, integral form, ensemble",
        "sparse regression",
        _grid(threshold=(0.02, 0.05), smoothing=(0.0, 0.01, 0.1), span=(2.0,)),
        partial(_regression, "integral", 3, ensemble=True),
        _both,
    ),
    Contestant(
        "refined",
        "cubic polynomial through the integrator",
        "shooting",
        _grid(window=(2.5, 10.0), smoothing=(0.05,), terms=("those found", "all")),
        _refined_polynomial,
        _both,
    ),
]
_PARAMETERS = [
    Contestant(
        name,
        title,
        "shooting",
        settings,
        partial(_parameters, guesses),
        enters,
    )
    for name, title, settings, guesses, enters in (
        (
            "single_shooting",
            "a, b, τ by single shooting from one guess",
            _grid(window=(WHOLE_TRAJECTORY,), smoothing=(0.05,)),
            GUESSES[:1],
            _both,
        ),
        (
            "several_guesses",
            "a, b, τ by single shooting, best of four guesses",
            _grid(window=(WHOLE_TRAJECTORY,), smoothing=(0.05,)),
            GUESSES,
            _everywhere,
        ),
        (
            "multiple_shooting",
            "a, b, τ by multiple shooting",
            _grid(window=(5.0, 10.0), smoothing=(0.05,)),
            GUESSES[:1],
            _everywhere,
        ),
    )
]
_OTHERS = [
    Contestant(
        "gaussian_process",
        "Gaussian process",
        "kernel",
        _grid(smoothing=(0.0, 0.01, 0.1)),
        _kernels,
        _both,
    ),
    *(
        Contestant(name, title, "network", settings, partial(_network, kind), _affordable)
        for name, title, kind, settings in (
            ("neural_ode", "Neural ODE", "ode", _WINDOWS),
            ("discrete_map", "discrete map", "map", _WINDOWS),
            ("hybrid_w", "hybrid: w known, network for v", "w", _WINDOWS),
            ("hybrid_v", "hybrid: v known, network for w", "v", _WINDOWS),
            ("gru", "GRU", "gru", _grid(window=(20, 40), updates=_UPDATES)),
        )
    ),
    *(
        Contestant(
            f"study_{variant}",
            title,
            "network",
            ({},),
            partial(_of_the_study, variant),
            lambda problem: problem == CENTRE,
        )
        for variant, title in (
            ("neural_ode", "Neural ODE, the article's recipe"),
            ("best_recipe", "Neural ODE, the better recipe"),
            ("discrete_rnn_best_recipe", "discrete map, the better recipe"),
        )
    ),
]

CONTESTANTS: dict[str, Contestant] = {
    one.name: one for one in (*_REGRESSIONS, *_PARAMETERS, *_OTHERS)
}


def contestant_named(name: str) -> Contestant:
    """Look a contestant up; a ``ValueError`` lists the names there are."""
    return CONTESTANTS[one_of("contestant", name, sorted(CONTESTANTS))]
