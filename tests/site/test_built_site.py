"""The built site, read as files: links lead somewhere, pictures can be read aloud, nothing is
fetched from elsewhere. `make test` builds the site first."""

from __future__ import annotations

import json
import re
import zipfile
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

from tools import mutation_figures

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
# Made by Sphinx, without text of their own to describe.
GENERATED = {"404.html", "genindex.html", "search.html", "py-modindex.html"}

pytestmark = pytest.mark.site


@cache
def page(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@cache
def anchors(path: Path) -> frozenset[str]:
    soup = page(path)
    return frozenset(tag["id"] for tag in soup.find_all(id=True)) | frozenset(
        tag["name"] for tag in soup.find_all("a", attrs={"name": True})
    )


@cache
def figures(path: Path) -> frozenset[str]:
    """Names of a page's explorers: `#name?preset=…` opens a view in one of them."""
    return frozenset(tag["data-name"] for tag in page(path).find_all(class_="neurode-explorer"))


def arrives(fragment: str, target: Path) -> bool:
    # What follows the question mark is tried out in a browser: tests/browser/test_site.py.
    name, is_view, _ = fragment.partition("?")
    return unquote(name) in (figures(target) if is_view else anchors(target))


def all_pages() -> list[Path]:
    # Notebooks offered for download are not pages of the site.
    return sorted(path for path in SITE.rglob("*.html") if "_static" not in path.parts)


def written_pages() -> list[Path]:
    """Pages with text and navigation: the small pages have one figure each."""
    return [
        path
        for path in all_pages()
        if str(path.relative_to(SITE)) not in GENERATED and "_embed" not in path.parts
    ]


@pytest.fixture(autouse=True)
def built() -> None:
    assert written_pages(), f"there is no site in {SITE}: run `make book` first"


def named(path: Path) -> str:
    return str(path.relative_to(SITE))


def test_every_internal_link_leads_somewhere() -> None:
    broken = []
    for source in all_pages():
        for tag in page(source).find_all(["a", "img", "script", "link", "source"]):
            address = tag.get("href") or tag.get("src")
            if not address:
                continue
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = (source.parent / unquote(parts.path)).resolve() if parts.path else source
            if target.is_dir():
                target /= "index.html"
            if not target.exists():
                broken.append(f"{named(source)}: {address}")
            elif (
                parts.fragment and target.suffix == ".html" and not arrives(parts.fragment, target)
            ):
                broken.append(f"{named(source)}: {address} (no such anchor)")
    assert not broken


def test_nothing_is_fetched_from_elsewhere() -> None:
    strangers = []
    for source in all_pages():
        fetched = [tag.get("src") for tag in page(source).find_all(src=True)]
        fetched += [
            tag["href"]
            for tag in page(source).find_all("link", href=True)
            if not {"canonical", "author", "license"} & set(tag.get("rel", []))
        ]
        strangers += [
            f"{named(source)}: {address}" for address in fetched if urlsplit(address).netloc
        ]
    assert not strangers


def test_every_picture_has_a_text_alternative() -> None:
    silent = []
    for source in written_pages():
        article = page(source).find("article")
        assert article is not None, named(source)
        for image in article.find_all("img"):
            alt = image.get("alt", "")
            # Sphinx puts the file's name where an author gave nothing.
            if len(alt.split()) < 3 or alt.endswith((".png", ".svg")):
                silent.append(f"{named(source)}: {image.get('src')}")
    assert not silent


def test_every_page_has_its_own_title_and_a_description() -> None:
    titles: dict[str, str] = {}
    for source in written_pages():
        soup = page(source)
        descriptions = soup.find_all("meta", attrs={"name": "description"})
        assert len(descriptions) == 1, named(source)
        assert len(descriptions[0]["content"]) >= 30, named(source)
        assert soup.title is not None
        assert soup.title.string is not None
        title = soup.title.string.strip()
        assert title not in titles, f"{named(source)} and {titles[title]} are both called {title}"
        titles[title] = named(source)


def test_scripts_are_loaded_only_where_they_are_used() -> None:
    for source in all_pages():
        soup = page(source)
        scripts = " ".join(tag["src"] for tag in soup.find_all("script", src=True))
        assert "fontawesome" not in scripts
        assert "thebe" not in scripts
        assert "require" not in scripts
        shows_explorer = soup.find(class_="neurode-explorer") is not None
        assert ("explorers.js" in scripts) == shows_explorer, named(source)
        assert ("tasks.js" in scripts) == (soup.find(class_="nt") is not None), named(source)


def test_what_a_button_is_for_is_shown_without_a_script() -> None:
    for path in all_pages():
        assert not page(path).select('[data-bs-toggle="tooltip"]'), named(path)
    for path in written_pages():
        assert page(path).select_one(".theme-switch-button")["title"] == "Color mode", named(path)


def test_the_contents_begin_folded_where_something_wide_would_lie_under_them() -> None:
    """tests/browser/test_reading.py looks at what that does."""
    kinds = set()
    for path in written_pages():
        wide = page(path).select("article :is(.full-width, .tag_full-width, aside.margin)")
        lists = page(path).select(".bd-sidebar-secondary")
        assert not wide or lists, named(path)
        assert all(("hide" in one["class"]) is bool(wide) for one in lists), named(path)
        kinds |= {bool(wide)} if lists else set()
    assert kinds == {True, False}


def test_a_link_to_a_figure_arrives_without_scripts() -> None:
    for path in written_pages():
        for figure in page(path).select("figure.neurode-explorer"):
            assert page(path).find_all(id=figure["data-name"]) == [figure], named(path)


def test_the_policy_stands_before_everything_it_holds_for() -> None:
    for source in all_pages():
        head = page(source).head
        assert head is not None
        first = next(tag for tag in head.find_all(True) if tag.get("charset") is None)
        assert first.get("http-equiv") == "Content-Security-Policy", named(source)
        # No handler in an attribute: the policy would refuse it when it is too late to notice.
        handlers = [
            f"{named(source)}: {name}"
            for tag in page(source).find_all(True)
            for name in tag.attrs
            if name.startswith("on")
        ]
        assert not handlers


def test_formulas_are_set_and_can_be_read_aloud() -> None:
    counted = 0
    for source in all_pages():
        soup = page(source)
        assert not soup.find_all("neurode-formula"), named(source)
        for formula in soup.find_all(class_="math"):
            counted += 1
            assert formula.find("mjx-math", attrs={"aria-hidden": "true"}), named(source)
            spoken = formula.find("math") or formula.find(class_="visually-hidden")
            assert spoken is not None, named(source)
            assert spoken.get_text(strip=True), named(source)
            assert "\\" not in spoken.get_text(), named(source)
    assert counted > 100


def test_no_line_ends_between_a_formula_and_its_punctuation() -> None:
    counted = 0
    for source in all_pages():
        for formula in page(source).select("span.math"):
            if str(formula.next_sibling or "").startswith((".", ",", ";", ":", "!", "?", ")")):
                counted += 1
                assert formula.parent["class"] == ["formula-end"], named(source)
    assert counted > 100
    style = (SITE / "_static" / "site.css").read_text(encoding="utf-8")
    assert re.search(r"\.formula-end\s*\{\s*white-space:\s*nowrap", style)


def test_what_comes_from_others_is_named_with_version_and_licence() -> None:
    book = SITE.parents[1] / "book"
    listed = json.loads((book / "_static" / "vendor" / "VERSIONS.json").read_text())
    folders = {path for part in ("_static", "_ext") for path in (book / part / "vendor").glob("*/")}
    assert {book / one["folder"] for one in listed} == folders
    for one in listed:
        assert one["version"]
        assert one["licence"]
        assert (book / one["folder"] / "LICENSE").stat().st_size > 1000


def test_the_page_on_faults_says_of_which_version_its_mutation_figures_are() -> None:
    table = page(SITE / "book/faults.html").find(id="would-the-tests-notice").table
    rows = [[cell.text for cell in row.find_all("td")] for row in table.find_all("tr")[1:]]
    shown = {f"neurode_lib/{row[0]}": row[1] for row in rows}
    measured = mutation_figures.figures()
    assert set(measured) <= set(shown)
    for name, version in shown.items():
        assert version.startswith(mutation_figures.version_measured(name)), name


def test_the_page_of_figures_lists_those_that_can_be_downloaded() -> None:
    links = page(SITE / "book/figures.html").select("article li a.reference")
    numbers = {link.get_text() for link in links}
    with zipfile.ZipFile(SITE / "neurode-figures.zip") as archive:
        names = archive.namelist()
        assert b"CC BY 4.0" in archive.read("LICENCE.txt")
    packed = {name for name in names if name.endswith(".png")}
    assert len(numbers) == len(links) == len(packed)
    captions = [
        caption
        for source in sorted((SITE / "notebooks").glob("*.html"))
        for caption in page(source).select("figcaption .caption-number")
    ]
    assert len(captions) == len(packed)


def test_chapters_with_checked_exercises_offer_them_without_solutions() -> None:
    offered = {path.stem for path in (SITE / "exercises").glob("*.ipynb")}
    assert offered
    for source in sorted((SITE / "notebooks").glob("*.html")):
        links = page(source).select("a[download][href^='../exercises/']")
        assert (len(links) == 1) == (source.stem in offered), named(source)


def test_the_slides_of_a_session_hold_its_figures_and_need_nothing_else() -> None:
    with zipfile.ZipFile(SITE / "neurode-slides.zip") as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert len(texts) == 6
    for name, text in texts.items():
        soup = BeautifulSoup(text, "html.parser")
        assert len(soup.find_all("section")) > 8, name
        assert soup.find_all("figure"), name
        fetched = [
            tag.get("src") or tag.get("href") for tag in soup.find_all(["img", "script", "link"])
        ]
        assert all(one is None or one.startswith("data:") for one in fetched), name
        assert not soup.find("mjx-container"), name
        openings = [one for one in soup.find_all("section") if one.find("h1")][1:]
        assert openings, name
        for slide in openings:
            assert "In this chapter" in slide.get_text(), (name, slide.h1)
        for slide in soup.find_all("section"):
            assert "Show the code" not in slide.get_text(), (name, slide)
