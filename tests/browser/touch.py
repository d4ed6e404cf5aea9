"""A finger on the screen."""

from __future__ import annotations

from playwright.sync_api import Page

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def finger(
    page: Page, start: tuple[float, float], end: tuple[float, float], steps: int = 8
) -> None:
    """A real touch, as the browser gets it from the screen."""
    session = page.context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        spots = [{"x": x, "y": y} for x, y in points]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": spots})

    touch("touchStart", start)
    for i in range(1, steps + 1):
        share = i / steps
        touch("touchMove", tuple(a + (b - a) * share for a, b in zip(start, end, strict=True)))
    touch("touchEnd")
    page.evaluate("new Promise(requestAnimationFrame).then(() => true)")
