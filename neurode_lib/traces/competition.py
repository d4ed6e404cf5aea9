"""The recordings of chapter 20, which are fetched, not distributed.

A cortical neuron under random current, four repeats of each stimulus, from the 2007 competition in
quantitative single-neuron modelling [1]_ (challenge A, training sets 04 and 05). The public copy
states no licence, so this library holds none of it. The files are looked for in the folder that the
environment variable ``NEURODE_RECORDINGS`` names, gzipped or not, or in a cache; what is missing is
downloaded there. Every file is checked against its SHA-256 sum.

References
----------
.. [1] R. Jolivet, F. Schürmann, T. K. Berger, R. Naud, W. Gerstner, A. Roth, "The quantitative
       single-neuron modeling competition", Biological Cybernetics 99 (2008), 417-426.
"""

from __future__ import annotations

import gzip
import os
import urllib.request
from hashlib import sha256
from pathlib import Path

from neurode_lib._checks import one_of, truth_value
from neurode_lib.traces.reading import read_recording
from neurode_lib.traces.trace import Trace
from neurode_lib.weights import write_atomically

VARIABLE = "NEURODE_RECORDINGS"
SOURCE = (
    "https://raw.githubusercontent.com/InPhyT/"
    "Quantitative_Single_Neuron_Modeling_Competition_2007/0bb5697/Challenge_A/training/"
)
SHA256 = {
    "04-0.voltage": "a89535e727adf00bd487768ae97984a13f099b677d3e94c72fef4ffef7970941",
    "04-1.voltage": "75995cded977ae53a4e38cd405ee85c342fa59e0958c2d54012478a3db1e5353",
    "04-2.voltage": "9c82db0c8e5deb953ef42d6fdc278e819652bcc1a786de513791bb2d295541d8",
    "04-3.voltage": "59dfbefc07b92655c268daa31c08e0b9f45a04051908b8fe877945fe34408a0c",
    "05-0.voltage": "9341a2ebdc7674b352e1122c52a1d9a1bca77dbcc2bfdd74f4f411ea0f935149",
    "05-1.voltage": "b38230a9f74232a8bffd73850c90ce7c6f9ead3c53c9f9d187af3046a32bd7a0",
    "05-2.voltage": "994485058f08c3c5510a308e6ad38fa64765b179b8c3be7ff52754722bfed4bf",
    "05-3.voltage": "ec54253ad10b13add3bc583b5b68992fe900b98757c0fc7bd6a4c5f4b1d2486b",
}
SETS = ("04", "05")
_TIMEOUT = 20.0  # seconds


class RecordingsMissingError(FileNotFoundError):
    """The recordings are neither on this machine nor to be had from the network."""


def recordings_folder() -> Path:
    """Where recordings are looked for and kept."""
    named = os.environ.get(VARIABLE)
    return Path(named) if named else Path.home() / ".cache" / "neurode" / "recordings"


def competition_traces(stimulus: str, *, download: bool = True) -> list[Trace]:
    """The four repeats of one stimulus.

    Parameters
    ----------
    stimulus : {"04", "05"}
        The first makes the cell fire at about 18 Hz, the second at about 1.3 Hz.
    download : bool
        Whether to fetch what is missing.

    Returns
    -------
    list of Trace
        34,000 samples each, once a millisecond.

    Raises
    ------
    RecordingsMissingError
        If a file is missing and cannot be fetched; the message is one line for a reader.
    ValueError
        If there is no such stimulus, or a file is not what it was.
    """
    one_of("stimulus", stimulus, SETS)
    truth_value("download", download)
    names = [name for name in SHA256 if name.startswith(stimulus)]
    return [read_recording(_content(name, download=download)) for name in names]


def _content(name: str, *, download: bool) -> bytes:
    folder = recordings_folder()
    for path in (folder / name, folder / f"{name}.gz"):
        if path.is_file():
            content = path.read_bytes()
            return _checked(gzip.decompress(content) if path.suffix == ".gz" else content, path)
    missing = f"no recording {name} in {folder} (set {VARIABLE} to its folder)"
    if not download:
        raise RecordingsMissingError(missing)
    try:
        with urllib.request.urlopen(SOURCE + name, timeout=_TIMEOUT) as answer:
            content = answer.read()
    except OSError as error:
        why = f"{missing}, and it could not be fetched: {error}"
        raise RecordingsMissingError(why) from error
    _checked(content, SOURCE + name)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / name, content)
    return content


def _checked(content: bytes, where: str | Path) -> bytes:
    name = Path(str(where)).name.removesuffix(".gz")
    if sha256(content).hexdigest() != SHA256[name]:
        raise ValueError(f"{where} is not the recording that was measured: its checksum differs")
    return content
