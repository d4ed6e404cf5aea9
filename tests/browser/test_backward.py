"""BackwardExplorer: the reader goes back, and sees at which tolerance the path returns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurode_lib.explorers import BackwardExplorer

READY = (
    "() => document.querySelector('[data-name=backward]').explorer.series().ladder.digits.length "
    "=== 11"
)


@pytest.fixture(scope="module")
def address(site: Any) -> str:
    return site.write("backward.html", BackwardExplorer().to_html())


@pytest.mark.parametrize(("t_end", "digits"), [(5.0, 7), (20.0, 12)])
def test_both_ways_take_the_steps_of_scipy(
    t_end: float, digits: int, address: str, new_page: Any, figure: Any
) -> None:
    fig = figure(new_page(address), "backward")
    fig.set(t_end=t_end, digits=digits)
    series = fig.series()
    expected = BackwardExplorer(t_end=t_end).there_and_back(digits)
    path = np.array([series["forward"]["v"], series["forward"]["w"]])
    np.testing.assert_allclose(path, expected.forward, atol=1e-9)
    # The way back magnifies the rounding of its first steps.
    assert len(series["back"]["v"]) == pytest.approx(expected.back.shape[1], abs=2)
    end = [series["back"]["v"][-1], series["back"]["w"][-1]]
    np.testing.assert_allclose(end, expected.back[:, -1], atol=1e-3)


def test_the_ladder_tells_the_tolerance_that_returns(
    address: str, new_page: Any, figure: Any
) -> None:
    page = new_page(address)
    fig = figure(page, "backward")
    page.wait_for_function(READY)
    ladder = fig.series()["ladder"]
    distances = [np.inf if d is None else d for d in ladder["distance"]]
    home = [d for d, distance in zip(ladder["digits"], distances, strict=True) if distance < 0.01]
    assert 7 not in home
    first = next(d for d in ladder["digits"] if all(e in home for e in range(d, 14)))
    superscript = str(first).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
    summary = fig.root.locator(".nx-summary", has_text=f"from 10⁻{superscript} on")
    summary.wait_for()
    assert "decimal digits; float64 has about 16" in summary.text_content()


def test_a_stricter_tolerance_by_keyboard_brings_it_home(
    address: str, new_page: Any, figure: Any
) -> None:
    fig = figure(new_page(address), "backward")
    before = fig.picture()
    for _ in range(5):
        fig.slider("digits").press("ArrowRight")
    assert fig.state()["digits"] == 12
    fig.root.locator(".nx-summary", has_text="Tolerance 10⁻¹²").wait_for()
    back = fig.series()["back"]
    assert np.hypot(back["v"][-1] + 1.0, back["w"][-1] - 1.0) < 0.01
    assert all(new != old for new, old in zip(fig.picture(), before, strict=True))
