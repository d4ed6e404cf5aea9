"""A sample of 100 of the study's numbers, measured again by a program that shares no code."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

from tests.independent import remeasure

MODELS, PER_MODEL = 10, 10
# What the second program knows how to measure.
KNOWN = re.compile(
    r"train_mse|mse_(within|beyond|validation|irregular|dt_.*|as_field_.*)|period_error"
    r"|amplitude_error|(field_cosine|field_error|step_error)_(orbits|sampling|portrait)(_near|_far)?"
)


def sample():
    """Ten numbers of each of ten models, drawn with a fixed seed from all that are packaged."""
    rng = np.random.default_rng(14)
    packaged = {path.stem for path in remeasure.STUDY.glob("*.safetensors")}
    by_model = {}
    for row in remeasure.rows():
        if row["variant"] in packaged and KNOWN.fullmatch(row["metric"]):
            by_model.setdefault((row["variant"], int(row["seed"])), []).append(row)
    models = sorted(by_model)
    for m in rng.choice(len(models), MODELS, replace=False):
        own = by_model[models[m]]
        yield models[m], [own[i] for i in rng.choice(len(own), PER_MODEL, replace=False)]


@pytest.mark.parametrize(
    ("model", "numbers"), [pytest.param(m, n, id=f"{m[0]}-{m[1]}") for m, n in sample()]
)
def test_a_second_program_finds_the_same(model, numbers):
    again = remeasure.Model(*model)
    for row in numbers:
        current = float(row["current"]) if row["current"] else None
        # Single precision over up to 1,600 evaluations; the errors of a cycle are small
        # differences of two measurements, and are compared by what those agree to.
        of_a_cycle = row["metric"] in ("period_error", "amplitude_error")
        assert again.measure(row["metric"], current) == pytest.approx(
            float(row["value"]), rel=1e-4, abs=3e-5 if of_a_cycle else 1e-9, nan_ok=True
        ), row


def test_it_shares_no_code_with_the_library():
    tree = ast.parse(Path(remeasure.__file__).read_text())
    imported = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert "neurode_lib" not in imported and "torch" not in imported
