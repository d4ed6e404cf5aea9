"""ModelExplorer and TrainingExplorer: the study's networks in the reader's browser."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurode_lib.explorers import ModelExplorer, TrainingExplorer
from neurode_lib.fitzhugh_nagumo import fhn_rhs, simulate
from neurode_lib.metrics import (
    field_on_grid,
    mean_cosine_similarity,
    predict,
    trajectory_mse,
    vector_field,
)
from neurode_lib.study.pretrained import load_pretrained, load_snapshot
from neurode_lib.study.protocol import FIELD_V_RANGE, FIELD_W_RANGE
from neurode_lib.study.variants import SNAPSHOT_UPDATES

VARIANTS = ("neural_ode", "discrete_rnn", "time_input")


@pytest.fixture(scope="module")
def pages(site: Any) -> dict[str, str]:
    model, training = ModelExplorer().to_html(), TrainingExplorer(update=20).to_html()
    site.write("models.html", model, training)
    alone = site.write("alone.html", model)
    return {
        "server": f"{site.address}/models.html",
        "disk": site.on_disk("models.html"),
        "alone": alone,
    }


@pytest.mark.parametrize("without_webassembly", [False, True])
def test_networks_in_the_page_agree_with_pytorch(
    without_webassembly: bool, pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    page = new_page("about:blank")
    if without_webassembly:
        page.add_init_script("delete globalThis.WebAssembly")
    page.goto(pages["disk"])
    fig = figure(page, "model")
    for seed, I, dt, start in [(0, 0.5, 0.5, (-1.0, 0.5)), (3, 0.2, 0.25, (1.5, -0.8))]:
        fig.set(seed=seed, I=I, dt=dt, n_steps=80, v0=start[0], w0=start[1])
        page.wait_for_function(
            "() => Object.keys(document.querySelector('[data-name=model]')"
            ".explorer.series()).length === 4"
        )
        paths = fig.paths()
        t = dt * np.arange(81)
        truth = simulate(start, I, 80, dt)
        np.testing.assert_allclose(paths["truth"], truth, rtol=0, atol=1e-9)
        for variant in VARIANTS:
            expected = predict(load_pretrained(variant, seed), [start], I, t)[0]
            np.testing.assert_allclose(paths[variant], expected, rtol=0, atol=1e-5, err_msg=variant)


def test_readouts_are_the_metrics_of_the_library(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    fig = figure(new_page(pages["alone"]), "model")
    fig.set(I=0.35, dt=0.25, n_steps=120)
    fig.root.locator(".nx-summary", has_text="Current 0.35, 120 steps of 0.25, seed 0").wait_for()
    start, t = [-1.0, 0.5], 0.25 * np.arange(121)
    truth = simulate(start, 0.35, 120, 0.25)
    points, true_field = field_on_grid(fhn_rhs, 0.35, v_range=FIELD_V_RANGE, w_range=FIELD_W_RANGE)
    for variant in VARIANTS:
        model = load_pretrained(variant, 0)
        cosine = mean_cosine_similarity(vector_field(model, points, 0.35), true_field)
        mse = trajectory_mse(predict(model, [start], 0.35, t), truth[None])
        card = fig.root.locator(f'[data-model="{variant}"] .nx-readout')
        assert card.text_content() == f"cosine {cosine:.3f} · MSE {mse:.3f}"


def test_only_the_discrete_network_ignores_the_step(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    fig = figure(new_page(pages["alone"]), "model")
    fig.set(dt=0.5, n_steps=40)
    before = fig.series()
    fig.slider("dt").press("ArrowRight")
    after = fig.series()
    assert after["discrete_rnn"]["v"] == before["discrete_rnn"]["v"]
    for name in ("truth", "neural_ode", "time_input"):
        assert after[name]["v"][1:] != before[name]["v"][1:]


def test_long_rollouts_are_spread_over_frames_and_end_complete(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    page = new_page(pages["alone"])
    fig = figure(page, "model")
    # A clock on which every look takes 3 ms: the budget of a frame is used up after a few.
    frames = page.evaluate(
        """() => new Promise(done => {
            const {explorer} = document.querySelector('[data-name=model]');
            let now = 0, frames = 0;
            performance.now = () => (now += 3);
            const redraw = explorer.redraw.bind(explorer);
            explorer.redraw = () => {
                redraw();
                frames += 1;
                if (explorer.currentScene.finished) done(frames);
            };
            explorer.set({n_steps: 400, I: 0.41});
        })"""
    )
    assert frames > 10
    assert {len(one["v"]) for one in fig.series().values()} == {401}


def test_work_that_goes_on_is_drawn_every_tenth_of_a_second(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    page = new_page(pages["alone"])
    figure(page, "model").settle()
    # A clock on which every look takes 3 ms; the work has more of it in frames that do not draw.
    frames, times = page.evaluate(
        """() => new Promise(done => {
            const {explorer} = document.querySelector('[data-name=model]');
            let now = 0, frames = 0;
            const times = [];
            performance.now = () => (now += 3);
            const redraw = explorer.redraw.bind(explorer);
            const draw = explorer.draw.bind(explorer);
            let began;
            explorer.draw = (...what) => {
                times.push(began);
                return draw(...what);
            };
            explorer.redraw = () => {
                began = now;
                redraw();
                frames += 1;
                if (explorer.currentScene.finished) done([frames, times]);
            };
            explorer.set({n_steps: 400, I: 0.41});
        })"""
    )
    assert 2 < len(times) < frames
    # The last is there as soon as there is nothing more to do.
    assert np.diff(times)[:-1].min() >= 100


def test_a_redraw_does_not_have_the_page_laid_out_for_every_picture(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    page = new_page(pages["alone"])
    fig = figure(page, "model")
    fig.settle()
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")

    def layouts() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return next(one["value"] for one in metrics if one["name"] == "LayoutCount")

    # In one go, so that no frame comes in between: what is counted is what the redraws ask for.
    before, moves = layouts(), 20
    page.evaluate(
        """(moves) => {
            const { explorer } = document.querySelector(".neurode-explorer");
            const slider = explorer.el.querySelector('input[name="v0"]');
            for (let k = 0; k < moves; k += 1) {
                slider.value = -1 + 0.02 * k;
                slider.dispatchEvent(new Event("input", { bubbles: true }));
                explorer.redraw();
            }
        }""",
        moves,
    )
    # One for what the controls show, for a redraw reads its pictures' sizes at once; and one for
    # the frame in which all of it appears. (One for each picture would be five a redraw, or more.)
    assert layouts() - before <= moves + 1


def test_weights_that_cannot_be_loaded_leave_the_true_neuron(
    pages: dict[str, str], browser: Any, figure: Any
) -> None:
    page = browser.new_page()
    page.route("**/seed-0.js", lambda route: route.abort())
    page.goto(pages["alone"])
    fig = figure(page, "model")
    assert fig.root.get_by_text("weights could not be loaded").is_visible()
    assert set(fig.series()) == {"truth"}
    page.unroute("**/seed-0.js")
    fig.root.locator('select[name="seed"]').select_option("1")
    fig.root.locator(".nx-summary", has_text="seed 1").wait_for()
    assert set(fig.series()) == {"truth", *VARIANTS}
    page.close()


def test_scrubbing_shows_the_network_of_that_update(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    page = new_page(pages["server"])
    fig = figure(page, "training")
    assert fig.state()["update"] == 20
    for key, update in (("End", SNAPSHOT_UPDATES[-1]), ("ArrowLeft", SNAPSHOT_UPDATES[-2])):
        picture = fig.picture()
        fig.slider("update").press(key)
        fig.root.locator(".nx-summary", has_text=f"After {update} updates").wait_for()
        assert fig.picture() != picture
        paths = fig.paths()
        for variant in ("neural_ode", "default_init"):
            expected = predict(
                load_snapshot(variant, update), [[-1.0, 0.5]], 0.5, 0.5 * np.arange(81)
            )[0]
            np.testing.assert_allclose(paths[variant], expected, rtol=0, atol=1e-5)
    fig.root.locator('[data-action="play"]').click()
    page.wait_for_function(
        "document.querySelector('[data-name=training]').explorer.state.update === 600"
    )


def test_the_first_picture_needs_the_weights_of_one_update(
    pages: dict[str, str], browser: Any, figure: Any
) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[-1]))
    page.goto(pages["server"])
    figure(page, "training")
    assert [name for name in asked if name.startswith("update")] == ["update-20.js"]
    page.locator('[data-name="training"]').hover()
    page.wait_for_function(
        "document.querySelectorAll('script[src*=\"update-\"]').length === "
        + str(len(SNAPSHOT_UPDATES))
    )
    page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(
    theme: str, width: int, pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = new_page(pages["server"], viewport={"width": width, "height": 800})
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    for name in ("model", "training"):
        figure(page, name).settle()
    found = Axe().run(page, context=".neurode-explorer")
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
