"""What is known of the neuron: nullclines, equilibria, bifurcations and its limit cycle.

Like the simulator, this is ground truth, and no learner may import it. All quantities are
dimensionless.

References
----------
.. [1] E. M. Izhikevich, "Dynamical Systems in Neuroscience", MIT Press 2007.
.. [2] E. Hairer, S. P. Nørsett, G. Wanner, "Solving Ordinary Differential Equations I", 2nd ed.,
       Springer 1993.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.integrate import solve_ivp

from neurode_lib._checks import (
    FloatArray,
    finite_array,
    finite_number,
    last_axis,
    positive_int,
)
from neurode_lib.fitzhugh_nagumo import A_PARAM, B_PARAM, TAU, fhn_rhs, rk4_step

Regime = Literal["excitable", "oscillating", "depolarisation block"]


def nullclines(v: npt.ArrayLike, I: float) -> tuple[FloatArray, FloatArray]:
    """Recovery `w` on the two nullclines, as functions of `v`.

    Parameters
    ----------
    v : array_like
        Membrane potentials.
    I : float
        Input current.

    Returns
    -------
    w_of_v_nullcline, w_of_w_nullcline : ndarray, shape of ``v``
        Where ``dv/dt = 0`` (the cubic) and where ``dw/dt = 0`` (the line).

    Raises
    ------
    ValueError
        If an argument is not finite, or ``I`` no single number.

    References
    ----------
    Izhikevich 2007, section 4.1 [1]_.
    """
    potential = finite_array("v", v)
    I = finite_number("I", I)
    return potential - potential**3 / 3.0 + I, (potential + A_PARAM) / B_PARAM


def jacobian(state: npt.ArrayLike) -> FloatArray:
    """Jacobian of :func:`fhn_rhs` with respect to the state; the current does not enter.

    Parameters
    ----------
    state : array_like, shape (..., 2)

    Returns
    -------
    ndarray, shape (..., 2, 2)

    Raises
    ------
    ValueError
        If the state has the wrong shape or is not finite.
    """
    at = last_axis("state", finite_array("state", state), 2)
    matrix = np.empty((*at.shape[:-1], 2, 2))
    matrix[..., 0, 0] = 1.0 - at[..., 0] ** 2
    matrix[..., 0, 1] = -1.0
    matrix[..., 1, 0] = 1.0 / TAU
    matrix[..., 1, 1] = -B_PARAM / TAU
    return matrix


@dataclass(frozen=True)
class Equilibrium:
    """A state where both derivatives vanish.

    Attributes
    ----------
    v, w : float
        The state.
    eigenvalues : tuple of complex
        Of the Jacobian there.
    stable : bool
        Whether both eigenvalues have a negative real part.
    kind : str
        ``"node"``, ``"focus"`` or ``"saddle"``.
    """

    v: float
    w: float
    eigenvalues: tuple[complex, complex]
    stable: bool
    kind: Literal["node", "focus", "saddle"]


def equilibria(I: float) -> list[Equilibrium]:
    """All equilibria under current ``I``, in order of `v`, with their stability.

    The nullclines meet where ``v - v³/3 - (v + a)/b + I = 0``, a cubic whose real roots are all
    returned (at the book's parameters there is exactly one for every current).

    Parameters
    ----------
    I : float
        Input current.

    Returns
    -------
    list of Equilibrium

    Raises
    ------
    ValueError
        If ``I`` is no finite number.

    References
    ----------
    Izhikevich 2007, section 4.2 [1]_.
    """
    I = finite_number("I", I)
    roots = np.roots([-1.0 / 3.0, 0.0, 1.0 - 1.0 / B_PARAM, I - A_PARAM / B_PARAM])
    real = sorted(float(root.real) for root in roots if abs(root.imag) < 1e-9)
    return [_true_equilibrium(v) for v in real]


def _true_equilibrium(v: float) -> Equilibrium:
    w = (v + A_PARAM) / B_PARAM
    first, second = (complex(value) for value in np.linalg.eigvals(jacobian([v, w])))
    return classify_equilibrium(v, w, (first, second))


def classify_equilibrium(v: float, w: float, eigenvalues: tuple[complex, complex]) -> Equilibrium:
    """Name the kind and stability of an equilibrium from the eigenvalues of its Jacobian.

    Parameters
    ----------
    v, w : float
        The state.
    eigenvalues : tuple of complex
        Both eigenvalues of the Jacobian there.

    Returns
    -------
    Equilibrium
        A focus if they are complex, a saddle if they have opposite signs, and otherwise a node;
        stable if both have a negative real part.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    v, w = finite_number("v", v), finite_number("w", w)
    first, second = eigenvalues
    if not np.isfinite([first, second]).all():
        raise ValueError(f"eigenvalues must be finite, got {eigenvalues}")
    kind: Literal["node", "focus", "saddle"]
    if first.imag != 0.0:
        kind = "focus"
    else:
        kind = "saddle" if first.real * second.real < 0.0 else "node"
    return Equilibrium(v, w, eigenvalues, max(first.real, second.real) < 0.0, kind)


def hopf_currents() -> tuple[float, float]:
    r"""Currents at which the equilibrium changes stability through a Hopf bifurcation.

    The trace of the Jacobian vanishes at :math:`v = \mp\sqrt{1 - b/\tau}`; the current that puts
    the equilibrium there follows from the nullclines. Between the two the equilibrium is unstable.

    Returns
    -------
    lower, upper : float

    References
    ----------
    Izhikevich 2007, section 6.1.3 [1]_.
    """
    v = math.sqrt(1.0 - B_PARAM / TAU)
    lower, upper = ((root + A_PARAM) / B_PARAM - root + root**3 / 3.0 for root in (-v, v))
    return lower, upper


def regime(I: float) -> Regime:
    """Name what the neuron does at rest under current ``I``.

    *Excitable* below the first Hopf current (stable equilibrium on the left branch of the
    `v`-nullcline), *oscillating* between the two, *depolarisation block* above the second.

    Parameters
    ----------
    I : float
        Input current.

    Returns
    -------
    {"excitable", "oscillating", "depolarisation block"}

    Raises
    ------
    ValueError
        If ``I`` is no finite number.
    """
    I = finite_number("I", I)
    lower, upper = hopf_currents()
    if I < lower:
        return "excitable"
    return "oscillating" if I <= upper else "depolarisation block"


@dataclass(frozen=True)
class LimitCycle:
    """A closed orbit, traversed once.

    Attributes
    ----------
    period : float
    amplitude : float
        Peak-to-peak range of `v`.
    times : ndarray, shape (n_points,)
        From 0 to ``period``.
    states : ndarray, shape (n_points, 2)
        From the crossing of the equilibrium's `v`, upward; first and last row agree.
    """

    period: float
    amplitude: float
    times: FloatArray
    states: FloatArray


def limit_cycle(I: float, *, n_points: int = 401) -> LimitCycle:
    """Attracting limit cycle under current ``I``.

    The orbit is followed by DOP853 from a large excursion until successive returns to a Poincaré
    section (upward through the equilibrium's `v`) agree to 1e-9.

    Parameters
    ----------
    I : float
        Input current.
    n_points : int, default 401
        Samples along the orbit.

    Returns
    -------
    LimitCycle

    Raises
    ------
    ValueError
        If trajectories settle on an equilibrium instead.

    References
    ----------
    Izhikevich 2007, section 4.3 [1]_; Hairer et al. 1993, section II.10 (DOP853) [2]_.
    """
    I = finite_number("I", I)
    n_points = positive_int("n_points", n_points, minimum=2)
    threshold = equilibria(I)[0].v

    def section(_t: float, state: FloatArray) -> float:
        return float(state[0]) - threshold

    section.direction = 1.0  # type: ignore[attr-defined]
    section.terminal = True  # type: ignore[attr-defined]

    def until_return(start: FloatArray, horizon: float) -> tuple[float, FloatArray] | None:
        run = solve_ivp(
            lambda _t, y: fhn_rhs(y, I),
            (0.0, horizon),
            start,
            method="DOP853",
            events=section,
            rtol=1e-11,
            atol=1e-12,
        )
        crossings = run.t_events[0]
        return (float(crossings[0]), run.y_events[0][0]) if crossings.size else None

    no_cycle = f"no limit cycle at I = {I:g}: trajectories settle on an equilibrium"
    # By Bendixson a cycle visits |v| < 1, and its extremes lie on the nullclines: this far from
    # the middle of the currents they cannot, and following an orbit would take minutes.
    if abs(I - A_PARAM / B_PARAM) > 10.0:
        raise ValueError(no_cycle)
    start = np.array([threshold - 1.5, -1.0])
    previous: FloatArray | None = None
    for _ in range(400):
        # Step off the section first, so that the crossing found is the next one.
        nudged = rk4_step(fhn_rhs, start, I, 1e-3) if previous is not None else start
        found = until_return(nudged, 500.0)
        if found is None:
            raise ValueError(no_cycle)
        time, state = found
        # A return arbitrarily close to the equilibrium is a spiral into it, not a cycle.
        if abs(state[1] - (threshold + A_PARAM) / B_PARAM) < 1e-4:
            raise ValueError(no_cycle)
        if previous is not None and abs(state[1] - previous[1]) < 1e-9:
            break
        previous, start = state, state
    else:
        raise ValueError(no_cycle)
    period = time + 1e-3
    times = np.linspace(0.0, period, n_points)
    orbit = solve_ivp(
        lambda _t, y: fhn_rhs(y, I),
        (0.0, period),
        state,
        method="DOP853",
        t_eval=times,
        rtol=1e-11,
        atol=1e-12,
    ).y.T
    return LimitCycle(period, float(np.ptp(orbit[:, 0])), times, orbit)
