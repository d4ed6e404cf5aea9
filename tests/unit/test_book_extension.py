"""The Sphinx extension in a book of one page, built here: tests/browser opens such a book."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx

from neurode_lib.explorers import PhasePlaneExplorer
from neurode_lib.explorers.sphinx import attribute, unique

pytestmark = pytest.mark.slow

PAGE = """# Theirs

After [a small push](#neuron?preset=below) it rests.

```{{raw}} html
{first}
{second}
{third}
```
"""


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source, out = (tmp_path_factory.mktemp(name) for name in ("source", "out"))
    figure = PhasePlaneExplorer(link_name="neuron").to_html()
    # By the name of the page's heading, too.
    third = PhasePlaneExplorer(link_name="theirs").to_html()
    page = PAGE.format(first=figure, second=figure, third=third)
    (source / "index.md").write_text(page, encoding="utf-8")
    settings = {
        "extensions": ["myst_nb", "neurode_lib.explorers.sphinx"],
        "html_theme": "basic",
        "html_baseurl": "https://theirs.example/book/",
        "nb_execution_mode": "off",
    }
    app = Sphinx(source, None, out, out / "doctrees", "html", settings, status=None)
    app.build()
    assert app.config.nb_mime_priority_overrides[0] == ("html", "text/html", 5)
    return out


def soup(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def test_a_page_keeps_its_links_and_gets_the_script(book: Path) -> None:
    page = soup(book / "index.html")
    assert page.find("a", string="a small push")["href"] == "#neuron?preset=below"
    scripts = [tag["src"] for tag in page.select("script[src*=explorers]")]
    assert len(scripts) == 1 and (book / scripts[0].partition("?")[0]).is_file()
    assert (book / "_static" / "neurode" / "trainer.js").is_file()


def test_figures_of_one_name_are_told_apart_and_each_has_a_small_page(book: Path) -> None:
    figures = soup(book / "index.html").select("figure.neurode-explorer")
    assert [one["data-name"] for one in figures] == ["neuron", "neuron-2", "theirs"]
    # A link leads to it without scripts, too; no two elements have one identifier.
    assert [one.get("id") for one in figures] == ["neuron", "neuron-2", None]
    for figure in figures:
        small = soup(book / figure["data-embed"])
        assert len(small.select("figure.neurode-explorer")) == 1
        link = small.select_one("main > p a")
        assert link["data-figure"] == figure["data-name"] and link.string.startswith("Theirs")
        assert link["href"].endswith(f"index.html#{figure['data-name']}?")
        public = small.find("link", rel="canonical")["href"]
        assert public == f"https://theirs.example/book/{figure['data-embed']}"
        (script,) = small.select("script[src]")
        assert (book / figure["data-embed"]).parent.joinpath(script["src"]).resolve().is_file()


def test_names_are_made_unique_and_a_missing_mark_is_named() -> None:
    taken: set[str] = set()
    assert [unique("a", taken) for _ in range(3)] == ["a", "a-2", "a-3"]
    assert attribute('<figure data-name="a &amp; b">', "name") == "a & b"
    with pytest.raises(ValueError, match=re.escape("an explorer without data-embed: <figure")):
        attribute("<figure>", "embed")
