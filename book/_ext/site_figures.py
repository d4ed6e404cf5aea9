"""The figures of all chapters: a list of them on one page, and their pictures in one archive."""

from __future__ import annotations

import base64
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import site_chapters

ROOT = Path(__file__).resolve().parent.parent.parent
PAGE = "book/figures"
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


def figures_of(path: Path) -> Iterator[tuple[str, str, str, bytes]]:
    """Number, name, caption and picture of each figure of a chapter."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for cell, following in zip(cells, cells[1:], strict=False):
        name = cell["metadata"].get("mystnb", {}).get("figure", {}).get("name")
        caption = site_chapters.CAPTION.fullmatch(site_chapters.markdown_of(following) or "")
        if name and caption:
            yield caption["number"], name, " ".join(caption["caption"].split()), picture_of(cell)


def picture_of(cell: dict[str, Any]) -> bytes:
    """The PNG file that a figure's cell shows."""
    for output in cell["outputs"]:
        if "image/png" in output.get("data", {}):
            return base64.b64decode(site_chapters.joined(output["data"]["image/png"]))
    raise ValueError(f"the cell {cell['id']} shows no picture")


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


def write_archive(folder: Path) -> None:
    """Pack the pictures, and what they may be used for."""
    target = folder / ARCHIVE
    unfinished = target.with_name(target.name + ".part")
    with zipfile.ZipFile(unfinished, "w") as packed:
        packed.writestr(zipfile.ZipInfo("LICENCE.txt", LONG_AGO), LICENCE)
        for path in chapters():
            for number, _, _, picture in figures_of(path):
                entry = zipfile.ZipInfo(f"{path.stem}/figure-{number}.png", LONG_AGO)
                packed.writestr(entry, picture)
    unfinished.replace(target)
