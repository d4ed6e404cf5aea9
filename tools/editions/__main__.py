"""``make editions``: the book as a PDF and an EPUB, from the built site."""

from __future__ import annotations

import sys
from pathlib import Path

from tools.browser import ensure_browser
from tools.editions.contents import read_book
from tools.editions.epub import write_epub
from tools.editions.pdf import write_pdf
from tools.editions.title import read_imprint

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "_build" / "html"
FOLDER = ROOT / "_build" / "editions"


def main() -> None:
    """Write both editions."""
    if not (SITE / "index.html").exists():
        sys.exit(f"editions: no site in {SITE}: run `make book` first")
    if reason := ensure_browser():
        sys.exit(f"editions: {reason}")
    book, imprint = read_book(SITE), read_imprint()
    editions = ((write_epub, FOLDER / "neurode.epub"), (write_pdf, FOLDER / "neurode.pdf"))
    for write, path in editions:
        write(book, imprint, path)
        print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1e6:.1f} MB", flush=True)


if __name__ == "__main__":
    main()
