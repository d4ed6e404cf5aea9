"""Where a learned model stands still, and at which current it starts to oscillate.

Models are copied to float64 for this: equilibria of the very network that was trained, found
without the rounding of its float32 arithmetic. All quantities are dimensionless.

References
----------
.. [1] E. M. Izhikevich, "Dynamical Systems in Neuroscience", MIT Press 2007.
.. [2] Y. A. Kuznetsov, "Elements of Applied Bifurcation Theory", 3rd ed., Springer 2004.
"""

from __future__ import annotations

import copy
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from neurode_lib._checks import FloatArray, finite_array, finite_number, last_axis, positive_int
from neurode_lib.fitzhugh_nagumo import DT
from neurode_lib.metrics.fields import (
    PORTRAIT_V_RANGE,
    PORTRAIT_W_RANGE,
    TensorField,
    field_of,
    increasing_pair,
)
from neurode_lib.metrics.model_checks import check_model, check_weights
from neurode_lib.models import DiscreteRNN
from neurode_lib.phase_plane import Equilibrium, classify_equilibrium
from neurode_lib.trained_range import warn_outside_trained_range

_NEWTON_STEPS = 25
_LONGEST_NEWTON_STEP = 0.5
_STARTS_PER_AXIS = 11


def learned_jacobian(
    model: nn.Module,
    state: npt.ArrayLike,
    I: float,
    *,
    dt: float = DT,
) -> FloatArray:
    """Jacobian of a model's vector field with respect to the state, by automatic differentiation.

    Parameters
    ----------
    model : NeuralODE or DiscreteRNN
        For a :class:`DiscreteRNN` the field is its step divided by ``dt``.
    state : array_like, shape (2,)
    I : float
        Input current.
    dt : float, default 0.5
        What one step of a :class:`DiscreteRNN` means.

    Returns
    -------
    ndarray, shape (2, 2)

    Raises
    ------
    ValueError
        If an argument has the wrong shape or values, the model another state than (v, w), or
        weights that are not finite.
    TypeError
        If the model is of another type.

    Warns
    -----
    UntrainedCurrentWarning
        If the current lies outside those that the model was trained on.
    """
    at = last_axis("state", finite_array("state", state), 2)
    if at.ndim != 1:
        raise ValueError(f"state must have shape (2,), got {at.shape}")
    I = finite_number("I", I)
    field = _double_field(model, dt)
    warn_outside_trained_range(model, I)
    return _value_and_jacobian(field, at[None], I)[1][0]


def learned_equilibria(
    model: nn.Module,
    I: float,
    *,
    dt: float = DT,
    v_range: tuple[float, float] = PORTRAIT_V_RANGE,
    w_range: tuple[float, float] = PORTRAIT_W_RANGE,
) -> list[Equilibrium]:
    """All equilibria of a model in a box, in order of `v`.

    Newton's method runs from every point of a 11 × 11 grid, so an equilibrium is missed only if no
    grid point leads to it.

    Parameters
    ----------
    model : NeuralODE or DiscreteRNN
    I : float
        Input current.
    dt : float, default 0.5
        What one step of a :class:`DiscreteRNN` means.
    v_range, w_range : (float, float)
        Bounds of the box.

    Returns
    -------
    list of Equilibrium
        The eigenvalues are those of the field's Jacobian. A :class:`DiscreteRNN` is a map, and
        stands on a stable fixed point if its multipliers `μ` (eigenvalues of one whole step) lie
        inside the unit circle; for it the list holds the growth rates ``log(μ)/dt``, which a
        perfect step shares with the true equilibrium.

    Raises
    ------
    ValueError
        If an argument is out of range, the model has another state than (v, w) or weights that
        are not finite, or the field vanishes at every grid point, so that every state is an
        equilibrium (an untrained zero-initialised network).
    TypeError
        If the model is of another type.

    Warns
    -----
    UntrainedCurrentWarning
        If the current lies outside those that the model was trained on.

    References
    ----------
    Izhikevich 2007, section 4.2 [1]_; Kuznetsov 2004, sections 1.4 and 2.1 [2]_.
    """
    field = _double_field(model, dt)
    I = finite_number("I", I)
    warn_outside_trained_range(model, I)
    return _equilibria(model, field, I, dt, v_range, w_range)


def _equilibria(
    model: nn.Module,
    field: TensorField,
    I: float,
    dt: float,
    v_range: tuple[float, float] = PORTRAIT_V_RANGE,
    w_range: tuple[float, float] = PORTRAIT_W_RANGE,
) -> list[Equilibrium]:
    v, w = increasing_pair("v_range", v_range), increasing_pair("w_range", w_range)
    grid = np.stack(
        np.meshgrid(np.linspace(*v, _STARTS_PER_AXIS), np.linspace(*w, _STARTS_PER_AXIS)), axis=-1
    ).reshape(-1, 2)
    if not _value_and_jacobian(field, grid, I)[0].any():
        raise ValueError("model must have a field that does not vanish everywhere")
    roots = _newton(field, grid, I)
    lower, upper = np.array([v[0], w[0]]), np.array([v[1], w[1]])
    inside = ((roots >= lower) & (roots <= upper)).all(axis=-1)
    distinct: list[FloatArray] = []
    for root in roots[inside]:
        if all(np.abs(root - other).max() > 1e-6 for other in distinct):
            distinct.append(root)
    return [
        classify_equilibrium(root[0], root[1], _growth_rates(model, field, root, I, dt))
        for root in sorted(distinct, key=lambda root: float(root[0]))
    ]


def learned_hopf_current(
    model: nn.Module,
    bracket: tuple[float, float],
    *,
    dt: float = DT,
    n_currents: int = 41,
    v_range: tuple[float, float] = PORTRAIT_V_RANGE,
    w_range: tuple[float, float] = PORTRAIT_W_RANGE,
) -> float | None:
    """Lowest current in a bracket at which an equilibrium of the model changes stability by a Hopf.

    Equilibria are followed over a scan of currents; where the leading growth rate of one changes
    sign, bisection finds the current, and it counts if the eigenvalues there are complex. For a
    :class:`DiscreteRNN` this is a Neimark–Sacker bifurcation of its step.

    Whoever scans currents asks about untrained ones on purpose: there is no
    :class:`~neurode_lib.trained_range.UntrainedCurrentWarning` here.

    Parameters
    ----------
    model : NeuralODE or DiscreteRNN
    bracket : (float, float)
        Currents to search between.
    dt : float, default 0.5
        What one step of a :class:`DiscreteRNN` means.
    n_currents : int, default 41
        Currents in the scan. Two sign changes between neighbours go unseen.
    v_range, w_range : (float, float)
        Bounds of the box in which equilibria are looked for.

    Returns
    -------
    float or None
        ``None`` if there is none in the bracket.

    Raises
    ------
    ValueError
        If an argument is out of range, the model has another state than (v, w) or weights that
        are not finite, or its field vanishes everywhere.
    TypeError
        If the model is of another type.

    References
    ----------
    Kuznetsov 2004, sections 3.4 and 4.6 [2]_.
    """
    currents = np.linspace(
        *increasing_pair("bracket", bracket), positive_int("n_currents", n_currents, minimum=2)
    )
    field = _double_field(model, dt)
    for low, high in pairwise(currents):
        hopf = [
            _stability_change(model, field, np.array([at.v, at.w]), float(low), float(high), dt)
            for at in _equilibria(model, field, float(low), dt, v_range, w_range)
        ]
        if any(current is not None for current in hopf):
            return min(current for current in hopf if current is not None)
    return None


def _stability_change(
    model: nn.Module, field: TensorField, near: FloatArray, low: float, high: float, dt: float
) -> float | None:
    """Current between two at which the equilibrium close to ``near`` has rates ``±iω``, if any."""

    def leading(current: float) -> complex | None:
        roots = _newton(field, near[None], current)
        if len(roots) == 0:
            return None
        rates = _growth_rates(model, field, roots[0], current, dt)
        return max(rates, key=lambda rate: rate.real)

    first, last = leading(low), leading(high)
    if first is None or last is None or (first.real < 0.0) == (last.real < 0.0):
        return None
    while high - low > 1e-10:
        middle = (low + high) / 2.0
        rate = leading(middle)
        if rate is None:  # the equilibrium has met another and vanished: a fold
            return None
        if (rate.real < 0.0) == (first.real < 0.0):
            low = middle
        else:
            high, last = middle, rate
    # A jump to another equilibrium also changes the sign, but does not pass through zero.
    return high if abs(last.real) < 1e-6 and last.imag != 0.0 else None


def _double_field(model: nn.Module, dt: float) -> TensorField:
    check_model(model)
    field = field_of(copy.deepcopy(model).cpu().double(), dt=dt)
    check_weights(model)
    return field


def _growth_rates(
    model: nn.Module, field: TensorField, root: FloatArray, current: float, dt: float
) -> tuple[complex, complex]:
    eigenvalues = np.linalg.eigvals(_value_and_jacobian(field, root[None], current)[1][0])
    first, second = (complex(value) for value in eigenvalues)
    if isinstance(model, DiscreteRNN):
        # The field is (step)/dt, so one whole step multiplies by 1 + dt * eigenvalue.
        first, second = (complex(np.log(1.0 + dt * value)) / dt for value in (first, second))
    return first, second


def _value_and_jacobian(
    field: TensorField, states: FloatArray, current: float
) -> tuple[FloatArray, FloatArray]:
    """Field, shape (B, 2), and its Jacobian, shape (B, 2, 2), at each state."""
    y = torch.tensor(states, dtype=torch.float64, requires_grad=True)
    with torch.enable_grad():
        value: Tensor = field(y, torch.full((len(y),), current, dtype=torch.float64))
        # Rows of the batch do not interact, so the gradient of a column's sum holds every row's.
        rows = [
            torch.autograd.grad(column.sum(), y, retain_graph=True)[0]
            for column in value.unbind(-1)
        ]
    return value.detach().numpy(), torch.stack(rows, dim=1).numpy()


def _newton(field: TensorField, starts: FloatArray, current: float) -> FloatArray:
    """Roots that Newton's method reaches from the starts, in no order, repeats included."""
    active = starts
    roots = []
    for _ in range(_NEWTON_STEPS):
        value, matrix = _value_and_jacobian(field, active, current)
        solvable = np.abs(np.linalg.det(matrix)) > 1e-12
        active, value, matrix = active[solvable], value[solvable], matrix[solvable]
        if len(active) == 0:
            break
        step = np.linalg.solve(matrix, value[..., None])[..., 0]
        length = np.linalg.norm(step, axis=-1, keepdims=True)
        active = active - step * np.minimum(1.0, _LONGEST_NEWTON_STEP / np.maximum(length, 1e-300))
        at_root = length[:, 0] < 1e-10
        roots.append(active[at_root])
        # Starts that have left the plane's interesting part would only cost time.
        active = active[~at_root & (np.abs(active) < 10.0).all(axis=-1)]
        if len(active) == 0:
            break
    return np.concatenate(roots) if roots else np.empty((0, 2))
