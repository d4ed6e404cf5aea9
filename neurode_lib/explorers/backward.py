"""The neuron forward and back again, and the tolerance from which on it returns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.integrate import solve_ivp

from neurode_lib._checks import FloatArray
from neurode_lib.explorers._spec import SPEC, field_trait
from neurode_lib.explorers._still import VERMILLION, Panel, picture
from neurode_lib.explorers.base import Explorer
from neurode_lib.fitzhugh_nagumo import fhn_rhs

_V, _W = (-2.6, 2.6), (-1.5, 2.7)
_POWERS = (-14.0, 1.0)
# What has gone so far does not come back.
_FAR = 6.0


class Return(NamedTuple):
    """A path, the way back from its end, and how far from the start that ends."""

    forward: FloatArray
    back: FloatArray
    distance: float


class BackwardExplorer(Explorer):
    """A path of the neuron, and the way back from its end by an adaptive solver.

    Both ways are those of Dormand and Prince's pair of orders five and four, in float64, with the
    same relative and absolute tolerance. All quantities are dimensionless.

    Parameters
    ----------
    I : float
        Input current, from 0 to 1.6.
    t_end : float
        Where the way back begins, from 2 to 40.
    digits : int
        The tolerance is 10 to the minus this, from 3 to 13.
    v0, w0 : float
        Initial state.
    presets : list of str
        Among "short", "lost", "strict", "period", "rest".
    link_name : str
        Name by which links in the page find this figure.

    Raises
    ------
    traitlets.TraitError
        If a value is outside its range.
    """

    _kind = "backward"

    I = field_trait(_kind, "I")
    t_end = field_trait(_kind, "t_end")
    digits = field_trait(_kind, "digits")
    v0 = field_trait(_kind, "v0")
    w0 = field_trait(_kind, "w0")

    def there_and_back(self, digits: int) -> Return:
        """Both ways at one tolerance; infinitely far from the start if the way back ran away.

        Parameters
        ----------
        digits : int
        """
        start = np.array([self.v0, self.w0])

        def field(_t: float, y: FloatArray) -> FloatArray:
            return fhn_rhs(y, self.I)

        def far(_t: float, y: FloatArray) -> float:
            return _FAR - np.abs(y).max()

        far.terminal = True  # type: ignore[attr-defined]
        limits = {"method": "RK45", "rtol": 10.0**-digits, "atol": 10.0**-digits}
        forward = solve_ivp(field, (0.0, self.t_end), start, **limits).y
        back = solve_ivp(field, (self.t_end, 0.0), forward[:, -1], events=far, **limits)
        home = back.status == 0
        return Return(
            forward, back.y, float(np.linalg.norm(back.y[:, -1] - start)) if home else np.inf
        )

    def still(self) -> str:
        """The phase plane, and the distance by tolerance, as SVG."""
        shown = self.there_and_back(self.digits)
        plane = Panel((30, 8, 300, 270), _V, _W)
        plane.curve(shown.forward[0], shown.forward[1], "currentColor", width=5.0)
        plane.curve(shown.back[0], shown.back[1], VERMILLION, width=1.75)
        plane.disc(shown.forward[0, -1], shown.forward[1, -1], "currentColor")
        plane.disc(self.v0, self.w0, "currentColor", filled=False)
        field = SPEC[self._kind]["fields"]["digits"]
        ladder = Panel((400, 8, 230, 270), (field["min"] - 0.6, field["max"] + 0.6), _POWERS)
        for digits in range(field["min"], field["max"] + 1):
            distance = self.there_and_back(digits).distance
            height = np.clip(np.log10(distance), *_POWERS)
            ladder.disc(digits, height, VERMILLION, filled=np.isfinite(distance))
        ends = (
            f"ends {shown.distance:.2g} from the start" if shown.distance < np.inf else "runs away"
        )
        description = (
            f"The neuron's path to t = {self.t_end:g} at I = {self.I:.2f}, and the way back with a "
            f"tolerance of {self.digits} digits, which {ends}; and the distance for other "
            "tolerances, as powers of ten."
        )
        panels = [(plane, "v", "w"), (ladder, "digits of the tolerance", "log distance")]
        return picture(panels, (640, 305), description)
