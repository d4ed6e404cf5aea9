"""The service worker's list: every file a reader may need, each with a fingerprint of its content.

What the worker does with it is in `service-worker.js` beside this file.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

TEMPLATE = Path(__file__).with_name("service-worker.js")
NAME = "service-worker.js"
# Read by no page: notebooks to download, licences, pictures and pages for other sites, lists for
# machines.
LEFT_OUT = (
    "_sources/", "_embed/", "_static/previews/", "_static/cover.png", "objects.inv", ".buildinfo",
    "sitemap.xml", "robots.txt", "LICENSE", "VERSIONS.json", NAME,
)  # fmt: skip


def write_worker(site: Path) -> None:
    """Write the service worker of a finished site."""
    files = {
        path.relative_to(site).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:16]
        for path in sorted(site.rglob("*"))
        if path.is_file()
    }
    kept = {
        name: fingerprint
        for name, fingerprint in files.items()
        if not name.startswith(LEFT_OUT) and not name.endswith(LEFT_OUT)
    }
    script = TEMPLATE.read_text(encoding="utf-8")
    listed = script.replace("const FILES = {};", f"const FILES = {json.dumps(kept)};")
    assert listed != script, f"{TEMPLATE.name} has no place for the list"
    (site / NAME).write_text(listed, encoding="utf-8")
