"""What the explorers that train in the page share."""

from __future__ import annotations

import traitlets

from neurode_lib.explorers.base import Explorer
from neurode_lib.explorers.downloads import read_trained
from neurode_lib.models import DiscreteRNN, NeuralODE


class TrainsInThePage(Explorer):
    """An explorer whose JavaScript trains a network.

    Attributes
    ----------
    trained : bytes
        The last network whose training came to rest in the reader's browser: the file that the
        reader could download. Empty before.
    """

    # What comes from the browser is a view of its message.
    trained = traitlets.Bytes().tag(sync=True, from_json=lambda value, _widget: bytes(value))

    def model(self) -> NeuralODE | DiscreteRNN:
        """The network that the reader trained last, as a model of this library.

        Raises
        ------
        ValueError
            If nothing has been trained yet.
        """
        if not self.trained:
            raise ValueError("nothing has been trained yet: press Train in the figure")
        return read_trained(self.trained)
