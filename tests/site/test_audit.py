"""The audit judges pages and not the machine that they are opened on."""

import sys

import pytest

from tools import mutation_figures

sys.path.insert(0, str(mutation_figures.ROOT / "tools"))

import audit


def report(speed, **scores):
    """What Lighthouse says, as far as it is read."""
    categories = {name: scores.get(name, 1.0) for name in audit.THRESHOLDS} | scores
    return {
        "environment": {"benchmarkIndex": speed},
        "categories": {
            name: {"score": score, "auditRefs": []} for name, score in categories.items()
        },
        "audits": {},
    }


def test_a_low_score_on_an_idle_machine_is_a_fault_and_says_under_which_load():
    (fault,) = audit.below_thresholds("a.html", [report(2500, performance=0.8)] * 3)
    assert "a.html has performance 80, wanted 95" in fault
    assert "speed 2500, load " in fault


def test_on_a_busy_machine_performance_is_shown_and_not_judged(capsys):
    busy = [report(speed, performance=0.8, accessibility=0.99) for speed in (400, 500, 2500)]
    (fault,) = audit.below_thresholds("a.html", busy)
    assert "accessibility 99" in fault  # which takes no time, so is judged on any machine
    shown = capsys.readouterr().out
    assert "performance is not judged: the machine is slow or busy (speed 500" in shown


@pytest.mark.parametrize("speed", [10, 2500])
def test_good_scores_are_no_fault_however_busy_the_machine(speed):
    assert audit.below_thresholds("a.html", [report(speed)] * 3) == []
