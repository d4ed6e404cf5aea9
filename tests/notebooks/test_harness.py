"""The harness itself: a corrupted output, or an exception in a chapter, must not pass."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import papermill
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

from tests.notebooks.test_chapters import run_with
from tools.normalise_notebooks import normalise
from tools.run_tests import NBVAL


def chapter(source: str, *stored: NotebookNode) -> NotebookNode:
    """A notebook of two cells: its parameters, and one that has these outputs stored."""
    cells = [
        new_code_cell("answer = 42", execution_count=1, metadata={"tags": ["parameters"]}),
        new_code_cell(source, execution_count=2, outputs=list(stored)),
    ]
    return normalise(new_notebook(cells=cells))


def printed(text: str) -> NotebookNode:
    return new_output("stream", name="stdout", text=text)


def html(text: str) -> NotebookNode:
    return new_output("display_data", data={"text/html": text, "text/plain": "shown"})


def write(notebook: NotebookNode, folder: Path) -> Path:
    path = folder / "chapter.ipynb"
    nbformat.write(notebook, path)
    return path


SHOW_HTML = (
    "from IPython.display import display\n"
    "display({'text/html': f'<p>{answer}</p>', 'text/plain': 'shown'}, raw=True)"
)


@pytest.mark.parametrize(
    ("source", "stored", "passes"),
    [
        ("print(answer)", printed("42\n"), True),
        ("print(answer)", printed("43\n"), False),
        (SHOW_HTML, html("<p>42</p>"), True),
        (SHOW_HTML, html("<p>43</p>"), False),
        ("1 / 0", printed("42\n"), False),
    ],
    ids=["as stored", "other text", "as stored, HTML", "other HTML", "exception"],
)
def test_stored_outputs_are_compared(
    source: str, stored: NotebookNode, passes: bool, tmp_path: Path
) -> None:
    path = write(chapter(source, stored), tmp_path)
    command = [sys.executable, "-m", "pytest", "-q", *NBVAL, path.name]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == (0 if passes else 1), result.stdout
    assert ("2 passed" if passes else "1 failed, 1 passed") in result.stdout


def test_changed_parameters_reach_the_chapter(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    path = write(chapter("print(answer)"), tmp_path)
    executed = run_with(path, {"answer": 7}, tmp_path / "run")
    assert executed.cells[-1].outputs[0].text == "7\n"


def test_an_exception_in_a_chapter_is_raised(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    path = write(chapter("assert answer == 42, 'not for other answers'"), tmp_path)
    with pytest.raises(papermill.PapermillExecutionError, match="not for other answers"):
        run_with(path, {"answer": 7}, tmp_path / "run")


def test_normal_form_keeps_the_author_and_drops_the_run() -> None:
    notebook = chapter("print(answer)", printed("42\n"))
    untouched = nbformat.from_dict(notebook)
    cell = notebook.cells[1]
    cell.metadata["mystnb"] = {"image": {"alt": "a line"}}
    untouched.cells[1].metadata["mystnb"] = {"image": {"alt": "a line"}}
    cell.metadata["execution"] = {"iopub.execute_input": "2026-01-01T00:00:00Z"}
    cell.metadata["papermill"] = {"duration": 0.1}
    cell.execution_count = 17
    notebook.metadata["widgets"] = {"state": {}}
    notebook.metadata["papermill"] = {"duration": 0.1}
    notebook.metadata["language_info"]["version"] = "3.11.7"
    assert normalise(notebook) == untouched


def test_normal_form_keeps_the_last_state_of_a_progress_bar() -> None:
    notebook = chapter("answer", printed("start\n 1/2\r"), printed(" 2/2\r 2/2 done\nend\n"))
    assert notebook.cells[1].outputs[0].text == "start\n 2/2 done\nend\n"


@pytest.mark.parametrize(
    ("source", "tags", "folded"),
    [
        ("%%prose\nText.", [], {"source_hidden": True}),
        ("import numpy", ["hide-input"], {"source_hidden": True}),
        ("1 + 1", ["hide-cell"], {"source_hidden": True, "outputs_hidden": True}),
        ("seed = 0", ["parameters", "hide-input"], None),
        ("1 + 1", [], None),
    ],
)
def test_normal_form_folds_in_jupyterlab_what_the_site_folds(
    source: str, tags: list[str], folded: dict[str, bool] | None
) -> None:
    cell = new_code_cell(source, metadata={"tags": tags, "jupyter": {"source_hidden": False}})
    assert normalise(new_notebook(cells=[cell])).cells[0].metadata.get("jupyter") == folded


def test_normal_form_keeps_the_static_form_of_a_widget() -> None:
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "a1"}, "text/html": "<p>"}
    notebook = chapter("answer", new_output("display_data", data=view))
    assert notebook.cells[1].outputs[0].data == {"text/html": "<p>"}
