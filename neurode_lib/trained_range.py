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
from torch import nn

from neurode_lib._checks import FloatArray, finite_array, instance_of

# A current may have gone through single precision on its way.
_TOLERANCE = 1e-6


class UntrainedCurrentWarning(UserWarning):
    """A model is asked about a current outside those it was trained on."""


def keep_trained_range(model: nn.Module, currents: npt.ArrayLike) -> None:
    """Note on a model, in place, between which currents it was trained.

    Parameters
    ----------
    model : nn.Module
        Gets an attribute ``trained_currents``, a (low, high) pair for each input, that is copied
        with it but is no part of its weights.
    currents : array_like
        Currents of its training trajectories; of shape (N, M) for `M` inputs.

    Raises
    ------
    ValueError
        If ``model`` is no module, or a current is not finite.
    """
    instance_of("model", model, nn.Module)
    columns = _columns(finite_array("currents", currents))
    bounds = tuple((float(column.min()), float(column.max())) for column in columns)
    model.trained_currents = bounds  # type: ignore[assignment]


def warn_outside_trained_range(model: nn.Module, currents: npt.ArrayLike) -> None:
    """Warn if a current lies outside the range noted on the model; say nothing if there is none.

    Warns
    -----
    UntrainedCurrentWarning
    """
    bounds = getattr(model, "trained_currents", ())
    columns = _columns(np.asarray(currents, dtype=np.float64))
    for (low, high), values in zip(bounds, columns, strict=False):
        outside = values[(values < low - _TOLERANCE) | (values > high + _TOLERANCE)]
        if outside.size:
            warnings.warn(
                f"I = {outside[0]:g} lies outside the currents that this model was trained on, "
                f"{low:g} to {high:g}: nothing has compared what it says there with data. If you "
                'ask on purpose: warnings.simplefilter("ignore", UntrainedCurrentWarning)',
                UntrainedCurrentWarning,
                stacklevel=3,
            )


def _columns(currents: FloatArray) -> FloatArray:
    """A row for each input."""
    return currents.T if currents.ndim == 2 else currents.reshape(1, -1)
