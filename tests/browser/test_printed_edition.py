"""The links of a printed edition: tests/site/test_editions.py follows those of the whole book."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.site.small_book import IMPRINT, make_site
from tools.editions.pdf import write_pdf

ADDRESS = "https://example.org/b/"
THERE = {
    ADDRESS,
    f"{ADDRESS}notebooks/one.html#neuron",
    f"{ADDRESS}notebooks/one.html#neuron?preset=block",
    f"{ADDRESS}exercises/one.ipynb",
}


@pytest.mark.usefixtures("browser")
@pytest.mark.parametrize(("address", "there"), [(ADDRESS, THERE), ("", set())])
def test_links_lead_into_the_document_or_to_the_site(
    address: str, there: set[str], tmp_path: Path
) -> None:
    path = tmp_path / "book.pdf"
    book = make_site(tmp_path / "site", address)
    # It starts a browser of its own, and the tests' is at work in this thread.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(write_pdf, book, IMPRINT, path).result()
    reader = PdfReader(path)
    links = [one.get_object() for page in reader.pages for one in page.get("/Annots") or []]
    inside = [one["/Dest"] for one in links if "/Dest" in one]
    assert {one["/A"]["/URI"] for one in links if "/Dest" not in one} == there
    assert len(inside) > 7
    assert set(inside) <= set(reader.named_destinations)
