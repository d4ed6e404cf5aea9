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

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from neurode_lib._checks import (
    folder_or_file,
    instance_of,
    one_of,
    positive_int,
    positive_number,
    reason,
    shown,
    truth_value,
)
from neurode_lib.inputs import is_signal, signals_of, values_at
from neurode_lib.integrator import (
    Drive,
    check_inputs,
    check_state,
    components,
    like,
    rk4_integrate,
    shown_tensor,
)
from neurode_lib.weights import load_weights, save_weights


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
    input_dim : int, default 1
        Number `M` of input currents; 0 for a field that has none.
    hidden : int, default 128
        Width of both hidden layers.
    time_input : bool, default False
        Whether the network sees `t`. The neuron's law does not change with time, so by default
        `t` is in the signature (every integrator passes it) but not in the input.
    zero_init : bool, default True
        Whether the last layer starts at zero, so that the untrained model stands still.
    time_unit : float, default 1
        What the network sees is ``t / time_unit``.
    output_scale : float, default 1
        The field is the network's output times this.

    Raises
    ------
    ValueError
        If a size is no integer above 0, a switch neither True nor False, or a scale no number
        above 0.

    References
    ----------
    Chen et al. 2018 [1]_; Kidger 2022, section 2.3 [2]_.
    """

    def __init__(
        self,
        state_dim: int = 2,
        hidden: int = 128,
        *,
        input_dim: int = 1,
        time_input: bool = False,
        zero_init: bool = True,
        time_unit: float = 1.0,
        output_scale: float = 1.0,
    ) -> None:
        super().__init__()
        self.state_dim = positive_int("state_dim", state_dim)
        self.hidden = positive_int("hidden", hidden)
        self.input_dim = positive_int("input_dim", input_dim, minimum=0)
        self.time_input = truth_value("time_input", time_input)
        self.time_unit = positive_number("time_unit", time_unit)
        self.output_scale = positive_number("output_scale", output_scale)
        zero_init = truth_value("zero_init", zero_init)
        n_in = state_dim + input_dim + time_input
        self.net = _mlp(n_in, hidden, state_dim, zero_init=zero_init)

    def forward(self, t: Tensor, y: Tensor, I: Tensor | None) -> Tensor:
        """Evaluate the field.

        Parameters
        ----------
        t : Tensor, scalar or shape (B, 1)
            Time; ignored unless the network was built with ``time_input=True``.
        y : Tensor, shape (B, D)
            States.
        I : Tensor, shape (B,) or (B, M); None if the field has no input
            Input currents.

        Returns
        -------
        Tensor, shape (B, D)
        """
        columns = _state_and_input(y, I)
        if self.time_input:
            columns.append((t / self.time_unit).expand(len(y), 1))
        return self.output_scale * self.net(torch.cat(columns, dim=-1))

    def check_fits(self, y0: Tensor, I: Drive) -> None:
        """Refuse states or inputs of another width, dtype or device than the network's.

        Raises
        ------
        ValueError
            With what came and what was expected.
        """
        _check_fits(y0, I, self)


class AdditiveODEFunc(nn.Module):
    """A learned vector field to which the input is added: ``f(y) + (I, 0, …, 0)``.

    That a current enters a neuron by charging its membrane is known before any data; here it is
    built in. The network sees the state alone. The first state variable must be the voltage, and
    the input in units of its rate.

    Parameters
    ----------
    state_dim, hidden, zero_init
        As for :class:`ODEFunc`. With ``zero_init`` the untrained voltage rises at the rate `I`.

    References
    ----------
    Known structure in a learned equation: Kidger 2022, section 2.2 [2]_.
    """

    def __init__(self, state_dim: int = 2, hidden: int = 128, *, zero_init: bool = True) -> None:
        super().__init__()
        self.state_dim = positive_int("state_dim", state_dim)
        self.hidden = positive_int("hidden", hidden)
        self.input_dim = 1
        self.time_input = False
        zero_init = truth_value("zero_init", zero_init)
        self.net = _mlp(state_dim, hidden, state_dim, zero_init=zero_init)

    def forward(self, _: Tensor, y: Tensor, I: Tensor) -> Tensor:
        """Evaluate the field at states of shape (B, D) and inputs of shape (B,) or (B, 1)."""
        change: Tensor = self.net(y)
        return change + nn.functional.pad(I.view(len(y), 1), (0, self.state_dim - 1))

    def check_fits(self, y0: Tensor, I: Drive) -> None:
        """Refuse states or inputs of another width, dtype or device than the network's.

        Raises
        ------
        ValueError
            With what came and what was expected.
        """
        _check_fits(y0, I, self)


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

    def forward(self, y0: Tensor, I: Drive, t_eval: Tensor) -> Tensor:
        """Integrate from ``y0`` over ``t_eval``; see :func:`rk4_integrate`. Shape (T, B, D)."""
        return rk4_integrate(self.func, y0, I, t_eval)


class DiscreteRNN(nn.Module):
    """The control: the same network, used as a residual step instead of a derivative.

    It keeps the article's name, but has no hidden state: in the field's words it is a learned flow
    map, or a residual network with the same weights in every layer.

    ``y ← y + net(y, I)`` knows nothing of time. What one step means is fixed by the sampling of
    the data it was trained on.

    Parameters
    ----------
    state_dim, input_dim, hidden, zero_init, output_scale
        As for :class:`ODEFunc`, whose parameter count it matches. With ``output_scale=dt`` the
        step is Euler's, and the network a field.
    """

    def __init__(
        self,
        state_dim: int = 2,
        hidden: int = 128,
        *,
        input_dim: int = 1,
        zero_init: bool = True,
        output_scale: float = 1.0,
    ) -> None:
        super().__init__()
        self.state_dim = positive_int("state_dim", state_dim)
        self.hidden = positive_int("hidden", hidden)
        self.input_dim = positive_int("input_dim", input_dim, minimum=0)
        self.output_scale = positive_number("output_scale", output_scale)
        self.time_input = False
        zero_init = truth_value("zero_init", zero_init)
        self.net = _mlp(state_dim + input_dim, hidden, state_dim, zero_init=zero_init)

    def step(self, y: Tensor, I: Tensor | None) -> Tensor:
        """Change of the state over one step, shape (B, D)."""
        return self.output_scale * self.net(torch.cat(_state_and_input(y, I), dim=-1))

    def rollout(self, y0: Tensor, I: Tensor | None, n_steps: int) -> Tensor:
        """Take ``n_steps`` residual steps from ``y0``.

        Parameters
        ----------
        y0 : Tensor, shape (B, D)
        I : Tensor, shape (B,) or (B, M); None if the network has no input
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
        check_state(y0, I)
        _check_fits(y0, I, self)
        return self._follow(y0, [I] * n_steps)

    def forward(self, y0: Tensor, I: Drive, t_eval: Tensor) -> Tensor:
        """One step per interval of ``t_eval``, however long the interval is. Shape (T, B, D).

        Of an input signal a step sees the value at its start.
        """
        times = check_inputs(y0, I, t_eval)
        _check_fits(y0, I, self)
        if not is_signal(I):
            return self._follow(y0, [I] * (len(times) - 1))  # type: ignore[list-item]
        starts = times[:-1].detach().numpy()
        values = values_at(signals_of(I, len(y0)), starts, starts)
        return self._follow(y0, like(torch.as_tensor(values), y0))

    def _follow(self, y: Tensor, inputs: Iterable[Tensor | None]) -> Tensor:
        states = [y]
        for I in inputs:
            y = y + self.step(y, I)
            states.append(y)
        return torch.stack(states)


def _state_and_input(y: Tensor, I: Tensor | None) -> list[Tensor]:
    """What a network sees, before time: columns of shape (B, D) and (B, M)."""
    return [y] if I is None else [y, I.view(len(y), -1)]


def make_model(
    kind: Literal["neural_ode", "discrete_rnn"] = "neural_ode",
    *,
    seed: int,
    state_dim: int = 2,
    input_dim: int = 1,
    hidden: int = 128,
    time_input: bool = False,
    zero_init: bool = True,
    time_unit: float = 1.0,
    output_scale: float = 1.0,
    added_input: bool = False,
) -> NeuralODE | DiscreteRNN:
    """Initialise a model from a seed, without touching the global random state.

    Parameters
    ----------
    kind : {"neural_ode", "discrete_rnn"}
    seed : int
        Seed of the initial weights.
    state_dim, input_dim, hidden, time_input, zero_init, time_unit, output_scale
        See :class:`~neurode_lib.models.ODEFunc`. A discrete RNN has no time input.
    added_input : bool, default False
        Whether the field is an :class:`~neurode_lib.models.AdditiveODEFunc`, which has one input
        and neither time nor scales.

    Raises
    ------
    ValueError
        If an argument is out of range, or a model is asked for what it does not have.
    """
    one_of("kind", kind, ("neural_ode", "discrete_rnn"))
    seed = positive_int("seed", seed, minimum=0)
    time_input = truth_value("time_input", time_input)
    zero_init = truth_value("zero_init", zero_init)
    added_input = truth_value("added_input", added_input)
    if kind == "discrete_rnn" and time_input:
        raise ValueError("time_input must be False for a discrete_rnn, got True")
    if added_input and (kind, input_dim, time_input, time_unit, output_scale) != (
        "neural_ode", 1, False, 1.0, 1.0,
    ):  # fmt: skip
        raise ValueError(
            "added_input must be False unless the model is a neural_ode with one input, without "
            "time and with scales of 1, got True"
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if added_input:
            return NeuralODE(AdditiveODEFunc(state_dim, hidden, zero_init=zero_init))
        if kind == "discrete_rnn":
            return DiscreteRNN(
                state_dim,
                hidden,
                input_dim=input_dim,
                zero_init=zero_init,
                output_scale=output_scale,
            )
        field = ODEFunc(
            state_dim,
            hidden,
            input_dim=input_dim,
            time_input=time_input,
            zero_init=zero_init,
            time_unit=time_unit,
            output_scale=output_scale,
        )
        return NeuralODE(field)


def network_of(model: nn.Module) -> nn.Sequential:
    """The multilayer perceptron inside a model.

    Parameters
    ----------
    model : NeuralODE or DiscreteRNN

    Returns
    -------
    nn.Sequential
        The very network, not a copy.

    Raises
    ------
    TypeError
        If the model is of another type, or a :class:`NeuralODE` of another field than an
        :class:`ODEFunc` or :class:`AdditiveODEFunc`.
    """
    if isinstance(model, NeuralODE) and isinstance(model.func, (ODEFunc, AdditiveODEFunc)):
        return model.func.net
    if isinstance(model, DiscreteRNN):
        return model.net
    raise TypeError(
        f"model must be a NeuralODE of an ODEFunc or a DiscreteRNN, got {type(model).__name__}"
    )


def save_model(model: NeuralODE | DiscreteRNN, path: str | Path) -> None:
    """Write a model of one's own to a safetensors file; :func:`load_model` reads it.

    Parameters
    ----------
    model : NeuralODE or DiscreteRNN
        Of any field.
    path : str or Path
        Where to; the folder is made if it is missing.

    Raises
    ------
    ValueError
        If an argument is of another kind.
    """
    if not isinstance(model, (NeuralODE, DiscreteRNN)):
        raise ValueError(f"model must be a NeuralODE or a DiscreteRNN, got {shown(model)}")
    path = folder_or_file("path", path)
    field = model.func if isinstance(model, NeuralODE) else model
    metadata: dict[str, Any] = {
        "model": "neural_ode" if isinstance(model, NeuralODE) else "discrete_rnn",
        "field": type(field).__name__,
        "trained_currents": getattr(model, "trained_currents", None),
    }
    if type(field) in (ODEFunc, DiscreteRNN):
        names = ["state_dim", "input_dim", "hidden", "output_scale"]
        names += ["time_input", "time_unit"] if isinstance(field, ODEFunc) else []
        metadata["settings"] = {name: getattr(field, name) for name in names}
    elif type(field) is AdditiveODEFunc:
        metadata["settings"] = {"state_dim": field.state_dim, "hidden": field.hidden}
    save_weights(path, model.state_dict(), metadata)


def load_model(path: str | Path, func: nn.Module | None = None) -> NeuralODE | DiscreteRNN:
    """A model that :func:`save_model` wrote, on the CPU.

    Parameters
    ----------
    path : str or Path
    func : nn.Module, optional
        For a field that is no network of this library: one of the same kind and size, which gets
        the weights. A file of weights must not be able to run code, so it cannot bring its own.

    Returns
    -------
    NeuralODE or DiscreteRNN

    Raises
    ------
    ValueError
        If the file is damaged or holds something else, or ``func`` is missing or does not fit.
    FileNotFoundError
        If there is no such file.
    """
    path = folder_or_file("path", path)
    tensors, metadata = load_weights(path)
    kind, settings = metadata.get("model"), metadata.get("settings", {})
    if kind not in ("neural_ode", "discrete_rnn"):
        raise ValueError(f"{path} holds no model: save_model did not write it")
    if func is not None:
        instance_of("func", func, nn.Module)
    elif not settings:
        raise ValueError(
            f"func must be a field like the {metadata.get('field')} in {path}, which is no network "
            "of this library, got None"
        )
    model: NeuralODE | DiscreteRNN
    if func is not None:
        model = NeuralODE(func)
    elif kind == "discrete_rnn":
        model = DiscreteRNN(**settings)
    elif metadata.get("field") == AdditiveODEFunc.__name__:
        model = NeuralODE(AdditiveODEFunc(**settings))
    else:
        model = NeuralODE(ODEFunc(**settings))
    try:
        dtype = next((value.dtype for value in tensors.values() if value.is_floating_point()), None)
        model.to(dtype).load_state_dict(tensors)
    except RuntimeError as error:
        raise ValueError(f"func must fit the weights in {path}: {reason(error)}") from error
    if metadata.get("trained_currents"):
        bounds = tuple((float(low), float(high)) for low, high in metadata["trained_currents"])
        model.trained_currents = bounds  # type: ignore[assignment]
    return model


def state_dim_of(model: nn.Module) -> int | None:
    """Dimension of a model's state, or None if neither it nor its field says so."""
    state_dim = getattr(getattr(model, "func", model), "state_dim", None)
    return state_dim if isinstance(state_dim, int) else None


def _check_fits(y0: Tensor, I: Drive, model: ODEFunc | AdditiveODEFunc | DiscreteRNN) -> None:
    if y0.shape[1] != model.state_dim:
        raise ValueError(
            f"y0 must have shape (B, {model.state_dim}) for this model, got {shown_tensor(y0)}"
        )
    weight = next(model.parameters())
    if y0.dtype != weight.dtype or y0.device != weight.device:
        raise ValueError(
            f"y0 must have the model's dtype and device ({weight.dtype} on {weight.device}), "
            f"got {y0.dtype} on {y0.device}"
        )
    if components(I) != model.input_dim:
        raise ValueError(
            f"I must have {model.input_dim} components for this model, got {components(I)}"
        )
