"""The book as a PDF and an EPUB, assembled of a small site of two pages."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

from tools.editions.contents import Book, read_book
from tools.editions.epub import link, write_epub
from tools.editions.pdf import document
from tools.editions.plain import plain_pages
from tools.editions.title import Imprint, read_imprint

IMPRINT = Imprint("9.8.7", "Ada and Ben", "CC BY 4.0", "Copyright (c) 2026 Ada and Ben", "2026")
NAVIGATION = (
    '<nav class="bd-links"><a class="reference" href="{start}">A start</a>'
    '<p class="caption">First part</p><a class="reference" href="{one}">1. One</a></nav>'
)
START = (
    '<section id="start"><h1>A start</h1><p><a href="notebooks/one.html#two">On</a></p></section>'
)
ONE = """<section id="one"><h1>1. One<a class="headerlink" href="#one">#</a></h1>
<p><a id="figure-link" href="#neuron?preset=block">Set it</a> <a href="../index.html">Back</a>
<a href="../exercises/one.ipynb" download>Exercises</a></p>
<div class="cell tag_hide-input"><details class="hide"><summary>Show the code</summary>
<pre>drawing = 1</pre></details><figure class="neurode-explorer" data-explorer="phase-plane"
 data-name="neuron" data-state="{}"><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4">
<clipPath id="c"><rect width="4" height="4"/></clipPath>
<g clip-path="url(#c)"><path d="M0 0l4 4"/></g>
</svg><figcaption>A still picture. With JavaScript it moves.</figcaption></figure></div>
<p><mjx-container data-tex="v" display="true"><mjx-math></mjx-math><mjx-assistive-mml><math
 xmlns="http://www.w3.org/1998/Math/MathML"><mi>v</mi></math></mjx-assistive-mml></mjx-container></p>
<picture><source srcset="n.webp"/><img class="only-light" alt="A line" src="../_images/a.webp"
 loading="lazy"/></picture><img class="only-dark" alt="A line" src="../_images/b.webp"/>
<div class="admonition"><p class="admonition-title">Task: a spike</p><p>Find it.</p>
<details><summary>Answer</summary><p>At forty-two.</p></details></div>
<section id="two"><h2>Two</h2><p><strong>1. The mirror.</strong> Show it.</p>
<div class="cell tag_hide-cell"><details class="hide"><summary>Show the solution</summary>
<pre>solved = 2</pre></details></div></section></section>"""


def make_site(folder: Path, address: str) -> Book:
    canonical = f'<link rel="canonical" href="{address}index.html"/>' if address else ""
    for name, body, links in (
        ("index", START, {"start": "#", "one": "notebooks/one.html"}),
        ("notebooks/one", ONE, {"start": "../index.html", "one": "#"}),
    ):
        path = folder / f"{name}.html"
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_text(
            f"<html><head>{canonical}</head><body>{NAVIGATION.format(**links)}"
            f"<article>{body}</article></body></html>",
            encoding="utf-8",
        )
    (folder / "_images").mkdir()
    Image.new("RGB", (3, 2)).save(folder / "_images" / "a.webp")
    return read_book(folder)


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
