"""The explorers of the built site, on every page that has one, on a server and from disk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.browser import serving

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
MARK = 'class="neurode-explorer"'

pytestmark = pytest.mark.site


def pages() -> list[str]:
    return sorted(
        str(path.relative_to(SITE))
        for path in SITE.rglob("*.html")
        # The small pages have tests of their own: test_embed.py.
        if "_embed" not in path.parts and MARK in path.read_text(encoding="utf-8")
    )


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(SITE, "/a/path/") as served:
        yield served


def test_the_site_has_explorers() -> None:
    assert pages(), f"no page of {SITE} has an explorer: run `make book` first"


@pytest.mark.parametrize("name", pages())
@pytest.mark.parametrize("where", ["server", "disk"])
def test_every_explorer_draws_and_its_sliders_answer(
    name: str, where: str, address: str, new_page: Any, figure: Any
) -> None:
    page = new_page(f"{address}/{name}" if where == "server" else (SITE / name).as_uri())
    names = page.locator(".neurode-explorer").evaluate_all("all => all.map(el => el.dataset.name)")
    assert len(set(names)) == len(names), "links could not tell these figures apart"
    for one in names:
        fig = figure(page, one)
        sample = fig.root.locator('[data-action="sample"]')
        if sample.count():
            # There is nothing to draw before there is a recording.
            sample.click()
            page.wait_for_function(
                """name => document.querySelector(`.neurode-explorer[data-name="${name}"]`)
                    .explorer.recording""",
                arg=one,
            )
        for slider in fig.root.locator('input[type="range"]').all():
            key = slider.get_attribute("name")
            before, picture = fig.state()[key], fig.picture()
            slider.press(
                "ArrowLeft" if slider.input_value() == slider.get_attribute("max") else "ArrowRight"
            )
            assert fig.state()[key] != before
            assert fig.picture() != picture
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("touch", [False, True])
def test_a_slider_in_use_does_not_let_what_is_laid_out_above_move_another_figure(
    touch: bool, address: str, new_page: Any, figure: Any
) -> None:
    page = new_page(f"{address}/notebooks/15_train_it_here.html", has_touch=touch)
    figure(page, "live").slider("I").press("ArrowRight")
    other = page.locator('[data-name="yours"]')
    other.scroll_into_view_if_needed()
    page.wait_for_function("el => el.explorer.ready.then(() => true)", arg=other.element_handle())


@pytest.mark.parametrize("name", pages())
def test_links_of_the_text_name_figures_and_presets_that_exist(
    name: str, address: str, new_page: Any
) -> None:
    page = new_page(f"{address}/{name}")
    links = page.locator('main a[href^="#"][href*="?"]').evaluate_all(
        "all => all.map(a => a.getAttribute('href'))"
    )
    for link in links:
        known = page.evaluate(
            """link => {
                const [name, query] = link.slice(1).split("?");
                const el = document.querySelector(`.neurode-explorer[data-name="${name}"]`);
                const wanted = new URLSearchParams(query);
                const preset = wanted.get("preset");
                wanted.delete("preset");
                return !!el && (preset === null || preset in el.explorer.spec.presets)
                    && [...wanted.keys()].every(key => key in el.explorer.spec.fields);
            }""",
            link,
        )
        assert known, link
