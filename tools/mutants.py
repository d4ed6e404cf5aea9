"""Mutation testing: `make mutants`.

mutmut changes one operator, number, name or word at a time in the modules that pyproject.toml
lists, and the tests of those modules must notice. This runs it in a copy of the repository, since
it fills folders with changed sources, and writes ``tests/mutants.json``, which the page on faults
shows: of each module how many changes were noticed, and a digest of the source that was changed.
The changes that no test noticed are written to ``survivors.txt`` beside the copy, to be read.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from mutation_figures import RESULT, ROOT, digest

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
            ignore = shutil.ignore_patterns("__pycache__", "node_modules", "data")
            shutil.copytree(source, target, ignore=ignore)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)


def change(name: str, folder: Path) -> str:
    """What a mutant changed: the lines before and after."""
    text = subprocess.run(
        ["mutmut", "show", name], cwd=folder, capture_output=True, text=True, check=True
    ).stdout
    return "\n".join(
        line for line in text.splitlines() if line[:1] in "+-" and line[:3] not in ("+++", "---")
    )


def summarise(folder: Path) -> tuple[dict[str, dict[str, object]], list[str]]:
    """Counts of each module, and the names of the changes that no test noticed."""
    modules: dict[str, dict[str, object]] = {}
    survivors: list[str] = []
    records = folder / "mutants" / "neurode_lib"
    for record in sorted(records.rglob("*.meta")):
        codes = json.loads(record.read_text())["exit_code_by_key"]
        if not codes:
            continue
        unknown = set(codes.values()) - KILLED - SURVIVED - TIMEOUT
        if unknown:  # None: not tried, when a run was stopped
            sys.exit(f"{record.name} holds results that this does not know: {unknown}")
        name = f"neurode_lib/{record.relative_to(records).as_posix().removesuffix('.meta')}"
        alive = sorted(mutant for mutant, code in codes.items() if code in SURVIVED)
        survivors += alive
        modules[name] = {
            "sha256": digest(folder / name),
            "mutants": len(codes),
            "killed": len(codes) - len(alive),
        }
    return modules, survivors


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "_build" / "mutants"
    if len(sys.argv) == 1:
        copy_to(folder)
        os.environ["OMP_NUM_THREADS"] = "1"
        subprocess.run(["mutmut", "run", "--max-children", "1"], cwd=folder, check=True)
    modules, survivors = summarise(folder)
    RESULT.write_text(json.dumps(modules, indent=1) + "\n")
    for name, module in modules.items():
        print(f"{name}: {module['killed']} of {module['mutants']} noticed")
    report = folder / "survivors.txt"
    report.write_text("\n\n".join(f"{name}\n{change(name, folder)}" for name in survivors) + "\n")
    print(f"What no test noticed: {report}")


if __name__ == "__main__":
    main()
