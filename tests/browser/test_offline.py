"""The served site without a network, after one visit; and the archive, from disk."""

from __future__ import annotations

import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tools.browser import serving
from tools.drawn import wait_until_drawn
from tools.make_dist import make_archive

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
WHEN_KEPT = """async () => {
    const registration = await navigator.serviceWorker.ready;
    return registration.active.state;
}"""
# Until no worker is on its way any more: the newest build is the one that answers.
UPDATED = """async () => {
    const registration = await navigator.serviceWorker.getRegistration();
    await registration.update();
    const worker = registration.installing || registration.waiting;
    if (worker) {
        await new Promise(done => worker.addEventListener("statechange", () => {
            if (worker.state === "activated") done();
        }));
    }
}"""

pytestmark = pytest.mark.site


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    one = browser.new_context(viewport={"width": 1280, "height": 900})
    yield one
    one.close()


def first_visit(context: BrowserContext, address: str) -> Page:
    page = context.new_page()
    page.goto(f"{address}/")
    page.evaluate(WHEN_KEPT)
    return page


def test_the_book_is_readable_offline_after_the_first_visit(context: BrowserContext) -> None:
    with serving(SITE, "/a/path/") as address:
        page = first_visit(context, address)
    # The server is gone, which is more than switching the network off in the browser.
    troubles: list[str] = []
    page.on("requestfailed", lambda request: troubles.append(request.url))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    # A page never opened, with formulas, pictures, and networks that compute.
    page.goto(f"{address}/notebooks/08_phase_portraits.html")
    wait_until_drawn(page.locator(".neurode-explorer").first)
    page.evaluate(
        "Promise.all([...document.images].filter(i => i.checkVisibility())"
        ".map(i => { i.loading = 'eager'; return i.decode(); })).then(() => true)"
    )
    page.goto(f"{address}/search.html?q=nullcline")
    page.locator("ul.search li").first.wait_for()
    assert not troubles


def test_a_new_build_replaces_the_old_one(context: BrowserContext, tmp_path: Path) -> None:
    copy = tmp_path / "site"
    shutil.copytree(SITE, copy, ignore=shutil.ignore_patterns("_sources", "data"))
    worker = copy / "service-worker.js"
    # A book of two pages: the build's list, cut short.
    two = ["index.html", "404.html"]
    whole = worker.read_text(encoding="utf-8")

    def publish(mark: str) -> None:
        (copy / "index.html").write_text(f"<title>{mark}</title><script src=x.js></script>")
        start, end = whole.index("const FILES = ") + len("const FILES = "), whole.index("};\n") + 1
        files = ", ".join(f'"{name}": "{mark}-{name}"' for name in two)
        worker.write_text(f"{whole[:start]}{{{files}}}{whole[end:]}", encoding="utf-8")

    with serving(copy) as address:
        (copy / "x.js").write_text("navigator.serviceWorker.register('service-worker.js')")
        publish("first")
        page = first_visit(context, address)
        publish("second")
        # With a network the new page is there at once, whatever is stored.
        page.goto(f"{address}/?anew")
        assert page.title() == "second"
        page.evaluate(UPDATED)
        kept = page.evaluate(
            """async () => {
                const [name] = await caches.keys();
                const requests = await (await caches.open(name)).keys();
                return requests.map(request => request.url);
            }"""
        )
        assert len(kept) == len(two)
        assert all("second" in one for one in kept)
    page.goto(f"{address}/?offline")
    assert page.title() == "second"


def test_the_archive_works_from_disk(context: BrowserContext, tmp_path: Path) -> None:
    archive = make_archive(SITE, tmp_path / "book.zip")
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(tmp_path)
    (start,) = tmp_path.glob("*/index.html")
    assert not list(start.parent.rglob(".*"))
    page = context.new_page()
    troubles: list[Any] = []
    page.on("console", lambda message: message.type != "log" and troubles.append(message.text))
    page.on("requestfailed", lambda request: troubles.append(request.url))
    page.goto(start.as_uri())
    page.get_by_role("navigation").get_by_role("link", name="Phase portraits").click()
    wait_until_drawn(page.locator(".neurode-explorer").first)
    page.wait_for_load_state()  # the search's key is listened for
    page.keyboard.press("Control+k")
    page.keyboard.type("nullcline")
    page.keyboard.press("Enter")
    page.locator("ul.search li").first.wait_for()
    assert not troubles
    # Nothing of the reader's disk is registered as an application.
    assert page.evaluate("location.protocol") == "file:"


def test_same_site_same_archive(tmp_path: Path) -> None:
    first = make_archive(SITE, tmp_path / "1.zip").read_bytes()
    assert first == make_archive(SITE, tmp_path / "2.zip").read_bytes()
