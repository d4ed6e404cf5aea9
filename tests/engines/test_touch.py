"""What a reader does with a finger, in three engines, on computers that have a touch screen.

The browsers are others than in ``test_engines``: where there is a finger, the style sheet hands a
slider's track to the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.engines.conftest import MISSING, start
from tests.engines.engine import Engine
from tests.engines.figure import CURRENT, HANDLE, Figure, all_differ

pytestmark = [pytest.mark.browser, pytest.mark.site]


@pytest.fixture(scope="module", params=list(MISSING))
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    one = start(request.param, tmp_path_factory.mktemp(request.param), touch=True)
    yield one
    one.close()


@pytest.fixture
def drags(engine: Engine, record_property: Callable[[str, object], None]) -> bool:
    """Whether a page hears of a finger that moves; if not, its row has less than a yes."""
    cannot = "drag with a finger" in engine.cannot
    if cannot:
        record_property("part", True)
    return not cannot


@pytest.mark.usefixtures("neuron")
def test_touch_is_touch(engine: Engine) -> None:
    """The tests below rely on it: what the page gets is no mouse."""
    assert engine.call("() => matchMedia('(any-pointer: coarse)').matches")
    engine.call(
        """() => {
            window.got = [];
            const note = ({ type, isTrusted }) => got.push(`${type} ${isTrusted}`);
            for (const kind of ["start", "move", "end"]) addEventListener(`touch${kind}`, note);
        }"""
    )
    engine.swipe((640, 500), (700, 505))
    engine.until("() => got.includes('touchend true')")
    assert engine.call("() => got[0]") == "touchstart true"
    assert engine.call("() => got.includes('touchmove true')")


def test_touch_and_drag_a_slider_sideways(neuron: Figure, engine: Engine, drags: bool) -> None:
    before, picture = neuron.state(), neuron.picture()
    (x, y), (end, _) = engine.place(CURRENT), engine.place(CURRENT, across=0.9)
    top = engine.rest()
    engine.swipe((x, y), (end, y + 4))
    if not drags:
        assert neuron.state() == before
        return
    assert engine.rest() == top
    state = neuron.state()
    assert state["I"] > before["I"] + 0.3
    assert {**state, "I": before["I"]} == before
    assert all_differ(neuron.picture(), picture)


def test_touch_and_drag_the_start(neuron: Figure, engine: Engine, drags: bool) -> None:
    before, picture = neuron.state(), neuron.picture()
    x, y = engine.place(HANDLE)
    top = engine.rest()
    engine.swipe((x, y), (x + 60, y - 40))
    if not drags:
        assert neuron.state() == before
        return
    # None of it scrolled.
    assert engine.rest() == top
    state = neuron.state()
    assert state["v0"] > before["v0"] + 0.3
    assert state["w0"] > before["w0"] + 0.3
    assert all_differ(neuron.picture(), picture)
    assert engine.place(HANDLE) == (x + 60, y - 40)


def test_touch_and_lift_where_the_slider_and_the_start_shall_be(
    neuron: Figure, engine: Engine
) -> None:
    before = neuron.state()
    engine.finger(engine.place(CURRENT, across=0.9))
    engine.until("(el, I) => document.querySelector(el).valueAsNumber > I", CURRENT, before["I"])
    state = neuron.state()
    assert state["I"] > before["I"] + 0.3
    x, y = engine.place(HANDLE)
    engine.finger((x + 80, y - 60))
    engine.until(
        "(v0) => document.querySelector('[data-explorer]').explorer.state.v0 > v0", before["v0"]
    )
    assert engine.place(HANDLE) == (x + 80, y - 60)


@pytest.mark.parametrize("scrolls", [True, False], ids=["scrolls", "rests"])
def test_touch_and_go_up_over_a_slider(neuron: Figure, engine: Engine, scrolls: bool) -> None:
    """It changes nothing, whether the page scrolls or cannot."""
    before = neuron.state()
    x, y = engine.place(CURRENT, across=0.9)
    if not scrolls:
        engine.call("() => { document.documentElement.style.overflow = 'hidden'; }")
    top = engine.rest()
    engine.swipe((x, y), (x - 5, y - 220))
    if scrolls:
        assert engine.rest() > top + 100
    else:
        assert engine.rest() == top
    assert neuron.state() == before
