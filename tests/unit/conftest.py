"""Models that are exactly right, to hold the metrics against."""

import matplotlib.pyplot as plt
import pytest
import torch
from hypothesis import settings
from torch import Tensor, nn

from neurode_lib.models import DiscreteRNN, NeuralODE

# The same examples on every run and machine; `pytest --hypothesis-profile=default` looks for new
# ones. No deadline: a busy machine is no bug.
settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=60)
settings.load_profile("repeatable")

# Fixtures that train: a small study, the page's own models.
TRAINS = {"finished", "names"}


def pytest_collection_modifyitems(items):
    """Tests that wait for a training of their module's own are slow, whichever comes first."""
    for item in items:
        if TRAINS & set(item.fixturenames):
            item.add_marker(pytest.mark.slow)


@pytest.fixture(autouse=True)
def no_figure_is_handed_on():
    """Close what a test has drawn: another asks whether it left a figure open."""
    yield
    plt.close("all")


def fhn_tensor(y: Tensor, I: Tensor) -> Tensor:
    """The neuron's equations, transcribed apart from the library."""
    v, w = y.unbind(-1)
    return torch.stack([v - v**3 / 3 - w + I, (v + 0.7 - 0.8 * w) / 12.5], dim=-1)


class TrueField(nn.Module):
    """A vector field that needs no learning."""

    def forward(self, _t: Tensor, y: Tensor, I: Tensor) -> Tensor:
        return fhn_tensor(y, I)


class PerfectStep(DiscreteRNN):
    """A discrete network whose step is the neuron's flow over 0.5."""

    def step(self, y: Tensor, I: Tensor) -> Tensor:
        h, z = 0.05, y
        for _ in range(10):
            k1 = fhn_tensor(z, I)
            k2 = fhn_tensor(z + h / 2 * k1, I)
            k3 = fhn_tensor(z + h / 2 * k2, I)
            k4 = fhn_tensor(z + h * k3, I)
            z = z + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return z - y


@pytest.fixture
def true_model() -> NeuralODE:
    return NeuralODE(TrueField())


@pytest.fixture
def perfect_step() -> DiscreteRNN:
    return PerfectStep().double()
