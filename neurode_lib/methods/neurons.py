"""The neurons that methods are compared on: FitzHugh–Nagumo, and two that no polynomial can be.

All share the recovery equation, ``dw/dt = (v + a - b w)/tau``, and the form of the other one,
``dv/dt = g(v) - w + I``. They differ in the current ``g``: the cubic, straight pieces as in
McKean's caricature of it, or a tanh. All quantities are dimensionless.

References
----------
.. [1] H. P. McKean, "Nagumo's equation", Advances in Mathematics 4 (1970), 209-223.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neurode_lib._checks import FloatArray, finite_array, one_of, positive_int, positive_number
from neurode_lib.fitzhugh_nagumo import A_PARAM, B_PARAM, TAU, rk4_step

# RK4 steps of the other neurons' truth: an eighth of the longest that FitzHugh–Nagumo would need.
TRUE_STEP = 0.01
# The tanh current: slope 1 at rest in the middle, and zero at √3, both as the cubic has them.
TANH_STEEPNESS = 1.5
_T = math.tanh(TANH_STEEPNESS * math.sqrt(3.0)) / TANH_STEEPNESS
TANH_LEAK = _T / (math.sqrt(3.0) - _T)
TANH_SIZE = (1.0 + TANH_LEAK) / TANH_STEEPNESS


def cubic(v: FloatArray) -> FloatArray:
    """The FitzHugh–Nagumo neuron's own current."""
    return v - v * v * v / 3.0


def pieces(v: FloatArray) -> FloatArray:
    """Straight lines through the cubic's extrema, its zero between them and its values at ±2."""
    inner = np.clip(v, -1.0, 1.0)
    return 2.0 / 3.0 * inner - 4.0 / 3.0 * (v - inner)


def saturating(v: FloatArray) -> FloatArray:
    """A tanh less a leak: an inward current that saturates."""
    return TANH_SIZE * np.tanh(TANH_STEEPNESS * v) - TANH_LEAK * v


@dataclass(frozen=True)
class Neuron:
    """A neuron of the comparison.

    Attributes
    ----------
    name, title : str
        Identifier, and the words used in tables and figures.
    current : callable
        ``g(v)``, taking and returning an array.
    """

    name: str
    title: str
    current: Callable[[FloatArray], FloatArray]

    def field(self, state: npt.ArrayLike, I: npt.ArrayLike) -> FloatArray:
        """Time derivative at states of shape (..., 2); checks nothing, as an inner loop."""
        state = np.asarray(state, dtype=np.float64)
        v, w = state[..., 0], state[..., 1]
        dv = self.current(v) - w + I
        dw = (v + A_PARAM - B_PARAM * w) / TAU
        return np.stack(np.broadcast_arrays(dv, dw), axis=-1)


NEURONS = {
    neuron.name: neuron
    for neuron in (
        Neuron("fhn", "FitzHugh–Nagumo", cubic),
        Neuron("pieces", "straight pieces", pieces),
        Neuron("tanh", "tanh", saturating),
    )
}


def neuron_named(name: str) -> Neuron:
    """Look a neuron up; a ``ValueError`` lists the names there are."""
    return NEURONS[one_of("neuron", name, sorted(NEURONS))]


def follow_neuron(
    name: str, starts: npt.ArrayLike, currents: npt.ArrayLike, interval: float
) -> FloatArray:
    """True trajectories under currents that are held for each interval.

    Parameters
    ----------
    name : str
        One of :data:`NEURONS`.
    starts : array_like, shape (B, 2)
    currents : array_like, shape (S, B)
        The current in each of `S` intervals.
    interval : float

    Returns
    -------
    ndarray, shape (B, S + 1, 2)

    Raises
    ------
    ValueError
        If there is no such neuron, or an argument has the wrong shape or values.
    """
    neuron = neuron_named(name)
    state = finite_array("starts", starts)
    held = finite_array("currents", currents)
    if state.ndim != 2 or state.shape[1] != 2:
        raise ValueError(f"starts must have shape (B, 2), got {state.shape}")
    if held.ndim != 2 or held.shape[1] != len(state):
        raise ValueError(f"currents must have shape (S, {len(state)}), got {held.shape}")
    interval = positive_number("interval", interval)
    n_steps = positive_int("n_steps", math.ceil(interval / TRUE_STEP - 1e-9))
    path = [state]
    for current in held:
        for _ in range(n_steps):
            state = rk4_step(neuron.field, state, current, interval / n_steps)
        path.append(state)
    return np.stack(path, axis=1)
