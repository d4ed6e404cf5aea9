"""Prose is plain Markdown, and no sentence states a measured number that was typed."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from neurode_lib.chapters.prose import expressions, without_expressions
from tests.notebooks.prose import CHAPTER, EVERYWHERE, PAGE, stated_numbers

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# Pages that code writes say so: there nobody types a number.
PAGES = [
    page
    for page in (ROOT / "index.md", *sorted((ROOT / "book").glob("*.md")))
    if "<!-- written by " not in page.read_text(encoding="utf-8")
]


PROSE = "%%prose\n"
# What only Sphinx understands. (A LaTeX command in a formula has a backslash, not a brace, first.)
MYST = re.compile(
    r"\{[\w:+.-]+\}`|^\s*(?:`{3,}|~{3,}|:{3,})\s*\{|^\s*:{3,}|^\([\w-]+\)=\s*$|^\+\+\+"
    r"|^%(?!%prose)|\{\{|\[\]\(|\]\{|\]\(#fig",
    re.MULTILINE,
)
FORMULA = re.compile(r"\$\$.*?\$\$|(?<!\\)\$([^$]+?)(?<!\\)\$", re.DOTALL)


def cells_of(path: Path) -> list[NotebookNode]:
    return nbformat.read(path, as_version=4).cells


def prose_of(path: Path) -> list[str]:
    """Text of a page, or of a notebook's cells: as it is written, not as it was computed."""
    if path.suffix == ".md":
        return [path.read_text(encoding="utf-8")]
    return [
        cell.source.removeprefix(PROSE)
        for cell in cells_of(path)
        if cell.cell_type == "markdown" or cell.source.startswith(PROSE)
    ]


def only_sphinx_understands(text: str) -> list[str]:
    text = re.sub(r"^```\w*$.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    text = re.sub(r"(?<![`}])`[^`]+`", "", text)
    # GitHub takes a dollar sign beside a space for money.
    formulas = [found[1] or "" for found in FORMULA.finditer(text)]
    return [
        *(found[0] for found in MYST.finditer(FORMULA.sub("$", text))),
        *(formula for formula in formulas if formula != formula.strip()),
    ]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapters_are_plain_markdown(path: Path) -> None:
    """Notebooks are read in JupyterLab, on GitHub, on Colab: CONTRIBUTING.md says how to write."""
    found = [one for text in prose_of(path) for one in only_sphinx_understands(text)]
    assert not found


@pytest.mark.parametrize(
    "text",
    [
        "as in {cite:p}`fitzhugh1961`",
        "see {doc}`12_claims_measured`",
        "a period of {glue:text}`ch01_period:.2f`",
        ":::{admonition} Note\nText.\n:::",
        "```{figure} cover.png\n```",
        "(a-target)=\n# Heading",
        "a [link]{.red}",
        "[](12_claims_measured.ipynb)",
        "{{ substitution }}",
        "at $I = $ 0.5",
    ],
)
def test_what_only_sphinx_understands_is_found(text: str) -> None:
    assert only_sphinx_understands(text)


@pytest.mark.parametrize(
    "text",
    [
        "> **Note**\n>\n> Text with {spread(values)} and `code {here}`.",
        r"$\dot v = \frac{v}{3}$ and $$\begin{aligned} a \end{aligned}$$, between $a$ and $b$",
        "```python\nd = {'a': 1}\n```",
        "[chapter 8](08_phase_portraits.ipynb), [a push](#neuron?preset=excitable)",
    ],
)
def test_plain_markdown_is_left_alone(text: str) -> None:
    assert not only_sphinx_understands(text)


@pytest.mark.parametrize("path", CHAPTERS[:15], ids=lambda path: path.stem)
def test_findings_come_with_their_condition_and_where_they_turn_round(path: Path) -> None:
    (table,) = (text for text in prose_of(path) if "| finding | holds | turns round |" in text)
    findings = [row.split(" | ") for row in table.splitlines() if row.startswith("| ")][1:]
    assert len(findings) >= 2
    assert all(len(row) == 3 for row in findings)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_import_is_used(path: Path) -> None:
    """Ruff cannot see what a cell of prose uses; so it does not look in notebooks."""
    imported: set[str] = set()
    used: set[str] = set()
    for cell in cells_of(path):
        if cell.cell_type != "code":
            continue
        if cell.source.startswith(PROSE):
            sources = expressions(cell.source.removeprefix(PROSE))
        else:
            sources = [re.sub(r"^%.*$", "", cell.source, flags=re.MULTILINE)]
        for node in (node for source in sources for node in ast.walk(ast.parse(source))):
            match node:
                case ast.Import() | ast.ImportFrom():
                    imported |= {(a.asname or a.name).partition(".")[0] for a in node.names}
                case ast.Name():
                    used.add(node.id)
    assert not imported - used


@pytest.mark.parametrize("path", [*CHAPTERS, *PAGES], ids=lambda path: path.stem)
def test_measured_numbers_are_computed(path: Path) -> None:
    own = CHAPTER.get(path.stem, {}) | PAGE.get(path.stem, {})
    texts = prose_of(path)
    if path.suffix == ".ipynb":
        texts = [without_expressions(text) for text in texts]
    stated = {number for text in texts for number in stated_numbers(text)}
    typed = stated - EVERYWHERE.keys() - own.keys()
    assert not typed, f"compute these, or say in tests/notebooks/prose.py what they are: {typed}"
    assert own.keys() <= stated, f"listed but not there: {own.keys() - stated}"


def test_every_list_has_its_page() -> None:
    assert CHAPTER.keys() <= {path.stem for path in CHAPTERS}
    assert PAGE.keys() <= {path.stem for path in PAGES}


@pytest.mark.parametrize(
    ("sentence", "numbers"),
    [
        ("It fires with a period of 39.47.", ["39.47"]),
        ("The error is $3.2 \\times 10^{-6}$ a step.", ["3.2 \\times 10^{-6}"]),
        ("The RNN wins for 7 of 10 seeds.", ["7 of 10"]),
        ("A factor of 5, or 3 times as much, or 8 %.", ["5", "3", "8 %"]),
        ("It has 17,282 parameters.", ["17282"]),
        ("The state $w_0 = 0.125$ decays.", ["0.125"]),
        ("Chapter 12 uses RK4; see Fig. 1.12 and `dt = 0.125`.", []),
        ("([Hairer, 1993](https://doi.org/10.1007/978-3(61)540-78862-1))", []),
        ("Two layers and 3 inputs; [chapter 11](11.ipynb).", []),
    ],
)
def test_what_counts_as_a_stated_number(sentence: str, numbers: list[str]) -> None:
    assert stated_numbers(sentence) == numbers
