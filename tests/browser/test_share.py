"""The dialog "Share": a link, and code for an iframe, for readers with a mouse and without."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup

from neurode_lib.explorers import PhasePlaneExplorer
from neurode_lib.explorers._spec import SPEC

PUBLIC = '<link rel="canonical" href="https://books.example.org/some/share.html">'


@pytest.fixture(scope="module")
def pages(site: Any) -> dict[str, str]:
    plain = PhasePlaneExplorer(link_name="neuron").to_html()
    marked = plain.replace(" data-state", ' data-embed="_embed/neuron.html" data-state', 1)
    return {
        "plain": site.write("share_plain.html", plain),
        "server": site.write("share.html", marked),
        "public": site.write("share_public.html", PUBLIC, marked),
        "disk": site.on_disk("share.html"),
        "public copy on disk": site.on_disk("share_public.html"),
    }


def shared(page: Any, fig: Any) -> tuple[Any, str, Any]:
    """The open dialog, its link, and the frame that its code makes."""
    fig.root.locator('[data-action="share"]').click()
    dialog = page.get_by_role("dialog", name="Share this view")
    code = dialog.get_by_label("To show the figure in another page")
    frame = BeautifulSoup(code.input_value(), "html.parser").iframe if code.count() else None
    return dialog, dialog.get_by_label("Link to this view").input_value(), frame


def test_it_offers_the_view_as_a_link_and_as_a_frame(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    page = new_page(pages["server"])
    fig = figure(page, "neuron")
    fig.set(I=0.7)
    _, link, frame = shared(page, fig)
    assert link == f"{pages['server']}#neuron?I=0.7"
    small = pages["server"].replace("share.html", "_embed/neuron.html")
    assert frame["src"] == f"{small}#neuron?I=0.7"
    assert frame["title"] == SPEC["phase-plane"]["title"]
    assert frame["height"] == str(SPEC["phase-plane"]["height"])
    assert (frame["loading"], frame["width"]) == ("lazy", "100%")


@pytest.mark.parametrize(("what", "field"), [("link", "input"), ("embed code", "textarea")])
def test_it_copies(
    what: str, field: str, pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    page = new_page(pages["server"], permissions=["clipboard-read", "clipboard-write"])
    dialog, _, _ = shared(page, figure(page, "neuron"))
    dialog.get_by_role("button", name=f"Copy {what}").click()
    dialog.get_by_role("status").get_by_text(f"Copied the {what}.").wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == dialog.locator(field).input_value()


def test_where_the_browser_refuses_the_text_is_selected(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    page = new_page(pages["server"])
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(Error()); }")
    dialog, link, _ = shared(page, figure(page, "neuron"))
    dialog.get_by_role("button", name="Copy link").click()
    dialog.get_by_role("status").get_by_text("copy it by the keyboard").wait_for()
    chosen = """() => { const {value, selectionStart, selectionEnd} = document.activeElement;
        return value.slice(selectionStart, selectionEnd); }"""
    assert page.evaluate(chosen) == link


def test_the_keyboard_opens_it_stays_within_and_escape_leads_back(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    page = new_page(pages["server"])
    fig = figure(page, "neuron")
    button = fig.root.locator('[data-action="share"]')
    button.focus()
    page.keyboard.press("Enter")
    within = (
        "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
    )
    assert page.evaluate("document.activeElement.dataset.action") == "copy-link"
    for _ in range(8):
        page.keyboard.press("Tab")
        assert page.evaluate(within)
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    assert page.evaluate("document.activeElement.dataset.action") == "share"
    # By the mouse: the button within, and a click beside it.
    for where in ("button", "beside"):
        dialog, _, _ = shared(page, fig)
        if where == "button":
            dialog.get_by_role("button", name="Close").click()
        else:
            page.mouse.click(5, 5)
        page.locator("dialog").wait_for(state="detached")


@pytest.mark.parametrize("where", ["public", "public copy on disk"])
def test_the_code_names_the_published_page(
    where: str, pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    page = new_page(pages[where])
    _, link, frame = shared(page, figure(page, "neuron"))
    assert frame["src"] == "https://books.example.org/some/_embed/neuron.html#neuron?"
    published = "https://books.example.org/some/share.html"
    here = published if where == "public copy on disk" else pages["public"]
    assert link == f"{here}#neuron?"


def test_on_a_disk_that_names_no_published_page_it_says_so(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    page = new_page(pages["disk"])
    dialog, link, frame = shared(page, figure(page, "neuron"))
    assert frame is None
    assert link == f"{pages['disk']}#neuron?"
    assert dialog.get_by_text("does not say where it is published").is_visible()


def test_a_figure_without_a_small_page_offers_its_link(
    pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    page = new_page(pages["plain"])
    dialog, link, frame = shared(page, figure(page, "neuron"))
    assert link == f"{pages['plain']}#neuron?"
    assert frame is None
    assert dialog.get_by_text("published").count() == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_axe_finds_nothing(
    theme: str, width: int, pages: dict[str, str], new_page: Any, figure: Any
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = new_page(pages["server"], viewport={"width": width, "height": 700})
    page.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
    dialog, _, _ = shared(page, figure(page, "neuron"))
    box = dialog.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    found = Axe().run(page, context="dialog")
    assert found.violations_count == 0, found.generate_report()
