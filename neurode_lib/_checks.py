"""Input checks shared by the public functions.

Every message names the argument, says what was expected and shows what came. The checks run once
per public call, never inside an integration loop.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def finite_array(name: str, value: npt.ArrayLike) -> FloatArray:
    """Return ``value`` as a float64 array, or say which argument holds something else."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be an array of real numbers, got {value!r}") from error
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}")
    if not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name} must be finite, got {array[where]} at index {where}")
    return array


def finite_number(name: str, value: float) -> float:
    """Return ``value`` as a finite float."""
    try:
        number = float(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be a real number, got {value!r}") from error
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite, got {number}")
    return number


def positive_number(name: str, value: float) -> float:
    """Return ``value`` as a finite float above zero."""
    number = finite_number(name, value)
    if number <= 0.0:
        raise ValueError(f"{name} must be > 0, got {number}")
    return number


def non_negative_number(name: str, value: float) -> float:
    """Return ``value`` as a finite float of at least zero."""
    number = finite_number(name, value)
    if number < 0.0:
        raise ValueError(f"{name} must be >= 0, got {number}")
    return number


def positive_int(name: str, value: int, *, minimum: int = 1) -> int:
    """Return ``value`` as an int of at least ``minimum``; booleans and fractions are refused."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise ValueError(f"{name} must be an integer, got {value!r}")
    if value < minimum:
        raise ValueError(f"{name} must be >= {minimum}, got {value}")
    return int(value)


def one_of(name: str, value: Any, choices: Sequence[Any]) -> Any:
    """Return ``value`` if it is one of ``choices``."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {list(choices)}, got {value!r}")
    return value


def last_axis(name: str, array: FloatArray, size: int) -> FloatArray:
    """Return ``array`` if its last axis has ``size`` entries."""
    if array.ndim == 0 or array.shape[-1] != size:
        raise ValueError(f"{name} must have shape (..., {size}), got {array.shape}")
    return array


def broadcastable(name: str, array: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    """Return ``array`` broadcast to ``shape``."""
    try:
        return np.broadcast_to(array, shape)
    except ValueError as error:
        raise ValueError(
            f"{name} must be a number or broadcastable to {shape}, got shape {array.shape}"
        ) from error
