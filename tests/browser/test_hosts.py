"""The stored book on hosts with habits of their own, and under a server that does not answer."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext

from tools.browser import Handler, Server

WORKER = Path(__file__).resolve().parents[2] / "book" / "_ext" / "service-worker.js"
READY = "navigator.serviceWorker.ready.then(({active}) => active.state)"


class Host(Handler):
    """A host whose manners a test chooses."""

    manners = "plain"
    over = threading.Event()

    def do_GET(self) -> None:  # noqa: N802 (the base class's name)
        path = urlsplit(self.path).path
        if self.manners == "broken":
            self.send_error(503)
        elif self.manners == "silent":
            self.over.wait(60)
        elif self.manners == "leads on" and path.endswith(".html"):
            self.send_response(301)
            self.send_header("Location", path.removesuffix(".html"))
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif self.manners in {"leads on", "serves x alone"} and "." not in path.rpartition("/")[2]:
            self.path = path if path.endswith("/") else f"{path}.html"
            super().do_GET()
        elif self.manners == "serves x alone" and path.endswith(".html"):
            self.send_error(404)
        else:
            super().do_GET()


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book of two pages, with the site's worker."""
    text = WORKER.read_text(encoding="utf-8")
    files = '{"index.html": "1", "page.html": "2", "404.html": "3", "x.js": "4"}'
    assert "const FILES = {};" in text
    (tmp_path / "service-worker.js").write_text(text.replace("FILES = {}", f"FILES = {files}"))
    (tmp_path / "x.js").write_text("navigator.serviceWorker.register('/service-worker.js')")
    for name in ("index", "page", "404"):
        page = f"<!doctype html><title>{name}</title><script src=/x.js></script>"
        (tmp_path / f"{name}.html").write_text(page)
    return tmp_path


@pytest.fixture
def host(book: Path) -> Iterator[str]:
    Host.manners = "plain"
    Host.over.clear()
    server = Server(("127.0.0.1", 0), partial(Host, folder=book, below="/"))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    Host.over.set()
    server.shutdown()
    server.hang_up()
    server.server_close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    one = browser.new_context()
    yield one
    one.close()


@pytest.mark.parametrize("manners", ["plain", "leads on", "serves x alone"])
def test_pages_open_from_the_store_whatever_the_host_calls_them(
    manners: str, host: str, context: BrowserContext
) -> None:
    Host.manners = manners
    page = context.new_page()
    page.goto(f"{host}/")
    assert page.evaluate(READY) in {"activating", "activated"}
    for address in ("page.html", "page", ""):
        Host.manners = "broken"
        page.goto(f"{host}/{address}")
        assert page.title() == ("page" if address else "index"), address


def test_a_server_that_never_answers_gets_the_stored_page(
    host: str, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(f"{host}/")
    page.evaluate(READY)
    page.evaluate(
        "navigator.serviceWorker.controller ? 1 : new Promise(done => "
        "navigator.serviceWorker.addEventListener('controllerchange', () => done(1)))"
    )
    Host.manners = "silent"
    page.goto(f"{host}/page.html", timeout=30_000)
    assert page.title() == "page"


def test_a_server_that_answers_is_not_kept_waiting_by_the_store(
    host: str, book: Path, context: BrowserContext
) -> None:
    page = context.new_page()
    page.goto(f"{host}/")
    page.evaluate(READY)
    (book / "page.html").write_text("<!doctype html><title>new</title>")
    page.goto(f"{host}/page.html")
    assert page.title() == "new"
    # What the store does not have is the server's to refuse.
    answer: Any = page.goto(f"{host}/none.html")
    assert answer.status == 404
