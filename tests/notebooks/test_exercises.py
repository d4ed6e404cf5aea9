"""Exercise notebooks: no solution in them, and checks that tell a solution from none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from neurode_lib.chapters.checks import verdict
from tests.examples import examples_first
from tools.make_exercises import CHECK, exercise_notebook, is_prose, parts, source_of, tags_of

ROOT = Path(__file__).resolve().parents[2]
# Of several parts of the book, and quick.
EXAMPLES = {"01_fitzhugh_nagumo", "03_the_dataset", "09_beyond_the_horizon", "18_which_method_when"}
CHAPTERS = {path.stem: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}


def chapter(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(CHAPTERS[name].read_text(encoding="utf-8"))
    return loaded


EXERCISES = {
    name: notebook
    for name in CHAPTERS
    if (notebook := exercise_notebook(chapter(name), name)) is not None
}


def solutions_of(name: str) -> list[dict[str, Any]]:
    _, exercises = parts(chapter(name)["cells"])
    return [
        cell for cell in exercises if "hide-cell" in tags_of(cell) and CHECK not in tags_of(cell)
    ]


def test_every_chapter_but_one_has_exercises_to_check() -> None:
    # Those of chapter 15 train networks for minutes and have no answer but a spread.
    assert CHAPTERS.keys() - EXERCISES.keys() == {"15_train_it_here"}


@pytest.mark.parametrize("name", EXERCISES)
def test_every_exercise_with_a_solution_has_a_check(name: str) -> None:
    cells = EXERCISES[name]["cells"]
    tags = [tags_of(cell) & {CHECK, "solution"} for cell in cells]
    marks = [next(iter(one)) for one in tags if one]
    assert marks == ["solution", CHECK] * (len(marks) // 2)


@pytest.mark.parametrize("name", EXERCISES)
def test_a_notebook_of_exercises_holds_no_solution(name: str) -> None:
    notebook = EXERCISES[name]
    nbformat.validate(nbformat.from_dict(notebook))
    text = "\n".join(source_of(cell) for cell in notebook["cells"])
    before, _ = parts(chapter(name)["cells"])
    told = "\n".join(source_of(cell) for cell in before)
    for solution in solutions_of(name):
        for line in map(str.strip, source_of(solution).splitlines()):
            # What the chapter or the exercise's text says anyway tells nothing.
            if len(line) > 24 and line not in told and f"`{line}`" not in text:
                assert line not in text, f"a line of the solution {solution['id']}"
    assert not any(cell.get("outputs") for cell in notebook["cells"])


@pytest.mark.slow
@pytest.mark.parametrize("name", examples_first(EXERCISES, EXAMPLES))
def test_each_check_fails_without_the_solution_and_passes_with_it(name: str) -> None:
    # One run does both: after the empty cell the check, then the solution, then the check again.
    cells, solutions = [], {cell["id"]: cell for cell in solutions_of(name)}
    for cell in EXERCISES[name]["cells"]:
        cells.append(cell)
        if "solution" in tags_of(cell):
            waiting = solutions[cell["id"].removesuffix("-yours")]
        elif CHECK in tags_of(cell):
            repeated = {**cell, "id": f"{cell['id']}-again"}
            fresh = {"source": source_of(waiting), "outputs": [], "execution_count": None}
            cells += [{**waiting, **fresh}, repeated]
    notebook = nbformat.from_dict({**EXERCISES[name], "cells": cells})
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": ROOT}}).execute()
    said = {
        cell.id: cell.outputs[0].data["text/markdown"]
        for cell in notebook.cells
        if CHECK in cell.metadata.get("tags", [])
    }
    for identity, words in said.items():
        expected = "**Right.**" if identity.endswith("-again") else "**Not yet.** "
        assert words.startswith(expected), f"{identity}: {words}"


def test_prose_is_no_solution() -> None:
    assert is_prose({"cell_type": "code", "source": ["%%prose\n", "Text."]})
    assert not is_prose({"cell_type": "code", "source": "x = 1"})


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ({}, "**Not yet.** There is no `gap`: your solution should define it."),
        ({"gap": 1.0}, "**Not yet.** It is 1.0."),
        ({"gap": "one"}, "**Not yet.** The check could not be computed: TypeError"),
        ({"gap": 0.0}, "**Right.**"),
    ],
)
def test_a_check_says_right_or_what_is_wrong(names: dict[str, Any], words: str) -> None:
    assert verdict('assert gap < 0.5, f"It is {gap}."', names).startswith(words)
