"""Measurements in parts: what is finished is kept, and what was written is what is read."""

import json

import pytest

from neurode_lib.study.parts import finished_parts, read_measurements, write_measurements


def test_a_finished_part_is_not_run_again(tmp_path):
    runs = []
    parts = {name: (lambda name=name: runs.append(name) or [name, float("inf")]) for name in "ab"}
    first = finished_parts({"a": parts["a"]}, tmp_path, progress=False)
    both = finished_parts(parts, tmp_path, progress=False)
    assert first == {"a": ["a", float("inf")]}
    assert both == {"a": ["a", float("inf")], "b": ["b", float("inf")]}
    assert runs == ["a", "b"]


def test_a_part_that_fails_leaves_the_others(tmp_path):
    def fail():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        finished_parts({"a": lambda: 1, "b": fail}, tmp_path, progress=False)
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_measurements_come_back_with_their_provenance(tmp_path):
    path = tmp_path / "some.json"
    write_measurements(path, {"values": [1.5, None]})
    found = read_measurements(path)
    assert found["values"] == [1.5, None]
    assert {"commit", "packages"} <= found["provenance"].keys()


@pytest.mark.parametrize("damage", ["changed", "cut", "no JSON", "a list"])
def test_damaged_measurements_are_refused_by_name(tmp_path, damage):
    path = tmp_path / "some.json"
    write_measurements(path, {"values": [1.5]})
    text = path.read_text()
    broken = {
        "changed": text.replace("1.5", "1.6"),
        "cut": text[:-20],
        "no JSON": "nothing",
        "a list": json.dumps([1]),
    }[damage]
    path.write_text(broken)
    with pytest.raises(ValueError, match=r"some\.json is damaged"):
        read_measurements(path)


def test_missing_measurements_are_missed_by_name(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no measurements at .*none\.json"):
        read_measurements(tmp_path / "none.json")
