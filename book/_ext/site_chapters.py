"""Chapters on the site: notebooks in plain Markdown become what Sphinx can number and cross-link.

A chapter holds nothing that only Sphinx understands, so that it reads well in every viewer. Before
a notebook is parsed, this turns

- cells of prose (``%%prose``) into Markdown with the numbers of the stored run;
- ``**Fig. 1.2** A caption.``, alone in the cell after a figure's, into the figure's caption;
- ``Fig. 1.2`` in a sentence into a link to that figure;
- a quotation that begins with a line in bold, ``> **Note**``, into a box with that title; one that
  begins ``> **Task: …**`` or ``> **Question: …**`` into a box that checks answers (site_tasks.py);
- ``([Hodgkin and Huxley, 1952](https://doi.org/…))`` into a citation, if the bibliography has that
  address; a work that a sentence names is written ``[Hodgkin and Huxley (1952)](…)``;
- the first use of each term of the glossary into a link to it (site_glossary.py);
- and what comes first into what is seen first: the question, the figure and what is said about it
  or before it; only then the chapter's aims, its parameters and its imports, which had to run.

Below ``## Exercises`` it offers the notebook of exercises (tools/make_exercises.py).

``{computed}`10_name: expression``` in a page that is no notebook is the value that an expression
of that chapter's prose had. CONTRIBUTING.md tells authors how to write all this.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pybtex.database
import site_glossary
import site_tasks
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from tools.make_exercises import CHECK, EXERCISES, tags_of

ROOT = Path(__file__).resolve().parent.parent.parent
MAGIC = "%%prose\n"

CAPTION = re.compile(r"\s*\*\*Fig\. (?P<number>\d+\.\d+)\*\*\s+(?P<caption>.+)", re.DOTALL)
MENTION = re.compile(r"\bFig\. (\d+\.\d+)")
QUOTATION = re.compile(r"^> \*\*(?P<title>[^*\n]+)\*\*\n(?P<body>(?:>.*(?:\n|\Z))*)", re.MULTILINE)
ADDRESS = r"\((?P<address>https?://(?:[^()\s]|\([^()\s]*\))+)\)"
LINK = re.compile(rf"\[(?P<text>[^][]+)\]{ADDRESS}")
IN_BRACKETS = re.compile(rf"\((?:{re.sub(r'[?]P<[a-z]+>', '?:', LINK.pattern)}(?:; )?)+\)")
HEADING = re.compile(r"^#", re.MULTILINE)
PICTURES = {"image/png", "image/svg+xml", "text/html"}
# Fenced code, which is left alone.
CODE = re.compile(r"(^```.*?^```[ \t]*$)", re.DOTALL | re.MULTILINE)

logger = logging.getLogger(__name__)


@cache
def works() -> dict[str, tuple[str, str, str]]:
    """Works of the bibliography by address: key, how a text cites it, and names it."""
    by_address = {}
    for key, entry in pybtex.database.parse_file(ROOT / "book" / "references.bib").entries.items():
        field = entry.fields
        if "doi" in field:
            address = f"https://doi.org/{field['doi']}"
        elif "eprint" in field:
            address = f"https://arxiv.org/abs/{field['eprint']}"
        else:
            address = field["howpublished"].removeprefix(r"\url{").removesuffix("}")
        authors = [
            " ".join(str(part) for part in [*one.rich_prelast_names, *one.rich_last_names])
            for one in entry.persons["author"]
        ]
        names = f"{authors[0]} et al." if len(authors) > 2 else " and ".join(authors)
        by_address[address] = (key, f"{names}, {field['year']}", f"{names} ({field['year']})")
    return by_address


def citation(link: re.Match[str], page: str) -> str:
    """A link to a work as a citation; other links stay."""
    if link["address"] not in works():
        return link[0]
    key, in_brackets, in_sentence = works()[link["address"]]
    if link["text"] not in (in_brackets, in_sentence):
        logger.warning(
            f"{link['text']!r} should be {in_brackets!r} or {in_sentence!r}", location=page
        )
    return f"{{cite:{'t' if link['text'] == in_sentence else 'p'}}}`{key}`"


def citations(group: re.Match[str], page: str) -> str:
    """Works in round brackets as one citation."""
    addresses = [link["address"] for link in LINK.finditer(group[0])]
    roles = [citation(link, page) for link in LINK.finditer(group[0])]
    if not all(address in works() for address in addresses):
        return group[0]
    if len(roles) == 1:
        return roles[0]
    return f"{{cite:p}}`{','.join(works()[address][0] for address in addresses)}`"


def box(quotation: re.Match[str], page: str) -> str:
    """A quotation that begins with a line in bold as a box with that title."""
    title = quotation["title"].rstrip(".")
    body = re.sub(r"^> ?", "", quotation["body"], flags=re.MULTILINE).strip("\n")
    if site_tasks.TITLE.match(title):
        body = site_tasks.with_mark(page, title, body)
    return f":::{{admonition}} {title}\n:class: tip\n{body}\n:::\n"


def markdown_for_sphinx(text: str, figures: dict[str, str], page: str) -> str:
    """Plain Markdown as MyST; ``figures`` are names by number."""

    def mention(match: re.Match[str]) -> str:
        if match[1] not in figures:
            logger.warning(f"there is no {match[0]}", location=page)
            return match[0]
        return f"{{numref}}`{figures[match[1]]}`"

    parts = CODE.split(text)
    for i in range(0, len(parts), 2):
        part = IN_BRACKETS.sub(lambda group: citations(group, page), parts[i])
        part = LINK.sub(lambda link: citation(link, page), part)
        parts[i] = MENTION.sub(mention, QUOTATION.sub(lambda quoted: box(quoted, page), part))
    return "".join(parts)


def offer(page: str) -> str:
    """The notebook of a chapter's exercises, for download; it is written when the site is built."""
    address = f"../exercises/{Path(page).name}.ipynb"
    return (
        f'<a href="{address}" download>These exercises as a notebook</a>, without solutions, with '
        "cells that check yours.\n"
    )


def joined(source: str | list[str]) -> str:
    """Text that a notebook file may hold as a list of lines."""
    return source if isinstance(source, str) else "".join(source)


def markdown_of(cell: dict[str, Any]) -> str | None:
    """Text of a Markdown cell, or of a cell of prose as it was shown; None for other cells."""
    source = joined(cell["source"])
    if cell["cell_type"] == "markdown":
        return source
    if not source.startswith(MAGIC):
        return None
    texts = [o["data"]["text/markdown"] for o in cell["outputs"] if "data" in o]
    if len(texts) != 1:
        raise ValueError(f"the cell {cell['id']} has not run: make execute")
    return joined(texts[0])


def cells_for_sphinx(cells: list[dict[str, Any]], page: str) -> list[dict[str, Any]]:
    """Cells of a chapter, as the module's text says."""
    result: list[dict[str, Any]] = []
    figures: dict[str, str] = {}
    for cell in cells:
        text = markdown_of(cell)
        if text is None:
            result.append(cell)
        elif caption := CAPTION.fullmatch(text):
            figure = result[-1].get("metadata", {}).get("mystnb", {}).get("figure")
            if figure is None:
                raise ValueError(f"Fig. {caption['number']} stands after a cell without a figure")
            figure["caption"] = " ".join(caption["caption"].split())
            figures[caption["number"]] = figure["name"]
        else:
            identity = {"id": cell["id"], "metadata": {}} if "id" in cell else {"metadata": {}}
            result.append({**identity, "cell_type": "markdown", "source": text})
    result = figure_first(result)
    seen: set[str] = set()
    offered = any(CHECK in tags_of(cell) for cell in cells)
    for cell in result:
        if cell["cell_type"] == "markdown":
            if offered:
                cell["source"] = EXERCISES.sub(rf"\g<0>\n{offer(page)}\n", cell["source"])
            text = site_glossary.link_terms(cell["source"], page, seen)
            cell["source"] = markdown_for_sphinx(text, figures, page)
        elif figure := cell["metadata"].get("mystnb", {}).get("figure"):
            figure["caption"] = markdown_for_sphinx(figure["caption"], figures, page)
    return result


def shows_a_picture(cell: dict[str, Any]) -> bool:
    """Whether a cell's output is a figure, still or interactive."""
    return any(PICTURES & output.get("data", {}).keys() for output in cell.get("outputs", []))


def figure_first(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Put the first figure, and the text that belongs to it, right below the chapter's question."""
    first = next((n for n, cell in enumerate(cells) if shows_a_picture(cell)), 0)
    question, quotation, aims = joined(cells[0]["source"]).partition("\n> **")
    if first == 0 or not quotation:
        return cells
    end = first + 1
    while end < len(cells) and cells[end]["cell_type"] == "markdown":
        if HEADING.search(joined(cells[end]["source"])):
            break
        end += 1
    tags = [*cells[first]["metadata"].get("tags", []), "first-figure"]
    cells[first]["metadata"] = {**cells[first]["metadata"], "tags": tags}
    identity = {"id": f"{cells[0]['id']}-aims"} if "id" in cells[0] else {}
    return [
        {**cells[0], "source": question},
        *cells[first:end],
        *(cell for cell in cells[1:first] if cell["cell_type"] == "markdown"),
        {**cells[0], **identity, "source": quotation + aims},
        *(cell for cell in cells[1:first] if cell["cell_type"] == "code"),
        *cells[end:],
    ]


def with_first_uses(glossary: str) -> str:
    """The glossary's page, with a link from each entry to the first chapter that uses its words."""
    first: dict[str, Path] = {}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        seen: set[str] = set()
        for cell in cells:
            site_glossary.link_terms(markdown_of(cell) or "", path.stem, seen)
        first = dict.fromkeys(seen, path) | first

    def add(entry: re.Match[str]) -> str:
        uses = [first[name] for name in entry["names"].splitlines() if name in first]
        if not uses:
            return entry[0]
        return f"{entry[0]}  First used in [](../notebooks/{min(uses).name}).\n"

    return site_glossary.ENTRY.sub(add, glossary)


def read_chapter(app: Sphinx, page: str, source: list[str]) -> None:
    """Before Sphinx parses a page."""
    if page == "book/glossary":
        source[0] = with_first_uses(source[0])
    if app.env.doc2path(page).endswith(".ipynb"):
        notebook = json.loads(source[0])
        notebook["cells"] = cells_for_sphinx(notebook["cells"], page)
        source[0] = json.dumps(notebook)


class Computed(SphinxRole):
    """A number that a chapter's prose computed: ``{computed}`10_name: expression```."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        chapter, _, expression = self.text.partition(": ")
        path = ROOT / "notebooks" / f"{chapter}.ipynb"
        self.env.note_dependency(str(path))
        values: dict[str, str] = {}
        for cell in json.loads(path.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", []):
                values |= output.get("metadata", {}).get("computed", {})
        if expression not in values:
            logger.warning(f"{chapter} states no {{{expression}}}", location=self.get_location())
        return [nodes.Text(values.get(expression, "?"))], []


def setup(app: Sphinx) -> None:
    """Connect to the build."""
    app.connect("source-read", read_chapter)
    app.add_role("computed", Computed())
