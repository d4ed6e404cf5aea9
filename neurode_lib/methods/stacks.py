"""What a fit gives: `K` models of one kind, side by side, that forecast together.

Every method is fitted on ten data sets, and everything is asked of the ten models at once: the
states of all of them are one tensor of shape (K, B, 2). The classes here say how such a stack
makes a step; what its field or its step is, the methods say.

References
----------
.. [1] J. C. Butcher, "Numerical Methods for Ordinary Differential Equations", 3rd ed., Wiley 2016.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np
import torch
from torch import Tensor, nn

from neurode_lib._checks import FloatArray
from neurode_lib.fitzhugh_nagumo import DT
from neurode_lib.methods.monomials import degree_of, library_of_tensors
from neurode_lib.models import NeuralODE

Memory = Tensor | None


class Stack(ABC):
    """`K` models that forecast together.

    Attributes
    ----------
    n_models : int
    interval : float
        The shortest time between two forecast states: a map cannot stop between its steps.
    dtype : torch.dtype
    """

    n_models: int
    interval: float = DT
    dtype: torch.dtype = torch.float64

    @abstractmethod
    def advance(
        self, y: Tensor, I: Tensor, duration: float, memory: Memory
    ) -> tuple[Tensor, Memory]:
        """States, shape (K, B, 2), after a duration under currents of shape (K, B)."""

    def field(self, y: Tensor, I: Tensor) -> Tensor | None:  # noqa: ARG002
        """Time derivative at states of shape (K, B, 2), or None if there is no such thing."""
        return None

    def reading_as_field(self) -> Stack | None:
        """The stack to ask about other time steps; None if it cannot change its own."""
        return self

    def member(self, k: int) -> nn.Module | None:
        """One of the models as the metrics take it, if it has a field."""
        return NeuralODE(_Member(self, k))

    @torch.no_grad()
    def forecast(self, starts: FloatArray, currents: FloatArray, interval: float) -> FloatArray:
        """Trajectories of all models under currents that are held for each interval.

        Parameters
        ----------
        starts : ndarray, shape (B, 2) or (K, B, 2)
        currents : ndarray, shape (S, B) or (S, K, B)
        interval : float

        Returns
        -------
        ndarray, shape (K, B, S + 1, 2)
            Not finite after a divergence.
        """
        y = torch.as_tensor(starts, dtype=self.dtype).expand(self.n_models, -1, -1)
        drive = torch.tensor(np.ascontiguousarray(currents), dtype=self.dtype)
        path, memory = [y], None
        for held in drive:
            y, memory = self.advance(y, held.expand(y.shape[:2]), interval, memory)
            path.append(y)
        return torch.stack(path, dim=2).double().numpy()

    @torch.no_grad()
    def field_at(self, points: FloatArray, I: float) -> FloatArray | None:
        """Field of every model at points of shape (..., 2), shape (K, ..., 2)."""
        flat = torch.as_tensor(points.reshape(-1, 2), dtype=self.dtype)
        y = flat.expand(self.n_models, -1, -1)
        value = self.field(y, torch.full(y.shape[:2], I, dtype=self.dtype))
        if value is None:
            return None
        return value.double().numpy().reshape(self.n_models, *points.shape)


class _Member(nn.Module):
    """The field of one model of a stack, as ``func(t, y, I)``."""

    time_input = False

    def __init__(self, stack: Stack, k: int) -> None:
        super().__init__()
        self.stack, self.k = stack, k

    def forward(self, _t: Tensor, y: Tensor, I: Tensor) -> Tensor:
        n, dtype = self.stack.n_models, self.stack.dtype
        field = self.stack.field(y.to(dtype).expand(n, -1, -1), I.to(dtype).expand(n, -1))
        if field is None:
            raise TypeError("this model has no field")
        return field[self.k].to(y.dtype)


class FieldStack(Stack):
    """Models that are vector fields, followed by classical RK4 [1]_.

    Attributes
    ----------
    step : float
        The longest step.
    """

    step: float = 0.125

    def advance(
        self, y: Tensor, I: Tensor, duration: float, memory: Memory
    ) -> tuple[Tensor, Memory]:
        """RK4 steps of equal length, none longer than ``step``."""
        n = math.ceil(duration / self.step - 1e-9)
        for _ in range(n):
            y = self.rk4_step(y, I, duration / n)
        return y, memory

    def rk4_step(self, y: Tensor, I: Tensor, dt: float) -> Tensor:
        """One step."""
        k1 = self._slope(y, I)
        k2 = self._slope(y + dt / 2 * k1, I)
        k3 = self._slope(y + dt / 2 * k2, I)
        k4 = self._slope(y + dt * k3, I)
        return y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)

    def _slope(self, y: Tensor, I: Tensor) -> Tensor:
        slope = self.field(y, I)
        if slope is None:
            raise TypeError("a stack of fields must have a field")
        return slope


class PolynomialFields(FieldStack):
    """Polynomials: coefficients of shape (K, 2, P); see :mod:`~neurode_lib.methods.monomials`."""

    def __init__(self, coefficients: FloatArray) -> None:
        self.coefficients = np.asarray(coefficients)
        self.n_models, _, n_terms = self.coefficients.shape
        self.degree = degree_of(n_terms)
        self._table = torch.as_tensor(self.coefficients).transpose(1, 2).contiguous()

    def field(self, y: Tensor, I: Tensor) -> Tensor:
        """The polynomials' values."""
        return torch.bmm(library_of_tensors(y, I, self.degree), self._table)


class ParameterFields(FieldStack):
    """FitzHugh–Nagumo equations with parameters (a, b, tau) of their own, shape (K, 3)."""

    def __init__(self, parameters: FloatArray) -> None:
        self.parameters = np.asarray(parameters)
        self.n_models = len(self.parameters)
        self._columns = torch.as_tensor(self.parameters).T[..., None]

    def field(self, y: Tensor, I: Tensor) -> Tensor:
        """The equations."""
        v, w = y.unbind(-1)
        a, b, tau = self._columns
        return torch.stack([v - v * v * v / 3.0 - w + I, (v + a - b * w) / tau], dim=-1)


class StepAsField(FieldStack):
    """The mean velocity of a map's step, read as a field."""

    def __init__(self, steps: Stack) -> None:
        self.steps, self.n_models, self.dtype = steps, steps.n_models, steps.dtype

    def field(self, y: Tensor, I: Tensor) -> Tensor:
        """Change over a step, by its duration."""
        after, _ = self.steps.advance(y, I, self.steps.interval, None)
        return (after - y) / self.steps.interval
