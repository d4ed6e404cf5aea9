"""Small still pictures in SVG: drawn in the page's text colour, so they suit light and dark."""

from __future__ import annotations

import hashlib
import html
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from neurode_lib._checks import FloatArray

# Okabe–Ito; readable on white and on near-black alike.
BLUE, VERMILLION, GREEN = "#3a8fc4", "#d55e00", "#009e73"
PURPLE, ORANGE = "#cc79a7", "#c77700"


class Panel:
    """Axes in data coordinates within a box of the picture.

    Parameters
    ----------
    box : (float, float, float, float)
        Left, top, width and height in pixels.
    x_range, y_range : (float, float)
        Data limits.
    """

    def __init__(
        self,
        box: tuple[float, float, float, float],
        x_range: tuple[float, float],
        y_range: tuple[float, float],
    ) -> None:
        self.box, self.x_range, self.y_range = box, x_range, y_range
        self._parts: list[str] = []

    def _pixels(self, x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        left, top, width, height = self.box
        (x0, x1), (y0, y1) = self.x_range, self.y_range
        px = left + (np.asarray(x) - x0) / (x1 - x0) * width
        # Far outside the box a coordinate would only cost space.
        py = top + (y1 - np.clip(y, 2 * y0 - y1, 2 * y1 - y0)) / (y1 - y0) * height
        return px, py

    def curve(self, x: npt.ArrayLike, y: npt.ArrayLike, colour: str, *, width: float = 2.0) -> None:
        """Add a line through the points, up to the first that is not finite."""
        path = np.stack([np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)])
        gaps = np.flatnonzero(~np.isfinite(path).all(axis=0))
        end = int(gaps[0]) if gaps.size else path.shape[1]
        px, py = self._pixels(path[0, :end], path[1, :end])
        points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(px, py, strict=True))
        self._parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="{width}" '
            'stroke-linejoin="round"/>'
        )

    def disc(self, x: float, y: float, colour: str, *, filled: bool = True) -> None:
        """Add a point: filled, or hollow."""
        (px,), (py,) = self._pixels(np.array([x]), np.array([y]))
        self._parts.append(
            f'<circle cx="{px:.1f}" cy="{py:.1f}" r="5" stroke="{colour}" stroke-width="2" '
            f'fill="{colour if filled else "none"}"/>'
        )

    def svg(self, clip: str, x_label: str, y_label: str) -> str:
        """The panel as an SVG fragment; ``clip`` is an id that is unique on the page."""
        left, top, width, height = self.box
        right, bottom = left + width, top + height
        labels = (
            f'<text x="{right:.0f}" y="{bottom - 6:.0f}" text-anchor="end">{x_label}</text>'
            f'<text x="{left + 7:.0f}" y="{top + 12:.0f}">{y_label}</text>'
        )
        limits = "".join(
            f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-size="11">{text}</text>'
            for x, y, anchor, text in (
                (left, bottom + 14, "start", f"{self.x_range[0]:g}"),
                (right, bottom + 14, "end", f"{self.x_range[1]:g}"),
                (left - 4, bottom, "end", f"{self.y_range[0]:g}"),
                (left - 4, top + 10, "end", f"{self.y_range[1]:g}"),
            )
        ).replace(">-", ">−")
        return (
            f'<clipPath id="{clip}"><rect x="{left}" y="{top}" width="{width}" '
            f'height="{height}"/></clipPath><g clip-path="url(#{clip})">{"".join(self._parts)}</g>'
            f'<path d="M{left} {top}V{bottom}H{right}" fill="none" stroke="currentColor" '
            f'opacity="0.5"/><g fill="currentColor">{labels}{limits}</g>'
        )


def picture(panels: list[tuple[Panel, str, str]], size: tuple[int, int], description: str) -> str:
    """Join panels into one picture with a text alternative.

    Parameters
    ----------
    panels : list of (Panel, str, str)
        With the labels of the two axes.
    size : (int, int)
        Width and height in pixels; the picture shrinks to its column.
    description : str
        Text alternative.
    """
    # Ids must be unique on a page that shows several pictures.
    content = f"{description}{[panel.__dict__ for panel, _, _ in panels]}"
    key = f"still-{hashlib.sha256(content.encode()).hexdigest()[:8]}"
    body = "".join(
        panel.svg(f"{key}-{i}", x_label, y_label)
        for i, (panel, x_label, y_label) in enumerate(panels)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size[0]} {size[1]}" role="img" '
        f'aria-label="{html.escape(description)}" style="width:100%;height:auto" '
        f'font-family="system-ui, sans-serif" font-size="13">{body}</svg>'
    )


class Forecast(NamedTuple):
    """What a model expects from a start on, and how it is shown: states of shape (T, 2)."""

    name: str
    colour: str
    path: FloatArray


def comparison(
    t: npt.NDArray[np.floating[Any]],
    truth: FloatArray,
    forecasts: Sequence[Forecast],
    description: str,
) -> str:
    """The true neuron and each model: a phase plane per model, and below all traces of `v`.

    Parameters
    ----------
    t : ndarray, shape (T,)
    truth : ndarray, shape (T, 2)
        States of the true neuron.
    forecasts : sequence of Forecast
        From left to right.
    description : str
        Text alternative.
    """
    v_range, w_range = (-2.5, 2.5), (-1.3, 2.3)
    gap = 24
    width = (600 - gap * (len(forecasts) - 1)) // len(forecasts)
    trace = Panel((30, 265, 600, 125), (0.0, float(t[-1])), v_range)
    trace.curve(t, truth[:, 0], "currentColor", width=3.5)
    panels = []
    for column, (name, colour, path) in enumerate(forecasts):
        plane = Panel((30 + (width + gap) * column, 8, width, 225), v_range, w_range)
        plane.curve(truth[:, 0], truth[:, 1], "currentColor", width=3.5)
        plane.curve(path[:, 0], path[:, 1], colour)
        v, w = truth[0]
        plane.disc(v, w, colour)
        trace.curve(t, path[:, 0], colour)
        panels.append((plane, "v", f"w · {name}"))
    return picture([*panels, (trace, "t", "v")], (640, 420), description)
