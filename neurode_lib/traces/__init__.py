"""Recordings in files: a table of time, current and voltage, read strictly, with its units.

:func:`read_recording` reads text, :func:`read_sweeps` the formats of amplifiers and archives
through neo, and :func:`competition_traces` gets the recordings of chapter 20.
What is read becomes :class:`~neurode_lib.recordings.Recordings` by one step, and
``neurode_lib.Scaling`` brings these near one and back.
"""

from typing import TYPE_CHECKING

from neurode_lib._lazy import lazy_names

if TYPE_CHECKING:
    from neurode_lib.traces.competition import RecordingsMissingError, competition_traces
    from neurode_lib.traces.errors import RecordingError
    from neurode_lib.traces.reading import read_recording
    from neurode_lib.traces.sweeps import read_sweeps
    from neurode_lib.traces.trace import Trace

__all__ = [
    "RecordingError",
    "RecordingsMissingError",
    "Trace",
    "competition_traces",
    "read_recording",
    "read_sweeps",
]

__getattr__, __dir__ = lazy_names(
    __name__,
    {
        "RecordingError": "errors",
        "RecordingsMissingError": "competition",
        "Trace": "trace",
        "competition_traces": "competition",
        "read_recording": "reading",
        "read_sweeps": "sweeps",
    },
)
