"""Measurements in parts: each finished part is a file, so a run that was stopped goes on.

For what a single chapter needs beyond the study itself: its numbers in one JSON file, with how they
came about and a checksum.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tqdm import tqdm

from neurode_lib._checks import reason
from neurode_lib.study.provenance import digest, environment
from neurode_lib.weights import write_atomically


def finished_parts(
    parts: Mapping[str, Callable[[], Any]], folder: Path, *, progress: bool = True
) -> dict[str, Any]:
    """Run the parts that ``folder`` does not hold yet; return the values of all.

    Parameters
    ----------
    parts : mapping of str to callable
        Each returns values that JSON can carry, NaN and infinity included.
    folder : Path
        Where finished parts are kept, one file each.
    progress : bool
        Whether to show a bar.
    """
    values = {}
    for name, part in tqdm(parts.items(), unit="part", disable=not progress):
        file = folder / f"{name}.json"
        if not file.exists():
            write_atomically(file, json.dumps(part()).encode())
        values[name] = json.loads(file.read_bytes())
    return values


def write_measurements(path: Path, values: Mapping[str, Any]) -> None:
    """Write a chapter's measurements with their provenance and a checksum."""
    content = {**values, "provenance": environment()}
    sealed = {**content, "sha256": digest(content)}
    write_atomically(path, (json.dumps(sealed, indent=None) + "\n").encode())


def read_measurements(path: Path) -> dict[str, Any]:
    """Read what :func:`write_measurements` wrote.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is not what was written.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no measurements at {path}")
    try:
        content = json.loads(path.read_bytes())
        sound = content.pop("sha256") == digest(content)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"{path} is damaged: {reason(error)}") from error
    if not sound:
        raise ValueError(f"{path} is damaged: its content does not match its checksum")
    return dict(content)
