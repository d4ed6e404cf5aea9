"""The interactive figures' stills: the same lines in fewer characters.

A still writes its lines as points in tenths of a pixel. From one point to the next it is a few
tenths, so that steps are shorter to write than places, and alike, which compresses well.
"""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

LINE = re.compile(r'<polyline points="([^"]+)"')


def as_steps(points: str) -> str:
    """A line's points, ``"1.0,2.0 1.1,1.9"``, as the steps of an SVG path, ``"m1 2 .1-.1"``."""
    places = [(0, 0)]
    for point in points.split():
        x, y = point.split(",")
        places.append((round(10 * float(x)), round(10 * float(y))))
    steps = (f"{_tenths(b[0] - a[0])} {_tenths(b[1] - a[1])}" for a, b in pairwise(places))
    return "m" + " ".join(steps).replace(" -", "-")


def _tenths(count: int) -> str:
    text = f"{count / 10:g}"
    return re.sub(r"^(-?)0\.", r"\1.", text)


def shorten_stills(pages: dict[Path, str]) -> None:
    """Write the lines of all stills as steps."""
    for page, text in pages.items():
        pages[page] = LINE.sub(lambda line: f'<path d="{as_steps(line[1])}"', text)
