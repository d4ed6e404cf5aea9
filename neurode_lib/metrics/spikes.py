"""How unlike two spike trains are.

Where a current changes in time, an error in volts punishes a spike that comes a little late twice:
where it is missing, and where it stands instead. A distance between the times of spikes says how
late.

All quantities are dimensionless.

References
----------
.. [1] M. C. W. van Rossum, "A Novel Spike Distance", Neural Computation 13 (2001), 751-763.
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
