"""Sparse regression: a polynomial field by linear least squares on a library of monomials.

What is regressed on the library is a derivative, by differences of the samples [1]_ or of smoothed
ones, or, in the integral form [2]_, how much the state changes over a time: its candidates are
then integrals along the path, which a spline gives, and no derivative of noise is ever taken.
Small coefficients are dropped one round after another [1]_; an ensemble [3]_ takes the median over
fits to random shares of the data. Thresholds, differences and ensembles are PySINDy's, which the
extra ``methods`` brings.

References
----------
.. [1] S. L. Brunton, J. L. Proctor, J. N. Kutz, "Discovering governing equations from data by
       sparse identification of nonlinear dynamical systems", PNAS 113 (2016), 3932-3937.
.. [2] H. Schaeffer, S. G. McCalla, "Sparse model selection via integral terms", Physical Review E
       96 (2017), 023302.
.. [3] U. Fasel, J. N. Kutz, B. W. Brunton, S. L. Brunton, "Ensemble-SINDy: robust sparse model
       discovery in the low-data, high-noise limit", Proceedings of the Royal Society A 478 (2022),
       20210904.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.interpolate import make_interp_spline, make_smoothing_spline

from neurode_lib._checks import FloatArray
from neurode_lib.methods.monomials import library
from neurode_lib.recordings import Recordings

# Points of a path between two samples at which the library is integrated by Simpson's rule, at
# least, and the longest time between two.
_LEAST_POINTS, _LONGEST_GAP = 4, 0.125
# Ridge beside the threshold: none to speak of.
_RIDGE = 1e-9
N_ENSEMBLE = 20
_ENSEMBLE_SEED = 0


def smooth_paths(
    times: FloatArray, values: FloatArray, smoothing: float, at: FloatArray | None = None
) -> tuple[FloatArray, FloatArray]:
    """Splines through or near samples, and their derivatives.

    Parameters
    ----------
    times : ndarray, shape (T,)
    values : ndarray, shape (N, T, C)
    smoothing : float
        Weight of the squared second derivative, of a smoothing spline; 0 for a quintic spline
        through the samples.
    at : ndarray, shape (S,), optional
        Where to evaluate; by default at the samples.

    Returns
    -------
    values, slopes : ndarray, shape (N, S, C)
    """
    where = times if at is None else at
    columns = np.moveaxis(values, 1, 0).reshape(len(times), -1)
    if smoothing == 0.0:
        spline = make_interp_spline(times, columns, k=5)
        found = spline(where), spline.derivative()(where)
    else:
        splines = [make_smoothing_spline(times, column, lam=smoothing) for column in columns.T]
        found = (
            np.stack([one(where) for one in splines], axis=-1),
            np.stack([one.derivative()(where) for one in splines], axis=-1),
        )
    shape = len(where), len(values), values.shape[2]
    first, second = (np.moveaxis(one.reshape(shape), 0, 1) for one in found)
    return first, second


def by_differences(
    data: Recordings, degree: int, smoothing_window: int | None
) -> tuple[FloatArray, FloatArray]:
    """Library and derivatives at the samples, by PySINDy's centred differences.

    Parameters
    ----------
    data : Recordings
        On one grid.
    degree : int
    smoothing_window : int or None
        Samples of the Savitzky–Golay filter before the differences; None does not smooth.

    Returns
    -------
    rows : ndarray, shape (M, P)
    targets : ndarray, shape (M, 2)
    """
    from pysindy.differentiation import FiniteDifference, SmoothedFiniteDifference

    grid = data.times[0]
    rows, targets = [], []
    for values, I in zip(data.values, np.asarray(data.inputs), strict=True):
        if smoothing_window is None:
            method = FiniteDifference(order=2)
        else:
            method = SmoothedFiniteDifference(
                smoother_kws={"window_length": smoothing_window, "polyorder": 3}
            )
        targets.append(np.asarray(method(values, grid)))
        at = values if smoothing_window is None else np.asarray(method.smoothed_x_)
        rows.append(library(at, np.asarray(I), degree))
    return np.concatenate(rows), np.concatenate(targets)


def by_integrals(
    data: Recordings, degree: int, smoothing: float, span: float
) -> tuple[FloatArray, FloatArray]:
    """Integrals of the library over overlapping times, and the change of the state over them.

    Parameters
    ----------
    data : Recordings
        On one grid.
    degree : int
    smoothing : float
        See :func:`smooth_paths`.
    span : float
        How long each integral is; at least one sampling interval is taken.

    Returns
    -------
    rows : ndarray, shape (M, P)
    targets : ndarray, shape (M, 2)
    """
    grid = data.times[0]
    dt = float(grid[1] - grid[0])
    n_between = max(_LEAST_POINTS, 2 * int(np.ceil(dt / _LONGEST_GAP / 2)))
    fine = np.linspace(grid[0], grid[-1], n_between * (len(grid) - 1) + 1)
    paths, _ = smooth_paths(grid, np.stack(data.values), smoothing, fine)
    terms = library(paths, np.asarray(data.inputs)[:, None], degree)
    weights = np.ones(n_between + 1)
    weights[1:-1:2], weights[2:-1:2] = 4.0, 2.0
    weights *= dt / n_between / 3.0
    # From each sample to the next.
    last = n_between * (len(grid) - 2) + 1
    strips = np.stack([terms[:, k : k + last : n_between] for k in range(n_between + 1)], axis=-1)
    pieces: FloatArray = strips @ weights
    sums = np.concatenate([np.zeros_like(pieces[:, :1]), np.cumsum(pieces, axis=1)], axis=1)
    m = max(1, round(span / dt))
    rows = sums[:, m:] - sums[:, :-m]
    samples = paths[:, ::n_between]
    changes = samples[:, m:] - samples[:, :-m]
    return rows.reshape(-1, rows.shape[-1]), changes.reshape(-1, 2)


def sparse_coefficients(
    rows: FloatArray, targets: FloatArray, threshold: float, *, ensemble: bool = False
) -> FloatArray:
    """Coefficients, shape (2, P), by sequentially thresholded least squares.

    Parameters
    ----------
    rows : ndarray, shape (M, P)
    targets : ndarray, shape (M, 2)
    threshold : float
        Coefficients that are smaller are dropped.
    ensemble : bool
        Whether to take the median over fits to random shares of the rows.
    """
    from pysindy.optimizers import STLSQ, EnsembleOptimizer

    if not ensemble:
        found = STLSQ(threshold=threshold, alpha=_RIDGE, max_iter=30).fit(rows, targets)
        return np.asarray(found.coef_)
    # The ensemble draws from NumPy's global generator: put it back as it was.
    state = np.random.get_state()  # noqa: NPY002
    np.random.seed(_ENSEMBLE_SEED)  # noqa: NPY002
    try:
        many = EnsembleOptimizer(
            STLSQ(threshold=threshold, alpha=_RIDGE, max_iter=30), bagging=True, n_models=N_ENSEMBLE
        ).fit(rows, targets)
    finally:
        np.random.set_state(state)  # noqa: NPY002
    middle = np.median(np.asarray(many.coef_list), axis=0)
    return np.where(np.abs(middle) < threshold, 0.0, middle)


def fit_polynomials(
    data_sets: Sequence[Recordings],
    *,
    form: str,
    degree: int,
    threshold: float,
    smoothing: float = 0.0,
    span: float = 1.0,
    smoothing_window: int | None = None,
    ensemble: bool = False,
) -> FloatArray:
    """Coefficients of every data set, shape (K, 2, P).

    Parameters
    ----------
    data_sets : sequence of Recordings
    form : {"differences", "integral"}
    degree, threshold, smoothing, span, smoothing_window, ensemble
        See :func:`by_differences`, :func:`by_integrals` and :func:`sparse_coefficients`.
    """
    tables = []
    for data in data_sets:
        if form == "integral":
            rows, targets = by_integrals(data, degree, smoothing, span)
            # Rows over a longer time have larger changes: as if the mean derivative were regressed.
            rows, targets = rows / span, targets / span
        else:
            rows, targets = by_differences(data, degree, smoothing_window)
        tables.append(sparse_coefficients(rows, targets, threshold, ensemble=ensemble))
    return np.stack(tables)
