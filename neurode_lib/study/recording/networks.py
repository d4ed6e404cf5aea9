"""The networks of chapter 20: a field of the voltage and hidden states, and where it starts.

`K` networks are trained side by side. A second network, the encoder, reads voltage and current of
the last 30 ms and says where the hidden states are; both are trained together, on windows whose
voltage starts as recorded. Everything inside is in scaled units: voltage and current with mean 0
and standard deviation 1 over the training part, time in milliseconds.

References
----------
.. [1] Y. Rubanova, R. T. Q. Chen, D. Duvenaud, "Latent Ordinary Differential Equations for
       Irregularly-Sampled Time Series", NeurIPS 2019 (an encoder says where an ODE starts).
.. [2] I. Loshchilov, F. Hutter, "Decoupled Weight Decay Regularization", ICLR 2019.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from neurode_lib._checks import FloatArray
from neurode_lib.study.recording.protocol import (
    DT,
    LOOK_BACK,
    REPEATS,
    TRAINING,
    RepeatedRecording,
)
from neurode_lib.training.driven_rollout import driven_rollout
from neurode_lib.training.rollout import Workspace
from neurode_lib.weights import Weights

WIDTH = 64
SUB_STEPS = 2  # RK4 steps between two samples
DT_STEP = DT / SUB_STEPS
LR, CLIP_NORM, WEIGHT_DECAY = 3e-3, 1.0, 1e-4


class Stage(NamedTuple):
    """A stretch of training: ``updates`` on ``batch`` windows of ``window`` ms each."""

    window: int
    updates: int
    batch: int


@dataclass(frozen=True)
class Setting:
    """What is trained.

    Attributes
    ----------
    set : str
        One of the protocol's sets.
    hidden : int
        Number of hidden states.
    stages : tuple of Stage
    seeds : tuple of int
    repeats : int
        So many of the set's repeats are trained on, the first ones.
    smoothing : float
        Standard deviation in ms of the Gaussian that smooths the error before it is squared: one
        of a few ms forgives a spike that comes a little early or late. 0 for none.
    """

    set: str
    hidden: int
    stages: tuple[Stage, ...]
    seeds: tuple[int, ...]
    repeats: int = REPEATS
    smoothing: float = 0.0


class Scale(NamedTuple):
    """Means and standard deviations of the training part, in mV and pA."""

    voltage_mean: float
    voltage_std: float
    current_mean: float
    current_std: float

    @classmethod
    def of(cls, data: RepeatedRecording, repeats: int) -> Scale:
        """Of the training part of so many repeats."""
        part = slice(*TRAINING)
        v, I = data.voltage[:repeats, part], data.current[:repeats, part]
        return cls(float(v.mean()), float(v.std()), float(I.mean()), float(I.std()))

    def apply(self, data: RepeatedRecording) -> tuple[Tensor, Tensor]:
        """Voltage and current as the networks see them."""
        v = (data.voltage - self.voltage_mean) / self.voltage_std
        I = (data.current - self.current_mean) / self.current_std
        return torch.tensor(v, dtype=torch.float32), torch.tensor(I, dtype=torch.float32)


def new_weights(hidden: int, seeds: Sequence[int]) -> Weights:
    """Weights of `K` fields and encoders, as :class:`torch.nn.Linear` begins, the last layer small.

    The field's names are those of :func:`~neurode_lib.training.rollout.stack_weights`; the
    encoder's begin with ``encoder.``.
    """
    n_seen = 2 * (LOOK_BACK + 1)
    shapes = {
        "0": (WIDTH, hidden + 2),
        "2": (WIDTH, WIDTH),
        "4": (hidden + 1, WIDTH),
        "encoder.0": (WIDTH, n_seen),
        "encoder.2": (hidden, WIDTH),
    }
    each = []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        own: Weights = {}
        for name, (n_out, n_in) in shapes.items():
            bound = 1.0 / math.sqrt(n_in) * (0.1 if name == "4" else 1.0)
            for kind, shape in (("weight", (n_out, n_in)), ("bias", (n_out,))):
                values = torch.rand(shape, generator=generator)
                own[f"{name}.{kind}"] = (2.0 * values - 1.0) * bound
        each.append(own)
    return {name: torch.stack([own[name] for own in each]) for name in each[0]}


def encode(weights: Weights, voltage: Tensor, current: Tensor) -> Tensor:
    """Hidden states after voltage and current of shape (K, B, 31), shape (K, B, hidden)."""
    seen = torch.cat([voltage, current], dim=-1)
    first = torch.baddbmm(
        weights["encoder.0.bias"][:, None], seen, weights["encoder.0.weight"].transpose(1, 2)
    )
    return torch.baddbmm(
        weights["encoder.2.bias"][:, None],
        torch.tanh(first),
        weights["encoder.2.weight"].transpose(1, 2),
    )


def at_stages(current: Tensor) -> Tensor:
    """Currents between samples, on straight lines: shape (SUB_STEPS T, 3, ...) for (T + 1, ...)."""
    fractions = torch.arange(2 * SUB_STEPS + 1, dtype=current.dtype) / (2 * SUB_STEPS)
    before, after = current[:-1], current[1:]
    between = torch.stack([before + f * (after - before) for f in fractions.tolist()], dim=1)
    steps = [between[:, 2 * k : 2 * k + 3] for k in range(SUB_STEPS)]
    return torch.stack(steps, dim=1).flatten(0, 1)


def starts(weights: Weights, voltage: Tensor, current: Tensor) -> Tensor:
    """States at the last of 31 samples, shape (K, B, 1 + hidden)."""
    return torch.cat([voltage[..., -1:], encode(weights, voltage, current)], dim=-1)


def follow(
    weights: Weights, y0: Tensor, current: Tensor, workspace: Workspace | None = None
) -> Tensor:
    """States once a millisecond, shape (T + 1, K, B, D), under currents (T + 1, K, B)."""
    path = driven_rollout(weights, y0, at_stages(current), DT_STEP, workspace=workspace)
    return path[::SUB_STEPS]


def train_networks(
    setting: Setting, data: RepeatedRecording, *, progress: bool = True
) -> tuple[Weights, Scale, FloatArray]:
    """Train the networks of a setting.

    Parameters
    ----------
    setting : Setting
    data : RepeatedRecording
        Only its training part is used.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    weights, scale
        Stacked weights, leading axis `K`.
    losses : ndarray, shape (updates, K)
        Mean squared error of the scaled voltage over the windows of each update, smoothed as the
        setting says.
    """
    scale = Scale.of(data, setting.repeats)
    voltage, current = scale.apply(data)
    end = TRAINING[1]
    v, I = voltage[: setting.repeats, :end], current[: setting.repeats, :end]
    weights = {
        name: weight.requires_grad_()
        for name, weight in new_weights(setting.hidden, setting.seeds).items()
    }
    optimizer = torch.optim.AdamW(weights.values(), lr=LR, weight_decay=WEIGHT_DECAY)
    generators = [np.random.default_rng([seed, 20]) for seed in setting.seeds]
    total = sum(stage.updates for stage in setting.stages)
    losses: list[FloatArray] = []
    with tqdm(total=total, unit="update", disable=not progress) as bar:
        for stage in setting.stages:
            workspace = Workspace()
            for _ in range(stage.updates):
                error = _errors(weights, *_windows(generators, stage, v, I), workspace)
                loss = smoothed(error, setting.smoothing).square().mean(dim=(0, 2))
                optimizer.zero_grad()
                loss.sum().backward()
                for group in optimizer.param_groups:
                    group["lr"] = LR * 0.5 * (1.0 + math.cos(math.pi * len(losses) / total))
                _clip_each(list(weights.values()))
                optimizer.step()
                losses.append(loss.detach().double().numpy())
                bar.update()
    return {name: w.detach() for name, w in weights.items()}, scale, np.array(losses)


def _windows(
    generators: Sequence[np.random.Generator], stage: Stage, voltage: Tensor, current: Tensor
) -> tuple[Tensor, Tensor]:
    """Every network's own windows of voltage and current, shape (K, B, LOOK_BACK + 1 + window)."""
    n_repeats, n_samples = voltage.shape
    rows, firsts = [], []
    for rng in generators:
        rows.append(rng.integers(n_repeats, size=stage.batch))
        firsts.append(rng.integers(LOOK_BACK, n_samples - stage.window, size=stage.batch))
    row = torch.as_tensor(np.stack(rows))[..., None]
    reach = torch.arange(-LOOK_BACK, stage.window + 1)
    at = torch.as_tensor(np.stack(firsts))[..., None] + reach
    return voltage[row, at], current[row, at]


def _errors(weights: Weights, voltage: Tensor, current: Tensor, workspace: Workspace) -> Tensor:
    """Predicted less recorded voltage after the part of a window that is shown, (window, K, B)."""
    n = LOOK_BACK + 1
    y0 = starts(weights, voltage[..., :n], current[..., :n])
    path = follow(weights, y0, current[..., LOOK_BACK:].permute(2, 0, 1), workspace)
    return path[1:, ..., 0] - voltage[..., n:].permute(2, 0, 1)


def smoothed(errors: Tensor, width: float) -> Tensor:
    """Errors of shape (T, K, B) after a Gaussian along time, of standard deviation ``width`` ms.

    Beyond the window the first and the last error go on. A width of 0 leaves all as it is.
    """
    if width == 0.0:
        return errors
    reach = math.ceil(3.0 * width / DT)
    kernel = torch.exp(-0.5 * (DT * torch.arange(-reach, reach + 1) / width) ** 2)
    rows = errors.permute(1, 2, 0).flatten(0, 1)[:, None]
    rows = torch.nn.functional.pad(rows, (reach, reach), mode="replicate")
    rows = torch.nn.functional.conv1d(rows, (kernel / kernel.sum())[None, None])
    return rows[:, 0].unflatten(0, errors.shape[1:]).permute(2, 0, 1)


def _clip_each(weights: Sequence[Tensor]) -> None:
    """Clip every network's gradient by its own norm; one that is not finite makes no step."""
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    norms = torch.stack([g.flatten(1).square().sum(1) for g in gradients]).sum(0).sqrt()
    factor = (CLIP_NORM / (norms + 1e-6)).clamp(max=1.0)
    for g in gradients:
        shape = (-1, *[1] * (g.dim() - 1))
        g.mul_(factor.view(shape))
        g[~torch.isfinite(norms)] = 0.0


@torch.no_grad()
def forecast(
    weights: Weights, scale: Scale, data: RepeatedRecording, part: tuple[int, int]
) -> FloatArray:
    """What every network expects of a part of every repeat.

    Parameters
    ----------
    weights, scale
        As from :func:`train_networks`.
    data : RepeatedRecording
    part : (int, int)
        From and to which sample. The 30 ms before are shown, the rest is forecast.

    Returns
    -------
    ndarray, shape (K, repeats, samples)
        Potentials in mV; NaN after a divergence.
    """
    voltage, current = scale.apply(data)
    n_networks = len(weights["0.bias"])
    first, last = part[0] - 1, part[1]
    look = slice(first - LOOK_BACK, first + 1)

    def each(values: Tensor) -> Tensor:
        return values.expand(n_networks, *values.shape)

    y = starts(weights, each(voltage[:, look]), each(current[:, look]))
    drive = each(current[:, first:last]).permute(2, 0, 1)
    pieces, block = [], 500
    for begin in range(0, len(drive) - 1, block):
        path = follow(weights, y, drive[begin : begin + block + 1])
        pieces.append(path[1:, ..., 0])
        y = path[-1]
    v = torch.cat(pieces).permute(1, 2, 0).double().numpy()
    return v * scale.voltage_std + scale.voltage_mean
