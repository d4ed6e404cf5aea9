"""What was measured on the recording, and the models, for readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from neurode_lib._checks import folder_or_file
from neurode_lib.models import NeuralODE, ODEFunc, network_of
from neurode_lib.scaling import Scaling
from neurode_lib.study.parts import read_measurements
from neurode_lib.study.recording.networks import WIDTH, Scale
from neurode_lib.trained_range import keep_trained_range
from neurode_lib.weights import PACKAGED, Weights, load_weights

RESULTS = PACKAGED / "recording.json"
WEIGHTS = PACKAGED / "recording.safetensors"


def load_recording_study(path: str | Path = RESULTS) -> dict[str, Any]:
    """The measurements that come with the library.

    Returns
    -------
    dict
        ``baselines``: scores by set, model and part, the cell's own repeats (``reliability``,
        ``consensus``) among them. ``settings``: by name, what was trained, and for every seed its
        scores by part, and its firing rates under ``step_currents``. ``variations``: likewise, in
        the validation part alone. ``shown``: seed and forecast of the model that the chapter draws,
        and the correlation time of the recorded current in ms.

    Raises
    ------
    FileNotFoundError
        If there are none.
    ValueError
        If the file is damaged.
    """
    return read_measurements(folder_or_file("path", path))


def load_recording_model() -> tuple[Weights, Scale, NeuralODE]:
    """The model that the chapter draws.

    Returns
    -------
    weights, scale
        Of field and encoder, as :mod:`~neurode_lib.study.recording.networks` takes them.
    model : NeuralODE
        The field alone, in mV, pA and ms; its hidden states have no unit.

    Raises
    ------
    FileNotFoundError
        If its weights are missing.
    ValueError
        If the file is damaged.
    """
    tensors, metadata = load_weights(WEIGHTS)
    scale = Scale(*metadata["scale"])
    model = model_in_units({key: weight[0] for key, weight in tensors.items()}, scale)
    keep_trained_range(model, np.array([metadata["currents"]]).T)
    return tensors, scale, model


def model_in_units(weights: Weights, scale: Scale) -> NeuralODE:
    """The field of one network as a model in mV, pA and ms."""
    state_dim = len(weights["4.bias"])
    model = NeuralODE(ODEFunc(state_dim, hidden=WIDTH))
    field = {key: weight for key, weight in weights.items() if not key.startswith("encoder.")}
    network_of(model).load_state_dict(field)
    scaling = Scaling(
        np.array([scale.voltage_mean]),
        np.array([scale.voltage_std]),
        np.array([scale.current_mean]),
        np.array([scale.current_std]),
        1.0,
    )
    return scaling.in_units(model)
