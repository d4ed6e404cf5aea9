"""Amplifiers' and archives' formats: other programs write a file, this library reads it."""

import gc
import sys
from datetime import UTC, datetime

import numpy as np
import pyabf
import pytest
from pynwb import NWBHDF5IO, NWBFile
from pynwb.icephys import CurrentClampSeries, CurrentClampStimulusSeries

from neurode_lib.traces import RecordingError, read_sweeps
from tests.unit.amplifier import RATE, write_abf

SWEEPS, SAMPLES = 3, 400


def currents_and_potentials():
    """In pA and mV, shape (sweeps, samples) each."""
    rng = np.random.default_rng(0)
    steps = np.cumsum(rng.normal(size=(2, SWEEPS, SAMPLES)), axis=-1)
    return 5.0 * steps[0], -65.0 + 0.5 * steps[1]


def write_nwb(path, current, voltage, *, second_voltage=False):
    """As archives have them: stimulus in amperes, response in volts with a factor of its own."""
    file = NWBFile(
        session_description="a cell", identifier="one", session_start_time=datetime.now(UTC)
    )
    electrode = file.create_icephys_electrode(
        name="pipette", description="patch", device=file.create_device(name="amplifier")
    )
    for k in range(len(current)):
        both = {"rate": RATE, "starting_time": 2.0 * k, "electrode": electrode, "gain": 1.0}
        file.add_stimulus(
            CurrentClampStimulusSeries(name=f"current {k}", data=1e-12 * current[k], **both)
        )
        for name in [f"voltage {k}", *([f"reference {k}"] if second_voltage else [])]:
            file.add_acquisition(
                CurrentClampSeries(name=name, data=voltage[k], conversion=1e-3, **both)
            )
    with NWBHDF5IO(path, "w") as target:
        target.write(file)


def test_sweeps_of_an_archive_are_those_that_were_written(tmp_path):
    current, voltage = currents_and_potentials()
    write_nwb(tmp_path / "cell.nwb", current, voltage)
    sweeps = read_sweeps(tmp_path / "cell.nwb")
    assert len(sweeps) == SWEEPS
    for k, sweep in enumerate(sweeps):
        np.testing.assert_allclose(sweep.current, current[k], rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(sweep.voltage, voltage[k], rtol=1e-6)
        np.testing.assert_allclose(sweep.time, 1e3 / RATE * np.arange(SAMPLES), rtol=1e-9)
        assert sweep.units == {"current": "A", "voltage": "mV"}
        assert len(sweep.recordings().values[0]) == SAMPLES


def test_an_archive_is_closed_when_it_has_been_read(tmp_path, recwarn):
    current, voltage = currents_and_potentials()
    write_nwb(tmp_path / "cell.nwb", current, voltage)
    read_sweeps(tmp_path / "cell.nwb")
    gc.collect()
    assert not [one.message for one in recwarn if issubclass(one.category, ResourceWarning)]


def test_sweeps_of_an_amplifier_are_what_another_program_reads(tmp_path):
    current, voltage = currents_and_potentials()
    path = tmp_path / "cell.abf"
    write_abf(path, [voltage, current], {"Vm": "mV", "Im": "pA"})
    judge = pyabf.ABF(str(path))
    sweeps = read_sweeps(path)
    assert len(sweeps) == judge.sweepCount == SWEEPS
    for k, sweep in enumerate(sweeps):
        for values, channel, truth in ((sweep.voltage, 0, voltage), (sweep.current, 1, current)):
            judge.setSweep(k, channel=channel)
            np.testing.assert_allclose(values, judge.sweepY, rtol=1e-5, atol=1e-5)
            np.testing.assert_allclose(values, truth[k], atol=0.05)  # 16 bits
        np.testing.assert_allclose(sweep.time, 1e3 * judge.sweepX, atol=1e-9)


def test_a_channel_can_be_named_and_must_be_where_two_could_be_meant(tmp_path):
    current, voltage = currents_and_potentials()
    path = tmp_path / "cell.nwb"
    write_nwb(path, current[:1], voltage[:1], second_voltage=True)
    with pytest.raises(RecordingError, match=r"sweep 0 has 2 channels of voltage.*reference 0"):
        read_sweeps(path)
    (sweep,) = read_sweeps(path, voltage="voltage 0")
    np.testing.assert_allclose(sweep.voltage, voltage[0], rtol=1e-6)
    with pytest.raises(ValueError, match=r"voltage must be .*reference 0, voltage 0, got 'Vm'"):
        read_sweeps(path, voltage="Vm")


def test_a_file_without_a_current_is_refused_with_what_it_has(tmp_path):
    _, voltage = currents_and_potentials()
    write_abf(tmp_path / "cell.abf", [voltage, voltage], {"Vm": "mV", "Temp": "degC"})
    with pytest.raises(RecordingError, match=r"no current.*Vm in mV.*Temp") as refusal:
        read_sweeps(tmp_path / "cell.abf")
    assert refusal.value.kind == "columns"


def stuck(voltage):
    """A jump to a value that then stays."""
    return np.where(np.arange(SAMPLES) // 20 == 5, voltage.max() + 20.0, voltage)


@pytest.mark.parametrize(
    ("spoil", "kind", "what"),
    [
        (stuck, "clipped", "sweep 1, sample 100: the voltage stays"),
        (lambda v: 1e3 * v, "units", "sweep 1, sample 0: a membrane potential"),
        (lambda v: np.where(np.arange(SAMPLES) == 7, np.nan, v), "missing", "sweep 1, sample 7: "),
    ],
)
def test_what_would_teach_something_false_is_refused_with_sweep_and_sample(
    spoil, kind, what, tmp_path
):
    current, voltage = currents_and_potentials()
    voltage[1] = spoil(voltage[1])
    write_nwb(tmp_path / "cell.nwb", current, voltage)
    with pytest.raises(RecordingError, match=what) as refusal:
        read_sweeps(tmp_path / "cell.nwb")
    assert refusal.value.kind == kind


def test_what_neo_cannot_read_is_refused_by_its_reason(tmp_path):
    (tmp_path / "cell.abf").write_bytes(b"no recording at all" * 100)
    with pytest.raises(RecordingError, match="neo cannot read the file"):
        read_sweeps(tmp_path / "cell.abf")
    (tmp_path / "cell.xyz").write_bytes(b"")
    with pytest.raises(RecordingError, match=r"no format of neo.s ends in \.xyz"):
        read_sweeps(tmp_path / "cell.xyz")


def test_without_neo_the_extra_is_named(tmp_path, monkeypatch):
    (tmp_path / "cell.abf").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "neo", None)
    with pytest.raises(ImportError, match=r"neurode_lib\[recordings\]"):
        read_sweeps(tmp_path / "cell.abf")
