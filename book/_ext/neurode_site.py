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

import site_docstrings
import site_formulas
import site_offline
import site_publish
from site_pictures import shrink_pictures
from site_policy import add_policy
from site_styles import BUNDLE, bundle_styles

ROOT = Path(__file__).resolve().parent.parent.parent
EXPLORERS = ROOT / "neurode_lib" / "explorers" / "static"
EXPLORER_MARK = 'class="neurode-explorer"'

# The theme and the extensions put these on every page, and nothing here uses them. sphinx-thebe
# would start kernels on another host. The toggle button folds admonitions of the class `dropdown`:
# here folded things are <details>, which need no script.
UNUSED_SCRIPTS = re.compile(
    r"thebe|THEBE_JS_URL|selectorCodeCells|togglebutton|toggleHint|toggleOpenOnPrint"
    # Inline settings for a search while typing and for a menu of versions: there are none.
    r"|DOCUMENTATION_OPTIONS\."
)
UNUSED_SHEETS = re.compile(r"thebe|togglebutton")
# Written into the page by the theme's templates, past Sphinx's lists.
UNUSED_TAGS = re.compile(
    r"[ \t]*<(?:script|link)\b[^>]*"
    # Icons come from a style sheet and a font; the script (1.5 MB) would do the same once more.
    r"(?:scripts/fontawesome\.js|sphinx-thebe\.css|design-tabs\.js"
    # Deferred scripts are found early enough without.
    r'|rel="preload" as="script")'
    r"[^>]*>(?:</script>)?\n?"
    # sphinx-thebe's settings, which its script would read.
    r"|[ \t]*<script type=\"text/x-thebe-config\">.*?</script>\n?"
    r"|[ \t]*<script>kernelName = [^<]*</script>\n?"
    # Said a second and a third time.
    r'|\s*<meta name="viewport" content="width=device-width, initial-scale=1" ?/>'
    # For search engines of documentation hosts, and a place for their advertisements.
    r'|\s*<meta name="docsearch:[^>]*>'
    r'|<div id="ethical-ad-placement".*?</div>',
    re.DOTALL,
)
# The theme loads the search index on every page; only the page that searches needs it.
SEARCH_TAGS = re.compile(
    r'[ \t]*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js"></script>\n?'
)
SHEET = re.compile(r'[ \t]*<link\b[^>]*href="([^"?]*_static/)([^"?]+\.css)[^>]*>\n?')
SCRIPT = re.compile(r"<script (?:defer |defer=\"defer\" |loading_method=\"defer\" )?(src=[^>]*)>")
LISTING = re.compile(r'<div class="highlight">(<pre>)(.*?)</pre>', re.DOTALL)
LONGEST_LISTING = 40
# The text's font is asked for with the style sheet, not after it. By a script: from disk there is
# no need, and browsers call a preload there an error.
TEXT_FONT = "vendor/source-serif-4/latin-wght-normal.woff2"
PRELOAD = (
    'if(location.protocol!="file:")document.head.append(Object.assign(document.createElement("link")'
    ',{rel:"preload",as:"font",type:"font/woff2",crossOrigin:"",'
    "href:document.currentScript.dataset.font}))"
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
    "togglebutton.js",
    "togglebutton.css",
    "webpack-macros.html",
    "sbt-webpack-macros.html",
    "locales",
)

# What the theme gets wrong for those who cannot see the page, or for HTML itself.
MENDED = (
    # The button's name has to begin with what it shows: "Search Ctrl+K".
    (r'(<button class="btn search-button-field[^>]*) title="Search" aria-label="Search"', r"\1"),
    # Everything on a page belongs to a landmark, and the logo and the search button to this one.
    (
        r'<div id="pst-primary-sidebar"',
        r'<div id="pst-primary-sidebar" role="complementary" aria-label="The book"',
    ),
    # Two pictures of one logo in one link: a screen reader would say the name three times.
    (r'(class="logo__image [^>]*) alt="[^"]*"', r'\1 alt=""'),
    # The arrow that unfolds a part of the navigation had no name.
    (r'<summary>(?=<span class="toctree-toggle")', '<summary aria-label="Pages of this part">'),
    # What folds a cell away says in words what it holds; a label would hide them.
    (r'<summary aria-label="Toggle hidden content">', "<summary>"),
    # A role that ARIA gave up, and a list whose items then are none.
    (r' role="doc-biblioentry"', ""),
    (r'<div role="list" class="citation-list">', '<div class="citation-list">'),
    # The empty corner of a table is no header.
    (r'<th class="head">(?:<p></p>)?</th>', "<td></td>"),
    # No paragraph may stand in a summary, none around a list, and no heading may be empty.
    (r'<p class="(collapsed|expanded) admonition-title">(.*?)</p>', r'<span class="\1">\2</span>'),
    (r'<p>(<ul class="simple">(?:(?!</?ul\b)[\s\S])*</ul>)\s*</p>', r"\1"),
    (r"<h1></h1>", ""),
    # A policy without inline scripts refuses handlers in attributes: site.js listens instead.
    (r'<button onclick="window.print\(\)"', r'<button type="button"'),
)


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
    context["css_files"][:] = [
        sheet for sheet in context["css_files"] if not UNUSED_SHEETS.search(str(sheet))
    ]
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


def write_all_pages(app: Sphinx, env: Any) -> Iterable[str]:
    """Have every page written, also those whose text did not change: below they are changed."""
    return list(env.found_docs)


def fold_long_code(found: re.Match[str]) -> str:
    """Mark a long listing; the style shows its beginning, site.js adds the button for the rest."""
    lines = found[2].count("\n")
    if lines <= LONGEST_LISTING:
        return found[0]
    return f'<div class="highlight long-code" data-lines="{lines}">{found[1]}{found[2]}</pre>'


def clean(text: str, *, is_search: bool) -> str:
    """Take what is not used off a page, and mend the theme's faults."""
    text = UNUSED_TAGS.sub("", text)
    if not is_search:
        text = SEARCH_TAGS.sub("", text)
    # In their order, but none may hold up the first words.
    text = SCRIPT.sub(r"<script defer \1>", text)
    for fault, mended in MENDED:
        text = re.sub(fault, mended, text)
    return LISTING.sub(fold_long_code, text)


def use_one_sheet(pages: dict[Path, str], static: Path, formulas: str) -> None:
    """Replace the style sheets of the pages by the site's one."""
    # In the order of first mention; each page has the same ones in the same order.
    names = {name: None for text in pages.values() for _, name in SHEET.findall(text)}
    scripts = [path.read_text(encoding="utf-8") for path in static.rglob("*.js")]
    replaced = bundle_styles(static, names, formulas, [*pages.values(), *scripts])
    version = hashlib.sha256((static / BUNDLE).read_bytes()).hexdigest()[:8]
    for path, text in pages.items():
        first = True

        def link(found: re.Match[str]) -> str:
            nonlocal first
            tag = (
                f'    <link rel="stylesheet" href="{found[1]}{BUNDLE}?v={version}">\n'
                f'    <script data-font="{found[1]}{TEXT_FONT}">{PRELOAD}</script>\n'
            )
            tag, first = (tag if first else ""), False
            return tag

        pages[path] = SHEET.sub(link, text)
    remove(static, replaced)


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
    for script in ("explorers.js", "trainer.js"):
        shutil.copy2(EXPLORERS / script, static)
    shutil.copytree(EXPLORERS / "data", static / "data", dirs_exist_ok=True)
    remove(static, UNUSED_FILES)
    pages = {
        path: clean(path.read_text(encoding="utf-8"), is_search=path.name == "search.html")
        for path in sorted(site.rglob("*.html"))
        if static not in path.parents
    }
    styles = site_formulas.set_formulas(pages)
    site_publish.describe_for_sharing(site, pages)
    shrink_pictures(site, pages)
    use_one_sheet(pages, static, styles)
    site_publish.root_not_found_page(site, pages)
    for path, text in pages.items():
        path.write_text(add_policy(text), encoding="utf-8")
    site_publish.write_files(site, pages)
    site_offline.write_worker(site)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    site_docstrings.setup(app)
    site_formulas.setup(app)
    site_publish.setup(app)
    app.connect("env-updated", write_all_pages)
    app.connect("html-page-context", choose_scripts, priority=900)
    app.connect("html-page-context", describe, priority=900)
    # Last: the theme, too, still changes files when the build has finished.
    app.connect("build-finished", finish_site, priority=900)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
