"""Claims about what was learned."""

from __future__ import annotations

import numpy as np

from neurode_lib._checks import FloatArray
from neurode_lib.claims.record import Claim, Values, Verdict, median, verdict
from neurode_lib.claims.simulator import FIRING, REST, scalar, training_data
from neurode_lib.fitzhugh_nagumo import DT, TRAINED_CURRENTS, TRAINED_STEPS, fhn_rhs
from neurode_lib.metrics import (
    distance_to_data,
    field_on_grid,
    mean_cosine_similarity,
    predict,
    vector_field,
)
from neurode_lib.study.pretrained import load_pretrained
from neurode_lib.study.protocol import (
    FIELD_V_RANGE,
    FIELD_W_RANGE,
    HORIZON_STEPS,
    NEAR_RADIUS,
    held_out_starts,
    held_out_truth,
)
from neurode_lib.study.results import Results

TOPIC = "results"


def _portrait(current: float) -> tuple[FloatArray, FloatArray]:
    return field_on_grid(fhn_rhs, current, v_range=FIELD_V_RANGE, w_range=FIELD_W_RANGE)


def judge_published(values: Values) -> Verdict:
    """Whether a published number is one that the recipe gives."""
    ours, published = values["ours"], float(values["published"])
    factor = median(ours) / published
    return verdict(np.min(ours) <= published <= np.max(ours), 0.5 <= factor <= 2.0)


def _train_mse(variant: str, published: float, results: Results) -> Values:
    return {"ours": results.values(variant, "train_mse"), "published": scalar(published)}


def _extrapolation(variant: str, published: float, results: Results) -> Values:
    """Over seeds, and over single runs, since the article's test is of one start."""
    t_eval = DT * np.arange(HORIZON_STEPS + 1)
    truth = held_out_truth()[TRAINED_CURRENTS.index(FIRING)]
    runs = []
    for seed in results.seeds:
        path = predict(load_pretrained(variant, seed), held_out_starts(), FIRING, t_eval)
        runs.append(((path - truth)[:, TRAINED_STEPS + 1 :] ** 2).mean(axis=(1, 2)))
    return {
        "ours": results.values(variant, "mse_beyond", FIRING),
        "single": np.concatenate(runs),
        "published": scalar(published),
    }


def _judge_extrapolation(values: Values) -> Verdict:
    ours, single, published = values["ours"], values["single"], values["published"]
    return verdict(
        np.min(ours) <= published <= np.max(ours), np.min(single) <= published <= np.max(single)
    )


def _time_extrapolation(results: Results) -> Values:
    return {
        "ours": results.values("time_input", "mse_beyond", FIRING),
        "published": scalar(5.0),
    }


def _factor(results: Results) -> Values:
    with_time = results.values("time_input", "mse_beyond", FIRING)
    without = results.values("neural_ode", "mse_beyond", FIRING)
    return {"ratio": with_time / without, "claimed": scalar(250.0)}


def _judge_factor(values: Values) -> Verdict:
    factor = median(values["ratio"])
    return verdict(factor >= values["claimed"] / 2.0, factor >= 10.0)


def _past_the_clock(results: Results) -> Values:
    return {
        f"ratio_{I:g}".replace(".", ""): results.values("time_input", "mse_beyond", I)
        / results.values("time_input", "mse_within", I)
        for I in TRAINED_CURRENTS
    }


def _judge_past_the_clock(values: Values) -> Verdict:
    ratios = [median(ratio) for ratio in values.values()]
    return verdict(min(ratios) >= 10.0, max(ratios) >= 10.0)


def _equal_errors(results: Results) -> Values:
    return {
        f"ratio_{I:g}".replace(".", ""): results.values("neural_ode", "mse_beyond", I)
        / results.values("neural_ode", "mse_within", I)
        for I in TRAINED_CURRENTS
    }


def _judge_equal_errors(values: Values) -> Verdict:
    similar = [0.5 <= median(ratio) <= 2.0 for ratio in values.values()]
    return verdict(all(similar), any(similar))


def _horizon(_: Results) -> Values:
    return {
        "whole": scalar(HORIZON_STEPS / TRAINED_STEPS),
        "beyond": scalar((HORIZON_STEPS - TRAINED_STEPS) / TRAINED_STEPS),
        "claimed": scalar(4),
    }


def _judge_horizon(values: Values) -> Verdict:
    return verdict(values["whole"] == values["claimed"], values["beyond"] == values["claimed"])


def _cosines(results: Results) -> Values:
    return {
        f"{variant}_{I:g}".replace(".", ""): results.values(variant, "field_cosine", I)
        for variant in ("neural_ode", "discrete_rnn")
        for I in TRAINED_CURRENTS
    }


def _judge_cosines(values: Values) -> Verdict:
    inside = [0.935 <= median(cosine) < 0.965 for cosine in values.values()]
    return verdict(all(inside), any(inside))


def _fit_equally(results: Results) -> Values:
    return {
        "ratio": results.values("neural_ode", "train_mse")
        / results.values("discrete_rnn", "train_mse")
    }


def _judge_fit_equally(values: Values) -> Verdict:
    factor = median(values["ratio"])
    return verdict(0.5 <= factor <= 2.0, 0.25 <= factor <= 4.0)


def _only_the_ode(results: Results) -> Values:
    differences = {
        f"difference_{I:g}".replace(".", ""): results.values("neural_ode", "field_cosine", I)
        - results.values("discrete_rnn", "field_cosine", I)
        for I in TRAINED_CURRENTS
    }
    ahead = np.array([np.sum(difference > 0) for difference in differences.values()])
    return differences | {
        "ahead_02": scalar(ahead[0]),
        "ahead_05": scalar(ahead[1]),
        "n": scalar(len(results.seeds)),
    }


def _judge_only_the_ode(values: Values) -> Verdict:
    ahead = [float(values[f"ahead_{I}"] / values["n"]) for I in ("02", "05")]
    return verdict(min(ahead) >= 0.9, max(ahead) >= 0.9)


def _topology(results: Results) -> Values:
    """A neuron whose recovery is frozen: it has no limit cycle and cannot fire twice."""
    scores, beaten = [], []
    for I in TRAINED_CURRENTS:
        _, truth = _portrait(I)
        scores.append(mean_cosine_similarity(truth * np.array([1.0, 0.0]), truth))
        beaten.append(np.sum(results.values("neural_ode", "field_cosine", I) < scores[-1]))
    return {
        "frozen_02": scalar(scores[0]),
        "frozen_05": scalar(scores[1]),
        "beaten_02": scalar(beaten[0]),
        "beaten_05": scalar(beaten[1]),
        "n": scalar(len(results.seeds)),
    }


def _judge_topology(values: Values) -> Verdict:
    beaten = [float(values[f"beaten_{I}"] / values["n"]) for I in ("02", "05")]
    return verdict(max(beaten) == 0.0, max(beaten) < 0.5)


def _magnitude(results: Results) -> Values:
    speeds = []
    points, truth = _portrait(FIRING)
    for seed in results.seeds:
        near = distance_to_data(points, training_data(seed)[0]) <= NEAR_RADIUS
        field = vector_field(load_pretrained("neural_ode", seed), points, FIRING)
        speed = np.linalg.norm(field, axis=-1) / np.linalg.norm(truth, axis=-1)
        speeds.append(np.median(speed[near]))
    return {
        "speed": np.array(speeds),
        "cosine": results.values("neural_ode", "field_cosine_near", FIRING),
    }


def _judge_magnitude(values: Values) -> Verdict:
    sizes_differ = abs(median(values["speed"]) - 1.0) > 0.1
    return verdict(sizes_differ and median(values["cosine"]) > 0.9, sizes_differ)


def _proxy(results: Results) -> Values:
    return {
        "mse": results.values("time_input", "train_mse")
        / results.values("neural_ode", "train_mse"),
        "with_time": results.values("time_input", "field_cosine", FIRING),
        "without": results.values("neural_ode", "field_cosine", FIRING),
    }


def _judge_proxy(values: Values) -> Verdict:
    fits = median(values["mse"]) <= 2.0
    worse_field = median(values["with_time"]) < np.min(values["without"])
    return verdict(fits and worse_field, fits)


def _rests(results: Results) -> Values:
    return {
        "resting": scalar(float((results.values("neural_ode", "oscillates", REST) == 0).sum())),
        "firing": scalar(float(results.values("neural_ode", "oscillates", FIRING).sum())),
        "n": scalar(len(results.seeds)),
    }


def _judge_rests(values: Values) -> Verdict:
    right = [float(values[name] / values["n"]) for name in ("resting", "firing")]
    return verdict(min(right) == 1.0, min(right) > 0.5)


CLAIMS = (
    Claim(
        "train-ode",
        TOPIC,
        "The Neural ODE reaches a training error of 0.0207 (follow-up).",
        "Mean squared error on the training set at the end, article's recipe.",
        "Holds if the published number is in our range, in part within twice or half of our "
        "median.",
        "{ours}",
        "07_training",
        "neurode_lib.metrics.trajectory_mse",
        lambda results: _train_mse("neural_ode", 0.02072, results),
        judge_published,
    ),
    Claim(
        "train-rnn",
        TOPIC,
        "The RNN reaches a training error of 0.0155 (follow-up).",
        "Mean squared error on the training set at the end, article's recipe.",
        "Holds if the published number is in our range, in part within twice or half of our "
        "median.",
        "{ours}",
        "07_training",
        "neurode_lib.metrics.trajectory_mse",
        lambda results: _train_mse("discrete_rnn", 0.01547, results),
        judge_published,
    ),
    Claim(
        "fit-equally",
        TOPIC,
        "Both models fit the data equally well.",
        "Training error of the Neural ODE over that of the RNN, seed by seed.",
        "Holds if the median is within a factor of two, in part within four.",
        "× {ratio}",
        "07_training",
        "neurode_lib.metrics.trajectory_mse",
        _fit_equally,
        _judge_fit_equally,
    ),
    Claim(
        "extrapolation-ode",
        TOPIC,
        "Beyond the horizon the Neural ODE errs by 0.02.",
        "Squared error from step 81 to 400 at I = 0.5, mean over 64 held-out starts; and of "
        "single runs, since the article tests one start.",
        "Holds if the published number is in the range of our seeds, in part if in that of "
        "single runs.",
        "{ours}; single runs {single}",
        "09_beyond_the_horizon",
        "neurode_lib.metrics.extrapolation_mse",
        lambda results: _extrapolation("neural_ode", 0.02014, results),
        _judge_extrapolation,
    ),
    Claim(
        "extrapolation-rnn",
        TOPIC,
        "Beyond the horizon the RNN errs by 0.0167 (follow-up).",
        "Squared error from step 81 to 400 at I = 0.5, mean over 64 held-out starts; and of single "
        "runs, since the article tests one start.",
        "Holds if the published number is in the range of our seeds, in part if in that of "
        "single runs.",
        "{ours}; single runs {single}",
        "09_beyond_the_horizon",
        "neurode_lib.metrics.extrapolation_mse",
        lambda results: _extrapolation("discrete_rnn", 0.01670, results),
        _judge_extrapolation,
    ),
    Claim(
        "extrapolation-time",
        TOPIC,
        "With t as an input the error beyond the horizon is about 5.",
        "Squared error from step 81 to 400 at I = 0.5, Neural ODE with a time input.",
        "Holds if 5 is in the range of our seeds, in part within twice or half of our median.",
        "{ours}",
        "10_one_line_of_code",
        "neurode_lib.metrics.extrapolation_mse",
        _time_extrapolation,
        judge_published,
    ),
    Claim(
        "factor-250",
        TOPIC,
        "Dropping t from the input lowers that error 250-fold.",
        "Ratio of the two errors, seed by seed, I = 0.5.",
        "Holds if the median is at least half of 250, in part at least 10.",
        "× {ratio}",
        "10_one_line_of_code",
        "neurode_lib.metrics.extrapolation_mse",
        _factor,
        _judge_factor,
    ),
    Claim(
        "past-the-clock",
        TOPIC,
        "With t as an input, predictions make sense only at the times seen in training.",
        "Error beyond the horizon over the error within it, model with time input.",
        "Holds if the median is at least 10 at both currents, in part at one.",
        "I = 0.2: × {ratio_02}; I = 0.5: × {ratio_05}",
        "10_one_line_of_code",
        "neurode_lib.metrics.extrapolation_mse",
        _past_the_clock,
        _judge_past_the_clock,
    ),
    Claim(
        "equal-errors",
        TOPIC,
        "Without t the error beyond the horizon is about that within it.",
        "Ratio of the two, Neural ODE, seed by seed.",
        "Holds if the median is within a factor of two at both currents, in part at one.",
        "I = 0.2: × {ratio_02}; I = 0.5: × {ratio_05}",
        "09_beyond_the_horizon",
        "neurode_lib.metrics.extrapolation_mse",
        _equal_errors,
        _judge_equal_errors,
    ),
    Claim(
        "four-times",
        TOPIC,
        "400 steps are four times the training horizon.",
        "400 over 80, and 320 further steps over 80.",
        "Holds if the trajectory is four times as long, in part if the new part is.",
        "{whole} times as long, of which {beyond} times is new",
        "09_beyond_the_horizon",
        "neurode_lib.metrics.extrapolation_mse",
        _horizon,
        _judge_horizon,
    ),
    Claim(
        "right-regime",
        TOPIC,
        "The learned dynamics rest at I = 0.2 and fire at I = 0.5.",
        "Each Neural ODE is followed until it has settled.",
        "Holds if all seeds do both, in part if most do.",
        "{resting} of {n} rest, {firing} of {n} fire",
        "09_beyond_the_horizon",
        "neurode_lib.metrics.learned_cycle",
        _rests,
        _judge_rests,
    ),
    Claim(
        "cosines",
        TOPIC,
        "The learned fields have a cosine similarity of 0.94 to 0.96 with the true one "
        "(follow-up).",
        "Mean cosine over the grid of states that true orbits visit, both models, both currents.",
        "Holds if all four medians round into the range, in part if one does.",
        "Neural ODE {neural_ode_02} and {neural_ode_05}; RNN {discrete_rnn_02} and "
        "{discrete_rnn_05}",
        "08_phase_portraits",
        "neurode_lib.metrics.mean_cosine_similarity",
        _cosines,
        _judge_cosines,
    ),
    Claim(
        "only-the-ode",
        TOPIC,
        "Only the Neural ODE learned the physics, and the angle of its arrows shows it.",
        "Cosine of the Neural ODE minus that of the RNN's step/dt, seed by seed.",
        "Holds if the Neural ODE is ahead in nine seeds of ten at both currents, in part at one.",
        "ahead in {ahead_02} and {ahead_05} of {n} seeds; difference {difference_02} and "
        "{difference_05}",
        "08_phase_portraits",
        "neurode_lib.metrics.cosine_similarity",
        _only_the_ode,
        _judge_only_the_ode,
    ),
    Claim(
        "topology",
        TOPIC,
        "A high cosine similarity means that the topology of the dynamics was learned.",
        "Score of a neuron with frozen recovery, which has no limit cycle; how many trained "
        "Neural ODEs it beats.",
        "Holds if it beats none, in part if fewer than half.",
        "{frozen_02} and {frozen_05}; beats {beaten_02} and {beaten_05} of {n}",
        "08_phase_portraits",
        "neurode_lib.metrics.mean_cosine_similarity",
        _topology,
        _judge_topology,
    ),
    Claim(
        "magnitude",
        TOPIC,
        "Learned arrows match in direction, but not in size.",
        "Length of the learned arrow over that of the true one, median over the grid points "
        "near the data, I = 0.5; mean cosine there.",
        "Holds if lengths are off by more than 10 % and the cosine is above 0.9, in part if "
        "lengths are off.",
        "length × {speed}; cosine {cosine}",
        "08_phase_portraits",
        "neurode_lib.metrics.vector_field",
        _magnitude,
        _judge_magnitude,
    ),
    Claim(
        "noisy-proxy",
        TOPIC,
        "A low trajectory error does not show that the flow was learned.",
        "The model with time input: its training error over that of the Neural ODE, and the "
        "cosines of both fields at I = 0.5.",
        "Holds if its median error is at most twice as large while its median cosine is below "
        "that of every Neural ODE, in part if only the error is.",
        "error × {mse}; cosine {with_time} against {without}",
        "08_phase_portraits",
        "neurode_lib.metrics.trajectory_mse",
        _proxy,
        _judge_proxy,
    ),
)
