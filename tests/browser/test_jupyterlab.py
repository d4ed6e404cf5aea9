"""A live notebook in a real JupyterLab: browser and Python see the same numbers."""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import nbformat
import pytest
from playwright.sync_api import Browser, Page

from tests.examples import examples_first
from tools.drawn import wait_until_drawn

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
CHAPTERS = ("01_fitzhugh_nagumo", "03_the_dataset")
EXAMPLE = "01_fitzhugh_nagumo"

CELLS = [
    "import ipywidgets\n"
    "from neurode_lib.explorers import PhasePlaneExplorer\n"
    "explorer = PhasePlaneExplorer(I=0.5)\n"
    "explorer",
    # Written by Python whenever it hears of a change: what the label says was there and back.
    "seen = ipywidgets.Label()\n"
    "def tell(change):\n"
    "    seen.value = f'Python sees {explorer.I:.2f} {explorer.v0:.2f}'\n"
    "explorer.observe(tell, ['I', 'v0'])\n"
    "seen",
    "explorer.I = 1.6",
    "plain = ipywidgets.FloatSlider(min=0, max=1.8, step=0.01)\n"
    "ipywidgets.link((explorer, 'I'), (plain, 'value'))\n"
    "plain",
    "import torch\n"
    "from neurode_lib.explorers import LiveTrainingExplorer\n"
    "live = LiveTrainingExplorer(updates=200, hidden=16, link_name='live')\n"
    "live",
    "arrived = ipywidgets.Label()\n"
    "def run_it(change):\n"
    "    start, I = torch.tensor([[live.v0, live.w0]]), torch.tensor([live.I])\n"
    "    end = live.model()(start, I, 0.5 * torch.arange(81))[-1, 0, 0]\n"
    "    arrived.value = f'Python ends at {end:.6f}'\n"
    "live.observe(run_it, 'trained')\n"
    "arrived",
]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("lab")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    (folder / "live.ipynb").write_text(json.dumps(notebook), encoding="utf-8")
    for chapter in CHAPTERS:
        shutil.copy2(NOTEBOOKS / f"{chapter}.ipynb", folder)
    port = free_port()
    own = {
        name: str(folder / name.lower())
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
    }
    server = subprocess.Popen(
        [
            sys.executable,
            *("-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"),
            *(f"--port={port}", "--ServerApp.port_retries=0", f"--ServerApp.root_dir={folder}"),
            *("--IdentityProvider.token=", "--ServerApp.password=", "--LabApp.news_url=None"),
            "--LabApp.expose_app_in_browser=True",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        ],
        env={**os.environ, **own},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert server.stdout is not None
    lines: queue.Queue[str | None] = queue.Queue()

    # Reading goes on to the end: a full pipe would stop the server.
    def read(stream: IO[str]) -> None:
        for line in stream:
            lines.put(line)
        lines.put(None)

    reader = threading.Thread(target=read, args=(server.stdout,))
    reader.start()
    try:
        log = []
        while (line := lines.get(timeout=120)) is not None:
            log.append(line)
            if f"127.0.0.1:{port}/lab" in line:
                break
        else:
            pytest.fail("JupyterLab did not start:\n" + "".join(log[-20:]))
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)
        reader.join(timeout=30)
        server.stdout.close()


def run_cell(page: Page, index: int) -> Any:
    """Run one cell to its end and return its output area."""
    page.evaluate(
        """async index => {
            const {shell, commands} = window.jupyterapp;
            shell.currentWidget.content.activeCellIndex = index;
            await commands.execute("notebook:run-cell");
        }""",
        index,
    )
    return page.locator(".jp-NotebookPanel .jp-CodeCell").nth(index).locator(".jp-OutputArea")


def open_notebook(lab: str, browser: Browser, name: str, height: int) -> Page:
    """A notebook, open and connected to its kernel."""
    page = browser.new_page(viewport={"width": 1280, "height": height})
    page.set_default_timeout(90_000)
    page.goto(f"{lab}/lab/tree/{name}.ipynb?reset")
    page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for()
    page.evaluate(
        """async () => {
            const panel = window.jupyterapp.shell.currentWidget;
            await panel.context.ready;
            await panel.sessionContext.ready;
        }"""
    )
    return page


@pytest.fixture
def notebook(lab: str, browser: Browser) -> Iterator[Page]:
    page = open_notebook(lab, browser, "live", 1600)
    yield page
    page.close()


@pytest.fixture(scope="module", params=examples_first(CHAPTERS, {EXAMPLE}))
def chapter(request: pytest.FixtureRequest, lab: str, browser: Browser) -> Iterator[Page]:
    """A chapter as a reader has it on a laptop, all its cells run; the last test changes it."""
    page = open_notebook(lab, browser, request.param, 800)
    run_all(page)
    yield page
    page.close()


def run_all(page: Page) -> None:
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")


def change(page: Page, old: str, new: str) -> None:
    """Edit the cell of parameters."""
    page.evaluate(
        """([before, after]) => {
            const cells = window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells;
            const cell = cells.find((one) => (one.metadata.tags ?? []).includes("parameters"));
            if (!cell.source.includes(before)) throw new Error(cell.source);
            cell.setSource(cell.source.replace(before, after));
        }""",
        [old, new],
    )


def shown_text(page: Page) -> str:
    """All text that the cells' outputs show; an error among them fails the test."""
    outputs: list[dict[str, Any]] = page.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells
            .flatMap((cell) => cell.toJSON().outputs ?? [])"""
    )
    assert not [one["evalue"] for one in outputs if one["output_type"] == "error"]
    texts = [
        one["data"]["text/markdown"] for one in outputs if "text/markdown" in one.get("data", {})
    ]
    return " ".join(" ".join("".join(text) for text in texts).split())


@pytest.mark.slow
def test_browser_and_python_move_each_other(notebook: Page) -> None:
    page = notebook

    output = run_cell(page, 0)
    root = output.locator(".neurode-explorer")
    wait_until_drawn(root)

    # The reader moves a slider: by the arrow keys, which JupyterLab would take for itself.
    seen = run_cell(page, 1)
    seen.locator(".widget-label").wait_for(state="attached")
    slider = root.locator('input[name="I"]')
    slider.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    root.locator(".nx-handle").press("ArrowLeft")
    seen.get_by_text("Python sees 0.53 -1.05").wait_for()

    # Python sets a trait: slider, numbers and picture follow.
    canvas = root.locator("canvas").first
    before = canvas.evaluate("c => c.toDataURL()")
    run_cell(page, 2)
    page.wait_for_function("document.querySelector('.neurode-explorer').explorer.state.I === 1.6")
    assert slider.input_value() == "1.6"
    page.evaluate("() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r)))")
    assert canvas.evaluate("c => c.toDataURL()") != before

    # A plain ipywidgets slider, linked: each moves the other.
    plain = run_cell(page, 3).locator(".widget-readout")
    plain.get_by_text("1.60").wait_for()
    slider.press("ArrowLeft")
    plain.get_by_text("1.59").wait_for()


@pytest.mark.slow
def test_what_was_trained_in_the_browser_arrives_in_python(notebook: Page) -> None:
    root = run_cell(notebook, 4).locator(".neurode-explorer")
    wait_until_drawn(root)
    arrived = run_cell(notebook, 5)
    arrived.locator(".widget-label").wait_for(state="attached")
    root.get_by_role("button", name="Train").click()
    label = arrived.get_by_text("Python ends at")
    label.wait_for()
    ends = root.evaluate("el => el.explorer.series().yours.v.at(-1)")
    assert float(label.inner_text().rsplit(" ", 1)[1]) == pytest.approx(ends, abs=1e-5)


@pytest.mark.slow
def test_what_the_book_hides_is_collapsed_and_nothing_raw_is_shown(chapter: Page) -> None:
    open_cells: list[str] = chapter.evaluate(
        """() => window.jupyterapp.shell.currentWidget.content.widgets
            .filter((cell) => cell.model.type === "code" && !cell.inputHidden)
            .map((cell) => cell.model.sharedModel.source)"""
    )
    assert not [source for source in open_cells if source.startswith(("%%prose", "import"))]
    page_text = chapter.locator(".jp-NotebookPanel .jp-Notebook").inner_text()
    for raw in ("{glue", "{cite", "{doc", ":::"):
        assert raw not in page_text


@pytest.mark.slow
@pytest.mark.parametrize("chapter", [EXAMPLE], indirect=True)
def test_links_and_sliders_set_the_figures(chapter: Page) -> None:
    explorer = chapter.locator('.neurode-explorer[data-explorer="phase-plane"]').first
    wait_until_drawn(explorer)
    chapter.get_by_role("link", name="far too much").click()
    chapter.wait_for_function(
        "document.querySelector('.neurode-explorer').explorer.state.I > 1.4187"
    )

    picture = chapter.locator(".widget-image").first
    picture.scroll_into_view_if_needed()
    before = picture.get_attribute("src")
    sliders = chapter.locator(".widget-slider")
    handle = sliders.first.locator(".noUi-handle")
    handle.focus()
    for _ in range(20):
        chapter.keyboard.press("ArrowRight")
    chapter.wait_for_function(
        "([image, old]) => image.src !== old", arg=[picture.element_handle(), before]
    )
    # Picture and controls can be seen together.
    top, bottom = sliders.first.bounding_box(), picture.bounding_box()
    assert top is not None
    assert bottom is not None
    assert bottom["y"] + bottom["height"] - top["y"] < 700


# The sentence that changes with a parameter: the cell's old and new text, what is read before and
# after.
CHANGES = {
    "01": ("I_spike = 0.5", "I_spike = 0.9", "at $I$ = 0.5 it fires", "at $I$ = 0.9 it fires"),
    "03": (
        "dt = 0.5",
        "dt = 0.25",
        "So 80 steps of 0.5 cover 1.01",
        "So 80 steps of 0.25 cover 0.51",
    ),
}


@pytest.mark.slow
def test_a_chapters_sentences_follow_its_parameters(chapter: Page) -> None:
    number = re.findall(r"tree/(\d\d)_", chapter.url)[0]
    old, new, before, after = CHANGES[number]
    assert before in shown_text(chapter)
    assert "Other parameters" not in shown_text(chapter)
    change(chapter, old, new)
    run_all(chapter)
    text = shown_text(chapter)
    assert after in text
    assert before not in text
    assert f"`{new}` (the book: `{old.split()[-1]}`)" in text
