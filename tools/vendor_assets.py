"""Fetch what the site serves itself from npm: MathJax and the text font.

Run by `make vendor`, rarely; the result is committed, so that building the site fetches nothing.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "book" / "_static" / "vendor"

# Package, version, folder below TARGET; then path in the package -> path in the folder.
ASSETS: list[tuple[str, str, str, dict[str, str]]] = [
    (
        "mathjax",
        "3.2.2",
        "mathjax",
        {
            "es5/tex-chtml.js": "tex-chtml.js",
            # Fetched by MathJax only when a formula uses such a command.
            "es5/input/tex/extensions": "input/tex/extensions",
            "es5/output/chtml/fonts/woff-v2": "output/chtml/fonts/woff-v2",
            "LICENSE": "LICENSE",
        },
    ),
    (
        "@fontsource-variable/source-serif-4",
        "5.3.1",
        "source-serif-4",
        {
            "files/source-serif-4-latin-wght-normal.woff2": "latin-wght-normal.woff2",
            "files/source-serif-4-latin-wght-italic.woff2": "latin-wght-italic.woff2",
            "LICENSE": "LICENSE",
        },
    ),
]


def fetch(package: str, version: str, folder: Path, files: dict[str, str]) -> dict[str, str]:
    """Unpack the named files of one package version; return its entry for VERSIONS.json."""
    with tempfile.TemporaryDirectory() as scratch:
        packed = subprocess.run(
            ["npm", "pack", "--silent", "--pack-destination", scratch, f"{package}@{version}"],
            check=True,
            capture_output=True,
            text=True,
        )
        with tarfile.open(Path(scratch, packed.stdout.split()[-1])) as archive:
            archive.extractall(scratch, filter="data")
        source = Path(scratch, "package")
        shutil.rmtree(folder, ignore_errors=True)
        for origin, name in files.items():
            destination = folder / name
            destination.parent.mkdir(parents=True, exist_ok=True)
            if (source / origin).is_dir():
                shutil.copytree(source / origin, destination)
            else:
                shutil.copyfile(source / origin, destination)
        about = json.loads((source / "package.json").read_text())
    return {"package": package, "version": about["version"], "licence": about["license"]}


if __name__ == "__main__":
    versions = [
        fetch(package, version, TARGET / folder, files)
        for package, version, folder, files in ASSETS
    ]
    (TARGET / "VERSIONS.json").write_text(json.dumps(versions, indent=2) + "\n")
