"""How long the main thread is busy with a frame while a figure of the built site is dragged.

    make book && python bench/dragging.py

Chromium throttled to a quarter of its speed; a slider of the chapter's first figure, and then its
start in the phase plane, are moved 120 times. Of each frame with a redraw: CPU time of the main
thread, from the browser's own trace, event handlers apart. "Commit" is the time in which the
thread hands the pictures to the compositor. Without a graphics card, as on a machine for tests, it
then fills in their lines itself (nine tenths of that time: with lines left out it falls from 31 to
4 ms), so the time is also given without.
"""

from __future__ import annotations

import os
import statistics
import sys
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools.browser import launch, serving
from tools.drawn import wait_until_drawn

SITE = Path(__file__).resolve().parents[1] / "_build" / "html"
CHAPTERS = ("01_fitzhugh_nagumo", "08_phase_portraits")
MOVES = 120
PAUSE = 30  # ms between two moves
THROTTLE = 4
DRAWS = 300  # microseconds: a callback that takes less has drawn nothing


def move(page: Page, box: dict[str, float], reach: float, count: int) -> None:
    """Go to and fro over ``reach`` pixels from the middle of a box, the button held."""
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    for k in range(count):
        page.mouse.move(x + reach * (k % 60) / 60, y)
        page.wait_for_timeout(PAUSE)


def trace(page: Page, box: dict[str, float], reach: float) -> list[dict[str, Any]]:
    """What the browser's trace says of a drag."""
    session = page.context.new_cdp_session(page)
    events: list[dict[str, Any]] = []
    complete: list[Any] = []
    session.on("Tracing.dataCollected", lambda data: events.extend(data["value"]))
    session.on("Tracing.tracingComplete", lambda data: complete.append(data))
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    move(page, box, reach, 20)  # until the code is compiled
    session.send("Emulation.setCPUThrottlingRate", {"rate": THROTTLE})
    categories = ["devtools.timeline", "disabled-by-default-devtools.timeline", "toplevel"]
    session.send(
        "Tracing.start",
        {"traceConfig": {"includedCategories": categories}, "transferMode": "ReportEvents"},
    )
    move(page, box, reach, MOVES)
    session.send("Tracing.end")
    while not complete:
        page.wait_for_timeout(100)
    page.mouse.up()
    return events


def frames(events: list[dict[str, Any]]) -> tuple[list[float], list[float]]:
    """CPU time of the frames with a redraw, in ms: whole, and without the commit."""
    threads = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    spans = [
        event
        for event in events
        if event.get("ph") == "X" and (event["pid"], event["tid"]) in threads and "tdur" in event
    ]
    whole, without = [], []
    for task in (span for span in spans if span["name"] == "RunTask"):
        parts = [
            span
            for span in spans
            if span["pid"] == task["pid"]
            and task["ts"] <= span["ts"] <= task["ts"] + task.get("dur", 0)
        ]
        if not any(part["name"] == "FireAnimationFrame" and part["dur"] > DRAWS for part in parts):
            continue
        commit = sum(part["tdur"] for part in parts if part["name"] == "Commit")
        whole.append(task["tdur"] / 1000)
        without.append((task["tdur"] - commit) / 1000)
    return whole, without


def report(browser: Browser, address: str, chapter: str, part: str, reach: float) -> None:
    """Print median and 90th percentile of one drag."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{address}/notebooks/{chapter}.html")
    figure = page.locator(".neurode-explorer").first
    wait_until_drawn(figure)
    box = figure.locator(part).first.bounding_box()
    assert box is not None, f"{chapter} has no {part}"
    columns = []
    for times in frames(trace(page, box, reach)):
        high = statistics.quantiles(times, n=10)[-1]
        columns.append(f"median {statistics.median(times):5.1f}, p90 {high:5.1f} ms")
    print(f"{chapter:20} {part:22} {columns[0]}; without commit: {columns[1]}", flush=True)
    page.close()


def main() -> None:
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; throttled {THROTTLE}x")
    with serving(SITE, "/a/path/") as address, sync_playwright() as playwright:
        browser = launch(playwright)
        for chapter in CHAPTERS:
            report(browser, address, chapter, 'input[type="range"]', reach=150)
            report(browser, address, chapter, ".nx-handle", reach=60)
        browser.close()


if __name__ == "__main__":
    main()
