"""Which method when: what one would use instead of a Neural ODE, on the same data and judged alike.

A method fits data sets (:class:`~neurode_lib.recordings.Recordings`) and gives a
:class:`~neurode_lib.methods.stacks.Stack` of models that forecast. The methods are in
:mod:`~neurode_lib.methods.contestants`, what they are asked in :mod:`~neurode_lib.methods.judges`,
and :mod:`~neurode_lib.methods.comparison`, behind ``make methods``, runs the whole map. Reading its
results (:func:`load_methods`) needs nothing beyond the library; fitting needs PySINDy and
scikit-learn for some methods, which the extra ``methods`` brings.
"""

from typing import TYPE_CHECKING

from neurode_lib._lazy import lazy_names

if TYPE_CHECKING:
    from neurode_lib.methods.contestants import CONTESTANTS
    from neurode_lib.methods.problems import Problem, data_set
    from neurode_lib.methods.results import MethodResults, load_methods

__all__ = ["CONTESTANTS", "MethodResults", "Problem", "data_set", "load_methods"]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "CONTESTANTS": "contestants",
        "MethodResults": "results",
        "Problem": "problems",
        "data_set": "problems",
        "load_methods": "results",
    },
)
