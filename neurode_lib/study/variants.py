"""What the study compares: each variant is one change to the article's recipe.

Every variant gets the same ten data sets (but for added noise), the same seeds of its initial
weights and, unless it says otherwise, the same number of updates. A variant and a seed together
determine what a training starts from: :func:`training_set` and :func:`new_model`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import torch

from neurode_lib._checks import FloatArray, instance_of, one_of
from neurode_lib.fitzhugh_nagumo import DT, TRAINED_CURRENTS, TRAINED_STEPS, build_dataset
from neurode_lib.models import DiscreteRNN, NeuralODE, make_model, network_of
from neurode_lib.training.recipe import Recipe

SEEDS = tuple(range(10))

# Whose weights are also kept as they were on the way, and after which updates.
SNAPSHOT_VARIANTS = ("neural_ode", "default_init")
SNAPSHOT_SEED = 0
SNAPSHOT_UPDATES = (0, 5, 10, 20, 40, 70, 100, 150, 200, 300, 400, 500, 600)

# Windows of every length share out the same number of steps per update: half of the article's
# 40 × 80, so that none of them owes its success to more network evaluations.
STEPS_PER_UPDATE = 40 * 40


ARTICLE = Recipe()


@dataclass(frozen=True)
class Variant:
    """One way to set up and train a model.

    Attributes
    ----------
    name, title : str
        Identifier, and the words used in tables and figures.
    recipe : Recipe
    kind, time_input, zero_init, time_unit, output_scale, added_input
        See :func:`neurode_lib.models.make_model`.
    last_layer : float
        Factor on the default initial weights of the last layer, where they are not zero.
    noise_std : float
        Standard deviation of the noise on the training data.
    fit_starts : bool
        Whether the starts of windows are fitted; see :func:`neurode_lib.training.loop.train`.
    currents : tuple of float
        Those of the training data.
    data_seed : int or None
        The data of this seed for every seed of weights and minibatches; None gives each seed its
        own.
    n_seeds : int or None
        How many of the study's seeds are run; None runs all.
    packaged : bool
        Whether the weights come with the library. The rest are left out to keep it small; their
        results are there, and ``make study`` makes their weights again.
    drawn : bool
        Whether the curves over updates and over time come with the library.
    """

    name: str
    title: str
    recipe: Recipe = ARTICLE
    kind: Literal["neural_ode", "discrete_rnn"] = "neural_ode"
    time_input: bool = False
    zero_init: bool = True
    time_unit: float = 1.0
    output_scale: float = 1.0
    last_layer: float = 1.0
    noise_std: float = 0.0
    data_seed: int | None = None
    n_seeds: int | None = None
    packaged: bool = True
    added_input: bool = False
    fit_starts: bool = False
    currents: tuple[float, ...] = TRAINED_CURRENTS
    drawn: bool = True


def _windowed(length: int) -> Recipe:
    return Recipe(window=length, batch=STEPS_PER_UPDATE // length)


BEST = Recipe(updates=3000, window=1, batch=256, weight_decay=0.0)

_CLEAN = [
    Variant("neural_ode", "Neural ODE"),
    Variant("discrete_rnn", "discrete RNN", kind="discrete_rnn"),
    Variant("time_input", "Neural ODE with time input", time_input=True),
    Variant("default_init", "Neural ODE, default initialisation", zero_init=False),
    Variant("no_clipping", "Neural ODE, no clipping", Recipe(clip_norm=None), packaged=False),
    Variant(
        "constant_lr", "Neural ODE, constant rate", Recipe(schedule="constant"), packaged=False
    ),
    Variant("per_step", "Neural ODE, per-step loss", _windowed(1)),
    Variant("window_5", "Neural ODE, windows of 5 steps", _windowed(5)),
    Variant("window_20", "Neural ODE, windows of 20 steps", _windowed(20)),
    Variant("best_recipe", "Neural ODE, the library's best recipe", BEST),
    Variant(
        "discrete_rnn_per_step",
        "discrete RNN, per-step loss",
        _windowed(1),
        "discrete_rnn",
        packaged=False,
    ),
    Variant("discrete_rnn_best_recipe", "discrete RNN, best recipe", BEST, "discrete_rnn"),
]

NOISE_LEVELS = (0.05, 0.2)
_NOISY_BASES = ("neural_ode", "per_step", "window_20")


def _noisy(base: Variant, noise_std: float) -> Variant:
    return replace(
        base,
        name=f"{base.name}_noise_{noise_std:g}",
        title=f"{base.title}, noise {noise_std:g}",
        noise_std=noise_std,
        packaged=False,
    )


_BY_NAME = {variant.name: variant for variant in _CLEAN}
_NOISY = [_noisy(_BY_NAME[name], std) for std in NOISE_LEVELS for name in _NOISY_BASES]

# What makes the best recipe better, its window or its optimisation? These process as many steps
# as the other windowed variants, 600 × 1,600 = 3,000 × 320: what differs is the window, or how
# often the weights are updated with it.
MANY_UPDATES = 3000
_WINDOW_OR_UPDATES = [
    Variant("window_80", "Neural ODE, half of the trajectories", _windowed(80), packaged=False),
    Variant(
        "window_1_updates_3000",
        "Neural ODE, per-step loss, 3,000 updates",
        Recipe(
            updates=MANY_UPDATES, window=1, batch=STEPS_PER_UPDATE * ARTICLE.updates // MANY_UPDATES
        ),
        packaged=False,
    ),
]

# What tells a Neural ODE from the discrete RNN beside the number of evaluations in a step: its
# network's output is multiplied by dt. Here the discrete one has that, too.
_SIZES_OF_OUTPUT = [
    Variant(
        "euler",
        "one Euler step of a field",
        ARTICLE,
        "discrete_rnn",
        output_scale=DT,
        packaged=False,
    ),
    Variant(
        "euler_best_recipe",
        "one Euler step of a field, best recipe",
        BEST,
        "discrete_rnn",
        output_scale=DT,
        packaged=False,
    ),
]

_STARTS = [
    Variant(
        "small_init",
        "Neural ODE, last layer at a tenth of the default",
        zero_init=False,
        last_layer=0.1,
        packaged=False,
    ),
    Variant(
        "time_input_scaled",
        "Neural ODE with time input t/40",
        time_input=True,
        time_unit=DT * TRAINED_STEPS,
        packaged=False,
    ),
]

# Which part of the spread over seeds comes from the data, and which from the weights? Each of
# the first seeds' data with each of the first seeds' weights and minibatches.
CROSSED = 4
_CROSSED = [
    replace(
        _BY_NAME[name],
        name=f"{name}_data_{seed}",
        title=f"{_BY_NAME[name].title}, data of seed {seed}",
        data_seed=seed,
        n_seeds=CROSSED,
        packaged=False,
        drawn=False,
    )
    for name in ("best_recipe", "discrete_rnn_best_recipe")
    for seed in range(CROSSED)
]

# What helps under a current that no trajectory ran under: knowledge of how it enters, or data
# under one more? As many trajectories as ever, shared out among three.
THREE_CURRENTS = (0.2, 0.35, 0.5)
_UNSEEN_CURRENT = [
    Variant(
        "additive_best_recipe",
        "Neural ODE with added current, best recipe",
        BEST,
        added_input=True,
        drawn=False,
    ),
    Variant(
        "three_currents_best_recipe",
        "Neural ODE trained at three currents, best recipe",
        BEST,
        currents=THREE_CURRENTS,
        drawn=False,
    ),
]

# With noise: windows between 20 and 80, and starts that are fitted instead of taken for true.
_LONGER_OR_FREE = [
    Variant(
        f"{name}_noise_{std:g}",
        f"{title}, noise {std:g}",
        _windowed(length),
        noise_std=std,
        fit_starts=free,
        packaged=False,
        drawn=False,
    )
    for std in NOISE_LEVELS
    for name, title, length, free in (
        ("window_40", "Neural ODE, windows of 40 steps", 40, False),
        ("window_20_free", "Neural ODE, windows of 20 steps with fitted starts", 20, True),
        ("per_step_free", "Neural ODE, per-step loss with fitted starts", 1, True),
    )
]

# One setting of the best recipe at a time. The batch keeps the steps of an update near its 256.
_AROUND_THE_BEST = [
    Variant(
        f"best_recipe_{name}",
        f"Neural ODE, best recipe with {title}",
        replace(BEST, **changes),
        packaged=False,
        drawn=False,
    )
    for name, title, changes in (
        ("lr_0.001", "a third of the rate", {"lr": ARTICLE.lr / 3}),
        ("lr_0.009", "three times the rate", {"lr": ARTICLE.lr * 3}),
        ("decay_0.1", "weight decay 0.1", {"weight_decay": 0.1}),
        ("window_20", "windows of 20 steps", {"window": 20, "batch": 13}),
    )
]

# The fourth corner of window and updates: windows of 80 or of 1, in 600 updates or in 3,000.
_FOURTH_CORNER = Variant(
    "window_80_updates_3000",
    "Neural ODE, four trajectories an update, 3,000 updates",
    Recipe(
        updates=MANY_UPDATES,
        window=TRAINED_STEPS,
        batch=STEPS_PER_UPDATE * ARTICLE.updates // MANY_UPDATES // TRAINED_STEPS,
    ),
    packaged=False,
    drawn=False,
)

VARIANTS: dict[str, Variant] = {
    variant.name: variant
    for variant in (
        *_CLEAN,
        *_NOISY,
        *_WINDOW_OR_UPDATES,
        *_SIZES_OF_OUTPUT,
        *_STARTS,
        *_CROSSED,
        *_UNSEEN_CURRENT,
        *_LONGER_OR_FREE,
        *_AROUND_THE_BEST,
        _FOURTH_CORNER,
    )
}


def variant_named(name: str) -> Variant:
    """Look a variant up; a ``ValueError`` lists the names there are."""
    return VARIANTS[one_of("variant", name, sorted(VARIANTS))]


def training_set(variant: Variant, seed: int) -> tuple[FloatArray, FloatArray]:
    """States, shape (40, 81, 2), and currents, shape (40,), that a seed learns from."""
    instance_of("variant", variant, Variant)
    return build_dataset(
        seed=seed if variant.data_seed is None else variant.data_seed,
        currents=variant.currents,
        noise_std=variant.noise_std,
    )


def new_model(variant: Variant, seed: int, hidden: int = 128) -> NeuralODE | DiscreteRNN:
    """A variant's model as a seed initialises it, before any training."""
    instance_of("variant", variant, Variant)
    model = make_model(
        variant.kind,
        seed=seed,
        hidden=hidden,
        time_input=variant.time_input,
        zero_init=variant.zero_init,
        time_unit=variant.time_unit,
        output_scale=variant.output_scale,
        added_input=variant.added_input,
    )
    with torch.no_grad():
        for parameter in network_of(model)[-1].parameters():
            parameter.mul_(variant.last_layer)
    return model
