"""A claim, what was measured for it, and the verdict that follows.

A verdict is computed from measured values by a criterion that is written next to it, so it changes
when the measurement does.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from neurode_lib._checks import FloatArray, instance_of, real_array
from neurode_lib.chapters.numbers import number, spread
from neurode_lib.study.results import Results

Verdict = Literal["holds", "holds in part", "does not hold"]
VERDICTS: tuple[Verdict, ...] = ("holds", "holds in part", "does not hold")
Values = Mapping[str, FloatArray]


@dataclass(frozen=True)
class Claim:
    """One checkable sentence of the article, in our words.

    Attributes
    ----------
    key : str
        Short identifier, also the anchor of its row.
    topic : str
        What it is about: ``"simulator and data"``, ``"models"``, ``"training"`` or ``"results"``.
    statement : str
        The claim.
    method : str
        How it is measured.
    criterion : str
        When we say that it holds, and when in part.
    result : str
        Format string over the measured values; arrays are shown with their spread.
    chapter : str
        Stem of the chapter that looks at it closely.
    code : str
        Dotted name of the object that measures or defines it.
    measure : callable
        ``measure(results)`` returns the values by name: shape (n,) for one per seed (or per
        point), shape () for a single number.
    judge : callable
        ``judge(values)`` returns the verdict.
    """

    key: str
    topic: str
    statement: str
    method: str
    criterion: str
    result: str
    chapter: str
    code: str
    measure: Callable[[Results], Values]
    judge: Callable[[Values], Verdict]

    def describe(self, values: Values) -> str:
        """The result in words and numbers."""
        return self.result.format_map({name: _shown(value) for name, value in values.items()})


@dataclass(frozen=True)
class Assessed:
    """A claim with its result and verdict."""

    claim: Claim
    values: Values
    result: str
    verdict: Verdict


def assess(claims: Sequence[Claim], results: Results) -> list[Assessed]:
    """Measure and judge claims, in order."""
    instance_of("results", results, Results)
    rows = []
    for claim in claims:
        values = claim.measure(results)
        rows.append(Assessed(claim, values, claim.describe(values), claim.judge(values)))
    return rows


def verdict(holds: object, in_part: object = False) -> Verdict:
    """The verdict for a criterion and its weaker form."""
    if holds:
        return "holds"
    return "holds in part" if in_part else "does not hold"


def median(values: npt.ArrayLike) -> float:
    """Median; infinities take part, NaN counts as infinitely bad."""
    array = np.atleast_1d(real_array("values", values))
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"values must have shape (n,) and not be empty, got {array.shape}")
    ordered = np.sort(np.where(np.isnan(array), np.inf, array))
    return float(np.mean(ordered[[(len(ordered) - 1) // 2, len(ordered) // 2]]))


def table_html(rows: Sequence[Assessed], *, link: Callable[[Claim], tuple[str, str]]) -> str:
    """The scorecard as an HTML table.

    It reads without any script; on the site a small script makes its columns sortable.

    Parameters
    ----------
    rows : sequence of Assessed
    link : callable
        ``link(claim)`` returns the addresses of its chapter and of its code.
    """
    head = ("#", "claim and measurement", "result", "verdict", "look closer")
    body = []
    for position, row in enumerate(rows, start=1):
        claim = row.claim
        chapter, code = link(claim)
        cells = (
            f'<td class="claim-number">{position}</td>',
            f'<th scope="row">{_text(claim.statement)} <span class="claim-method">'
            f"{_text(claim.method)} <em>{_text(claim.criterion)}</em></span></th>",
            f'<td data-label="result">{_text(row.result)}</td>',
            f'<td data-label="verdict" data-sort="{VERDICTS.index(row.verdict)}">'
            f'<span class="verdict verdict-{VERDICTS.index(row.verdict)}">'
            f"{row.verdict}</span></td>",
            f'<td data-label="look closer"><a href="{chapter}">chapter {claim.chapter[:2]}</a>, '
            f'<a href="{code}"><code>{_breakable(claim.code.rpartition(".")[2])}</code></a></td>',
        )
        body.append(f'<tr id="claim-{claim.key}">{"".join(cells)}</tr>')
    columns = "".join(f'<th scope="col">{name}</th>' for name in head)
    return (
        '<div class="claims-frame"><table class="claims sortable"><thead><tr>'
        f"{columns}</tr></thead><tbody>\n" + "\n".join(body) + "\n</tbody></table></div>"
    )


def _text(words: str) -> str:
    return html.escape(words, quote=False)


def _breakable(name: str) -> str:
    """A name that a narrow column may break where its words end, and nowhere else."""
    return _text(name).replace("_", "_<wbr>")


def _shown(value: FloatArray) -> str:
    array = np.asarray(value, dtype=np.float64)
    if array.ndim:
        return spread(array)
    single = float(array)
    # Counts are whole; everything else has three significant digits.
    return f"{single:,.0f}" if single.is_integer() and abs(single) < 1e6 else number(single)
