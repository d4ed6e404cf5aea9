"""Which currents a model was trained on, and a word to whoever asks about others.

What a model does under a current that it never saw may be worth asking (chapter 14 does), but it
should not be taken for knowledge by accident. So training and loading leave the range with the
model, and :func:`neurode_lib.metrics.predict`, :func:`~neurode_lib.metrics.vector_field`,
:func:`~neurode_lib.metrics.learned_equilibria` and :func:`~neurode_lib.metrics.learned_jacobian`
compare. Who asks on purpose says so in Python's own way::

    warnings.simplefilter("ignore", UntrainedCurrentWarning)
"""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from neurode_lib._checks import finite_array, instance_of

# The range may have been kept in half precision.
_TOLERANCE = 1e-3


class UntrainedCurrentWarning(UserWarning):
    """A model is asked about a current outside those it was trained on."""


def keep_trained_range(model: nn.Module, currents: npt.ArrayLike) -> None:
    """Note on a model, in place, between which currents it was trained.

    Parameters
    ----------
    model : nn.Module
        Gets a buffer that moves and is copied with it, but is no part of its weights.
    currents : array_like
        Currents of its training trajectories.

    Raises
    ------
    ValueError
        If ``model`` is no module, or a current is not finite.
    """
    instance_of("model", model, nn.Module)
    values = finite_array("currents", currents)
    bounds = torch.tensor([values.min(), values.max()], dtype=torch.float64)
    model.register_buffer("trained_currents", bounds, persistent=False)


def warn_outside_trained_range(model: nn.Module, currents: npt.ArrayLike) -> None:
    """Warn if a current lies outside the range noted on the model; say nothing if there is none.

    Warns
    -----
    UntrainedCurrentWarning
    """
    bounds = getattr(model, "trained_currents", None)
    if bounds is None:
        return
    low, high = (float(bound) for bound in bounds)
    values = np.asarray(currents, dtype=np.float64).ravel()
    outside = values[(values < low - _TOLERANCE) | (values > high + _TOLERANCE)]
    if outside.size:
        warnings.warn(
            f"I = {outside[0]:g} lies outside the currents that this model was trained on, "
            f"{low:g} to {high:g}: nothing has compared what it says there with data. If you "
            'ask on purpose: warnings.simplefilter("ignore", UntrainedCurrentWarning)',
            UntrainedCurrentWarning,
            stacklevel=3,
        )
