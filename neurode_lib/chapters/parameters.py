"""A chapter's parameters: refused by name where they make no sense, and compared with the book's.

Each chapter lists its parameters once more, each with the book's value and a rule::

    check_parameters(
        globals(),
        I_spike=(0.5, current_that_fires),
        seed=(0, study_seed(retrain)),
    )

A rule is a function of name and value that raises :exc:`ValueError` with what is allowed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from IPython.display import Markdown, display

from neurode_lib._checks import (
    finite_array,
    finite_number,
    one_of,
    positive_int,
    positive_number,
    shown,
    truth_value,
)
from neurode_lib.phase_plane import hopf_currents
from neurode_lib.study.results import load_results

Rule = Callable[[str, Any], object]

__all__ = [
    "check_parameters",
    "choice",
    "count",
    "current_that_fires",
    "interval",
    "optional",
    "positive_number",
    "state",
    "study_seed",
    "study_seeds",
    "truth_value",
]


def check_parameters(values: Mapping[str, Any], **book: tuple[Any, Rule]) -> None:
    """Check a chapter's parameters, and say so where they are not the book's.

    Where one differs, a note is shown: sentences with computed numbers follow this run, all others
    were written for the book's values.

    Parameters
    ----------
    values : mapping of str to object
        The chapter's names, such as ``globals()``.
    **book : (object, callable)
        For each parameter the book's value, and the rule for any value.

    Raises
    ------
    ValueError
        If a value is not allowed; the message names the parameter, the value and what is allowed.
    """
    for name, (_, rule) in book.items():
        rule(name, values[name])
    other = [
        f"`{name} = {values[name]!r}` (the book: `{value!r}`)"
        for name, (value, _) in book.items()
        if not _same(values[name], value)
    ]
    if other:
        note = (
            f"> **Other parameters than the book's**\n>\n> {'; '.join(other)}. Numbers, and words "
            "that depend on them, follow this run. What is said of a picture without a number was "
            "written for the book's values: compare."
        )
        display(Markdown(note))


def count(minimum: int = 1, maximum: int | None = None) -> Rule:
    """A whole number from ``minimum``, up to ``maximum`` if there is one."""

    def rule(name: str, value: Any) -> None:
        positive_int(name, value, minimum=minimum)
        if maximum is not None and value > maximum:
            raise ValueError(f"{name} must be <= {maximum}, got {shown(value)}")

    return rule


def interval(low: float, high: float) -> Rule:
    """A number from ``low`` to ``high``."""

    def rule(name: str, value: Any) -> None:
        if not low <= finite_number(name, value) <= high:
            raise ValueError(f"{name} must lie between {low:g} and {high:g}, got {shown(value)}")

    return rule


def optional(rule: Rule) -> Rule:
    """What ``rule`` allows, or None."""
    return lambda name, value: None if value is None else rule(name, value)


def choice(*options: Any) -> Rule:
    """One of the options."""
    return lambda name, value: one_of(name, value, options)


def state(name: str, value: Any) -> None:
    """A state that the explorers can show."""
    pair = finite_array(name, value)
    if pair.shape != (2,):
        raise ValueError(f"{name} must be two numbers, v and w, got {shown(value)}")
    for part, number, limits in zip("vw", pair.tolist(), ((-2.5, 2.5), (-1.2, 2.2)), strict=True):
        interval(*limits)(f"{part} of {name}", number)


def study_seed(retrain: bool) -> Rule:
    """A seed of the study, whose models come with the library; any seed if they are retrained."""

    def rule(name: str, value: Any) -> None:
        positive_int(name, value, minimum=0)
        seeds = load_results().seeds
        if not retrain and value not in seeds:
            raise ValueError(
                f"{name} must be one of {list(seeds)}, whose models come with the library, got "
                f"{shown(value)}; with retrain = True it may be any whole number"
            )

    return rule


def study_seeds(retrain: bool) -> Rule:
    """One or more seeds as :func:`study_seed` allows them."""

    def rule(name: str, value: Any) -> None:
        if not isinstance(value, Sequence) or isinstance(value, str) or not value:
            raise ValueError(f"{name} must be a list of one or more seeds, got {shown(value)}")
        for seed in value:
            study_seed(retrain)(f"each of {name}", seed)

    return rule


def current_that_fires(name: str, value: Any) -> None:
    """An input current at which the neuron fires for ever."""
    lower, upper = hopf_currents()
    if not lower <= finite_number(name, value) <= upper:
        raise ValueError(
            f"{name} must be a current at which the neuron fires, from {lower:.4f} to "
            f"{upper:.4f}, got {shown(value)}"
        )


def _same(one: Any, other: Any) -> bool:
    # A list and a tuple of the same seeds: papermill hands on lists.
    return list(one) == list(other) if isinstance(other, tuple) else bool(one == other)
