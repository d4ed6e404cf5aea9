"""How fast the explorers are: redraw after a slider event, first picture, size of the script.

    python bench/explorers.py

Redraws are measured with Chromium's own throttling to a quarter of the speed: in CPU time of the
page's main thread, which other programs hardly disturb, and by the clock. Painting is included in
one number and left out of the other: without a graphics card the main thread paints too. The first
picture is by the clock, without throttling.
"""

from __future__ import annotations

import gzip
import os
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import CDPSession, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from neurode_lib.explorers import ModelExplorer, PhasePlaneExplorer, TrainingExplorer
from neurode_lib.explorers.packages import write_scripts
from tools.browser import launch, serving

STATIC = Path(__file__).parents[1] / "neurode_lib" / "explorers" / "static"
EVENTS = 24
THROTTLE = 4

# One slider event, as an input event of the slider itself, up to the end of the n-th frame after.
MOVE = """([name, value]) => new Promise(done => {
    const input = document.querySelector(`.neurode-explorer input[name="${name}"]`);
    input.value = value;
    input.dispatchEvent(new Event("input", {bubbles: true}));
    requestAnimationFrame(() => requestAnimationFrame(done));
})"""
# Wall-clock time of each redraw, and frames until everything was computed and drawn.
COMPLETE = """([name, value]) => new Promise(done => {
    const {explorer} = document.querySelector(".neurode-explorer");
    const input = document.querySelector(`.neurode-explorer input[name="${name}"]`);
    const started = performance.now();
    let frames = 0, longest = 0;
    explorer.redraw = function () {
        const from = performance.now();
        this.constructor.prototype.redraw.call(this);
        longest = Math.max(longest, performance.now() - from);
        frames += 1;
        if (this.currentScene.finished === false) return;
        delete this.redraw;
        done({frames, longest, total: performance.now() - started});
    };
    input.value = value;
    input.dispatchEvent(new Event("input", {bubbles: true}));
})"""


def main_thread_seconds(session: CDPSession) -> tuple[float, float]:
    """CPU seconds so far: in scripts, and in everything the page's main thread does."""
    metrics = {
        one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]
    }
    return metrics["ScriptDuration"], metrics["TaskDuration"]


def median_ms(seconds: list[float]) -> str:
    return f"{1e3 * statistics.median(seconds):.1f} ms"


def redraws(page: Page, name: str, values: list[float]) -> None:
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    for value in values:  # until the code is compiled
        page.evaluate(MOVE, [name, value])
    session.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
    scripts, tasks = [], []
    for value in values:
        before = main_thread_seconds(session)
        page.evaluate(MOVE, [name, value])
        after = main_thread_seconds(session)
        scripts.append(after[0] - before[0])
        tasks.append(after[1] - before[1])
    runs = [page.evaluate(COMPLETE, [name, value]) for value in values]
    session.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    print(
        f"    {name}: medians over {len(values)} events, CPU in two frames: "
        f"script {median_ms(scripts)}, with painting {median_ms(tasks)}"
    )
    print(
        f"    {name}: longest redraw {median_ms([run['longest'] / 1e3 for run in runs])}, "
        f"complete after {statistics.median(run['frames'] for run in runs):.0f} frames and "
        f"{median_ms([run['total'] / 1e3 for run in runs])} (wall clock)",
        flush=True,
    )


def main() -> None:
    pages = {
        "PhasePlaneExplorer": (PhasePlaneExplorer(), {"I": (0.2, 0.05), "dt": (0.05, 0.05)}),
        "ModelExplorer, 400 steps": (
            ModelExplorer(n_steps=400),
            {"I": (0.2, 0.05), "dt": (0.3, 0.05)},
        ),
        "TrainingExplorer": (TrainingExplorer(), {"I": (0.2, 0.05)}),
    }
    for script in ("explorers.js", "widget.js"):
        size = len(gzip.compress((STATIC / script).read_bytes(), 9))
        print(f"{script}: {size / 1024:.1f} KB compressed")
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; throttled {THROTTLE}x")
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder)) as address,
        sync_playwright() as playwright,
    ):
        root = Path(folder)
        shutil.copytree(STATIC, root / "_static")
        write_scripts(root / "_static" / "data")
        sizes = {
            path.name: len(gzip.compress(path.read_bytes(), 9))
            for path in root.glob("_static/data/*.js")
        }
        largest = max(sizes, key=sizes.__getitem__)
        print(f"largest weights file ({largest}): {sizes[largest] / 1024:.0f} KB compressed")
        browser = launch(playwright)
        for number, (title, (explorer, sliders)) in enumerate(pages.items()):
            (root / f"{number}.html").write_text(
                '<!doctype html><meta charset="utf-8"><title>.</title>'
                '<body style="max-width:760px">'
                f'<script defer src="_static/explorers.js"></script>{explorer.to_html()}',
                encoding="utf-8",
            )
            print(title)
            first = []
            for _ in range(5):
                page = browser.new_page(viewport={"width": 1280, "height": 1000})
                page.goto(f"{address}/{number}.html")
                first.append(
                    page.evaluate(
                        """document.querySelector(".neurode-explorer").explorer.ready
                            .then(() => performance.now() / 1000)"""
                    )
                )
            print(f"    first picture after navigation: median {median_ms(first)} (wall clock)")
            for name, (low, step) in sliders.items():
                # Ten values in turn, each a step of the slider: every event changes something.
                redraws(page, name, [round(low + step * (i % 10), 2) for i in range(EVENTS)])
        browser.close()


if __name__ == "__main__":
    main()
