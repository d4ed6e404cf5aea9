"""The data sets that methods learn from: which neuron, how many trajectories, how sampled, noise.

One factor changes at a time around a centre, the article's data without noise; the amount of data
changes around the same with noise. A problem and a seed determine a data set; the centre's are
those of the study, number for number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from neurode_lib._checks import (
    instance_of,
    non_negative_number,
    one_of,
    positive_int,
    positive_number,
    truth_value,
)
from neurode_lib.fitzhugh_nagumo import DT, TRAINED_CURRENTS, TRAINED_STEPS, sample_starts, simulate
from neurode_lib.methods.neurons import NEURONS, follow_neuron
from neurode_lib.recordings import Recordings

# How long each trajectory is recorded, whatever the sampling.
DURATION = DT * TRAINED_STEPS
# The share of trajectories that a choice between settings may look at, and the fit may not.
VALIDATION_SHARE = 0.25


@dataclass(frozen=True)
class Problem:
    """What is learned from.

    Attributes
    ----------
    neuron : str
        One of :data:`neurode_lib.methods.neurons.NEURONS`.
    noise_std : float
        Standard deviation of Gaussian noise on every sample, the first included.
    n_trajectories : int
    dt : float
        Time between two samples; a trajectory lasts 40.
    voltage_only : bool
        Whether w was not recorded.

    Raises
    ------
    ValueError
        If a value is out of range, or the samples do not fill the duration.
    """

    neuron: str = "fhn"
    noise_std: float = 0.0
    n_trajectories: int = 40
    dt: float = DT
    voltage_only: bool = False

    def __post_init__(self) -> None:
        one_of("neuron", self.neuron, sorted(NEURONS))
        non_negative_number("noise_std", self.noise_std)
        positive_int("n_trajectories", self.n_trajectories, minimum=2)
        positive_number("dt", self.dt)
        truth_value("voltage_only", self.voltage_only)
        if abs(round(DURATION / self.dt) * self.dt - DURATION) > 1e-9:
            raise ValueError(f"dt must divide {DURATION:g}, got {self.dt:g}")

    @property
    def name(self) -> str:
        """Identifier in files, such as ``fhn-noise0.05-n40-dt0.5``."""
        name = f"{self.neuron}-noise{self.noise_std:g}-n{self.n_trajectories}-dt{self.dt:g}"
        return f"{name}-v" if self.voltage_only else name


CENTRE = Problem()
NOISE_LEVELS = (0.0, 0.05, 0.2, 0.02)
AMOUNTS = (5, 10, 40, 160)
SAMPLINGS = (2.0, 0.1, 0.5)
# Without noise a handful of trajectories is as good as many: amounts are compared with this much.
SOME_NOISE = 0.05


def _problems() -> list[Problem]:
    """One factor at a time, the most telling problems first."""
    noisy = replace(CENTRE, noise_std=SOME_NOISE)
    first, *others = (replace(CENTRE, noise_std=noise) for noise in NOISE_LEVELS)
    chosen = [first]
    chosen += [replace(CENTRE, neuron=neuron) for neuron in ("tanh", "pieces")]
    chosen += others[:2]
    chosen += [replace(CENTRE, dt=dt) for dt in SAMPLINGS]
    chosen += [replace(base, voltage_only=True) for base in (CENTRE, noisy)]
    chosen += [*others[2:], *(replace(noisy, n_trajectories=n) for n in AMOUNTS)]
    return list(dict.fromkeys(chosen))


PROBLEMS: dict[str, Problem] = {problem.name: problem for problem in _problems()}


def problem_named(name: str) -> Problem:
    """Look a problem of the map up; a ``ValueError`` lists the names there are."""
    return PROBLEMS[one_of("problem", name, sorted(PROBLEMS))]


def data_set(problem: Problem, seed: int) -> Recordings:
    """What a seed learns from.

    Parameters
    ----------
    problem : Problem
    seed : int
        Of starts, currents and noise.

    Returns
    -------
    Recordings
        Half of the trajectories, on average, under each of the two trained currents.

    Raises
    ------
    ValueError
        If an argument is of another kind.
    """
    instance_of("problem", problem, Problem)
    rng = np.random.default_rng(positive_int("seed", seed, minimum=0))
    n, n_steps = problem.n_trajectories, round(DURATION / problem.dt)
    # The same draws in the same order as build_dataset's.
    starts = sample_starts(n, rng)
    currents = rng.choice(np.array(TRAINED_CURRENTS), size=n)
    if problem.neuron == "fhn":
        states = simulate(starts, currents, n_steps, problem.dt)
    else:
        held = np.broadcast_to(currents, (n_steps, n))
        states = follow_neuron(problem.neuron, starts, held, problem.dt)
    if problem.noise_std > 0.0:
        states = states + rng.normal(0.0, problem.noise_std, size=states.shape)
    times = np.linspace(0.0, DURATION, n_steps + 1)
    return Recordings(times, states[..., :1] if problem.voltage_only else states, currents)


def validation_split(data: Recordings) -> tuple[Recordings, Recordings]:
    """The trajectories to fit on, and the last quarter, at least one, to choose by.

    Raises
    ------
    ValueError
        If there are fewer than two.
    """
    instance_of("data", data, Recordings)
    if len(data) < 2:
        raise ValueError(f"data must hold at least two trajectories, got {len(data)}")
    n = max(1, round(VALIDATION_SHARE * len(data)))
    return data[: len(data) - n], data[len(data) - n :]
