"""The book as an EPUB 3: a chapter a file, formulas as MathML, stills as SVG, pictures as PNG."""

from __future__ import annotations

import io
import re
import uuid
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from html import escape
from pathlib import Path

from bs4 import Tag
from PIL import Image
from pygments.formatters import HtmlFormatter

from tools.editions.contents import Book, Chapter
from tools.editions.plain import plain_pages
from tools.editions.title import Imprint, title_page

# The same site gives the same file: the earliest that a zip archive can say.
LONG_AGO = (1980, 1, 1, 0, 0, 0)
CONTAINER = (
    '<?xml version="1.0" encoding="utf-8"?>'
    '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    '<rootfile full-path="book/package.opf" media-type="application/oebps-package+xml"/>'
    "</rootfiles></container>"
)
STYLE = """
img, svg { max-width: 100%; height: auto }
pre, code { font-family: monospace; font-size: 0.85em }
pre { white-space: pre-wrap; overflow-wrap: anywhere; padding-left: 0.6em }
pre, .admonition { border-left: 3px solid #00666b }
figure { margin: 1em 0 }
figcaption, .fold { font-size: 0.85em }
table { border-collapse: collapse; font-size: 0.85em }
th, td { border-bottom: 1px solid #999; padding: 0.3em; text-align: left; vertical-align: top }
.admonition { padding-left: 0.8em; margin: 1em 0 }
.admonition-title { font-weight: bold }
.visually-hidden { display: none }
.title { text-align: center; margin-top: 20% }
"""
# HTML writes every name in small letters; in XML these names of SVG have their capitals.
CAPITALS = {
    "clippath": "clipPath",
    "lineargradient": "linearGradient",
    "viewbox": "viewBox",
    "preserveaspectratio": "preserveAspectRatio",
    "gradientunits": "gradientUnits",
    "pathlength": "pathLength",
    "markerwidth": "markerWidth",
    "markerheight": "markerHeight",
}
# What HTML no longer has, or has only for scripts and styles of the site.
UNKNOWN = {"align", "valign", "border", "tabindex", "download", "frame", "rules"}
NAMESPACES = {
    "svg": "http://www.w3.org/2000/svg",
    "math": "http://www.w3.org/1998/Math/MathML",
}
MEDIA = {".png": "image/png", ".jpg": "image/jpeg", ".gif": "image/gif", ".svg": "image/svg+xml"}
# How the package names what a page holds beside XHTML.
FOREIGN = {"svg": "svg", "math": "mathml"}
# Control characters, as terminals take them: XML has no place for them.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


@dataclass
class Pictures:
    """The pictures that the chapters show, in forms that every reader of EPUBs can draw."""

    files: dict[str, bytes] = field(default_factory=dict)

    def add(self, path: Path) -> str:
        """Take a picture in; returns its name."""
        if path.suffix in MEDIA:
            name, data = path.name, path.read_bytes()
        else:
            buffer = io.BytesIO()
            with Image.open(path) as picture:
                picture.save(buffer, "PNG", optimize=True)
            name, data = f"{path.stem}.png", buffer.getvalue()
        self.files[f"pictures/{name}"] = data
        return f"pictures/{name}"


def file_of(chapter: Chapter) -> str:
    """A chapter's file."""
    return f"{chapter.mark}.xhtml"


def link(chapter: Chapter, identifier: str) -> str:
    """Address of an element of the book."""
    return file_of(chapter) + (f"#{identifier}" if identifier else "")


def as_xml(article: Tag, page: Path, pictures: Pictures) -> str:
    """A plain article of ``page`` as XHTML."""
    for formula in article.find_all("mjx-container"):
        math = formula.find("math")
        if not isinstance(math, Tag):
            # The site says a lone formula in a table's header as text: book/_ext/site_formulas.py.
            formula.replace_with(formula.select_one(".visually-hidden").get_text())
            continue
        math["alttext"] = str(formula["data-tex"])
        if formula.get("display") == "true":
            math["display"] = "block"
        formula.replace_with(math)
    for image in article.find_all("img"):
        image["src"] = pictures.add((page.parent / str(image["src"])).resolve())
    for element in article.find_all(True):
        tidy(element)
    text = article.decode_contents(formatter="minimal")
    return CONTROL.sub("", text)


def tidy(element: Tag) -> None:
    """Name an element and its attributes as XML does, and leave out what EPUB does not know."""
    element.name = CAPITALS.get(element.name, element.name)
    if element.name in NAMESPACES:
        element["xmlns"] = NAMESPACES[element.name]
    in_math = element.name == "math" or element.find_parent("math") is not None
    for name, value in list(element.attrs.items()):
        # MathJax's notes on its own classes.
        unknown = name in UNKNOWN and not in_math
        if unknown or name.startswith("data-") or (in_math and name == "class"):
            del element[name]
        elif name in CAPITALS:
            del element[name]
            element[CAPITALS[name]] = value


def page(title: str, body: str) -> str:
    """A file of the EPUB."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" '
        'lang="en" xml:lang="en">'
        f"<head><title>{escape(title)}</title>"
        '<link rel="stylesheet" type="text/css" href="style.css"/></head>'
        f"<body>{body}</body></html>\n"
    )


def navigation(book: Book) -> str:
    """The table of contents, parts and their chapters."""
    parts: dict[str, list[Chapter]] = {}
    for chapter in book.chapters:
        parts.setdefault(chapter.part, []).append(chapter)
    lines = []
    for part, chapters in parts.items():
        entries = "".join(
            f'<li><a href="{file_of(chapter)}">{escape(chapter.title)}</a></li>'
            for chapter in chapters
        )
        lines.append(f"<li><span>{escape(part)}</span><ol>{entries}</ol></li>" if part else entries)
    body = f'<nav epub:type="toc" id="toc"><h1>Contents</h1><ol>{"".join(lines)}</ol></nav>'
    return page("Contents", body)


def package(book: Book, imprint: Imprint, files: dict[str, str], pictures: Pictures) -> str:
    """The list of what is in the EPUB, and what it is."""
    items = ['<item id="style" href="style.css" media-type="text/css"/>']
    spine = []
    for number, (name, text) in enumerate(files.items()):
        marks = [mark for tag, mark in FOREIGN.items() if f"<{tag} " in text]
        if name == "contents.xhtml":
            marks.append("nav")
        attribute = f' properties="{" ".join(marks)}"' if marks else ""
        media = "application/xhtml+xml"
        items.append(f'<item id="page-{number}" href="{name}" media-type="{media}"{attribute}/>')
        spine.append(f'<itemref idref="page-{number}"/>')
    for number, name in enumerate(pictures.files):
        media = MEDIA[Path(name).suffix]
        items.append(f'<item id="picture-{number}" href="{name}" media-type="{media}"/>')
    identifier = uuid.uuid5(uuid.NAMESPACE_URL, f"neurode {imprint.version}")
    modified = datetime(int(imprint.year), 1, 1, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id" '
        'xml:lang="en"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<dc:identifier id="id">urn:uuid:{identifier}</dc:identifier>'
        f"<dc:title>{escape(book.title)}</dc:title><dc:language>en</dc:language>"
        f"<dc:creator>{escape(imprint.authors)}</dc:creator>"
        f"<dc:rights>{escape(imprint.copyright)}; {escape(imprint.licence)}</dc:rights>"
        f"<dc:description>{escape(imprint.line)}</dc:description>"
        f'<meta property="dcterms:modified">{modified}</meta></metadata>'
        f"<manifest>{''.join(items)}</manifest><spine>{''.join(spine)}</spine></package>\n"
    )


def write_epub(book: Book, imprint: Imprint, path: Path) -> None:
    """Write the book to ``path``."""
    pictures = Pictures()
    articles = plain_pages(book, link=link)
    files = {
        "title.xhtml": page(
            book.title, f'<section class="title">{title_page(book, imprint)}</section>'
        ),
        "contents.xhtml": navigation(book),
    }
    for chapter in book.chapters:
        body = as_xml(articles[chapter.name], book.site / f"{chapter.name}.html", pictures)
        files[file_of(chapter)] = page(chapter.title, body)
    code = HtmlFormatter(style="a11y-high-contrast-light").get_style_defs(".highlight")
    contents: dict[str, str | bytes] = {
        "META-INF/container.xml": CONTAINER,
        "book/package.opf": package(book, imprint, files, pictures),
        "book/style.css": f"{STYLE}\n{code}\n",
        **{f"book/{name}": text for name, text in files.items()},
        **{f"book/{name}": data for name, data in pictures.files.items()},
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".epub-part")
    with zipfile.ZipFile(unfinished, "w") as archive:
        # Readers know the file by its first entry, which is not compressed.
        write(archive, "mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        for name, data in contents.items():
            write(archive, name, data, zipfile.ZIP_DEFLATED)
    unfinished.replace(path)


def write(archive: zipfile.ZipFile, name: str, data: str | bytes, how: int) -> None:
    """Add a file that looks the same whenever it is made."""
    entry = zipfile.ZipInfo(name, LONG_AGO)
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data, how)
