"""What a Neural ODE of a recording must beat: a linear filter, and an integrate-and-fire neuron.

Both are fitted on the training part alone.

References
----------
.. [1] R. Kobayashi, Y. Tsubo, S. Shinomoto, "Made-to-order spiking neuron model equipped with a
       multi-timescale adaptive threshold", Frontiers in Computational Neuroscience 3 (2009), 9.
.. [2] R. Storn, K. Price, "Differential Evolution - A Simple and Efficient Heuristic for Global
       Optimization over Continuous Spaces", Journal of Global Optimization 11 (1997), 341-359.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import differential_evolution
from scipy.signal import lfilter

from neurode_lib._checks import FloatArray
from neurode_lib.metrics.spikes import spike_coincidence
from neurode_lib.study.recording.protocol import (
    DT,
    PARTS,
    TOLERANCES,
    TRAINING,
    RepeatedRecording,
    away_from_spikes,
    spike_times,
)

N_LAGS = 150  # ms that the linear filter looks back
RIDGE = 1e-3  # of the current's variance, times the number of samples
ADAPTATION = (10.0, 200.0)  # ms: time constants of the threshold [1]_
REFRACTORY = 2.0  # ms
# Bounds of the search: membrane time constant in ms, threshold at rest and its two jumps in mV.
BOUNDS = ((2.0, 60.0), (-60.0, -10.0), (-10.0, 60.0), (-2.0, 10.0))


def _lagged(current: FloatArray) -> FloatArray:
    """The current of the last N_LAGS milliseconds at every sample, and 1, shape (T, N_LAGS + 1)."""
    padded = np.concatenate([np.full(N_LAGS - 1, current[0]), current])
    windows = np.lib.stride_tricks.sliding_window_view(padded, N_LAGS)
    return np.column_stack([windows[:, ::-1], np.ones(len(current))])


class LinearFilter:
    """The voltage below threshold as a weighted sum of past currents; a spike where it is high.

    The weights are least squares with a ridge on samples away from spikes; the level whose upward
    crossing is a spike is the one with the best Γ (± 4 ms) in the training part.
    """

    def __init__(self, data: RepeatedRecording) -> None:
        part = slice(*TRAINING)
        gram, moment = np.zeros((N_LAGS + 1, N_LAGS + 1)), np.zeros(N_LAGS + 1)
        for current, voltage in zip(data.current[:, part], data.voltage[:, part], strict=True):
            keep = away_from_spikes(len(voltage), spike_times(voltage))
            X, y = _lagged(current)[keep], voltage[keep]
            gram, moment = gram + X.T @ X, moment + X.T @ y
        n = gram[-1, -1]
        penalty = np.append(np.full(N_LAGS, RIDGE * n * data.current[:, part].var()), 0.0)
        self.weights = np.linalg.solve(gram + np.diag(penalty), moment)
        seen = [self.voltage(current[part]) for current in data.current]
        levels = np.quantile(np.concatenate(seen), np.linspace(0.5, 0.999, 60))
        scores = [
            np.mean(
                [
                    _score(spike_times(v), spike_times(path, level), TRAINING[1])
                    for v, path in zip(data.voltage[:, part], seen, strict=True)
                ]
            )
            for level in levels
        ]
        self.level = float(levels[int(np.argmax(scores))])

    def voltage(self, current: FloatArray) -> FloatArray:
        """Potential in mV under a current in pA, from the first sample on."""
        return _lagged(current) @ self.weights

    def spikes(self, current: FloatArray) -> FloatArray:
        """Times of spikes in ms after the first sample."""
        return spike_times(self.voltage(current), self.level)

    def summary(self) -> dict[str, Any]:
        """What was fitted, as JSON carries it."""
        return {"level": self.level, "weights": [round(w, 6) for w in self.weights.tolist()]}


class AdaptiveThreshold:
    """A leaky integrator with a threshold that every spike lifts, for 10 ms and for 200 ms [1]_.

    The potential is not reset. For a time constant, resistance and resting potential are least
    squares on samples away from spikes; the time constant, the threshold and its two jumps are
    those with the best Γ (± 4 ms) in the training part, by differential evolution [2]_.
    """

    def __init__(self, data: RepeatedRecording, *, seed: int = 0, generations: int = 40) -> None:
        part = slice(*TRAINING)
        self._current, self._voltage = data.current[:, part], data.voltage[:, part]
        self._true = [spike_times(voltage) for voltage in self._voltage]
        self._keep = [away_from_spikes(TRAINING[1], train) for train in self._true]

        def loss(parameters: FloatArray) -> FloatArray:
            rows = np.atleast_2d(parameters.T)
            lines = [self._line(tau) for tau in rows[:, 0]]
            # Repeats differ by the amplifier's noise on the current only: one of them is enough.
            paths = np.stack(
                [
                    _leaky(self._current[0], t, *line)
                    for t, line in zip(rows[:, 0], lines, strict=True)
                ]
            )
            trains = _fire(paths, rows[:, 1], rows[:, 2:])
            return -np.array(
                [np.mean([_score(v, s, TRAINING[1]) for v in self._true]) for s in trains]
            )

        found = differential_evolution(
            loss,
            BOUNDS,
            rng=np.random.default_rng(seed),
            popsize=12,
            maxiter=generations,
            polish=False,
            vectorized=True,
            updating="deferred",
            tol=1e-4,
        )
        self.tau, self.threshold, *jumps = map(float, found.x)
        self.jumps = np.array(jumps)
        self.rest, self.resistance = self._line(self.tau)
        self.training_score = -float(found.fun)

    def _line(self, tau: float) -> tuple[float, float]:
        """Resting potential and resistance that fit best, in mV and mV/pA."""
        X = np.concatenate(
            [
                _leaky(I, tau, 0.0, 1.0)[keep]
                for I, keep in zip(self._current, self._keep, strict=True)
            ]
        )
        y = np.concatenate([v[keep] for v, keep in zip(self._voltage, self._keep, strict=True)])
        slope = np.cov(X, y)[0, 1] / X.var(ddof=1)
        return float(y.mean() - slope * X.mean()), float(slope)

    def voltage(self, current: FloatArray) -> FloatArray:
        """Potential in mV under a current in pA, from the first sample on."""
        return _leaky(current, self.tau, self.rest, self.resistance)

    def spikes(self, current: FloatArray) -> FloatArray:
        """Times of spikes in ms after the first sample."""
        path = self.voltage(current)[None]
        return _fire(path, np.array([self.threshold]), self.jumps[None])[0]

    def summary(self) -> dict[str, Any]:
        """What was fitted, as JSON carries it."""
        return {
            "tau": self.tau,
            "rest": self.rest,
            "resistance": self.resistance,
            "threshold": self.threshold,
            "jumps": self.jumps.tolist(),
            "training": self.training_score,
        }


def _leaky(current: FloatArray, tau: float, rest: float, resistance: float) -> FloatArray:
    """Exact steps of τ V' = rest − V + R I, the current held for each millisecond."""
    decay = np.exp(-DT / tau)
    path, _ = lfilter([1.0 - decay], [1.0, -decay], current, zi=[decay * current[0]])
    return rest + resistance * path


def _fire(paths: FloatArray, threshold: FloatArray, jumps: FloatArray) -> list[FloatArray]:
    """Spikes of neurons with potentials of shape (P, T), thresholds (P,) and jumps (P, 2)."""
    decay = np.exp(-DT / np.array(ADAPTATION))
    lift, since = np.zeros_like(jumps), np.full(len(paths), np.inf)
    when: list[FloatArray] = []
    for now in paths.T:
        lift *= decay
        since += DT
        fires = (now >= threshold + lift.sum(axis=1)) & (since >= REFRACTORY)
        lift[fires] += jumps[fires]
        since[fires] = 0.0
        when.append(fires)
    fired = np.array(when)
    return [DT * np.flatnonzero(fired[:, p]).astype(np.float64) for p in range(len(paths))]


def _score(recorded: FloatArray, predicted: FloatArray, duration: float) -> float:
    """Γ at the wider tolerance; −1 for a train that fires all the time."""
    if 2.0 * TOLERANCES[1] * len(predicted) >= 0.9 * duration:
        return -1.0
    return spike_coincidence(recorded, predicted, TOLERANCES[1], duration)


def in_part(times: FloatArray, name: str) -> FloatArray:
    """Spikes within a part, in ms after its first sample."""
    first, last = PARTS[name]
    return times[(times >= first) & (times < last)] - first
