"""``make bench``: what training costs here and elsewhere, in one run and one table.

Each contestant lives in a process of its own, so that threads, compilers and peak memory do not
mix, and all take turns: A B C, A B C, and so on. A slow minute of the machine then meets every one
of them, and ratios are taken within a round. Every process has one core and one thread, and its
processor time counts, so that other users of the machine do not. Writes bench/results.json and the
page book/benchmarks.md.
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
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from contestants import CONTESTANTS, ENSEMBLE, Problem, library_ensemble_of

HERE = Path(__file__).resolve().parent
RESULTS = HERE / "results.json"
PAGE = HERE.parent / "book" / "benchmarks.md"
TARGET_MSE = 0.02
# In each round a contestant makes so many updates, and their median counts.
BURST = 3
GROWTH = {
    "trajectory length": ("steps", (40, 80, 160)),
    "batch": ("trajectories", (20, 40, 80)),
    "hidden units": ("hidden", (64, 128, 256)),
}
# The goals this library set itself: ours, theirs (the fastest counts), largest ratio of cost.
GOALS = [
    ("library_single", ["jax_scan"], 1.00),
    ("library_ensemble", ["jax_scan", "jax_vmap"], 0.60),
    ("library_single", ["torchdiffeq_rk4", "torchdiffeq_adjoint"], 0.65),
    ("library_ensemble", ["torchdiffeq_rk4", "torchdiffeq_adjoint"], 0.30),
    ("library_ensemble", ["diffrax_direct", "diffrax_checkpointed"], 0.65),
]
# Recipes and implementations whose products are timed to the target.
RECIPES = {"article": "neural_ode", "best": "best_recipe"}
IMPLEMENTATIONS = ("plain", "library")
CHECK_EVERY = 20
GPU_ENSEMBLES = (1, 3, 10, 30, 100)
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "PYTHONWARNINGS": "ignore",
}


def peak_megabytes() -> float:
    """Largest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def use_one_core() -> None:
    """Let this process run on one core only, where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def take_turns(name: str, problem: Problem) -> None:
    """Make a burst of updates for each line of the standard input, and print what it took."""
    use_one_core()
    _, make, models = CONTESTANTS[name]
    update = make(problem)
    before = peak_megabytes()
    started = time.process_time()
    loss = update()
    print(json.dumps({"first_s": time.process_time() - started, "loss": loss}), flush=True)
    for _ in sys.stdin:
        times = []
        for _ in range(BURST):
            started = time.process_time()
            update()
            times.append(time.process_time() - started)
        print(json.dumps(1e3 * statistics.median(times) / models), flush=True)
    print(json.dumps({"peak_mb": peak_megabytes() - before}), flush=True)


class Contestant:
    """A process that makes a burst of updates whenever it is told to."""

    def __init__(self, name: str, problem: Problem) -> None:
        arguments = ["--turns", name, "--problem", json.dumps(asdict(problem))]
        self.process = subprocess.Popen(
            [sys.executable, __file__, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | ONE_THREAD,
        )
        self.name, self.ms = name, []
        self.row = asdict(problem) | self._answer()

    def _answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended with status {self.process.wait()}")
        return json.loads(line)

    def burst(self) -> float:
        """Milliseconds of an update per model."""
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self._answer()

    def finish(self) -> dict:
        """All that was measured."""
        self.process.stdin.close()
        self.row |= self._answer()
        self.process.wait()
        return self.row | {"ms": statistics.median(self.ms), "rounds": self.ms}


@contextmanager
def at_the_end(process: subprocess.Popen) -> Iterator[None]:
    """End a process, whatever happens."""
    try:
        yield
    finally:
        process.kill()
        process.wait()


def interleaved(entries: Mapping[str, tuple[str, Problem]], rounds: int) -> dict[str, dict]:
    """Let contestants take turns; the first round only warms up."""
    with ExitStack() as stack:
        contestants = {}
        for key, (name, problem) in entries.items():
            note(f"  {key}")
            contestants[key] = Contestant(name, problem)
            stack.enter_context(at_the_end(contestants[key].process))
        for number in range(rounds + 1):
            for contestant in contestants.values():
                taken = contestant.burst()
                if number:
                    contestant.ms.append(taken)
        return {key: contestant.finish() for key, contestant in contestants.items()}


def note(text: str) -> None:
    """A line of progress."""
    print(text, file=sys.stderr, flush=True)


def floor(problem: Problem, repetitions: int) -> dict[str, float]:
    """Matrix products and activations alone: no update can cost less in this arithmetic."""
    import torch

    use_one_core()
    k, h, b = ENSEMBLE, problem.hidden, problem.trajectories
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
        started = time.process_time()
        once()
        times.append(time.process_time() - started)
    return {"ms": 1e3 * statistics.median(times) / k}


def time_to_target(recipe_name: str, implementation: str, seed: int) -> dict[str, float | None]:
    """Training seconds until the full-trajectory MSE on the training data is at most 0.02.

    The time that the check itself takes, every so many updates, does not count.
    """
    import numpy as np

    from neurode_lib.fitzhugh_nagumo import build_dataset
    from neurode_lib.metrics import predict, trajectory_mse
    from neurode_lib.models import make_model
    from neurode_lib.study.variants import VARIANTS

    use_one_core()
    states, currents = build_dataset(seed=seed)
    grid = 0.5 * np.arange(states.shape[1])
    model, recipe = make_model(seed=seed), VARIANTS[RECIPES[recipe_name]].recipe
    make = plain_training if implementation == "plain" else library_training
    advance, write_back = make(model, recipe, states, currents, grid, seed)
    spent = 0.0
    for n in range(1, recipe.updates + 1):
        started = time.perf_counter()
        advance()
        spent += time.perf_counter() - started
        if n % CHECK_EVERY == 0:
            write_back()
            if trajectory_mse(predict(model, states[:, 0], currents, grid), states) <= TARGET_MSE:
                return {"seconds": spent, "updates": n}
    return {"seconds": None, "updates": None, "whole_run": spent}


Training = tuple[Callable[[], None], Callable[[], None]]


def library_training(model, recipe, states, currents, grid, seed) -> Training:
    """One update, and what brings the weights into the model, by the library."""
    import torch

    from neurode_lib.recordings import Recordings
    from neurode_lib.training.ensemble import Ensemble

    data = Recordings(grid, states, currents)
    run = Ensemble([model], [data], recipe, [seed], torch.device("cpu"))
    return run.advance, run.write_back


def plain_training(model, recipe, states, currents, grid, seed) -> Training:
    """One update by the model that one reads, autograd and PyTorch's own parts."""
    import numpy as np
    import torch

    tensors = [torch.tensor(value, dtype=torch.float32) for value in (states, currents)]
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=recipe.lr, weight_decay=recipe.weight_decay
    )
    rng = np.random.default_rng(seed)
    length = recipe.window or states.shape[1] - 1
    times = torch.tensor(grid[: length + 1], dtype=torch.float64)
    count = 0

    def batch():
        if recipe.window is None:
            return tensors
        rows = rng.integers(len(states), size=recipe.batch)
        starts = rng.integers(states.shape[1] - length, size=recipe.batch)
        steps = starts[:, None] + np.arange(length + 1)
        return tensors[0][rows[:, None], steps], tensors[1][rows]

    def advance() -> None:
        nonlocal count
        target, drive = batch()
        loss = (model(target[:, 0], drive, times).transpose(0, 1) - target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip_norm)
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate(count)
        optimizer.step()
        count += 1

    return advance, lambda: None


def gpu_rows(repetitions: int) -> dict | None:
    """Milliseconds per update and model by size of the ensemble, on the CPU and on a GPU."""
    import torch

    if not torch.cuda.is_available():
        return None
    rows = []
    for size in GPU_ENSEMBLES:
        row: dict[str, float] = {"models": size}
        for device in ("cpu", "cuda"):
            update = library_ensemble_of(size, Problem(), device)
            update(), update()
            times = []
            for _ in range(repetitions):
                started = time.perf_counter()
                update()  # it returns a number, so the GPU has finished
                times.append(time.perf_counter() - started)
            row[device] = 1e3 * statistics.median(times) / size
        rows.append(row)
    return {"card": torch.cuda.get_device_name(), "rows": rows}


def in_own_process(*arguments: str) -> dict | None:
    """Run one measurement in a fresh process and return what it prints."""
    done = subprocess.run(
        [sys.executable, __file__, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | ONE_THREAD,
    )
    if done.returncode != 0:
        raise RuntimeError(f"bench {' '.join(arguments)} failed:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def run_all(rounds: int, seeds: int) -> dict:
    """Everything, with a line of progress each."""
    result: dict = {}
    loads = [load()]
    note("updates, in turns")
    result["updates"] = interleaved({name: (name, Problem()) for name in CONTESTANTS}, rounds)
    loads.append(load())
    note("floor: matrix products and activations alone")
    result["floor"] = in_own_process("--floor", "--rounds", str(rounds))
    note("growth, in turns")
    sizes = {
        f"{key}={size}": ("library_single", replace(Problem(), **{key: size}))
        for key, sizes in GROWTH.values()
        for size in sizes
    }
    result["growth"] = interleaved(sizes, rounds)
    note("a GPU, if there is one")
    result["gpu"] = in_own_process("--gpu", "--rounds", str(rounds))
    result["time_to_target"] = {}
    for recipe in RECIPES:
        for implementation in IMPLEMENTATIONS:
            which = f"{recipe}-{implementation}"
            note(f"time to MSE {TARGET_MSE}: {which}, {seeds} seeds")
            result["time_to_target"][which] = [
                in_own_process("--target", which, "--seed", str(seed)) for seed in range(seeds)
            ]
    loads.append(load())
    names = ("torch", "torchdiffeq", "torchode", "jax", "diffrax", "numpy")
    result["machine"] = {
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: version(name) for name in names},
        "measured": datetime.now(UTC).date().isoformat(),
        "rounds": rounds,
        "loads": loads,
    }
    return result


def load() -> float | None:
    """How many processes wanted to run over the last minute, where the system tells."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def cpu_name() -> str:
    """The processor, as far as the system tells."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def median_seconds(runs: list[dict]) -> float:
    """Median time to the target; a run that never got there counts as its whole length."""
    times = [run["seconds"] if run["seconds"] is not None else run["whole_run"] for run in runs]
    return statistics.median(times)


def ratios(ours: dict, theirs: dict) -> str:
    """Median over rounds of the ratio of two costs, with its range."""
    pairs = [a / b for a, b in zip(ours["rounds"], theirs["rounds"], strict=True)]
    return f"{statistics.median(pairs):.2f} ({min(pairs):.2f} to {max(pairs):.2f})"


def recipe_lines(runs: dict[str, list[dict]]) -> list[str]:
    """The time to the target, by recipe and implementation, as lines of the page."""
    if not all(runs.values()):
        return ["Not measured in this run (`--seeds 0`)."]
    lines = [
        "How long does one model train until the mean squared error along its whole training "
        "trajectories is that small? The recipe and what carries it out are separate factors. "
        f"Median seconds over {len(next(iter(runs.values())))} seeds, and how "
        "many of them get there; a run that does not counts with its whole length.",
        "",
        "| recipe | plain loop | this library | plain / library |",
        "|---|---:|---:|---:|",
    ]
    for recipe, title in (("article", "the article's"), ("best", "the library's best")):
        pair = [runs[f"{recipe}-{how}"] for how in IMPLEMENTATIONS]
        cells = [
            f"{median_seconds(one):.2f} ({sum(r['seconds'] is not None for r in one)} of "
            f"{len(one)})"
            for one in pair
        ]
        factor = median_seconds(pair[0]) / median_seconds(pair[1])
        lines.append(f"| {title} | {cells[0]} | {cells[1]} | {factor:.1f} |")
    factors = [
        median_seconds(runs[f"article-{how}"]) / median_seconds(runs[f"best-{how}"])
        for how in IMPLEMENTATIONS
    ]
    return [*lines, f"| *article's / best* | {factors[0]:.1f} | {factors[1]:.1f} | |"]


def page(result: dict) -> str:
    """The results as a page of the book."""
    updates, base = result["updates"], result["updates"]["torchdiffeq_rk4"]
    machine = result["machine"]
    lines = [
        "# What training costs",
        "",
        "<!-- written by bench/bench.py; `make bench` makes it again -->",
        "",
        "How much does one update of the article's recipe cost, here and in other libraries? "
        "Forward pass, reverse pass, clipping and AdamW step are all included; every contestant "
        "trains the same network on the same 40 trajectories of 80 steps, on one core and with "
        "one thread, and its processor time counts. All take turns, round after round, and a ratio "
        "is that of two costs in the same round: median, and in brackets the range over rounds.",
        "",
        "| implementation | cost / torchdiffeq | ms per update and model | first update, s "
        "| memory, MB |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, (title, _, _) in CONTESTANTS.items():
        row = updates[name]
        lines.append(
            f"| {title} | {ratios(row, base)} | {row['ms']:.1f} | {row['first_s']:.1f} "
            f"| {row['peak_mb']:.0f} |"
        )
    lines += [
        f"| *matrix products and activations alone* | {result['floor']['ms'] / base['ms']:.2f} "
        f"| {result['floor']['ms']:.1f} | | |",
        "",
        "Memory is the growth of the process's peak over the updates; compilation is in the "
        f"first update. The last row is the arithmetic alone, batched over {ENSEMBLE} networks "
        "and done by PyTorch.",
        "",
        "## The goals, met or missed",
        "",
        "| ratio | goal | measured | verdict |",
        "|---|---:|---:|---|",
    ]
    for ours, theirs, limit in GOALS:
        fastest = min(theirs, key=lambda name: updates[name]["ms"])
        pairs = zip(updates[ours]["rounds"], updates[fastest]["rounds"], strict=True)
        ratio = statistics.median(a / b for a, b in pairs)
        verdict = "met" if ratio <= limit else f"missed by {100 * (ratio / limit - 1):.0f} %"
        lines.append(
            f"| {CONTESTANTS[ours][0]} / {CONTESTANTS[fastest][0]} | {limit:.2f} "
            f"| {ratios(updates[ours], updates[fastest])} | {verdict} |"
        )
    lines += [
        "",
        f"## Recipe and implementation, to an MSE of {TARGET_MSE}",
        "",
        *recipe_lines(result["time_to_target"]),
        "",
        "## How the cost grows",
        "",
        "One model of this library, one update; the sizes took turns, too.",
        "",
        "| what grows | to | ms per update | ratio to the smallest |",
        "|---|---:|---:|---:|",
    ]
    for axis, (key, sizes) in GROWTH.items():
        smallest = result["growth"][f"{key}={sizes[0]}"]
        for size in sizes:
            row = result["growth"][f"{key}={size}"]
            lines.append(f"| {axis} | {size} | {row['ms']:.1f} | {ratios(row, smallest)} |")
    lines += ["", "## On a GPU", ""]
    gpu = result["gpu"]
    if gpu is None:
        lines.append(
            "Not measured: there was no GPU on the machine. `make bench` adds this table where "
            "PyTorch finds one."
        )
    else:
        pays = next((row["models"] for row in gpu["rows"] if row["cuda"] < row["cpu"]), None)
        lines += [
            f"On a {gpu['card']}, milliseconds per update and model, by how many models train "
            "together. "
            + (
                f"The GPU pays from {pays} models on."
                if pays is not None
                else "The GPU does not pay at any of these sizes."
            ),
            "",
            "| models together | one core | GPU |",
            "|---:|---:|---:|",
            *(f"| {r['models']} | {r['cpu']:.2f} | {r['cuda']:.2f} |" for r in gpu["rows"]),
        ]
    packages = ", ".join(f"{name} {number}" for name, number in machine["packages"].items())
    lines += [
        "",
        f"Measured on {machine['measured']}: {machine['cpu']}, {machine['cores']} cores, "
        f"{machine['system']}, Python {machine['python']}; {packages}. "
        f"{machine['rounds']} rounds, in each of which a contestant makes {BURST} updates and "
        "their median counts.",
        "",
    ]
    loads = [one for one in machine["loads"] if one is not None]
    if loads:
        alone = max(loads) <= machine["cores"]
        lines += [
            f"While this ran, {min(loads):.0f} to {max(loads):.0f} processes wanted to run on the "
            f"machine's {machine['cores']} cores. "
            + (
                "So times are those of an idle machine."
                if alone
                else "Waiting does not count, but caches are shared: milliseconds are larger than "
                "on an idle machine, and of the ratios the median counts more than the range."
            ),
            "",
        ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", choices=CONTESTANTS)
    parser.add_argument("--floor", action="store_true")
    parser.add_argument("--gpu", action="store_true")
    parser.add_argument("--target", choices=[f"{r}-{i}" for r in RECIPES for i in IMPLEMENTATIONS])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--problem", type=json.loads, default={})
    options = parser.parse_args()
    problem = replace(Problem(), **options.problem)
    if options.turns:
        take_turns(options.turns, problem)
    elif options.floor:
        print(json.dumps(floor(problem, options.rounds)))
    elif options.gpu:
        print(json.dumps(gpu_rows(options.rounds)))
    elif options.target:
        recipe, implementation = options.target.split("-")
        print(json.dumps(time_to_target(recipe, implementation, options.seed)))
    else:
        result = run_all(options.rounds, options.seeds)
        RESULTS.write_text(json.dumps(result, indent=2) + "\n")
        PAGE.write_text(page(result))
        print(page(result))


if __name__ == "__main__":
    main()
