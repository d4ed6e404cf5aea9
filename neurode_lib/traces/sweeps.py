"""Recordings in the formats of amplifiers and archives, such as ABF and NWB, read through neo.

neo belongs to the extra ``recordings``; nothing else of the library imports it.

References
----------
.. [1] S. Garcia et al., "Neo: an object model for handling electrophysiology data in multiple
       formats", Frontiers in Neuroinformatics 8, 10, 2014.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from neurode_lib._checks import FloatArray, reason, shown
from neurode_lib.traces.checks import LEAST_SAMPLES, check_current, check_voltage
from neurode_lib.traces.errors import RecordingError
from neurode_lib.traces.trace import Trace


class _Clock(NamedTuple):
    """What channels share that were sampled together; start and interval in ms."""

    segment: int
    start: float
    interval: float
    n_samples: int


class _Channel(NamedTuple):
    number: int  # in its segment
    name: str
    unit: str
    values: FloatArray  # in pA or mV


def read_sweeps(
    path: str | Path, *, current: str | None = None, voltage: str | None = None
) -> list[Trace]:
    """Read every sweep of a recording in current clamp from a file that neo knows.

    A sweep is a current and a voltage that were sampled together: same segment, same start, same
    interval, same number of samples. Units are the file's own.

    Parameters
    ----------
    path : path or str
        A file whose format neo finds by its ending, such as ``.abf`` or ``.nwb``.
    current, voltage : str, optional
        Name of a channel, where several have its unit.

    Returns
    -------
    list of Trace
        In ms, from the sweep's first sample on, in pA and mV.

    Raises
    ------
    RecordingError
        If there is no sweep, or one that would teach a learner something false; the message names
        sweep and sample.
    ValueError
        If an argument is none of the above.
    FileNotFoundError
        If there is no such file.
    ImportError
        If neo is not installed.
    """
    names = {"current": current, "voltage": voltage}
    for argument, name in names.items():
        if name is not None and not isinstance(name, str):
            raise ValueError(f"{argument} must be the name of a channel, got {shown(name)}")
    if not isinstance(path, (str, Path)):
        raise ValueError(f"path must be a path, got {shown(path)}")
    if not Path(path).is_file():
        raise FileNotFoundError(f"no recording at {path}")
    groups: dict[_Clock, dict[str, list[_Channel]]] = defaultdict(
        lambda: {"current": [], "voltage": []}
    )
    others = []
    for clock, quantity, channel in _channels(Path(path)):
        if quantity is None:
            others.append(f"{channel.name} in {channel.unit}")
        else:
            groups[clock][quantity].append(channel)
    for quantity, name in names.items():
        known = {channel.name for found in groups.values() for channel in found[quantity]}
        if name is not None and name not in known:
            raise ValueError(
                f"{quantity} must be the name of one of its channels, "
                f"{', '.join(sorted(known)) or 'of which there is none'}, got {shown(name)}"
            )
    sweeps: list[Trace] = []
    for clock, found in groups.items():
        chosen = {
            quantity: _choose(quantity, channels, names[quantity], f"sweep {len(sweeps)}")
            for quantity, channels in found.items()
        }
        if chosen["current"] is not None and chosen["voltage"] is not None:
            sweeps.append(_trace(clock, chosen["current"], chosen["voltage"], len(sweeps)))
    if not sweeps:
        present = [
            f"{channel.name} in {channel.unit}"
            for found in groups.values()
            for channels in found.values()
            for channel in channels
        ] + others
        raise RecordingError(
            "columns",
            "no current and voltage were sampled together; the file has "
            + (", ".join(dict.fromkeys(present)) or "no channels"),
        )
    return sweeps


def _blocks(reader: Any, path: Path) -> list[Any]:
    """All that one of neo's readers finds in a file, which is closed then."""
    opened = reader(str(path))
    try:
        return opened.read()
    finally:
        # Only the readers that keep the file open have it.
        if hasattr(opened, "close"):
            opened.close()


def _channels(path: Path) -> Iterator[tuple[_Clock, str | None, _Channel]]:
    """Every channel of a file, what it measures, and on which clock."""
    try:
        import neo
    except ImportError as error:
        raise ImportError("read_sweeps needs neo: pip install 'neurode_lib[recordings]'") from error
    blocks, faults = None, []
    # Not neo.get_io, which keeps the reason to itself.
    for reader in neo.io.io_by_extension.get(path.suffix[1:].lower(), []):
        try:
            blocks = _blocks(reader, path)
            break
        except Exception as error:  # noqa: BLE001  whatever its parsers raise
            faults.append(reason(error))
    if blocks is None:
        # The first of a format's readers is neo's own.
        why = faults[0] if faults else f"no format of neo's ends in {path.suffix or 'nothing'}"
        raise RecordingError("binary", f"neo cannot read the file: {why}")
    segments = [segment for block in blocks for segment in block.segments]
    for k, segment in enumerate(segments):
        number = 0
        for signal in segment.analogsignals:
            clock = _Clock(
                k,
                round(float(signal.t_start.rescale("ms")), 6),
                round(float(signal.sampling_period.rescale("ms")), 9),
                len(signal),
            )
            for column in range(signal.shape[1]):
                yield clock, *_channel(signal, column, number)
                number += 1


def _channel(signal: Any, column: int, number: int) -> tuple[str | None, _Channel]:
    names = signal.array_annotations.get("channel_names")
    name = str(signal.name if names is None else names[column])
    unit = signal.units.dimensionality.string
    for quantity, ours in (("voltage", "mV"), ("current", "pA")):
        try:
            values = signal[:, column].rescale(ours)
        except ValueError:  # another dimension
            continue
        values = np.asarray(values.magnitude, dtype=np.float64).reshape(-1)
        return quantity, _Channel(number, name, unit, values)
    return None, _Channel(number, name, unit, np.empty(0))


def _choose(
    quantity: str, channels: list[_Channel], name: str | None, where: str
) -> _Channel | None:
    """The channel of that name; without a name the only one, or none."""
    named = [channel for channel in channels if name is None or channel.name == name]
    if len(named) > 1:
        raise RecordingError(
            "columns",
            f"{where} has {len(named)} channels of {quantity}: name one with {quantity}=, of "
            + ", ".join(channel.name for channel in named),
        )
    return named[0] if named else None


def _trace(clock: _Clock, current: _Channel, voltage: _Channel, number: int) -> Trace:
    """A sweep, checked as a table is."""
    where = f"sweep {number}"
    samples = range(clock.n_samples)
    if clock.n_samples < LEAST_SAMPLES:
        raise RecordingError(
            "short", f"{where} has {clock.n_samples} samples, fewer than {LEAST_SAMPLES}"
        )
    for channel, quantity in ((current, "current"), (voltage, "voltage")):
        bad = ~np.isfinite(channel.values)
        if bad.any():
            raise RecordingError(
                "missing",
                f"{where}, sample {int(np.argmax(bad))}: a value of {quantity} is missing",
            )
    try:
        check_current(current.values, samples)
        check_voltage(voltage.values, samples)
    except RecordingError as error:
        raise RecordingError(error.kind, f"{where}, sample {error.line}: {error.what}") from None
    return Trace(
        time=clock.interval * np.arange(clock.n_samples, dtype=np.float64),
        current=current.values,
        voltage=voltage.values,
        units={"current": current.unit, "voltage": voltage.unit},
        columns={"current": current.number, "voltage": voltage.number},
    )
