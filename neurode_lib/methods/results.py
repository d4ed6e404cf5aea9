"""What was measured, for readers: ``pretrained/methods.json``. Nothing here fits anything."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from neurode_lib._checks import FloatArray, folder_or_file, one_of
from neurode_lib.study.parts import read_measurements
from neurode_lib.weights import PACKAGED

RESULTS = PACKAGED / "methods.json"


@dataclass(frozen=True)
class MethodResults:
    """Results of ``python -m neurode_lib.methods``.

    Attributes
    ----------
    rows : dict
        By (problem, contestant); see :func:`neurode_lib.methods.comparison.run_job`.
    problems, contestants : dict
        By name: what a problem is; title, family and settings of a contestant.
    truth : dict
        By neuron: its ``period`` at I = 0.5, and its ``onset`` on the ramp.
    provenance : dict
    """

    rows: dict[tuple[str, str], dict[str, Any]]
    problems: dict[str, dict[str, Any]]
    contestants: dict[str, dict[str, Any]]
    truth: dict[str, dict[str, float]]
    provenance: dict[str, Any]

    def values(self, problem: str, contestant: str, number: str) -> FloatArray:
        """A number of every seed, shape (n_seeds,).

        Raises
        ------
        ValueError
            If it was not measured; the message lists what was.
        """
        row = self.row(problem, contestant)
        return np.array(row["numbers"][one_of("number", number, sorted(row["numbers"]))])

    def row(self, problem: str, contestant: str) -> dict[str, Any]:
        """All that is known of a contestant on a problem; a ``ValueError`` lists who took part."""
        one_of("problem", problem, sorted(self.problems))
        there = sorted(name for where, name in self.rows if where == problem)
        return self.rows[problem, one_of("contestant", contestant, there)]

    def took_part(self, problem: str, contestant: str) -> bool:
        """Whether this was measured."""
        return (problem, contestant) in self.rows


def load_methods(path: str | Path = RESULTS) -> MethodResults:
    """Read the comparison of methods that comes with the library.

    Parameters
    ----------
    path : str or Path, optional

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged.
    """
    path = folder_or_file("path", path)
    return _read(path, path.stat().st_mtime_ns if path.is_file() else 0)


@lru_cache(maxsize=2)
def _read(path: Path, _written: int) -> MethodResults:
    content = read_measurements(path)
    return MethodResults(
        {(row["problem"], row["contestant"]): row for row in content["rows"]},
        content["problems"],
        content["contestants"],
        content["truth"],
        content["provenance"],
    )
