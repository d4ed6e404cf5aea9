"""What mutation testing found, and whether it still holds: a section of the page on faults.

``tests/mutants.json`` says how many changes to a module the tests noticed, and carries a digest of
the source that was changed. Where the module has moved on since, the figures are an earlier
version's. The site's build writes this section, so that it says so by itself; the suite does not
fail for it, as an hour of mutation testing is no toll on a commit, but a test warns at its end.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "tests" / "mutants.json"
CURRENT, EARLIER, NEVER = "this version", "an earlier version", "not measured"


def figures() -> dict[str, dict[str, int | str]]:
    """What was measured, by module: ``sha256`` of its source, ``mutants`` and ``killed``."""
    return dict(json.loads(RESULT.read_text(encoding="utf-8")))


def digest(source: Path) -> str:
    """SHA-256 of a source file, whatever its line ends."""
    return hashlib.sha256(source.read_text(encoding="utf-8").encode()).hexdigest()


def to_be_measured() -> list[str]:
    """The modules that `make mutants` changes, as pyproject.toml lists them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return list(settings["tool"]["mutmut"]["only_mutate"])


def version_measured(module: str, root: Path = ROOT) -> str:
    """Which version of a module its figures are of."""
    entry = figures().get(module)
    if entry is None:
        return NEVER
    source = root / module
    return CURRENT if source.exists() and digest(source) == entry["sha256"] else EARLIER


def section() -> str:
    """The section, in Markdown."""
    modules = figures()
    rows = [
        f"| `{name.removeprefix('neurode_lib/')}` | {version_measured(name)} "
        f"| {entry['mutants']:,} | {entry['killed']:,} "
        f"| {int(entry['killed']) / int(entry['mutants']):.1%} |"
        for name, entry in modules.items()
    ]
    rows += [
        f"| `{name.removeprefix('neurode_lib/')}` | {NEVER} under this name | | | |"
        for name in to_be_measured()
        if name not in modules
    ]
    total, killed = (sum(int(e[key]) for e in modules.values()) for key in ("mutants", "killed"))
    table = "\n".join(rows)
    return f"""\
## Would the tests notice?

`make mutants` changes one operator, number, name or word at a time in the core's modules and runs
their tests. Of {total:,} such changes {killed:,} were noticed ({killed / total:.1%}). Measuring
takes an hour, so it is not repeated with every change to the code: *this version* means that the
module is, byte for byte, the one that was measured.

| module | measured on | changes | noticed | share |
|---|---|---:|---:|---:|
{table}

In the first complete measurement, the changes that no test noticed were read one by one. Most were
the same computation in other words (`reshape(-2, 2)` for `reshape(-1, 2)`), a limit that no
value meets exactly (`<` for `<=`), a number within its own safety margin (where a search gives up),
or another way to the same result (other starts of Newton's method).
"""
