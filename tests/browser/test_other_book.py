"""A Jupyter Book of somebody else, made as book/use_in_your_book.md says: its figures draw."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from playwright.sync_api import Browser, Page

from tools.browser import serving

PAGE = Path(__file__).resolve().parents[2] / "book" / "use_in_your_book.md"
# What the page tells its reader to write, in the order of the page.
WRITTEN = re.findall(r"```(\w+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)

pytestmark = pytest.mark.slow


def written(language: str) -> list[str]:
    return [text for name, text in WRITTEN if name == language]


def executed(code: str, known: dict[str, Any]) -> nbformat.NotebookNode:
    """A cell as Jupyter stores it: what it shows is a widget, and HTML."""
    *statements, last = ast.parse(code).body
    exec(compile(ast.Module(statements, []), "their cell", "exec"), known)
    shown = eval(compile(ast.Expression(last.value), "their cell", "eval"), known)
    data, metadata = shown._repr_mimebundle_()
    assert {"text/html", "application/vnd.jupyter.widget-view+json"} <= data.keys()
    output = nbformat.v4.new_output(
        "execute_result", data=data, metadata=metadata, execution_count=1
    )
    return nbformat.v4.new_code_cell(code, outputs=[output], execution_count=1)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two pages; nothing that belongs to this repository but the installed library."""
    folder = tmp_path_factory.mktemp("their_book")
    (settings,) = written("yaml")
    (text,) = written("markdown")
    known: dict[str, Any] = {}
    (folder / "_config.yml").write_text(f"title: Theirs\n{settings}", encoding="utf-8")
    (folder / "_toc.yml").write_text("format: jb-book\nroot: first\nchapters:\n- file: neuron\n")
    (folder / "first.md").write_text("# A book\n\nIts first page has no figure.\n")
    chapter = nbformat.v4.new_notebook(
        metadata={
            "kernelspec": {"name": "python3", "display_name": "Python 3"},
            "language_info": {"name": "python", "pygments_lexer": "ipython3"},
        },
        cells=[
            nbformat.v4.new_markdown_cell(f"# Their chapter\n\n{text}"),
            *(executed(code, known) for code in written("python")),
        ],
    )
    nbformat.write(chapter, folder / "neuron.ipynb")
    process = subprocess.run(
        [str(Path(sys.executable).with_name("jupyter-book")), "build", "-W", "-n", str(folder)],
        cwd=folder,
        # Without this repository on the path of imports.
        env={**os.environ, "PYTHONPATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout[-3000:] + process.stderr[-3000:]
    return folder / "_build" / "html"


@pytest.fixture(scope="module")
def address(book: Path) -> Iterator[str]:
    with serving(book, "/their/") as served:
        yield served


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[[str], Page]]:
    """Open pages without the network, which the theme of a plain Jupyter Book asks for more."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    refused: list[str] = []

    def refuse_strangers(route: Any) -> None:
        if route.request.url.startswith(("http://127.0.0.1:", "file://")):
            route.continue_()
        else:
            refused.append(route.request.url)
            route.abort()

    context.route("**/*", refuse_strangers)

    def open_one(url: str) -> Page:
        page = context.new_page()
        page.goto(url)
        return page

    yield open_one
    context.close()
    assert not [url for url in refused if not re.search("mathjax|thebe", url)]


def names(page: Any) -> list[str]:
    return page.locator(".neurode-explorer").evaluate_all("all => all.map(el => el.dataset.name)")


@pytest.mark.parametrize("where", ["server", "disk"])
def test_their_figures_draw_without_a_kernel(
    where: str, book: Path, address: str, open_page: Any, figure: Any
) -> None:
    name = "neuron.html"
    page = open_page(f"{address}/{name}" if where == "server" else (book / name).as_uri())
    assert names(page) == ["phase-plane", "networks"]
    for one in names(page):
        fig = figure(page, one)
        before = fig.picture()
        fig.slider("I").press("ArrowRight")
        assert fig.picture() != before


def test_their_text_moves_their_figure(address: str, open_page: Any, figure: Any) -> None:
    page = open_page(f"{address}/neuron.html")
    fig = figure(page, "phase-plane")
    page.get_by_text("a small push").click()
    page.wait_for_function(
        "document.querySelector('[data-name=phase-plane]').explorer.state.v0 === -0.7"
    )
    page.get_by_role("slider", name="in the figure").press("ArrowRight")
    assert fig.state()["I"] == 0.21


def test_only_what_a_page_needs_is_loaded(book: Path) -> None:
    assert "explorers.js" not in (book / "first.html").read_text(encoding="utf-8")
    files = {path.stem for path in (book / "_static" / "neurode" / "data").glob("*.js")}
    assert files == {f"seed-{seed}" for seed in range(10)}


def test_their_readers_can_embed_it(address: str, open_page: Any, figure: Any) -> None:
    page = open_page(f"{address}/neuron.html")
    figure(page, "phase-plane").root.locator('[data-action="share"]').click()
    code = page.locator("dialog textarea").input_value()
    small = re.search(r'src="([^"]*)"', code)[1]
    assert small.startswith(f"{address}/_embed/neuron/phase-plane.html#")
    figure(open_page(small), "phase-plane")
