"""Every public entry, every argument, and what nobody should pass: the cases of test_bad_input.py.

For each argument, each of the things in ``BAD`` is passed in its place, the others being good. A
kind of argument says which of these are good for it after all.
"""

from __future__ import annotations

import datetime
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure

from neurode_lib import fitzhugh_nagumo as fhn
from neurode_lib import inputs, metrics, phase_plane, weights
from neurode_lib.chapters import figures, numbers, sliders, source
from neurode_lib.chapters.models import model_for
from neurode_lib.claims.record import median
from neurode_lib.explorers.downloads import load_trained, read_trained
from neurode_lib.explorers.packages import package
from neurode_lib.integrator import rk4_integrate
from neurode_lib.methods import load_methods
from neurode_lib.methods.neurons import follow_neuron, neuron_named
from neurode_lib.methods.problems import (
    CENTRE,
    Problem,
    data_set,
    problem_named,
    validation_split,
)
from neurode_lib.metrics.fields import field_of
from neurode_lib.models import (
    AdditiveODEFunc,
    DiscreteRNN,
    NeuralODE,
    ODEFunc,
    load_model,
    make_model,
    network_of,
    save_model,
)
from neurode_lib.neurons import hodgkin_huxley as hh
from neurode_lib.recordings import Recordings
from neurode_lib.scaling import ScaledField, Scaling
from neurode_lib.study import driven, voltage_only
from neurode_lib.study.config import StudyConfig, quick_config
from neurode_lib.study.jobs import reference_losses
from neurode_lib.study.pretrained import load_pretrained, load_snapshot
from neurode_lib.study.protocol import evaluate
from neurode_lib.study.results import load_results
from neurode_lib.study.run import run_study
from neurode_lib.study.variants import VARIANTS, new_model, training_set, variant_named
from neurode_lib.traces import competition_traces, read_recording, read_sweeps
from neurode_lib.trained_range import keep_trained_range
from neurode_lib.training.loop import train, train_ensemble
from neurode_lib.training.recipe import Recipe
from neurode_lib.training.rollout import (
    common_stepping,
    stack_weights,
    stacked_rollout,
    stepping_of,
)
from tests.unit.amplifier import write_abf

NAN, INF = float("nan"), float("inf")

BAD: dict[str, Any] = {
    "None": None,
    "text": "rest",
    "a number in text": "0.5",
    "bytes": b"0.5",
    "NaN": NAN,
    "infinity": INF,
    "minus infinity": -INF,
    "True": True,
    "a complex number": 1j,
    "-1": -1,
    "0": 0,
    "0.5": 0.5,
    "a huge integer": 10**400,
    "an empty list": [],
    "a list with NaN": [NAN, 0.0],
    "a list with infinity": [[0.2, INF]],
    "a ragged list": [[1.0], [1.0, 2.0]],
    "a dictionary": {"v": 1.0},
    "an object": object(),
    "a date": datetime.date(2026, 1, 1),
    "an array without rows": np.empty((0, 2)),
    "an array of rank 5": np.zeros((1, 2, 1, 3, 7)),
    "an array of text": np.array(["a", "b"]),
    "an array of truth values": np.array([True, False]),
    "a complex array": np.array([1j, 0.0]),
    "an array of dates": np.array(["2026-01-01"], dtype="datetime64[D]"),
    "a tensor with a gradient": torch.ones(7, requires_grad=True),
    "a function": len,
}
NUMBERS = {"-1", "0", "0.5"}
# What is good for a kind of argument, of the above.
GOOD: dict[str, set[str]] = {
    "number": NUMBERS,
    "number or none": NUMBERS | {"None"},
    "positive": {"0.5"},
    "non-negative": {"0", "0.5"},
    "integer from 0": {"0"},
    "count": set(),
    "count or none": {"None"},
    "truth": {"True"},
    "array": set(),
    "points": {"a list with infinity"},
    "train": {"an empty list"},
    "values": {"NaN", "infinity", "minus infinity", *NUMBERS},
    "one of": set(),
    "path": {"text", "a number in text"},
    "object": set(),
}


@dataclass(frozen=True)
class Entry:
    """A public function, good arguments for it, and the kinds of those that are to be spoilt."""

    name: str
    call: Callable[..., Any]
    good: dict[str, Any]
    kinds: dict[str, str]
    # The name in the message, where a function hands an argument on under another name.
    alias: dict[str, str] = field(default_factory=dict)


def network() -> NeuralODE:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return NeuralODE(ODEFunc(hidden=3, zero_init=False))


MODEL = network()
SCALING = Scaling(np.zeros(2), np.ones(2), np.zeros(1), np.ones(1), 1.0)
START, STARTS, CURRENTS = np.array([0.5, 0.1]), np.array([[0.5, 0.1], [1.0, 0.0]]), [0.2, 0.5]
GRID = np.array([0.0, 0.5, 1.0])
PATHS = np.zeros((2, 3, 2)) + 0.1
Y0, I0, T0 = torch.zeros(2, 2), torch.tensor(CURRENTS), torch.tensor(GRID).float()
# A thing that is a sequence is searched for models.
MODELS = {"models": "models?"}
STACKED = stack_weights([MODEL])
RECORDING = "t (ms),I (pA),V (mV)\n" + "\n".join(f"{k},0,{-70 + k}" for k in range(30))
FOLDER = tempfile.TemporaryDirectory()
SWEEPS = Path(FOLDER.name) / "cell.abf"
write_abf(SWEEPS, [np.linspace([-70.0], [-60.0], 30).T] * 2, {"Vm": "mV", "Im": "pA"})
PLANE = np.stack(np.meshgrid([0.0, 1.0, 2.0], [0.0, 1.0, 2.0]), axis=-1)


def on_axes(draw: Callable[..., Any]) -> Callable[..., Any]:
    return lambda **options: draw(Figure().subplots(), **options)


def entry(call: Callable[..., Any], good: dict[str, Any], /, **kinds: str) -> Entry:
    return Entry(call.__name__, call, good, kinds)


ENTRIES = [
    entry(
        fhn.simulate,
        {"initial_state": START, "I": 0.5, "n_steps": 2, "dt": 0.5, "substeps": 1},
        initial_state="array",
        I="number",
        dt="positive",
        substeps="count or none",
    ),
    entry(
        fhn.flow_map,
        {"state": START, "I": 0.5, "duration": 0.1},
        state="array",
        I="number",
        duration="positive",
    ),
    Entry(
        "build_dataset",
        fhn.build_dataset,
        {
            "n_trajectories": 2,
            "traj_length": 2,
            "dt": 0.5,
            "seed": 0,
            "currents": [0.2],
            "noise_std": 0.1,
        },
        {
            "dt": "positive",
            "seed": "integer from 0",
            "currents": "array",
            "noise_std": "non-negative",
        },
    ),
    entry(fhn.sample_starts, {"n": 2, "rng": np.random.default_rng(0)}, rng="object"),
    entry(hh.resting_state, {"I": 0.5}, I="number"),
    entry(
        hh.simulate_hh,
        {"initial_state": np.array([-65.0, 0.05, 0.6, 0.3]), "I": 0.5, "t_eval": GRID},
        initial_state="array",
        I="number",
        t_eval="array",
    ),
    entry(phase_plane.nullclines, {"v": GRID, "I": 0.5}, I="number"),
    entry(phase_plane.jacobian, {"state": START}, state="array"),
    entry(phase_plane.equilibria, {"I": 0.5}, I="number"),
    entry(phase_plane.regime, {"I": 0.5}, I="number"),
    entry(phase_plane.limit_cycle, {"I": 0.5, "n_points": 5}, n_points="count"),
    entry(phase_plane.singular_period, {"I": 0.5}, I="number"),
    entry(phase_plane.current_of_cycle, {"v_max": -0.5}),
    entry(
        phase_plane.classify_equilibrium,
        {"v": 0.5, "w": 0.1, "eigenvalues": (-1.0 + 0j, -2.0 + 0j)},
        v="number",
        w="number",
    ),
    entry(
        ODEFunc,
        {"hidden": 2, "state_dim": 2},
        hidden="count",
        state_dim="count",
        time_input="truth",
        zero_init="truth",
    ),
    entry(
        AdditiveODEFunc,
        {"hidden": 2, "state_dim": 2},
        hidden="count",
        state_dim="count",
        zero_init="truth",
    ),
    entry(DiscreteRNN, {"hidden": 2, "state_dim": 2}, hidden="count", zero_init="truth"),
    entry(NeuralODE, {"func": MODEL.func}, func="object"),
    entry(
        rk4_integrate,
        {"func": MODEL.func, "y0": Y0, "I": I0, "t_eval": T0},
        func="function",
        y0="object",
        I="object",
        t_eval="object",
    ),
    Entry(
        "NeuralODE.forward",
        MODEL.forward,
        {"y0": Y0, "I": I0, "t_eval": T0},
        {"y0": "object", "I": "object", "t_eval": "object"},
    ),
    Entry(
        "DiscreteRNN.rollout",
        DiscreteRNN(hidden=2).rollout,
        {"y0": Y0, "I": I0, "n_steps": 2},
        {"y0": "object", "I": "object"},
    ),
    Entry("stack_weights", stack_weights, {"models": [MODEL]}, {"models": "object"}, MODELS),
    entry(
        stacked_rollout,
        {"weights": STACKED, "y0": Y0[None], "I": I0[None], "t_eval": T0, "stepping": "rk4"},
        stepping="one of",
    ),
    Entry(
        "Recipe",
        Recipe,
        {},
        {
            "updates": "count",
            "lr": "positive",
            "schedule": "one of",
            "weight_decay": "non-negative",
            "window": "count or none",
        },
    ),
    entry(
        make_model,
        {"kind": "neural_ode", "seed": 0, "hidden": 2, "time_input": False, "zero_init": True},
        kind="one of",
        seed="integer from 0",
        hidden="count",
        time_input="truth",
        zero_init="truth",
        added_input="truth",
    ),
    Entry(
        "train",
        lambda **options: train(
            network(), **{"recipe": Recipe(updates=1), "progress": False} | options
        ),
        {"states": PATHS, "currents": CURRENTS, "t_eval": GRID, "seed": 0},
        {
            "states": "array",
            "currents": "array",
            "t_eval": "array",
            "recipe": "none only",
            "seed": "integer from 0",
            "device": "object",
            "snapshots_at": "integers",
        },
        {"seed": "seeds?"},
    ),
    Entry(
        "train_ensemble",
        lambda **options: train_ensemble(
            **{"models": [network()], "recipe": Recipe(updates=1), "progress": False} | options
        ),
        {"states": PATHS[None], "currents": [CURRENTS], "t_eval": GRID, "seeds": [0]},
        {
            "models": "object",
            "states": "array",
            "currents": "array",
            "t_eval": "array",
            "seeds": "object",
        },
        MODELS,
    ),
    entry(
        keep_trained_range,
        {"model": network(), "currents": CURRENTS},
        model="object",
        currents="array of any rank",
    ),
    entry(
        metrics.predict,
        {"model": MODEL, "initial_states": STARTS, "I": CURRENTS, "t_eval": GRID},
        model="object",
        initial_states="array",
        I="number",
        t_eval="array",
    ),
    entry(metrics.divergence_steps, {"predicted": PATHS}, predicted="array"),
    entry(
        metrics.trajectory_mse,
        {"predicted": PATHS, "truth": PATHS},
        predicted="array",
        truth="array",
    ),
    entry(
        metrics.error_by_horizon,
        {"predicted": PATHS, "truth": PATHS},
        predicted="array",
        truth="array",
    ),
    entry(
        metrics.extrapolation_mse,
        {"predicted": PATHS, "truth": PATHS, "trained_steps": 1},
        predicted="array",
        truth="array",
        trained_steps="object",
    ),
    entry(
        metrics.true_trajectories,
        {"initial_states": STARTS, "I": CURRENTS, "t_eval": GRID},
        initial_states="array",
        I="number",
        t_eval="array",
    ),
    entry(
        metrics.irregular_grid,
        {"rng": np.random.default_rng(0), "n_steps": 3, "t_end": 1.0},
        rng="object",
        t_end="positive",
    ),
    entry(
        metrics.mse_on_grid,
        {"model": MODEL, "initial_states": STARTS, "I": CURRENTS, "t_eval": GRID},
        model="object",
        initial_states="array",
        I="number",
        t_eval="array",
    ),
    entry(
        metrics.vector_field,
        {"model": MODEL, "states": STARTS, "I": 0.5, "dt": 0.5, "t": 0.0},
        model="object",
        states="array",
        I="number",
        dt="positive",
        t="number",
    ),
    entry(
        metrics.field_on_grid,
        {"field": fhn.fhn_rhs, "I": 0.5, "v_range": (-1, 1), "w_range": (-1, 1), "n": 3},
        I="number",
        v_range="array",
        w_range="array",
        n="count",
    ),
    entry(metrics.cosine_similarity, {"a": STARTS, "b": STARTS}, a="array", b="array"),
    entry(metrics.mean_cosine_similarity, {"a": STARTS, "b": STARTS}, a="array", b="array"),
    entry(
        metrics.relative_field_error,
        {"learned": STARTS, "true": STARTS},
        learned="array",
        true="array",
    ),
    entry(
        metrics.bootstrap_median,
        {"values": [1.0, 2.0, 4.0], "level": 0.9, "n_resamples": 9},
        values="values",
        level="positive",
        n_resamples="count",
    ),
    entry(
        metrics.paired_test,
        {"first": [1.0, 2.0, 4.0], "second": [2.0, 5.0, 5.5]},
        first="array",
        second="array",
    ),
    entry(
        metrics.rank_correlation,
        {"x": [1.0, 2.0, 4.0], "y": [2.0, 5.0, 4.0], "level": 0.9, "n_resamples": 9},
        x="array",
        y="array",
        level="positive",
        n_resamples="count",
    ),
    entry(
        metrics.mean_velocity,
        {"states": STARTS, "I": 0.5, "dt": 0.5},
        states="array",
        I="number",
        dt="positive",
    ),
    entry(
        metrics.rk4_equivalent_field,
        {"states": STARTS, "I": 0.5, "dt": 0.5},
        states="array",
        I="number",
        dt="positive",
    ),
    entry(
        metrics.affine_share,
        {"points": PLANE, "field": PLANE},
        points="array",
        field="array",
    ),
    entry(
        metrics.distance_to_data,
        {"points": STARTS, "states": PATHS},
        points="array",
        states="array",
    ),
    entry(
        metrics.split_by_distance,
        {
            "metric": metrics.mean_cosine_similarity,
            "learned": STARTS,
            "true": STARTS,
            "distances": [0.1, 1.0],
            "radius": 0.5,
        },
        learned="array",
        true="array",
        distances="array",
        radius="non-negative",
    ),
    entry(
        metrics.spike_times,
        {"t": GRID, "v": [-1.0, 1.0, -1.0], "threshold": 0.0},
        t="array",
        v="array",
        threshold="number",
    ),
    entry(
        metrics.period_and_amplitude,
        {"t": GRID, "states": PATHS[0], "transient": 0.0},
        t="array",
        states="array",
        transient="non-negative",
    ),
    entry(
        metrics.learned_cycle,
        {
            "model": MODEL,
            "I": 0.5,
            "initial_state": (2.0, -1.0),
            "dt": 0.5,
            "t_end": 2.0,
            "transient": 0.0,
        },
        model="object",
        I="number",
        initial_state="array",
        dt="positive",
        t_end="positive",
        transient="non-negative",
    ),
    entry(
        metrics.cycle_error,
        {
            "estimate": metrics.CycleEstimate(1.0, 1.0),
            "truth": phase_plane.limit_cycle(0.5, n_points=3),
        },
        estimate="object",
        truth="object",
    ),
    entry(
        metrics.learned_jacobian,
        {"model": MODEL, "state": START, "I": 0.5, "dt": 0.5},
        model="object",
        state="array",
        I="number",
        dt="positive",
    ),
    entry(
        metrics.learned_equilibria,
        {"model": MODEL, "I": 0.5, "dt": 0.5, "v_range": (-1, 1), "w_range": (-1, 1)},
        model="object",
        I="number",
        dt="positive",
        v_range="array",
        w_range="array",
    ),
    entry(
        metrics.learned_hopf_current,
        {
            "model": MODEL,
            "bracket": (0.0, 0.1),
            "dt": 0.5,
            "n_currents": 2,
            "v_range": (-1, 1),
            "w_range": (-1, 1),
        },
        model="object",
        bracket="array",
        dt="positive",
        n_currents="count",
        v_range="array",
        w_range="array",
    ),
    entry(
        evaluate,
        {"model": MODEL, "states": PATHS, "currents": CURRENTS},
        model="object",
        states="array",
        currents="array",
    ),
    entry(
        load_pretrained,
        {"variant": "neural_ode", "seed": 0},
        variant="one of",
        seed="integer from 0",
    ),
    entry(
        load_snapshot,
        {"variant": "neural_ode", "update": 0},
        variant="one of",
        update="integer from 0",
    ),
    entry(load_results, {}, folder="no path"),
    entry(
        metrics.van_rossum_distance,
        {"first": [1.0, 2.0], "second": [1.5], "tau": 2.0},
        first="train",
        second="train",
        tau="positive",
    ),
    entry(
        metrics.spike_coincidence,
        {"recorded": [1.0, 2.0], "predicted": [1.5], "tolerance": 0.5, "duration": 9.0},
        recorded="train",
        predicted="train",
        tolerance="positive",
        duration="positive",
    ),
    entry(
        metrics.state_space_divergence,
        {"generated": STARTS, "truth": STARTS, "n_bins": 3},
        generated="points",
        truth="array",
        n_bins="count",
    ),
    entry(driven.hold, {"signal": inputs.constant(0.2), "duration": 1.0}, signal="object"),
    entry(driven.load_driven, {}, path="no path"),
    entry(load_methods, {}, path="no path"),
    Entry("neuron_named", neuron_named, {"name": "tanh"}, {"name": "one of"}, {"name": "neuron"}),
    entry(
        follow_neuron,
        {"name": "tanh", "starts": STARTS, "currents": [CURRENTS], "interval": 0.5},
        starts="array",
        currents="array",
        interval="positive",
    ),
    entry(
        Problem,
        {},
        neuron="one of",
        noise_std="non-negative",
        n_trajectories="count",
        voltage_only="truth",
    ),
    Entry(
        "problem_named",
        problem_named,
        {"name": CENTRE.name},
        {"name": "one of"},
        {"name": "problem"},
    ),
    entry(
        data_set,
        {"problem": Problem(n_trajectories=2), "seed": 0},
        problem="object",
        seed="integer from 0",
    ),
    entry(
        validation_split,
        {"data": Recordings(GRID, PATHS, CURRENTS)},
        data="object",
    ),
    entry(
        driven.load_driven_model,
        {"name": "best_recipe", "seed": 0},
        name="one of",
        seed="integer from 0",
    ),
    entry(
        driven.training_recordings,
        {"name": "two_currents", "seed": 0},
        name="one of",
        seed="integer from 0",
    ),
    entry(driven.train_small, {"name": "two_currents", "updates": 1}, name="one of"),
    Entry("measure", driven.measure, {"model": MODEL}, {"model": "object"}),
    entry(voltage_only.load_voltage_only, {}, path="no path"),
    entry(
        voltage_only.load_voltage_model,
        {"name": "hidden", "seed": 0},
        name="one of",
        seed="integer from 0",
    ),
    entry(
        voltage_only.voltage_recordings,
        {"name": "hidden", "seed": 0},
        name="one of",
        seed="integer from 0",
    ),
    entry(voltage_only.seeds_of, {"name": "hidden"}, name="one of"),
    entry(
        voltage_only.fit_start,
        {"model": MODEL, "seen": PATHS[..., 0], "I": 0.2},
        model="object",
        seen="array",
    ),
    entry(
        voltage_only.state_after,
        {"name": "hidden", "model": MODEL, "seen": PATHS[..., 0], "I": 0.2},
        name="one of",
        model="object",
        seen="array",
    ),
    entry(
        voltage_only.forecast,
        {"name": "delay", "model": MODEL, "truth": np.zeros((1, 12, 2)), "I": 0.2},
        name="one of",
        truth="array",
    ),
    entry(
        voltage_only.paired_states, {"name": "delay", "model": MODEL}, name="one of", model="object"
    ),
    entry(
        voltage_only.translated_w,
        {"model": MODEL, "states": STARTS, "I": CURRENTS},
        states="array",
        I="array",
    ),
    Entry("variant_named", variant_named, {}, {"name": "one of"}, {"name": "variant"}),
    entry(
        StudyConfig,
        {},
        out="object",
        jobs="object",
        variants="object",
        seeds="object",
        seeds_per_job="count",
        threads="count",
        hidden="count",
        updates="count or none",
    ),
    Entry("run_study", lambda **o: run_study(progress=False, **o), {}, {"config": "none only"}),
    entry(weights.load_weights, {"path": "nowhere"}, path="no path"),
    entry(
        weights.save_weights,
        {"path": "nowhere", "tensors": {"a": Y0}, "metadata": {}},
        path="path",
        tensors="object",
        metadata="mapping or none",
    ),
    Entry(
        "phase_axes",
        on_axes(figures.phase_axes),
        {"I": 0.5, "v_range": (-2, 2), "w_range": (-1, 1)},
        {"I": "number or none", "v_range": "array", "w_range": "array"},
    ),
    Entry(
        "quiver_field",
        on_axes(figures.quiver_field),
        {"points": PLANE, "field": PLANE + 1.0},
        {"points": "array", "field": "array"},
    ),
    Entry(
        "spread_by_seed",
        on_axes(lambda ax, group: figures.spread_by_seed(ax, {"a": group}, log=False)),
        {"group": [1.0, 2.0]},
        {"group": "row of values"},
        {"group": "values"},
    ),
    Entry(
        "median_and_band",
        on_axes(lambda ax, t, curves: figures.median_and_band(ax, t, curves, color="k", label="")),
        {"t": GRID, "curves": np.ones((2, 3))},
        {"t": "array", "curves": "array"},
        {"curves": "(curves|t)"},
    ),
    entry(figures.new_figure, {"n_columns": 1, "height": 3.0}, height="positive"),
    entry(numbers.number, {"value": 0.5}, value="values"),
    entry(numbers.spread, {"values": [0.5]}, values="row of values"),
    entry(numbers.estimate, {"values": [0.5]}, values="row of values"),
    entry(
        model_for,
        {"variant": "neural_ode", "seed": 0, "retrain": False, "updates": 1},
        variant="one of",
        seed="integer from 0",
        retrain="truth",
        updates="count or none",
    ),
    entry(median, {"values": [0.5]}, values="values or a row of them"),
    Entry(
        "show_source",
        lambda item: source.show_source(item),
        {"item": NeuralODE},
        {"item": "object"},
        {"item": "objects"},
    ),
    entry(sliders.Sliders, {"draw": Figure}, draw="function"),
    entry(inputs.Input, {"function": np.sin, "breaks": [1.0]}, function="object", breaks="breaks"),
    entry(inputs.constant, {"value": 0.5}, value="number"),
    entry(
        inputs.step,
        {"before": 0.2, "after": 0.5, "at": 1.0},
        before="number",
        after="number",
        at="number",
    ),
    entry(
        inputs.ramp,
        {"before": 0.2, "after": 0.5, "start": -2.0, "end": 1.0},
        before="number",
        after="number",
        start="number",
        end="number",
    ),
    entry(
        inputs.pulses,
        {"onsets": [0.0, 1.0], "width": 0.5, "amplitude": 1.0, "baseline": 0.1},
        onsets="array",
        width="positive",
        amplitude="number",
        baseline="number",
    ),
    entry(
        inputs.noise,
        {"mean": 0.5, "std": 0.1, "tau": 1.0, "duration": 2.0, "seed": 0, "dt": 0.5},
        mean="number",
        std="positive",
        tau="positive",
        duration="positive",
        seed="integer from 0",
        dt="positive",
    ),
    entry(
        inputs.chirp,
        {"mean": 0.5, "amplitude": 0.1, "frequencies": (0.1, 0.2), "duration": 9.0, "start": 0.0},
        mean="number",
        amplitude="number",
        frequencies="array",
        duration="positive",
        start="number",
    ),
    entry(
        inputs.sampled,
        {"times": [0.0, 1.0], "values": [0.2, 0.5], "kind": "linear"},
        times="array",
        values="array",
        kind="one of",
    ),
    Entry(
        "join",
        lambda one: inputs.join(one),
        {"one": inputs.constant(0.5)},
        {"one": "object"},
        {"one": "inputs"},
    ),
    entry(
        Recordings,
        {"times": GRID, "values": PATHS, "inputs": CURRENTS, "mask": None},
        times="array",
        values="array",
        inputs="number or none",
        mask="none only",
    ),
    entry(ScaledField, {"func": MODEL.func, "scaling": SCALING}, func="object", scaling="object"),
    entry(load_model, {"path": "nowhere", "func": None}, path="no path"),
    entry(save_model, {"model": MODEL, "path": "nowhere"}, model="object", path="path"),
    entry(load_trained, {"path": "nowhere"}, path="no path"),
    entry(read_trained, {"data": b""}, data="bytes"),
    entry(package, {"key": "seed-0"}, key="one of"),
    entry(
        field_of,
        {"model": MODEL, "dt": 0.5, "t": 0.0},
        model="object",
        dt="positive",
        t="number",
    ),
    entry(network_of, {"model": MODEL}, model="object"),
    entry(stepping_of, {"model": MODEL}, model="object"),
    Entry("common_stepping", common_stepping, {"models": [MODEL]}, {"models": "object"}, MODELS),
    entry(quick_config, {"folder": "nowhere"}, folder="path"),
    Entry(
        "reference_losses",
        reference_losses,
        {"name": "neural_ode", "seed": 0, "hidden": 2},
        {"name": "one of", "seed": "integer from 0", "hidden": "count"},
        {"name": "variant"},
    ),
    entry(
        new_model,
        {"variant": VARIANTS["neural_ode"], "seed": 0, "hidden": 2},
        variant="object",
        seed="integer from 0",
        hidden="count",
    ),
    entry(
        training_set,
        {"variant": VARIANTS["neural_ode"], "seed": 0},
        variant="object",
        seed="integer from 0",
    ),
    entry(
        competition_traces,
        {"stimulus": "04", "download": False},
        stimulus="one of",
        download="truth",
    ),
    entry(
        read_recording,
        {"source": RECORDING},
        source="file or its content",
        time="column",
        current="column",
        voltage="column",
        units="none only",
        interval="positive or none",
    ),
    entry(
        read_sweeps,
        {"path": SWEEPS},
        path="no path",
        current="none only",
        voltage="none only",
    ),
    entry(
        weights.write_atomically,
        {"path": "nowhere", "content": b""},
        path="path",
        content="bytes",
    ),
]
GOOD |= {
    "breaks": {"an empty list"},
    "bytes": {"bytes"},
    "column": {"None", "text", "a number in text", "-1", "0", "a huge integer"},
    "file or its content": {"text", "a number in text", "bytes"},
    "positive or none": {"None", "0.5"},
    "integers": {"an empty list", "an array without rows"},
    "none only": {"None"},
    "array of any rank": {"an array of rank 5", *NUMBERS},
    "function": {"a function"},
    "mapping or none": {"None", "a dictionary"},
    "no path": {"text", "a number in text"},
    "row of values": {"a list with NaN"},
    "values or a row of them": {"a list with NaN", *GOOD["values"]},
}


INNER_LOOP = "called once per step, by what was checked before the first"
CHECK = "itself a check, or what one is made of"
CHECKED = "gets what the public functions of its package have checked"
COMPARISON = "chapter 18's comparison, run by a command on problems and settings of its own"
TRAITS = "traitlets refuses what a figure cannot hold: test_explorers.py"
# Public functions and classes without a row, or whole packages, each with the reason why.
WITHOUT_ROW = {
    "chapters.numbers.typeset": "any text will do",
    "chapters.parameters": "rules that refuse; tried in test_parameters.py",
    "chapters.checks": "an author's assertions on a reader's solution; tried in test_exercises.py",
    "chapters.prose": "an author's text; what it refuses is tried in test_prose.py",
    "chapters.narrow": "IPython hands it the figures that it shows",
    "claims": "the scorecard's parts: chapter 12 hands them the packaged results",
    "explorers.backward": TRAITS,
    "explorers.base": TRAITS,
    "explorers.hidden": TRAITS,
    "explorers.live": TRAITS,
    "explorers.method": TRAITS,
    "explorers.model": TRAITS,
    "explorers.packages.write_scripts": "called by the site's build, with a folder of its own",
    "explorers.sphinx": "Sphinx hands it the pages of a book; tried in test_other_book.py",
    "explorers.draw": TRAITS,
    "explorers.phase_plane": TRAITS,
    "explorers.recording": TRAITS,
    "explorers.training": TRAITS,
    "explorers.trains": TRAITS,
    "explorers.weighted": TRAITS,
    "fitzhugh_nagumo.fhn_rhs": INNER_LOOP,
    "fitzhugh_nagumo.refuse_divergence": CHECK,
    "fitzhugh_nagumo.rk4_step": INNER_LOOP,
    "neurons.hodgkin_huxley.gate_rates": INNER_LOOP,
    "neurons.hodgkin_huxley.hh_rhs": INNER_LOOP,
    "inputs.is_signal": "answers for anything",
    "inputs.signals_of": CHECK,
    "inputs.values_at": INNER_LOOP,
    "inputs.visited": CHECKED,
    "inputs.with_stops": CHECKED,
    "integrator.check_clock": CHECK,
    "integrator.check_inputs": CHECK,
    "integrator.check_state": CHECK,
    "integrator.components": CHECK,
    "integrator.like": INNER_LOOP,
    "integrator.rk4_step": INNER_LOOP,
    "integrator.shown_tensor": CHECK,
    "methods.comparison": COMPARISON,
    "methods.contestants": COMPARISON,
    "methods.judges": COMPARISON,
    "methods.kernel": COMPARISON,
    "methods.monomials": INNER_LOOP,
    "methods.networks": COMPARISON,
    "methods.neurons.Neuron": "three are made, and no more: neuron_named refuses others",
    "methods.neurons.cubic": INNER_LOOP,
    "methods.neurons.pieces": INNER_LOOP,
    "methods.neurons.saturating": INNER_LOOP,
    "methods.regression": COMPARISON,
    "methods.results.MethodResults": "what a file held",
    "methods.shooting": COMPARISON,
    "methods.stacks": COMPARISON,
    "methods.tuning": COMPARISON,
    "metrics.fields.increasing_pair": CHECK,
    "metrics.model_checks": CHECK,
    "metrics.trajectories.check_grid": CHECK,
    "metrics.trajectories.check_starts": CHECK,
    "metrics.trajectories.visited_inputs": CHECKED,
    "models.state_dim_of": "answers for anything",
    "study.run.processes": "a checked configuration hands it its threads",
    "study.driven.compare_spikes": CHECKED,
    "study.driven.firing_rate": CHECKED,
    "study.driven.measure_all": "a command",
    "study.driven.responses": CHECKED,
    "study.driven.spikes_of": CHECKED,
    "study.driven.weights_digest": CHECKED,
    "study.voltage_only.PairedStates": "what a measurement returns",
    "study.voltage_only.delay_coordinates": CHECKED,
    "study.voltage_only.explained_variance": CHECKED,
    "study.voltage_only.measure": "called by the command, with models and names of its own",
    "study.voltage_only.measure_all": "a command",
    "study.gradients": "measurements of chapter 19, made by a command with values of its own",
    "study.job_files": CHECKED,
    "study.join": CHECKED,
    "study.jobs.run_job": CHECKED,
    "study.merge": CHECKED,
    "study.parts": CHECKED,
    "study.recording": "measurements of chapter 20, made by a command with values of its own",
    "study.pretrained.model_in_row": CHECKED,
    "study.protocol.held_out_truth": "a constant of the study, with a switch",
    "study.provenance": CHECKED,
    "study.run.main": "a command: argparse refuses what it cannot read",
    "trained_range.warn_outside_trained_range": CHECK,
    "traces.checks": CHECKED,
    "traces.columns": CHECKED,
    "traces.competition.RecordingsMissingError": "an error",
    "traces.errors": "an error",
    "traces.layout": CHECKED,
    "training.driven_rollout": CHECKED,
    "training.ensemble": CHECKED,
    "training.objective": CHECKED,
    "training.recorded": CHECKED,
    "training.rollout.Tape": CHECKED,
    "training.rollout.scales_of": "answers for anything",
    "training.units": CHECK,
    "training.validation": CHECKED,
    "training.windows": CHECKED,
}


def cases() -> Iterator[tuple[Entry, str, str]]:
    """Every entry, argument and bad thing."""
    for one in ENTRIES:
        for argument, kind in one.kinds.items():
            yield from ((one, argument, what) for what in BAD if what not in GOOD[kind])
