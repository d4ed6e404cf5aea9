"""What was measured, for readers: ``pretrained/gradients.json``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from neurode_lib._checks import FloatArray
from neurode_lib.study.parts import read_measurements
from neurode_lib.weights import PACKAGED

RESULTS = PACKAGED / "gradients.json"
KINDS = ("errors", "costs", "fields", "snapshots", "training")


class GradientResults:
    """Errors, costs and training runs of ``python -m neurode_lib.study.gradients``.

    Parameters
    ----------
    path : Path, optional
        By default the file that comes with the library.

    Attributes
    ----------
    provenance : dict
        By which code, when, with which packages and on what kind of machine.
    errors : list of dict
        See :func:`neurode_lib.study.gradients.errors.gradient_errors`.
    costs, fields, snapshots, training : list of dict
        See :func:`~neurode_lib.study.gradients.cost.gradient_costs`,
        :func:`~neurode_lib.study.gradients.fields.measure_fields`,
        :func:`~neurode_lib.study.gradients.fields.measure_snapshots` and
        :func:`~neurode_lib.study.gradients.training.train_with`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged, or lacks a kind of measurement.
    """

    def __init__(self, path: Path = RESULTS) -> None:
        content = read_measurements(path)
        missing = [kind for kind in KINDS if kind not in content]
        if missing:
            raise ValueError(
                f"{path} holds no {missing[0]}; `python -m neurode_lib.study.gradients` makes them"
            )
        self.provenance: dict[str, Any] = content["provenance"]
        self.errors, self.costs, self.fields, self.snapshots, self.training = (
            content[kind] for kind in KINDS
        )

    def error(self, value: str = "error", **wanted: object) -> FloatArray:
        """One number of every row that has the wanted entries, such as ``method="adjoint_rk4"``.

        Raises
        ------
        ValueError
            If no row has them.
        """
        found = [
            np.nan if row[value] is None else row[value]
            for row in self.errors
            if wanted.items() <= row.items()
        ]
        if not found:
            raise ValueError(f"no gradient was measured with {wanted}")
        return np.array(found, dtype=float)

    def cost(self, value: str, method: str) -> FloatArray:
        """One number of a method, by trajectory length; ``value="steps"`` gives the lengths."""
        return np.array([row[value] for row in self.costs if row["method"] == method], dtype=float)
