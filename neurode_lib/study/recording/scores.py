"""Scores of a forecast of one part, against every repeat of the recording."""

from __future__ import annotations

from typing import Any

import numpy as np

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


def ceiling(data: RepeatedRecording, name: str) -> dict[str, Any]:
    """How well one repeat predicts another: mean over pairs, and the range over them."""
    v = data.voltage[:, slice(*PARTS[name])]
    pairs = [score(a, b) for i, a in enumerate(v) for j, b in enumerate(v) if i != j]
    gammas = np.array([pair["gamma"] for pair in pairs])
    return {
        **mean_score(pairs),
        "gamma_range": [gammas.min(axis=0).tolist(), gammas.max(axis=0).tolist()],
        "rmse_range": [min(p["rmse"] for p in pairs), max(p["rmse"] for p in pairs)],
        "counts": [len(spike_times(one)) for one in v],
    }
