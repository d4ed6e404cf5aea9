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

import numpy as np
import numpy.typing as npt
from scipy.integrate import DOP853

from neurode_lib._checks import (
    FloatArray,
    broadcastable,
    finite_array,
    instance_of,
    last_axis,
    non_negative_number,
    positive_int,
    positive_number,
)

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
) -> FloatArray:
    """One step of the classical fourth-order Runge–Kutta method.

    Parameters
    ----------
    rhs : callable
        ``rhs(state, I)``, the time derivative.
    state : ndarray, shape (..., D)
        State at the start of the step.
    I : array_like
        Input current, held constant over the step.
    dt : float
        Step length.

    Returns
    -------
    ndarray, shape (..., D)
        State one step later.

    References
    ----------
    Butcher 2016, section 322 [3]_.
    """
    k1 = rhs(state, I)
    k2 = rhs(state + 0.5 * dt * k1, I)
    k3 = rhs(state + 0.5 * dt * k2, I)
    k4 = rhs(state + dt * k3, I)
    return state + (dt / 6.0) * (k1 + 2.0 * k2 + 2.0 * k3 + k4)


def flow_map(
    state: npt.ArrayLike,
    I: npt.ArrayLike,
    duration: float,
) -> FloatArray:
    """State of the neuron after ``duration``, as exactly as double precision allows.

    Takes equal steps of at most ``ACCURATE_STEP`` by the eighth-order formula of DOP853.

    Parameters
    ----------
    state : array_like, shape (..., 2)
    I : array_like, broadcastable to ``state.shape[:-1]``
        Input current, held constant.
    duration : float
        Time to advance.

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
    current = broadcastable("I", finite_array("I", I), at.shape[:-1])
    duration = positive_number("duration", duration)
    n_steps = math.ceil(duration / ACCURATE_STEP)
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(n_steps):
            at = _dop853_step(at, current, duration / n_steps)
    return at


def _dop853_step(state: FloatArray, I: FloatArray, dt: float) -> FloatArray:
    stages = np.empty((DOP853.n_stages, *state.shape))
    flat = stages.reshape(DOP853.n_stages, -1)
    stages[0] = fhn_rhs(state, I)
    for i in range(1, DOP853.n_stages):
        slope = (DOP853.A[i, :i] @ flat[:i]).reshape(state.shape)
        stages[i] = fhn_rhs(state + dt * slope, I)
    return state + dt * (DOP853.B @ flat).reshape(state.shape)


def simulate(
    initial_state: npt.ArrayLike,
    I: npt.ArrayLike,
    n_steps: int,
    dt: float = DT,
    *,
    substeps: int | None = None,
) -> FloatArray:
    """Simulate the neuron under constant current.

    Parameters
    ----------
    initial_state : array_like, shape (2,) or (N, 2)
        Where each trajectory starts.
    I : float or array_like, shape (N,)
        Input current of each trajectory.
    n_steps : int
        Number of output intervals.
    dt : float, default 0.5
        Time between two outputs.
    substeps : int, optional
        RK4 steps per output interval; ``substeps=1`` is the simulator of the article that the
        book examines. By default the trajectory is the accurate one of :func:`flow_map`, within
        1e-6 of the exact solution over ``t <= 40`` from anywhere in the sampling box.

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
    current = finite_array("I", I)
    if current.ndim > 0 and current.shape != start.shape[:-1]:
        raise ValueError(
            f"I must be a number or have shape {start.shape[:-1]} like initial_state, "
            f"got {current.shape}"
        )
    n_steps = positive_int("n_steps", n_steps)
    dt = positive_number("dt", dt)
    if substeps is not None:
        substeps = positive_int("substeps", substeps)

    def advance(state: FloatArray) -> FloatArray:
        if substeps is None:
            return flow_map(state, current, dt)
        for _ in range(substeps):
            state = rk4_step(fhn_rhs, state, current, dt / substeps)
        return state

    states = np.empty((*start.shape[:-1], n_steps + 1, 2))
    states[..., 0, :] = state = start
    # A diverging state overflows on its way to inf; the check below says so in words.
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(1, n_steps + 1):
            before, state = state, advance(state)
            length = ACCURATE_STEP if substeps is None else dt / substeps
            refuse_divergence(before, state, step * dt, length)
            states[..., step, :] = state
    return states


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
    lost = ~np.isfinite(after).all(axis=-1)
    if not lost.any():
        return
    which = int(np.argmax(lost))
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
    drawn = rng.choice(choices, size=n_trajectories)
    states = simulate(starts, drawn, traj_length, dt, substeps=substeps)
    if noise_std > 0.0:
        states = states + rng.normal(0.0, noise_std, size=states.shape)
    return states, drawn


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
