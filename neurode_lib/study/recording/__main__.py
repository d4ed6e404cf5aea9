"""Train and measure what chapter 20 reads: ``python -m neurode_lib.study.recording``.

Wants the recordings (see :mod:`neurode_lib.traces.competition`) and one to two hours of one core.
Finished parts are kept, so a run that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from neurode_lib._checks import FloatArray
from neurode_lib.study.parts import finished_parts, write_measurements
from neurode_lib.study.recording.baselines import AdaptiveThreshold, LinearFilter, in_part
from neurode_lib.study.recording.networks import (
    Scale,
    Setting,
    follow,
    forecast,
    train_networks,
)
from neurode_lib.study.recording.protocol import (
    DT,
    PARTS,
    SETS,
    TRAINING,
    RepeatedRecording,
    spike_times,
)
from neurode_lib.study.recording.results import RESULTS, WEIGHTS
from neurode_lib.study.recording.scores import (
    consensus,
    mean_score,
    reliability,
    score,
    score_forecast,
)
from neurode_lib.study.recording.settings import MAIN, SETTINGS, VARIATIONS
from neurode_lib.traces.competition import competition_traces
from neurode_lib.weights import Weights, load_weights, save_weights

UNSEEN = ("validation", "held out")
# Constant currents, in pA, and how long they are held, in ms; the first part is not counted.
STEP_CURRENTS = tuple(range(0, 1001, 100))
HELD, SETTLING = 2000, 500
RESTART = 1000  # ms between two looks at the voltage
# Levels in mV at which a network's spikes may be counted.
LEVELS = tuple(float(level) for level in range(-34, 11, 2))


def repeats_of(name: str) -> RepeatedRecording:
    """The repeats of a set, from the folder or the network."""
    traces = competition_traces(name)
    return RepeatedRecording(
        np.stack([one.current for one in traces]), np.stack([one.voltage for one in traces])
    )


def measure_baselines(name: str) -> dict[str, Any]:
    """The cell's reliability, and the baselines, of a set."""
    data = repeats_of(name)
    result: dict[str, Any] = {
        "reliability": {part: reliability(data, part) for part in UNSEEN},
        "consensus": {part: consensus(data, part) for part in UNSEEN},
    }
    models: dict[str, LinearFilter | AdaptiveThreshold] = {
        "linear": LinearFilter(data),
        "threshold": AdaptiveThreshold(data),
    }
    for key, model in models.items():
        paths = np.stack([model.voltage(current) for current in data.current])
        spikes = model.spikes(data.current[0])
        result[key] = {"fitted": model.summary()} | {
            part: score_forecast(data, part, paths[:, slice(*PARTS[part])], in_part(spikes, part))
            for part in UNSEEN
        }
        if isinstance(model, AdaptiveThreshold):
            steps = [np.full(HELD, float(current)) for current in STEP_CURRENTS]
            late = [np.sum(model.spikes(step) >= SETTLING) for step in steps]
            result[key]["rates"] = [1e3 * float(n) / (HELD - SETTLING) for n in late]
    return result


def train_setting(name: str, setting: Setting, folder: Path) -> dict[str, Any]:
    """Train a setting's networks and keep their weights."""
    weights, scale, losses = train_networks(setting, repeats_of(setting.set))
    save_weights(folder / f"{name}.safetensors", weights)
    return {"scale": list(scale), "loss": losses[-100:].mean(axis=0).tolist()}


def compare_setting(name: str, setting: Setting, folder: Path, scale: Scale) -> dict[str, Any]:
    """Scores of every network of a setting in the validation part.

    Counted at 0 mV; at the level that is best there; and at 0 mV for forecasts that begin anew
    every second, with another look at the voltage.
    """
    weights, _ = load_weights(folder / f"{name}.safetensors")
    data = repeats_of(setting.set)
    first, last = PARTS["validation"]
    whole = forecast(weights, scale, data, (first, last))
    pieces = [
        forecast(weights, scale, data, (begin, begin + RESTART))
        for begin in range(first, last, RESTART)
    ]
    levels = [best_level(data, paths) for paths in whole]
    return {
        "scores": {"validation": [score_forecast(data, "validation", paths) for paths in whole]},
        "best_level": [
            {"level": level, **_at_level(data, "validation", paths, level)}
            for level, paths in zip(levels, whole, strict=True)
        ],
        "restarted": [
            score_forecast(data, "validation", paths) for paths in np.concatenate(pieces, axis=-1)
        ],
    }


def measure_setting(name: str, folder: Path, scale: Scale) -> dict[str, Any]:
    """Scores of every network in the held-out part, and its rates under constant currents."""
    weights, _ = load_weights(folder / f"{name}.safetensors")
    data = repeats_of(SETTINGS[name].set)
    held = forecast(weights, scale, data, PARTS["held out"])
    return {
        "scores": {"held out": [score_forecast(data, "held out", path) for path in held]},
        "own_level": own_levels(weights, scale, data),
        "rates": firing_rates(weights, scale),
    }


def own_levels(weights: Weights, scale: Scale, data: RepeatedRecording) -> list[dict[str, Any]]:
    """Held-out scores of networks whose spikes are counted at a level of their own.

    It is the level with the best Γ (± 4 ms) in the validation part.
    """
    seen, held = (forecast(weights, scale, data, PARTS[part]) for part in UNSEEN)
    levels = [best_level(data, paths) for paths in seen]
    return [
        {"level": level, **_at_level(data, "held out", paths, level)}
        for level, paths in zip(levels, held, strict=True)
    ]


def best_level(data: RepeatedRecording, paths: FloatArray) -> float:
    """The level with the best Γ (± 4 ms) of a forecast of the validation part."""
    by_level = [_at_level(data, "validation", paths, level)["gamma"][1] for level in LEVELS]
    return LEVELS[int(np.argmax(by_level))]


def _at_level(
    data: RepeatedRecording, part: str, paths: FloatArray, level: float
) -> dict[str, Any]:
    recorded = data.voltage[:, slice(*PARTS[part])]
    pairs = zip(recorded, paths, strict=True)
    return mean_score([score(v, p, spike_times(p, level)) for v, p in pairs])


@torch.no_grad()
def firing_rates(weights: Weights, scale: Scale) -> list[list[float]]:
    """Spikes a second of every network under STEP_CURRENTS, from the mean voltage on, (K, n)."""
    n_networks, state_dim = weights["4.bias"].shape
    currents = (torch.tensor(STEP_CURRENTS) - scale.current_mean) / scale.current_std
    drive = currents.float().expand(2, n_networks, -1)
    y = torch.zeros(n_networks, len(STEP_CURRENTS), state_dim)
    path = []
    for _ in range(HELD):
        y = follow(weights, y, drive)[-1]
        path.append(y[..., 0])
    v = torch.stack(path, dim=-1).double().numpy() * scale.voltage_std + scale.voltage_mean
    late = v[..., SETTLING:]
    return [[1e3 * len(spike_times(one)) / late.shape[-1] for one in row] for row in late]


def shown_model(scores: list[dict[str, Any]]) -> int:
    """The network whose Γ (± 4 ms) in the validation part is the median of all."""
    return int(np.argsort([one["gamma"][1] for one in scores])[len(scores) // 2])


def keep_shown(folder: Path, measured: dict[str, Any], scale: Scale) -> dict[str, Any]:
    """Write the weights of the model that is drawn; return its held-out forecast."""
    k = shown_model(measured["scores"]["validation"])
    weights, _ = load_weights(folder / f"{MAIN}.safetensors")
    own = {name: weight[k : k + 1].contiguous() for name, weight in weights.items()}
    setting = SETTINGS[MAIN]
    data = repeats_of(setting.set)
    part = slice(*TRAINING)
    currents = data.current[:, part]
    save_weights(WEIGHTS, own, {"scale": list(scale), "currents": [currents.min(), currents.max()]})
    (path,) = forecast(own, scale, data, PARTS["held out"])
    return {
        "seed": setting.seeds[k],
        "correlation_time": correlation_time(currents[0]),
        # Of the model alone: the recording is not distributed.
        "forecast": np.round(path[0], 1).tolist(),
        "spikes": spike_times(path[0]).tolist(),
        "each": [score(v, p) for v, p in zip(_held_out(data), path, strict=True)],
    }


def joined(compared: dict[str, Any], measured: dict[str, Any] | None) -> dict[str, Any]:
    """What is known of a setting: from the validation part, and of some from the held-out part."""
    if measured is None:
        return compared
    return {**compared, **measured, "scores": compared["scores"] | measured["scores"]}


def correlation_time(current: FloatArray) -> float:
    """The lag in ms at which a current's autocorrelation has fallen below 1/e."""
    fluctuation = current - current.mean()
    lag = 1
    while np.mean(fluctuation[lag:] * fluctuation[:-lag]) > np.var(current) / math.e:
        lag += 1
    return DT * lag


def _held_out(data: RepeatedRecording) -> FloatArray:
    return data.voltage[:, slice(*PARTS["held out"])]


def main() -> None:
    """Run what is missing."""
    parser = argparse.ArgumentParser(
        prog="python -m neurode_lib.study.recording", description=__doc__
    )
    parser.add_argument("--parts", type=Path, default=Path("_build/recording"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    folder = options.parts
    every = {**SETTINGS, **VARIATIONS}
    training = finished_parts(
        {f"train {name}": partial(train_setting, name, every[name], folder) for name in every},
        folder,
    )
    scales = {name: Scale(*training[f"train {name}"]["scale"]) for name in every}
    measured = finished_parts(
        {
            **{f"baselines {name}": partial(measure_baselines, name) for name in SETS},
            **{
                f"measure {name}": partial(measure_setting, name, folder, scales[name])
                for name in SETTINGS
            },
            **{
                f"compare {name}": partial(compare_setting, name, every[name], folder, scales[name])
                for name in every
            },
        },
        folder,
    )
    settings, variations = (
        {
            name: {
                "set": setting.set,
                "hidden": setting.hidden,
                "windows": [list(stage) for stage in setting.stages],
                "seeds": list(setting.seeds),
                "repeats": setting.repeats,
                "smoothing": setting.smoothing,
                "loss": training[f"train {name}"]["loss"],
                **joined(measured[f"compare {name}"], measured.get(f"measure {name}")),
            }
            for name, setting in group.items()
        }
        for group in (SETTINGS, VARIATIONS)
    )
    values = {
        "baselines": {name: measured[f"baselines {name}"] for name in SETS},
        "settings": settings,
        "variations": variations,
        "step_currents": list(STEP_CURRENTS),
        "shown": keep_shown(folder, settings[MAIN], scales[MAIN]),
    }
    write_measurements(RESULTS, values)
    print(RESULTS)


if __name__ == "__main__":
    main()
