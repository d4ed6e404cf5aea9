"""Numbers as prose and tables want them."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from neurode_lib._checks import real_array
from neurode_lib.metrics.statistics import bootstrap_median

# A sign, or part of a power of ten; not the hyphen of a word or a range.
_MINUS = re.compile(r"(?<![\w.)])-(?=\.?\d|inf)")
_POWER = re.compile(r"(\d)e([+-]?\d+)\b")
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def typeset(text: str) -> str:
    """The same numbers with a true minus sign and powers of ten: ``−1.2 × 10⁻⁸``."""
    text = _POWER.sub(lambda match: f"{match[1]} × 10{_raised(int(match[2]))}", text)
    return _MINUS.sub("−", text)


def _raised(exponent: int) -> str:
    return str(exponent).translate(_SUPERSCRIPT)


def number(value: float) -> str:
    """A number as prose wants it: three significant digits, powers of ten where they help.

    Infinity reads "diverged" and NaN "undefined"; what is no number is a ``ValueError``.
    """
    array = real_array("value", value)
    if array.ndim:
        raise ValueError(f"value must be a single number, got shape {array.shape}")
    value = float(array)
    if not np.isfinite(value):
        return "undefined" if np.isnan(value) else "diverged"
    if value == 0.0:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        digits = max(0, 2 - int(np.floor(np.log10(abs(value)))))
        return typeset(f"{value:.{digits}f}")
    return typeset(f"{value:.1e}")


def spread(values: npt.ArrayLike) -> str:
    """Median and range over seeds: ``"0.0149 (0.0113 to 0.0232)"``.

    Values that are not finite take part: diverged runs count as infinitely large, and a quantity
    that is undefined for some seeds says for how many.

    Parameters
    ----------
    values : array_like, shape (n_seeds,)

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If there are no values, or not one row of numbers.
    """
    numbers = real_array("values", values)
    if numbers.ndim != 1 or numbers.size == 0:
        raise ValueError(f"values must have shape (n_seeds,), got {numbers.shape}")
    present = numbers[~np.isnan(numbers)]
    if len(present) == 0:
        return f"undefined for all {len(numbers)} seeds"
    text = f"{number(_median(present))} ({number(present.min())} to {number(present.max())})"
    missing = len(numbers) - len(present)
    return text if missing == 0 else f"{text}, undefined for {missing} of {len(numbers)} seeds"


def estimate(values: npt.ArrayLike) -> str:
    """Median, its 95 % bootstrap interval, and range over seeds.

    For tables: ``"0.0149 [0.0121, 0.0181] (0.0113 to 0.0232)"``.

    Parameters
    ----------
    values : array_like, shape (n_seeds,)
        As for :func:`spread`.

    Returns
    -------
    str
        That of :func:`spread` where fewer than two values are defined.

    Raises
    ------
    ValueError
        If there are no values, or not one row of numbers.
    """
    text = spread(values)
    numbers = real_array("values", values)
    defined = numbers[~np.isnan(numbers)]
    if len(defined) < 2:
        return text
    median = bootstrap_median(defined)
    middle, _, rest = text.partition(" (")
    return f"{middle} [{number(median.low)}, {number(median.high)}] ({rest}"


def _median(values: npt.NDArray[np.float64]) -> float:
    # np.median averages the two middle values, which is NaN for inf - inf but inf is meant.
    ordered = np.sort(values)
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return float(high if np.isinf(high) else (low + high) / 2)
