"""How a text table is written: comments, header, separator and decimal mark."""

from __future__ import annotations

import re
from typing import NamedTuple

from neurode_lib.traces.columns import unit_of
from neurode_lib.traces.errors import RecordingError

_COMMENT = ("#", "%", "//", "!")
# So many lines may stand before the first row of numbers.
_PREAMBLE = 100
_POINT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eEdD][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?(\d+,?\d*|,\d+)([eEdD][+-]?\d+)?")
_MISSING = {"", "nan", "na", "n/a", "null", "none", "-", "--", "?"}


class Layout(NamedTuple):
    """How a table is written, and where its rows are.

    Attributes
    ----------
    separator : str or None
        None for any run of blanks and tabs.
    decimal_comma : bool
    headers : list of str, or None
    header_line : int
        The header's line; the first row's if there is none.
    rows : list of (int, str)
        Numbers of the lines that hold rows, and the lines.
    n_columns : int
    """

    separator: str | None
    decimal_comma: bool
    headers: list[str] | None
    header_line: int
    rows: list[tuple[int, str]]
    n_columns: int


def cells_of(line: str, separator: str | None) -> list[str]:
    """The cells of a row, without blanks and quotation marks."""
    cells = line.split() if separator is None else line.strip(" \r").split(separator)
    return [cell.strip().strip('"').strip() for cell in cells]


def is_missing(cell: str) -> bool:
    """Whether a cell says that nothing was recorded."""
    return cell.lower() in _MISSING


def _is_row(cells: list[str], decimal: re.Pattern[str]) -> bool:
    numbers = [decimal.fullmatch(cell) is not None for cell in cells]
    return sum(numbers) >= 2 and all(
        number or is_missing(cell) for number, cell in zip(numbers, cells, strict=True)
    )


def layout_of(lines: list[str]) -> Layout:
    """Find out how a table is written from its first rows.

    The separator is a tab where there is one, else a semicolon, else a comma, else blanks. The
    decimal mark is a comma where the numbers make sense only so.

    Raises
    ------
    RecordingError
        If no line holds two numbers or more.
    """
    body: list[tuple[int, str]] = []
    comments: list[tuple[int, str]] = []
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if text.startswith(_COMMENT):
            if not body:
                comments.append((number, text.lstrip("#%/! \t")))
        elif text:
            body.append((number, line))
    if not body:
        raise RecordingError("empty", "the file holds no rows")
    ways = [_way_of(line) for _, line in body[:_PREAMBLE]]
    counts = [
        len(_trimmed(cells_of(line, way[0])))
        for way, (_, line) in zip(ways, body, strict=False)
        if way
    ]
    if not counts:
        raise RecordingError(
            "columns",
            f"no row of two numbers or more in the first {min(len(body), _PREAMBLE)} lines",
            body[0][0],
        )
    n_columns = max(counts, key=counts.count)
    for at, (way, (number, line)) in enumerate(zip(ways, body, strict=False)):
        if way is None:
            continue
        separator, comma = way
        n_cells = len(_trimmed(cells_of(line, separator)))
        if n_cells != n_columns:
            # A preamble may count something: `2 3`. Among rows it is one with a cell too few.
            if at + 1 < len(ways) and ways[at + 1] is not None:
                raise RecordingError(
                    "ragged", f"{n_cells} cells, where the rows below have {n_columns}", number
                )
            continue
        # Whole numbers in the first row do not show how others are written.
        if separator != "," and not comma:
            marks = "".join(_marks(row) for _, row in body[at:])
            comma = "," in marks and "." not in marks
        headers, header_line = _header(body[:at], comments, separator, n_columns)
        return Layout(separator, comma, headers, header_line or number, body[at:], n_columns)
    raise AssertionError("a row with the commonest number of cells is there")


def _way_of(line: str) -> tuple[str | None, bool] | None:
    """Separator, and whether commas are decimal; None for a line that is no row of numbers."""
    separators: list[str | None] = [mark for mark in ("\t", ";") if mark in line] or [",", None]
    for separator in separators:
        cells = _trimmed(cells_of(line, separator))
        if _is_row(cells, _POINT):
            return separator, False
        if separator != "," and _is_row(cells, _COMMA):
            return separator, True
    return None


def _marks(row: str) -> str:
    """Which of point and comma stand in a row."""
    return ("," if "," in row else "") + ("." if "." in row else "")


def _trimmed(cells: list[str]) -> list[str]:
    """Without the empty cell behind a separator at the end of a line."""
    return cells[:-1] if len(cells) > 2 and cells[-1] == "" else cells


def _header(
    before: list[tuple[int, str]],
    comments: list[tuple[int, str]],
    separator: str | None,
    n_columns: int,
) -> tuple[list[str] | None, int | None]:
    """Names of the columns, and the line they stand in: the last one before the rows that fits."""
    for above in (before, comments):
        fitting = []
        for number, line in reversed(above):
            cells = _trimmed(_header_cells(line, separator, n_columns))
            if len(cells) != n_columns:
                break
            fitting.append((number, cells))
        if not fitting:
            continue
        number, names = fitting[0]
        # Units below the names have a line of their own.
        if len(fitting) > 1 and all(_looks_like_unit(cell) for cell in names):
            _, above_names = fitting[1]
            units = [unit.strip("()[]") for unit in names]
            return [f"{a} ({u})" for a, u in zip(above_names, units, strict=True)], number
        return names, number
    return None, None


def _header_cells(line: str, separator: str | None, n_columns: int) -> list[str]:
    """A header may be separated in another way than its rows, and blanks may be in its names."""
    for mark in (separator, ",", ";", "\t", None):
        cells = cells_of(line, mark)
        if len(_trimmed(cells)) == n_columns:
            return cells
    # `t (ms)  I (pA)`: a unit in brackets belongs to the name before it.
    joined = re.sub(r"\s+(?=[(\[])", "", line)
    return cells_of(joined, None)


def _looks_like_unit(cell: str) -> bool:
    return unit_of(cell.strip("()[]")) is not None


def number_in(cell: str, *, decimal_comma: bool) -> float | None:
    """A cell's number; NaN where nothing was recorded, None where there is something else."""
    if is_missing(cell):
        return float("nan")
    if (_COMMA if decimal_comma else _POINT).fullmatch(cell) is None:
        return None
    return float(cell.replace(",", ".").replace("d", "e").replace("D", "e"))
