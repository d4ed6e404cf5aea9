"""The simulator against SciPy, against its own symmetry and against transcriptions by hand."""

import math
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.optimize import approx_fprime, brentq, fsolve

from neurode_lib.fitzhugh_nagumo import (
    A_PARAM,
    B_PARAM,
    TAU,
    build_dataset,
    fhn_rhs,
    flow_map,
    rk4_step,
    sample_starts,
    simulate,
)
from neurode_lib.phase_plane import (
    classify_equilibrium,
    current_of_cycle,
    equilibria,
    first_lyapunov_coefficients,
    hopf_currents,
    jacobian,
    limit_cycle,
    nullclines,
    regime,
    singular_period,
)

# A start on the quasi-threshold, found by search: the most sensitive at w = -0.5 and I = 0.2.
CANARD_START, CANARD_CURRENT = (-1.83261348, -0.5), 0.2

potentials = st.floats(-2.0, 2.0)
recoveries = st.floats(-1.0, 1.0)
input_currents = st.floats(-0.5, 2.0)


def dop853(start, current, times, rtol=1e-12):
    run = solve_ivp(
        lambda _t, y: [y[0] - y[0] ** 3 / 3 - y[1] + current, (y[0] + 0.7 - 0.8 * y[1]) / 12.5],
        (times[0], times[-1]), start, method="DOP853", t_eval=times, rtol=rtol, atol=1e-13,
    )  # fmt: skip
    return run.y.T


def rk4_by_hand(v, w, current, h, n_steps, number=float):
    """Scalar Runge–Kutta, written out from the textbook."""
    v, w, current, h = number(v), number(w), number(current), number(h)
    a, b, tau, third = number("0.7"), number("0.8"), number("12.5"), number(1) / number(3)

    def f(v, w):
        return v - third * v**3 - w + current, (v + a - b * w) / tau

    path = [(v, w)]
    for _ in range(n_steps):
        p1, q1 = f(v, w)
        p2, q2 = f(v + h / 2 * p1, w + h / 2 * q1)
        p3, q3 = f(v + h / 2 * p2, w + h / 2 * q2)
        p4, q4 = f(v + h * p3, w + h * q3)
        v = v + h / 6 * (p1 + 2 * p2 + 2 * p3 + p4)
        w = w + h / 6 * (q1 + 2 * q2 + 2 * q3 + q4)
        path.append((v, w))
    return np.array(path, dtype=np.float64)


def mirrored(state):
    """The neuron's symmetry about its midpoint: (v, w, I) -> (-v, 2a/b - w, 2a/b - I)."""
    return np.array([0.0, 1.75]) - np.asarray(state)


# --- equations -----------------------------------------------------------------------------------


def test_parameters_are_the_articles():
    assert (A_PARAM, B_PARAM, TAU) == (0.7, 0.8, 12.5)


def test_rhs_at_points_worked_out_by_hand():
    np.testing.assert_allclose(fhn_rhs([0.0, 0.0], 0.0), [0.0, 0.056], rtol=1e-15)
    np.testing.assert_allclose(fhn_rhs([1.5, 1.0], 0.25), [-0.375, 0.112], rtol=1e-14)
    np.testing.assert_allclose(fhn_rhs([-2.0, 0.5], 0.5), [2.0 / 3.0, -0.136], rtol=1e-14)


@given(potentials, recoveries, input_currents)
def test_rhs_reverses_under_the_mirror(v, w, current):
    np.testing.assert_allclose(
        fhn_rhs(mirrored([v, w]), 1.75 - current), -fhn_rhs([v, w], current), atol=1e-14
    )


def test_rhs_broadcasts_states_against_currents():
    states = np.arange(12.0).reshape(3, 2, 2) / 5.0
    currents = np.array([0.2, 0.5])
    together = fhn_rhs(states, currents)
    assert together.shape == (3, 2, 2)
    for i in range(3):
        for j in range(2):
            np.testing.assert_array_equal(together[i, j], fhn_rhs(states[i, j], currents[j]))
    assert fhn_rhs([0.0, 0.0], currents).shape == (2, 2)


@given(potentials, recoveries)
def test_jacobian_is_the_derivative_of_the_rhs(v, w):
    numeric = approx_fprime([v, w], lambda y: fhn_rhs(y, 0.3), 1e-7)
    np.testing.assert_allclose(jacobian([v, w]), numeric, atol=1e-6)


def test_jacobian_of_many_states():
    states = np.array([[0.0, 1.0], [2.0, -1.0]])
    np.testing.assert_array_equal(jacobian(states)[1], jacobian(states[1]))


@given(st.floats(-3.0, 3.0), input_currents)
def test_each_derivative_vanishes_on_its_nullcline(v, current):
    on_cubic, on_line = nullclines(v, current)
    assert fhn_rhs([v, float(on_cubic)], current)[0] == pytest.approx(0.0, abs=1e-13)
    assert fhn_rhs([v, float(on_line)], current)[1] == pytest.approx(0.0, abs=1e-13)


# --- trajectories --------------------------------------------------------------------------------


@pytest.mark.parametrize("current", [0.0, 0.2, 0.33, 0.5, 1.4187, 1.6])
def test_simulate_agrees_with_dop853_across_the_box(current):
    times = 0.5 * np.arange(81)
    starts = [(v, w) for v in (-2.0, -0.7, 0.6, 2.0) for w in (-1.0, 0.1, 1.0)]
    paths = simulate(starts, current, 80)
    for start, path in zip(starts, paths, strict=True):
        np.testing.assert_allclose(path, dop853(start, current, times), rtol=0, atol=1e-6)


@pytest.mark.slow
@settings(derandomize=True, max_examples=8, deadline=None)
@given(st.lists(st.tuples(potentials, recoveries, input_currents), min_size=5, max_size=5))
def test_simulate_agrees_with_dop853_from_anywhere(draws):
    draws = np.array(draws)
    found = simulate(draws[:, :2], draws[:, 2], 80)[:, [0, 20, 50, 80]]
    for (v, w, current), path in zip(draws, found, strict=True):
        exact = dop853([v, w], current, [0.0, 10.0, 25.0, 40.0])
        np.testing.assert_allclose(path, exact, rtol=0, atol=1e-6)


def test_simulate_is_exact_even_on_the_quasi_threshold():
    """There errors grow a billion times, so that only extended precision can be the judge."""
    exact = rk4_by_hand(*CANARD_START, CANARD_CURRENT, "0.001", 40_000, number=np.longdouble)[::500]
    np.testing.assert_allclose(simulate(CANARD_START, CANARD_CURRENT, 80), exact, rtol=0, atol=1e-6)
    rk4_in_small_steps = simulate(CANARD_START, CANARD_CURRENT, 80, substeps=25)
    assert np.abs(rk4_in_small_steps - exact).max() > 1e-3


@pytest.mark.parametrize("dt", [0.01, 0.05, 0.37, 2.0, 10.0])
def test_the_default_is_accurate_for_any_output_step(dt):
    n_steps = math.ceil(20.0 / dt)
    times = dt * np.arange(n_steps + 1)
    np.testing.assert_allclose(
        simulate([1.0, 0.5], 0.5, n_steps, dt), dop853([1.0, 0.5], 0.5, times), rtol=0, atol=1e-8
    )


@pytest.mark.parametrize("current", [0.2, 0.5])
def test_one_substep_is_the_articles_simulator(current):
    by_hand = rk4_by_hand(-1.3, 0.4, current, 0.5, 80)
    np.testing.assert_allclose(
        simulate([-1.3, 0.4], current, 80, 0.5, substeps=1), by_hand, rtol=0, atol=1e-11
    )


def test_substeps_divide_the_output_interval():
    np.testing.assert_allclose(
        simulate([1.0, 0.5], 0.5, 8, 0.5, substeps=4),
        simulate([1.0, 0.5], 0.5, 32, 0.125, substeps=1)[::4],
        rtol=1e-13,
    )


def test_simulate_shapes_and_batch_rows():
    starts = np.array([[0.0, 0.0], [1.0, -1.0], [-2.0, 1.0]])
    currents = np.array([0.2, 0.5, 1.0])
    together = simulate(starts, currents, 5)
    assert together.shape == (3, 6, 2)
    assert simulate(starts[0], 0.2, 5).shape == (6, 2)
    np.testing.assert_array_equal(together[:, 0], starts)
    for row, start, current in zip(together, starts, currents, strict=True):
        np.testing.assert_allclose(row, simulate(start, current, 5), atol=1e-13)


@settings(derandomize=True, max_examples=20, deadline=None)
@given(potentials, recoveries, input_currents)
def test_trajectories_obey_the_mirror(v, w, current):
    path = simulate([v, w], current, 10)
    image = simulate(mirrored([v, w]), 1.75 - current, 10)
    np.testing.assert_allclose(image, mirrored(path), atol=1e-9)


@pytest.mark.parametrize("duration", [0.02, 0.5, 3.3])
def test_flow_map_agrees_with_dop853_and_composes(duration):
    once = flow_map([1.0, 0.5], 0.4, duration)
    np.testing.assert_allclose(once, dop853([1.0, 0.5], 0.4, [0.0, duration])[-1], atol=1e-10)
    halves = flow_map(flow_map([1.0, 0.5], 0.4, duration / 2), 0.4, duration / 2)
    np.testing.assert_allclose(halves, once, atol=1e-12)


def test_running_backwards_returns_to_the_start():
    start = np.array([0.5, 0.3])
    forward = simulate(start, 0.5, 4)[-1]
    back = solve_ivp(lambda _t, y: -fhn_rhs(y, 0.5), (0, 2), forward, rtol=1e-12, atol=1e-13,
                     method="DOP853").y[:, -1]  # fmt: skip
    np.testing.assert_allclose(back, start, atol=1e-8)


def test_rk4_step_converges_at_fourth_order():
    """On the logistic equation y' = I y (1 - y), which has a closed form."""

    def logistic(y, rate):
        return rate * y * (1.0 - y)

    exact = 1.0 / (1.0 + 9.0 * math.exp(-1.5 * 2.0))
    steps, errors = [], []
    for n in (8, 16, 32, 64, 128):
        y = np.array([0.1])
        for _ in range(n):
            y = rk4_step(logistic, y, 1.5, 2.0 / n)
        steps.append(2.0 / n)
        errors.append(abs(y[0] - exact))
    slope = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert slope == pytest.approx(4.0, abs=0.1)


def test_a_step_too_large_is_reported_with_its_time():
    with pytest.raises(FloatingPointError, match=r"before t = \d.*trajectory 0, last seen at v ="):
        simulate([2.0, 0.0], 0.5, 50, dt=10.0, substeps=1)
    with pytest.raises(
        FloatingPointError, match=r"before t = 0\.5: steps of 0\.05 .*v = 100, w = 3;"
    ):
        simulate([[0.0, 0.0], [1.0, 0.0], [100.0, 3.0]], 0.5, 5)
    with pytest.raises(
        FloatingPointError, match=r"before t = 1: steps of 0\.5 .*0, last seen at v = 9\.37"
    ):
        simulate([[6.0, 0.0], [1.0, 0.0]], 0.5, 5, substeps=1)
    with pytest.raises(FloatingPointError, match=r"steps of 0\.25 .*\(simulate takes substeps\)$"):
        simulate([10.0, 0.0], 0.5, 5, substeps=2)


@pytest.mark.parametrize(
    ("starts", "currents"), [((4, 2), (3,)), ((4, 2), (1,)), ((4, 2), (4, 1)), ((2,), (2,))]
)
def test_currents_of_another_shape_are_told_the_starts(starts, currents):
    message = f"I must be a number or have shape {starts[:-1]} like initial_state, got {currents}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        simulate(np.zeros(starts), np.zeros(currents), 3)


# --- data ----------------------------------------------------------------------------------------


def test_dataset_has_the_articles_shape_and_its_own_trajectories():
    states, currents = build_dataset(seed=0)
    assert states.shape == (40, 81, 2)
    assert currents.shape == (40,)
    assert set(currents) == {0.2, 0.5}
    assert np.abs(states[:, 0, 0]).max() <= 2.0
    assert np.abs(states[:, 0, 1]).max() <= 1.0
    np.testing.assert_array_equal(states, simulate(states[:, 0], currents, 80, 0.5))


def test_dataset_depends_on_its_seed_alone():
    first, _ = build_dataset(4, 3, seed=7)
    again, _ = build_dataset(4, 3, seed=7)
    other, _ = build_dataset(4, 3, seed=8)
    np.testing.assert_array_equal(first, again)
    assert not np.allclose(first, other)


def test_dataset_passes_on_its_options():
    states, currents = build_dataset(3, 5, 0.25, seed=1, currents=[0.9], substeps=1)
    np.testing.assert_array_equal(currents, 0.9)
    np.testing.assert_array_equal(states, simulate(states[:, 0], 0.9, 5, 0.25, substeps=1))


def test_noise_is_added_to_every_sample_of_the_same_trajectories():
    clean, _ = build_dataset(200, 20, seed=3)
    noisy, _ = build_dataset(200, 20, seed=3, noise_std=0.1)
    noise = noisy - clean
    assert noise.std() == pytest.approx(0.1, rel=0.03)
    assert noise.mean() == pytest.approx(0.0, abs=0.005)
    assert noise[:, 0].std() == pytest.approx(0.1, rel=0.15)


def test_starts_fill_the_sampling_box_evenly():
    starts = sample_starts(4000, np.random.default_rng(0))
    np.testing.assert_allclose(starts.mean(axis=0), 0.0, atol=0.06)
    np.testing.assert_allclose(starts.min(axis=0), [-2.0, -1.0], atol=0.01)
    np.testing.assert_allclose(starts.max(axis=0), [2.0, 1.0], atol=0.01)


# --- equilibria and bifurcations -----------------------------------------------------------------


@pytest.mark.parametrize("current", [-1.0, 0.0, 0.2, 0.3313, 0.5, 0.875, 1.4187, 2.5])
def test_the_equilibrium_is_the_one_scipy_finds(current):
    found = equilibria(current)
    assert len(found) == 1
    root = fsolve(lambda y: fhn_rhs(y, current), [0.0, 0.5], xtol=1e-13)
    np.testing.assert_allclose([found[0].v, found[0].w], root, atol=1e-9)
    values = np.linalg.eigvals(approx_fprime(root, lambda y: fhn_rhs(y, current), 1e-7))
    np.testing.assert_allclose(np.sort(found[0].eigenvalues), np.sort(values), atol=1e-5)


@pytest.mark.slow
def test_stability_is_what_a_small_push_shows():
    currents = np.array([-0.4, 0.0, 0.2, 0.3, 0.36, 0.5, 0.9, 1.3, 1.39, 1.45, 1.6, 2.0])
    at = [equilibria(current)[0] for current in currents]
    rest = np.array([[found.v, found.w] for found in at])
    path = simulate(rest + np.array([1e-5, 0.0]), currents, 40, 5.0) - rest[:, None]
    ends_nearer = np.abs(path[:, -1]).max(axis=1) < 1e-5
    assert [found.stable for found in at] == list(ends_nearer)


@pytest.mark.parametrize(
    ("eigenvalues", "kind", "stable"),
    [
        ((-1 + 0j, -2 + 0j), "node", True),
        ((1 + 0j, 2 + 0j), "node", False),
        ((-0.5 + 0j, -0.25 + 0j), "node", True),
        ((0 + 0j, -2 + 0j), "node", False),
        ((1 + 0j, -2 + 0j), "saddle", False),
        ((-1 + 2j, -1 - 2j), "focus", True),
        ((1 + 2j, 1 - 2j), "focus", False),
    ],
)
def test_equilibria_are_classified_by_their_eigenvalues(eigenvalues, kind, stable):
    found = classify_equilibrium(0.0, 0.0, eigenvalues)
    assert (found.kind, found.stable) == (kind, stable)


def test_hopf_currents_are_where_the_numeric_eigenvalues_cross_the_axis():
    def growth(current):
        root = fsolve(lambda y: fhn_rhs(y, current), [-1.0 if current < 0.8 else 1.0, 0.5],
                      xtol=1e-13)  # fmt: skip
        matrix = np.column_stack([
            (fhn_rhs(root + e, current) - fhn_rhs(root - e, current)) / 2e-5
            for e in 1e-5 * np.eye(2)
        ])  # fmt: skip
        return np.linalg.eigvals(matrix).real.max()

    lower, upper = hopf_currents()
    assert lower == pytest.approx(brentq(growth, 0.2, 0.5, xtol=1e-12), abs=1e-7)
    assert upper == pytest.approx(brentq(growth, 1.2, 1.6, xtol=1e-12), abs=1e-7)
    assert round(lower, 4) == 0.3313
    assert round(upper, 4) == 1.4187
    assert lower + upper == pytest.approx(1.75, abs=1e-12)


@pytest.mark.parametrize(
    ("current", "name"),
    [
        (0.0, "excitable"),
        (0.331, "excitable"),
        (0.332, "oscillating"),
        (1.418, "oscillating"),
        (1.419, "depolarisation block"),
    ],
)
def test_regimes_change_at_the_hopf_currents(current, name):
    assert regime(current) == name


def test_period_by_events_of_another_integrator():
    def upward(_t, y):
        return y[0]

    upward.direction = 1.0
    run = solve_ivp(lambda _t, y: fhn_rhs(y, 0.5), (0.0, 400.0), [2.0, -1.0], method="LSODA",
                    rtol=1e-11, atol=1e-12, events=upward)  # fmt: skip
    period = np.diff(run.t_events[0])[-5:].mean()
    assert limit_cycle(0.5).period == pytest.approx(period, abs=1e-5)
    assert limit_cycle(0.5).period == pytest.approx(39.474, abs=5e-4)


@pytest.mark.parametrize("current", [0.35, 0.5, 1.2])
def test_limit_cycle_closes_and_is_an_orbit(current):
    cycle = limit_cycle(current, n_points=201)
    assert cycle.times[0] == 0.0
    assert cycle.times[-1] == cycle.period
    # From the section: upward through the equilibrium's v.
    assert cycle.states[0, 0] == pytest.approx(equilibria(current)[0].v, abs=1e-9)
    assert cycle.states[1, 0] > cycle.states[0, 0]
    np.testing.assert_allclose(cycle.states[-1], cycle.states[0], atol=1e-7)
    path = simulate(cycle.states[0], current, 200, cycle.period / 200)
    np.testing.assert_allclose(cycle.states, path, atol=1e-7)
    assert cycle.amplitude == np.ptp(cycle.states[:, 0])


def test_limit_cycles_come_in_mirrored_pairs():
    left, right = limit_cycle(0.4), limit_cycle(1.35)
    assert left.period == pytest.approx(right.period, rel=1e-7)
    assert left.amplitude == pytest.approx(right.amplitude, rel=1e-3)


@pytest.mark.parametrize("current", [0.325, 0.328, 0.331])
def test_cycle_and_stable_equilibrium_coexist_just_below_the_hopf_current(current):
    """The Hopf bifurcation is subcritical: spiking is there before the equilibrium gives way."""
    assert current < hopf_currents()[0]
    at = equilibria(current)[0]
    assert at.stable
    assert limit_cycle(current).amplitude > 3.5
    times = np.linspace(0.0, 1000.0, 2001)
    far = dop853([2.0, -1.0], current, times, rtol=1e-9)[-200:, 0]
    near = dop853([at.v + 1e-3, at.w], current, times, rtol=1e-9)[-200:, 0]
    assert np.ptp(far) > 3.5
    assert np.ptp(near) < 2e-3


@pytest.mark.parametrize("current", [0.2, 0.32, 1.43, 2.0, -1.0, -5.0, 8.0, 1e6, -1e300])
def test_no_cycle_is_reported_where_there_is_none(current):
    message = f"no limit cycle at I = {current:g}: trajectories settle on an equilibrium"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        limit_cycle(current)


def test_first_lyapunov_coefficients_by_hand():
    """In the real normal form (Guckenheimer and Holmes 1983, equation 3.4.11), v one coordinate."""
    alpha = 0.8 / 12.5
    omega = math.sqrt(1 / 12.5 - alpha**2)
    a = (-2.0 + 4.0 * (1.0 - alpha) * alpha / omega**2) / 16.0
    # Its radius is twice Kuznetsov's, whose eigenvector has length one.
    expected = 4.0 * a / omega / (1.0 + 1.0 / 12.5)
    assert first_lyapunov_coefficients() == pytest.approx([expected, expected], rel=1e-12)


def test_first_lyapunov_coefficient_predicts_the_size_of_the_unstable_cycle():
    at_hopf = equilibria(hopf_currents()[0])[0]
    omega = abs(at_hopf.eigenvalues[0].imag)
    amplitude = 0.02
    current = float(current_of_cycle(at_hopf.v + amplitude))
    here = equilibria(current)[0]
    radius = (at_hopf.v + amplitude - here.v) / 2.0 * math.sqrt(1.0 + 1.0 / 12.5)
    decay = -here.eigenvalues[0].real
    assert decay == pytest.approx(omega * first_lyapunov_coefficients()[0] * radius**2, rel=0.1)


@pytest.mark.slow
def test_singular_period_is_the_limit_of_a_slow_recovery():
    """Radau, an integrator for stiff equations, with a recovery 100,000 times slower."""
    tau, current = 12.5e5, 0.5

    def rhs(_t, y):
        return [y[0] - y[0] ** 3 / 3 - y[1] + current, (y[0] + 0.7 - 0.8 * y[1]) / tau]

    def upward(_t, y):
        return y[0]

    upward.direction = 1.0
    run = solve_ivp(rhs, (0.0, 6 * tau), [-2.0, 0.8], "Radau", events=upward, rtol=1e-8, atol=1e-10)
    period = np.diff(run.t_events[0])[-1]
    assert singular_period(current) / 12.5 == pytest.approx(period / tau, rel=2e-3)
    assert singular_period(current) < 0.65 * limit_cycle(current).period


def test_singular_period_needs_an_equilibrium_on_the_middle_branch():
    with pytest.raises(ValueError, match="I must put the equilibrium on the middle branch"):
        singular_period(0.25)
    assert singular_period(0.6) == pytest.approx(singular_period(1.15), rel=1e-9)


@pytest.mark.slow
def test_cycles_of_either_stability_have_their_current_and_meet_at_the_fold():
    stable = limit_cycle(0.326, n_points=20_001)
    # What an unstable cycle repels it attracts if time runs backwards.
    rest = equilibria(0.329)[0]
    backwards = dop853([rest.v + 0.15, rest.w], 0.329, np.linspace(0, -1500, 75_001), rtol=1e-9)
    heights = [backwards[-4_000:, 0].max(), 0.6, 0.9, stable.states[:, 0].max()]
    unstable_at, *fold, stable_at, largest = current_of_cycle([*heights, 1.77])
    assert unstable_at == pytest.approx(0.329, abs=2e-6)
    assert stable_at == pytest.approx(0.326, abs=2e-6)
    assert fold == pytest.approx([0.3241785, 0.3241785], abs=5e-8)
    assert limit_cycle(largest, n_points=20_001).states[:, 0].max() == pytest.approx(1.77, abs=1e-5)


@pytest.mark.parametrize("height", [-1.0, 1.78, [0.0, 2.0]])
def test_no_cycle_of_another_height_lies_in_the_strip(height):
    with pytest.raises(ValueError, match="v_max must lie above"):
        current_of_cycle(height)


# --- bad input -----------------------------------------------------------------------------------

NAN, INF = math.nan, math.inf
RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("initial_state", lambda: simulate([NAN, 0.0], 0.5, 3)),
        ("initial_state", lambda: simulate([0.0, 0.0, 0.0], 0.5, 3)),
        ("initial_state", lambda: simulate(1.0, 0.5, 3)),
        ("initial_state", lambda: simulate(np.zeros((2, 3, 2)), 0.5, 3)),
        ("initial_state", lambda: simulate("rest", 0.5, 3)),
        ("initial_state", lambda: simulate(np.empty((0, 2)), 0.5, 3)),
        ("I", lambda: simulate([0.0, 0.0], INF, 3)),
        ("I", lambda: simulate([0.0, 0.0], [0.2, 0.5], 3)),
        ("I", lambda: simulate(np.zeros((3, 2)), [0.2, 0.5], 3)),
        ("I", lambda: simulate(np.zeros((3, 2)), [[0.2, 0.2, 0.2]], 3)),
        ("n_steps", lambda: simulate([0.0, 0.0], 0.5, 0)),
        ("n_steps", lambda: simulate([0.0, 0.0], 0.5, 2.5)),
        ("n_steps", lambda: simulate([0.0, 0.0], 0.5, True)),
        ("dt", lambda: simulate([0.0, 0.0], 0.5, 3, 0.0)),
        ("dt", lambda: simulate([0.0, 0.0], 0.5, 3, -0.5)),
        ("dt", lambda: simulate([0.0, 0.0], 0.5, 3, NAN)),
        ("substeps", lambda: simulate([0.0, 0.0], 0.5, 3, substeps=0)),
        ("substeps", lambda: simulate([0.0, 0.0], 0.5, 3, substeps=1.0)),
        ("state", lambda: flow_map([0.0, INF], 0.5, 1.0)),
        ("I", lambda: flow_map([0.0, 0.0], NAN, 1.0)),
        ("I", lambda: flow_map([0.0, 0.0], [0.2, 0.5], 1.0)),
        ("duration", lambda: flow_map([0.0, 0.0], 0.5, 0.0)),
        ("n_trajectories", lambda: build_dataset(0, seed=0)),
        ("n_steps", lambda: build_dataset(2, 0, seed=0)),
        ("dt", lambda: build_dataset(2, 2, -1.0, seed=0)),
        ("seed", lambda: build_dataset(2, 2, seed=-1)),
        ("seed", lambda: build_dataset(2, 2, seed=0.5)),
        ("currents", lambda: build_dataset(2, 2, seed=0, currents=[])),
        ("currents", lambda: build_dataset(2, 2, seed=0, currents=[NAN])),
        ("currents", lambda: build_dataset(2, 2, seed=0, currents=[[0.2]])),
        ("noise_std", lambda: build_dataset(2, 2, seed=0, noise_std=-0.1)),
        ("n", lambda: sample_starts(0, RNG)),
        ("rng", lambda: sample_starts(2, 0)),
        ("v", lambda: classify_equilibrium(NAN, 0.0, (-1.0 + 0j, -2.0 + 0j))),
        ("w", lambda: classify_equilibrium(0.0, INF, (-1.0 + 0j, -2.0 + 0j))),
        ("eigenvalues", lambda: classify_equilibrium(0.0, 0.0, (complex(NAN), -2.0 + 0j))),
        ("I", lambda: simulate([0.0, 0.0], "0.5", 3)),
        ("I", lambda: simulate([0.0, 0.0], True, 3)),
        ("initial_state", lambda: simulate(["0", "1"], 0.5, 3)),
        ("initial_state", lambda: simulate(np.array([0.5 + 1j, 0.0]), 0.5, 3)),
        ("dt", lambda: simulate([0.0, 0.0], 0.5, 3, [0.5])),
        ("dt", lambda: simulate([0.0, 0.0], 0.5, 3, "0.5")),
        ("v", lambda: nullclines([0.0, NAN], 0.5)),
        ("I", lambda: nullclines([0.0], INF)),
        ("state", lambda: jacobian([0.0, 0.0, 0.0])),
        ("state", lambda: jacobian([NAN, 0.0])),
        ("I", lambda: equilibria(NAN)),
        ("I", lambda: equilibria("high")),
        ("I", lambda: regime(INF)),
        ("I", lambda: limit_cycle(NAN)),
        ("n_points", lambda: limit_cycle(0.5, n_points=1)),
    ],
)
def test_bad_input_is_refused_by_name(argument, call):
    with pytest.raises(ValueError, match=rf"^{argument} must"):
        call()


# --- limits --------------------------------------------------------------------------------------


def test_the_hopf_currents_themselves_belong_to_the_oscillation():
    assert [regime(current) for current in hopf_currents()] == ["oscillating"] * 2


def test_a_cycle_has_401_points_unless_told_and_two_at_least():
    assert limit_cycle(0.5).states.shape == (401, 2)
    assert limit_cycle(0.5, n_points=2).times.tolist() == [0.0, limit_cycle(0.5).period]
