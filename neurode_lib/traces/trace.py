"""A recording in current clamp: one stretch of time, current and membrane potential."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from neurode_lib._checks import FloatArray
from neurode_lib.inputs import sampled
from neurode_lib.recordings import Recordings


@dataclass(frozen=True, eq=False)
class Trace:
    """What one file held, in milliseconds, picoamperes and millivolts.

    Attributes
    ----------
    time : ndarray, shape (T,)
        In ms, increasing.
    current : ndarray, shape (T,)
        In pA; in µA/cm² if the file has a current density.
    voltage : ndarray, shape (T,)
        In mV; NaN where the file has none.
    units : mapping of str to str
        Units of the file's own ``time``, ``current`` and ``voltage``; a conversion is one factor,
        so nothing is lost. Without ``time`` if the file has an interval instead.
    columns : mapping of str to int
        Which column was which, counted from 0; without ``time`` if the interval was given.
    notes : tuple of str
        What a reader of the file should know: units that were assumed, values that are missing.
    """

    time: FloatArray
    current: FloatArray
    voltage: FloatArray
    units: Mapping[str, str]
    columns: Mapping[str, int]
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.time)

    def __repr__(self) -> str:
        return (
            f"<Trace: {len(self)} samples, one every {self.interval:g} ms, "
            f"{np.nanmin(self.voltage):.4g} to {np.nanmax(self.voltage):.4g} mV>"
        )

    @property
    def interval(self) -> float:
        """Median time between two samples, in ms."""
        return float(np.median(np.diff(self.time)))

    def recordings(self) -> Recordings:
        """The library's data set of one trajectory: the voltage, driven by the current.

        In the same units. Between two samples the current is a straight line.
        """
        return Recordings(self.time, [self.voltage[:, None]], [sampled(self.time, self.current)])
