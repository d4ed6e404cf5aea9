"""Read a table of time, current and voltage, or say what is wrong with it and where.

The same rules hold in the book's page (``explorers/src``); ``tests/recordings`` holds files on
which both are tried.

* Lines that begin with ``#``, ``%``, ``//`` or ``!`` are comments. The last line before the first
  row of numbers that has as many cells is the header; a comment may be one, and a line of units may
  stand below the names.
* Cells are separated by tabs, else semicolons, else commas, else blanks. A comma may be the decimal
  mark where it is no separator.
* A column's name says what it is, and its unit. Without a header, three columns are time, current
  and voltage. Without a unit, ms, pA and mV are read, and a note says so.
* Every row has as many cells. A voltage may be missing (an empty cell, ``NaN``, ``NA``); a time or
  a current may not.
* Time increases, without a gap. A potential that is flat or clipped is refused.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from neurode_lib._checks import FloatArray, positive_number, shown
from neurode_lib.traces.checks import LEAST_SAMPLES, check_current, check_time, check_voltage
from neurode_lib.traces.columns import FACTORS, QUANTITIES, find_columns
from neurode_lib.traces.errors import RecordingError
from neurode_lib.traces.layout import Layout, cells_of, layout_of, number_in
from neurode_lib.traces.trace import Trace

LARGEST_BYTES = 100_000_000
_LINE_END = re.compile(r"\r\n|\r|\n")
_GZIP = b"\x1f\x8b"
# Text has none of these; tab, line feed, form feed and carriage return it may have.
_CONTROL = bytes(set(range(32)) - {9, 10, 12, 13})


def read_recording(
    source: str | Path | bytes,
    *,
    time: str | int | None = None,
    current: str | int | None = None,
    voltage: str | int | None = None,
    units: Mapping[str, str] | None = None,
    interval: float | None = None,
) -> Trace:
    """Read a recording in current clamp from a text table.

    Parameters
    ----------
    source : path, str or bytes
        A file, gzipped or not; or its content. A text of more than one line is content.
    time, current, voltage : str or int, optional
        The header of a column, or its number from 0, where its name does not say.
    units : mapping of str to str, optional
        Units of ``"time"``, ``"current"`` or ``"voltage"``, which the header need not give then:
        s, ms, µs; A, mA, µA, nA, pA, or µA/cm²; V, mV, µV.
    interval : float, optional
        Time between two samples in ms, for a table without a column of times.

    Returns
    -------
    Trace
        In ms, pA and mV.

    Raises
    ------
    RecordingError
        If the content is no such table; the message names the line.
    ValueError
        If an argument is none of the above.
    FileNotFoundError
        If there is no such file.
    """
    choices = {"time": time, "current": current, "voltage": voltage}
    for name, choice in choices.items():
        if choice is not None and (not isinstance(choice, (str, int)) or isinstance(choice, bool)):
            raise ValueError(f"{name} must be a column's header or number, got {shown(choice)}")
    if units is None:
        units = {}
    if not isinstance(units, Mapping) or not all(
        name in QUANTITIES and isinstance(unit, str) for name, unit in units.items()
    ):
        raise ValueError(f"units must give units of {QUANTITIES}, got {shown(units)}")
    if interval is not None:
        interval = positive_number("interval", interval)
    lines = _LINE_END.split(_text(_content(source)))
    layout = layout_of(lines)
    columns = find_columns(
        layout.headers,
        layout.n_columns,
        choices,
        units,
        has_interval=interval is not None,
        line=layout.header_line,
    )
    numbers = [number for number, _ in layout.rows]
    if len(numbers) < LEAST_SAMPLES:
        raise RecordingError(
            "short", f"there are {len(numbers)} rows, fewer than {LEAST_SAMPLES}", numbers[-1]
        )
    table = _table(layout)
    values = {
        name: table[:, column] * FACTORS[name][columns.units[name]]
        for name, column in columns.number.items()
    }
    if "time" not in values:
        assert interval is not None
        values["time"] = interval * np.arange(len(table), dtype=np.float64)
    notes = [*columns.notes]
    for name in ("time", "current"):
        if np.isnan(values[name]).any():
            k = int(np.argmax(np.isnan(values[name])))
            raise RecordingError("missing", f"a value of {name} is missing", numbers[k])
    missing = np.isnan(values["voltage"])
    if missing.all():
        raise RecordingError("missing", "every value of voltage is missing", numbers[0])
    if missing.any():
        first = numbers[int(np.argmax(missing))]
        notes.append(
            f"{int(missing.sum())} values of voltage are missing, the first in line {first}"
        )
    check_time(values["time"], numbers)
    check_current(values["current"], numbers)
    check_voltage(values["voltage"], numbers)
    return Trace(**values, units=columns.units, columns=columns.number, notes=tuple(notes))


def _content(source: str | Path | bytes) -> bytes:
    if isinstance(source, str) and ("\n" in source or "\r" in source):
        source = source.encode()
    if isinstance(source, bytes):
        content = source
    elif isinstance(source, (str, Path)):
        path = Path(source)
        if not path.is_file():
            raise FileNotFoundError(f"no recording at {path}")
        _refuse_size(path.stat().st_size)
        content = path.read_bytes()
    else:
        raise ValueError(f"source must be a path, text or bytes, got {shown(source)}")
    if content.startswith(_GZIP):
        try:
            # No more is unpacked than may be read.
            with gzip.open(io.BytesIO(content)) as file:
                content = file.read(LARGEST_BYTES + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise RecordingError("binary", f"the gzip file is damaged: {error}") from error
    _refuse_size(len(content))
    return content


def _refuse_size(n_bytes: int) -> None:
    if n_bytes > LARGEST_BYTES:
        raise RecordingError(
            "size",
            f"the file holds more than {LARGEST_BYTES // 1_000_000} MB: cut it, or sample it less "
            "often",
        )


def _text(content: bytes) -> str:
    if not content.strip():
        raise RecordingError("empty", "the file is empty")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError as error:
            raise RecordingError("binary", "the file is no text") from error
    for control in _CONTROL:
        at = content.find(control)
        if at >= 0:
            line = content[:at].count(b"\n") + 1
            raise RecordingError(
                "binary", f"the file is no text: it holds the byte {control}", line
            )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")  # in which µ and ² are written


def _table(layout: Layout) -> FloatArray:
    """Numbers of all rows, shape (rows, columns)."""
    lines = [line for _, line in layout.rows]
    try:
        if layout.decimal_comma:
            if any("." in line for line in lines):
                raise ValueError("two decimal marks")
            lines = [line.replace(",", ".") for line in lines]
        table = np.loadtxt(lines, delimiter=layout.separator, comments=None, ndmin=2)
        if table.shape == (len(lines), layout.n_columns) and not np.isinf(table).any():
            return table
    except ValueError:
        pass  # something is missing, or wrong: row by row it shows what
    return np.array([_row(number, line, layout) for number, line in layout.rows])


def _row(number: int, line: str, layout: Layout) -> list[float]:
    cells = cells_of(line, layout.separator)
    if len(cells) == layout.n_columns + 1 and cells[-1] == "":
        cells = cells[:-1]
    if len(cells) != layout.n_columns:
        raise RecordingError(
            "ragged", f"{len(cells)} cells, where the rows above have {layout.n_columns}", number
        )
    row = []
    for cell in cells:
        value = number_in(cell, decimal_comma=layout.decimal_comma)
        if value is None or np.isinf(value):
            raise RecordingError("number", f"{cell[:40]!r} is no number", number)
        row.append(value)
    return row
