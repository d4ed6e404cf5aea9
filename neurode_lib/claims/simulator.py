"""Claims about the simulator and the data."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np

from neurode_lib._checks import FloatArray
from neurode_lib.claims.record import CHANGED, Claim, Values, Verdict, exact, median, verdict
from neurode_lib.fitzhugh_nagumo import (
    A_PARAM,
    B_PARAM,
    DT,
    TAU,
    TRAINED_CURRENTS,
    TRAINED_STEPS,
    V_RANGE,
    W_RANGE,
    fhn_rhs,
    flow_map,
    rk4_step,
    sample_starts,
)
from neurode_lib.metrics import distance_to_data, trajectory_mse
from neurode_lib.phase_plane import limit_cycle
from neurode_lib.study.protocol import NEAR_RADIUS, held_out_truth
from neurode_lib.study.results import Results
from neurode_lib.study.variants import VARIANTS, training_set

TOPIC = "simulator and data"
REST, FIRING = TRAINED_CURRENTS
SPIKE_HEIGHT = 1.0


def scalar(value: float | np.number[Any] | np.bool) -> FloatArray:
    """A single number as the array of shape () that values are made of."""
    return np.asarray(value, dtype=np.float64)


@lru_cache(maxsize=16)
def training_data(seed: int) -> tuple[FloatArray, FloatArray]:
    """The article's data set of a seed."""
    return training_set(VARIANTS["neural_ode"], seed)


def _step_error(_: Results) -> Values:
    starts = sample_starts(2000, np.random.default_rng(0))
    errors = np.concatenate(
        [
            np.linalg.norm(rk4_step(fhn_rhs, starts, I, DT) - flow_map(starts, I, DT), axis=-1)
            for I in TRAINED_CURRENTS
        ]
    )
    return {"error": errors, "claimed": scalar(1e-8)}


def _judge_step_error(values: Values, slack: float) -> Verdict:
    ratio = median(values["error"]) / values["claimed"]
    return verdict(ratio <= 10.0**slack, ratio <= 1000.0**slack)


def _orders(_: Results) -> Values:
    starts = sample_starts(200, np.random.default_rng(0))
    exact = flow_map(starts, FIRING, 2.0)
    steps = np.array([0.1, 0.05, 0.025, 0.0125])

    def slope(euler: bool) -> float:
        errors = []
        for dt in steps:
            state = starts
            for _ in range(round(2.0 / dt)):
                state = (
                    state + dt * fhn_rhs(state, FIRING)
                    if euler
                    else rk4_step(fhn_rhs, state, FIRING, dt)
                )
            errors.append(np.sqrt(((state - exact) ** 2).mean()))
        return float(np.polyfit(np.log(steps), np.log(errors), 1)[0])

    return {"rk4": scalar(slope(euler=False)), "euler": scalar(slope(euler=True))}


def _judge_orders(values: Values, slack: float) -> Verdict:
    off = [abs(values["rk4"] - 4.0), abs(values["euler"] - 1.0)]
    return verdict(max(off) < 0.2 * slack)


def _simulator_error(results: Results) -> Values:
    horizon = slice(0, TRAINED_STEPS + 1)
    article, accurate = held_out_truth(article=True), held_out_truth()
    errors = [
        trajectory_mse(path[:, horizon], true[:, horizon])
        for path, true in zip(article, accurate, strict=True)
    ]
    model = [results.values("neural_ode", "mse_within", I) for I in TRAINED_CURRENTS]
    return {"simulator": scalar(float(np.mean(errors))), "model": np.mean(model, axis=0)}


def _judge_simulator_error(values: Values, slack: float) -> Verdict:
    share = values["simulator"] / median(values["model"])
    return verdict(share < 0.01 * slack, share < 0.1 * slack)


def _parameters(_: Results) -> Values:
    c = 3.0  # FitzHugh 1961: a = 0.7, b = 0.8, c = 3; rescaling time by c turns τ into c².
    return {
        "a": scalar(A_PARAM),
        "b": scalar(B_PARAM),
        "tau": scalar(TAU),
        "a_1961": scalar(0.7),
        "b_1961": scalar(0.8),
        "tau_1961": scalar(c**2),
    }


def _judge_parameters(values: Values) -> Verdict:
    same = [bool(values[name] == values[f"{name}_1961"]) for name in ("a", "b", "tau")]
    return verdict(all(same), any(same))


def _other_parameters(_: Results) -> Values:
    rng = np.random.default_rng(0)
    a, b, tau = (p * rng.uniform(0.5, 1.5, size=1000) for p in (A_PARAM, B_PARAM, TAU))
    excitable = 0
    for a_i, b_i, tau_i in zip(a, b, tau, strict=True):
        roots = np.roots([-1.0 / 3.0, 0.0, 1.0 - 1.0 / b_i, -a_i / b_i])
        v = np.sort(roots[np.abs(roots.imag) < 1e-9].real)
        # One equilibrium, left of the cubic's minimum, with a negative trace (its determinant
        # is then positive): at rest, and a push away from the jump.
        excitable += len(v) == 1 and 1.0 - v[0] ** 2 < b_i / tau_i and v[0] < 0.0
    return {"percent": scalar(100.0 * excitable / len(a))}


def _judge_other_parameters(values: Values, slack: float) -> Verdict:
    missing = 100.0 - values["percent"]
    return verdict(missing <= 1.0 * slack, missing <= 50.0 * slack)


def _shapes(results: Results) -> Values:
    states, currents = training_data(results.seeds[0])
    return {
        "states": np.array(states.shape, dtype=np.float64),
        "currents": np.array(currents.shape, dtype=np.float64),
        "n": scalar(states.shape[0]),
        "times": scalar(states.shape[1]),
        "variables": scalar(states.shape[2]),
    }


def _judge_shapes(values: Values) -> Verdict:
    return verdict(
        values["states"].tolist() == [40.0, 81.0, 2.0] and values["currents"].tolist() == [40.0]
    )


def _balance(results: Results) -> Values:
    counts = [float((training_data(seed)[1] == FIRING).sum()) for seed in results.seeds]
    return {"firing": np.array(counts), "n": scalar(len(training_data(results.seeds[0])[1]))}


def _judge_balance(values: Values, slack: float) -> Verdict:
    share = values["firing"] / values["n"]
    limit = 0.05 * slack
    return verdict(np.all(np.abs(share - 0.5) <= limit), abs(median(share) - 0.5) <= limit)


def _quiescent(results: Results) -> Values:
    shares = []
    for seed in results.seeds:
        states, currents = training_data(seed)
        # A spike counts also where the start is already on its way up.
        fires = (states[currents == REST, :, 0] > SPIKE_HEIGHT).any(axis=1)
        shares.append(100.0 * fires.mean())
    return {"percent": np.array(shares)}


def _judge_quiescent(values: Values, slack: float) -> Verdict:
    percent = median(values["percent"])
    return verdict(percent <= 5.0 * slack, percent <= 50.0 * slack)


def _coverage(results: Results) -> Values:
    orbit = limit_cycle(FIRING).states
    inside = np.all(
        (orbit >= [V_RANGE[0], W_RANGE[0]]) & (orbit <= [V_RANGE[1], W_RANGE[1]]), axis=-1
    )
    gaps = [distance_to_data(orbit, training_data(seed)[0]).max() for seed in results.seeds]
    return {"inside": scalar(100.0 * float(inside.mean())), "gap": np.array(gaps)}


def _judge_coverage(values: Values, slack: float) -> Verdict:
    outside = 100.0 - values["inside"]
    return verdict(outside <= 1.0 * slack, np.all(values["gap"] <= NEAR_RADIUS * slack))


def _cycles(_: Results) -> Values:
    period = limit_cycle(FIRING).period
    return {
        "cycles": scalar(DT * TRAINED_STEPS / period),
        "period": scalar(period),
        "claimed": scalar(1.5),
    }


def _judge_cycles(values: Values, slack: float) -> Verdict:
    off = abs(values["cycles"] / values["claimed"] - 1.0)
    return verdict(off <= 0.1 * slack, off <= 0.2 * slack)


def _cycle_learned(results: Results) -> Values:
    return {
        "fires": scalar(float(results.values("neural_ode", "oscillates", FIRING).sum())),
        "n": scalar(len(results.seeds)),
        "period": 100.0 * results.values("neural_ode", "period_error", FIRING),
    }


def _judge_cycle_learned(values: Values, slack: float) -> Verdict:
    return verdict(
        values["fires"] == values["n"] and np.all(np.abs(values["period"]) <= 5.0 * slack),
        values["fires"] > values["n"] / 2,
    )


CLAIMS = (
    Claim(
        "step-error",
        TOPIC,
        "One RK4 step of 0.5 errs by about 1e-8.",
        "Distance between the step and the exact flow, from 2,000 states drawn from the box of "
        "starts, each under both currents (chapter 2 draws others).",
        "Holds if the median is at most ten times the claim, in part up to a thousand times.",
        "{error} over the states",
        "02_stepping_through_time",
        "neurode_lib.fitzhugh_nagumo.rk4_step",
        _step_error,
        _judge_step_error,
    ),
    Claim(
        "orders",
        TOPIC,
        "Euler's method is of first order and RK4 of fourth.",
        "Slope of the error at t = 2 against the step, steps 0.1 to 0.0125.",
        "Holds if both are within 0.2 of 1 and 4.",
        "Euler {euler}, RK4 {rk4}",
        "02_stepping_through_time",
        "neurode_lib.fitzhugh_nagumo.rk4_step",
        _orders,
        _judge_orders,
    ),
    Claim(
        "clean-data",
        TOPIC,
        "With RK4 in steps of 0.5 the data carry no simulator quirks that matter.",
        "Squared error of that simulator over 80 steps, against the error of the trained "
        "Neural ODE, held-out starts.",
        "Holds if it is below 1 % of the model's, in part below 10 %.",
        "simulator {simulator}, model {model}",
        "02_stepping_through_time",
        "neurode_lib.fitzhugh_nagumo.simulate",
        _simulator_error,
        _judge_simulator_error,
    ),
    Claim(
        "parameters",
        TOPIC,
        "a = 0.7, b = 0.8, τ = 12.5 are the values of the original papers.",
        "Read: FitzHugh 1961, whose model that of 1962 is, has a = 0.7, b = 0.8, c = 3, and "
        "τ is c².",
        "Holds if all three agree, in part if some do.",
        "a and b as in 1961; τ {tau}, in 1961 {tau_1961}",
        "01_fitzhugh_nagumo",
        "neurode_lib.fitzhugh_nagumo.fhn_rhs",
        _parameters,
        exact(_judge_parameters),
    ),
    Claim(
        "other-parameters",
        TOPIC,
        "Other parameters change the behaviour, but the neuron stays excitable.",
        "1,000 random triples (a, b, τ) within 50 % of the standard ones, no current: is "
        "there a single, stable equilibrium to the left?",
        "Holds if for 99 %, in part if for half.",
        "{percent} % of the triples",
        "01_fitzhugh_nagumo",
        "neurode_lib.phase_plane.equilibria",
        _other_parameters,
        _judge_other_parameters,
    ),
    Claim(
        "shapes",
        TOPIC,
        "The data are 40 trajectories of 81 states in two variables, and 40 currents.",
        "Shapes of the arrays.",
        "Holds if they agree.",
        "{n} × {times} × {variables}",
        "03_the_dataset",
        "neurode_lib.fitzhugh_nagumo.build_dataset",
        _shapes,
        exact(_judge_shapes),
    ),
    Claim(
        "balance",
        TOPIC,
        "Half of the trajectories are under each current.",
        "Count of I = 0.5 in each seed's data; the recipe draws currents at random.",
        "Holds if every seed has 45 to 55 %, in part if the median seed has.",
        "{firing} of {n}",
        "03_the_dataset",
        "neurode_lib.fitzhugh_nagumo.build_dataset",
        _balance,
        _judge_balance,
    ),
    Claim(
        "quiescent",
        TOPIC,
        "At I = 0.2 the neuron is quiescent.",
        "Share of the training trajectories at I = 0.2 whose v exceeds 1 before they come to rest.",
        "Holds if at most 5 %, in part if at most half.",
        "{percent} %",
        "03_the_dataset",
        "neurode_lib.phase_plane.regime",
        _quiescent,
        _judge_quiescent,
        f"{CHANGED}: a spike was an upward crossing of v = 0, which misses starts above it",
    ),
    Claim(
        "coverage",
        TOPIC,
        "The random starts cover the part of the phase plane that matters.",
        "Share of the limit cycle at I = 0.5 inside the box of starts; largest distance from "
        "the cycle to a training state.",
        f"Holds if the cycle is in the box, in part if data come within {NEAR_RADIUS:g} of "
        f"all of it.",
        "{inside} % of the cycle in the box; largest gap {gap}",
        "03_the_dataset",
        "neurode_lib.metrics.distance_to_data",
        _coverage,
        _judge_coverage,
    ),
    Claim(
        "cycles",
        TOPIC,
        "80 steps of 0.5 cover about one and a half cycles.",
        "Period of the limit cycle at I = 0.5.",
        "Holds within 10 %, in part within 20 %.",
        "{cycles} cycles (period {period})",
        "01_fitzhugh_nagumo",
        "neurode_lib.phase_plane.limit_cycle",
        _cycles,
        _judge_cycles,
    ),
    Claim(
        "cycle-learned",
        TOPIC,
        "That is long enough to make the model learn the limit cycle.",
        "Neural ODEs that settle on a cycle at I = 0.5, and the error of their period.",
        "Holds if all do, within 5 %; in part if more than half do.",
        "{fires} of {n} seeds; period off by {period} %",
        "09_beyond_the_horizon",
        "neurode_lib.metrics.learned_cycle",
        _cycle_learned,
        _judge_cycle_learned,
    ),
)
