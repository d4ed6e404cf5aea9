"""Gradients of trajectories: methods against closed forms, and the stored measurements again."""

import json

import numpy as np
import pytest
import torch

from neurode_lib.fitzhugh_nagumo import fhn_rhs
from neurode_lib.integrator import rk4_integrate
from neurode_lib.models import ODEFunc, make_model
from neurode_lib.phase_plane import jacobian
from neurode_lib.study.gradients import run
from neurode_lib.study.gradients.cost import PeakBytes
from neurode_lib.study.gradients.errors import gradient_problem, relative_error
from neurode_lib.study.gradients.fields import (
    NeuronField,
    digits_lost,
    evaluations_of,
    jacobians,
)
from neurode_lib.study.gradients.methods import METHODS, REFERENCE, gradient
from neurode_lib.study.gradients.results import GradientResults
from neurode_lib.study.gradients.training import (
    NETWORKS,
    TRAINED_BY,
    StackedField,
    train_with,
)
from neurode_lib.study.parts import write_measurements
from neurode_lib.study.variants import SEEDS

T = 10.0


class Decay(torch.nn.Module):
    """dy/dt = -θ y, whose solution and gradient are known in closed form."""

    def __init__(self):
        super().__init__()
        self.theta = torch.nn.Parameter(torch.tensor(0.3, dtype=torch.float64))

    def forward(self, _t, y, _I):
        return -self.theta * y


@pytest.mark.parametrize("name", ["reference", *METHODS])
def test_every_method_finds_the_gradient_of_a_decay(name):
    y0 = torch.tensor([[1.0, 2.0]], dtype=torch.float64)
    times = torch.tensor([0.0, T], dtype=torch.float64)
    targets = torch.zeros(2, 1, 2, dtype=torch.float64)
    targets[0] = torch.nan
    found = gradient(
        REFERENCE if name == "reference" else METHODS[name],
        Decay(),
        y0,
        torch.zeros(1),
        times,
        targets,
    )
    # L = (1 + 4) exp(-2θT) / 2, so dL/dθ = -5 T exp(-2θT).
    exact = -5.0 * T * np.exp(-2.0 * 0.3 * T)
    tolerance = {"dopri5_1e-3": 0.05, "dopri5_1e-5": 1e-3, "rk4": 1e-3}
    allowed = next((t for key, t in tolerance.items() if key in name), 1e-4)
    assert found.values.item() == pytest.approx(exact, rel=allowed)
    assert found.evaluations_forward > 0
    assert (found.evaluations_backward > 0) == ("adjoint" in name)


@pytest.mark.parametrize("every", [1, 4, 9, 100])
def test_checkpoints_change_no_bit_of_trajectory_or_gradient(every):
    torch.manual_seed(0)
    func = ODEFunc(hidden=16, zero_init=False)
    y0 = torch.randn(5, 2, requires_grad=True)
    I, grid = torch.rand(5), torch.rand(24).cumsum(0).double()

    def computed(**settings):
        states = rk4_integrate(func, y0, I, grid, **settings)
        loss = (states * torch.linspace(0, 1, len(grid))[:, None, None]).square().sum()
        return [states, *torch.autograd.grad(loss, [y0, *func.parameters()])]

    for plain, checkpointed in zip(computed(), computed(checkpoint_every=every), strict=True):
        assert torch.equal(plain, checkpointed)


@pytest.mark.slow
def test_checkpoints_keep_less():
    torch.manual_seed(0)
    func, grid = ODEFunc(hidden=64, zero_init=False), 0.1 * torch.arange(101.0)

    def peak(**settings):
        with PeakBytes() as memory:
            rk4_integrate(
                func, torch.ones(20, 2), torch.ones(20), grid, **settings
            ).sum().backward()
        return memory.peak

    assert peak(checkpoint_every=10) < 0.25 * peak()


def test_checkpoint_every_must_be_a_number_of_steps():
    arguments = (ODEFunc(), torch.ones(1, 2), torch.ones(1), torch.arange(3.0))
    with pytest.raises(ValueError, match="checkpoint_every must be"):
        rk4_integrate(*arguments, checkpoint_every=0)


def test_peak_bytes_counts_what_is_alive_at_one_time():
    with PeakBytes() as memory:
        kept = torch.zeros(1000)
        for _ in range(3):
            gone = torch.zeros(500)
            del gone
        view = kept[:10]
    assert memory.peak == 4 * (1000 + 500)
    assert memory.now == 4 * 1000
    assert view.numel() == 10


def test_networks_side_by_side_are_those_alone():
    models = [make_model(seed=seed, hidden=8, zero_init=False) for seed in range(3)]
    y, I = torch.randn(12, 2), torch.randn(12)
    together = StackedField(models)(torch.tensor(0.0), y, I)
    for k, model in enumerate(models):
        rows = slice(4 * k, 4 * k + 4)
        alone = model.func(torch.tensor(0.0), y[rows], I[rows])
        torch.testing.assert_close(together[rows], alone)


def test_the_neuron_as_a_module_is_the_simulators():
    states = torch.randn(7, 2, dtype=torch.float64)
    currents = torch.rand(7, dtype=torch.float64)
    field = NeuronField()(torch.tensor(0.0), states, currents)
    for k in range(7):
        expected = fhn_rhs(states[k].numpy(), currents[k].item())
        np.testing.assert_allclose(field[k].numpy(), expected, rtol=1e-12)
    matrices = jacobians(NeuronField(), states, 0.5)
    np.testing.assert_allclose(matrices.numpy(), jacobian(states.numpy()), rtol=1e-12)


def test_digits_are_those_by_which_a_small_square_shrinks():
    """Against the determinant of the flow map's own derivative, by automatic differentiation."""
    func, dt = NeuronField(), 0.01
    grid = dt * torch.arange(301, dtype=torch.float64)
    y0, drive = torch.tensor([[-1.0, 1.0]], dtype=torch.float64), torch.full((1,), 0.5).double()
    lost = digits_lost(func, rk4_integrate(func, y0, drive, grid), 0.5, dt)[-1, 0]
    flow = torch.func.jacrev(lambda y: rk4_integrate(func, y[None], drive, grid)[-1, 0])(y0[0])
    assert lost.item() == pytest.approx(-np.log10(torch.linalg.det(flow).item()), abs=1e-3)


def test_evaluations_grow_as_the_tolerance_shrinks():
    y0 = torch.tensor([[2.0, -1.0]], dtype=torch.float64)
    counts = [evaluations_of(NeuronField(), y0, 0.5, tolerance) for tolerance in (1e-2, 1e-4)]
    assert 50 < counts[0] < counts[1] < 1000


@pytest.mark.slow
def test_training_goes_down_with_the_right_gradient():
    record = train_with("backpropagation_rk4", "neural_ode", updates=2)
    assert record["evaluations"] == [[160, 0], [160, 0]]
    assert record["updates"] == [0]
    assert np.shape(record["mse"]) == np.shape(record["mse_at_sample"]) == (1, len(SEEDS))


# The curves of chapter 19 again: where backpropagation is right, where the adjoint still is, and
# where it is not.
POINTS = [
    ("backpropagation_rk4", "neural_ode", 10.0),
    ("adjoint_rk4", "neural_ode", 20.0),
    ("adjoint_rk4", "best_recipe", 20.0),
]


@pytest.mark.parametrize(("method", "network", "horizon"), POINTS)
def test_the_stored_errors_come_out_again(method, network, horizon):
    stored = GradientResults().error(
        method=method,
        network=network,
        seed=0,
        current=0.5,
        horizon=horizon,
        loss_at="end",
        spacing=horizon,
    )
    problem = gradient_problem(network, 0, 0.5, horizon)
    samples = problem.samples(horizon, "end")
    reference = problem.gradient(REFERENCE, *samples).values
    error = relative_error(problem.gradient(METHODS[method], *samples).values, reference)
    assert stored.shape == (1,)
    assert 0.5 < error / stored[0] < 2.0


def test_the_stored_measurements_say_where_the_adjoint_is_lost():
    """After the better recipe in every seed; the article's networks lose little in one cycle."""
    results = GradientResults()
    at = {"current": 0.5, "horizon": 40.0, "loss_at": "end", "spacing": 40.0}
    better = results.error(method="adjoint_rk4", network="best_recipe", **at)
    assert better.shape == (3,)
    assert (better > 1e6).all()
    assert (results.error(method="adjoint_rk4", network="neural_ode", **at) < 0.1).all()
    backward = results.error(method="backpropagation_rk4", network="best_recipe", **at)
    assert (backward < 0.2).all()
    memory = {
        method: np.polyfit(
            np.log(results.cost("steps", method)), np.log(results.cost("peak_bytes", method)), 1
        )[0]
        for method in ("backpropagation_rk4", "checkpointed_rk4", "adjoint_rk4")
    }
    assert memory["backpropagation_rk4"] == pytest.approx(1.0, abs=0.05)
    assert memory["checkpointed_rk4"] < 0.6
    assert memory["adjoint_rk4"] == pytest.approx(0.0, abs=0.05)


def test_the_stored_trainings_are_ten_networks_of_each_recipe_by_each_gradient():
    runs = {(run["network"], run["method"]): run for run in GradientResults().training}
    assert runs.keys() == {(network, method) for network in NETWORKS for method in TRAINED_BY}
    for each in runs.values():
        assert np.shape(each["mse_at_sample"]) == (len(each["updates"]), len(SEEDS))
    last = {key: np.array(run["mse_at_sample"])[-1] for key, run in runs.items()}
    wrong, right = (
        last["best_recipe", method] for method in ("adjoint_rk4", "backpropagation_rk4")
    )
    assert np.median(wrong) > 100 * np.median(right)


def test_the_neuron_loses_more_digits_than_float64_has_within_a_period():
    by_recipe = {}
    for row in GradientResults().fields:
        if row["current"] == 0.5:
            by_recipe.setdefault(row["network"], []).append(row["digits"][3])
    assert by_recipe["neuron"][0] > 16
    assert min(by_recipe["best_recipe"]) > max(by_recipe["neural_ode"])


def test_a_measurement_that_was_stopped_goes_on_where_it_was(tmp_path, monkeypatch):
    calls = []

    def parts():
        return {
            name: lambda name=name: calls.append(name) or [{"of": name}]
            for name in ("costs", "fields-a", "snapshots", "training-a", "errors-a", "errors-b")
        }

    monkeypatch.setattr(run, "parts", parts)
    out = tmp_path / "out.json"
    run.measure(tmp_path / "parts", out=out, progress=False)
    (tmp_path / "parts" / "errors-b.json").unlink()
    run.measure(tmp_path / "parts", out=out, progress=False)
    assert calls == [*parts(), "errors-b"]
    assert json.loads(out.read_text())["errors"] == [{"of": "errors-a"}, {"of": "errors-b"}]
    assert GradientResults(out).training == [{"of": "training-a"}]


def test_results_say_what_is_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match="no measurements at"):
        GradientResults(tmp_path / "none.json")
    write_measurements(tmp_path / "few.json", {"errors": []})
    with pytest.raises(ValueError, match="holds no costs"):
        GradientResults(tmp_path / "few.json")
    with pytest.raises(ValueError, match="no gradient was measured"):
        GradientResults().error(method="none")
