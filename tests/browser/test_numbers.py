"""Numbers of the text that are a figure's parameter: dragged, moved by the keyboard, or a link."""

from __future__ import annotations

from typing import Any

import pytest

from neurode_lib.explorers import ModelExplorer, PhasePlaneExplorer
from tests.browser.touch import PHONE, finger

TEXT = (
    '<p>Set <a href="#neuron?I=0.5">0.50</a> and see <a href="#neuron?preset=block">far more</a>. '
    '<a href="#neuron?I=0.5&amp;dt=0.1">0.5</a> <a href="#neuron?I=0.5">this</a> '
    '<a href="#neuron?I=0.5">0.6</a> <a href="#neuron?I=9">9</a> <a href="#other?I=0.5">0.5</a> '
    '<a href="#networks?seed=3">3</a> <a href="#neuron?v0=-1">−1</a></p>'
)


@pytest.fixture(scope="module")
def address(site: Any) -> str:
    figures = (
        PhasePlaneExplorer(I=0.5, link_name="neuron"),
        ModelExplorer(link_name="networks"),
    )
    far = '<div style="height: 2000px"></div>'
    return site.write("numbers.html", figures[0].to_html(), TEXT, figures[1].to_html(), far)


def number(page: Any) -> Any:
    return page.get_by_role("slider", name="Current I, in the figure")


def centre(locator: Any) -> tuple[float, float]:
    locator.scroll_into_view_if_needed()
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_only_a_link_of_one_parameter_that_says_its_value_is_a_number(
    address: str, new_page: Any, figure: Any
) -> None:
    page = new_page(address)
    figure(page, "neuron")
    assert page.locator(".nx-in-text").all_text_contents() == ["0.50", "−1.00"]
    assert page.locator("p > a").all_text_contents() == [
        *("far more", "0.5", "this", "0.6", "9", "0.5", "3"),
    ]
    one = number(page)
    assert [one.get_attribute(f"aria-value{end}") for end in ("min", "max", "now")] == [
        *("-0.5", "1.8", "0.5"),
    ]
    assert "oscillating" in one.get_attribute("aria-valuetext")


def test_the_mouse_drags_it_sideways_and_the_figure_follows(
    address: str, new_page: Any, figure: Any
) -> None:
    page = new_page(address)
    fig = figure(page, "neuron")
    before = fig.picture()
    x, y = centre(number(page))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 60, steps=4)
    assert fig.state()["I"] == 0.7
    assert number(page).text_content() == "0.70"
    assert page.evaluate("getSelection().toString()") == ""
    page.mouse.move(x - 3000, y)
    page.mouse.up()
    assert fig.state()["I"] == -0.5
    assert number(page).text_content() == "−0.50"
    page.mouse.move(x, y)
    assert fig.state()["I"] == -0.5
    assert fig.picture() != before
    page.wait_for_function("location.hash === '#neuron?I=-0.5'")


def test_it_moves_by_the_keyboard_and_shows_what_the_figure_shows(
    address: str, new_page: Any, figure: Any
) -> None:
    page = new_page(address)
    fig = figure(page, "neuron")
    keys = {"ArrowRight": 0.51, "ArrowDown": 0.5, "PageUp": 0.6, "End": 1.8, "Home": -0.5}
    for key, value in keys.items():
        number(page).press(key)
        assert fig.state()["I"] == value
        assert number(page).get_attribute("aria-valuenow") == str(value)
    fig.slider("I").press("ArrowRight")
    assert number(page).text_content() == "−0.49"
    page.get_by_text("far more").click()
    page.wait_for_function("document.querySelector('.nx-in-text').textContent === '1.60'")


def test_a_finger_that_scrolls_leaves_it_and_one_that_goes_sideways_moves_it(
    address: str, new_page: Any, figure: Any
) -> None:
    page = new_page(address, **PHONE)
    fig = figure(page, "neuron")
    number(page).evaluate("el => el.scrollIntoView({block: 'center'})")
    x, y = centre(number(page))
    top = page.evaluate("scrollY")
    finger(page, (x, y), (x - 5, y - 220))
    page.wait_for_function(f"scrollY > {top + 100}")
    assert fig.state()["I"] == 0.5
    number(page).evaluate("el => el.scrollIntoView({block: 'center'})")
    x, y = centre(number(page))
    finger(page, (x, y), (x + 60, y + 6))
    assert 0.6 < fig.state()["I"] < 0.9
    # Where a finger may miss the letters by half a line, and a link beside them.
    hit = "([x, y]) => document.elementFromPoint(x, y).closest('.nx-in-text, a')?.tagName"
    number(page).evaluate("el => el.scrollIntoView({block: 'center'})")
    x, y = centre(number(page))
    assert all(page.evaluate(hit, [x + dx, y - 21]) == "SPAN" for dx in (-21, 0, 21))
    page.locator("p > a").first.evaluate("el => el.scrollIntoView({block: 'center'})")
    assert page.evaluate(hit, list(centre(page.locator("p > a").first))) == "A"


def test_the_right_button_leaves_it(address: str, new_page: Any, figure: Any) -> None:
    page = new_page(address)
    fig = figure(page, "neuron")
    x, y = centre(number(page))
    page.mouse.move(x, y)
    page.mouse.down(button="right")
    page.mouse.move(x + 100, y)
    page.mouse.up(button="right")
    assert fig.state()["I"] == 0.5


def test_without_javascript_it_is_a_link(address: str, new_page: Any) -> None:
    page = new_page(address, java_script_enabled=False)
    assert page.get_by_role("link", name="0.50").get_attribute("href") == "#neuron?I=0.5"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing(theme: str, address: str, new_page: Any, figure: Any) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = new_page(address)
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    figure(page, "neuron")
    rules = {"rules": {"color-contrast": {"enabled": False}}}  # this page has no colours of its own
    found = Axe().run(page, context="p", options=rules)
    assert found.violations_count == 0, found.generate_report()
