"""Whatever is passed in place of a good argument is refused by name, at every public entry."""

import re

import matplotlib.pyplot as plt
import pytest

from tests.unit.bad_input import BAD, ENTRIES, cases

SLOW_OR_MISSING = {"evaluate", "load_weights", "save_weights"}


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


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_bad_input_is_refused_by_name_and_good_input_is_not(entry):
    if entry.good and entry.name not in SLOW_OR_MISSING:
        entry.call(**entry.good)
    plt.close("all")
    wrong = [refusal(*case) for case in cases() if case[0] is entry]
    assert plt.get_fignums() == []
    assert [line for line in wrong if line] == []
