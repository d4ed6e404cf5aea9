"""The scorecard: every claim is complete, and every verdict follows from the data."""

from __future__ import annotations

import dataclasses
import importlib
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from neurode_lib.claims import (
    CLAIMS,
    VERDICTS,
    Assessed,
    Claim,
    assess,
    outcomes,
    table_html,
    training,
)
from neurode_lib.claims.models import count_evaluations, lines_of_code
from neurode_lib.claims.record import LENIENT, STATED, STRICT, median
from neurode_lib.study.protocol import BOXES
from neurode_lib.study.results import Results, load_results

BY_KEY = {claim.key: claim for claim in CLAIMS}

# For each claim: values for which it plainly holds, and values for which it plainly does not.
JUDGED: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "step-error": ({"error": [2e-8], "claimed": 1e-8}, {"error": [3e-4], "claimed": 1e-8}),
    "orders": ({"rk4": 4.05, "euler": 0.98}, {"rk4": 3.0, "euler": 0.98}),
    "clean-data": ({"simulator": 1e-5, "model": [0.01]}, {"simulator": 0.01, "model": [0.01]}),
    "parameters": (
        {"a": 1, "b": 2, "tau": 3, "a_1961": 1, "b_1961": 2, "tau_1961": 3},
        {"a": 1, "b": 2, "tau": 3, "a_1961": 2, "b_1961": 3, "tau_1961": 4},
    ),
    "other-parameters": ({"percent": 100}, {"percent": 20}),
    "shapes": (
        {"states": [40, 81, 2], "currents": [40]},
        {"states": [40, 80, 2], "currents": [40]},
    ),
    "balance": ({"firing": [20, 21, 19], "n": 40}, {"firing": [30, 31, 19], "n": 40}),
    "quiescent": ({"percent": [1, 2, 3]}, {"percent": [60, 70, 80]}),
    "coverage": ({"inside": 100, "gap": [0.5]}, {"inside": 70, "gap": [0.5]}),
    "cycles": ({"cycles": 1.5, "claimed": 1.5}, {"cycles": 1.0, "claimed": 1.5}),
    "cycle-learned": (
        {"fires": 10, "n": 10, "period": [1, -2]},
        {"fires": 3, "n": 10, "period": [1, np.nan]},
    ),
    "size": (
        {
            "simulator": 12,
            "machinery": 50,
            "rnn": 20,
            "claimed_simulator": 12,
            "claimed_machinery": 50,
            "claimed_rnn": 20,
        },
        {
            "simulator": 40,
            "machinery": 150,
            "rnn": 60,
            "claimed_simulator": 12,
            "claimed_machinery": 50,
            "claimed_rnn": 20,
        },
    ),
    "coupling": ({"listed": 0, "imports": 0}, {"listed": 0, "imports": 1}),
    "whole-size": ({"sum": 250, "claimed": 250}, {"sum": 500, "claimed": 250}),
    "four-layers": (
        {"weighted": 4, "of_units": 5, "claimed": 4},
        {"weighted": 2, "of_units": 3, "claimed": 4},
    ),
    "parameter-match": ({"ode": 7, "rnn": 7}, {"ode": 7, "rnn": 8}),
    "one-difference": (
        {"ode": 80, "rnn": 80, "parameters_ode": 7, "parameters_rnn": 7},
        {"ode": 320, "rnn": 80, "parameters_ode": 7, "parameters_rnn": 8},
    ),
    "evaluations": ({"ode": 320, "claimed": 320}, {"ode": 321, "claimed": 320}),
    "keyword-only": ({"keyword_only": 3, "all": 3}, {"keyword_only": 0, "all": 3}),
    "one-integrator": ({"served": 2}, {"served": 1}),
    "identity": ({"moved": 0}, {"moved": 1e-7}),
    "who-zeroes": ({"torchdiffeq": 0, "dit": 0}, {"torchdiffeq": 0.1, "dit": 0.1}),
    "time-in-original": ({"with_time": 3, "sources": 3}, {"with_time": 0, "sources": 3}),
    "any-grid": (
        {"dt_025": [1.0], "dt_1": [1.1], "irregular": [1.0]},
        {"dt_025": [9.0], "dt_1": [9.0], "irregular": [9.0]},
    ),
    "rnn-fixed": (
        {"dt_025": [9.0], "dt_1": [9.0], "irregular": [9.0]},
        {"dt_025": [1.0], "dt_1": [1.1], "irregular": [1.0]},
    ),
    "rnn-clock": (
        {"period_025": [0.5], "period_1": [2.0], "error_025": [1], "error_1": [4]},
        {"period_025": [1.0], "period_1": [1.0], "error_025": [1], "error_1": [1]},
    ),
    "derivative": ({"ode": [0.05]}, {"ode": [0.4]}),
    "wild-start": ({"farthest": [20, 30]}, {"farthest": [0.9, 1.1]}),
    "undoing": ({"updates": [2000, 3000, np.inf]}, {"updates": [1, 2, 3]}),
    "zero-helps": (
        {
            "spikes_default": [9, 8],
            "spikes_zero": [1, 2],
            "norm_default": [9, 8],
            "norm_zero": [1, 2],
            "spread_default": 9,
            "spread_zero": 2,
        },
        {
            "spikes_default": [0, 0],
            "spikes_zero": [0, 0],
            "norm_default": [1, 1],
            "norm_zero": [1, 2],
            "spread_default": 2,
            "spread_zero": 2,
        },
    ),
    "straight-first": (
        {"early": [0.99, 0.96], "late": [0.9, 0.8], "untrained": [0.5, 0.6]},
        {"early": [0.9, 0.9], "late": [0.95, 0.99], "untrained": [0.5, 0.6]},
    ),
    "clipping": ({"spoiled": 6, "n": 10}, {"spoiled": 0, "n": 10}),
    "full-loss": (
        {"full": [0.1], "per_step": [0.3], "noisy_full": [0.1], "noisy_step": [0.3]},
        {"full": [0.1], "per_step": [0.01], "noisy_full": [0.1], "noisy_step": [0.1]},
    ),
    "cost": ({"ratio": [5, 4], "published": 4.5}, {"ratio": [0.5], "published": 4.5}),
    "train-ode": (
        {"single": [0.01, 0.03], "below": 50, "published": 0.02},
        {"single": [0.1, 0.2], "below": 0, "published": 0.02},
    ),
    "train-rnn": (
        {"single": [0.01, 0.03], "below": 50, "published": 0.02},
        {"single": [0.1, 0.2], "below": 0, "published": 0.02},
    ),
    "fit-equally": ({"ratio": [1.5]}, {"ratio": [5.0]}),
    "extrapolation-ode": (
        {"single": [0.001, 1], "below": 50, "published": 0.02},
        {"single": [0.05, 1], "below": 0, "published": 0.02},
    ),
    "extrapolation-rnn": (
        {"single": [0.001, 1], "below": 50, "published": 0.02},
        {"single": [0.05, 1], "below": 0, "published": 0.02},
    ),
    "extrapolation-time": (
        {"single": [3, 9], "below": 50, "published": 5},
        {"single": [20, 30], "below": 0, "published": 5},
    ),
    "factor-250": ({"ratio": [200], "claimed": 250}, {"ratio": [2], "claimed": 250}),
    "past-the-clock": (
        {"ratio_02": [20], "ratio_05": [30]},
        {"ratio_02": [1], "ratio_05": [2]},
    ),
    "equal-errors": ({"ratio_02": [0.9], "ratio_05": [1.1]}, {"ratio_02": [9], "ratio_05": [0.1]}),
    "four-times": (
        {"whole": 4, "beyond": 3, "claimed": 4},
        {"whole": 6, "beyond": 5, "claimed": 4},
    ),
    "right-regime": (
        {"resting": 10, "firing": 10, "n": 10},
        {"resting": 10, "firing": 5, "n": 10},
    ),
    "diverges": ({"lost_02": [100], "lost_05": [60]}, {"lost_02": [0], "lost_05": [0]}),
    "most-consequential": (
        {f"{c}_{I}": [9.0 if c == "time" else 2.0] for c in outcomes.CHOICES for I in ("02", "05")},
        {f"{c}_{I}": [1.0 if c == "time" else 2.0] for c in outcomes.CHOICES for I in ("02", "05")},
    ),
    "cosines": (
        {f"{box}_{I}": [0.95] for box in BOXES for I in ("02", "05")},
        {f"{box}_{I}": [0.8] for box in BOXES for I in ("02", "05")},
    ),
    "only-the-ode": (
        {f"ahead_{r}_{I}": 10 for r in ("article", "best") for I in ("02", "05")} | {"n": 10},
        {f"ahead_{r}_{I}": 5 for r in ("article", "best") for I in ("02", "05")} | {"n": 10},
    ),
    "decisively": ({"a": [0.03], "b": [0.02]}, {"a": [-0.01], "b": [0.004]}),
    "topology": (
        {"beaten_02": 0, "beaten_05": 0, "n": 10},
        {"beaten_02": 9, "beaten_05": 0, "n": 10},
    ),
    "magnitude": ({"speed": [0.6], "cosine": [0.95]}, {"speed": [1.01], "cosine": [0.95]}),
    "noisy-proxy": (
        {"mse": [1.5], "with_time": [0.8], "without": [0.9, 0.95]},
        {"mse": [5.0], "with_time": [0.8], "without": [0.9, 0.95]},
    ),
}


def as_values(plain: dict[str, object]) -> dict[str, np.ndarray]:
    return {name: np.asarray(value, dtype=np.float64) for name, value in plain.items()}


@pytest.fixture(scope="module")
def results() -> Results:
    return load_results()


@pytest.fixture(scope="module")
def assessed(results: Results) -> list[Assessed]:
    return assess(CLAIMS, results)


def test_every_claim_is_judged_by_an_example_here() -> None:
    assert set(JUDGED) == set(BY_KEY)


def test_keys_and_statements_do_not_repeat() -> None:
    assert len(BY_KEY) == len(CLAIMS)
    assert len({claim.statement for claim in CLAIMS}) == len(CLAIMS)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.key)
def test_every_field_says_something(claim: Claim) -> None:
    for field in dataclasses.fields(claim):
        value = getattr(claim, field.name)
        may_be_empty = field.name in ("history", "published")
        assert may_be_empty or callable(value) or value.strip(), field.name
    assert re.fullmatch(r"[a-z0-9-]+", claim.key)
    assert re.fullmatch(r"\d\d_[a-z_]+", claim.chapter)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.key)
def test_the_code_a_claim_points_to_exists(claim: Claim) -> None:
    module, _, name = claim.code.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))


@pytest.mark.parametrize("key", list(JUDGED))
def test_the_verdict_flips_with_the_data(key: str) -> None:
    holding, failing = (BY_KEY[key].judge(as_values(values), STATED) for values in JUDGED[key])
    assert holding == "holds"
    assert failing == "does not hold"


@pytest.mark.parametrize(
    ("key", "between"),
    [
        ("any-grid", {"dt_025": [9.0], "dt_1": [1.0], "irregular": [9.0]}),
        ("four-times", {"whole": 5, "beyond": 4, "claimed": 4}),
        ("clipping", {"spoiled": 1, "n": 10}),
        ("straight-first", {"early": [0.9] * 3, "late": [0.8] * 3, "untrained": [0.95] * 3}),
        ("extrapolation-ode", {"single": [0.025, 0.03], "below": 0, "published": 0.02}),
        (
            "only-the-ode",
            {"ahead_article_02": 1, "ahead_article_05": 3, "ahead_best_02": 10, "ahead_best_05": 9}
            | {"n": 10},
        ),
        (
            "cosines",
            {
                f"{box}_{I}": [0.95 if box == "orbits" else 0.8]
                for box in BOXES
                for I in ("02", "05")
            },
        ),
        ("one-difference", {"ode": 320, "rnn": 80, "parameters_ode": 7, "parameters_rnn": 7}),
    ],
)
def test_there_is_something_between(key: str, between: dict[str, object]) -> None:
    assert BY_KEY[key].judge(as_values(between), STATED) == "holds in part"


@pytest.mark.parametrize("key", list(JUDGED))
def test_a_stricter_reader_never_says_more_than_a_lenient_one(key: str) -> None:
    for values in JUDGED[key]:
        ranks = [
            VERDICTS.index(BY_KEY[key].judge(as_values(values), slack))
            for slack in (LENIENT, STATED, STRICT)
        ]
        assert ranks == sorted(ranks)


def test_a_factor_has_its_slack_on_a_log_scale() -> None:
    judge = BY_KEY["fit-equally"].judge
    for ratio, verdicts in (
        (1.3, ("holds", "holds", "holds")),
        (1.8, ("holds in part", "holds", "holds")),
        (5.0, ("does not hold", "does not hold", "holds in part")),
    ):
        values = as_values({"ratio": [ratio]})
        assert tuple(judge(values, slack) for slack in (STRICT, STATED, LENIENT)) == verdicts


def test_a_spike_of_the_loss_is_counted() -> None:
    calm = np.full((2, 60), 1.0)
    calm[1, [30, 45]] = 3.0
    assert training.loss_spikes(calm).tolist() == [0, 2]


def test_an_undefined_period_is_not_a_good_one() -> None:
    values = {"fires": 10, "n": 10, "period": [1.0, np.nan]}
    assert BY_KEY["cycle-learned"].judge(as_values(values), STATED) != "holds"


def test_a_diverged_seed_counts_as_infinitely_bad() -> None:
    assert median([1.0, np.nan, np.inf]) == np.inf
    assert median([1.0, 2.0, np.nan]) == 2.0
    assert median(3.0) == 3.0


@pytest.mark.slow
def test_all_claims_are_measured(assessed: list[Assessed]) -> None:
    for row in assessed:
        assert row.verdict in VERDICTS, row.claim.key
        assert row.result.strip(), row.claim.key
        assert "{" not in row.result, row.claim.key
        assert row.values, row.claim.key


def test_exchanged_results_change_the_verdict(results: Results) -> None:
    """Let the model with a time input have the Neural ODE's results, and the reverse."""
    other = {"neural_ode": "time_input", "time_input": "neural_ode"}
    exchanged = dataclasses.replace(
        results,
        numbers={
            (other.get(variant, variant), metric, current): values
            for (variant, metric, current), values in results.numbers.items()
        },
    )
    for key in ("factor-250", "past-the-clock", "right-regime"):
        before, after = (assess([BY_KEY[key]], r)[0] for r in (results, exchanged))
        assert before.verdict != "does not hold"
        assert after.verdict == "does not hold", key
        assert after.result != before.result


class _Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows = 0
        self.strips = 0
        self.links: list[str] = []
        self.ids: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "svg":
            self.strips += 1
            assert found["aria-label"] and found["role"] == "img"
        if tag == "tr":
            self.rows += 1
            if "id" in found:
                self.ids.append(str(found["id"]))
        if tag == "a":
            self.links.append(str(found["href"]))
        assert tag != "script"
        assert not any(name.startswith("on") for name in found)


@pytest.mark.slow
def test_the_table_has_a_row_and_two_links_for_every_claim(assessed: list[Assessed]) -> None:
    page = _Cells()
    page.feed(table_html(assessed, link=lambda claim: (f"{claim.chapter}.html", claim.code)))
    assert page.rows == len(CLAIMS) + 1
    assert page.ids == [f"claim-{claim.key}" for claim in CLAIMS]
    assert len(page.links) == 2 * len(CLAIMS)
    assert page.strips == sum(bool(claim.published) for claim in CLAIMS) > 0


@pytest.mark.slow
def test_words_are_escaped_in_the_table(assessed: list[Assessed]) -> None:
    row = dataclasses.replace(assessed[0], result="a < b & <script>")
    assert "a &lt; b &amp; &lt;script&gt;" in table_html([row], link=lambda _: ("a", "b"))


def test_lines_of_code_leave_out_docstrings_and_comments() -> None:
    def example() -> int:
        """Not counted."""
        # Not counted either.

        return 1

    assert lines_of_code(example) == 2


@pytest.mark.parametrize("n_steps", [1, 3])
def test_evaluations_are_four_a_step_and_one(n_steps: int) -> None:
    assert count_evaluations(n_steps) == (4 * n_steps, n_steps)
