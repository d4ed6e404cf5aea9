"""What can go wrong, what the user sees then, and the tests that prove it.

``make reference`` writes book/faults.md from this; a test holds the page to it, and every test that
is named here to its existence. Where ``seen`` is code, the page shows the message it raises.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from tests.unit import bad_input, damage

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Fault:
    """One row of the table."""

    fault: str
    seen: str
    tests: tuple[str, ...]
    code: str = ""


UNIT = "tests/unit/"
SETUP = """
import torch
from neurode_lib import NeuralODE, ODEFunc, load_pretrained, make_model, simulate
from neurode_lib.metrics import predict, true_trajectories
nan = float("nan")
"""

FAULTS = [
    Fault(
        "NaN or infinity among the numbers",
        "`ValueError` with the argument, what came and where",
        ("test_bad_input.py::test_bad_input_is_refused_by_name_and_good_input_is_not",),
        "simulate([0.0, nan], 0.5, 3)",
    ),
    Fault(
        "text, truth values or complex numbers instead of numbers",
        "`ValueError`; NumPy alone would read the text and drop the imaginary part",
        ("test_bad_input.py::test_bad_input_is_refused_by_name_and_good_input_is_not",),
        'simulate([0.0, 0.0], "0.5", 3)',
    ),
    Fault(
        "wrong rank or length, an empty batch",
        "`ValueError` with both shapes",
        (
            "test_bad_input.py::test_bad_input_is_refused_by_name_and_good_input_is_not",
            "test_models.py::test_bad_input_is_refused_by_name",
        ),
        "predict(NeuralODE(ODEFunc()), [[0.0, 0.0]], [0.2, 0.5], [0.0, 0.5])",
    ),
    Fault(
        "tensors of mixed type or device",
        "`ValueError` with both",
        ("test_models.py::test_bad_input_is_refused_by_name",),
        "NeuralODE(ODEFunc())(torch.zeros(1, 2), torch.zeros(1).double(), torch.arange(2.0))",
    ),
    Fault(
        "a grid of one time, or one that repeats or turns back",
        "`ValueError` with the two times and their place",
        (
            "test_integrator.py::test_a_grid_that_turns_back_is_quoted_where_it_does",
            "test_metrics_trajectories.py::test_messages_say_what_came_and_what_was_expected",
        ),
        "true_trajectories([[0.0, 0.0]], 0.5, [0.0, 1.0, 1.0])",
    ),
    Fault(
        "a step that is negative or zero, a network without hidden units",
        "`ValueError`",
        ("test_bad_input.py::test_bad_input_is_refused_by_name_and_good_input_is_not",),
        "make_model(seed=0, hidden=0)",
    ),
    Fault(
        "a variant or a seed that the study does not have",
        "`ValueError` that lists what there is",
        ("test_study.py::test_what_does_not_exist_is_refused_by_name",),
        'load_pretrained("neural_ode", 99)',
    ),
    Fault(
        "a current outside those a model was trained on",
        "`UntrainedCurrentWarning` from `predict`, `vector_field`, `learned_equilibria` and "
        '`learned_jacobian`; `warnings.simplefilter("ignore", UntrainedCurrentWarning)` says that '
        "it is meant, as does a scan by `learned_hopf_current`",
        (
            "test_properties.py::test_a_scan_of_currents_is_meant_to_leave_the_trained_ones",
            "test_properties.py::test_whoever_asks_about_an_untrained_current_is_told",
            "test_properties.py::test_models_of_the_study_and_trained_ones_know_their_currents",
        ),
    ),
    Fault(
        "a simulation in steps that are too large",
        "`FloatingPointError` with time, trajectory and last state",
        ("test_fitzhugh_nagumo.py::test_a_step_too_large_is_reported_with_its_time",),
        "simulate([6.0, 0.0], 0.5, 5, substeps=1)",
    ),
    Fault(
        "a learned model that diverges",
        "`DivergedWarning` with number, time and last state; every error over it is infinite, "
        "never NaN and never an average over the rest",
        (
            "test_metrics_trajectories.py::"
            "test_a_diverging_model_scores_infinity_and_says_where_and_when",
            "test_properties.py::test_errors_are_never_nan_whatever_is_predicted",
        ),
    ),
    Fault(
        "a loss, a gradient or weights that stop being finite in training",
        "`RuntimeWarning`; that model keeps its last good weights, the others train on",
        (
            "test_training.py::"
            "test_a_loss_that_is_not_finite_stops_that_model_alone_with_its_last_good_weights",
            "test_training.py::"
            "test_a_gradient_that_is_not_finite_stops_a_model_before_it_takes_the_step",
            "test_training.py::test_weights_that_the_last_update_spoils_are_not_returned",
        ),
    ),
    Fault(
        "a model whose weights are not finite, asked for its field or equilibria",
        "`ValueError`, and not the answer that there are none",
        ("test_metrics_equilibria.py::test_weights_that_are_not_finite_have_no_plausible_answers",),
    ),
    Fault(
        "Ctrl-C, or *Interrupt kernel*, while training",
        "training ends after the update that runs and returns what was learned; the history says "
        "that it was interrupted",
        (
            "test_interruption.py::test_ctrl_c_in_a_notebook_returns_what_was_learned",
            "test_training.py::test_ctrl_c_ends_training_after_the_update_that_runs",
        ),
    ),
    Fault(
        "the process is killed while it writes a file",
        "the old file or the new one",
        (
            "test_interruption.py::"
            "test_a_write_killed_at_any_point_leaves_the_old_file_or_the_new_one",
        ),
    ),
    Fault(
        "the process is killed while the study merges its results",
        "the old results, the new ones, or a `ValueError` that the files are not of one run; the "
        "study, run again, mends them",
        (
            "test_interruption.py::"
            "test_a_merge_killed_anywhere_is_old_or_new_or_refused_and_mended_by_another_run",
        ),
    ),
    Fault(
        "two processes write the same results",
        "what one alone would have written",
        ("test_interruption.py::test_two_processes_that_write_the_same_results_do_not_spoil_them",),
    ),
    Fault(
        "the disk is full",
        "`OSError`; the old file is still there",
        ("test_weights.py::test_a_write_that_fails_leaves_the_old_content_and_no_litter",),
    ),
    Fault(
        "weights cut short, with flipped bits, or with a header that promises terabytes",
        "`ValueError` with the file's name, and no memory taken",
        (
            "test_damaged_files.py::test_damaged_weights",
            "test_weights.py::test_every_truncation_is_refused_by_name",
            "test_weights.py::test_every_flipped_byte_is_refused",
        ),
    ),
    Fault(
        "a network trained in the page whose file is damaged, or not one that the page wrote",
        "`ValueError` with the file's name and what is wrong",
        (
            "test_damaged_files.py::test_damaged_downloads",
            "test_downloads.py::test_a_flipped_bit_is_seen_wherever_it_is",
            "test_downloads.py::test_what_the_page_did_not_write_is_refused",
        ),
    ),
    Fault(
        "weights that are whole, but of another version, shape or type",
        "`ValueError` with the file's name",
        (
            "test_damaged_files.py::test_weights_of_another_version_are_refused",
            "test_study.py::test_weights_of_another_shape_are_refused",
        ),
    ),
    Fault(
        "another program writes into a weights file that has been loaded",
        "nothing: what was loaded stays as it was",
        ("test_damaged_files.py::test_loaded_weights_do_not_change_with_the_file",),
    ),
    Fault(
        "the results of another study in the folder of this one",
        "they are replaced by those that were asked for",
        (
            "test_study.py::"
            "test_a_folder_with_the_results_of_another_study_gets_those_that_were_asked_for",
        ),
    ),
    Fault(
        "results that are replaced while a program has them loaded",
        "`load_results` reads the new ones",
        ("test_study.py::test_results_are_those_in_the_folder_now",),
    ),
    Fault(
        "a finished job of the study that is damaged or of another version",
        "a line that names the file; the job is run again",
        (
            "test_damaged_files.py::test_damaged_jobs",
            "test_damaged_files.py::test_a_job_of_another_version_is_run_again",
        ),
    ),
    Fault(
        "results that are damaged, or put together from two runs",
        "`ValueError` with the file's name: every table has its checksum in provenance.json, which "
        "has one of itself",
        (
            "test_damaged_files.py::test_damaged_results",
            "test_damaged_files.py::test_results_of_two_runs_do_not_pass_for_one",
            "test_damaged_files.py::test_a_study_whose_results_are_damaged_merges_them_anew",
        ),
    ),
    Fault(
        "markup or nonsense in the name, the state or the link of an interactive figure",
        "markup is shown as text; nonsense in a link is dropped, and wild numbers are brought "
        "within bounds",
        (
            "test_properties.py::test_the_static_form_carries_any_state_and_never_markup",
            "explorers/test/links.test.mjs",
        ),
    ),
    Fault(
        "a file in the page that is no recording, or would teach a network something false",
        "what is wrong, and in which line; the rules are Python's",
        (
            "explorers/test/recording.test.mjs",
            "tests/browser/test_recording.py::test_a_bad_file_is_told_what_is_wrong_and_where",
        ),
    ),
]


def test_file(test: str) -> Path:
    """The file that a named test is in."""
    name = test.partition("::")[0]
    return ROOT / (name if "/" in name else f"{UNIT}{name}")


def in_words(test: str) -> str:
    """A test's name as the sentence that it is, and its file; a long name would not wrap."""
    name = test.partition("::")[2].removeprefix("test_").replace("_", " ")
    return f"{name} (`{test_file(test).name}`)".strip()


def message_of(code: str) -> str:
    """What an example raises."""
    names: dict[str, object] = {}
    exec(SETUP, names)
    try:
        eval(code, names)
    except (ValueError, FloatingPointError) as error:
        return f"{type(error).__name__}: {error}"
    raise AssertionError(f"{code} raised nothing")


def links_tried() -> int:
    """Random states and hostile links that the JavaScript tests try, over all explorers."""
    source = (ROOT / "explorers/test/links.test.mjs").read_text(encoding="utf-8")
    spec = json.loads((ROOT / "neurode_lib/explorers/static/spec.json").read_text())
    return 2 * int(re.search(r"CASES = (\d+)", source)[1]) * len(spec)


def page() -> str:
    """The page, in MyST Markdown."""
    arguments, functions = sum(len(e.kinds) for e in bad_input.ENTRIES), len(bad_input.ENTRIES)
    inputs, files = len(list(bad_input.cases())), sum(damage.CASES.values())
    rows = []
    for row in FAULTS:
        seen = row.seen
        if row.code:
            seen += f"<br>`{row.code}`<br>`{message_of(row.code)}`".replace("|", "\\|")
        tests = "<br>".join(map(in_words, row.tests))
        rows.append(f"| {row.fault} | {seen} | {tests} |")
    kinds = "\n".join(f"| {kind} | {count:,} |" for kind, count in damage.CASES.items())
    return f"""\
# What can go wrong

<!-- written by tools/write_reference.py; `make reference` makes it again -->

Strangers run this on other machines, with other numbers, and stop it half way. This is what they
see then. Each row names the tests that prove it, and a test sees to it that they exist.

| fault | what you see | the tests that prove it |
|---|---|---|
{chr(10).join(rows)}

Functions in the inner loop (`fhn_rhs`, `rk4_step`, the forward pass of a network) check nothing:
whoever calls them once per step has been checked before the first. Checks run once per call.

## How much was tried

Every run of the tests tries the same {inputs + files:,} cases, and none is accepted in silence:

| what | cases |
|---|---:|
| bad values for {arguments} arguments of {functions} functions | {inputs:,} |
{kinds}

Files are cut, bits flipped, blocks overwritten or zeroed, parts lost or doubled, headers and
numbers inflated, types and names exchanged. Each copy is refused by name or holds, bit for bit,
what was written.

Besides, Hypothesis thinks up networks, grids, fields, files and figures for what must hold for
all of them (`tests/unit/test_properties.py`), and {links_tried():,} random states and hostile
links are sent through the interactive figures' addresses.

<!-- the site's build adds what tools/mutation_figures.py writes -->
"""
