"""HiddenExplorer: a network that learned from the voltage alone, beside the neuron."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurode_lib.explorers import HiddenExplorer
from neurode_lib.explorers.hidden import SWITCH
from neurode_lib.fitzhugh_nagumo import DT
from neurode_lib.metrics import predict
from neurode_lib.study.voltage_only import load_voltage_model

READY = (
    "() => document.querySelector('[data-name=hidden]').explorer.series().model?.v.length === 321"
)
# The three kinds of data: firing, resting, and a step of the current. In float32 the times of later
# spikes differ in the last digits, so each is compared until its first spikes.
SHOWN = (
    ({"seed": 0, "I": 0.5, "I_after": 0.5, "data": "hidden", "v0": -1.0, "w0": 0.5}, 81),
    ({"seed": 2, "I": 0.2, "I_after": 0.2, "data": "hidden_noise", "v0": 1.5, "w0": -0.8}, 81),
    ({"seed": 1, "I": 0.2, "I_after": 0.5, "data": "hidden_driven", "v0": -1.0, "w0": 0.0}, 51),
)


@pytest.fixture(scope="module")
def address(site: Any) -> str:
    return site.write("hidden.html", HiddenExplorer().to_html())


@pytest.mark.parametrize("without_webassembly", [False, True])
def test_neuron_and_network_agree_with_python(
    without_webassembly: bool, address: str, new_page: Any, figure: Any
) -> None:
    page = new_page("about:blank")
    if without_webassembly:
        page.add_init_script("delete globalThis.WebAssembly")
    page.goto(address)
    fig = figure(page, "hidden")
    for shown, until in SHOWN:
        fig.set(**shown)
        page.wait_for_function(READY)
        paths = fig.paths()
        truth, model = HiddenExplorer(**shown).paths()
        np.testing.assert_allclose(paths["truth"], truth, rtol=0, atol=1e-9)
        # Each fits the start by itself, through float32 networks: that leaves a few digits open.
        found = paths["model"]
        np.testing.assert_allclose(found[0], model[0], rtol=0, atol=1e-4)
        # In float64: how torch rounds float32 differs between processors.
        network = load_voltage_model(shown["data"], shown["seed"]).double()
        expected = predict(network, found[:1], shown["I"], DT * np.arange(until))[0]
        np.testing.assert_allclose(found[:until], expected, rtol=0, atol=1e-5)


def test_a_reader_sees_both_answer(address: str, new_page: Any, figure: Any) -> None:
    page = new_page(address)
    fig = figure(page, "hidden")
    before = fig.series()
    fig.slider("I_after").press("ArrowRight")
    page.wait_for_function(READY)
    after = fig.series()
    for name in ("truth", "model"):
        assert after[name]["v"][: SWITCH + 1] == before[name]["v"][: SWITCH + 1]
        assert after[name]["v"][-1] != before[name]["v"][-1]
    fig.root.locator('[data-preset="resting"]').click()
    fig.root.locator(".nx-summary", has_text="The neuron: 0 spikes; the network: 0").wait_for()
    assert fig.root.locator(".nx-summary").text_content().endswith("seed 0.")
