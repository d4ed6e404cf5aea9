"""What ten seeds allow to say: an interval of the median, a paired test, a rank correlation.

Ten values are few. A range says what happened; an interval of the median says what another ten
seeds might have shown, and a difference that no test finds is no evidence of equality.

References
----------
.. [1] B. Efron, R. J. Tibshirani, "An Introduction to the Bootstrap", Chapman & Hall 1993,
       chapters 13 and 14.
.. [2] F. Wilcoxon, "Individual comparisons by ranking methods", Biometrics Bulletin 1 (1945),
       80-83.
.. [3] C. Spearman, "The proof and measurement of association between two things", American
       Journal of Psychology 15 (1904), 72-101.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from neurode_lib._checks import FloatArray, positive_int, positive_number, real_array

RESAMPLES = 9999
LEVEL = 0.95


class Interval(NamedTuple):
    """An estimate and its confidence interval."""

    estimate: float
    low: float
    high: float


class PairedTest(NamedTuple):
    """Two sets of values, pair by pair.

    Attributes
    ----------
    lower : int
        Pairs in which the first value is the lower one.
    n : int
        Pairs.
    p_value : float
        Of Wilcoxon's signed-rank test, two-sided; exact where no two differences tie.
    """

    lower: int
    n: int
    p_value: float


def bootstrap_median(
    values: npt.ArrayLike, *, level: float = LEVEL, n_resamples: int = RESAMPLES
) -> Interval:
    """Median with a bootstrap interval, by percentiles of resampled medians.

    Parameters
    ----------
    values : array_like, shape (n,)
        One per seed; infinities take part.
    level : float, default 0.95
        Coverage that the interval aims at.
    n_resamples : int, default 9999

    Returns
    -------
    Interval
        The same for the same values: the resampling has a fixed seed.

    Raises
    ------
    ValueError
        If there are fewer than two values, one is NaN, or ``level`` is not below 1.

    References
    ----------
    Efron and Tibshirani 1993 [1]_.
    """
    sample = _sample("values", values)
    tail = _tail(level)
    draws = _draws(len(sample), n_resamples)
    medians = np.sort(_medians(sample[draws]))
    # By rank and not interpolated: an infinity next to a number must not make NaN.
    low, high = (medians[round(share * (len(medians) - 1))] for share in (tail, 1.0 - tail))
    return Interval(float(_medians(sample[None])[0]), float(low), float(high))


def paired_test(first: npt.ArrayLike, second: npt.ArrayLike) -> PairedTest:
    """Whether one of two models is lower where both share their seeds.

    Parameters
    ----------
    first, second : array_like, shape (n,)
        One value per seed, finite.

    Returns
    -------
    PairedTest

    Raises
    ------
    ValueError
        If the shapes differ, there are fewer than two pairs, a value is not finite, or every
        pair is equal.

    References
    ----------
    Wilcoxon 1945 [2]_.
    """
    a, b = _pair("first", first, "second", second)
    if np.array_equal(a, b):
        raise ValueError("first must differ from second: every pair is equal")
    return PairedTest(int((a < b).sum()), len(a), float(stats.wilcoxon(a, b).pvalue))


def rank_correlation(
    x: npt.ArrayLike, y: npt.ArrayLike, *, level: float = LEVEL, n_resamples: int = RESAMPLES
) -> Interval:
    """Spearman's rank correlation with a bootstrap interval over the pairs.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        Finite.
    level, n_resamples
        See :func:`bootstrap_median`.

    Returns
    -------
    Interval

    Raises
    ------
    ValueError
        If the shapes differ, there are fewer than three pairs, a value is not finite, or one of
        the two does not vary.

    References
    ----------
    Spearman 1904 [3]_; Efron and Tibshirani 1993 [1]_.
    """
    a, b = _pair("x", x, "y", y)
    if len(a) < 3:
        raise ValueError(f"x must have at least three values, got {len(a)}")
    for name, values in (("x", a), ("y", b)):
        if np.ptp(values) == 0.0:
            raise ValueError(f"{name} must vary: a constant has no ranks")
    tail = _tail(level)
    draws = _draws(len(a), n_resamples)
    ranks = [stats.rankdata(values[draws], axis=1) for values in (a, b)]
    centred = [r - r.mean(axis=1, keepdims=True) for r in ranks]
    spreads = np.sqrt((centred[0] ** 2).sum(axis=1) * (centred[1] ** 2).sum(axis=1))
    # A resample in which one of the two does not vary has no correlation.
    correlations = (centred[0] * centred[1]).sum(axis=1)[spreads > 0.0] / spreads[spreads > 0.0]
    low, high = np.quantile(correlations, [tail, 1.0 - tail])
    return Interval(float(stats.spearmanr(a, b).statistic), float(low), float(high))


def _tail(level: float) -> float:
    """Share of the resamples on either side of an interval."""
    level = positive_number("level", level)
    if level >= 1.0:
        raise ValueError(f"level must be below 1, got {level:g}")
    return (1.0 - level) / 2.0


def _draws(n: int, n_resamples: int) -> npt.NDArray[np.int64]:
    """Which values each resample takes, always the same ones."""
    n_resamples = positive_int("n_resamples", n_resamples)
    return np.random.default_rng(0).integers(n, size=(n_resamples, n))


def _medians(rows: FloatArray) -> FloatArray:
    """Median of each row; the mean of two infinities is one."""
    ordered = np.sort(rows, axis=1)
    n = ordered.shape[1]
    middle: FloatArray = ordered[:, [(n - 1) // 2, n // 2]].mean(axis=1)
    return middle


def _sample(name: str, values: npt.ArrayLike) -> FloatArray:
    sample = real_array(name, values)
    if sample.ndim != 1 or len(sample) < 2:
        raise ValueError(f"{name} must have shape (n,) with n at least 2, got {sample.shape}")
    if np.isnan(sample).any():
        raise ValueError(f"{name} must not hold NaN, got one at index {np.isnan(sample).argmax()}")
    return sample


def _pair(
    name_a: str, a: npt.ArrayLike, name_b: str, b: npt.ArrayLike
) -> tuple[FloatArray, FloatArray]:
    first, second = _sample(name_a, a), _sample(name_b, b)
    if first.shape != second.shape:
        raise ValueError(f"{name_b} must have {name_a}'s shape {first.shape}, got {second.shape}")
    for name, values in ((name_a, first), (name_b, second)):
        if not np.isfinite(values).all():
            raise ValueError(f"{name} must be finite, got {values[~np.isfinite(values)][0]}")
    return first, second
