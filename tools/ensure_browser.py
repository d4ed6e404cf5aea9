"""See to it that the browser tests find a Chromium or Chrome.

Tried in this order: one on the path, or playwright's; as root on Debian, Debian's own package;
playwright's download.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser() -> str | None:
    """Path of a browser, or None."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def ensure_browser() -> str | None:
    """Return None when there is a browser, else the reason why there is none."""
    if find_browser():
        return None
    quietly = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False}
    if os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        print("No Chromium here: installing Debian's", flush=True)
        quiet_apt = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update"], env=quiet_apt, **quietly)
        subprocess.run(
            ["apt-get", "install", "-y", "--no-install-recommends", "chromium"],
            env=quiet_apt,
            **quietly,
        )
        if find_browser():
            return None
    print("No Chromium here: asking playwright to download its own", flush=True)
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], **quietly)
    if find_browser():
        return None
    return "no Chromium or Chrome is installed, and none could be installed or downloaded"


if __name__ == "__main__":
    reason = ensure_browser()
    if reason:
        sys.exit(f"ensure_browser: {reason}")
