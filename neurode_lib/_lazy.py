"""Names that a package offers but loads only when they are asked for (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """``__getattr__`` and ``__dir__`` for a package whose names live in its modules.

    Parameters
    ----------
    package : str
        The package's own ``__name__``.
    homes : mapping of str to str
        Each name, and the module that defines it, such as ``{"Recipe": "recipe"}`` for
        ``package.recipe``.

    Returns
    -------
    __getattr__, __dir__ : callable
    """

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(import_module(f"{package}.{homes[name]}"), name)
        setattr(sys.modules[package], name, value)  # the next time without this detour
        return value

    return load, lambda: sorted({*vars(sys.modules[package]), *homes})
