"""What a study runs, and where it keeps it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from neurode_lib._checks import folder_or_file, instance_of, positive_int, shown
from neurode_lib.study.jobs import Job
from neurode_lib.study.variants import SEEDS, VARIANTS, Variant, variant_named
from neurode_lib.training.recipe import Recipe
from neurode_lib.weights import PACKAGED


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
        Names from :data:`neurode_lib.study.variants.VARIANTS`.
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
    seeds: tuple[int, ...] = SEEDS
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

    def all_jobs(self) -> list[Job]:
        """The whole work, in the order in which it is stored."""
        return [
            Job(
                name,
                seeds[i : i + self.seeds_per_job],
                self.recipe_of(VARIANTS[name]),
                self.hidden,
                self.threads,
            )
            for name in self.variants
            for seeds in (self.seeds[: VARIANTS[name].n_seeds],)
            for i in range(0, len(seeds), self.seeds_per_job)
        ]


def quick_config(folder: Path) -> StudyConfig:
    """The same path in seconds: small networks, few updates, and never the real results."""
    folder = folder_or_file("folder", folder)
    return StudyConfig(
        out=folder / "results",
        jobs=folder / "jobs",
        seeds=(0, 1),
        seeds_per_job=1,
        hidden=16,
        updates=10,
    )
