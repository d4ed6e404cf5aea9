"""How results came about, and whether their files still are what was written.

``provenance.json`` lies beside the results. It says what made them, and it vouches for their
files, and for itself, with checksums: a reader never takes damage, or the files of two runs, for
results.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import neurode_lib
from neurode_lib._checks import reason
from neurode_lib.weights import write_atomically

# What load_results reads; weights vouch for themselves.
CHECKED_FILES = ("results.csv", "curves.safetensors")


def environment() -> dict[str, Any]:
    """By which code, when, with which packages and on what kind of machine this is run."""
    return {
        "neurode_lib": neurode_lib.__version__,
        "commit": _commit(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in ("numpy", "scipy", "torch", "safetensors")},
        "machine": {
            "cpu": platform.machine(),
            "cores": os.cpu_count(),
            "system": platform.system(),
        },
    }


def _commit() -> str | None:
    """The commit the code is at, marked if the library has uncommitted changes, or None."""
    here = Path(__file__).parent

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=here, capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        changes = git("status", "--porcelain", "--", "*.py")
        return git("rev-parse", "HEAD") + (" with changes" if changes else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def write_provenance(folder: Path, provenance: dict[str, Any]) -> None:
    """Write how the results in a folder came about, with checksums of their files and of itself.

    Parameters
    ----------
    folder : Path
        Holds the files named in ``CHECKED_FILES``.
    provenance : dict
        Values that JSON can carry; earlier checksums are replaced.
    """
    files = {name: _sha256((folder / name).read_bytes()) for name in CHECKED_FILES}
    record = {**provenance, "files": files}
    record["sha256"] = _seal(record)
    write_atomically(folder / "provenance.json", (json.dumps(record, indent=2) + "\n").encode())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _seal(provenance: dict[str, Any]) -> str:
    """Checksum of the values, whatever the layout of the file."""
    return digest({key: value for key, value in provenance.items() if key != "sha256"})


def digest(values: dict[str, Any]) -> str:
    """Checksum of values that JSON can carry, whatever the layout of their file."""
    return _sha256(json.dumps(values, sort_keys=True).encode())


def checked_files(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Provenance and content of the files that it vouches for.

    Raises
    ------
    FileNotFoundError
        If one is missing.
    ValueError
        If one is not what was written with the others.
    """
    path = folder / "provenance.json"
    for name in ("provenance.json", *CHECKED_FILES):
        if not (folder / name).is_file():
            raise FileNotFoundError(f"no results at {folder / name}; `make study` makes them")
    try:
        provenance = json.loads(path.read_bytes())
        sound = provenance["sha256"] == _seal(provenance)
        files = dict(provenance["files"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{path} is damaged: {reason(error)}") from error
    if not sound:
        raise ValueError(f"{path} is damaged: its content does not match its checksum")
    contents = {name: (folder / name).read_bytes() for name in CHECKED_FILES}
    for name, content in contents.items():
        if files.get(name) != _sha256(content):
            raise ValueError(
                f"{folder / name} is damaged, or of another run than provenance.json: "
                "it does not match its checksum; the study, run again, writes both anew"
            )
    return provenance, contents
