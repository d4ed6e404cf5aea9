"""The study: every variant, every seed, every metric, with provenance.

``make study`` runs it. A job trains and measures one variant for a few seeds; finished jobs are
files, so a run that was stopped goes on where it was. Any ``concurrent.futures.Executor`` will do,
on one machine or on a cluster. The merged results and weights come with the library and are read
by :func:`~neurode_lib.study.results.load_results` and
:func:`~neurode_lib.study.pretrained.load_pretrained`.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor, as_completed
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from neurode_lib._checks import instance_of
from neurode_lib.study.config import StudyConfig, quick_config
from neurode_lib.study.job_files import load_job, save_job
from neurode_lib.study.jobs import Job, JobResult, run_job
from neurode_lib.study.join import join
from neurode_lib.study.merge import is_merged, merge
from neurode_lib.study.protocol import PROTOCOL
from neurode_lib.study.variants import VARIANTS


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
    jobs = config.all_jobs()
    on_disk = {job: load_job(config.jobs, job) for job in jobs}
    outcomes = {
        job: result
        for job, result in on_disk.items()
        if result is not None and result.protocol == PROTOCOL
    }
    # Nothing, or weights that an earlier protocol measured.
    missing = {job: on_disk[job] for job in jobs if job not in outcomes}
    start = time.perf_counter()
    with tqdm(total=len(jobs), initial=len(outcomes), unit="job", disable=not progress) as bar:
        if missing:
            outcomes |= _run(missing, config, executor, bar)
    if missing or not is_merged(config.out, jobs):
        untrained = all(result is None for result in on_disk.values())
        wall_seconds = time.perf_counter() - start if untrained else None
        merge(config, {job: outcomes[job] for job in jobs}, wall_seconds)
    return config.out


def _run(
    missing: Mapping[Job, JobResult | None],
    config: StudyConfig,
    executor: Executor | None,
    bar: tqdm,
) -> dict[Job, JobResult]:
    """Run jobs; each is a file as soon as it is done."""
    outcomes = {}
    with processes(config.threads) if executor is None else nullcontext(executor) as workers:
        futures = {workers.submit(run_job, *item): item[0] for item in missing.items()}
        for future in as_completed(futures):
            job = futures[future]
            outcomes[job] = future.result()
            save_job(config.jobs, job, outcomes[job])
            bar.set_postfix_str(job.name.rsplit("-", 1)[0], refresh=False)
            bar.update()
    return outcomes


@contextmanager
def processes(threads: int) -> Iterator[Executor]:
    """Start one process for every ``threads`` cores; jobs not yet begun are dropped if one fails.

    Parameters
    ----------
    threads : int
        Cores that each process uses.
    """
    pool = ProcessPoolExecutor(
        max(1, (os.cpu_count() or 1) // threads),
        mp_context=multiprocessing.get_context("spawn"),
    )
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


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
    parser.add_argument(
        "--only",
        nargs="+",
        choices=list(VARIANTS),
        metavar="VARIANT",
        help="train these and join them to the stored results, which stay as they are",
    )
    parser.add_argument("--scheduler", metavar="ADDRESS", help="run on this Dask cluster")
    options = parser.parse_args(arguments)
    config = StudyConfig() if options.quick is None else quick_config(options.quick)
    stored = config.out
    if options.only:
        config = replace(config, variants=tuple(options.only), out=config.jobs / "added")
    try:
        made = _run_where(options.scheduler, config)
        if options.only:
            join(stored, made)
        print(f"results in {stored}")
    except KeyboardInterrupt:
        print(
            f"\nStopped. What was finished is in {config.jobs}.\n"
            "To resume, give the same command again: it runs only what is missing.",
            file=sys.stderr,
        )
        sys.exit(130)


def _run_where(scheduler: str | None, config: StudyConfig) -> Path:
    """Run the study on this machine, or on the cluster of a Dask scheduler."""
    if scheduler is None:
        return run_study(config)
    from dask.distributed import Client

    with Client(scheduler) as client:
        # Results depend on the seeds alone, so a job lost with its worker may simply run again.
        return run_study(config, client.get_executor(retries=3))
