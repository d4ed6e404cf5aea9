"""What is said in two places is the same in both: version, tasks, layers."""

import re
import tomllib
from pathlib import Path

import pytest

import neurode_lib
from tasks import TASKS, wants_gpu_libraries

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("CITATION.cff", r"^version: (\S+)$"),
        # The newest comes first.
        ("CHANGELOG.md", r"^## (\S+)"),
        ("book/how_to_cite.md", r"Version (\S+?)\}"),
    ],
)
def test_one_version_everywhere(name, pattern):
    match = re.search(pattern, text(name), re.MULTILINE)
    assert match is not None
    assert match[1] == neurode_lib.__version__


def test_every_task_is_documented_and_every_documented_task_is_there():
    rows = re.findall(r"^\| `([a-z-]+)` \|", text("CONTRIBUTING.md"), re.MULTILINE)
    assert sorted(rows) == sorted(TASKS)


@pytest.mark.parametrize("path", [*WORKFLOWS, ROOT / "README.md", ROOT / ".ci" / "run"], ids=str)
def test_tasks_that_are_called_exist(path):
    calls = re.findall(
        r"(?:python tasks\.py|^make) ((?:[a-z-]+ ?)+)",
        path.read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    assert {name for call in calls for name in call.split()} <= TASKS.keys()


def test_the_layers_in_the_picture_are_those_that_are_checked():
    contracts = tomllib.loads(text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    picture = re.search(
        r"^```text\nclaims .*?```", text("ARCHITECTURE.md"), re.DOTALL | re.MULTILINE
    )
    assert picture is not None
    lines = picture[0].splitlines()[1:-1]
    # A name that is long has its explanation on the next line.
    assert [re.split(r" {2,}", line)[0] for line in lines if line[0] != " "] == layers


@pytest.mark.parametrize(
    ("requirements", "answer"),
    [
        (["filelock", "nvidia-cublas==13.1; platform_system == 'Linux'"], True),
        (["filelock", "opt-einsum; extra == 'opt-einsum'"], False),
        ([], False),
    ],
)
def test_a_build_of_torch_for_graphics_cards_is_known_by_what_it_needs(requirements, answer):
    metadata = {"name": "torch", "requires_dist": requirements, "keywords": "nvidia-"}
    assert wants_gpu_libraries({"install": [{"metadata": metadata}]}) is answer
