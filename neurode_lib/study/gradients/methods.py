"""Ways to differentiate a trajectory with respect to the weights of its field.

Shapes: batch `B`, state dimension `D`, output times `T`, `P` weights in all.

References
----------
.. [1] R. T. Q. Chen, Y. Rubanova, J. Bettencourt, D. Duvenaud, "Neural Ordinary Differential
       Equations", NeurIPS 2018 (the continuous adjoint).
.. [2] A. Griewank, A. Walther, "Evaluating Derivatives", 2nd ed., SIAM 2008, chapter 12
       (checkpointing).
.. [3] P. Kidger, "On Neural Differential Equations", DPhil thesis, University of Oxford 2022,
       chapter 5.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torchdiffeq import odeint, odeint_adjoint

from neurode_lib.fitzhugh_nagumo import DT
from neurode_lib.integrator import rk4_integrate

# What an adaptive solver may take in one integration before it is given up.
MOST_STEPS = 20_000


class DrivenField(nn.Module):
    """A field under given inputs, ``f(t, y)`` as torchdiffeq calls it, that counts its calls.

    Parameters
    ----------
    func : nn.Module
        Called as ``func(t, y, I)``.
    I : Tensor, shape (B,)
    """

    def __init__(self, func: nn.Module, I: Tensor) -> None:
        super().__init__()
        self.func, self.I, self.evaluations = func, I, 0

    def forward(self, t: Tensor, y: Tensor) -> Tensor:
        """Derivative of the states ``y``, shape (B, D), at time ``t``."""
        self.evaluations += 1
        return self.func(t, y, self.I)


# Called as ``solve(field, y0, times)``; returns the states at the times, shape (T, B, D).
Solve = Callable[[DrivenField, Tensor, Tensor], Tensor]


def _between(times: Tensor) -> tuple[Tensor, Tensor]:
    """The grid of steps of length DT up to the last time, and where on it the times are."""
    at = (times / DT).round().long()
    return DT * torch.arange(int(at[-1]) + 1, dtype=torch.float64), at


def backpropagation(field: DrivenField, y0: Tensor, times: Tensor) -> Tensor:
    """Classical RK4 with steps of DT; autograd keeps every intermediate value."""
    grid, at = _between(times)
    return rk4_integrate(lambda t, y, _I: field(t, y), y0, None, grid)[at]


def checkpointed_backpropagation(field: DrivenField, y0: Tensor, times: Tensor) -> Tensor:
    """The same steps; only every √T-th state is kept, and what lies between is computed again."""
    grid, at = _between(times)
    every = math.isqrt(len(grid) - 1)
    return rk4_integrate(lambda t, y, _I: field(t, y), y0, None, grid, checkpoint_every=every)[at]


def _torchdiffeq(solver: str, tolerance: float | None, *, adjoint: bool) -> Solve:
    """A solver of torchdiffeq: steps of DT, or adaptive ones for a tolerance."""
    settings: dict[str, Any]
    if tolerance is None:
        settings = {"method": solver, "options": {"step_size": DT}}
    else:
        settings = {"method": solver, "rtol": tolerance, "atol": tolerance}
        settings["options"] = {"max_num_steps": MOST_STEPS}

    def solve(field: DrivenField, y0: Tensor, times: Tensor) -> Tensor:
        return (odeint_adjoint if adjoint else odeint)(field, y0, times.to(y0), **settings)

    return solve


@dataclass(frozen=True)
class Method:
    """One way to a gradient.

    Attributes
    ----------
    name, title : str
        Identifier, and the words used in tables and figures.
    dtype : torch.dtype
        In what numbers states and weights are held.
    solve : callable
        ``solve(field, y0, times)``, differentiable in the weights of the field.
    """

    name: str
    title: str
    dtype: torch.dtype
    solve: Solve


def _adaptive(tolerance: float, dtype: torch.dtype, *, adjoint: bool) -> Method:
    way = "adjoint" if adjoint else "backpropagation"
    bits = "float32" if dtype is torch.float32 else "float64"
    power = f"{tolerance:.0e}".replace("e-0", "e-")
    return Method(
        f"{way}_dopri5_{power}_{bits}",
        f"{'continuous adjoint' if adjoint else way}, dopri5 {power}, {bits}",
        dtype,
        _torchdiffeq("dopri5", tolerance, adjoint=adjoint),
    )


METHODS = {
    method.name: method
    for method in (
        Method("backpropagation_rk4", "backpropagation, RK4", torch.float32, backpropagation),
        Method(
            "adjoint_rk4",
            "continuous adjoint, RK4",
            torch.float32,
            _torchdiffeq("rk4", None, adjoint=True),
        ),
        _adaptive(1e-3, torch.float32, adjoint=False),
        _adaptive(1e-3, torch.float32, adjoint=True),
        _adaptive(1e-5, torch.float32, adjoint=True),
        _adaptive(1e-6, torch.float64, adjoint=True),
        _adaptive(1e-9, torch.float64, adjoint=True),
    )
}
# Backpropagation through a solver of order eight in float64: far finer than what it judges.
REFERENCE = Method(
    "reference",
    "backpropagation, dopri8 1e-10, float64",
    torch.float64,
    _torchdiffeq("dopri8", 1e-10, adjoint=False),
)


@dataclass(frozen=True)
class Gradient:
    """The derivative of a loss with respect to all weights, and what it took.

    Attributes
    ----------
    values : Tensor, shape (P,)
        In float64, whatever the method computes in.
    loss : float
    evaluations_forward, evaluations_backward : int
        Calls of the field; recomputation counts as backward.
    """

    values: Tensor
    loss: float
    evaluations_forward: int
    evaluations_backward: int


def gradient(
    method: Method, func: nn.Module, y0: Tensor, I: Tensor, times: Tensor, targets: Tensor
) -> Gradient:
    """Gradient of the mean squared error at the times after the first.

    Parameters
    ----------
    method : Method
    func : nn.Module
        The field, called as ``func(t, y, I)``; it is cast to the method's dtype and back.
    y0 : Tensor, shape (B, D)
    I : Tensor, shape (B,)
    times : Tensor, shape (T,)
        Output times, beginning at 0. The continuous adjoint goes back to the stored state at
        each of them.
    targets : Tensor, shape (T, B, D)
        The loss compares with those at the last time, and with the others if they are not NaN.

    Raises
    ------
    AssertionError
        As torchdiffeq raises it, when an adaptive solver takes too many steps or its step
        underflows.
    """
    before = next(func.parameters()).dtype
    field = DrivenField(func.to(method.dtype), I.to(method.dtype))
    try:
        states = method.solve(field, y0.to(method.dtype), times)
        forward = field.evaluations
        wanted = ~torch.isnan(targets)
        loss = (states[wanted] - targets[wanted].to(method.dtype)).square().mean()
        parts = torch.autograd.grad(loss, list(func.parameters()))
    finally:
        func.to(before)
    return Gradient(
        torch.cat([part.flatten().double() for part in parts]),
        loss.item(),
        forward,
        field.evaluations - forward,
    )
