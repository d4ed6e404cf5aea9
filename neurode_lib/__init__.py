"""Learning a neuron's dynamics with Neural ODEs: the library behind the book *neurode*.

The names here are the ones to begin with. Each is loaded when it is first asked for, so that
importing the library is cheap and brings no torch.
"""

from typing import TYPE_CHECKING

from neurode_lib._lazy import lazy_names

if TYPE_CHECKING:
    from neurode_lib.fitzhugh_nagumo import build_dataset, simulate
    from neurode_lib.integrator import rk4_integrate
    from neurode_lib.models import (
        DiscreteRNN,
        NeuralODE,
        ODEFunc,
        load_model,
        make_model,
        save_model,
    )
    from neurode_lib.recordings import Recordings
    from neurode_lib.scaling import Scaling
    from neurode_lib.study.pretrained import load_pretrained
    from neurode_lib.study.results import load_results
    from neurode_lib.training.loop import train
    from neurode_lib.training.recipe import Recipe

__version__ = "0.2.0"

__all__ = [
    "DiscreteRNN",
    "NeuralODE",
    "ODEFunc",
    "Recipe",
    "Recordings",
    "Scaling",
    "build_dataset",
    "load_model",
    "load_pretrained",
    "load_results",
    "make_model",
    "rk4_integrate",
    "save_model",
    "simulate",
    "train",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "DiscreteRNN": "models",
        "NeuralODE": "models",
        "ODEFunc": "models",
        "Recipe": "training.recipe",
        "Recordings": "recordings",
        "Scaling": "scaling",
        "build_dataset": "fitzhugh_nagumo",
        "load_model": "models",
        "load_pretrained": "study.pretrained",
        "load_results": "study.results",
        "make_model": "models",
        "rk4_integrate": "integrator",
        "save_model": "models",
        "simulate": "fitzhugh_nagumo",
        "train": "training.loop",
    },
)
