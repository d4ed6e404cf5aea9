"""A chapter's parameters: refused by name, and compared with the book's."""

import pytest

from neurode_lib.chapters import parameters
from neurode_lib.chapters.parameters import (
    check_parameters,
    choice,
    count,
    current_that_fires,
    interval,
    optional,
    positive_number,
    state,
    study_seed,
    study_seeds,
    truth_value,
)


@pytest.mark.parametrize(
    ("value", "rule", "message"),
    [
        (0, count(), r"p must be >= 1, got 0"),
        (11, count(0, 10), r"p must be <= 10, got 11"),
        (2.5, count(), r"p must be an integer, got 2\.5"),
        (3.0, interval(0, 2), r"p must lie between 0 and 2, got 3\.0"),
        ("0.2", interval(0, 2), r"p must be a real number, got '0\.2'"),
        (0, optional(count()), r"p must be >= 1, got 0"),
        ("trainig", choice("", "training"), r"p must be one of \['', 'training'\], got 'trainig'"),
        ((1.0,), state, r"p must be two numbers, v and w"),
        ((3.0, 0.0), state, r"v of p must lie between -2\.5 and 2\.5, got 3\.0"),
        (0.2, current_that_fires, r"p must be a current at which the neuron fires, from 0\.3313"),
        (-1, positive_number, r"p must be"),
        (10, study_seed(False), r"p must be one of \[0, .*9\], .* got 10; with retrain = True"),
        ([], study_seeds(False), r"p must be a list of one or more seeds, got \[\]"),
        ([0, 10], study_seeds(False), r"each of p must be one of \[0, "),
        (1, truth_value, r"p must be True or False, got 1"),
    ],
)
def test_a_value_that_makes_no_sense_is_refused_by_name(value, rule, message):
    with pytest.raises(ValueError, match=message):
        check_parameters({"p": value}, p=(1, rule))


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (0.7, current_that_fires),
        (None, optional(count())),
        (10, study_seed(True)),
        ([0, 9], study_seeds(False)),
        ([-1.0, 0.5], state),
    ],
)
def test_other_values_than_the_books_are_allowed_and_told(value, rule, monkeypatch):
    shown = []
    monkeypatch.setattr(parameters, "display", lambda note: shown.append(note.data))
    check_parameters({"p": value, "q": 1}, p=(0.5, rule), q=(1, count()))
    assert len(shown) == 1
    assert f"`p = {value!r}` (the book: `0.5`)" in shown[0]
    assert "`q" not in shown[0]


def test_the_books_own_values_need_no_note(monkeypatch):
    monkeypatch.setattr(parameters, "display", pytest.fail)
    check_parameters({"p": [0, 1]}, p=((0, 1), study_seeds(False)))  # papermill hands on lists
