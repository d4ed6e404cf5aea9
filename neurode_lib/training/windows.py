"""The data of an ensemble, and which windows of them an update sees.

A window is a piece of one trajectory: the prediction starts from its first state and is compared
with the rest. The longest window is the whole trajectory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from neurode_lib._checks import FloatArray, finite_array


class Batch(NamedTuple):
    """`B` windows for each of `K` models.

    Attributes
    ----------
    y0 : Tensor, shape (K, B, D)
        First states.
    currents : Tensor, shape (K, B)
        Input current of the trajectory that the window is part of.
    target : Tensor, shape (T, K, B, D)
        All states of the window, the first included.
    t_start : Tensor, shape (K, B), or None
        When the window starts, counted from the start of the trajectory; None for whole ones.
    """

    y0: Tensor
    currents: Tensor
    target: Tensor
    t_start: Tensor | None


class Windows:
    """Trajectories of `K` data sets, drawn window by window.

    Parameters
    ----------
    states, currents, grid : Tensor
        Shapes (K, N, T, D), (K, N) and (T,).
    length : int
        Steps of a window.
    per_update : int or None
        How many are drawn for each model; None takes all.
    seeds : sequence of int
        Of each model's draws.
    """

    def __init__(
        self,
        states: Tensor,
        currents: Tensor,
        grid: Tensor,
        *,
        length: int,
        per_update: int | None,
        seeds: Sequence[int],
    ) -> None:
        self.states, self.currents, self.grid = states, currents, grid
        self.length, self.per_update, self.seeds = length, per_update, seeds

    @property
    def times(self) -> Tensor:
        """Grid of one window, shape (length + 1,)."""
        return self.grid[: self.length + 1]

    def draw(self, update: int) -> Batch:
        """Windows for update number ``update``."""
        n_models, n_trajectories, n_times, _ = self.states.shape
        if self.length == n_times - 1 and self.per_update is None:
            target = self.states.permute(2, 0, 1, 3)
            return Batch(self.states[:, :, 0], self.currents, target, None)
        n_starts = n_times - self.length
        chosen = self._chosen(update, n_trajectories * n_starts)
        index = torch.as_tensor(chosen, device=self.states.device)
        trajectory, start = index // n_starts, index % n_starts
        model = torch.arange(n_models, device=index.device)[:, None]
        offsets = torch.arange(self.length + 1, device=index.device)[:, None, None]
        target = self.states[model, trajectory, start + offsets]
        t_start = self.grid[start] - self.grid[0]
        return Batch(target[0], self.currents[model, trajectory], target, t_start)

    def _chosen(self, update: int, n_windows: int) -> npt.NDArray[np.int64]:
        """Numbers of the windows for each model, shape (K, B)."""
        if self.per_update is None:
            return np.tile(np.arange(n_windows), (len(self.seeds), 1))
        # Drawn from (seed, update) alone, so that a resumed run draws the same.
        return np.stack(
            [
                np.random.default_rng((seed, update)).integers(n_windows, size=self.per_update)
                for seed in self.seeds
            ]
        )


def checked_data(
    states: npt.ArrayLike,
    currents: npt.ArrayLike,
    t_eval: npt.ArrayLike,
    *,
    n_models: int,
    state_dim: int,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return states, currents and grid as arrays if they fit the models and each other."""
    data, drive = finite_array("states", states), finite_array("currents", currents)
    grid = finite_array("t_eval", t_eval)
    if data.ndim != 4 or data.shape[0] != n_models or data.shape[3] != state_dim:
        raise ValueError(
            f"states must have shape ({n_models}, N, T, {state_dim}), one data set for each "
            f"model, got {data.shape}"
        )
    if drive.shape != data.shape[:2]:
        raise ValueError(
            f"currents must have shape {data.shape[:2]} like states, got {drive.shape}"
        )
    if grid.shape != (data.shape[2],) or len(grid) < 2 or not (np.diff(grid) > 0).all():
        raise ValueError(
            f"t_eval must hold {data.shape[2]} strictly increasing times like states, at least "
            f"two, got shape {grid.shape}"
        )
    return data, drive, grid


def window_length(window: int | None, grid: FloatArray) -> int:
    """Steps of a window, if the grid has that many and they are alike; None is the whole grid."""
    longest = len(grid) - 1
    if window is None:
        return longest
    if window > longest:
        raise ValueError(f"window must be at most {longest} steps for these data, got {window}")
    if not np.allclose(np.diff(grid), grid[1] - grid[0], rtol=1e-6):
        raise ValueError("t_eval must be evenly spaced when the recipe uses windows")
    return window
