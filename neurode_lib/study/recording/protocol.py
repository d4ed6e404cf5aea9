"""What is asked of a recording, fixed before its held-out part was scored.

A set of recordings holds repeats of one stimulus: current in pA and membrane potential in mV, once
a millisecond, for 34 s.

* **Training**: the first 22 s of every repeat.
* **Validation**: from 22 s to 28 s. Every choice (hidden states, windows, recipe) is made here.
* **Held out**: from 28 s to 34 s. Scored once, by the settings that stand in this package.

A model sees voltage and current for the 30 ms before a part begins, and then the current alone: one
forecast of 6 s, with no second look at the voltage. It is scored against every repeat, and the
scores are averaged over the repeats. The cell's reliability is the same score of one repeat as the
prediction of another. A spike is an upward crossing of 0 mV. A sample lies below threshold if it is
farther than ``AROUND_SPIKE`` from every spike, of the recording and of the prediction.

After the held-out part was scored so, three things were added. The networks' spikes are counted at
a level of their own, too, the one with the best Γ (± 4 ms) in the validation part; both scores are
kept apart. The other repeats together predict each repeat. And variations of the main setting are
compared in the validation part.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from neurode_lib._checks import FloatArray

SETS = ("04", "05")
REPEATS = 4
DT = 1.0  # ms between samples

TRAINING, VALIDATION, HELD_OUT = (0, 22_000), (22_000, 28_000), (28_000, 34_000)  # in ms
PARTS = {"training": TRAINING, "validation": VALIDATION, "held out": HELD_OUT}
LOOK_BACK = 30  # ms of voltage that a forecast begins with

SPIKE = 0.0  # mV
AROUND_SPIKE = (3, 12)  # ms before and after a spike
TOLERANCES = (2.0, 4.0)  # ms, of coincidences


class RepeatedRecording(NamedTuple):
    """Repeats of one stimulus: currents in pA and potentials in mV, shape (repeats, samples)."""

    current: FloatArray
    voltage: FloatArray


def spike_times(voltage: FloatArray, level: float = SPIKE) -> FloatArray:
    """When a potential sampled every millisecond crosses a level upward, in ms after its first.

    To the sample before which it happened. The spline of
    :func:`neurode_lib.metrics.cycles.spike_times` would make up times between samples: a spike is
    one or two of them high.
    """
    after = 1 + np.flatnonzero((voltage[1:] >= level) & (voltage[:-1] < level))
    return DT * after.astype(np.float64)


def away_from_spikes(n: int, *trains: FloatArray) -> npt.NDArray[np.bool_]:
    """Which of `n` samples are far from every spike of some trains."""
    before, after = AROUND_SPIKE
    keep = np.ones(n, dtype=np.bool_)
    for train in trains:
        for spike in (train / DT).astype(int):
            keep[max(spike - before, 0) : spike + after + 1] = False
    return keep
