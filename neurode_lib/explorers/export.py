"""Write the weights that the static page loads: ``python -m neurode_lib.explorers.export``.

One classic script per key, because a page opened from disk may load scripts but not fetch files.
"""

from __future__ import annotations

import base64
from pathlib import Path

from neurode_lib.explorers._weights import KEYS, package
from neurode_lib.explorers.base import STATIC
from neurode_lib.weights import write_atomically


def script(key: str) -> str:
    """The script that hands the page the networks of one key."""
    data = base64.b64encode(package(key)).decode("ascii")
    return f'(globalThis.neurodeWeights??={{}})["{key}"]="{data}";\n'


def write_data(folder: Path) -> None:
    """Write every script; scripts of keys that are no more are removed."""
    for key in KEYS:
        write_atomically(folder / f"{key}.js", script(key).encode("ascii"))
    for path in folder.glob("*.js"):
        if path.stem not in KEYS:
            path.unlink()


if __name__ == "__main__":
    write_data(STATIC / "data")
