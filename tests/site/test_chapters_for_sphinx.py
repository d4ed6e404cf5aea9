"""Plain Markdown of a chapter becomes what Sphinx can number and cross-link."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SOURCE = Path(__file__).resolve().parents[2] / "book" / "_ext" / "site_chapters.py"


@pytest.fixture(scope="module")
def chapters() -> Iterator[ModuleType]:
    # It imports its neighbours as Sphinx has it do.
    sys.path.insert(0, str(SOURCE.parent))
    spec = importlib.util.spec_from_file_location("site_chapters", SOURCE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["site_chapters"] = module
    sys.path[:0] = [str(SOURCE.parent), str(SOURCE.parents[2])]
    spec.loader.exec_module(module)
    yield module
    sys.path.remove(str(SOURCE.parent))


def markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def prose(text: str, shown: str | None) -> dict[str, Any]:
    outputs = [] if shown is None else [{"data": {"text/markdown": shown}}]
    return {
        "cell_type": "code",
        "id": "here",
        "metadata": {"tags": ["hide-cell"]},
        "source": f"%%prose\n{text}",
        "outputs": outputs,
    }


def figure(name: str) -> dict[str, Any]:
    metadata = {"mystnb": {"figure": {"name": name}}}
    return {"cell_type": "code", "metadata": metadata, "source": "draw()", "outputs": []}


def test_prose_is_text_with_the_numbers_of_the_stored_run(chapters: ModuleType) -> None:
    (cell,) = chapters.cells_for_sphinx([prose("It has {n}.", "It has 3.")], "page")
    assert (cell["cell_type"], cell["source"]) == ("markdown", "It has 3.")


def test_prose_that_has_not_run_stops_the_build(chapters: ModuleType) -> None:
    with pytest.raises(ValueError, match="the cell here has not run"):
        chapters.cells_for_sphinx([prose("It has {n}.", None)], "page")


def test_the_first_figure_comes_first_and_keeps_what_is_said_about_it(chapters: ModuleType) -> None:
    drawn = {**figure("fig-a"), "metadata": {}, "outputs": [{"data": {"image/png": ""}}]}
    cells = [
        markdown("# Title\n\n**Why?**\n\n> **In this chapter**\n>\n> Aims."),
        {"cell_type": "code", "metadata": {}, "source": "import numpy", "outputs": []},
        drawn,
        markdown("Look at it."),
        markdown("More.\n\n## A section"),
    ]
    question, first, said, aims, imports, section = chapters.cells_for_sphinx(cells, "page")
    assert question["source"].strip() == "# Title\n\n**Why?**"
    assert first["source"] == "draw()"
    assert "first-figure" in first["metadata"]["tags"]
    assert said["source"] == "Look at it."
    assert "In this chapter" in aims["source"]
    assert imports["source"] == "import numpy"
    assert section["source"].endswith("## A section")


def test_captions_join_their_figures_and_mentions_link_to_them(chapters: ModuleType) -> None:
    cells = [
        markdown("As Fig. 1.2 shows."),
        figure("fig-a"),
        markdown("**Fig. 1.1** One\ncaption."),
        figure("fig-b"),
        prose("**Fig. 1.2** {n} dots.", "**Fig. 1.2** 3 dots."),
    ]
    text, first, second = chapters.cells_for_sphinx(cells, "page")
    assert text["source"] == "As {numref}`fig-b` shows."
    assert first["metadata"]["mystnb"]["figure"] == {"name": "fig-a", "caption": "One caption."}
    assert second["metadata"]["mystnb"]["figure"] == {"name": "fig-b", "caption": "3 dots."}


def test_a_caption_without_a_figure_stops_the_build(chapters: ModuleType) -> None:
    with pytest.raises(ValueError, match=r"Fig\. 1\.1 stands after a cell without a figure"):
        chapters.cells_for_sphinx([markdown("Text."), markdown("**Fig. 1.1** Caption.")], "page")


@pytest.mark.parametrize(
    ("plain", "myst"),
    [
        (
            "> **Note**\n>\n> First.\n>\n> - an item\n\nAfter.",
            ":::{admonition} Note\n:class: tip\nFirst.\n\n- an item\n:::\n\nAfter.",
        ),
        ("> Only a quotation.", "> Only a quotation."),
        (
            "so ([FitzHugh, 1961](https://doi.org/10.1016/S0006-3495(61)86902-6)).",
            "so {cite:p}`fitzhugh1961`.",
        ),
        (
            "([Chen et al., 2018](https://arxiv.org/abs/1806.07366); "
            "[Kidger, 2021](https://arxiv.org/abs/2202.02435))",
            "{cite:p}`chen2018,kidger2021`",
        ),
        (
            "by [Chen et al. (2018)](https://arxiv.org/abs/1806.07366).",
            "by {cite:t}`chen2018`.",
        ),
        ("([a page](https://example.org/x))", "([a page](https://example.org/x))"),
        ("```python\n> **Note**\n```", "```python\n> **Note**\n```"),
    ],
)
def test_plain_markdown_becomes_myst(chapters: ModuleType, plain: str, myst: str) -> None:
    assert chapters.markdown_for_sphinx(plain, {}, "page") == myst


# Boxes, roles and links that set a figure.
OTHER = re.compile(r":::.*?:::|\{[\w:]+\}`[^`]*`|<a .*?</a>", re.DOTALL)
CHAPTERS = sorted((SOURCE.parents[2] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_each_term_of_the_glossary_is_linked_at_its_first_use(
    chapters: ModuleType, path: Path
) -> None:
    glossary = sys.modules["site_glossary"]
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    texts = [
        cell["source"]
        for cell in chapters.cells_for_sphinx(cells, path.stem)
        if cell["cell_type"] == "markdown"
    ]
    text = "\n\n".join(texts)
    # The judge: what was linked, put back, must be where the word stands first.
    links = re.findall(r"\{term\}`([^`]*) <([^`>]*)>`", text)
    assert len({name for _, name in links}) == len(links)
    for name, pattern in glossary.terms().items():
        rest = OTHER.sub(" ", text)
        running = [part for part, is_running in glossary.running_text(rest) if is_running]
        used = any(pattern.search(part) for part in running)
        if name in {linked for _, linked in links}:
            before = text[: text.index(f" <{name}>`")].rpartition("{term}`")[0]
            before = OTHER.sub(" ", before)
            running = [part for part, is_running in glossary.running_text(before) if is_running]
            assert not any(pattern.search(part) for part in running), name
        elif used:
            assert name in glossary.OTHER_SENSE.get(path.stem, set()), name


@pytest.mark.usefixtures("chapters")
def test_terms_are_linked_in_running_text_only() -> None:
    glossary = sys.modules["site_glossary"]
    plain = (
        "# Limit cycles\n\n> A limit cycle.\n\nSee `limit cycle`, [a limit cycle](x.ipynb), "
        "$limit cycle$. "
        "Two **limit cycles** and an equilibrium; the limit cycle."
    )
    linked = glossary.link_terms(plain, "page", set())
    assert linked.endswith(
        "Two **{term}`limit cycles <limit cycle>`** and an {term}`equilibrium <equilibrium>`; "
        "the limit cycle."
    )
    assert linked.count("{term}") == 2
