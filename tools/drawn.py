"""Waiting for a figure: it draws when it is in sight."""

from __future__ import annotations

from playwright.sync_api import Locator

PATIENCE = 60  # seconds
# A function of a figure: in sight until it has drawn, for what is laid out on the way moves it.
# The loop is the page's own: `wait_for_function` of playwright does not wait for promises.
DRAWN = f"""async (el) => {{
    const end = performance.now() + {1000 * PATIENCE};
    for (;;) {{
        el.scrollIntoView({{block: "nearest", behavior: "instant"}});
        const frame = new Promise(requestAnimationFrame).then(() => false);
        if (await (el.explorer ? Promise.race([el.explorer.ready.then(() => true), frame]) : frame))
            return;
        if (performance.now() > end) throw new Error(`not drawn: ${{el.dataset.name}}`);
    }}
}}"""


def wait_until_drawn(figure: Locator) -> None:
    """Bring a figure into sight until it has drawn."""
    figure.evaluate(DRAWN)
