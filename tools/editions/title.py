"""The title page: what this is, of which version, by whom, under which licence."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from html import escape
from pathlib import Path

import neurode_lib
from tools.editions.contents import Book

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Imprint:
    """What an edition says of itself."""

    version: str
    authors: str
    licence: str
    copyright: str
    year: str

    @property
    def line(self) -> str:
        return f"neurode {self.version}. Licences: {self.licence}"


def read_imprint() -> Imprint:
    """From the library, its metadata and its licence."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    of_text = re.search(r"\((CC BY [\d.]+)\)", text)
    assert of_text is not None, "LICENSE names no licence of text and figures"
    licences = f"text and figures {of_text[1]}, code {project['license']}"
    right = next(line for line in text.splitlines() if line.startswith("Copyright"))
    _, _, year, authors = right.split(maxsplit=3)
    return Imprint(neurode_lib.__version__, authors, licences, right, year)


def title_page(book: Book, imprint: Imprint) -> str:
    """The title page's content, as XHTML."""
    address = (
        f'The book\'s site is <a href="{escape(book.address)}">{escape(book.address)}</a>.'
        if book.address
        else "This copy was made without the site's address, so it has no links to it."
    )
    return (
        f"<h1>{escape(book.title)}</h1><p>{escape(imprint.authors)}</p>"
        f"<p>{escape(imprint.line)}<br/>{escape(imprint.copyright)}</p>"
        f"<p>{address} There the figures with a note below them compute; here they are stills. "
        "Code that only draws a figure is left out here. "
        "Hints, answers and solutions stand at the end of each chapter.</p>"
    )
