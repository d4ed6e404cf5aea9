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
from neurode_lib.claims.record import Claim, Values, Verdict, median, verdict
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
        "simulator": scalar(lines_of_code(fhn_rhs, rk4_step)),
        "machinery": scalar(lines_of_code(neural_ode._mlp, ODEFunc, rk4_integrate, NeuralODE)),
        "rnn": scalar(lines_of_code(neural_ode._mlp, DiscreteRNN)),
        "claimed_simulator": scalar(12),
        "claimed_machinery": scalar(50),
        "claimed_rnn": scalar(20),
    }


def _judge_size(values: Values) -> Verdict:
    ratios = [
        values[name] / values[f"claimed_{name}"] for name in ("simulator", "machinery", "rnn")
    ]
    return verdict(max(ratios) <= 1.25, min(ratios) <= 1.25)


def _coupling(_: Results) -> Values:
    tree = ast.parse(inspect.getsource(neural_ode))
    imported = [
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
    return {"imports": scalar(sum("fitzhugh_nagumo" in name for name in imported))}


def _judge_coupling(values: Values) -> Verdict:
    return verdict(values["imports"] == 0)


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
    served = 0
    for time_input in (False, True):
        func = ODEFunc(hidden=4, time_input=time_input)
        path = rk4_integrate(func, torch.zeros(3, 2), torch.zeros(3), DT * torch.arange(5.0))
        served += path.shape == (5, 3, 2)
    return {"served": scalar(served)}


def _judge_one_integrator(values: Values) -> Verdict:
    return verdict(values["served"] == 2)


def _identity(results: Results) -> Values:
    t_eval = DT * torch.arange(TRAINED_STEPS + 1.0)
    start = torch.tensor([[-1.0, 0.5], [1.5, -0.5]])
    currents = torch.tensor([0.2, 0.5])
    moved = []
    for seed in results.seeds:
        for kind in ("neural_ode", "discrete_rnn"):
            with torch.no_grad():
                path: Tensor = make_model(kind, seed=seed)(start, currents, t_eval)
            moved.append(float((path - start).abs().max()))
    return {"moved": scalar(max(moved))}


def _judge_identity(values: Values) -> Verdict:
    return verdict(values["moved"] == 0.0)


def _initialised(_: Results) -> Values:
    return {"torchdiffeq": scalar(0.1), "dit": scalar(0.0)}


def _judge_initialised(values: Values) -> Verdict:
    zero = [bool(values[name] == 0.0) for name in ("torchdiffeq", "dit")]
    return verdict(all(zero), any(zero))


def _time_in_original(_: Results) -> Values:
    return {"with_time": scalar(1), "examples": scalar(2)}


def _judge_time_in_original(values: Values) -> Verdict:
    return verdict(values["with_time"] == values["examples"], values["with_time"] > 0)


def _clock_ratios(results: Results, variant: str, current: float = FIRING) -> Values:
    within = results.values(variant, "mse_within", current)
    return {
        name.replace(".", ""): results.values(variant, f"mse_{name}", current) / within
        for name in CLOCKS
    }


def _any_grid(results: Results) -> Values:
    return _clock_ratios(results, "neural_ode")


def _judge_any_grid(values: Values) -> Verdict:
    worst = [median(ratio) for ratio in values.values()]
    return verdict(max(worst) <= 1.25, min(worst) <= 1.25)


def _rnn_fixed(results: Results) -> Values:
    return _clock_ratios(results, "discrete_rnn")


def _judge_rnn_fixed(values: Values) -> Verdict:
    gentlest = [median(ratio) for ratio in values.values()]
    return verdict(min(gentlest) >= 2.0, max(gentlest) >= 2.0)


def _rnn_clock(results: Results) -> Values:
    true_period = limit_cycle(FIRING).period
    found: dict[str, FloatArray] = {}
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
        found[f"period_{dt:g}".replace(".", "")] = np.array(
            [math.nan if cycle is None else cycle.period / true_period for cycle in cycles]
        )
        found[f"error_{dt:g}".replace(".", "")] = results.values(
            "discrete_rnn", f"mse_dt_{dt:g}", FIRING
        )
    return found


def _judge_rnn_clock(values: Values) -> Verdict:
    clock = (
        abs(median(values["period_025"]) / 0.5 - 1.0) < 0.05
        and abs(median(values["period_1"]) / 2.0 - 1.0) < 0.05
    )
    # Half the step against twice the step: an error in proportion could not stay the same.
    growth = median(values["error_1"]) / median(values["error_025"])
    return verdict(clock and growth >= 1.5, clock)


def _derivative(results: Results) -> Values:
    return {
        "ode": results.values("neural_ode", "field_error_near", FIRING),
        "rnn": results.values("discrete_rnn", "field_error_near", FIRING),
    }


def _judge_derivative(values: Values) -> Verdict:
    return verdict(median(values["ode"]) < 0.1, median(values["ode"]) < 0.25)


CLAIMS = (
    Claim(
        "size",
        TOPIC,
        "Simulator, Neural ODE and RNN fit in 12, 50 and 20 lines.",
        "Lines of code of the same parts in this library, without docstrings and comments.",
        "Holds if each is at most a quarter longer, in part if one is.",
        "{simulator}, {machinery} and {rnn} lines",
        "04_a_neural_ode",
        "neurode_lib.models.NeuralODE",
        _size,
        _judge_size,
    ),
    Claim(
        "coupling",
        TOPIC,
        "Oracle and learner are separate, so the learner cannot use the true equations.",
        "Imports of the simulator in the learners' module; a lint rule forbids them.",
        "Holds if there are none.",
        "{imports} imports",
        "04_a_neural_ode",
        "neurode_lib.models.ODEFunc",
        _coupling,
        _judge_coupling,
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
        _judge_parameter_counts,
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
        _judge_one_difference,
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
        _judge_evaluations,
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
        _judge_keyword_only,
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
        _judge_one_integrator,
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
        _judge_identity,
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
        _judge_initialised,
    ),
    Claim(
        "time-in-original",
        TOPIC,
        "The original Neural ODE puts t into the network's input.",
        "Read: two of the examples that come with the authors' code, ode_demo.py (no) and "
        "odenet_mnist.py (yes).",
        "Holds if both do, in part if one does.",
        "{with_time} of {examples} examples",
        "10_one_line_of_code",
        "neurode_lib.models.ODEFunc",
        _time_in_original,
        _judge_time_in_original,
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
