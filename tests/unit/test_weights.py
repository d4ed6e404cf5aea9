"""Weights on disk: the identity when all is well, an error that names the file when it is not."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from neurode_lib.weights import load_weights, save_weights, write_atomically


@pytest.fixture
def saved(tmp_path):
    path = tmp_path / "folder" / "w.safetensors"
    tensors = {
        "a": torch.arange(6.0).reshape(2, 3),
        "b": torch.tensor([1.5], dtype=torch.float64),
        "half": torch.ones(3, dtype=torch.float16),
        "step": torch.tensor(3.0),
    }
    save_weights(path, tensors, {"seeds": [0, 1], "name": "ü"})
    return path, tensors


def test_save_then_load_is_the_identity(saved):
    path, tensors = saved
    loaded, metadata = load_weights(path)
    assert metadata == {"seeds": [0, 1], "name": "ü"}
    assert loaded.keys() == tensors.keys()
    for name, value in tensors.items():
        assert loaded[name].dtype == value.dtype
        assert torch.equal(loaded[name], value)


def test_the_file_is_plain_safetensors(saved):
    path, tensors = saved
    assert torch.equal(load_file(path)["a"], tensors["a"])


def test_the_same_tensors_make_the_same_bytes(saved, tmp_path):
    path, tensors = saved
    again = tmp_path / "again.safetensors"
    # The format's own library draws the order of the metadata anew for each file.
    for _ in range(10):
        tensors = dict(reversed(tensors.items()))
        save_weights(again, tensors, {"seeds": [0, 1], "name": "ü"})
        assert again.read_bytes() == path.read_bytes()


def test_every_truncation_is_refused_by_name(saved):
    path, _ = saved
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        with pytest.raises(ValueError, match=r"w\.safetensors"):
            load_weights(path)


def test_every_flipped_byte_is_refused(saved):
    path, _ = saved
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for position in range(len(whole)):
        damaged = bytearray(whole)
        damaged[position] ^= int(rng.integers(1, 256))
        if bytes(damaged) == whole:
            continue
        path.write_bytes(damaged)
        with pytest.raises(ValueError, match=r"w\.safetensors"):
            load_weights(path)


def test_a_header_that_promises_a_huge_file_is_refused(saved):
    path, _ = saved
    path.write_bytes((2**62).to_bytes(8, "little") + b"{}")
    with pytest.raises(ValueError, match="not a whole safetensors file"):
        load_weights(path)


def test_a_file_without_checksum_is_refused(tmp_path):
    path = tmp_path / "w.safetensors"
    save_file({"a": torch.zeros(2)}, path)
    with pytest.raises(ValueError, match="does not match its checksum"):
        load_weights(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nowhere\.safetensors"):
        load_weights(tmp_path / "nowhere.safetensors")


def test_a_write_that_fails_leaves_the_old_content_and_no_litter(saved, monkeypatch):
    path, _ = saved
    before = path.read_bytes()

    def full_disk(_handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(path, b"new")
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize(
    ("tensors", "metadata", "message"),
    [
        ({"__metadata__": torch.ones(1)}, None, "tensors must not be named '__metadata__'"),
        ({1: torch.ones(1)}, None, "tensors must have text for names, got 1"),
        ({}, {1: 2}, "metadata must have text for names, got 1"),
        ({}, {"a": object()}, "metadata must be values that JSON can carry"),
    ],
)
def test_what_the_format_cannot_carry_is_refused_and_nothing_written(
    tmp_path, tensors, metadata, message
):
    with pytest.raises(ValueError, match=message):
        save_weights(tmp_path / "w.safetensors", tensors, metadata)
    assert list(tmp_path.iterdir()) == []
