"""A figure's second form for narrow screens, carried inside its PNG.

A figure as wide as a desk's page cannot be read on a phone, and a picture cannot be set anew. So
the notebook draws each figure a second time, its panels one above the other, and puts that picture
into a private chunk of the first: every viewer of the notebook shows the first, and the site's
build (book/_ext/site_pictures.py) takes the second out again.

References
----------
.. [1] W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", 2025, section 4.8:
   chunks whose names a reader does not know are skipped.
"""

from __future__ import annotations

from io import BytesIO

from IPython.core.getipython import get_ipython
from matplotlib.figure import Figure
from matplotlib.gridspec import GridSpec
from PIL import Image
from PIL.PngImagePlugin import PngInfo

CHUNK = b"naRw"  # lower case first: may be skipped; second: private; fourth: safe to copy
WIDTH = 3.9  # inches: a phone's column, with letters as large as the text's
LEAST_HEIGHT = 2.4  # inches, of one panel
DPI = 160  # a phone has two or three pixels for one of the page


def draw_with_narrow_form() -> None:
    """Have the running notebook store both forms of each figure; elsewhere nothing happens."""
    if (shell := get_ipython()) is not None:
        # matplotlib's backend sets its own way of drawing when it is first used: before each
        # cell's figures are shown, this one takes the place again.
        shell.events.register("post_execute", take_over)
        take_over()


def take_over() -> None:
    """Make `png_of` what turns a figure into the notebook's PNG."""
    shell = get_ipython()
    if shell is not None and shell.display_formatter is not None:
        shell.display_formatter.formatters["image/png"].for_type(Figure, png_of)


def png_of(figure: Figure) -> bytes:
    """The figure as PNG, its narrow form in a private chunk, as lossless WebP.

    Parameters
    ----------
    figure : Figure
        Comes back with its size and its arrangement.

    Returns
    -------
    bytes
    """
    wide = rendered(figure, figure.dpi)
    arrangement = [(ax, ax.get_subplotspec()) for ax in figure.axes]
    width, height = figure.get_size_inches()
    stack(figure)
    webp = BytesIO()
    rendered(figure, DPI).save(webp, "webp", lossless=True, quality=80)
    for ax, place in arrangement:
        if place is not None:
            ax.set_subplotspec(place)
    figure.set_size_inches(width, height)

    notes, both = PngInfo(), BytesIO()
    notes.add(CHUNK, webp.getvalue())
    wide.save(both, "png", pnginfo=notes)
    return both.getvalue()


def rendered(figure: Figure, dpi: float) -> Image.Image:
    """The figure as it would be saved."""
    png = BytesIO()
    figure.savefig(png, format="png", dpi=dpi, bbox_inches="tight")
    return Image.open(png).convert("RGB")


def stack(figure: Figure) -> None:
    """Put the panels one above the other, in the order of reading."""
    places = {ax: place for ax in figure.axes if (place := ax.get_subplotspec()) is not None}
    grids = {place.get_gridspec() for place in places.values()}
    height = figure.get_size_inches()[1]
    grid = grids.pop() if len(grids) == 1 else None
    rows = grid.nrows if isinstance(grid, GridSpec) else 1
    least = max(height / rows * 0.8, LEAST_HEIGHT)
    if grid is None or len(places) == 1 or grid.ncols == 1:
        figure.set_size_inches(WIDTH, least * rows)
        return
    panels = sorted(places, key=lambda ax: places[ax].num1)
    column = GridSpec(len(panels), 1, figure=figure)
    for row, ax in enumerate(panels):
        # What the panel on the left said for both, each now says for itself.
        left = panels[row - 1] if places[ax].colspan.start > 0 else ax
        if ax.get_ylim() == left.get_ylim() and not ax.get_ylabel():
            ax.set_ylabel(left.get_ylabel())
        ax.tick_params(labelleft=True, labelbottom=True)
        ax.set_subplotspec(column[row])
    figure.set_size_inches(WIDTH, least * len(panels))
