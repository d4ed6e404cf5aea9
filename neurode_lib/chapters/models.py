"""A chapter's model: loaded, or trained again when the reader asks for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from torch import nn

from neurode_lib._checks import positive_int, truth_value
from neurode_lib.fitzhugh_nagumo import DT, TRAINED_STEPS
from neurode_lib.study.pretrained import load_pretrained
from neurode_lib.study.variants import new_model, training_set, variant_named
from neurode_lib.training.loop import train


def model_for(
    variant: str, seed: int = 0, *, retrain: bool = False, updates: int | None = None
) -> nn.Module:
    """A chapter's model: the study's stored one, or the same recipe run again from scratch.

    Parameters
    ----------
    variant : str
        Name from :data:`neurode_lib.study.variants.VARIANTS`.
    seed : int, default 0
        Seed of the data, the initial weights and the minibatches.
    retrain : bool, default False
        Whether to train instead of loading pretrained weights.
    updates : int, optional
        Shortens the training; ignored when nothing is trained.

    Raises
    ------
    ValueError
        If there is no such variant or stored seed.
    """
    if updates is not None:
        positive_int("updates", updates)
    if not truth_value("retrain", retrain):
        return load_pretrained(variant, seed)
    setup = variant_named(variant)
    states, currents = training_set(setup, seed)
    recipe = setup.recipe if updates is None else replace(setup.recipe, updates=updates)
    model, _ = train(
        new_model(setup, seed),
        states,
        currents,
        DT * np.arange(TRAINED_STEPS + 1),
        recipe,
        seed=seed,
        fit_starts=setup.fit_starts,
        progress=False,
    )
    return model
