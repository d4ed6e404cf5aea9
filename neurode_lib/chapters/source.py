"""The library's own source code on the page."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from itertools import takewhile
from textwrap import dedent

from IPython.display import Markdown

from neurode_lib._checks import shown


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
