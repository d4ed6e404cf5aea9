"""The book as a PDF: all pages in one document, which Chromium prints with the site's styles.

It is printed twice: after the first time it is known on which page each chapter begins, which the
table of contents says.
"""

from __future__ import annotations

import os
from html import escape
from pathlib import Path

from bs4 import Tag
from playwright.sync_api import sync_playwright
from pypdf import PdfReader, PdfWriter

from tools.browser import launch
from tools.editions.contents import Book, Chapter
from tools.editions.plain import plain_pages
from tools.editions.title import Imprint, title_page

STYLE = """
.bd-content { display: block !important; margin: 0 !important }
.bd-article h1, .bd-main .bd-content .bd-article h1:first-of-type { display: block !important }
/* Each with the space above it that a new page cuts off. */
.edition-chapter { break-before: page }
.edition-title { padding-top: 45mm; text-align: center }
.edition-title p { max-width: 34em; margin-inline: auto }
.edition-contents ol { list-style: none; padding: 0 }
.edition-contents li { display: flex; gap: 1em; break-inside: avoid }
.edition-contents li > a { flex: 1; text-decoration: none; color: inherit }
.edition-contents { font-size: 9.5pt !important; line-height: 1.35 }
.edition-contents p { margin: 0.6em 0 0.2em; font-weight: 600; break-after: avoid }
.endings h3 { font-size: 1.05em; margin: 1.2em 0 0.3em }
p.fold { font-size: 0.9em }
div.claim-method { font-size: 6.5pt !important }
article section { content-visibility: visible !important }
"""
FOOTER = (
    '<div style="width:100%;text-align:center;font:8pt sans-serif;color:#444">'
    '<span class="pageNumber"></span></div>'
)


def start_of(chapter: Chapter) -> str:
    """Identifier of a chapter's first line."""
    return f"start.{chapter.mark}"


def document(book: Book, imprint: Imprint, folder: Path, pages: dict[str, int]) -> str:
    """The whole book as one HTML page in ``folder``; ``pages`` are the chapters' page numbers."""
    articles = plain_pages(
        book, link=lambda chapter, identifier: f"#{identifier or start_of(chapter)}"
    )
    bodies = []
    for chapter in book.chapters:
        article = articles[chapter.name]
        find_pictures(article, book.site / f"{chapter.name}.html", folder)
        bodies.append(
            f'<section class="edition-chapter" id="{start_of(chapter)}">'
            f'<article class="bd-article">{article.decode_contents()}</article></section>'
        )
    sheet = os.path.relpath(book.site / "_static" / "site.css", folder)
    return (
        '<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8">'
        f"<title>{escape(book.title)}</title>"
        f'<link rel="stylesheet" href="{Path(sheet).as_posix()}"><style>{STYLE}</style></head>'
        '<body><main class="bd-main"><div class="bd-content"><div class="bd-article-container">'
        f'<section class="edition-title bd-article">{title_page(book, imprint)}</section>'
        f"{contents(book, pages)}{''.join(bodies)}</div></div></main></body></html>"
    )


def contents(book: Book, pages: dict[str, int]) -> str:
    """The table of contents, with page numbers as far as they are known."""
    lines = []
    part = None
    for chapter in book.chapters:
        if chapter.part != part:
            lines.append(f"{'</ol>' if part is not None else ''}<p>{escape(chapter.part)}</p><ol>")
            part = chapter.part
        lines.append(
            f'<li><a href="#{start_of(chapter)}">{escape(chapter.title)}</a>'
            f"<span>{pages.get(chapter.name, '')}</span></li>"
        )
    return (
        '<section class="edition-chapter edition-contents bd-article"><h1>Contents</h1>'
        f"{''.join(lines)}</ol></section>"
    )


def find_pictures(article: Tag, page: Path, folder: Path) -> None:
    """Write the pictures' addresses, which are from ``page``, as they are from ``folder``."""
    for image in article.find_all("img"):
        path = (page.parent / str(image["src"])).resolve()
        image["src"] = Path(os.path.relpath(path, folder.resolve())).as_posix()


def first_pages(book: Book, path: Path) -> dict[str, int]:
    """The page on which each chapter begins, by the links into it."""
    reader = PdfReader(path)
    # Chromium writes them as names of PDF, which begin with a slash.
    places = {name.lstrip("/"): place for name, place in reader.named_destinations.items()}
    found = {}
    for chapter in book.chapters:
        number = reader.get_destination_page_number(places[start_of(chapter)])
        assert number is not None, f"{chapter.name} begins on no page"
        found[chapter.name] = number + 1
    return found


def write_pdf(book: Book, imprint: Imprint, path: Path) -> None:
    """Write the book to ``path``; the HTML that is printed stands beside it while that lasts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    source = path.with_suffix(".html")
    printed = path.with_suffix(".pdf-part")
    pages: dict[str, int] = {}
    with sync_playwright() as playwright:
        browser = launch(playwright)
        # Without scripts the figures stay stills.
        page = browser.new_context(java_script_enabled=False).new_page()
        page.set_default_timeout(0)
        for _ in range(2):
            source.write_text(document(book, imprint, path.parent, pages), encoding="utf-8")
            page.goto(source.resolve().as_uri())
            page.pdf(
                path=printed,
                format="A4",
                outline=True,
                tagged=True,
                print_background=True,
                display_header_footer=True,
                header_template="<span></span>",
                footer_template=FOOTER,
                margin={"top": "18mm", "bottom": "18mm", "left": "16mm", "right": "16mm"},
            )
            pages = first_pages(book, printed)
        browser.close()
    reader = PdfReader(printed)
    writer = PdfWriter(clone_from=reader)
    # Else it says that it is of an older version than what it holds.
    writer.pdf_header = reader.pdf_header
    writer.add_metadata(
        {"/Title": book.title, "/Author": imprint.authors, "/Subject": imprint.line}
    )
    with printed.open("wb") as file:
        writer.write(file)
    printed.replace(path)
    source.unlink()
