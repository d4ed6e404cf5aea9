"""Prose with computed numbers, tables, and source code on the page."""

import ast
import inspect
import re
import textwrap

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from neurode_lib.chapters.numbers import estimate, number, spread, typeset
from neurode_lib.chapters.prose import fill, load_ipython_extension, table
from neurode_lib.chapters.source import show_source
from neurode_lib.fitzhugh_nagumo import build_dataset, fhn_rhs
from neurode_lib.integrator import rk4_integrate, rk4_step
from neurode_lib.metrics import bootstrap_median
from neurode_lib.models import NeuralODE, ODEFunc
from neurode_lib.training.recipe import Recipe


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.014876, "0.0149"),
        (39.4744, "39.5"),
        (250.0, "250"),
        (0.5, "0.500"),
        (-0.0123, "−0.0123"),
        (3.24e-6, "3.2 × 10⁻⁶"),
        (-3.24e-6, "−3.2 × 10⁻⁶"),
        (2.5e7, "2.5 × 10⁷"),
        (0.0, "0"),
        (np.inf, "diverged"),
        (np.nan, "undefined"),
    ],
)
def test_numbers_have_three_digits_or_a_power_of_ten(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("plain", "set_text"),
    [
        ("-1.2e-08", "−1.2 × 10⁻⁸"),
        ("(-1.069, -0.462)", "(−1.069, −0.462)"),
        ("1e+03 to -.5", "1 × 10³ to −.5"),
        ("two-thirds, RK-4, 3-5, chapters 8-11", "two-thirds, RK-4, 3-5, chapters 8-11"),
    ],
)
def test_signs_and_powers_are_set_and_hyphens_are_left(plain, set_text):
    assert typeset(plain) == set_text


def test_a_spread_is_median_and_range():
    assert spread([0.2, 0.1, 0.4]) == "0.200 (0.100 to 0.400)"
    assert spread([1.0, 3.0]) == "2.00 (1.00 to 3.00)"
    assert spread([-1.0, -3.0]) == "−2.00 (−3.00 to −1.00)"


def test_an_estimate_has_the_interval_of_the_median_beside_the_range():
    values = np.arange(1.0, 11.0)
    interval = bootstrap_median(values)
    assert (
        estimate(values) == f"5.50 [{number(interval.low)}, {number(interval.high)}] (1.00 to 10.0)"
    )
    assert interval.low > 1.0
    assert interval.high < 10.0
    assert estimate([2.0]) == spread([2.0])
    assert estimate([1.0, np.nan, 3.0]).endswith("(1.00 to 3.00), undefined for 1 of 3 seeds")


def test_a_spread_hides_neither_divergence_nor_what_is_undefined():
    assert spread([1.0, 2.0, np.inf]) == "2.00 (1.00 to diverged)"
    assert spread([1.0, np.inf]) == "diverged (1.00 to diverged)"
    assert spread([1.0, np.nan, 2.0]) == "1.50 (1.00 to 2.00), undefined for 1 of 3 seeds"
    assert spread([np.nan] * 3) == "undefined for all 3 seeds"


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("It is {x}, {n} and {name}.", "It is −0.250, 3 and RK4."),
        ("{x:.1f} {x:+.3f} {12345:,} {1e-9:.0e}", "−0.2 −0.250 12,345 1 × 10⁻⁹"),
        ("{spread([1.0, 3.0])}", "2.00 (1.00 to 3.00)"),
        # An expression may hold all that Python has: braces, colons, quotes, line ends.
        ("{ {'}': 1}['}'] } {[5, 6, 7][1:][0]} {x:.{n}f}", "1 6 −0.250"),
        ('{"below" if x < 0\n    else "above"} zero', "below zero"),
        ("{sum(k for k in range(n))}", "3"),
        ("{float('inf'):.1f} {float('nan')} {np.float64(0.5)} {np.array(2.0)}",
         "diverged undefined 0.500 2.00"),
        # Formulas and code keep their braces.
        (r"$\frac{x}{n}$ = {n}, $$y^{n}$$ `{x}` {n}", r"$\frac{x}{n}$ = 3, $$y^{n}$$ `{x}` 3"),
        ("``{`x`}`` {n}", "``{`x`}`` 3"),
        ("```python\nd = {x: 1}\n```\n{n}", "```python\nd = {x: 1}\n```\n3"),
        (r"costs \$5, {n} of them, \$6", r"costs \$5, 3 of them, \$6"),
        ("$a$ first\n\n{n} $b$", "$a$ first\n\n3 $b$"),
    ],
)  # fmt: skip
def test_expressions_become_their_values(text, filled):
    names = {"x": -0.25, "n": 3, "name": "RK4", "np": np}
    assert fill(text, names)[0] == filled


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a {lowr:.2f} b", r"\{lowr:\.2f\} cannot be computed: NameError: name 'lowr' is not"),
        ("a {1 / 0} b", r"\{1 / 0\} cannot be computed: ZeroDivisionError"),
        ("a {'x':.2f} b", r"\{'x':\.2f\} cannot be computed: ValueError: Unknown format code"),
        ("a {1 +} b", r"\{1 \+\} is no Python expression"),
        ("a {} b", r"\{\} is no Python expression"),
        ("a {n!r} b", r"\{n!r\} is no Python expression"),
        ("a {n b\n\nc}", "this brace is not closed: '{n b'"),
    ],
)
def test_what_cannot_be_computed_is_named(text, message):
    with pytest.raises(ValueError, match=message):
        fill(text, {"n": 1})


def test_the_values_are_kept_beside_the_text():
    assert fill("{n} of {n + 1:.1f}", {"n": 1})[1] == {"n": "1", "n + 1:.1f": "2.0"}


@pytest.fixture
def shell():
    one = InteractiveShell()
    load_ipython_extension(one)
    yield one
    # It holds the history's data base open.
    one.history_manager.end_session()


def test_the_cell_magic_shows_markdown_with_the_notebooks_own_names(shell, monkeypatch):
    shown = []
    monkeypatch.setattr(
        "neurode_lib.chapters.prose.display", lambda data, **rest: shown.append((data, rest))
    )
    shell.run_cell("period = 39.47")
    shell.run_cell_magic("prose", "", "It fires every {period:.1f}.\n")
    data, rest = shown[0]
    assert data == {"text/markdown": "It fires every 39.5.", "text/plain": "It fires every 39.5."}
    assert rest == {"raw": True, "metadata": {"computed": {"period:.1f": "39.5"}}}


def test_text_beside_the_magics_name_is_refused(shell):
    with pytest.raises(ValueError, match="%%prose must stand alone on its line, got 'It'"):
        shell.run_cell_magic("prose", "It", "fires")


def test_a_table_sets_its_numbers():
    data = table(["$I$", "state", "n"], [[0.2, "(-1.07, -0.46)", 3], ["-0.5", -1e-9, 1]]).data
    assert data == (
        "| $I$ | state | n |\n|---|---|---|\n"
        "| 0.200 | (−1.07, −0.46) | 3 |\n| −0.5 | −1.0 × 10⁻⁹ | 1 |"
    )


def test_a_tables_rows_fit_its_columns():
    with pytest.raises(ValueError, match=r"rows must have 2 cells each, got \[1\]"):
        table(["a", "b"], [[1]])


def test_source_on_the_page_is_the_source_in_the_library():
    shown = show_source(rk4_step).data
    assert shown.startswith("```python\ndef rk4_step(")
    assert "return y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)" in shown
    assert "_check_derivative" not in shown.partition("<details>")[0]


def test_the_fold_has_every_line_of_code():
    # The judge: the syntax tree without its docstrings is the same.
    for item in (rk4_integrate, ODEFunc, Recipe, NeuralODE):
        _, _, fold = show_source(item).data.partition("<details>")
        shown = fold.partition("```python\n")[2].partition("\n```")[0]
        original = ast.parse(textwrap.dedent(inspect.getsource(item)))
        assert without_docstrings(ast.parse(shown)) == without_docstrings(original)
        assert "Parameters\n" not in shown
        assert item.__doc__.strip().partition("\n")[0] in shown


def test_the_listing_has_the_mathematics_and_no_checks():
    for item in (ODEFunc, NeuralODE, Recipe, build_dataset):
        listing = show_source(item).data.partition("<details>")[0]
        code = listing.removeprefix("```python\n").rstrip().removesuffix("\n```")
        ast.parse(code)
        assert not re.search(r"positive_|finite_|truth_value\(|instance_of|check_|raise ", code)
    assert "self.hidden = hidden" in show_source(ODEFunc).data.partition("<details>")[0]
    assert "<details>" not in show_source(fhn_rhs).data


def without_docstrings(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            del node.body[0]
    return ast.dump(tree)
