"""Whatever is passed in place of a good argument is refused by name, at every public entry."""

import inspect
import pkgutil
import re
from dataclasses import is_dataclass
from importlib import import_module

import matplotlib.pyplot as plt
import pytest

import neurode_lib
from tests.unit.bad_input import BAD, ENTRIES, WITHOUT_ROW, cases

# Good arguments, that is; of files that are not there, or that would be written.
SLOW_OR_MISSING = {
    "competition_traces",
    "evaluate",
    "load_model",
    "load_trained",
    "load_weights",
    "read_trained",
    "reference_losses",
    "save_model",
    "save_weights",
    "write_atomically",
}


def refusal(entry, argument, what):
    """What is wrong with the answer to one bad argument, or None."""
    try:
        entry.call(**entry.good | {argument: BAD[what]})
    except (ValueError, TypeError) as error:
        name = entry.alias.get(argument, argument)
        if re.match(rf"{name}(\[.*\])? must", str(error)):
            return None
        return f"{entry.name}({argument}={what}): {error!r}"
    except Exception as error:  # noqa: BLE001 - any other is what this looks for
        return f"{entry.name}({argument}={what}): {error!r}"
    return f"{entry.name}({argument}={what}): accepted"


# Those with bad values that show only after some training or measuring.
LONG = {
    "current_of_cycle",
    "measure",
    "paired_states",
    "reference_losses",
    "train",
    "train_ensemble",
    "train_small",
}


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(entry, id=entry.name, marks=[pytest.mark.slow] if entry.name in LONG else [])
        for entry in ENTRIES
    ],
)
def test_bad_input_is_refused_by_name_and_good_input_is_not(entry):
    if entry.good and entry.name not in SLOW_OR_MISSING:
        entry.call(**entry.good)
    plt.close("all")
    wrong = [refusal(*case) for case in cases() if case[0] is entry]
    assert plt.get_fignums() == []
    assert [line for line in wrong if line] == []


def has_nothing_to_refuse(item):
    """Whether a class only holds what a function found, or a function takes no arguments."""
    if not inspect.isclass(item):
        return not inspect.signature(item).parameters
    if issubclass(item, Warning):
        return True
    if issubclass(item, tuple) or is_dataclass(item):
        return not hasattr(item, "__post_init__")
    return not inspect.signature(item).parameters


def public_entries():
    """Every public function and class of the library, as "package.module.name"."""
    for found in pkgutil.walk_packages(neurode_lib.__path__, "neurode_lib."):
        if any(part.startswith("_") for part in found.name.split(".")):
            continue
        for name, item in vars(import_module(found.name)).items():
            defined_here = getattr(item, "__module__", None) == found.name
            is_entry = inspect.isclass(item) or inspect.isfunction(inspect.unwrap(item))
            if defined_here and is_entry and not name.startswith("_"):
                yield f"{found.name.removeprefix('neurode_lib.')}.{name}", item


def reason(entry):
    """Why a public entry, or the module or package that it is in, has no row."""
    parts = entry.split(".")
    parents = [".".join(parts[:n]) for n in range(1, len(parts) + 1)]
    return next((parent for parent in parents if parent in WITHOUT_ROW), None)


def entries_to_try():
    """Names of the public entries that are to have a row."""
    return [
        name.rpartition(".")[2]
        for name, item in public_entries()
        if not reason(name) and not has_nothing_to_refuse(item)
    ]


def test_every_public_entry_is_tried():
    # If this fails for something new: give it a row in bad_input.py, or say there why not.
    assert set(entries_to_try()) - {entry.name for entry in ENTRIES} == set()


def test_a_name_is_that_of_one_entry_and_every_reason_is_needed():
    names = entries_to_try()
    assert len(names) == len(set(names))
    assert {reason(name) for name, _ in public_entries()} - {None} == set(WITHOUT_ROW)
