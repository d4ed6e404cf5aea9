"""Browsers, and a site for them to read: what tests, audits and benchmarks of pages share.

Chromium is looked for in this order: one on the path, or playwright's own; as root on Debian,
Debian's package; a download by playwright. Firefox and WebKit, in which some tests are done again,
have to be on the path, or are Debian's. Sites are served as a host would: compressed, and under a
sub-path.
"""

from __future__ import annotations

import gzip
import http.server
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# What keeps a browser headless, and off the network.
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
QUIETLY: dict[str, Any] = {
    "stdout": subprocess.DEVNULL,
    "stderr": subprocess.DEVNULL,
    "check": False,
}
# The driver, a screen for it, and the bindings that tests/engines/webkit_browser.py uses; those are
# for the system's own Python.
WEBKIT_IN_DEBIAN = ("webkit2gtk-driver", "xvfb", "python3-gi", "gir1.2-webkit2-4.1")
SYSTEM_PYTHON = "/usr/bin/python3"

TYPES = {
    ".css": "text/css",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".xml": "application/xml",
}
# Already compressed.
AS_THEY_ARE = {".woff", ".woff2", ".png", ".webp"}


def find_browser(playwright: Playwright | None = None) -> str | None:
    """Path of a browser, or None. Pass the playwright that runs, if one does: two cannot."""
    for name in NAMES:
        if path := shutil.which(name):
            return path
    if playwright is None:
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            return find_browser(playwright)
    path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def launch(playwright: Playwright) -> Browser:
    """Start the browser that was found."""
    return playwright.chromium.launch(executable_path=find_browser(playwright), args=list(FLAGS))


def install_from_debian(what: str, packages: tuple[str, ...]) -> None:
    """Install packages if this is a Debian and we are root; whether it worked shows."""
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    print(f"No {what} here: installing Debian's", flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update"], env=environment, **QUIETLY)
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    subprocess.run(install, env=environment, **QUIETLY)


def ensure_browser() -> str | None:
    """Return None when there is a Chromium, else the reason why there is none."""
    if find_browser():
        return None
    install_from_debian("Chromium", ("chromium",))
    if find_browser():
        return None
    print("No Chromium here: asking playwright to download its own", flush=True)
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], **QUIETLY)
    if find_browser():
        return None
    return "no Chromium or Chrome is installed, and none could be installed or downloaded"


def no_chromium() -> str | None:
    """Return None when there is a Chromium, else what is missing."""
    return None if find_browser() else "neither Chromium nor Chrome is on the path"


def find_firefox() -> str | None:
    """Path of a Firefox, or None."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


def no_firefox() -> str | None:
    """Return None when there is a Firefox, else what is missing."""
    return None if find_firefox() else "neither firefox-esr nor firefox is on the path"


def no_webkit() -> str | None:
    """Return None when there is a WebKit that can be driven, else what is missing."""
    for program in ("WebKitWebDriver", "Xvfb"):
        if not shutil.which(program):
            return f"{program} is not on the path"
    bindings = "import gi; gi.require_version('WebKit2', '4.1')"
    with suppress(OSError):
        if subprocess.run([SYSTEM_PYTHON, "-c", bindings], **QUIETLY).returncode == 0:
            return None
    return f"{SYSTEM_PYTHON} has no bindings to WebKitGTK 4.1"


def ensure_other_engines() -> list[str]:
    """Say of Firefox and WebKit, each, what is missing, if it is and could not be installed."""
    reasons = []
    for name, missing, packages in (
        ("Firefox", no_firefox, ("firefox-esr",)),
        ("WebKit", no_webkit, WEBKIT_IN_DEBIAN),
    ):
        if missing():
            install_from_debian(name, packages)
        if reason := missing():
            reasons.append(f"{name}: {reason}")
    return reasons


def direct_environment() -> dict[str, str]:
    """Return the environment without proxies: sites in tests are on this machine."""
    return {
        name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")
    }


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers with the files of a folder, below a path; elsewhere with its 404.html."""

    protocol_version = "HTTP/1.1"

    def __init__(self, *args: Any, folder: Path, below: str) -> None:
        self.folder, self.below = folder, below
        super().__init__(*args)

    def log_message(self, *args: Any) -> None:
        pass

    def handle(self) -> None:
        # A browser that leaves a page drops what it no longer needs.
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        address = unquote(urlsplit(self.path).path)
        path = (self.folder / address.removeprefix(self.below).lstrip("/")).resolve()
        if path.is_dir():
            path /= "index.html"
        status = HTTPStatus.OK
        if not address.startswith(self.below) or not path.is_file():
            status, path = HTTPStatus.NOT_FOUND, self.folder / "404.html"
        body = path.read_bytes() if path.is_file() else b""
        self.send_response(status)
        if path.suffix not in AS_THEY_ARE and "gzip" in self.headers.get("Accept-Encoding", ""):
            body = gzip.compress(body, 6, mtime=0)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", TYPES.get(path.suffix, "application/octet-stream"))
        self.send_header("Content-Length", str(len(body)))
        # What a browser shows without the network then comes from the site's own store.
        self.send_header("Cache-Control", "no-cache")
        self.end_headers()
        self.wfile.write(body)


class Server(http.server.ThreadingHTTPServer):
    """Can end the connections that browsers keep open for their next request."""

    def __init__(self, *args: Any) -> None:
        self.connections: list[socket.socket] = []
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.connections.append(request)
        super().process_request(request, client_address)

    def hang_up(self) -> None:
        for connection in self.connections:
            with suppress(OSError):  # closed already
                connection.shutdown(socket.SHUT_RDWR)


@contextmanager
def serving(folder: Path, below: str = "/") -> Iterator[str]:
    """Serve ``folder`` while the context lasts; yields the address, without a slash at its end."""
    handler = partial(Handler, folder=folder.resolve(), below=below)
    server = Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{below.rstrip('/')}"
    finally:
        server.shutdown()
        server.hang_up()
        server.server_close()
        thread.join()
