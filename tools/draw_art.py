"""Draw the logo, the favicon and the cover picture from the neuron itself, as plain SVG.

The cover also as a PNG, for other sites that show a picture beside a shared link. Run by hand after
a change of colours; the result is committed (book/_static).
"""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

from neurode_lib.fitzhugh_nagumo import simulate
from neurode_lib.phase_plane import limit_cycle, nullclines

STATIC = Path(__file__).resolve().parent.parent / "book" / "_static"
CURRENT = 0.5
ACCENT_LIGHT, ACCENT_DARK = "#00666b", "#5ec8c6"
V_SPAN, W_SPAN = (-2.5, 2.5), (-0.85, 2.1)


def path(points: np.ndarray, width: float, height: float, *, digits: int = 1) -> str:
    """SVG path data of states (n, 2), w upward, in a box of the given size."""
    x = (points[:, 0] - V_SPAN[0]) / (V_SPAN[1] - V_SPAN[0]) * width
    y = (W_SPAN[1] - points[:, 1]) / (W_SPAN[1] - W_SPAN[0]) * height
    return "M" + "L".join(f"{a:.{digits}f} {b:.{digits}f}" for a, b in zip(x, y, strict=True))


def cover(ink: str, accent: str) -> str:
    """Flow lines, both nullclines and the limit cycle."""
    width, height = 960, 400
    starts = np.stack(np.meshgrid(np.linspace(-2.45, 2.45, 30), np.linspace(-0.8, 2.05, 15)), -1)
    lines = simulate(starts.reshape(-1, 2), CURRENT, 8, 0.05)
    flow = "".join(path(line, width, height) for line in lines)
    v = np.linspace(*V_SPAN, 200)
    cubic, linear = nullclines(v, CURRENT)
    shapes = [
        f'<path d="{flow}" stroke="{ink}" stroke-opacity=".3" stroke-width="1"/>',
        *(
            f'<path d="{path(np.column_stack([v, w]), width, height)}" stroke="{ink}" '
            'stroke-opacity=".65" stroke-width="1.5" stroke-dasharray="1 5"/>'
            for w in (cubic, linear)
        ),
        f'<path d="{path(limit_cycle(CURRENT).states, width, height)}Z" stroke="{accent}" '
        'stroke-width="4" stroke-linejoin="round"/>',
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" fill="none" stroke-linecap="round">'
        + "".join(shapes)
        + "</svg>\n"
    )


def draw_preview(ink: str, accent: str, target: Path) -> None:
    """The cover in the format that previews of links want, with the book's name."""
    starts = np.stack(np.meshgrid(np.linspace(-2.45, 2.45, 30), np.linspace(-0.8, 2.05, 15)), -1)
    lines = simulate(starts.reshape(-1, 2), CURRENT, 8, 0.05)
    v = np.linspace(*V_SPAN, 200)
    figure = plt.figure(figsize=(12, 6.3), dpi=100, facecolor="white")
    figure.text(0.05, 0.85, "neurode", size=44, weight="bold", color=accent)
    figure.text(0.31, 0.855, "Learning how a neuron moves", size=26, color=ink)
    axes = figure.add_axes((0.05, 0.05, 0.9, 0.75))
    axes.plot(*np.moveaxis(lines, -1, 0).swapaxes(1, 2), color=ink, alpha=0.3, lw=1)
    for w in nullclines(v, CURRENT):
        axes.plot(v, w, color=ink, alpha=0.65, lw=1.8, ls=(0, (1, 2.5)))
    axes.plot(*limit_cycle(CURRENT).states.T, color=accent, lw=5)
    axes.set(xlim=V_SPAN, ylim=W_SPAN)
    axes.axis("off")
    figure.savefig(target, metadata={"Software": None})


def mark(style: str, stroke_width: float) -> str:
    """The limit cycle alone, with one state on its way along it."""
    cycle = limit_cycle(CURRENT).states
    x = 32 + (cycle[:, 0] - cycle[:, 0].mean()) * 12
    y = 32 - (cycle[:, 1] - (cycle[:, 1].max() + cycle[:, 1].min()) / 2) * 30
    x += 32 - (x.max() + x.min()) / 2
    dot = f'<circle class="b" cx="{x[140]:.1f}" cy="{y[140]:.1f}" r="7"/>'
    # Every page loads the mark: points that are nearer than a pixel only make it heavy.
    far = [0]
    for i in range(len(x)):
        if np.hypot(x[i] - x[far[-1]], y[i] - y[far[-1]]) >= 1.0:
            far.append(i)
    loop = "M" + "L".join(f"{x[i]:.1f} {y[i]:.1f}" for i in far) + "Z"
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">'
        f"<style>{style}</style>"
        f'<path class="a" d="{loop}" fill="none" stroke-width="{stroke_width}" '
        f'stroke-linejoin="round"/>{dot}</svg>\n'
    )


if __name__ == "__main__":
    adaptive = (
        f".a{{stroke:{ACCENT_LIGHT}}}.b{{fill:{ACCENT_LIGHT}}}"
        f"@media(prefers-color-scheme:dark){{.a{{stroke:{ACCENT_DARK}}}.b{{fill:{ACCENT_DARK}}}}}"
    )
    fixed = ".a{{stroke:{0}}}.b{{fill:{0}}}"
    for name, picture in {
        "cover-light.svg": cover("#22303a", ACCENT_LIGHT),
        "cover-dark.svg": cover("#cfd8dc", ACCENT_DARK),
        # The page has its own switch between light and dark; the browser's tab has not.
        "favicon.svg": mark(adaptive, 6),
        "logo.svg": mark(fixed.format(ACCENT_LIGHT), 5),
        "logo-dark.svg": mark(fixed.format(ACCENT_DARK), 5),
    }.items():
        (STATIC / name).write_text(picture)
    draw_preview("#22303a", ACCENT_LIGHT, STATIC / "cover.png")
