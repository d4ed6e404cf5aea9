"""The learners: a Neural ODE and the discrete network that is its control.

Neither knows the neuron's equations; this module must never import
:mod:`neurode_lib.fitzhugh_nagumo`. Shapes: batch `B`, state dimension `D`, grid points `T`.

References
----------
.. [1] R. T. Q. Chen, Y. Rubanova, J. Bettencourt, D. Duvenaud, "Neural Ordinary Differential
       Equations", NeurIPS 2018.
.. [2] P. Kidger, "On Neural Differential Equations", DPhil thesis, University of Oxford 2022.
.. [3] J. C. Butcher, "Numerical Methods for Ordinary Differential Equations", 3rd ed., Wiley 2016.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from neurode_lib._checks import instance_of, positive_int, shown, truth_value

VectorField = Callable[[Tensor, Tensor, Tensor], Tensor]


def _mlp(n_in: int, hidden: int, n_out: int, *, zero_init: bool) -> nn.Sequential:
    """Two tanh layers and a linear one; ``zero_init`` makes the output vanish everywhere."""
    first, second = nn.Linear(n_in, hidden), nn.Linear(hidden, hidden)
    last = nn.Linear(hidden, n_out)
    if zero_init:
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
    return nn.Sequential(first, nn.Tanh(), second, nn.Tanh(), last)


class ODEFunc(nn.Module):
    """A learned vector field ``f(t, y, I)``.

    Parameters
    ----------
    state_dim : int, default 2
        Dimension `D` of the state.
    hidden : int, default 128
        Width of both hidden layers.
    time_input : bool, default False
        Whether the network sees `t`. The neuron's law does not change with time, so by default
        `t` is in the signature (every integrator passes it) but not in the input.
    zero_init : bool, default True
        Whether the last layer starts at zero, so that the untrained model stands still.

    Raises
    ------
    ValueError
        If a size is no integer above 0, or a switch neither True nor False.

    References
    ----------
    Chen et al. 2018 [1]_; Kidger 2022, section 2.3 [2]_.
    """

    def __init__(
        self,
        state_dim: int = 2,
        hidden: int = 128,
        *,
        time_input: bool = False,
        zero_init: bool = True,
    ) -> None:
        super().__init__()
        self.state_dim = positive_int("state_dim", state_dim)
        self.hidden = positive_int("hidden", hidden)
        self.time_input = truth_value("time_input", time_input)
        zero_init = truth_value("zero_init", zero_init)
        self.net = _mlp(state_dim + 1 + time_input, hidden, state_dim, zero_init=zero_init)

    def forward(self, t: Tensor, y: Tensor, I: Tensor) -> Tensor:
        """Evaluate the field.

        Parameters
        ----------
        t : Tensor, scalar
            Time; ignored unless the network was built with ``time_input=True``.
        y : Tensor, shape (B, D)
            States.
        I : Tensor, shape (B,)
            Input currents.

        Returns
        -------
        Tensor, shape (B, D)
        """
        columns = [y, I.view(-1, 1)]
        if self.time_input:
            columns.append(t.expand(len(y), 1))
        return self.net(torch.cat(columns, dim=-1))


def rk4_integrate(func: VectorField, y0: Tensor, I: Tensor, t_eval: Tensor) -> Tensor:
    """Integrate ``dy/dt = func(t, y, I)`` by classical RK4, one step per grid interval.

    The step is the spacing of ``t_eval``, so any strictly increasing grid will do: finer, coarser
    or uneven. Every operation is differentiable; gradients are those of the discrete steps
    (discretise-then-optimise).

    Parameters
    ----------
    func : callable
        ``func(t, y, I)``, returning the time derivative, shape (B, D).
    y0 : Tensor, shape (B, D)
        States at ``t_eval[0]``.
    I : Tensor, shape (B,)
        Input currents, constant in time.
    t_eval : Tensor, shape (T,)
        Strictly increasing times, at least two.

    Returns
    -------
    Tensor, shape (T, B, D)
        Time first; row 0 is ``y0``.

    Raises
    ------
    ValueError
        If an argument has the wrong shape, type or values, or the field returns another shape
        or type than the states have.

    References
    ----------
    Butcher 2016, section 322 [3]_; Kidger 2022, section 5.1 [2]_.
    """
    if not callable(func):
        raise ValueError(f"func must be callable as func(t, y, I), got {shown(func)}")
    check_inputs(y0, I, t_eval)
    y = y0
    states = [y]
    for t, t_next in zip(t_eval[:-1], t_eval[1:], strict=True):
        dt = t_next - t
        k1 = func(t, y, I)
        if y is y0:
            _check_derivative(k1, y0)
        k2 = func(t + dt / 2, y + dt / 2 * k1, I)
        k3 = func(t + dt / 2, y + dt / 2 * k2, I)
        k4 = func(t_next, y + dt * k3, I)
        y = y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        states.append(y)
    return torch.stack(states)


class NeuralODE(nn.Module):
    """A vector field together with the integrator that turns it into trajectories.

    Parameters
    ----------
    func : nn.Module
        The field, called as ``func(t, y, I)``; kept as ``.func`` so that it can be inspected.

    Raises
    ------
    ValueError
        If ``func`` is no module.
    """

    def __init__(self, func: nn.Module) -> None:
        super().__init__()
        instance_of("func", func, nn.Module)
        self.func = func

    def forward(self, y0: Tensor, I: Tensor, t_eval: Tensor) -> Tensor:
        """Integrate from ``y0`` over ``t_eval``; see :func:`rk4_integrate`. Shape (T, B, D)."""
        if isinstance(self.func, ODEFunc):
            _check_state(y0, I)
            _check_fits(y0, self.func)
        return rk4_integrate(self.func, y0, I, t_eval)


class DiscreteRNN(nn.Module):
    """The control: the same network, used as a residual step instead of a derivative.

    ``y ← y + net(y, I)`` knows nothing of time. What one step means is fixed by the sampling of
    the data it was trained on.

    Parameters
    ----------
    state_dim, hidden, zero_init
        As for :class:`ODEFunc`, whose parameter count it matches.
    """

    def __init__(self, state_dim: int = 2, hidden: int = 128, *, zero_init: bool = True) -> None:
        super().__init__()
        self.state_dim = positive_int("state_dim", state_dim)
        self.hidden = positive_int("hidden", hidden)
        zero_init = truth_value("zero_init", zero_init)
        self.net = _mlp(state_dim + 1, hidden, state_dim, zero_init=zero_init)

    def step(self, y: Tensor, I: Tensor) -> Tensor:
        """Change of the state over one step, shape (B, D)."""
        return self.net(torch.cat([y, I.view(-1, 1)], dim=-1))

    def rollout(self, y0: Tensor, I: Tensor, n_steps: int) -> Tensor:
        """Take ``n_steps`` residual steps from ``y0``.

        Parameters
        ----------
        y0 : Tensor, shape (B, D)
        I : Tensor, shape (B,)
        n_steps : int

        Returns
        -------
        Tensor, shape (n_steps + 1, B, D)

        Raises
        ------
        ValueError
            If an argument has the wrong shape, type or values.
        """
        n_steps = positive_int("n_steps", n_steps)
        _check_state(y0, I)
        _check_fits(y0, self)
        y = y0
        states = [y]
        for _ in range(n_steps):
            y = y + self.step(y, I)
            states.append(y)
        return torch.stack(states)

    def forward(self, y0: Tensor, I: Tensor, t_eval: Tensor) -> Tensor:
        """One step per interval of ``t_eval``, however long the interval is. Shape (T, B, D)."""
        check_inputs(y0, I, t_eval)
        return self.rollout(y0, I, len(t_eval) - 1)


def check_inputs(y0: Tensor, I: Tensor, t_eval: Tensor) -> None:
    """Refuse what cannot be integrated, naming the argument.

    Raises
    ------
    ValueError
        If shapes, dtypes or devices disagree, if anything is not finite, or if ``t_eval`` is
        not a strictly increasing grid of at least two times.
    """
    _check_state(y0, I)
    if not isinstance(t_eval, Tensor) or t_eval.dim() != 1 or len(t_eval) < 2:
        raise ValueError(
            f"t_eval must be a tensor of shape (T,) with at least two times, got {_shown(t_eval)}"
        )
    _check_like_y0("t_eval", t_eval, y0)
    if not torch.isfinite(t_eval).all():
        raise ValueError("t_eval must be finite")
    steps = t_eval.diff()
    if not (steps > 0).all():
        at = int((steps <= 0).nonzero()[0])
        raise ValueError(
            "t_eval must be strictly increasing, got "
            f"{t_eval[at].item():g} followed by {t_eval[at + 1].item():g} at index {at + 1}"
        )


def _check_state(y0: Tensor, I: Tensor) -> None:
    if not isinstance(y0, Tensor) or y0.dim() != 2 or y0.numel() == 0:
        raise ValueError(f"y0 must be a non-empty tensor of shape (B, D), got {_shown(y0)}")
    if not y0.is_floating_point():
        raise ValueError(f"y0 must have a floating-point dtype, got {y0.dtype}")
    if not isinstance(I, Tensor) or I.shape != y0.shape[:1]:
        raise ValueError(f"I must be a tensor of shape ({len(y0)},) like y0, got {_shown(I)}")
    _check_like_y0("I", I, y0)
    for name, value in (("y0", y0), ("I", I)):
        if not torch.isfinite(value).all():
            raise ValueError(f"{name} must be finite, got NaN or infinity")


def _check_derivative(derivative: Tensor, y0: Tensor) -> None:
    """Refuse what would be broadcast or promoted in silence."""
    if not isinstance(derivative, Tensor) or derivative.shape != y0.shape:
        raise ValueError(
            f"func must return a tensor of shape {tuple(y0.shape)} like y0, got "
            f"{_shown(derivative)}"
        )
    if derivative.dtype != y0.dtype or derivative.device != y0.device:
        raise ValueError(
            f"func must return y0's dtype and device ({y0.dtype} on {y0.device}), got "
            f"{derivative.dtype} on {derivative.device}"
        )


def _check_fits(y0: Tensor, model: ODEFunc | DiscreteRNN) -> None:
    if y0.shape[1] != model.state_dim:
        raise ValueError(
            f"y0 must have shape (B, {model.state_dim}) for this model, got {_shown(y0)}"
        )
    weight = next(model.parameters())
    if y0.dtype != weight.dtype or y0.device != weight.device:
        raise ValueError(
            f"y0 must have the model's dtype and device ({weight.dtype} on {weight.device}), "
            f"got {y0.dtype} on {y0.device}"
        )


def _check_like_y0(name: str, value: Tensor, y0: Tensor) -> None:
    if value.dtype != y0.dtype or value.device != y0.device:
        raise ValueError(
            f"{name} must have y0's dtype and device ({y0.dtype} on {y0.device}), "
            f"got {value.dtype} on {value.device}"
        )


def _shown(value: object) -> str:
    return f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)
