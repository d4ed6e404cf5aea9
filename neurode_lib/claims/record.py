"""A claim, what was measured for it, and the verdict that follows.

A verdict is computed from measured values by a criterion that is written next to it, so it changes
when the measurement does. How firm it is shows when the criterion is moved: each is judged again
with half the slack and with twice the slack.
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
# What a tolerance is multiplied by: a stricter reader's, ours and a more lenient one's. A factor
# of two, say, becomes one of √2 or of four; 5 % become 2.5 % or 10 %.
STRICT, STATED, LENIENT = 0.5, 1.0, 2.0
FIRST_SET = "24 November 2026"
ADDED, CHANGED = "added 26 November 2026", "changed 26 November 2026"


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
        ``judge(values, slack)`` returns the verdict; ``slack`` multiplies the tolerances, 1 being
        the criterion as stated. Criteria without a tolerance are made with :func:`exact`.
    history : str
        When and why the criterion was set or changed, if that was after the first measurement.
        Empty for a criterion that stands as it was first written, on ``FIRST_SET``, before the
        study's results were there.
    published : str
        Name of the measured values that a published number is one of; the number itself is the
        value ``"published"``. Empty if the claim gives no such number.
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
    judge: Callable[[Values, float], Verdict]
    history: str = ""
    published: str = ""

    def describe(self, values: Values) -> str:
        """The result in words and numbers."""
        return self.result.format_map({name: _shown(value) for name, value in values.items()})


@dataclass(frozen=True)
class Assessed:
    """A claim with its result, its verdict, and the verdicts of other readers."""

    claim: Claim
    values: Values
    result: str
    verdict: Verdict
    stricter: Verdict
    more_lenient: Verdict

    @property
    def firm(self) -> bool:
        """Whether readers of all three kinds agree."""
        return self.stricter == self.verdict == self.more_lenient


def assess(claims: Sequence[Claim], results: Results) -> list[Assessed]:
    """Measure and judge claims, in order."""
    instance_of("results", results, Results)
    rows = []
    for claim in claims:
        values = claim.measure(results)
        verdicts = (claim.judge(values, slack) for slack in (STATED, STRICT, LENIENT))
        rows.append(Assessed(claim, values, claim.describe(values), *verdicts))
    return rows


def exact(judge: Callable[[Values], Verdict]) -> Callable[[Values, float], Verdict]:
    """A criterion without a tolerance: every reader comes to the same verdict."""
    return lambda values, _slack: judge(values)


def within_factor(ratio: float, factor: float, slack: float) -> bool:
    """Whether a ratio lies between ``1 / factor`` and ``factor``, with slack on a log scale."""
    return bool(factor**-slack <= ratio <= factor**slack)


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

    It reads without any script; on the site a small script makes its columns sortable and its
    rows selectable by topic and verdict.

    Parameters
    ----------
    rows : sequence of Assessed
    link : callable
        ``link(claim)`` returns the addresses of its chapter and of its code.
    """
    head = ("#", "claim", "result", "verdict", "firm?", "look closer")
    body = []
    for position, row in enumerate(rows, start=1):
        claim = row.claim
        chapter, code = link(claim)
        name = _breakable(claim.code.rpartition(".")[2])
        cells = (
            f'<td class="claim-number">{position}</td>',
            f'<th scope="row">{_text(claim.statement)} <details class="claim-method">'
            f"<summary>measurement and criterion</summary>{_text(claim.method)} "
            f"<em>{_text(claim.criterion)}</em>{_history(claim)}</details></th>",
            f'<td data-label="result">{_text(row.result)}{_strip(row)}</td>',
            f'<td data-label="verdict" data-sort="{VERDICTS.index(row.verdict)}">'
            f'<span class="verdict verdict-{VERDICTS.index(row.verdict)}">'
            f"{row.verdict}</span></td>",
            f'<td data-label="firm?" data-sort="{int(not row.firm)}">{_firmness(row)}</td>',
            f'<td data-label="look closer"><a href="{chapter}">chapter {claim.chapter[:2]}</a>, '
            f'<a href="{code}"><code>{name}</code></a></td>',
        )
        body.append(
            f'<tr id="claim-{claim.key}" data-topic="{claim.topic}" '
            f'data-verdict="{row.verdict}">{"".join(cells)}</tr>'
        )
    columns = "".join(f'<th scope="col">{name}</th>' for name in head)
    return (
        '<div class="claims-frame"><table class="claims sortable" data-filters="topic verdict">'
        f"<thead><tr>{columns}</tr></thead><tbody>\n" + "\n".join(body) + "\n</tbody></table></div>"
    )


def _history(claim: Claim) -> str:
    return f" Criterion {_text(claim.history)}." if claim.history else ""


def _firmness(row: Assessed) -> str:
    if row.firm:
        return "either way"
    others = (("stricter", row.stricter), ("more lenient", row.more_lenient))
    return "; ".join(f"{reader}: {word}" for reader, word in others if word != row.verdict)


STRIP_WIDTH, STRIP_HEIGHT = 160, 26


def _strip(row: Assessed) -> str:
    """Measured values as ticks on a logarithmic line, and the published number as a triangle."""
    if not row.claim.published:
        return ""
    values = np.atleast_1d(row.values[row.claim.published])
    published = float(row.values["published"])
    positive = values[np.isfinite(values) & (values > 0.0)]
    low, high = np.log10([min(positive.min(), published), max(positive.max(), published)])
    margin, span = 6.0, max(high - low, 1e-9)

    def x(value: float | FloatArray) -> FloatArray:
        return margin + (np.log10(value) - low) / span * (STRIP_WIDTH - 2.0 * margin)

    ticks = "".join(f"M{place:.1f} 14v8" for place in x(positive))
    mark = float(x(published))
    words = (
        f"{len(positive)} measured values from {number(positive.min())} "
        f"to {number(positive.max())}, published {number(published)}, on a logarithmic line"
    )
    return (
        f'<svg class="claim-strip" viewBox="0 0 {STRIP_WIDTH} {STRIP_HEIGHT}" role="img" '
        f'aria-label="{html.escape(words)}"><path class="strip-line" d="M{margin:g} 18h'
        f'{STRIP_WIDTH - 2 * margin:g}"/><path class="strip-ours" d="{ticks}"/>'
        f'<path class="strip-published" d="M{mark:.1f} 13l-4.5 -9h9z"/></svg>'
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
