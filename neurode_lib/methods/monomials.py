"""Monomials of the state, the library of candidate terms that sparse regression picks from.

A polynomial field is a table of coefficients: one row for each equation, one column for each
monomial ``v^i w^j`` up to a degree, and a last column for the input current, which enters as it is.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from neurode_lib._checks import FloatArray, last_axis, positive_int


@lru_cache
def exponents(degree: int) -> list[tuple[int, int]]:
    """Powers of v and w of each monomial, by degree: those of 1, v, w, v², v w, w² come first."""
    top = positive_int("degree", degree)
    return [(total - j, j) for total in range(top + 1) for j in range(total + 1)]


def term_names(degree: int) -> list[str]:
    """The terms as one writes them, the current last."""

    def power(symbol: str, n: int) -> str:
        return "" if n == 0 else symbol if n == 1 else f"{symbol}^{n}"

    names = [f"{power('v', i)} {power('w', j)}".strip() for i, j in exponents(degree)]
    return ["1", *names[1:], "I"]


def degree_of(n_terms: int) -> int:
    """The degree whose library has so many terms.

    Raises
    ------
    ValueError
        If none has.
    """
    for degree in range(1, 20):
        if (degree + 1) * (degree + 2) // 2 + 1 == n_terms:
            return degree
    raise ValueError(f"n_terms must be that of a library of monomials, got {n_terms}")


def library(states: FloatArray, I: FloatArray, degree: int) -> FloatArray:
    """Values of all terms, shape (..., P), at states of shape (..., 2)."""
    at = last_axis("states", states, 2)
    v, w = np.moveaxis(at, -1, 0)
    powers = [[np.ones_like(v)], [np.ones_like(w)]]
    for own, symbol in zip(powers, (v, w), strict=True):
        for _ in range(degree):
            own.append(own[-1] * symbol)
    terms = np.empty((*v.shape, len(exponents(degree)) + 1))
    for k, (i, j) in enumerate(exponents(degree)):
        np.multiply(powers[0][i], powers[1][j], out=terms[..., k])
    terms[..., -1] = I
    return terms


def library_of_tensors(states: Tensor, I: Tensor, degree: int) -> Tensor:
    """As :func:`library`, for tensors."""
    v, w = states.unbind(-1)
    powers = [[torch.ones_like(v)], [torch.ones_like(w)]]
    for own, symbol in zip(powers, (v, w), strict=True):
        for _ in range(degree):
            own.append(own[-1] * symbol)
    terms = [powers[0][i] * powers[1][j] for i, j in exponents(degree)]
    return torch.stack([*terms, I.expand_as(v)], dim=-1)


# v - v³/3 - w + I and (v + a - b w)/tau: what sparse regression should find in FitzHugh–Nagumo.
N_TRUE_TERMS = 7


def true_coefficients(degree: int, a: float, b: float, tau: float) -> FloatArray:
    """Coefficients of the FitzHugh–Nagumo field, shape (2, P)."""
    table = np.zeros((2, len(exponents(degree)) + 1))
    where = {pair: k for k, pair in enumerate(exponents(degree))}
    table[0, [where[1, 0], where[3, 0], where[0, 1], -1]] = 1.0, -1.0 / 3.0, -1.0, 1.0
    table[1, [where[0, 0], where[1, 0], where[0, 1]]] = a / tau, 1.0 / tau, -b / tau
    return table
