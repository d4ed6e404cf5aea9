"""What the book's site needs beyond Jupyter Book and its theme.

Each `site_*.py` beside this file does one thing; this one chooses what a page loads, and takes the
finished pages through the rest.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent))
# The site needs the library's docstrings and its networks, not its installation.
sys.path.insert(1, str(Path(__file__).resolve().parents[2]))

import site_chapters
import site_docstrings
import site_evidence
import site_figures
import site_formulas
import site_offline
import site_publish
import site_slides
from site_pictures import shrink_pictures
from site_policy import add_policy
from site_stills import shorten_stills
from site_styles import BUNDLE, bundle_styles
from site_theme import UNUSED_FILES, clean, leave_tab_stops

from tools.make_exercises import write_exercises

ROOT = Path(__file__).resolve().parents[2]
EXPLORERS = ROOT / "neurode_lib" / "explorers" / "static"
TASK_MARK = 'class="nt"'

# The theme and the extensions put these on every page, and nothing here uses them. sphinx-thebe
# would start kernels on another host. The toggle button folds admonitions of the class `dropdown`:
# here folded things are <details>, which need no script.
UNUSED_SCRIPTS = re.compile(
    r"thebe|THEBE_JS_URL|selectorCodeCells|togglebutton|toggleHint|toggleOpenOnPrint"
    # Inline settings for a search while typing and for a menu of versions: there are none.
    r"|DOCUMENTATION_OPTIONS\."
)
UNUSED_SHEETS = re.compile(r"thebe|togglebutton")
SHEET = re.compile(r'[ \t]*<link\b[^>]*href="([^"?]*_static/)([^"?]+\.css)[^>]*>\n?')
# The text's font is asked for before the style sheet: a script after it would wait for it. By a
# script: from disk there is no need, and browsers call a preload there an error.
TEXT_FONT = "vendor/source-serif-4/latin-wght-normal.woff2"
PRELOAD = (
    'if(location.protocol!="file:")document.head.append(Object.assign(document.createElement("link")'
    ',{rel:"preload",as:"font",type:"font/woff2",crossOrigin:"",'
    "href:document.currentScript.dataset.font}))"
)


def choose_scripts(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Leave out unused scripts; add the tasks' where the page has one."""
    # In place: add_js_file below adds to these very lists.
    context["script_files"][:] = [
        script
        for script in context["script_files"]
        if not UNUSED_SCRIPTS.search(f"{script} {getattr(script, 'attributes', '')}")
    ]
    context["css_files"][:] = [
        sheet for sheet in context["css_files"] if not UNUSED_SHEETS.search(str(sheet))
    ]
    if TASK_MARK in context.get("body", ""):
        app.add_js_file("tasks.js", loading_method="defer")


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
    attribute = text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    context["metatags"] = (
        context.get("metatags", "") + f'<meta name="description" content="{attribute}"/>\n'
    )


def write_all_pages(app: Sphinx, env: Any) -> Iterable[str]:
    """Have every page written, also those whose text did not change: below they are changed."""
    return list(env.found_docs)


def use_one_sheet(pages: dict[Path, str], static: Path, formulas: str) -> None:
    """Replace the style sheets of the pages by the site's one."""
    # In the order of first mention; each page has the same ones in the same order.
    # A page that an earlier build left behind has the one sheet already.
    names = {name: None for text in pages.values() for _, name in SHEET.findall(text)}
    names.pop(BUNDLE, None)
    scripts = [path.read_text(encoding="utf-8") for path in static.rglob("*.js")]
    sheets = bundle_styles(static, names, formulas, pages.values(), scripts)
    version = hashlib.sha256((static / BUNDLE).read_bytes()).hexdigest()[:8]
    for path, text in pages.items():
        first = True

        def link(tag_match: re.Match[str]) -> str:
            nonlocal first
            tag = (
                f'    <script data-font="{tag_match[1]}{TEXT_FONT}">{PRELOAD}</script>\n'
                f'    <link rel="stylesheet" href="{tag_match[1]}{BUNDLE}?v={version}">\n'
            )
            tag, first = (tag if first else ""), False
            return tag

        pages[path] = SHEET.sub(link, text)
    remove(static, sheets)


def remove(folder: Path, names: Iterable[str]) -> None:
    """Remove files and folders, if they are there."""
    for name in names:
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def finish_site(app: Sphinx, exception: Exception | None) -> None:
    """Bring the written pages and their files into the form in which they are served."""
    if exception or app.builder.name != "html":
        return
    site = Path(app.outdir)
    static = site / "_static"
    shutil.copy2(EXPLORERS / "tasks.js", static)
    remove(static, UNUSED_FILES)
    theme = static / "scripts" / "pydata-sphinx-theme.js"
    theme.write_text(leave_tab_stops(theme.read_text(encoding="utf-8")), encoding="utf-8")
    write_exercises(site / "exercises")
    site_figures.write_archive(site / site_figures.ARCHIVE, site_figures.chapters())
    pages = {
        path: clean(path.read_text(encoding="utf-8"), is_search=path.name == "search.html")
        for path in sorted(site.rglob("*.html"))
        if static not in path.parents
    }
    styles = site_formulas.set_formulas(pages)
    site_publish.describe_for_sharing(site, pages)
    shrink_pictures(site, pages)
    shorten_stills(pages)
    use_one_sheet(pages, static, styles)
    site_publish.root_not_found_page(site, pages)
    for path, text in pages.items():
        path.write_text(add_policy(text), encoding="utf-8")
    site_slides.write_archive(site)
    site_publish.write_files(site, pages)
    site_offline.write_worker(site)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.setup_extension("neurode_lib.explorers.sphinx")
    site_chapters.setup(app)
    site_docstrings.setup(app)
    site_evidence.setup(app)
    app.connect("source-read", lambda _, page, source: site_figures.read_page(page, source))
    site_formulas.setup(app)
    site_publish.setup(app)
    app.connect("env-updated", write_all_pages)
    app.connect("html-page-context", choose_scripts, priority=900)
    app.connect("html-page-context", describe, priority=900)
    # Last: the theme, too, still changes files when the build has finished.
    app.connect("build-finished", finish_site, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
