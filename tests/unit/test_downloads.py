"""Networks trained in the page, as Python loads them; the page's own files are in tests/browser."""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save

from neurode_lib.explorers import LiveTrainingExplorer
from neurode_lib.explorers.downloads import load_trained, read_trained
from neurode_lib.metrics import UntrainedCurrentWarning, predict
from neurode_lib.models import make_model, network_of


def page_file(tensors: dict[str, torch.Tensor] | None = None, **setup: Any) -> bytes:
    described = {
        "kind": "neural_ode",
        "time_input": False,
        "hidden": 16,
        "currents": [0.2, 0.5],
    } | setup
    if tensors is None:
        model = make_model(described["kind"], seed=1, hidden=16, time_input=described["time_input"])
        tensors = dict(network_of(model).state_dict())
    return sealed(save(tensors, {"metadata": json.dumps(described), "crc32": "0" * 8}))


def sealed(data: bytes) -> bytes:
    """Put the checksum in, as the page does."""
    return data.replace(b'"crc32":"00000000"', f'"crc32":"{zlib.crc32(data):08x}"'.encode())


@pytest.mark.parametrize(
    "setup", [{}, {"time_input": True}, {"kind": "discrete_rnn"}], ids=["plain", "clock", "rnn"]
)
def test_the_model_has_the_kind_and_the_weights_of_the_file(
    setup: dict[str, Any], tmp_path: Path
) -> None:
    (tmp_path / "mine.safetensors").write_bytes(page_file(**setup))
    model = load_trained(tmp_path / "mine.safetensors")
    wanted = make_model(**({"kind": "neural_ode", "seed": 1, "hidden": 16} | setup))
    assert type(model) is type(wanted)
    for name, value in network_of(wanted).state_dict().items():
        assert torch.equal(network_of(model).state_dict()[name], value)


RECORDED = {
    "state_dim": 3,
    "currents": [-20.0, 150.0],
    "scaling": {
        "state_mean": [-60.0],
        "state_scale": [20.0],
        "input_mean": [40.0],
        "input_scale": [55.0],
        "time_scale": 1.25,
    },
}


def test_a_network_that_learned_from_a_recording_is_in_its_units() -> None:
    learned = make_model(seed=4, state_dim=3, hidden=16, zero_init=False)
    model = read_trained(page_file(dict(network_of(learned).state_dict()), **RECORDED))
    assert model.trained_currents == ((-20.0, 150.0),)
    y, I = torch.tensor([[-48.0, 0.3, -0.2]]), torch.tensor([95.0])
    scaled = torch.tensor([[0.6, 0.3, -0.2]])
    rate = learned.func(torch.tensor(0.0), scaled, torch.tensor([1.0]))
    expected = rate * torch.tensor([20.0, 1.0, 1.0]) / 1.25
    assert torch.allclose(model.func(torch.tensor(0.0), y, I), expected, atol=1e-5)


def test_the_model_knows_which_currents_it_learned_from() -> None:
    model = read_trained(page_file(currents=[0.7, 0.3, 0.3]))
    with pytest.warns(UntrainedCurrentWarning, match=r"0\.3 to 0\.7"):
        predict(model, [[0.0, 0.0]], 0.8, [0.0, 0.5])


def test_the_widget_makes_a_model_of_what_the_browser_sends() -> None:
    explorer = LiveTrainingExplorer()
    # As ipywidgets hands it on: a view of the message's buffer.
    explorer.set_state({"trained": memoryview(page_file())})
    assert isinstance(explorer.trained, bytes)
    assert network_of(explorer.model())[0].in_features == 3


def infinite() -> dict[str, torch.Tensor]:
    tensors = dict(network_of(make_model(seed=1, hidden=16)).state_dict())
    return tensors | {"4.bias": torch.tensor([0.0, torch.inf])}


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"not a file of weights at all",
        page_file()[:-4],
        page_file(hidden=32),
        page_file(hidden="many"),
        page_file(hidden=-1),
        page_file(currents=[]),
        page_file(scaling=None),
        page_file(scaling=RECORDED["scaling"] | {"time_scale": 0.0}),
        page_file(scaling=RECORDED["scaling"] | {"state_scale": [float("inf")]}),
        page_file(state_dim=3),
        page_file(currents=["much"]),
        page_file(time_input=True, tensors=dict(network_of(make_model(seed=1)).state_dict())),
        page_file(kind="transformer", tensors={}),
        page_file(tensors={"0.weight": torch.zeros(2, 2)}),
        page_file(tensors=infinite()),
        save({"0.weight": torch.zeros(2, 2)}),
        save({"0.weight": torch.zeros(2, 2)}, {"metadata": "[]"}),
        sealed(save({"0.weight": torch.zeros(2, 2)}, {"metadata": "[]", "crc32": "0" * 8})),
        sealed(save({"0.weight": torch.zeros(2, 2)}, {"metadata": "{", "crc32": "0" * 8})),
    ],
)
def test_what_the_page_did_not_write_is_refused(damaged: bytes, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a network trained in the page"):
        read_trained(damaged)
    path = tmp_path / "damaged.safetensors"
    path.write_bytes(damaged)
    with pytest.raises(ValueError, match=r"damaged\.safetensors"):
        load_trained(path)


def test_a_flipped_bit_is_seen_wherever_it_is() -> None:
    whole = page_file()
    # Every bit of the header, and one in each number after it.
    header = 8 * (8 + int.from_bytes(whole[:8], "little"))
    for place in [*range(header), *range(header, 8 * len(whole), 31)]:
        damaged = bytearray(whole)
        damaged[place // 8] ^= 1 << place % 8
        with pytest.raises(ValueError, match="not a network trained in the page"):
            read_trained(bytes(damaged))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nothing here"):
        load_trained(tmp_path / "nothing here")


def test_a_width_that_the_tensors_do_not_have_takes_no_memory() -> None:
    with pytest.raises(ValueError, match="does not have the 1000000000 hidden units"):
        read_trained(page_file(hidden=10**9))
