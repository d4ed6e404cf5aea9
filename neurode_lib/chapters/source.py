"""The library's own source code on the page."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from itertools import takewhile
from textwrap import dedent

from IPython.display import Markdown

from neurode_lib import _checks
from neurode_lib._checks import shown

# What refuses bad arguments: a page shows the mathematics, and folds these away.
CHECKS = {name for name, item in vars(_checks).items() if inspect.isfunction(item)}


def show_source(*objects: type | Callable[..., object]) -> Markdown:
    """The library's own source of classes or functions, as a code block.

    What checks the arguments is left out, and of each docstring all but the first paragraph: the
    API pages have the rest. If checks were left out, a fold below has every line of code.

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
    whole = [_brief(dedent(inspect.getsource(item))) for item in objects]
    code, essential = ("\n\n\n".join(texts) for texts in (whole, map(_unchecked, whole)))
    listing = f"```python\n{essential}\n```"
    if code == essential:
        return Markdown(listing)
    summary = "<details><summary>The same, with the checks of its arguments</summary>"
    return Markdown(f"{listing}\n\n{summary}\n\n```python\n{code}\n```\n\n</details>")


def _brief(source: str) -> str:
    """The same code, with its docstrings cut to their first paragraph."""
    lines = source.rstrip().splitlines()
    definitions = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)) and ast.get_docstring(node)
    ]
    # From the last to the first, so that the line numbers before it stay right.
    for node in sorted(definitions, key=lambda node: node.lineno, reverse=True):
        docstring = node.body[0]
        whole = slice(docstring.lineno - 1, docstring.end_lineno)
        first_paragraph = list(takewhile(str.strip, lines[whole]))
        if len(first_paragraph) < len(lines[whole]):
            lines[whole] = [*first_paragraph[:-1], f'{first_paragraph[-1]}"""']
    return "\n".join(lines)


def _unchecked(source: str) -> str:
    """The same code, without what checks its arguments."""
    lines = source.splitlines()
    # From the last to the first, so that the line numbers before it stay right.
    for node in sorted(_checking(ast.parse(source)), key=lambda node: -node.lineno):
        begin, end = node.lineno - 1, node.end_lineno
        while begin and not lines[begin - 1].strip() and isinstance(node, ast.FunctionDef):
            begin -= 1
        passed_on = _passed_on(node)
        indent = " " * node.col_offset
        lines[begin:end] = [] if passed_on is None else [f"{indent}{passed_on}"]
    return "\n".join(lines)


def _checking(tree: ast.Module) -> list[ast.stmt]:
    """The outermost statements that only check."""
    found: list[ast.stmt] = []
    for node in ast.walk(tree):
        body = getattr(node, "body", [])
        if isinstance(body, list):  # that of a conditional expression is none
            found += filter(_only_checks, body)
    return [one for one in found if not any(_within(one, other) for other in found)]


def _within(inner: ast.stmt, outer: ast.stmt) -> bool:
    return inner is not outer and any(node is inner for node in ast.walk(outer))


def _only_checks(statement: ast.stmt) -> bool:
    """Whether a statement refuses, calls what refuses, or consists of such statements."""
    match statement:
        case ast.Raise():
            return True
        case ast.If(body=body, orelse=[]):
            return all(map(_only_checks, body))
        case ast.Expr(value=ast.Call() as call) | ast.Assign(value=ast.Call() as call):
            simple = isinstance(statement, ast.Expr) or isinstance(call.func, ast.Name)
            named = ast.unparse(call.func).rpartition(".")[2]
            hands_on = isinstance(statement, ast.Expr) or named in CHECKS
            return simple and hands_on and (named in CHECKS or bool(re.match("_?check_", named)))
        case ast.FunctionDef(body=[ast.Expr(value=ast.Constant()), *body]) if body:
            return all(map(_only_checks, body))
        case ast.FunctionDef(body=body):
            return all(map(_only_checks, body))
    return False


def _passed_on(statement: ast.stmt) -> str | None:
    """What is left of ``self.size = positive_int("size", size)``: ``self.size = size``."""
    match statement:
        case ast.Assign(targets=[target], value=ast.Call(args=[_, value, *_])):
            left, right = ast.unparse(target), ast.unparse(value)
            return None if left == right else f"{left} = {right}"
    return None
