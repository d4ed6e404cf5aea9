"""What is trained on the recording: one main setting with ten seeds, and others to compare with.

Each variation changes one thing of the main setting. They are compared in the validation part
alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from neurode_lib.study.recording.networks import Setting, Stage

# Short windows first: they cost little, and a field that cannot follow 20 ms follows no 100.
STAGES = (Stage(20, 1500, 64), Stage(50, 1200, 64), Stage(100, 1000, 32))
MAIN = "main"
SETTINGS: Mapping[str, Setting] = {
    MAIN: Setting("04", 4, STAGES, tuple(range(10))),
    "set 05": Setting("05", 4, STAGES, (0, 1, 2)),
}

_few = replace(SETTINGS[MAIN], seeds=(0, 1, 2))
VARIATIONS: Mapping[str, Setting] = {
    "two hidden": replace(_few, hidden=2),
    "eight hidden": replace(_few, hidden=8),
    # As many milliseconds of windows as in the main setting.
    "short windows": replace(_few, stages=(Stage(20, 7000, 64),)),
    "long windows": replace(_few, stages=(*STAGES, Stage(200, 1500, 32))),
    "more updates": replace(_few, stages=(*STAGES[:2], Stage(100, 4000, 64))),
    "one repeat": replace(_few, repeats=1),
    "smoothed error": replace(_few, smoothing=2.0),
}
