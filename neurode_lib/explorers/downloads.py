"""Networks that a reader trained in the page, as models of this library.

The interactive figures ``LiveTrainingExplorer`` and ``RecordingExplorer`` train in the browser and
offer the weights as a safetensors file: the tensors of :func:`neurode_lib.models.network_of`, and
in the metadata what kind of model they belong to and a checksum of the whole. A network that
learned from a recording learned numbers near one; its file has the scaling, too.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load

from neurode_lib._checks import finite_array, folder_or_file, instance_of, positive_number
from neurode_lib.models import DiscreteRNN, NeuralODE, make_model, network_of
from neurode_lib.scaling import Scaling
from neurode_lib.trained_range import keep_trained_range


def load_trained(path: str | Path) -> NeuralODE | DiscreteRNN:
    """Load a network that was trained in the page and downloaded.

    Parameters
    ----------
    path : str or Path
        The downloaded file.

    Returns
    -------
    NeuralODE or DiscreteRNN
        In float32, of the kind and size that were set in the page, with the range of currents
        that it learned from. One that learned from a recording takes and gives the recording's
        units (mV, ms, pA); its first state variable is the voltage, the others are hidden.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not whole, or not one that the page wrote.
    """
    path = folder_or_file("path", path)
    if not path.is_file():
        raise FileNotFoundError(f"no weights at {path}")
    try:
        return read_trained(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def read_trained(data: bytes) -> NeuralODE | DiscreteRNN:
    """As :func:`load_trained`, from the content of the file.

    Parameters
    ----------
    data : bytes

    Raises
    ------
    ValueError
        If the content is not whole, or not what the page writes.
    """
    instance_of("data", data, bytes)
    try:
        tensors = load(data)
        setup = _metadata(data)
        # Before memory is taken for a network of this width.
        if tensors["0.weight"].shape[0] != setup["hidden"]:
            raise ValueError(f"it does not have the {setup['hidden']} hidden units that it names")
        model = make_model(
            setup["kind"],
            seed=0,
            state_dim=setup.get("state_dim", 2),
            hidden=setup["hidden"],
            time_input=setup["time_input"],
        )
        network_of(model).load_state_dict(tensors)
        if "scaling" in setup:
            model = _scaling(setup["scaling"]).in_units(model)  # type: ignore[type-var]
        keep_trained_range(model, setup["currents"])
    except (SafetensorError, ValueError, LookupError, TypeError, RuntimeError) as error:
        raise ValueError(f"not a network trained in the page: {error}") from error
    if not all(torch.isfinite(tensor).all() for tensor in tensors.values()):
        raise ValueError("not a network trained in the page: its weights are not finite")
    return model


def _scaling(found: dict[str, Any]) -> Scaling:
    """The scaling that the page used."""
    names = ("state_mean", "state_scale", "input_mean", "input_scale")
    arrays = {name: finite_array(name, found[name]) for name in names}
    return Scaling(**arrays, time_scale=positive_number("time_scale", found["time_scale"]))


def _metadata(data: bytes) -> dict[str, Any]:
    """What the page wrote beside the tensors; the format is known to be sound."""
    length = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + length])["__metadata__"]
    # The page took the checksum (ISO 3309) while zeros stood in its place.
    field = '"crc32":"{}"'.format
    blank = data.replace(field(header["crc32"]).encode(), field("0" * 8).encode(), 1)
    if f"{zlib.crc32(blank):08x}" != header["crc32"]:
        raise ValueError("it is damaged: its content does not match its checksum")
    metadata: dict[str, Any] = json.loads(header["metadata"])
    return metadata
