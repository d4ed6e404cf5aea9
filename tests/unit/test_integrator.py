"""The integrator against torchdiffeq, finite differences and closed forms."""

import re

import numpy as np
import pytest
import torch
import torchdiffeq
from torch.func import functional_call

from neurode_lib.integrator import rk4_integrate
from neurode_lib.models import ODEFunc
from tests.unit.networks import example, lively, uneven


def decay(t, y, I):
    """A field with a closed form that depends on time: y = y0 / (1 + y0 I t²)."""
    return -2.0 * I[:, None] * t * y**2


def test_integrator_converges_at_fourth_order_on_a_field_that_depends_on_time():
    y0 = torch.tensor([[1.0, 0.5]], dtype=torch.float64)
    I = torch.tensor([0.8], dtype=torch.float64)
    exact = y0 / (1.0 + y0 * 0.8 * 4.0)
    steps, errors = [], []
    for n in (8, 16, 32, 64, 128):
        grid = torch.linspace(0.0, 2.0, n + 1, dtype=torch.float64)
        errors.append(float((rk4_integrate(decay, y0, I, grid)[-1] - exact).abs().max()))
        steps.append(2.0 / n)
    slope = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert slope == pytest.approx(4.0, abs=0.1)


def test_one_step_is_the_classical_tableau():
    """Worked out from the tableau for y' = t + I y², where the 3/8 rule gives another number."""

    def field(t, y, I):
        return t + I[:, None] * y**2

    t, h, y, current = 0.3, 0.5, 0.9, 0.7
    k1 = t + current * y**2
    k2 = t + h / 2 + current * (y + h / 2 * k1) ** 2
    k3 = t + h / 2 + current * (y + h / 2 * k2) ** 2
    k4 = t + h + current * (y + h * k3) ** 2
    expected = y + h * (k1 / 6 + k2 / 3 + k3 / 3 + k4 / 6)
    found = rk4_integrate(field, torch.tensor([[y]], dtype=torch.float64),
                          torch.tensor([current], dtype=torch.float64),
                          torch.tensor([t, t + h], dtype=torch.float64))  # fmt: skip
    assert float(found[-1]) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("time_input", [False, True])
def test_trajectories_agree_with_torchdiffeq_on_a_fine_grid(time_input):
    func = lively(ODEFunc(hidden=16, time_input=time_input).double(), scale=2.0)
    y0, I = example()
    grid = torch.linspace(0.0, 1.0, 201, dtype=torch.float64)
    with torch.no_grad():
        ours = rk4_integrate(func, y0, I, grid)
        # dopri8 is accurate at its own steps, not between them: `step_t` makes it stop at ours.
        theirs = torchdiffeq.odeint(
            lambda t, y: func(t, y, I), y0, grid,
            method="dopri8", rtol=1e-11, atol=1e-12, options={"step_t": grid},
        )  # fmt: skip
    assert (ours[-1] - y0).abs().max() > 0.5
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-8)


def test_on_linear_fields_torchdiffeqs_rk4_is_the_same_polynomial():
    """Its tableau is the 3/8 rule, but every four-stage method of order four agrees there."""
    matrix = torch.tensor([[-0.3, 1.1], [-0.9, 0.2]], dtype=torch.float64)

    def field(_t, y, I):
        return y @ matrix.T + 0.0 * I[:, None]

    y0, I = example()
    theirs = torchdiffeq.odeint(lambda t, y: field(t, y, I), y0, uneven(), method="rk4")
    torch.testing.assert_close(rk4_integrate(field, y0, I, uneven()), theirs, rtol=0, atol=1e-14)


def test_an_uneven_grid_is_its_separate_steps():
    func = lively(ODEFunc(hidden=8, time_input=True).double())
    y0, I = example()
    whole = rk4_integrate(func, y0, I, uneven())
    y = y0
    for k in range(5):
        y = rk4_integrate(func, y, I, uneven()[k : k + 2])[-1]
        assert torch.equal(y, whole[k + 1])


def test_inverting_time_inverts_the_dynamics():
    func = lively(ODEFunc(hidden=16, time_input=True).double())
    y0, I = example()
    grid = torch.linspace(0.0, 3.0, 301, dtype=torch.float64)
    end = rk4_integrate(func, y0, I, grid)[-1]
    back = rk4_integrate(lambda t, y, I: -func(3.0 - t, y, I), end, I, grid)[-1]
    assert (end - y0).abs().max() > 0.1
    torch.testing.assert_close(back, y0, rtol=0, atol=1e-8)


def test_rows_of_a_batch_do_not_interact():
    func = lively(ODEFunc(hidden=16).double())
    y0, I = example()
    together = rk4_integrate(func, y0, I, uneven())
    for k in range(3):
        alone = rk4_integrate(func, y0[k : k + 1], I[k : k + 1], uneven())
        torch.testing.assert_close(together[:, k : k + 1], alone, rtol=0, atol=1e-14)


# --- gradients ------------------------------------------------------------------------------------


@pytest.mark.parametrize("time_input", [False, True])
def test_gradients_through_the_integrator_agree_with_finite_differences(time_input):
    func = lively(ODEFunc(hidden=4, time_input=time_input).double())
    y0, I = example()
    grid = torch.linspace(0.0, 6.0, 13, dtype=torch.float64)

    def loss():
        return rk4_integrate(func, y0, I, grid).square().mean()

    weights = list(func.parameters())
    exact = torch.cat([g.flatten() for g in torch.autograd.grad(loss(), weights)])
    numeric = []
    step = 1e-3
    with torch.no_grad():
        for weight in weights:
            for k in range(weight.numel()):
                values, original = [], weight.view(-1)[k].item()
                for shift in (-2, -1, 1, 2):
                    weight.view(-1)[k] = original + shift * step
                    values.append(float(loss()))
                    weight.view(-1)[k] = original
                # Five-point stencil: its own error is O(step⁴).
                numeric.append((values[0] - 8 * values[1] + 8 * values[2] - values[3]) / 12 / step)
    error = (torch.tensor(numeric, dtype=torch.float64) - exact).norm() / exact.norm()
    assert exact.norm() > 1e-2
    assert float(error) <= 1e-6


@pytest.mark.slow
def test_gradcheck_with_respect_to_start_current_grid_and_weights():
    func = lively(ODEFunc(hidden=4, time_input=True).double())
    names, weights = zip(*func.named_parameters(), strict=True)
    y0, I = example()

    def path(y0, I, grid, *values):
        held = dict(zip(names, values, strict=True))
        return rk4_integrate(lambda t, y, I: functional_call(func, held, (t, y, I)), y0, I, grid)

    inputs = (y0, I, uneven(), *(w.detach().clone() for w in weights))
    assert torch.autograd.gradcheck(path, [x.requires_grad_() for x in inputs])


# --- bad input ------------------------------------------------------------------------------------


def test_a_grid_that_turns_back_is_quoted_where_it_does():
    y0, I = example(torch.float32)
    with pytest.raises(ValueError, match=r"got 0\.5 followed by 0\.25 at index 2"):
        rk4_integrate(decay, y0, I, torch.tensor([0.0, 0.5, 0.25]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y0": torch.zeros(3)}, "y0 must be a non-empty tensor of shape (B, D), got shape (3,)"),
        (
            {"I": torch.zeros(5)},
            "I must be a tensor of shape (3,) like y0 or (3, M), an Input, a sequence of 3 of "
            "them, or None, got shape (5,)",
        ),
        (
            {"I": 0.5},
            "I must be a tensor of shape (3,) like y0 or (3, M), an Input, a sequence of 3 of "
            "them, or None, got 0.5",
        ),
        (
            {"t_eval": torch.zeros(1)},
            "t_eval must be a tensor of shape (T,) with at least two times, got shape (1,)",
        ),
    ],
)
def test_messages_say_what_came_and_what_was_expected(change, message):
    good = {"y0": torch.zeros(3, 2), "I": torch.zeros(3), "t_eval": torch.tensor([0.0, 1.0])}
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        rk4_integrate(decay, **good | change)


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (
            lambda _t, y, _I: y[:, :1],
            r"func must return a tensor of shape \(3, 2\) like y0, got .*1",
        ),
        (lambda _t, y, _I: y.sum(), r"func must return a tensor of shape \(3, 2\)"),
        (lambda _t, _y, _I: 0.0, r"func must return a tensor of shape \(3, 2\)"),
        (lambda _t, y, _I: y.double(), r"func must return y0's dtype .*float32.* got .*float64"),
    ],
)
def test_a_field_of_another_shape_or_type_is_not_broadcast_in_silence(field, message):
    with pytest.raises(ValueError, match=message):
        rk4_integrate(field, torch.ones(3, 2), torch.zeros(3), torch.arange(3.0))


def test_a_field_of_another_shape_is_refused_at_the_first_step():
    y0, I = torch.zeros(3, 2), torch.zeros(3)
    with pytest.raises(ValueError, match=r"^func must return a tensor of shape \(3, 2\)"):
        rk4_integrate(lambda _t, y, _I: y[:, :1], y0, I, torch.tensor([0.0, 1.0]))
    with pytest.raises(ValueError, match=r"^func must be callable as func\(t, y, I\), got 7$"):
        rk4_integrate(7, y0, I, torch.tensor([0.0, 1.0]))
