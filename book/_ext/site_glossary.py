"""Links from a chapter's text to the glossary: each term at its first use, and nowhere else."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

GLOSSARY = Path(__file__).resolve().parent.parent / "glossary.md"
# The words of an entry, and what it says.
ENTRY = re.compile(r"^(?P<names>(?:[^\s:{#].*\n)+)(?P<says>(?:  .*\n)+)", re.MULTILINE)
# What is no running text: code, formulas, links, tags, headings, quotations (aims, tasks).
NO_TEXT = re.compile(
    r"^```.*?^```[ \t]*$|\$\$.*?\$\$|`[^`]*`|\$[^$\n]+(?:\n[^$\n]+)?\$|\[[^][]*\]\([^)]*\)|<[^>]*>"
    r"|^#+ .*?$|^>.*?$",
    re.DOTALL | re.MULTILINE,
)
# Besides the term itself and its plural in -s.
OTHER_FORMS = {
    "bistable": "bistability",
    "equilibrium": "equilibria",
    "focus": "foci",
    "Hopf bifurcation": "Hopf points?",
    "stiffness": "stiff",
}
# Where a word of the glossary has its everyday sense, or another science's.
OTHER_SENSE = {
    "04_a_neural_ode": {"node"},
    "06_the_discrete_baseline": {"hidden state"},
}


@cache
def terms() -> dict[str, re.Pattern[str]]:
    """What to look for, by term, the longest first."""
    _, _, entries = GLOSSARY.read_text(encoding="utf-8").partition(":::{glossary}\n")
    names = [line for line in entries.splitlines() if line and line[0] not in " :{"]
    patterns = {}
    for name in sorted(names, key=len, reverse=True):
        first, rest = re.escape(name[0]), re.escape(name[1:])
        start = f"[{name[0].upper()}{name[0].lower()}]" if name[0].isalpha() else first
        forms = [f"{start}{rest}s?", *([OTHER_FORMS[name]] if name in OTHER_FORMS else [])]
        patterns[name] = re.compile(rf"(?<![\w{{/-])(?:{'|'.join(forms)})(?![\w-])")
    return patterns


def running_text(text: str) -> list[tuple[str, bool]]:
    """The text in its order, and of each part whether it is running text."""
    parts, at = [], 0
    for other in NO_TEXT.finditer(text):
        parts += [(text[at : other.start()], True), (other[0], False)]
        at = other.end()
    return [*parts, (text[at:], True)]


def link_terms(text: str, page: str, seen: set[str]) -> str:
    """Plain Markdown with a link at the first use of each term; ``seen`` are those before."""
    elsewhere = OTHER_SENSE.get(Path(page).name, set())
    result = []
    for part, is_running in running_text(text):
        linked = part
        if is_running:
            for name, pattern in terms().items():
                use = pattern.search(hidden(linked))
                if use is not None and name not in seen | elsewhere:
                    seen.add(name)
                    role = f"{{term}}`{use[0]} <{name}>`"
                    linked = linked[: use.start()] + role + linked[use.end() :]
        result.append(linked)
    return "".join(result)


def hidden(text: str) -> str:
    """The text with what is linked already blanked out, at the same length."""
    return re.sub(r"\{term\}`[^`]*`", lambda role: " " * len(role[0]), text)
