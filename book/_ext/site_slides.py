"""Slides for the course of book/for_teachers.md, one file for each session, in an archive.

They are made of the finished pages: for each chapter of a session its question and aims, its
figures with their captions, its tasks, and what was found. A file needs nothing beside it: pictures
are in it, formulas are MathML. Arrow keys go from slide to slide; printed, each slide is a page.
"""

from __future__ import annotations

import base64
import re
import zipfile
from collections.abc import Iterator
from copy import copy
from html import escape
from pathlib import Path

from bs4 import BeautifulSoup, Tag

ROOT = Path(__file__).resolve().parent.parent.parent
ARCHIVE = "neurode-slides.zip"
# | 1 | What does a neuron do? | [1](../notebooks/01_fitzhugh_nagumo.ipynb) | ...
SESSION = re.compile(
    r"^\| (?P<number>\d+) \| (?P<question>[^|]+) \| (?P<chapters>[^|]+) \|", re.MULTILINE
)
CHAPTER = re.compile(r"\]\(\.\./(notebooks/\w+)\.ipynb\)")
# The earliest that a zip archive can say: the same pages give the same archive.
LONG_AGO = (1980, 1, 1, 0, 0, 0)
# So many letters fit on a slide beside a heading, in a list or text, and in a table.
MOST_LETTERS, MOST_IN_TABLE = 900, 600
STYLE = """
body { margin: 0; font: 1.6rem/1.4 Georgia, serif; color: #1a1a1a; background: #fff }
body > section { box-sizing: border-box; min-height: 100vh; padding: 4vh 8vw; break-after: page;
  display: flex; flex-direction: column; justify-content: center; scroll-snap-align: start }
html { scroll-snap-type: y proximity }
h1, h2, p.from { font-family: system-ui, sans-serif } h1 { font-size: 2.6rem }
p.from { color: #555; font-size: 1rem; order: 9 }
figure { margin: 0 } figcaption { font-size: 1.05rem }
img { width: 100%; height: 58vh; object-fit: contain }
li { margin: 0.35em 0 } details, .small { font-size: 1.2rem } .small p { margin: 0.4em 0 }
table { border-collapse: collapse; font-size: 1.1rem }
th, td { padding: 0.3em 0.6em; text-align: left; vertical-align: top; border-top: 1px solid #bbb }
"""
KEYS = """
addEventListener("keydown", (event) => {
  const on = { ArrowRight: 1, ArrowDown: 1, PageDown: 1, " ": 1 };
  const by = { ...on, ArrowLeft: -1, ArrowUp: -1, PageUp: -1 };
  if (!(event.key in by)) return;
  event.preventDefault();
  const slides = [...document.querySelectorAll("body > section")];
  const at = slides.findLastIndex((one) => one.getBoundingClientRect().top < innerHeight / 2);
  slides[Math.min(slides.length - 1, Math.max(0, at + by[event.key]))].scrollIntoView();
});
"""


def sessions() -> list[tuple[str, str, list[str]]]:
    """Number, question and chapters of each session, from the table for teachers."""
    table = (ROOT / "book" / "for_teachers.md").read_text(encoding="utf-8")
    return [
        (row["number"], row["question"].strip(), CHAPTER.findall(row["chapters"]))
        for row in SESSION.finditer(table)
    ]


def plain(element: Tag, site: Path) -> str:
    """An element without what only the site can show: formulas as MathML, pictures as data."""
    own = BeautifulSoup(str(element), "html.parser")
    for formula in own.find_all("mjx-container"):
        formula.replace_with(formula.find("math") or formula["data-tex"])
    for picture in own.select("picture:has(.only-dark)"):
        picture.decompose()
    for unwanted in own.select("a.headerlink, .nt, source, details.hide"):
        unwanted.decompose()
    for link in own.find_all("a"):
        link.unwrap()
    for image in own.find_all("img"):
        data = base64.b64encode((site / "notebooks" / image["src"]).resolve().read_bytes())
        image.attrs = {"alt": image["alt"], "src": f"data:image/webp;base64,{data.decode()}"}
    return str(own)


def slides_of(chapter: str, site: Path) -> Iterator[str]:
    """The slides of one chapter."""
    soup = BeautifulSoup((site / f"{chapter}.html").read_text(encoding="utf-8"), "html.parser")
    article = soup.find("article")
    assert isinstance(article, Tag)
    title = article.find("h1")
    assert isinstance(title, Tag)
    aims = next(
        one
        for one in article.select(".admonition")
        if one.get_text(strip=True).startswith("In this chapter")
    )
    question = title.find_next("p")
    assert isinstance(question, Tag)
    yield f'{plain(title, site)}{plain(question, site)}<div class="small">{plain(aims, site)}</div>'
    # A live figure is for the page: its still has no caption, and says nothing by itself.
    shown = "figure[id]:not([data-explorer]), .admonition:has(> .nt), section[id^=what-we-found]"
    for part in article.select(shown):
        # What lies in a fold is an answer.
        if part.find_parent("details") is not None:
            continue
        if part.name == "section":
            yield from findings(part, site)
        else:
            yield plain(part, site)


def findings(section: Tag, site: Path) -> Iterator[str]:
    """What was found, on as many slides as it needs: lists and tables are cut between entries."""
    section = BeautifulSoup(plain(section, site), "html.parser").section
    heading = section.find("h2")
    for block in section.select("ul, table, section > p"):
        if block.find_parent(["ul", "table"]) is not None:
            continue
        entries = block.find_all(["li"]) or block.select("tbody > tr") or [block]
        most = MOST_IN_TABLE if block.name == "table" else MOST_LETTERS
        for group in fitting(entries, most):
            shown = copy(block)
            if group != [block]:
                for entry in shown.find_all("li") or shown.select("tbody > tr"):
                    entry.decompose()
                (shown.find("tbody") or shown).extend(copy(entry) for entry in group)
            yield f'{heading}<div class="small">{shown}</div>'


def fitting(entries: list[Tag], most: int) -> Iterator[list[Tag]]:
    """Entries in their order, in groups of so many letters at most, or of one entry."""
    group: list[Tag] = []
    letters = 0
    for entry in entries:
        more = len(entry.get_text())
        if group and letters + more > most:
            yield group
            group, letters = [], 0
        group.append(entry)
        letters += more
    if group:
        yield group


def write_archive(site: Path) -> None:
    """Pack one file for each session."""
    target = site / ARCHIVE
    unfinished = target.with_name(target.name + ".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as packed:
        for number, question, chapters in sessions():
            heading = f"Session {number}: {question}"
            pages = [f"<h1>{escape(heading)}</h1><p>From the book neurode. CC BY 4.0.</p>"]
            for chapter in chapters:
                source = f'<p class="from">neurode, {chapter.removeprefix("notebooks/")}</p>'
                pages += [slide + source for slide in slides_of(chapter, site)]
            body = "".join(f"<section>{page}</section>\n" for page in pages)
            text = (
                '<!doctype html><html lang="en"><head><meta charset="utf-8">'
                f"<title>{escape(heading)}</title><style>{STYLE}</style><script>{KEYS}</script>"
                f"</head><body>{body}</body></html>"
            )
            entry = zipfile.ZipInfo(f"session-{number}.html", LONG_AGO)
            packed.writestr(entry, text, zipfile.ZIP_DEFLATED)
    unfinished.replace(target)
