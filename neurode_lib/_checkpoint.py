"""A training run on disk, so that it can be continued as if nothing had happened."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from neurode_lib._checks import non_negative_number, positive_int, reason
from neurode_lib._ensemble import Ensemble
from neurode_lib.rollout import Weights
from neurode_lib.weights import load_weights, save_weights


def save_run(run: Ensemble, path: Path) -> None:
    """Write all that the next update depends on, and what is to be told at the end."""
    if run.update == 0:  # nothing learned, and no moments to keep
        return
    tensors: Weights = dict(run.weights)
    for name, weight in run.weights.items():
        moments = run.optimizer.state[weight]
        tensors |= {f"{name}.{key}": moments[key] for key in moments}
        tensors[f"{name}.last_good"] = run.last_good[name]
    for update, weights in run.snapshots.items():
        tensors |= {f"snapshot.{update}.{name}": value for name, value in weights.items()}
    tensors["loss"] = torch.tensor(np.array(run.loss))
    tensors["grad_norm"] = torch.tensor(np.array(run.grad_norm))
    save_weights(
        path,
        tensors,
        {
            "identity": _identity(run),
            "update": run.update,
            "seconds": run.seconds,
            "stopped_at": run.stopped_at,
            "snapshots": sorted(run.snapshots),
        },
    )


def restore_run(run: Ensemble, path: Path) -> None:
    """Continue from a checkpoint: bring a run that has just begun to where the file's was.

    Raises
    ------
    ValueError
        If the file is damaged, belongs to another run, or lacks something.
    """
    tensors, metadata = load_weights(path)
    if metadata.get("identity") != _identity(run):
        raise ValueError(
            f"checkpoint {path} belongs to another recipe, other seeds, other data or another "
            "grid; "
            "remove it or name another file"
        )
    try:
        _take_over(run, tensors, metadata)
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"checkpoint {path} is not one of this version: {reason(error)}; remove it"
        ) from error


def _identity(run: Ensemble) -> dict[str, object]:
    """What a checkpoint must agree on to be continued."""
    digest = hashlib.sha256()
    for part in (run.windows.states, run.windows.currents, run.windows.grid):
        digest.update(f"{part.dtype} {tuple(part.shape)}".encode())
        digest.update(part.cpu().numpy().tobytes())
    return {
        "recipe": asdict(run.recipe),
        "seeds": run.seeds,
        "stepping": run.stepping,
        "shapes": {name: list(weight.shape) for name, weight in run.weights.items()},
        "data": digest.hexdigest(),
    }


def _take_over(run: Ensemble, tensors: Weights, metadata: dict[str, Any]) -> None:
    def like(key: str, shape: Sequence[int], dtype: torch.dtype) -> Tensor:
        value = tensors[key]
        if value.shape != tuple(shape) or value.dtype != dtype:
            raise ValueError(f"{key} has shape {tuple(value.shape)} and type {value.dtype}")
        return value

    for name, weight in run.weights.items():
        stored = {
            part: like(f"{name}{part}", weight.shape, weight.dtype).to(weight.device)
            for part in ("", ".last_good", ".exp_avg", ".exp_avg_sq")
        }
        weight.data.copy_(stored[""])
        run.last_good[name] = stored[".last_good"]
        run.optimizer.state[weight] = {
            "step": like(f"{name}.step", (), torch.float32),
            "exp_avg": stored[".exp_avg"],
            "exp_avg_sq": stored[".exp_avg_sq"],
        }
    run.update = positive_int("update", metadata["update"], minimum=0)
    run.seconds = non_negative_number("seconds", metadata["seconds"])
    run.stopped_at = list(metadata["stopped_at"])
    so_far = (run.update, len(run.models))
    run.loss = list(like("loss", so_far, torch.float64).numpy())
    run.grad_norm = list(like("grad_norm", so_far, torch.float64).numpy())
    for update in metadata["snapshots"]:
        run.snapshots[update] = {
            name: like(f"snapshot.{update}.{name}", weight.shape, weight.dtype)
            for name, weight in run.weights.items()
        }
