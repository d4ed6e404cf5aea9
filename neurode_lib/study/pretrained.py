"""The study's trained networks, as models of this library.

They come with the library: the last weights of every packaged variant for every seed, and of two
variants also what they were on the way. :func:`neurode_lib.study.results.load_results` has what was
measured on them.
"""

from __future__ import annotations

from pathlib import Path

import torch

from neurode_lib._checks import folder_or_file, one_of, positive_int
from neurode_lib.models import DiscreteRNN, NeuralODE, network_of
from neurode_lib.study.variants import (
    SNAPSHOT_UPDATES,
    SNAPSHOT_VARIANTS,
    VARIANTS,
    Variant,
    new_model,
)
from neurode_lib.trained_range import keep_trained_range
from neurode_lib.weights import PACKAGED, Weights, load_weights


def load_pretrained(
    variant: str, seed: int = 0, *, folder: Path = PACKAGED
) -> NeuralODE | DiscreteRNN:
    """A trained model of the study.

    Parameters
    ----------
    variant : str
        Name of a packaged variant, such as ``"neural_ode"`` or ``"discrete_rnn"``.
    seed : int, default 0
        Which of the study's seeds.
    folder : Path, optional
        Where :func:`~neurode_lib.study.run.run_study` put the weights.

    Returns
    -------
    NeuralODE or DiscreteRNN

    Raises
    ------
    ValueError
        If there is no such variant or seed, or the file is damaged.
    FileNotFoundError
        If the weights are missing.
    """
    setup = VARIANTS[
        one_of("variant", variant, sorted(v.name for v in VARIANTS.values() if v.packaged))
    ]
    seed = positive_int("seed", seed, minimum=0)
    path = folder_or_file("folder", folder) / f"{variant}.safetensors"
    tensors, metadata = load_weights(path)
    seeds = metadata.get("seeds")
    if not isinstance(seeds, list):
        raise ValueError(f"{path} does not hold weights of the study: it names no seeds")
    row = seeds.index(one_of("seed", seed, seeds))
    return _trained_model(setup, tensors, row, path)


def load_snapshot(variant: str, update: int, *, folder: Path = PACKAGED) -> NeuralODE | DiscreteRNN:
    """A model as it was after some updates, for seed 0 of two variants, in half precision.

    Parameters
    ----------
    variant : {"neural_ode", "default_init"}
    update : int
        One of ``neurode_lib.study.variants.SNAPSHOT_UPDATES``.
    folder : Path, optional
        Where :func:`~neurode_lib.study.run.run_study` put the snapshots.

    Raises
    ------
    ValueError
        If there is no such snapshot, or the file is damaged.
    """
    one_of("variant", variant, SNAPSHOT_VARIANTS)
    update = one_of("update", positive_int("update", update, minimum=0), SNAPSHOT_UPDATES)
    path = folder_or_file("folder", folder) / "snapshots.safetensors"
    tensors, _ = load_weights(path)
    prefix = f"{variant}/{update}/"
    own = {
        key.removeprefix(prefix): value.float()[None]
        for key, value in tensors.items()
        if key.startswith(prefix)
    }
    if not own:
        raise ValueError(f"{path} holds no snapshot of {variant} after {update} updates")
    return _trained_model(VARIANTS[variant], own, 0, path)


def model_in_row(
    weights: Weights, row: int, variant: Variant, hidden: int
) -> NeuralODE | DiscreteRNN:
    """A variant's model with one row of stacked weights.

    Whatever does not fit the variant's network is a ``ValueError`` that says what it is: these
    weights come from a file.
    """
    for name, value in weights.items():
        if value.dtype != torch.float32:
            raise ValueError(f"{name} must be of type torch.float32, got {value.dtype}")
    model = new_model(variant, seed=0, hidden=hidden)  # none of its initial weights remains
    try:
        network_of(model).load_state_dict({name: value[row] for name, value in weights.items()})
    except (RuntimeError, IndexError) as error:
        raise ValueError(str(error)) from error
    return model


def _trained_model(
    variant: Variant, weights: Weights, row: int, path: Path
) -> NeuralODE | DiscreteRNN:
    """A model that knows its currents; a ``ValueError`` names the file that does not hold it."""
    try:
        model = model_in_row(weights, row, variant, hidden=weights["0.weight"].shape[1])
    except (KeyError, IndexError, ValueError) as error:
        raise ValueError(f"{path} does not hold weights of this variant: {error}") from error
    keep_trained_range(model, variant.currents)
    return model
