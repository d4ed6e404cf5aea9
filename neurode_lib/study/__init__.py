"""The study: what was measured on every variant and seed, and the networks it was measured on.

Reading results (:func:`load_results`) or a trained network (:func:`load_pretrained`) loads no
line that trains; running the study is :mod:`neurode_lib.study.run`, behind ``make study`` and
``python -m neurode_lib.study``.
"""

from typing import TYPE_CHECKING

from neurode_lib._lazy import lazy_names

if TYPE_CHECKING:
    from neurode_lib.study.config import StudyConfig, quick_config
    from neurode_lib.study.pretrained import load_pretrained, load_snapshot
    from neurode_lib.study.results import Results, load_results
    from neurode_lib.study.run import run_study

__all__ = [
    "Results",
    "StudyConfig",
    "load_pretrained",
    "load_results",
    "load_snapshot",
    "quick_config",
    "run_study",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "Results": "results",
        "StudyConfig": "config",
        "load_pretrained": "pretrained",
        "load_results": "results",
        "load_snapshot": "pretrained",
        "quick_config": "config",
        "run_study": "run",
    },
)
