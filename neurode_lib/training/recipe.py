"""A recipe: what is set before training starts.

References
----------
.. [1] I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019 (AdamW).
.. [2] I. Loshchilov, F. Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts",
       ICLR 2017 (cosine schedule).
.. [3] R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural
       networks", ICML 2013 (clipping by the norm of the gradient).
.. [4] H. G. Bock, K. J. Plitt, "A multiple shooting algorithm for direct solution of optimal
       control problems", IFAC Proceedings Volumes 17 (1984), 1603-1608 (windows).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from neurode_lib._checks import non_negative_number, one_of, positive_int, positive_number

# An update of AdamW is about as long as its rate: in float32 a longer one leaves of initial weights
# not a digit.
LARGEST_RATE = 1e6


@dataclass(frozen=True)
class Recipe:
    """How to train; the defaults are the article's recipe.

    Attributes
    ----------
    updates : int
        Optimiser steps. With the full-trajectory loss an update is an epoch.
    lr : float
        Learning rate of AdamW [1]_ at the start.
    schedule : {"cosine", "constant"}
        Whether the rate falls to zero along half a cosine [2]_.
    weight_decay : float
        AdamW's decoupled decay; 0.01 is PyTorch's default, which the article uses.
    clip_norm : float or None
        Largest norm of one model's gradient [3]_; None does not clip.
    window : int or None
        Steps that a prediction runs before it restarts from the data, as in multiple
        shooting [4]_. None runs the whole trajectory; 1 is a per-step loss.
    batch : int or None
        Windows per update, drawn at random for each model. None takes all.
    """

    updates: int = 600
    lr: float = 3e-3
    schedule: Literal["cosine", "constant"] = "cosine"
    weight_decay: float = 0.01
    clip_norm: float | None = 1.0
    window: int | None = None
    batch: int | None = None

    def __post_init__(self) -> None:
        positive_int("updates", self.updates)
        positive_number("lr", self.lr, maximum=LARGEST_RATE)
        one_of("schedule", self.schedule, ("cosine", "constant"))
        non_negative_number("weight_decay", self.weight_decay, maximum=LARGEST_RATE)
        if self.clip_norm is not None:
            positive_number("clip_norm", self.clip_norm)
        if self.window is not None:
            positive_int("window", self.window)
        if self.batch is not None:
            positive_int("batch", self.batch)

    def learning_rate(self, update: int) -> float:
        """Rate used for update number ``update``, counted from 0."""
        if self.schedule == "constant":
            return self.lr
        return self.lr * 0.5 * (1.0 + math.cos(math.pi * update / self.updates))
