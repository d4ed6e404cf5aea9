"""Everything that chapter 19 reads, measured part by part."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from neurode_lib.study.gradients import cost, errors, fields, training
from neurode_lib.study.gradients.results import RESULTS
from neurode_lib.study.parts import finished_parts, write_measurements

Part = Callable[[], Any]


def parts() -> dict[str, Part]:
    """Name and measurement of every part."""
    found: dict[str, Part] = {"costs": cost.gradient_costs}
    for network in (fields.NEURON, *errors.NETWORKS):
        found[f"fields-{network}"] = partial(fields.measure_fields, network)
    found["snapshots"] = fields.measure_snapshots
    for network in training.NETWORKS:
        for method in training.TRAINED_BY:
            name = f"training-{network}-{method}"
            found[name] = partial(training.train_with, method, network)
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
    merged: dict[str, Any] = {}
    for name, values in finished_parts(parts(), folder, progress=progress).items():
        kind, _, _ = name.partition("-")
        merged.setdefault(kind, []).extend(values if isinstance(values, list) else [values])
    write_measurements(out, merged)
    return out
