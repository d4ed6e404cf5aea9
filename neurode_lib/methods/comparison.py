"""The map: every contestant on every problem, chosen, fitted, judged and kept.

``make methods`` runs it. A job is one contestant on one problem, on all ten data sets; a finished
job is a file, so a run that was stopped goes on where it was. Any ``concurrent.futures.Executor``
will do, on one machine or on a cluster.
"""

from __future__ import annotations

import hashlib
import json
import math
import sys
import time
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, as_completed
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from tqdm import tqdm

from neurode_lib._checks import folder_or_file, instance_of
from neurode_lib.methods.contestants import CONTESTANTS, contestant_named
from neurode_lib.methods.judges import exam, judge, true_onset
from neurode_lib.methods.problems import PROBLEMS, data_set, problem_named
from neurode_lib.methods.results import RESULTS
from neurode_lib.methods.stacks import ParameterFields, PolynomialFields, Stack
from neurode_lib.methods.tuning import choose
from neurode_lib.study.parts import write_measurements
from neurode_lib.study.run import processes
from neurode_lib.study.variants import SEEDS
from neurode_lib.weights import write_atomically

JOBS = Path("_study_methods")
# To be raised when judges or fits change: finished jobs are then done again.
PROTOCOL = 1
_QUICK_JOBS = (("fhn-noise0-n40-dt0.5", "differences"), ("fhn-noise0-n40-dt0.5", "integral_3"))


@dataclass(frozen=True)
class Job:
    """One contestant on one problem; carries all that a worker needs."""

    problem: str
    contestant: str
    seeds: tuple[int, ...] = SEEDS

    @property
    def file(self) -> str:
        """Where it is kept; the name changes with everything that determines the result."""
        settings = contestant_named(self.contestant).settings
        identity = json.dumps([PROTOCOL, asdict(problem_named(self.problem)), settings, self.seeds])
        digest = hashlib.sha256(identity.encode()).hexdigest()[:8]
        return f"{self.problem}/{self.contestant}-{digest}.json"


def all_jobs() -> list[Job]:
    """The whole map, problem by problem."""
    return [
        Job(problem.name, one.name)
        for problem in PROBLEMS.values()
        for one in CONTESTANTS.values()
        if one.enters(problem)
    ]


def run_job(job: Job) -> dict[str, Any]:
    """Choose, fit and judge; what an executor is given.

    Returns
    -------
    dict
        ``setting``, ``tuning_errors``; ``tuning_seconds``, ``fit_seconds`` (of all data sets) and
        ``judge_seconds`` of CPU time; ``numbers`` by name, one value for each seed; ``constants``
        of polynomials and parameters.
    """
    torch.set_num_threads(1)
    contestant, problem = contestant_named(job.contestant), problem_named(job.problem)
    choice = choose(contestant, problem)
    data_sets = [data_set(problem, seed) for seed in job.seeds]
    begin = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        stack = contestant.fit(data_sets, job.seeds, choice.setting)
    middle = time.process_time()
    rows = judge(stack, problem, data_sets)
    return {
        "problem": job.problem,
        "contestant": job.contestant,
        "seeds": list(job.seeds),
        "setting": choice.setting,
        "tuning_errors": [_rounded(error) for error in choice.errors],
        "tuning_seconds": round(choice.seconds, 2),
        "fit_seconds": round(middle - begin, 2),
        "judge_seconds": round(time.process_time() - middle, 2),
        "numbers": {name: [_rounded(row[name]) for row in rows] for name in rows[0]},
        "constants": _constants(stack),
    }


def _rounded(value: float) -> float:
    return float(f"{value:.4g}")


def _constants(stack: Stack) -> list[Any] | None:
    """Coefficients or parameters of every model; networks are not kept."""
    if isinstance(stack, PolynomialFields):
        # The cubics come with the page; larger tables would only weigh.
        tables = stack.coefficients if stack.degree == 3 else stack.coefficients[:1]
        return [[[_significant(x) for x in row] for row in table] for table in tables]
    if isinstance(stack, ParameterFields):
        return [[_significant(x) for x in row] for row in stack.parameters]
    return None


def _significant(value: float) -> float:
    return 0.0 if value == 0.0 or not math.isfinite(value) else float(f"{value:.7g}")


def compare(
    folder: Path = JOBS,
    *,
    out: Path = RESULTS,
    executor: Executor | None = None,
    jobs: Sequence[Job] | None = None,
    progress: bool = True,
) -> Path:
    """Run what is missing, then merge everything.

    Parameters
    ----------
    folder : Path
        Where finished jobs are kept.
    out : Path, optional
        The merged file; by default the one that comes with the library.
    executor : concurrent.futures.Executor, optional
        Where to run the jobs, e.g. ``dask.distributed.Client(...).get_executor(retries=3)``. By
        default a pool with one process for every core of this machine.
    jobs : sequence of Job, optional
        By default the whole map.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    Path
        The merged file.

    Raises
    ------
    ValueError
        If an argument is of another kind.
    """
    folder, out = folder_or_file("folder", folder), folder_or_file("out", out)
    whole = all_jobs() if jobs is None else list(jobs)
    for job in whole:
        instance_of("jobs", job, Job)
    missing = [job for job in whole if not (folder / job.file).exists()]
    with tqdm(
        total=len(whole), initial=len(whole) - len(missing), unit="job", disable=not progress
    ) as bar:
        for job, result in _done(missing, executor):
            write_atomically(folder / job.file, json.dumps(result).encode())
            bar.set_postfix_str(f"{job.problem} {job.contestant}", refresh=False)
            bar.update()
    merge(whole, folder, out)
    return out


def _done(jobs: Sequence[Job], executor: Executor | None) -> Iterator[tuple[Job, dict[str, Any]]]:
    """Finished jobs, as they come."""
    with processes(1) if executor is None and jobs else nullcontext(executor) as workers:
        futures = {workers.submit(run_job, job): job for job in jobs}  # type: ignore[union-attr]
        for future in as_completed(futures):
            yield futures[future], future.result()


def merge(jobs: Sequence[Job], folder: Path, out: Path) -> None:
    """Write the finished jobs of a folder as one file, with their provenance and the truth."""
    rows = [
        json.loads((folder / job.file).read_bytes()) for job in jobs if (folder / job.file).exists()
    ]
    neurons = sorted({problem_named(row["problem"]).neuron for row in rows})
    write_measurements(
        out,
        {
            "protocol": PROTOCOL,
            "truth": {
                name: {"period": exam(name).period, "onset": true_onset(name)} for name in neurons
            },
            "problems": {row["problem"]: asdict(problem_named(row["problem"])) for row in rows},
            "contestants": {
                row["contestant"]: {
                    "title": contestant_named(row["contestant"]).title,
                    "family": contestant_named(row["contestant"]).family,
                    "settings": list(contestant_named(row["contestant"]).settings),
                }
                for row in rows
            },
            "unfinished": [job.file for job in jobs if not (folder / job.file).exists()],
            "rows": rows,
        },
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """``python -m neurode_lib.methods``: see ``make methods``."""
    import argparse

    parser = argparse.ArgumentParser(prog="python -m neurode_lib.methods", description=__doc__)
    parser.add_argument(
        "--quick", type=Path, metavar="FOLDER", help="two jobs into FOLDER instead of the map"
    )
    parser.add_argument("--scheduler", metavar="ADDRESS", help="run on this Dask cluster")
    parser.add_argument("--merge", action="store_true", help="only write what is finished")
    options = parser.parse_args(arguments)
    try:
        if options.quick is not None:
            jobs = [Job(problem, name, seeds=(0, 1)) for problem, name in _QUICK_JOBS]
            print(compare(options.quick / "jobs", out=options.quick / "methods.json", jobs=jobs))
        elif options.merge:
            merge(all_jobs(), JOBS, RESULTS)
            print(RESULTS)
        elif options.scheduler is None:
            print(compare())
        else:
            from dask.distributed import Client

            with Client(options.scheduler) as client:
                print(compare(executor=client.get_executor(retries=3)))
    except KeyboardInterrupt:
        print(
            f"\nStopped. What was finished is in {JOBS}.\n"
            "To resume, give the same command again: it runs only what is missing.",
            file=sys.stderr,
        )
        sys.exit(130)
