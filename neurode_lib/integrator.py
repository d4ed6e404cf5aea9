"""The integrator: classical Runge–Kutta of order four, differentiable.

Shapes: batch `B`, state dimension `D`, grid points `T`; time comes first, as in torchdiffeq.

References
----------
.. [1] J. C. Butcher, "Numerical Methods for Ordinary Differential Equations", 3rd ed., Wiley 2016.
.. [2] P. Kidger, "On Neural Differential Equations", DPhil thesis, University of Oxford 2022.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from neurode_lib._checks import shown

VectorField = Callable[[Tensor, Tensor, Tensor], Tensor]


def rk4_integrate(func: VectorField, y0: Tensor, I: Tensor, t_eval: Tensor) -> Tensor:
    """Integrate ``dy/dt = func(t, y, I)`` by classical RK4, one step per grid interval.

    The step is the spacing of ``t_eval``, so any strictly increasing grid will do: finer, coarser
    or uneven. Every operation is differentiable; gradients are those of the discrete steps
    (discretise-then-optimise).

    Parameters
    ----------
    func : callable
        ``func(t, y, I)``, returning the time derivative, shape (B, D).
    y0 : Tensor, shape (B, D)
        States at ``t_eval[0]``.
    I : Tensor, shape (B,)
        Input currents, constant in time.
    t_eval : Tensor, shape (T,)
        Strictly increasing times, at least two.

    Returns
    -------
    Tensor, shape (T, B, D)
        Time first; row 0 is ``y0``.

    Raises
    ------
    ValueError
        If an argument has the wrong shape, type or values, or the field returns another shape
        or type than the states have.

    References
    ----------
    Butcher 2016, section 322 [1]_; Kidger 2022, section 5.1 [2]_.
    """
    if not callable(func):
        raise ValueError(f"func must be callable as func(t, y, I), got {shown(func)}")
    check_inputs(y0, I, t_eval)
    y = y0
    states = [y]
    for t, t_next in zip(t_eval[:-1], t_eval[1:], strict=True):
        dt = t_next - t
        k1 = func(t, y, I)
        if y is y0:
            _check_derivative(k1, y0)
        k2 = func(t + dt / 2, y + dt / 2 * k1, I)
        k3 = func(t + dt / 2, y + dt / 2 * k2, I)
        k4 = func(t_next, y + dt * k3, I)
        y = y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        states.append(y)
    return torch.stack(states)


def check_inputs(y0: Tensor, I: Tensor, t_eval: Tensor) -> None:
    """Refuse what cannot be integrated, naming the argument.

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
    _check_like_y0("t_eval", t_eval, y0)
    if not torch.isfinite(t_eval).all():
        raise ValueError("t_eval must be finite")
    steps = t_eval.diff()
    if not (steps > 0).all():
        at = int((steps <= 0).nonzero()[0])
        raise ValueError(
            "t_eval must be strictly increasing, got "
            f"{t_eval[at].item():g} followed by {t_eval[at + 1].item():g} at index {at + 1}"
        )


def check_state(y0: Tensor, I: Tensor) -> None:
    """Refuse states and currents that do not belong together, naming the argument."""
    if not isinstance(y0, Tensor) or y0.dim() != 2 or y0.numel() == 0:
        raise ValueError(f"y0 must be a non-empty tensor of shape (B, D), got {shown_tensor(y0)}")
    if not y0.is_floating_point():
        raise ValueError(f"y0 must have a floating-point dtype, got {y0.dtype}")
    if not isinstance(I, Tensor) or I.shape != y0.shape[:1]:
        raise ValueError(f"I must be a tensor of shape ({len(y0)},) like y0, got {shown_tensor(I)}")
    _check_like_y0("I", I, y0)
    for name, value in (("y0", y0), ("I", I)):
        if not torch.isfinite(value).all():
            raise ValueError(f"{name} must be finite, got NaN or infinity")


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


def _check_like_y0(name: str, value: Tensor, y0: Tensor) -> None:
    if value.dtype != y0.dtype or value.device != y0.device:
        raise ValueError(
            f"{name} must have y0's dtype and device ({y0.dtype} on {y0.device}), "
            f"got {value.dtype} on {value.device}"
        )


def shown_tensor(value: object) -> str:
    """A tensor by its shape, for a message; anything else as it is."""
    return f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)
