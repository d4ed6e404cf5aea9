"""The interactive figures' stills keep their lines when these are written in fewer characters."""

from __future__ import annotations

import re
from itertools import accumulate
from pathlib import Path

import numpy as np
import pytest

from neurode_lib.explorers import ModelExplorer

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _extensions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))


def places(steps: str) -> list[tuple[float, float]]:
    """Where the steps of a path lead, in tenths, read as a browser reads numbers."""
    numbers = [round(10 * float(x)) for x in re.findall(r"-?(?:\d+\.?\d*|\.\d+)", steps)]
    return list(zip(accumulate(numbers[::2]), accumulate(numbers[1::2]), strict=True))


def test_steps_lead_through_the_same_points() -> None:
    from site_stills import as_steps

    rng = np.random.default_rng(0)
    points = np.cumsum(rng.normal(size=(400, 2)) * rng.choice([0.04, 1.0, 30.0], (400, 1)), axis=0)
    written = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    expected = [tuple(round(10 * float(x)) for x in p.split(",")) for p in written.split()]
    assert places(as_steps(written)) == expected


def test_every_line_of_a_still_becomes_a_path_and_the_rest_stays() -> None:
    from site_stills import LINE, shorten_stills

    still = ModelExplorer().still()
    pages = {Path("page.html"): f"<p>before</p>{still}<p>after</p>"}
    shorten_stills(pages)
    (short,) = pages.values()
    assert len(short) < 0.8 * len(still)
    assert "<polyline" not in short
    assert (
        LINE.sub("", still)
        == re.sub(r'<path d="m[^"]+"', "", short)[len("<p>before</p>") : -len("<p>after</p>")]
    )
