"""Pages without what only the site can do: no folds, nothing to press, links inside the book.

Where an interactive figure stands, its still stays, with a link to the live one. Code that only
draws a figure is left out. Hints, answers and solutions, which the site folds, go to the chapter's
end, each with a link there and back.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from urllib.parse import unquote

from bs4 import BeautifulSoup, Tag

from tools.editions.contents import Book, Chapter, words

ENDINGS = "Hints, answers, solutions"
# What is there for scripts, for readers in the dark, or to point at a heading.
UNWANTED = (
    "script, button, form, a.headerlink, .only-dark, .nt, picture > source, "
    "div.cell:not(.tag_hide-cell) > details.hide, .toctree-wrapper"
)
REFERENCE = re.compile(r"url\(#([^)]+)\)")


def plain_pages(book: Book, *, link: Callable[[Chapter, str], str]) -> dict[str, Tag]:
    """Every chapter's article, by the chapter's name, without what only the site can do.

    ``link`` writes the address of an element of the book: it is given the chapter, and the
    identifier of the element or, for the chapter's beginning, an empty text.
    """
    pages = {chapter.name: plain(chapter, book) for chapter in book.chapters}
    chapters = {chapter.name: chapter for chapter in book.chapters}
    known = {name: {str(e["id"]) for e in page.select("[id]")} for name, page in pages.items()}
    for name, page in pages.items():
        for anchor in page.find_all("a", href=True):
            anchor["href"] = target(str(anchor["href"]), name, book, chapters, known, link)
            if not anchor["href"]:
                anchor.unwrap()
    return pages


def target(
    href: str,
    name: str,
    book: Book,
    chapters: dict[str, Chapter],
    known: dict[str, set[str]],
    link: Callable[[Chapter, str], str],
) -> str:
    """Where a link of page ``name`` leads: into the book, to the site, or, empty, nowhere."""
    if re.match(r"[a-z]+:", href):
        return href
    path, _, fragment = href.partition("#")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else ""
    page = path.removesuffix(".html") or name
    # What follows a question mark sets a figure, which only the site can do.
    if page in chapters and "?" not in fragment:
        chapter = chapters[page]
        identifier = f"{chapter.mark}.{unquote(fragment)}"
        return link(chapter, identifier if identifier in known[page] else "")
    if not book.address:
        return ""
    return f"{book.address}{path or name + '.html'}" + (f"#{fragment}" if fragment else "")


def plain(chapter: Chapter, book: Book) -> Tag:
    """One page; links stay as they are, and identifiers begin with the page's mark."""
    soup = BeautifulSoup(str(chapter.article), "html.parser")
    page = soup.article
    assert page is not None
    for unwanted in page.select(UNWANTED):
        unwanted.decompose()
    for cell in page.select("div.cell"):
        if not cell.find(True):
            cell.decompose()
    for picture in page.find_all("picture"):
        picture.unwrap()
    for image in page.find_all("img"):
        # A page that nobody scrolls would never load it.
        for attribute in ("loading", "decoding"):
            image.attrs.pop(attribute, None)
    for figure in page.select("figure.neurode-explorer"):
        show_still(figure, chapter, book, soup)
    collect_folds(page, soup)
    for element in page.find_all(True):
        mark_identifiers(element, chapter.mark)
    return page


def show_still(figure: Tag, chapter: Chapter, book: Book, soup: BeautifulSoup) -> None:
    """Leave a figure's still; the caption says where the live one is."""
    name = str(figure.get("data-name", ""))
    for attribute in [key for key in figure.attrs if key.startswith("data-")]:
        del figure[attribute]
    figure["id"] = name
    caption = figure.find("figcaption")
    if caption is None:
        caption = soup.new_tag("figcaption")
        figure.append(caption)
    caption.clear()
    place = f"{chapter.name}.html#{name}"
    if book.address:
        live = soup.new_tag("a", href=f"{book.address}{place}")
        live.string = f"{book.address}{place}"
        caption.extend(["A still picture. The figure computes on the site: ", live])
    else:
        caption.append(
            f"A still picture. The figure computes on the book's site, on the page {place}. "
            "(This copy was made without the site's address.)"
        )


def collect_folds(page: Tag, soup: BeautifulSoup) -> None:
    """Move what is folded to the page's end; a link is left in its place."""
    for fold in page.select("details.claim-method"):
        # A table's cell: its text belongs beside the claim.
        unfold(fold, soup)
    folds = [fold for fold in page.find_all("details") if not fold.find_parent("details")]
    if not folds:
        return
    ending = soup.new_tag("section", id="endings", attrs={"class": "endings"})
    heading = soup.new_tag("h2")
    heading.string = ENDINGS
    ending.append(heading)
    for number, fold in enumerate(folds, 1):
        kind, of = name_fold(fold)
        box = soup.new_tag("div", id=f"ending-{number}", attrs={"class": "ending"})
        title = soup.new_tag("h3")
        back = soup.new_tag("a", href=f"#fold-{number}")
        back.string = f"{kind}: {of}" if of else kind
        title.append(back)
        there = soup.new_tag("p", id=f"fold-{number}", attrs={"class": "fold"})
        link = soup.new_tag("a", href=f"#ending-{number}")
        link.string = f"{kind}: at the chapter's end"
        there.append(link)
        fold.insert_before(there)
        fold.summary.decompose()
        box.append(title)
        box.extend(list(fold.contents))
        fold.decompose()
        ending.append(box)
    (page.find("section") or page).append(ending)


def name_fold(fold: Tag) -> tuple[str, str]:
    """What a fold holds, and of what: ``("Answer", "Task: the lowest current")``."""
    if fold.find_parent("div", class_="tag_hide-cell"):
        # The exercise's text before it begins with its number and name in bold.
        exercise = next(
            (bold for p in fold.find_all_previous("p") if (bold := p.select_one("strong"))), None
        )
        return "Solution", words(exercise).rstrip(".") if exercise else ""
    box = fold.find_parent("div", class_="admonition")
    title = box.find("p", class_="admonition-title") if box else None
    return words(fold.summary), words(title) if title else ""


def unfold(fold: Tag, soup: BeautifulSoup) -> None:
    """Put a fold's text in its place, after its title in italics."""
    title = soup.new_tag("em")
    title.extend([*fold.summary.contents, ": "])
    fold.summary.replace_with(title)
    fold.name = "div"
    fold.attrs.pop("open", None)


def mark_identifiers(element: Tag, mark: str) -> None:
    """Make an element's identifier one that no other page has; follow it where it is named."""
    for attribute, value in list(element.attrs.items()):
        text = " ".join(value) if isinstance(value, list) else value
        if attribute in ("id", "for"):
            element[attribute] = f"{mark}.{text}"
        elif attribute in ("aria-labelledby", "aria-describedby", "headers"):
            element[attribute] = " ".join(f"{mark}.{part}" for part in text.split())
        elif "url(#" in text:
            element[attribute] = REFERENCE.sub(rf"url(#{mark}.\1)", text)
