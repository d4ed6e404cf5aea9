"""Cells that check a reader's solution of an exercise: the cell magic ``%%check``.

The cell holds plain assertions, each with the words for a reader whose solution does not meet it::

    %%check
    assert gap < 1e-9, "The two trajectories differ: is the current mirrored as well?"

Running it says "Right", or what is wrong. It raises nothing, so that a notebook can be run to its
end before all exercises are done, and it leaves no names behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import Markdown, display


def verdict(assertions: str, names: Mapping[str, Any]) -> str:
    """What to tell a reader about a solution.

    Parameters
    ----------
    assertions : str
        Python code: assertions, each with a message.
    names : mapping of str to object
        What the solution defined, and all else that the assertions use.

    Returns
    -------
    str
        Markdown: "**Right.**", or "**Not yet.**" and the reason.

    Raises
    ------
    SyntaxError
        If the assertions are no Python code.
    """
    code = compile(assertions, "<check>", "exec")
    try:
        # The author's own notebook: as safe, or not, as every other cell of it.
        exec(code, dict(names))
    except NameError as error:
        return f"**Not yet.** There is no `{error.name}`: your solution should define it."
    except AssertionError as error:
        return f"**Not yet.** {error}"
    except Exception as error:  # noqa: BLE001 - a solution may be anything
        return f"**Not yet.** The check could not be computed: {type(error).__name__}: {error}"
    return "**Right.**"


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Make ``%%check`` known: ``%load_ext neurode_lib.chapters.checks``."""

    def check(line: str, cell: str) -> None:
        """Say whether the assertions of the cell hold."""
        if line.strip():
            raise ValueError(f"%%check must stand alone on its line, got {line.strip()!r}")
        display(Markdown(verdict(cell, shell.user_ns)))

    # Type checkers take this method for the decorator that it also is.
    shell.register_magic_function(check, magic_kind="cell")  # type: ignore[call-arg,arg-type]
