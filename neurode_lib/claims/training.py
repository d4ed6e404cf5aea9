"""Claims about training."""

from __future__ import annotations

from functools import cache

import numpy as np

from neurode_lib.claims.record import Claim, Values, Verdict, median, verdict
from neurode_lib.claims.simulator import FIRING, scalar
from neurode_lib.fitzhugh_nagumo import DT, TRAINED_STEPS, fhn_rhs
from neurode_lib.metrics import affine_share, field_on_grid, vector_field
from neurode_lib.models import DiscreteRNN, NeuralODE, make_model
from neurode_lib.study.pretrained import load_pretrained
from neurode_lib.study.protocol import FIELD_V_RANGE, FIELD_W_RANGE
from neurode_lib.study.results import Results
from neurode_lib.study.variants import NOISE_LEVELS, VARIANTS, training_set
from neurode_lib.training.loop import train_ensemble
from neurode_lib.training.recipe import Recipe

TOPIC = "training"
NOISE = NOISE_LEVELS[0]
EARLY, GRID = 20, 21
# These differ from the Neural ODE in nothing that costs time, so each times the same computation.
SAME_COST = ("neural_ode", "default_init", "no_clipping", "constant_lr")


def _first_loss(results: Results) -> Values:
    default, zero = (results.curve(v, "loss")[:, 0] for v in ("default_init", "neural_ode"))
    return {"ratio": default / zero}


def _judge_first_loss(values: Values) -> Verdict:
    return verdict(median(values["ratio"]) >= 10.0, median(values["ratio"]) >= 2.0)


def _undoing(results: Results) -> Values:
    default, zero = (results.curve(v, "loss") for v in ("default_init", "neural_ode"))
    below = default < zero[:, :1]
    # argmax finds the first True; a row without one never recovers.
    updates = np.where(below.any(axis=1), below.argmax(axis=1), np.inf)
    return {"updates": updates, "all": scalar(default.shape[1])}


def _judge_undoing(values: Values) -> Verdict:
    return verdict(median(values["updates"]) >= 1000.0, median(values["updates"]) >= 100.0)


def _stability(results: Results) -> Values:
    default, zero = (results.values(v, "train_mse") for v in ("default_init", "neural_ode"))
    return {"zero": zero, "default": default, "ratio": default / zero}


def _judge_stability(values: Values) -> Verdict:
    return verdict(median(values["ratio"]) >= 2.0, np.mean(values["ratio"] > 1.0) >= 0.9)


def _clipping(results: Results) -> Values:
    without, clipped = (results.values(v, "train_mse") for v in ("no_clipping", "neural_ode"))
    return {
        "ratio": without / clipped,
        "spoiled": scalar(float((without > 2.0 * clipped).sum())),
        "n": scalar(len(results.seeds)),
        "norm": results.curve("no_clipping", "grad_norm").max(axis=1),
    }


def _judge_clipping(values: Values) -> Verdict:
    return verdict(values["spoiled"] > values["n"] / 2, values["spoiled"] > 0)


@cache
def _early_models(seeds: tuple[int, ...]) -> list[NeuralODE | DiscreteRNN]:
    data = [training_set(VARIANTS["neural_ode"], seed) for seed in seeds]
    models, _ = train_ensemble(
        [make_model(seed=seed) for seed in seeds],
        np.stack([states for states, _ in data]),
        np.stack([currents for _, currents in data]),
        DT * np.arange(TRAINED_STEPS + 1),
        # So early, the recipe's falling rate has hardly moved.
        Recipe(updates=EARLY, schedule="constant"),
        seeds=seeds,
        progress=False,
    )
    return models


def _straight_first(results: Results) -> Values:
    points, true = field_on_grid(
        fhn_rhs, FIRING, v_range=FIELD_V_RANGE, w_range=FIELD_W_RANGE, n=GRID
    )
    late = [load_pretrained("neural_ode", seed) for seed in results.seeds]
    shares = {
        when: np.array([affine_share(points, vector_field(m, points, FIRING)) for m in models])
        for when, models in (("early", _early_models(results.seeds)), ("late", late))
    }
    return shares | {"true": scalar(affine_share(points, true))}


def _judge_straight_first(values: Values) -> Verdict:
    falls = values["late"] < values["early"]
    return verdict(median(values["early"]) >= 0.95 and falls.all(), falls.mean() > 0.5)


def _full_loss(results: Results) -> Values:
    return {
        "full": results.values("neural_ode", "mse_beyond", FIRING),
        "per_step": results.values("per_step", "mse_beyond", FIRING),
        "noisy_full": results.values(f"neural_ode_noise_{NOISE:g}", "mse_beyond", FIRING),
        "noisy_step": results.values(f"per_step_noise_{NOISE:g}", "mse_beyond", FIRING),
    }


def _judge_full_loss(values: Values) -> Verdict:
    worse = [
        median(values[step]) >= 2.0 * median(values[full])
        for step, full in (("per_step", "full"), ("noisy_step", "noisy_full"))
    ]
    return verdict(all(worse), any(worse))


def _cost(results: Results) -> Values:
    seconds = results.provenance["training_seconds"]
    times = [seconds[name] / seconds["discrete_rnn"] for name in SAME_COST if name in seconds]
    return {"ratio": np.array(times), "published": scalar(40.5 / 8.9)}


def _judge_cost(values: Values) -> Verdict:
    off = median(values["ratio"]) / values["published"]
    return verdict(0.5 <= off <= 2.0, median(values["ratio"]) > 1.0)


CLAIMS = (
    Claim(
        "wild-start",
        TOPIC,
        "Without zero initialisation the first trajectories diverge wildly.",
        "Training loss before the first update: default initialisation over zero initialisation.",
        "Holds if the median is at least 10, in part at least 2.",
        "× {ratio}",
        "05_starting_from_zero",
        "neurode_lib.models.ODEFunc",
        _first_loss,
        _judge_first_loss,
    ),
    Claim(
        "undoing",
        TOPIC,
        "The first few thousand iterations then go into undoing the damage.",
        "Updates until the loss is below that of standing still; the recipe has 600 in all.",
        "Holds if the median is at least 1,000, in part at least 100.",
        "{updates} of {all} updates",
        "05_starting_from_zero",
        "neurode_lib.training.loop.train_ensemble",
        _undoing,
        _judge_undoing,
    ),
    Claim(
        "zero-helps",
        TOPIC,
        "Starting from zero makes training much more stable.",
        "Training error at the end: default initialisation over zero initialisation, seed by seed.",
        "Holds if the median is at least 2, in part if above 1 for nine seeds in ten.",
        "× {ratio} ({zero} from zero, {default} by default)",
        "05_starting_from_zero",
        "neurode_lib.models.make_model",
        _stability,
        _judge_stability,
    ),
    Claim(
        "straight-first",
        TOPIC,
        "From zero, training adds nearly linear dynamics first, and the curved part later.",
        f"Share of the field's variation that an affine function of the state explains (R²) at "
        f"I = {FIRING:g}: after {EARLY} updates, at the end, and for the neuron.",
        "Holds if the early median is at least 0.95 and every seed's share falls, in part if most "
        "seeds' do.",
        "early {early}, at the end {late}; the neuron {true}",
        "05_starting_from_zero",
        "neurode_lib.metrics.affine_share",
        _straight_first,
        _judge_straight_first,
    ),
    Claim(
        "clipping",
        TOPIC,
        "Without clipping, occasional huge gradients destabilise training.",
        "Training error at the end without clipping over that with it; seeds in which it "
        "more than doubles.",
        "Holds if it doubles in most seeds, in part if in any.",
        "doubled in {spoiled} of {n} seeds (× {ratio}); largest gradient norm {norm}",
        "07_training",
        "neurode_lib.training.recipe.Recipe",
        _clipping,
        _judge_clipping,
    ),
    Claim(
        "full-loss",
        TOPIC,
        "Only a loss over the full trajectory catches drift; a per-step loss does not.",
        "Squared error from step 81 to 400 at I = 0.5, trained with either loss, on clean data as "
        f"in the article and with noise of {NOISE:g}.",
        "Holds if the per-step loss gives at least twice the error on both, in part on one.",
        "clean: full {full}, per-step {per_step}; noisy: full {noisy_full}, per-step {noisy_step}",
        "13_shorter_windows",
        "neurode_lib.training.recipe.Recipe",
        _full_loss,
        _judge_full_loss,
    ),
    Claim(
        "cost",
        TOPIC,
        "The Neural ODE is slower to train than the RNN: 40.5 s against 8.9 s in the follow-up.",
        "Training time over that of the RNN, for each variant of the study that makes the "
        "same computations; the one that chapter 7 gives is among them.",
        "Holds if the median is within a factor of two of the published ratio, in part if above 1.",
        "× {ratio} over the variants; published × {published}",
        "07_training",
        "neurode_lib.training.loop.train_ensemble",
        _cost,
        _judge_cost,
    ),
)
