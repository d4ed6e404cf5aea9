"""The chapters' pictures, smaller and with their size said, so that text does not jump."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

IMAGE = re.compile(r"<img\b[^>]*>")
SOURCE = re.compile(r'\bsrc="(?P<address>(?:\.\./)*_images/(?P<name>[^"/]+)\.png)"')


def shrink_pictures(site: Path, pages: dict[Path, str]) -> None:
    """Turn the PNG files the pages show into lossless WebP: the same pixels in half the bytes."""
    sizes: dict[str, str] = {}

    def smaller(tag: re.Match[str]) -> str:
        source = SOURCE.search(tag[0])
        if source is None:
            return tag[0]
        name = source["name"]
        if name not in sizes:
            path = site / "_images" / f"{name}.png"
            with Image.open(path) as picture:
                sizes[name] = f'width="{picture.width}" height="{picture.height}"'
                picture.save(path.with_suffix(".webp"), lossless=True, quality=80, method=4)
            path.unlink()
        address = source["address"].removesuffix(".png") + ".webp"
        size = "" if "width=" in tag[0] else f" {sizes[name]}"
        # Lazy: those further down are fetched when the reader comes near.
        new = f'src="{address}"{size} loading="lazy" decoding="async"'
        # On a phone a picture is wider than the page, so that its words can be read, and scrolls.
        image = tag[0][: source.start()] + new + tag[0][source.end() :]
        return f'<span class="picture">{image}</span>'

    for page, text in pages.items():
        pages[page] = IMAGE.sub(smaller, text)
