"""What every explorer shares: the widget, and the HTML form that the static page brings to life."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import traitlets

from neurode_lib.explorers._spec import SPEC, PlainName

STATIC = Path(__file__).parent / "static"


class Explorer(anywidget.AnyWidget):
    """Base of the explorers; see :class:`~neurode_lib.explorers.PhasePlaneExplorer`.

    Parameters
    ----------
    presets : list of str, optional
        Names of the presets to offer as buttons; by default all that this explorer has.
    link_name : str, optional
        Name under which links find this figure: ``#link_name?preset=…`` in the page's address.
    """

    _esm = STATIC / "widget.js"
    _kind: ClassVar[str]

    _explorer = traitlets.Unicode().tag(sync=True)
    _initial = traitlets.Dict().tag(sync=True)
    presets = traitlets.List(traitlets.Unicode()).tag(sync=True)
    link_name = PlainName().tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        unknown = sorted(set(traits) - set(self.trait_names()))
        if unknown:
            raise TypeError(
                f"{type(self).__name__} has no {', '.join(unknown)}; it has "
                f"{', '.join(self._fields())}, presets and link_name"
            )
        super().__init__(**traits)
        self._initial = self.state()

    @classmethod
    def _fields(cls) -> list[str]:
        return list(SPEC[cls._kind]["fields"])

    @traitlets.default("_explorer")
    def _default_explorer(self) -> str:
        return self._kind

    @traitlets.default("link_name")
    def _default_link_name(self) -> str:
        return self._kind

    @traitlets.default("presets")
    def _default_presets(self) -> list[str]:
        return list(SPEC[self._kind]["presets"])

    @traitlets.validate("presets")
    def _known_presets(self, proposal: Any) -> list[str]:
        names = SPEC[self._kind]["presets"]
        for name in proposal["value"]:
            if name not in names:
                raise traitlets.TraitError(
                    f"presets must be among {', '.join(names)}, got {name!r}"
                )
        return list(proposal["value"])

    def state(self) -> dict[str, Any]:
        """What the explorer shows now: every field by name."""
        return {name: getattr(self, name) for name in self._fields()}

    def still(self) -> str:
        """A picture of the present state as SVG, for readers without JavaScript."""
        raise NotImplementedError

    def to_html(self) -> str:
        """The static page's form: a still picture that the site's script replaces.

        Returns
        -------
        str
            A ``figure`` that carries the state as JSON. It holds no widget state, so a page
            built from it needs neither a kernel nor a widget manager.
        """
        data = json.dumps({**self.state(), "presets": self.presets}, sort_keys=True)
        return (
            f'<figure class="neurode-explorer" data-explorer="{html.escape(self._kind)}" '
            f'data-name="{html.escape(self.link_name)}" data-state="{html.escape(data)}">'
            f"{self.still()}"
            "<figcaption>A still picture. With JavaScript switched on, this figure has sliders "
            "and computes as you move them.</figcaption></figure>"
        )

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        # The default repr holds an address, and stored outputs must not change from run to run.
        return {**data, "text/plain": repr(self), "text/html": self.to_html()}, metadata

    def __repr__(self) -> str:
        fields = ", ".join(f"{name}={value!r}" for name, value in self.state().items())
        return f"{type(self).__name__}({fields})"
