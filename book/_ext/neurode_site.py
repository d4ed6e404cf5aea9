"""What the book's site needs beyond Jupyter Book and its theme.

* puts the explorers' script and data into the site, and the script on the pages that use it;
* takes off every page the scripts that no page uses;
* gives each page the description that search engines and link previews show;
* numbers the references of NumPy docstrings so that several modules can share a page, and
  lets docstrings link by short names.
"""

from __future__ import annotations

import inspect
import re
import shutil
import sys
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

ROOT = Path(__file__).resolve().parent.parent.parent
EXPLORERS = ROOT / "neurode_lib" / "explorers" / "static"
EXPLORER_MARK = 'class="neurode-explorer"'

# The theme and Jupyter Book put these on every page; nothing here uses them. sphinx-thebe would
# start kernels on another host, and declares a constant twice (a console error).
UNUSED_SCRIPTS = re.compile(r"thebe|THEBE_JS_URL|selectorCodeCells")
# Written into the page by the theme's templates, past Sphinx's list of scripts. Icons come from
# its style sheet and a font; the script (1.5 MB) would do the same once more.
UNUSED_TAGS = re.compile(
    r"[ \t]*<(?:script|link)\b[^>]*(?:scripts/fontawesome\.js|sphinx-thebe\.css|design-tabs\.js)"
    r"[^>]*>(?:</script>)?\n?"
    # sphinx-thebe's settings, which its script would read.
    r"|[ \t]*<script type=\"text/x-thebe-config\">.*?</script>\n?"
    r"|[ \t]*<script>kernelName = [^<]*</script>\n?",
    re.DOTALL,
)
UNUSED_FILES = (
    "scripts/fontawesome.js",
    "scripts/fontawesome.js.map",
    "scripts/fontawesome.js.LICENSE.txt",
    "scripts/bootstrap.js.map",
    "scripts/pydata-sphinx-theme.js.map",
    "scripts/sphinx-book-theme.js.map",
    "styles/pydata-sphinx-theme.css.map",
    "sphinx-thebe.js",
    "sphinx-thebe.css",
    "design-tabs.js",
)

log = logging.getLogger(__name__)


def choose_scripts(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Leave out unused scripts; add the explorers' where the page shows one."""
    # In place: add_js_file below adds to these very lists.
    context["script_files"][:] = [
        script
        for script in context["script_files"]
        if not UNUSED_SCRIPTS.search(f"{script} {getattr(script, 'attributes', '')}")
    ]
    context["css_files"][:] = [sheet for sheet in context["css_files"] if "thebe" not in str(sheet)]
    if EXPLORER_MARK in context.get("body", "") and (EXPLORERS / "explorers.js").exists():
        # A classic script: browsers refuse module scripts on file://.
        app.add_js_file("explorers.js", loading_method="defer")


def describe(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Description of the page: its own `description` field, else its first paragraph."""
    if doctree is None or 'name="description"' in context.get("metatags", ""):
        return
    paragraph = next(iter(doctree.findall(nodes.paragraph)), None)
    text = " ".join(paragraph.astext().split()) if paragraph is not None else context["title"]
    if len(text) > 160:
        text = text[:157].rsplit(" ", 1)[0] + "…"
    quoted = text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    context["metatags"] = (
        context.get("metatags", "") + f'<meta name="description" content="{quoted}"/>\n'
    )


def finish_site(app: Sphinx, exception: Exception | None) -> None:
    """Copy the explorers, and remove what no page loads."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    static = site / "_static"
    if (EXPLORERS / "explorers.js").exists():
        for script in ("explorers.js", "trainer.js"):
            shutil.copy2(EXPLORERS / script, static)
        if (EXPLORERS / "data").is_dir():
            shutil.copytree(EXPLORERS / "data", static / "data", dirs_exist_ok=True)
    else:
        log.info("neurode_site: no explorers bundle in %s yet", EXPLORERS.relative_to(ROOT))
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        cleaned = UNUSED_TAGS.sub("", text)
        if cleaned != text:
            page.write_text(cleaned, encoding="utf-8")
    for name in UNUSED_FILES:
        (static / name).unlink(missing_ok=True)


def number_references(
    app: Sphinx, what: str, name: str, obj: object, options: Any, lines: list[str]
) -> None:
    """Make ``[1]_`` unique on the page: each module, or object with its own list, has its own."""
    defines = any(re.match(r"\s*\.\. \[\d+\]", line) for line in lines)
    owner = name if what == "module" or defines else getattr(obj, "__module__", None)
    if owner is None:  # an attribute: its docstring belongs to the module that is documented
        owner = ".".join(name.split(".")[:2])
    label = owner.removeprefix("neurode_lib.").replace(".", "-")
    for i, line in enumerate(lines):
        # The backslash: a reference that begins "J. C. Butcher" is no item J of a list.
        line = re.sub(r"^(\s*\.\. )\[(\d+)\] ", rf"\1[#{label}-\2] \\", line)
        lines[i] = re.sub(r"\[(\d+)\]_", rf"[#{label}-\1]_", line)


def real_signature(
    app: Sphinx, what: str, name: str, obj: Any, options: Any, signature: str, returns: str
) -> tuple[str, None] | None:
    """Signature of a class whose base is mocked: autodoc would show the mock's."""
    own = vars(obj).get("__init__") if what == "class" else None
    if own is None or signature != "(*args, **kwargs)":
        return None
    real = inspect.signature(own)
    shown = [
        parameter.replace(annotation=inspect.Parameter.empty)
        for parameter in list(real.parameters.values())[1:]
    ]
    return str(real.replace(parameters=shown, return_annotation=inspect.Signature.empty)), None


def resolve_short_name(
    app: Sphinx, env: BuildEnvironment, node: addnodes.pending_xref, contnode: nodes.Element
) -> nodes.Element | None:
    """Let a docstring say ``:class:`NeuralODE``` in any module, if only one thing has that name.

    A name of the facade (``neurode_lib.metrics.predict``) leads to where it is defined.
    """
    if node.get("refdomain") != "py":
        return None
    name = node["reftarget"].rpartition(".")[2]
    domain = env.get_domain("py")
    owners = {full for full in domain.objects if full.rpartition(".")[2] == name}  # type: ignore[attr-defined]
    is_local = "." not in node["reftarget"] or node["reftarget"].startswith("neurode_lib.metrics.")
    if len(owners) != 1 or not is_local:
        return None
    source = node["refdoc"]
    return domain.resolve_xref(
        env, source, app.builder, node["reftype"], owners.pop(), node, contnode
    )


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    # The site needs the library's docstrings, not its installation.
    sys.path.insert(0, str(ROOT))
    app.connect("autodoc-process-docstring", number_references, priority=100)
    app.connect("autodoc-process-signature", real_signature)
    app.connect("missing-reference", resolve_short_name)
    app.connect("html-page-context", choose_scripts, priority=900)
    app.connect("html-page-context", describe, priority=900)
    app.connect("build-finished", finish_site)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
