"""The small pages: each figure of the built site alone, for the iframes of other pages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from neurode_lib.explorers._spec import SPEC
from neurode_lib.explorers.packages import ASKED_FOR
from tools.browser import serving
from tools.site_weight import weigh

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
NEURON = "_embed/notebooks/01_fitzhugh_nagumo/neuron.html"
NARROWEST = 600  # from here on the height of the code that "Share" offers does

pytestmark = pytest.mark.site


def small_pages() -> list[str]:
    return sorted(path.relative_to(SITE).as_posix() for path in SITE.glob("_embed/**/*.html"))


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(SITE, "/a/path/") as served:
        yield served


def name_of(page: Any) -> str:
    (name,) = page.locator(".neurode-explorer").evaluate_all("all => all.map(e => e.dataset.name)")
    return name


def test_every_figure_has_a_small_page() -> None:
    pages = [path for path in SITE.rglob("*.html") if "_embed" not in path.parts]
    figures = sum(path.read_text(encoding="utf-8").count("data-embed=") for path in pages)
    assert 0 < figures == len(small_pages())


@pytest.mark.parametrize("name", small_pages())
def test_it_draws_and_fits_in_every_width(
    name: str, address: str, new_page: Any, figure: Any
) -> None:
    page = new_page(f"{address}/{name}", viewport={"width": 1200, "height": 600})
    fig = figure(page, name_of(page))
    spec = SPEC[fig.root.get_attribute("data-explorer")]
    for width in (1200, 760, NARROWEST, 320):
        page.set_viewport_size({"width": width, "height": spec["height"]})
        fig.settle()
        wide, high = page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.scrollHeight]"
        )
        assert wide <= width
        assert high <= spec["height"] or width < NARROWEST
    # Without a script there is the still picture. (There is none of a recording that is to come.)
    still = new_page(f"{address}/{name}", java_script_enabled=False)
    if spec is not SPEC["recording"]:
        picture = still.locator("figure :is(svg, img)").locator("visible=true")
        assert picture.bounding_box()["width"] > 300


@pytest.mark.parametrize("name", small_pages())
def test_it_asks_only_for_networks_that_any_book_with_it_gets(
    name: str, address: str, new_page: Any, figure: Any
) -> None:
    page = new_page(f"{address}/{name}")
    fig = figure(page, name_of(page))
    fig.settle()
    scripts = page.evaluate(
        """performance.getEntriesByType("resource").map(entry => entry.name)
            .filter(name => name.includes("/neurode/data/"))"""
    )
    asked = {Path(script).name.split("-")[0] for script in scripts}
    known = ASKED_FOR.get(fig.root.get_attribute("data-explorer"), set())
    assert asked <= known
    # The figure that trains asks only where the browser cannot.
    assert asked or not known or fig.root.get_attribute("data-explorer") == "live"


def test_on_a_page_elsewhere_it_shows_what_was_shared_and_keeps_to_itself(
    tmp_path: Path, address: str, new_page: Any, figure: Any
) -> None:
    page = new_page(f"{address}/notebooks/01_fitzhugh_nagumo.html")
    fig = figure(page, "neuron")
    fig.set(I=1.6)
    fig.root.locator('[data-action="share"]').click()
    code = page.locator("dialog textarea").input_value()
    above = '<p style="height: 300px">Above</p>'
    (tmp_path / "index.html").write_text(
        f"<!doctype html><meta charset=utf-8><title>Elsewhere</title>"
        f"<link rel=icon href=data:,>{above}{code}"
    )
    with serving(tmp_path) as elsewhere:
        page = new_page(f"{elsewhere}/index.html")
        frame = page.frame_locator("iframe")
        frame.locator(".nx-summary", has_text="Depolarisation block").wait_for()
        assert page.evaluate("scrollY") == 0
        entries = page.evaluate("history.length")
        frame.locator('input[name="I"]').press("ArrowLeft")
        page.frames[1].wait_for_function("() => location.hash.includes('I=1.59')")
        assert page.evaluate("history.length") == entries
        with page.context.expect_page() as opened:
            frame.get_by_role("link", name="A neuron in two equations").click()
        chapter = opened.value
        assert chapter.url == f"{address}/notebooks/01_fitzhugh_nagumo.html#neuron?I=1.59"
        assert figure(chapter, "neuron").state()["I"] == 1.59


def test_it_shares_the_chapter_and_itself(address: str, new_page: Any, figure: Any) -> None:
    page = new_page(f"{address}/{NEURON}#neuron?I=0.7")
    figure(page, "neuron").root.locator('[data-action="share"]').click()
    link = page.get_by_label("Link to this view").input_value()
    assert link == f"{address}/notebooks/01_fitzhugh_nagumo.html#neuron?I=0.7"
    assert f'src="{address}/{NEURON}#neuron?I=0.7"' in page.locator("textarea").input_value()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 320])
def test_axe_finds_nothing(
    scheme: str, width: int, address: str, new_page: Any, figure: Any
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = new_page(
        f"{address}/{NEURON}", color_scheme=scheme, viewport={"width": width, "height": 720}
    )
    fig = figure(page, "neuron")
    assert fig.root.get_attribute("data-scheme") == scheme
    found = Axe().run(page, options={"preload": False})
    assert found.violations_count == 0, found.generate_report()


def test_it_weighs_less_than_its_chapter(browser: Browser, address: str) -> None:
    small = weigh(browser, address, NEURON)
    assert small.by_kind["page"] > 0
    assert small.total < 80_000
    assert not small.faults()


def test_chapters_have_a_number_that_moves_their_figure(
    address: str, new_page: Any, figure: Any
) -> None:
    shown = {
        "01_fitzhugh_nagumo": ("neuron", "I"),
        "02_stepping_through_time": ("steps", "dt"),
        "08_phase_portraits": ("arrows", "I"),
    }
    for chapter, (name, field) in shown.items():
        page = new_page(f"{address}/notebooks/{chapter}.html")
        fig = figure(page, name)
        before = fig.state()[field]
        number = page.get_by_role("slider", name="in the figure")
        assert float(number.text_content()) == before
        number.press("ArrowRight")
        assert fig.state()[field] > before
        assert float(number.text_content()) == fig.state()[field]
