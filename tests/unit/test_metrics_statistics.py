"""Intervals and tests against SciPy's own, closed forms and known coverage."""

import numpy as np
import pytest
from scipy import stats

from neurode_lib.metrics import bootstrap_median, paired_test, rank_correlation

RNG = np.random.default_rng(5)


def test_the_interval_of_the_median_is_that_of_scipy():
    values = RNG.lognormal(size=10)
    ours = bootstrap_median(values)
    theirs = stats.bootstrap(
        (values,), np.median, method="percentile", n_resamples=9999, rng=np.random.default_rng(1)
    ).confidence_interval
    assert ours.estimate == np.median(values)
    # Medians of resamples are few: both must land on the same or a neighbouring one.
    grid = np.sort([(a + b) / 2 for a in values for b in values])
    for mine, other in zip(ours[1:], theirs, strict=True):
        assert abs(np.searchsorted(grid, mine) - np.searchsorted(grid, other)) <= 3


def test_the_interval_holds_the_true_median_about_as_often_as_it_says():
    held = 0
    for seed in range(300):
        values = np.random.default_rng(seed).normal(size=10)
        interval = bootstrap_median(values, n_resamples=499)
        held += interval.low <= 0.0 <= interval.high
    assert 0.9 <= held / 300 <= 0.985


def test_a_diverged_seed_takes_part():
    interval = bootstrap_median([1.0, 2.0, np.inf, np.inf, np.inf])
    assert interval.estimate == interval.high == np.inf
    assert interval.low in (1.0, 2.0)


def test_ten_pairs_of_one_sign_are_the_rarest_case():
    low, high = np.arange(10.0), np.arange(10.0) ** 1.5 + 1.0
    test = paired_test(low, high)
    assert (test.lower, test.n) == (10, 10)
    assert test.p_value == pytest.approx(2 / 2**10)  # both signs alike, of all 2¹⁰
    assert paired_test(high, low).lower == 0


def test_the_rank_correlation_is_scipys_and_its_interval_holds_it():
    x = RNG.normal(size=12)
    y = x + RNG.normal(size=12)
    found = rank_correlation(x, np.exp(y))  # ranks do not see a monotone change
    assert found.estimate == pytest.approx(stats.spearmanr(x, y).statistic)
    assert found.low < found.estimate < found.high
    assert rank_correlation(x, x) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bootstrap_median([1.0]), r"values must have shape \(n,\)"),
        (lambda: bootstrap_median([1.0, np.nan]), "values must not hold NaN, got one at index 1"),
        (lambda: bootstrap_median([1.0, 2.0], level=1.0), "level must be below 1, got 1"),
        (lambda: paired_test([1.0, 2.0], [1.0]), r"second must have shape \(n,\)"),
        (lambda: paired_test([1.0, 2.0], [1.0, 2.0, 3.0]), r"second must have first's shape"),
        (lambda: paired_test([1.0, 2.0], [1.0, 2.0]), "every pair is equal"),
        (lambda: paired_test([1.0, np.inf], [1.0, 2.0]), "first must be finite, got inf"),
        (lambda: rank_correlation([1.0, 2.0], [1.0, 2.0]), "x must have at least three values"),
        (lambda: rank_correlation([1.0, 2.0, 3.0], [1.0] * 3), "y must vary"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()
