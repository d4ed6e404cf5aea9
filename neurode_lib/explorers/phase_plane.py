"""The phase plane of the true neuron, to be explored by hand."""

from __future__ import annotations

import numpy as np

from neurode_lib._checks import FloatArray
from neurode_lib.explorers._spec import field_trait
from neurode_lib.explorers._still import BLUE, GREEN, VERMILLION, Panel, picture
from neurode_lib.explorers.base import Explorer
from neurode_lib.fitzhugh_nagumo import fhn_rhs, rk4_step
from neurode_lib.phase_plane import equilibria, nullclines, regime

_V, _W = (-2.6, 2.6), (-1.5, 2.7)


class PhasePlaneExplorer(Explorer):
    """Nullclines, equilibrium, vector field and a trajectory whose start one can drag.

    Every parameter is a trait that follows the reader's hand in a live notebook, and that can be
    set or linked (``ipywidgets.link((explorer, "I"), (slider, "value"))``). All dimensionless.

    Parameters
    ----------
    I : float
        Input current, from -0.5 to 1.8.
    dt : float
        Step of the integrator, from 0.05 to 3.
    integrator : {"rk4", "euler"}
        With the larger steps both leave the exact solution, and at last diverge.
    v0, w0 : float
        Initial state.
    horizon : float
        Time shown, from 20 to 200.
    presets : list of str
        Among "excitable", "subthreshold", "oscillating", "block", "euler-coarse", "rk4-coarse",
        "too-large".
    link_name : str
        Name by which links in the page find this figure.

    Raises
    ------
    traitlets.TraitError
        If a value is outside its range.
    """

    _kind = "phase-plane"

    I = field_trait(_kind, "I")
    dt = field_trait(_kind, "dt")
    integrator = field_trait(_kind, "integrator")
    v0 = field_trait(_kind, "v0")
    w0 = field_trait(_kind, "w0")
    horizon = field_trait(_kind, "horizon")

    def still(self) -> str:
        """The phase plane and the two traces as SVG."""
        t, states = self._run()
        plane = Panel((30, 8, 300, 270), _V, _W)
        v = np.linspace(*_V, 61)
        for line, colour in zip(nullclines(v, self.I), (VERMILLION, GREEN), strict=True):
            plane.curve(v, line, colour, width=1.75)
        plane.curve(states[:, 0], states[:, 1], BLUE)
        point = equilibria(self.I)[0]
        plane.disc(point.v, point.w, "currentColor", filled=point.stable)
        plane.disc(self.v0, self.w0, BLUE)
        panels = [(plane, "v", "w")]
        for row, (name, limits) in enumerate((("v", _V), ("w", _W))):
            trace = Panel((375, 8 + 143 * row, 255, 127), (0.0, self.horizon), limits)
            trace.curve(t, states[:, row], BLUE)
            panels.append((trace, "t", name))
        stability = "a stable" if point.stable else "an unstable"
        description = (
            f"Phase plane of the FitzHugh–Nagumo neuron at I = {self.I:.2f} ({regime(self.I)}): "
            f"the nullclines cross at {stability} {point.kind} at v = {point.v:.2f}, "
            f"w = {point.w:.2f}; trajectory from v = {self.v0:.2f}, w = {self.w0:.2f} and its "
            f"traces until t = {self.horizon:g}."
        )
        return picture(panels, (640, 305), description)

    def _run(self) -> tuple[FloatArray, FloatArray]:
        """The trajectory by the chosen integrator, thinned, and cut where it diverges."""
        n_steps = max(1, round(self.horizon / self.dt))
        states = [np.array([self.v0, self.w0])]
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(n_steps):
                at = states[-1]
                after = (
                    rk4_step(fhn_rhs, at, self.I, self.dt)
                    if self.integrator == "rk4"
                    else at + self.dt * fhn_rhs(at, self.I)
                )
                if not (np.abs(after) < 1e6).all():
                    break
                states.append(after)
        stride = max(1, len(states) // 400)
        samples = np.arange(0, len(states), stride)
        return self.dt * samples, np.array(states)[samples]
