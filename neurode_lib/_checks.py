"""Input checks shared by the public functions.

Every message names the argument, says what was expected and shows what came. The checks run once
per public call, never inside an integration loop.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

# What torch and NumPy can count to.
LARGEST_INT = 2**63 - 1
_LONGEST_SHOWN = 200


def real_array(name: str, value: npt.ArrayLike) -> FloatArray:
    """Return ``value`` as a float64 array that may hold infinities and NaNs.

    NumPy by itself would parse text, count truth values and drop imaginary parts.
    """
    try:
        raw = np.asarray(value)
        if raw.dtype.kind not in "iufO":
            raise TypeError(f"{raw.dtype} is no type of real numbers")
        if raw.dtype.kind == "O" and any(item is None for item in raw.flat):
            raise TypeError("nothing is no number")  # NumPy would make it NaN
        # In C's order: torch takes no array that runs backwards.
        return np.asarray(raw, dtype=np.float64, order="C")
    # RuntimeError: a tensor that requires a gradient.
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise ValueError(f"{name} must be an array of real numbers, got {shown(value)}") from error


def finite_array(name: str, value: npt.ArrayLike) -> FloatArray:
    """Return ``value`` as a float64 array, or say which argument holds something else."""
    array = real_array(name, value)
    if array.size == 0:
        raise ValueError(f"{name} must not be empty, got shape {array.shape}")
    if not np.isfinite(array).all():
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        raise ValueError(f"{name} must be finite, got {array[where]} at index {where}")
    return array


def finite_number(name: str, value: float) -> float:
    """Return ``value`` as a finite float."""
    try:
        if isinstance(value, (str, bytes, bool, np.bool_)) or np.ndim(value) != 0:
            raise TypeError("text, truth values and arrays are no numbers")
        number = float(value)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise ValueError(f"{name} must be a real number, got {shown(value)}") from error
    if not math.isfinite(number):
        raise ValueError(f"{name} must be finite, got {number}")
    return number


def positive_number(name: str, value: float, *, maximum: float = math.inf) -> float:
    """Return ``value`` as a finite float above zero, at most ``maximum``."""
    number = finite_number(name, value)
    if number <= 0.0:
        raise ValueError(f"{name} must be > 0, got {number}")
    return non_negative_number(name, number, maximum=maximum)


def non_negative_number(name: str, value: float, *, maximum: float = math.inf) -> float:
    """Return ``value`` as a finite float of at least zero, at most ``maximum``."""
    number = finite_number(name, value)
    if number < 0.0:
        raise ValueError(f"{name} must be >= 0, got {number}")
    if number > maximum:
        raise ValueError(f"{name} must be <= {maximum:g}, got {number}")
    return number


def positive_int(name: str, value: int, *, minimum: int = 1) -> int:
    """Return ``value`` as an int within its limits; booleans and fractions are refused."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise ValueError(f"{name} must be an integer, got {shown(value)}")
    if value < minimum:
        raise ValueError(f"{name} must be >= {minimum}, got {shown(value)}")
    if value > LARGEST_INT:
        raise ValueError(f"{name} must be <= {LARGEST_INT}, got {shown(value)}")
    return int(value)


def integers(name: str, values: Iterable[int], *, minimum: int = 0) -> list[int]:
    """Return ``values`` as a list of ints of at least ``minimum``; it may be empty."""
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        raise ValueError(f"{name} must be a sequence of integers, got {shown(values)}")
    return [positive_int(name, value, minimum=minimum) for value in values]


def one_of(name: str, value: Any, choices: Sequence[Any]) -> Any:
    """Return ``value`` if it is one of ``choices``; ``True`` is not the choice 1."""
    same_kind = [
        choice for choice in choices if isinstance(value, bool) == isinstance(choice, bool)
    ]
    # Comparing an array would ask for the truth of many values.
    if hasattr(value, "shape") or value not in same_kind:
        raise ValueError(f"{name} must be one of {list(choices)}, got {shown(value)}")
    return value


def truth_value(name: str, value: bool) -> bool:
    """Return ``value`` if it is True or False; 1, 0 and text are refused."""
    if not isinstance(value, (bool, np.bool_)):
        raise ValueError(f"{name} must be True or False, got {shown(value)}")
    return bool(value)


def instance_of(name: str, value: object, kind: type) -> None:
    """Refuse what is not an instance of ``kind``."""
    if not isinstance(value, kind):
        raise ValueError(f"{name} must be a {kind.__name__}, got {shown(value)}")


def folder_or_file(name: str, value: str | Path) -> Path:
    """Return ``value`` as a path."""
    if not isinstance(value, (str, Path)):
        raise ValueError(f"{name} must be a path, got {shown(value)}")
    return Path(value)


def reason(error: Exception) -> str:
    """An error in one short line, to be quoted in another."""
    return shown_text(f"{type(error).__name__}: {error}")


def shown(value: object) -> str:
    """A value as a message can bear it: arrays by their shape, the rest cut to one line."""
    shape = getattr(value, "shape", ())
    if shape != ():
        return f"{type(value).__name__} of shape {tuple(shape)}"
    return shown_text(repr(value))


def shown_text(text: str) -> str:
    """Text on one line, cut where it grows long."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


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
