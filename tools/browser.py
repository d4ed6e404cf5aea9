"""A browser, and a site for it to read: what tests, audits and benchmarks of pages share.

A browser is looked for in this order: one on the path, or playwright's own; as root on Debian,
Debian's package; a download by playwright. Sites are served as a host would: compressed, and under
a sub-path.
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


def ensure_browser() -> str | None:
    """Return None when there is a browser, else the reason why there is none."""
    if find_browser():
        return None
    quietly = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False}
    if os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        print("No Chromium here: installing Debian's", flush=True)
        quiet_apt = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update"], env=quiet_apt, **quietly)
        subprocess.run(
            ["apt-get", "install", "-y", "--no-install-recommends", "chromium"],
            env=quiet_apt,
            **quietly,
        )
        if find_browser():
            return None
    print("No Chromium here: asking playwright to download its own", flush=True)
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], **quietly)
    if find_browser():
        return None
    return "no Chromium or Chrome is installed, and none could be installed or downloaded"


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
