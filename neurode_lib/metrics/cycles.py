"""When a neuron spikes, and the cycle it settles on.

All quantities are dimensionless.

References
----------
.. [1] C. de Boor, "A Practical Guide to Splines", revised ed., Springer 2001.
.. [2] E. M. Izhikevich, "Dynamical Systems in Neuroscience", MIT Press 2007.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq
from torch import nn

from neurode_lib._checks import (
    FloatArray,
    finite_array,
    finite_number,
    instance_of,
    last_axis,
    non_negative_number,
    positive_number,
    real_array,
)
from neurode_lib.fitzhugh_nagumo import DT
from neurode_lib.metrics.trajectories import check_grid, predict
from neurode_lib.phase_plane import LimitCycle

# Peak-to-peak v below which an orbit counts as resting: 1 % of the neuron's own excursion (3.8).
RESTING_AMPLITUDE = 0.04
# A cycle repeats itself; an orbit that shrinks by more than this share is spiralling in.
STEADY_SHARE = 0.02
# Well outside the limit cycle at every current, so that a stable equilibrium which coexists
# with the cycle does not capture the orbit.
CYCLE_START = (2.0, -1.0)


def spike_times(t: npt.ArrayLike, v: npt.ArrayLike, threshold: float = 0.0) -> FloatArray:
    """Times at which `v` crosses a threshold upward.

    A cubic spline through the samples is solved for the crossing inside each interval whose ends
    lie on either side of the threshold.

    Parameters
    ----------
    t : array_like, shape (T,)
        Strictly increasing times.
    v : array_like, shape (T,)
        Membrane potential.
    threshold : float, default 0
        A sample exactly on the threshold counts as above it.

    Returns
    -------
    ndarray, shape (n_spikes,)

    Raises
    ------
    ValueError
        If an argument has the wrong shape or is not finite.

    References
    ----------
    De Boor 2001, chapter IV [1]_.
    """
    times = check_grid(t, "t")
    potential = finite_array("v", v)
    if potential.shape != times.shape:
        raise ValueError(f"v must have t's shape {times.shape}, got {potential.shape}")
    height = potential - finite_number("threshold", threshold)
    spline = CubicSpline(times, height)
    rising = np.flatnonzero((height[:-1] < 0.0) & (height[1:] >= 0.0))
    return np.array([brentq(spline, times[i], times[i + 1]) for i in rising])


class CycleEstimate(NamedTuple):
    """Period of an oscillation, and its peak-to-peak range of `v`."""

    period: float
    amplitude: float


def period_and_amplitude(
    t: npt.ArrayLike, states: npt.ArrayLike, *, transient: float = 0.0
) -> CycleEstimate | None:
    """Measure the cycle that a sampled trajectory has settled on.

    The period is the mean time between upward crossings of the middle of `v`'s range; the
    amplitude is taken from the spline through the samples, so peaks may lie between them.

    Parameters
    ----------
    t : array_like, shape (T,)
        Strictly increasing times.
    states : array_like, shape (T, 2)
        One trajectory.
    transient : float, default 0
        Time dropped from the start.

    Returns
    -------
    CycleEstimate or None
        ``None`` if the trajectory shows no steady oscillation: it diverges (any value is not
        finite), rests (range of `v` below ``RESTING_AMPLITUDE``), crosses fewer than four times,
        or its first and last cycle differ in period or amplitude by more than ``STEADY_SHARE``, as
        those of a spiral into an equilibrium do.

    Raises
    ------
    ValueError
        If an argument has the wrong shape or values.

    References
    ----------
    De Boor 2001, chapter IV [1]_; Izhikevich 2007, section 4.3 [2]_.
    """
    times = check_grid(t, "t")
    path = real_array("states", states)
    if path.shape != (len(times), 2):
        raise ValueError(f"states must have shape ({len(times)}, 2) like t, got {path.shape}")
    late = times >= times[0] + non_negative_number("transient", transient)
    if late.sum() < 2:
        raise ValueError(
            f"transient must leave times to measure, got {transient:g} of {times[-1] - times[0]:g}"
        )
    if not np.isfinite(path).all():
        return None
    times, v = times[late], path[late, 0]
    if np.ptp(v) < RESTING_AMPLITUDE:
        return None
    crossings = spike_times(times, v, threshold=float(v.max() + v.min()) / 2.0)
    if len(crossings) < 4:
        return None
    spline = CubicSpline(times, v)
    turning = spline.derivative().roots(extrapolate=False)
    ranges = [
        np.ptp(spline(turning[(start < turning) & (turning < end)]))
        for start, end in pairwise(crossings)
    ]
    periods = np.diff(crossings)
    if any(abs(x[-1] - x[0]) > STEADY_SHARE * abs(x[0]) for x in (periods, ranges)):
        return None
    return CycleEstimate(float(periods.mean()), float(np.mean(ranges)))


def learned_cycle(
    model: nn.Module,
    I: float,
    *,
    initial_state: tuple[float, float] = CYCLE_START,
    dt: float = DT,
    t_end: float = 500.0,
    transient: float = 200.0,
) -> CycleEstimate | None:
    """The cycle that a model settles on.

    Parameters
    ----------
    model : nn.Module
        See :func:`~neurode_lib.metrics.trajectories.predict`.
    I : float
        Input current.
    initial_state : (float, float), default (2, -1)
        Where to start; the default lies outside the true cycle of every current.
    dt : float, default 0.5
        Step.
    t_end, transient : float
        How long to follow the model, and how much of it to drop.

    Returns
    -------
    CycleEstimate or None
        ``None`` if the model shows no steady oscillation; see :func:`period_and_amplitude`.

    Raises
    ------
    ValueError
        If an argument has the wrong shape or values.
    """
    dt, t_end = positive_number("dt", dt), positive_number("t_end", t_end)
    if t_end < dt:
        raise ValueError(f"t_end must be at least one step of {dt:g}, got {t_end:g}")
    n_steps = int(t_end / dt)
    start = last_axis("initial_state", finite_array("initial_state", initial_state), 2)
    if start.ndim != 1:
        raise ValueError(f"initial_state must have shape (2,), got {start.shape}")
    times = dt * np.arange(n_steps + 1)
    path = predict(model, start[None], finite_number("I", I), times)[0]
    return period_and_amplitude(times, path, transient=transient)


class CycleError(NamedTuple):
    """Relative errors of a cycle: 0.1 means ten per cent too long, or too large."""

    period: float
    amplitude: float


def cycle_error(estimate: CycleEstimate, truth: LimitCycle) -> CycleError:
    """Signed relative error of a measured cycle against the true limit cycle.

    Parameters
    ----------
    estimate : CycleEstimate
        From :func:`learned_cycle`; ask first whether it is ``None``.
    truth : LimitCycle
        From :func:`~neurode_lib.phase_plane.limit_cycle`.

    Returns
    -------
    CycleError

    Raises
    ------
    ValueError
        If either is something else, such as the ``None`` of a model that does not oscillate.
    """
    instance_of("estimate", estimate, CycleEstimate)
    instance_of("truth", truth, LimitCycle)
    return CycleError(
        estimate.period / truth.period - 1.0, estimate.amplitude / truth.amplitude - 1.0
    )
