"""Mutation figures on the page on faults, with the version of the code that they are of."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from tools import mutation_figures

PAGE = "book/faults"


def add_figures(app: Sphinx, docname: str, source: list[str]) -> None:
    """Add the section; the page is read again when a module or the figures change."""
    if docname != PAGE:
        return
    source[0] += f"\n{mutation_figures.section()}"
    app.env.note_dependency(str(mutation_figures.RESULT))
    for module in mutation_figures.to_be_measured():
        app.env.note_dependency(str(mutation_figures.ROOT / module))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.connect("source-read", add_figures)
    return {"parallel_read_safe": True}
