"""Prose with numbers that this run computed: the cell magic ``%%prose``, and tables.

A cell of prose is Markdown, written as in any Markdown cell, with Python expressions in braces::

    %%prose
    Between $I$ = {lower} and {upper} the neuron fires, with a period of {period:.2f} at
    $I$ = {I_spike:g}; {slow.sum()} of {len(slow)} runs are slower.

Running it shows the text with the values put in, as Markdown: so it reads well wherever notebooks
are shown, and no sentence can state another number than the one above it. The book's site shows
the text alone.

What stands in ``$formulas$``, in ```code``` and in blocks of either is left as it is, braces too.
All else in braces is computed, as in an f-string: ``{value:.2f}`` with a format, ``{value}`` for
text, a whole number, or a number to three digits. :func:`~neurode_lib.chapters.numbers.number` and
:func:`~neurode_lib.chapters.numbers.spread` need no import there. Numbers get a true minus sign.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import Markdown, display

from neurode_lib.chapters.numbers import number, spread, typeset

# Blocks first: a formula may stand in a block of code, and a dollar sign in code is no formula.
_LITERAL = re.compile(
    r"^(?P<fence>```+|~~~+).*?^(?P=fence)[ \t]*$|(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)"
    r"|(?<!\\)\$\$.+?\$\$|(?<!\\)\$(?:(?!\n\n)[^$])+?(?<!\\)\$",
    re.DOTALL | re.MULTILINE,
)
_VOCABULARY = {"number": number, "spread": spread}


def fill(text: str, names: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Put computed values in the place of expressions.

    Parameters
    ----------
    text : str
        Markdown with expressions in braces.
    names : mapping of str to object
        What the expressions may use, beside ``number`` and ``spread``.

    Returns
    -------
    text : str
    values : dict of str to str
        What was put in, by expression.

    Raises
    ------
    ValueError
        If a brace is not closed, or an expression cannot be computed; the message quotes it.
    """
    pieces, values = [], {}
    for part, is_expression in _parts(text):
        if is_expression:
            values[part] = _value(part, {**_VOCABULARY, **names})
        pieces.append(values[part] if is_expression else part)
    return "".join(pieces), values


def expressions(text: str) -> list[str]:
    """The expressions of a text, without their formats: what a check of the notebooks reads."""
    return [
        ast.unparse(_field(part).value) for part, is_expression in _parts(text) if is_expression
    ]


def without_expressions(text: str) -> str:
    """The text without its expressions: what its author typed."""
    return "".join(part for part, is_expression in _parts(text) if not is_expression)


def _parts(text: str) -> Iterator[tuple[str, bool]]:
    """Literal text and expressions (without their braces), in their order."""
    start = at = 0
    while at < len(text):
        if literal := _LITERAL.match(text, at):
            at = literal.end()
        elif text[at] == "{":
            yield text[start:at], False
            expression = _expression_at(text, at)
            yield expression, True
            start = at = at + len(expression) + 2
        else:
            at += 1
    yield text[start:], False


def _expression_at(text: str, opening: int) -> str:
    """The expression that begins at a brace; it ends at the first brace that makes it Python."""
    paragraph, _, _ = text[opening + 1 :].partition("\n\n")
    candidates = [paragraph[: brace.start()] for brace in re.finditer("}", paragraph)]
    if not candidates:
        raise ValueError(f"this brace is not closed: {'{' + paragraph[:40]!r}")
    for expression in candidates:
        try:
            _field(expression)
        except SyntaxError:
            continue
        return expression
    raise ValueError(f"{{{candidates[0]}}} is no Python expression")


def _field(expression: str) -> ast.FormattedValue:
    """The expression with its format, as Python's own f-strings read it."""
    # In three quotes strings of either kind may stand.
    tree = ast.parse(f"f'''{{{expression}}}'''", mode="eval").body
    match tree:
        case ast.JoinedStr(values=[ast.FormattedValue(conversion=-1) as field]):
            return field
    raise SyntaxError(f"no single expression: {expression}")


def _value(expression: str, names: dict[str, Any]) -> str:
    field = _field(expression)
    try:
        value = _evaluate(field.value, names)
        template = "" if field.format_spec is None else _evaluate(field.format_spec, names)
        return _written(value, template)
    except Exception as error:
        raise ValueError(
            f"{{{expression}}} cannot be computed: {type(error).__name__}: {error}"
        ) from error


def _evaluate(node: ast.expr, names: dict[str, Any]) -> Any:
    # The author's own notebook: as safe, or not, as every other cell of it.
    code = compile(ast.Expression(node), "<prose>", "eval")
    return eval(code, names)  # noqa: S307


def _written(value: object, template: str) -> str:
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    # To Python, True is a number.
    if isinstance(value, bool) or not isinstance(value, Real):
        return format(value, template)
    if isinstance(value, Integral) or (template and math.isfinite(value)):
        return typeset(format(value, template))
    return number(float(value))


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Markdown:
    """A table in Markdown, with numbers set as in prose.

    Parameters
    ----------
    columns : sequence of str
        Headings.
    rows : sequence of sequences
        Cells: text, whole numbers, or numbers that :func:`number` shortens. Signs and powers of
        ten within text are set as those of numbers are.

    Raises
    ------
    ValueError
        If a row has more or fewer cells than there are columns.
    """
    lines = [_row(columns), "|---" * len(columns) + "|"]
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(f"rows must have {len(columns)} cells each, got {list(row)}")
        lines.append(_row([typeset(_written(cell, "")) for cell in row]))
    return Markdown("\n".join(lines))


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Make ``%%prose`` known: ``%load_ext neurode_lib.chapters.prose``."""

    def prose(line: str, cell: str) -> None:
        """Show the cell's Markdown with the values of its expressions."""
        if line.strip():
            raise ValueError(f"%%prose must stand alone on its line, got {line.strip()!r}")
        text, values = fill(cell.strip("\n"), shell.user_ns)
        # The text twice: what shows no Markdown shows it as it is. Other pages of the book take
        # their numbers from the values.
        display(
            {"text/markdown": text, "text/plain": text},
            raw=True,
            metadata={"computed": values} if values else {},
        )

    # Type checkers take this method for the decorator that it also is.
    shell.register_magic_function(prose, magic_kind="cell")  # type: ignore[call-arg,arg-type]
