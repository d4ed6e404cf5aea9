"""What a page of the site costs a reader: every byte it loads, as it comes over the network.

Chromium reads each page to its end from a server that compresses as a host would; what it received
is counted, nothing is estimated. `make audit` prints the table, the tests hold the limits.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from tools.drawn import DRAWN

KIND = {
    ".html": "page", ".css": "style", ".js": "scripts", ".woff": "fonts", ".woff2": "fonts",
    ".svg": "pictures", ".png": "pictures", ".webp": "pictures",
}  # fmt: skip
KINDS = ("page", "style", "scripts", "fonts", "pictures", "networks")
LIMIT = 250_000
LIMIT_WITH_MATHS = 600_000
# Weights of networks come on top, and after the first paint.
LIMIT_NETWORKS = 220_000
# Reads the page to its end and lets its figures load what they compute with.
SIZES_SCRIPT = (
    f"async () => {{ const drawn = {DRAWN};"
    """
    for (let y = 0; y < document.body.scrollHeight; y += innerHeight) {
        scrollTo(0, y);
        await new Promise(requestAnimationFrame);
    }
    for (const el of document.querySelectorAll(".neurode-explorer")) {
        await drawn(el);
        while (el.explorer.currentScene?.waiting) await new Promise(requestAnimationFrame);
    }
    await document.fonts.ready;
    await Promise.all([...document.images].filter(i => i.checkVisibility()).map(i => i.decode()));
    const painted = await new Promise(done => new PerformanceObserver(list => {
        for (const {startTime} of list.getEntriesByName("first-paint")) done(startTime);
    }).observe({type: "paint", buffered: true}));
    return performance.getEntriesByType("resource")
        .filter(e => e.name.includes("/neurode/data/") && e.startTime < painted).map(e => e.name);
}"""
)


@dataclass
class Weight:
    """Bytes of one page over the network, by kind."""

    name: str
    has_maths: bool
    too_early: list[str]
    by_kind: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """Everything but the weights of networks."""
        return self.by_kind.total() - self.by_kind["networks"]

    @property
    def limit(self) -> int:
        """What `total` may be."""
        return LIMIT_WITH_MATHS if self.has_maths else LIMIT

    def faults(self) -> list[str]:
        """Which limits the page breaks."""
        faults = [f"{self.name} loads {name} before it has painted" for name in self.too_early]
        if self.total > self.limit:
            faults.append(f"{self.name}: {self.total} bytes, {self.limit} allowed")
        if self.by_kind["networks"] > LIMIT_NETWORKS:
            networks = self.by_kind["networks"]
            faults.append(f"{self.name}: {networks} bytes of networks, {LIMIT_NETWORKS} allowed")
        return faults


def site_pages(site: Path) -> list[str]:
    """Names of the site's pages; the small pages of single figures are in other sites."""
    return sorted(
        path.relative_to(site).as_posix()
        for path in site.rglob("*.html")
        if not {"_static", "_embed"} & set(path.parts)
    )


def weigh(browser: Browser, address: str, name: str) -> Weight:
    """Load a page as a first visitor does, and count."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    # The service worker fetches the rest of the book afterwards: no part of this page. It does not
    # for readers who save data.
    context.add_init_script(
        "Object.defineProperty(navigator, 'connection', {value: {saveData: true}})"
    )
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    kinds: dict[str, str] = {}
    sizes: Counter[str] = Counter()

    def classify(event: dict[str, Any]) -> None:
        path = event["response"]["url"].partition("?")[0]
        kind = KIND.get(Path(path).suffix, "page")
        kinds[event["requestId"]] = "networks" if "/neurode/data/" in path else kind

    def count(event: dict[str, Any]) -> None:
        if event["requestId"] in kinds:  # else a data: address, which is no request
            sizes[kinds[event["requestId"]]] += round(event["encodedDataLength"])

    session.on("Network.responseReceived", classify)
    session.on("Network.loadingFinished", count)
    page.goto(f"{address}/{name}")
    too_early = page.evaluate(SIZES_SCRIPT)
    has_maths = page.locator("mjx-container").count() > 0
    context.close()
    return Weight(name, has_maths, [re.sub(r".*/", "", one) for one in too_early], sizes)


def table(weights: list[Weight]) -> str:
    """Print form: kilobytes (1000 bytes), one page a line, the heaviest first."""
    lines = [f"{'page':40}" + "".join(f"{k:>9}" for k in KINDS[:-1]) + "    total  limit  networks"]
    for one in sorted(weights, key=lambda w: -w.total):
        parts = "".join(f"{one.by_kind[kind] / 1000:9.1f}" for kind in KINDS[:-1])
        lines.append(
            f"{one.name:40}{parts}{one.total / 1000:9.1f}{one.limit // 1000:7}"
            f"{one.by_kind['networks'] / 1000:10.1f}"
        )
    return "\n".join(lines)
