"""What the built site holds: its pages in the order of the book, and where it is served."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

from bs4 import BeautifulSoup, Tag


@dataclass(frozen=True)
class Chapter:
    """One page of the site. Its name is its path there, without ``.html``."""

    name: str
    title: str
    part: str
    article: Tag

    @property
    def mark(self) -> str:
        """The page's name as one word: for files, and before the identifiers of its elements."""
        return re.sub(r"\W+", "-", self.name)


@dataclass(frozen=True)
class Book:
    """The site's pages in order; ``address`` is where it is served, with a slash, or empty."""

    site: Path
    address: str
    chapters: tuple[Chapter, ...]

    @property
    def title(self) -> str:
        return self.chapters[0].title


def read_page(path: Path) -> BeautifulSoup:
    """A page of the site."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def read_book(site: Path) -> Book:
    """Read the site: the order is that of the navigation on its first page."""
    start = read_page(site / "index.html")
    canonical = start.find("link", rel="canonical")
    address = str(canonical["href"]).removesuffix("index.html") if canonical else ""
    chapters = []
    part = ""
    for entry in start.select("nav.bd-links :is(p.caption, a.reference)"):
        if entry.name == "p":
            part = words(entry)
            continue
        href = str(entry["href"])
        name = "index" if href == "#" else posixpath.normpath(href).removesuffix(".html")
        article = read_page(site / f"{name}.html").find("article")
        assert isinstance(article, Tag), f"{name} has no article"
        chapters.append(Chapter(name, words(entry), part, article))
    return Book(site, address, tuple(chapters))


def words(element: Tag) -> str:
    """An element's text on one line."""
    return " ".join(element.get_text().split())
