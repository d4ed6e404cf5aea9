"""What a reader does with the built site, in three engines, from a server and from disk.

The first word of a name after `test` is the action's, in the table that is printed at the end.
"""

from __future__ import annotations

import re
import time

import pytest

from tests.engines.engine import PATIENCE, RIGHT, Engine
from tests.engines.figure import CURRENT, HANDLE, PAGES, Figure, all_differ

pytestmark = [pytest.mark.browser, pytest.mark.site]


@pytest.mark.parametrize("page", PAGES)
def test_draw_in_place_of_the_still_picture(page: str, engine: Engine, home: str) -> None:
    engine.open(f"{home}/{PAGES[page]}")
    count = engine.call("() => document.querySelectorAll('[data-explorer]').length")
    assert count
    for number in range(count):
        figure = Figure(engine, number)
        assert figure.ask("(el) => el.querySelectorAll('img, figcaption').length") == 0
        if figure.ask("(el) => el.dataset.explorer") == "recording":
            # There is nothing to draw before there is a recording.
            engine.click('[data-explorer="recording"] [data-action="sample"]')
            engine.until(
                "() => !!document.querySelector('[data-explorer=recording]').explorer.recording"
            )
        figure.settle()
        inked = figure.ask(
            """(el) => [...el.querySelectorAll("canvas")].map(
                (c) => c.getContext("2d").getImageData(0, 0, c.width, c.height).data
                    .filter((x, i) => i % 4 === 3 && x > 0).length / (c.width * c.height))"""
        )
        # The loss curve of a training to come is empty.
        assert inked[0] > 0.01


def test_drag_the_start_with_the_left_button_only(neuron: Figure, engine: Engine) -> None:
    before, picture = neuron.trajectory(), neuron.picture()
    x, y = engine.place(HANDLE)
    engine.drag((x, y), (x + 60, y - 40))
    state, after = neuron.state(), neuron.trajectory()
    assert state["v0"] > before["v"][0] + 0.3
    assert state["w0"] > before["w"][0] + 0.3
    assert (after["v"][0], after["w"][0]) == (state["v0"], state["w0"])
    assert after["v"][-1] != before["v"][-1]
    assert all_differ(neuron.picture(), picture)
    assert engine.place(HANDLE) == (x + 60, y - 40)
    if "press the right button" not in engine.cannot:
        engine.drag((x + 60, y - 40), (x, y), button=RIGHT)
        assert neuron.state() == state


def test_slide_by_pointer_and_by_keys(neuron: Figure, engine: Engine) -> None:
    before, picture = neuron.state(), neuron.picture()
    engine.drag(engine.place(CURRENT), engine.place(CURRENT, across=0.9))
    state = neuron.state()
    assert state["I"] > before["I"] + 0.3
    assert {**state, "I": before["I"]} == before
    moved = neuron.picture()
    assert all_differ(moved, picture)
    # What was dragged has the focus.
    engine.press("ArrowLeft", "ArrowLeft")
    assert neuron.state()["I"] == pytest.approx(state["I"] - 0.02)
    assert all_differ(neuron.picture(), moved)


def test_keys_move_the_start_with_shift_further(neuron: Figure, engine: Engine) -> None:
    before, picture = neuron.state(), neuron.picture()
    neuron.ask("(el) => el.querySelector('.nx-handle').focus()")
    engine.press("ArrowRight", "Shift+ArrowDown")
    state = neuron.state()
    assert state["v0"] == pytest.approx(before["v0"] + 0.05)
    assert state["w0"] == pytest.approx(before["w0"] - 0.25)
    assert all_differ(neuron.picture(), picture)


def test_train_in_the_page(engine: Engine, home: str) -> None:
    engine.open(f"{home}/{PAGES['chapter 15']}")
    live = Figure(engine)
    # The shortest training on offer.
    live.ask("(el) => el.explorer.set({updates: 200})")
    engine.click('[data-explorer="live"] [data-action="train"]')
    engine.until(
        """() => {
            const { run } = document.querySelector("[data-explorer=live]").explorer;
            return !run.running && run.status !== "new";
        }"""
    )
    run = live.ask("(el) => ({status: el.explorer.run.status, losses: el.explorer.run.losses})")
    assert run["status"] == "finished"
    assert len(run["losses"]) == 200
    assert run["losses"][-1] < run["losses"][0]


def test_copy_a_link_that_shows_the_same(neuron: Figure, engine: Engine) -> None:
    neuron.ask("(el) => el.querySelector('.nx-handle').focus()")
    engine.press("ArrowRight", "ArrowUp")
    state, picture = neuron.state(), neuron.picture()
    engine.click('.neurode-explorer [data-action="share"]')
    engine.click('.nx-share [data-action="copy-link"]')
    said = "() => document.querySelector('.nx-share .nx-said').textContent"
    assert engine.until(said) == "Copied the link."
    engine.click('.nx-share [data-action="close"]')
    # A page may not read what is copied; a reader pastes it.
    engine.call(
        """() => {
            const field = document.createElement("textarea");
            document.querySelector("main").prepend(field);
            field.focus();
        }"""
    )
    engine.press("Control+v")
    link = engine.until("() => document.querySelector('main > textarea').value")
    engine.open(link)
    shown = Figure(engine)
    assert shown.state() == state
    assert shown.picture() == picture


@pytest.mark.parametrize("page", ["chapter 1", "chapter 15", "chapter 20"])
def test_land_on_the_heading_that_a_link_names(page: str, engine: Engine, home: str) -> None:
    engine.open(f"{home}/{PAGES[page]}#exercises")
    engine.until("() => document.fonts.ready.then(() => true)")
    top, header = engine.call(
        """() => [
            document.querySelector("#exercises h2").getBoundingClientRect().top,
            document.querySelector(".bd-header-article").getBoundingClientRect().bottom,
        ]"""
    )
    assert 0 <= top - max(header, 0) < 60


def test_hear_every_complaint(engine: Engine, home: str) -> None:
    """The tests above rely on the console to tell them."""
    engine.open(f"{home}/{PAGES['index']}")
    assert engine.troubles() == []
    engine.call(
        """() => {
            console.error("told by a script");
            setTimeout(() => { throw new Error("not caught"); });
            return new Promise((done) => {
                document.addEventListener("securitypolicyviolation", done, {once: true});
                document.body.append(Object.assign(document.createElement("script"), {text: "1"}));
            }).then(() => new Promise(requestAnimationFrame));
        }"""
    )
    heard: list[str] = []
    for words in ("told by a script", "not caught", "Content.Security.Policy"):
        # Some tell it a little later.
        end = time.monotonic() + PATIENCE
        while not any(re.search(words, complaint) for complaint in heard):
            assert time.monotonic() < end, words
            engine.call("() => new Promise(requestAnimationFrame)")
            heard += engine.troubles()
