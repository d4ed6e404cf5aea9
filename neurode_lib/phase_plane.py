"""What is known of the neuron: nullclines, equilibria, bifurcations and its limit cycle.

Like the simulator, this is ground truth, and no learner may import it. All quantities are
dimensionless.

References
----------
.. [1] E. M. Izhikevich, "Dynamical Systems in Neuroscience", MIT Press 2007.
.. [2] E. Hairer, S. P. Nørsett, G. Wanner, "Solving Ordinary Differential Equations I", 2nd ed.,
       Springer 1993.
.. [3] Yu. A. Kuznetsov, "Elements of Applied Bifurcation Theory", 3rd ed., Springer 2004.
.. [4] S. H. Strogatz, "Nonlinear Dynamics and Chaos", 2nd ed., Westview 2015.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy.integrate import quad, solve_ivp

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


def first_lyapunov_coefficients() -> tuple[float, float]:
    r"""First Lyapunov coefficients at the two Hopf points; a positive one means subcritical.

    .. math:: \ell_1 = \frac{1}{2\omega}\,\mathrm{Re}\left[\langle p, C(q,q,\bar q)\rangle
       - 2\langle p, B(q, J^{-1}B(q,\bar q))\rangle
       + \langle p, B(\bar q, (2i\omega - J)^{-1}B(q,q))\rangle\right]

    with the eigenvectors :math:`Jq = i\omega q`, :math:`J^\top p = -i\omega p`, scaled to
    :math:`\langle q,q\rangle = \langle p,q\rangle = 1`, and the second and third derivatives `B`
    and `C` of the vector field. The scaling of `q` sets the size of the number, never its sign.

    Returns
    -------
    lower, upper : float
        In the order of :func:`hopf_currents`.

    References
    ----------
    Kuznetsov 2004, section 5.4 [3]_.
    """
    lower, upper = (_first_lyapunov_coefficient(equilibria(I)[0]) for I in hopf_currents())
    return lower, upper


def _first_lyapunov_coefficient(point: Equilibrium) -> float:
    J = jacobian([point.v, point.w])
    omega = math.sqrt(np.linalg.det(J))
    values, vectors = np.linalg.eig(J)
    q = vectors[:, np.argmax(values.imag)]
    values, vectors = np.linalg.eig(J.T)
    p = vectors[:, np.argmin(values.imag)]
    p = p / np.conj(np.vdot(p, q))

    # Only dv/dt = v - v³/3 + … bends: its derivatives with respect to v are -2 v and -2.
    def second(x: npt.NDArray[Any], y: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.array([-2.0 * point.v * x[0] * y[0], 0.0])

    third = np.array([-2.0 * q[0] * q[0] * q[0].conj(), 0.0])
    steady = np.linalg.solve(J, second(q, q.conj()))
    twice = np.linalg.solve(2j * omega * np.eye(2) - J, second(q, q))
    total = third - 2.0 * second(q, steady) + second(q.conj(), twice)
    return float(np.vdot(p, total).real / (2.0 * omega))


def singular_period(I: float) -> float:
    r"""Period of the limit cycle in the limit of an infinitely slow recovery.

    The state creeps along an outer branch of the cubic and jumps from its knee to the other branch
    in no time. On a branch :math:`dw = (1-v^2)\,dv`, so the time spent there is

    .. math:: \tau\int\frac{1-v^2}{v+a-b\,w}\,dv, \qquad w = v - v^3/3 + I,

    from the landing point to the knee: -2 to -1 on the left branch, 2 to 1 on the right one.

    Parameters
    ----------
    I : float
        Input current.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If ``I`` is not finite, or the equilibrium does not lie on the middle branch: the creeping
        then ends there.

    References
    ----------
    Strogatz 2015, section 7.5 (relaxation oscillations), with van der Pol's equation [4]_.
    """
    I = finite_number("I", I)
    v = equilibria(I)[0].v
    if abs(v) >= 1.0:
        raise ValueError(
            f"I must put the equilibrium on the middle branch, -1 < v < 1, got I = {I:g}, v = {v:g}"
        )

    def time_per_v(v: float) -> float:
        w = v - v**3 / 3.0 + I
        return TAU * (1.0 - v * v) / (v + A_PARAM - B_PARAM * w)

    return float(quad(time_per_v, -2.0, -1.0)[0] + quad(time_per_v, 2.0, 1.0)[0])


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
        departure = rk4_step(fhn_rhs, start, I, 1e-3) if previous is not None else start
        crossing = until_return(departure, 500.0)
        if crossing is None:
            raise ValueError(no_cycle)
        time, state = crossing
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


# Step of RK4 in `current_of_cycle`: a hundredth moves the currents by 1e-9 only.
CONTINUATION_STEP = 0.05


def current_of_cycle(v_max: npt.ArrayLike) -> FloatArray:
    """Current of the cycle whose highest voltage is ``v_max``, up to just beyond the Hopf point.

    Below that point an unstable and a stable cycle lie around the stable equilibrium. Going by size
    and not by current one passes from the first to the second without a break, through all canards;
    the smallest current is the fold of cycles. Every cycle is highest where it crosses the cubic,
    so its start is known, and the current is found by bisection: with more of it, the orbit comes
    back higher.

    Parameters
    ----------
    v_max : array_like
        Highest voltages, between that of the equilibrium at the Hopf point (-0.967) and 1.77.

    Returns
    -------
    ndarray, shape of ``v_max``

    Raises
    ------
    ValueError
        If no cycle there is that high.

    References
    ----------
    Kuznetsov 2004, section 5.3 (fold of cycles) [3]_.
    """
    highest = finite_array("v_max", v_max)
    lower = hopf_currents()[0]
    bounds = (equilibria(lower)[0].v, 1.77)
    if highest.min() <= bounds[0] or highest.max() > bounds[1]:
        raise ValueError(
            f"v_max must lie above {bounds[0]:.3f} and not above {bounds[1]}, got values from "
            f"{highest.min():g} to {highest.max():g}"
        )
    low, high = np.full(highest.shape, 0.32), np.full(highest.shape, lower + 4e-3)
    for _ in range(30):
        middle = (low + high) / 2.0
        higher = _next_maximum(highest, middle) > highest
        low, high = np.where(higher, low, middle), np.where(higher, middle, high)
    return (low + high) / 2.0


def _next_maximum(v_max: FloatArray, I: FloatArray) -> FloatArray:
    """Highest `v` of the orbit from the cubic at ``v_max``, the next time it crosses the cubic."""
    at = np.stack([v_max, v_max - v_max**3 / 3.0 + I], axis=-1)
    rising = np.zeros(v_max.shape, dtype=bool)
    maximum = np.full(v_max.shape, np.nan)
    while np.isnan(maximum).any():
        after = rk4_step(fhn_rhs, at, I, CONTINUATION_STEP)
        up = after[..., 0] > at[..., 0]
        maximum = np.where(rising & ~up & np.isnan(maximum), at[..., 0], maximum)
        rising |= up
        at = after
    return maximum
