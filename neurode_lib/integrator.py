"""The integrator: classical Runge–Kutta of order four, differentiable.

Shapes: batch `B`, state dimension `D`, grid points `T`; time comes first, as in torchdiffeq.

References
----------
.. [1] J. C. Butcher, "Numerical Methods for Ordinary Differential Equations", 3rd ed., Wiley 2016.
.. [2] P. Kidger, "On Neural Differential Equations", DPhil thesis, University of Oxford 2022.
.. [3] A. Griewank, A. Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeAlias

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from neurode_lib._checks import positive_int, shown
from neurode_lib.inputs import Input, is_signal, signals_of, values_at, with_stops

# Called as ``func(t, y, I)``.
VectorField = Callable[[Tensor, Tensor, Tensor | None], Tensor]
# Nothing, constants, or signals: see `rk4_integrate`.
Drive: TypeAlias = Tensor | Input | Sequence[Input] | None
# At the start, in the middle and at the end of a step: times and inputs.
Clock = tuple[Tensor, Tensor, Tensor]
Stages = tuple[Tensor | None, Tensor | None, Tensor | None]
Step = tuple[Tensor, Clock, Stages]

# How far a time may be rounded, as a share of the step, before a field that reads it is misled.
_CLOCK_TOLERANCE = 0.01


def rk4_integrate(
    func: VectorField,
    y0: Tensor,
    I: Drive,
    t_eval: Tensor,
    *,
    checkpoint_every: int | None = None,
) -> Tensor:
    """Integrate ``dy/dt = func(t, y, I)`` by classical RK4, one step per grid interval.

    The step is the spacing of ``t_eval``, so any strictly increasing grid will do: finer, coarser
    or uneven. Where an input signal breaks between two times, a step ends there and the next one
    begins, so that the order stays four. Every operation is differentiable in the states, the
    constants and the weights; gradients are those of the discrete steps (discretise-then-optimise).

    Parameters
    ----------
    func : callable
        ``func(t, y, I)``, returning the time derivative, shape (B, D). It gets `t` as a scalar
        tensor and the input at that time, shape (B,), or (B, M) for `M` components. If it has an
        attribute ``time_input`` that is False, it promises not to read `t`. If it has a method
        ``check_fits(y0, I)``, that is called once, to refuse states or inputs it cannot take.
    y0 : Tensor, shape (B, D)
        States at ``t_eval[0]``.
    I : Tensor, shape (B,) or (B, M); Input, sequence of B Input, or None
        Input currents: constant in time, as signals (see :mod:`neurode_lib.inputs`), or none.
    t_eval : Tensor, shape (T,)
        Strictly increasing times, at least two; of y0's dtype or float64. Steps are taken from
        them in float64 before anything is rounded.
    checkpoint_every : int, optional
        For the way back, keep only every so many states, and compute what lies between them
        again. Near the root of `T` the memory grows as that root instead of as `T`, at the price
        of a second forward pass; values and gradients stay the same. By default all is kept,
        which is right for trajectories of a few hundred steps.

    Returns
    -------
    Tensor, shape (T, B, D)
        Time first; row 0 is ``y0``.

    Raises
    ------
    ValueError
        If an argument has the wrong shape, type or values, the field returns another shape or
        type than the states have, or reads a clock so late that y0's dtype cannot resolve it.

    References
    ----------
    Butcher 2016, section 322 [1]_; Kidger 2022, section 5.1 [2]_; checkpoints: Griewank and
    Walther 2008, chapter 12 [3]_.
    """
    if not callable(func):
        raise ValueError(f"func must be callable as func(t, y, I), got {shown(func)}")
    times, samples = check_inputs(y0, I, t_eval), None
    check_fits = getattr(func, "check_fits", None)
    if check_fits is not None:
        check_fits(y0, I)
    if is_signal(I):
        stops, samples = with_stops(times.detach().numpy(), signals_of(I, len(y0)))
        times = torch.as_tensor(stops)
    if getattr(func, "time_input", True):
        check_clock(times.detach(), y0.dtype)
    states = [y0]
    steps = _steps(times, I, y0)
    if checkpoint_every is None:
        states += _follow(func, y0, steps)
    else:
        every = positive_int("checkpoint_every", checkpoint_every)
        while segment := list(islice(steps, every)):
            states += checkpoint(_follow, func, states[-1], segment, use_reentrant=False)
    return torch.stack(states if samples is None else [states[n] for n in samples])


def _follow(func: VectorField, y: Tensor, steps: Iterable[Step]) -> list[Tensor]:
    """The states after each of some steps."""
    states = []
    for dt, clock, drive in steps:
        y = rk4_step(func, clock, y, drive, dt)
        states.append(y)
    return states


def rk4_step(
    func: VectorField,
    clock: Clock,
    y: Tensor,
    drive: Stages,
    dt: Tensor,
) -> Tensor:
    """One step of classical RK4; ``clock`` and ``drive`` hold its start, middle and end."""
    k1 = func(clock[0], y, drive[0])
    _check_derivative(k1, y)
    k2 = func(clock[1], y + dt / 2 * k1, drive[1])
    k3 = func(clock[1], y + dt / 2 * k2, drive[1])
    k4 = func(clock[2], y + dt * k3, drive[2])
    return y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)


def _steps(times: Tensor, I: Drive, y0: Tensor) -> Iterator[Step]:
    """Length, times and inputs of each step; only at the end does any of it leave float64."""
    middles = (times[:-1] + times[1:]) / 2
    stages = torch.stack([times[:-1], middles, times[1:]])
    clocks = like(stages, y0).unbind(1)
    if is_signal(I):
        at, inside = (x.detach().numpy() for x in (stages, middles.expand(3, -1)))
        drives = like(torch.as_tensor(values_at(signals_of(I, len(y0)), at, inside)), y0)
    for n, dt in enumerate(like(times.diff(), y0)):
        drive = tuple(drives[:, n]) if is_signal(I) else (I, I, I)
        yield dt, tuple(clocks[n]), drive


def like(values: Tensor, y0: Tensor) -> Tensor:
    """Numbers in the dtype of ``y0``, and only then on its device, which may not know float64."""
    return values.to(y0.dtype).to(y0.device)


def check_inputs(y0: Tensor, I: Drive, t_eval: Tensor) -> Tensor:
    """Refuse what cannot be integrated, naming the argument.

    Returns
    -------
    Tensor, shape (T,)
        The times, in float64 and on the CPU.

    Raises
    ------
    ValueError
        If shapes, dtypes or devices disagree, if anything is not finite, or if ``t_eval`` is
        not a strictly increasing grid of at least two times.
    """
    check_state(y0, I)
    if not isinstance(t_eval, Tensor) or t_eval.dim() != 1 or len(t_eval) < 2:
        raise ValueError(
            "t_eval must be a tensor of shape (T,) with at least two times, got "
            f"{shown_tensor(t_eval)}"
        )
    if t_eval.dtype not in (y0.dtype, torch.float64) or t_eval.device not in (
        y0.device,
        torch.device("cpu"),
    ):
        raise ValueError(
            f"t_eval must be of y0's dtype ({y0.dtype}) or torch.float64, on {y0.device} or the "
            f"CPU, got {t_eval.dtype} on {t_eval.device}"
        )
    times = t_eval.cpu().double()
    if not torch.isfinite(times).all():
        raise ValueError("t_eval must be finite")
    steps = times.diff()
    if not (steps > 0).all():
        at = int((steps <= 0).nonzero()[0])
        raise ValueError(
            "t_eval must be strictly increasing, got "
            f"{times[at]:g} followed by {times[at + 1]:g} at index {at + 1}"
        )
    return times


def check_state(y0: Tensor, I: Drive) -> None:
    """Refuse states and currents that do not belong together, naming the argument."""
    if not isinstance(y0, Tensor) or y0.dim() != 2 or y0.numel() == 0:
        raise ValueError(f"y0 must be a non-empty tensor of shape (B, D), got {shown_tensor(y0)}")
    if not y0.is_floating_point():
        raise ValueError(f"y0 must have a floating-point dtype, got {y0.dtype}")
    if not torch.isfinite(y0).all():
        raise ValueError("y0 must be finite, got NaN or infinity")
    if is_signal(I):
        signals_of(I, len(y0))
    elif I is not None:
        if not isinstance(I, Tensor) or I.dim() not in (1, 2) or len(I) != len(y0):
            raise ValueError(
                f"I must be a tensor of shape ({len(y0)},) like y0 or ({len(y0)}, M), an Input, a "
                f"sequence of {len(y0)} of them, or None, got {shown_tensor(I)}"
            )
        if I.dtype != y0.dtype or I.device != y0.device:
            raise ValueError(
                f"I must have y0's dtype and device ({y0.dtype} on {y0.device}), "
                f"got {I.dtype} on {I.device}"
            )
        if not torch.isfinite(I).all():
            raise ValueError("I must be finite, got NaN or infinity")


def check_clock(times: Tensor, dtype: torch.dtype) -> None:
    """Refuse times that the dtype of the states rounds by much of a step."""
    rounded, steps = times.to(dtype).double(), times.diff()
    off = (rounded - times).abs()[1:] / steps
    if off.max() > _CLOCK_TOLERANCE:
        at = int(off.argmax())
        raise ValueError(
            f"t_eval must hold times that {dtype} can tell apart, since the field reads the "
            f"clock: it rounds {times[at + 1]:.12g} to {rounded[at + 1]:.12g} where a step is "
            f"{steps[at]:g}. Count the time from the first sample, use model.double(), or, if the "
            "field does not read t, give it an attribute time_input = False"
        )


def _check_derivative(derivative: Tensor, y0: Tensor) -> None:
    """Refuse what would be broadcast or promoted in silence."""
    if not isinstance(derivative, Tensor) or derivative.shape != y0.shape:
        raise ValueError(
            f"func must return a tensor of shape {tuple(y0.shape)} like y0, got "
            f"{shown_tensor(derivative)}"
        )
    if derivative.dtype != y0.dtype or derivative.device != y0.device:
        raise ValueError(
            f"func must return y0's dtype and device ({y0.dtype} on {y0.device}), got "
            f"{derivative.dtype} on {derivative.device}"
        )


def shown_tensor(value: object) -> str:
    """A tensor by its shape, for a message; anything else as it is, cut to one line."""
    return f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else shown(value)


def components(I: Drive) -> int:
    """How many numbers an input has at a time, 0 for none."""
    if I is None:
        return 0
    if isinstance(I, Tensor):
        return 1 if I.dim() == 1 else I.shape[1]
    first = I if isinstance(I, Input) else I[0]
    return 1 if first.components is None else first.components
