"""A live notebook in a real JupyterLab: browser and Python see the same numbers."""

from __future__ import annotations

import json
import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import IO, Any

import nbformat
import pytest
from playwright.sync_api import Browser, Page

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
        lines = []
        while (line := lines.get(timeout=120)) is not None:
            lines.append(line)
            if f"127.0.0.1:{port}/lab" in line:
                break
        else:
            pytest.fail("JupyterLab did not start:\n" + "".join(lines[-20:]))
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


@pytest.fixture
def notebook(lab: str, browser: Browser) -> Iterator[Page]:
    """The notebook, open and connected to its kernel."""
    page = browser.new_page(viewport={"width": 1280, "height": 1600})
    page.set_default_timeout(90_000)
    page.goto(f"{lab}/lab/tree/live.ipynb?reset")
    page.locator(".jp-NotebookPanel .cm-content").first.wait_for()
    page.evaluate(
        """async () => {
            const panel = window.jupyterapp.shell.currentWidget;
            await panel.context.ready;
            await panel.sessionContext.ready;
        }"""
    )
    yield page
    page.close()


@pytest.mark.slow
def test_browser_and_python_move_each_other(notebook: Page) -> None:
    page = notebook

    output = run_cell(page, 0)
    root = output.locator(".neurode-explorer")
    root.evaluate("el => el.explorer.ready.then(() => true)")

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
    root.evaluate("el => el.explorer.ready.then(() => true)")
    arrived = run_cell(notebook, 5)
    arrived.locator(".widget-label").wait_for(state="attached")
    root.get_by_role("button", name="Train").click()
    label = arrived.get_by_text("Python ends at")
    label.wait_for()
    ends = root.evaluate("el => el.explorer.series().yours.v.at(-1)")
    assert float(label.inner_text().rsplit(" ", 1)[1]) == pytest.approx(ends, abs=1e-5)
