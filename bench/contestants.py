"""One update of the article's recipe, by each library: the same network, data and steps.

Every contestant is a function that takes a problem and returns ``update``, a function of no
arguments that makes one optimiser step (forward, backward, clipping, AdamW) and returns the loss
before it. Where a library offers no classical RK4, the nearest is named in the title.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

Update = Callable[[], float]


@dataclass(frozen=True)
class Problem:
    """Sizes of one update; the defaults are the article's."""

    trajectories: int = 40
    steps: int = 80
    hidden: int = 128
    dt: float = 0.5
    lr: float = 3e-3
    updates: int = 600

    def data(self, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        from neurode_lib.fitzhugh_nagumo import build_dataset

        states, currents = build_dataset(
            self.trajectories, self.steps, self.dt, seed=seed, substeps=1
        )
        return states, currents, self.dt * np.arange(self.steps + 1)


def _torch_problem(problem: Problem):
    import torch

    from neurode_lib.models import make_model

    tensors = [torch.tensor(value, dtype=torch.float32) for value in problem.data()]
    return make_model(seed=0, hidden=problem.hidden), *tensors


def _torch_update(problem: Problem, model, predict: Callable, states) -> Update:
    """Optimiser and clipping around a forward pass, as the article describes them."""
    import torch

    optimizer = torch.optim.AdamW(model.parameters(), lr=problem.lr)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=problem.updates)

    def update() -> float:
        loss = (predict() - states.transpose(0, 1)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        scheduler.step()
        return loss.item()

    return update


def plain_loop(problem: Problem) -> Update:
    model, states, currents, grid = _torch_problem(problem)
    return _torch_update(problem, model, lambda: model(states[:, 0], currents, grid), states)


def library_ensemble_of(n_models: int, problem: Problem, device: str = "cpu") -> Update:
    """Models of the library that make each update together, on any device of torch."""
    import torch

    from neurode_lib.models import make_model
    from neurode_lib.recordings import Recordings
    from neurode_lib.training.ensemble import Ensemble
    from neurode_lib.training.recipe import Recipe

    sets = []
    for seed in range(n_models):
        states, currents, grid = problem.data(seed)
        sets.append(Recordings(grid, states, currents))
    run = Ensemble(
        [make_model(seed=seed, hidden=problem.hidden) for seed in range(n_models)],
        sets,
        Recipe(updates=problem.updates),
        range(n_models),
        torch.device(device),
    )

    def update() -> float:
        run.advance()
        return float(run.loss[-1][0])

    return update


def library_single(problem: Problem) -> Update:
    return library_ensemble_of(1, problem)


def library_ensemble(problem: Problem) -> Update:
    return library_ensemble_of(ENSEMBLE, problem)


def torchdiffeq_rk4(problem: Problem) -> Update:
    from torchdiffeq import odeint

    model, states, currents, grid = _torch_problem(problem)
    return _torch_update(
        problem,
        model,
        lambda: odeint(lambda t, y: model.func(t, y, currents), states[:, 0], grid, method="rk4"),
        states,
    )


def torchdiffeq_adjoint(problem: Problem) -> Update:
    import torch
    from torchdiffeq import odeint_adjoint

    model, states, currents, grid = _torch_problem(problem)

    class Field(torch.nn.Module):
        """The continuous adjoint differentiates a module's parameters only."""

        def __init__(self):
            super().__init__()
            self.func = model.func

        def forward(self, t, y):
            return self.func(t, y, currents)

    field = Field()
    return _torch_update(
        problem, model, lambda: odeint_adjoint(field, states[:, 0], grid, method="rk4"), states
    )


def torchode_tsit5(problem: Problem) -> Update:
    import torch
    import torchode

    model, states, currents, grid = _torch_problem(problem)
    term = torchode.ODETerm(lambda t, y: model.func(t, y, currents))
    solver = torchode.AutoDiffAdjoint(torchode.Tsit5(term=term), torchode.FixedStepController())
    times = grid.expand(problem.trajectories, -1)
    first = torch.full((problem.trajectories,), problem.dt)

    def predict():
        start = torchode.InitialValueProblem(y0=states[:, 0], t_eval=times)
        return solver.solve(start, dt0=first).ys.transpose(0, 1)

    return _torch_update(problem, model, predict, states)


def _jax_problem(problem: Problem, seed: int = 0):
    import jax.numpy as jnp

    from neurode_lib.models import make_model, network_of

    states, currents, grid = (jnp.asarray(v, dtype=jnp.float32) for v in problem.data(seed))
    net = network_of(make_model(seed=seed, hidden=problem.hidden))
    weights = [jnp.asarray(p.detach().numpy()) for p in net.parameters()]
    return weights, states, currents, grid


def _jax_field(weights, y, currents):
    import jax.numpy as jnp

    w1, b1, w2, b2, w3, b3 = weights
    inputs = jnp.concatenate([y, currents[:, None]], axis=1)
    return jnp.tanh(jnp.tanh(inputs @ w1.T + b1) @ w2.T + b2) @ w3.T + b3


def _jax_step(problem: Problem, predict: Callable):
    """AdamW, clipping and the cosine schedule by hand: the same arithmetic as PyTorch's."""
    import jax
    import jax.numpy as jnp

    def step(weights, mean, square, n, states, currents):
        target = jnp.swapaxes(states, 0, 1)

        def loss_of(weights):
            return jnp.mean((predict(weights, states, currents) - target) ** 2)

        loss, grads = jax.value_and_grad(loss_of)(weights)
        norm = jnp.sqrt(sum(jnp.sum(g**2) for g in grads))
        grads = [g * jnp.minimum(1.0, 1.0 / (norm + 1e-6)) for g in grads]
        rate = problem.lr * 0.5 * (1 + jnp.cos(jnp.pi * n / problem.updates))
        mean = [0.9 * m + 0.1 * g for m, g in zip(mean, grads, strict=True)]
        square = [0.999 * s + 0.001 * g**2 for s, g in zip(square, grads, strict=True)]
        k = n + 1.0
        weights = [
            w * (1 - rate * 0.01)
            - rate * (m / (1 - 0.9**k)) / (jnp.sqrt(s / (1 - 0.999**k)) + 1e-8)
            for w, m, s in zip(weights, mean, square, strict=True)
        ]
        return weights, mean, square, loss

    return step


def _jax_update(step: Callable, weights, states, currents) -> Update:
    import jax
    import jax.numpy as jnp

    compiled = jax.jit(step)
    zeros = [jnp.zeros_like(w) for w in weights]
    state = [weights, zeros, zeros]
    count = 0

    def update() -> float:
        nonlocal state, count
        *state, loss = compiled(*state, float(count), states, currents)
        count += 1
        return float(loss.ravel()[0])

    return update


def _jax_scan_step(problem: Problem):
    import jax
    import jax.numpy as jnp

    dt = problem.dt

    def predict(weights, states, currents):
        def step(y, _):
            k1 = _jax_field(weights, y, currents)
            k2 = _jax_field(weights, y + dt / 2 * k1, currents)
            k3 = _jax_field(weights, y + dt / 2 * k2, currents)
            k4 = _jax_field(weights, y + dt * k3, currents)
            y = y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
            return y, y

        _, path = jax.lax.scan(step, states[:, 0], None, length=problem.steps)
        return jnp.concatenate([states[None, :, 0], path])

    return _jax_step(problem, predict)


def jax_scan(problem: Problem) -> Update:
    weights, states, currents, _ = _jax_problem(problem)
    return _jax_update(_jax_scan_step(problem), weights, states, currents)


def jax_vmap(problem: Problem) -> Update:
    import jax
    import jax.numpy as jnp

    weights, states, currents, _ = zip(
        *(_jax_problem(problem, seed) for seed in range(ENSEMBLE)), strict=True
    )
    stacked = [jnp.stack(one) for one in zip(*weights, strict=True)]
    step = jax.vmap(_jax_scan_step(problem), in_axes=(0, 0, 0, None, 0, 0))
    return _jax_update(step, stacked, jnp.stack(states), jnp.stack(currents))


def _diffrax(problem: Problem, adjoint_name: str) -> Update:
    import diffrax

    weights, states, currents, grid = _jax_problem(problem)
    # diffrax ships no classical RK4; its own base class takes the tableau.
    classical = diffrax.ButcherTableau(
        a_lower=(np.array([0.5]), np.array([0.0, 0.5]), np.array([0.0, 0.0, 1.0])),
        b_sol=np.array([1, 2, 2, 1]) / 6,
        b_error=np.zeros(4),
        c=np.array([0.5, 0.5, 1.0]),
    )

    class RK4(diffrax.AbstractERK):
        tableau: ClassVar[diffrax.ButcherTableau] = classical
        interpolation_cls: ClassVar = diffrax.ThirdOrderHermitePolynomialInterpolation.from_k

        def order(self, _terms):
            return 4

    adjoint = getattr(diffrax, adjoint_name)()

    def predict(weights, states, currents):
        return diffrax.diffeqsolve(
            diffrax.ODETerm(lambda _t, y, w: _jax_field(w, y, currents)),
            RK4(),
            t0=0.0,
            t1=grid[-1],
            dt0=None,
            y0=states[:, 0],
            args=weights,
            saveat=diffrax.SaveAt(ts=grid),
            stepsize_controller=diffrax.StepTo(ts=grid),
            adjoint=adjoint,
            max_steps=problem.steps,
        ).ys

    return _jax_update(_jax_step(problem, predict), weights, states, currents)


def diffrax_direct(problem: Problem) -> Update:
    return _diffrax(problem, "DirectAdjoint")


def diffrax_checkpointed(problem: Problem) -> Update:
    return _diffrax(problem, "RecursiveCheckpointAdjoint")


ENSEMBLE = 10
CONTESTANTS: dict[str, tuple[str, Callable[[Problem], Update], int]] = {
    "library_ensemble": (
        f"neurode_lib, {ENSEMBLE} seeds together, per seed",
        library_ensemble,
        ENSEMBLE,
    ),
    "library_single": ("neurode_lib, one model", library_single, 1),
    "plain_loop": ("plain loop, as the article describes it", plain_loop, 1),
    "torchdiffeq_rk4": ("torchdiffeq, rk4 (3/8 rule)", torchdiffeq_rk4, 1),
    "torchdiffeq_adjoint": ("torchdiffeq, rk4, continuous adjoint", torchdiffeq_adjoint, 1),
    "torchode_tsit5": ("torchode, Tsit5 with fixed steps", torchode_tsit5, 1),
    "diffrax_direct": ("diffrax under jit, RK4, direct adjoint", diffrax_direct, 1),
    "diffrax_checkpointed": ("diffrax under jit, RK4, default adjoint", diffrax_checkpointed, 1),
    "jax_scan": ("bare JAX lax.scan under jit", jax_scan, 1),
    "jax_vmap": (f"the same under vmap, {ENSEMBLE} seeds together, per seed", jax_vmap, ENSEMBLE),
}
