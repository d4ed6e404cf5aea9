"""What in a trace would teach a learner something false: gaps, clipped peaks, wrong units."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from neurode_lib._checks import FloatArray
from neurode_lib.traces.errors import RecordingError

LEAST_SAMPLES = 20
# Samples are evenly spaced if nine intervals in ten are within 1 % of the median; a gap is then an
# interval of more than one and a half of them, else of more than twenty.
_EVEN, _EVEN_SHARE = 0.01, 0.9
_GAP_EVEN, _GAP_UNEVEN = 1.5, 20.0
# So many equal samples at the largest or smallest value, with a jump before or behind them of so
# much of the range, are no membrane.
_CLIPPED_SAMPLES, _CLIPPED_JUMP = 5, 0.05
_LARGEST_VOLTAGE, _SMALLEST_RANGE = 500.0, 0.5  # mV
_LARGEST_CURRENT = 1e6  # pA: a microampere


def check_time(time: FloatArray, lines: Sequence[int]) -> None:
    """Refuse times that do not increase, or leave a gap."""
    steps = np.diff(time)
    if (steps <= 0.0).any():
        k = int(np.argmax(steps <= 0.0)) + 1
        what = "runs backward" if steps[k - 1] < 0.0 else "stands still"
        raise RecordingError(
            "backward",
            f"time {what}: {time[k]:.12g} ms after {time[k - 1]:.12g} ms",
            lines[k],
        )
    usual = float(np.median(steps))
    is_even = np.mean(np.abs(steps - usual) <= _EVEN * usual) >= _EVEN_SHARE
    longest = (_GAP_EVEN if is_even else _GAP_UNEVEN) * usual
    if (steps > longest).any():
        k = int(np.argmax(steps > longest)) + 1
        raise RecordingError(
            "gap",
            f"a gap of {steps[k - 1]:.6g} ms, where samples are {usual:.6g} ms apart: cut the "
            "recording there",
            lines[k],
        )


def check_voltage(voltage: FloatArray, lines: Sequence[int]) -> None:
    """Refuse a potential in another unit, one that does not change, and one that was cut off."""
    low, high = float(np.nanmin(voltage)), float(np.nanmax(voltage))
    if high == low:
        raise RecordingError("flat", f"the voltage is {low:g} mV throughout", lines[0])
    if max(-low, high) > _LARGEST_VOLTAGE or high - low < _SMALLEST_RANGE:
        raise RecordingError(
            "units",
            f"a membrane potential of {low:.4g} to {high:.4g} mV: is the unit another?",
            lines[0],
        )
    for extreme, size, where in ((high, "largest", "above"), (low, "smallest", "below")):
        k = _clipped(voltage, extreme, _CLIPPED_JUMP * (high - low))
        if k is not None:
            raise RecordingError(
                "clipped",
                f"the voltage stays at {extreme:g} mV, its {size} value, for "
                f"{_CLIPPED_SAMPLES} samples or more: what lies {where} was cut off",
                lines[k],
            )


def check_current(current: FloatArray, lines: Sequence[int]) -> None:
    """Refuse a current that no cell bears."""
    largest = float(np.abs(current).max())
    if largest > _LARGEST_CURRENT:
        k = int(np.argmax(np.abs(current) > _LARGEST_CURRENT))
        raise RecordingError(
            "units", f"a current of {current[k]:.4g} pA: is the unit another?", lines[k]
        )


def _clipped(voltage: FloatArray, extreme: float, jump: float) -> int | None:
    """Where the first run of equal extreme values begins that a jump leads to or from."""
    flat = np.concatenate([[False], voltage == extreme, [False]])
    edges = np.flatnonzero(np.diff(flat))
    for first, end in edges.reshape(-1, 2):
        if end - first < _CLIPPED_SAMPLES:
            continue
        outside = [voltage[k] for k in (first - 1, end) if 0 <= k < len(voltage)]
        if any(abs(value - extreme) > jump for value in outside):
            return int(first)
    return None
