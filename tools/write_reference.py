"""Write the pages that tables in code and installed packages make: `make reference`."""

from __future__ import annotations

import re
import sys
import tomllib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, files, metadata
from pathlib import Path

from packaging.markers import Marker

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from neurode_lib.weights import write_atomically  # noqa: E402 - after the path is set
from tests import faults  # noqa: E402

LOCKS = (ROOT / "requirements.lock", ROOT / "requirements" / "torch.txt")
# A name, its version, and where it is needed if not everywhere.
PIN = re.compile(r"^([\w.-]+)==([\w.]+)(?: ; (.*?))?(?: \\)?$", re.MULTILINE)


@dataclass(frozen=True)
class Pin:
    """One line of a lock: a version, and the condition under which it is installed."""

    name: str
    version: str
    condition: str

    @property
    def is_for_here(self) -> bool:
        """Whether this system and this Python are meant."""
        return not self.condition or Marker(self.condition).evaluate()


def pins() -> list[Pin]:
    """Everything that the lock files pin, by name."""
    text = "".join(path.read_text(encoding="utf-8") for path in LOCKS)
    return sorted((Pin(*match) for match in PIN.findall(text)), key=lambda pin: pin.name)


def licence(package: str) -> str:
    """What a package says about its licence: an SPDX expression, a classifier, or its own words."""
    try:
        fields = metadata(package)
    except PackageNotFoundError:
        return "not installed here"
    if expression := fields.get("License-Expression"):
        return str(expression)
    classifiers = [
        line.rpartition(" :: ")[2]
        for line in fields.get_all("Classifier", [])
        if line.startswith("License :: ") and not line.endswith("OSI Approved")
    ]
    if classifiers:
        return "; ".join(classifiers)
    # Some put the whole text here, others into a file; its first line is the name.
    words = str(fields.get("License") or "").strip()
    if not words:
        texts = [p for p in files(package) or [] if p.name.upper().startswith("LICEN")]
        words = texts[0].read_text().strip() if texts else "not told"
    return words.splitlines()[0]


def library_names() -> set[str]:
    """What the library itself needs, as pyproject.toml says."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {re.split(r"[<>=]", line)[0].lower() for line in project["dependencies"]}


def dependencies() -> str:
    """The page on dependencies, in MyST Markdown."""
    all_pins, own = pins(), library_names()
    rows = "\n".join(
        f"| {pin.name} | {pin.version} | "
        + (licence(pin.name).replace("|", " ") if pin.is_for_here else f"only if `{pin.condition}`")
        + f" | {'the library' if pin.name.lower() in own else ''} |"
        for pin in all_pins
    )
    return f"""\
# What it is built on

<!-- written by tools/write_reference.py; `make reference` makes it again -->

`requirements.lock` pins {len({pin.name for pin in all_pins}) - 1} packages for Linux, macOS and
Windows, with the digest of every file, and `requirements/torch.txt` pins PyTorch: which build of it
fits depends on the machine, so its digest is not checked. The library itself needs {len(own)} of
all these. The page's scripts and formulas are served with it, with their licences beside them.

## Versions of Python and of the dependencies

`pyproject.toml` declares Python 3.11 to 3.13 and the lowest versions of what the library needs.
`make test-lowest` runs the unit tests with those (torch excepted: other builds of it bring
gigabytes of GPU libraries, so it stays the lock's).

## To update

1. `make lock UPGRADE=1` resolves everything anew; `git diff requirements.lock` shows what moved.
2. `make lint`, `make test` and `make reference` (this page), in that order.
3. If a chapter's stored outputs differ, `make execute` and look at the difference. If a stored loss
   differs in its first digits, it is the study that is stale: `make study`.
4. jupyter-book stays below 2, which does not read `_config.yml`. torch is pinned exactly, in
   `requirements/torch.txt`.
5. `npm outdated` in `explorers`, then `make explorers`.

## Known vulnerabilities

There is no list of them in this repository, and none that works offline: a list is out of date the
day after. `make advisories` asks PyPI's database about every pinned package, and npm's
about the page's scripts; it fails if either cannot answer, and a workflow runs it once a week. The
machine on which the book was written reaches neither, so there is no result to report here. Nothing
here opens a port to others, reads pickles or runs what it reads: weights are safetensors, results
are CSV and JSON.

## Licences

As each package tells about itself; for those that only other systems need, when that is.

| package | version | licence | needed by |
|---|---|---|---|
{rows}
"""


PAGES = {"faults.md": faults.page, "dependencies.md": dependencies}

if __name__ == "__main__":
    for name, text in PAGES.items():
        write_atomically(ROOT / "book" / name, text().encode())
