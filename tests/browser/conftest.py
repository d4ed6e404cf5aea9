"""A browser for the tests, pages with explorers on them, and nothing else on the network."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from neurode_lib.explorers.packages import write_scripts
from tools.browser import find_browser, launch, serving
from tools.drawn import wait_until_drawn

STATIC = Path(__file__).parents[2] / "neurode_lib" / "explorers" / "static"
REQUIRED = os.environ.get("NEURODE_REQUIRE_BROWSER") == "1"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say plainly at the end that the browser tests did not run, and why."""
    reasons = {
        str(report.longrepr[2])
        for report in terminalreporter.stats.get("skipped", [])
        if isinstance(report.longrepr, tuple) and "no browser" in str(report.longrepr[2])
    }
    for reason in reasons:
        terminalreporter.write_line(f"BROWSER TESTS DID NOT RUN: {reason}", red=True)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        if find_browser(playwright) is None:
            reason = "no browser: neither Chromium nor Chrome on the path, nor playwright's own"
            if REQUIRED:
                pytest.fail(f"{reason}, and NEURODE_REQUIRE_BROWSER=1")
            pytest.skip(reason)
        launched = launch(playwright)
        yield launched
        launched.close()


class Site:
    """Pages with explorers on them, in a folder one level below the server's root."""

    def __init__(self, root: Path, address: str) -> None:
        self.folder = root / "sub" / "path"
        (self.folder / "_static").mkdir(parents=True)
        for script in ("explorers.js", "trainer.js"):
            shutil.copy2(STATIC / script, self.folder / "_static")
        write_scripts(self.folder / "_static" / "data")
        self.address = f"{address}/sub/path"

    def write(self, name: str, *parts: str) -> str:
        """Write a page; returns its address on the server."""
        style = (
            "html[data-theme=dark] body{background:#14181e;color:#ced6dd}"
            "body{font:16px/1.6 sans-serif;margin:0 auto;max-width:760px;padding:0 12px}"
        )
        (self.folder / name).write_text(
            '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>'
            '<meta name="viewport" content="width=device-width,initial-scale=1">'
            f'<style>{style}</style><script defer src="_static/explorers.js"></script></head>'
            f"<body><main><h1>A page</h1>{''.join(parts)}</main></body></html>",
            encoding="utf-8",
        )
        return f"{self.address}/{name}"

    def on_disk(self, name: str) -> str:
        return (self.folder / name).as_uri()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    root = tmp_path_factory.mktemp("site")
    with serving(root) as address:
        yield Site(root, address)


@pytest.fixture
def new_page(browser: Browser) -> Iterator[Any]:
    """Open pages that may reach this machine only, and whose console must stay free of errors."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []

    def refuse_strangers(route: Any) -> None:
        if route.request.url.startswith(("http://127.0.0.1:", "http://localhost:", "file://")):
            route.continue_()
        else:
            troubles.append(f"asked for {route.request.url}")
            route.abort()

    def open_page(url: str, **options: Any) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        context.route("**/*", refuse_strangers)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(f"uncaught: {error}"))
        page.on(
            "console",
            lambda message: (
                troubles.append(f"console: {message.text} {message.location.get('url')}")
                if message.type == "error"
                else None
            ),
        )
        page.goto(url)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not troubles


class Figure:
    """One explorer on a page, through what it offers to readers and to tests."""

    def __init__(self, page: Page, name: str) -> None:
        self.page = page
        self.root = page.locator(f'.neurode-explorer[data-name="{name}"]')
        wait_until_drawn(self.root)

    def state(self) -> dict[str, Any]:
        return self.root.evaluate("el => el.explorer.state")

    def series(self) -> dict[str, dict[str, list[float]]]:
        return self.root.evaluate("el => el.explorer.series()")

    def paths(self) -> dict[str, np.ndarray]:
        """Those series that are trajectories in the plane, of shape (T, 2)."""
        plane = ("v", "w")
        return {
            name: np.stack([series[key] for key in plane], axis=-1)
            for name, series in self.series().items()
            if series.keys() >= set(plane)
        }

    def set(self, **changes: Any) -> None:
        self.root.evaluate("(el, changes) => el.explorer.set(changes)", changes)

    def settle(self) -> None:
        """Wait until what was asked for has been drawn, weights that are still to come included."""
        self.page.wait_for_function(
            """el => {
                const { stale, frame, currentScene: scene } = el.explorer;
                const waiting = scene.waiting && !scene.failed;
                return !stale && !frame && !waiting && scene.finished !== false;
            }""",
            arg=self.root.element_handle(),
        )

    def picture(self) -> list[str]:
        """The pixels of every canvas."""
        self.settle()
        return self.root.locator("canvas").evaluate_all("all => all.map(c => c.toDataURL())")

    def slider(self, name: str) -> Any:
        return self.root.locator(f'input[name="{name}"]')


@pytest.fixture
def figure() -> type[Figure]:
    return Figure
