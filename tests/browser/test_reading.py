"""What makes reading comfortable: listings that unfold, the keyboard, paper."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tools.browser import serving
from tools.drawn import wait_until_drawn

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
CHAPTER = "notebooks/08_phase_portraits.html"
# With a long listing that is not folded away as a whole.
LISTING = "notebooks/15_train_it_here.html"

pytestmark = pytest.mark.site


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(SITE, "/a/path/") as served:
        yield served


def until(page: Page, condition: str) -> None:
    """Wait. (Playwright's wait_for_function evaluates a string, which the policy forbids.)"""
    page.evaluate(
        f"""async () => {{
            const end = performance.now() + 20_000;
            while (!({condition})) {{
                if (performance.now() > end) throw new Error("it never came true");
                await new Promise(requestAnimationFrame);
            }}
        }}"""
    )


def open_dark(page: Page, url: str) -> None:
    page.add_init_script("localStorage.setItem('mode', 'dark'); localStorage.theme = 'dark'")
    page.goto(url)
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_every_chapters_first_picture_is_whole_on_the_first_screen(
    address: str, new_page: Any, width: int, height: int
) -> None:
    cut = {}
    page = new_page(f"{address}/index.html")
    page.set_viewport_size({"width": width, "height": height})
    for chapter in sorted((SITE / "notebooks").glob("*.html")):
        page.goto(f"{address}/notebooks/{chapter.name}")
        picture = page.locator(".tag_first-figure").locator("canvas, img:visible").first
        box = picture.bounding_box()
        if box["y"] + box["height"] > height:
            cut[chapter.name] = box
    assert cut == {}


# What reaches into the right margin, where the list of the page's sections stands.
WIDE = ".full-width, .tag_full-width, aside.margin"
CROSSING = f"""() => {{
    const box = el => el.getBoundingClientRect();
    const list = box(document.querySelector(".bd-sidebar-secondary"));
    const wide = [...document.querySelectorAll("article :is({WIDE})")].map(box);
    return {{
        height: list.height,
        over: wide.filter(({{left, right, top, bottom}}) => left < list.right && right > list.left
            && top < list.bottom && bottom > list.top).length,
        beside: wide.filter(({{right}}) => right > list.left).length,
        wide: wide.length,
    }};
}}"""


# One for each kind of what is wide.
WIDE_PAGES = (
    "notebooks/01_fitzhugh_nagumo.html",
    CHAPTER,
    "notebooks/12_claims_measured.html",
    "notebooks/18_which_method_when.html",
    "book/how_to_read.html",
)


def test_no_list_of_contents_lies_over_a_figure_before_the_scripts_have_run(
    address: str, new_page: Any
) -> None:
    page = new_page("about:blank")
    empty = {"body": "", "content_type": "text/javascript"}
    page.route("**/*.js*", lambda route: route.fulfill(**empty))
    for name in WIDE_PAGES:
        page.goto(f"{address}/{name}")
        for width in (1280, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            found = page.evaluate(CROSSING)
            assert found["beside"], name
            assert not found["over"], name
            # Only the title: a link may lead to what is wide further down, too.
            assert found["height"] < 60, name


def test_without_javascript_the_list_of_contents_is_open_and_nothing_reaches_under_it(
    address: str, new_page: Any
) -> None:
    page = new_page("about:blank", java_script_enabled=False)
    for name in WIDE_PAGES:
        page.goto(f"{address}/{name}")
        for width in (1280, 1440):
            page.set_viewport_size({"width": width, "height": 900})
            found = page.evaluate(CROSSING)
            assert found["wide"], name
            assert not found["beside"], name
            assert found["height"] > 150, name
            opacity = page.locator("nav.page-toc").evaluate("el => getComputedStyle(el).opacity")
            assert opacity == "1"


def test_the_list_of_contents_opens_where_nothing_wide_is_near_and_for_the_keyboard(
    address: str, new_page: Any
) -> None:
    height = "document.querySelector('.bd-sidebar-secondary').offsetHeight"
    page = new_page(f"{address}/notebooks/12_claims_measured.html")
    until(page, f"{height} > 150")
    page.goto(f"{address}/{CHAPTER}")
    until(page, f"{height} < 60")
    section = page.locator("nav.page-toc a").first
    section.focus()
    page.keyboard.press("Tab")
    until(page, f"{height} > 150")
    until(page, "getComputedStyle(document.querySelector('nav.page-toc')).opacity === '1'")
    # Focus that a click leaves there does not keep them open.
    section.evaluate("el => el.addEventListener('click', event => event.preventDefault())")
    section.click()
    page.mouse.move(400, 500)
    until(page, f"{height} < 60")


def test_a_long_listing_unfolds(address: str, new_page: Any) -> None:
    page = new_page(f"{address}/{LISTING}")
    listing = page.locator(".long-code:not(details *)").first
    listing.scroll_into_view_if_needed()
    # Laid out in the frame after one has come near.
    until(
        page,
        "document.querySelector('.long-code:not(details *)')"
        ".checkVisibility({contentVisibilityAuto: true})",
    )
    code, button = listing.locator("pre"), listing.get_by_role("button", name="Show all")
    lines = int(listing.get_attribute("data-lines"))
    assert len(code.text_content().rstrip("\n").split("\n")) == lines
    folded = code.bounding_box()["height"]
    assert button.get_attribute("aria-expanded") == "false"
    button.press("Enter")
    assert code.bounding_box()["height"] > folded
    assert code.evaluate("el => el.scrollHeight <= el.clientHeight + 1")
    listing.get_by_role("button", name="Show less").click()
    assert code.bounding_box()["height"] == folded


def test_a_long_listing_is_whole_without_javascript(address: str, new_page: Any) -> None:
    page = new_page(f"{address}/{LISTING}", java_script_enabled=False)
    code = page.locator(".long-code:not(details *) pre").first
    assert code.evaluate("el => el.scrollHeight <= el.clientHeight + 1")


def test_the_keyboard_reaches_everything(address: str, new_page: Any) -> None:
    page = new_page(f"{address}/{CHAPTER}", viewport={"width": 390, "height": 844})
    # What can be used, less what is put away: closed folds, dialogs and menus.
    wanted = page.evaluate(
        """() => {
            const usable = [...document.querySelectorAll(
                "a[href], button, input, select, summary, [tabindex='0']")]
                .filter(el => el.checkVisibility({visibilityProperty: true}) && !el.disabled);
            usable.forEach((el, i) => { el.dataset.wanted = i; });
            return usable.length;
        }"""
    )
    assert wanted > 40
    seen: set[str] = set()
    for _ in range(wanted + 20):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.dataset.wanted ?? ''"))
    missed = page.evaluate(
        # A box that is far away is taken to scroll, until it comes near and turns out not to.
        "seen => [...document.querySelectorAll('[data-wanted]')]"
        ".filter(el => !el.matches('pre, .output, mjx-container, .pst-scrollable-table-container')"
        " || el.tabIndex === 0)"
        ".filter(el => !seen.includes(el.dataset.wanted)).map(el => el.outerHTML.slice(0, 200))",
        list(seen),
    )
    assert not missed


@pytest.mark.parametrize("width", [390, 1280])
def test_the_keyboard_stops_at_what_scrolls_and_at_no_other_box(
    width: int, address: str, new_page: Any
) -> None:
    page = new_page(f"{address}/{LISTING}", viewport={"width": width, "height": 844})
    page.locator("article details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    boxes = page.locator("article pre, article .cell_output > .output, div.math > mjx-container")
    kinds = set()
    for box in boxes.all():
        box.scroll_into_view_if_needed()
        scrolls = box.evaluate(
            """async el => {
                const scrolls =
                    el.scrollWidth > el.clientWidth || el.scrollHeight > el.clientHeight;
                const end = performance.now() + 20_000;
                while (scrolls !== (el.tabIndex === 0) && performance.now() < end)
                    await new Promise(requestAnimationFrame);
                return scrolls === (el.tabIndex === 0) ? scrolls : el.outerHTML.slice(0, 200);
            }"""
        )
        kinds.add(scrolls)
    assert kinds == {True, False}


def test_no_script_asks_for_the_size_of_what_is_far_below(address: str, new_page: Any) -> None:
    """To ask has the browser lay it out, all at once and before the reader can do anything."""
    page = new_page("about:blank")  # before the scripts of the chapter
    page.add_init_script(
        """
        window.asked = new Set();
        const watch = (kind, name, how) => {
            const original = Object.getOwnPropertyDescriptor(kind, name);
            const ask = original[how];
            Object.defineProperty(kind, name, {...original, [how](...rest) {
                window.asked.add(this);
                return ask.apply(this, rest);
            }});
        };
        for (const side of ["Width", "Height"])
            for (const box of ["scroll", "client"]) watch(Element.prototype, box + side, "get");
        for (const of of ["getBoundingClientRect", "getClientRects"])
            watch(Element.prototype, of, "value");
        for (const part of ["Width", "Height", "Top", "Left", "Parent"])
            watch(HTMLElement.prototype, "offset" + part, "get");
        """
    )
    page.goto(f"{address}/{CHAPTER}", wait_until="load")
    wait_until_drawn(page.locator(".neurode-explorer").first)
    skipped = "el.closest('section') && !el.checkVisibility({contentVisibilityAuto: true})"
    assert page.evaluate(
        f"[...document.querySelectorAll('article pre')].filter(el => {skipped}).length"
    )
    folded = "el.closest('details:not([open])')"
    assert not page.evaluate(
        f"[...asked].filter(el => {skipped} && !{folded}).map(el => el.outerHTML.slice(0, 200))"
    )


def test_the_menu_of_downloads_opens_without_javascript(address: str, new_page: Any) -> None:
    page = new_page(f"{address}/{CHAPTER}", java_script_enabled=False)
    notebook = page.get_by_role("link", name=".ipynb")
    assert not notebook.is_visible()
    page.get_by_label("Download this page").click()
    notebook.click(trial=True)
    box = notebook.bounding_box()
    assert 0 <= box["x"] < box["x"] + box["width"] <= 1280


@pytest.mark.parametrize("width", [390, 1280])
def test_the_menu_of_downloads_closes_when_the_reader_goes_elsewhere(
    width: int, address: str, new_page: Any
) -> None:
    page = new_page(f"{address}/{CHAPTER}", viewport={"width": width, "height": 844})
    opens = page.get_by_label("Download this page")
    menu = page.locator(".dropdown-menu")
    for leave in ("Escape", "Tab", "click"):
        opens.click()
        menu.wait_for()
        box = menu.bounding_box()
        assert 0 <= box["x"] < box["x"] + box["width"] <= width
        if leave == "click":
            page.mouse.click(width / 2, 700)
        else:
            for _ in range(1 if leave == "Escape" else 3):
                page.keyboard.press(leave)
        menu.wait_for(state="hidden")
        assert opens.evaluate("el => el === document.activeElement") == (leave == "Escape")


def test_whoever_scrolls_up_far_below_is_offered_the_way_to_the_top(
    address: str, new_page: Any
) -> None:
    page = new_page(f"{address}/{CHAPTER}", viewport={"width": 390, "height": 844})
    top = page.get_by_role("button", name="Back to top")
    page.mouse.wheel(0, 3000)
    page.wait_for_function("scrollY > 2000")
    assert not top.is_visible()
    page.mouse.wheel(0, -300)
    top.click()
    page.wait_for_function("scrollY === 0")
    assert not top.is_visible()


def test_letters_that_cannot_be_had_break_nothing(address: str, browser: Browser) -> None:
    page = browser.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.route("**/*.woff2", lambda route: route.abort())
    page.goto(f"{address}/{CHAPTER}")
    wait_until_drawn(page.locator(".neurode-explorer").first)
    page.close()
    assert not errors


def test_the_skip_link_leads_past_the_navigation(address: str, new_page: Any) -> None:
    page = new_page(f"{address}/{CHAPTER}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main-content"


def test_a_link_into_a_chapter_arrives(address: str, new_page: Any) -> None:
    """Sections further down have no height of their own until one comes near."""
    page = new_page(f"{address}/{CHAPTER}#what-we-found")
    top = "document.querySelector('#what-we-found h2').getBoundingClientRect().top"
    until(page, f"{top} >= 0 && {top} < innerHeight / 3")
    page.locator(".bd-toc-nav, .page-toc").get_by_role("link", name="Ten seeds").click()
    top = top.replace("what-we-found", "ten-seeds-two-currents")
    until(page, f"{top} >= 0 && {top} < innerHeight / 3")


def test_whoever_types_a_sections_name_into_the_address_gets_there(
    address: str, new_page: Any
) -> None:
    page = new_page(f"{address}/{CHAPTER}")
    page.evaluate("location.hash = 'what-we-found'")
    top = "document.querySelector('#what-we-found h2').getBoundingClientRect().top"
    until(page, f"{top} >= 0 && {top} < innerHeight / 3")


@pytest.mark.parametrize("width", [1280, 390])
def test_sections_that_may_wait_hold_nothing_wide_and_wait(
    width: int, address: str, new_page: Any
) -> None:
    waiting = 0
    for name in (CHAPTER, LISTING, "notebooks/12_claims_measured.html"):
        page = new_page(f"{address}/{name}", viewport={"width": width, "height": 844})
        waiting += page.evaluate(
            """[...document.querySelectorAll("section")]
                .filter(el => getComputedStyle(el).contentVisibility === "auto").length"""
        )
        assert not page.locator(".may-wait .full-width, .may-wait .tag_full-width").count()
    assert waiting > 15


def test_paper_is_white_and_wide_enough(address: str, new_page: Any) -> None:
    page = new_page("about:blank", viewport={"width": 690, "height": 1000})
    open_dark(page, f"{address}/{CHAPTER}")
    page.evaluate(
        "addEventListener('beforeprint', () => { window.onPaper = {"
        "...document.documentElement.dataset}; })"
    )
    assert page.pdf(format="A4").startswith(b"%PDF")
    assert page.evaluate("window.onPaper.theme") == "light"
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.emulate_media(media="print")
    cut_off = page.evaluate(
        """() => [...document.querySelectorAll("article :is(pre, img, table, mjx-container)")]
            .filter(el => el.checkVisibility())
            .filter(el => el.getBoundingClientRect().right > innerWidth + 1
                || (el.tagName === "PRE" && el.scrollWidth > el.clientWidth + 1))
            .map(el => el.outerHTML.slice(0, 200))"""
    )
    assert not cut_off
    for unwanted in (".bd-sidebar-primary", ".copybtn", ".unfold-code", ".prev-next-area"):
        assert not page.locator(unwanted).first.is_visible()


def test_paper_has_nothing_to_press_and_names_what_is_folded(address: str, new_page: Any) -> None:
    page = new_page(f"{address}/notebooks/01_fitzhugh_nagumo.html")
    page.locator(".neurode-explorer.nx").first.wait_for()
    page.pdf(format="A4")
    page.emulate_media(media="print")
    pressable = page.locator("article").locator("button, input:is([type=radio], [type=file])")
    assert pressable.count() > 0
    assert [one for one in pressable.all() if one.is_visible()] == []
    assert not page.locator("#jb-print-toc").is_visible()
    # The sliders are there, in their colours.
    slider = page.locator(".neurode-explorer input[type=range]").first
    assert slider.is_visible()
    assert slider.evaluate("el => getComputedStyle(el).printColorAdjust") == "exact"
    exercises = "notebooks/01_fitzhugh_nagumo.html#exercises)"
    names = page.locator("#exercises details").evaluate_all(
        "folds => folds.map(fold => fold.checkVisibility()"
        " && getComputedStyle(fold.querySelector('summary'), '::after').content)"
    )
    where = page.locator("#exercises details summary").first.get_attribute("data-where")
    assert where is not None
    assert where.endswith(exercises[:-1])
    assert names
    assert all(name and name.startswith('"Solution (folded: ') for name in names), names


def test_a_note_in_the_margin_does_not_shrink_the_printed_page(address: str, new_page: Any) -> None:
    """A browser prints smaller what is wider than the paper."""
    page = new_page(f"{address}/book/how_to_read.html", viewport={"width": 672, "height": 900})
    page.emulate_media(media="print")
    assert page.locator("aside.margin").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 672


def test_no_code_frame_is_left_empty_at_a_pages_end(address: str, new_page: Any) -> None:
    """Chromium breaks a frame above its code, unless it keeps the frame whole."""
    page = new_page(f"{address}/notebooks/01_fitzhugh_nagumo.html")
    page.emulate_media(media="print")
    breaks = page.evaluate(
        """() => [...document.querySelectorAll("article div.cell_input")]
            .filter(frame => frame.checkVisibility() && !frame.querySelector(".long-code"))
            .map(frame => getComputedStyle(frame).breakInside)"""
    )
    assert breaks
    assert set(breaks) == {"avoid"}


def test_the_scorecard_can_be_narrowed_and_a_link_to_a_row_shows_it(
    address: str, new_page: Any
) -> None:
    page = new_page(f"{address}/notebooks/12_claims_measured.html")
    rows = page.locator("table.claims tbody tr")
    every = rows.count()
    page.locator("select[name=topic]").select_option("training")
    page.locator("select[name=verdict]").select_option("holds in part")
    shown = page.locator("table.claims tbody tr:visible")
    assert 0 < shown.count() < every
    assert {row.get_attribute("data-topic") for row in shown.all()} == {"training"}
    assert page.locator(".claim-filters output").inner_text() == (
        f"{shown.count()} of {every} claims"
    )
    page.evaluate("location.hash = 'claim-step-error'")
    until(page, "document.getElementById('claim-step-error').checkVisibility()")
    assert page.locator("table.claims tbody tr:visible").count() == every
