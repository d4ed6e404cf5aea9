"""MethodExplorer: network, polynomial and fitted parameters in the reader's browser."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neurode_lib.explorers import MethodExplorer
from neurode_lib.fitzhugh_nagumo import fhn_rhs
from neurode_lib.methods import load_methods
from neurode_lib.methods.stacks import ParameterFields, PolynomialFields
from neurode_lib.metrics import (
    field_on_grid,
    mean_cosine_similarity,
    trajectory_mse,
    vector_field,
)
from neurode_lib.study.pretrained import load_pretrained
from neurode_lib.study.protocol import FIELD_V_RANGE, FIELD_W_RANGE

MODELS = ("network", "polynomial", "parameters")


@pytest.fixture(scope="module")
def address(site: Any) -> str:
    return site.write("methods.html", MethodExplorer().to_html())


@pytest.mark.parametrize("without_webassembly", [False, True])
def test_all_contestants_agree_with_python(
    without_webassembly: bool, address: str, new_page: Any, figure: Any
) -> None:
    page = new_page("about:blank")
    if without_webassembly:
        page.add_init_script("delete globalThis.WebAssembly")
    page.goto(address)
    fig = figure(page, "method")
    for shown in (
        {"I": 0.5, "noise": 0.05, "seed": 0, "network": "best_recipe"},
        {"I": 0.2, "noise": 0, "seed": 7, "network": "discrete_rnn"},
        {"I": 0.5, "noise": 0.2, "seed": 9, "network": "neural_ode"},
    ):
        fig.set(n_steps=80, **shown)
        fig.settle()
        paths = fig.paths()
        expected = MethodExplorer(n_steps=80, **shown).paths()
        assert set(paths) == set(expected)
        for name, path in expected.items():
            tolerance = 1e-5 if name == "network" else 1e-9
            np.testing.assert_allclose(
                paths[name], path, rtol=0, atol=tolerance, err_msg=f"{name} {shown}"
            )


def test_readouts_are_the_metrics_of_the_library(address: str, new_page: Any, figure: Any) -> None:
    fig = figure(new_page(address), "method")
    fig.set(I=0.35, noise=0.2, n_steps=100, seed=4)
    fig.root.locator(".nx-summary", has_text="100 steps of 0.5, seed 4").wait_for()
    paths = MethodExplorer(I=0.35, noise=0.2, n_steps=100, seed=4).paths()
    points, true_field = field_on_grid(fhn_rhs, 0.35, v_range=FIELD_V_RANGE, w_range=FIELD_W_RANGE)
    measured, problem = load_methods(), "fhn-noise0.2-n40-dt0.5"
    table, constants = (
        np.array([measured.row(problem, method)["constants"][4]])
        for method in ("refined", "several_guesses")
    )
    fields = {
        "network": vector_field(load_pretrained("best_recipe", 4), points, 0.35),
        "polynomial": PolynomialFields(table).field_at(points, 0.35)[0],
        "parameters": ParameterFields(constants).field_at(points, 0.35)[0],
    }
    a, b, tau = constants[0]
    origins = {
        "network": "learned without noise",
        "polynomial": f"{np.count_nonzero(table)} terms, fitted with noise 0.2",
        "parameters": f"{a:.3f}, {b:.3f}, {tau:.2f}, fitted with noise 0.2",
    }
    for name in MODELS:
        cosine = mean_cosine_similarity(fields[name], true_field)
        mse = trajectory_mse(paths[name][None], paths["truth"][None])
        lines = fig.root.locator(f'[data-model="{name}"] .nx-readout').all_text_contents()
        assert lines[0].startswith(f"cosine {cosine:.3f} · MSE ")
        if mse >= 0.001:
            assert lines[0].endswith(f"MSE {mse:.3f}")
        else:
            digits, power = f"{mse:.1e}".split("e")
            raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
            assert lines[0].endswith(f"MSE {digits}\u00a0×\u00a010{raised}")
        assert lines[1] == origins[name]


def test_noise_changes_the_fits_and_not_the_network(
    address: str, new_page: Any, figure: Any
) -> None:
    fig = figure(new_page(address), "method")
    summary = fig.root.locator(".nx-summary")
    summary.filter(
        has_text="fitted to data with noise 0.05, the network trained without"
    ).wait_for()
    pictures, series = fig.picture(), fig.series()
    fig.root.locator('select[name="noise"]').select_option("0.2")
    summary.filter(has_text="fitted to data with noise 0.2").wait_for()
    changed = [old != new for old, new in zip(pictures, fig.picture(), strict=True)]
    assert changed == [False, True, True, True]  # three planes and the traces
    after = fig.series()
    assert after["network"] == series["network"]
    for name in ("polynomial", "parameters"):
        assert after[name]["v"][1:] != series[name]["v"][1:]


def test_another_network_redraws_its_card_and_says_which(
    address: str, new_page: Any, figure: Any
) -> None:
    fig = figure(new_page(address), "method")
    pictures, series = fig.picture(), fig.series()
    card = fig.root.locator('[data-model="network"] .nx-title')
    assert card.text_content() == "Neural ODE, better recipe"
    fig.root.locator('select[name="network"]').select_option("discrete_rnn")
    card.filter(has_text="Discrete RNN, article's recipe").wait_for()
    changed = [old != new for old, new in zip(pictures, fig.picture(), strict=True)]
    assert changed == [True, False, False, True]
    assert fig.series()["network"] != series["network"]
    assert fig.series()["polynomial"] == series["polynomial"]


def test_a_link_sets_the_noise_and_one_that_was_not_measured_is_told(
    address: str, new_page: Any, figure: Any
) -> None:
    fig = figure(new_page(f"{address}#method?noise=0.2&seed=9"), "method")
    assert (fig.state()["noise"], fig.state()["seed"]) == (0.2, 9)
    fig = figure(new_page(f"{address}#method?noise=0.1&network=gru&seed=9"), "method")
    assert (fig.state()["noise"], fig.state()["network"]) == (0.05, "best_recipe")
    told = fig.root.locator(".nx-actions .nx-said").text_content()
    assert told.endswith("shown instead: noise = 0.05, network = best_recipe.")


@pytest.mark.parametrize(
    ("missing", "here"),
    [
        (("driven-0",), {"truth", "polynomial", "parameters"}),
        (("methods-0",), {"truth", "network"}),
        (("driven-0", "methods-0"), {"truth"}),
    ],
)
def test_what_cannot_be_loaded_leaves_the_rest(
    missing: tuple[str, ...], here: set[str], address: str, browser: Any, figure: Any
) -> None:
    page = browser.new_page()
    asked = []
    for key in missing:
        page.route(f"**/{key}.js", lambda route: (asked.append(route), route.abort()))
    page.goto(address)
    fig = figure(page, "method")
    fig.settle()
    assert fig.root.get_by_text("weights could not be loaded").is_visible()
    assert set(fig.series()) == here
    # Told once, and not asked for again and again.
    page.evaluate("new Promise(requestAnimationFrame).then(() => true)")
    assert len(asked) == len(missing)
    page.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing(
    theme: str, width: int, address: str, new_page: Any, figure: Any
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = new_page(address, viewport={"width": width, "height": 800})
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    figure(page, "method").settle()
    found = Axe().run(page, context=".neurode-explorer")
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
