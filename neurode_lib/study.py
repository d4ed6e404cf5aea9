"""The study: every variant, every seed, every metric, with provenance.

``make study`` runs it. A job trains and measures one variant for a few seeds; finished jobs are
files, so a run that was stopped goes on where it was. Any ``concurrent.futures.Executor`` will do,
on one machine or on a cluster. The merged results and weights come with the library and are read
by :func:`load_results` and :func:`load_pretrained`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import multiprocessing
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from tqdm import tqdm

import neurode_lib
from neurode_lib._checks import (
    FloatArray,
    folder_or_file,
    instance_of,
    one_of,
    positive_int,
    reason,
    shown,
)
from neurode_lib.evaluate import DT, PROTOCOL, TRAINED_STEPS, Evaluation, evaluate
from neurode_lib.fitzhugh_nagumo import TRAINED_CURRENTS, build_dataset
from neurode_lib.rollout import network_of, stack_weights
from neurode_lib.train import Recipe, make_model, train_ensemble
from neurode_lib.trained_range import keep_trained_range
from neurode_lib.variants import VARIANTS, Variant, variant_named
from neurode_lib.weights import load_weights, save_weights, write_atomically

PACKAGED = Path(__file__).parent / "pretrained"
SNAPSHOT_VARIANTS = ("neural_ode", "default_init")
SNAPSHOT_SEED = 0
SNAPSHOT_UPDATES = (0, 5, 10, 20, 40, 70, 100, 150, 200, 300, 400, 500, 600)
REFERENCE_UPDATES = 5
# What load_results reads; weights vouch for themselves.
CHECKED_FILES = ("results.csv", "curves.safetensors")


@dataclass(frozen=True)
class StudyConfig:
    """What to run, and where to keep it.

    Attributes
    ----------
    out : Path
        Folder of the merged results and weights.
    jobs : Path
        Folder of the finished jobs; a later run takes them from there.
    variants : tuple of str
        Names from :data:`neurode_lib.variants.VARIANTS`.
    seeds : tuple of int
        Each seed is a data set, an initialisation and an order of minibatches.
    seeds_per_job : int
        Seeds trained together in one job.
    threads : int
        Threads of a job. Results are bit-identical for the same number of threads on the same
        machine.
    hidden : int
        Width of the networks.
    updates : int or None
        Replaces every recipe's number of updates, for a quick run. None keeps the recipes.
    """

    out: Path = PACKAGED
    jobs: Path = Path("_study")
    variants: tuple[str, ...] = tuple(VARIANTS)
    seeds: tuple[int, ...] = tuple(range(10))
    seeds_per_job: int = 5
    threads: int = 1
    hidden: int = 128
    updates: int | None = None

    def __post_init__(self) -> None:
        instance_of("out", self.out, Path)
        instance_of("jobs", self.jobs, Path)
        for name, value in (("variants", self.variants), ("seeds", self.seeds)):
            instance_of(name, value, tuple)
            if not value:
                raise ValueError(f"{name} must not be empty")
        for name in self.variants:
            variant_named(name)
        for seed in self.seeds:
            positive_int("seeds", seed, minimum=0)
        for name, value in (("variants", self.variants), ("seeds", self.seeds)):
            if len(set(value)) < len(value):
                raise ValueError(f"{name} must not repeat, got {shown(value)}")
        positive_int("seeds_per_job", self.seeds_per_job)
        positive_int("threads", self.threads)
        positive_int("hidden", self.hidden)
        if self.updates is not None:
            positive_int("updates", self.updates)

    def recipe_of(self, variant: Variant) -> Recipe:
        """The variant's recipe, shortened if this is a quick run."""
        if self.updates is None:
            return variant.recipe
        return replace(variant.recipe, updates=self.updates)


def quick_config(folder: Path) -> StudyConfig:
    """The same path in seconds: small networks, few updates, and never the real results."""
    return StudyConfig(
        out=folder / "results",
        jobs=folder / "jobs",
        seeds=(0, 1),
        seeds_per_job=1,
        hidden=16,
        updates=10,
    )


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
        """File name without ending; it changes with everything that determines the result."""
        identity = json.dumps(
            asdict(self) | {"setup": asdict(VARIANTS[self.variant]), "protocol": PROTOCOL}
        )
        digest = hashlib.sha256(identity.encode()).hexdigest()[:10]
        return f"{self.variant}-seeds-{self.seeds[0]}-{self.seeds[-1]}-{digest}"


@dataclass
class JobResult:
    """What a job brings home."""

    weights: dict[str, Tensor]
    loss: FloatArray
    grad_norm: FloatArray
    evaluations: list[Evaluation]
    seconds: float
    snapshots: dict[int, dict[str, Tensor]] = field(default_factory=dict)


def training_set(variant: Variant, seed: int) -> tuple[FloatArray, FloatArray]:
    """States, shape (40, 81, 2), and currents, shape (40,), that a seed learns from."""
    return build_dataset(seed=seed, noise_std=variant.noise_std)


def run_job(job: Job) -> JobResult:
    """Train and measure; the unit of work that an executor is given."""
    torch.set_num_threads(job.threads)
    variant = variant_named(job.variant)
    data = [training_set(variant, seed) for seed in job.seeds]
    grid = DT * np.arange(TRAINED_STEPS + 1)
    wants_snapshots = variant.name in SNAPSHOT_VARIANTS and SNAPSHOT_SEED in job.seeds
    models, history = train_ensemble(
        [_new_model(variant, seed, job.hidden) for seed in job.seeds],
        np.stack([states for states, _ in data]),
        np.stack([currents for _, currents in data]),
        grid,
        job.recipe,
        seeds=job.seeds,
        progress=False,
        snapshots_at=SNAPSHOT_UPDATES if wants_snapshots else (),
    )
    if history.interrupted:
        raise KeyboardInterrupt
    row = job.seeds.index(SNAPSHOT_SEED) if wants_snapshots else 0
    return JobResult(
        weights=stack_weights(models),
        loss=history.loss.T,
        grad_norm=history.grad_norm.T,
        evaluations=[
            evaluate(model, states, currents)
            for model, (states, currents) in zip(models, data, strict=True)
        ],
        seconds=history.seconds,
        snapshots={
            update: {name: value[row] for name, value in weights.items()}
            for update, weights in history.snapshots.items()
        },
    )


def _new_model(variant: Variant, seed: int, hidden: int = 128) -> nn.Module:
    return make_model(
        variant.kind,
        seed=seed,
        hidden=hidden,
        time_input=variant.time_input,
        zero_init=variant.zero_init,
    )


def run_study(
    config: StudyConfig | None = None,
    executor: Executor | None = None,
    *,
    progress: bool = True,
) -> Path:
    """Run what is missing, then merge everything.

    Parameters
    ----------
    config : StudyConfig, optional
        The full study by default.
    executor : concurrent.futures.Executor, optional
        Where to run the jobs, e.g. ``dask.distributed.Client(...).get_executor(retries=3)``. By
        default a pool with one process for every ``threads`` cores of this machine.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    Path
        Folder of the results.

    Raises
    ------
    ValueError
        If the configuration is invalid.
    """
    config = StudyConfig() if config is None else config
    instance_of("config", config, StudyConfig)
    jobs = _jobs_of(config)
    done = {job: result for job in jobs if (result := _load_job(config.jobs, job)) is not None}
    missing = [job for job in jobs if job not in done]
    bar = tqdm(total=len(jobs), initial=len(done), unit="job", disable=not progress)
    started = time.perf_counter()
    if missing:
        own = None
        if executor is None:
            executor = own = ProcessPoolExecutor(
                max(1, (os.cpu_count() or 1) // config.threads),
                mp_context=multiprocessing.get_context("spawn"),
            )
        try:
            futures: dict[Future[JobResult], Job] = {
                executor.submit(run_job, job): job for job in missing
            }
            for future in as_completed(futures):
                job = futures[future]
                done[job] = future.result()
                _save_job(config.jobs, job, done[job])
                bar.set_postfix_str(job.name.rsplit("-", 1)[0], refresh=False)
                bar.update()
        finally:
            bar.close()
            if own is not None:
                own.shutdown(wait=True, cancel_futures=True)
    else:
        bar.close()
    if missing or not _holds(config.out, jobs):
        _merge(config, done, time.perf_counter() - started if len(missing) == len(jobs) else None)
    return config.out


def _jobs_of(config: StudyConfig) -> list[Job]:
    return [
        Job(
            name,
            config.seeds[i : i + config.seeds_per_job],
            config.recipe_of(VARIANTS[name]),
            config.hidden,
            config.threads,
        )
        for name in config.variants
        for i in range(0, len(config.seeds), config.seeds_per_job)
    ]


def _save_job(folder: Path, job: Job, result: JobResult) -> None:
    tensors = {f"weights/{name}": value for name, value in result.weights.items()}
    tensors |= {
        f"snapshots/{update}/{name}": value
        for update, weights in result.snapshots.items()
        for name, value in weights.items()
    }
    tensors["loss"] = torch.from_numpy(result.loss)
    tensors["grad_norm"] = torch.from_numpy(result.grad_norm)
    for i, evaluation in enumerate(result.evaluations):
        for (name, current), curve in evaluation.curves.items():
            tensors[f"curves/{i}/{name}/{current}"] = torch.from_numpy(curve)
    numbers = [
        [[name, current, repr(value)] for (name, current), value in evaluation.numbers.items()]
        for evaluation in result.evaluations
    ]
    save_weights(
        folder / f"{job.name}.safetensors",
        tensors,
        {"numbers": numbers, "seconds": result.seconds},
    )


def _load_job(folder: Path, job: Job) -> JobResult | None:
    """A finished job, or None if there is none; a damaged file is named and will be redone."""
    path = folder / f"{job.name}.safetensors"
    if not path.exists():
        return None
    if path.is_dir():  # where the result will have to go
        aside = Path(tempfile.mkdtemp(dir=folder, prefix="aside-"))
        path.rename(aside / path.name)
        print(f"{path.name} was a folder, now in {aside}; the job is run again", file=sys.stderr)
        return None
    try:
        tensors, metadata = load_weights(path)
        return _job_result(job, tensors, metadata)
    except (ValueError, LookupError, TypeError) as error:
        print(
            f"{path.name} is no result of this job ({reason(error)}); it is run again",
            file=sys.stderr,
        )
        return None


def _job_result(job: Job, tensors: dict[str, Tensor], metadata: dict[str, Any]) -> JobResult:
    """Sort the content of a job's file; a ``ValueError`` or ``LookupError`` says what is wrong."""
    evaluations = [
        Evaluation({(name, current): float(value) for name, current, value in rows})
        for rows in metadata["numbers"]
    ]
    shape = (len(job.seeds), job.recipe.updates)
    for name in ("loss", "grad_norm"):
        if tuple(tensors[name].shape) != shape or len(evaluations) != len(job.seeds):
            raise ValueError(f"{name} has shape {tuple(tensors[name].shape)} instead of {shape}")
    result = JobResult(
        weights={},
        loss=tensors.pop("loss").numpy(),
        grad_norm=tensors.pop("grad_norm").numpy(),
        evaluations=evaluations,
        seconds=float(metadata["seconds"]),
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
            evaluations[int(i)].curves[name, float(current)] = value.numpy()
    # What was stored must be what this job's network and its measurements need.
    _load_row(_new_model(VARIANTS[job.variant], job.seeds[0], job.hidden), result.weights, 0)
    return result


def _merge(config: StudyConfig, done: dict[Job, JobResult], wall_seconds: float | None) -> None:
    """Write the results of all jobs: a table, curves, weights, snapshots, provenance."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["variant", "seed", "metric", "current", "value"])
    curves: dict[str, Tensor] = {}
    seconds: dict[str, float] = {}
    snapshots: dict[str, Tensor] = {}
    for name in config.variants:
        # Jobs of one variant, in the order of their seeds.
        jobs = sorted((job for job in done if job.variant == name), key=lambda job: job.seeds)
        results = [done[job] for job in jobs]
        for job, result in zip(jobs, results, strict=True):
            for seed, evaluation in zip(job.seeds, result.evaluations, strict=True):
                for (metric, current), value in evaluation.numbers.items():
                    shown = "" if current is None else f"{current:g}"
                    writer.writerow([name, seed, metric, shown, f"{value:.9g}"])
            for update, weights in result.snapshots.items():
                for key, weight in weights.items():
                    snapshots[f"{name}/{update}/{key}"] = weight.half()
        stacked = {
            key: torch.cat([result.weights[key] for result in results])
            for key in results[0].weights
        }
        if VARIANTS[name].packaged:
            save_weights(
                config.out / f"{name}.safetensors",
                stacked,
                {"variant": name, "seeds": list(config.seeds)},
            )
        for curve, arrays in (
            ("loss", [result.loss for result in results]),
            ("grad_norm", [result.grad_norm for result in results]),
        ):
            curves[f"{name}/{curve}/"] = torch.from_numpy(np.concatenate(arrays)).float()
        evaluations = [evaluation for result in results for evaluation in result.evaluations]
        for key, current in evaluations[0].curves:
            curves[f"{name}/{key}/{current:g}"] = torch.from_numpy(
                np.stack([evaluation.curves[key, current] for evaluation in evaluations])
            ).float()
        seconds[name] = sum(result.seconds for result in results)
    write_atomically(config.out / "results.csv", table.getvalue().encode())
    save_weights(config.out / "curves.safetensors", curves)
    save_weights(config.out / "snapshots.safetensors", snapshots)
    # Last, since it vouches for the others: a reader of half a merge sees that they do not match.
    write_provenance(config.out, _provenance(config, done, seconds, wall_seconds))


def write_provenance(folder: Path, provenance: dict[str, Any]) -> None:
    """Write how the results in a folder came about, with checksums of their files and of itself.

    Parameters
    ----------
    folder : Path
        Holds the files named in ``CHECKED_FILES``.
    provenance : dict
        Values that JSON can carry; earlier checksums are replaced.
    """
    files = {name: _sha256((folder / name).read_bytes()) for name in CHECKED_FILES}
    sealed = {**provenance, "files": files}
    sealed["sha256"] = _seal(sealed)
    write_atomically(folder / "provenance.json", (json.dumps(sealed, indent=2) + "\n").encode())


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _seal(provenance: dict[str, Any]) -> str:
    """Checksum of the values, whatever the layout of the file."""
    rest = {key: value for key, value in provenance.items() if key != "sha256"}
    return _sha256(json.dumps(rest, sort_keys=True).encode())


def _checked_files(folder: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Provenance and content of the files that it vouches for.

    Raises
    ------
    FileNotFoundError
        If one is missing.
    ValueError
        If one is not what was written with the others.
    """
    path = folder / "provenance.json"
    for name in ("provenance.json", *CHECKED_FILES):
        if not (folder / name).is_file():
            raise FileNotFoundError(f"no results at {folder / name}; `make study` makes them")
    try:
        provenance = json.loads(path.read_bytes())
        sound = provenance["sha256"] == _seal(provenance)
        files = dict(provenance["files"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"{path} is damaged: {reason(error)}") from error
    if not sound:
        raise ValueError(f"{path} is damaged: its content does not match its checksum")
    contents = {name: (folder / name).read_bytes() for name in CHECKED_FILES}
    for name, content in contents.items():
        if files.get(name) != _sha256(content):
            raise ValueError(
                f"{folder / name} is damaged, or of another run than provenance.json: "
                "it does not match its checksum; the study, run again, writes both anew"
            )
    return provenance, contents


def _holds(folder: Path, jobs: Collection[Job]) -> bool:
    """Whether a folder holds whole results of these jobs, and not those of another study."""
    try:
        provenance, _ = _checked_files(folder)
    except (FileNotFoundError, ValueError):
        return False
    return bool(provenance.get("jobs") == _names(jobs))


def _names(jobs: Collection[Job]) -> list[str]:
    return sorted(job.name for job in jobs)


def _provenance(
    config: StudyConfig,
    jobs: Collection[Job],
    seconds: dict[str, float],
    wall_seconds: float | None,
) -> dict[str, Any]:
    return {
        "neurode_lib": neurode_lib.__version__,
        "commit": _commit(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in ("numpy", "scipy", "torch", "safetensors")},
        "machine": {
            "cpu": platform.machine(),
            "cores": os.cpu_count(),
            "system": platform.system(),
        },
        "threads_per_job": config.threads,
        "seeds": list(config.seeds),
        "jobs": _names(jobs),
        "wall_seconds": wall_seconds,
        "training_seconds": seconds,
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


def reference_losses(name: str, seed: int, hidden: int = 128) -> list[float]:
    """Losses of a variant's first updates, from which a test tells whether results are stale."""
    variant = variant_named(name)
    states, currents = training_set(variant, seed)
    _, history = train_ensemble(
        [_new_model(variant, seed, hidden)],
        states[None],
        currents[None],
        DT * np.arange(TRAINED_STEPS + 1),
        replace(variant.recipe, updates=REFERENCE_UPDATES),
        seeds=[seed],
        progress=False,
    )
    return [float(loss) for loss in history.loss[:, 0]]


def _commit() -> str | None:
    """The commit the code is at, marked if the library has uncommitted changes, or None."""
    here = Path(__file__).parent

    def git(*arguments: str) -> str:
        return subprocess.run(
            ["git", *arguments], cwd=here, capture_output=True, text=True, check=True
        ).stdout.strip()

    try:
        changed = git("status", "--porcelain", "--", "*.py")
        return git("rev-parse", "HEAD") + (" with changes" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return None


@dataclass(frozen=True)
class Results:
    """Results of the study.

    Attributes
    ----------
    seeds : tuple of int
        Order of the first axis of everything below.
    numbers : dict
        ``{(variant, metric, current): values}``, values of shape (n_seeds,); the current is None
        for metrics that belong to no single one.
    curves : dict
        The same for curves, shape (n_seeds, n_points).
    provenance : dict
        Versions, commit, recipes and times.
    """

    seeds: tuple[int, ...]
    numbers: dict[tuple[str, str, float | None], FloatArray]
    curves: dict[tuple[str, str, float | None], FloatArray]
    provenance: dict[str, Any]

    def values(self, variant: str, metric: str, current: float | None = None) -> FloatArray:
        """A metric of one variant for every seed; a ``ValueError`` lists what there is."""
        return self.numbers[self._key(self.numbers, variant, metric, current)]

    def curve(self, variant: str, name: str, current: float | None = None) -> FloatArray:
        """A curve of one variant for every seed, shape (n_seeds, n_points)."""
        return self.curves[self._key(self.curves, variant, name, current)]

    @staticmethod
    def _key(
        table: dict[tuple[str, str, float | None], FloatArray],
        variant: str,
        name: str,
        current: float | None,
    ) -> tuple[str, str, float | None]:
        one_of("variant", variant, sorted({key[0] for key in table}))
        one_of("metric", name, sorted({key[1] for key in table if key[0] == variant}))
        there = [key[2] for key in table if key[:2] == (variant, name)]
        return variant, name, one_of("current", current, there)


def load_results(folder: str | Path = PACKAGED) -> Results:
    """Read the study's results; files that have not changed since are not parsed again.

    Parameters
    ----------
    folder : str or Path, optional
        Where :func:`run_study` put them; by default the ones that come with the library.

    Returns
    -------
    Results
        Its arrays are shared with whoever asks next, and read-only.

    Raises
    ------
    FileNotFoundError
        If there are none.
    ValueError
        If a file is damaged.
    """
    folder = folder_or_file("folder", folder).resolve()
    provenance, _ = _checked_files(folder)
    return _read_results(folder, provenance["sha256"])


@lru_cache(maxsize=4)
def _read_results(folder: Path, _seal_of_all: str) -> Results:
    provenance, contents = _checked_files(folder)
    try:
        seeds = tuple(int(seed) for seed in provenance["seeds"])
        numbers: dict[tuple[str, str, float | None], FloatArray] = {}
        for row in csv.DictReader(io.StringIO(contents["results.csv"].decode(), newline="")):
            current = float(row["current"]) if row["current"] else None
            values = numbers.setdefault(
                (row["variant"], row["metric"], current), np.full(len(seeds), np.nan)
            )
            values[seeds.index(int(row["seed"]))] = float(row["value"])
        tensors, _ = load_weights(folder / "curves.safetensors")
        curves: dict[tuple[str, str, float | None], FloatArray] = {}
        for key, value in tensors.items():
            variant, name, shown = key.split("/")
            curves[variant, name, float(shown) if shown else None] = value.double().numpy()
    except (ValueError, KeyError, TypeError, csv.Error) as error:
        raise ValueError(f"the results in {folder} are damaged: {reason(error)}") from error
    # They are cached: nobody may change them for the next one who asks.
    for values in (*numbers.values(), *curves.values()):
        values.setflags(write=False)
    return Results(seeds, numbers, curves, provenance)


def load_pretrained(variant: str, seed: int = 0, *, folder: Path = PACKAGED) -> nn.Module:
    """A trained model of the study.

    Parameters
    ----------
    variant : str
        Name of a packaged variant, such as ``"neural_ode"`` or ``"discrete_rnn"``.
    seed : int, default 0
        Which of the study's seeds.
    folder : Path, optional
        Where :func:`run_study` put the weights.

    Returns
    -------
    NeuralODE or DiscreteRNN

    Raises
    ------
    ValueError
        If there is no such variant or seed, or the file is damaged.
    FileNotFoundError
        If the weights are missing.
    """
    setup = VARIANTS[
        one_of("variant", variant, sorted(v.name for v in VARIANTS.values() if v.packaged))
    ]
    seed = positive_int("seed", seed, minimum=0)
    path = folder_or_file("folder", folder) / f"{variant}.safetensors"
    tensors, metadata = load_weights(path)
    seeds = metadata.get("seeds")
    if not isinstance(seeds, list):
        raise ValueError(f"{path} does not hold weights of the study: it names no seeds")
    row = seeds.index(one_of("seed", seed, seeds))
    return _trained_model(setup, seed, tensors, row, path)


def load_snapshot(variant: str, update: int, *, folder: Path = PACKAGED) -> nn.Module:
    """A model as it was after some updates, for seed 0 of two variants, in half precision.

    Parameters
    ----------
    variant : {"neural_ode", "default_init"}
    update : int
        One of ``SNAPSHOT_UPDATES``.
    folder : Path, optional
        Where :func:`run_study` put the snapshots.

    Raises
    ------
    ValueError
        If there is no such snapshot, or the file is damaged.
    """
    one_of("variant", variant, SNAPSHOT_VARIANTS)
    update = one_of("update", positive_int("update", update, minimum=0), SNAPSHOT_UPDATES)
    path = folder_or_file("folder", folder) / "snapshots.safetensors"
    tensors, _ = load_weights(path)
    prefix = f"{variant}/{update}/"
    own = {
        key.removeprefix(prefix): value.float()[None]
        for key, value in tensors.items()
        if key.startswith(prefix)
    }
    if not own:
        raise ValueError(f"{path} holds no snapshot of {variant} after {update} updates")
    return _trained_model(VARIANTS[variant], SNAPSHOT_SEED, own, 0, path)


def _trained_model(
    variant: Variant, seed: int, tensors: dict[str, Tensor], row: int, path: Path
) -> nn.Module:
    """A model with one row of stacked weights; a ``ValueError`` names the file that lacks them."""
    try:
        model = _new_model(variant, seed, hidden=tensors["0.weight"].shape[1])
        _load_row(model, tensors, row)
    except (KeyError, IndexError, ValueError) as error:
        raise ValueError(f"{path} does not hold weights of this variant: {error}") from error
    keep_trained_range(model, TRAINED_CURRENTS)
    return model


def _load_row(model: nn.Module, tensors: dict[str, Tensor], row: int) -> None:
    for name, value in tensors.items():
        if value.dtype != torch.float32:
            raise ValueError(f"{name} must be of type torch.float32, got {value.dtype}")
    try:
        network_of(model).load_state_dict({name: value[row] for name, value in tensors.items()})
    except (RuntimeError, IndexError) as error:
        raise ValueError(str(error)) from error


def main(arguments: Sequence[str] | None = None) -> None:
    """``python -m neurode_lib.study``: see ``make study``."""
    import argparse

    parser = argparse.ArgumentParser(prog="python -m neurode_lib.study", description=__doc__)
    parser.add_argument(
        "--quick",
        type=Path,
        metavar="FOLDER",
        help="a small run into FOLDER instead of the real one",
    )
    parser.add_argument("--scheduler", metavar="ADDRESS", help="run on this Dask cluster")
    options = parser.parse_args(arguments)
    config = StudyConfig() if options.quick is None else quick_config(options.quick)
    if options.scheduler is None:
        print(f"results in {run_study(config)}")
        return
    from dask.distributed import Client

    with Client(options.scheduler) as client:
        # Results depend on the seeds alone, so a job lost with its worker may simply run again.
        print(f"results in {run_study(config, client.get_executor(retries=3))}")


if __name__ == "__main__":
    main()
