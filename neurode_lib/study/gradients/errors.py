"""How wrong a gradient is: by method, horizon, loss, network and current."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from neurode_lib.fitzhugh_nagumo import DT, TRAINED_CURRENTS, simulate
from neurode_lib.models import NeuralODE
from neurode_lib.study.gradients.methods import METHODS, REFERENCE, Gradient, Method, gradient
from neurode_lib.study.pretrained import load_pretrained
from neurode_lib.study.protocol import held_out_starts

HORIZONS = (5.0, 10.0, 20.0, 40.0, 80.0)
NETWORKS = ("neural_ode", "best_recipe")
SEEDS = (0, 1, 2)
N_STARTS = 10
# How far apart the states are to which the adjoint goes back, over 40 units of time.
SPACINGS = (0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 40.0)
SPACED_HORIZON = 40.0
# The costliest runs are left out: the strictest tolerance to the longest horizon, and what adds
# nothing for a loss along the way, where the adjoint goes back to a stored state at every step.
STRICTEST = "adjoint_dopri5_1e-9_float64"
STRICTEST_HORIZON = 40.0
ALONG_THE_WAY = ("backpropagation_rk4", "adjoint_rk4", "adjoint_dopri5_1e-3_float32")

Loss = Literal["end", "way"]


@dataclass(frozen=True)
class GradientProblem:
    """A trained network and the trajectories that it should follow.

    Attributes
    ----------
    func : nn.Module
    y0, I : Tensor, shapes (B, 2) and (B,)
        In float64.
    truth : Tensor, shape (T, B, 2)
        The neuron's own states, every DT.
    """

    func: nn.Module
    y0: Tensor
    I: Tensor
    truth: Tensor

    def samples(
        self, horizon: float, loss: Loss, spacing: float | None = None
    ) -> tuple[Tensor, Tensor]:
        """Output times and targets.

        Parameters
        ----------
        horizon : float
        loss : {"end", "way"}
            Compared are the last states only, or those every DT.
        spacing : float, optional
            How far apart the output times are; without one, as far as the loss allows.
        """
        spacing = spacing or (DT if loss == "way" else horizon)
        times = spacing * torch.arange(round(horizon / spacing) + 1, dtype=torch.float64)
        targets = self.truth[(times / DT).round().long()].clone()
        targets[: -1 if loss == "end" else 1] = torch.nan
        return times, targets

    def gradient(self, method: Method, times: Tensor, targets: Tensor) -> Gradient:
        """Gradient of the loss by one method."""
        return gradient(method, self.func, self.y0, self.I, times, targets)


def trained_field(network: str, seed: int) -> nn.Module:
    """The field of one of the study's networks."""
    model = load_pretrained(network, seed)
    assert isinstance(model, NeuralODE)
    return model.func


def gradient_problem(
    network: str, seed: int, current: float, horizon: float = max(HORIZONS)
) -> GradientProblem:
    """A trained network of the study and the first ten of its held-out starts.

    Parameters
    ----------
    network : str
        A packaged variant of the study.
    seed : int
        Which of its networks.
    current : float
    horizon : float
        How long the neuron is simulated.
    """
    y0 = held_out_starts()[:N_STARTS]
    truth = simulate(y0, current, round(horizon / DT))
    return GradientProblem(
        trained_field(network, seed),
        torch.as_tensor(y0),
        torch.full((N_STARTS,), current, dtype=torch.float64),
        torch.as_tensor(truth).transpose(0, 1),
    )


def relative_error(values: Tensor, reference: Tensor) -> float:
    """Length of the difference over the length of the reference."""
    return ((values - reference).norm() / reference.norm()).item()


def gradient_errors(network: str, seed: int, current: float) -> list[dict[str, object]]:
    """Gradients of one network against the reference.

    Returns
    -------
    list of dict
        For every horizon, loss, method and spacing of output times: relative ``error``, ``cosine``
        of the angle, the ``loss``, ``evaluations`` forward and backward; or an ``error`` of None
        and the ``failure``, where torchdiffeq gave up.
    """
    problem = gradient_problem(network, seed, current)
    rows: list[dict[str, object]] = []

    def judge(name: str, horizon: float, loss: Loss, reference: Tensor, spacing: float) -> None:
        row: dict[str, object] = {
            "network": network,
            "seed": seed,
            "current": current,
            "method": name,
            "loss_at": loss,
            "horizon": horizon,
            "spacing": spacing,
        }
        try:
            found = problem.gradient(METHODS[name], *problem.samples(horizon, loss, spacing))
        except AssertionError as error:  # torchdiffeq's way to give up
            rows.append(row | {"error": None, "failure": str(error)})
            return
        row["error"] = relative_error(found.values, reference)
        row["cosine"] = torch.cosine_similarity(found.values, reference, dim=0).item()
        row["loss"] = found.loss
        row["evaluations"] = [found.evaluations_forward, found.evaluations_backward]
        rows.append(row)

    for horizon in HORIZONS:
        for loss in ("end", "way"):
            reference = problem.gradient(REFERENCE, *problem.samples(horizon, loss)).values
            for name in METHODS if loss == "end" else ALONG_THE_WAY:
                if name != STRICTEST or horizon <= STRICTEST_HORIZON:
                    judge(name, horizon, loss, reference, DT if loss == "way" else horizon)
            if loss == "end" and horizon == SPACED_HORIZON:
                for spacing in SPACINGS[:-1]:
                    for name in ("adjoint_rk4", "adjoint_dopri5_1e-5_float32"):
                        judge(name, horizon, loss, reference, spacing)
    return rows


PARTS = [
    (network, seed, current)
    for seed in SEEDS
    for network in NETWORKS
    for current in TRAINED_CURRENTS
]
