"""A second program that measures the packaged networks: no line of the library is used.

It reads the weights with safetensors and has its own network, integrator, neuron, data and
metrics, in NumPy and SciPy. What it finds must be what the study found. Definitions that are
nobody's discovery, such as the random starts of a seed, are repeated here from the book.
"""

from __future__ import annotations

import csv
import json
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from safetensors import safe_open
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline
from scipy.spatial import KDTree

STUDY = Path(__file__).parents[2] / "neurode_lib" / "pretrained"
H, STEPS, HORIZON = 0.5, 80, 400
CURRENTS = (0.2, 0.5)
BOXES = {
    "orbits": (-2.0, 2.0, -1.0, 2.0),
    "sampling": (-2.0, 2.0, -1.0, 1.0),
    "portrait": (-2.5, 2.5, -1.0, 2.25),
}
RADIUS = 0.25
# Variants that the packaged weights alone do not explain: their network sees the time, or has the
# current added to its output; or they were trained at other currents.
TIME_INPUT = ("time_input",)
ADDED_CURRENT = ("additive_best_recipe",)
TRAINED_AT = {"three_currents_best_recipe": (0.2, 0.35, 0.5)}


def neuron(y, current):
    v, w = y[..., 0], y[..., 1]
    return np.stack([v - v**3 / 3 - w + current, (v + 0.7 - 0.8 * w) / 12.5], axis=-1)


def exact(starts, current, times):
    """Trajectories (N, T, 2) by SciPy's DOP853, all starts as one system."""
    shape = starts.shape
    solution = solve_ivp(
        lambda _, y: neuron(y.reshape(shape), current).ravel(),
        (times[0], times[-1]),
        starts.ravel(),
        method="DOP853",
        t_eval=times,
        rtol=1e-10,
        atol=1e-12,
    )
    return solution.y.T.reshape(len(times), *shape).swapaxes(0, 1)


def draw_starts(n, rng):
    return np.stack([rng.uniform(-2, 2, n), rng.uniform(-1, 1, n)], axis=-1)


@cache
def training_data(seed, choices):
    rng = np.random.default_rng(seed)
    starts = draw_starts(40, rng)
    currents = rng.choice(choices, size=40)
    states = np.empty((40, STEPS + 1, 2))
    for current in choices:
        own = currents == current
        states[own] = exact(starts[own], current, H * np.arange(STEPS + 1))
    return states, currents


@cache
def grid_of(name):
    if name == "irregular":
        rng = np.random.default_rng(20_000)
        edges = np.concatenate([[0.0], np.cumsum(rng.uniform(0.2, 1.8, STEPS))])
        return edges * (H * STEPS / edges[-1])
    steps = {"horizon": HORIZON, "training": STEPS}.get(name)
    if steps:
        return H * np.arange(steps + 1)
    step = float(name.removeprefix("dt_"))
    return step * np.arange(round(H * STEPS / step) + 1)


@cache
def truth(starts_seed, current, grid):
    starts = draw_starts(64, np.random.default_rng(starts_seed))
    return exact(starts, current, grid_of(grid))


@cache
def true_cycle(current):
    path = exact(np.array([[2.0, -1.0]]), current, H * np.arange(1001))[0]
    return cycle(H * np.arange(1001), path)


class Network:
    """One row of a file of weights, in single precision like the study's."""

    def __init__(self, variant, row):
        with safe_open(STUDY / f"{variant}.safetensors", "np") as file:
            self.layers = [
                (file.get_tensor(f"{i}.weight")[row].T, file.get_tensor(f"{i}.bias")[row])
                for i in (0, 2, 4)
            ]
        self.discrete = variant.startswith("discrete_rnn")
        self.clocked = variant in TIME_INPUT
        self.added = variant in ADDED_CURRENT

    def __call__(self, y, current, t=0.0):
        columns = [y] if self.added else [y, np.full((len(y), 1), current)]
        if self.clocked:
            columns.append(np.full((len(y), 1), t))
        x = np.concatenate(columns, axis=1).astype(np.float32)
        for weight, bias in self.layers[:-1]:
            x = np.tanh(x @ weight + bias)
        weight, bias = self.layers[-1]
        charge = np.float32([current, 0.0]) if self.added else np.float32(0.0)
        return x @ weight + bias + charge

    def field(self, y, current):
        return self(y, current) / (H if self.discrete else 1.0)

    def rk4(self, field, y, t, h):
        """One step of the classical method."""
        k1 = field(y, t)
        k2 = field(y + np.float32(h / 2) * k1, t + h / 2)
        k3 = field(y + np.float32(h / 2) * k2, t + h / 2)
        k4 = field(y + np.float32(h) * k3, t + h)
        return y + np.float32(h / 6) * (k1 + 2 * k2 + 2 * k3 + k4)

    def follow(self, starts, current, times, *, as_field=False):
        """Trajectories (N, T, 2) from some starts."""
        y = starts.astype(np.float32)
        path = [y]
        for t, h in zip(times, np.diff(times), strict=False):
            if as_field:
                y = self.rk4(lambda s, _: self.field(s, current), y, t, h)
            elif self.discrete:
                y = y + self(y, current)
            else:
                y = self.rk4(lambda s, at: self(s, current, at), y, t, h)
            path.append(y)
        return np.stack(path, axis=1).astype(np.float64)


def cycle(times, path):
    """Period and peak-to-peak range of v after t = 200; NaN where the path has no cycle."""
    kept = times >= 200.0
    times, v = times[kept], path[kept, 0]
    spline = CubicSpline(times, v - (v.max() + v.min()) / 2)
    roots = spline.roots(extrapolate=False)
    up = roots[spline(roots, 1) > 0]
    if np.ptp(v) < 0.04 or len(up) < 4:
        return np.nan, np.nan
    turns = spline.derivative().roots(extrapolate=False)
    heights = [np.ptp(spline(turns[(a < turns) & (turns < b)])) for a, b in pairwise(up)]
    return np.diff(up).mean(), np.mean(heights)


def relative(a, b):
    return np.sqrt(((a - b) ** 2).mean() / (b**2).mean())


def cosine(a, b):
    return ((a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)).mean()


class Model:
    """A packaged network and what is measured on it, each rollout made once."""

    def __init__(self, variant, seed):
        seeds = json.loads((STUDY / "provenance.json").read_text())["seeds"]
        self.network, self.seed = Network(variant, seeds.index(seed)), seed
        self.trained_at = TRAINED_AT.get(variant, CURRENTS)
        self.errors = {}

    def squared_error(self, starts_seed, current, grid, as_field=False):
        """Mean over starts and both variables at each time."""
        key = starts_seed, current, grid, as_field
        if key not in self.errors:
            true = truth(starts_seed, current, grid)
            path = self.network.follow(true[:, 0], current, grid_of(grid), as_field=as_field)
            self.errors[key] = ((path - true) ** 2).mean(axis=(0, 2))
        return self.errors[key]

    def measure(self, metric, current):
        """A metric by the name that it has in the study."""
        if metric == "train_mse":
            states, currents = training_data(self.seed, self.trained_at)
            total = 0.0
            for I in self.trained_at:
                own = states[currents == I]
                path = self.network.follow(own[:, 0], I, grid_of("training"))
                total += ((path - own) ** 2).sum()
            return total / states.size
        if metric in ("mse_within", "mse_beyond"):
            curve = self.squared_error(20_000, current, "horizon")
            side = slice(STEPS + 1) if metric == "mse_within" else slice(STEPS + 1, None)
            return curve[side].mean()
        if metric == "mse_validation":
            return self.squared_error(30_000, current, "training").mean()
        if metric.startswith("mse_as_field_"):
            grid = metric.removeprefix("mse_as_field_")
            return self.squared_error(20_000, current, grid, as_field=True).mean()
        if metric.startswith("mse_"):
            return self.squared_error(20_000, current, metric.removeprefix("mse_")).mean()
        if metric in ("period_error", "amplitude_error"):
            times = H * np.arange(1001)
            path = self.network.follow(np.array([[2.0, -1.0]]), current, times)[0]
            which = metric == "amplitude_error"
            return cycle(times, path)[which] / true_cycle(current)[which] - 1.0
        return self.in_a_box(metric, current)

    def in_a_box(self, metric, current):
        kind, quantity, box, *side = metric.split("_")
        name, side = f"{kind}_{quantity}", "".join(side)
        v_low, v_high, w_low, w_high = BOXES[box]
        v, w = np.meshgrid(np.linspace(v_low, v_high, 21), np.linspace(w_low, w_high, 21))
        points = np.stack([v.ravel(), w.ravel()], axis=-1)
        states, currents = training_data(self.seed, self.trained_at)
        away, _ = KDTree(states[currents == current].reshape(-1, 2)).query(points)
        kept = {"": away >= 0, "near": away <= RADIUS, "far": away > RADIUS}[side]
        points = points[kept]
        if name == "step_error":
            after = exact(points, current, np.array([0.0, H]))[:, -1]
            ours = self.network.follow(points, current, np.array([0.0, H]))[:, -1]
            return relative(ours - points, after - points)
        learned = self.network.field(points.astype(np.float32), current).astype(np.float64)
        measure = {"field_error": relative, "field_cosine": cosine}[name]
        return measure(learned, neuron(points, current))


def rows():
    """Rows of the study's table."""
    with (STUDY / "results.csv").open(newline="") as file:
        return list(csv.DictReader(file))
