"""What is trained on the recording: one main setting with ten seeds, and others to compare with."""

from __future__ import annotations

from collections.abc import Mapping

from neurode_lib.study.recording.networks import Setting, Stage

# Short windows first: they cost little, and a field that cannot follow 20 ms follows no 100.
STAGES = (Stage(20, 1500, 64), Stage(50, 1200, 64), Stage(100, 1000, 32))
MAIN = "main"
SETTINGS: Mapping[str, Setting] = {
    MAIN: Setting("04", 4, STAGES, tuple(range(10))),
    "set 05": Setting("05", 4, STAGES, (0, 1, 2)),
}
