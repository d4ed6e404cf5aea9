"""Firefox, through WebDriver BiDi, which it speaks by itself: JSON over a web socket."""

from __future__ import annotations

import json
import re
import subprocess
import threading
from pathlib import Path
from typing import Any

from websocket import create_connection

from tests.engines.actions import keyboard, mouse
from tests.engines.engine import PATIENCE, BrowserError, Engine, Point, Step
from tools.browser import direct_environment

LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")

# The profile of a computer with a touch screen besides its mouse: touch events are on (1), and of
# the pointers at least one is coarse (1), one fine (2), and one can hover (4).
TOUCH_SCREEN = """
user_pref("dom.w3c_touch_events.enabled", 1);
user_pref("ui.allPointerCapabilities", 7);
user_pref("ui.primaryPointerCapabilities", 6);
"""
# Lets a driver call functions in Firefox's own window.
SYSTEM = ("--remote-allow-system-access",)

FINGER = """async (points) => {
    const { left, top } = gBrowser.selectedBrowser.getBoundingClientRect();
    const touch = (state, [x, y]) => new Promise((done) => {
        windowUtils.sendNativeTouchPoint(
            0,
            state,
            (mozInnerScreenX + left + x) * devicePixelRatio,
            (mozInnerScreenY + top + y) * devicePixelRatio,
            1,
            90,
            done,
        );
    });
    for (const point of points) await touch(windowUtils.TOUCH_CONTACT, point);
    await touch(windowUtils.TOUCH_REMOVE, points.at(-1));
}"""


class Firefox(Engine):
    """A Firefox without a window, with a new profile."""

    def __init__(self, program: str, folder: Path, touch: bool = False) -> None:
        super().__init__()
        if touch:
            (folder / "user.js").write_text(TOUCH_SCREEN)
        self.process = subprocess.Popen(
            [
                *(program, "--headless", "--no-remote", "--profile", str(folder)),
                *("--remote-debugging-port", "0", *(SYSTEM if touch else ()), "about:blank"),
            ],
            env=direct_environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
        self.told: list[str] = []
        self.asked = 0
        try:
            # A browser checks who asks: a page would send its origin, a program does not.
            self.socket = create_connection(
                f"{self._address()}/session", timeout=2 * PATIENCE, suppress_origin=True
            )
            self._start()
        except BaseException:
            self.process.kill()
            raise

    def _address(self) -> str:
        """Where it listens, which it says when it is ready."""
        errors = self.process.stderr
        assert errors is not None
        said = []
        for line in errors:
            said.append(line)
            if listens := LISTENS.search(line):
                # What it says later must not fill the pipe.
                self.drain = threading.Thread(target=errors.read, daemon=True)
                self.drain.start()
                return listens[1]
        raise BrowserError(f"Firefox did not start: {''.join(said)}")

    def _start(self) -> None:
        session = self.send("session.new", capabilities={})
        self.title = f"Firefox {session['capabilities']['browserVersion']}"
        (tree,) = self.send("browsingContext.getTree")["contexts"]
        self.context = tree["context"]
        size = {"width": 1280, "height": 900}
        self.send("browsingContext.setViewport", context=self.context, viewport=size)
        # Its console says nothing of what is not found.
        self.send("session.subscribe", events=["log.entryAdded", "network.responseCompleted"])

    def _call_in_its_window(self, function: str, *arguments: Any) -> None:
        """Call a JavaScript function in Firefox's own window, which has more rights than a page."""
        (window,) = self.send("browsingContext.getTree", **{"moz:scope": "chrome"})["contexts"]
        values = ", ".join(json.dumps(value) for value in arguments)
        answer = self.send(
            "script.callFunction",
            functionDeclaration=f"() => ({function})({values})",
            awaitPromise=True,
            target={"context": window["context"]},
        )
        if answer["type"] == "exception":
            raise BrowserError(answer["exceptionDetails"]["text"])

    def send(self, method: str, **parameters: Any) -> Any:
        """Send a command; return its result. Events that come before it are noted."""
        self.asked += 1
        self.socket.send(json.dumps({"id": self.asked, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.recv())
            if message["type"] == "event":
                self._note(message["method"], message["params"])
            elif message["id"] == self.asked:
                if message["type"] == "error":
                    raise BrowserError(f"{method}: {message['error']}: {message['message']}")
                return message["result"]

    def _note(self, event: str, what: dict[str, Any]) -> None:
        if event == "log.entryAdded" and what["level"] == "error":
            self.told.append(what["text"])
        elif event == "network.responseCompleted" and what["response"]["status"] >= 400:
            self.told.append(f"{what['response']['status']}: {what['response']['url']}")

    def go(self, url: str) -> None:
        self.send("browsingContext.navigate", context=self.context, url=url, wait="complete")

    def run(self, script: str) -> str:
        answer = self.send(
            "script.callFunction",
            functionDeclaration=script,
            awaitPromise=True,
            target={"context": self.context},
        )
        if answer["type"] == "exception":
            raise BrowserError(answer["exceptionDetails"]["text"])
        return answer["result"]["value"]

    def _perform(self, actions: list[dict[str, Any]]) -> None:
        self.send("input.performActions", context=self.context, actions=actions)

    def pointer(self, *steps: Step) -> None:
        self._perform(mouse(steps))

    def finger(self, *points: Point) -> None:
        # BiDi's own touch goes to the page alone: it never becomes a scroll that takes the finger
        # from the page. This one comes from where the screen's driver would be.
        self._call_in_its_window(FINGER, points)

    def press(self, *keys: str) -> None:
        self._perform(keyboard(keys))

    def complaints(self) -> list[str]:
        # What was told before this answer has arrived with it.
        self.send("session.status")
        told, self.told = self.told, []
        return told

    def close(self) -> None:
        self.send("browser.close")
        self.socket.close()
        self.process.wait(PATIENCE)
        self.drain.join(PATIENCE)
        self.process.stderr.close()
