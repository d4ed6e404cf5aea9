"""Recordings that are fetched: from a folder, from the network, checked, or said to be missing."""

import gzip
import os
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from neurode_lib.traces import competition
from neurode_lib.traces.competition import RecordingsMissingError, competition_traces

TABLE = "\n".join(f"{k} {10 * (k % 4)} {-70 + k / 4}" for k in range(60)).encode()


@pytest.fixture
def made_up(monkeypatch, tmp_path):
    """Four small files in place of the real ones, on a "network" that is a folder."""
    source, folder = tmp_path / "source", tmp_path / "folder"
    source.mkdir()
    names = [f"04-{k}.voltage" for k in range(4)]
    for name in names:
        (source / name).write_bytes(TABLE)
    monkeypatch.setattr(competition, "SHA256", dict.fromkeys(names, sha256(TABLE).hexdigest()))
    monkeypatch.setattr(competition, "SOURCE", source.as_uri() + "/")
    monkeypatch.setenv(competition.VARIABLE, str(folder))
    return source, folder


def test_what_is_missing_is_fetched_once(made_up):
    source, folder = made_up
    traces = competition_traces("04")
    assert [len(one) for one in traces] == [60] * 4
    assert sorted(file.name for file in folder.iterdir()) == list(competition.SHA256)
    for file in source.iterdir():
        file.unlink()
    again = competition_traces("04")
    np.testing.assert_array_equal(again[3].voltage, traces[3].voltage)


def test_gzipped_files_in_the_folder_are_read(made_up):
    _, folder = made_up
    folder.mkdir()
    for name in competition.SHA256:
        (folder / f"{name}.gz").write_bytes(gzip.compress(TABLE))
    assert len(competition_traces("04", download=False)[0]) == 60


def test_what_is_not_the_recording_is_refused_and_not_kept(made_up):
    source, folder = made_up
    (source / "04-0.voltage").write_bytes(TABLE + b"\n")
    with pytest.raises(ValueError, match="its checksum differs"):
        competition_traces("04")
    assert not folder.exists()


def test_without_folder_and_network_one_line_says_what_is_missing(made_up):
    source, folder = made_up
    (source / "04-0.voltage").unlink()
    for download in (True, False):
        with pytest.raises(RecordingsMissingError) as missing:
            competition_traces("04", download=download)
        line = str(missing.value)
        assert "04-0.voltage" in line and str(folder) in line and "\n" not in line
        assert competition.VARIABLE in line


def test_the_real_recordings_are_read_as_they_are():
    here = Path(__file__).resolve().parents[2].parent / "shared" / "recordings"
    if not os.environ.get(competition.VARIABLE) and not here.is_dir():
        pytest.skip(f"no recordings: neither {competition.VARIABLE} nor ../shared/recordings")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(competition.VARIABLE, os.environ.get(competition.VARIABLE, str(here)))
        for stimulus in competition.SETS:
            for trace in competition_traces(stimulus, download=False):
                assert (len(trace), trace.interval) == (34_000, 1.0)
                assert trace.units == {"time": "ms", "current": "pA", "voltage": "mV"}
                assert -80.0 < trace.voltage.min() < -50.0 < 30.0 < trace.voltage.max() < 60.0
