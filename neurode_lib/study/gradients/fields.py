"""What makes a field hard to follow: how fast it contracts, how stiff it is, what a solver needs.

Along a trajectory, a small distance in the plane shrinks as ``exp(∫ div f dt)``, by area. What
shrinks forward grows backward, so a solver that goes back over the trajectory loses as many decimal
digits as the area has lost.

References
----------
.. [1] E. Hairer, G. Wanner, "Solving Ordinary Differential Equations II", 2nd ed., Springer 1996,
       section IV.2 (stiffness and the step of explicit methods).
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import jacrev, vmap
from torchdiffeq import odeint

from neurode_lib.fitzhugh_nagumo import A_PARAM, B_PARAM, DT, TAU, TRAINED_CURRENTS
from neurode_lib.integrator import rk4_integrate
from neurode_lib.models import NeuralODE
from neurode_lib.study.gradients.errors import HORIZONS, N_STARTS, trained_field
from neurode_lib.study.gradients.methods import DrivenField
from neurode_lib.study.pretrained import load_snapshot
from neurode_lib.study.protocol import held_out_starts
from neurode_lib.study.variants import SEEDS, SNAPSHOT_UPDATES

NEURON = "neuron"
SNAPSHOTS_OF = "neural_ode"
TOLERANCES = (1e-3, 1e-5, 1e-7)
EVALUATED_TO = 40.0
# The path is followed this much more finely than the networks step.
SUBSTEPS = 10


class NeuronField(nn.Module):
    """The neuron itself, as torchdiffeq and autograd can take it."""

    def forward(self, _t: Tensor, y: Tensor, I: Tensor) -> Tensor:
        """Derivatives, shape (B, 2)."""
        v, w = y.unbind(-1)
        return torch.stack([v - v**3 / 3.0 - w + I, (v + A_PARAM - B_PARAM * w) / TAU], dim=-1)


def jacobians(func: nn.Module, states: Tensor, current: float) -> Tensor:
    """Jacobians of a field with respect to the state.

    Parameters
    ----------
    func : nn.Module
        Called as ``func(t, y, I)``.
    states : Tensor, shape (..., D)
    current : float

    Returns
    -------
    Tensor, shape (..., D, D)
    """
    t = states.new_zeros(())
    drive = states.new_full((1,), current)

    def at(y: Tensor) -> Tensor:
        return func(t, y[None], drive)[0]

    flat = states.reshape(-1, states.shape[-1])
    return vmap(jacrev(at))(flat).detach().view(*states.shape, states.shape[-1])


def evaluations_of(func: nn.Module, y0: Tensor, current: float, tolerance: float) -> int:
    """Calls of the field that dopri5 needs for one batch of trajectories to ``EVALUATED_TO``.

    Parameters
    ----------
    func : nn.Module
    y0 : Tensor, shape (B, D)
        Its dtype is what the solver computes in.
    current, tolerance : float
        The tolerance is relative and absolute.
    """
    field = DrivenField(func, y0.new_full((len(y0),), current))
    with torch.no_grad():
        span = y0.new_tensor([0.0, EVALUATED_TO])
        odeint(field, y0, span, method="dopri5", rtol=tolerance, atol=tolerance)
    return field.evaluations


def digits_lost(func: nn.Module, path: Tensor, current: float, dt: float) -> Tensor:
    """Decimal digits by which area has shrunk along trajectories: ``-∫ div f dt / ln 10``.

    Parameters
    ----------
    func : nn.Module
    path : Tensor, shape (T, B, D)
        States every ``dt``.
    current, dt : float

    Returns
    -------
    Tensor, shape (T, B)
        Since the start; negative where area has grown.
    """
    divergence = jacobians(func, path, current).diagonal(dim1=-2, dim2=-1).sum(-1)
    grown = torch.cumulative_trapezoid(divergence, dx=dt, dim=0)
    return torch.cat([grown.new_zeros(1, path.shape[1]), -grown]) / math.log(10.0)


def measure_fields(network: str) -> list[dict[str, Any]]:
    """Contraction, stiffness and evaluations of the ten networks of a recipe, or of the neuron.

    Parameters
    ----------
    network : str
        A packaged variant of the study, or ``NEURON``.

    Returns
    -------
    list of dict
        For every seed and trained current, from the starts of the other measurements: ``digits``,
        those lost to each of ``HORIZONS``, where most are; ``fastest``, the most negative real part
        of an eigenvalue along the way; ``evaluations`` to each of ``TOLERANCES``.
    """
    y0 = torch.as_tensor(held_out_starts()[:N_STARTS])
    dt = DT / SUBSTEPS
    grid = dt * torch.arange(round(max(HORIZONS) / dt) + 1, dtype=torch.float64)
    rows = []
    for seed in (None,) if network == NEURON else SEEDS:
        func = NeuronField() if seed is None else trained_field(network, seed).double()
        for current in TRAINED_CURRENTS:
            drive = y0.new_full((N_STARTS,), current)
            with torch.no_grad():
                path = rk4_integrate(func, y0, drive, grid)[::SUBSTEPS]
            lost = digits_lost(func, path, current, DT).max(dim=1).values
            eigenvalues = torch.linalg.eigvals(jacobians(func, path, current))
            rows.append(
                {
                    "network": network,
                    "seed": seed,
                    "current": current,
                    "digits": [lost[round(horizon / DT)].item() for horizon in HORIZONS],
                    "fastest": eigenvalues.real.min().item(),
                    "evaluations": [
                        evaluations_of(func, y0, current, tolerance) for tolerance in TOLERANCES
                    ],
                }
            )
    return rows


def measure_snapshots() -> list[dict[str, Any]]:
    """What dopri5 needs while the article's recipe trains: seed 0, from its stored snapshots.

    Returns
    -------
    list of dict
        For every stored ``update`` and trained current, ``evaluations`` to each of ``TOLERANCES``.
    """
    y0 = torch.as_tensor(held_out_starts()[:N_STARTS])
    rows = []
    for update in SNAPSHOT_UPDATES:
        model = load_snapshot(SNAPSHOTS_OF, update)
        assert isinstance(model, NeuralODE)
        func = model.func.double()
        for current in TRAINED_CURRENTS:
            evaluations = [evaluations_of(func, y0, current, each) for each in TOLERANCES]
            rows.append({"update": update, "current": current, "evaluations": evaluations})
    return rows
