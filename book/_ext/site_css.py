"""A style sheet as a tree, without what the site has no use for.

What goes changes no page: selectors with a class or an id that no page has and no script mentions,
custom properties that nothing reads, fonts and animations that no rule asks for, comments, spaces.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby, pairwise
from typing import Any

import tinycss2

# At-rules with rules between their braces. The others have declarations there.
GROUPS = {"media", "supports", "keyframes"}
WORD = re.compile(r"[\w-]+")
GIVEN = re.compile(r"""\b(?:class|id)=(["'])(.*?)\1""", re.DOTALL)


def parse(sheet: str) -> list[Any]:
    """Rules of a sheet; the ``content`` of each is rules and declarations in their turn."""
    return opened(tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True))


def opened(nodes: list[Any]) -> list[Any]:
    """Parse what is between the braces of rules."""
    for node in nodes:
        if node.type == "error":
            raise ValueError(f"style sheet: {node.message}, line {node.source_line}")
        if node.type == "declaration":
            # A property may be empty, but for older browsers not without a space.
            node.value = compact(node.value) or node.value[:1]
        elif node.type == "qualified-rule":
            node.prelude = compact(node.prelude)
        if getattr(node, "content", None) is not None:
            holds_rules = getattr(node, "lower_at_keyword", "") in GROUPS
            parse = tinycss2.parse_rule_list if holds_rules else tinycss2.parse_blocks_contents
            node.content = opened(parse(node.content, skip_comments=True, skip_whitespace=True))
    return nodes


def compact(tokens: list[Any]) -> list[Any]:
    """Leave out comments, and spaces at the ends, after other spaces and around commas and >."""
    result: list[Any] = []
    for token in tokens:
        if result and result[-1].type == "whitespace" and token in (",", ">"):
            result.pop()
        if token.type == "whitespace":
            token.value = " "
            if not result or result[-1].type == "whitespace" or result[-1] in (",", ">"):
                continue
        if token.type != "comment":
            result.append(token)
    return result[:-1] if result and result[-1].type == "whitespace" else result


def walk(nodes: Iterable[Any]) -> Iterator[Any]:
    """Every rule, declaration and token, also those within others."""
    for node in nodes:
        yield node
        for part in ("prelude", "value", "arguments", "content"):
            within = getattr(node, part, None)
            if isinstance(within, list):
                yield from walk(within)


def at_rules(nodes: Iterable[Any], keyword: str) -> list[Any]:
    """Rules such as ``@font-face``, by their keyword."""
    return [n for n in nodes if n.type == "at-rule" and n.lower_at_keyword == keyword]


def declarations(nodes: Iterable[Any], name: str = "") -> list[Any]:
    """Declarations of one property, or of all, wherever they are."""
    return [n for n in walk(nodes) if n.type == "declaration" and name in ("", n.name)]


def select(nodes: Iterable[Any], condition: Callable[[Any], bool]) -> list[Any]:
    """Leave out rules and declarations that are not wanted, and rules that then are empty."""
    result = []
    for node in filter(condition, nodes):
        if content := getattr(node, "content", None):
            node.content = select(content, condition)
        if not content or node.content:
            result.append(node)
    return result


def is_used(selector: list[Any], names: set[str]) -> bool:
    """Whether the site has each class and id of a selector, those in ``:not(…)`` and such apart."""
    return all(
        token.value in names
        for before, token in pairwise([None, *selector])
        if token.type == "hash" or (token.type == "ident" and before == ".")
    )


def cut_selectors(rule: Any, names: set[str]) -> bool:
    """Leave out a rule's selectors that find nothing; whether any is left."""
    parts = [
        list(part) for comma, part in groupby(rule.prelude, lambda token: token == ",") if not comma
    ]
    selectors = [tinycss2.serialize(part) for part in parts if is_used(part, names)]
    rule.prelude = tinycss2.parse_component_value_list(",".join(selectors))
    return bool(selectors)


def read_properties(rules: list[Any], words: set[str]) -> set[str]:
    """Custom properties that scripts name, that others read, or that one of these reads."""
    reads: defaultdict[str, set[str]] = defaultdict(set)
    for node in declarations(rules):
        # All but the custom properties stand under one name.
        reads[node.name if node.name.startswith("--") else "*"] |= {
            next(one.value for one in token.arguments if one.type == "ident")
            for token in walk(node.value)
            if token.type == "function" and token.lower_name == "var"
        }
    names, new = set(), {"*", *words}
    while new:
        names |= new
        new = {name for reader in new & reads.keys() for name in reads[reader]} - names
    return names


def words_in(tokens: Iterable[Any]) -> str:
    """Names in a value, quoted or not, with a space around each."""
    return f" {' '.join(one.value for one in walk(tokens) if one.type in ('ident', 'string'))} "


def without_unasked(rules: list[Any]) -> list[Any]:
    """Leave out the fonts and the animations that no declaration asks for by their names."""
    faces = at_rules(rules, "font-face")
    words = words_in(declarations(rule for rule in rules if rule not in faces))
    names = {face: declarations([face], "font-family")[0].value for face in faces}
    names |= {rule: rule.prelude for rule in at_rules(rules, "keyframes")}
    return [rule for rule in rules if rule not in names or words_in(names[rule]) in words]


def purge(rules: list[Any], pages: Iterable[str], scripts: Iterable[str]) -> list[Any]:
    """Leave out everything that the site's pages and scripts have no use for."""
    words = {word for text in scripts for word in WORD.findall(text)}
    pages = "\n".join(pages)
    names = words.union(*(names.split() for _, names in GIVEN.findall(pages)))
    rules = select(rules, lambda n: n.type != "qualified-rule" or cut_selectors(n, names))
    properties = read_properties(rules, words.union(WORD.findall(pages)))
    rules = select(
        rules, lambda n: n.type != "declaration" or n.name[:2] != "--" or n.name in properties
    )
    return without_unasked(rules)
