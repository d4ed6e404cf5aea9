"""Judge the built site as outsiders do: its weight, Lighthouse, and the Nu HTML validator.

`make audit` builds the site, fetches the tools that tools/audit/package-lock.json pins, and runs
this. The exit code is zero only if all three are content. The validator needs Java.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from browser import FLAGS, ensure_browser, find_browser, launch, serving
from ensure_node import ensure_node
from playwright.sync_api import sync_playwright
from site_weight import site_pages, table, weigh

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
AUDIT = ROOT / "tools" / "audit"
MODULES = AUDIT / "node_modules"

# The landing page, and chapters with an explorer of each kind: one neuron, networks in training,
# networks beside each other, one that trains; and the widest table.
LIGHTHOUSE_PAGES = (
    "index.html",
    "notebooks/01_fitzhugh_nagumo.html",
    "notebooks/05_starting_from_zero.html",
    "notebooks/08_phase_portraits.html",
    "notebooks/12_claims_measured.html",
    "notebooks/15_train_it_here.html",
)
THRESHOLDS = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 95}
# Of each page, the middle one of these many runs: the machine has other things to do, too.
RUNS = 5
# Chromium, run by Lighthouse, showed a first picture that took over 200 ms a second late, also of a
# page that does nothing but wait so long; all that loaded meanwhile then counts as needed for it.
# Playwright switches this off, too.
CHROME_FLAGS = (*FLAGS, "--disable-features=PaintHolding")
# Lighthouse measures how fast the machine is while it judges a page, and warns below this index
# that the times mean little (its own SLOW_CPU_BENCHMARK_INDEX_THRESHOLD). A busy machine says
# nothing about the site, so the one score that is made of times is then shown and not judged.
SLOW_MACHINE = 1000


def audit_weight() -> list[str]:
    """Print what each page loads; return the limits broken."""
    with serving(SITE) as address, sync_playwright() as playwright:
        browser = launch(playwright)
        weights = [weigh(browser, address, name) for name in site_pages(SITE)]
        browser.close()
    print("Weight over the network, in kilobytes (1000 bytes), compressed as a host does it")
    print(table(weights))
    return [fault for one in weights for fault in one.faults()]


def lighthouse(address: str) -> dict[str, Any]:
    """One run of Lighthouse with its own mobile emulation."""
    process = subprocess.run(
        [
            *("node", str(MODULES / "lighthouse" / "cli" / "index.js"), address),
            *("--output=json", "--quiet", f"--chrome-flags={' '.join(CHROME_FLAGS)}"),
            *(f"--only-categories={name}" for name in THRESHOLDS),
        ],
        env={**os.environ, "CHROME_PATH": str(find_browser())},
        capture_output=True,
        text=True,
        check=False,
    )
    if process.returncode:
        raise RuntimeError(f"Lighthouse failed on {address}: {process.stderr[-2000:]}")
    return json.loads(process.stdout)


def failed_audits(report: dict[str, Any], category: str) -> str:
    """Names of what cost a category its points."""
    references = report["categories"][category]["auditRefs"]
    scores = {
        ref["id"]: report["audits"][ref["id"]]["score"] for ref in references if ref["weight"]
    }
    return ", ".join(name for name, score in scores.items() if score is not None and score < 0.9)


def below_thresholds(name: str, reports: list[dict[str, Any]]) -> list[str]:
    """Print a page's scores, and how fast and busy the machine was; return what is too low."""
    middle = {
        category: statistics.median(one["categories"][category]["score"] for one in reports)
        for category in THRESHOLDS
    }
    scores = {category: round(100 * score) for category, score in middle.items()}
    speed = statistics.median(one["environment"]["benchmarkIndex"] for one in reports)
    load = f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"
    numbers = "".join(f"{score:16}" for score in scores.values())
    print(f"{name:40}{numbers}   speed {speed:.0f}, load {load}", flush=True)
    low = [category for category, score in scores.items() if score < THRESHOLDS[category]]
    if "performance" in low and speed < SLOW_MACHINE:
        low.remove("performance")
        print(
            f"  performance is not judged: the machine is slow or busy (speed {speed:.0f}, at "
            f"least {SLOW_MACHINE} is wanted); run `make audit` again when it is idle"
        )
    return [
        f"Lighthouse: {name} has {category} {scores[category]}, wanted {THRESHOLDS[category]}"
        f" ({failed_audits(reports[-1], category)}; speed {speed:.0f}, load {load})"
        for category in low
    ]


def audit_lighthouse() -> list[str]:
    """Print Lighthouse's scores; return those below the thresholds."""
    print(f"Lighthouse, mobile emulation, middle one of {RUNS} runs (thresholds {THRESHOLDS})")
    print(f"{'page':40}" + "".join(f"{name:>16}" for name in THRESHOLDS))
    faults = []
    with serving(SITE, "/a/path/") as address:
        for name in LIGHTHOUSE_PAGES:
            reports = [lighthouse(f"{address}/{name}") for _ in range(RUNS)]
            faults += below_thresholds(name, reports)
    return faults


def audit_html() -> list[str]:
    """Have the Nu validator read every page; return its errors. There are no exceptions."""
    java = shutil.which("java")
    if java is None:
        return ["the HTML was not validated: there is no java (Debian: default-jre-headless)"]
    jar = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"
    pages = [str(SITE / name) for name in site_pages(SITE)]
    # Without its warnings: it reads from disk, and so misjudges what the policy calls 'self'.
    process = subprocess.run(
        [java, "-jar", str(jar), "--errors-only", "--format", "json", "--exit-zero-always", *pages],
        capture_output=True,
        text=True,
        check=False,
    )
    messages = json.loads(process.stderr)["messages"]
    print(f"Nu HTML validator: {len(pages)} pages, {len(messages)} errors")
    return [
        f"{Path(message.get('url', '')).name}:{message.get('lastLine')}: {message['message']}"
        for message in messages
    ]


def main() -> int:
    """Run all three; return the exit code."""
    if reason := ensure_browser() or ensure_node():
        print(f"audit: {reason}")
        return 1
    # Without their install scripts: vnu-jar's would look for a Java to download.
    install = [
        shutil.which("npm") or "npm",
        "ci",
        "--silent",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
    ]
    subprocess.run(install, cwd=AUDIT, check=True)
    faults = []
    for audit in (audit_html, audit_weight, audit_lighthouse):
        faults += audit()
        print(flush=True)
    for fault in faults:
        print(f"FAILED: {fault}")
    print("audit: " + ("failed" if faults else "passed"))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
