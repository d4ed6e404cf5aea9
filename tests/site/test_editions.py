"""The book as a PDF and an EPUB, assembled of a small site of two pages.

Once of the whole built site: for its links.
"""

from __future__ import annotations

import re
import zipfile
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest

from tests.site.small_book import IMPRINT, make_site
from tools.editions.contents import Book, read_book
from tools.editions.epub import link, write_epub
from tools.editions.pdf import document
from tools.editions.plain import plain_pages
from tools.editions.title import read_imprint

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
ADDRESS = "https://books.example.org/some/neurode/"


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return make_site(tmp_path / "site", "https://example.org/b/")


def test_the_order_is_the_navigations(book: Book) -> None:
    assert [(c.name, c.title, c.part) for c in book.chapters] == [
        ("index", "A start", ""),
        ("notebooks/one", "1. One", "First part"),
    ]
    assert book.title == "A start"


def test_the_imprint_names_both_licences() -> None:
    assert read_imprint().licence == "text and figures CC BY 4.0, code MIT"


def test_a_still_has_a_link_to_the_live_figure(book: Book) -> None:
    figure = plain_pages(book, link=link)["notebooks/one"].select_one("figure")
    assert figure is not None
    assert figure.find("svg") is not None
    live = "https://example.org/b/notebooks/one.html#neuron"
    assert figure.select_one("figcaption a")["href"] == live
    assert "JavaScript" not in figure.get_text()


def test_without_an_address_no_link_is_invented(tmp_path: Path) -> None:
    page = plain_pages(make_site(tmp_path / "site", ""), link=link)["notebooks/one"]
    assert "without the site's address" in page.select_one("figcaption").get_text()
    assert [a["href"] for a in page.find_all("a") if "://" in a["href"]] == []
    assert "Exercises" in page.get_text()


def test_links_stay_in_the_book_where_they_can(book: Book) -> None:
    pages = plain_pages(book, link=link)
    assert pages["index"].a["href"] == "notebooks-one.xhtml#notebooks-one.two"
    links = {a.get_text(): a["href"] for a in pages["notebooks/one"].find_all("a")}
    assert links["Back"] == "index.xhtml"
    assert links["Set it"] == "https://example.org/b/notebooks/one.html#neuron?preset=block"
    assert links["Exercises"] == "https://example.org/b/exercises/one.ipynb"


def test_what_is_folded_stands_at_the_chapters_end(book: Book) -> None:
    page = plain_pages(book, link=link)["notebooks/one"]
    assert page.find_all("details") == []
    assert "drawing" not in page.get_text()
    ending = page.select_one("section.endings")
    titles = [title.get_text() for title in ending.find_all("h3")]
    assert titles == ["Answer: Task: a spike", "Solution: 1. The mirror"]
    assert "forty-two" in ending.get_text()
    assert "solved" in ending.get_text()
    # There and back.
    known = {element["id"] for element in page.select("[id]")}
    for anchor in [*page.select("p.fold a"), *ending.select("h3 a")]:
        assert anchor["href"].partition("#")[2] in known


def test_the_document_to_print_holds_every_page_once(book: Book, tmp_path: Path) -> None:
    text = document(book, IMPRINT, tmp_path / "out", {"index": 3, "notebooks/one": 5})
    assert "neurode 9.8.7. Licences: CC BY 4.0" in text
    assert "1. One</a><span>5</span>" in text
    identifiers = re.findall(r'\bid="([^"]+)"', text)
    assert len(identifiers) == len(set(identifiers))
    inside = set(re.findall(r'href="#([^"]+)"', text))
    assert len(inside) > 4
    assert inside <= set(identifiers)
    for picture in re.findall(r'<img[^>]*src="([^"]+)"', text):
        assert (tmp_path / "out" / picture).resolve().exists()
    assert "only-dark" not in text


def test_the_epub_is_whole(book: Book, tmp_path: Path) -> None:
    path = tmp_path / "book.epub"
    write_epub(book, IMPRINT, path)
    with zipfile.ZipFile(path) as archive:
        assert archive.infolist()[0].filename == "mimetype"
        assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED
        files = {name: archive.read(name) for name in archive.namelist()}
    package = ElementTree.fromstring(files["book/package.opf"])
    opf = "{http://www.idpf.org/2007/opf}"
    items = {item.get("href"): item for item in package.iter(f"{opf}item")}
    unlisted = {"mimetype", "META-INF/container.xml", "book/package.opf"}
    assert {f"book/{name}" for name in items} == {*files} - unlisted
    assert items["notebooks-one.xhtml"].get("properties") == "svg mathml"
    spine = [ref.get("idref") for ref in package.iter(f"{opf}itemref")]
    names = {item.get("id"): name for name, item in items.items()}
    assert [names[ref] for ref in spine] == [
        *("title.xhtml", "contents.xhtml", "index.xhtml", "notebooks-one.xhtml"),
    ]
    chapter = ElementTree.fromstring(files["book/notebooks-one.xhtml"])
    svg, math = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1998/Math/MathML}"
    still = next(chapter.iter(f"{svg}svg"))
    assert still.get("viewBox") == "0 0 4 4"
    clip = next(still.iter(f"{svg}clipPath")).get("id")
    assert next(still.iter(f"{svg}g")).get("clip-path") == f"url(#{clip})"
    formula = next(chapter.iter(f"{math}math"))
    assert (formula.get("alttext"), formula.get("display")) == ("v", "block")
    image = next(chapter.iter("{http://www.w3.org/1999/xhtml}img"))
    assert files[f"book/{image.get('src')}"].startswith(b"\x89PNG")


def test_the_same_site_makes_the_same_epub(book: Book, tmp_path: Path) -> None:
    for name in ("a", "b"):
        write_epub(book, IMPRINT, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@cache
def identifiers(path: Path) -> frozenset[str]:
    return frozenset(re.findall(r'<[^>]* id="([^"]+)"', path.read_text(encoding="utf-8")))


@pytest.mark.site
@pytest.mark.slow
def test_every_link_of_the_whole_book_leads_somewhere() -> None:
    """Both editions are made of these pages. Only a site that is served says where it is."""
    book = replace(read_book(SITE), address=ADDRESS)
    pages = plain_pages(book, link=link)
    inside = {
        f"{chapter.mark}.xhtml": {element["id"] for element in pages[chapter.name].select("[id]")}
        for chapter in book.chapters
    }
    live = Counter()
    broken = []
    for name, page in pages.items():
        for anchor in page.find_all("a", href=True):
            address, _, fragment = anchor["href"].partition("#")
            if address.startswith(ADDRESS):
                # What follows a question mark is tried out in a browser: test_site.py.
                identifier = unquote(fragment.partition("?")[0])
                path = SITE / unquote(address.removeprefix(ADDRESS) or "index.html")
                arrives = path.is_file() and (not fragment or identifier in identifiers(path))
                live[anchor["href"]] += anchor.find_parent("figcaption") is not None
            elif ":" in address:
                arrives = re.match(r"https?://(?!localhost|127\.)", address) is not None
            else:
                arrives = address in inside and (not fragment or fragment in inside[address])
            if not arrives:
                broken.append((name, anchor["href"]))
    assert broken == []
    figures = [
        f"{ADDRESS}{chapter.name}.html#{figure['data-name']}"
        for chapter in book.chapters
        for figure in chapter.article.select("figure.neurode-explorer")
    ]
    assert len(figures) > 12
    assert Counter({address: n for address, n in live.items() if n}) == Counter(figures)
