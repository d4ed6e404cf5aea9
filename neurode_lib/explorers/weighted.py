"""What the explorers of learned networks share."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import numpy.typing as npt
import traitlets
from torch import nn

from neurode_lib._checks import FloatArray
from neurode_lib.explorers.base import Explorer
from neurode_lib.explorers.packages import package
from neurode_lib.inputs import Drive
from neurode_lib.metrics import DivergedWarning, UntrainedCurrentWarning, predict


def learned_path(
    model: nn.Module, start: FloatArray, current: Drive, t: npt.ArrayLike
) -> FloatArray:
    """A model's trajectory from one start, shape (T, 2).

    Readers may choose any current, and a picture shows by itself where a curve ends. In float64:
    processors round float32 differently, and a stored picture shall come out the same on all.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UntrainedCurrentWarning)
        warnings.simplefilter("ignore", DivergedWarning)
        return predict(copy.deepcopy(model).double(), start[None], current, t)[0]


class WeightedExplorer(Explorer):
    """An explorer of learned networks, which its JavaScript asks for by key when it needs them."""

    _wanted = traitlets.Unicode().tag(sync=True)
    _weights = traitlets.Dict().tag(sync=True)

    @traitlets.observe("_wanted")
    def _answer(self, change: Any) -> None:
        self._weights = {"key": change["new"], "data": package(change["new"])}
