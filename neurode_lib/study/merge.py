"""From finished jobs to the files of a study: weights, table, curves, snapshots, provenance."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from neurode_lib.study.config import StudyConfig
from neurode_lib.study.jobs import REFERENCE_UPDATES, Job, JobResult, reference_losses
from neurode_lib.study.provenance import checked_files, environment, write_provenance
from neurode_lib.study.variants import VARIANTS
from neurode_lib.weights import Weights, save_weights, write_atomically


def merge(
    config: StudyConfig, outcomes: Mapping[Job, JobResult], wall_seconds: float | None
) -> None:
    """Write the results of all jobs; rows of everything come in the order of the jobs."""
    curves: dict[str, Tensor] = {}
    snapshots: dict[str, Tensor] = {}
    for name in config.variants:
        results = [result for job, result in outcomes.items() if job.variant == name]
        if VARIANTS[name].packaged:
            save_weights(
                config.out / f"{name}.safetensors",
                _weights(results),
                {"variant": name, "seeds": list(config.seeds)},
            )
        if VARIANTS[name].drawn:
            curves |= {f"{name}/{key}": curve for key, curve in _curves(results).items()}
        snapshots |= {f"{name}/{key}": value for key, value in _snapshots(results).items()}
    write_atomically(config.out / "results.csv", _table(outcomes).encode())
    save_weights(config.out / "curves.safetensors", curves)
    save_weights(config.out / "snapshots.safetensors", snapshots)
    # Last, since it vouches for the others: a reader of half a merge sees that they do not match.
    write_provenance(config.out, _provenance(config, outcomes, wall_seconds))


def is_merged(folder: Path, jobs: Collection[Job]) -> bool:
    """Whether a folder holds whole results of these jobs, and not those of another study."""
    try:
        provenance, _ = checked_files(folder)
    except (FileNotFoundError, ValueError):
        return False
    return bool(provenance.get("jobs") == _names(jobs))


def _names(jobs: Collection[Job]) -> list[str]:
    return sorted(job.name for job in jobs)


def _table(outcomes: Mapping[Job, JobResult]) -> str:
    """Every number: one row for each variant, seed, metric and current."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["variant", "seed", "metric", "current", "value"])
    for job, result in outcomes.items():
        for seed, evaluation in zip(job.seeds, result.evaluations, strict=True):
            for (metric, current), value in evaluation.numbers.items():
                label = "" if current is None else f"{current:g}"
                writer.writerow([job.variant, seed, metric, label, f"{value:.9g}"])
    return table.getvalue()


def _weights(results: Sequence[JobResult]) -> Weights:
    """Weights of one variant, stacked over the seeds of all its jobs."""
    return {
        key: torch.cat([result.weights[key] for result in results]) for key in results[0].weights
    }


def _curves(results: Sequence[JobResult]) -> dict[str, Tensor]:
    """Curves of one variant by ``name/current``, each of shape (n_seeds, n_points)."""
    evaluations = [evaluation for result in results for evaluation in result.evaluations]
    curves = {
        "loss/": np.concatenate([result.loss for result in results]),
        "grad_norm/": np.concatenate([result.grad_norm for result in results]),
    } | {
        f"{name}/{current:g}": np.stack(
            [evaluation.curves[name, current] for evaluation in evaluations]
        )
        for name, current in evaluations[0].curves
    }
    # Figures need no more than float32, and the package stays small.
    return {key: torch.from_numpy(curve).float() for key, curve in curves.items()}


def _snapshots(results: Sequence[JobResult]) -> dict[str, Tensor]:
    """Snapshots of one variant by ``update/weight``, in half precision."""
    return {
        f"{update}/{name}": value.half()
        for result in results
        for update, weights in result.snapshots.items()
        for name, value in weights.items()
    }


def _provenance(
    config: StudyConfig, outcomes: Mapping[Job, JobResult], wall_seconds: float | None
) -> dict[str, Any]:
    """How these results came about, for whoever wants to make them again or doubts them."""
    return {
        **environment(),
        "threads_per_job": config.threads,
        "seeds": list(config.seeds),
        "jobs": _names(outcomes),
        "wall_seconds": wall_seconds,
        "training_seconds": {
            name: sum(result.seconds for job, result in outcomes.items() if job.variant == name)
            for name in config.variants
        },
        # Which metrics a variant has; see PROTOCOL.
        "protocols": {
            name: min(result.protocol for job, result in outcomes.items() if job.variant == name)
            for name in config.variants
        },
        "recipes": {name: asdict(config.recipe_of(VARIANTS[name])) for name in config.variants},
        "reference": {
            "updates": REFERENCE_UPDATES,
            "hidden": config.hidden,
            "loss_of_first_seed": {
                name: reference_losses(name, config.seeds[0], config.hidden)
                for name in config.variants
            },
        },
    }
