"""The figures of all chapters: a list of them on one page, and their pictures in one archive.

The site's archive has the stored pictures, which are PNG. tools/write_svgs.py draws them anew as
SVG, for slides and posters, and packs them in the same way.
"""

from __future__ import annotations

import base64
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import site_chapters

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = "book/figures"
PNG, SVG = "image/png", "image/svg+xml"
MARK = "<!-- the list of figures -->"
ARCHIVE = "neurode-figures.zip"
LICENCE = """\
The figures of the book "neurode", by the neurode authors, 2026.
Licence: Creative Commons Attribution 4.0 International (CC BY 4.0),
https://creativecommons.org/licenses/by/4.0/
How to cite the book is on its page "How to cite".
"""
# The earliest that a zip archive can say: the same figures give the same archive.
LONG_AGO = (1980, 1, 1, 0, 0, 0)


def figures_of(path: Path, kind: str = PNG) -> Iterator[tuple[str, str, str, bytes]]:
    """Number, name, caption and picture of each figure of a chapter."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for cell, following in zip(cells, cells[1:], strict=False):
        name = cell["metadata"].get("mystnb", {}).get("figure", {}).get("name")
        caption = site_chapters.CAPTION.fullmatch(site_chapters.markdown_of(following) or "")
        if name and caption:
            yield (
                caption["number"],
                name,
                " ".join(caption["caption"].split()),
                picture_of(cell, kind),
            )


def picture_of(cell: dict[str, Any], kind: str) -> bytes:
    """The file that a figure's cell shows: PNG, or SVG if the notebook was run for it."""
    for output in cell["outputs"]:
        if kind in output.get("data", {}):
            picture = site_chapters.joined(output["data"][kind])
            return base64.b64decode(picture) if kind == PNG else picture.encode()
    raise ValueError(f"the cell {cell['id']} shows no picture of the kind {kind}")


def chapters() -> list[Path]:
    """All chapters, in their order."""
    return sorted((ROOT / "notebooks").glob("*.ipynb"))


def title_of(path: Path) -> str:
    """Return a chapter's title: a link in its place would be empty in the page's contents."""
    cell = json.loads(path.read_text(encoding="utf-8"))["cells"][0]
    return site_chapters.joined(cell["source"]).split("\n", 1)[0].removeprefix("# ")


def list_of_figures() -> str:
    """All figures by chapter, each with a link and the first sentence of its caption."""
    lines = []
    for path in chapters():
        lines.append(f"\n## {title_of(path)}\n")
        for _, name, caption, _ in figures_of(path):
            first = re.split(r"(?<=[a-z)\]$][.?]) ", caption)[0]
            lines.append(
                f"- {{numref}}`{name}`: {site_chapters.markdown_for_sphinx(first, {}, PAGE)}"
            )
    return "\n".join(lines)


def read_page(page: str, source: list[str]) -> None:
    """Before Sphinx parses the page: the list in its place."""
    if page == PAGE:
        source[0] = source[0].replace(MARK, list_of_figures())


def write_archive(target: Path, notebooks: Iterable[Path], kind: str = PNG) -> None:
    """Pack the pictures of the notebooks, and what they may be used for."""
    unfinished = target.with_name(target.name + ".part")
    with zipfile.ZipFile(unfinished, "w") as packed:
        packed.writestr(zipfile.ZipInfo("LICENCE.txt", LONG_AGO), LICENCE)
        for path in notebooks:
            for number, _, _, picture in figures_of(path, kind):
                name = f"{path.stem}/figure-{number}.{'png' if kind == PNG else 'svg'}"
                entry = zipfile.ZipInfo(name, LONG_AGO)
                entry.compress_type = zipfile.ZIP_STORED if kind == PNG else zipfile.ZIP_DEFLATED
                packed.writestr(entry, picture)
    unfinished.replace(target)
