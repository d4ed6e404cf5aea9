"""Tasks: boxes of a chapter that a reader can answer, in the page.

An author writes a quotation that reads well everywhere::

    > **Task: a wrong number of spikes**
    >
    > Make Euler's method count wrongly in [the figure above](#steps).
    >
    > <details><summary>Hint</summary>
    >
    > Compare the dots with the thin line.
    >
    > </details>
    > <details><summary>Answer</summary>
    >
    > At a step of …
    >
    > </details>

A *task* is checked in a figure: what must hold there is in ``book/tasks.json``, under the chapter
and the title. A *question* needs nothing there: its answer begins with the right one in bold, which
is the number of an item if the question has a numbered list to choose from, and else a number to
type. In a cell of prose that number comes from code. On the site each box gets a mark that says
what is asked; ``explorers/src/tasks`` makes a form of it. Without JavaScript hint and answer are
folds.
"""

from __future__ import annotations

import html
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

DECLARED = Path(__file__).resolve().parent.parent / "tasks.json"
TITLE = re.compile(r"(?P<sort>Task|Question): (?P<name>.+)")
FOLDS = re.compile(r"<details><summary>(Hint|Answer)</summary>")
ANSWER = re.compile(r"<summary>Answer</summary>\s+\*\*(?P<right>[^*]+?)\.?\*\*")
CHOICE = re.compile(r"^\d+\. ", re.MULTILINE)


@cache
def declared() -> dict[str, dict[str, Any]]:
    """What the figures check: by chapter and name of the task, the figure and the conditions."""
    tasks: dict[str, dict[str, Any]] = json.loads(DECLARED.read_text(encoding="utf-8"))
    return tasks


def identity(page: str, name: str) -> str:
    """What the reader's browser remembers a task by."""
    return f"{Path(page).name}/{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}"


def asked(page: str, title: str, body: str) -> tuple[str, dict[str, Any]]:
    """The kind of form (figure, choice or number), and what it needs to know.

    Raises
    ------
    ValueError
        If the box lacks hint or answer, or nothing says what is right.
    """
    found = TITLE.fullmatch(title)
    if found is None or FOLDS.findall(body) != ["Hint", "Answer"]:
        raise ValueError(f"{page}: {title!r} must have one hint and then one answer, folded")
    if found["sort"] == "Task":
        chapter = declared().get(Path(page).name, {})
        if found["name"] not in chapter:
            raise ValueError(f"{page}: {DECLARED.name} does not say what {title!r} checks")
        return "figure", chapter[found["name"]]
    answer = ANSWER.search(body)
    if answer is None:
        raise ValueError(f"{page}: {title!r} has an answer that does not begin in bold")
    question, _, _ = body.partition("<details>")
    return ("choice" if CHOICE.search(question) else "number"), {"answer": answer["right"]}


def with_mark(page: str, title: str, body: str) -> str:
    """The text of a box, and what the form needs to know."""
    kind, needed = asked(page, title, body)
    name = TITLE.fullmatch(title)["name"]  # type: ignore[index]
    data = html.escape(json.dumps(needed, ensure_ascii=False))
    return (
        f"{body}\n\n```{{raw}} html\n"
        f'<div class="nt" hidden data-id="{identity(page, name)}" data-kind="{kind}" '
        f'data-task="{data}"></div>\n```'
    )
