"""The data set type: trajectories as they were recorded, each with its own times and input.

What :func:`~neurode_lib.training.train` learns from and :mod:`neurode_lib.metrics` measures on. A
trajectory may have any length and any grid; a sample that was not recorded is NaN.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt

from neurode_lib._checks import FloatArray, finite_array, one_of, real_array, shown
from neurode_lib.inputs import Drive, Input, is_signal, sampled, signals_of, visited


class Recordings:
    """`N` trajectories of `C` channels.

    Parameters
    ----------
    times : array_like, shape (T,), or `N` of them
        When the samples were taken, increasing; one grid for all trajectories, or one for each.
    values : array_like, shape (N, T, C), or `N` arrays of shape (T_i, C) or (T_i,)
        What was recorded. NaN marks a value that is missing.
    inputs : float or array_like, shape (N,) or (N, M); Input, sequence of N Input; optional
        Input of each trajectory: constant, or a signal (see :mod:`neurode_lib.inputs`).
    mask : like ``values``, optional
        False where a value is missing, whatever stands there.

    Attributes
    ----------
    times : list of ndarray, shape (T_i,)
    values : list of ndarray, shape (T_i, C)
        NaN where a value is missing.
    inputs : ndarray, shape (N,) or (N, M); list of N Input; or None

    Raises
    ------
    ValueError
        If an argument has the wrong shape or values; the message says in which trajectory.

    Examples
    --------
    The article's data: ``Recordings(DT * np.arange(81), *build_dataset(seed=0))``.
    """

    def __init__(
        self,
        times: npt.ArrayLike,
        values: npt.ArrayLike | Sequence[npt.ArrayLike],
        inputs: Drive = None,
        *,
        mask: npt.ArrayLike | Sequence[npt.ArrayLike] | None = None,
    ) -> None:
        paths = _each("values", values)
        self.values = [_path(f"values[{n}]", path) for n, path in enumerate(paths)]
        n_channels = {path.shape[1] for path in self.values}
        if len(n_channels) > 1:
            raise ValueError(f"values must have as many channels each, got {sorted(n_channels)}")
        grids = _grids(times, len(self))
        self.times = [_grid(name, grid) for name, grid in grids]
        for n, ((name, _), grid, path) in enumerate(
            zip(grids, self.times, self.values, strict=True)
        ):
            if len(grid) != len(path):
                raise ValueError(
                    f"{name} must hold {len(path)} times like values[{n}], got {len(grid)}"
                )
        if mask is not None:
            masks = _each("mask", mask)
            if len(masks) != len(self):
                raise ValueError(f"mask must have {len(self)} entries, got {len(masks)}")
            for n, keep in enumerate(masks):
                is_sample = np.asarray(keep)
                if is_sample.dtype != bool or is_sample.size != self.values[n].size:
                    raise ValueError(f"mask[{n}] must hold True and False, like values[{n}]")
                self.values[n] = np.where(
                    is_sample.reshape(self.values[n].shape), self.values[n], np.nan
                )
        self.inputs = _inputs(inputs, len(self))

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, which: int | slice) -> Recordings:
        """Some of the trajectories: ``data[3]``, ``data[:30]``."""
        index = which if isinstance(which, slice) else slice(which, which + 1 or None)
        if not isinstance(which, slice) and not -len(self) <= which < len(self):
            raise IndexError(f"there are {len(self)} trajectories, got number {which}")
        inputs = None if self.inputs is None else self.inputs[index]
        return Recordings(self.times[index], self.values[index], inputs)

    def __iter__(self) -> Iterator[Recordings]:
        return (self[n] for n in range(len(self)))

    def __repr__(self) -> str:
        lengths = [len(grid) for grid in self.times]
        samples = f"{min(lengths)} to {max(lengths)}" if len(set(lengths)) > 1 else lengths[0]
        missing = sum(int(np.isnan(path).sum()) for path in self.values)
        return (
            f"<Recordings: {len(self)} trajectories of {samples} samples, {self.n_channels} "
            f"channels, {self.n_inputs} inputs, {missing} values missing>"
        )

    @property
    def n_channels(self) -> int:
        """Number `C` of recorded variables."""
        return int(self.values[0].shape[1])

    @property
    def n_inputs(self) -> int:
        """Number `M` of inputs, 0 for none."""
        if self.inputs is None:
            return 0
        if isinstance(self.inputs, np.ndarray):
            return 1 if self.inputs.ndim == 1 else self.inputs.shape[1]
        return self.inputs[0].components or 1

    def common_grid(self) -> FloatArray | None:
        """The times, if all trajectories have the same, shape (T,); else None."""
        first = self.times[0]
        same = all(np.array_equal(first, grid) for grid in self.times)
        return first if same else None

    def visited_inputs(self) -> FloatArray:
        """Every value that the inputs take on the recorded times and at breaks, shape (., M)."""
        if self.inputs is None:
            return np.empty((0, 1))
        if isinstance(self.inputs, np.ndarray):
            return self.inputs.reshape(len(self), -1)
        return np.concatenate(
            [visited(one, grid) for one, grid in zip(self.inputs, self.times, strict=True)]
        )

    @classmethod
    def from_table(
        cls,
        table: str | Path | Mapping[str, Any],
        *,
        time: str,
        channels: Sequence[str],
        inputs: Sequence[str] = (),
        trajectory: str | None = None,
        kind: Literal["linear", "hold"] = "linear",
    ) -> Recordings:
        """Read a long table: one row a sample, trajectories below each other.

        Parameters
        ----------
        table : path of a CSV file with a header, or mapping of str to array_like
            A pandas DataFrame is such a mapping. An empty cell is a missing value.
        time : str
            Name of the column of times.
        channels : sequence of str
            Names of the columns that were recorded.
        inputs : sequence of str, optional
            Names of the columns of inputs. One that changes within a trajectory becomes a signal.
        trajectory : str, optional
            Name of the column that says which trajectory a row belongs to, by number or by text;
            without it there is one.
        kind : {"linear", "hold"}
            What an input is between two samples; see :func:`neurode_lib.inputs.sampled`.

        Raises
        ------
        ValueError
            If there is no such column, or its entries are no numbers.
        FileNotFoundError
            If there is no such file.
        """
        one_of("kind", kind, ("linear", "hold"))
        names = [time, *_names("channels", channels), *_names("inputs", inputs, least=0)]
        columns = _read_csv(Path(table)) if isinstance(table, (str, Path)) else table
        if not hasattr(columns, "__getitem__") or not hasattr(columns, "keys"):
            raise ValueError(f"table must be a path or have named columns, got {shown(table)}")
        for name in [*names, *([] if trajectory is None else [trajectory])]:
            if not isinstance(name, str) or name not in columns:
                raise ValueError(
                    f"table must have a column {name!r}, got {shown(list(columns.keys()))}"
                )
        numbers = {name: real_array(f"table[{name!r}]", columns[name]) for name in names}
        label = np.zeros(len(numbers[time])) if trajectory is None else columns[trajectory]
        labels = np.asarray(label)
        _, firsts = np.unique(labels, return_index=True)
        rows = [np.flatnonzero(labels == labels[first]) for first in sorted(firsts)]
        times = [numbers[time][row] for row in rows]
        values = [np.stack([numbers[name][row] for name in channels], axis=-1) for row in rows]
        driven = [np.stack([numbers[name][row] for name in inputs], -1) for row in rows if inputs]
        drive: Drive = None
        if all((one == one[0]).all() for one in driven) and driven:
            constants = np.stack([one[0] for one in driven])
            drive = constants[:, 0] if len(inputs) == 1 else constants
        elif driven:
            drive = [
                sampled(grid, one[:, 0] if len(inputs) == 1 else one, kind=kind)
                for grid, one in zip(times, driven, strict=True)
            ]
        return cls(times, values, drive)


def _each(name: str, values: Any) -> Sequence[Any]:
    if isinstance(values, (str, bytes, Mapping)) or not hasattr(values, "__len__"):
        raise ValueError(f"{name} must hold an array for each trajectory, got {shown(values)}")
    if len(values) == 0:
        raise ValueError(f"{name} must not be empty")
    return cast(Sequence[Any], values)


def _path(name: str, values: Any) -> FloatArray:
    path = real_array(name, values)
    if path.ndim == 1:
        path = path[:, None]
    if path.ndim != 2 or len(path) < 2 or path.shape[1] == 0:
        raise ValueError(
            f"{name} must have shape (T, C) or (T,) with at least two samples, got {path.shape}"
        )
    if np.isinf(path).any():
        raise ValueError(f"{name} must be finite, or NaN where a value is missing, got infinity")
    return path


def _grids(times: Any, n: int) -> list[tuple[str, Any]]:
    """The grid of each trajectory, with a name for messages."""
    each = _each("times", times)
    if np.ndim(each[0]) == 0:
        return [("times", each)] * n
    if len(each) != n:
        raise ValueError(f"times must be one grid or {n}, one for each trajectory, got {len(each)}")
    return [(f"times[{k}]", grid) for k, grid in enumerate(each)]


def _grid(name: str, times: Any) -> FloatArray:
    grid = finite_array(name, times)
    if grid.ndim != 1 or not (np.diff(grid) > 0.0).all():
        raise ValueError(f"{name} must have shape (T,) and strictly increase, got {shown(grid)}")
    return grid


def _inputs(inputs: Drive, n: int) -> FloatArray | list[Input] | None:
    if inputs is None:
        return None
    if is_signal(inputs):
        return signals_of(inputs, n, "inputs")
    constants = finite_array("inputs", cast(npt.ArrayLike, inputs))
    if constants.ndim == 0:
        return np.full(n, constants)
    if constants.ndim > 2 or len(constants) != n:
        raise ValueError(
            f"inputs must be a number or have shape ({n},) or ({n}, M) like values, got "
            f"{constants.shape}"
        )
    return constants


def _names(argument: str, names: Any, *, least: int = 1) -> list[str]:
    if isinstance(names, str) or not isinstance(names, Sequence) or len(names) < least:
        raise ValueError(f"{argument} must be a list of column names, got {shown(names)}")
    return list(names)


def _read_csv(path: Path) -> dict[str, npt.NDArray[Any]]:
    """Columns of a CSV file with a header: numbers, or text where one is no number."""
    if not path.is_file():
        raise FileNotFoundError(f"no table at {path}")
    with path.open(newline="", encoding="utf-8-sig") as file:
        header, *rows = list(csv.reader(file)) or [[]]
    rows = [row for row in rows if row]
    if not rows:
        raise ValueError(f"table must have rows below its header, got none in {path}")
    for n, row in enumerate(rows, start=2):
        if len(row) != len(header):
            raise ValueError(
                f"table must have {len(header)} entries in each row, got {len(row)} in row {n} of "
                f"{path}"
            )
    columns: dict[str, npt.NDArray[Any]] = {}
    for name, cells in zip(header, zip(*rows, strict=True), strict=True):
        try:
            numbers = [float(cell) if cell.strip() else np.nan for cell in cells]
            columns[name.strip()] = np.array(numbers)
        except ValueError:
            columns[name.strip()] = np.array(cells)
    return columns
