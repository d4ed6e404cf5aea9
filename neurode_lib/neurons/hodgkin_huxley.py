r"""A second simulator: the Hodgkin–Huxley neuron, in millivolts and milliseconds.

Four variables: the membrane potential and three gates. Unlike the FitzHugh–Nagumo neuron it has
units, and so it looks like what an amplifier records. Voltages are in the present convention
(inside minus outside, rest near -65 mV); Hodgkin and Huxley counted from rest, with the sign
reversed. Like every simulator it knows the true equations, so no learner may import it.

References
----------
.. [1] A. L. Hodgkin, A. F. Huxley, "A quantitative description of membrane current and its
       application to conduction and excitation in nerve", Journal of Physiology 117 (1952),
       500-544.
.. [2] W. Gerstner, W. M. Kistler, R. Naud, L. Paninski, "Neuronal Dynamics", Cambridge University
       Press 2014, section 2.2 (the equations in the present convention).
.. [3] J. Rinzel, R. N. Miller, "Numerical calculation of stable and unstable periodic solutions to
       the Hodgkin-Huxley equations", Mathematical Biosciences 49 (1980), 27-59 (where firing
       begins).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.special import exprel

from neurode_lib._checks import FloatArray, finite_array, finite_number, last_axis
from neurode_lib.inputs import Input, constant, signals_of, with_stops

# Of the squid's axon at 6.3 °C [1]_.
CAPACITANCE = 1.0  # µF/cm²
G_SODIUM, G_POTASSIUM, G_LEAK = 120.0, 36.0, 0.3  # mS/cm²
E_SODIUM, E_POTASSIUM, E_LEAK = 50.0, -77.0, -54.387  # mV

# LSODA so is within 1e-5 mV of DOP853 at 1e-12 over 60 ms of firing (measured; a test holds it).
_RTOL, _ATOL = 1e-11, 1e-12


class GateRates(NamedTuple):
    """Rates at which a gate opens and closes, per millisecond."""

    opening: FloatArray
    closing: FloatArray


def gate_rates(v: npt.ArrayLike) -> dict[str, GateRates]:
    """Rates of the three gates at a membrane potential.

    Parameters
    ----------
    v : array_like
        Membrane potential in mV.

    Returns
    -------
    dict of str to GateRates
        ``"m"`` (sodium activation), ``"h"`` (sodium inactivation), ``"n"`` (potassium
        activation), in 1/ms.

    References
    ----------
    Hodgkin & Huxley 1952 [1]_; Gerstner et al. 2014 [2]_.
    """
    v = np.asarray(v, dtype=np.float64)
    # x / (1 - exp(-x)) is 1 / exprel(-x), which is smooth where both vanish.
    return {
        "m": GateRates(1.0 / exprel(-(v + 40.0) / 10.0), 4.0 * np.exp(-(v + 65.0) / 18.0)),
        "h": GateRates(0.07 * np.exp(-(v + 65.0) / 20.0), 1.0 / (1.0 + np.exp(-(v + 35.0) / 10.0))),
        "n": GateRates(0.1 / exprel(-(v + 55.0) / 10.0), 0.125 * np.exp(-(v + 65.0) / 80.0)),
    }


def hh_rhs(state: npt.ArrayLike, I: npt.ArrayLike) -> FloatArray:
    r"""Time derivative of the Hodgkin–Huxley neuron.

    .. math::
        C \dot V = I - \bar g_{Na} m^3 h (V - E_{Na}) - \bar g_K n^4 (V - E_K) - g_L (V - E_L),
        \qquad \dot x = \alpha_x(V)(1 - x) - \beta_x(V)\,x \ \text{ for } x = m, h, n

    Parameters
    ----------
    state : array_like, shape (..., 4)
        Membrane potential in mV, and the gates `m`, `h`, `n`, between 0 and 1.
    I : array_like, broadcastable to ``state.shape[:-1]``
        Input current in µA/cm².

    Returns
    -------
    ndarray, shape (..., 4)
        In mV/ms and 1/ms. The inner loop of the simulator: it checks nothing.

    References
    ----------
    Hodgkin & Huxley 1952 [1]_.
    """
    state = np.asarray(state, dtype=np.float64)
    v, m, h, n = np.moveaxis(state, -1, 0)
    ionic = (
        G_SODIUM * m**3 * h * (v - E_SODIUM)
        + G_POTASSIUM * n**4 * (v - E_POTASSIUM)
        + G_LEAK * (v - E_LEAK)
    )
    rates = gate_rates(v)
    gates = [
        rates[name].opening * (1.0 - gate) - rates[name].closing * gate
        for name, gate in (("m", m), ("h", h), ("n", n))
    ]
    return np.stack(np.broadcast_arrays((I - ionic) / CAPACITANCE, *gates), axis=-1)


def resting_state(I: float = 0.0) -> FloatArray:
    """The equilibrium under a constant current, shape (4,); there is one for every current.

    Parameters
    ----------
    I : float, default 0
        Input current in µA/cm². The equilibrium need not be stable.

    Raises
    ------
    ValueError
        If ``I`` is no finite number, or so large that no potential within ±200 mV balances it.

    References
    ----------
    Hodgkin & Huxley 1952 [1]_.
    """
    I = finite_number("I", I)

    def at_rest(v: float) -> FloatArray:
        gates = [r.opening / (r.opening + r.closing) for r in gate_rates(v).values()]
        return np.array([v, *gates])

    def net_current(v: float) -> float:
        return float(hh_rhs(at_rest(v), I)[0])

    if net_current(-200.0) < 0.0 or net_current(200.0) > 0.0:
        raise ValueError(
            f"I must be balanced by a membrane potential within 200 mV of 0, got {I:g}"
        )
    return at_rest(brentq(net_current, -200.0, 200.0, xtol=1e-12))


def simulate_hh(
    initial_state: npt.ArrayLike, I: float | Input, t_eval: npt.ArrayLike
) -> FloatArray:
    """Simulate one Hodgkin–Huxley neuron, by LSODA.

    Parameters
    ----------
    initial_state : array_like, shape (4,)
        Potential in mV and the three gates, at ``t_eval[0]``; see :func:`resting_state`.
    I : float or Input
        Input current in µA/cm²; the integrator stops where a signal breaks.
    t_eval : array_like, shape (T,)
        Increasing times in ms, at least two.

    Returns
    -------
    ndarray, shape (T, 4)

    Raises
    ------
    ValueError
        If an argument is not finite, has the wrong shape or does not increase.

    References
    ----------
    Hodgkin & Huxley 1952 [1]_.
    """
    start = last_axis("initial_state", finite_array("initial_state", initial_state), 4)
    if start.ndim != 1:
        raise ValueError(f"initial_state must have shape (4,), got {start.shape}")
    times = finite_array("t_eval", t_eval)
    if times.ndim != 1 or len(times) < 2 or not (np.diff(times) > 0.0).all():
        raise ValueError(f"t_eval must hold at least two increasing times, got {times.shape}")
    (signal,) = signals_of(I if isinstance(I, Input) else constant(finite_number("I", I)), 1)
    if signal.components is not None:
        raise ValueError(f"I must have one component, got {signal.components}")
    grid, samples = with_stops(times, [signal])
    stops = np.unique(np.concatenate([[0, len(grid) - 1], np.flatnonzero(_is_break(grid, signal))]))
    states = np.empty((len(grid), 4))
    states[0] = start
    # From break to break: between two of them the current is smooth.
    for first, last in zip(stops[:-1], stops[1:], strict=True):
        inside = (grid[first] + grid[last]) / 2.0
        run = solve_ivp(
            lambda t, y, inside=inside: hh_rhs(y, signal.within(t, inside)),
            (grid[first], grid[last]),
            states[first],
            method="LSODA",
            t_eval=grid[first : last + 1],
            rtol=_RTOL,
            atol=_ATOL,
            max_step=1.0,  # a short pulse must not be stepped over
        )
        states[first : last + 1] = run.y.T
    return states[samples]


def _is_break(grid: FloatArray, signal: Input) -> npt.NDArray[np.bool_]:
    near = np.searchsorted(signal.breaks, grid)
    edges = np.concatenate([[-np.inf], signal.breaks, [np.inf]])
    gap = np.minimum(np.abs(edges[near] - grid), np.abs(edges[near + 1] - grid))
    return gap <= 1e-9 * np.concatenate([np.diff(grid), [np.diff(grid)[-1]]])
