"""Scaling: data in their own units to numbers near one, and a model of these numbers back.

Networks learn best where states, inputs and rates of change are of order one. A scaling is made
from the data, applied to them before training, and undone on the model afterwards::

    scaling = Scaling.of(data)
    model, _ = train(make_model(seed=0), scaling.scale(data))
    model = scaling.in_units(model)  # predicts in the units of the data

References
----------
.. [1] Y. LeCun, L. Bottou, G. B. Orr, K.-R. Müller, "Efficient BackProp", in: Neural Networks:
       Tricks of the Trade, Springer 1998, section 4.3.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import TypeVar, cast

import numpy as np
import torch
from torch import Tensor, nn

from neurode_lib._checks import FloatArray, instance_of, positive_number
from neurode_lib.inputs import Input
from neurode_lib.models import DiscreteRNN, NeuralODE, ODEFunc, network_of
from neurode_lib.recordings import Recordings
from neurode_lib.trained_range import keep_trained_range

Model = TypeVar("Model", NeuralODE, DiscreteRNN)


@dataclass(frozen=True, eq=False)
class Scaling:
    """An affine change of units: ``(y - state_mean) / state_scale``, likewise inputs, and time.

    Attributes
    ----------
    state_mean, state_scale : ndarray, shape (C,)
    input_mean, input_scale : ndarray, shape (M,)
    time_scale : float
        Times are divided by it.
    """

    state_mean: FloatArray
    state_scale: FloatArray
    input_mean: FloatArray
    input_scale: FloatArray
    time_scale: float

    @classmethod
    def of(cls, data: Recordings, *, time_scale: float | None = None) -> Scaling:
        """The scaling after which channels and inputs have mean 0 and standard deviation 1.

        Parameters
        ----------
        data : Recordings
        time_scale : float, optional
            By default the root mean square of the scaled channels' rates of change becomes 1.

        Raises
        ------
        ValueError
            If an argument is of another kind, or a channel has no recorded value.
        """
        instance_of("data", data, Recordings)
        values = np.concatenate(data.values)
        if np.isnan(values).all(axis=0).any():
            raise ValueError("data must have a recorded value in every channel")
        mean, scale = np.nanmean(values, axis=0), _spread(np.nanstd(values, axis=0))
        if time_scale is None:
            rates = [
                np.diff(path / scale, axis=0) / np.diff(grid)[:, None]
                for path, grid in zip(data.values, data.times, strict=True)
            ]
            squares = np.concatenate(rates) ** 2
            present = squares[~np.isnan(squares)]
            time_scale = 1.0 / np.sqrt(present.mean()) if present.size and present.any() else 1.0
        inputs = data.visited_inputs()[:, : data.n_inputs]
        return cls(
            mean,
            scale,
            inputs.mean(axis=0) if inputs.size else np.empty(0),
            _spread(inputs.std(axis=0)) if inputs.size else np.empty(0),
            positive_number("time_scale", time_scale),
        )

    def scale(self, data: Recordings) -> Recordings:
        """The recordings in scaled units."""
        return self._change(
            data, self.state_mean, self.state_scale, self.input_mean, self.input_scale, 1.0
        )

    def unscale(self, data: Recordings) -> Recordings:
        """Recordings in scaled units, such as predictions, back in the units of the data."""
        return self._change(
            data,
            -self.state_mean / self.state_scale,
            1.0 / self.state_scale,
            -self.input_mean / self.input_scale,
            1.0 / self.input_scale,
            -1.0,
        )

    def _change(
        self,
        data: Recordings,
        mean: FloatArray,
        scale: FloatArray,
        input_mean: FloatArray,
        input_scale: FloatArray,
        direction: float,
    ) -> Recordings:
        instance_of("data", data, Recordings)
        if (data.n_channels, data.n_inputs) != (len(mean), len(input_mean)):
            raise ValueError(
                f"data must have {len(mean)} channels and {len(input_mean)} inputs like those that "
                f"this scaling was made from, got {data.n_channels} and {data.n_inputs}"
            )
        slower = self.time_scale**direction
        inputs = data.inputs
        if isinstance(inputs, np.ndarray):
            shift, by = (x[0] if inputs.ndim == 1 else x for x in (input_mean, input_scale))
            inputs = (inputs - shift) / by
        elif inputs is not None:
            inputs = [_changed(one, input_mean, input_scale, slower) for one in inputs]
        return Recordings(
            [grid / slower for grid in data.times],
            [(path - mean) / scale for path in data.values],
            inputs,
        )

    def in_units(self, model: Model) -> Model:
        """A copy of a model of the scaled data that takes and gives what the data are in.

        A network of this library stays one: its first and last layer take up the change of units.
        Another field is wrapped in a :class:`ScaledField`. Hidden states keep their units.

        Raises
        ------
        ValueError
            If the model is no :class:`NeuralODE` or :class:`DiscreteRNN`, or of another size.
        """
        if not isinstance(model, (NeuralODE, DiscreteRNN)):
            raise ValueError(
                f"model must be a NeuralODE or DiscreteRNN, got {type(model).__name__}"
            )
        new = copy.deepcopy(model)
        if isinstance(new, NeuralODE) and type(new.func) is not ODEFunc:
            new.func = ScaledField(new.func, self)
        else:
            self._fold(new)
        if hasattr(new, "trained_currents"):
            bounds = np.array(new.trained_currents)
            in_units = bounds * self.input_scale[:, None] + self.input_mean[:, None]
            keep_trained_range(new, in_units.T)
        return new

    def _fold(self, model: NeuralODE | DiscreteRNN) -> None:
        field = cast(ODEFunc | DiscreteRNN, getattr(model, "func", model))
        hidden = field.state_dim - len(self.state_mean)
        if hidden < 0 or field.input_dim != len(self.input_mean):
            raise ValueError(
                f"model must have at least {len(self.state_mean)} state variables, and "
                f"{len(self.input_mean)} inputs, got {field.state_dim} and {field.input_dim}"
            )
        mean = np.concatenate([self.state_mean, np.zeros(hidden), self.input_mean])
        scale = np.concatenate([self.state_scale, np.ones(hidden), self.input_scale])
        if getattr(field, "time_input", False):
            mean, scale = np.append(mean, 0.0), np.append(scale, self.time_scale)
        out = np.concatenate([self.state_scale, np.ones(hidden)])
        if isinstance(model, NeuralODE):
            out = out / self.time_scale
        network = network_of(model)
        first, last = cast(nn.Linear, network[0]), cast(nn.Linear, network[-1])
        with torch.no_grad():
            weight = first.weight.cpu().double() / torch.as_tensor(scale)
            first.bias.copy_(first.bias.cpu().double() - weight @ torch.as_tensor(mean))
            first.weight.copy_(weight)
            rows = torch.as_tensor(out)
            last.weight.copy_(last.weight.cpu().double() * rows[:, None])
            last.bias.copy_(last.bias.cpu().double() * rows)


class ScaledField(nn.Module):
    """A field of scaled states, inputs and times, as a field in the units of the data.

    Parameters
    ----------
    func : nn.Module
        Called as ``func(t, y, I)`` with scaled values.
    scaling : Scaling
    """

    state_mean: Tensor
    state_scale: Tensor
    input_mean: Tensor
    input_scale: Tensor
    time_scale: Tensor

    def __init__(self, func: nn.Module, scaling: Scaling) -> None:
        super().__init__()
        instance_of("func", func, nn.Module)
        instance_of("scaling", scaling, Scaling)
        self.func = func
        self.time_input = bool(getattr(func, "time_input", True))
        hidden = getattr(func, "state_dim", len(scaling.state_mean)) - len(scaling.state_mean)
        self.state_dim = len(scaling.state_mean) + hidden
        self.input_dim = len(scaling.input_mean)
        like = next(func.parameters(), torch.empty(0))
        for name, values in (
            ("state_mean", np.append(scaling.state_mean, np.zeros(hidden))),
            ("state_scale", np.append(scaling.state_scale, np.ones(hidden))),
            ("input_mean", scaling.input_mean),
            ("input_scale", scaling.input_scale),
            ("time_scale", np.array(scaling.time_scale)),
        ):
            self.register_buffer(name, torch.as_tensor(values).to(like.dtype).to(like.device))

    def forward(self, t: Tensor, y: Tensor, I: Tensor | None) -> Tensor:
        """Time derivative in the units of the data, shape (B, D)."""
        if I is not None:
            shift, by = self.input_mean, self.input_scale
            I = (I - shift[0]) / by[0] if I.dim() == 1 else (I - shift) / by
        scaled = self.func(t / self.time_scale, (y - self.state_mean) / self.state_scale, I)
        return self.state_scale / self.time_scale * scaled


def _spread(std: FloatArray) -> FloatArray:
    """Standard deviations, and 1 for what does not vary."""
    return np.where(std > 0.0, std, 1.0)


def _changed(one: Input, mean: FloatArray, scale: FloatArray, slower: float) -> Input:
    shift, by = (x[0] if one.components is None else x for x in (mean, scale))
    return Input(lambda t: (one(t * slower) - shift) / by, one.breaks / slower)
