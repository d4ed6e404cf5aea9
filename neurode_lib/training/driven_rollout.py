"""The fast path under currents that change: many networks, each window with its own current.

As :mod:`neurode_lib.training.rollout`, whose tape it uses. The current is one more row of what the
first layer multiplies, known in advance at the start, the middle and the end of every step.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from neurode_lib.training.rollout import Tape, Workspace


def driven_rollout(
    weights: Mapping[str, Tensor],
    y0: Tensor,
    I: Tensor,
    dt: float,
    *,
    workspace: Workspace | None = None,
) -> Tensor:
    """Follow the fields of `K` networks by RK4 under currents that change.

    Parameters
    ----------
    weights : mapping
        As from :func:`~neurode_lib.training.rollout.stack_weights`, of networks with one input.
    y0 : Tensor, shape (K, B, D)
        Initial states.
    I : Tensor, shape (S, 3, K, B)
        Currents at the start, the middle and the end of each of `S` steps.
    dt : float
        Length of a step.
    workspace : Workspace, optional
        Memory to reuse when many rollouts follow each other.

    Returns
    -------
    Tensor, shape (S + 1, K, B, D)
        Differentiable once with respect to ``weights`` and ``y0``.

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    first = weights["0.weight"]
    n_networks, batch, state_dim = y0.shape
    if first.shape[-1] != state_dim + 1:
        raise ValueError(f"weights must take {state_dim + 1} numbers, got {first.shape[-1]}")
    if I.dim() != 4 or I.shape[1:] != (3, n_networks, batch):
        raise ValueError(
            f"I must have shape (S, 3, {n_networks}, {batch}) like y0, got {tuple(I.shape)}"
        )
    second, third = weights["2.weight"], weights["4.weight"]
    bias = (2.0 * weights["0.bias"])[..., None].expand(-1, -1, batch).contiguous()
    # tanh(x) = 2 σ(2x) - 1, folded into the layers before and after.
    states = _DrivenRollout.apply(
        y0.transpose(1, 2),
        2.0 * first,
        bias,
        4.0 * second,
        2.0 * (weights["2.bias"] - second.sum(-1))[..., None],
        2.0 * third,
        (weights["4.bias"] - third.sum(-1))[..., None],
        I,
        dt,
        Workspace() if workspace is None else workspace,
    )
    return states.transpose(2, 3)


class _DrivenRollout(torch.autograd.Function):
    """``states = rollout(y0, weights)`` under currents, with the reverse sweep written out."""

    @staticmethod
    def forward(ctx: Any, y0: Tensor, *args: Any) -> Tensor:
        a1, bias, a2, c2, a3, c3, I, dt, workspace = args
        n_steps, state_dim = len(I), y0.shape[1]
        tape = Tape((a1, bias, None, a2, c2, a3, c3), 4 * n_steps, workspace)
        stages = torch.stack([I[:, 0], I[:, 1], I[:, 1], I[:, 2]], dim=1)
        for row, current in zip(tape.inputs, stages.flatten(0, 1), strict=True):
            row[:, state_dim] = current
        inputs = [row[:, :state_dim] for row in tape.inputs]
        states = y0.new_empty(n_steps + 1, *y0.shape)
        path = states.unbind()
        path[0].copy_(y0)
        for n in range(n_steps):
            y, i = path[n], 4 * n
            inputs[i].copy_(y)
            k1 = tape.evaluate(i, 0.0)
            torch.add(y, k1, alpha=dt / 2, out=inputs[i + 1])
            k2 = tape.evaluate(i + 1, 0.0)
            torch.add(y, k2, alpha=dt / 2, out=inputs[i + 2])
            k3 = tape.evaluate(i + 2, 0.0)
            torch.add(y, k3, alpha=dt, out=inputs[i + 3])
            k4 = tape.evaluate(i + 3, 0.0)
            slope = k1.add_(k2, alpha=2.0).add_(k3, alpha=2.0).add_(k4)
            torch.add(y, slope, alpha=dt / 6, out=path[n + 1])
        ctx.tape, ctx.dt, ctx.n_steps, ctx.state_dim = tape, dt, n_steps, state_dim
        return states

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grad_outputs: Tensor) -> tuple[Tensor | None, ...]:
        (grad_states,) = grad_outputs
        tape, dt = ctx.tape, ctx.dt
        tape.start_reverse()
        # Nothing is asked of the current's own gradient.
        tape.a1_t = tape.a1_t[:, : ctx.state_dim].contiguous()
        grads = grad_states.unbind()
        tape.sum3 = torch.zeros_like(grads[0], memory_format=torch.contiguous_format)
        grad = grads[-1].contiguous()
        for n in reversed(range(ctx.n_steps)):
            sixth, third = grad * (dt / 6), grad * (dt / 3)
            g4 = tape.reverse(4 * n + 3, sixth)
            g3 = tape.reverse(4 * n + 2, torch.add(third, g4, alpha=dt))
            g2 = tape.reverse(4 * n + 1, third.add_(g3, alpha=dt / 2))
            g1 = tape.reverse(4 * n, sixth.add_(g2, alpha=dt / 2))
            grad = (grad + g1.add_(g2).add_(g3).add_(g4)).add_(grads[n])
        grad_a1, grad_bias, _, grad_a2, grad_c2, grad_a3, grad_c3 = tape.gradients()
        return grad, grad_a1, grad_bias, grad_a2, grad_c2, grad_a3, grad_c3, None, None, None
