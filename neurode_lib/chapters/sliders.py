"""Sliders over a picture: alive where a kernel runs, a still picture everywhere else.

``ipywidgets.interact`` would do for the first half. But its ``Output`` widget talks back to the
kernel while the cell runs, and nbclient (so papermill and ``nbconvert --execute`` too) then
sometimes misses the end of the cell and waits for ever.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Callable
from io import BytesIO
from typing import Any

import ipywidgets
import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from neurode_lib._checks import shown

# Seconds from a control's news to the picture. A drag sends values faster than pictures can be
# drawn. In this pause the kernel takes all that wait in its queue, and the picture is of the last.
PAUSE = 0.02


class Sliders(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets ships no types
    """Controls above a matplotlib figure that is drawn again when one of them moves.

    While values come in faster than pictures can be drawn, only the last one gets a picture.

    Parameters
    ----------
    draw : callable
        Called with the controls' values by name; returns the figure.
    **controls : ipywidgets.ValueWidget
        Such as ``dt=FloatSlider(0.5, min=0.1, max=2.0)``.

    Raises
    ------
    ValueError
        If ``draw`` is no function.
    TypeError
        If it does not return a figure.
    """

    def __init__(self, draw: Callable[..., Figure], **controls: Any) -> None:
        if not callable(draw):
            raise ValueError(f"draw must be a function that returns a figure, got {shown(draw)}")
        self.draw, self.controls = draw, controls
        self.asked = False
        # Controls and picture fit on one screen.
        layout = ipywidgets.Layout(max_height="60vh", object_fit="contain")
        self.picture = ipywidgets.Image(format="png", layout=layout)
        for name, control in controls.items():
            control.description = control.description or name
            control.observe(self.redraw_soon, "value")
        super().__init__([*controls.values(), self.picture])
        self.redraw()

    def redraw_soon(self, _change: object = None) -> None:
        """Draw after a short pause; outside an event loop, at once."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.redraw()
            return
        if not self.asked:
            self.asked = True
            loop.call_later(PAUSE, self.redraw)

    def redraw(self) -> None:
        """Draw the figure for the present values."""
        self.asked = False
        figure = self.draw(**{name: control.value for name, control in self.controls.items()})
        if not isinstance(figure, Figure):
            raise TypeError(f"draw must return a matplotlib Figure, got {type(figure).__name__}")
        png = BytesIO()
        figure.savefig(png)
        plt.close(figure)
        self.picture.value = png.getvalue()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        still = b64encode(self.picture.value).decode()
        data = super()._repr_mimebundle_(**kwargs)
        return {**data, "text/plain": repr(self), "image/png": still}

    def __repr__(self) -> str:
        values = ", ".join(f"{name}={c.value!r}" for name, c in self.controls.items())
        return f"Sliders({values})"
