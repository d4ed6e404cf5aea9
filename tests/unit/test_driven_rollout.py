"""Many networks under changing currents: the same paths and gradients as by automatic ones."""

import pytest
import torch

from neurode_lib.integrator import rk4_step
from neurode_lib.models import NeuralODE, ODEFunc
from neurode_lib.training.driven_rollout import driven_rollout
from neurode_lib.training.rollout import stack_weights

N_STEPS, DT = 6, 0.5


def networks():
    torch.manual_seed(0)
    return [NeuralODE(ODEFunc(3, hidden=5, zero_init=False)).double() for _ in range(2)]


def test_paths_and_gradients_are_those_of_automatic_differentiation():
    models = networks()
    stacked = {name: w.requires_grad_() for name, w in stack_weights(models).items()}
    y0 = torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True)
    I = torch.randn(N_STEPS, 3, 2, 4, dtype=torch.float64)
    into = torch.randn(N_STEPS + 1, 2, 4, 3, dtype=torch.float64)
    fast = driven_rollout(stacked, y0, I, DT)
    (fast * into).sum().backward()
    start = y0.detach().clone().requires_grad_()
    total = 0.0
    for k, model in enumerate(models):
        y, path = start[k], [start[k]]
        for currents in I[:, :, k]:
            clock = torch.zeros(3, 4, dtype=torch.float64).unbind()
            y = rk4_step(model.func, clock, y, tuple(currents), torch.full((4, 1), DT).double())
            path.append(y)
        torch.testing.assert_close(fast[:, k], torch.stack(path), rtol=1e-12, atol=1e-12)
        total = total + (torch.stack(path) * into[:, k]).sum()
    total.backward()
    torch.testing.assert_close(y0.grad, start.grad, rtol=1e-10, atol=1e-12)
    for k, model in enumerate(models):
        for name, weight in model.func.net.named_parameters():
            torch.testing.assert_close(stacked[name].grad[k], weight.grad, rtol=1e-10, atol=1e-12)


def test_shapes_that_do_not_fit_are_refused():
    weights = stack_weights(networks())
    y0, I = torch.zeros(2, 4, 3).double(), torch.zeros(N_STEPS, 3, 2, 4).double()
    with pytest.raises(ValueError, match="weights must take 3"):
        driven_rollout(weights, y0[..., :2], I, DT)
    with pytest.raises(ValueError, match="I must have shape"):
        driven_rollout(weights, y0, I[:, :2], DT)
