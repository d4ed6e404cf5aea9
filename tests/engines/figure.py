"""The site's pages, and a figure in one of them."""

from __future__ import annotations

from typing import Any

from tests.engines.engine import Engine
from tools.drawn import DRAWN

PAGES = {
    "index": "index.html",
    "chapter 1": "notebooks/01_fitzhugh_nagumo.html",
    "chapter 8": "notebooks/08_phase_portraits.html",
    "chapter 15": "notebooks/15_train_it_here.html",
    "chapter 18": "notebooks/18_which_method_when.html",
    "chapter 20": "notebooks/20_a_real_recording.html",
}
HANDLE = ".neurode-explorer .nx-handle"
CURRENT = '.neurode-explorer input[name="I"]'


class Figure:
    """One explorer of the page, through what it offers to readers and to tests."""

    def __init__(self, engine: Engine, number: int = 0) -> None:
        self.engine, self.number = engine, number
        engine.call(
            f"""async (number) => {{
                const element = document.querySelectorAll("[data-explorer]")[number];
                await ({DRAWN})(element);
                element.scrollIntoView({{block: "center", behavior: "instant"}});
            }}""",
            number,
        )

    def ask(self, function: str, *values: Any) -> Any:
        """Call a JavaScript function with the figure's element, and values."""
        return self.engine.call(
            "(number, ...values) => "
            f"({function})(document.querySelectorAll('[data-explorer]')[number], ...values)",
            self.number,
            *values,
        )

    def state(self) -> dict[str, Any]:
        return self.ask("(el) => el.explorer.state")

    def trajectory(self) -> dict[str, list[float]]:
        return self.ask("(el) => el.explorer.series().trajectory")

    def settle(self) -> None:
        """Wait until what was asked for has been drawn."""
        self.engine.until(
            """(number) => {
                const { explorer } = document.querySelectorAll("[data-explorer]")[number];
                const { stale, frame, currentScene: scene } = explorer;
                const waiting = scene.waiting && !scene.failed;
                return !stale && !frame && !waiting && scene.finished !== false;
            }""",
            self.number,
        )

    def picture(self) -> list[str]:
        """The pixels of every canvas."""
        self.settle()
        return self.ask("(el) => [...el.querySelectorAll('canvas')].map((c) => c.toDataURL())")


def all_differ(pictures: list[str], others: list[str]) -> bool:
    return all(one != other for one, other in zip(pictures, others, strict=True))
