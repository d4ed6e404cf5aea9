"""What is wrong with a file, and at which line."""

from __future__ import annotations


class RecordingError(ValueError):
    """A file that is no recording, or one that would teach a learner something false.

    Attributes
    ----------
    kind : str
        One word: ``size``, ``binary``, ``empty``, ``columns``, ``units``, ``ragged``, ``number``,
        ``missing``, ``backward``, ``gap``, ``clipped``, ``flat`` or ``short``.
    line : int or None
        Where, counted from 1 as editors count; None if it is the whole file.
    what : str
        The message without its line.
    """

    def __init__(self, kind: str, what: str, line: int | None = None) -> None:
        super().__init__(what if line is None else f"line {line}: {what}")
        self.kind, self.line, self.what = kind, line, what
