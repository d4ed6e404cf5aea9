"""The study's networks as the explorers' JavaScript reads them: one safetensors file per key."""

from __future__ import annotations

import warnings
from typing import Any

import numpy.typing as npt
import traitlets
from safetensors.torch import save
from torch import Tensor, nn

from neurode_lib._checks import FloatArray, one_of
from neurode_lib.explorers.base import Explorer
from neurode_lib.metrics import DivergedWarning, UntrainedCurrentWarning, predict
from neurode_lib.models import network_of
from neurode_lib.study.pretrained import load_pretrained, load_snapshot
from neurode_lib.study.variants import SEEDS, SNAPSHOT_UPDATES, SNAPSHOT_VARIANTS

MODEL_VARIANTS = ("neural_ode", "discrete_rnn", "time_input")
KEYS = (
    *(f"seed-{seed}" for seed in SEEDS),
    *(f"update-{update}" for update in SNAPSHOT_UPDATES),
)


def package(key: str) -> bytes:
    """All networks of one key in one safetensors file.

    Parameters
    ----------
    key : str
        ``"seed-3"``: the variants ``MODEL_VARIANTS`` trained from seed 3, in float32.
        ``"update-100"``: the variants ``SNAPSHOT_VARIANTS`` after 100 updates, in float16, as
        the study keeps them.

    Returns
    -------
    bytes
        Tensors named like ``"neural_ode/net.0.weight"``.

    Raises
    ------
    ValueError
        If the study has no such key.
    """
    kind, number = one_of("key", key, KEYS).split("-")
    tensors: dict[str, Tensor] = {}
    for variant in MODEL_VARIANTS if kind == "seed" else SNAPSHOT_VARIANTS:
        if kind == "seed":
            tensors |= _named(variant, load_pretrained(variant, int(number)))
        else:
            half = _named(variant, load_snapshot(variant, int(number)))
            tensors |= {name: tensor.half() for name, tensor in half.items()}
    return save(tensors)


def _named(variant: str, model: nn.Module) -> dict[str, Tensor]:
    state = network_of(model).state_dict()
    return {f"{variant}/net.{name}": tensor.contiguous() for name, tensor in state.items()}


def learned_path(
    model: nn.Module, start: FloatArray, current: float, t: npt.ArrayLike
) -> FloatArray:
    """A model's trajectory from one start, shape (T, 2).

    Readers may choose any current, and a picture shows by itself where a curve ends.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UntrainedCurrentWarning)
        warnings.simplefilter("ignore", DivergedWarning)
        return predict(model, start[None], current, t)[0]


class WeightedExplorer(Explorer):
    """An explorer of learned networks, which its JavaScript asks for by key when it needs them."""

    _wanted = traitlets.Unicode().tag(sync=True)
    _weights = traitlets.Dict().tag(sync=True)

    @traitlets.observe("_wanted")
    def _answer(self, change: Any) -> None:
        self._weights = {"key": change["new"], "data": package(change["new"])}
