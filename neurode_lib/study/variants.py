"""What the study compares: each variant is one change to the article's recipe.

Every variant gets the same ten data sets (but for added noise), the same seeds of its initial
weights and, unless it says otherwise, the same number of updates. A variant and a seed together
determine what a training starts from: :func:`training_set` and :func:`new_model`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from neurode_lib._checks import FloatArray, instance_of, one_of
from neurode_lib.fitzhugh_nagumo import build_dataset
from neurode_lib.models import DiscreteRNN, NeuralODE, make_model
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
    kind, time_input, zero_init
        See :func:`neurode_lib.models.make_model`.
    noise_std : float
        Standard deviation of the noise on the training data.
    packaged : bool
        Whether the weights come with the library. The rest are left out to keep it small; their
        results are there, and ``make study`` makes their weights again.
    """

    name: str
    title: str
    recipe: Recipe = ARTICLE
    kind: Literal["neural_ode", "discrete_rnn"] = "neural_ode"
    time_input: bool = False
    zero_init: bool = True
    noise_std: float = 0.0
    packaged: bool = True


def _windowed(length: int) -> Recipe:
    return Recipe(window=length, batch=STEPS_PER_UPDATE // length)


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
    Variant(
        "best_recipe",
        "Neural ODE, the library's best recipe",
        Recipe(updates=3000, window=1, batch=256, weight_decay=0.0),
    ),
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


VARIANTS: dict[str, Variant] = {variant.name: variant for variant in _CLEAN} | {
    noisy.name: noisy
    for noise_std in NOISE_LEVELS
    for noisy in (_noisy(base, noise_std) for base in _CLEAN if base.name in _NOISY_BASES)
}


def variant_named(name: str) -> Variant:
    """Look a variant up; a ``ValueError`` lists the names there are."""
    return VARIANTS[one_of("variant", name, sorted(VARIANTS))]


def training_set(variant: Variant, seed: int) -> tuple[FloatArray, FloatArray]:
    """States, shape (40, 81, 2), and currents, shape (40,), that a seed learns from."""
    instance_of("variant", variant, Variant)
    return build_dataset(seed=seed, noise_std=variant.noise_std)


def new_model(variant: Variant, seed: int, hidden: int = 128) -> NeuralODE | DiscreteRNN:
    """A variant's model as a seed initialises it, before any training."""
    instance_of("variant", variant, Variant)
    return make_model(
        variant.kind,
        seed=seed,
        hidden=hidden,
        time_input=variant.time_input,
        zero_init=variant.zero_init,
    )
