"""How unlike two attractors are, whatever the phase of the trajectories on them.

All quantities are dimensionless.

References
----------
.. [1] G. Koppe, H. Toutounji, P. Kirsch, S. Lis, D. Durstewitz, "Identifying nonlinear dynamical
       systems via generative recurrent neural networks with applications to fMRI", PLOS
       Computational Biology 15 (2019), e1007263.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neurode_lib._checks import FloatArray, finite_array, positive_int, real_array


def state_space_divergence(
    generated: npt.ArrayLike, truth: npt.ArrayLike, *, n_bins: int = 30
) -> float:
    r"""Divergence between where a model spends its time and where the truth does.

    Both are counted in the same boxes, `n_bins` along each axis of the truth's own range, with one
    more box around it all for what lies outside. The result is the Kullback–Leibler divergence
    :math:`\sum_k p_k \log(p_k / q_k)` of the truth's shares :math:`p` from the model's :math:`q`,
    each box counted once more than it was visited, so that none is empty.

    Parameters
    ----------
    generated : array_like, shape (N, D)
        Points that the model visits, in any order; transients are left out before.
    truth : array_like, shape (M, D)
    n_bins : int, default 30

    Returns
    -------
    float
        0 for the same shares; ``inf`` if a generated point is not finite.

    Raises
    ------
    ValueError
        If an argument has the wrong shape or values, or the truth does not vary along an axis.

    References
    ----------
    Koppe et al. 2019, "D_KL in state space" [1]_.
    """
    points = finite_array("truth", truth)
    if points.ndim != 2 or (np.ptp(points, axis=0) == 0.0).any():
        raise ValueError(
            f"truth must have shape (M, D) and vary along each axis, got {points.shape}"
        )
    others = real_array("generated", generated)
    if others.ndim != 2 or len(others) == 0 or others.shape[1] != points.shape[1]:
        raise ValueError(
            f"generated must have shape (N, {points.shape[1]}) like truth, got {others.shape}"
        )
    n_bins = positive_int("n_bins", n_bins)
    if not np.isfinite(others).all():
        return np.inf
    edges = [np.linspace(axis.min(), axis.max(), n_bins + 1) for axis in points.T]
    p, q = _shares(points, edges), _shares(others, edges)
    return float((p * np.log(p / q)).sum())


def _shares(points: FloatArray, edges: list[FloatArray]) -> FloatArray:
    counts, _ = np.histogramdd(points, edges)
    outside = len(points) - counts.sum()
    smoothed = np.append(counts.ravel(), outside) + 1.0
    return smoothed / smoothed.sum()
