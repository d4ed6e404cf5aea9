"""What training in the page does: how fast it is, what it costs, and how it fails.

    python bench/live.py [times] [cases]

Chromium, headless and bound to one core, which its main thread and the worker share. Ten seeds with
the default settings, with WebAssembly and without, each in a page of its own, from the press of the
button: the trainer's script is loaded, the worker started and the data simulated within that time.
Tasks of the main thread are taken from Chromium's own trace: in CPU time, which other programs
hardly disturb, and by the clock (the trace is running while the seconds are counted).
Then ten seeds of each change that chapter 15 makes to the default, for their errors only.

Writes neurode_lib/pretrained/in_the_page.json, which that chapter reads.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import neurode_lib
from neurode_lib.explorers import LiveTrainingExplorer
from neurode_lib.explorers.base import STATIC
from neurode_lib.weights import write_atomically
from tools.browser import launch, serving
from tools.drawn import wait_until_drawn

RESULTS = Path(neurode_lib.__file__).parent / "pretrained" / "in_the_page.json"
TARGET = 0.02
SEEDS = {"webassembly": range(10), "javascript": range(3)}
CASES: dict[str, dict[str, Any]] = {
    "works": {},
    "few": {"trajectories": 2},
    "clock": {"time_input": True},
    "long": {"window": 80},
    "noisy": {"noise": 0.2},
    "both": {"noise": 0.2, "window": 80},
}

WITHOUT_WEBASSEMBLY = """
const Plain = Blob;
globalThis.Blob = class extends Plain {
    constructor(parts, options) { super(["delete globalThis.WebAssembly;", ...parts], options); }
};"""
TRAIN = """([seed, target]) => new Promise(done => {
    const {explorer} = document.querySelector(".neurode-explorer");
    explorer.set({seed});
    const tasks = [];
    new PerformanceObserver(list => tasks.push(...list.getEntries().map(one => one.duration)))
        .observe({type: "longtask"});
    const follow = explorer.follow.bind(explorer);
    let started, reached = null;
    explorer.follow = () => {
        follow();
        const {run} = explorer;
        const now = performance.now() - started;
        if (reached === null && run.errors.some(([, error]) => error <= target)) reached = now;
        if (!run.over) return;
        const late = run.errors.findLast(([, error]) => error > target);
        setTimeout(() => done({
            seconds: reached === null ? null : reached / 1000,
            seconds_in_all: now / 1000,
            update: run.errors.find(([, error]) => error <= target)?.[0] ?? null,
            last_update_above: late?.[0] ?? 0,
            final: run.errors.at(-1)[1],
            ms_per_update: 1000 * run.seconds / run.update,
            long_tasks_ms: tasks,
        }), 300);
    };
    requestAnimationFrame(() => requestAnimationFrame(() => {
        started = performance.now();
        document.querySelector('[data-action="train"]').click();
    }));
})"""


FAIL = """settings => new Promise(done => {
    const {explorer} = document.querySelector(".neurode-explorer");
    explorer.set(settings);
    const follow = explorer.follow.bind(explorer);
    explorer.follow = () => {
        follow();
        const {run} = explorer;
        if (!run.over) return;
        // Of a single minibatch the loss says little: the mean over the last twentieth.
        const last = run.losses.slice(-run.losses.length / 20);
        done({
            seed: settings.seed,
            status: run.status,
            loss: last.reduce((a, b) => a + b) / last.length,
            error: run.errors.at(-1)[1],
            // Each trajectory draws its current: where there are few, one may be missing.
            currents: [...new Set(explorer.data.starts.map(({I}) => I))].sort(),
        });
    };
    document.querySelector('[data-action="train"]').click();
})"""


def run(page: Page, address: str, seed: int) -> dict[str, Any]:
    page.goto(address)
    wait_until_drawn(page.locator(".neurode-explorer").first)
    browser = page.context.browser
    assert browser is not None
    browser.start_tracing(page=page, categories=["toplevel"])
    found = page.evaluate(TRAIN, [seed, TARGET])
    events = json.loads(browser.stop_tracing())["traceEvents"]
    main_threads = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks = [
        event.get("tdur", 0) / 1000
        for event in events
        if event.get("ph") == "X" and (event["pid"], event["tid"]) in main_threads
    ]
    return {"seed": seed, **found, "longest_task_cpu_ms": max(tasks)}


def times(browser: Browser, address: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "browser": f"Chromium {browser.version}",
        "target": TARGET,
        "load_average": round(os.getloadavg()[0], 1),
        "cores_of_machine": os.cpu_count(),
    }
    for name, script in (("webassembly", ""), ("javascript", WITHOUT_WEBASSEMBLY)):
        runs = []
        for seed in SEEDS[name]:
            page = browser.new_page(viewport={"width": 1280, "height": 1100})
            if script:
                page.add_init_script(script)
            runs.append(run(page, address, seed))
            page.close()
        found[name] = runs
        tell(name, runs)
    return found


def cases(browser: Browser, address: str) -> dict[str, Any]:
    found = {}
    for name, settings in CASES.items():
        runs = []
        for seed in range(10):
            page = browser.new_page()
            page.goto(address)
            runs.append(page.evaluate(FAIL, {**settings, "seed": seed}))
            page.close()
        found[name] = runs
        error = statistics.median(one["error"] for one in runs)
        print(f"{name}: held-out error {error:.2e} (median)", flush=True)
    return {"cases": found}


def main(wanted: list[str]) -> None:
    core = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})  # the browser inherits it
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder)) as address,
        sync_playwright() as playwright,
    ):
        root = Path(folder)
        shutil.copytree(STATIC, root / "_static")
        (root / "live.html").write_text(
            '<!doctype html><meta charset="utf-8"><title>.</title><body style="max-width:760px">'
            '<script defer src="_static/explorers.js"></script>'
            f"{LiveTrainingExplorer().to_html()}",
            encoding="utf-8",
        )
        browser = launch(playwright)
        for part in (times, cases):
            if part.__name__ in wanted:
                results |= part(browser, f"{address}/live.html")
        browser.close()
    write_atomically(RESULTS, (json.dumps(results, indent=1) + "\n").encode())


def tell(name: str, runs: list[dict[str, Any]]) -> None:
    reached = [float("inf") if one["seconds"] is None else one["seconds"] for one in runs]
    tasks = [task for one in runs for task in one["long_tasks_ms"]]
    print(
        f"{name}: held-out error {TARGET} after {statistics.median(reached):.2f} s (median; "
        f"{min(reached):.2f} to {max(reached):.2f}), whole run "
        f"{statistics.median(one['seconds_in_all'] for one in runs):.2f} s, "
        f"{statistics.median(one['ms_per_update'] for one in runs):.2f} ms an update; "
        f"longest task of the main thread {max(one['longest_task_cpu_ms'] for one in runs):.1f} ms "
        f"of CPU; by the clock {len(tasks)} over 50 ms (longest {max(tasks, default=0):.0f} ms)",
        flush=True,
    )


if __name__ == "__main__":
    main(sys.argv[1:] or ["times", "cases"])
