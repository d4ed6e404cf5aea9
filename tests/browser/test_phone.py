"""On a phone: a finger that scrolls changes nothing, and what a control changes stays in sight."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.touch import PHONE, finger
from tools.browser import serving
from tools.drawn import wait_until_drawn

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
CHAPTERS = {
    "phase-plane": "notebooks/01_fitzhugh_nagumo.html",
    "model": "notebooks/08_phase_portraits.html",
    "live": "notebooks/15_train_it_here.html",
}

pytestmark = pytest.mark.site


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(SITE, "/a/path/") as served:
        yield served


def middle_of(page: Page, selector: str) -> tuple[float, float]:
    element = page.locator(selector).first
    element.evaluate("el => el.scrollIntoView({block: 'center', behavior: 'instant'})")
    box = element.bounding_box()
    return box["x"] + 0.7 * box["width"], box["y"] + box["height"] / 2


def state(page: Page) -> dict[str, Any]:
    return page.locator(".neurode-explorer").first.evaluate("el => el.explorer.state")


@pytest.mark.parametrize("kind", CHAPTERS)
def test_a_swipe_over_sliders_scrolls_and_changes_nothing(
    kind: str, address: str, new_page: Any
) -> None:
    page = new_page(f"{address}/{CHAPTERS[kind]}", **PHONE)
    names = page.locator(".neurode-explorer input[type=range]").evaluate_all(
        "all => all.map(el => el.name)"
    )
    assert names
    before = state(page)
    for name in names:
        x, y = middle_of(page, f'.neurode-explorer input[name="{name}"]')
        top = page.evaluate("scrollY")
        finger(page, (x, y), (x - 5, y - 220))
        page.evaluate("new Promise(done => setTimeout(done, 60)).then(() => true)")
        assert page.evaluate("scrollY") > top + 100, name
    assert state(page) == before


def test_a_finger_that_goes_sideways_moves_the_slider(address: str, new_page: Any) -> None:
    page = new_page(f"{address}/{CHAPTERS['phase-plane']}", **PHONE)
    x, y = middle_of(page, 'input[name="I"]')
    finger(page, (x, y), (x - 120, y + 4))
    moved = state(page)["I"]
    assert moved < 0.5
    # And one that is lifted where it was put down.
    finger(page, (x, y), (x, y), steps=1)
    assert state(page)["I"] > moved + 0.3


@pytest.mark.parametrize("kind", ["phase-plane", "model", "live"])
def test_the_picture_stays_while_its_controls_are_used(
    kind: str, address: str, new_page: Any
) -> None:
    page = new_page(f"{address}/{CHAPTERS[kind]}", **PHONE)
    # Of the page's first figure, and what is not folded away in it.
    names = (
        page.locator(".neurode-explorer")
        .first.locator("input[type=range]")
        .evaluate_all("all => all.filter(el => el.offsetParent).map(el => el.name)")
    )
    assert names
    for name in names:
        # At one go: between two questions the summary may be written, and the page move with it.
        top, bottom, reached = page.evaluate(
            """name => {
                const figure = document.querySelector(".neurode-explorer");
                const slider = figure.querySelector(`input[name="${name}"]`);
                slider.scrollIntoView({block: "center", behavior: "instant"});
                const plane = figure.querySelector(".nx-plane canvas").getBoundingClientRect();
                const box = slider.getBoundingClientRect();
                const [x, y] = [box.x + 0.7 * box.width, box.y + box.height / 2];
                const there = document.elementFromPoint(x, y).closest(".nx-control");
                return [plane.top, plane.bottom, there?.querySelector("input").name];
            }""",
            name,
        )
        assert 40 <= top < bottom <= 844, name
        # Not under the picture either: a finger there reaches the control.
        assert reached == name


@pytest.mark.parametrize("width", [390, 320])
def test_a_longer_summary_does_not_move_the_slider_in_use(
    width: int, address: str, new_page: Any
) -> None:
    viewport = {"width": width, "height": 844}
    page = new_page(f"{address}/{CHAPTERS['model']}", **{**PHONE, "viewport": viewport})
    explorer = page.locator(".neurode-explorer").first
    say = """(el, words) => {
        const said = el.querySelector(".nx-summary");
        el.explorer.summary = () => [words];
        el.explorer.invalidate();
        return new Promise((done) => {
            const after = (frames) =>
                frames ? requestAnimationFrame(() => after(frames - 1)) : done(said.offsetHeight);
            const look = () =>
                said.textContent === words ? after(3) : requestAnimationFrame(look);
            look();
        });
    }"""
    wait_until_drawn(explorer)
    short = explorer.evaluate(say, "word")
    # The last slider: the text below the figure is on the screen, too.
    slider = '.neurode-explorer input[name="n_steps"]'
    x, y = middle_of(page, slider)
    finger(page, (x, y), (x - 60, y))
    assert explorer.evaluate(say, "word " * 120) > short + 40
    assert page.locator(slider).bounding_box()["y"] == pytest.approx(y - 22, abs=1)


def test_no_page_scrolls_sideways(address: str, new_page: Any) -> None:
    page = new_page(f"{address}/index.html", **PHONE)
    names = sorted(
        path.relative_to(SITE).as_posix()
        for path in SITE.rglob("*.html")
        if "_static" not in path.parts
    )
    wide = {}
    for name in names:
        page.goto(f"{address}/{name}")
        for width in (390, 320):
            page.set_viewport_size({"width": width, "height": 844})
            excess = page.evaluate("document.documentElement.scrollWidth") - width
            if excess > 0:
                wide[name, width] = excess
    assert not wide


@pytest.mark.parametrize("kind", CHAPTERS)
def test_what_unfolds_shows_its_arrow(kind: str, address: str, new_page: Any) -> None:
    page = new_page(f"{address}/{CHAPTERS[kind]}", **PHONE)
    folds = page.locator("article details > summary")
    assert folds.count() > 3
    bare = folds.evaluate_all(
        """all => all.filter(el => getComputedStyle(el).display !== "list-item"
            && ["none", '""'].includes(getComputedStyle(el, "::before").content)
            && ["none", '""'].includes(getComputedStyle(el, "::after").content)
        ).map(el => el.outerHTML)"""
    )
    assert not bare


@pytest.mark.parametrize("kind", CHAPTERS)
def test_a_finger_can_hit_what_it_aims_at(kind: str, address: str, new_page: Any) -> None:
    page = new_page(f"{address}/{CHAPTERS[kind]}", **PHONE)
    small = page.evaluate(
        """() => [...document.querySelectorAll(
            ".neurode-explorer :is(button, input, select, summary), .bd-header-article .btn, " +
            ".unfold-code")]
            .filter(el => el.checkVisibility({visibilityProperty: true}))
            .map(el => [el.getBoundingClientRect(), el])
            .filter(([box]) => box.height > 0 && (box.height < 43.5 || box.width < 40))
            .map(([box, el]) => `${box.width} x ${box.height}: ${el.outerHTML.slice(0, 80)}`)"""
    )
    assert not small
