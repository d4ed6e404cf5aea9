"""``make bench``: what training costs here and elsewhere, in one run and one table.

Each contestant runs in a process of its own, one after the other, so that threads, compilers and
peak memory do not mix. Medians over repetitions; ratios come first, because seconds belong to a
machine. Writes bench/results.json and the page book/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from contestants import CONTESTANTS, Problem

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
PAGE = HERE.parent / "book" / "benchmarks.md"
TARGET_MSE = 0.02
GROWTH = {
    "trajectory length": ("steps", (40, 80, 160)),
    "batch": ("trajectories", (20, 40, 80)),
    "hidden units": ("hidden", (64, 128, 256)),
}
# The goals this library set itself: ours, theirs (the fastest counts), largest ratio of cost.
GOALS = [
    ("library_ensemble", ["torchdiffeq_rk4"], 0.30),
    ("library_ensemble", ["diffrax_direct", "diffrax_checkpointed"], 0.65),
    ("library_ensemble", ["jax_scan"], 1.00),
    ("library_single", ["torchdiffeq_rk4"], 0.65),
]
TIME_GOAL = 1 / 30


def peak_megabytes() -> float:
    """Largest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(name: str, problem: Problem, repetitions: int) -> dict[str, float]:
    """Median milliseconds of an update per model, and memory beyond what setting up took."""
    _, make, models = CONTESTANTS[name]
    update = make(problem)
    before = peak_megabytes()
    started = time.perf_counter()
    first_loss = update()
    first = time.perf_counter() - started
    update()
    times = []
    for _ in range(repetitions):
        started = time.perf_counter()
        update()
        times.append(time.perf_counter() - started)
    return {
        "ms": 1e3 * statistics.median(times) / models,
        "ms_fastest": 1e3 * min(times) / models,
        "first_s": first,
        "peak_mb": peak_megabytes() - before,
        "loss": first_loss,
    }


def floor(problem: Problem, repetitions: int) -> dict[str, float]:
    """Matrix products and activations alone: no update can cost less in this arithmetic."""
    import torch

    k, h, b = 10, problem.hidden, problem.trajectories
    weight, wide = torch.randn(k, h, h), torch.randn(k, h, b)
    out, grad = torch.empty_like(wide), torch.empty(k, h, h)

    def once() -> None:
        for _ in range(4 * problem.steps):
            torch.bmm(weight, wide, out=out)
            out.sigmoid_()
            torch.sigmoid(wide, out=out)
            torch.bmm(weight, wide, out=out)
            torch.bmm(out, wide.transpose(1, 2), out=grad)

    once()
    times = []
    for _ in range(repetitions):
        started = time.perf_counter()
        once()
        times.append(time.perf_counter() - started)
    return {"ms": 1e3 * statistics.median(times) / k}


def time_to_target(which: str, seed: int) -> dict[str, float | None]:
    """Training seconds until the full-trajectory MSE on the training data is at most 0.02."""
    import numpy as np
    import torch

    from neurode_lib.fitzhugh_nagumo import build_dataset
    from neurode_lib.metrics import predict, trajectory_mse
    from neurode_lib.models import make_model
    from neurode_lib.study.variants import VARIANTS
    from neurode_lib.training.ensemble import Ensemble
    from neurode_lib.training.recipe import Recipe

    states, currents = build_dataset(seed=seed)
    grid = 0.5 * np.arange(states.shape[1])
    model = make_model(seed=seed)
    if which == "article":
        tensors = [torch.tensor(v, dtype=torch.float32) for v in (states, currents, grid)]
        optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=600)
        spent = 0.0
        for n in range(600):
            started = time.perf_counter()
            predicted = model(tensors[0][:, 0], *tensors[1:]).transpose(0, 1)
            loss = (predicted - tensors[0]).square().mean()
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            scheduler.step()
            spent += time.perf_counter() - started
            if loss.item() <= TARGET_MSE:
                return {"seconds": spent, "updates": n}
        return {"seconds": None, "updates": None, "whole_run": spent}
    recipe: Recipe = VARIANTS["best_recipe"].recipe
    run = Ensemble([model], states[None], currents[None], grid, recipe, [seed], torch.device("cpu"))
    while run.update < recipe.updates:
        run.advance()
        if run.update % 20 == 0:
            run.write_back()
            if trajectory_mse(predict(model, states[:, 0], currents, grid), states) <= TARGET_MSE:
                return {"seconds": run.seconds, "updates": run.update}
    return {"seconds": None, "updates": None, "whole_run": run.seconds}


def in_own_process(*arguments: str) -> dict:
    """Run one measurement in a fresh process and return what it prints."""
    done = subprocess.run(
        [sys.executable, __file__, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
    )
    if done.returncode != 0:
        raise RuntimeError(f"bench {' '.join(arguments)} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def run_all(repetitions: int, seeds: int) -> dict:
    """Everything, one after the other, with a line of progress each."""
    result: dict = {"updates": {}, "growth": {}, "time_to_target": {}}

    def note(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    for name, (title, _, _) in CONTESTANTS.items():
        note(f"update: {title}")
        result["updates"][name] = in_own_process("--update", name, "--repeat", str(repetitions))
    note("floor: matrix products and activations alone")
    result["floor"] = in_own_process("--floor", "--repeat", str(repetitions))
    for axis, (key, sizes) in GROWTH.items():
        note(f"growth with {axis}")
        result["growth"][axis] = [
            in_own_process(
                "--update",
                "library_single",
                "--repeat",
                str(max(3, repetitions // 3)),
                "--problem",
                json.dumps({key: size}),
            )
            for size in sizes
        ]
    for which in ("article", "best"):
        note(f"time to MSE {TARGET_MSE}: {which}, {seeds} seeds")
        result["time_to_target"][which] = [
            in_own_process("--target", which, "--seed", str(seed)) for seed in range(seeds)
        ]
    names = ("torch", "torchdiffeq", "torchode", "jax", "diffrax", "numpy")
    result["machine"] = {
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: version(name) for name in names},
        "measured": datetime.now(UTC).date().isoformat(),
        "repetitions": repetitions,
    }
    return result


def cpu_name() -> str:
    """The processor, as far as the system tells."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def median_seconds(runs: list[dict]) -> float | None:
    """Median time to the target; a run that never got there counts as its whole length."""
    times = [run["seconds"] if run["seconds"] is not None else run["whole_run"] for run in runs]
    return statistics.median(times)


def page(result: dict) -> str:
    """The results as a page of the book."""
    updates, base = result["updates"], result["updates"]["torchdiffeq_rk4"]["ms"]
    machine = result["machine"]
    lines = [
        "# What training costs",
        "",
        "<!-- written by bench/bench.py; `make bench` makes it again -->",
        "",
        "How much does one update of the article's recipe cost, here and in other libraries? The "
        "table gives ratios first: times depend on the machine still more. "
        "Forward pass, reverse pass, clipping and AdamW step are all included; every contestant "
        "trains the same network on the same 40 trajectories of 80 steps.",
        "",
        "| implementation | cost / torchdiffeq | ms per update and model | first update, s "
        "| memory, MB |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, (title, _, _) in CONTESTANTS.items():
        row = updates[name]
        lines.append(
            f"| {title} | {row['ms'] / base:.2f} | {row['ms']:.1f} | {row['first_s']:.1f} "
            f"| {row['peak_mb']:.0f} |"
        )
    lines += [
        f"| *matrix products and activations alone* | {result['floor']['ms'] / base:.2f} "
        f"| {result['floor']['ms']:.1f} | | |",
        "",
        "Memory is the growth of the process's peak over the updates; compilation is in the "
        "first update. The last row is the arithmetic that no implementation of this kind can "
        "avoid, batched over ten networks.",
        "",
        "## The goals, met or missed",
        "",
        "| ratio | goal | measured | verdict |",
        "|---|---:|---:|---|",
    ]
    for ours, theirs, limit in GOALS:
        fastest = min(theirs, key=lambda name: updates[name]["ms"])
        ratio = updates[ours]["ms"] / updates[fastest]["ms"]
        verdict = "met" if ratio <= limit else f"missed by {100 * (ratio / limit - 1):.0f} %"
        lines.append(
            f"| {CONTESTANTS[ours][0]} / {CONTESTANTS[fastest][0]} | {limit:.2f} | {ratio:.2f} "
            f"| {verdict} |"
        )
    article, best = (result["time_to_target"][which] for which in ("article", "best"))
    ratio = median_seconds(best) / median_seconds(article)
    verdict = "met" if ratio <= TIME_GOAL else "missed"
    reached = {
        w: sum(run["seconds"] is not None for run in runs)
        for w, runs in (("article", article), ("best", best))
    }
    lines += [
        f"| time to MSE {TARGET_MSE}: best recipe / article's | {TIME_GOAL:.3f} | {ratio:.3f} "
        f"| {verdict} |",
        "",
        f"The article's recipe in the plain loop takes {median_seconds(article):.1f} s to a "
        f"full-trajectory MSE of {TARGET_MSE} on its training data (median of {len(article)} "
        f"seeds, of which {reached['article']} get there), the library's best recipe "
        f"{median_seconds(best):.2f} s ({reached['best']} of {len(best)} get there).",
        "",
        "## How the cost grows",
        "",
        "One model of this library, one update:",
        "",
        "| what grows | to | ms per update |",
        "|---|---:|---:|",
    ]
    for axis, rows in result["growth"].items():
        key = GROWTH[axis][0]
        lines.extend(f"| {axis} | {row[key]} | {row['ms']:.1f} |" for row in rows)
    usual = asdict(Problem())
    same = [updates["library_single"]["ms"]] + [
        row["ms"]
        for rows in result["growth"].values()
        for row in rows
        if usual.items() <= row.items()
    ]
    lines += [
        "",
        "The machine has other users, and speed drifts over the hour that all this takes: the "
        f"article's own setup, measured {len(same)} times on this page, took {min(same):.1f} to "
        f"{max(same):.1f} ms. Compare the rows of one group with each other; differences of that "
        "size mean nothing.",
    ]
    packages = ", ".join(f"{name} {number}" for name, number in machine["packages"].items())
    lines += [
        "",
        f"Measured on {machine['measured']}: {machine['cpu']}, {machine['cores']} cores, "
        f"{machine['system']}, Python {machine['python']}; {packages}. "
        f"Medians over {machine['repetitions']} updates.",
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--update", choices=CONTESTANTS)
    parser.add_argument("--floor", action="store_true")
    parser.add_argument("--target", choices=("article", "best"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--problem", type=json.loads, default={})
    options = parser.parse_args()
    problem = replace(Problem(), **options.problem)
    if options.update:
        print(json.dumps(measure(options.update, problem, options.repeat) | asdict(problem)))
    elif options.floor:
        print(json.dumps(floor(problem, options.repeat)))
    elif options.target:
        print(json.dumps(time_to_target(options.target, options.seed)))
    else:
        result = run_all(options.repeat, options.seeds)
        RESULTS.write_text(json.dumps(result, indent=2) + "\n")
        PAGE.write_text(page(result))
        print(page(result))


if __name__ == "__main__":
    main()
