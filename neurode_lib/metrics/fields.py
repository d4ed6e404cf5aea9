"""Whether a learned vector field is the true one, arrow by arrow.

States are NumPy arrays `(..., 2)`; all quantities are dimensionless.

References
----------
.. [1] R. T. Q. Chen, Y. Rubanova, J. Bettencourt, D. Duvenaud, "Neural Ordinary Differential
       Equations", NeurIPS 2018.
.. [2] J. L. Bentley, "Multidimensional binary search trees used for associative searching",
       Communications of the ACM 18 (1975), 509-517.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, cast

import numpy as np
import numpy.typing as npt
import torch
from scipy.spatial import cKDTree
from torch import Tensor, nn

from neurode_lib._checks import (
    FloatArray,
    broadcastable,
    finite_array,
    finite_number,
    last_axis,
    non_negative_number,
    positive_int,
    positive_number,
)
from neurode_lib.fitzhugh_nagumo import DT
from neurode_lib.metrics.model_checks import check_weights
from neurode_lib.models import DiscreteRNN, NeuralODE, state_dim_of
from neurode_lib.trained_range import warn_outside_trained_range

# Holds the sampling box and the limit cycle of every current (v within ±2, w from -0.4 to 2.15),
# with a margin in v that no training trajectory ever visits.
PORTRAIT_V_RANGE = (-2.5, 2.5)
PORTRAIT_W_RANGE = (-1.0, 2.25)

Field = Callable[[FloatArray, npt.ArrayLike], FloatArray]
TensorField = Callable[[Tensor, Tensor | None], Tensor]


def field_of(model: nn.Module, *, dt: float = DT, t: float = 0.0) -> TensorField:
    """The model's vector field as a differentiable function ``field(states, I)`` of tensors.

    Parameters
    ----------
    model : NeuralODE or DiscreteRNN
    dt, t : float
        See :func:`vector_field`.

    Returns
    -------
    callable
        Takes tensors of shape (B, D) and (B,), returns shape (B, D).

    Raises
    ------
    TypeError
        If the model is neither of the two.
    """
    dt = positive_number("dt", dt)
    t = finite_number("t", t)
    if isinstance(model, NeuralODE):
        func = model.func
        return lambda y, I: func(torch.full((), t, dtype=y.dtype, device=y.device), y, I)
    if isinstance(model, DiscreteRNN):
        return lambda y, I: model.step(y, I) / dt
    raise TypeError(f"model must be a NeuralODE or a DiscreteRNN, got {type(model).__name__}")


def vector_field(
    model: nn.Module,
    states: npt.ArrayLike,
    I: npt.ArrayLike | None,
    *,
    dt: float = DT,
    t: float = 0.0,
) -> FloatArray:
    """Time derivative that a model believes in.

    For a :class:`NeuralODE` this is its ``func``. A :class:`DiscreteRNN` has no field; the one
    implied is its step divided by the time between two training samples. That is the mean
    velocity over the step, so even a perfect step differs from the true field by O(``dt``).

    Parameters
    ----------
    model : NeuralODE or DiscreteRNN
    states : array_like, shape (..., D)
        `D` is 2 unless the model says otherwise.
    I : array_like, broadcastable to ``states.shape[:-1]``, or None
        Input current; for `M` inputs broadcastable to (..., M), None for none.
    dt : float, default 0.5
        What one step of a :class:`DiscreteRNN` means; a :class:`NeuralODE` ignores it.
    t : float, default 0
        Time shown to a network with a time input; others ignore it.

    Returns
    -------
    ndarray, shape (..., D)

    Raises
    ------
    ValueError
        If an argument has the wrong shape or values, or does not fit the model, or its weights
        are not finite.
    TypeError
        If the model is of another type.

    Warns
    -----
    UntrainedCurrentWarning
        If a current lies outside those that the model was trained on; see
        :func:`~neurode_lib.metrics.trajectories.predict`.

    References
    ----------
    Chen et al. 2018 [1]_.
    """
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a torch module, got {type(model).__name__}")
    at = last_axis("states", finite_array("states", states), state_dim_of(model) or 2)
    n_inputs = getattr(getattr(model, "func", model), "input_dim", 1)
    current = None
    if I is not None or n_inputs:
        width = (n_inputs,) if n_inputs > 1 else ()
        I_values = finite_array("I", cast(npt.ArrayLike, I))
        current = broadcastable("I", I_values, at.shape[:-1] + width)
    field = field_of(model, dt=dt, t=t)
    check_weights(model)
    like = next(model.parameters(), torch.empty(0, dtype=torch.float64))

    def tensor(array: FloatArray) -> Tensor:
        return torch.tensor(array).to(like.dtype).to(like.device)

    drive = None
    if current is not None:
        current = current.reshape(-1, *current.shape[at.ndim - 1 :])
        warn_outside_trained_range(model, current)
        drive = tensor(current)
    with torch.no_grad():
        derivative = field(tensor(at.reshape(-1, at.shape[-1])), drive)
    return derivative.cpu().double().numpy().reshape(at.shape)


def field_on_grid(
    field: Field,
    I: float,
    *,
    v_range: tuple[float, float] = PORTRAIT_V_RANGE,
    w_range: tuple[float, float] = PORTRAIT_W_RANGE,
    n: int = 21,
) -> tuple[FloatArray, FloatArray]:
    """Evaluate a vector field on a regular grid of states.

    Parameters
    ----------
    field : callable
        ``field(states, I)``: :func:`~neurode_lib.fitzhugh_nagumo.fhn_rhs`, or a model's field
        as ``lambda states, I: vector_field(model, states, I)``.
    I : float
        Input current.
    v_range, w_range : (float, float)
        Bounds of the grid, included. The default box holds the sampling box and the limit
        cycles of all currents.
    n : int, default 21
        Points along each axis.

    Returns
    -------
    points : ndarray, shape (n, n, 2)
        ``points[i, j] = (v_j, w_i)``, as matplotlib's ``quiver`` and ``streamplot`` want it.
    field : ndarray, shape (n, n, 2)
        The derivative at each point.

    Raises
    ------
    ValueError
        If a range is empty, ``n`` below 2, or the field returns another shape.
    """
    I = finite_number("I", I)
    n = positive_int("n", n, minimum=2)
    axes = [
        np.linspace(*increasing_pair(name, bounds), n)
        for name, bounds in (("v_range", v_range), ("w_range", w_range))
    ]
    points = np.stack(np.meshgrid(*axes), axis=-1)
    values = field(points, I)
    if np.shape(values) != points.shape:
        raise ValueError(f"field must return shape {points.shape}, got {np.shape(values)}")
    return points, values


def cosine_similarity(a: npt.ArrayLike, b: npt.ArrayLike) -> FloatArray:
    """Cosine of the angle between two fields at each point.

    Parameters
    ----------
    a, b : array_like, shape (..., 2)

    Returns
    -------
    ndarray, shape (...)
        From -1 (opposite) to 1 (same direction). Where either vector is exactly zero there is
        no direction to compare, and the value is 0: a field that vanishes everywhere, such as
        that of an untrained zero-initialised network, scores 0.

    Raises
    ------
    ValueError
        If the shapes differ or a value is not finite.
    """
    first, second = _pair("a", a, "b", b)
    # Scaling by the largest component keeps the squares of tiny and huge vectors in range.
    scales = [np.abs(x).max(axis=-1, keepdims=True) for x in (first, second)]
    directions = [
        x / np.where(scale > 0.0, scale, 1.0)
        for x, scale in zip((first, second), scales, strict=True)
    ]
    lengths = [np.linalg.norm(x, axis=-1) for x in directions]
    product = lengths[0] * lengths[1]
    dots = (directions[0] * directions[1]).sum(axis=-1)
    return np.clip(dots / np.where(product > 0.0, product, 1.0), -1.0, 1.0)


def mean_cosine_similarity(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Mean of :func:`cosine_similarity` over all points.

    Parameters
    ----------
    a, b : array_like, shape (..., 2)

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the shapes differ or a value is not finite.
    """
    return float(cosine_similarity(a, b).mean())


def relative_field_error(learned: npt.ArrayLike, true: npt.ArrayLike) -> float:
    """Size of the error of a field, relative to the size of the true field.

    The root mean square of ``learned - true`` over all points divided by that of ``true``. The
    division comes after the mean, so points near an equilibrium, where the true field is small,
    do not dominate. 0 is a perfect field; a field of zeros scores 1.

    Parameters
    ----------
    learned, true : array_like, shape (..., 2)

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the shapes differ, a value is not finite or ``true`` vanishes at every point.
    """
    field, reference = _pair("learned", learned, "true", true)
    largest = np.abs(reference).max()
    if largest == 0.0:
        raise ValueError("true must not vanish at every point: there is nothing to compare with")
    # Relative to the largest component, squares neither overflow nor vanish.
    with np.errstate(over="ignore"):
        error = ((field / largest - reference / largest) ** 2).mean()
    return float(np.sqrt(error / ((reference / largest) ** 2).mean()))


def affine_share(points: npt.ArrayLike, field: npt.ArrayLike) -> float:
    """Share of a field's variation that the best affine function of the state explains.

    The coefficient of determination of the least-squares fit ``field ≈ A y + b`` over all points
    and both components. 1 is a field without curvature, 0 one in which no affine part can be seen.

    Parameters
    ----------
    points, field : array_like, shape (..., 2)
        States, and the derivative at each.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the shapes differ, a value is not finite or ``field`` is the same at every point.
    """
    # The share depends on no scale; near 1, squares neither overflow nor vanish.
    states, derivatives = (
        _near_one(x.reshape(-1, 2)) for x in _pair("points", points, "field", field)
    )
    variation = ((derivatives - derivatives.mean(axis=0)) ** 2).sum()
    if variation == 0.0:
        raise ValueError("field must not be the same at every point: there is nothing to explain")
    design = np.column_stack([states, np.ones(len(states))])
    coefficients, *_ = np.linalg.lstsq(design, derivatives, rcond=None)
    return float(1.0 - ((derivatives - design @ coefficients) ** 2).sum() / variation)


def _near_one(values: FloatArray) -> FloatArray:
    """Values times a power of two, exactly, so that the largest lies between 0.5 and 1."""
    _, exponent = np.frexp(np.abs(values).max())
    return np.ldexp(values, -exponent)


def distance_to_data(points: npt.ArrayLike, states: npt.ArrayLike) -> FloatArray:
    """Euclidean distance in the phase plane from each point to the nearest training state.

    Parameters
    ----------
    points : array_like, shape (..., 2)
    states : array_like, shape (..., 2)
        Training states, of any number of trajectories.

    Returns
    -------
    ndarray, shape ``points.shape[:-1]``

    Raises
    ------
    ValueError
        If an argument has the wrong shape or is not finite.

    References
    ----------
    Bentley 1975 [2]_ (the k-d tree).
    """
    queries = last_axis("points", finite_array("points", points), 2)
    data = last_axis("states", finite_array("states", states), 2)
    distances, _ = cKDTree(data.reshape(-1, 2)).query(queries.reshape(-1, 2))
    return np.asarray(distances, dtype=np.float64).reshape(queries.shape[:-1])


class NearFar(NamedTuple):
    """A metric near the data and far from it; ``None`` where there are no points."""

    near: float | None
    far: float | None


def split_by_distance(
    metric: Callable[[FloatArray, FloatArray], float],
    learned: npt.ArrayLike,
    true: npt.ArrayLike,
    distances: npt.ArrayLike,
    radius: float,
) -> NearFar:
    """Take a metric over the points near the data and, apart, over those far from it.

    Parameters
    ----------
    metric : callable
        ``metric(learned, true)``, e.g. :func:`mean_cosine_similarity` or
        :func:`relative_field_error`.
    learned, true : array_like, shape (..., 2)
        The fields.
    distances : array_like, shape (...)
        From :func:`distance_to_data`.
    radius : float
        A point is near if its distance is at most this.

    Returns
    -------
    NearFar

    Raises
    ------
    ValueError
        If the shapes do not fit or ``radius`` is negative.
    """
    field, reference = _pair("learned", learned, "true", true)
    away = finite_array("distances", distances)
    if away.shape != reference.shape[:-1]:
        raise ValueError(
            f"distances must have shape {reference.shape[:-1]} like true, got {away.shape}"
        )
    near = away <= non_negative_number("radius", radius)
    return NearFar(
        *(metric(field[side], reference[side]) if side.any() else None for side in (near, ~near))
    )


def increasing_pair(name: str, bounds: tuple[float, float]) -> tuple[float, float]:
    """Return ``bounds`` as two finite numbers, the first below the second."""
    pair = finite_array(name, bounds)
    if pair.shape != (2,) or not pair[0] < pair[1]:
        raise ValueError(f"{name} must be two increasing numbers, got {bounds!r}")
    return float(pair[0]), float(pair[1])


def _pair(
    name_a: str, a: npt.ArrayLike, name_b: str, b: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    first = last_axis(name_a, finite_array(name_a, a), 2)
    second = last_axis(name_b, finite_array(name_b, b), 2)
    if first.shape != second.shape:
        raise ValueError(f"{name_a} must have {name_b}'s shape {second.shape}, got {first.shape}")
    return first, second
