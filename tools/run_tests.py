"""Run the tests of the repository: what `make test` does once the .venv is there.

One group failing does not hide the others; the exit code is zero only if all passed.
``--all`` runs those marked exhaustive, too: `make test-all`. ``--fast`` runs the unit tests that
are not marked slow, and nothing else: `make check`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from browser import ensure_browser, ensure_other_engines
from ensure_node import ensure_node

ROOT = Path(__file__).resolve().parent.parent
EXPLORERS = ROOT / "explorers"
PYTEST = [sys.executable, "-m", "pytest", "-q", "--durations=5"]
WITHOUT_EXHAUSTIVE = ["-m", "not exhaustive"]
# Two processes whatever the machine: the limits in the tests are set for two cores.
TWO_AT_A_TIME = ["-n", "2"]
# Groups of their own.
APART = ("unit", "browser", "engines")
# Lines and branches; the least share is in pyproject.toml, and less is a failure.
COVERAGE = ["--cov", "--cov-report=term:skip-covered"]
# Strict: every stored text, HTML and SVG output must come out the same. A notebook's cells stay
# together (loadfile): they share a kernel.
NBVAL = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout=300", "-p", "no:cacheprovider"]


def run(title: str, command: list[str], folder: Path = ROOT) -> bool:
    """Run one group of tests; say which."""
    print(f"\n=== {title}", flush=True)
    return subprocess.run(command, cwd=folder, check=False).returncode == 0


def javascript_tests() -> bool:
    """The explorers' own tests, and whether the committed bundle is what the sources build."""
    reason = ensure_node()
    if reason:
        print(f"JavaScript tests cannot run: {reason}")
        return False
    return all(
        run(f"JavaScript: npm {' '.join(step)}", [shutil.which("npm") or "npm", *step], EXPLORERS)
        for step in (["ci", "--no-audit", "--no-fund", "--silent"], ["test"], ["run", "check"])
    )


def main() -> int:
    """Run all groups, or the fast tests; return the exit code."""
    if "--fast" in sys.argv[1:]:
        fast = [*PYTEST, *TWO_AT_A_TIME, "-m", "not slow", "tests/unit"]
        return 0 if run("The fast tests (`make test` runs all)", fast) else 1
    in_ci = os.environ.get("CI", "").lower() in {"1", "true"}
    if in_ci:
        # A browser that is missing is then a failure of the tests that need it.
        os.environ["NEURODE_REQUIRE_BROWSER"] = "1"
    no_browser = ensure_browser()
    no_engines = ensure_other_engines()
    ensure_node()  # a Python test runs the trainer; what is missing is said there, and below

    everything = "--all" in sys.argv[1:]
    pytest = PYTEST if everything else [*PYTEST, *WITHOUT_EXHAUSTIVE]
    results = {
        "units": run(
            "Units, and what they cover", [*pytest, *TWO_AT_A_TIME, *COVERAGE, "tests/unit"]
        ),
        "chapters and site": run(
            "Chapters with other parameters, built site",
            [*pytest, *TWO_AT_A_TIME, *(f"--ignore=tests/{name}" for name in APART), "tests"],
        ),
    }
    notebooks = sorted(str(path.relative_to(ROOT)) for path in ROOT.glob("notebooks/*.ipynb"))
    if notebooks:
        results["stored outputs"] = run(
            "Stored outputs of the chapters, computed again",
            [*PYTEST, *NBVAL, *TWO_AT_A_TIME, "--dist=loadfile", *notebooks],
        )
    results["JavaScript"] = javascript_tests()
    # One at a time: a browser uses both cores by itself.
    results["browser"] = run("Browser", [*pytest, "tests/browser"])
    results["engines"] = run("Chromium, Firefox and WebKit", [*pytest, "tests/engines"])

    print("\n=== make test")
    for name, passed in results.items():
        print(f"{'passed' if passed else 'FAILED'}: {name}")
    if not everything:
        print("Of the tests marked exhaustive the examples ran; `make test-all` runs them all.")
    if no_browser and not in_ci:
        print(f"The browser tests did not run: {no_browser}.")
    if not in_ci:
        for reason in no_engines:
            print(f"The site was not tested in {reason}.")
    return 0 if all(results.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
