"""What a published site has beside its pages: previews of shared links, a sitemap, a page for
addresses that do not exist, and buttons that open a chapter where it can be run.

Two environment variables tell the build what it cannot know. Without them nothing is made that
would need an address: no link is invented.

NEURODE_SITE_URL
    where the site will be served, such as ``https://example.org/neurode/``
NEURODE_REPOSITORY_URL
    where the repository is, such as ``https://github.com/someone/neurode``
"""

from __future__ import annotations

import html
import json
import os
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from PIL import Image
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.errors import ConfigError

import neurode_lib
from neurode_lib.explorers.sphinx import SMALL_PAGES

TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)
# docutils and this extension write the attributes in different orders.
DESCRIPTION = re.compile(
    r'<meta (?=[^>]*\bname="description")[^>]*?\bcontent="(?P<text>[^"]*)"[^>]*>'
)
CANONICAL = re.compile(r'\s*<link rel="canonical"[^>]*>')
PICTURE = re.compile(r'<img\b[^>]*src="(?:\.\./)*_images/([^"/]+\.png)"')
ALTERNATIVE = re.compile(r'\balt="([^"]*)"')
RELATIVE = re.compile(r'\b(href|src|action|data-content_root)="(?![a-z]+:|#|/)([^"]*)"')
COVER = "cover.png"
COVER_ALT = "The phase plane of a neuron: flow lines, two nullclines and the limit cycle."
PREVIEW_SIZE = (1200, 630)
ROOT = Path(__file__).resolve().parents[2]
# Names of packages; what they are imported as differs in the line between the words only.
EXTRAS = [
    re.split(r"[<>=]", line)[0].replace("-", "_")
    for line in tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]["chapters"]
]
INSTALL = """\
# Where the book's library is missing, as on Colab: install it, of the version of this chapter.
import importlib.metadata
import importlib.util
import subprocess
import sys
import tempfile

if any(importlib.util.find_spec(name) is None for name in NAMES):
    # What this kernel has loaded stays as it is.
    packages = importlib.metadata.packages_distributions()
    loaded = {package for name in [*sys.modules, "torch"] for package in packages.get(name, [])}
    with tempfile.NamedTemporaryFile("w", suffix=".txt", delete=False) as constraints:
        for package in loaded:
            print(f"{package}=={importlib.metadata.version(package)}", file=constraints)
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--constraint", constraints.name]
    process = subprocess.run(
        [*pip, "neurode_lib[chapters] @ ADDRESS"], capture_output=True, text=True
    )
    if process.returncode:
        raise RuntimeError(f"the book's library could not be installed; pip says: {process.stderr}")
"""
# Made by Sphinx, for people who are here already.
UNLISTED = {"404.html", "genindex.html", "py-modindex.html", "search.html"}
# The branch with the notebooks that install the library themselves: .github/workflows/book.yml.
COLAB_BRANCH = "colab"


def address_from(variable: str) -> str | None:
    """An https address from the environment, without a slash at its end; None if not given."""
    address = os.environ.get(variable, "").strip().rstrip("/")
    if address and not re.fullmatch(r"https?://[^\s/]+(/[^\s?#]*)?", address):
        raise ConfigError(f"{variable} must be a web address; here it is {address!r}")
    return address or None


def site_url() -> str | None:
    """Where the site will be served."""
    return address_from("NEURODE_SITE_URL")


def repository_url() -> str | None:
    """Where the repository is."""
    address = address_from("NEURODE_REPOSITORY_URL")
    return address.removesuffix(".git") if address else None


def name_address(app: Sphinx, config: Config) -> None:
    """Tell Sphinx, which then names each page's canonical address."""
    config.html_baseurl = f"{site_url()}/" if site_url() else ""


def launch_links(repository: str, notebook: str) -> list[tuple[str, str, str]]:
    """Where a notebook of the repository can be run: name, address, logo."""
    parts = urlsplit(repository)
    path = parts.path.strip("/")
    on_github = parts.netloc == "github.com"
    where = f"gh/{path}" if on_github else f"git/{quote(repository, safe='')}"
    binder = f"https://mybinder.org/v2/{where}/HEAD?urlpath="
    colab = f"https://colab.research.google.com/github/{path}/blob/{COLAB_BRANCH}/{notebook}"
    links = [
        ("Binder", f"{binder}{quote(f'tree/{notebook}', safe='')}", "logo_binder.svg"),
        ("JupyterLab", f"{binder}{quote(f'lab/tree/{notebook}', safe='')}", "logo_jupyterhub.svg"),
    ]
    return [*links, ("Colab", colab, "logo_colab.png")] if on_github else links


def add_launch_buttons(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Give chapters a menu of places to run them."""
    repository = repository_url()
    if repository is None or not pagename.startswith("notebooks/"):
        return
    tooltips = {"Binder": "Run in Jupyter Notebook", "JupyterLab": "Run in JupyterLab on Binder"}
    context["header_buttons"].insert(
        0,
        {
            "type": "group",
            "tooltip": "Run this chapter",
            "icon": "fas fa-rocket",
            "label": "launch-buttons",
            "buttons": [
                {
                    "type": "link",
                    "text": name,
                    "tooltip": tooltips.get(name, f"Run on {name}"),
                    "icon": f"_static/images/{logo}",
                    "url": address,
                }
                for name, address, logo in launch_links(repository, f"{pagename}.ipynb")
            ],
        },
    )


def this_version() -> str:
    """The commit that the book is built from; the version's tag where there is no repository."""
    process = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return process.stdout.strip() or f"v{neurode_lib.__version__}"


def install_cell(address: str) -> dict[str, Any]:
    """First cell of a notebook that left the repository.

    It installs the library from ``address``, as pip takes it, and leaves alone what the kernel has
    loaded: another version of that would be used only in part until the kernel is started again.
    """
    source = INSTALL.replace("ADDRESS", address).replace("NAMES", repr(["neurode_lib", *EXTRAS]))
    source = source.rstrip()
    return {
        "cell_type": "code",
        "id": "install",
        "metadata": {"tags": ["install"]},
        "execution_count": None,
        "outputs": [],
        "source": source.splitlines(keepends=True),
    }


def not_found_page(app: Sphinx) -> list[tuple[str, dict[str, Any], str]]:
    """Page that a host shows for an address that does not exist."""
    body = (
        "<section><h1>There is no such page</h1>"
        "<p>Perhaps it moved, or the address has a slip in it. The way on:</p><ul>"
        '<li><a href="index.html">the first page</a></li>'
        '<li><a href="search.html">search the book</a></li>'
        '<li><a href="genindex.html">the index</a></li></ul></section>'
    )
    return [("404", {"title": "There is no such page", "body": body}, "page.html")]


def root_not_found_page(site: Path, pages: dict[Path, str]) -> None:
    """Make the links of 404.html independent of where it is shown: any address may be wrong."""
    if base := site_url():
        root = urlsplit(base).path.rstrip("/") + "/"
        # Nor is it the true page of any address.
        text = CANONICAL.sub("", pages[site / "404.html"])
        pages[site / "404.html"] = RELATIVE.sub(
            lambda match: f'{match[1]}="{root}{match[2].removeprefix("./")}"', text
        )


def describe_for_sharing(site: Path, pages: dict[Path, str]) -> None:
    """Open Graph and Twitter tags: what is shown where somebody shares a link.

    A picture needs a full address, so it is named only when the site's address is known.
    """
    base = site_url()
    for path, text in pages.items():
        title = TITLE.search(text)
        description = DESCRIPTION.search(text)
        if title is None or description is None:
            continue
        name = path.relative_to(site).as_posix()
        tags = {
            "og:site_name": "neurode",
            "og:type": "website" if name == "index.html" else "article",
            "og:title": title[1].split(" &#8212; ")[0].strip(),
            "og:description": description["text"],
            "twitter:card": "summary",
        }
        if base:
            picture, alternative = preview(site, text)
            tags |= {
                "og:url": f"{base}/{name}",
                "og:image": f"{base}/{picture}",
                "og:image:alt": alternative,
                "og:image:width": str(PREVIEW_SIZE[0]),
                "og:image:height": str(PREVIEW_SIZE[1]),
                "twitter:card": "summary_large_image",
            }
        lines = "".join(
            f'\n    <meta {"name" if key.startswith("twitter") else "property"}="{key}" '
            f'content="{value}"/>'
            for key, value in tags.items()
        )
        end = title.end()
        pages[path] = text[:end] + lines + text[end:]


def preview(site: Path, text: str) -> tuple[str, str]:
    """Address below the site and text of a page's picture: its first figure, else the cover."""
    match = PICTURE.search(text)
    if match is None:
        return f"_static/{COVER}", COVER_ALT
    target = site / "_static" / "previews" / match[1]
    target.parent.mkdir(exist_ok=True)
    with Image.open(site / "_images" / match[1]) as figure:
        card = Image.new("RGB", PREVIEW_SIZE, "white")
        room = (PREVIEW_SIZE[0] - 80, PREVIEW_SIZE[1] - 80)
        scale = min(room[0] / figure.width, room[1] / figure.height)
        picture = figure.convert("RGB").resize(
            (round(figure.width * scale), round(figure.height * scale)), Image.Resampling.LANCZOS
        )
        card.paste(
            picture,
            ((PREVIEW_SIZE[0] - picture.width) // 2, (PREVIEW_SIZE[1] - picture.height) // 2),
        )
        card.quantize(64, dither=Image.Dither.NONE).save(target, optimize=True)
    alternative = ALTERNATIVE.search(match[0])
    return f"_static/previews/{match[1]}", alternative[1] if alternative else ""


def write_files(site: Path, pages: dict[Path, str]) -> None:
    """Write the sitemap, and into the notebooks offered for download the cell that installs."""
    if base := site_url():
        names = {path.relative_to(site).as_posix() for path in pages} - UNLISTED
        names = sorted(name for name in names if not name.startswith(f"{SMALL_PAGES}/"))
        places = [html.escape(f"{base}/{quote(name)}") for name in names]
        addresses = "".join(f"  <url><loc>{place}</loc></url>\n" for place in places)
        (site / "sitemap.xml").write_text(
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
            f"{addresses}</urlset>\n",
            encoding="utf-8",
        )
        (site / "robots.txt").write_text(
            f"User-agent: *\nAllow: /\nSitemap: {base}/sitemap.xml\n", encoding="utf-8"
        )
    if repository := repository_url():
        for path in (site / "_sources").rglob("*.ipynb"):
            notebook = json.loads(path.read_text(encoding="utf-8"))
            notebook["cells"].insert(0, install_cell(f"git+{repository}@{this_version()}"))
            path.write_text(
                json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
            )


def setup(app: Sphinx) -> None:
    """Connect to the build."""
    app.connect("config-inited", name_address)
    # After the theme has put its own buttons there.
    app.connect("html-page-context", add_launch_buttons, priority=600)
    app.connect("html-collect-pages", not_found_page)
