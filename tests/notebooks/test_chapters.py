"""Every chapter runs with other parameters, and is stored as a chapter must be."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import nbformat
import papermill
import pytest
from nbformat import NotebookNode

from tests.examples import examples_first
from tests.notebooks.parameters import FALSE_THERE, PARAMETERS
from tools.normalise_notebooks import normalise

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# Of every part of the book; with networks from the study, trained anew, and without; and those in
# which the other parameters make a sentence false.
CHOSEN = {1, 2, 3, 4, 6, 13, 20} | {int(name[:2]) for name in FALSE_THERE}
EXAMPLES = {chapter for chapter in CHAPTERS if int(chapter.stem[:2]) in CHOSEN}

# What fits above the fold of a laptop, with the title: then there must be something to look at.
FIRST_SCREEN_WORDS, FIRST_SCREEN_CODE_LINES = 180, 12
PICTURES = {"image/png", "image/svg+xml", "image/jpeg"}
HIDDEN = {"hide-input", "remove-input", "hide-cell", "remove-cell"}


def named(path: Path) -> str:
    return path.stem


each_chapter = pytest.mark.parametrize("chapter", CHAPTERS, ids=named)


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=4)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def outputs(notebook: NotebookNode) -> Iterator[tuple[NotebookNode, NotebookNode]]:
    return ((cell, output) for cell in code_cells(notebook) for output in cell.outputs)


def parameter_defaults(notebook: NotebookNode) -> dict[str, object]:
    """Names and default values in the one cell tagged `parameters`."""
    tagged = [c for c in code_cells(notebook) if "parameters" in c.metadata.get("tags", [])]
    assert len(tagged) == 1, f"{len(tagged)} code cells are tagged `parameters`, 1 is needed"
    defaults: dict[str, object] = {}
    for statement in ast.parse(tagged[0].source).body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                assert statement.value is not None, f"{name} has no default"
                defaults[name] = ast.literal_eval(statement.value)
            case _:
                pytest.fail(f"the parameters cell holds more than parameters: line {statement}")
    return defaults


def parameters_of_the_book(notebook: NotebookNode) -> dict[str, object]:
    """Names and values that a chapter hands to `check_parameters`."""
    for cell in code_cells(notebook):
        if "check_parameters(\n" not in cell.source:
            continue
        for node in ast.walk(ast.parse(re.sub(r"^%.*$", "", cell.source, flags=re.MULTILINE))):
            match node:
                case ast.Call(func=ast.Name(id="check_parameters"), keywords=keywords):
                    return {
                        str(given.arg): ast.literal_eval(given.value.elts[0])
                        for given in keywords
                        if isinstance(given.value, ast.Tuple)
                    }
    pytest.fail("no cell checks the parameters")


def run_with(chapter: Path, parameters: dict[str, object], folder: Path) -> NotebookNode:
    """Execute a notebook in a folder of its own; the first exception in it is raised here."""
    return papermill.execute_notebook(
        chapter,
        folder / chapter.name,
        parameters=parameters,
        kernel_name="python3",
        cwd=folder,
        progress_bar=False,
        execution_timeout=600,
    )


def said_in(notebook: NotebookNode) -> str:
    """The Markdown that a notebook's cells have put out."""
    return "\n".join(
        output.get("data", {}).get("text/markdown", "") for _, output in outputs(notebook)
    )


@pytest.mark.parametrize("chapter", examples_first(CHAPTERS, EXAMPLES), ids=named)
@pytest.mark.slow
def test_runs_with_other_parameters(chapter: Path, tmp_path: Path) -> None:
    executed = run_with(chapter, PARAMETERS[chapter.stem], tmp_path)
    assert any("injected-parameters" in c.metadata.get("tags", []) for c in executed.cells)
    assert {path.name for path in tmp_path.iterdir()} == {chapter.name}, "a chapter leaves files"
    if false := FALSE_THERE.get(chapter.stem):
        assert false in said_in(read(chapter)), "the book's own sentence is another"
        assert false not in said_in(executed)


@each_chapter
def test_other_parameters_are_other_and_exist(chapter: Path) -> None:
    defaults = parameter_defaults(read(chapter))
    changed = PARAMETERS.get(chapter.stem)
    assert changed, f"tests/notebooks/parameters.py has no entry for {chapter.stem}"
    assert changed.keys() <= defaults.keys(), f"{chapter.stem} defines only {sorted(defaults)}"
    same = [name for name, value in changed.items() if value == defaults[name]]
    assert not same, f"these are the defaults: {same}"


@each_chapter
def test_every_parameter_is_checked_and_has_the_books_value(chapter: Path) -> None:
    notebook = read(chapter)
    assert parameters_of_the_book(notebook) == parameter_defaults(notebook)


def test_every_entry_has_its_chapter() -> None:
    assert PARAMETERS.keys() <= {path.stem for path in CHAPTERS}


@each_chapter
def test_every_code_cell_has_run_in_order(chapter: Path) -> None:
    cells = [cell for cell in code_cells(read(chapter)) if cell.source.strip()]
    assert cells
    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))


@each_chapter
def test_outputs_are_stored_and_none_is_an_error(chapter: Path) -> None:
    stored = [output for _, output in outputs(read(chapter))]
    assert stored
    assert not [output.evalue for output in stored if output.output_type == "error"]


@each_chapter
def test_is_stored_in_normal_form(chapter: Path) -> None:
    """No run's times, no papermill, no widget state, no editor's traces: `make execute`."""
    stored = read(chapter)
    assert stored == normalise(copy.deepcopy(stored))


@each_chapter
def test_every_picture_has_a_text_alternative(chapter: Path) -> None:
    notebook = read(chapter)
    for cell, output in outputs(notebook):
        if PICTURES & output.get("data", {}).keys():
            alt = cell.metadata.get("mystnb", {}).get("image", {}).get("alt", "")
            assert len(alt.split()) >= 4, (
                f"no mystnb.image.alt on the cell that begins\n{cell.source[:200]}"
            )
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            assert "![](" not in cell.source, cell.source[:200]


@each_chapter
def test_a_figure_is_one_output(chapter: Path) -> None:
    """A value left over on the last line would become a second figure of the same name."""
    for cell in code_cells(read(chapter)):
        if cell.metadata.get("mystnb", {}).get("figure"):
            assert len(cell.outputs) == 1, (
                f"{len(cell.outputs)} outputs of the cell\n{cell.source[-200:]}"
            )


@each_chapter
def test_figures_have_a_caption_and_are_numbered_in_order(chapter: Path) -> None:
    """The cell after a figure's: **Fig. 3.2** and a caption; the site numbers in the same order."""
    cells = read(chapter).cells
    numbers = []
    for cell, after in pairwise(cells):
        caption = re.match(r"(?:%%prose\n)?\*\*Fig\. (\d+\.\d+)\*\* \S", after.source)
        is_figure = "figure" in cell.metadata.get("mystnb", {})
        assert is_figure == bool(caption), cell.source[:200]
        if caption:
            numbers.append(caption[1])
    chapter_number = int(chapter.stem[:2])
    assert numbers == [f"{chapter_number}.{n}" for n in range(1, len(numbers) + 1)]


def test_figures_have_names_of_their_own() -> None:
    names = [
        cell.metadata["mystnb"]["figure"]["name"]
        for chapter in CHAPTERS
        for cell in code_cells(read(chapter))
        if "name" in cell.metadata.get("mystnb", {}).get("figure", {})
    ]
    assert not {name for name in names if names.count(name) > 1}


@each_chapter
def test_first_screen_has_a_picture(chapter: Path) -> None:
    words = lines = 0
    for cell in read(chapter).cells:
        if cell.cell_type == "markdown":
            words += len(cell.source.split())
        else:
            if not HIDDEN & set(cell.metadata.get("tags", [])):
                lines += len(cell.source.splitlines())
            if any(shows_picture(output) for output in cell.outputs):
                break
    else:
        pytest.fail("there is no picture at all")
    assert words <= FIRST_SCREEN_WORDS, f"{words} words stand before the first picture"
    assert lines <= FIRST_SCREEN_CODE_LINES, f"{lines} lines of code stand before the first picture"


def shows_picture(output: NotebookNode) -> bool:
    data = output.get("data", {})
    return bool(PICTURES & data.keys()) or "neurode-explorer" in data.get("text/html", "")
