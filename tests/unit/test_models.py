"""The learners against finite differences, closed forms and NumPy transcriptions."""

import copy

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from neurode_lib.integrator import rk4_integrate
from neurode_lib.models import (
    AdditiveODEFunc,
    DiscreteRNN,
    NeuralODE,
    ODEFunc,
    load_model,
    make_model,
    save_model,
)
from tests.unit.networks import example, lively, uneven


@pytest.mark.parametrize("model", [NeuralODE(ODEFunc()), DiscreteRNN()])
def test_both_models_have_the_articles_parameter_count(model):
    assert sum(weight.numel() for weight in model.parameters()) == 17_282


def test_the_time_input_costs_one_column():
    count = sum(weight.numel() for weight in ODEFunc(time_input=True).parameters())
    assert count == 17_282 + 128


# --- paths ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [NeuralODE(ODEFunc()), NeuralODE(ODEFunc(time_input=True)),
                                   DiscreteRNN()])  # fmt: skip
def test_untrained_models_stand_still_exactly(model):
    y0, I = example(torch.float32)
    path = model(y0, I, uneven(torch.float32))
    assert path.shape == (6, 3, 2)
    assert torch.equal(path, y0.expand(6, 3, 2))


@pytest.mark.parametrize("model", [NeuralODE(ODEFunc(zero_init=False)),
                                   DiscreteRNN(zero_init=False)])  # fmt: skip
def test_without_zero_init_they_move(model):
    y0, I = example(torch.float32)
    path = model(y0, I, uneven(torch.float32))
    assert torch.equal(path[0], y0)
    assert (path[1:] != path[:-1]).any(dim=-1).all()


@pytest.mark.parametrize("time_input", [False, True])
def test_the_network_is_two_tanh_layers_of_state_current_and_time(time_input):
    func = lively(ODEFunc(hidden=5, time_input=time_input).double())
    y0, I = example()
    x = np.column_stack([y0, I] + ([np.full(3, 0.7)] if time_input else []))
    w1, b1, w2, b2, w3, b3 = (weight.detach().numpy() for weight in func.parameters())
    expected = np.tanh(np.tanh(x @ w1.T + b1) @ w2.T + b2) @ w3.T + b3
    found = func(torch.tensor(0.7, dtype=torch.float64), y0, I)
    np.testing.assert_allclose(found.detach().numpy(), expected, atol=1e-14)


def test_other_state_dimensions_and_widths():
    func = lively(ODEFunc(state_dim=3, hidden=7).double())
    y0 = torch.zeros(4, 3, dtype=torch.float64)
    path = rk4_integrate(func, y0, y0[:, 0], uneven())
    assert path.shape == (6, 4, 3)
    assert DiscreteRNN(state_dim=3, hidden=7).rollout(y0.float(), y0[:, 0].float(), 2).shape == (
        3, 4, 3,
    )  # fmt: skip


def test_the_current_matters():
    func = lively(ODEFunc(hidden=16).double())
    y0, I = example()
    assert not torch.allclose(func(uneven()[0], y0, I), func(uneven()[0], y0, I + 0.3))


# --- a current that is added ----------------------------------------------------------------------


def test_an_added_current_raises_the_first_rate_by_itself_and_nothing_else():
    func = lively(AdditiveODEFunc(hidden=5).double())
    y0, I = example()
    w1, b1, w2, b2, w3, b3 = (weight.detach().numpy() for weight in func.parameters())
    expected = np.tanh(np.tanh(y0.numpy() @ w1.T + b1) @ w2.T + b2) @ w3.T + b3
    expected[:, 0] += I.numpy()
    for drive in (I, I[:, None]):
        found = func(uneven()[0], y0, drive).detach().numpy()
        np.testing.assert_allclose(found, expected, atol=1e-14)


def test_an_untrained_one_charges_at_the_rate_of_its_current():
    y0, I = example(torch.float32)
    path = NeuralODE(AdditiveODEFunc(hidden=5))(y0, I, uneven(torch.float32))
    torch.testing.assert_close(path[-1, :, 0], y0[:, 0] + 2.0 * I)
    torch.testing.assert_close(path[-1, :, 1], y0[:, 1])


def test_the_current_can_be_added_in_a_state_of_any_size():
    func = lively(AdditiveODEFunc(state_dim=4, hidden=5).double())
    y0 = torch.ones(2, 4, dtype=torch.float64)
    rise = func(uneven()[0], y0, y0[:, 0]) - func(uneven()[0], y0, 0.0 * y0[:, 0])
    torch.testing.assert_close(rise, torch.tensor([[1.0, 0.0, 0.0, 0.0]] * 2).double())


def test_a_model_with_an_added_current_comes_back_from_disk(tmp_path):
    model = NeuralODE(lively(AdditiveODEFunc(state_dim=3, hidden=5)))
    save_model(model, tmp_path / "mine.safetensors")
    again = load_model(tmp_path / "mine.safetensors")
    y0, I = torch.ones(2, 3), torch.tensor([0.2, 0.5])
    assert torch.equal(again(y0, I, uneven(torch.float32)), model(y0, I, uneven(torch.float32)))


@pytest.mark.parametrize(
    "other", [{"kind": "discrete_rnn"}, {"time_input": True}, {"input_dim": 2},
              {"time_unit": 40.0}, {"output_scale": 0.5}],
)  # fmt: skip
def test_what_a_field_with_an_added_current_does_not_have_is_refused(other):
    with pytest.raises(ValueError, match="added_input must be False"):
        make_model(**{"kind": "neural_ode", "seed": 0, "added_input": True} | other)


@settings(derandomize=True, max_examples=20, deadline=None)
@given(st.floats(-50.0, 50.0))
def test_without_time_input_a_shifted_clock_changes_nothing(shift):
    model = lively(NeuralODE(ODEFunc(hidden=8)).double())
    y0, I = example()
    grid = torch.arange(6, dtype=torch.float64) * 0.5  # halves shift without rounding the steps
    moved = model(y0, I, grid + round(shift))
    assert torch.equal(model(y0, I, grid), moved)


def test_with_time_input_a_shifted_clock_changes_the_path():
    model = lively(NeuralODE(ODEFunc(hidden=8, time_input=True)).double())
    y0, I = example()
    assert not torch.allclose(model(y0, I, uneven()), model(y0, I, uneven() + 1.0), atol=1e-3)


def test_gradient_through_the_rollout():
    rnn = lively(DiscreteRNN(hidden=4).double(), scale=0.5)
    y0, I = example()
    assert torch.autograd.gradcheck(lambda y, i: rnn.rollout(y, i, 4),
                                    [y0.requires_grad_(), I.requires_grad_()])  # fmt: skip


# --- the discrete control -------------------------------------------------------------------------


def test_rollout_adds_one_step_after_another():
    rnn = lively(DiscreteRNN(hidden=5).double())
    y0, I = example()
    w1, b1, w2, b2, w3, b3 = (weight.detach().numpy() for weight in rnn.parameters())
    y, expected = y0.numpy(), [y0.numpy()]
    for _ in range(4):
        x = np.column_stack([y, I])
        y = y + np.tanh(np.tanh(x @ w1.T + b1) @ w2.T + b2) @ w3.T + b3
        expected.append(y)
    np.testing.assert_allclose(rnn.rollout(y0, I, 4).detach().numpy(), expected, atol=1e-13)


def test_the_discrete_network_cannot_see_how_long_an_interval_is():
    rnn = lively(DiscreteRNN(hidden=5).double())
    y0, I = example()
    assert torch.equal(rnn(y0, I, uneven()), rnn.rollout(y0, I, 5))
    assert torch.equal(rnn(y0, I, uneven()), rnn(y0, I, 7.0 * uneven()))


# --- bad input ------------------------------------------------------------------------------------


def bad_calls():
    y0, I = example(torch.float32)
    grid = uneven(torch.float32)
    nan = torch.tensor(float("nan"))

    def spoilt(values, value):
        values = values.clone()
        values.view(-1)[1] = value
        return values

    return [
        ("y0", y0.numpy(), I, grid),
        ("y0", y0[0], I, grid),
        ("y0", y0[:0], I[:0], grid),
        ("y0", y0.long(), I, grid),
        ("y0", spoilt(y0, nan), I, grid),
        ("y0", spoilt(y0, torch.inf), I, grid),
        ("I", y0, 0.5, grid),
        ("I", y0, I[:2], grid),
        ("I", y0, I[None], grid),
        ("I", y0, I[:, None].expand(-1, 2), grid),
        ("I", y0, None, grid),
        ("I", y0, I.double(), grid),
        ("I", y0, I.to("meta"), grid),
        ("I", y0.double(), I, grid),
        ("I", y0, spoilt(I, nan), grid),
        ("t_eval", y0, I, [0.0, 0.5]),
        ("t_eval", y0, I, grid[:1]),
        ("t_eval", y0, I, grid[None]),
        ("t_eval", y0, I, grid.half()),
        ("t_eval", y0, I, grid.to("meta")),
        ("t_eval", y0, I, spoilt(grid, nan)),
        ("t_eval", y0, I, spoilt(grid, torch.inf)),
        ("t_eval", y0, I, spoilt(grid, 0.0)),
        ("t_eval", y0, I, grid.flip(0)),
    ]


@pytest.mark.parametrize(("argument", "y0", "I", "grid"), bad_calls())
@pytest.mark.parametrize("model", [NeuralODE(ODEFunc(hidden=2)), DiscreteRNN(hidden=2)])
def test_bad_input_is_refused_by_name(model, argument, y0, I, grid):
    with pytest.raises(ValueError, match=rf"^{argument} must"):
        model(y0, I, grid)


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("state_dim", lambda: ODEFunc(state_dim=0)),
        ("hidden", lambda: ODEFunc(hidden=0)),
        ("hidden", lambda: ODEFunc(hidden=1.5)),
        ("state_dim", lambda: DiscreteRNN(state_dim=-1)),
        ("hidden", lambda: DiscreteRNN(hidden=True)),
        ("n_steps", lambda: DiscreteRNN(hidden=2).rollout(*example(torch.float32), 0)),
        ("y0", lambda: DiscreteRNN(hidden=2).rollout(torch.zeros(2), torch.zeros(1), 3)),
    ],
)
def test_bad_settings_are_refused_by_name(argument, call):
    with pytest.raises(ValueError, match=rf"^{argument} must"):
        call()


@pytest.mark.parametrize("model", [NeuralODE(ODEFunc(hidden=2)), DiscreteRNN(hidden=2)])
def test_states_that_do_not_fit_the_model_are_refused(model):
    grid = torch.tensor([0.0, 1.0])
    shape = r"^y0 must have shape \(B, 2\) for this model, got shape \(1, 3\)$"
    with pytest.raises(ValueError, match=shape):
        model(torch.zeros(1, 3), torch.zeros(1), grid)
    other = r"^y0 must have the model's dtype and device \({} on {}\), got {} on cpu$"
    message = other.format("torch.float32", "cpu", "torch.float64")
    with pytest.raises(ValueError, match=message):
        model(torch.zeros(1, 2).double(), torch.zeros(1).double(), grid.double())
    message = other.format("torch.float32", "meta", "torch.float32")
    with pytest.raises(ValueError, match=message):
        copy.deepcopy(model).to("meta")(torch.zeros(1, 2), torch.zeros(1), grid)


def test_a_field_is_asked_whether_it_fits_also_without_its_model():
    """Otherwise torch complains of the shapes of two matrices."""
    grid = torch.tensor([0.0, 1.0])
    with pytest.raises(ValueError, match=r"^y0 must have shape \(B, 2\) .*, got shape \(1, 3\)$"):
        rk4_integrate(ODEFunc(hidden=2), torch.zeros(1, 3), torch.zeros(1), grid)
    with pytest.raises(ValueError, match=r"^I must have 1 components .*, got 0$"):
        rk4_integrate(ODEFunc(hidden=2), torch.zeros(1, 2), None, grid)


def test_the_control_is_as_wide_as_the_learner():
    assert DiscreteRNN().hidden == ODEFunc().hidden == 128
