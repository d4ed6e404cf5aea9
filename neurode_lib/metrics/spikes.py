"""How unlike two spike trains are.

Where a current changes in time, an error in volts punishes a spike that comes a little late twice:
where it is missing, and where it stands instead. A distance between the times of spikes says how
late.

Times have any one unit.

References
----------
.. [1] M. C. W. van Rossum, "A Novel Spike Distance", Neural Computation 13 (2001), 751-763.
.. [2] W. M. Kistler, W. Gerstner, J. L. van Hemmen, "Reduction of the Hodgkin-Huxley Equations to a
       Single-Variable Threshold Model", Neural Computation 9 (1997), 1015-1045.
.. [3] R. Jolivet, R. Kobayashi, A. Rauch, R. Naud, S. Shinomoto, W. Gerstner, "A benchmark test for
       a quantitative assessment of simple neuron models", Journal of Neuroscience Methods 169
       (2008), 417-424.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neurode_lib._checks import FloatArray, positive_number, real_array


def van_rossum_distance(first: npt.ArrayLike, second: npt.ArrayLike, tau: float) -> float:
    r"""Squared distance between two spike trains.

    Each spike becomes an exponential that decays with the time constant ``tau``; the distance is
    the integral of the squared difference of the two sums, divided by ``tau``, which has a closed
    form. A spike without a partner adds 1/2. A pair of spikes, one in each train, adds
    :math:`1 - e^{-|\Delta t|/\tau}`: nothing if they coincide, and as much as two spikes without a
    partner if they are many ``tau`` apart.

    Parameters
    ----------
    first, second : array_like, shapes (n,) and (m,)
        Times of spikes, in any order; none is a train, too.
    tau : float
        What counts as near.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If times are not finite numbers or ``tau`` is not above 0.

    References
    ----------
    Van Rossum 2001 [1]_.
    """
    one, other = _train("first", first), _train("second", second)
    tau = positive_number("tau", tau)

    def overlap(x: FloatArray, y: FloatArray) -> float:
        return float(np.exp(-np.abs(x[:, None] - y) / tau).sum())

    # Rounding alone can make a distance of 0 negative.
    squares = overlap(one, one) + overlap(other, other) - 2.0 * overlap(one, other)
    return max(squares, 0.0) / 2.0


def _train(name: str, times: npt.ArrayLike) -> FloatArray:
    train = real_array(name, times)
    if train.ndim != 1 or not np.isfinite(train).all():
        raise ValueError(f"{name} must be finite times of spikes, shape (n,), got {times!r:.100}")
    return train


def spike_coincidence(
    recorded: npt.ArrayLike, predicted: npt.ArrayLike, tolerance: float, duration: float
) -> float:
    r"""Coincidence factor Γ of two spike trains.

    .. math::
        \Gamma = \frac{N_c - 2 f \Delta N_r}{(N_r + N_p)/2} \cdot \frac{1}{1 - 2 f \Delta},
        \qquad f = N_p / T

    with :math:`N_c` pairs of spikes at most :math:`\Delta` apart, each spike in one pair at most.
    1 if all spikes coincide, 0 on average for a Poisson train of the predicted rate, negative for
    fewer coincidences than that.

    Parameters
    ----------
    recorded, predicted : array_like, shapes (n,) and (m,)
        Times of spikes, in any order.
    tolerance : float
        :math:`\Delta`.
    duration : float
        :math:`T`, in the same unit.

    Returns
    -------
    float
        1 if both trains are empty, 0 if one is.

    Raises
    ------
    ValueError
        If times are not finite numbers, a duration is not above 0, or the predicted train is so
        dense that every time is near a spike: :math:`2 f \Delta \ge 1`.

    References
    ----------
    Kistler et al. 1997 [2]_; Jolivet et al. 2008 [3]_.
    """
    one, other = np.sort(_train("recorded", recorded)), np.sort(_train("predicted", predicted))
    tolerance = positive_number("tolerance", tolerance)
    duration = positive_number("duration", duration)
    if not len(one) or not len(other):
        return float(len(one) == len(other))
    covered = 2.0 * tolerance * len(other) / duration
    if covered >= 1.0:
        raise ValueError(
            f"predicted must leave time without a spike within {tolerance:g}, got {len(other)} "
            f"spikes in {duration:g}"
        )
    pairs = i = j = 0
    # In order of time, the earliest partner leaves most to the spikes that follow.
    while i < len(one) and j < len(other):
        if abs(one[i] - other[j]) <= tolerance:
            pairs, i, j = pairs + 1, i + 1, j + 1
        elif one[i] < other[j]:
            i += 1
        else:
            j += 1
    by_chance = covered * len(one)
    return (pairs - by_chance) / ((len(one) + len(other)) / 2.0) / (1.0 - covered)
