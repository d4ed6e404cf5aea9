"""No sentence states a measured number that was typed."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest

from tests.notebooks.prose import CHAPTER, EVERYWHERE, PAGE, stated_numbers

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# Pages that code writes say so: there nobody types a number.
PAGES = [
    page
    for page in (ROOT / "index.md", *sorted((ROOT / "book").glob("*.md")))
    if "<!-- written by " not in page.read_text(encoding="utf-8")
]


def prose_of(path: Path) -> list[str]:
    if path.suffix == ".md":
        return [path.read_text(encoding="utf-8")]
    cells = nbformat.read(path, as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "markdown"]


@pytest.mark.parametrize("path", [*CHAPTERS, *PAGES], ids=lambda path: path.stem)
def test_measured_numbers_are_computed(path: Path) -> None:
    own = CHAPTER.get(path.stem, {}) | PAGE.get(path.stem, {})
    stated = {number for text in prose_of(path) for number in stated_numbers(text)}
    typed = stated - EVERYWHERE.keys() - own.keys()
    assert not typed, f"glue these, or say in tests/notebooks/prose.py what they are: {typed}"
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
        ("Chapter 12 uses RK4; see {glue:text}`ch01_period` and `dt = 0.125`.", []),
        ("Two layers and 3 inputs; [chapter 11](11.ipynb).", []),
    ],
)
def test_what_counts_as_a_stated_number(sentence: str, numbers: list[str]) -> None:
    assert stated_numbers(sentence) == numbers
