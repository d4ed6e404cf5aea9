"""The pages on faults and on dependencies are what the code says, and name tests that exist."""

import ast
import warnings

import pytest

from tests import faults
from tools import mutation_figures
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
    assert len(pins()) > 100
    for pin in pins():
        assert f"| {pin.name} | {pin.version} |" in page
    assert "not installed here" not in page
    assert "not told" not in page


def test_licences_come_from_the_packages():
    assert licence("numpy").startswith("BSD")
    assert licence("no-such-package") == "not installed here"


def test_nine_mutants_in_ten_are_killed_in_every_module():
    for name, module in mutation_figures.figures().items():
        assert 0.9 * module["mutants"] <= module["killed"] <= module["mutants"], name


def test_figures_of_another_version_are_called_so(tmp_path):
    for name, entry in mutation_figures.figures().items():
        assert mutation_figures.version_measured(name, tmp_path) == mutation_figures.EARLIER
        copy = tmp_path / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text("changed = True\n")
        assert mutation_figures.version_measured(name, tmp_path) == mutation_figures.EARLIER
        assert len(entry["sha256"]) == 64
    assert mutation_figures.version_measured("neurode_lib/no_such.py") == mutation_figures.NEVER


def test_figures_of_this_version_are_called_so(tmp_path, monkeypatch):
    source = tmp_path / "some.py"
    source.write_text("x = 1\n")
    entry = {"sha256": mutation_figures.digest(source), "mutants": 1, "killed": 1}
    monkeypatch.setattr(mutation_figures, "figures", lambda: {"some.py": entry})
    assert mutation_figures.version_measured("some.py", tmp_path) == mutation_figures.CURRENT
    source.write_text("x = 2\n")
    assert mutation_figures.version_measured("some.py", tmp_path) == mutation_figures.EARLIER


def test_mutation_figures_of_an_earlier_version_are_reported():
    """Loud, not fatal: pytest repeats the warning at the end of every run, also a quiet one.

    Code moves on with every commit, and measuring takes an hour: a failure here would be switched
    off. The page on the site names the version of each figure in any case.
    """
    listed = mutation_figures.to_be_measured()
    assert all((ROOT / name).exists() for name in listed)
    old = [name for name in listed if mutation_figures.version_measured(name) != "this version"]
    if old:
        warnings.warn(
            f"mutation figures are not of this version for {', '.join(old)}: make mutants",
            UserWarning,
            stacklevel=1,
        )
