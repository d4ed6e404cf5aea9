"""Windows of recordings as they come: own grids and lengths, gaps, driven, with hidden states.

What :mod:`neurode_lib.training.windows` does for trajectories on one grid under constant currents,
this module does for any :class:`~neurode_lib.recordings.Recordings`, for one model at a time.

Where a window starts from something that no one recorded, the missing numbers are parameters of
their own, fitted beside the weights. Where another window reaches the same sample, what it predicts
there is tied to what this one starts from: multiple shooting.

References
----------
.. [1] H. G. Bock, K. J. Plitt, "A multiple shooting algorithm for direct solution of optimal
       control problems", IFAC Proceedings Volumes 17 (1984), 1603-1608.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from neurode_lib._checks import FloatArray
from neurode_lib.inputs import Input, values_at, with_stops
from neurode_lib.recordings import Recordings
from neurode_lib.training.rollout import Stepping

# Keeps the scale of hidden states that are still all alike from being zero.
_LEAST_VARIANCE = 1e-4
# How much steps that are taken as equal may differ.
EVEN = 1e-6

Indices = npt.NDArray[np.int64]


class RecordedBatch(NamedTuple):
    """`B` windows: of at most `L` sampling intervals and `J` steps.

    Attributes
    ----------
    clock, dt : Tensor, shapes (J, 3, B, 1) and (J, B, 1)
        Times at the start, middle and end of each step, and its length, 0 where a window is over.
    drive : Tensor, shape (J, 3, B) or (J, 3, B, M), or None
        Inputs at these times.
    rows : Tensor, shape (L + 1, B)
        After which step each sample was taken.
    samples, inside : Tensor, shape (L + 1, B)
        Numbers of the samples in the data set, and whether the window reaches so far.
    target, recorded : Tensor, shape (L + 1, B, C)
        What was recorded, and 1 where there is something, else 0.
    """

    clock: Tensor
    dt: Tensor
    drive: Tensor | None
    rows: Tensor
    samples: Tensor
    inside: Tensor
    target: Tensor
    recorded: Tensor


class RecordedWindows:
    """One data set, cut into windows.

    Parameters
    ----------
    data : Recordings
    window : int or None
        Sampling intervals of a window; None takes each trajectory whole.
    per_update : int or None
        How many windows are drawn; None takes all.
    seed : int
        Of the draws.
    stepping : {"rk4", "residual"}
        Whether steps also end where an input breaks, or are the sampling intervals.
    state_dim : int
        `D`; the first `C` are the channels, the others are hidden.
    fit_starts : bool
        Whether the recorded starts of windows are fitted, too.
    dtype, device
        Of the model.

    Attributes
    ----------
    free : Tensor, shape (S, D), or None
        Fitted states at all samples, where windows start from something that was not recorded.
    even_grid : Tensor, shape (L + 1,), or None
        Times of the first window, if all have the same steps and are under constant current.
    """

    def __init__(
        self,
        data: Recordings,
        *,
        window: int | None,
        per_update: int | None,
        seed: int,
        stepping: Stepping,
        state_dim: int,
        fit_starts: bool,
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        self.per_update, self.seed = per_update, seed
        self.data, self.n_channels = data, data.n_channels

        def tensor(values: npt.NDArray[np.generic], kind: torch.dtype = dtype) -> Tensor:
            return torch.as_tensor(values).to(kind).to(device)

        values = np.concatenate(data.values)
        recorded = ~np.isnan(values)
        self.target = tensor(np.where(recorded, values, 0.0))
        self.recorded = tensor(recorded)
        steps = [_steps(data, n, stepping) for n in range(len(data))]
        offsets = np.cumsum([0, *(len(one.times) for one in steps)])
        self.position = np.concatenate(
            [offset + one.kept for offset, one in zip(offsets, steps, strict=False)]
        )
        # Lengths and middles of steps; that after the last time of a trajectory has none.
        self.dt = tensor(np.concatenate([np.append(np.diff(one.times), 0.0) for one in steps]))
        self.clock = tensor(np.concatenate([one.stages for one in steps]))
        drives = [one.drive for one in steps]
        self.drive = None if drives[0] is None else tensor(np.concatenate(drives))  # type: ignore[arg-type]

        complete = np.all(recorded, axis=-1)
        firsts = np.cumsum([0, *(len(grid) for grid in data.times)])
        whole = [complete[a:b].any() for a, b in zip(firsts[:-1], firsts[1:], strict=True)]
        hidden = state_dim > self.n_channels or fit_starts or not all(whole)
        if not hidden:
            usable = complete
        elif per_update is None:
            usable = np.zeros(len(values), dtype=bool)  # windows that follow one another
        else:
            usable = np.ones(len(values), dtype=bool)
        self.first, self.last = _cut(firsts, usable, window)
        is_known = np.zeros((len(values), state_dim), dtype=bool)
        known = np.zeros((len(values), state_dim))
        known[:, : self.n_channels] = np.concatenate([_filled(path) for path in data.values])
        if not fit_starts:
            is_known[:, : self.n_channels] = recorded
        self.known, self.is_known = tensor(known), tensor(is_known, torch.bool)
        self.free = self.known.clone().requires_grad_() if hidden else None
        self.is_start = torch.zeros(len(values), dtype=torch.bool, device=device)
        self.is_start[self._index(self.first)] = True
        self.even_grid = self._even_grid()
        self._all: RecordedBatch | None = None

    def draw(self, update: int) -> RecordedBatch:
        """Windows for update number ``update``."""
        n_windows = len(self.first)
        if self.per_update is not None:
            # Drawn from (seed, update) alone, so that a run can be repeated.
            rng = np.random.default_rng((self.seed, update))
            return self._batch(rng.integers(n_windows, size=self.per_update))
        if self._all is None:
            self._all = self._batch(np.arange(n_windows))
        return self._all

    def starts(self, batch: RecordedBatch) -> Tensor:
        """States from which these windows start, shape (B, D)."""
        at = batch.samples[0]
        known = self.known[at]
        return known if self.free is None else torch.where(self.is_known[at], known, self.free[at])

    def error(self, states: Tensor, batch: RecordedBatch) -> Tensor:
        """Mean squared error of states, shape (L + 1, B, D), over all that was recorded."""
        errors = (states[..., : self.n_channels] - batch.target) * batch.recorded
        return errors.square().sum() / batch.recorded.sum().clamp(min=1)

    def discontinuity(self, states: Tensor, batch: RecordedBatch) -> Tensor:
        """Mean squared distance, relative to its variance, from what is fitted where windows meet.

        Parameters
        ----------
        states : Tensor, shape (L + 1, B, D)
            Predicted at the windows' samples.
        """
        if self.free is None:
            return states.new_zeros(())
        at = batch.samples[1:]
        meets = (self.is_start[at] & batch.inside[1:])[..., None] & ~self.is_known[at]
        jumps = (states[1:] - self.free[at]).square()
        # The scale of a hidden state is free: without it, jumps would shrink with the state.
        fitted = self.free[self.is_start]
        variance = fitted.var(dim=0, correction=0) + _LEAST_VARIANCE
        return (jumps / variance * meets).sum() / meets.sum().clamp(min=1)

    def fitted(self) -> Recordings | None:
        """States that were recorded or fitted, NaN elsewhere; None if nothing was fitted."""
        if self.free is None:
            return None
        free = self.free.detach()
        states = torch.where(self.is_known, self.known, free).cpu().double().numpy()
        there = self.is_known | self.is_start[:, None]
        states = np.where(there.cpu().numpy(), states, np.nan)
        ends = np.cumsum([len(grid) for grid in self.data.times])[:-1]
        return Recordings(self.data.times, np.split(states, ends), self.data.inputs)

    def _even_grid(self) -> Tensor | None:
        """The grid of every window, if they are all alike and under constant current."""
        length = self.last[0] - self.first[0]
        lengths = np.concatenate([np.diff(grid) for grid in self.data.times])
        alike = (
            isinstance(self.data.inputs, np.ndarray)
            and self.data.n_inputs == 1
            and (self.last - self.first == length).all()
            and np.allclose(lengths, lengths[0], rtol=EVEN, atol=0.0)
        )
        return torch.as_tensor(self.data.times[0][: length + 1]) if alike else None

    def _index(self, indices: npt.NDArray[np.generic]) -> Tensor:
        return torch.as_tensor(indices).to(self.known.device)

    def _batch(self, chosen: Indices) -> RecordedBatch:
        first, last = self.first[chosen], self.last[chosen]
        samples = np.minimum(first + np.arange((last - first).max() + 1)[:, None], last)
        inside = first + np.arange(len(samples))[:, None] <= last
        begin, end = self.position[first], self.position[last]
        places = begin + np.arange((end - begin).max())[:, None]
        live = self._index(places < end)
        at, samples_at = self._index(np.minimum(places, end)), self._index(samples)
        return RecordedBatch(
            clock=self.clock[at].movedim(-1, 1)[..., None],
            dt=(self.dt[at] * live)[..., None],
            drive=None if self.drive is None else self.drive[at].movedim(2, 1),
            rows=self._index(self.position[samples] - begin),
            samples=samples_at,
            inside=self._index(inside),
            target=self.target[samples_at],
            recorded=self.recorded[samples_at] * self._index(inside)[..., None],
        )


class _Steps(NamedTuple):
    """The steps of one trajectory: times (S,), where its samples are among them, and stages."""

    times: FloatArray
    kept: Indices
    stages: FloatArray
    drive: FloatArray | None


def _steps(data: Recordings, n: int, stepping: Stepping) -> _Steps:
    grid, inputs = data.times[n], data.inputs
    times, kept = grid, np.arange(len(grid))
    signal = inputs[n] if isinstance(inputs, list) else None
    if signal is not None and stepping == "rk4":
        times, kept = with_stops(grid, [signal])
    ends = np.append(times[1:], times[-1])
    middles = (times + ends) / 2
    stages = np.stack([times, middles, ends], axis=-1)
    drive = None
    if isinstance(signal, Input):
        inside = middles if stepping == "rk4" else times
        drive = values_at([signal], stages, np.repeat(inside[:, None], 3, axis=1))[:, :, 0]
    elif isinstance(inputs, np.ndarray):
        drive = np.broadcast_to(inputs[n], (*stages.shape, *inputs[n].shape))
    return _Steps(times, kept, stages, drive)


def _cut(
    firsts: Indices, usable: npt.NDArray[np.bool_], window: int | None
) -> tuple[Indices, Indices]:
    """First and last samples of all windows.

    One starts at every usable sample that leaves room for it; where none is usable in a trajectory,
    windows follow one another from its first sample to its last.
    """
    starts: list[int] = []
    ends: list[int] = []
    for begin, end in zip(firsts[:-1], firsts[1:] - 1, strict=True):
        length = end - begin if window is None else min(window, end - begin)
        cuts = begin + np.flatnonzero(usable[begin : end + 1])
        if len(cuts) == 0:
            cuts = np.arange(begin, end, length)
        elif window is None:
            cuts = cuts[:1]
        elif (cuts <= end - length).any():
            cuts = cuts[cuts <= end - length]
        else:
            cuts = cuts[:1]
        inner = cuts < end
        starts += cuts[inner].tolist()
        ends += np.minimum(cuts[inner] + length, end).tolist()
    return np.array(starts), np.array(ends)


def _filled(path: FloatArray) -> FloatArray:
    """Values with gaps bridged by straight lines; zeros for a channel without any."""
    filled = np.zeros_like(path)
    for channel, column in zip(filled.T, path.T, strict=True):
        there = np.flatnonzero(~np.isnan(column))
        if there.size:
            channel[:] = np.interp(np.arange(len(column)), there, column[there])
    return filled
