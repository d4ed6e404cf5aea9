"""LiveTrainingExplorer: training in the page, and what the library makes of the result."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import qmc

from neurode_lib.explorers import LiveTrainingExplorer, ModelExplorer
from neurode_lib.explorers.downloads import load_trained
from neurode_lib.fitzhugh_nagumo import V_RANGE, W_RANGE, fhn_rhs, simulate
from neurode_lib.metrics import (
    field_on_grid,
    mean_cosine_similarity,
    predict,
    trajectory_mse,
    vector_field,
)
from neurode_lib.models import DiscreteRNN, NeuralODE
from neurode_lib.study.protocol import FIELD_V_RANGE, FIELD_W_RANGE
from tools.browser import serving
from tools.drawn import wait_until_drawn

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
GRID = 0.5 * np.arange(81)
AT_REST = (
    "() => ['paused', 'finished', 'diverged', 'failed'].includes("
    "document.querySelector('[data-name=live]').explorer.run.status)"
)


@pytest.fixture(scope="module")
def pages(site: Any) -> dict[str, str]:
    live, model = LiveTrainingExplorer().to_html(), ModelExplorer().to_html()
    both = site.write("live.html", live, model)
    return {"server": both, "disk": site.on_disk("live.html")}


class Training:
    """The explorer's training, as a reader starts it and a test reads it."""

    def __init__(self, fig: Any) -> None:
        self.fig, self.page, self.root = fig, fig.page, fig.root

    def press(self, action: str) -> None:
        self.root.locator(f'[data-action="{action}"]').click()

    def train(self) -> None:
        self.press("train")
        self.page.wait_for_function(AT_REST)

    def run(self) -> dict[str, Any]:
        return self.root.evaluate(
            "({explorer: {run}}) => ({status: run.status, update: run.update, errors: run.errors,"
            " losses: run.losses, weights: run.weights && [...run.weights]})"
        )

    def download(self, folder: Path) -> Path:
        with self.page.expect_download() as waiting:
            self.press("download")
        path = folder / waiting.value.suggested_filename
        waiting.value.save_as(path)
        return path


@pytest.fixture
def training(new_page: Any, figure: Any) -> Any:
    return lambda url, **options: Training(figure(new_page(url, **options), "live"))


def held_out_mse(model: NeuralODE | DiscreteRNN, currents: tuple[float, ...]) -> float:
    """What the page calls its held-out error: Halton's points, under each current."""
    box = np.array([V_RANGE, W_RANGE])
    starts = qmc.scale(qmc.Halton(2, scramble=False).random(33)[1:], box[:, 0], box[:, 1])
    predicted = [predict(model, starts, current, GRID) for current in currents]
    truth = [simulate(starts, current, 80, 0.5) for current in currents]
    return trajectory_mse(np.concatenate(predicted), np.concatenate(truth))


@pytest.mark.parametrize("where", ["server", "disk"])
def test_the_default_training_learns_the_neuron_and_python_finds_the_same(
    where: str, pages: dict[str, str], training: Any, tmp_path: Path
) -> None:
    live = training(pages[where])
    live.train()
    run = live.run()
    assert (run["status"], run["update"]) == ("finished", 1000)
    assert run["errors"][-1][1] <= 0.02
    assert len(run["losses"]) == 1000

    model = load_trained(live.download(tmp_path))
    assert isinstance(model, NeuralODE)
    # The page's own number, from float32 sums in another order.
    assert held_out_mse(model, (0.2, 0.5)) == pytest.approx(run["errors"][-1][1], abs=1e-5)
    for I, start in [(0.5, (-1.0, 0.5)), (0.2, (1.5, -0.8))]:
        live.fig.set(I=I, v0=start[0], w0=start[1])
        expected = predict(model, [start], I, GRID)[0]
        np.testing.assert_allclose(live.fig.paths()["yours"], expected, rtol=0, atol=1e-5)
    # The readouts, drawn for the last of the two.
    live.fig.settle()
    points, true = field_on_grid(fhn_rhs, I, v_range=FIELD_V_RANGE, w_range=FIELD_W_RANGE)
    cosine = mean_cosine_similarity(vector_field(model, points, I), true)
    mse = trajectory_mse(expected[None], simulate(start, I, 80, 0.5)[None])
    readout = live.root.locator('[data-model="yours"] .nx-readout').text_content()
    assert readout.startswith(f"cosine {cosine:.3f} · MSE ")
    shown = readout.rsplit("MSE ", 1)[1].replace("\u00a0×\u00a010", "e")
    shown = shown.translate(str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789"))
    assert float(shown) == pytest.approx(mse, rel=0.05)


def test_the_same_seed_gives_the_same_run_however_often_it_is_paused(
    pages: dict[str, str], training: Any
) -> None:
    live = training(pages["server"])
    live.fig.set(updates=200, hidden=32, noise=0.05, window=5)
    live.train()
    whole = live.run()
    live.press("again")
    assert live.run()["status"] == "new"
    for done in (1, 2, 3):
        live.press("step")
        live.page.wait_for_function(
            f"document.querySelector('[data-name=live]').explorer.run.update === {done}"
        )
    live.press("train")
    live.press("train")  # the same button: a pause
    live.page.wait_for_function(AT_REST)
    if live.run()["status"] == "paused":
        live.train()
    in_parts = live.run()
    assert in_parts["weights"] == whole["weights"]
    assert in_parts["losses"] == whole["losses"]
    # At a pause the error is measured once more; the others are the same.
    assert [one for one in in_parts["errors"] if one[0] % 20 == 0] == whole["errors"]
    live.fig.set(seed=1)
    live.train()
    assert live.run()["weights"] != whole["weights"]


@pytest.mark.parametrize(
    ("settings", "kind", "inputs"),
    [
        ({"kind": "discrete_rnn", "init": "default", "hidden": 16}, DiscreteRNN, 3),
        ({"time_input": True, "window": 10}, NeuralODE, 4),
        ({"kind": "discrete_rnn", "time_input": True}, DiscreteRNN, 3),
    ],
)
def test_every_kind_of_network_arrives_in_python(
    settings: dict[str, Any],
    kind: type,
    inputs: int,
    pages: dict[str, str],
    training: Any,
    tmp_path: Path,
) -> None:
    live = training(pages["disk"])
    live.fig.set(updates=200, I_first=0.7, I_second=0.7, **settings)
    live.train()
    model = load_trained(live.download(tmp_path))
    assert isinstance(model, kind)
    assert next(model.parameters()).shape[1] == inputs
    error = live.run()["errors"][-1][1]
    assert held_out_mse(model, (0.7,)) == pytest.approx(error, rel=1e-3)


def test_without_webassembly_it_trains_in_javascript(
    pages: dict[str, str], training: Any, new_page: Any, figure: Any
) -> None:
    fast = training(pages["server"])
    page = new_page("about:blank")
    # The worker's script begins with what takes WebAssembly away from it.
    page.add_init_script(
        """delete globalThis.WebAssembly;
        const Plain = Blob;
        globalThis.Blob = class extends Plain {
            constructor(parts, options) {
                super(["delete globalThis.WebAssembly;", ...parts], options);
            }
        };"""
    )
    page.goto(pages["server"])
    plain = Training(figure(page, "live"))
    runs = []
    for live in (fast, plain):
        live.fig.set(updates=200, hidden=16)
        live.train()
        runs.append(live.run())
    np.testing.assert_allclose(runs[1]["losses"][:50], runs[0]["losses"][:50], rtol=1e-3)
    assert runs[0]["weights"] != runs[1]["weights"]  # or both ran the same code


def test_a_trained_network_is_used_by_the_other_figures(
    pages: dict[str, str], training: Any, figure: Any
) -> None:
    live = training(pages["server"])
    assert live.root.locator('[data-action="use"]').is_disabled()
    live.fig.set(updates=200)
    live.train()
    live.press("use")
    model = figure(live.page, "model")
    model.root.locator(".nx-summary", has_text="trained in this page").wait_for()
    model.set(I=0.5, dt=0.5, n_steps=80, v0=-1, w0=0.5)
    live.fig.set(I=0.5, v0=-1, w0=0.5)
    series = model.series()
    assert set(series) == {"truth", "neural_ode"}
    assert series["neural_ode"]["v"] == live.fig.series()["yours"]["v"]
    # The study's seeds are still there, and a second kind comes beside the first.
    model.root.locator('select[name="seed"]').select_option("3")
    model.root.locator(".nx-summary", has_text="seed 3").wait_for()
    assert len(model.series()) == 4
    live.fig.set(kind="discrete_rnn")
    live.train()
    live.press("use")
    live.root.get_by_role("status").get_by_text("The other figures show it now").wait_for()
    model.root.scroll_into_view_if_needed()
    model.root.locator(".nx-summary", has_text="trained in this page").wait_for()
    assert set(model.series()) == {"truth", "neural_ode", "discrete_rnn"}


def test_a_setting_that_changes_ends_the_run_and_a_view_does_not(
    pages: dict[str, str], training: Any
) -> None:
    live = training(pages["server"])
    live.fig.set(updates=200)
    live.train()
    weights = live.run()["weights"]
    live.fig.set(I=0.3, v0=0.5)
    assert live.run()["weights"] == weights
    live.root.locator('[data-preset="few"]').click()
    assert live.run()["status"] == "new"
    assert live.fig.state()["trajectories"] == 2
    live.fig.settle()
    assert set(live.fig.series()) == {"truth"}
    assert live.root.locator('[data-action="download"]').is_disabled()


def test_it_trains_by_keyboard_and_says_so(pages: dict[str, str], training: Any) -> None:
    live = training(pages["server"])
    live.fig.set(updates=200)
    button = live.root.get_by_role("button", name="Train")
    button.focus()
    live.page.keyboard.press("Enter")
    live.page.wait_for_function(AT_REST)
    summary = live.root.locator(".nx-summary[aria-live=polite]", has_text="Trained.")
    summary.get_by_text("200 of 200 updates on 40 trajectories").wait_for()


def test_the_trainer_is_loaded_when_it_is_asked_for(
    pages: dict[str, str], browser: Any, figure: Any
) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rsplit("/", 1)[-1]))
    page.goto(pages["server"])
    live = Training(figure(page, "live"))
    assert "trainer.js" not in asked
    live.fig.set(updates=200)
    live.train()
    assert asked.count("trainer.js") == 1
    page.close()


def test_a_trainer_that_cannot_be_loaded_is_said(
    pages: dict[str, str], browser: Any, figure: Any
) -> None:
    page = browser.new_page()
    page.route("**/trainer.js", lambda route: route.abort())
    page.goto(pages["server"])
    live = Training(figure(page, "live"))
    live.train()
    live.root.get_by_text("trainer.js could not be loaded").wait_for()
    page.unroute("**/trainer.js")
    live.press("again")
    live.fig.set(updates=200)
    live.train()
    assert live.run()["status"] == "finished"
    page.close()


@pytest.mark.parametrize("refusal", ["delete globalThis.Worker", "policy"])
def test_where_workers_are_refused_there_is_the_recorded_training(
    refusal: str, pages: dict[str, str], new_page: Any, browser: Any, figure: Any
) -> None:
    if refusal == "policy":
        # Chromium itself reports a violated policy on the console: a page without the watch.
        page = browser.new_page()
        page.route(
            "**/live.html",
            lambda route: route.fulfill(
                response=(answer := route.fetch()),
                headers={**answer.headers, "content-security-policy": "worker-src 'none'"},
            ),
        )
    else:
        page = new_page("about:blank")
        page.add_init_script(refusal)
    page.goto(f"{pages['server']}#live?preset=few")
    fig = figure(page, "live")
    if refusal == "policy":
        fig.root.locator('[data-action="train"]').click()
    fig.root.get_by_text("does not let the page train").wait_for()
    wait_until_drawn(fig.root)
    fig.slider("update").press("End")
    fig.root.locator(".nx-summary", has_text="After 600 updates").wait_for()
    assert set(fig.series()) == {"truth", "neural_ode", "default_init"}
    if refusal == "policy":
        page.close()


@pytest.mark.site
@pytest.mark.parametrize("where", ["server", "disk"])
def test_the_built_site_lets_its_page_train(where: str, training: Any) -> None:
    """With the site's own content policy, which says what a page may start."""
    name = "notebooks/15_train_it_here.html"
    with serving(SITE) as address:
        live = training(f"{address}/{name}" if where == "server" else (SITE / name).as_uri())
        live.fig.set(updates=200)
        live.train()
        assert live.run()["status"] == "finished"
        live.press("use")
        live.root.get_by_text("The other figures show it now").wait_for()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_before_and_after_training(
    theme: str, width: int, pages: dict[str, str], training: Any
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    live = training(pages["server"], viewport={"width": width, "height": 800})
    live.page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    live.fig.set(updates=200)
    for _ in ("before", "after"):
        live.fig.settle()
        found = Axe().run(live.page, context='[data-name="live"]')
        assert found.violations_count == 0, found.generate_report()
        assert live.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        live.train()
        live.press("again")
