"""The pages on faults and on dependencies are what the code says, and name tests that exist."""

import ast
import json

import pytest

from tests import faults, survivors
from tools.write_reference import ROOT, licence, pins


def test_the_page_on_faults_is_what_the_table_makes():
    # If this fails: make reference
    assert (ROOT / "book/faults.md").read_text(encoding="utf-8") == faults.page()


@pytest.mark.parametrize("row", faults.FAULTS, ids=lambda row: row.fault)
def test_every_test_that_the_page_names_exists(row):
    assert row.tests
    for test in row.tests:
        source = faults.test_file(test).read_text(encoding="utf-8")
        name = test.partition("::")[2]
        if name:
            functions = {
                n.name for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef)
            }
            assert name in functions


def test_more_than_ten_thousand_cases_are_tried():
    assert len(list(faults.bad_input.cases())) + sum(faults.damage.CASES.values()) > 10_000


def test_the_page_on_dependencies_has_a_row_for_every_pin():
    # If this fails: make reference
    page = (ROOT / "book/dependencies.md").read_text(encoding="utf-8")
    for name, version in pins(ROOT / "requirements.lock").items():
        assert f"| {name} | {version} |" in page
    assert "not installed here" not in page
    assert "not told" not in page


def test_licences_come_from_the_packages():
    assert licence("numpy").startswith("BSD")
    assert licence("no-such-package") == "not installed here"


def test_nine_mutants_in_ten_are_killed_in_every_module():
    modules = json.loads((ROOT / "tests/mutants.json").read_text(encoding="utf-8"))
    assert len(modules) == 6
    for name, module in modules.items():
        assert module["tried"] == module["mutants"], name
        assert module["killed"] + len(module["survivors"]) == module["tried"]
        assert module["killed"] >= 0.9 * module["tried"], name


def test_every_survivor_is_explained_and_every_explanation_is_needed():
    modules = json.loads((ROOT / "tests/mutants.json").read_text(encoding="utf-8"))
    survived = {
        (survivors.function_of(mutant), survivors.line_made(change))
        for module in modules.values()
        for mutant, change in module["survivors"].items()
    }
    explained = [change for reason in survivors.REASONS for change in reason.changes]
    assert sorted(explained) == sorted(survived)
