"""Every page of the built site in a browser: complete, quiet, from a sub-path and from disk, and
open to people who cannot see it, in every width and colour."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.examples import PAGES, examples_first
from tools.browser import serving
from tools.drawn import DRAWN

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"
SIZES = {"wide": (1280, 900), "narrow": (390, 844)}
# Without preloading: axe would fetch the style sheet by itself, which the policy allows a script
# of the site but not a file on disk.
AXE_OPTIONS = {"resultTypes": ["violations"], "preload": False}

COLOURS_ONLY = {"runOnly": ["color-contrast", "link-in-text-block"]}
# A page has thousands of coloured words of code, in twenty colours, and formulas in one: axe is
# shown each kind once. That makes it three times as fast.
LEAVE_ONE_OF_A_KIND = """() => {
    const seen = new Set();
    for (const span of document.querySelectorAll(".highlight span")) {
        if (seen.has(span.className)) span.replaceWith(...span.childNodes);
        seen.add(span.className);
    }
    document.querySelectorAll("article mjx-math").forEach((drawn, i) => i && drawn.remove());
}"""

pytestmark = pytest.mark.site


def pages() -> list[str]:
    # The small pages of the figures have tests of their own: test_embed.py.
    return sorted(
        str(path.relative_to(SITE))
        for path in SITE.rglob("*.html")
        if not {"_static", "_embed"} & set(path.parts)
    )


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with serving(SITE, "/a/path/") as served:
        yield served


class Visitor:
    """One page object that goes from page to page and notes what a reader must never meet."""

    def __init__(self, browser: Browser, **options: Any) -> None:
        self.context = browser.new_context(**options)
        # The service worker has tests of its own; here it would hide what the pages ask for.
        self.context.add_init_script(
            "Object.defineProperty(navigator, 'connection', {value: {saveData: true}})"
        )
        self.page: Page = self.context.new_page()
        self.troubles: list[str] = []
        self.home = "about:blank"
        note = self.troubles.append
        self.context.route("**/*", self._refuse_strangers)
        self.page.on("pageerror", lambda error: note(f"uncaught: {error}"))
        self.page.on(
            "console",
            lambda message: (
                note(f"console {message.type}: {message.text}")
                if message.type in {"error", "warning"}
                else None
            ),
        )
        self.page.on(
            "response",
            lambda answer: note(f"{answer.status}: {answer.url}") if answer.status >= 400 else None,
        )
        self.page.on(
            "requestfailed", lambda request: note(f"failed: {request.url} {request.failure}")
        )

    def _refuse_strangers(self, route: Any) -> None:
        if route.request.url.startswith((self.home, "blob:", "data:")):
            route.continue_()
        else:
            self.troubles.append(f"asked for {route.request.url}")
            route.abort()

    def visit(self, home: str, name: str) -> Page:
        """Open a page and read it to its end: what is fetched on the way is fetched."""
        self.home = home
        self.page.goto(f"{home}/{name}")
        self.page.evaluate(
            f"async () => {{ const drawn = {DRAWN};"
            """
                const frame = () => new Promise(requestAnimationFrame);
                for (let y = 0; y < document.body.scrollHeight; y += innerHeight) {
                    scrollTo(0, y);
                    await frame();
                }
                for (const el of document.querySelectorAll(".neurode-explorer")) {
                    await drawn(el);
                }
                await document.fonts.ready;
                const images = [...document.images].filter(i => i.checkVisibility());
                await Promise.all(images.map(i => i.decode()));
                scrollTo(0, 0);
                await frame();
            }"""
        )
        return self.page


@pytest.fixture(scope="module")
def visitor(browser: Browser) -> Iterator[Visitor]:
    # Without transitions: axe would look at a colour on its way from one theme to the other.
    viewport = {"width": 1280, "height": 900}
    one = Visitor(browser, viewport=viewport, reduced_motion="reduce")
    yield one
    one.context.close()


def test_there_is_a_site() -> None:
    assert "index.html" in pages(), f"no site in {SITE}: run `make book` first"


@pytest.mark.parametrize("name", pages())
@pytest.mark.parametrize("where", ["below a path", "on disk"])
def test_page_is_complete_and_quiet(name: str, where: str, visitor: Visitor, address: str) -> None:
    visitor.troubles.clear()
    page = visitor.visit(address if where == "below a path" else SITE.as_uri(), name)
    assert not visitor.troubles
    assert page.locator("main h1:visible").count() == 1
    # The policy is there and holds: what it refuses would be in the console.
    policy = page.locator("meta[http-equiv=Content-Security-Policy]").get_attribute("content")
    assert policy is not None
    assert "'unsafe-eval'" not in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]


@pytest.mark.parametrize("name", examples_first(pages(), PAGES))
def test_axe_finds_nothing(name: str, visitor: Visitor, address: str) -> None:
    found = []
    for size, (width, height) in SIZES.items():
        visitor.page.set_viewport_size({"width": width, "height": height})
        page = visitor.visit(address, name)
        page.evaluate(LEAVE_ONE_OF_A_KIND)
        for theme in ("light", "dark"):
            page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
            # What is the same in both colours is looked at once.
            options = AXE_OPTIONS | (COLOURS_ONLY if theme == "dark" else {})
            result = Axe().run(page, options=options)
            if result.violations_count:
                found.append(f"{size}, {theme}: {result.generate_report()}")
    visitor.page.set_viewport_size({"width": 1280, "height": 900})
    assert not found, "\n".join(found)


def test_a_policy_breach_would_be_noticed(visitor: Visitor, address: str) -> None:
    """The test above relies on the browser's console to tell."""
    page = visitor.visit(address, "index.html")
    visitor.troubles.clear()
    page.evaluate(
        """() => new Promise(done => {
            document.addEventListener("securitypolicyviolation", done, {once: true});
            document.body.append(Object.assign(document.createElement("script"), {text: "1"}));
        }).then(() => true)"""
    )
    assert any("Content Security Policy" in trouble for trouble in visitor.troubles)
