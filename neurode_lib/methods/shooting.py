"""Shooting: constants of an equation fitted through an integrator, from whole windows of data.

A trajectory is cut into windows. Each starts from a state of its own, fitted beside the constants
that all windows share: with one window a trajectory this is single shooting, with several it is
multiple shooting [1]_. The starts leave the equations by a Schur complement, so that a step of
Levenberg and Marquardt [2]_ solves for the shared constants alone. Derivatives are differences
along perturbed copies that are integrated side by side, with all data sets and all first guesses.

References
----------
.. [1] H. G. Bock, K. J. Plitt, "A multiple shooting algorithm for direct solution of optimal
       control problems", IFAC Proceedings Volumes 17 (1984), 1603-1608.
.. [2] J. Nocedal, S. J. Wright, "Numerical Optimization", 2nd ed., Springer 2006, section 10.3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neurode_lib._checks import FloatArray
from neurode_lib.fitzhugh_nagumo import rk4_step
from neurode_lib.methods.monomials import degree_of, library
from neurode_lib.methods.regression import smooth_paths
from neurode_lib.recordings import Recordings

# The derivative at states (..., 2), currents (...) and constants (..., P), broadcast together.
Equations = Callable[[FloatArray, FloatArray, FloatArray], FloatArray]

LONGEST_STEP = 0.25
N_ITERATIONS = 40
_PERTURBATION = 1e-6
_FIRST_DAMPING, _LARGEST_DAMPING = 1e-2, 1e8
# A fit is done once an iteration lowers no error by more than this share.
_SETTLED = 1e-4
# A fixed constant's diagonal: any number but zero.
_PINNED = 1.0


def parametric(state: FloatArray, I: FloatArray, constants: FloatArray) -> FloatArray:
    """FitzHugh–Nagumo equations of the constants (a, b, log tau)."""
    v, w = state[..., 0], state[..., 1]
    a, b, log_tau = np.moveaxis(constants, -1, 0)
    dv = v - v * v * v / 3.0 - w + I
    return np.stack([dv, (v + a - b * w) * np.exp(-log_tau)], axis=-1)


def polynomial(state: FloatArray, I: FloatArray, constants: FloatArray) -> FloatArray:
    """Polynomials whose coefficients are the constants, shape (..., 1, 2 P), one table a row."""
    n_terms = constants.shape[-1] // 2
    table = constants.reshape(*constants.shape[:-2], 2, n_terms)
    return library(state, I, degree_of(n_terms)) @ np.swapaxes(table, -1, -2)


@dataclass(frozen=True)
class Windows:
    """Windows of `G` data sets, `W` each.

    Attributes
    ----------
    starts : ndarray, shape (G, W, 2)
        First guesses.
    currents : ndarray, shape (G, W)
    targets : ndarray, shape (G, W, L + 1, 2)
        NaN where nothing was recorded.
    dt : float
    """

    starts: FloatArray
    currents: FloatArray
    targets: FloatArray
    dt: float


def cut(data_sets: Sequence[Recordings], duration: float, smoothing: float) -> Windows:
    """Windows of about a duration, as many to each trajectory, one beginning where another ends.

    Parameters
    ----------
    data_sets : sequence of Recordings
        Alike in size and on one grid; of v alone or of both variables.
    duration : float
    smoothing : float
        Of the spline that the first guesses of starts are read from; where w was not recorded, it
        is guessed as what the equation for v leaves.
    """
    grid = data_sets[0].times[0]
    dt = float(grid[1] - grid[0])
    n_windows = max(1, round((grid[-1] - grid[0]) / duration))
    edges = np.round(np.linspace(0, len(grid) - 1, n_windows + 1)).astype(int)
    length = int(np.diff(edges).max())
    starts, currents, targets = [], [], []
    for data in data_sets:
        values = np.stack(data.values)
        drive = np.asarray(data.inputs)
        smooth, slopes = smooth_paths(grid, values, smoothing)
        if data.n_channels == 1:
            v = smooth[..., 0]
            hidden = v - v**3 / 3.0 + drive[:, None] - slopes[..., 0]
            smooth = np.stack([v, hidden], axis=-1)
            values = np.concatenate([values, np.full_like(values, np.nan)], axis=-1)
        pieces = np.full((len(values), n_windows, length + 1, 2), np.nan)
        for n, (first, last) in enumerate(zip(edges[:-1], edges[1:], strict=True)):
            pieces[:, n, : last - first + 1] = values[:, first : last + 1]
        targets.append(pieces.reshape(-1, length + 1, 2))
        starts.append(smooth[:, edges[:-1]].reshape(-1, 2))
        currents.append(np.repeat(drive, n_windows))
    return Windows(np.stack(starts), np.stack(currents), np.stack(targets), dt)


@dataclass(frozen=True)
class Fit:
    """Constants, shape (G, P), and the mean squared error that each data set is left with, (G,)."""

    constants: FloatArray
    error: FloatArray


def shoot(
    equations: Equations,
    guess: FloatArray,
    windows: Windows,
    *,
    free: FloatArray | None = None,
) -> Fit:
    """Fit the constants of each data set.

    Parameters
    ----------
    equations : callable
        ``equations(states, currents, constants)``.
    guess : ndarray, shape (G, P)
    windows : Windows
    free : ndarray of bool, shape (G, P), optional
        Which constants may change; by default all.

    Returns
    -------
    Fit
        Its error is infinite where the first guess already diverges.
    """
    problem = _LeastSquares(
        equations, windows, np.ones(guess.shape, bool) if free is None else free
    )
    constants, starts = guess.copy(), windows.starts.copy()
    damping = np.full(len(guess), _FIRST_DAMPING)
    error = problem.error(constants, starts)
    for _ in range(N_ITERATIONS):
        step, start_step = problem.step(constants, starts, damping)
        tried, tried_starts = constants + step, starts + start_step
        tried_error = problem.error(tried, tried_starts)
        better = tried_error < error
        settled = ~better | (error - tried_error < _SETTLED * error)
        constants[better], starts[better] = tried[better], tried_starts[better]
        error = np.where(better, tried_error, error)
        damping = np.where(better, damping / 5.0, np.minimum(damping * 8.0, _LARGEST_DAMPING))
        if (settled & (better | (damping >= _LARGEST_DAMPING / 64.0))).all():
            break
    return Fit(constants, error)


class _LeastSquares:
    """Residuals over all windows, and the damped step that makes them smaller."""

    def __init__(self, equations: Equations, windows: Windows, free: FloatArray) -> None:
        self.equations, self.windows, self.free = equations, windows, free
        self.recorded = ~np.isnan(windows.targets)
        self.targets = np.where(self.recorded, windows.targets, 0.0)
        self.count = self.recorded.sum(axis=(1, 2, 3))

    def _paths(self, constants: FloatArray, starts: FloatArray) -> FloatArray:
        """Paths, (G, C, W, L + 1, 2), from constants (G, C, P) and starts (G, C, W, 2)."""
        length = self.targets.shape[2] - 1
        n_steps = math.ceil(self.windows.dt / LONGEST_STEP - 1e-9)
        shared = constants[:, :, None, :]
        currents = self.windows.currents[:, None, :]

        def field(state: FloatArray, I: npt.ArrayLike) -> FloatArray:
            return self.equations(state, np.asarray(I), shared)

        path = [starts]
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(length):
                state = path[-1]
                for _ in range(n_steps):
                    state = rk4_step(field, state, currents, self.windows.dt / n_steps)
                path.append(state)
        return np.stack(path, axis=3)

    def error(self, constants: FloatArray, starts: FloatArray) -> FloatArray:
        """Mean squared error of each data set, infinite after a divergence."""
        path = self._paths(constants[:, None], starts[:, None])[:, 0]
        with np.errstate(over="ignore", invalid="ignore"):
            squares = (self.recorded * (path - self.targets) ** 2).sum(axis=(1, 2, 3)) / self.count
        return np.where(np.isfinite(squares), squares, np.inf)

    def step(
        self, constants: FloatArray, starts: FloatArray, damping: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Changes of the constants, shape (G, P), and of the starts, shape (G, W, 2)."""
        n_groups, n_constants = constants.shape
        n_copies = 1 + n_constants + 2
        copies = np.repeat(constants[:, None], n_copies, axis=1)
        own = np.repeat(starts[:, None], n_copies, axis=1)
        for p in range(n_constants):
            copies[:, 1 + p, p] += _PERTURBATION
        for d in range(2):
            own[:, 1 + n_constants + d, :, d] += _PERTURBATION
        path = self._paths(copies, own)
        with np.errstate(over="ignore", invalid="ignore"):
            residual = self.recorded * (path[:, 0] - self.targets)
            slopes = self.recorded[:, None] * (path[:, 1:] - path[:, :1]) / _PERTURBATION
        # A window that diverges says nothing; its data set is not better until it comes back.
        sound = np.isfinite(slopes).all(axis=(1, 3, 4)), np.isfinite(residual).all(axis=(2, 3))
        lost = np.logical_not(np.logical_and(*sound))
        residual[lost] = 0.0
        slopes = np.where(lost[:, None, :, None, None], 0.0, slopes)
        n_windows = residual.shape[1]
        r = residual.reshape(n_groups, n_windows, -1)
        j = slopes.reshape(n_groups, n_copies - 1, n_windows, -1).transpose(0, 2, 3, 1)
        shared, local = j[..., :n_constants] * self.free[:, None, None, :], j[..., n_constants:]
        lift = damping[:, None, None, None]
        local_t = np.swapaxes(local, -1, -2)
        inner = local_t @ local
        inner = inner + lift * inner * np.eye(2) + 1e-12 * np.eye(2)
        coupling = local_t @ shared
        local_r = (local_t @ r[..., None])[..., 0]
        solved = np.linalg.solve(inner, np.concatenate([coupling, local_r[..., None]], axis=-1))
        shared_t = np.swapaxes(shared, -1, -2)
        total = (shared_t @ shared).sum(axis=1)
        diagonal = total * np.eye(n_constants)
        total = total + damping[:, None, None] * diagonal
        schur = total - (np.swapaxes(coupling, -1, -2) @ solved[..., :-1]).sum(axis=1)
        right = (shared_t @ r[..., None])[..., 0].sum(axis=1) - (
            np.swapaxes(coupling, -1, -2) @ solved[..., -1:]
        )[..., 0].sum(axis=1)
        pinned = np.where(self.free, 1e-12, _PINNED)[..., None] * np.eye(n_constants)
        step = -np.linalg.solve(schur + pinned, right[..., None])[..., 0] * self.free
        start_step = -solved[..., -1] - (solved[..., :-1] @ step[:, None, :, None])[..., 0]
        return step, start_step
