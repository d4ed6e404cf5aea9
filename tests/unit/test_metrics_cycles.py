"""Spike times, periods and amplitudes, against closed forms and DOP853 events."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from neurode_lib.fitzhugh_nagumo import fhn_rhs, simulate
from neurode_lib.metrics import (
    CycleEstimate,
    cycle_error,
    learned_cycle,
    period_and_amplitude,
    spike_times,
)
from neurode_lib.models import NeuralODE, ODEFunc
from neurode_lib.phase_plane import limit_cycle

TIMES = 0.5 * np.arange(401)


def orbit(v, w=None):
    return np.stack([v, np.zeros_like(v) if w is None else w], axis=-1)


# --- spike times ---------------------------------------------------------------------------------


@settings(derandomize=True, max_examples=50, deadline=None)
@given(st.floats(8.0, 40.0), st.floats(0.0, 1.0), st.floats(-0.8, 0.8))
def test_crossings_of_a_sine_are_where_they_should_be(period, phase, threshold):
    v = np.sin(2 * np.pi * (TIMES / period - phase))
    first = (math.asin(threshold) / (2 * math.pi) + phase) * period
    expected = first + period * np.arange(-10, 60)
    inside = expected[(expected > 0.6) & (expected < 199.4)]
    found = spike_times(TIMES, v, threshold)
    found = found[(found > 0.6) & (found < 199.4)]
    np.testing.assert_allclose(found, inside, atol=2e-3)


def test_a_straight_ramp_is_solved_exactly_on_an_uneven_grid():
    t = np.array([0.0, 0.3, 1.0, 1.1, 4.0])
    np.testing.assert_allclose(spike_times(t, t - 2.0), [2.0], atol=1e-12)
    np.testing.assert_allclose(spike_times(t, 2.0 - t), [])


def test_a_sample_on_the_threshold_counts_once():
    t = np.arange(6.0)
    np.testing.assert_allclose(spike_times(t, [-1.0, 0.0, 1.0, 0.0, -1.0, -2.0]), [1.0], atol=1e-12)
    assert len(spike_times(t, [0.0, 1.0, 1.0, 1.0, 1.0, 1.0])) == 0


@pytest.mark.slow
def test_spikes_of_the_neuron_agree_with_integrator_events():
    def upward(_t, y):
        return y[0]

    upward.direction = 1.0
    run = solve_ivp(lambda _t, y: fhn_rhs(y, 0.5), (0.0, 200.0), [-1.0, -0.5], method="DOP853",
                    rtol=1e-11, atol=1e-12, events=upward)  # fmt: skip
    found = spike_times(TIMES, simulate([-1.0, -0.5], 0.5, 400)[:, 0])
    assert len(found) == 5
    np.testing.assert_allclose(found, run.t_events[0], atol=5e-3)


# --- period and amplitude ------------------------------------------------------------------------


@settings(derandomize=True, max_examples=30, deadline=None)
@given(st.floats(8.0, 40.0), st.floats(0.05, 3.0), st.floats(-2.0, 2.0), st.floats(0.0, 1.0))
def test_a_sine_with_offset_gives_back_its_period_and_range(period, amplitude, offset, phase):
    v = offset + amplitude * np.sin(2 * np.pi * (TIMES / period - phase))
    found = period_and_amplitude(TIMES, orbit(v), transient=20.0)
    assert found is not None
    assert found.period == pytest.approx(period, rel=1e-3)
    assert found.amplitude == pytest.approx(2 * amplitude, rel=3e-3)


@pytest.mark.parametrize(
    ("current", "dt", "in_period", "in_amplitude"),
    [
        (0.35, 0.5, 1e-5, 2e-3),
        (0.5, 0.5, 1e-5, 2e-3),
        (1.2, 0.5, 1e-5, 2e-3),
        (0.5, 1.0, 2e-4, 2e-2),  # the upstroke takes about one time unit
        (0.5, 0.1, 1e-7, 1e-4),
    ],
)
def test_a_sampled_trajectory_gives_the_limit_cycle(current, dt, in_period, in_amplitude):
    times = dt * np.arange(int(400 / dt) + 1)
    path = solve_ivp(lambda _t, y: fhn_rhs(y, current), (0.0, 400.0), [2.0, -1.0], t_eval=times,
                     method="DOP853", rtol=1e-10, atol=1e-12).y.T  # fmt: skip
    found = period_and_amplitude(times, path, transient=100.0)
    assert found is not None
    errors = cycle_error(found, limit_cycle(current))
    assert abs(errors.period) < in_period
    assert abs(errors.amplitude) < in_amplitude


def test_the_transient_is_dropped():
    v = np.where(TIMES < 50.0, 10.0 + TIMES, np.sin(TIMES / 2))
    found = period_and_amplitude(TIMES, orbit(v), transient=60.0)
    assert found is not None
    assert found.amplitude == pytest.approx(2.0, rel=1e-3)
    assert found.period == pytest.approx(4 * math.pi, rel=1e-3)


@pytest.mark.parametrize(
    "v",
    [
        np.zeros(401),
        0.019 * np.sin(TIMES),
        np.exp(-TIMES / 100) * np.sin(TIMES),
        np.exp(TIMES / 100) * np.sin(TIMES),
        np.sin(TIMES + TIMES**2 / 400),
        np.sin(2 * np.pi * TIMES / 70),
        np.exp(TIMES / 1500) * np.sin(TIMES),
        np.where(TIMES > 150, np.nan, np.sin(TIMES)),
        np.where(TIMES > 150, np.inf, np.sin(TIMES)),
        np.tanh(TIMES - 50),
    ],
    ids=[
        "rest",
        "ripple",
        "decay",
        "growth",
        "chirp",
        "too few",
        "slow growth",
        "nan",
        "inf",
        "one jump",
    ],
)
def test_no_cycle_is_reported_without_a_steady_oscillation(v):
    assert period_and_amplitude(TIMES, orbit(v)) is None


def test_divergence_of_the_recovery_alone_counts():
    assert period_and_amplitude(TIMES, orbit(np.sin(TIMES), np.full(401, np.nan))) is None


# --- the cycle of a model ------------------------------------------------------------------------


@pytest.mark.parametrize("current", [0.33, 0.5, 1.2])
def test_the_true_field_has_the_true_cycle(true_model, current):
    found = learned_cycle(true_model, current)
    assert found is not None
    errors = cycle_error(found, limit_cycle(current))
    assert abs(errors.period) < 1e-4
    assert abs(errors.amplitude) < 3e-3  # RK4 in steps of 0.5 cuts the peaks


@pytest.mark.slow
def test_the_perfect_step_has_the_true_cycle(perfect_step):
    found = learned_cycle(perfect_step, 0.5, t_end=300.0, transient=120.0)
    assert found is not None
    errors = cycle_error(found, limit_cycle(0.5))
    assert abs(errors.period) < 1e-5
    assert abs(errors.amplitude) < 2e-3


def test_a_resting_neuron_has_none(true_model):
    assert learned_cycle(true_model, 0.2) is None
    assert learned_cycle(true_model, 1.6) is None
    assert learned_cycle(NeuralODE(ODEFunc()), 0.5) is None


def test_where_the_cycle_coexists_with_rest_the_start_decides(true_model):
    assert learned_cycle(true_model, 0.326) is not None
    assert learned_cycle(true_model, 0.326, initial_state=(-0.97, -0.34)) is None


def test_cycle_error_is_signed_and_relative():
    truth = limit_cycle(0.5)
    estimate = CycleEstimate(1.1 * truth.period, 0.75 * truth.amplitude)
    assert cycle_error(estimate, truth) == pytest.approx((0.1, -0.25))


# --- bad input -----------------------------------------------------------------------------------

MODEL = NeuralODE(ODEFunc(hidden=2))


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("t", lambda: spike_times([0.0, 0.0], [0.0, 1.0])),
        ("t", lambda: spike_times([0.0], [0.0])),
        ("v", lambda: spike_times([0.0, 1.0], [0.0, math.nan])),
        ("v", lambda: spike_times([0.0, 1.0], [0.0, 1.0, 2.0])),
        ("threshold", lambda: spike_times([0.0, 1.0], [0.0, 1.0], math.nan)),
        ("t", lambda: period_and_amplitude([1.0, 0.0], np.zeros((2, 2)))),
        ("states", lambda: period_and_amplitude([0.0, 1.0], np.zeros((2, 3)))),
        ("states", lambda: period_and_amplitude([0.0, 1.0], np.zeros((1, 2, 2)))),
        ("transient", lambda: period_and_amplitude([0.0, 1.0], np.zeros((2, 2)), transient=-1.0)),
        ("transient", lambda: period_and_amplitude([0.0, 1.0], np.zeros((2, 2)), transient=1.0)),
        ("initial_state", lambda: learned_cycle(MODEL, 0.5, initial_state=(0.0, 0.0, 0.0))),
        ("I", lambda: learned_cycle(MODEL, math.inf)),
        ("dt", lambda: learned_cycle(MODEL, 0.5, dt=0.0)),
        ("t_end", lambda: learned_cycle(MODEL, 0.5, t_end=-1.0)),
    ],
)
def test_bad_input_is_refused_by_name(argument, call):
    with pytest.raises(ValueError, match=rf"^{argument} must"):
        call()


def test_four_crossings_make_a_cycle_and_time_may_start_anywhere():
    v = np.sin(2 * np.pi * (TIMES - 10) / 50)
    for shift in (0.0, -70.0, 1000.0):
        found = period_and_amplitude(TIMES + shift, orbit(v))
        assert found.period == pytest.approx(50.0, rel=1e-6)
    with pytest.raises(ValueError, match=r"^transient must leave .*, got 201 of 200$"):
        period_and_amplitude(TIMES - 7.0, orbit(v), transient=201.0)


def test_the_transient_keeps_the_time_at_its_end():
    v = np.sin(2 * np.pi * (TIMES - 10) / 50)
    assert period_and_amplitude(TIMES, orbit(v), transient=9.5) is not None
    assert period_and_amplitude(TIMES, orbit(v), transient=199.5) is None  # two times, no cycle
    with pytest.raises(ValueError, match="transient must leave times"):
        period_and_amplitude(TIMES, orbit(v), transient=200.0)


def test_a_cycle_is_looked_for_over_one_step_at_least(true_model):
    assert learned_cycle(true_model, 0.5, dt=0.5, t_end=0.5, transient=0.0) is None
    with pytest.raises(ValueError, match=r"^t_end must be at least one step of 0\.5, got 0\.4$"):
        learned_cycle(true_model, 0.5, dt=0.5, t_end=0.4)


def test_one_cycle_of_another_size_at_either_end_is_no_steady_oscillation():
    v = np.sin(2 * np.pi * (TIMES - 10) / 50)  # crosses upward at 10, 60, 110 and 160
    assert period_and_amplitude(TIMES, orbit(v)) is not None
    for larger in (TIMES < 60, TIMES > 110):
        assert period_and_amplitude(TIMES, orbit(np.where(larger, 1.1, 1.0) * v)) is None
    # Judged by the first cycle's size, whatever the second one's is.
    sizes = np.select([TIMES < 60, TIMES < 110], [1.0, 2.0], 1.03)
    assert period_and_amplitude(TIMES, orbit(sizes * v)) is None


def test_a_model_is_followed_for_as_long_as_asked_from_one_state():
    class Still(torch.nn.Module):
        def forward(self, y0, _I, t_eval):
            self.seen = t_eval
            return y0.expand(len(t_eval), *y0.shape)

    model = Still()
    assert learned_cycle(model, 0.5, dt=0.25, t_end=3.0, transient=0.0) is None
    np.testing.assert_array_equal(model.seen, 0.25 * np.arange(13))
    with pytest.raises(ValueError, match=r"^initial_state must have shape \(2,\), got \(1, 2\)$"):
        learned_cycle(model, 0.5, initial_state=[(0.0, 0.0)])
