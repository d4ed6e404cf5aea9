"""One style sheet for the whole site, and fonts with the icons and the formulas' letters it uses.

The theme, its parts and the extensions bring ten sheets of half a megabyte; a page may show its
first words only when it has read them all. Here they become one, without the rules for things that
no page and no script of the site mentions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from fontTools import subset

BUNDLE = "site.css"
ICON_FONT = "vendor/fontawesome/webfonts/fa-solid-900.ttf"
ICON_SUBSET = "vendor/fontawesome/icons.woff"

COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# Comments with this mark say whose work it is, under which licence.
NOTICE = re.compile(r"/\*!.*?\*/", re.DOTALL)
TOKEN = re.compile(r"""[{};]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|url\([^"')]*\)""", re.DOTALL)
URL = re.compile(r"""url\((["']?)(?!data:|#)([^"')]+)\1\)""")
# What a selector names, without `:not(…)` and its like, which may name what is not there, and
# without the words of attributes.
FUNCTION = re.compile(r":[\w-]+\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\]]*\]")
NAME = re.compile(r"[.#]((?:[\w-]|\\.)+)")
WORD = re.compile(r"[\w-]+")
# Composed from pieces in Bootstrap's script.
COMPOSED = re.compile(r"bs-tooltip|tooltip")
# Icons live in Unicode's private area; sheets write them as they are or as an escape.
ICON = re.compile(r"[\ue000-\uf8ff]|\\([ef][0-9a-f]{3})\b")
# The letters of formulas, in the sheet that MathJax wrote for them.
CONTENT = re.compile(r"""content: "((?:[^"\\]|\\.)*)\"""")
ESCAPE = re.compile(r"\\([0-9A-Fa-f]{1,6}) ?|\\(.)")

PROPERTY = re.compile(r"--[\w-]+")
READ = re.compile(r"var\(\s*(--[\w-]+)")
DECLARED = re.compile(r"""(?<![\w-])(--[\w-]+)\s*:\s*(?:"[^"]*"|'[^']*'|[^;{}"'])*(?:;|(?=\}))""")


@dataclass(frozen=True)
class Rule:
    """A style rule or an at-rule: what stands before its braces, and within (None: it has none)."""

    head: str
    body: str | None


def rules(sheet: str) -> Iterator[Rule]:
    """Split a sheet, or what is inside an @media, into its rules."""
    depth = start = opened = 0
    for token in TOKEN.finditer(sheet):
        if token[0] == "{":
            if depth == 0:
                opened = token.start()
            depth += 1
        elif token[0] == "}":
            depth -= 1
            if depth == 0:
                yield Rule(sheet[start:opened].strip(), sheet[opened + 1 : token.start()].strip())
                start = token.end()
        elif token[0] == ";" and depth == 0:
            yield Rule(sheet[start : token.start()].strip(), None)
            start = token.end()


def split_selectors(head: str) -> list[str]:
    """Parts of a selector list: commas within parentheses do not count."""
    parts, depth, start = [], 0, 0
    for i, character in enumerate(head):
        depth += (character == "(") - (character == ")")
        if character == "," and depth == 0:
            parts.append(head[start:i])
            start = i + 1
    return [part.strip() for part in [*parts, head[start:]]]


def is_used(selector: str, words: frozenset[str]) -> bool:
    """Whether everything that a selector names occurs somewhere in the site."""
    names = (name.replace("\\", "") for name in NAME.findall(FUNCTION.sub("", selector)))
    return all(name in words or COMPOSED.match(name) for name in names)


def without_unused(sheet: str, words: frozenset[str]) -> str:
    """Leave out the rules whose selectors name a class or an id that the site does not have."""
    kept = []
    for rule in rules(sheet):
        if rule.body is None:
            kept.append(f"{rule.head};")
        elif rule.head.startswith(("@media", "@supports", "@layer", "@container")):
            if inner := without_unused(rule.body, words):
                kept.append(f"{rule.head}{{{inner}}}")
        elif rule.head.startswith("@"):
            # Of the icon fonts only the one that is subset below.
            if "Awesome" not in rule.body or "fa-solid" in rule.body:
                kept.append(f"{rule.head}{{{rule.body}}}")
        elif used := [part for part in split_selectors(rule.head) if is_used(part, words)]:
            kept.append(f"{','.join(used)}{{{rule.body}}}")
    return "\n".join(kept)


def without_unread(sheet: str, texts: Iterable[str]) -> str:
    """Leave out the custom properties that no rule and no script reads."""
    elsewhere = {name for text in texts for name in PROPERTY.findall(text)}
    before = None
    # What only an unread property read is unread then.
    while sheet != before:
        before = sheet
        read = elsewhere | set(READ.findall(sheet))
        sheet = DECLARED.sub(lambda found: found[0] if found[1] in read else "", sheet)  # noqa: B023
    return sheet


def read_sheet(static: Path, name: str) -> str:
    """Text of a sheet, imports put in, addresses relative to the static folder."""
    path = static / name
    text = COMMENT.sub("", path.read_text(encoding="utf-8"))
    folder = path.parent.relative_to(static)

    def address(found: re.Match[str]) -> str:
        target = (static / folder / found[2]).resolve().relative_to(static.resolve())
        return f'url("{target.as_posix()}")'

    text = URL.sub(address, text)
    return re.sub(
        r'@import "([^"]+)";',
        lambda found: read_sheet(static, (folder / found[1]).as_posix()),
        text,
    )


def keep_glyphs(font: Path, codes: set[int], target: Path) -> None:
    """Write a font that has the given characters only."""
    options = subset.Options(flavor="woff", layout_features=[], name_IDs=[], notdef_outline=True)
    loaded = subset.load_font(str(font), options)
    # MathJax asks for a font of zero width, whatever it has.
    if not codes & set(loaded.getBestCmap()):
        return
    smaller = subset.Subsetter(options)
    smaller.populate(unicodes=codes)
    smaller.subset(loaded)
    subset.save_font(loaded, str(target), options)


def bundle_styles(
    static: Path, names: Iterable[str], extra: str, texts: Iterable[str]
) -> list[str]:
    """Write the site's style sheet, its icon font and the fonts of its formulas.

    ``extra`` is the formulas' sheet; ``texts`` are the pages and scripts whose words decide which
    rules stay. Returns the files that the new ones replace.
    """
    names, texts = list(names), list(texts)
    words = frozenset(word for text in texts for word in WORD.findall(text))
    whole = "\n".join([*(read_sheet(static, name) for name in names), extra])
    bundle = without_unread(without_unused(whole, words), texts)

    icons = {int(icon[1], 16) if icon[1] else ord(icon[0]) for icon in ICON.finditer(bundle)}
    keep_glyphs(static / ICON_FONT, icons, static / ICON_SUBSET)
    letters = {
        ord(letter)
        for content in CONTENT.findall(extra)
        for letter in ESCAPE.sub(
            lambda escape: chr(int(escape[1], 16)) if escape[1] else escape[2], content
        )
    }
    for font in (static / "vendor/mathjax/fonts").iterdir():
        keep_glyphs(font, letters, font)

    solid = re.compile(r"src:url\(\"vendor/fontawesome[^;}]*")
    bundle = solid.sub(f'src:url("{ICON_SUBSET}") format("woff")', bundle)
    shipped = "".join((static / name).read_text(encoding="utf-8") for name in names)
    notices = "\n".join(dict.fromkeys(NOTICE.findall(shipped)))
    (static / BUNDLE).write_text(f"{notices}\n{bundle}\n", encoding="utf-8")
    return [*names, "basic.css", "vendor/fontawesome/webfonts"]
