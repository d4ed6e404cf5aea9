"""Equilibria and Hopf points of models, held against models for which both are known."""

import math

import numpy as np
import pytest
import torch
from scipy.optimize import approx_fprime, fsolve
from torch import nn

from neurode_lib.metrics import (
    UntrainedCurrentWarning,
    learned_equilibria,
    learned_hopf_current,
    learned_jacobian,
    predict,
    vector_field,
)
from neurode_lib.models import DiscreteRNN, NeuralODE, ODEFunc
from neurode_lib.phase_plane import equilibria, hopf_currents, jacobian
from neurode_lib.trained_range import keep_trained_range


class Bistable(nn.Module):
    """Three equilibria at v = -1, 0 and 1, w = 0: node, saddle, node."""

    def forward(self, _t, y, I):
        v, w = y.unbind(-1)
        return torch.stack([v - v**3, -0.5 * w + 0.0 * I], dim=-1)


class NormalForm(nn.Module):
    """Hopf normal form about (0.3, 0.2): eigenvalues I - 0.4 ± 2i, then again at I = 0.8."""

    def forward(self, _t, y, I):
        v, w = (y - torch.tensor([0.3, 0.2], dtype=y.dtype)).unbind(-1)
        growth = -(I - 0.4) * (I - 0.8) - (v**2 + w**2)
        return torch.stack([growth * v - 2 * w, growth * w + 2 * v], dim=-1)


class TwoSides(nn.Module):
    """One Hopf on each side of v = 0: at (-1, 0) for I = 0.42, at (1, 0) already for I = 0.41."""

    def forward(self, _t, y, I):
        v, w = y.unbind(-1)
        growth = I - 0.41 - 0.01 * (v < 0).to(y.dtype)
        v = torch.where(v < 0, v + 1, v - 1)
        return torch.stack([growth * v - w, growth * w + v], dim=-1)


class RealCrossing(nn.Module):
    """Real eigenvalues only: the one at v = 0 changes stability at I = 0.5 without a Hopf."""

    def forward(self, _t, y, I):
        v, w = y.unbind(-1)
        return torch.stack([(I - 0.5) * v - v**3, -w], dim=-1)


@pytest.fixture
def small_network():
    torch.manual_seed(3)
    return NeuralODE(ODEFunc(hidden=16, zero_init=False))


# --- Jacobian ------------------------------------------------------------------------------------


def test_the_true_models_jacobian_is_the_neurons(true_model):
    for state in ([0.3, 0.1], [-1.2, 0.8]):
        np.testing.assert_allclose(learned_jacobian(true_model, state, 0.5), jacobian(state),
                                   atol=1e-14)  # fmt: skip


def test_a_networks_jacobian_agrees_with_finite_differences(small_network):
    small_network.double()
    state = np.array([0.4, -0.6])
    numeric = approx_fprime(state, lambda y: vector_field(small_network, y, 0.3), 1e-7)
    np.testing.assert_allclose(learned_jacobian(small_network, state, 0.3), numeric, atol=1e-6)


def test_a_discrete_networks_jacobian_is_that_of_step_over_dt():
    torch.manual_seed(0)
    model = DiscreteRNN(hidden=8, zero_init=False)
    state = np.array([0.4, -0.6])
    coarse = learned_jacobian(model, state, 0.3, dt=0.5)
    np.testing.assert_allclose(learned_jacobian(model, state, 0.3, dt=0.25), 2 * coarse)
    numeric = approx_fprime(state, lambda y: vector_field(model.double(), y, 0.3), 1e-7)
    np.testing.assert_allclose(coarse, numeric, atol=1e-6)


def test_measuring_leaves_the_model_as_it_was(small_network):
    before = [weight.clone() for weight in small_network.parameters()]
    learned_equilibria(small_network, 0.5)
    for weight, old in zip(small_network.parameters(), before, strict=True):
        assert weight.dtype == torch.float32
        assert torch.equal(weight, old)
        assert weight.grad is None


# --- equilibria ----------------------------------------------------------------------------------


@pytest.mark.parametrize("current", [0.0, 0.2, 0.33, 0.5, 0.875, 1.3])
def test_exact_models_rest_where_the_neuron_does(true_model, perfect_step, current):
    (truth,) = equilibria(current)
    for model in (true_model, perfect_step):
        (found,) = learned_equilibria(model, current)
        assert (found.v, found.w) == pytest.approx((truth.v, truth.w), abs=1e-10)
        np.testing.assert_allclose(np.sort(found.eigenvalues), np.sort(truth.eigenvalues),
                                   atol=1e-8)  # fmt: skip
        assert (found.stable, found.kind) == (truth.stable, truth.kind)


def test_all_equilibria_in_the_box_are_found_once_and_in_order():
    found = learned_equilibria(NeuralODE(Bistable()), 0.0)
    np.testing.assert_allclose([(at.v, at.w) for at in found], [(-1, 0), (0, 0), (1, 0)], atol=1e-9)
    assert [at.kind for at in found] == ["node", "saddle", "node"]
    assert [at.stable for at in found] == [True, False, True]
    half = learned_equilibria(NeuralODE(Bistable()), 0.0, v_range=(-0.5, 2.0))
    assert [round(at.v) for at in half] == [0, 1]
    assert learned_equilibria(NeuralODE(Bistable()), 0.0, w_range=(0.5, 2.0)) == []


def test_roots_of_networks_are_those_that_scipy_finds():
    found_any = 0
    for seed in range(6):
        torch.manual_seed(seed)
        model = NeuralODE(ODEFunc(hidden=16, zero_init=False)).double()
        with torch.no_grad():
            for weight in model.parameters():
                weight *= 3.0
        for at in learned_equilibria(model, 0.5):
            found_any += 1
            root = fsolve(lambda y, m=model: vector_field(m, y, 0.5), [at.v, at.w], xtol=1e-12)
            assert (at.v, at.w) == pytest.approx(tuple(root), abs=1e-9)
    assert found_any >= 3


# --- Hopf ----------------------------------------------------------------------------------------


@pytest.mark.slow
def test_exact_models_have_the_true_hopf_currents(true_model, perfect_step):
    lower, upper = hopf_currents()
    assert learned_hopf_current(true_model, (0.0, 1.0)) == pytest.approx(lower, abs=1e-9)
    assert learned_hopf_current(true_model, (1.0, 1.6)) == pytest.approx(upper, abs=1e-9)
    assert learned_hopf_current(perfect_step, (0.3, 0.36), n_currents=2) == pytest.approx(
        lower, abs=1e-9
    )


def test_the_lowest_of_two_is_returned():
    assert learned_hopf_current(NeuralODE(NormalForm()), (0.0, 1.0)) == pytest.approx(0.4)
    assert learned_hopf_current(NeuralODE(NormalForm()), (0.5, 1.0)) == pytest.approx(0.8)


def test_the_lowest_is_returned_though_another_equilibrium_comes_first():
    found = learned_hopf_current(NeuralODE(TwoSides()), (0.35, 0.45), n_currents=2)
    assert found == pytest.approx(0.41, abs=1e-9)


def test_none_without_a_hopf_in_the_bracket(true_model):
    assert learned_hopf_current(true_model, (0.4, 1.2), n_currents=9) is None
    # The first scan meets the degenerate current itself, the second closes in on it.
    assert learned_hopf_current(NeuralODE(RealCrossing()), (0.0, 1.0), n_currents=12) is None
    assert learned_hopf_current(NeuralODE(RealCrossing()), (0.0, 1.07), n_currents=12) is None


# --- bad input -----------------------------------------------------------------------------------

MODEL = NeuralODE(ODEFunc(hidden=2, zero_init=False))


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("state", lambda: learned_jacobian(MODEL, [[0.0, 0.0]], 0.5)),
        ("state", lambda: learned_jacobian(MODEL, [0.0, math.nan], 0.5)),
        ("I", lambda: learned_jacobian(MODEL, [0.0, 0.0], math.nan)),
        ("dt", lambda: learned_jacobian(MODEL, [0.0, 0.0], 0.5, dt=-1.0)),
        ("I", lambda: learned_equilibria(MODEL, math.inf)),
        ("v_range", lambda: learned_equilibria(MODEL, 0.5, v_range=(1.0, -1.0))),
        ("w_range", lambda: learned_equilibria(MODEL, 0.5, w_range=(math.nan, 1.0))),
        ("model", lambda: learned_equilibria(NeuralODE(ODEFunc()), 0.5)),
        ("model", lambda: learned_hopf_current(DiscreteRNN(), (0.0, 1.0))),
        ("bracket", lambda: learned_hopf_current(MODEL, (1.0, 0.0))),
        ("n_currents", lambda: learned_hopf_current(MODEL, (0.0, 1.0), n_currents=1)),
    ],
)
def test_bad_input_is_refused_by_name(argument, call):
    with pytest.raises(ValueError, match=rf"^{argument} must"):
        call()


def test_other_models_are_refused():
    with pytest.raises(TypeError, match=r"^model must be a NeuralODE or a DiscreteRNN"):
        learned_equilibria(nn.Linear(2, 2), 0.5)


class Falling(torch.nn.Module):
    """Equilibria at v = -1, 0, 1 with w = -v: the higher v is, the lower w."""

    def forward(self, _t, y, _I):
        v, w = y.unbind(-1)
        return torch.stack([v - v**3, -v - w], dim=-1)


class Drift(torch.nn.Module):
    """The same velocity everywhere: no equilibrium, and a Jacobian of zeros."""

    def forward(self, _t, y, _I):
        return y * 0.0 + 1.0


def test_equilibria_come_in_order_of_v_whatever_w_does():
    found = learned_equilibria(NeuralODE(Falling()), 0.5)
    np.testing.assert_allclose([point.v for point in found], [-1.0, 0.0, 1.0], atol=1e-9)
    np.testing.assert_allclose([point.w for point in found], [1.0, 0.0, -1.0], atol=1e-9)
    box = learned_equilibria(NeuralODE(Falling()), 0.5, v_range=(-0.5, 2.0), w_range=(-0.5, 1.0))
    assert [round(point.v, 9) for point in box] == [0.0]


def test_a_field_without_equilibria_has_none():
    assert learned_equilibria(NeuralODE(Drift()), 0.5) == []


@pytest.mark.slow
def test_a_step_means_half_a_unit_of_time_unless_told(perfect_step):
    np.testing.assert_array_equal(
        learned_jacobian(perfect_step, [0.1, 0.2], 0.5),
        learned_jacobian(perfect_step, [0.1, 0.2], 0.5, dt=0.5),
    )
    assert learned_hopf_current(perfect_step, (0.3, 0.4), n_currents=3) == learned_hopf_current(
        perfect_step, (0.3, 0.4), dt=0.5, n_currents=3
    )


def test_a_state_of_three_numbers_is_named(true_model):
    with pytest.raises(ValueError, match=r"^state must have shape \(\.\.\., 2\), got \(3,\)$"):
        learned_jacobian(true_model, [0.0, 0.0, 0.0], 0.5)


ANSWERS = [
    lambda model: vector_field(model, [0.0, 0.0], 0.5),
    lambda model: learned_jacobian(model, [0.0, 0.0], 0.5),
    lambda model: learned_equilibria(model, 0.5),
    lambda model: learned_hopf_current(model, (0.0, 1.0)),
]


@pytest.mark.parametrize("answer", ANSWERS)
@pytest.mark.parametrize("spoilt", [math.nan, math.inf])
def test_weights_that_are_not_finite_have_no_plausible_answers(answer, spoilt):
    model = NeuralODE(ODEFunc(hidden=3, zero_init=False))
    with torch.no_grad():
        model.func.net[2].bias[1] = spoilt
    with pytest.raises(ValueError, match=r"model must have finite weights.*func\.net\.2\.bias"):
        answer(model)


@pytest.mark.parametrize("answer", [*ANSWERS, lambda m: predict(m, [[0.0, 0.0]], 0.5, [0.0, 1.0])])
@pytest.mark.parametrize("model", [NeuralODE(ODEFunc(3, hidden=3)), DiscreteRNN(3, hidden=3)])
def test_a_model_of_another_state_is_named(answer, model):
    """Fields and predictions take any state, but not this one; the rest is about planes."""
    planar = "model must have a state of 2 variables, got state_dim=3"
    of_this_model = r"states must have shape \(.*3\), got"
    with pytest.raises(ValueError, match=f"{planar}|{of_this_model}"):
        answer(model)


def test_an_untrained_current_is_named():
    model = NeuralODE(ODEFunc(hidden=2, zero_init=False))
    keep_trained_range(model, [0.2, 0.5])
    for ask in (
        lambda: learned_jacobian(model, [0.0, 0.0], 0.9),
        lambda: learned_equilibria(model, 0.9),
        lambda: vector_field(model, [0.0, 0.0], 0.9),
    ):
        with pytest.warns(UntrainedCurrentWarning, match=r"^I = 0\.9 lies outside"):
            ask()
