"""Gaussian processes: a field without a form, that knows only how smooth it is.

The derivative of a spline through the samples is regressed on state and current [1]_; the length
over which the field changes along each of them, and the noise, maximise the marginal likelihood.
Far from the data the field returns to zero. The regression is scikit-learn's, which the extra
``methods`` brings.

References
----------
.. [1] C. E. Rasmussen, C. K. I. Williams, "Gaussian Processes for Machine Learning", MIT Press
       2006, chapters 2 and 5.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from neurode_lib._checks import FloatArray
from neurode_lib.methods.regression import smooth_paths
from neurode_lib.methods.stacks import FieldStack
from neurode_lib.recordings import Recordings

# Training a Gaussian process takes the cube of the samples, and following it takes their number.
N_SAMPLES = 300


class KernelFields(FieldStack):
    """Sums of Gaussian bumps in state and current.

    Parameters
    ----------
    centres : ndarray, shape (K, N, 3)
        Samples of (v, w, I), each divided by its length scale.
    scales : ndarray, shape (K, 3)
    weights : ndarray, shape (K, N, 2)
    """

    step = 0.25

    def __init__(self, centres: FloatArray, scales: FloatArray, weights: FloatArray) -> None:
        self.n_models = len(centres)
        self._centres, self._scales, self._weights = (
            torch.as_tensor(x, dtype=torch.float64) for x in (centres, scales, weights)
        )

    def field(self, y: Tensor, I: Tensor) -> Tensor:
        """The sums."""
        centres = self._centres
        at = torch.cat([y, I.unsqueeze(-1)], dim=-1) / self._scales[:, None]
        # Half the squared distances, from their expansion: one matrix product instead of cubes.
        near = torch.bmm(at, centres.transpose(1, 2))
        near = near - at.square().sum(-1, keepdim=True) / 2
        near = near - (centres.square().sum(-1) / 2)[:, None]
        return torch.bmm(near.clamp(max=0.0).exp(), self._weights)


def fit_kernels(
    data_sets: Sequence[Recordings], seeds: Sequence[int], *, smoothing: float
) -> KernelFields:
    """A Gaussian process for each data set, on samples drawn by its seed.

    Parameters
    ----------
    data_sets : sequence of Recordings
        On one grid each.
    seeds : sequence of int
    smoothing : float
        Of the spline whose derivative is taken.
    """
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel

    centres, scales, weights = [], [], []
    for data, seed in zip(data_sets, seeds, strict=True):
        values, slopes = smooth_paths(data.times[0], np.stack(data.values), smoothing)
        currents = np.broadcast_to(np.asarray(data.inputs)[:, None, None], (*values.shape[:2], 1))
        samples = np.concatenate([values, currents], axis=-1).reshape(-1, 3)
        chosen = np.random.default_rng(seed).permutation(len(samples))[:N_SAMPLES]
        x, targets = samples[chosen], slopes.reshape(-1, 2)[chosen]
        unit = targets.std(axis=0)
        kernel = ConstantKernel(10.0, (1e-2, 1e5)) * RBF(
            [1.0, 3.0, 3.0], (0.05, 100.0)
        ) + WhiteKernel(1e-3, (1e-9, 1.0))
        process = GaussianProcessRegressor(kernel, random_state=0)
        with warnings.catch_warnings():
            # A length at its bound: the field does not change along that axis.
            warnings.simplefilter("ignore")
            process.fit(x, targets / unit)
        signal = process.kernel_.k1
        lengths = np.asarray(signal.k2.length_scale)
        centres.append(_padded(x / lengths))
        scales.append(lengths)
        weights.append(_padded(signal.k1.constant_value * process.alpha_ * unit))
    return KernelFields(np.stack(centres), np.stack(scales), np.stack(weights))


def _padded(rows: FloatArray) -> FloatArray:
    """As many rows for every process; those of nothing weigh nothing."""
    return np.concatenate([rows, np.zeros((N_SAMPLES - len(rows), rows.shape[1]))])
