"""Tasks as readers meet them: wrong answers, the right one, the hint, the page loaded again."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page

from tools.browser import serving

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
DECLARED = json.loads((ROOT / "book" / "tasks.json").read_text(encoding="utf-8"))

MARK = re.compile(r'<div class="nt"[^>]* data-id="([^"]*)"[^>]* data-task="([^"]*)"')

pytestmark = pytest.mark.site

LOW, HIGH = "K", "o"  # letters of a drawn current: 0.2 and 0.5
ONE_PULSE = LOW * 5 + HIGH * 3 + LOW * 43
# For each task that a figure checks: states that do not solve it, and one that does.
STATES: dict[str, tuple[list[dict[str, Any]], dict[str, Any]]] = {
    "01_fitzhugh_nagumo/the-lowest-current": (
        [{"I": 0.33}, {"I": 0.32, "horizon": 200}, {"I": 0.4, "horizon": 200}],
        {"I": 0.33, "horizon": 200},
    ),
    "02_stepping_through_time/a-wrong-number-of-spikes": (
        [{"dt": 0.5}, {"dt": 2}],
        {"dt": 1.2, "integrator": "euler"},
    ),
    "05_starting_from_zero/a-head-start": ([{"update": 20}, {"update": 600}], {"update": 150}),
    "08_phase_portraits/a-spike-that-is-not-there": (
        [{"I": 0.5}, {"I": 0.2, "v0": 0, "w0": -0.5}, {"I": 0.2, "v0": -1.3, "w0": -0.5}],
        {"I": 0.2, "v0": -0.9, "w0": -0.5, "n_steps": 80, "seed": 0},
    ),
    "09_beyond_the_horizon/the-fifth-spike": (
        [{"n_steps": 80}, {"I": 0.2, "n_steps": 400}, {"I": 0.5, "n_steps": 400, "seed": 0}],
        {"I": 0.5, "n_steps": 400, "seed": 2},
    ),
    "10_one_line_of_code/a-clock-that-stops-the-neuron": (
        [{"I": 0.2, "n_steps": 400}, {"I": 0.5, "n_steps": 400, "seed": 0}],
        {"I": 0.5, "n_steps": 400, "seed": 1},
    ),
    "11_another_clock/twice-as-fast": (
        [{"dt": 0.5, "n_steps": 400}, {"dt": 1, "n_steps": 200}],
        {"I": 0.5, "dt": 0.25, "n_steps": 400},
    ),
    "14_an_unseen_current/a-block-it-has-never-seen": (
        [{"I": 0.5, "n_steps": 400}, {"I": 1.2, "n_steps": 400}, {"I": 1.6, "n_steps": 200}],
        {"I": 1.6, "n_steps": 400},
    ),
    "15_train_it_here/a-loss-that-promises-too-much": (
        [{"updates": 200, "trajectories": 40}],
        {"updates": 500, "trajectories": 2},
    ),
    "16_a_current_that_changes/exactly-one-spike": (
        [{"drawn": LOW * 51}, {"drawn": HIGH * 51}],
        {"drawn": ONE_PULSE},
    ),
}


def tasks() -> list[tuple[str, str, str]]:
    """Every task of the built site: its page, its identity, what it needs to know."""
    return [
        (str(path.relative_to(SITE)), mark[1], html.unescape(mark[2]))
        for path in sorted(SITE.rglob("*.html"))
        for mark in MARK.finditer(path.read_text(encoding="utf-8"))
    ]


FIGURES = [one for one in tasks() if '"figure"' in one[2]]
QUESTIONS = [one for one in tasks() if '"answer"' in one[2]]


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(SITE, "/a/path/") as served:
        yield served


def box_of(page: Page, identity: str) -> Locator:
    box = page.locator(f'.admonition:has(> .nt[data-id="{identity}"])')
    box.scroll_into_view_if_needed()
    return box


def check(box: Locator, right: bool) -> str:
    """Press the button; what is said."""
    box.locator('[data-action="check"]').click()
    said = box.locator(".nt-said")
    if right:
        said.get_by_text("Right.", exact=True).wait_for()
    else:
        said.filter(has_not_text="Right.").filter(has_text=".").wait_for()
    assert box.evaluate("el => el.classList.contains('nt-right')") == right
    return str(said.text_content())


def reload_and_compare(page: Page, identity: str, remembered: dict[str, Any]) -> None:
    """The page loaded again shows what was answered; forgetting clears it."""
    page.reload()
    box = box_of(page, identity)
    assert look(box) == remembered
    box.locator('[data-action="forget"]').click()
    page.reload()
    assert look(box_of(page, identity)) == {
        "right": False,
        "said": "",
        "open": [False, False],
        "given": [],
    }


def look(box: Locator) -> dict[str, Any]:
    return box.evaluate(
        """el => ({
            right: el.classList.contains("nt-right"),
            said: el.querySelector(".nt-said").textContent,
            open: [...el.querySelectorAll(":scope > details")].map(fold => fold.open),
            given: [...el.querySelectorAll("input")]
                .map(i => i.type === "radio" ? i.checked && i.value : i.value).filter(Boolean),
        })"""
    )


def open_hint(box: Locator) -> None:
    hint = box.locator("details").first
    assert not hint.evaluate("el => el.open")
    hint.locator("summary").click()
    assert hint.locator("p").first.is_visible()


def test_every_declared_task_is_on_a_page_and_is_tried_here() -> None:
    on_pages = {identity for _, identity, _ in FIGURES}
    assert len(on_pages) == len(FIGURES) == sum(map(len, DECLARED.values()))
    assert on_pages == STATES.keys()


def test_every_chapter_asks_something() -> None:
    asking = {name for name, _, _ in tasks()}
    chapters = {str(path.relative_to(SITE)) for path in (SITE / "notebooks").glob("[01]*.html")}
    assert chapters <= asking


def set_figure(page: Page, name: str, state: dict[str, Any], figure: Any) -> None:
    fig = figure(page, name)
    fig.set(**state)
    if fig.root.get_attribute("data-explorer") == "live":
        fig.root.locator('[data-action="train"]').click()
    fig.root.evaluate(
        """async ({explorer}) => {
            const busy = () => explorer.stale || explorer.currentScene.waiting
                || (explorer.run && explorer.run.status !== "finished");
            while (busy()) await new Promise(requestAnimationFrame);
        }"""
    )


@pytest.mark.parametrize(("name", "identity", "needed"), FIGURES, ids=[one[1] for one in FIGURES])
def test_a_figure_is_checked(
    name: str, identity: str, needed: str, address: str, new_page: Any, figure: Any
) -> None:
    page = new_page(f"{address}/{name}")
    wrong, right = STATES[identity]
    target = json.loads(needed)["figure"]
    conditions = {one["otherwise"] for one in json.loads(needed)["conditions"]}
    for state in wrong:
        set_figure(page, target, state, figure)
        before = figure(page, target).state()
        assert check(box_of(page, identity), False) in conditions
        assert figure(page, target).state() == before
    open_hint(box_of(page, identity))
    set_figure(page, target, right, figure)
    box = box_of(page, identity)
    assert check(box, True) == "Right."
    reload_and_compare(
        page,
        identity,
        {"right": True, "said": "Right.", "open": [True, True], "given": []},
    )


@pytest.mark.parametrize(
    ("name", "identity", "needed"), QUESTIONS, ids=[one[1] for one in QUESTIONS]
)
def test_a_question_is_checked(
    name: str, identity: str, needed: str, address: str, new_page: Any
) -> None:
    page = new_page(f"{address}/{name}")
    box = box_of(page, identity)
    answer = json.loads(needed)["answer"]
    choices = box.locator('input[type="radio"]').count()
    others = {str(k + 1) for k in range(choices)} - {answer} if choices else {"", "0.123"}

    def give(text: str) -> None:
        if choices:
            box.locator(f'input[type="radio"][value="{text}"]').check()
        else:
            box.locator('input[type="text"]').fill(text)

    for other in sorted(others):
        give(other)
        assert check(box, False).startswith("Not yet.")
    open_hint(box)
    give(answer)
    check(box, True)
    reload_and_compare(
        page,
        identity,
        {"right": True, "said": "Right.", "open": [True, True], "given": [answer]},
    )


def test_without_javascript_hint_and_answer_are_folds(address: str, new_page: Any) -> None:
    name, identity, _ = tasks()[0]
    page = new_page(f"{address}/{name}", java_script_enabled=False)
    box = box_of(page, identity)
    assert box.locator("form").count() == 0
    box.locator("summary").last.click()
    assert box.locator("details").last.locator("p").first.is_visible()
