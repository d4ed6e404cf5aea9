"""What was measured, for readers: ``pretrained/gradients.json``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from neurode_lib._checks import FloatArray
from neurode_lib.weights import PACKAGED

RESULTS = PACKAGED / "gradients.json"


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
    costs, training : list of dict
        See :func:`~neurode_lib.study.gradients.cost.gradient_costs` and
        :func:`~neurode_lib.study.gradients.training.train_with`.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If it is damaged.
    """

    def __init__(self, path: Path = RESULTS) -> None:
        if not path.is_file():
            raise FileNotFoundError(
                f"no results at {path}; `python -m neurode_lib.study.gradients` makes them"
            )
        try:
            content: dict[str, Any] = json.loads(path.read_bytes())
            self.provenance: dict[str, Any] = content["provenance"]
            self.errors: list[dict[str, Any]] = content["errors"]
            self.costs: list[dict[str, Any]] = content["costs"]
            self.training: list[dict[str, Any]] = content["training"]
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path} is damaged: {error!r}") from error

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
