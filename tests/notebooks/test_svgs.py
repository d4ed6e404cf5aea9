"""The figures as SVG: every numbered one, well-formed, with the licence."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tools.write_svgs import ROOT, site_figures, write_svgs

CHAPTER = ROOT / "notebooks" / "03_the_dataset.ipynb"
NAMESPACE = "{http://www.w3.org/2000/svg}"


@pytest.mark.slow
def test_every_numbered_figure_is_drawn_as_svg(tmp_path: Path) -> None:
    target = tmp_path / "svg.zip"
    write_svgs([CHAPTER], target)
    numbers = [number for number, *_ in site_figures.figures_of(CHAPTER)]
    with zipfile.ZipFile(target) as packed:
        assert "CC BY 4.0" in packed.read("LICENCE.txt").decode()
        names = [f"{CHAPTER.stem}/figure-{number}.svg" for number in numbers]
        assert packed.namelist() == ["LICENCE.txt", *names]
        for name in names:
            picture = ElementTree.fromstring(packed.read(name))
            assert picture.tag == f"{NAMESPACE}svg"
            # Letters are outlines: the file does not ask for the book's font.
            assert picture.find(f".//{NAMESPACE}text") is None
            assert picture.find(f".//{NAMESPACE}path") is not None


def test_a_notebook_that_was_not_run_for_it_is_refused() -> None:
    with pytest.raises(ValueError, match=r"shows no picture of the kind image/svg\+xml"):
        list(site_figures.figures_of(CHAPTER, site_figures.SVG))
