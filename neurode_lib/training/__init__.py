"""Training: how a model learns from trajectories, and what is kept of it."""

from typing import TYPE_CHECKING

from neurode_lib._lazy import lazy_names

if TYPE_CHECKING:
    from neurode_lib.training.history import History
    from neurode_lib.training.loop import train, train_ensemble
    from neurode_lib.training.recipe import Recipe
    from neurode_lib.training.units import UnscaledDataWarning

__all__ = ["History", "Recipe", "UnscaledDataWarning", "train", "train_ensemble"]

# Lazily: who reads a recipe loads no line that trains.
__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "History": "history",
        "Recipe": "recipe",
        "UnscaledDataWarning": "units",
        "train": "loop",
        "train_ensemble": "loop",
    },
)
