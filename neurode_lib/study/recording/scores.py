"""Scores of a forecast of one part, against every repeat of the recording."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from neurode_lib._checks import FloatArray
from neurode_lib.metrics.spikes import spike_coincidence
from neurode_lib.study.recording.protocol import (
    DT,
    PARTS,
    TOLERANCES,
    RepeatedRecording,
    away_from_spikes,
    spike_times,
)

# Spikes of several trains agree where their number, smoothed by a Gaussian of this width in ms, is
# this many times the peak of a single spike: two of three within about 3 ms.
AGREEMENT_WIDTH, AGREEMENT = 2.0, 1.5


def score(
    recorded: FloatArray, predicted: FloatArray, spikes: FloatArray | None = None
) -> dict[str, Any]:
    """Scores of one forecast of one repeat.

    Parameters
    ----------
    recorded, predicted : ndarray, shape (T,)
        Potentials in mV, once a millisecond.
    spikes : ndarray, optional
        Times of the predicted spikes, where the potential does not show them.

    Returns
    -------
    dict
        ``gamma``: coincidence Γ at each of TOLERANCES. ``rmse``: in mV, away from spikes.
        ``spikes``: how many were predicted. ``recorded``: how many there are.
    """
    true = spike_times(recorded)
    own = spike_times(predicted) if spikes is None else spikes
    keep = away_from_spikes(len(recorded), true, own)
    return {
        "gamma": [spike_coincidence(true, own, t, DT * len(recorded)) for t in TOLERANCES],
        "rmse": float(np.sqrt(np.mean((recorded - predicted)[keep] ** 2))),
        "spikes": len(own),
        "recorded": len(true),
    }


def mean_score(each: list[dict[str, Any]]) -> dict[str, Any]:
    """Averages over repeats, or pairs of them."""
    return {
        "gamma": np.mean([one["gamma"] for one in each], axis=0).tolist(),
        "rmse": float(np.mean([one["rmse"] for one in each])),
        "spikes": float(np.mean([one["spikes"] for one in each])),
        "recorded": float(np.mean([one["recorded"] for one in each])),
    }


def score_forecast(
    data: RepeatedRecording, name: str, forecast: FloatArray, spikes: FloatArray | None = None
) -> dict[str, Any]:
    """Mean scores over the repeats of a part, for forecasts of shape (repeats, samples)."""
    part = slice(*PARTS[name])
    rows = zip(data.voltage[:, part], forecast, strict=True)
    return mean_score([score(v, p, spikes) for v, p in rows])


def reliability(data: RepeatedRecording, name: str) -> dict[str, Any]:
    """How well one repeat predicts another: mean over pairs, and the range over them.

    No bound for a model: both repeats have noise, which a model need not have.
    """
    v = data.voltage[:, slice(*PARTS[name])]
    pairs = [score(a, b) for i, a in enumerate(v) for j, b in enumerate(v) if i != j]
    gammas = np.array([pair["gamma"] for pair in pairs])
    return {
        **mean_score(pairs),
        "gamma_range": [gammas.min(axis=0).tolist(), gammas.max(axis=0).tolist()],
        "rmse_range": [min(p["rmse"] for p in pairs), max(p["rmse"] for p in pairs)],
        "counts": [len(spike_times(one)) for one in v],
    }


def consensus(data: RepeatedRecording, name: str) -> dict[str, Any]:
    """How well the other repeats together predict one: mean over the repeats.

    They predict their mean potential, and a spike where most of them have one.
    """
    v = data.voltage[:, slice(*PARTS[name])]
    # The mean potential holds a part of every spike, also of those that are not agreed on.
    keep = away_from_spikes(v.shape[1], *(spike_times(one) for one in v))
    each = []
    for k, one in enumerate(v):
        others = np.delete(v, k, axis=0)
        mean = others.mean(axis=0)
        rmse = float(np.sqrt(np.mean((one - mean)[keep] ** 2)))
        each.append({**score(one, mean, agreed_spikes(others)), "rmse": rmse})
    return mean_score(each)


def agreed_spikes(voltage: FloatArray) -> FloatArray:
    """When most of some potentials of shape (repeats, samples) have a spike, in ms."""
    counts = np.zeros(voltage.shape[1])
    for one in voltage:
        counts[(spike_times(one) / DT).astype(int)] += 1.0
    width = AGREEMENT_WIDTH / DT
    single = 1.0 / (np.sqrt(2.0 * np.pi) * width)
    peaks, _ = find_peaks(gaussian_filter1d(counts, width), height=AGREEMENT * single)
    return DT * peaks.astype(np.float64)
