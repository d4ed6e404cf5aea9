"""WebKit, through WebDriver: JSON over HTTP, to WebKitWebDriver, which starts the browser.

The browser is ``webkit_browser.py``, since WebKitGTK's own MiniBrowser, when it is driven, keeps
what the console tells to itself. Its window is on a screen that is nowhere, an Xvfb.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, ClassVar

from tests.engines.actions import keyboard, mouse
from tests.engines.engine import PATIENCE, BrowserError, Engine, Point, Step
from tools.browser import SYSTEM_PYTHON, direct_environment

BROWSER = Path(__file__).with_name("webkit_browser.py")
# As WebKit writes it: source:line:column: CONSOLE SECURITY ERROR …
ERROR = re.compile(r"CONSOLE (?:[A-Z]+ )*ERROR ")

CALL = """const done = arguments[arguments.length - 1];
(%s)().then((value) => done({value}), (error) => done({error: String(error)}));"""


def free_port() -> int:
    """Return a port where nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


class Screen:
    """An X server that shows its screen to nobody."""

    def __init__(self) -> None:
        told, tells = os.pipe()
        self.process = subprocess.Popen(
            [
                *("Xvfb", "-displayfd", str(tells), "-screen", "0", "1280x1000x24"),
                *("-nolisten", "tcp"),
            ],
            pass_fds=[tells],
            stderr=subprocess.DEVNULL,
        )
        os.close(tells)
        with os.fdopen(told) as lines:
            # It says its number once it is ready.
            number = lines.readline().strip()
        if not number:
            raise BrowserError("Xvfb did not start")
        self.display = f":{number}"

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(PATIENCE)


class WebKit(Engine):
    """WebKitGTK, with nothing kept from earlier visits."""

    cannot: ClassVar = {
        "drag with a finger": "WebKitGTK sends a page no pointer events of a finger that moves; a "
        "tap moves slider and start, a swipe scrolls and changes nothing",
        "press the right button": "WebKitWebDriver then releases the left one, and it stays down",
    }

    def __init__(self, folder: Path, touch: bool = False) -> None:
        super().__init__()
        self.folder = folder
        self.touch = touch
        self.log = folder / "console"
        self.log.touch()
        self.read = 0
        self.screen = Screen()
        self.port = free_port()
        self.driver = subprocess.Popen(
            ["WebKitWebDriver", f"--port={self.port}"],
            env=direct_environment() | {"DISPLAY": self.screen.display, "GDK_BACKEND": "x11"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._start()
        except BaseException:
            self.driver.kill()
            self.screen.close()
            raise

    def _start(self) -> None:
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.request("GET", "/status")
                break
            except ConnectionRefusedError:
                if self.driver.poll() is not None or time.monotonic() > end:
                    raise
                with suppress(subprocess.TimeoutExpired):
                    self.driver.wait(0.05)
        asked = [str(self.folder), *(("touch",) if self.touch else ())]
        options = {"binary": SYSTEM_PYTHON, "args": [str(BROWSER), *asked]}
        wanted = {"webkitgtk:browserOptions": options, "timeouts": {"script": 2000 * PATIENCE}}
        session = self.request("POST", "/session", capabilities={"alwaysMatch": wanted})
        self.session = f"/session/{session['sessionId']}"
        self.title = f"WebKit {session['capabilities']['browserVersion']}"

    def request(self, method: str, path: str, **parameters: Any) -> Any:
        """Send a command; return its value."""
        # The driver gives up before.
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=3 * PATIENCE)
        body = json.dumps(parameters) if method == "POST" else None
        connection.request(method, path, body, {"Content-Type": "application/json"})
        value = json.load(connection.getresponse())["value"]
        connection.close()
        if isinstance(value, dict) and "error" in value and "stacktrace" in value:
            raise BrowserError(f"{path}: {value['error']}: {value['message']}")
        return value

    def go(self, url: str) -> None:
        self.request("POST", f"{self.session}/url", url=url)

    def run(self, script: str) -> str:
        answer = self.request(
            "POST", f"{self.session}/execute/async", script=CALL % script, args=[]
        )
        if "error" in answer:
            raise BrowserError(answer["error"])
        return answer["value"]

    def pointer(self, *steps: Step) -> None:
        self.request("POST", f"{self.session}/actions", actions=mouse(steps))

    def finger(self, *points: Point) -> None:
        # WebKitWebDriver takes a pointer of the type "touch" and makes mouse events of it. So its
        # window gets the finger from GTK.
        kinds = ["begin"] + ["update"] * (len(points) - 1)
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(PATIENCE)
            line.connect(str(self.folder / "finger"))
            with line.makefile("rw") as lines:
                for kind, (x, y) in [*zip(kinds, points, strict=True), ("end", points[-1])]:
                    print(kind, x, y, file=lines, flush=True)
                    assert lines.readline() == "done\n"
                    self.call("() => new Promise(requestAnimationFrame)")

    def press(self, *keys: str) -> None:
        self.request("POST", f"{self.session}/actions", actions=keyboard(keys))

    def complaints(self) -> list[str]:
        with self.log.open("rb") as lines:
            lines.seek(self.read)
            new = lines.read()
        # A line that is still being written is read the next time.
        whole = new[: new.rfind(b"\n") + 1]
        self.read += len(whole)
        return [line for line in whole.decode(errors="replace").splitlines() if ERROR.search(line)]

    def close(self) -> None:
        self.request("DELETE", self.session)
        self.driver.terminate()
        self.driver.wait(PATIENCE)
        self.screen.close()
