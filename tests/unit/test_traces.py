"""Recordings in files: read right, or refused with the line."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from neurode_lib.scaling import Scaling
from neurode_lib.traces import RecordingError, read_recording, reading

FOLDER = Path(__file__).parents[1] / "recordings"
EXPECTED = json.loads((FOLDER / "expected.json").read_text(encoding="utf-8"))
SOUND = [name for name, one in EXPECTED.items() if "error" not in one]
BROKEN = [name for name, one in EXPECTED.items() if "error" in one]


def test_every_file_is_expected_and_there_are_enough():
    odd = {file.name for file in FOLDER.iterdir()} - {"make.py", "expected.json", "README.md"}
    assert odd == set(EXPECTED) and len(SOUND) >= 20 and len(BROKEN) >= 20


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_file_is_read_right(name):
    trace, expected = read_recording(FOLDER / name), EXPECTED[name]
    assert trace.columns == expected["columns"] and trace.units == expected["units"]
    assert len(trace) == expected["samples"]
    assert trace.interval == pytest.approx(expected["interval"], rel=1e-9)
    table = np.stack([trace.time, trace.current, trace.voltage], axis=1)
    np.testing.assert_allclose(table[[0, -1]], [expected["first"], expected["last"]], rtol=1e-12)
    assert np.isnan(trace.voltage).sum() == expected["missing"]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_the_line(name):
    with pytest.raises(RecordingError) as refusal:
        read_recording(FOLDER / name)
    assert (refusal.value.kind, refusal.value.line) == (
        EXPECTED[name]["error"],
        EXPECTED[name]["line"],
    )
    line = EXPECTED[name]["line"]
    assert line is None or str(refusal.value).startswith(f"line {line}: ")


def test_what_is_read_becomes_recordings_and_scaling_brings_them_back():
    trace = read_recording(FOLDER / "volts.csv")
    data = trace.recordings()
    scaled = Scaling.of(data).scale(data)
    assert np.std(scaled.values[0]) == pytest.approx(1.0)
    back = Scaling.of(data).unscale(scaled)
    np.testing.assert_allclose(back.values[0][:, 0], trace.voltage, rtol=1e-12)
    np.testing.assert_allclose(back.inputs[0](trace.time), trace.current, atol=1e-9)


def test_content_is_read_as_a_file_is():
    path = FOLDER / "plain.csv"
    for source in (path.read_bytes(), path.read_text(), str(path)):
        np.testing.assert_array_equal(read_recording(source).voltage, read_recording(path).voltage)


def test_columns_that_the_file_does_not_name_are_told():
    twice = FOLDER / "two_voltages.csv"
    assert read_recording(twice, voltage="V2 (mV)").columns["voltage"] == 3
    assert read_recording(twice, voltage=2).columns["voltage"] == 2
    four = FOLDER / "four_columns.txt"
    assert len(read_recording(four, time=0, current=1, voltage=2)) == 40
    for wrong in ({"voltage": "V3"}, {"voltage": 9}, {"voltage": 1, "current": 1}):
        with pytest.raises(RecordingError, match="line 1: "):
            read_recording(twice, **wrong)
    with pytest.raises(RecordingError, match="line 1: there is no header"):
        read_recording(four, time=0, current=1, voltage=7)
    with pytest.raises(RecordingError, match="line 1: there is no header to say"):
        read_recording(four, time=0)


def test_units_that_the_file_gets_wrong_are_told():
    wrong = FOLDER / "volts_called_millivolts.csv"
    trace = read_recording(wrong, units={"voltage": "V"})
    np.testing.assert_allclose(trace.voltage, read_recording(FOLDER / "plain.csv").voltage)


def test_without_times_an_interval_is_told():
    table = "\n".join(f"{k % 3},{-70 + k}" for k in range(25))
    trace = read_recording(table, interval=0.05)
    np.testing.assert_allclose(trace.time, 0.05 * np.arange(25))
    assert "no unit of current is given: read as pA" in trace.notes


def test_steps_of_current_and_a_resting_potential_are_not_clipped():
    v = [-65.0] * 30 + [-65.0 + 0.1 * k for k in range(30)]
    table = "\n".join(f"{k},{0 if k < 30 else 5},{one}" for k, one in enumerate(v))
    assert len(read_recording(table)) == 60


def test_uneven_samples_have_no_gap_unless_one_is_much_longer():
    t = np.cumsum(np.random.default_rng(0).uniform(0.1, 1.0, size=60))

    def table(t):
        return "\n".join(f"{a!s},0,{-70 + k}" for k, a in enumerate(t.tolist()))

    np.testing.assert_allclose(read_recording(table(t)).time, t)
    with pytest.raises(RecordingError, match="line 41: a gap of"):
        read_recording(table(np.where(np.arange(60) < 40, t, t + 30.0)))


def test_a_current_in_the_wrong_unit_is_refused():
    text = (FOLDER / "plain.csv").read_text().replace("(pA)", "(A)")
    with pytest.raises(RecordingError, match="line 12: a current of 5e"):
        read_recording(text)


def test_more_than_can_be_read_is_refused_before_it_is_read(tmp_path):
    huge = tmp_path / "huge.csv"
    with huge.open("wb") as file:
        file.truncate(reading.LARGEST_BYTES + 1)  # sparse: takes no space
    with pytest.raises(RecordingError, match="more than 100 MB") as refusal:
        read_recording(huge)
    assert refusal.value.kind == "size"


def test_what_unpacks_to_more_than_can_be_read_is_refused(monkeypatch):
    monkeypatch.setattr(reading, "LARGEST_BYTES", 1000)
    assert len(read_recording((FOLDER / "plain.csv").read_bytes())) == 40
    with pytest.raises(RecordingError, match="more than"):
        read_recording(gzip.compress(b"0 0 0\n" * 1000))


def test_a_file_that_is_not_there():
    with pytest.raises(FileNotFoundError, match="no recording at nowhere"):
        read_recording("nowhere")
