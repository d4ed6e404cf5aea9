"""Early stopping: the weights that did best on data that training does not see.

References
----------
.. [1] L. Prechelt, "Early Stopping - But When?", in: Neural Networks: Tricks of the Trade,
       Springer 1998.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from neurode_lib._checks import FloatArray
from neurode_lib.training.objective import Objective
from neurode_lib.weights import Weights

# Updates between two looks at the validation data.
VALIDATE_EVERY = 10


class Validation:
    """Errors on the validation data, and the weights with the smallest.

    Parameters
    ----------
    objective : Objective
        Of the validation data, all windows at once.
    patience : int or None
        After so many updates without a smaller error a model is done; None waits till the end.
    """

    def __init__(self, objective: Objective, patience: int | None) -> None:
        self.objective, self.patience = objective, patience
        self.errors: list[FloatArray] = []
        self.best_update: list[int] = []
        self.best_error = np.empty(0)
        self.best_weights: Weights = {}

    def look(self, weights: Mapping[str, Tensor], update: int) -> None:
        """Measure every model, and keep the weights of those that are better than ever."""
        with torch.no_grad():
            errors, _ = self.objective.losses(weights, update)
        latest = errors.cpu().double().numpy()
        if not self.errors:
            self.best_error = np.full(len(latest), np.inf)
            self.best_update = [update] * len(latest)
            self.best_weights = {name: value.detach().clone() for name, value in weights.items()}
        for k in np.flatnonzero(latest < self.best_error):
            self.best_error[k], self.best_update[k] = latest[k], update
            for name, value in weights.items():
                self.best_weights[name][k] = value.detach()[k]
        self.errors.append(latest)

    def done(self, update: int) -> bool:
        """Whether no model has become better for longer than the patience."""
        if self.patience is None or not self.errors:
            return False
        return update - max(self.best_update) >= self.patience
