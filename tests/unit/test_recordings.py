"""The data set type: what it holds, how it is made, and what it refuses."""

import numpy as np
import pytest

from neurode_lib import inputs
from neurode_lib.fitzhugh_nagumo import DT, build_dataset
from neurode_lib.inputs import Input
from neurode_lib.recordings import Recordings

GRID = DT * np.arange(13)


def ragged():
    """Two trajectories of two channels, each with its own clock, length and input."""
    times = [np.array([0.0, 0.5, 1.5]), np.array([2.0, 2.1, 2.2, 4.0])]
    values = [np.arange(6.0).reshape(3, 2), np.arange(8.0).reshape(4, 2)]
    return Recordings(times, values, [inputs.step(0.0, 1.0, 1.0), inputs.constant(0.3)])


def test_the_articles_arrays_are_recordings():
    states, currents = build_dataset(4, 12, seed=0)
    data = Recordings(GRID, states, currents)
    assert (len(data), data.n_channels, data.n_inputs) == (4, 2, 1)
    np.testing.assert_array_equal(np.stack(data.values), states)
    np.testing.assert_array_equal(data.common_grid(), GRID)
    np.testing.assert_array_equal(data[1:3].inputs, currents[1:3])
    assert repr(data) == (
        "<Recordings: 4 trajectories of 13 samples, 2 channels, 1 inputs, 0 values missing>"
    )


def test_each_trajectory_may_have_its_own_times_length_and_input():
    data = ragged()
    assert data.common_grid() is None
    assert len(data[-1]) == 1
    np.testing.assert_array_equal(data[-1].times[0], [2.0, 2.1, 2.2, 4.0])
    assert isinstance(data[0].inputs[0], Input)
    # The step of the input is met between two samples.
    np.testing.assert_array_equal(data.visited_inputs()[:, 0].round(1), [0, 0, 1, 1] + [0.3] * 4)
    with pytest.raises(IndexError, match="there are 2 trajectories, got number 2"):
        data[2]


def test_one_channel_needs_no_axis_of_its_own():
    data = Recordings([0.0, 1.0, 2.0], [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    assert data.values[1].shape == (3, 1)
    assert data.n_inputs == 0


def test_a_mask_is_the_same_as_nans():
    values = np.arange(12.0).reshape(2, 3, 2)
    mask = np.ones(values.shape, dtype=bool)
    mask[0, 1, 1] = mask[1, 2] = False
    hidden = Recordings([0, 1, 2], values, mask=mask)
    for path, keep, whole in zip(hidden.values, mask, values, strict=True):
        np.testing.assert_array_equal(np.isnan(path), ~keep)
        np.testing.assert_array_equal(path[keep], whole[keep])


TABLE = """cell, t, v, current
a, 0.0, 1.5, 0.2
b, 0.0, -1.0, 0.5
a, 0.5, , 0.2
b, 0.7, -0.5, 0.5
a, 1.5, 2.5, 0.2
"""


def test_a_long_table_is_read_from_a_file_and_from_columns(tmp_path):
    path = tmp_path / "cells.csv"
    path.write_text(TABLE.replace(", ", ","))
    options = {"time": "t", "channels": ["v"], "inputs": ["current"], "trajectory": "cell"}
    from_file = Recordings.from_table(path, **options)
    columns = {
        "cell": ["a", "b", "a", "b", "a"],
        "t": [0.0, 0.0, 0.5, 0.7, 1.5],
        "v": [1.5, -1.0, np.nan, -0.5, 2.5],
        "current": [0.2, 0.5, 0.2, 0.5, 0.2],
    }
    for data in (from_file, Recordings.from_table(columns, **options)):
        assert len(data) == 2
        np.testing.assert_array_equal(data.times[0], [0.0, 0.5, 1.5])
        np.testing.assert_array_equal(data.values[0][:, 0], [1.5, np.nan, 2.5])
        np.testing.assert_array_equal(data.values[1][:, 0], [-1.0, -0.5])
        np.testing.assert_array_equal(data.inputs, [0.2, 0.5])


def test_an_input_that_changes_within_a_table_becomes_a_signal():
    table = {"t": [0.0, 1.0, 2.0], "x": [0.0, 0.0, 0.0], "I": [0.0, 1.0, 3.0], "J": [1.0, 1.0, 1.0]}
    one = Recordings.from_table(table, time="t", channels=["x"], inputs=["I"], kind="hold")
    np.testing.assert_array_equal(one.inputs[0]([0.9, 1.0, 1.9, 2.0]), [0.0, 1.0, 1.0, 3.0])
    two = Recordings.from_table(table, time="t", channels=["x"], inputs=["I", "J"])
    np.testing.assert_array_equal(two.inputs[0]([1.5]), [[2.0, 1.0]])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Recordings(GRID, []), "values must not be empty"),
        (lambda: Recordings(GRID, [np.zeros(5)]), r"times must hold 5 times like values\[0\], got"),
        (
            lambda: Recordings([1.0, 0.0], [[0.0, 0.0]]),
            r"times must have shape \(T,\) and strictly",
        ),
        (
            lambda: Recordings([[0.0, 1.0], [1.0, 0.5]], [[0.0, 0.0]] * 2),
            r"times\[1\] must have shape \(T,\) and strictly increase",
        ),
        (lambda: Recordings([0, 1], [[0.0, np.inf]]), r"values\[0\] must be finite, or NaN"),
        (lambda: Recordings([0, 1], [np.zeros((2, 1)), np.zeros((2, 2))]), "as many channels each"),
        (lambda: Recordings([0, 1], [[0.0, 0.0]], [0.1, 0.2]), "inputs must be a number or have"),
        (lambda: Recordings([0, 1], [[0.0, 0.0]], [inputs.constant(0)] * 2), "inputs must be one"),
        (lambda: Recordings([0, 1], [[0.0, 0.0]], mask=[[1, 0]]), r"mask\[0\] must hold True and"),
        (
            lambda: Recordings.from_table({"t": [0]}, time="t", channels=["v"]),
            r"table must have a column 'v', got \['t'\]",
        ),
        (
            lambda: Recordings.from_table({"t": [0, 1], "v": ["a", "b"]}, time="t", channels=["v"]),
            r"table\['v'\] must be an array of real numbers",
        ),
        (lambda: Recordings.from_table(TABLE.encode(), time="t", channels=["v"]), "table must be"),
        (
            lambda: Recordings.from_table({"t": [0, 1]}, time="t", channels="t"),
            "channels must be a list of column names",
        ),
    ],
)
def test_nonsense_is_refused_by_name(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_a_table_that_is_not_there_or_torn_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="no table at"):
        Recordings.from_table(tmp_path / "none.csv", time="t", channels=["v"])
    torn = tmp_path / "torn.csv"
    torn.write_text("t,v\n0,1\n1\n")
    with pytest.raises(ValueError, match=r"2 entries in each row, got 1 in row 3"):
        Recordings.from_table(torn, time="t", channels=["v"])
    torn.write_text("t,v\n")
    with pytest.raises(ValueError, match="table must have rows below its header"):
        Recordings.from_table(torn, time="t", channels=["v"])
