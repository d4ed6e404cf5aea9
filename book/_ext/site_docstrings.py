"""Docstrings of the library, as the book's API pages show them.

Numbers the references of NumPy docstrings so that several modules can share a page, gives classes
their own signatures, and lets docstrings link by short names.
"""

from __future__ import annotations

import inspect
import re
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.ext.autodoc.mock import _MockObject

PATH = re.compile(r"PosixPath\('(?:([^']*/neurode_lib/pretrained)|([^']*))'\)")
# Modules that pass on names which others define.
FACADES = ("neurode_lib.metrics.", "neurode_lib.training.", "neurode_lib.study.", "neurode_lib.")


def number_references(
    app: Sphinx, what: str, name: str, obj: object, options: Any, lines: list[str]
) -> None:
    """Make ``[1]_`` unique on the page: each module, or object with its own list, has its own."""
    defines = any(re.match(r"\s*\.\. \[\d+\]", line) for line in lines)
    owner = name if what == "module" or defines else getattr(obj, "__module__", None)
    if owner is None:  # an attribute: its docstring belongs to the module that is documented
        owner = ".".join(name.split(".")[:2])
    label = owner.removeprefix("neurode_lib.").replace(".", "-")
    for i, line in enumerate(lines):
        # The backslash: a reference that begins "J. C. Butcher" is no item J of a list.
        line = re.sub(r"^(\s*\.\. )\[(\d+)\] ", rf"\1[#{label}-\2] \\", line)
        lines[i] = re.sub(r"\[(\d+)\]_", rf"[#{label}-\1]_", line)


def real_signature(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str, returns: str
) -> tuple[str, None] | None:
    """Signature of a class whose base is mocked: autodoc would show the mock's."""
    own = vars(obj).get("__init__") if what == "class" else None
    if own is None or signature != "(*args, **kwargs)":
        return None
    real = inspect.signature(own)
    shown = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in list(real.parameters.values())[1:]
    ]
    return str(real.replace(parameters=shown, return_annotation=inspect.Signature.empty)), None


def without_this_machine(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str | None, returns: str
) -> tuple[str, str] | None:
    """Signature that says PACKAGED, not where the library lies on the machine that builds."""
    text = PATH.sub(lambda path: "PACKAGED" if path[1] else f"Path({path[2]!r})", signature or "")
    return (text, returns) if text != (signature or "") else None


def resolve_short_name(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, contnode: nodes.Element
) -> nodes.Element | None:
    """Let a docstring say ``:class:`NeuralODE``` in any module, if only one thing has that name.

    A name of a facade (``neurode_lib.metrics.predict``) leads to where it is defined.
    """
    if node.get("refdomain") != "py":
        return None
    name = node["reftarget"].rpartition(".")[2]
    domain = env.get_domain("py")
    owners = {full for full in domain.objects if full.rpartition(".")[2] == name}  # type: ignore[attr-defined]
    is_local = "." not in node["reftarget"] or node["reftarget"].startswith(FACADES)
    if len(owners) != 1 or not is_local:
        return None
    source = node["refdoc"]
    return domain.resolve_xref(
        env, source, app.builder, node["reftype"], owners.pop(), node, contnode
    )


def setup(app: Sphinx) -> None:
    """Connect to autodoc and to the resolving of links."""
    # SciPy asks whether torch is loaded, and would take the stand-in for it: load SciPy first.
    import scipy.stats  # noqa: F401

    # A stand-in for torch must bear `Tensor | None` in an alias; which type it is, nobody asks.
    _MockObject.__or__ = _MockObject.__ror__ = lambda self, _other: self
    app.connect("autodoc-process-docstring", number_references, priority=100)
    app.connect("autodoc-process-signature", real_signature)
    app.connect("autodoc-process-signature", without_this_machine)
    app.connect("missing-reference", resolve_short_name)
