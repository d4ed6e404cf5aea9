"""The slides of the course: every one fits its screen, and the keys go from one to the next."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Browser

SITE = Path(__file__).resolve().parents[2] / "_build" / "html"

pytestmark = pytest.mark.site

SIZES = """sections => sections.map(section => ({
  name: section.innerText.slice(0, 60),
  height: section.getBoundingClientRect().height,
  width: section.scrollWidth,
  empty: !section.innerText.trim(),
  broken: [...section.querySelectorAll("img")].filter(image => !image.naturalWidth).length,
}))"""


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("slides")
    with zipfile.ZipFile(SITE / "neurode-slides.zip") as archive:
        archive.extractall(folder)
    return sorted(folder.glob("*.html"))


@pytest.mark.parametrize("size", [(1280, 720), (1024, 768)], ids=["wide", "narrow"])
def test_every_slide_fits_its_screen(
    size: tuple[int, int], sessions: list[Path], browser: Browser
) -> None:
    width, height = size
    page = browser.new_page(viewport={"width": width, "height": height})
    assert sessions
    for session in sessions:
        page.goto(session.as_uri())
        for slide in page.eval_on_selector_all("body > section", SIZES):
            where = f"{session.name}: {slide['name']}"
            assert slide["height"] <= height + 1 and slide["width"] <= width, where
            assert not slide["empty"], where
            assert not slide["broken"], where
    page.close()


def test_the_keys_go_from_slide_to_slide_and_back(sessions: list[Path], browser: Browser) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 720})
    page.goto(sessions[0].as_uri())

    def shown() -> int:
        return page.evaluate(
            """[...document.querySelectorAll("body > section")].findIndex(
                 one => Math.abs(one.getBoundingClientRect().top) < 2)"""
        )

    seen = []
    for key in ("ArrowRight", " ", "PageDown", "ArrowLeft"):
        page.keyboard.press(key)
        seen.append(shown())
    assert seen == [1, 2, 3, 2]
    page.close()
