"""Van Rossum's distance against the integral that it stands for, and against its limits."""

import numpy as np
import pytest
from scipy.integrate import quad

from neurode_lib.metrics import van_rossum_distance

FIRST, SECOND = [3.0, 10.0, 11.0, 40.0], [4.5, 10.0, 38.0]


def integrated(first, second, tau):
    """The integral itself, from spike to spike, where the integrand is smooth."""

    def trace(spikes, t):
        return sum(np.exp(-(t - s) / tau) for s in spikes if t > s)

    stops = sorted({*first, *second})
    pieces = zip(stops, [*stops[1:], stops[-1] + 60 * tau], strict=True)
    return (
        sum(
            quad(lambda t: (trace(first, t) - trace(second, t)) ** 2, a, b, epsabs=1e-12)[0]
            for a, b in pieces
        )
        / tau
    )


@pytest.mark.parametrize("tau", [0.5, 2.0, 20.0])
def test_the_distance_is_the_integral(tau):
    expected = integrated(FIRST, SECOND, tau)
    assert van_rossum_distance(FIRST, SECOND, tau) == pytest.approx(expected, rel=1e-9)


def test_a_pair_of_spikes_costs_what_its_interval_says():
    for interval in (0.0, 0.3, 7.0):
        expected = 1.0 - np.exp(-interval / 2.0)
        assert van_rossum_distance([5.0], [5.0 + interval], 2.0) == pytest.approx(expected)


def test_short_tails_count_spikes_without_partners_and_long_ones_the_difference_in_number():
    assert van_rossum_distance(FIRST, SECOND, 1e-6) == pytest.approx((3 + 2) / 2)
    assert van_rossum_distance(FIRST, SECOND, 1e9) == pytest.approx((4 - 3) ** 2 / 2, abs=1e-6)


def test_it_is_symmetric_ignores_the_order_and_knows_empty_trains():
    distance = pytest.approx(van_rossum_distance(FIRST, SECOND, 2.0), rel=1e-12)
    assert van_rossum_distance(SECOND, FIRST, 2.0) == distance
    assert van_rossum_distance(FIRST[::-1], SECOND, 2.0) == distance
    assert van_rossum_distance([], [], 2.0) == 0.0
    assert van_rossum_distance([], [1.0], 2.0) == 0.5
    assert van_rossum_distance(FIRST, FIRST, 2.0) == 0.0
