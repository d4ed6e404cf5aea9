"""The site as the workflow publishes it: built with addresses that a plain build cannot know."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
PLAIN = ROOT / "_build" / "html"
# example.org belongs to nobody: nothing can be fetched from there by mistake.
SITE_URL = "https://books.example.org/some/neurode"
REPOSITORY_URL = "https://github.com/someone/neurode"
CHAPTER = "notebooks/05_starting_from_zero"

pytestmark = [pytest.mark.site, pytest.mark.slow]


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    addresses = {"NEURODE_SITE_URL": SITE_URL, "NEURODE_REPOSITORY_URL": REPOSITORY_URL}
    process = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("jupyter-book")), "build", str(ROOT)),
            *("-W", "-n", "--keep-going", "--path-output", str(folder)),
        ],
        env={**os.environ, **addresses},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout[-3000:] + process.stderr[-3000:]
    return folder / "_build" / "html"


def read(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def below_site(address: str, site: Path) -> Path:
    assert address.startswith(SITE_URL + "/")
    return site / address.removeprefix(SITE_URL + "/")


def launch_links(page: BeautifulSoup) -> dict[str, str]:
    return {
        link.get_text(strip=True): link["href"]
        for link in page.select(".dropdown-launch-buttons a")
    }


def test_without_an_address_no_link_is_invented() -> None:
    for path in PLAIN.rglob("*.html"):
        page = read(path)
        assert not launch_links(page)
        assert not page.select('link[rel="canonical"], meta[property="og:image"]')
    assert not (PLAIN / "sitemap.xml").exists()


def test_chapters_can_be_opened_where_they_run(published: Path) -> None:
    links = launch_links(read(published / f"{CHAPTER}.html"))
    assert set(links) == {"Binder", "JupyterLab", "Colab"}
    for name, tree in {"Binder": "tree", "JupyterLab": "lab/tree"}.items():
        parts = urlsplit(links[name])
        assert f"{parts.netloc}{parts.path}" == "mybinder.org/v2/gh/someone/neurode/HEAD"
        assert parse_qs(parts.query) == {"urlpath": [f"{tree}/{CHAPTER}.ipynb"]}
        assert (ROOT / f"{CHAPTER}.ipynb").exists()
    workflow = (ROOT / ".github" / "workflows" / "book.yml").read_text()
    branch = re.search(r"/blob/(\w+)/", links["Colab"])
    assert branch is not None
    assert links["Colab"].endswith(f"github/someone/neurode/blob/colab/{CHAPTER}.ipynb")
    assert f"HEAD:{branch[1]}" in workflow, "nobody pushes the branch that Colab opens"
    assert not launch_links(read(published / "book" / "notation.html"))


def test_a_notebook_that_leaves_the_repository_installs_the_library(published: Path) -> None:
    name = f"{CHAPTER}.ipynb"
    theirs = json.loads((published / "_sources" / name).read_text(encoding="utf-8"))
    ours = json.loads((ROOT / name).read_text(encoding="utf-8"))
    first = "".join(theirs["cells"][0]["source"])
    assert theirs["cells"][1:] == ours["cells"]
    assert re.search(rf"@ git\+{re.escape(REPOSITORY_URL)}@[0-9a-f]{{40}}\"", first)
    # Where the library is, the cell does nothing: it can be run here.
    exec(compile(first, "first cell", "exec"), {})


def test_the_cell_that_installs_looks_for_the_extras_and_says_why_it_failed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    from site_publish import EXTRAS, install_cell

    source = "".join(install_cell("file:///no/such.whl")["source"])
    find = importlib.util.find_spec
    for missing in ("neurode_lib", *EXTRAS):
        with monkeypatch.context() as patch:
            patch.setattr(
                importlib.util,
                "find_spec",
                lambda name, *rest, gone=missing: None if name == gone else find(name, *rest),
            )
            with pytest.raises(RuntimeError, match=r"(?s)could not be installed.*such\.whl"):
                exec(compile(source, "first cell", "exec"), {})


def test_links_preview_with_title_text_and_picture(published: Path) -> None:
    for name in ("index.html", f"{CHAPTER}.html", "book/notation.html"):
        page = read(published / name)
        tags = {tag["property"]: tag["content"] for tag in page.select("meta[property]")}
        assert tags["og:title"] in page.title.string
        assert len(tags["og:description"]) > 30
        assert below_site(tags["og:url"], published) == published / name
        assert page.select_one('link[rel="canonical"]')["href"] == tags["og:url"]
        with Image.open(below_site(tags["og:image"], published)) as picture:
            assert picture.size == (1200, 630)
        assert len(tags["og:image:alt"].split()) > 3


def test_sitemap_names_the_pages(published: Path) -> None:
    space = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9"}
    places = ET.parse(published / "sitemap.xml").findall(".//s:loc", space)
    listed = {below_site(place.text or "", published) for place in places}
    assert all(path.is_file() for path in listed)
    assert {published / "index.html", published / f"{CHAPTER}.html"} <= listed
    assert published / "404.html" not in listed
    assert not [path for path in listed if "_embed" in path.parts]
    assert f"{SITE_URL}/sitemap.xml" in (published / "robots.txt").read_text()


def test_the_page_for_wrong_addresses_finds_its_way_from_anywhere(published: Path) -> None:
    page = read(published / "404.html")
    root = urlsplit(SITE_URL).path
    for tag in page.find_all(["a", "link", "script", "img"]):
        address = tag.get("href") or tag.get("src")
        if address and not address.startswith("#"):
            assert address.startswith(f"{root}/"), address
            assert (published / urlsplit(address).path.removeprefix(f"{root}/")).is_file(), address


@pytest.mark.parametrize("variable", ["NEURODE_SITE_URL", "NEURODE_REPOSITORY_URL"])
def test_an_address_that_is_none_stops_the_build(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "book" / "_ext"))
    from site_publish import ConfigError, address_from

    monkeypatch.setenv(variable, "someone/neurode")
    with pytest.raises(ConfigError, match=variable):
        address_from(variable)
    monkeypatch.setenv(variable, "")
    assert address_from(variable) is None
