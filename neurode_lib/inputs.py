"""Input signals: a current that changes in time, with its jumps and kinks known.

An :class:`Input` is the input of one trajectory; a batch has a sequence of them. Between two of
its ``breaks`` it is smooth; integrators stop there, and so keep their order. Times and currents
are dimensionless.

References
----------
.. [1] G. E. Uhlenbeck, L. S. Ornstein, "On the Theory of the Brownian Motion", Physical Review 36
       (1930), 823-841.
.. [2] D. T. Gillespie, "Exact numerical simulation of the Ornstein-Uhlenbeck process and its
       integral", Physical Review E 54 (1996), 2084-2091.
.. [3] E. Hairer, S. P. Nørsett, G. Wanner, "Solving Ordinary Differential Equations I", 2nd ed.,
       Springer 1993, section II.6 (discontinuous equations).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal, TypeAlias, TypeGuard

import numpy as np
import numpy.typing as npt

from neurode_lib._checks import (
    FloatArray,
    finite_array,
    finite_number,
    one_of,
    positive_int,
    positive_number,
    real_array,
    shown,
)


class Input:
    """The input of one trajectory as a function of time, smooth between its breaks.

    Most inputs come from a function of this module, such as :func:`step` or :func:`sampled`.

    Parameters
    ----------
    function : callable
        Takes times, shape (T,), and returns the values there, shape (T,), or (T, M) for `M`
        components. At a jump it has the value that holds afterwards.
    breaks : array_like, shape (P,), optional
        Increasing times of its jumps and kinks.

    Attributes
    ----------
    breaks : ndarray, shape (P,)
    components : int or None
        `M`, or None if the values are single numbers.

    Raises
    ------
    ValueError
        If ``function`` is not such a function, or ``breaks`` do not increase.
    """

    def __init__(
        self, function: Callable[[FloatArray], npt.ArrayLike], breaks: npt.ArrayLike = ()
    ) -> None:
        if not callable(function):
            raise ValueError(f"function must be callable as function(t), got {shown(function)}")
        self._function = function
        self.breaks = real_array("breaks", breaks)
        if (
            self.breaks.ndim != 1
            or not np.isfinite(self.breaks).all()
            or not (np.diff(self.breaks) > 0.0).all()
        ):
            raise ValueError(
                f"breaks must be finite increasing times, shape (P,), got {shown(breaks)}"
            )
        try:
            rank = np.ndim(probe := function(np.zeros(1)))
            fits = rank in (1, 2) and np.shape(probe)[0] == 1
        except (TypeError, ValueError, IndexError) as error:
            raise ValueError(f"function must take an array of times: {error}") from error
        if not fits:
            raise ValueError(
                "function must return shape (T,) or (T, M) for T times, got "
                f"{np.shape(probe)} for one"
            )
        self.components: int | None = np.shape(probe)[1] if rank == 2 else None

    def __call__(self, t: npt.ArrayLike) -> FloatArray:
        """Values at the times ``t``: its shape, with the components as a last axis if any."""
        times = finite_array("t", t)
        values = np.asarray(self._function(times.ravel()), dtype=np.float64)
        return values.reshape(times.shape + values.shape[1:])

    def within(self, t: npt.ArrayLike, inside: npt.ArrayLike) -> FloatArray:
        """Values at ``t``, as they are in the smooth piece that holds the time ``inside``.

        What a step between two breaks needs: at its end, the value before the jump.
        """
        at = np.searchsorted(self.breaks, inside, side="right")
        start = np.concatenate([[-np.inf], self.breaks])[at]
        end = np.concatenate([self.breaks, [np.inf]])[at]
        return self(np.clip(t, start, np.nextafter(end, -np.inf)))


# What a batch of B trajectories can be driven by: nothing, numbers, or signals.
Drive: TypeAlias = npt.ArrayLike | Input | Sequence[Input] | None


def constant(value: npt.ArrayLike) -> Input:
    """An input that does not change; ``value`` is a number, or has shape (M,)."""
    level = finite_array("value", value)
    if level.ndim > 1:
        raise ValueError(f"value must be a number or have shape (M,), got {level.shape}")
    return Input(lambda t: np.broadcast_to(level, t.shape + level.shape))


def step(before: float, after: float, at: float) -> Input:
    """A jump from one level to another at the time ``at``."""
    before, after = finite_number("before", before), finite_number("after", after)
    at = finite_number("at", at)
    return Input(lambda t: np.where(t < at, before, after), [at])


def ramp(before: float, after: float, start: float, end: float) -> Input:
    """A straight line between two levels, from the time ``start`` to ``end``."""
    levels = [finite_number("before", before), finite_number("after", after)]
    times = [finite_number("start", start), finite_number("end", end)]
    if times[0] >= times[1]:
        raise ValueError(f"end must be later than start = {times[0]:g}, got {times[1]:g}")
    return Input(lambda t: np.interp(t, times, levels), times)


def pulses(
    onsets: npt.ArrayLike, width: float, amplitude: float, *, baseline: float = 0.0
) -> Input:
    """A train of rectangular pulses, each ``amplitude`` above the baseline.

    Parameters
    ----------
    onsets : array_like, shape (P,)
        When the pulses begin; each must be over before the next one.
    width : float
        How long each lasts.
    amplitude, baseline : float

    Raises
    ------
    ValueError
        If pulses overlap, or a number is out of range.
    """
    begins = finite_array("onsets", onsets)
    width = positive_number("width", width)
    baseline = finite_number("baseline", baseline)
    high = baseline + finite_number("amplitude", amplitude)
    edges = np.stack([begins, begins + width], axis=-1).ravel()
    if begins.ndim != 1 or not (np.diff(edges) > 0.0).all():
        raise ValueError(
            f"onsets must have shape (P,) and leave more than the width {width:g} between two, "
            f"got {shown(onsets)}"
        )
    return Input(
        lambda t: np.where(np.searchsorted(edges, t, side="right") % 2 == 1, high, baseline), edges
    )


def noise(
    mean: float, std: float, tau: float, *, duration: float, seed: int, dt: float = 0.1
) -> Input:
    """An Ornstein–Uhlenbeck process: Gaussian noise that forgets itself after about ``tau``.

    Drawn exactly at multiples of ``dt`` from 0 to ``duration``, from its stationary law, with
    straight lines between.

    Parameters
    ----------
    mean, std : float
        Of the stationary law.
    tau : float
        Correlation time.
    duration : float
    seed : int
    dt : float, default 0.1
        Time between two draws.

    Raises
    ------
    ValueError
        If a number is out of range.

    References
    ----------
    Uhlenbeck & Ornstein 1930 [1]_; Gillespie 1996 [2]_.
    """
    mean, std = finite_number("mean", mean), positive_number("std", std)
    tau, dt = positive_number("tau", tau), positive_number("dt", dt)
    duration = positive_number("duration", duration)
    rng = np.random.default_rng(positive_int("seed", seed, minimum=0))
    decay = math.exp(-dt / tau)
    draws = rng.normal(size=math.ceil(duration / dt) + 1)
    for k in range(1, len(draws)):
        draws[k] = decay * draws[k - 1] + math.sqrt(1.0 - decay**2) * draws[k]
    return sampled(dt * np.arange(len(draws)), mean + std * draws)


def chirp(
    mean: float,
    amplitude: float,
    frequencies: tuple[float, float],
    duration: float,
    *,
    start: float = 0.0,
) -> Input:
    """A sine about ``mean`` whose frequency rises (or falls) evenly while it lasts.

    Parameters
    ----------
    mean, amplitude : float
    frequencies : (float, float)
        Cycles per unit of time at the start and at the end.
    duration : float
        Of the sweep; before and after it the input is ``mean``.
    start : float, default 0

    Raises
    ------
    ValueError
        If a number is out of range.
    """
    mean, amplitude = finite_number("mean", mean), finite_number("amplitude", amplitude)
    duration, start = positive_number("duration", duration), finite_number("start", start)
    sweep = finite_array("frequencies", frequencies)
    if sweep.shape != (2,) or (sweep < 0.0).any():
        raise ValueError(f"frequencies must be two numbers >= 0, got {shown(frequencies)}")
    first, last = sweep

    def value(t: FloatArray) -> FloatArray:
        s = t - start
        phase = 2.0 * np.pi * (first * s + (last - first) * s**2 / (2.0 * duration))
        return mean + np.where((s < 0.0) | (s >= duration), 0.0, amplitude * np.sin(phase))

    return Input(value, [start, start + duration])


def sampled(
    times: npt.ArrayLike,
    values: npt.ArrayLike,
    *,
    kind: Literal["linear", "hold"] = "linear",
) -> Input:
    """An input known at some times only, such as a recorded stimulus.

    Parameters
    ----------
    times : array_like, shape (T,)
        Increasing. Before the first the first value holds, after the last the last.
    values : array_like, shape (T,) or (T, M)
    kind : {"linear", "hold"}
        Straight lines between the samples, or each value until the next.

    Raises
    ------
    ValueError
        If an argument has the wrong shape or values.
    """
    one_of("kind", kind, ("linear", "hold"))
    at, samples = finite_array("times", times), finite_array("values", values)
    if at.ndim != 1 or not (np.diff(at) > 0.0).all():
        raise ValueError(f"times must have shape (T,) and increase, got {shown(times)}")
    if samples.ndim not in (1, 2) or len(samples) != len(at):
        raise ValueError(
            f"values must have shape ({len(at)},) or ({len(at)}, M) like times, got {samples.shape}"
        )
    if kind == "hold":
        return Input(
            lambda t: samples[np.maximum(np.searchsorted(at, t, side="right") - 1, 0)], at[1:]
        )
    if samples.ndim == 1:
        return Input(lambda t: np.interp(t, at, samples), at)
    return Input(lambda t: np.stack([np.interp(t, at, s) for s in samples.T], axis=-1), at)


def join(*inputs: Input) -> Input:
    """Several inputs as the components of one."""
    for one in inputs:
        if not isinstance(one, Input) or one.components is not None:
            raise ValueError(f"inputs must be inputs of one component each, got {shown(one)}")
    if not inputs:
        raise ValueError("inputs must not be empty")
    return Input(
        lambda t: np.stack([one(t) for one in inputs], axis=-1),
        np.unique(np.concatenate([one.breaks for one in inputs])),
    )


def is_signal(I: object) -> TypeGuard[Input | Sequence[Input]]:
    """Whether this is an :class:`Input` or a sequence of them."""
    return isinstance(I, Input) or (
        isinstance(I, Sequence) and len(I) > 0 and any(isinstance(one, Input) for one in I)
    )


def signals_of(I: Input | Sequence[Input], n: int, name: str = "I") -> list[Input]:
    """One input for each of ``n`` trajectories, alike in their components.

    Raises
    ------
    ValueError
        If there are more or fewer, or something else is among them.
    """
    signals = [I] * n if isinstance(I, Input) else list(I)
    for one in signals:
        if not isinstance(one, Input):
            raise ValueError(f"{name} must hold nothing but inputs, got {shown(one)}")
    if len(signals) != n:
        raise ValueError(
            f"{name} must be one input or hold {n}, one for each trajectory, got {len(signals)}"
        )
    if len({one.components for one in signals}) > 1:
        raise ValueError(f"{name} must hold inputs of as many components each")
    return signals


def with_stops(
    times: FloatArray, signals: Sequence[Input]
) -> tuple[FloatArray, npt.NDArray[np.intp]]:
    """A grid that also stops at the breaks of all signals, and where the old times stand in it.

    A break within a billionth of a step from a time of the grid is that time: rounding alone
    would else make a second step of next to no length.

    Returns
    -------
    times : ndarray, shape (S,)
    kept : ndarray of int, shape (T,)
    """
    distinct = {id(one): one for one in signals}.values()
    breaks = np.unique(np.concatenate([one.breaks for one in distinct]))
    breaks = breaks[(breaks > times[0]) & (breaks < times[-1])]
    k = np.searchsorted(times, breaks, side="right") - 1
    slack = 1e-9 * (times[k + 1] - times[k])
    breaks = breaks[(breaks - times[k] > slack) & (times[k + 1] - breaks > slack)]
    stops = np.union1d(times, breaks)
    return stops, np.searchsorted(stops, times)


def values_at(signals: Sequence[Input], t: FloatArray, inside: FloatArray) -> FloatArray:
    """Values of each signal at times ``t`` within the pieces that hold ``inside``.

    Returns
    -------
    ndarray, shape (*t.shape, N), or (*t.shape, N, M)
    """
    distinct: dict[int, FloatArray] = {}
    for one in signals:
        if id(one) not in distinct:
            distinct[id(one)] = one.within(t, inside)
    return np.stack([distinct[id(one)] for one in signals], axis=np.ndim(t))


def visited(signal: Input, times: FloatArray) -> FloatArray:
    """Values that a signal takes on a grid and at its breaks in between, shape (., M)."""
    inner = signal.breaks[(signal.breaks > times[0]) & (signal.breaks < times[-1])]
    at = np.concatenate([times, inner])
    return signal(at).reshape(len(at), -1)
