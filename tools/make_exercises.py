"""Exercise notebooks, from the chapters: their exercises, without the solutions.

A chapter's exercises stand below ``## Exercises``: a text, a solution tagged ``hide-cell``, and a
cell tagged ``exercise-check``, which begins with ``%%check`` (neurode_lib/chapters/checks.py). A
notebook of exercises has the texts, an empty cell in the place of each solution, the checks, and
before them those cells of the chapter that define what solutions and checks use. `make exercises`
writes them into _build/exercises; `make book` offers them for download.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
CHAPTERS = ROOT / "notebooks"
OUT = ROOT / "_build" / "exercises"
EXERCISES = re.compile(r"^## Exercises\n", re.MULTILINE)
TASK = re.compile(r"^> \*\*(?:Task|Question): .*\n(?:>.*(?:\n|\Z))*", re.MULTILINE)
MAGIC = re.compile(r"^%.*$", re.MULTILINE)
CHECK, SOLUTION = "exercise-check", "hide-cell"
# In a call such as ``errors.append(1)`` the list is changed, though nothing is assigned to it.
CHANGING = {"add", "append", "extend", "insert", "setdefault", "update"}
PREFACE = """\
These are the exercises of the chapter `{name}`, which has a solution of each, folded. Run the cells
of the next section first: they define what the exercises use. Below each exercise there is a cell
for your solution, and one that says whether it is right. The library `neurode_lib` must be
installed."""

Cell = dict[str, Any]


def source_of(cell: Cell) -> str:
    """Text of a cell, which a file may hold as a list of lines."""
    return "".join(cell["source"])


def tags_of(cell: Cell) -> set[str]:
    """Tags of a cell."""
    return set(cell["metadata"].get("tags", []))


def is_prose(cell: Cell) -> bool:
    """Whether a cell is text, of either kind."""
    return cell["cell_type"] == "markdown" or source_of(cell).startswith("%%prose")


def local_names(tree: ast.AST) -> set[str]:
    """Names that exist only within functions, comprehensions and loops of a statement."""
    names = set()
    for node in ast.walk(tree):
        match node:
            case ast.arg(arg=name):
                names.add(name)
            case ast.FunctionDef() | ast.For():
                names |= {one.id for one in ast.walk(node) if is_store(one)}
            case ast.comprehension(target=target):
                names |= {one.id for one in ast.walk(target) if is_store(one)}
    return names


def is_store(node: ast.AST) -> bool:
    """Whether a node is a name that something is assigned to."""
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def names_in(source: str) -> tuple[set[str], set[str]]:
    """Names that a cell's code takes from earlier cells, and those that it defines or changes."""
    taken: set[str] = set()
    made: set[str] = set()
    for statement in ast.parse(MAGIC.sub("", source)).body:
        used = {
            node.id
            for node in ast.walk(statement)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
        }
        taken |= used - made - local_names(statement)
        for node in ast.walk(statement):
            match node:
                case ast.Name(id=name, ctx=ast.Store()):
                    made.add(name)
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    made.add(name)
                case ast.Import(names=names) | ast.ImportFrom(names=names):
                    made |= {(one.asname or one.name).partition(".")[0] for one in names}
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=attribute)):
                    made |= {name} if attribute in CHANGING else set()
                case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
                    made.add(name)
    return taken, made


def needed_cells(cells: Iterable[Cell], wanted: set[str]) -> list[Cell]:
    """Of a chapter's cells those that define the wanted names, and all that these use in turn."""
    chosen, wanted = [], set(wanted)
    for cell in reversed(list(cells)):
        if cell["cell_type"] != "code" or is_prose(cell) or CHECK in tags_of(cell):
            continue
        taken, made = names_in(source_of(cell))
        # Parameters, and the cell that loads the magics, go first in every notebook.
        if made & wanted or "parameters" in tags_of(cell) or "%load_ext" in source_of(cell):
            wanted = (wanted - made) | taken
            chosen.append(cell)
    return chosen[::-1]


def parts(cells: list[Cell]) -> tuple[list[Cell], list[Cell]]:
    """What stands before the exercises, and the exercises themselves; no exercises, no cells."""
    for i, cell in enumerate(cells):
        heading = EXERCISES.search(source_of(cell)) if cell["cell_type"] == "markdown" else None
        if heading is None:
            continue
        exercises = [{**cell, "source": source_of(cell)[heading.end() :].strip()}]
        for later in cells[i + 1 :]:
            if later["cell_type"] == "markdown" and source_of(later).startswith("## "):
                break
            exercises.append(later)
        return cells[:i], exercises
    return cells, []


def new_cell(kind: str, name: str, source: str, tags: Iterable[str] = ()) -> Cell:
    """A cell without outputs."""
    cell: Cell = {"cell_type": kind, "id": name, "metadata": {}, "source": source}
    if tags:
        cell["metadata"]["tags"] = list(tags)
    return cell if kind == "markdown" else {**cell, "execution_count": None, "outputs": []}


def to_solve(solution: Cell, check: Cell | None) -> Cell:
    """An empty cell in the place of a solution; it names what the check will look at."""
    looked_at = names_in(source_of(check))[0] if check else set()
    names = sorted(looked_at & names_in(source_of(solution))[1])
    asked = f"# The check looks at: {', '.join(names)}\n" if names else ""
    return new_cell("code", f"{solution['id']}-yours", f"# Your solution\n{asked}", ["solution"])


def exercise_notebook(chapter: dict[str, Any], name: str) -> dict[str, Any] | None:
    """A chapter's exercises as a notebook; None if no exercise of it has a check."""
    before, exercises = parts(chapter["cells"])
    code = [cell for cell in exercises if cell["cell_type"] == "code" and not is_prose(cell)]
    if not any(CHECK in tags_of(cell) for cell in code):
        return None
    wanted: set[str] = set()
    for cell in reversed(code):
        taken, made = names_in(source_of(cell))
        wanted = (wanted - made) | taken
    title = source_of(chapter["cells"][0]).partition("\n")[0].removeprefix("# ")
    cells = [
        new_cell(
            "markdown",
            "exercises-title",
            f"# Exercises: {title}\n\n{PREFACE.format(name=name)}\n\n## From the chapter",
        )
    ]
    needed = needed_cells(before, wanted)
    cells += [new_cell("code", cell["id"], source_of(cell)) for cell in needed]
    cells.append(new_cell("markdown", "exercises", "## Exercises"))
    for i, cell in enumerate(exercises):
        text = TASK.sub("", source_of(cell)).strip()
        if cell["cell_type"] == "markdown":
            cells += [new_cell("markdown", cell["id"], text)] if text else []
        elif CHECK in tags_of(cell):
            cells.append(new_cell("code", cell["id"], text, [CHECK]))
        elif SOLUTION in tags_of(cell) and not is_prose(cell):
            later = (one for one in exercises[i + 1 :] if one["cell_type"] == "code")
            check = next((one for one in later if not is_prose(one)), None)
            check = check if check and CHECK in tags_of(check) else None
            cells.append(to_solve(cell, check))
    return {**chapter, "cells": cells}


def write_exercises(folder: Path) -> list[Path]:
    """Write the notebooks of all chapters that have checked exercises."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for path in sorted(CHAPTERS.glob("*.ipynb")):
        notebook = exercise_notebook(json.loads(path.read_text(encoding="utf-8")), path.stem)
        if notebook is not None:
            target = folder / path.name
            unfinished = target.with_name(target.name + ".part")
            text = json.dumps(notebook, ensure_ascii=False, indent=1) + "\n"
            unfinished.write_text(text, encoding="utf-8")
            written.append(unfinished.replace(target))
    return written


if __name__ == "__main__":
    for notebook_path in write_exercises(OUT):
        print(notebook_path.relative_to(ROOT))
