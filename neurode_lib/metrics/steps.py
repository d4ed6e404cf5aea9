"""What a perfect fit to samples dt apart would learn in place of the neuron's field.

A model that is trained on samples sees the flow over one step and nothing in between, so even one
that reproduces it exactly need not have learned the field. These are the fields that such models
would have: the distance of a learned field from the true one is to be read beside theirs.

All quantities are dimensionless.

References
----------
.. [1] E. Hairer, C. Lubich, G. Wanner, "Geometric Numerical Integration", 2nd ed., Springer 2006,
       chapter IX (modified equations).
.. [2] P. Chartier, E. Hairer, G. Vilmart, "Numerical integrators based on modified differential
       equations", Mathematics of Computation 76 (2007), 1941-1953.
"""

from __future__ import annotations

import numpy.typing as npt

from neurode_lib._checks import FloatArray, broadcastable, finite_array, last_axis, positive_number
from neurode_lib.fitzhugh_nagumo import DT, fhn_rhs, flow_map, rk4_step


def mean_velocity(states: npt.ArrayLike, I: npt.ArrayLike, *, dt: float = DT) -> FloatArray:
    """The neuron's mean velocity over one step: what a perfect residual step is, read as a field.

    Parameters
    ----------
    states : array_like, shape (..., 2)
    I : array_like, broadcastable to ``states.shape[:-1]``
        Input current.
    dt : float, default 0.5
        Length of the step.

    Returns
    -------
    ndarray, shape (..., 2)
        ``(flow(states) - states) / dt``.

    Raises
    ------
    ValueError
        If an argument has the wrong shape or values.
    """
    at = last_axis("states", finite_array("states", states), 2)
    dt = positive_number("dt", dt)
    return (flow_map(at, I, dt) - at) / dt


def rk4_equivalent_field(states: npt.ArrayLike, I: npt.ArrayLike, *, dt: float = DT) -> FloatArray:
    """The field whose RK4 step is the neuron's flow, to leading order in ``dt``.

    A Neural ODE that fits samples perfectly *through RK4 in steps of dt* has not the neuron's
    field ``f`` but one that makes up for the error of the method: ``f`` plus the local error of
    RK4 per unit of time [1]_ [2]_. The further terms of the series do not become smaller at
    ``dt = 0.5``; polynomial fields fitted through RK4 differ from ``f`` by as much as this one.

    Parameters
    ----------
    states : array_like, shape (..., 2)
    I : array_like, broadcastable to ``states.shape[:-1]``
        Input current.
    dt : float, default 0.5
        Length of the step.

    Returns
    -------
    ndarray, shape (..., 2)

    Raises
    ------
    ValueError
        If an argument has the wrong shape or values.
    """
    at = last_axis("states", finite_array("states", states), 2)
    current = broadcastable("I", finite_array("I", I), at.shape[:-1])
    dt = positive_number("dt", dt)
    defect = flow_map(at, current, dt) - rk4_step(fhn_rhs, at, current, dt)
    return fhn_rhs(at, current) + defect / dt
