"""The trainer of the page (JavaScript) against PyTorch's autograd and optimiser."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from neurode_lib.models import DiscreteRNN, NeuralODE, ODEFunc, network_of
from tools.ensure_node import ensure_node

SCRIPT = Path(__file__).parents[2] / "explorers" / "test" / "train-one-batch.mjs"
HIDDEN, BATCH, DT = 24, 16, 0.5
UPDATES, LR, CLIP, DECAY = 12, 0.01, 0.1, 0.02
NAMES = dict(
    zip(
        ("0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias"),
        ("w1", "b1", "w2", "b2", "w3", "b3"),
        strict=True,
    )
)


@pytest.fixture(scope="module", autouse=True)
def node() -> None:
    if reason := ensure_node():
        pytest.fail(reason)


class TimesOfTheirOwn(nn.Module):
    """A field whose trajectories start at different times: ``ODEFunc`` knows one clock for all."""

    def __init__(self, func: ODEFunc, starts: Tensor) -> None:
        super().__init__()
        self.func, self.starts = func, starts

    def forward(self, t: Tensor, y: Tensor, I: Tensor) -> Tensor:
        columns = [y, I[:, None], (t + self.starts)[:, None]]
        return self.func.net(torch.cat(columns, dim=-1))


def as_rows(states: Tensor) -> list[list[float]]:
    """States (T, B, 2) as the JavaScript has them: v of all trajectories, then w."""
    return [at.T.flatten().tolist() for at in states]


def as_columns(name: str, value: Tensor) -> list[float]:
    """A parameter, with the column of the time input that every network has in JavaScript."""
    if name == "0.weight" and value.shape[1] == 3:
        value = torch.cat([value, torch.zeros(len(value), 1, dtype=value.dtype)], dim=1)
    return value.flatten().tolist()


@pytest.mark.parametrize("window", [1, 5])
@pytest.mark.parametrize("kind", ["neural_ode", "time_input", "discrete_rnn"])
@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("float64", 1e-9)])
def test_gradient_and_updates_are_those_of_pytorch(
    precision: str, tolerance: float, kind: str, window: int
) -> None:
    dtype = getattr(torch, precision)
    torch.manual_seed(window)
    time_input = kind == "time_input"
    model: Any = (
        DiscreteRNN(hidden=HIDDEN, zero_init=False)
        if kind == "discrete_rnn"
        else NeuralODE(ODEFunc(hidden=HIDDEN, time_input=time_input, zero_init=False))
    )
    model.to(dtype)
    states = torch.randn(window + 1, BATCH, 2).to(dtype)
    I, starts = torch.rand(BATCH).to(dtype), (10 * torch.rand(BATCH)).to(dtype)
    grid = DT * torch.arange(window + 1, dtype=dtype)
    network = network_of(model)
    problem = {
        "precision": precision,
        "shape": {
            "hidden": HIDDEN,
            "residual": kind == "discrete_rnn",
            "timeInput": time_input,
            "batch": BATCH,
            "steps": window,
            "dt": DT,
        },
        "weights": {NAMES[n]: as_columns(n, p.detach()) for n, p in network.named_parameters()},
        "currents": I.tolist(),
        "times": starts.tolist(),
        "states": as_rows(states),
        "recipe": {"updates": UPDATES, "lr": LR, "clip_norm": CLIP, "weight_decay": DECAY},
    }
    done = subprocess.run(
        ["node", str(SCRIPT)], input=json.dumps(problem), capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)

    runner = NeuralODE(TimesOfTheirOwn(model.func, starts)) if time_input else model
    optimiser = torch.optim.AdamW(network.parameters(), lr=LR, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=UPDATES)
    for update in range(UPDATES):
        optimiser.zero_grad()
        loss = (runner(states[0], I, grid) - states).square().mean()
        loss.backward()
        if update == 0:
            assert found["loss"] == pytest.approx(loss.item(), rel=tolerance)
            for name, parameter in network.named_parameters():
                compare(name, parameter.grad, found["gradient"], tolerance)
        norm = torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        assert update > 0 or norm > CLIP  # so that clipping is seen to work
        optimiser.step()
        schedule.step()
    for name, parameter in network.named_parameters():
        # Adam divides by the gradient's own size, which enlarges the rounding of small ones.
        compare(name, parameter.detach(), found["weights"], 100 * tolerance)


def compare(name: str, expected: Tensor, found: dict[str, list[float]], tolerance: float) -> None:
    columns = np.array(as_columns(name, expected))
    apart = np.linalg.norm(np.array(found[NAMES[name]]) - columns)
    assert apart <= tolerance * np.linalg.norm(columns), name
