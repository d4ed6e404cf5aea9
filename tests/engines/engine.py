"""What the tests ask of a browser, whichever it is: pages, pointers, keys, and its console."""

from __future__ import annotations

import json
from typing import Any, ClassVar

# Seconds for a page to come to what is waited for; its browser gets twice as long to say that it
# has not. Only what is broken takes as long.
PATIENCE = 60

LEFT, RIGHT = 0, 2

# ("move", x, y) in pixels of the window; ("down", button); ("up", button).
Step = tuple[Any, ...]
# In pixels of the window.
Point = tuple[float, float]


class BrowserError(Exception):
    """The browser, or a script in its page, says that something went wrong."""


class Engine:
    """One running browser, with one page that goes from address to address.

    Each kind says how to ``go`` to an address, to ``run`` a script, to follow a ``pointer`` or a
    ``finger``, to ``press`` keys, and what its console has told. The rest is the same for all.
    There is a screen for the finger in a browser that was started with ``touch``.
    """

    # As it calls itself, with its version.
    title: str
    # What it, or its driver, cannot do here, and why.
    cannot: ClassVar[dict[str, str]] = {}

    def __init__(self) -> None:
        self.earlier: list[str] = []

    def go(self, url: str) -> None:
        """Open a page; return when it has loaded."""
        raise NotImplementedError

    def run(self, script: str) -> str:
        """Call an asynchronous JavaScript function without arguments; return its string."""
        raise NotImplementedError

    def pointer(self, *steps: Step) -> None:
        """Have the mouse do these steps."""
        raise NotImplementedError

    def finger(self, *points: Point) -> None:
        """Put a finger on the first point, move it from each to the next, lift it from the last."""
        raise NotImplementedError

    def press(self, *keys: str) -> None:
        """Press keys one after the other, by their names in JavaScript: ``Control+v``."""
        raise NotImplementedError

    def complaints(self) -> list[str]:
        """Errors that the console told since the last time, uncaught exceptions among them."""
        raise NotImplementedError

    def close(self) -> None:
        """End the browser."""
        raise NotImplementedError

    def open(self, url: str) -> None:
        """Open a page anew, also where only the fragment of the address is another."""
        self.earlier += self.complaints()
        self.go("about:blank")
        # What breaks off because the page is left is no fault of it.
        self.complaints()
        self.go(url)
        self.until("() => document.readyState === 'complete'")

    def troubles(self) -> list[str]:
        """What the console of any page has complained about since the last time."""
        troubles, self.earlier = [*self.earlier, *self.complaints()], []
        return troubles

    def call(self, function: str, *arguments: Any) -> Any:
        """Call a JavaScript function with values; wait for what it returns."""
        values = ", ".join(json.dumps(value) for value in arguments)
        answer = self.run(f"async () => JSON.stringify((await ({function})({values})) ?? null)")
        return json.loads(answer)

    def until(self, function: str, *arguments: Any) -> Any:
        """Call a JavaScript function once per frame until what it returns is true; return that."""
        wait = f"""async (...values) => {{
            const end = performance.now() + {1000 * PATIENCE};
            for (;;) {{
                const answer = await ({function})(...values);
                if (answer) return answer;
                if (performance.now() > end) throw new Error("waited in vain");
                await new Promise(requestAnimationFrame);
            }}
        }}"""
        return self.call(wait, *arguments)

    def place(self, selector: str, across: float = 0.5) -> tuple[int, int]:
        """Scroll to an element; return a point on it, ``across`` of its width from its left.

        Once it rests: pictures and figures on the way may still have moved it.
        """
        x, y = self.call(
            """async (selector, across) => {
                const element = document.querySelector(selector);
                let before = null;
                for (let rest = 0; rest < 5; ) {
                    element.scrollIntoView({block: "center", behavior: "instant"});
                    await new Promise(requestAnimationFrame);
                    const { left, top, width, height } = element.getBoundingClientRect();
                    const point = [left + across * width, top + height / 2];
                    rest = String(point) === before ? rest + 1 : 0;
                    before = String(point);
                    if (rest === 5) return point;
                }
            }""",
            selector,
            across,
        )
        return round(x), round(y)

    def click(self, selector: str) -> None:
        """Click the middle of an element."""
        self.pointer(("move", *self.place(selector)), ("down", LEFT), ("up", LEFT))

    def drag(self, start: tuple[int, int], end: tuple[int, int], button: int = LEFT) -> None:
        """Press a button, move in a few steps, release it."""
        shares = (0.25, 0.5, 0.75, 1)
        way = [
            ("move", *(round(a + share * (b - a)) for a, b in zip(start, end, strict=True)))
            for share in shares
        ]
        self.pointer(("move", *start), ("down", button), *way, ("up", button))

    def swipe(self, start: Point, end: Point) -> None:
        """Put a finger down, move it straight in a few steps, lift it."""
        shares = [step / 8 for step in range(9)]
        self.finger(*(_between(start, end, share) for share in shares))

    def rest(self) -> float:
        """Wait until the page no longer scrolls; return how far down it is."""
        return self.call(
            """async () => {
                for (let before = -1, frames = 0; frames < 30; ) {
                    await new Promise(requestAnimationFrame);
                    frames = scrollY === before ? frames + 1 : 0;
                    before = scrollY;
                }
                return scrollY;
            }"""
        )


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
