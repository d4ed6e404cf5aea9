"""Each stored figure carries a form for narrow screens: same panels, one above the other."""

from __future__ import annotations

import base64
import json
from io import BytesIO
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from neurode_lib.chapters.figures import new_figure, phase_axes, use_style
from neurode_lib.chapters.narrow import CHUNK, DPI, WIDTH, png_of, stack

mpl.use("Agg")


@pytest.fixture
def three_panels() -> Figure:
    use_style()
    figure, axes = new_figure(3, share=True)
    for ax in axes:
        phase_axes(ax, 0.5)
        ax.label_outer()
    figure.colorbar(axes[2].pcolormesh(np.eye(3)), ax=axes[2])
    return figure


def test_panels_stand_one_above_the_other_and_keep_their_scales(three_panels: Figure) -> None:
    stack(three_panels)
    three_panels.canvas.draw()
    boxes = [ax.get_position() for ax in three_panels.axes[:3]]
    assert boxes[0].y0 > boxes[1].y1
    assert boxes[1].y0 > boxes[2].y1
    # The colour bar stays beside its own panel.
    bar = three_panels.axes[3].get_position()
    assert boxes[2].y0 - 0.01 <= bar.y0
    assert bar.y1 <= boxes[2].y1 + 0.01
    for ax in three_panels.axes[:3]:
        assert ax.get_ylabel() == "recovery w"
        assert any(label.get_visible() and label.get_text() for label in ax.get_yticklabels())
        assert any(label.get_visible() and label.get_text() for label in ax.get_xticklabels())


@pytest.mark.slow
def test_the_png_shows_the_wide_form_and_carries_the_narrow_one(three_panels: Figure) -> None:
    size = tuple(three_panels.get_size_inches())
    with Image.open(BytesIO(png_of(three_panels))) as wide:
        wide.load()
        (name, packed, *_) = wide.private_chunks[0]
        assert wide.width > wide.height
    assert name == CHUNK
    with Image.open(BytesIO(packed)) as narrow:
        assert narrow.height > 1.5 * narrow.width
        assert narrow.getpixel((0, 0)) == (255, 255, 255)
    # A notebook may show the figure again.
    assert tuple(three_panels.get_size_inches()) == size
    first, last = (three_panels.axes[i].get_subplotspec() for i in (0, 2))
    assert first.get_gridspec().ncols == 3
    assert first.rowspan == last.rowspan


def test_a_single_panel_only_gets_narrower() -> None:
    use_style()
    figure, (ax,) = new_figure()
    ax.plot([0, 1], [0, 1])
    stack(figure)
    width, height = figure.get_size_inches()
    assert width < 4
    assert 2.4 <= height <= 3.6


@pytest.mark.parametrize(
    "chapter",
    sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb")),
    ids=lambda path: path.stem,
)
def test_no_legend_or_label_makes_a_stored_narrow_form_wide(chapter: Path) -> None:
    """What is wider than a phone's column makes everything else smaller there."""
    cells = json.loads(chapter.read_text(encoding="utf-8"))["cells"]
    stored = [
        (cell["id"], output["data"]["image/png"])
        for cell in cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    for name, png in stored:
        with Image.open(BytesIO(base64.b64decode("".join(png)))) as wide:
            wide.load()
            narrow = dict(chunk[:2] for chunk in wide.private_chunks).get(CHUNK)
        if narrow is not None:
            with Image.open(BytesIO(narrow)) as picture:
                assert picture.width <= 1.25 * WIDTH * DPI, f"{name}: {picture.width} pixels"
