"""Survivors of mutation testing, explained: changes to the code that no test notices, and why.

`make mutants` finds them; the page on faults counts them. Each is told by the function that it is
in and by the line that it made, so that it is known again when other code has moved.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Reason:
    """Why some changes change nothing that a test could see."""

    title: str
    why: str
    changes: frozenset[tuple[str, str]]


def read() -> list[Reason]:
    """The reasons in survivors.toml."""
    text = Path(__file__).with_name("survivors.toml").read_text(encoding="utf-8")
    return [
        Reason(
            reason["title"],
            reason["why"],
            frozenset((name, line) for name, lines in reason["changes"].items() for line in lines),
        )
        for reason in tomllib.loads(text)["reason"]
    ]


def function_of(mutant: str) -> str:
    """``module.function`` from mutmut's name for a mutant."""
    _, module, mangled = mutant.split(".")
    name = re.sub(r"__mutmut_\d+$", "", mangled)
    # A method is named xǁClassǁmethod, a function x_function.
    name = name.removeprefix("xǁ").replace("ǁ", ".") if "ǁ" in name else name.removeprefix("x_")
    return f"{module}.{name}"


def line_made(change: str) -> str:
    """The new line, or the one that is missing."""
    lines = change.splitlines()
    made = " ".join(line[1:].strip() for line in lines if line.startswith("+"))
    return made or "without: " + " ".join(line[1:].strip() for line in lines)


def reason_of(mutant: str, change: str) -> Reason:
    """Why a survivor survived; a ``LookupError`` if nobody has said."""
    key = function_of(mutant), line_made(change)
    for reason in REASONS:
        if key in reason.changes:
            return reason
    raise LookupError(f"nobody has said why this mutant survives: {key}")


REASONS = read()
