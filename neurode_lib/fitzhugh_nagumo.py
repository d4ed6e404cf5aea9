"""The simulator: the FitzHugh–Nagumo neuron, known exactly.

This module knows the true equations. The learners in :mod:`neurode_lib.models` must never
import it; they see only the trajectories that :func:`build_dataset` draws. What is known of the
neuron beyond its trajectories stands in :mod:`neurode_lib.phase_plane`.

All quantities are dimensionless.

References
----------
.. [1] R. FitzHugh, "Impulses and physiological states in theoretical models of nerve membrane",
       Biophysical Journal 1 (1961), 445-466.
.. [2] J. Nagumo, S. Arimoto, S. Yoshizawa, "An active pulse transmission line simulating nerve
       axon", Proceedings of the IRE 50 (1962), 2061-2070.
.. [3] J. C. Butcher, "Numerical Methods for Ordinary Differential Equations", 3rd ed., Wiley 2016.
.. [4] E. Hairer, S. P. Nørsett, G. Wanner, "Solving Ordinary Differential Equations I", 2nd ed.,
       Springer 1993.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
from scipy.integrate import DOP853

from neurode_lib._checks import (
    FloatArray,
    broadcastable,
    finite_array,
    finite_number,
    instance_of,
    last_axis,
    non_negative_number,
    positive_int,
    positive_number,
)
from neurode_lib.inputs import Drive, Input, is_signal, signals_of, values_at, with_stops

A_PARAM, B_PARAM, TAU = 0.7, 0.8, 12.5

V_RANGE = (-2.0, 2.0)
W_RANGE = (-1.0, 1.0)
TRAINED_CURRENTS = (0.2, 0.5)
# The article's sampling: 80 steps of 0.5. `static/spec.json` says the same to the page.
DT = 0.5
TRAINED_STEPS = 80

# Below its Hopf current the neuron has a quasi-threshold: orbits that follow the middle branch of
# the cubic (canards) magnify a perturbation up to 1e9 times by t = 40. RK4 in steps of 0.02 is then
# off by 0.03, and SciPy's adaptive DOP853 at rtol 1e-12 by 2e-5. Eighth-order steps of at most this
# length leave rounding alone, below 1e-6 everywhere in the sampling box (measured).
ACCURATE_STEP = 0.05


def fhn_rhs(state: npt.ArrayLike, I: npt.ArrayLike) -> FloatArray:
    r"""Time derivative of the FitzHugh–Nagumo neuron.

    .. math:: \dot v = v - v^3/3 - w + I, \qquad \dot w = (v + a - b w)/\tau

    Parameters
    ----------
    state : array_like, shape (..., 2)
        Membrane potential `v` and recovery `w`, dimensionless.
    I : array_like, broadcastable to ``state.shape[:-1]``
        Input current, dimensionless.

    Returns
    -------
    ndarray, shape (..., 2)
        ``(dv/dt, dw/dt)``. Non-finite states give non-finite derivatives: this is the inner
        loop of the simulator, so it checks nothing.

    References
    ----------
    FitzHugh 1961 [1]_; Nagumo et al. 1962 [2]_.
    """
    state = np.asarray(state, dtype=np.float64)
    v, w = state[..., 0], state[..., 1]
    dv = v - v * v * v / 3.0 - w + I
    dw = (v + A_PARAM - B_PARAM * w) / TAU
    return np.stack(np.broadcast_arrays(dv, dw), axis=-1)


def rk4_step(
    rhs: Callable[[FloatArray, npt.ArrayLike], FloatArray],
    state: FloatArray,
    I: npt.ArrayLike,
    dt: float,
    *,
    I_later: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
) -> FloatArray:
    """One step of the classical fourth-order Runge–Kutta method.

    Parameters
    ----------
    rhs : callable
        ``rhs(state, I)``, the time derivative.
    state : ndarray, shape (..., D)
        State at the start of the step.
    I : array_like
        Input current at the start of the step.
    dt : float
        Step length.
    I_later : (array_like, array_like), optional
        Input current in the middle and at the end; without it, it stays as it is.

    Returns
    -------
    ndarray, shape (..., D)
        State one step later.

    References
    ----------
    Butcher 2016, section 322 [3]_.
    """
    middle, end = (I, I) if I_later is None else I_later
    k1 = rhs(state, I)
    k2 = rhs(state + 0.5 * dt * k1, middle)
    k3 = rhs(state + 0.5 * dt * k2, middle)
    k4 = rhs(state + dt * k3, end)
    return state + (dt / 6.0) * (k1 + 2.0 * k2 + 2.0 * k3 + k4)


def flow_map(
    state: npt.ArrayLike,
    I: Drive,
    duration: float,
    *,
    start: float = 0.0,
) -> FloatArray:
    """State of the neuron after ``duration``, as exactly as double precision allows.

    Takes equal steps of at most ``ACCURATE_STEP`` by the eighth-order formula of DOP853, and stops
    where an input signal breaks.

    Parameters
    ----------
    state : array_like, shape (..., 2)
        Of shape (2,) or (N, 2) for an input signal.
    I : array_like, broadcastable to ``state.shape[:-1]``; Input, or sequence of N Input
        Input current: constant, or a signal (see :mod:`neurode_lib.inputs`).
    duration : float
        Time to advance.
    start : float, default 0
        The time at ``state``: only a signal depends on it.

    Returns
    -------
    ndarray, shape (..., 2)
        Not finite where a state far outside the sampling box made the steps unstable.

    Raises
    ------
    ValueError
        If an argument is not finite, has the wrong shape or is out of range.

    References
    ----------
    Hairer et al. 1993, section II.10 [4]_.
    """
    at = last_axis("state", finite_array("state", state), 2)
    duration, start = positive_number("duration", duration), finite_number("start", start)
    signals = _signals("I", I, at) if is_signal(I) else None
    if signals is None:
        levels = cast(npt.ArrayLike, I)
        current = broadcastable("I", finite_array("I", levels), at.shape[:-1])
    times = np.array([start, start + duration])
    if signals is not None:
        times, _ = with_stops(times, signals)
    with np.errstate(over="ignore", invalid="ignore"):
        for begin, length in zip(times, np.diff(times), strict=False):
            n_steps = math.ceil(length / ACCURATE_STEP)
            dt = length / n_steps
            if signals is not None:
                stages = begin + dt * (np.arange(n_steps)[:, None] + DOP853.C[: DOP853.n_stages])
                middle = np.broadcast_to(begin + length / 2, stages.shape)
                driven = _currents(signals, stages, middle, at)
            for n in range(n_steps):
                at = _dop853_step(
                    at, [current] * DOP853.n_stages if signals is None else driven[n], dt
                )
    return at


def _signals(name: str, I: Input | Sequence[Input], state: FloatArray) -> list[Input]:
    """A signal of one component for each of the states."""
    if state.ndim > 2:
        raise ValueError(f"state must have shape (2,) or (N, 2) for signals, got {state.shape}")
    signals = signals_of(I, len(state) if state.ndim == 2 else 1, name)
    if signals[0].components is not None:
        raise ValueError(f"{name} must have one component, got {signals[0].components}")
    return signals


def _currents(
    signals: Sequence[Input], t: FloatArray, inside: FloatArray, state: FloatArray
) -> FloatArray:
    """Currents at times ``t``, shape (*t.shape, *state.shape[:-1])."""
    return values_at(signals, t, inside).reshape(t.shape + state.shape[:-1])


def _dop853_step(state: FloatArray, I: Sequence[FloatArray] | FloatArray, dt: float) -> FloatArray:
    """One step; ``I`` holds the current at each stage."""
    stages = np.empty((DOP853.n_stages, *state.shape))
    flat = stages.reshape(DOP853.n_stages, -1)
    stages[0] = fhn_rhs(state, I[0])
    for i in range(1, DOP853.n_stages):
        slope = (DOP853.A[i, :i] @ flat[:i]).reshape(state.shape)
        stages[i] = fhn_rhs(state + dt * slope, I[i])
    return state + dt * (DOP853.B @ flat).reshape(state.shape)


def simulate(
    initial_state: npt.ArrayLike,
    I: Drive,
    n_steps: int,
    dt: float = DT,
    *,
    substeps: int | None = None,
) -> FloatArray:
    """Simulate the neuron from time 0.

    Parameters
    ----------
    initial_state : array_like, shape (2,) or (N, 2)
        Where each trajectory starts.
    I : float or array_like, shape (N,); Input, or sequence of N Input
        Input current of each trajectory: constant, or a signal (see :mod:`neurode_lib.inputs`).
    n_steps : int
        Number of output intervals.
    dt : float, default 0.5
        Time between two outputs.
    substeps : int, optional
        RK4 steps per output interval; ``substeps=1`` is the simulator of the article that the
        book examines. An interval in which a signal breaks is cut there, and each part has as
        many. By default the trajectory is the accurate one of :func:`flow_map`, within 1e-6 of
        the exact solution over ``t <= 40`` from anywhere in the sampling box.

    Returns
    -------
    ndarray, shape (n_steps + 1, 2) or (N, n_steps + 1, 2)
        The initial state and the state after every interval.

    Raises
    ------
    ValueError
        If an argument is not finite, has the wrong shape or is out of range.
    FloatingPointError
        If the state leaves the finite range because the step is too large.

    References
    ----------
    Butcher 2016, section 322 [3]_; Hairer et al. 1993, section II.10 [4]_.
    """
    start = last_axis("initial_state", finite_array("initial_state", initial_state), 2)
    if start.ndim > 2:
        raise ValueError(f"initial_state must have shape (2,) or (N, 2), got {start.shape}")
    current: FloatArray | list[Input]
    if is_signal(I):
        current = _signals("I", I, start)
    else:
        current = constant = finite_array("I", cast(npt.ArrayLike, I))
        if constant.ndim > 0 and constant.shape != start.shape[:-1]:
            raise ValueError(
                f"I must be a number or have shape {start.shape[:-1]} like initial_state, "
                f"got {constant.shape}"
            )
    n_steps = positive_int("n_steps", n_steps)
    dt = positive_number("dt", dt)
    if substeps is not None:
        substeps = positive_int("substeps", substeps)

    states = np.empty((*start.shape[:-1], n_steps + 1, 2))
    states[..., 0, :] = state = start
    # A diverging state overflows on its way to inf; the check below says so in words.
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(1, n_steps + 1):
            before, begin = state, (step - 1) * dt
            if substeps is None:
                state = flow_map(before, current, dt, start=begin)
            else:
                state = _rk4_steps(before, current, begin, dt, substeps)
            length = ACCURATE_STEP if substeps is None else dt / substeps
            refuse_divergence(before, state, step * dt, length)
            states[..., step, :] = state
    return states


def _rk4_steps(
    state: FloatArray,
    I: FloatArray | list[Input],
    start: float,
    duration: float,
    n_steps: int,
) -> FloatArray:
    """As many equal RK4 steps, or as many in each part where signals break in between."""
    if not isinstance(I, list):
        for _ in range(n_steps):
            state = rk4_step(fhn_rhs, state, I, duration / n_steps)
        return state
    times, _ = with_stops(np.array([start, start + duration]), I)
    for begin, length in zip(times, np.diff(times), strict=False):
        dt = length / n_steps
        for t in begin + dt * np.arange(n_steps):
            stages = np.array([t, t + dt / 2, t + dt])
            first, *later = _currents(I, stages, np.full(3, begin + length / 2), state)
            state = rk4_step(fhn_rhs, state, first, dt, I_later=tuple(later))
    return state


def refuse_divergence(before: FloatArray, after: FloatArray, t: float, step: float) -> None:
    """Say which trajectory of the simulator left the finite range, when and from where.

    Parameters
    ----------
    before, after : ndarray, shape (2,) or (N, 2)
        States at the previous output time and at ``t``.
    t : float
    step : float
        Length of the integrator's steps.

    Raises
    ------
    FloatingPointError
        If a state in ``after`` is not finite.
    """
    non_finite = ~np.isfinite(after).all(axis=-1)
    if not non_finite.any():
        return
    which = int(np.argmax(non_finite))
    v, w = before.reshape(-1, 2)[which]
    raise FloatingPointError(
        f"the simulation left the finite range before t = {t:g}: steps of {step:g} are too large "
        f"for trajectory {which}, last seen at v = {v:g}, w = {w:g}; start nearer to the origin "
        "or make smaller steps (simulate takes substeps)"
    )


def build_dataset(
    n_trajectories: int = 40,
    traj_length: int = TRAINED_STEPS,
    dt: float = DT,
    *,
    seed: int,
    currents: Sequence[float] = TRAINED_CURRENTS,
    noise_std: float = 0.0,
    substeps: int | None = None,
) -> tuple[FloatArray, FloatArray]:
    """Draw trajectories from random starts, each under a current chosen at random.

    Starts are uniform on the sampling box ``V_RANGE`` × ``W_RANGE``.

    Parameters
    ----------
    n_trajectories, traj_length : int
        Number of trajectories, and of intervals in each.
    dt : float, default 0.5
        Time between two samples.
    seed : int
        Seed of the random generator; the same seed gives the same data.
    currents : sequence of float, default (0.2, 0.5)
        Each trajectory's current is drawn from these with equal probability, so the two halves
        are balanced on average only.
    noise_std : float, default 0
        Standard deviation of Gaussian noise added to every observed value, the first included.
    substeps : int, optional
        See :func:`simulate`.

    Returns
    -------
    states : ndarray, shape (n_trajectories, traj_length + 1, 2)
    currents : ndarray, shape (n_trajectories,)

    Raises
    ------
    ValueError
        If an argument is out of range.
    """
    n_trajectories = positive_int("n_trajectories", n_trajectories)
    seed = positive_int("seed", seed, minimum=0)
    choices = finite_array("currents", currents)
    if choices.ndim != 1:
        raise ValueError(f"currents must be a sequence of numbers, got shape {choices.shape}")
    noise_std = non_negative_number("noise_std", noise_std)
    rng = np.random.default_rng(seed)
    starts = sample_starts(n_trajectories, rng)
    trajectory_currents = rng.choice(choices, size=n_trajectories)
    states = simulate(starts, trajectory_currents, traj_length, dt, substeps=substeps)
    if noise_std > 0.0:
        states = states + rng.normal(0.0, noise_std, size=states.shape)
    return states, trajectory_currents


def sample_starts(n: int, rng: np.random.Generator) -> FloatArray:
    """Draw states uniformly from the sampling box ``V_RANGE`` × ``W_RANGE``.

    Parameters
    ----------
    n : int
        How many.
    rng : numpy.random.Generator

    Returns
    -------
    ndarray, shape (n, 2)

    Raises
    ------
    ValueError
        If ``n`` is no integer above 0, or ``rng`` no generator.
    """
    n = positive_int("n", n)
    instance_of("rng", rng, np.random.Generator)
    return np.stack([rng.uniform(*V_RANGE, size=n), rng.uniform(*W_RANGE, size=n)], axis=-1)
