"""Serve a built site on this machine as a host would: compressed, and under a sub-path."""

from __future__ import annotations

import gzip
import http.server
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

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
        asked = unquote(urlsplit(self.path).path)
        path = (self.folder / asked.removeprefix(self.below).lstrip("/")).resolve()
        if path.is_dir():
            path /= "index.html"
        status = HTTPStatus.OK
        if not asked.startswith(self.below) or not path.is_file():
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
