"""What a gradient costs: memory counted byte by byte, and time, by length of trajectory."""

from __future__ import annotations

import statistics
import time
import weakref
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from neurode_lib.fitzhugh_nagumo import DT
from neurode_lib.models import ODEFunc
from neurode_lib.study.gradients.methods import (
    METHODS,
    DrivenField,
    Solve,
    checkpointed_backpropagation,
)

# Steps of RK4: the article's 80, half of them, and up to eight times as many.
STEPS = (40, 80, 160, 320, 640)
TRAJECTORIES = 40
REPEATS = 5
SOLVES: dict[str, Solve] = {
    "backpropagation_rk4": METHODS["backpropagation_rk4"].solve,
    "checkpointed_rk4": checkpointed_backpropagation,
    "adjoint_rk4": METHODS["adjoint_rk4"].solve,
}


class PeakBytes(TorchDispatchMode):
    """The most bytes that tensors made inside this context have held at one time.

    Every operation of torch passes through here; its results count from when they are made until
    their storage is freed. Unlike the memory of the process, the count is the same on every run.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now = self.peak = 0
        self._alive: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run the operation and count the storages that are new."""
        result = func(*args, **(kwargs or {}))
        for value in tree_flatten(result)[0]:
            if isinstance(value, Tensor):
                self._count(value.untyped_storage())
        return result

    def _count(self, storage: torch.UntypedStorage) -> None:
        key, size = storage._cdata, storage.nbytes()
        if key in self._alive:
            return
        self._alive.add(key)
        self.now += size
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._release, key, size)

    def _release(self, key: int, size: int) -> None:
        self._alive.discard(key)
        self.now -= size


def _problem(n_steps: int) -> Callable[[Solve], None]:
    """One gradient of a loss at the end, by a given method."""
    generator = torch.Generator().manual_seed(0)
    func = ODEFunc(zero_init=False)
    y0 = torch.rand(TRAJECTORIES, 2, generator=generator)
    field = DrivenField(func, torch.full((TRAJECTORIES,), 0.5))
    times = DT * torch.arange(n_steps + 1, dtype=torch.float64)

    def once(solve: Solve) -> None:
        # The loss is at the end alone, so that the adjoint may forget all states but the last.
        states = solve(field, y0, times[[0, -1]])
        torch.autograd.grad(states[-1].square().mean(), list(func.parameters()))

    return once


def gradient_costs() -> list[dict[str, object]]:
    """Peak bytes and milliseconds of one gradient, by method and number of steps."""
    rows = []
    for n_steps in STEPS:
        once = _problem(n_steps)
        seconds: dict[str, list[float]] = {name: [] for name in SOLVES}
        for solve in SOLVES.values():
            once(solve)  # the first time, memory is fetched and code loaded
        # Interleaved, so that a slow minute of the machine meets all of them.
        for _ in range(REPEATS):
            for name, solve in SOLVES.items():
                started = time.process_time()
                once(solve)
                seconds[name].append(time.process_time() - started)
        for name, solve in SOLVES.items():
            with PeakBytes() as memory:
                once(solve)
            rows.append(
                {
                    "method": name,
                    "steps": n_steps,
                    "peak_bytes": memory.peak,
                    "cpu_ms": 1e3 * statistics.median(seconds[name]),
                }
            )
    return rows
