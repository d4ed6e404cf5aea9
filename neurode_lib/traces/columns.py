"""Which column is which, and in what unit: what a header says of it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from neurode_lib.traces.errors import RecordingError

QUANTITIES = ("time", "current", "voltage")
# What one unit is in ms, pA and mV. A current per area has no such factor and stays as it is.
FACTORS: Mapping[str, Mapping[str, float]] = {
    "time": {"s": 1e3, "ms": 1.0, "us": 1e-3},
    "current": {"A": 1e12, "mA": 1e9, "uA": 1e6, "nA": 1e3, "pA": 1.0, "uA/cm2": 1.0},
    "voltage": {"V": 1e3, "mV": 1.0, "uV": 1e-3},
}
ASSUMED = {"time": "ms", "current": "pA", "voltage": "mV"}
_SPELLINGS = {
    "sec": "s",
    "secs": "s",
    "second": "s",
    "seconds": "s",
    "msec": "ms",
    "millisecond": "ms",
    "milliseconds": "ms",
    "volt": "V",
    "volts": "V",
    "millivolt": "mV",
    "millivolts": "mV",
    "picoampere": "pA",
    "picoamperes": "pA",
    "ampere": "A",
    "amperes": "A",
    "amp": "A",
}
_NAMES = {
    "time": r"t|time|times|zeit|temps|tiempo|tempo|clock",
    "current": r"i|im|iinj|iapp|istim|current|strom|courant|corriente|corrente|stim|stimulus"
    r"|command|injected|input",
    "voltage": r"v|vm|em|voltage|potential|membrane|spannung|tension|voltaje|response",
}
_NUMBERED = r"[ _#]*\d*"


class Columns(NamedTuple):
    """Number of each quantity's column, its unit, and what was assumed."""

    number: dict[str, int]
    units: dict[str, str]
    notes: list[str]


def unit_of(text: str) -> str | None:
    """The unit that a text is, spelled our way; None if it is none of ours."""
    text = text.strip().replace("µ", "u").replace("μ", "u").replace("²", "2").replace("^", "")
    text = _SPELLINGS.get(text.lower(), text)
    known = [unit for units in FACTORS.values() for unit in units]
    if text in known:
        return text
    # Capitals mean something (mV, MV), except where only one reading exists.
    alike = [unit for unit in known if unit.lower() == text.lower()]
    return alike[0] if len(alike) == 1 and text.lower() not in ("ma", "mv") else None


def quantity_of(unit: str) -> str:
    """What is measured in a unit."""
    return next(name for name, units in FACTORS.items() if unit in units)


def name_and_unit(header: str) -> tuple[str, str | None, str]:
    """A header's name and unit, and the text that stands where a unit stands."""
    header = header.strip().strip("\"'").strip()
    for pattern in (r"(.*?)[(\[]([^)\]]*)[)\]]\s*$", r"(.*?)\s*/\s*(\S+)$", r"(.*)[_ ,]\s*(\S+)$"):
        match = re.match(pattern, header)
        if match is None:
            continue
        unit = unit_of(match[2])
        if unit is not None or pattern.startswith(r"(.*?)[(\["):
            return match[1].strip(), unit, match[2].strip()
    unit = unit_of(header) if len(header) > 1 else None
    return ("", unit, header) if unit else (header, None, "")


def find_columns(
    headers: Sequence[str] | None,
    n_columns: int,
    chosen: Mapping[str, str | int | None],
    units: Mapping[str, str],
    *,
    has_interval: bool,
    line: int,
) -> Columns:
    """Say which column is which.

    Parameters
    ----------
    headers : sequence of str, or None
        None if the file has none: three columns are then time, current and voltage.
    n_columns : int
    chosen : mapping
        Columns that the caller names or counts, by quantity.
    units : mapping
        Units that the caller states, by quantity.
    has_interval : bool
        Whether the caller says how far samples are apart: then no time is needed.
    line : int
        The header's, for messages.

    Raises
    ------
    RecordingError
        If a quantity has no column or more than one, or its unit is none of ours.
    """
    wanted = ("current", "voltage") if has_interval and not chosen.get("time") else QUANTITIES
    if headers is None:
        index = _without_header(n_columns, chosen, wanted, line)
        labels: list[tuple[str, str | None, str]] = [("", None, "")] * n_columns
    else:
        labels = [name_and_unit(header) for header in headers]
        index = {q: _column(q, headers, labels, chosen.get(q), line) for q in wanted}
    if len(set(index.values())) < len(index):
        raise RecordingError("columns", f"one column cannot be two things: {index}", line)
    found, notes = {}, []
    for quantity, column in index.items():
        _, unit, text = labels[column]
        if quantity in units:
            unit = unit_of(units[quantity])
            text = units[quantity]
        if text and (unit is None or unit not in FACTORS[quantity]):
            raise RecordingError(
                "units",
                f"{quantity} must be in {', '.join(FACTORS[quantity])}, got {text!r}",
                line,
            )
        if unit is None:
            unit = ASSUMED[quantity]
            notes.append(f"no unit of {quantity} is given: read as {unit}")
        found[quantity] = unit
    return Columns(index, found, notes)


def _without_header(
    n_columns: int,
    chosen: Mapping[str, str | int | None],
    wanted: Sequence[str],
    line: int,
) -> dict[str, int]:
    given = {q: c for q, c in chosen.items() if c is not None}
    for quantity, column in given.items():
        if not isinstance(column, int) or not 0 <= column < n_columns:
            raise RecordingError(
                "columns", f"there is no header, and no column {column!r} of {quantity}", line
            )
    if given and set(given) >= set(wanted):
        return {q: int(given[q]) for q in wanted}
    if given or n_columns != len(wanted):
        raise RecordingError(
            "columns",
            f"there is no header to say which of {n_columns} columns are {', '.join(wanted)}",
            line,
        )
    return {q: k for k, q in enumerate(wanted)}


def _column(
    quantity: str,
    headers: Sequence[str],
    labels: Sequence[tuple[str, str | None, str]],
    choice: str | int | None,
    line: int,
) -> int:
    clean = [header.strip().strip("\"'").strip() for header in headers]
    if isinstance(choice, int) and 0 <= choice < len(clean):
        return choice
    if choice is not None:
        if choice not in clean:
            raise RecordingError("columns", f"there is no column {choice!r} among {clean}", line)
        return clean.index(str(choice))
    named = [k for k, label in enumerate(labels) if _has_name(quantity, label)]
    in_unit = [k for k, (_, unit, _) in enumerate(labels) if unit and quantity_of(unit) == quantity]
    # A name says more than a unit: "Command (mV)" beside "Current (pA)" is not the current.
    both = [k for k in named if k in in_unit]
    candidates = both or named or in_unit
    if quantity == "time" and len(set(named) | set(in_unit)) > 1:
        candidates = sorted(set(named) | set(in_unit))
    if not candidates:
        raise RecordingError("columns", f"there is no column of {quantity} among {clean}", line)
    if len(candidates) > 1:
        several = [clean[k] for k in candidates]
        raise RecordingError(
            "columns", f"more than one column may be {quantity}: {several}; say which", line
        )
    return candidates[0]


def _has_name(quantity: str, label: tuple[str, str | None, str]) -> bool:
    name, unit, _ = label
    if unit is not None and quantity_of(unit) != quantity:
        return False
    words = re.sub(r"[_\-.:]+", " ", name.lower()).strip()
    pattern = rf"(?:{_NAMES[quantity]}){_NUMBERED}(?: .*)?"
    return re.fullmatch(pattern, words) is not None or (
        re.search(rf"\b(?:{_NAMES[quantity]}){_NUMBERED}$", words) is not None
    )
