"""The page "What the sources say" has an entry for every work that is cited, and for no other."""

from __future__ import annotations

import importlib
import json
import re
from collections import defaultdict
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
# A link to a work that the site took for no citation: the bibliography lacks its address.
PLAIN_LINK = re.compile(r"\]\((https://(?:doi\.org|arxiv\.org)/(?:[^()\s]|\([^()]*\))+)\)")
CITATION = re.compile(r"\{cite:[tp]\}`([^`]+)`")
ENTRY = re.compile(r"^\{cite:t\}`(?P<key>\w+)`, (?:chapters? )?(?P<where>.+)\n: ", re.MULTILINE)


@pytest.fixture(scope="module")
def site_chapters() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT))
        patch.syspath_prepend(str(ROOT / "book" / "_ext"))
        return importlib.import_module("site_chapters")


@pytest.fixture(scope="module")
def texts(site_chapters: ModuleType) -> dict[str, str]:
    """Chapters by their numbers, as Sphinx gets them, and pages by their names."""
    texts = {}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        shown = site_chapters.cells_for_sphinx(cells, f"notebooks/{path.stem}")
        texts[str(int(path.stem[:2]))] = json.dumps(shown)
    for path in (ROOT / "index.md", *sorted((ROOT / "book").rglob("*.md"))):
        name = "front page" if path.stem == "index" else path.stem
        texts[name] = texts.get(name, "") + path.read_text(encoding="utf-8")
    del texts["sources"]
    return texts


@pytest.fixture(scope="module")
def citations(texts: dict[str, str]) -> dict[str, set[str]]:
    """Where each work is cited."""
    found: dict[str, set[str]] = defaultdict(set)
    for where, text in texts.items():
        for keys in CITATION.findall(text):
            for key in keys.split(","):
                found[key].add(where)
    return found


def test_every_cited_work_has_one_entry_that_says_where_and_every_entry_is_cited(
    citations: dict[str, set[str]],
) -> None:
    page = (ROOT / "book" / "sources.md").read_text(encoding="utf-8")
    entries = [
        (entry["key"], set(re.split(", | and ", entry["where"]))) for entry in ENTRY.finditer(page)
    ]
    assert len(entries) == page.count("{cite:t}`") > 40
    assert dict(entries) == citations
    assert len(dict(entries)) == len(entries)


def test_the_bibliography_holds_what_is_cited_and_nothing_else(
    site_chapters: ModuleType, citations: dict[str, set[str]]
) -> None:
    assert sorted(key for key, _, _ in site_chapters.works().values()) == sorted(citations)


def test_every_link_to_a_work_is_a_citation(texts: dict[str, str]) -> None:
    chapters = {where: text for where, text in texts.items() if where.isdigit()}
    links = {where: PLAIN_LINK.findall(text) for where, text in chapters.items()}
    assert {where: found for where, found in links.items() if found} == {}
