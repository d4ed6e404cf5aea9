"""What the chapters share: source code on the page, numbers in prose, spreads in words."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from itertools import takewhile
from textwrap import dedent

import numpy as np
import numpy.typing as npt
from IPython.display import Markdown

from neurode_lib._checks import real_array, shown


def show_source(*objects: type | Callable[..., object]) -> Markdown:
    """The library's own source of classes or functions, as a code block.

    Every line of code is there, but of each docstring only the first paragraph: the API pages have
    the rest.

    Parameters
    ----------
    *objects : class or function
        Shown one after the other, so page and library cannot differ.

    Raises
    ------
    ValueError
        If nothing is given, or something that has no source in Python.
    """
    if not objects:
        raise ValueError("objects must not be empty")
    for item in objects:
        if not (inspect.isclass(item) or inspect.isfunction(item)):
            raise ValueError(f"objects must be classes or functions, got {shown(item)}")
    code = "\n\n\n".join(_brief(dedent(inspect.getsource(item))) for item in objects)
    return Markdown(f"```python\n{code}\n```")


def _brief(source: str) -> str:
    """The same code, with its docstrings cut to their first paragraph."""
    lines = source.rstrip().splitlines()
    documented = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node)
    ]
    # From the last to the first, so that the line numbers before it stay right.
    for node in sorted(documented, key=lambda node: node.lineno, reverse=True):
        docstring = node.body[0]
        whole = slice(docstring.lineno - 1, docstring.end_lineno)
        first_paragraph = list(takewhile(str.strip, lines[whole]))
        if len(first_paragraph) < len(lines[whole]):
            lines[whole] = [*first_paragraph[:-1], f'{first_paragraph[-1]}"""']
    return "\n".join(lines)


def number(value: float) -> str:
    """A number as prose wants it: three significant digits, powers of ten where they help.

    Infinity reads "diverged" and NaN "undefined"; what is no number is a ``ValueError``.
    """
    array = real_array("value", value)
    if array.ndim:
        raise ValueError(f"value must be a single number, got shape {array.shape}")
    value = float(array)
    if not np.isfinite(value):
        return "undefined" if np.isnan(value) else "diverged"
    if value == 0.0:
        return "0"
    if 1e-3 <= abs(value) < 1e5:
        digits = max(0, 2 - int(np.floor(np.log10(abs(value)))))
        return f"{value:.{digits}f}"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa} × 10{str(int(exponent)).translate(_SUPERSCRIPT)}"


def spread(values: npt.ArrayLike) -> str:
    """Median and range over seeds: ``"0.0149 (0.0113 to 0.0232)"``.

    Values that are not finite take part: diverged runs count as infinitely large, and a quantity
    that is undefined for some seeds says for how many.

    Parameters
    ----------
    values : array_like, shape (n_seeds,)

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If there are no values, or not one row of numbers.
    """
    numbers = real_array("values", values)
    if numbers.ndim != 1 or numbers.size == 0:
        raise ValueError(f"values must have shape (n_seeds,), got {numbers.shape}")
    defined = numbers[~np.isnan(numbers)]
    if len(defined) == 0:
        return f"undefined for all {len(numbers)} seeds"
    text = f"{number(_median(defined))} ({number(defined.min())} to {number(defined.max())})"
    missing = len(numbers) - len(defined)
    return text if missing == 0 else f"{text}, undefined for {missing} of {len(numbers)} seeds"


def _median(values: npt.NDArray[np.float64]) -> float:
    # np.median averages the two middle values, which is NaN for inf - inf but inf is meant.
    ordered = np.sort(values)
    low, high = ordered[(len(ordered) - 1) // 2], ordered[len(ordered) // 2]
    return float(high if np.isinf(high) else (low + high) / 2)


_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
