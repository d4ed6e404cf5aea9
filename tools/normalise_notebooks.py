"""Bring executed notebooks into the form in which they are stored.

Whatever differs from run to run, or from editor to editor, goes; `git diff` then shows what
changed in a chapter, and nothing else. `make execute` calls this.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode

KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE = {
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "pygments_lexer": "ipython3",
}
# What an author may say about a cell. All else (times, folding, editors' own) is not the book's.
CELL_METADATA = {"tags", "mystnb", "name"}
# What the site folds away or leaves out is collapsed in JupyterLab, too. Not the parameters: there
# they are to be changed.
FOLDED_SOURCE = {"hide-input", "remove-input"}
FOLDED_CELL = {"hide-cell", "remove-cell"}
NOTEBOOK_METADATA = {"title", "description", "mystnb", "jupytext"}
# It names a kernel that is gone. Without it, every viewer shows the static form beside it.
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def one_output_per_stream(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Join what was printed: in how many pieces it arrives is a matter of timing.

    Of a line that was written over, such as a progress bar, the last state is kept.
    """
    whole: list[NotebookNode] = []
    for output in outputs:
        last = whole[-1] if whole else NotebookNode()
        if output.output_type == "stream" and last.get("name") == output.name:
            last.text += output.text
        else:
            whole.append(output)
    for output in whole:
        if output.output_type == "stream":
            output.text = re.sub(r"[^\n]*\r(?!\n|$)", "", output.text)
    return whole


def folding(cell: NotebookNode) -> dict[str, bool]:
    """Which parts of a code cell JupyterLab shows collapsed."""
    tags = set(cell.metadata.get("tags", []))
    folds = {}
    if (cell.source.startswith("%%prose") or tags & (FOLDED_SOURCE | FOLDED_CELL)) and (
        "parameters" not in tags
    ):
        folds["source_hidden"] = True
    if tags & FOLDED_CELL:
        folds["outputs_hidden"] = True
    return folds


def normalise(notebook: NotebookNode) -> NotebookNode:
    """Return the notebook in stored form; the one passed in is changed."""
    metadata = {key: notebook.metadata[key] for key in NOTEBOOK_METADATA & notebook.metadata.keys()}
    notebook.metadata = nbformat.from_dict(
        metadata | {"kernelspec": dict(KERNEL), "language_info": dict(LANGUAGE)}
    )
    count = 0
    for cell in notebook.cells:
        cell.metadata = NotebookNode(
            {key: cell.metadata[key] for key in CELL_METADATA & cell.metadata.keys()}
        )
        if cell.cell_type != "code":
            continue
        if folds := folding(cell):
            cell.metadata["jupyter"] = folds
        ran = cell.execution_count is not None
        count += ran
        cell.execution_count = count if ran else None
        cell.outputs = one_output_per_stream(cell.outputs)
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count
            if len(output.get("data", {})) > 1:
                output.data.pop(WIDGET_VIEW, None)
    return notebook


if __name__ == "__main__":
    for name in sys.argv[1:]:
        path = Path(name)
        notebook = normalise(nbformat.read(path, as_version=4))
        nbformat.validate(notebook)
        nbformat.write(notebook, path)
