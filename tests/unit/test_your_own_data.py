"""The page on own data: its code runs as it stands, and what it promises comes out."""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

from neurode_lib.fitzhugh_nagumo import fhn_rhs
from neurode_lib.metrics import mean_cosine_similarity, vector_field

PAGE = Path(__file__).parents[2] / "book/your_own_data.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """What the page's code, run from top to bottom in an empty folder, has defined."""
    space = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("own_data"))
        errors = []
        for block in BLOCKS:
            exec(compile(block, PAGE.name, "exec"), space)
            errors.append(space.get("error"))
        space["errors"] = errors
    plt.close("all")
    return space


def test_the_way_from_the_file_to_the_figure_is_about_twenty_lines():
    lines = [line for line in BLOCKS[1].splitlines() if line.strip()]
    assert len(lines) <= 22


def test_forecasts_of_unseen_trajectories_are_good(names):
    assert names["errors"][1] < 0.15


def test_the_field_is_the_neurons_in_the_units_of_the_file(names):
    """Arrow by arrow, near where the data were: in units of one spread of each variable."""
    path = np.concatenate(names["data"].values)[::7]
    own = (path - [-20.0, 0.0]) / [45.0, 1.0]
    true = fhn_rhs(own, 0.5)
    learned = vector_field(names["model"], path, 50.0) / [45.0, 1.0]
    assert mean_cosine_similarity(learned, true) > 0.9


def test_the_other_kinds_of_data_are_read(names):
    assert names["gappy"].n_channels == 2
    assert names["driven"].n_inputs == 1
    assert np.isfinite(names["error"])
    again = vector_field(names["again"], names["points"], 50.0)
    np.testing.assert_array_equal(again, vector_field(names["model"], names["points"], 50.0))
