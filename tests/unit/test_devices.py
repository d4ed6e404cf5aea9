"""Where float64 does not exist: training, prediction and measurement on a simulated device."""

import numpy as np
import pytest
import torch
from torch import nn

from neurode_lib import inputs
from neurode_lib.fitzhugh_nagumo import build_dataset, simulate
from neurode_lib.integrator import rk4_integrate
from neurode_lib.metrics import learned_cycle, learned_equilibria, predict, vector_field
from neurode_lib.models import NeuralODE, make_model
from neurode_lib.recordings import Recordings
from neurode_lib.study.pretrained import load_pretrained
from neurode_lib.training import Recipe, train
from tests.unit.no_float64 import DEVICE, NoFloat64

GRID = 0.5 * np.arange(13)
REAL = [device for device in ("cuda", "mps") if getattr(torch, device).is_available()]


def gappy():
    signal = inputs.pulses([1.0, 3.3], 0.7, 0.5)
    states = simulate(np.array([[0.5, 0.1], [-1.0, 0.3]]), signal, 12)
    states[0, 4:6, 0] = np.nan
    return Recordings(GRID, states, signal)


SETS = {
    "fast path": (Recordings(GRID, *build_dataset(5, 12, seed=0)), Recipe(updates=3), {}),
    "windows": (
        Recordings(GRID, *build_dataset(5, 12, seed=0)),
        Recipe(updates=3, window=4, batch=6),
        {"time_input": True},
    ),
    "gaps and signals": (gappy(), Recipe(updates=3, window=5), {}),
    "hidden": (
        Recordings(GRID, build_dataset(5, 12, seed=0)[0][..., :1], 0.3),
        Recipe(updates=3, window=4),
        {},
    ),
    "discrete": (
        Recordings(GRID, *build_dataset(5, 12, seed=0)),
        Recipe(updates=3),
        {"kind": "discrete_rnn"},
    ),
}


@pytest.fixture(params=["simulated", *REAL])
def device(request):
    if request.param != "simulated":
        yield torch.device(request.param)
        return
    with NoFloat64():
        yield DEVICE


@pytest.mark.slow
@pytest.mark.parametrize("name", SETS)
def test_training_needs_no_float64_on_the_device(name, device):
    data, recipe, options = SETS[name]
    here, there = (make_model(seed=0, hidden=8, **options) for _ in range(2))
    _, expected = train(here, data, recipe=recipe, progress=False, validation=None)
    _, history = train(there, data, recipe=recipe, device=device, progress=False)
    np.testing.assert_allclose(history.loss, expected.loss, rtol=1e-4)
    assert next(there.parameters()).device.type == "cpu"  # as it was


def test_a_validation_set_goes_to_the_device_too(device):
    data, recipe, _ = SETS["fast path"]
    model = make_model(seed=0, hidden=8)
    _, history = train(
        model, data[:4], recipe=recipe, validation=data[4:], device=device, progress=False
    )
    assert np.isfinite(history.validation).all()


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["neural_ode", "discrete_rnn"])
def test_a_pretrained_model_predicts_and_is_measured_there(variant, device):
    here, there = load_pretrained(variant), load_pretrained(variant).to(device)
    assert next(there.parameters()).device.type == device.type
    starts = np.array([[0.5, 0.1], [-1.0, 0.3]])
    for drive in (0.5, [0.2, 0.5], inputs.step(0.2, 0.5, 3.1)):
        np.testing.assert_allclose(
            predict(there, starts, drive, GRID), predict(here, starts, drive, GRID), atol=1e-4
        )
    np.testing.assert_allclose(
        vector_field(there, starts, 0.5), vector_field(here, starts, 0.5), atol=1e-5
    )
    assert len(learned_equilibria(there, 0.5)) == len(learned_equilibria(here, 0.5))
    cycle = learned_cycle(there, 0.5, t_end=250.0, transient=50.0)
    assert cycle == pytest.approx(learned_cycle(here, 0.5, t_end=250.0, transient=50.0), rel=1e-3)


def test_the_integrator_takes_times_of_the_device(device):
    model = make_model(seed=0, hidden=8, zero_init=False)
    y0, I, grid = torch.randn(3, 2), torch.full((3,), 0.4), torch.tensor(GRID, dtype=torch.float32)
    expected = model(y0, I, grid)
    there = model.to(device)
    for times in (grid, grid.to(device)):
        path = rk4_integrate(there.func, y0.to(device), I.to(device), times)
        torch.testing.assert_close(path.cpu(), expected, rtol=1e-4, atol=1e-5)


def test_the_simulated_device_refuses_what_apples_does():
    with NoFloat64():
        there = torch.zeros(3).to("mps")
        assert there.device == DEVICE
        assert (there + 1.0).device == torch.device("mps") == DEVICE
        assert there.cpu().device.type == "cpu"
        for wrong in (
            lambda: torch.zeros(3, dtype=torch.float64, device="mps"),
            lambda: there.double(),
            lambda: torch.zeros(3).double().to(DEVICE),
            lambda: nn.Linear(2, 2).double().to(DEVICE),
        ):
            with pytest.raises(TypeError, match="float64"):
                wrong()
        with pytest.raises(RuntimeError, match="different devices"):
            there + torch.ones(3)
        with pytest.raises(TypeError, match="numpy"):
            there.numpy()
        moved = NeuralODE(nn.Linear(2, 2)).to("mps")
        assert next(moved.parameters()).device == DEVICE
