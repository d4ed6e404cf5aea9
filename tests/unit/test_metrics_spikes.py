"""Distances of spike trains, against the integral that one stands for and a factor by hand."""

import numpy as np
import pytest
from scipy.integrate import quad

from neurode_lib.metrics import spike_coincidence, van_rossum_distance

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


# By hand: of three recorded and four predicted spikes in 100 ms two pairs are at most 2 ms apart.
# f = 0.04 a millisecond, 2 f Δ N_r = 2 · 0.04 · 2 · 3 = 0.48, so
# Γ = (2 − 0.48) / 3.5 / (1 − 0.16).
def test_the_coincidence_factor_is_the_one_by_hand():
    found = spike_coincidence([10.0, 30.0, 70.0], [11.0, 32.0, 50.0, 90.0], 2.0, 100.0)
    assert found == pytest.approx((2 - 0.48) / 3.5 / 0.84, rel=1e-12)


def test_coinciding_trains_have_a_factor_of_one_and_each_spike_has_one_partner():
    assert spike_coincidence(FIRST, FIRST[::-1], 0.5, 100.0) == pytest.approx(1.0)
    assert spike_coincidence([], [], 1.0, 100.0) == 1.0
    assert spike_coincidence([], FIRST, 1.0, 100.0) == 0.0
    # Two spikes beside one are one pair.
    expected = (1 - 2 * 0.02 * 2 * 1) / 1.5 / (1 - 2 * 0.02 * 2)
    assert spike_coincidence([50.0], [49.0, 51.0], 2.0, 100.0) == pytest.approx(expected)
    # The greedy choice would be wrong if it took the nearest first: 10 with 10.5 leaves 11 alone.
    expected = (2 - 2 * 0.02 * 1 * 2) / 2 / (1 - 0.04)
    found = spike_coincidence([10.0, 11.0], [9.0, 10.5], 1.0, 100.0)
    assert found == pytest.approx(expected)


def test_a_poisson_train_has_a_factor_of_nought_on_average():
    rng = np.random.default_rng(0)
    recorded = np.cumsum(rng.uniform(30.0, 90.0, size=160))
    factors = [
        spike_coincidence(recorded, rng.uniform(0.0, 10_000.0, rng.poisson(100)), 4.0, 10_000.0)
        for _ in range(300)
    ]
    assert abs(np.mean(factors)) < 4 * np.std(factors) / np.sqrt(len(factors)) + 0.01


def test_a_train_that_is_everywhere_is_refused():
    with pytest.raises(ValueError, match="predicted must leave time"):
        spike_coincidence(FIRST, np.arange(100.0), 1.0, 100.0)
