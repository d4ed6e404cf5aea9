"""The PhasePlaneExplorer as readers meet it: mouse, touch, keyboard, links, no JavaScript."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurode_lib.explorers import PhasePlaneExplorer
from neurode_lib.fitzhugh_nagumo import fhn_rhs, rk4_step, simulate
from tools.drawn import wait_until_drawn


@pytest.fixture(scope="module")
def pages(site: Any) -> dict[str, str]:
    one = PhasePlaneExplorer(I=0.5).to_html()
    second = PhasePlaneExplorer(I=0.2, dt=0.5, link_name="second").to_html()
    link = '<p><a href="#second?preset=too-large&amp;I=0.4">a step too large</a></p>'
    return {
        "one": site.write("one.html", one),
        "two": site.write("two.html", one, link, second),
        "disk": site.on_disk("one.html"),
    }


def middle(locator: Any) -> tuple[float, float]:
    box = locator.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("where", ["one", "disk"])
def test_draws_itself_on_a_server_below_a_path_and_from_disk(
    where: str, pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    fig = figure(new_page(pages[where]), "phase-plane")
    assert fig.root.locator("figcaption").count() == 0
    inked = fig.root.locator("canvas").evaluate_all(
        """all => all.map(c => c.getContext("2d").getImageData(0, 0, c.width, c.height).data
            .filter((x, i) => i % 4 === 3 && x > 0).length / (c.width * c.height))"""
    )
    assert len(inked) == 2
    assert min(inked) > 0.01


@pytest.mark.parametrize(("name", "step"), [("I", 0.01), ("dt", 0.05)])
def test_arrow_keys_on_a_slider_change_readout_numbers_and_picture(
    name: str, step: float, pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    fig = figure(new_page(pages["one"]), "phase-plane")
    before, series, picture = fig.state()[name], fig.series()["trajectory"], fig.picture()
    fig.slider(name).press("ArrowRight")
    assert fig.state()[name] == pytest.approx(before + step)
    output = fig.root.locator(f"output[for='{fig.slider(name).get_attribute('id')}']")
    assert output.text_content() == f"{before + step:.2f}"
    after = fig.series()["trajectory"]
    assert after["v"][1] != series["v"][1]
    assert all(new != old for new, old in zip(fig.picture(), picture, strict=True))


# The pixels some frames later: a figure in motion never comes to rest.
LATER = """async (el, frames) => {
    for (let i = 0; i < frames; i += 1) await new Promise(requestAnimationFrame);
    return [...el.querySelectorAll("canvas")].map((canvas) => canvas.toDataURL());
}"""


def test_play_sets_the_flow_in_motion_and_pause_stops_it(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    fig = figure(new_page(pages["one"]), "phase-plane")
    state, still = fig.state(), fig.picture()
    fig.root.get_by_role("button", name="Play").click()
    moving, later = fig.root.evaluate(LATER, 5), fig.root.evaluate(LATER, 5)
    assert all(a != b != c for a, b, c in zip(still, moving, later, strict=True))
    fig.root.get_by_role("button", name="Pause").click()
    assert fig.picture() == fig.root.evaluate(LATER, 5)
    assert fig.state() == state


def test_who_wants_less_motion_is_offered_none(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    fig = figure(new_page(pages["one"], reduced_motion="reduce"), "phase-plane")
    assert fig.root.get_by_role("button", name="Play").count() == 0


def test_the_mouse_drags_the_current_and_the_summary_names_the_regime(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    page = new_page(pages["one"])
    fig = figure(page, "phase-plane")
    box = fig.slider("I").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(*middle(fig.slider("I")))
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 12, y, steps=8)
    page.mouse.up()
    assert fig.state()["I"] > 1.7
    summary = fig.root.locator(".nx-summary", has_text="Depolarisation block.")
    summary.wait_for()
    assert "stable" in summary.text_content()
    assert "depolarisation block" in fig.slider("I").get_attribute("aria-valuetext")


def test_a_finger_moves_slider_and_start(pages: dict[str, str], new_page: Any, figure: Any) -> None:
    page = new_page(
        pages["one"], has_touch=True, is_mobile=True, viewport={"width": 390, "height": 800}
    )
    fig = figure(page, "phase-plane")
    fig.slider("I").scroll_into_view_if_needed()
    box = fig.slider("I").bounding_box()
    page.touchscreen.tap(box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2)
    assert fig.state()["I"] > 1.4

    handle = fig.root.locator(".nx-handle")
    handle.scroll_into_view_if_needed()
    x, y = middle(handle)
    before = fig.state()
    touch = page.context.new_cdp_session(page)
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        ("touchMove", [{"x": x + 20, "y": y + 15}]),
        ("touchMove", [{"x": x + 40, "y": y + 30}]),
        ("touchEnd", []),
    ):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    after = fig.state()
    assert after["v0"] > before["v0"] + 0.3
    assert after["w0"] < before["w0"] - 0.2
    assert page.evaluate("scrollX") == 0


def test_the_start_follows_the_pointer_wherever_it_goes(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    page = new_page(pages["one"])
    fig = figure(page, "phase-plane")
    x, y = middle(fig.root.locator(".nx-handle"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y - 40, steps=5)
    fig.settle()
    during = fig.series()["trajectory"]
    assert (during["v"][0], during["w"][0]) == (fig.state()["v0"], fig.state()["w0"])
    assert middle(fig.root.locator(".nx-handle")) == pytest.approx((x + 60, y - 40), abs=1.5)
    page.mouse.move(x + 3000, y - 3000)
    page.mouse.up()
    assert (fig.state()["v0"], fig.state()["w0"]) == (2.5, 2.6)


def test_the_start_moves_by_keyboard_and_by_number(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    fig = figure(new_page(pages["one"]), "phase-plane")
    handle = fig.root.locator(".nx-handle")
    handle.press("ArrowRight")
    handle.press("Shift+ArrowDown")
    assert fig.state()["v0"] == pytest.approx(-0.95)
    assert fig.state()["w0"] == pytest.approx(0.75)
    fig.settle()
    assert "v0 = −0.95, w0 = 0.75" in handle.get_attribute("aria-label")
    fig.slider("v0").fill("1.234")
    fig.slider("v0").press("Enter")
    assert fig.state()["v0"] == 1.234


def test_presets_set_the_whole_view_and_show_which_is_on(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    fig = figure(new_page(pages["one"]), "phase-plane")
    block = fig.root.locator('[data-preset="block"]')
    assert block.get_attribute("aria-pressed") == "false"
    block.click()
    assert fig.state()["I"] == 1.6
    assert block.get_attribute("aria-pressed") == "true"
    fig.slider("I").press("ArrowLeft")
    assert block.get_attribute("aria-pressed") == "false"
    fig.root.locator('[data-action="reset"]').click()
    assert fig.state()["I"] == 0.5


def test_a_view_travels_in_the_address(pages: dict[str, str], new_page: Any, figure: Any) -> None:
    page = new_page(pages["two"], permissions=["clipboard-read", "clipboard-write"])
    fig = figure(page, "second")
    fig.slider("I").press("ArrowRight")
    fig.root.locator(".nx-handle").press("ArrowUp")
    fig.root.locator('select[name="integrator"]').select_option("euler")
    page.wait_for_function("location.hash.includes('euler')")
    fig.root.locator('[data-action="share"]').click()
    fig.root.locator('[data-action="copy-link"]').click()
    fig.root.get_by_text("Copied the link.").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.url

    again = new_page(copied)
    assert figure(again, "second").state() == fig.state()
    assert figure(again, "phase-plane").state()["integrator"] == "rk4"


def test_back_shows_what_was_there(pages: dict[str, str], new_page: Any, figure: Any) -> None:
    page = new_page(pages["two"])
    fig = figure(page, "second")
    at_first = fig.state()
    fig.root.locator('[data-preset="block"]').click()
    page.wait_for_function("location.hash.includes('I=1.6')")
    page.get_by_text("a step too large").click()
    page.wait_for_function("document.querySelector('[data-name=second]').explorer.state.dt === 2")
    page.go_back()
    page.wait_for_function("document.querySelector('[data-name=second]').explorer.state.I === 1.6")
    page.go_back()
    page.wait_for_function("document.querySelector('[data-name=second]').explorer.state.I === 0.2")
    assert fig.state() == at_first
    page.go_forward()
    page.wait_for_function("document.querySelector('[data-name=second]').explorer.state.I === 1.6")


def test_what_a_link_asks_for_and_is_not_there_is_said(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    page = new_page(pages["one"])
    fig = figure(page, "phase-plane")
    fig.set(I=1.2)
    # Not what was shown before, but the figure's own start; and a valid value that is no usual one.
    page.evaluate("location.hash = 'phase-plane?I=much&horizon=73'")
    page.wait_for_function("document.querySelector('.nx-said').textContent.includes('I = 0.5')")
    assert fig.state()["I"] == 0.5
    assert fig.root.locator('select[name="horizon"]').input_value() == "73"


def test_what_was_shown_and_is_gone_after_a_reload_is_said(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    page = new_page(pages["one"])
    state = {**figure(page, "phase-plane").state(), "I": 0.7, "integrator": "mine"}
    page.evaluate("figures => history.replaceState({figures}, '')", {"phase-plane": state})
    page.reload()
    fig = figure(page, "phase-plane")
    assert fig.state() == {**state, "integrator": "rk4"}
    assert "integrator = rk4" in fig.root.locator(".nx-said").text_content()


def test_the_right_button_moves_nothing(pages: dict[str, str], new_page: Any, figure: Any) -> None:
    page = new_page(pages["one"])
    fig = figure(page, "phase-plane")
    before = fig.state()
    page.mouse.move(*middle(fig.root.locator(".nx-handle")))
    page.mouse.down(button="right")
    page.mouse.move(*middle(fig.root.locator(".nx-traces")))
    page.mouse.up(button="right")
    assert fig.state() == before


def test_a_sentence_links_to_a_preset(pages: dict[str, str], new_page: Any, figure: Any) -> None:
    page = new_page(pages["two"])
    page.get_by_text("a step too large").click()
    fig = figure(page, "second")
    page.wait_for_function("document.querySelector('[data-name=second]').explorer.state.dt === 2")
    assert fig.state()["I"] == 0.4


def test_hostile_addresses_change_nothing_but_valid_values(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    hostile = (
        "#phase-plane?I=%22%3E%3Cimg%20src%3Dx%20onerror%3D%22document.title%3D1%22%3E"
        "&dt=1e99&v0=NaN&integrator=constructor&preset=__proto__&__proto__=x"
    )
    page = new_page(pages["one"] + hostile)
    fig = figure(page, "phase-plane")
    expected = {**PhasePlaneExplorer(I=0.5).state(), "dt": 3}
    assert fig.state() == expected
    assert page.title() == "A page"


def test_a_step_too_large_is_said_and_the_last_good_picture_stays(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    fig = figure(new_page(pages["one"]), "phase-plane")
    notice = fig.root.locator(".nx-notice")
    good = fig.series()["trajectory"]
    assert not notice.is_visible()
    fig.root.locator('[data-preset="too-large"]').click()
    fig.settle()
    assert "Euler diverged at t = " in notice.text_content()
    assert fig.series()["trajectory"] == good
    fig.slider("dt").fill("0.1")
    fig.settle()
    assert not notice.is_visible()
    assert fig.series()["trajectory"] != good


def test_only_what_is_seen_is_computed(site: Any, new_page: Any) -> None:
    many = [PhasePlaneExplorer(link_name=f"n{i}").to_html() for i in range(8)]
    page = new_page(site.write("many.html", *many))
    drawn = """() => Promise.all([...document.querySelectorAll('.neurode-explorer')].map(el =>
        Promise.race([el.explorer.ready.then(() => true),
                      new Promise(r => requestAnimationFrame(() => r(false)))])))"""
    wait_until_drawn(page.locator(".neurode-explorer").first)
    assert page.evaluate(drawn)[-4:] == [False] * 4
    wait_until_drawn(page.locator(".neurode-explorer").last)
    assert page.evaluate(drawn)[-1] is True


def test_the_first_picture_takes_a_frame_for_each_canvas(
    pages: dict[str, str], new_page: Any
) -> None:
    page = new_page("about:blank")
    page.add_init_script(
        """
        let frame = 0;
        window.cleared = [];
        const count = () => {
            frame += 1;
            requestAnimationFrame(count);
        };
        requestAnimationFrame(count);
        const { clearRect } = CanvasRenderingContext2D.prototype;
        CanvasRenderingContext2D.prototype.clearRect = function (...box) {
            cleared.push([this.canvas.closest(".nx-plane") ? "plane" : "traces", frame]);
            return clearRect.apply(this, box);
        };
        """
    )
    page.goto(pages["one"])
    wait_until_drawn(page.locator(".neurode-explorer"))
    (first, at), (second, later), *_ = page.evaluate("cleared")
    assert (first, second) == ("plane", "traces")
    assert later > at


def test_a_page_that_turns_dark_during_the_first_picture_has_it_all_dark(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    page = new_page("about:blank")
    page.add_init_script(
        """
        let canvases = 0;
        const { clearRect } = CanvasRenderingContext2D.prototype;
        CanvasRenderingContext2D.prototype.clearRect = function (...box) {
            if (++canvases === 1) document.documentElement.dataset.theme = "dark";
            return clearRect.apply(this, box);
        };
        """
    )
    page.goto(pages["one"])
    turned = figure(page, "phase-plane").picture()
    dark = new_page(pages["one"], color_scheme="dark")
    dark.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert turned == figure(dark, "phase-plane").picture()


def test_a_figure_set_in_motion_during_the_first_picture_still_draws_all_of_it(
    pages: dict[str, str], new_page: Any
) -> None:
    page = new_page("about:blank")
    page.add_init_script(
        """
        let canvases = 0;
        window.cleared = new Set();
        const { clearRect } = CanvasRenderingContext2D.prototype;
        CanvasRenderingContext2D.prototype.clearRect = function (...box) {
            cleared.add(this.canvas);
            if (++canvases === 1) document.querySelector('[data-action="play"]').click();
            return clearRect.apply(this, box);
        };
        """
    )
    page.goto(pages["one"])
    page.wait_for_function("cleared.size === 2", timeout=10_000)


def test_another_line_of_the_summary_draws_nothing(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    page = new_page(pages["one"])
    fig = figure(page, "phase-plane")
    fig.settle()
    drawn = """(el, change) => new Promise(done => {
        const { explorer } = el;
        const frames = (n) => n ? requestAnimationFrame(() => frames(n - 1)) : done(draws);
        const draw = explorer.draw.bind(explorer);
        let draws = 0;
        explorer.draw = (...what) => {
            draws += 1;
            return draw(...what);
        };
        if (change === "summary") explorer.summaryElement.append("more ".repeat(100));
        else el.style.width = "500px";
        frames(5);
    })"""
    assert fig.root.evaluate(drawn, "summary") == 0
    assert fig.root.evaluate(drawn, "width") > 0


def test_without_javascript_there_is_a_picture_and_a_sentence(
    pages: dict[str, str], new_page: Any
) -> None:
    page = new_page(pages["one"], java_script_enabled=False)
    still = page.locator(".neurode-explorer svg")
    assert still.bounding_box()["width"] > 300
    assert "I = 0.50 (oscillating)" in still.get_attribute("aria-label")
    assert page.get_by_text("With JavaScript switched on").is_visible()


def test_turning_the_page_dark_redraws(pages: dict[str, str], new_page: Any, figure: Any) -> None:
    page = new_page(pages["one"])
    fig = figure(page, "phase-plane")
    light = fig.picture()
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function("document.querySelector('.neurode-explorer').dataset.scheme === 'dark'")
    assert fig.picture() != light
    follows = new_page(pages["one"], color_scheme="dark")
    assert figure(follows, "phase-plane").root.get_attribute("data-scheme") == "dark"


def test_reduced_motion_stops_every_transition(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    def moving(**options: Any) -> int:
        fig = figure(new_page(pages["one"], **options), "phase-plane")
        return fig.root.locator("button").evaluate_all(
            """all => all.filter(b =>
                parseFloat(getComputedStyle(b, '::before').transitionDuration) > 0).length"""
        )

    assert moving(reduced_motion="no-preference") > 0
    assert moving(reduced_motion="reduce") == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(
    theme: str, width: int, pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = new_page(pages["one"], viewport={"width": width, "height": 800})
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    fig = figure(page, "phase-plane")
    fig.root.locator('[data-preset="too-large"]').click()
    fig.settle()
    found = Axe().run(page, context=".neurode-explorer")
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_focus_is_visible_on_every_control(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    page = new_page(pages["one"])
    fig = figure(page, "phase-plane")
    controls = fig.root.locator("button, input, select")
    page.locator("h1").click()
    for _ in range(controls.count()):
        page.keyboard.press("Tab")
        inside, width = page.evaluate(
            """() => [!!document.activeElement.closest('.neurode-explorer'),
                      parseFloat(getComputedStyle(document.activeElement).outlineWidth)]"""
        )
        assert inside
        assert width >= 2


def python_run(step: str, state: dict[str, Any], n_steps: int) -> np.ndarray:
    at = np.array([state["v0"], state["w0"]])
    run = [at]
    for _ in range(n_steps):
        slope = fhn_rhs(at, state["I"])
        at = (
            rk4_step(fhn_rhs, at, state["I"], state["dt"])
            if step == "rk4"
            else at + state["dt"] * slope
        )
        run.append(at)
    return np.array(run)


@pytest.mark.parametrize("integrator", ["rk4", "euler"])
def test_the_page_computes_what_python_computes(
    integrator: str, pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    fig = figure(new_page(pages["one"]), "phase-plane")
    for I, dt in [(0.2, 0.5), (0.5, 0.1), (0.5, 0.5), (0.9, 0.37), (1.6, 0.25)]:
        fig.set(I=I, dt=dt, integrator=integrator, v0=1.1, w0=-0.3)
        series, paths = fig.series(), fig.paths()
        expected = python_run(integrator, fig.state(), round(100 / dt))
        np.testing.assert_allclose(paths["trajectory"], expected, rtol=0, atol=1e-9)
        times = dt * np.arange(len(expected))
        np.testing.assert_allclose(series["trajectory"]["t"], times, rtol=1e-12)
        exact = simulate([1.1, -0.3], I, 2000, 0.05)
        np.testing.assert_allclose(paths["reference"], exact, rtol=0, atol=1e-9)
