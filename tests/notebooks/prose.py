"""Numbers that prose states, and those it may state because somebody chose or published them.

A measured number in a sentence must come from code: an expression in a cell of prose. What an
author may type is what nobody measures: settings of the experiments, numbers quoted from the
article, the model's parameters. They are listed here with what they are, chapter by chapter; all
else is taken for a measurement, and tests/notebooks/test_prose.py fails.
"""

from __future__ import annotations

import re

# What is no prose, or no statement: code, roles and directives of pages that are no notebooks,
# citations, numbers of figures, targets of links, headings, numbers of a list, tags, displayed
# formulas. (A formula between two dollar signs may state a number.)
NOT_PROSE = re.compile(
    r"```.*?```|\$\$.*?\$\$|\{[\w:-]+\}`[^`]*`|`[^`]*`|\[[^][]*\b[12]\d{3}\)?\]\(https?:(?:[^()]|\([^()]*\))*\)"
    r"|\bFig\. \d+\.\d+|\]\([^)]*\)|<[^>]*>"
    r"|^#+ .*?$|^\s*\d+\. |^:::.*?$|^:\w+:.*?$|\*\*\d+\. "
    # Names with a number in them, and places in the book.
    r"|\b(?:RK|DOP|w|v|t|y|k|ch|fig-)_?\d+\b"
    r"|\b[Cc]hapters? \d+(?:, \d+)*(?: (?:to|and) \d+)?|\bAbout \d+ minutes",
    re.MULTILINE | re.DOTALL,
)
POWER = r"(?:\d[\d.]*\s*(?:\\times|×)\s*)?10\^\{?-?\d+\}?"
NUMBER = re.compile(
    rf"{POWER}"
    r"|\d+ of \d+"  # three of ten seeds
    r"|\d[\d,]*\d(?:\.\d+)?(?:\s?%)?"  # more than one digit
    r"|\d\.\d+(?:\s?%)?|\d\s?%"
    r"|\d+(?= times\b|-fold\b| per cent\b)"
    r"|(?<=factor of )\d+|(?:×|\\times)\s?\d+"
)


def stated_numbers(markdown: str) -> list[str]:
    """The numbers in a cell's or page's prose that look like a measurement.

    Single digits do not, unless they count (`3 of 10`), compare (`5 times`) or are a percentage.
    """
    text = NOT_PROSE.sub(" ", markdown)
    return [match[0].replace(",", "") for match in NUMBER.finditer(text)]


# What each number that is typed in prose is. Nothing in these lists was measured.
EVERYWHERE = {
    "0.2": "trained current; also a level of noise",
    "0.5": "trained current; also the step of the training data",
    "40": "trajectories in the training data; also the time they cover",
    "80": "steps of a training trajectory",
    "400": "steps of the article's extrapolation test",
    "600": "updates of the article's recipe",
    "128": "hidden units",
    "95 %": "level of the bootstrap intervals",
}
CHAPTER = {
    "16_a_current_that_changes": {
        "0.3": "a current of an exercise",
        "0.35": "the middle of the current of an exercise",
    },
    "17_only_the_voltage": {
        "10": "steps shown in an exercise",
        "30": "steps shown in an exercise",
        "1": "per cent within which a period counts as near",
    },
    "20_a_real_recording": {
        "04": "the name of a set",
        "05": "the name of a set",
        "10": "ms: a time constant of the adaptive threshold, and a time of an exercise",
        "200": "ms: a time constant of the adaptive threshold",
        "150": "ms that the linear filter looks back",
        "30": "ms of voltage that a forecast begins with, and a time of an exercise",
        "20": "ms: the first windows",
        "100": "ms: the last windows, and the length of an exercise",
        "50": "mV: an error that no potential can have or ms: a linear model; an exercise",
        "500": "pA or ms: where counting begins",
        "800": "pA: a constant current",
        "11": "ms: a time of an exercise",
        "15": "ms: an interval of an exercise",
        "32": "ms: a time of an exercise",
        "60": "ms: an interval of an exercise",
        "70": "ms: a time of an exercise",
        "90": "ms: a time of an exercise",
        "6000": "ms: the length of an exercise",
    },
    "18_which_method_when": {
        "0.05": "a noise of the comparison",
        "0.7": "a parameter of the neuron",
        "12.5": "a parameter of the neuron",
        "0.056": "the quotient of the two",
        "0.06": "a threshold of an exercise",
        "200": "how long a ramp takes",
        "0.1": "a current, where a ramp begins",
        "0.6": "a current, where a ramp ends",
        "0.25": "the radius within which data are near",
        "64": "units of a network",
        "1000": "updates of a network",
        "40": "how long a trajectory lasts, and how many there are",
        "0.2": "a noise of the comparison, and a current",
        "0.5": "a sampling of the comparison, and a current",
    },
    "19_gradients_and_solvers": {
        "0.1": "an error of float32 that differs between processors",
        "2026": "year in which solvers were looked for",
        "727": "number of a pull request",
        "20": "a spacing of stored states",
        "160": "steps of an exercise",
        "10": "base of a tolerance",
        "32": "bits of a number",
        "64": "bits of a number",
    },
    "01_fitzhugh_nagumo": {
        "1.75": "2 a / b, the centre of the neuron's symmetry",
        "12.5": "parameter tau",
        "0.33": "a current of a question",
        "200": "time until which the figure shows the neuron",
        "0.01": "step of a slider",
        "10^{-5}": "a distance in current from the fold",
    },
    "02_stepping_through_time": {
        "0.025": "step of an exercise",
        "10^{-8}": "the article's error of one step",
        "10^{-12}": "tolerance given to a solver",
        "10^{-6}": "tolerance given to a solver",
        "12.5": "parameter tau",
        "0.1": "a finer step",
        "0.02": "a finer step",
        "0.05": "step of an exercise",
        "20": "time at which methods are compared",
        "200": "time until which spikes are counted",
        "15": "2⁴ - 1, of Richardson's extrapolation",
    },
    "03_the_dataset": {
        "10": "trajectories of an exercise",
        "20": "trajectories of an exercise",
        "160": "trajectories of an exercise",
        "1.5": "the article's number of cycles",
        "0.25": "speed that we call fast",
        "0.1": "distance that we call at rest",
        "64": "held-out starts",
    },
    "04_a_neural_ode": {
        "64": "hidden units of a question",
        "2018": "a year",
        "10": "time until which an oscillator is followed",
    },
    "05_starting_from_zero": {
        "20": "updates after which the explorer is looked at",
        "0.05": "level of the loss",
        "150": "updates after which the explorer is looked at",
        "0.1": "standard deviation of torchdiffeq's weights; scale of an exercise",
        "0.01": "scale of an exercise",
    },
    "06_the_discrete_baseline": {
        "0.1": "a step of a question",
    },
    "07_training": {
        "10": "steps in the loss of an exercise",
        "81": "states of a training trajectory",
        "150": "updates of the live run",
        "50": "updates at the end that are compared",
        "0.01": "AdamW's weight decay; limit of an exercise",
        "20": "updates of an exercise",
    },
    "08_phase_portraits": {
        "0.25": "radius of what counts as near; divisor of an exercise",
        "0.3": "speed that we call slow",
        "0.32": "current of a neuron to compare with",
        "0.34": "current of a neuron to compare with",
        "81": "first step beyond the training horizon",
    },
    "09_beyond_the_horizon": {"4000": "steps of an exercise"},
    "10_one_line_of_code": {
        "10": "time until which states count as early",
        "20": "a time on the network's clock",
        "120": "a time on the network's clock",
        "200": "a time on the network's clock",
        "32": "held-out starts used",
    },
    "11_another_clock": {
        "0.25": "a finer step",
        "0.75": "a coarser step",
        "1.0": "a coarser step",
        "0.1": "smallest step tried",
        "32": "held-out starts used",
    },
    "12_claims_measured": {
        "10^{-8}": "the article's error of one step",
        "250": "the article's factor",
        "95 of 100": "what we ask of a firm verdict",
        "1.25": "criterion of an exercise",
        "5 %": "criterion of an exercise, and a tolerance",
        "2.5 %": "half of that tolerance",
        "10 %": "twice that tolerance",
        "24": "day on which the criteria were set",
        "2026": "its year",
        "0.05": "a level of noise",
        "0.02": "distance that we call close",
    },
    "13_shorter_windows": {
        "0.05": "a level of noise",
        "20": "steps of a window",
        "256": "windows in a batch",
        "320": "windows in a batch of the same cost",
        "3000": "updates of the best recipe",
        "0.3": "shift of the current in an exercise",
        "12000": "updates that nobody made",
        "25": "shifts of the current in an exercise",
    },
    "14_an_unseen_current": {
        "0.3": "current at which fields are compared",
        "1.4": "current at which fields are compared",
        "1.6": "current of an exercise and a task",
        "0.02": "distance that we call close",
        "0.35": "current of an exercise",
    },
    "15_train_it_here": {
        "200": "time to which an exercise predicts",
        "0.001": "limit of a task",
        "0.1": "limit of a task",
    },
}
PAGE = {
    "index": {"0.02": "distance that we call close"},
    "for_teachers": {str(n): "number of a chapter" for n in range(10, 16)}
    | {"4.0": "version of a licence"},
    "figures": {"4.0": "version of a licence"},
    "how_to_cite": {"4.0": "version of a licence", "2.0": "version", "1.1": "version"},
    "notation": {"0.7": "parameter a", "0.8": "parameter b", "12.5": "parameter tau"},
    "prerequisites": {
        "× 2": "size of a matrix",
        "3.11": "version of Python",
        "3.13": "version of Python",
    },
}
