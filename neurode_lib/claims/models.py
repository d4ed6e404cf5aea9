"""Claims about how the models are built."""

from __future__ import annotations

import ast
import inspect
import math
import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from neurode_lib import models as neural_ode
from neurode_lib._checks import FloatArray
from neurode_lib.claims.record import ADDED, CHANGED, Claim, Values, Verdict, exact, median, verdict
from neurode_lib.claims.simulator import FIRING, scalar
from neurode_lib.fitzhugh_nagumo import DT, TRAINED_STEPS, fhn_rhs, rk4_step
from neurode_lib.integrator import rk4_integrate
from neurode_lib.metrics import learned_cycle
from neurode_lib.models import DiscreteRNN, NeuralODE, ODEFunc, make_model
from neurode_lib.phase_plane import limit_cycle
from neurode_lib.study.pretrained import load_pretrained
from neurode_lib.study.results import Results

TOPIC = "models"
CLOCKS = ("dt_0.25", "dt_1", "irregular")


# Counted in the article's listing: lines that are code.
LISTED = {"simulator": 12, "machinery": 27, "rnn": 17}


def lines_of_code(*objects: Callable[..., Any] | type) -> int:
    """Lines of source that are code: no blank lines, comments or docstrings."""
    total = 0
    for item in objects:
        tree = ast.parse(textwrap.dedent(inspect.getsource(item)))
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            if isinstance(body, list) and len(body) > 1 and _is_docstring(body[0]):
                del body[0]
        total += len(ast.unparse(tree).splitlines())
    return total


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _size(_: Results) -> Values:
    return {
        **{name: scalar(lines) for name, lines in LISTED.items()},
        "our_simulator": scalar(lines_of_code(fhn_rhs, rk4_step)),
        "our_machinery": scalar(lines_of_code(neural_ode._mlp, ODEFunc, rk4_integrate, NeuralODE)),
        "our_rnn": scalar(lines_of_code(neural_ode._mlp, DiscreteRNN)),
        "claimed_simulator": scalar(12),
        "claimed_machinery": scalar(50),
        "claimed_rnn": scalar(20),
    }


def _judge_size(values: Values, slack: float) -> Verdict:
    ratios = [
        values[name] / values[f"claimed_{name}"] for name in ("simulator", "machinery", "rnn")
    ]
    limit = 1.0 + 0.25 * slack
    return verdict(max(ratios) <= limit, min(ratios) <= limit)


def _coupling(_: Results) -> Values:
    tree = ast.parse(inspect.getsource(neural_ode))
    modules = [
        name
        for node in ast.walk(tree)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    ]
    ours = sum("fitzhugh_nagumo" in name for name in modules)
    return {"listed": scalar(0), "imports": scalar(ours)}


def _judge_coupling(values: Values) -> Verdict:
    return verdict(values["listed"] == 0 and values["imports"] == 0)


def _parameter_counts(_: Results) -> Values:
    ode, rnn = (make_model(kind, seed=0) for kind in ("neural_ode", "discrete_rnn"))
    return {
        "ode": scalar(sum(p.numel() for p in ode.parameters())),
        "rnn": scalar(sum(p.numel() for p in rnn.parameters())),
    }


def _judge_parameter_counts(values: Values) -> Verdict:
    return verdict(values["ode"] == values["rnn"])


def count_evaluations(n_steps: int = TRAINED_STEPS) -> tuple[int, int]:
    """Evaluations of the network for one trajectory: by a Neural ODE and by the discrete RNN."""
    counts = []
    t_eval = DT * torch.arange(n_steps + 1.0)
    for kind in ("neural_ode", "discrete_rnn"):
        model = make_model(kind, seed=0, hidden=4)
        calls: list[None] = []
        net = model.func.net if isinstance(model, NeuralODE) else model.net
        assert isinstance(net, torch.nn.Module)
        net.register_forward_hook(lambda *_, calls=calls: calls.append(None))
        model(torch.zeros(1, 2), torch.zeros(1), t_eval)
        counts.append(len(calls))
    return counts[0], counts[1]


def _one_difference(results: Results) -> Values:
    ode, rnn = count_evaluations()
    return {"ode": scalar(ode), "rnn": scalar(rnn)} | {
        f"parameters_{name}": value for name, value in _parameter_counts(results).items()
    }


def _judge_one_difference(values: Values) -> Verdict:
    same_size = bool(values["parameters_ode"] == values["parameters_rnn"])
    return verdict(same_size and values["ode"] == values["rnn"], same_size)


def _evaluations(_: Results) -> Values:
    return {"ode": scalar(count_evaluations()[0]), "claimed": scalar(320)}


def _judge_evaluations(values: Values) -> Verdict:
    return verdict(values["ode"] == values["claimed"])


def _keyword_only(_: Results) -> Values:
    parameters = list(inspect.signature(ODEFunc.forward).parameters.values())[1:]
    kinds = [parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in parameters]
    return {"keyword_only": scalar(sum(kinds)), "all": scalar(len(kinds))}


def _judge_keyword_only(values: Values) -> Verdict:
    return verdict(values["keyword_only"] == values["all"], values["keyword_only"] > 0)


def _one_integrator(_: Results) -> Values:
    count = 0
    for time_input in (False, True):
        func = ODEFunc(hidden=4, time_input=time_input)
        path = rk4_integrate(func, torch.zeros(3, 2), torch.zeros(3), DT * torch.arange(5.0))
        count += path.shape == (5, 3, 2)
    return {"served": scalar(count)}


def _judge_one_integrator(values: Values) -> Verdict:
    return verdict(values["served"] == 2)


def _identity(results: Results) -> Values:
    t_eval = DT * torch.arange(TRAINED_STEPS + 1.0)
    start = torch.tensor([[-1.0, 0.5], [1.5, -0.5]])
    currents = torch.tensor([0.2, 0.5])
    distances = []
    for seed in results.seeds:
        for kind in ("neural_ode", "discrete_rnn"):
            with torch.no_grad():
                path: Tensor = make_model(kind, seed=seed)(start, currents, t_eval)
            distances.append(float((path - start).abs().max()))
    return {"moved": scalar(max(distances))}


def _judge_identity(values: Values) -> Verdict:
    return verdict(values["moved"] == 0.0)


def _initialised(_: Results) -> Values:
    return {"torchdiffeq": scalar(0.1), "dit": scalar(0.0)}


def _judge_initialised(values: Values) -> Verdict:
    zero = [bool(values[name] == 0.0) for name in ("torchdiffeq", "dit")]
    return verdict(all(zero), any(zero))


def _time_in_original(_: Results) -> Values:
    # The paper's equation (2) is dh/dt = f(h(t), t, θ); of the authors' examples one has t.
    return {"with_time": scalar(2), "sources": scalar(3)}


def _judge_time_in_original(values: Values) -> Verdict:
    return verdict(values["with_time"] == values["sources"], values["with_time"] > 0)


def _clock_ratios(results: Results, variant: str, current: float = FIRING) -> Values:
    within = results.values(variant, "mse_within", current)
    return {
        name.replace(".", ""): results.values(variant, f"mse_{name}", current) / within
        for name in CLOCKS
    }


def _any_grid(results: Results) -> Values:
    return _clock_ratios(results, "neural_ode")


def _judge_any_grid(values: Values, slack: float) -> Verdict:
    worst = [median(ratio) for ratio in values.values()]
    limit = 1.0 + 0.25 * slack
    return verdict(max(worst) <= limit, min(worst) <= limit)


def _rnn_fixed(results: Results) -> Values:
    return _clock_ratios(results, "discrete_rnn")


def _judge_rnn_fixed(values: Values, slack: float) -> Verdict:
    gentlest = [median(ratio) for ratio in values.values()]
    least = 2.0 ** (1.0 / slack)
    return verdict(min(gentlest) >= least, max(gentlest) >= least)


def _rnn_clock(results: Results) -> Values:
    true_period = limit_cycle(FIRING).period
    measures: dict[str, FloatArray] = {}
    for dt in (0.25, 1.0):
        # Follow every model for as many steps, whatever a step is called.
        cycles = [
            learned_cycle(
                load_pretrained("discrete_rnn", seed),
                FIRING,
                dt=dt,
                t_end=1000.0 * dt,
                transient=400.0 * dt,
            )
            for seed in results.seeds
        ]
        measures[f"period_{dt:g}".replace(".", "")] = np.array(
            [math.nan if cycle is None else cycle.period / true_period for cycle in cycles]
        )
        measures[f"error_{dt:g}".replace(".", "")] = results.values(
            "discrete_rnn", f"mse_dt_{dt:g}", FIRING
        )
    return measures


def _judge_rnn_clock(values: Values, slack: float) -> Verdict:
    clock = (
        abs(median(values["period_025"]) / 0.5 - 1.0) < 0.05 * slack
        and abs(median(values["period_1"]) / 2.0 - 1.0) < 0.05 * slack
    )
    # Half the step against twice the step: an error in proportion could not stay the same.
    growth = median(values["error_1"]) / median(values["error_025"])
    return verdict(clock and growth >= 1.5 ** (1.0 / slack), clock)


def _derivative(results: Results) -> Values:
    return {
        "ode": results.values("neural_ode", "field_error_near", FIRING),
        "rnn": results.values("discrete_rnn", "field_error_near", FIRING),
    }


def _judge_derivative(values: Values, slack: float) -> Verdict:
    return verdict(median(values["ode"]) < 0.1 * slack, median(values["ode"]) < 0.25 * slack)


def _whole_size(_: Results) -> Values:
    parts = (12, 50, 20, 200)  # the article's own summary
    return {"sum": scalar(sum(parts)), "claimed": scalar(250)}


def _judge_whole_size(values: Values, slack: float) -> Verdict:
    off = abs(values["sum"] / values["claimed"] - 1.0)
    return verdict(off <= 0.25 * slack, off <= 0.5 * slack)


def _layers(_: Results) -> Values:
    network = neural_ode.network_of(make_model(seed=0))
    weighted = sum(isinstance(layer, torch.nn.Linear) for layer in network)
    return {"weighted": scalar(weighted), "of_units": scalar(weighted + 1), "claimed": scalar(4)}


def _judge_layers(values: Values) -> Verdict:
    return verdict(values["weighted"] == values["claimed"], values["of_units"] == values["claimed"])


CLAIMS = (
    Claim(
        "size",
        TOPIC,
        "Simulator, Neural ODE and RNN fit in 12, 50 and 20 lines.",
        "Read: lines in the article's listing, which shows no wrapper; and in this library, "
        "without docstrings and comments.",
        "Holds if each part of the listing is at most a quarter longer than claimed, in part if "
        "one is.",
        "{simulator}, {machinery} and {rnn} lines listed; ours {our_simulator}, {our_machinery} "
        "and {our_rnn}",
        "04_a_neural_ode",
        "neurode_lib.models.NeuralODE",
        _size,
        _judge_size,
        f"{CHANGED}: it counted this library's lines and not the article's",
    ),
    Claim(
        "whole-size",
        TOPIC,
        "Three files, around 250 lines in all, plotting included.",
        "Read: the sum of the article's own summary, 12 + 50 + 20 and about 200; the files "
        "themselves we have not counted.",
        "Holds within a quarter, in part within a half.",
        "{sum} lines",
        "04_a_neural_ode",
        "neurode_lib.models.NeuralODE",
        _whole_size,
        _judge_whole_size,
        ADDED,
    ),
    Claim(
        "four-layers",
        TOPIC,
        "The field is a four-layer MLP (follow-up).",
        "Layers of weights in the article's listing, which this library has too, and layers of "
        "units, the input counted.",
        "Holds if there are four layers of weights, in part if four of units.",
        "{weighted} of weights, {of_units} of units",
        "04_a_neural_ode",
        "neurode_lib.models.ODEFunc",
        _layers,
        exact(_judge_layers),
        ADDED,
    ),
    Claim(
        "coupling",
        TOPIC,
        "Oracle and learner are separate, so the learner cannot use the true equations.",
        "Read: the simulator's names in the article's listing of the learners; and its imports in "
        "this library's, where a lint rule forbids them.",
        "Holds if there are none.",
        "{listed} names listed; {imports} imports here",
        "04_a_neural_ode",
        "neurode_lib.models.ODEFunc",
        _coupling,
        exact(_judge_coupling),
        f"{CHANGED}: it looked at this library only",
    ),
    Claim(
        "parameter-match",
        TOPIC,
        "Neural ODE and RNN have the same number of parameters.",
        "Count.",
        "Holds if equal.",
        "{ode} and {rnn}",
        "06_the_discrete_baseline",
        "neurode_lib.models.DiscreteRNN",
        _parameter_counts,
        exact(_judge_parameter_counts),
    ),
    Claim(
        "one-difference",
        TOPIC,
        "Continuous or discrete is then the only thing in which the two models differ.",
        "Evaluations of the network that each spends on a training trajectory.",
        "Holds if parameters and evaluations agree, in part if parameters do.",
        "{ode} evaluations against {rnn}",
        "06_the_discrete_baseline",
        "neurode_lib.models.DiscreteRNN",
        _one_difference,
        exact(_judge_one_difference),
    ),
    Claim(
        "evaluations",
        TOPIC,
        "80 steps of RK4 take 320 evaluations of the network.",
        "Calls counted.",
        "Holds if equal.",
        "{ode}",
        "04_a_neural_ode",
        "neurode_lib.integrator.rk4_integrate",
        _evaluations,
        exact(_judge_evaluations),
    ),
    Claim(
        "keyword-only",
        TOPIC,
        "The signature forward(self, t, y, I) is keyword-only.",
        "Kinds of its parameters, as Python reports them.",
        "Holds if all are keyword-only, in part if some are.",
        "{keyword_only} of {all}",
        "10_one_line_of_code",
        "neurode_lib.models.ODEFunc",
        _keyword_only,
        exact(_judge_keyword_only),
        "given its middle verdict on 25 November 2026, after the first measurement",
    ),
    Claim(
        "one-integrator",
        TOPIC,
        "Keeping the unused t in the signature lets one integrator serve both variants.",
        "The same function integrates the field with and without a time input.",
        "Holds if both come back in the right shape.",
        "{served} of 2",
        "10_one_line_of_code",
        "neurode_lib.integrator.rk4_integrate",
        _one_integrator,
        exact(_judge_one_integrator),
    ),
    Claim(
        "identity",
        TOPIC,
        "With its last layer at zero, an untrained model stands still.",
        "Largest distance that a state moves in 80 steps, both models, all seeds.",
        "Holds if exactly zero.",
        "{moved}",
        "05_starting_from_zero",
        "neurode_lib.models.make_model",
        _identity,
        exact(_judge_identity),
    ),
    Claim(
        "who-zeroes",
        TOPIC,
        "The original paper's code and adaLN-Zero start their last layer at zero too.",
        "Read: standard deviation of the initial last layer in torchdiffeq's ode_demo.py and "
        "in DiT's models.py.",
        "Holds if both are zero, in part if one is.",
        "torchdiffeq {torchdiffeq}, DiT {dit}",
        "05_starting_from_zero",
        "neurode_lib.models.ODEFunc",
        _initialised,
        exact(_judge_initialised),
    ),
    Claim(
        "time-in-original",
        TOPIC,
        "The original Neural ODE puts t into the network's input.",
        "Read: the paper's equation (2) (yes), and two of the examples that come with the "
        "authors' code, ode_demo.py (no) and odenet_mnist.py (yes).",
        "Holds if all three do, in part if one does.",
        "{with_time} of {sources}",
        "10_one_line_of_code",
        "neurode_lib.models.ODEFunc",
        _time_in_original,
        exact(_judge_time_in_original),
        f"{CHANGED}: it looked at the code and not at the paper",
    ),
    Claim(
        "any-grid",
        TOPIC,
        "A trained Neural ODE can be evaluated on finer, coarser and irregular grids.",
        "Squared error on each grid over that on the training grid, same time span, I = 0.5.",
        "Holds if all medians are at most 1.25, in part if one is.",
        "dt = 0.25: {dt_025}; dt = 1: {dt_1}; irregular: {irregular}",
        "11_another_clock",
        "neurode_lib.metrics.mse_on_grid",
        _any_grid,
        _judge_any_grid,
    ),
    Claim(
        "rnn-fixed",
        TOPIC,
        "A discrete RNN cannot be evaluated on other grids.",
        "Squared error of the RNN on each grid over that on the training grid, I = 0.5.",
        "Holds if all medians are at least 2, in part if one is.",
        "dt = 0.25: {dt_025}; dt = 1: {dt_1}; irregular: {irregular}",
        "11_another_clock",
        "neurode_lib.metrics.mse_on_grid",
        _rnn_fixed,
        _judge_rnn_fixed,
    ),
    Claim(
        "rnn-clock",
        TOPIC,
        "At another step the RNN is wrong in proportion to the change of the step.",
        "Its period at dt = 0.25 and 1 over the true one, and its squared error, I = 0.5.",
        "In part if the clock is off by the factor of the step; holds if the error grows "
        "with it too.",
        "period × {period_025} and × {period_1}; error {error_025} and {error_1}",
        "11_another_clock",
        "neurode_lib.metrics.learned_cycle",
        _rnn_clock,
        _judge_rnn_clock,
    ),
    Claim(
        "derivative",
        TOPIC,
        "The Neural ODE's network approximates the true derivative.",
        "Relative error of the field near the training data, I = 0.5.",
        "Holds if the median is below 0.1, in part below 0.25.",
        "Neural ODE {ode}; for comparison the RNN's step/dt {rnn}",
        "08_phase_portraits",
        "neurode_lib.metrics.relative_field_error",
        _derivative,
        _judge_derivative,
    ),
)
