"""Waiting for a figure: it draws when it is in sight."""

from __future__ import annotations

from playwright.sync_api import Locator


def wait_until_drawn(explorer: Locator) -> None:
    """Bring a figure into sight until it has drawn: what is laid out on the way there moves it."""
    explorer.page.wait_for_function(
        """el => {
            el.scrollIntoView({block: "nearest", behavior: "instant"});
            const frame = new Promise(requestAnimationFrame).then(() => false);
            return Promise.race([el.explorer?.ready.then(() => true), frame]);
        }""",
        arg=explorer.element_handle(),
    )
