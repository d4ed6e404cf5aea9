"""Networks: a Neural ODE, hybrids of one known equation and a network, a discrete map, a GRU.

`K` networks train as one stack of weights. The library's own training serves networks alone; here
a field may be known in part, a step may be made of several, and a network may remember. All have
two hidden layers of one width, but for the GRU [1]_; all see windows of the data, one after another
at random, and are trained by the optimiser and schedule of a :class:`~neurode_lib.training.Recipe`.

Samples that lie closer than the article's step are thinned to it, into as many trajectories as
there are ways to begin; between samples that lie further apart, a field makes several steps.

References
----------
.. [1] K. Cho et al., "Learning Phrase Representations using RNN Encoder–Decoder for Statistical
       Machine Translation", EMNLP 2014 (gated recurrent unit).
.. [2] C. Rackauckas et al., "Universal Differential Equations for Scientific Machine Learning",
       arXiv:2001.04385 (hybrids).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from neurode_lib.fitzhugh_nagumo import A_PARAM, B_PARAM, DT, TAU
from neurode_lib.methods.stacks import FieldStack, Memory, Stack, StepAsField
from neurode_lib.models import DiscreteRNN, make_model
from neurode_lib.recordings import Recordings
from neurode_lib.training.recipe import Recipe
from neurode_lib.training.rollout import stack_weights
from neurode_lib.weights import Weights

HIDDEN = 64
# Steps of all windows of an update, whatever their length: none owes its success to more.
STEPS_PER_UPDATE = 160


def _perceptron(weights: Weights, x: Tensor) -> Tensor:
    """Two tanh layers and a linear one, for inputs of shape (K, B, n)."""
    for layer in ("0", "2", "4"):
        bias = weights[f"{layer}.bias"].unsqueeze(1)
        x = torch.baddbmm(bias, x, weights[f"{layer}.weight"].transpose(1, 2))
        if layer != "4":
            x = torch.tanh(x)
    return x


class Trainable(Stack):
    """A stack whose weights are trained."""

    dtype = torch.float32
    weights: Weights

    @abstractmethod
    def __init__(self, weights: Weights, interval: float) -> None: ...


class NetworkFields(FieldStack, Trainable):
    """Networks as fields; of one side, v or w, the equation may be known [2]_.

    Parameters
    ----------
    weights : mapping
        As from :func:`neurode_lib.training.rollout.stack_weights`.
    known : {"v", "w"}, optional
        Whose derivative is FitzHugh and Nagumo's, for any neuron; the network gives the other's.
    """

    step = DT

    def __init__(self, weights: Weights, known: str | None = None) -> None:
        self.weights, self.known = weights, known
        self.n_models = len(weights["0.weight"])

    def field(self, y: Tensor, I: Tensor) -> Tensor:
        """Network and known equation together."""
        weights = {name: value.to(y.dtype) for name, value in self.weights.items()}
        learned = _perceptron(weights, torch.cat([y, I.unsqueeze(-1)], dim=-1))
        if self.known is None:
            return learned
        v, w = y.unbind(-1)
        if self.known == "w":
            sides = learned[..., 0], (v + A_PARAM - B_PARAM * w) / TAU
        else:
            sides = v - v * v * v / 3.0 - w + I, learned[..., 1]
        return torch.stack(sides, dim=-1)


class NetworkMaps(Trainable):
    """Networks as residual steps of a fixed time."""

    def __init__(self, weights: Weights, interval: float) -> None:
        self.weights, self.interval = weights, interval
        self.n_models = len(weights["0.weight"])

    def advance(
        self, y: Tensor, I: Tensor, duration: float, memory: Memory
    ) -> tuple[Tensor, Memory]:
        """As many steps as the duration holds."""
        for _ in range(round(duration / self.interval)):
            y = y + _perceptron(self.weights, torch.cat([y, I.unsqueeze(-1)], dim=-1))
        return y, memory

    def reading_as_field(self) -> Stack:
        """The mean velocity of the step."""
        return StepAsField(self)

    def field(self, y: Tensor, I: Tensor) -> Tensor:
        """The mean velocity of the step."""
        weights = {name: value.to(y.dtype) for name, value in self.weights.items()}
        step = _perceptron(weights, torch.cat([y, I.unsqueeze(-1)], dim=-1))
        return step / self.interval

    def member(self, k: int) -> nn.Module:
        """The discrete network itself, whose multipliers decide about stability."""
        model = DiscreteRNN(hidden=self.weights["0.bias"].shape[1])
        model.net.load_state_dict({name: value[k] for name, value in self.weights.items()})
        return model


class Recurrent(Trainable):
    """Gated recurrent units [1]_ that give the change of the state over a fixed time.

    The unit's memory is empty at the start of a forecast.
    """

    def __init__(self, weights: Weights, interval: float) -> None:
        self.weights, self.interval = weights, interval
        self.n_models, self.hidden, _ = weights["out"].shape

    def advance(
        self, y: Tensor, I: Tensor, duration: float, memory: Memory
    ) -> tuple[Tensor, Memory]:
        """As many steps as the duration holds."""
        h = y.new_zeros(*y.shape[:2], self.hidden) if memory is None else memory
        own = self.weights
        for _ in range(round(duration / self.interval)):
            x = torch.cat([y, I.unsqueeze(-1)], dim=-1)
            from_input = torch.baddbmm(own["bias"].unsqueeze(1), x, own["input"])
            from_memory = torch.bmm(h, own["recurrent"])
            reset, update, new = from_input.chunk(3, dim=-1)
            reset_h, update_h, new_h = from_memory.chunk(3, dim=-1)
            gate = torch.sigmoid(update + update_h)
            candidate = torch.tanh(new + torch.sigmoid(reset + reset_h) * new_h)
            h = gate * h + (1.0 - gate) * candidate
            y = y + torch.bmm(h, own["out"])
        return y, h

    def reading_as_field(self) -> None:
        """Its step depends on what it remembers: there is no other reading."""

    def member(self, k: int) -> None:
        """No function of the state alone."""


def initial_networks(seeds: Sequence[int], *, hidden: int = HIDDEN) -> Weights:
    """The weights that the book's networks begin with: their last layer is zero."""
    return stack_weights([make_model(seed=seed, hidden=hidden) for seed in seeds])


def initial_units(seeds: Sequence[int], *, hidden: int = HIDDEN) -> Weights:
    """Gated units with PyTorch's initial weights; what they give begins at zero."""
    found: dict[str, list[Tensor]] = {"input": [], "recurrent": [], "bias": [], "out": []}
    with torch.random.fork_rng(devices=[]):
        for seed in seeds:
            torch.manual_seed(seed)
            cell = nn.GRUCell(3, hidden)
            found["input"].append(cell.weight_ih.detach().T)
            found["recurrent"].append(cell.weight_hh.detach().T)
            found["bias"].append(cell.bias_ih.detach())
            found["out"].append(torch.zeros(hidden, 2))
    return {name: torch.stack(values).contiguous() for name, values in found.items()}


@dataclass(frozen=True)
class _Paths:
    """All trajectories of each data set, (K, N, T, 2), their currents (K, N), and the sampling."""

    states: Tensor
    currents: Tensor
    dt: float


def _thinned(data_sets: Sequence[Recordings]) -> _Paths:
    """Samples no closer than the article's step, and as many trajectories as that makes."""
    grid = data_sets[0].times[0]
    every = max(1, round(DT / (grid[1] - grid[0])))
    length = (len(grid) - 1) // every
    states = np.stack([np.stack(data.values) for data in data_sets])
    # Those that begin later end with the one sample less that they have.
    length -= every > 1
    parts = [states[:, :, first : first + every * length + 1 : every] for first in range(every)]
    currents = np.tile(np.stack([np.asarray(data.inputs) for data in data_sets]), (1, every))
    return _Paths(
        torch.as_tensor(np.concatenate(parts, axis=1), dtype=torch.float32),
        torch.as_tensor(currents, dtype=torch.float32),
        float(every * (grid[1] - grid[0])),
    )


def train_stack(stack: Trainable, data_sets: Sequence[Recordings], recipe: Recipe) -> None:
    """Train all models of a stack, each on its own data set, in place.

    Parameters
    ----------
    stack : Trainable
    data_sets : sequence of Recordings
        One for each model, alike in size, on one even grid, with nothing missing.
    recipe : Recipe
        Its window counts sampling intervals, and at least the article's step each.
    """
    paths = _thinned(data_sets)
    n_models, n_paths, n_samples, _ = paths.states.shape
    window = min(recipe.window or n_samples, n_samples - 1)
    batch = recipe.batch or n_paths
    models = torch.arange(n_models)[:, None]
    parameters = [value.requires_grad_() for value in stack.weights.values()]
    optimizer = torch.optim.AdamW(parameters, lr=recipe.lr, weight_decay=recipe.weight_decay)
    # One generator for all: a model's batches depend on its place in the stack.
    draws = torch.Generator().manual_seed(0)
    for update in range(recipe.updates):
        which = torch.randint(n_paths, (n_models, batch), generator=draws)
        first = torch.randint(n_samples - window, (n_models, batch), generator=draws)
        y, I, memory = paths.states[models, which, first], paths.currents[models, which], None
        losses = torch.zeros(n_models)
        for n in range(1, window + 1):
            y, memory = stack.advance(y, I, paths.dt, memory)
            losses = losses + (y - paths.states[models, which, first + n]).square().mean((1, 2))
        optimizer.zero_grad()
        (losses.sum() / window).backward()
        _clip_each(parameters, recipe.clip_norm)
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate(update)
        optimizer.step()
    for value in parameters:
        value.requires_grad_(False)


def _clip_each(parameters: Sequence[Tensor], clip_norm: float | None) -> None:
    """Clip each model's gradient by its own norm; one that is not finite moves nothing."""
    gradients = [value.grad for value in parameters if value.grad is not None]
    norms = torch.stack([g.flatten(1).square().sum(1) for g in gradients]).sum(0).sqrt()
    limit = torch.inf if clip_norm is None else clip_norm
    factor = torch.where(torch.isfinite(norms), (limit / (norms + 1e-6)).clamp(max=1.0), 0.0)
    for gradient in gradients:
        gradient.nan_to_num_(0.0, 0.0, 0.0).mul_(factor.view(-1, *[1] * (gradient.dim() - 1)))


def recipe_for(window: int, updates: int) -> Recipe:
    """The better recipe of the book, at a smaller size, for windows of some length."""
    batch = max(1, STEPS_PER_UPDATE // window)
    return Recipe(updates=updates, window=window, batch=batch, weight_decay=0.0)


def step_of(data: Recordings) -> float:
    """How long a network's step is on these data: the sampling, or the article's step if longer."""
    grid = data.times[0]
    return max(DT, float(grid[1] - grid[0]))
