"""Finished jobs on disk: what lets a study that was stopped go on where it was.

A job is one safetensors file. Its tensors are ``loss`` and ``grad_norm``,
``weights/<name>`` stacked over the job's seeds, ``snapshots/<update>/<name>`` of one seed, and
``curves/<position of the seed>/<metric>/<current>``; numbers and seconds are in its metadata.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from neurode_lib._checks import reason
from neurode_lib.study.jobs import Job, JobResult
from neurode_lib.study.pretrained import model_in_row
from neurode_lib.study.protocol import Evaluation
from neurode_lib.study.variants import VARIANTS
from neurode_lib.weights import load_weights, save_weights


def save_job(folder: Path, job: Job, result: JobResult) -> None:
    """Keep a finished job."""
    tensors = {f"weights/{name}": value for name, value in result.weights.items()}
    tensors |= {
        f"snapshots/{update}/{name}": value
        for update, weights in result.snapshots.items()
        for name, value in weights.items()
    }
    tensors["loss"] = torch.from_numpy(result.loss)
    tensors["grad_norm"] = torch.from_numpy(result.grad_norm)
    tensors |= {
        f"curves/{i}/{name}/{current}": torch.from_numpy(curve)
        for i, evaluation in enumerate(result.evaluations)
        for (name, current), curve in evaluation.curves.items()
    }
    numbers = [
        # As text: JSON itself has no infinity and no NaN.
        [[name, current, repr(value)] for (name, current), value in evaluation.numbers.items()]
        for evaluation in result.evaluations
    ]
    save_weights(
        _path(folder, job),
        tensors,
        {"numbers": numbers, "seconds": result.seconds, "protocol": result.protocol},
    )


def load_job(folder: Path, job: Job) -> JobResult | None:
    """A finished job, or None if there is none; a damaged file is named and will be redone."""
    path = _path(folder, job)
    if not path.exists():
        return None
    if path.is_dir():  # where the result will have to go
        aside = Path(tempfile.mkdtemp(dir=folder, prefix="aside-"))
        path.rename(aside / path.name)
        print(f"{path.name} was a folder, now in {aside}; the job is run again", file=sys.stderr)
        return None
    try:
        tensors, metadata = load_weights(path)
        result = _sorted_out(tensors, metadata)
        _check(job, result)
    except (ValueError, LookupError, TypeError) as error:
        print(
            f"{path.name} is no result of this job ({reason(error)}); it is run again",
            file=sys.stderr,
        )
        return None
    return result


def _path(folder: Path, job: Job) -> Path:
    return folder / f"{job.name}.safetensors"


def _sorted_out(tensors: dict[str, Tensor], metadata: dict[str, Any]) -> JobResult:
    """The content of a file as a result; an exception says that it cannot be one."""
    result = JobResult(
        weights={},
        loss=tensors.pop("loss").numpy(),
        grad_norm=tensors.pop("grad_norm").numpy(),
        evaluations=[
            Evaluation({(name, current): float(value) for name, current, value in rows})
            for rows in metadata["numbers"]
        ],
        seconds=float(metadata["seconds"]),
        protocol=int(metadata["protocol"]),
    )
    for key, value in tensors.items():
        part, _, rest = key.partition("/")
        if part == "weights":
            result.weights[rest] = value
        elif part == "snapshots":
            update, name = rest.split("/")
            result.snapshots.setdefault(int(update), {})[name] = value
        else:
            i, name, current = rest.split("/")
            result.evaluations[int(i)].curves[name, float(current)] = value.numpy()
    return result


def _check(job: Job, result: JobResult) -> None:
    """Refuse a result that is not what this job's network and its measurements need."""
    if len(result.evaluations) != len(job.seeds):
        raise ValueError(f"{len(result.evaluations)} models are measured, not {len(job.seeds)}")
    shape = (len(job.seeds), job.recipe.updates)
    for name, curve in (("loss", result.loss), ("grad_norm", result.grad_norm)):
        if curve.shape != shape:
            raise ValueError(f"{name} has shape {curve.shape} instead of {shape}")
    model_in_row(result.weights, 0, VARIANTS[job.variant], job.hidden)
