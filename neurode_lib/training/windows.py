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

from neurode_lib._checks import FloatArray, finite_array, real_array
from neurode_lib.recordings import Recordings
from neurode_lib.training.recorded import EVEN


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
        Shapes (K, N, T, D), (K, N) and (T,); the grid in float64 and on the CPU.
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
        self.offsets = (grid - grid[0]).to(states.dtype).to(states.device)
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
        rows = self._chosen(update, n_trajectories * n_starts)
        index = torch.as_tensor(rows, device=self.states.device)
        trajectory, start = index // n_starts, index % n_starts
        model = torch.arange(n_models, device=index.device)[:, None]
        offsets = torch.arange(self.length + 1, device=index.device)[:, None, None]
        target = self.states[model, trajectory, start + offsets]
        t_start = self.offsets[start]
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
    currents: npt.ArrayLike | None,
    t_eval: npt.ArrayLike | None,
    *,
    n_models: int,
) -> list[Recordings]:
    """The article's arrays as data sets, if they fit each other.

    Parameters
    ----------
    states : array_like, shape (K, N, T, D)
    currents : array_like, shape (K, N), or None
    t_eval : array_like, shape (T,)
    n_models : int
        `K`.
    """
    data = finite_array("states", states)
    if data.ndim != 4 or len(data) != n_models:
        raise ValueError(
            f"states must be Recordings or have shape ({n_models}, N, T, D), one data set for "
            f"each model, got {data.shape}"
        )
    drive = None if currents is None else finite_array("currents", currents)
    if drive is not None and (drive.ndim > 3 or drive.shape[:2] != data.shape[:2]):
        raise ValueError(
            f"currents must have shape {data.shape[:2]} like states, got {drive.shape}"
        )
    grid = real_array("t_eval", () if t_eval is None else t_eval)
    if grid.shape != (data.shape[2],) or len(grid) < 2 or not (np.diff(grid) > 0).all():
        raise ValueError(
            f"t_eval must hold {data.shape[2]} strictly increasing times like states, at least "
            f"two, got shape {grid.shape}"
        )
    finite_array("t_eval", grid)
    return [Recordings(grid, data[k], None if drive is None else drive[k]) for k in range(n_models)]


def stacked_arrays(
    data: Sequence[Recordings], state_dim: int, window: int | None
) -> tuple[FloatArray, FloatArray, FloatArray] | None:
    """States (K, N, T, D), currents (K, N) and grid (T,), or None if the data are no such arrays.

    They are if every state variable was recorded, nothing is missing, all trajectories have one
    grid (an even one for windows), and each a constant current.
    """
    grid = data[0].common_grid()
    alike = (
        grid is not None
        and len({len(one) for one in data}) == 1
        and all(
            one.n_channels == state_dim
            and isinstance(one.inputs, np.ndarray)
            and one.inputs.ndim == 1
            and np.array_equal(grid, one.times[n])
            and np.isfinite(one.values[n]).all()
            for one in data
            for n in range(len(one))
        )
    )
    if grid is None or not alike:
        return None
    if window is not None and not np.allclose(np.diff(grid), grid[1] - grid[0], rtol=EVEN):
        return None
    states = np.stack([np.stack(one.values) for one in data])
    currents = [one.inputs for one in data if isinstance(one.inputs, np.ndarray)]
    return states, np.stack(currents), grid


def check_window(window: int | None, data: Sequence[Recordings]) -> None:
    """Refuse windows that are longer than any trajectory."""
    longest = max(len(grid) for one in data for grid in one.times) - 1
    if window is not None and window > longest:
        raise ValueError(f"window must be at most {longest} steps for these data, got {window}")
