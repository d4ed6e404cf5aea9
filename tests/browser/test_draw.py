"""DrawCurrentExplorer: readers draw a current with mouse, finger and keyboard."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurode_lib.explorers import DrawCurrentExplorer
from neurode_lib.explorers._spec import SPEC
from neurode_lib.fitzhugh_nagumo import DT, simulate
from neurode_lib.metrics import predict
from neurode_lib.phase_plane import equilibria
from neurode_lib.study.driven import load_driven_model

MODELS = ("best_recipe", "noise_currents")
READY = (
    "() => Object.keys(document.querySelector('[data-name=draw]').explorer.series()).length === 3"
)


@pytest.fixture(scope="module")
def address(site: Any) -> str:
    return site.write("draw.html", DrawCurrentExplorer().to_html())


@pytest.mark.filterwarnings("ignore::neurode_lib.metrics.UntrainedCurrentWarning")
def test_neuron_and_networks_agree_with_python(address: str, new_page: Any, figure: Any) -> None:
    page = new_page(address)
    fig = figure(page, "draw")
    rest = equilibria(0.2)[0]
    start, t = [[rest.v, rest.w]], DT * np.arange(401)
    for seed, preset in [(0, "noise"), (4, "pulses"), (1, "ramp")]:
        drawn = SPEC["draw"]["presets"][preset]["state"]["drawn"]
        fig.set(seed=seed, drawn=drawn)
        page.wait_for_function(READY)
        paths, current = fig.paths(), DrawCurrentExplorer(drawn=drawn).current()
        truth = simulate(start, current, 400)[0]
        # Along a slow ramp neighbours fly apart: there, until the first spike.
        until = 401 if preset != "ramp" else int(np.argmax(truth[:, 0] > 0))
        np.testing.assert_allclose(paths["truth"][:until], truth[:until], atol=1e-9)
        for name in MODELS:
            expected = predict(load_driven_model(name, seed), start, current, t)[0]
            np.testing.assert_allclose(
                paths[name][:160], expected[:160], atol=1e-5, err_msg=f"{name} {preset}"
            )


def test_a_mouse_draws_and_both_traces_follow(address: str, new_page: Any, figure: Any) -> None:
    page = new_page(address)
    fig = figure(page, "draw")
    before, picture = fig.state()["drawn"], fig.picture()
    box = fig.root.locator(".nx-paper").bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + box["height"] - 20, steps=5)
    page.mouse.up()
    after = fig.state()["drawn"]
    changed = [k for k, pair in enumerate(zip(before, after, strict=True)) if len(set(pair)) > 1]
    assert 15 <= len(changed) <= 22
    middle = after[changed[0] : changed[-1] + 1]
    assert list(middle) == sorted(middle, reverse=True)
    assert all(new != old for new, old in zip(fig.picture(), picture, strict=True))


def test_arrow_keys_move_a_knot(address: str, new_page: Any, figure: Any) -> None:
    fig = figure(new_page(address), "draw")
    before = DrawCurrentExplorer(drawn=fig.state()["drawn"]).current()
    handle = fig.root.locator(".nx-handle")
    handle.focus()
    handle.press("ArrowRight")
    handle.press("Shift+ArrowUp")
    after = DrawCurrentExplorer(drawn=fig.state()["drawn"]).current()
    assert after(104.0) - before(104.0) == pytest.approx(0.05)
    assert after(100.0) == before(100.0)
    assert "t = 104" in handle.get_attribute("aria-label")


def test_a_cancelled_touch_leaves_no_trace(address: str, new_page: Any, figure: Any) -> None:
    """The browser cancels a touch when it scrolls the page instead."""
    fig = figure(new_page(address), "draw")
    before = fig.state()["drawn"]
    fig.root.locator(".nx-paper").evaluate(
        """paper => {
          const box = paper.getBoundingClientRect();
          const send = (type, dx, dy) => paper.dispatchEvent(new PointerEvent(type, {
            pointerId: 1, button: 0, clientX: box.left + 150 + dx, clientY: box.top + 30 + dy }));
          paper.setPointerCapture = () => {};
          send("pointerdown", 0, 0);
          send("pointermove", 3, 30);
          send("pointercancel", 3, 60);
        }"""
    )
    assert fig.state()["drawn"] == before
    assert fig.root.locator(".nx-paper").evaluate("p => getComputedStyle(p).touchAction") == "pan-y"
