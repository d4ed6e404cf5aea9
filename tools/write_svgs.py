"""Draw the chapters' numbered figures as SVG and pack them: dist/neurode-figures-svg.zip.

    python tools/write_svgs.py [NOTEBOOK...]

The notebooks store PNG alone, since SVG would make them several times as large. So the chapters are
run, all of them unless some are named, in a folder that is thrown away.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "book" / "_ext")]

import site_figures  # noqa: E402 - after the path is set

TARGET = ROOT / "dist" / "neurode-figures-svg.zip"
# Before each cell's figures are shown: matplotlib's backend forgets other kinds when it is first
# used. Letters become outlines, since who opens the file may not have the font.
DRAW_SVG = """\
from io import StringIO
import matplotlib
from IPython import get_ipython
from matplotlib.figure import Figure

def svg_of(figure):
    text = StringIO()
    with matplotlib.rc_context({"svg.fonttype": "path"}):
        figure.savefig(text, format="svg")
    return text.getvalue()

def draw_svg():
    get_ipython().display_formatter.formatters["image/svg+xml"].for_type(Figure, svg_of)

get_ipython().events.register("post_execute", draw_svg)
"""


def run_for_svg(path: Path, folder: Path) -> Path:
    """Run a chapter; return the copy whose figures are there as SVG, too."""
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(DRAW_SVG))
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": ROOT}}).execute()
    copy = folder / path.name
    nbformat.write(notebook, copy)
    return copy


def write_svgs(notebooks: Sequence[Path], target: Path) -> None:
    """Pack the figures of the notebooks as SVG."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        copies = []
        for path in notebooks:
            print(f"drawing the figures of {path.name}", flush=True)
            copies.append(run_for_svg(path, Path(folder)))
        site_figures.write_archive(target, copies, site_figures.SVG)


if __name__ == "__main__":
    write_svgs([Path(name) for name in sys.argv[1:]] or site_figures.chapters(), TARGET)
    print(TARGET.relative_to(ROOT))
