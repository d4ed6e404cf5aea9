"""Explorers in pages that Sphinx builds, such as a Jupyter Book's: they compute without a kernel.

A Sphinx extension. It lets an explorer's HTML form be shown where there is a widget as well, keeps
the text's links that set a figure, adds the script that brings figures to life to the pages that
have one, and writes a small page of each figure for other sites to embed. Importing this module
imports neither Sphinx nor PyTorch.
"""

from __future__ import annotations

import html
import os
import re
import shutil
from itertools import count
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urljoin

import neurode_lib
from neurode_lib.explorers._spec import SPEC
from neurode_lib.explorers.packages import write_scripts

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.config import Config

STATIC = Path(__file__).parent / "static"
SCRIPTS = ("explorers.js", "trainer.js")
# Below Sphinx's _static: the book may have files of its own there.
FOLDER = "neurode"
SMALL_PAGES = "_embed"

FIGURE = re.compile(r'<figure class="neurode-explorer"[^>]*>.*?</figure>', re.DOTALL)
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
# A still may be a picture in a file.
PICTURE = re.compile(r'(?<= src=")(?![a-z]+:|/)([^"]*)')
CANONICAL = re.compile(r'<link rel="canonical" href="([^"]*)"')
# No theme and no navigation; light or dark as the reader's system is.
SMALL_PAGE = Template("""\
<!DOCTYPE html>
<html lang="$language">
<head>
<meta charset="utf-8"/>
<title>$title: $page_title</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="description" content="$title: it computes in the page. From $page_title.">$canonical
<style>
:root { color-scheme: light dark; }
body { margin: 0; color: #1d2125; background: #fff; font: 1rem/1.45 system-ui, sans-serif; }
/* So that the height in spec.json does for all widths but a phone's. */
main { max-width: 760px; margin: 0 auto; overflow: auto; }
h1 { margin: .6rem .9rem 0; font-size: 1rem; }
main > figure, main > .neurode-explorer.nx { margin: 0; border: 0; }
img { max-width: 100%; }
/* The themes' class for what stands for another picture on a dark page. */
img.only-dark { display: none; }
main > p { margin: 0 .9rem .6rem; font-size: .84rem; }
a { color: #00666b; }
@media (prefers-color-scheme: dark) {
  body { color: #ced6dd; background: #14181e; }
  a { color: #5ec8c6; }
}
</style>
<script defer src="$root/_static/$folder/explorers.js"></script>
</head>
<body>
<main>
<h1>$title</h1>
$figure
<p>From <a href="$page#$name?" target="_blank" data-figure="$name">$page_title</a></p>
</main>
</body>
</html>
""")


def attribute(figure: str, name: str) -> str:
    """An attribute of a figure's tag, ``data-…``."""
    found = re.search(rf' data-{name}="([^"]*)"', figure)
    if found is None:
        raise ValueError(f"an explorer without data-{name}: {figure:.120}")
    return html.unescape(found[1])


def unique(wanted: str, taken: set[str]) -> str:
    """A name that is not taken yet; it then is. As the page's script does it."""
    names = (wanted if i == 1 else f"{wanted}-{i}" for i in count(1))
    name = next(name for name in names if name not in taken)
    taken.add(name)
    return name


def prefer_html(app: Sphinx, config: Config) -> None:
    """Where an output has a widget's view and HTML, show the HTML: a page has no kernel.

    Other widgets have no HTML, and are shown as before.
    """
    if "nb_mime_priority_overrides" in config:
        others = config.nb_mime_priority_overrides or ()
        config.nb_mime_priority_overrides = [("html", "text/html", 5), *others]


def keep_links(app: Sphinx, doctree: nodes.document) -> None:
    """Keep links that set a figure, such as ``[a push](#neuron?preset=excitable)``.

    MyST takes them for links to a heading of that name, and warns that there is none.
    """
    from docutils import nodes
    from sphinx.addnodes import pending_xref

    for link in list(doctree.findall(pending_xref)):
        if link["reftype"] == "myst" and "?" in link["reftarget"]:
            kept = nodes.reference("", "", internal=True, refuri=f"#{link['reftarget']}")
            kept += link[0].children
            link.replace_self(kept)


def prepare_page(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Give a page with explorers the script; each of them its anchor, its small page's address.

    To the anchor a link leads without scripts, too, and before they have run.
    """
    body = context.get("body", "")
    names: set[str] = set()
    files: set[str] = set()

    def name(figure: re.Match[str]) -> str:
        said = attribute(figure[0], "name")
        own = unique(said, names)
        file = unique(re.sub(r"[^A-Za-z0-9.-]+", "-", own), files)
        address = context["pathto"](f"{SMALL_PAGES}/{pagename}/{file}.html", 1)
        anchor = f' id="{html.escape(own)}"'
        # HTML allows no space there, and a heading may have the name already.
        anchor = "" if " " in own or anchor in body else anchor
        marks = f'{anchor} data-name="{html.escape(own)}" data-embed="{html.escape(address)}"'
        return figure[0].replace(f' data-name="{html.escape(said)}"', marks, 1)

    context["body"] = FIGURE.sub(name, body)
    if names:
        # A classic script: browsers refuse module scripts on file://.
        app.add_js_file(f"{FOLDER}/explorers.js", loading_method="defer")


def small_page(figure: str, own: Path, page: Path, site: Path, text: str, language: str) -> str:
    """A page of one figure, for the file ``own``; ``text`` is the page that it comes from."""
    address = attribute(figure, "embed")
    to_page = quote(os.path.relpath(page, own.parent).replace(os.sep, "/"))
    marks = f' data-embed="{own.name}" data-page="{to_page}"'
    figure = re.sub(r' data-embed="[^"]*"', marks, figure, count=1)
    to_folder = to_page.rpartition("/")[0]
    title = TITLE.search(text)
    canonical = CANONICAL.search(text)
    public = urljoin(html.unescape(canonical[1]), address) if canonical else None
    return SMALL_PAGE.substitute(
        language=language,
        title=html.escape(SPEC[attribute(figure, "explorer")]["title"]),
        page_title=title[1].strip() if title else html.escape(page.stem),
        canonical=f'\n<link rel="canonical" href="{html.escape(public)}">' if public else "",
        root=os.path.relpath(site, own.parent).replace(os.sep, "/"),
        folder=FOLDER,
        figure=PICTURE.sub(rf"{to_folder}/\1", figure),
        page=to_page,
        name=quote(attribute(figure, "name")),
    )


def write_files(app: Sphinx, exception: Exception | None) -> None:
    """Write the small pages, and the scripts and networks that the explorers load."""
    if exception or app.builder.format != "html":
        return
    site = Path(app.outdir)
    target = site / "_static" / FOLDER
    for folder in (target, site / SMALL_PAGES):
        shutil.rmtree(folder, ignore_errors=True)
    kinds = set()
    # As they are in the output: a later build need not write every page again.
    for page in sorted(site.rglob("*.html")):
        if site / "_static" in page.parents:
            continue
        text = page.read_text(encoding="utf-8")
        for figure in FIGURE.findall(text):
            kinds.add(attribute(figure, "explorer"))
            own = Path(os.path.normpath(page.parent / unquote(attribute(figure, "embed"))))
            own.parent.mkdir(parents=True, exist_ok=True)
            language = app.config.language or "en"
            own.write_text(
                small_page(figure, own, page, site, text, language), encoding="utf-8", newline="\n"
            )
    if kinds:
        write_scripts(target / "data", kinds)
        for script in SCRIPTS:
            shutil.copy2(STATIC / script, target)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build; Sphinx calls it for the extension ``neurode_lib.explorers.sphinx``."""
    app.connect("config-inited", prefer_html)
    app.connect("doctree-read", keep_links)
    app.connect("html-page-context", prepare_page)
    app.connect("build-finished", write_files)
    return {
        "version": neurode_lib.__version__,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
