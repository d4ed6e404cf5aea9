"""Mutation testing: `make mutants`.

mutmut changes one operator, number, name or word at a time in the modules that pyproject.toml
lists, and the tests of those modules must notice. This runs it in a copy of the repository, since
it fills folders with changed sources, and writes ``tests/mutants.json``, which the page on faults
reads: how many were killed, and every survivor with its change.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "tests" / "mutants.json"
COPIED = ["neurode_lib", "tests", "tools", "pyproject.toml", "README.md", "LICENSE"]
# How pytest's exit code, or the way in which a run ended, tells that the tests noticed.
KILLED, SURVIVED = {1, 3}, {0}
TIMEOUT = {-24, 24, 36, 37, 152, 255}


def copy_to(folder: Path) -> None:
    """Copy what mutmut needs; an earlier run's results stay, for it to continue from."""
    # But not which test runs which function: it would be looked up for new ones in vain.
    (folder / "mutants" / "mutmut-stats.json").unlink(missing_ok=True)
    for name in COPIED:
        source, target = ROOT / name, folder / name
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            ignored = shutil.ignore_patterns("__pycache__", "node_modules", "data")
            shutil.copytree(source, target, ignore=ignored)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def change(name: str, folder: Path) -> str:
    """What a mutant changed: the lines before and after."""
    shown = subprocess.run(
        ["mutmut", "show", name], cwd=folder, capture_output=True, text=True, check=True
    ).stdout
    return "\n".join(
        line for line in shown.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")
    )


def summarise(folder: Path) -> dict[str, dict[str, object]]:
    """Counts and survivors of each module, from mutmut's records."""
    modules: dict[str, dict[str, object]] = {}
    for record in sorted((folder / "mutants" / "neurode_lib").glob("*.meta")):
        codes = json.loads(record.read_text())["exit_code_by_key"]
        if not codes:
            continue
        # None: not tried, when a run was stopped.
        tried = {name: code for name, code in codes.items() if code is not None}
        unknown = set(tried.values()) - KILLED - SURVIVED - TIMEOUT
        if unknown:
            sys.exit(f"{record.name} holds results that this does not know: {unknown}")
        survivors = sorted(name for name, code in tried.items() if code in SURVIVED)
        modules[record.name.removesuffix(".py.meta")] = {
            "mutants": len(codes),
            "tried": len(tried),
            "killed": len(tried) - len(survivors),
            "survivors": {name: change(name, folder) for name in survivors},
        }
    return modules


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "_build" / "mutants"
    if len(sys.argv) == 1:
        copy_to(folder)
        os.environ["OMP_NUM_THREADS"] = "1"
        subprocess.run(["mutmut", "run", "--max-children", "1"], cwd=folder, check=True)
    modules = summarise(folder)
    RESULT.write_text(json.dumps(modules, indent=1, ensure_ascii=False) + "\n")
    for name, module in modules.items():
        print(f"{name}: {module['killed']} of {module['tried']} killed, of {module['mutants']}")


if __name__ == "__main__":
    main()
