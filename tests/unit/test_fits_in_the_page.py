"""Polynomial and parameters in the page (JavaScript) against NumPy, SciPy and the library."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from neurode_lib._checks import FloatArray
from neurode_lib.explorers._spec import SPEC
from neurode_lib.explorers.packages import FITS, package
from neurode_lib.methods import load_methods
from neurode_lib.methods.monomials import exponents
from neurode_lib.methods.problems import PROBLEMS, Problem
from neurode_lib.methods.stacks import FieldStack, ParameterFields, PolynomialFields
from tools.ensure_node import ensure_node

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "explorers" / "test" / "follow-fits.mjs"
NOISES = SPEC["method"]["fields"]["noise"]["choices"]
SEED, I, STEPS, DT = 3, 0.35, 80, 0.5
START = np.array([-1.0, 0.5])
POINTS = np.random.default_rng(0).uniform(-2.5, 2.5, (50, 2))


@pytest.fixture(scope="module")
def in_javascript() -> dict[str, Any]:
    if reason := ensure_node():
        pytest.fail(reason)
    question = {
        "file": base64.b64encode(package(f"methods-{SEED}")).decode(),
        "points": POINTS.ravel().tolist(),
        "I": I,
        "start": {"v0": START[0], "w0": START[1], "dt": DT, "steps": STEPS},
    }
    ran = subprocess.run(
        ["node", str(SCRIPT)],
        input=json.dumps(question),
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(json.loads(ran.stdout))


def constants(method: str, noise: float) -> FloatArray:
    row = load_methods().row(Problem(noise_std=noise).name, method)
    return np.array(row["constants"][row["seeds"].index(SEED)])


def by_numpy(method: str, own: FloatArray, v: FloatArray, w: FloatArray) -> FloatArray:
    """The field as NumPy's polynomials have it, shape (2, ...)."""
    if method == "several_guesses":
        a, b, tau = own
        return np.stack([np.polyval([-1 / 3, 0, 1, 0], v) - w + I, (v + a - b * w) / tau])
    tables = np.zeros((2, 4, 4))
    for k, (i, j) in enumerate(exponents(3)):
        tables[:, i, j] = own[:, k]
    values = [np.polynomial.polynomial.polyval2d(v, w, table) for table in tables]
    return np.stack([value + row[-1] * I for value, row in zip(values, own, strict=True)])


def test_every_amount_of_noise_is_one_of_the_comparisons() -> None:
    assert sorted(NOISES) == sorted(
        problem.noise_std
        for problem in PROBLEMS.values()
        if problem == Problem(noise_std=problem.noise_std)
    )


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("method", FITS)
def test_fields_are_those_of_numpy(
    method: str, noise: float, in_javascript: dict[str, Any]
) -> None:
    found = np.reshape(in_javascript[f"{method}-{noise:g}"]["values"], (-1, 2))
    expected = by_numpy(method, constants(method, noise), *POINTS.T).T
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("method", FITS)
def test_trajectories_are_those_of_the_library_and_near_those_of_scipy(
    method: str, noise: float, in_javascript: dict[str, Any]
) -> None:
    run, own = in_javascript[f"{method}-{noise:g}"], constants(method, noise)
    assert run["divergedAt"] is None
    found = np.stack([run["v"], run["w"]], axis=-1)
    kind: type[FieldStack] = PolynomialFields if method == "refined" else ParameterFields
    same = kind(own[None]).forecast(START[None], np.full((STEPS, 1), I), DT)[0, 0]
    np.testing.assert_allclose(found, same, rtol=0, atol=1e-9)
    exact = solve_ivp(
        lambda _t, y: by_numpy(method, own, *y),
        (0.0, STEPS * DT),
        START,
        method="DOP853",
        t_eval=DT * np.arange(STEPS + 1),
        rtol=1e-10,
        atol=1e-12,
    )
    np.testing.assert_allclose(found, exact.y.T, rtol=0, atol=1e-3)
