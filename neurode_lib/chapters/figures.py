"""The book's figures: one style, one colour for each thing, the same in every chapter.

Colours are those of Okabe and Ito, told apart with every common kind of colour blindness. The
letters are the book's own; the site derives each figure's dark and narrow forms from this one
(book/_ext/site_pictures.py), so a figure needs a white ground and a gap between its panels.

References
----------
.. [1] M. Okabe, K. Ito, "Color Universal Design", 2008.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager

from neurode_lib._checks import (
    FloatArray,
    finite_array,
    finite_number,
    last_axis,
    positive_int,
    positive_number,
    real_array,
)
from neurode_lib.chapters.narrow import draw_with_narrow_form
from neurode_lib.metrics import cosine_similarity
from neurode_lib.metrics.fields import increasing_pair
from neurode_lib.phase_plane import equilibria, nullclines

COLOURS = {
    "truth": "#000000",
    "neural_ode": "#0072B2",
    "discrete_rnn": "#D55E00",
    "time_input": "#CC79A7",
    "default_init": "#009E73",
    "v": "#0072B2",
    "w": "#D55E00",
    "excitable": "#56B4E9",
    "oscillating": "#E69F00",
    "depolarisation block": "#999999",
}
FONTS = Path(__file__).parent / "fonts"
PHASE_LABELS = ("membrane potential v", "recovery w")


def use_style() -> None:
    """Set matplotlib to the book's style; each chapter calls it once, before its first figure."""
    draw_with_narrow_form()
    plt.rcdefaults()
    for font in sorted(FONTS.glob("*.ttf")):
        fontManager.addfont(font)
    mpl.rcParams.update(
        {
            "figure.figsize": (7.2, 3.6),
            "figure.dpi": 110,
            "figure.constrained_layout.use": True,
            "figure.facecolor": "white",
            "savefig.facecolor": "white",
            # The second has what the first lacks: Greek, superscript signs.
            "font.family": ["Source Serif 4", "DejaVu Serif"],
            "font.size": 10.5,
            "mathtext.fontset": "custom",
            "mathtext.rm": "Source Serif 4",
            "mathtext.it": "Source Serif 4:italic",
            # matplotlib looks for all of these, wanted or not, and warns of one that is missing.
            "mathtext.bf": "Source Serif 4",
            "mathtext.bfit": "Source Serif 4:italic",
            "mathtext.cal": "Source Serif 4:italic",
            "mathtext.sf": "Source Serif 4",
            "mathtext.tt": "Source Serif 4",
            "mathtext.fallback": "stix",
            "text.hinting": "none",
            "axes.titlesize": 11,
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "grid.color": "#e6e6e6",
            "grid.linewidth": 0.7,
            "legend.frameon": False,
            "lines.linewidth": 1.8,
            "image.cmap": "cividis",
            "axes.prop_cycle": cycler(
                color=["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
            ),
        }
    )


def phase_axes(
    ax: Axes,
    I: float | None = None,
    *,
    v_range: tuple[float, float] = (-2.5, 2.5),
    w_range: tuple[float, float] = (-1.5, 2.5),
) -> None:
    """Prepare axes as a phase plane; with a current, draw nullclines and equilibria.

    Parameters
    ----------
    ax : Axes
    I : float, optional
        Input current.
    v_range, w_range : (float, float)
        Limits of the axes.

    Raises
    ------
    ValueError
        If a range does not increase or the current is not finite.
    """
    v_range, w_range = increasing_pair("v_range", v_range), increasing_pair("w_range", w_range)
    ax.set(xlabel=PHASE_LABELS[0], ylabel=PHASE_LABELS[1], xlim=v_range, ylim=w_range)
    if I is None:
        return
    v = np.linspace(*v_range, 300)
    cubic, line = nullclines(v, finite_number("I", I))
    ax.plot(v, cubic, color="#777777", lw=1.2, label="v-nullcline")
    ax.plot(v, line, color="#777777", lw=1.2, ls="--", label="w-nullcline")
    for point in equilibria(I):
        face = "#333333" if point.stable else "white"
        ax.plot(point.v, point.w, "o", mfc=face, mec="#333333", ms=7, zorder=5)


def quiver_field(
    ax: Axes,
    points: FloatArray,
    field: FloatArray,
    *,
    color: str = "#333333",
    reference: FloatArray | None = None,
) -> None:
    """Draw the directions of a field as arrows of one length.

    Parameters
    ----------
    ax : Axes
    points, field : ndarray, shape (n, n, 2)
        From :func:`neurode_lib.metrics.field_on_grid`.
    color : str
        Colour of the arrows, if there is no reference.
    reference : ndarray, shape (n, n, 2), optional
        A second field; arrows are then coloured by the cosine of the angle to it.

    Raises
    ------
    ValueError
        If shapes differ, a value is not finite or the points do not span a plane.
    """
    points = last_axis("points", finite_array("points", points), 2)
    field = last_axis("field", finite_array("field", field), 2)
    if field.shape != points.shape:
        raise ValueError(f"field must have points' shape {points.shape}, got {field.shape}")
    # Scale both axes to the picture, so that an arrow shows the direction that one sees.
    extent = np.ptp(points.reshape(-1, 2), axis=0)
    if not extent.all():
        raise ValueError(f"points must differ in both coordinates, got ranges {extent.tolist()}")
    vectors = field / extent
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    vectors = np.divide(vectors, length, out=np.zeros_like(vectors), where=length > 0)
    style: dict[str, Any] = {"angles": "uv", "pivot": "mid", "scale": 26, "width": 0.004}
    x, y, u, w = points[..., 0], points[..., 1], vectors[..., 0], vectors[..., 1]
    if reference is None:
        ax.quiver(x, y, u, w, color=color, **style)
        return
    cosine = cosine_similarity(field, reference)
    arrows = ax.quiver(x, y, u, w, cosine, cmap="cividis", clim=(-1, 1), **style)
    bar = ax.figure.colorbar(arrows, ax=ax, label="cosine of the angle to the true field")
    bar.outline.set_visible(False)


def spread_by_seed(
    ax: Axes,
    values: Mapping[str, npt.ArrayLike],
    *,
    colours: Sequence[str] | None = None,
    log: bool = True,
) -> None:
    """One dot per seed and a bar at the median, one row per group.

    Parameters
    ----------
    ax : Axes
    values : mapping of str to array_like, shape (n_seeds,)
        Groups from top to bottom. Values that are not finite are counted in words at the edge.
    colours : sequence of str, optional
        One for each group.
    log : bool, default True
        Whether the axis of values is logarithmic.

    Raises
    ------
    ValueError
        If there is no group, a group is empty or holds no numbers, a colour is missing, or a
        value cannot be shown on a logarithmic axis.
    """
    groups = {name: real_array(f"values[{name!r}]", group) for name, group in values.items()}
    if not groups or not all(group.ndim == 1 and group.size for group in groups.values()):
        raise ValueError("values must hold groups of numbers, none of them empty")
    if colours is not None and len(colours) != len(groups):
        raise ValueError(f"colours must be {len(groups)}, one for each group, got {len(colours)}")
    # Such dots would silently be missing.
    hidden = [name for name, group in groups.items() if log and (group <= 0.0).any()]
    if hidden:
        raise ValueError(f"values must be > 0 on a logarithmic axis, got others in {hidden[0]!r}")
    if log:
        ax.set_xscale("log")
    for row, numbers in enumerate(groups.values()):
        finite = numbers[np.isfinite(numbers)]
        colour = f"C{row}" if colours is None else colours[row]
        # A fixed small spread, so that dots do not hide each other and nothing is random.
        offsets = (
            np.linspace(-0.16, 0.16, len(finite)) if len(finite) > 1 else np.zeros(len(finite))
        )
        ax.plot(finite, row + offsets, "o", color=colour, ms=4.5, alpha=0.75, mec="none")
        if len(finite):
            ax.plot([np.median(finite)] * 2, [row - 0.3, row + 0.3], color=colour, lw=2.4)
        if len(finite) < len(numbers):
            missing = len(numbers) - len(finite)
            ax.annotate(
                f"{missing} of {len(numbers)} not finite",
                (1.0, row),
                va="center",
                ha="right",
                xycoords=("axes fraction", "data"),
                color=colour,
                fontsize=8.5,
            )
    ax.set_yticks(range(len(values)), list(values))
    ax.set_ylim(len(values) - 0.5, -0.5)
    ax.grid(axis="y", visible=False)


def median_and_band(
    ax: Axes, t: npt.ArrayLike, curves: npt.ArrayLike, *, color: str, label: str
) -> None:
    """Median over seeds as a line, the range over all seeds as a band.

    Parameters
    ----------
    ax : Axes
    t : array_like, shape (T,)
    curves : array_like, shape (n_seeds, T)
    color, label : str

    Raises
    ------
    ValueError
        If the shapes do not fit, or a curve holds NaN: a median over it would have a hole.
    """
    stack, times = real_array("curves", curves), finite_array("t", t)
    if stack.ndim != 2 or stack.size == 0:
        raise ValueError(f"curves must have shape (n_seeds, T), got {stack.shape}")
    if times.shape != stack.shape[1:]:
        raise ValueError(f"t must have shape {stack.shape[1:]} like curves, got {times.shape}")
    if np.isnan(stack).any():
        raise ValueError("curves must not hold NaN; infinity stands for a run that diverged")
    ax.fill_between(t, stack.min(0), stack.max(0), color=color, alpha=0.18, lw=0)
    ax.plot(t, np.median(stack, axis=0), color=color, label=label)


def new_figure(
    n_columns: int = 1, *, height: float = 3.6, share: bool = False
) -> tuple[Figure, FloatArray]:
    """A figure with a row of axes, always as an array of shape (n_columns,)."""
    n_columns = positive_int("n_columns", n_columns)
    height = positive_number("height", height)
    figure, axes = plt.subplots(
        1, n_columns, figsize=(7.2, height), squeeze=False, sharex=share, sharey=share
    )
    return figure, axes[0]
