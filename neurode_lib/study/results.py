"""What the study measured, read back.

The files come with the library; :func:`neurode_lib.study.run.run_study` wrote them. Nothing here
trains, and :func:`neurode_lib.study.pretrained.load_pretrained` has the networks themselves.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from neurode_lib._checks import FloatArray, folder_or_file, one_of, reason
from neurode_lib.study.provenance import checked_files
from neurode_lib.weights import PACKAGED, load_weights

# Variant, metric, and the current if the metric belongs to a single one.
Key = tuple[str, str, float | None]


@dataclass(frozen=True)
class Results:
    """Results of the study.

    Attributes
    ----------
    seeds : tuple of int
        Order of the first axis of everything below.
    numbers : dict
        ``{(variant, metric, current): values}``, values of shape (n_seeds,); the current is None
        for metrics that belong to no single one.
    curves : dict
        The same for curves, shape (n_seeds, n_points).
    provenance : dict
        Versions, commit, recipes and times.
    """

    seeds: tuple[int, ...]
    numbers: dict[Key, FloatArray]
    curves: dict[Key, FloatArray]
    provenance: dict[str, Any]

    def values(self, variant: str, metric: str, current: float | None = None) -> FloatArray:
        """A metric of one variant for every seed; a ``ValueError`` lists what there is."""
        return self.numbers[self._key(self.numbers, variant, metric, current)]

    def curve(self, variant: str, name: str, current: float | None = None) -> FloatArray:
        """A curve of one variant for every seed, shape (n_seeds, n_points)."""
        return self.curves[self._key(self.curves, variant, name, current)]

    @staticmethod
    def _key(table: dict[Key, FloatArray], variant: str, name: str, current: float | None) -> Key:
        one_of("variant", variant, sorted({key[0] for key in table}))
        one_of("metric", name, sorted({key[1] for key in table if key[0] == variant}))
        there = [key[2] for key in table if key[:2] == (variant, name)]
        return variant, name, one_of("current", current, there)


def load_results(folder: str | Path = PACKAGED) -> Results:
    """Read the study's results; files that have not changed since are not parsed again.

    Parameters
    ----------
    folder : str or Path, optional
        Where :func:`~neurode_lib.study.run.run_study` put them; by default the ones that come with
        the library.

    Returns
    -------
    Results
        Its arrays are shared with whoever asks next, and read-only.

    Raises
    ------
    FileNotFoundError
        If there are none.
    ValueError
        If a file is damaged.
    """
    folder = folder_or_file("folder", folder).resolve()
    provenance, _ = checked_files(folder)
    return _read(folder, provenance["sha256"])


@lru_cache(maxsize=4)
def _read(folder: Path, _seal_of_all: str) -> Results:
    provenance, contents = checked_files(folder)
    try:
        seeds = tuple(int(seed) for seed in provenance["seeds"])
        numbers = _numbers(contents["results.csv"].decode(), seeds)
        curves = _curves(load_weights(folder / "curves.safetensors")[0])
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise ValueError(f"the results in {folder} are damaged: {reason(error)}") from error
    # They are cached: nobody may change them for the next one who asks.
    for values in (*numbers.values(), *curves.values()):
        values.setflags(write=False)
    return Results(seeds, numbers, curves, provenance)


def _numbers(table: str, seeds: tuple[int, ...]) -> dict[Key, FloatArray]:
    """The rows of the table, gathered over seeds; NaN where a seed has no row."""
    numbers: dict[Key, FloatArray] = {}
    for row in csv.DictReader(io.StringIO(table, newline="")):
        current = float(row["current"]) if row["current"] else None
        values = numbers.setdefault(
            (row["variant"], row["metric"], current), np.full(len(seeds), np.nan)
        )
        values[seeds.index(int(row["seed"]))] = float(row["value"])
    return numbers


def _curves(tensors: dict[str, Tensor]) -> dict[Key, FloatArray]:
    """Curves by what their names in the file, such as ``neural_ode/loss/``, say."""
    curves: dict[Key, FloatArray] = {}
    for key, value in tensors.items():
        variant, name, label = key.split("/")
        curves[variant, name, float(label) if label else None] = value.double().numpy()
    return curves
