"""The second simulator: against published values, another solver and finite differences."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from neurode_lib.inputs import pulses, step
from neurode_lib.metrics import spike_times
from neurode_lib.neurons.hodgkin_huxley import gate_rates, hh_rhs, resting_state, simulate_hh


def spikes(current, duration=300.0, start=None):
    t = np.arange(0.0, duration, 0.05)
    states = simulate_hh(resting_state() if start is None else start, current, t)
    return spike_times(t, states[:, 0])


def test_it_rests_where_hodgkin_and_huxley_found_it():
    """V near -65 mV with m = 0.053, h = 0.596, n = 0.318: the values of their table at rest."""
    potential, *gates = resting_state()
    assert potential == pytest.approx(-65.0, abs=0.01)
    assert gates == pytest.approx([0.0529, 0.5961, 0.3177], abs=1e-3)
    assert np.abs(hh_rhs(resting_state(5.0), 5.0)).max() < 1e-10


def test_rates_are_smooth_where_their_formula_divides_by_zero():
    for name, v in (("m", -40.0), ("n", -55.0)):
        at, beside = gate_rates(v)[name].opening, gate_rates(v + 1e-6)[name].opening
        assert at == pytest.approx(beside, rel=1e-6)
    assert gate_rates(-40.0)["m"].opening == pytest.approx(1.0)
    assert gate_rates(-55.0)["n"].opening == pytest.approx(0.1)


@pytest.mark.slow
def test_the_trajectory_is_that_of_another_solver():
    t = np.linspace(0.0, 60.0, 601)
    ours = simulate_hh(resting_state(), 10.0, t)
    other = solve_ivp(
        lambda _t, y: hh_rhs(y, 10.0), (0, 60), resting_state(), method="DOP853",
        t_eval=t, rtol=1e-12, atol=1e-13,
    )  # fmt: skip
    assert np.abs(ours - other.y.T).max() < 1e-5


@pytest.mark.slow
def test_firing_begins_where_it_is_known_to():
    """Rinzel & Miller 1980: the fold of cycles at 6.26 µA/cm², the Hopf bifurcation at 9.78."""
    kicked = np.array([0.0, *resting_state()[1:]])
    assert len(spikes(6.2, 500.0, kicked)) < 8
    assert len(spikes(6.4, 500.0, kicked)) > 20
    leading = []
    for current in (9.7, 9.85):
        at, h = resting_state(current), 1e-6
        columns = [
            (hh_rhs(at + h * unit, current) - hh_rhs(at - h * unit, current)) / (2 * h)
            for unit in np.eye(4)
        ]
        leading.append(np.linalg.eigvals(np.stack(columns, axis=-1)).real.max())
    assert leading[0] < 0.0 < leading[1]


@pytest.mark.slow
def test_it_fires_at_68_hertz_at_ten_microamperes():
    gaps = np.diff(spikes(10.0)[2:])
    assert 1000.0 / gaps.mean() == pytest.approx(68.3, abs=0.5)


def test_a_pulse_between_two_samples_is_not_stepped_over():
    t = np.arange(0.0, 40.0, 5.0)
    states = simulate_hh(resting_state(), pulses([6.0], 1.0, 20.0), t)
    times = np.unique(np.concatenate([t, np.arange(0.0, 35.0, 0.05)]))
    fine = simulate_hh(resting_state(), pulses([6.0], 1.0, 20.0), times)
    assert fine[:, 0].max() > 20.0
    assert states == pytest.approx(fine[np.searchsorted(times, t)], abs=1e-5)


def test_a_step_that_comes_late_changes_nothing_before_it():
    t = np.arange(0.0, 30.0, 0.5)
    states = simulate_hh(resting_state(), step(0.0, 10.0, 15.0), t)
    assert np.abs(states[t <= 15.0] - resting_state()).max() < 1e-6
    assert states[t > 20.0, 0].max() > -60.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0.0, 0.1], 5.0, [0.0, 1.0]), "initial_state must"),
        ((np.zeros((2, 4)), 5.0, [0.0, 1.0]), r"initial_state must have shape \(4,\)"),
        (([np.nan] * 4, 5.0, [0.0, 1.0]), "initial_state must"),
        (([0.0] * 4, np.inf, [0.0, 1.0]), "I must"),
        (([0.0] * 4, 5.0, [1.0, 0.0]), "t_eval must hold at least two increasing"),
    ],
)
def test_bad_input_is_refused_by_name(arguments, message):
    with pytest.raises(ValueError, match=message):
        simulate_hh(*arguments)


def test_a_current_that_nothing_balances_is_refused():
    with pytest.raises(ValueError, match="I must be balanced"):
        resting_state(1e6)
