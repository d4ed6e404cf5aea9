"""Every message names the argument, what was expected and what came."""

import math
import re

import numpy as np
import pytest

from neurode_lib import _checks


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: _checks.finite_array("x", "abc"), "x must be an array of real numbers, got 'abc'"),
        (lambda: _checks.finite_array("x", [[1], [1, 2]]), "x must be an array of real numbers"),
        (lambda: _checks.finite_array("x", 1j), "x must be an array of real numbers, got 1j"),
        (lambda: _checks.finite_array("x", None), "x must be an array of real numbers, got None"),
        (lambda: _checks.finite_array("x", []), "x must not be empty, got shape (0,)"),
        (
            lambda: _checks.finite_array("x", [[0, math.inf]]),
            "x must be finite, got inf at index (0, 1)",
        ),
        (lambda: _checks.finite_number("x", "a"), "x must be a real number, got 'a'"),
        (lambda: _checks.finite_number("x", None), "x must be a real number, got None"),
        (lambda: _checks.finite_number("x", math.nan), "x must be finite, got nan"),
        (lambda: _checks.positive_number("x", 0.0), "x must be > 0, got 0.0"),
        (lambda: _checks.non_negative_number("x", -1e-9), "x must be >= 0, got -1e-09"),
        (lambda: _checks.positive_int("x", 2.0), "x must be an integer, got 2.0"),
        (lambda: _checks.positive_int("x", True), "x must be an integer, got True"),
        (lambda: _checks.positive_int("x", 0), "x must be >= 1, got 0"),
        (lambda: _checks.positive_int("x", 1, minimum=2), "x must be >= 2, got 1"),
        (lambda: _checks.one_of("x", "c", ("a", "b")), "x must be one of ['a', 'b'], got 'c'"),
        (lambda: _checks.last_axis("x", np.zeros(3), 2), "x must have shape (..., 2), got (3,)"),
        (lambda: _checks.last_axis("x", np.zeros(()), 2), "x must have shape (..., 2), got ()"),
        (
            lambda: _checks.broadcastable("x", np.zeros(3), (2,)),
            "x must be a number or broadcastable to (2,), got shape (3,)",
        ),
    ],
)  # fmt: skip
def test_refusal_says_what_came_and_what_was_expected(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        call()


def test_good_values_pass_in_float64_and_plain_types():
    array = _checks.finite_array("x", np.float32([1, 2]))
    assert array.dtype == np.float64
    assert _checks.finite_number("x", np.float32(0.5)) == 0.5
    assert type(_checks.positive_int("x", np.int64(3))) is int
    assert _checks.non_negative_number("x", 0) == 0.0
    assert _checks.one_of("x", "a", ("a", "b")) == "a"
    assert _checks.broadcastable("x", np.float64(2.0), (3,)).tolist() == [2.0, 2.0, 2.0]
