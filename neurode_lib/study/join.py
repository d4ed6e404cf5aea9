"""Results of some variants joined to stored ones: whatever was there stays as it is, to the bit.

For a variant that came later. To train all others again would cost hours, and on another processor
give other numbers: training magnifies rounding, to a few tenths of a single seed's error after 600
updates. (Medians over ten seeds stay within their intervals.)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from neurode_lib.study.provenance import checked_files, write_provenance
from neurode_lib.weights import load_weights, save_weights, write_atomically

Value = TypeVar("Value")


def join(folder: Path, added: Path) -> None:
    """Add the results in one folder to those in another, in the place of those of the same name.

    Parameters
    ----------
    folder : Path
        Holds results, and will hold those of ``added``, too.
    added : Path
        Results of the same seeds and the same width of the networks.

    Raises
    ------
    FileNotFoundError
        If a folder holds no results.
    ValueError
        If results are damaged, or do not fit each other.
    """
    provenance, contents = checked_files(folder)
    new, new_contents = checked_files(added)
    for what, of in (("seeds", "seeds"), ("threads", "threads_per_job")):
        if new[of] != provenance[of]:
            raise ValueError(f"{added} must have the {what} {provenance[of]}, got {new[of]}")
    if new["reference"]["hidden"] != provenance["reference"]["hidden"]:
        raise ValueError(f"{added} must hold networks as wide as those in {folder}")
    names = set(new["recipes"])
    for path in added.glob("*.safetensors"):
        if path.stem in names:
            write_atomically(folder / path.name, path.read_bytes())
    for name in ("curves.safetensors", "snapshots.safetensors"):
        tensors, metadata = load_weights(folder / name)
        more, _ = load_weights(added / name)
        kept = {key: value for key, value in tensors.items() if key.split("/")[0] not in names}
        save_weights(folder / name, kept | more, metadata)
    head, *rows = contents["results.csv"].decode().splitlines(keepends=True)
    _, *new_rows = new_contents["results.csv"].decode().splitlines(keepends=True)
    kept_rows = [row for row in rows if row.split(",")[0] not in names]
    write_atomically(folder / "results.csv", "".join([head, *kept_rows, *new_rows]).encode())
    write_provenance(folder, _provenance(provenance, new, names))


def _provenance(old: dict[str, Any], new: dict[str, Any], names: set[str]) -> dict[str, Any]:
    """How the stored results came about, and which of them a later run has made."""

    def both(first: Mapping[str, Value], second: Mapping[str, Value]) -> dict[str, Value]:
        return {key: value for key, value in first.items() if key not in names} | dict(second)

    run = {
        key: new[key] for key in ("commit", "made", "python", "packages", "machine", "wall_seconds")
    }
    losses = "loss_of_first_seed"
    return {
        **old,
        "jobs": sorted([*_not_of(names, old["jobs"]), *new["jobs"]]),
        "training_seconds": both(old["training_seconds"], new["training_seconds"]),
        "protocols": both(old["protocols"], new["protocols"]),
        "recipes": both(old["recipes"], new["recipes"]),
        "reference": {
            **old["reference"],
            losses: both(old["reference"][losses], new["reference"][losses]),
        },
        "later_runs": [*old.get("later_runs", []), {**run, "variants": list(new["recipes"])}],
    }


def _not_of(names: set[str], jobs: Iterable[str]) -> list[str]:
    return [job for job in jobs if job.split("-seeds-")[0] not in names]
