"""Numbers in words, and source code on the page."""

import ast
import inspect
import textwrap

import numpy as np
import pytest

from neurode_lib.chapters.prose import number, show_source, spread
from neurode_lib.fitzhugh_nagumo import fhn_rhs
from neurode_lib.integrator import rk4_integrate, rk4_step
from neurode_lib.models import NeuralODE, ODEFunc
from neurode_lib.training.recipe import Recipe


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.014876, "0.0149"),
        (39.4744, "39.5"),
        (250.0, "250"),
        (0.5, "0.500"),
        (-0.0123, "-0.0123"),
        (3.24e-6, "3.2 × 10⁻⁶"),
        (2.5e7, "2.5 × 10⁷"),
        (0.0, "0"),
        (np.inf, "diverged"),
        (np.nan, "undefined"),
    ],
)
def test_numbers_have_three_digits_or_a_power_of_ten(value, text):
    assert number(value) == text


def test_a_spread_is_median_and_range():
    assert spread([0.2, 0.1, 0.4]) == "0.200 (0.100 to 0.400)"
    assert spread([1.0, 3.0]) == "2.00 (1.00 to 3.00)"


def test_a_spread_hides_neither_divergence_nor_what_is_undefined():
    assert spread([1.0, 2.0, np.inf]) == "2.00 (1.00 to diverged)"
    assert spread([1.0, np.inf]) == "diverged (1.00 to diverged)"
    assert spread([1.0, np.nan, 2.0]) == "1.50 (1.00 to 2.00), undefined for 1 of 3 seeds"
    assert spread([np.nan] * 3) == "undefined for all 3 seeds"


def test_source_on_the_page_is_the_source_in_the_library():
    shown = show_source(rk4_step).data
    assert shown.startswith("```python\ndef rk4_step(")
    assert "return y + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)" in shown
    assert shown.endswith("\n```")


def test_docstrings_are_cut_and_code_is_not():
    # The judge: the syntax tree without its docstrings is the same.
    for item in (rk4_integrate, ODEFunc, Recipe, fhn_rhs, NeuralODE):
        shown = show_source(item).data.removeprefix("```python\n").removesuffix("\n```")
        original = ast.parse(textwrap.dedent(inspect.getsource(item)))
        assert without_docstrings(ast.parse(shown)) == without_docstrings(original)
        assert "Parameters\n" not in shown
        assert item.__doc__.strip().partition("\n")[0] in shown


def without_docstrings(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node):
            del node.body[0]
    return ast.dump(tree)
