"""Everything that chapter 19 reads, measured part by part.

Each finished part is a file, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from tqdm import tqdm

from neurode_lib.study.gradients import cost, errors, training
from neurode_lib.study.gradients.results import RESULTS
from neurode_lib.study.provenance import environment
from neurode_lib.weights import write_atomically

Part = Callable[[], Any]


def parts() -> dict[str, Part]:
    """Name and measurement of every part."""
    found: dict[str, Part] = {"costs": cost.gradient_costs}
    for name in training.TRAINED_BY:
        found[f"training-{name}"] = partial(training.train_with, name)
    for network, seed, current in errors.PARTS:
        found[f"errors-{network}-{seed}-{current:g}"] = partial(
            errors.gradient_errors, network, seed, current
        )
    return found


def measure(folder: Path, *, out: Path = RESULTS, progress: bool = True) -> Path:
    """Measure the parts that ``folder`` does not hold yet, then merge all of them.

    Parameters
    ----------
    folder : Path
        Where finished parts are kept.
    out : Path, optional
        The merged file; by default the one that comes with the library.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    Path
        The merged file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = {}
    for name, part in tqdm(parts().items(), unit="part", disable=not progress):
        file = folder / f"{name}.json"
        if not file.exists():
            write_atomically(file, _as_json({"made_by": environment(), "values": part()}))
        found[name] = json.loads(file.read_bytes())
    merged: dict[str, Any] = {"provenance": environment()}
    for name, part in found.items():
        kind, _, _ = name.partition("-")
        values = part["values"]
        merged.setdefault(kind, []).extend(values if isinstance(values, list) else [values])
    write_atomically(out, _as_json(merged))
    return out


def _as_json(value: Any) -> bytes:
    return (json.dumps(value, indent=1) + "\n").encode()
