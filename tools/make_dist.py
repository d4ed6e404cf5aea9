"""Pack the built site into one archive that opens from disk: dist/neurode-book.zip.

The same site gives the same archive, byte for byte.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
ARCHIVE = ROOT / "dist" / "neurode-book.zip"
FOLDER = "neurode-book"
# The earliest that a zip archive can say.
LONG_AGO = (1980, 1, 1, 0, 0, 0)


def make_archive(site: Path, archive: Path) -> Path:
    """Pack ``site`` below one folder; a half-written archive never stands in the place of one."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    unfinished = archive.with_name(archive.name + ".part")
    with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as file:
        for path in sorted(site.rglob("*")):
            name = path.relative_to(site)
            # Sphinx's own notes about the build.
            if path.is_file() and not path.name.startswith("."):
                entry = zipfile.ZipInfo(f"{FOLDER}/{name.as_posix()}", LONG_AGO)
                entry.external_attr = 0o644 << 16
                file.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, 9)
    return unfinished.replace(archive)


if __name__ == "__main__":
    if not (SITE / "index.html").exists():
        sys.exit(f"make_dist: no site in {SITE}: run `make book` first")
    archive = make_archive(SITE, ARCHIVE)
    print(f"{archive.relative_to(ROOT)}: {archive.stat().st_size / 1e6:.1f} MB; unpack it and open")
    print(f"{FOLDER}/index.html in a browser")
