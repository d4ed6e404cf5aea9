"""No page costs its reader more than the limits say."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tools.browser import serving
from tools.site_weight import site_pages, table, weigh

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"

pytestmark = pytest.mark.site


def test_every_page_keeps_within_the_limits(browser: Browser) -> None:
    with serving(SITE) as address:
        weights = [weigh(browser, address, name) for name in site_pages(SITE)]
    assert weights, f"no site in {SITE}: run `make book` first"
    # What was counted is everything: the page, its style, and letters to write it with.
    assert all(one.by_kind[kind] for one in weights for kind in ("page", "style", "fonts"))
    assert any(one.by_kind["networks"] for one in weights)
    faults = [fault for one in weights for fault in one.faults()]
    assert not faults, f"{faults}\n{table(weights)}"
