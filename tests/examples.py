"""Examples of a kind in `make test`, all of that kind in `make test-all`."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest

# One of each kind of page, and what most readers open.
PAGES = {
    "index.html",
    "genindex.html",
    "book/api/models.html",
    "book/faults.html",
    "book/glossary.html",
    "book/your_own_data.html",
    "notebooks/01_fitzhugh_nagumo.html",
    "notebooks/05_starting_from_zero.html",
    "notebooks/08_phase_portraits.html",
    "notebooks/12_claims_measured.html",
    "notebooks/15_train_it_here.html",
    "notebooks/20_a_real_recording.html",
}


def examples_first(names: Iterable[Any], examples: Collection[Any]) -> list[Any]:
    """Parameters of a test: those that are no examples are left to `make test-all`."""
    names = list(names)
    # Before the site is built there are none of its pages, and a test says so.
    if names and (unknown := set(examples) - set(names)):
        raise ValueError(f"examples that do not exist: {sorted(unknown)}")
    return [
        pytest.param(name, marks=[] if name in examples else [pytest.mark.exhaustive])
        for name in names
    ]
