"""How settings are chosen: by the same rule and within the same budget for every method.

The rule: on three data sets of the same kind that no result is made from, each setting is fitted
to three quarters of the trajectories and forecasts the last quarter, from recorded samples over ten
time units. The smallest median error decides, and that setting fits all ten data sets whole. What
is compared with is recorded, noise and all: nobody who has data knows better.

The budget: twelve settings. Networks, of whom each try costs more than all others together, use up
three, each for a third of the updates.
"""

from __future__ import annotations

import time
import warnings
from dataclasses import dataclass

import numpy as np

from neurode_lib._checks import FloatArray, instance_of
from neurode_lib.methods.contestants import Contestant, Setting
from neurode_lib.methods.problems import Problem, data_set, validation_split
from neurode_lib.methods.stacks import Stack
from neurode_lib.recordings import Recordings

# Far from the seeds of the results, which count from 0.
TUNING_SEEDS = (100, 101, 102)
MOST_SETTINGS = 12
# Of a network's updates, when it is tried out.
NETWORKS_SHARE = 3
HORIZON = 10.0
# Time between two samples that a validation forecast starts from.
_START_EVERY = 4.0


@dataclass(frozen=True)
class Choice:
    """What was chosen: the setting, every setting's error, and the CPU's time in seconds."""

    setting: Setting
    errors: list[float]
    seconds: float


def choose(contestant: Contestant, problem: Problem) -> Choice:
    """Choose a contestant's setting for a problem.

    Raises
    ------
    ValueError
        If an argument is of another kind, or the contestant has more settings than the budget.
    """
    instance_of("contestant", contestant, Contestant)
    instance_of("problem", problem, Problem)
    if len(contestant.settings) > MOST_SETTINGS:
        raise ValueError(
            f"contestant must have at most {MOST_SETTINGS} settings, got {len(contestant.settings)}"
        )
    if len(contestant.settings) == 1 or problem.voltage_only:
        return Choice(contestant.settings[0], [], 0.0)
    started = time.process_time()
    splits = [validation_split(data_set(problem, seed)) for seed in TUNING_SEEDS]
    fitted, unseen = zip(*splits, strict=True)
    errors = []
    for setting in contestant.settings:
        tried = setting
        if "updates" in setting:
            tried = {**setting, "updates": setting["updates"] // NETWORKS_SHARE}
        with warnings.catch_warnings():
            # A threshold that leaves no term, a kernel at its bound: worse settings, no more.
            warnings.simplefilter("ignore")
            stack = contestant.fit(list(fitted), TUNING_SEEDS, tried)
        errors.append(float(np.median(validation_errors(stack, unseen))))
    best = contestant.settings[int(np.argmin(errors))]
    return Choice(best, errors, time.process_time() - started)


def validation_errors(stack: Stack, unseen: tuple[Recordings, ...]) -> FloatArray:
    """Mean squared error of each model's forecasts on its own unseen data, shape (K,).

    Parameters
    ----------
    stack : Stack
    unseen : tuple of Recordings
        One for each model, alike in size, on one grid.
    """
    grid = unseen[0].times[0]
    dt = grid[1] - grid[0]
    every = max(1, round(stack.interval / dt))
    length = round(HORIZON / dt) // every
    firsts = np.arange(0, len(grid) - length * every, max(1, round(_START_EVERY / dt)))
    at = firsts[:, None] + every * np.arange(length + 1)
    truth = np.stack([np.stack(data.values)[:, at].reshape(-1, length + 1, 2) for data in unseen])
    currents = np.stack([np.repeat(np.asarray(data.inputs), len(firsts)) for data in unseen])
    drive = np.broadcast_to(currents, (length, *currents.shape))
    paths = stack.forecast(truth[:, :, 0], drive, float(every * dt))
    with np.errstate(over="ignore", invalid="ignore"):
        errors = ((paths - truth) ** 2).mean(axis=(1, 2, 3))
    return np.where(np.isfinite(errors), errors, np.inf)
