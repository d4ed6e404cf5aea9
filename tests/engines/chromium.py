"""Chromium, through playwright."""

from __future__ import annotations

from playwright.sync_api import ConsoleMessage, sync_playwright

from tests.engines.engine import PATIENCE, Engine, Point, Step
from tools.browser import launch

BUTTONS = {0: "left", 2: "right"}


class Chromium(Engine):
    """One page of the Chromium that the other browser tests use."""

    def __init__(self, touch: bool = False) -> None:
        super().__init__()
        self.playwright = sync_playwright().start()
        self.browser = launch(self.playwright)
        self.title = f"Chromium {self.browser.version}"
        self.page = self.browser.new_page(viewport={"width": 1280, "height": 900}, has_touch=touch)
        self.page.set_default_timeout(1000 * PATIENCE)
        self.told: list[str] = []
        self.page.on("pageerror", lambda error: self.told.append(f"uncaught: {error}"))
        self.page.on("console", self._listen)

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.told.append(message.text)

    def go(self, url: str) -> None:
        self.page.goto(url)

    def run(self, script: str) -> str:
        return self.page.evaluate(script)

    def pointer(self, *steps: Step) -> None:
        mouse = self.page.mouse
        for kind, *values in steps:
            if kind == "move":
                mouse.move(*values)
            elif kind == "down":
                mouse.down(button=BUTTONS[values[0]])
            else:
                mouse.up(button=BUTTONS[values[0]])

    def finger(self, *points: Point) -> None:
        devtools = self.page.context.new_cdp_session(self.page)
        kinds = ["touchStart"] + ["touchMove"] * (len(points) - 1)
        for kind, (x, y) in zip(kinds, points, strict=True):
            devtools.send(
                "Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]}
            )
        devtools.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
        devtools.detach()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def complaints(self) -> list[str]:
        told, self.told = self.told, []
        return told

    def close(self) -> None:
        self.browser.close()
        self.playwright.stop()
