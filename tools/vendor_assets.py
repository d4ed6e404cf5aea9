"""Fetch from npm what sets the site's formulas (MathJax) and its fonts.

Run by `make vendor`, rarely; the result is committed, so that building the site fetches nothing.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

BOOK = Path(__file__).resolve().parent.parent / "book"
VERSIONS = BOOK / "_static" / "vendor" / "VERSIONS.json"

# Package, version, folder of the book; then path in the package -> path in the folder.
ASSETS: list[tuple[str, str, str, dict[str, str]]] = [
    (
        "mathjax",
        "3.2.2",
        "_static/vendor/mathjax",
        {"es5/output/chtml/fonts/woff-v2": "fonts", "LICENSE": "LICENSE"},
    ),
    # Runs while the site is built (book/_ext/site_formulas.py) and is no part of it.
    (
        "mathjax",
        "3.2.2",
        "_ext/vendor/mathjax",
        {
            "es5/node-main.js": "node-main.js",
            "es5/input/tex.js": "input/tex.js",
            # Read only when a formula uses such a command.
            "es5/input/tex/extensions": "input/tex/extensions",
            "es5/output/chtml.js": "output/chtml.js",
            "es5/output/chtml/fonts/tex.js": "output/chtml/fonts/tex.js",
            "es5/a11y/assistive-mml.js": "a11y/assistive-mml.js",
            "LICENSE": "LICENSE",
        },
    ),
    (
        "@fontsource-variable/source-serif-4",
        "5.3.1",
        "_static/vendor/source-serif-4",
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
        process = subprocess.run(
            [
                shutil.which("npm") or "npm",
                "pack",
                "--silent",
                "--pack-destination",
                scratch,
                f"{package}@{version}",
            ],
            check=True,
            capture_output=True,
            text=True,
        )
        with tarfile.open(Path(scratch, process.stdout.split()[-1])) as archive:
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
    return {
        "package": package,
        "version": about["version"],
        "licence": about["license"],
        "folder": folder.relative_to(BOOK).as_posix(),
    }


if __name__ == "__main__":
    versions = [
        fetch(package, version, BOOK / folder, files) for package, version, folder, files in ASSETS
    ]
    VERSIONS.write_text(json.dumps(versions, indent=2) + "\n")
