"""The chapters' pictures: smaller, with their size said, for light and dark, for desk and phone.

A still is drawn once, by the notebook, for a white page; its PNG carries a second form for narrow
screens (neurode_lib/chapters/narrow.py). Here each form gets a twin for the dark.
"""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

IMAGE = re.compile(r"<img\b[^>]*>")
SOURCE = re.compile(r'\bsrc="(?P<address>(?:\.\./)*_images/(?P<name>[^"/]+)\.png)"')
CLASS = re.compile(r'\bclass="([^"]*)"')
NARROW_CHUNK = b"naRw"
# Where the page has one column and nothing beside it.
NARROW = "(max-width: 576px)"
# The page's colours in the dark: custom.css.
GROUND, INK = "#14181b", "#d5dcdf"
# From chroma 0.03 (grey) to 0.10 (a colour), in Oklab.
GREY, COLOUR = 0.03, 0.10
LIGHTEST, DARKEST = 0.80, 0.62
# Linear sRGB to the cones' responses, those to Oklab. B. Ottosson, "A perceptual color space for
# image processing", 2020.
CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
Floats = npt.NDArray[np.float64]


def to_oklab(colours: Floats) -> Floats:
    """Oklab of sRGB colours between 0 and 1, shape (n, 3)."""
    linear = np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ CONES.T) @ OKLAB.T


def from_oklab(lab: Floats) -> Floats:
    """The inverse, clipped to what a screen can show."""
    linear = (lab @ np.linalg.inv(OKLAB).T) ** 3 @ np.linalg.inv(CONES).T
    linear = np.clip(linear, 0.0, 1.0)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def lightness(colour: str) -> float:
    """Oklab's lightness of ``#rrggbb``."""
    return float(to_oklab(np.array([[int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]]))[0, 0])


def for_the_dark(picture: Image.Image) -> Image.Image:
    """A drawing on white as it would be drawn on the dark page.

    Greys change places: white becomes the page, black its text. Colours keep their hue, and are
    made as light as it needs to see them. In between, as at a line's edges, so do the colours.
    """
    pixels = np.asarray(picture.convert("RGB"))
    # Few colours in many pixels.
    packed = pixels.astype(np.uint32) @ np.array([65536, 256, 1], dtype=np.uint32)
    found, where = np.unique(packed, return_inverse=True)
    colours = np.stack([found >> 16, (found >> 8) & 255, found & 255], axis=1) / 255.0
    lab = to_oklab(colours)
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    share = np.clip((chroma - GREY) / (COLOUR - GREY), 0.0, 1.0)
    share = share * share * (3.0 - 2.0 * share)
    turned = lightness(INK) + (lightness(GROUND) - lightness(INK)) * lab[:, 0]
    lab[:, 0] = share * np.clip(lab[:, 0], DARKEST, LIGHTEST) + (1.0 - share) * turned
    shown = np.rint(from_oklab(lab) * 255.0).astype(np.uint8)
    # Exactly the page's own colour, so that no edge of the picture is seen.
    shown[found == 0xFFFFFF] = [int(GROUND[i : i + 2], 16) for i in (1, 3, 5)]
    return Image.fromarray(shown[where.reshape(pixels.shape[:2])])


def forms(path: Path) -> dict[str, str]:
    """Write a PNG file's forms as lossless WebP; each one's size as attributes of HTML."""
    sizes = {}

    def write(picture: Image.Image, form: str) -> None:
        for mode, shown in (("light", picture), ("dark", for_the_dark(picture))):
            target = path.with_name(f"{path.stem}-{form}-{mode}.webp")
            shown.save(target, lossless=True, quality=80, method=4)
        sizes[form] = f'width="{picture.width}" height="{picture.height}"'

    with Image.open(path) as picture:
        picture.load()
        write(picture.convert("RGB"), "wide")
        for name, data, *_ in getattr(picture, "private_chunks", []):
            if name == NARROW_CHUNK:
                with Image.open(BytesIO(data)) as narrow:
                    write(narrow.convert("RGB"), "narrow")
    path.unlink()
    return sizes


def shrink_pictures(site: Path, pages: dict[Path, str]) -> None:
    """Put each PNG file that the pages show in its forms, in half the bytes."""
    known: dict[str, dict[str, str]] = {}

    def smaller(tag: re.Match[str]) -> str:
        source = SOURCE.search(tag[0])
        if source is None:
            return tag[0]
        name = source["name"]
        if name not in known:
            known[name] = forms(site / "_images" / f"{name}.png")
        sizes = known[name]
        stem = source["address"].removesuffix(".png")

        def one(mode: str) -> str:
            narrow = (
                f'<source media="{NARROW}" srcset="{stem}-narrow-{mode}.webp" {sizes["narrow"]}>'
                if "narrow" in sizes
                else ""
            )
            size = "" if "width=" in tag[0] else f" {sizes['wide']}"
            # Lazy: one that is further down, or not for this mode, is not fetched.
            new = f'src="{stem}-wide-{mode}.webp"{size} loading="lazy" decoding="async"'
            image = tag[0][: source.start()] + new + tag[0][source.end() :]
            if CLASS.search(image):
                image = CLASS.sub(rf'class="\1 only-{mode}"', image)
            else:
                image = image.replace("<img", f'<img class="only-{mode}"', 1)
            return f"<picture>{narrow}{image}</picture>"

        return f'<span class="picture">{one("light")}{one("dark")}</span>'

    for page, text in pages.items():
        pages[page] = IMAGE.sub(smaller, text)
