"""A history: what training tells when it is over."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from neurode_lib.recordings import Recordings
from neurode_lib.weights import Weights


@dataclass
class History:
    """What happened during training, for `K` models over `U` updates.

    Attributes
    ----------
    loss : ndarray, shape (U, K)
        Training loss before each update.
    grad_norm : ndarray, shape (U, K)
        Norm of each model's gradient before clipping.
    seconds : float
        Wall time of all updates together, resumed runs included.
    stopped_at : list of (int or None)
        For each model, the update at which its loss or gradient stopped being finite, or their
        number if the last one left weights that are not. Such a model keeps the last weights
        whose loss was finite.
    interrupted : bool
        Whether training was stopped by hand (Ctrl-C) before the last update.
    snapshots : dict of int to Weights
        Stacked weights after as many updates as the key says.
    validation : ndarray, shape (V, K)
        Error on the validation data, before the first update, after every ``VALIDATE_EVERY``-th and
        after the last; no rows without such data.
    best_update : list of int
        For each model, after how many updates that error was smallest: its weights are from there.
    fitted : list of (Recordings or None)
        For each model, all states that were recorded or fitted in training, NaN elsewhere; None
        where nothing was fitted.
    """

    loss: npt.NDArray[np.float64]
    grad_norm: npt.NDArray[np.float64]
    seconds: float
    stopped_at: list[int | None]
    interrupted: bool = False
    snapshots: dict[int, Weights] = field(default_factory=dict)
    validation: npt.NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 0)))
    best_update: list[int] = field(default_factory=list)
    fitted: list[Recordings | None] = field(default_factory=list)
