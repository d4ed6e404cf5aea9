"""Data in units that a network cannot learn from, found before time is spent on them.

References
----------
.. [1] Y. LeCun, L. Bottou, G. B. Orr, K.-R. Müller, "Efficient BackProp", in: Neural Networks:
       Tricks of the Trade, Springer 1998, section 4.3.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence

import numpy as np

from neurode_lib._checks import FloatArray
from neurode_lib.recordings import Recordings
from neurode_lib.training.rollout import Stepping

# Values are far from 1 with a root mean square above, or a standard deviation below; and rates.
LARGEST_SIZE, LEAST_SPREAD = 5.0, 0.05
LARGEST_RATE, LEAST_RATE = 20.0, 0.01
PARTS = 20  # of a trajectory, over which rates are taken where noise must not count


class UnscaledDataWarning(UserWarning):
    """Values or rates are so large or so small that a network learns badly from them."""


def warn_unscaled(data: Sequence[Recordings], stepping: Stepping, output_scale: float) -> None:
    """Warn of a data set whose numbers are far from 1, and say what helps.

    Parameters
    ----------
    data : sequence of Recordings
    stepping : {"rk4", "residual"}
        Rates of change matter to a field only, not to a step.
    output_scale : float
        Factor on what the network gives.

    Warns
    -----
    UnscaledDataWarning
        Once, of the first data set that has such numbers.

    References
    ----------
    LeCun et al. 1998, section 4.3 [1]_.
    """
    for one in data:
        problems = [
            *_far_values(one),
            *(_far_rates(one, output_scale) if stepping == "rk4" else []),
        ]
        if problems:
            warnings.warn(
                f"{'; '.join(problems)}. Networks learn badly from numbers far from 1. Train on "
                "scaled data: scaling = Scaling.of(data); train(model, scaling.scale(data)). Then "
                "scaling.in_units(model) takes the model back to the units of the data",
                UnscaledDataWarning,
                stacklevel=5,  # whoever called train
            )
            return


def _far_values(data: Recordings) -> Iterator[str]:
    inputs = data.visited_inputs()[:, : data.n_inputs]
    for name, columns in (("channel", np.concatenate(data.values)), ("input", inputs)):
        for k, column in enumerate(columns.T):
            known = column[~np.isnan(column)]
            if _size(known) > LARGEST_SIZE:
                yield f"{name} {k} of the data has values of about {_size(known):.2g}"
            elif known.size and np.ptp(known) > 0.0 and np.std(known) < LEAST_SPREAD:
                yield f"{name} {k} of the data varies by {np.std(known):.2g} only"


def _far_rates(data: Recordings, output_scale: float) -> Iterator[str]:
    # Noise adds to rates between neighbours, and one pair of close samples to their mean: so for
    # what is too fast the median over longer times counts, which for what is too slow would not do.
    slow, fast = [], []
    for path, grid in zip(data.values, data.times, strict=True):
        lag = max(1, len(grid) // PARTS)
        slow.append(np.diff(path, axis=0) / np.diff(grid)[:, None])
        fast.append((path[lag:] - path[:-lag]) / (grid[lag:] - grid[:-lag])[:, None])
    near, far = np.concatenate(slow), np.abs(np.concatenate(fast))
    for k in range(data.n_channels):
        size = _size(near[~np.isnan(near[:, k]), k])
        usual = far[~np.isnan(far[:, k]), k]
        if 0.0 < size < LEAST_RATE * output_scale:
            yield f"channel {k} of the data changes by {size:.2g} per unit of time only"
        elif usual.size and np.median(usual) > LARGEST_RATE * output_scale:
            yield f"channel {k} of the data changes by {np.median(usual):.2g} per unit of time"


def _size(values: FloatArray) -> float:
    """Root mean square, 0 of nothing."""
    return float(np.sqrt((values**2).mean())) if values.size else 0.0
