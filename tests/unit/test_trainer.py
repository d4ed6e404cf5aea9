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

from neurode_lib.integrator import rk4_integrate
from neurode_lib.models import DiscreteRNN, NeuralODE, ODEFunc, network_of
from neurode_lib.neurons.hodgkin_huxley import hh_rhs
from tools.ensure_node import ensure_node

SCRIPT = Path(__file__).parents[2] / "explorers" / "test" / "train-one-batch.mjs"
NEURON = SCRIPT.parents[1] / "src" / "neuron" / "hodgkin-huxley.js"
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
        "currents": [I.tolist()] * window,
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


@pytest.mark.parametrize("n_hidden", [1, 2, 3])
@pytest.mark.parametrize(("precision", "tolerance"), [("float32", 1e-5), ("float64", 1e-9)])
def test_hidden_states_that_follow_a_recorded_voltage_have_the_gradient_of_pytorch(
    precision: str, tolerance: float, n_hidden: int
) -> None:
    """Forced for some steps, then free, under a current that is held from sample to sample."""
    dtype = getattr(torch, precision)
    torch.manual_seed(n_hidden)
    forced, steps, state_dim = 4, 10, 1 + n_hidden
    field = ODEFunc(state_dim, hidden=HIDDEN, zero_init=False).to(dtype)
    v = torch.randn(steps + 1, BATCH).to(dtype)
    currents = torch.randn(steps, BATCH).to(dtype)
    network = field.net
    rows = state_dim + state_dim % 2  # the JavaScript fills up to pairs
    problem = {
        "precision": precision,
        "shape": {
            "hidden": HIDDEN,
            "state": state_dim,
            "recorded": 1,
            "forced": forced,
            "residual": False,
            "timeInput": False,
            "batch": BATCH,
            "steps": steps,
            "dt": DT,
        },
        "weights": {
            NAMES[n]: filled_up(p.detach(), n, rows) for n, p in network.named_parameters()
        },
        "currents": currents.tolist(),
        "times": [],
        "states": v.tolist(),
        "recipe": {"updates": UPDATES, "lr": LR, "clip_norm": CLIP, "weight_decay": DECAY},
    }
    done = subprocess.run(
        ["node", str(SCRIPT)], input=json.dumps(problem), capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)

    optimiser = torch.optim.AdamW(network.parameters(), lr=LR, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=UPDATES)
    for update in range(UPDATES):
        optimiser.zero_grad()
        y = torch.cat([v[0, :, None], torch.zeros(BATCH, n_hidden, dtype=dtype)], dim=1)
        squares = []
        for n in range(steps):
            y = rk4_integrate(field, y, currents[n], torch.tensor([0.0, DT], dtype=dtype))[-1]
            if n < forced:
                y = torch.cat([v[n + 1, :, None], y[:, 1:]], dim=1)
            else:
                squares.append((y[:, 0] - v[n + 1]).square())
        loss = torch.stack(squares).sum() / (BATCH * (steps - forced + 1))
        loss.backward()
        if update == 0:
            assert found["loss"] == pytest.approx(loss.item(), rel=tolerance)
            for name, parameter in network.named_parameters():
                assert parameter.grad.abs().max() > 0
                compare(name, parameter.grad, found["gradient"], tolerance, rows)
        torch.nn.utils.clip_grad_norm_(network.parameters(), CLIP)
        optimiser.step()
        schedule.step()
    for name, parameter in network.named_parameters():
        compare(name, parameter.detach(), found["weights"], 100 * tolerance, rows)


def test_the_pages_hodgkin_huxley_neuron_is_the_librarys() -> None:
    rng = np.random.default_rng(3)
    states = np.column_stack([rng.uniform(-90, 50, 40), rng.uniform(0, 1, (40, 3))])
    states[:2, 0] = -40.0, -55.0  # where a rate is 0 / 0
    currents = rng.uniform(-5, 20, 40)
    script = (
        f"import {{ rates }} from {json.dumps(NEURON.as_uri())};"
        "const rows = JSON.parse(process.argv[1]);"
        "console.log(JSON.stringify(rows.map(([I, ...s]) => {"
        "const out = new Float64Array(4); rates(s, I, out); return [...out]; })));"
    )
    rows = np.column_stack([currents, states]).tolist()
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script, json.dumps(rows)],
        capture_output=True,
        text=True,
        check=True,
    )
    expected = hh_rhs(states, currents)
    np.testing.assert_allclose(json.loads(done.stdout), expected, rtol=1e-9, atol=1e-9)


def filled_up(value: Tensor, name: str, rows: int) -> list[float]:
    """A parameter of a network with hidden states, with zeros for what fills up to pairs."""
    if name == "0.weight":
        full = torch.zeros(len(value), rows + 2, dtype=value.dtype)
        state_dim = value.shape[1] - 1
        full[:, :state_dim], full[:, rows] = value[:, :-1], value[:, -1]
        value = full
    elif name.startswith("4."):
        value = torch.cat([value, value.new_zeros(rows - len(value), *value.shape[1:])])
    return value.flatten().tolist()


def compare(
    name: str,
    expected: Tensor,
    found: dict[str, list[float]],
    tolerance: float,
    rows: int | None = None,
) -> None:
    columns = np.array(
        as_columns(name, expected) if rows is None else filled_up(expected, name, rows)
    )
    apart = np.linalg.norm(np.array(found[NAMES[name]]) - columns)
    assert apart <= tolerance * np.linalg.norm(columns), name
