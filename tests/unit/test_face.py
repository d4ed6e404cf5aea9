"""What `import neurode_lib` offers, and what it costs."""

import ast
import json
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import neurode_lib
from neurode_lib.explorers._spec import SPEC
from neurode_lib.fitzhugh_nagumo import DT, TRAINED_STEPS

ROOT = Path(__file__).resolve().parents[2]
LAZY = ["neurode_lib", "neurode_lib.study", "neurode_lib.training"]


def modules_after(code):
    """Which modules a fresh Python has loaded after some code."""
    done = subprocess.run(
        [sys.executable, "-c", f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_import_is_cheap():
    loaded = modules_after("import neurode_lib; dir(neurode_lib); neurode_lib.__version__")
    assert loaded & {"torch", "numpy", "scipy", "matplotlib"} == set()
    assert {name for name in loaded if name.startswith("neurode_lib.")} == {"neurode_lib._lazy"}


@pytest.mark.slow
def test_the_simulator_brings_no_torch():
    loaded = modules_after("import neurode_lib; neurode_lib.simulate([0.5, 0.1], 0.5, 2)")
    assert "torch" not in loaded
    assert "torch" in modules_after("import neurode_lib; neurode_lib.NeuralODE")


@pytest.mark.slow
@pytest.mark.parametrize(
    "code",
    [
        "from neurode_lib.study import load_results; load_results()",
        "import neurode_lib; neurode_lib.load_results()",
    ],
)
def test_results_are_read_without_what_trains_or_measures(code):
    loaded = modules_after(code)
    for room in ("training", "metrics", "models", "fitzhugh_nagumo"):
        assert not any(name.startswith(f"neurode_lib.{room}") for name in loaded), room


@pytest.mark.parametrize("package", LAZY)
def test_every_name_that_is_offered_is_there(package):
    module = import_module(package)
    for name in module.__all__:
        assert name in dir(module)
        value = getattr(module, name)
        assert value.__name__ == name
        assert getattr(module, name) is value


@pytest.mark.parametrize("package", LAZY)
def test_what_type_checkers_see_is_what_is_offered(package):
    module = import_module(package)
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    seen = {
        alias.name: node.module
        for outer in tree.body
        if isinstance(outer, ast.If)
        for node in outer.body
        for alias in node.names
    }
    assert set(seen) == set(module.__all__)
    for name, home in seen.items():
        assert getattr(module, name) is getattr(import_module(home), name)


@pytest.mark.parametrize("package", LAZY)
def test_a_name_that_is_not_there_is_refused_by_name(package):
    with pytest.raises(AttributeError, match=f"module '{package}' has no attribute 'simulat'"):
        _ = import_module(package).simulat


# --- the article's sampling, in one place ---------------------------------------------------------


def test_the_page_samples_as_the_library_does():
    assert (DT, TRAINED_STEPS) == (0.5, 80)
    assert SPEC["model"]["fields"]["dt"]["default"] == DT
    assert max(SPEC["live"]["fields"]["window"]["choices"]) == TRAINED_STEPS
    script = (ROOT / "explorers/src/training/dataset.js").read_text(encoding="utf-8")
    typed = dict(re.findall(r"export const (DT|STEPS) = ([\d.]+);", script))
    assert {name: float(value) for name, value in typed.items()} in (
        {},
        {"DT": DT, "STEPS": TRAINED_STEPS},
    )


def typed_again(tree):
    """Lines that give the step or the number of steps as a number again."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            pairs = [(target, node.value) for target in node.targets]
        elif isinstance(node, ast.arguments):
            kept = len(node.args) - len(node.defaults)
            pairs = [*zip(node.args[kept:], node.defaults, strict=True)]
            pairs += zip(node.kwonlyargs, node.kw_defaults, strict=True)
        elif isinstance(node, ast.Call):
            pairs = [(word, word.value) for word in node.keywords]
        else:
            continue
        for target, value in pairs:
            name = getattr(target, "arg", None) or getattr(target, "id", "")
            is_step = re.search(r"(?i)^_?dt$", name) and getattr(value, "value", None) == DT
            is_count = (
                re.search(r"(?i)steps|traj_length", name)
                and getattr(value, "value", None) == TRAINED_STEPS
            )
            if is_step or is_count:
                yield f"{name} = {value.value} in line {value.lineno}"


def test_no_other_module_types_the_sampling():
    home = Path(neurode_lib.__file__).parent
    again = [
        f"{source.relative_to(home)}: {line}"
        for source in sorted(home.rglob("*.py"))
        if source.name != "fitzhugh_nagumo.py"
        for line in typed_again(ast.parse(source.read_text(encoding="utf-8")))
    ]
    assert again == []
