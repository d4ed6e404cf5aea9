"""The work of one job: train one variant for some seeds, and measure what came of it.

A job carries all that determines its result, so that any process of any machine may do it, and
do it again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

import numpy as np
import torch

from neurode_lib._checks import FloatArray
from neurode_lib.fitzhugh_nagumo import DT, TRAINED_CURRENTS, TRAINED_STEPS
from neurode_lib.models import DiscreteRNN, NeuralODE
from neurode_lib.study.pretrained import model_in_row
from neurode_lib.study.protocol import PROTOCOL, Evaluation, evaluate
from neurode_lib.study.variants import (
    SNAPSHOT_SEED,
    SNAPSHOT_UPDATES,
    SNAPSHOT_VARIANTS,
    VARIANTS,
    Variant,
    new_model,
    training_set,
    variant_named,
)
from neurode_lib.training.history import History
from neurode_lib.training.loop import train_ensemble
from neurode_lib.training.recipe import Recipe
from neurode_lib.training.rollout import stack_weights
from neurode_lib.weights import Weights

REFERENCE_UPDATES = 5
# Settings of a variant that came after results of others were stored. Where they say what was
# done before they came, they have no part in the name of a job; neither has what is kept of it.
_LATER = {"added_input": False, "fit_starts": False, "currents": TRAINED_CURRENTS}
_NO_PART = {"drawn"}


@dataclass(frozen=True)
class Job:
    """Train and measure one variant for some seeds; carries all that a worker needs."""

    variant: str
    seeds: tuple[int, ...]
    recipe: Recipe
    hidden: int
    threads: int

    @property
    def name(self) -> str:
        """File name without ending; it changes with everything that determines the weights."""
        setup = {
            key: value
            for key, value in asdict(VARIANTS[self.variant]).items()
            if key not in _NO_PART and not (key in _LATER and value == _LATER[key])
        }
        identity = json.dumps(asdict(self) | {"setup": setup})
        digest = hashlib.sha256(identity.encode()).hexdigest()[:10]
        return f"{self.variant}-seeds-{self.seeds[0]}-{self.seeds[-1]}-{digest}"


@dataclass
class JobResult:
    """What a job brings home, measured by a protocol of that number."""

    weights: Weights
    loss: FloatArray
    grad_norm: FloatArray
    evaluations: list[Evaluation]
    seconds: float
    snapshots: dict[int, Weights] = field(default_factory=dict)
    protocol: int = PROTOCOL


def run_job(job: Job, trained: JobResult | None = None) -> JobResult:
    """Train and measure, or only measure again what is trained; what an executor is given."""
    torch.set_num_threads(job.threads)
    if trained is None:
        trained = _train(job)
    variant = variant_named(job.variant)
    return replace(
        trained,
        protocol=PROTOCOL,
        evaluations=[
            evaluate(
                model_in_row(trained.weights, row, variant, job.hidden),
                *training_set(variant, seed),
            )
            for row, seed in enumerate(job.seeds)
        ],
    )


def _train(job: Job) -> JobResult:
    """The job's weights and how they came about, not yet measured."""
    variant = variant_named(job.variant)
    data = [training_set(variant, seed) for seed in job.seeds]
    wants_snapshots = variant.name in SNAPSHOT_VARIANTS and SNAPSHOT_SEED in job.seeds
    models, history = _trained(
        variant,
        job.seeds,
        data,
        job.recipe,
        job.hidden,
        snapshots_at=SNAPSHOT_UPDATES if wants_snapshots else (),
    )
    if history.interrupted:
        raise KeyboardInterrupt
    row = job.seeds.index(SNAPSHOT_SEED) if wants_snapshots else 0
    return JobResult(
        weights=stack_weights(models),
        loss=history.loss.T,
        grad_norm=history.grad_norm.T,
        evaluations=[],
        seconds=history.seconds,
        snapshots={
            update: {name: value[row] for name, value in weights.items()}
            for update, weights in history.snapshots.items()
        },
    )


def reference_losses(name: str, seed: int, hidden: int = 128) -> list[float]:
    """Losses of a variant's first updates, from which a test tells whether results are stale."""
    variant = variant_named(name)
    recipe = replace(variant.recipe, updates=REFERENCE_UPDATES)
    _, history = _trained(variant, [seed], [training_set(variant, seed)], recipe, hidden)
    return [float(loss) for loss in history.loss[:, 0]]


def _trained(
    variant: Variant,
    seeds: Sequence[int],
    data: Sequence[tuple[FloatArray, FloatArray]],
    recipe: Recipe,
    hidden: int,
    snapshots_at: Sequence[int] = (),
) -> tuple[list[NeuralODE | DiscreteRNN], History]:
    """A variant's models, one for each seed and its data, trained together."""
    return train_ensemble(
        [new_model(variant, seed, hidden) for seed in seeds],
        np.stack([states for states, _ in data]),
        np.stack([currents for _, currents in data]),
        DT * np.arange(TRAINED_STEPS + 1),
        recipe,
        seeds=seeds,
        fit_starts=variant.fit_starts,
        progress=False,
        snapshots_at=snapshots_at,
    )
