"""The fast path against the module one reads, and against finite differences."""

import pytest
import torch

from neurode_lib.models import DiscreteRNN, NeuralODE, ODEFunc, network_of
from neurode_lib.training.rollout import (
    Workspace,
    scales_of,
    stack_weights,
    stacked_rollout,
    stepping_of,
)

KINDS = {
    "neural_ode": lambda: NeuralODE(ODEFunc(hidden=16)),
    "time_input": lambda: NeuralODE(ODEFunc(hidden=16, time_input=True)),
    "scaled_time_input": lambda: NeuralODE(
        ODEFunc(hidden=16, time_input=True, time_unit=3.0, output_scale=2.0)
    ),
    "discrete_rnn": lambda: DiscreteRNN(hidden=16),
    "euler": lambda: DiscreteRNN(hidden=16, output_scale=0.5),
}


@pytest.fixture(params=KINDS)
def models(request):
    torch.manual_seed(0)
    made = [KINDS[request.param]().double() for _ in range(3)]
    for model in made:
        for parameter in model.parameters():
            torch.nn.init.normal_(parameter, std=0.4)
    return made


@pytest.fixture
def problem():
    torch.manual_seed(1)
    y0 = torch.randn(3, 7, 2, dtype=torch.float64)
    current = torch.randn(3, 7, dtype=torch.float64)
    uneven = torch.cumsum(torch.rand(9, dtype=torch.float64) + 0.05, 0)
    return y0, current, uneven


def trainable(models):
    return {name: value.clone().requires_grad_() for name, value in stack_weights(models).items()}


def test_trajectories_are_those_of_each_model(models, problem):
    y0, current, grid = problem
    states = stacked_rollout(
        stack_weights(models),
        y0,
        current,
        grid,
        stepping=stepping_of(models[0]),
        scales=scales_of(models[0]),
    )
    for k, model in enumerate(models):
        torch.testing.assert_close(
            states[:, k], model(y0[k], current[k], grid), rtol=1e-12, atol=1e-12
        )


def test_gradients_are_those_of_automatic_differentiation(models, problem):
    y0, current, grid = problem
    weights, start = trainable(models), y0.clone().requires_grad_()
    states = stacked_rollout(
        weights, start, current, grid, stepping=stepping_of(models[0]), scales=scales_of(models[0])
    )
    target = torch.randn_like(states)
    (states - target).square().mean().backward()
    for k, model in enumerate(models):
        own_start = y0[k].clone().requires_grad_()
        own = model(own_start, current[k], grid)
        ((own - target[:, k]).square().sum() / target.numel()).backward()
        for name, parameter in network_of(model).named_parameters():
            torch.testing.assert_close(
                weights[name].grad[k], parameter.grad, rtol=1e-10, atol=1e-13
            )
        torch.testing.assert_close(start.grad[k], own_start.grad, rtol=1e-10, atol=1e-13)


def test_gradients_agree_with_finite_differences(models, problem):
    y0, current, grid = problem
    weights = trainable(models)

    def rollout(start, *values):
        return stacked_rollout(
            dict(zip(weights, values, strict=True)),
            start,
            current[:, :2],
            grid[:4],
            stepping=stepping_of(models[0]),
            scales=scales_of(models[0]),
        )

    torch.autograd.gradcheck(
        rollout, (y0[:, :2].clone().requires_grad_(), *weights.values()), fast_mode=True
    )


def test_t_start_shifts_the_clock_row_by_row(problem):
    y0, current, grid = problem
    torch.manual_seed(2)
    models = [KINDS["time_input"]().double() for _ in range(3)]
    for model in models:
        torch.nn.init.normal_(network_of(model)[-1].weight)
    shift = torch.rand(3, 7, dtype=torch.float64)
    shifted = stacked_rollout(
        stack_weights(models), y0, current, grid, stepping="rk4", t_start=shift
    )
    for k in range(3):
        for row in range(7):
            alone = models[k](y0[k, row : row + 1], current[k, row : row + 1], grid + shift[k, row])
            torch.testing.assert_close(shifted[:, k, row], alone[:, 0], rtol=1e-12, atol=1e-12)


def test_single_precision_stays_within_rounding(problem):
    y0, current, grid = (value.float() for value in problem)
    torch.manual_seed(3)
    models = [NeuralODE(ODEFunc(zero_init=False)) for _ in range(3)]
    states = stacked_rollout(stack_weights(models), y0, current, grid, stepping="rk4")
    for k, model in enumerate(models):
        torch.testing.assert_close(states[:, k], model(y0[k], current[k], grid), rtol=0, atol=5e-6)


def test_a_workspace_changes_no_value_from_one_update_to_the_next(models, problem):
    y0, current, grid = problem
    workspace, stepping = Workspace(), stepping_of(models[0])
    gradients = []
    for memory in (workspace, workspace, None):
        weights = trainable(models)
        states = stacked_rollout(weights, y0, current, grid, stepping=stepping, workspace=memory)
        states.square().sum().backward()
        gradients.append(weights["2.weight"].grad)
    torch.testing.assert_close(gradients[1], gradients[0], rtol=0, atol=0)
    torch.testing.assert_close(gradients[2], gradients[0], rtol=0, atol=0)


def test_a_workspace_refuses_to_reverse_what_it_has_overwritten(models, problem):
    y0, current, grid = problem
    workspace, weights = Workspace(), trainable(models)
    first, _second = (
        stacked_rollout(
            weights,
            y0,
            current,
            grid,
            stepping=stepping_of(models[0]),
            scales=scales_of(models[0]),
            workspace=workspace,
        )
        for _ in range(2)
    )
    with pytest.raises(RuntimeError, match="one rollout at a time"):
        first.sum().backward()


def test_other_models_are_refused():
    with pytest.raises(TypeError, match="model must be a NeuralODE"):
        network_of(torch.nn.Linear(2, 2))


@pytest.mark.parametrize(
    "others",
    [
        [DiscreteRNN(hidden=4)],
        [NeuralODE(ODEFunc(hidden=4)).double()],
        [NeuralODE(ODEFunc(hidden=5))],
        [NeuralODE(ODEFunc(hidden=4, time_input=True))],
    ],
    ids=["kind", "type", "size", "inputs"],
)
def test_models_that_are_not_alike_are_not_stacked(others):
    with pytest.raises(ValueError, match="models must be alike"):
        stack_weights([NeuralODE(ODEFunc(hidden=4)), *others])
