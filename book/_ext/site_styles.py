"""One style sheet for the whole site, and fonts with the icons and the formulas' letters it uses.

The theme, its parts and the extensions bring ten sheets of half a megabyte; a page may show its
first words only when it has read them all. Here they become one, less what the site does not use.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tinycss2
from fontTools import subset
from site_css import at_rules, declarations, parse, purge, walk

# What fontTools did, step by step, is no news; what it warns of is.
logging.getLogger("fontTools").setLevel(logging.WARNING)

BUNDLE = "site.css"
ICON_FONT = "vendor/fontawesome/webfonts/fa-solid-900.ttf"
ICON_SUBSET = "vendor/fontawesome/icons.woff"
FORMULA_FONTS = "vendor/mathjax/fonts"

# Comments with this mark say whose work it is, under which licence.
NOTICE = re.compile(r"/\*!.*?\*/", re.DOTALL)
# Starts of addresses that are no files.
ELSEWHERE = ("data:", "#")


def read_sheet(static: Path, name: str) -> list[Any]:
    """Rules of a sheet, imported ones put in, addresses relative to the static folder."""
    folder = (static / name).parent

    def from_static(address: str) -> str:
        return (folder / address).resolve().relative_to(static.resolve()).as_posix()

    read = []
    for rule in parse((static / name).read_text(encoding="utf-8")):
        match getattr(rule, "lower_at_keyword", None):
            case "import":
                address = next(token.value for token in rule.prelude if token.type == "string")
                read += read_sheet(static, from_static(address))
            case "charset":
                pass
            case _:
                read.append(rule)
                for node in walk([rule]):
                    if node.type == "function" and node.lower_name == "url":
                        quoted = node.arguments[0]
                        if not quoted.value.startswith(ELSEWHERE):
                            quoted.representation = f'"{from_static(quoted.value)}"'
                    elif node.type == "url" and not node.value.startswith(ELSEWHERE):
                        node.representation = f"url({from_static(node.value)})"
    return read


def keep_glyphs(font: Path, codes: set[int], target: Path) -> None:
    """Write a font that has the given characters only."""
    options = subset.Options(flavor="woff", layout_features=[], name_IDs=[], notdef_outline=True)
    # FontForge's time stamp, in MathJax's fonts: fontTools would warn of it and leave it out.
    options.drop_tables += ["FFTM"]
    loaded = subset.load_font(str(font), options)
    # MathJax asks for a font of zero width, whatever it has.
    if not codes & set(loaded.getBestCmap()):
        return
    smaller = subset.Subsetter(options)
    smaller.populate(unicodes=codes)
    smaller.subset(loaded)
    subset.save_font(loaded, str(target), options)


def letters(nodes: Iterable[Any]) -> set[int]:
    """Characters of all strings."""
    return {ord(letter) for node in walk(nodes) if node.type == "string" for letter in node.value}


def bundle_styles(
    static: Path, names: Iterable[str], formulas: str, pages: Iterable[str], scripts: Iterable[str]
) -> list[str]:
    """Write the site's style sheet, its icon font and the fonts of its formulas.

    ``formulas`` is the formulas' sheet; what ``pages`` and ``scripts`` do not use is left out.
    Returns the files that the new ones replace.
    """
    names = list(names)
    whole = [rule for name in names for rule in read_sheet(static, name)]
    for face in at_rules(whole, "font-face"):
        source = declarations([face], "src")[0]
        address = tinycss2.serialize(source.value)
        if ICON_FONT in address:
            smaller = f'url({ICON_SUBSET}) format("woff")'
            source.value = tinycss2.parse_component_value_list(smaller)
        elif "fontawesome" in address:
            whole.remove(face)
    of_formulas = parse(formulas)
    of_letters = letters(declarations(of_formulas, "content"))
    rules = purge([*whole, *of_formulas], pages, scripts)
    bundle = tinycss2.serialize(rules)

    # Icons live in Unicode's private area.
    icons = {code for code in letters(rules) if 0xE000 <= code <= 0xF8FF}
    keep_glyphs(static / ICON_FONT, icons, static / ICON_SUBSET)
    replaced = [*names, "basic.css", "vendor/fontawesome/webfonts"]
    for font in (static / FORMULA_FONTS).iterdir():
        if font.name in bundle:
            keep_glyphs(font, of_letters, font)
        else:
            replaced.append(f"{FORMULA_FONTS}/{font.name}")

    shipped = "".join((static / name).read_text(encoding="utf-8") for name in names)
    notices = "\n".join(dict.fromkeys(NOTICE.findall(shipped)))
    (static / BUNDLE).write_text(f"{notices}\n{bundle}\n", encoding="utf-8")
    return replaced
