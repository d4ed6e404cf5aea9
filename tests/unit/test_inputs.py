"""Input signals against closed forms, SciPy's DOP853 and their own definitions."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from neurode_lib import inputs
from neurode_lib.fitzhugh_nagumo import fhn_rhs, flow_map, simulate
from neurode_lib.inputs import Input
from neurode_lib.integrator import rk4_integrate
from neurode_lib.metrics import UntrainedCurrentWarning, predict, true_trajectories
from neurode_lib.models import DiscreteRNN, NeuralODE, ODEFunc, make_model
from neurode_lib.trained_range import keep_trained_range

T = np.linspace(0.0, 40.0, 801)
SIGNALS = {
    "constant": inputs.constant(0.4),
    "step": inputs.step(0.2, 0.6, 13.3),
    "ramp": inputs.ramp(0.1, 0.6, 5.0, 33.0),
    "pulses": inputs.pulses([3.0, 11.2, 20.0], 1.7, 0.8, baseline=0.1),
    "noise": inputs.noise(0.35, 0.1, 5.0, duration=40.0, seed=1, dt=0.5),
    "chirp": inputs.chirp(0.4, 0.2, (0.01, 0.2), 30.0, start=4.0),
    "linear": inputs.sampled([0.0, 7.0, 30.0], [0.1, 0.9, 0.2]),
    "hold": inputs.sampled([0.0, 7.3, 30.1], [0.1, 0.9, 0.2], kind="hold"),
}


# --- what each one is ----------------------------------------------------------------------------


def test_each_signal_has_the_values_of_its_definition():
    np.testing.assert_array_equal(SIGNALS["step"]([0.0, 13.2, 13.3, 50.0]), [0.2, 0.2, 0.6, 0.6])
    np.testing.assert_allclose(SIGNALS["ramp"]([0.0, 19.0, 40.0]), [0.1, 0.35, 0.6])
    np.testing.assert_allclose(
        SIGNALS["pulses"]([2.9, 3.0, 4.6, 4.8, 11.3, 21.6, 21.8]),
        [0.1, 0.9, 0.9, 0.1, 0.9, 0.9, 0.1],
    )
    np.testing.assert_allclose(SIGNALS["linear"]([-1.0, 3.5, 18.5, 31.0]), [0.1, 0.5, 0.55, 0.2])
    np.testing.assert_allclose(SIGNALS["hold"]([-1.0, 7.2, 7.3, 31.0]), [0.1, 0.1, 0.9, 0.2])
    assert SIGNALS["constant"](T).shape == T.shape


def test_the_frequency_of_a_chirp_rises_evenly():
    """The phase is the integral of the frequency: counted by SciPy, not by the same formula."""
    s = np.linspace(0.0, 29.9, 50)
    phase = [np.trapezoid(np.linspace(0.01, 0.01 + 0.19 * x / 30.0, 99), dx=x / 98) for x in s]
    expected = 0.4 + 0.2 * np.sin(2 * np.pi * np.array(phase))
    np.testing.assert_allclose(SIGNALS["chirp"](4.0 + s), expected, atol=1e-12)
    np.testing.assert_array_equal(SIGNALS["chirp"]([0.0, 34.0, 99.0]), 0.4)


def test_noise_has_the_mean_the_spread_and_the_memory_that_were_asked_for():
    signal = inputs.noise(0.35, 0.1, 5.0, duration=50_000.0, seed=3, dt=0.5)
    x = signal(0.5 * np.arange(100_000)) - 0.35
    # 5,000 independent stretches: standard errors of 1.4 % of the spread, and about as much.
    assert abs(x.mean()) < 0.005
    assert x.std() == pytest.approx(0.1, rel=0.05)
    for lag in (2, 10, 20):
        correlation = (x[:-lag] * x[lag:]).mean() / x.var()
        assert correlation == pytest.approx(np.exp(-0.5 * lag / 5.0), abs=0.05)


def test_the_same_seed_gives_the_same_noise_and_another_does_not():
    first, again, other = (inputs.noise(0, 1, 5, duration=9, seed=s)(T) for s in (0, 0, 1))
    assert (first == again).all()
    assert not (first == other).any()


def test_components_are_joined_with_the_breaks_of_all():
    both = inputs.join(SIGNALS["step"], SIGNALS["ramp"])
    assert both.components == 2
    np.testing.assert_array_equal(both.breaks, [5.0, 13.3, 33.0])
    np.testing.assert_array_equal(both(T)[:, 1], SIGNALS["ramp"](T))
    two = inputs.sampled([0.0, 1.0], [[0.0, 1.0], [2.0, 5.0]])
    np.testing.assert_allclose(two([0.5]), [[1.0, 3.0]])


@pytest.mark.parametrize("signal", SIGNALS.values(), ids=SIGNALS)
def test_a_piece_is_smooth_up_to_both_of_its_ends(signal):
    """Its value at its end is the limit from the left, at its start that from the right."""
    edges = np.concatenate([[-1.0], signal.breaks, [41.0]])
    for start, end in zip(edges[:-1], edges[1:], strict=True):
        middle, inch = (start + end) / 2, 1e-9 * (end - start)
        np.testing.assert_allclose(signal.within(end, middle), signal(end - inch), atol=1e-7)
        np.testing.assert_allclose(signal.within(start, middle), signal(start + inch), atol=1e-7)


# --- the neuron ----------------------------------------------------------------------------------


def by_scipy(start, signal, times):
    """DOP853, restarted at each break; SciPy's own control of the step."""
    edges = [times[0], *signal.breaks[(signal.breaks > times[0]) & (signal.breaks < times[-1])]]
    state, found = start, {times[0]: start}
    for begin, end in zip(edges, [*edges[1:], times[-1]], strict=True):
        inner = times[(times > begin) & (times <= end)]
        run = solve_ivp(
            lambda t, y, at=(begin + end) / 2: fhn_rhs(y, signal.within(t, at)),
            (begin, end),
            state,
            method="DOP853",
            rtol=1e-11,
            atol=1e-12,
            t_eval=np.union1d(inner, end),
        )
        found |= dict(zip(run.t, run.y.T, strict=True))
        state = run.y[:, -1]
    return np.array([found[t] for t in times])


@pytest.mark.slow
@pytest.mark.parametrize("name", SIGNALS)
def test_the_driven_neuron_is_within_1e6_of_dop853(name):
    starts, times = np.array([[0.5, 0.1], [-1.0, -0.4]]), 0.5 * np.arange(81)
    ours = simulate(starts, SIGNALS[name], 80)
    for start, path in zip(starts, ours, strict=True):
        np.testing.assert_allclose(path, by_scipy(start, SIGNALS[name], times), atol=1e-6)
    np.testing.assert_allclose(simulate(starts, SIGNALS[name], 80, substeps=20), ours, atol=1e-6)
    np.testing.assert_array_equal(true_trajectories(starts, SIGNALS[name], times), ours)


def test_a_constant_signal_is_the_constant():
    starts = np.array([[0.5, 0.1], [-1.0, -0.4]])
    for options in ({}, {"substeps": 3}):
        np.testing.assert_allclose(
            simulate(starts, [inputs.constant(0.2), inputs.constant(0.5)], 20, **options),
            simulate(starts, [0.2, 0.5], 20, **options),
            rtol=1e-13,
        )


def test_each_trajectory_of_a_batch_gets_its_own_signal():
    starts, some = np.array([[0.5, 0.1], [-1.0, -0.4]]), [SIGNALS["step"], SIGNALS["noise"]]
    together = simulate(starts, some, 40)
    for start, signal, path in zip(starts, some, together, strict=True):
        np.testing.assert_allclose(simulate(start, signal, 40), path, atol=1e-9)
    np.testing.assert_allclose(
        flow_map(starts, some, 5.0, start=12.0),
        [flow_map(y, s, 5.0, start=12.0) for y, s in zip(starts, some, strict=True)],
        atol=1e-9,
    )


# --- the integrator ------------------------------------------------------------------------------

LEVELS, EDGES = [1.3, 0.4, 2.0, 0.7], [0.0, 0.731, 1.477, 2.203]


def logistic(_t, y, I):
    return I[:, None] * y - y**2


def exact_logistic(y, t_end):
    """Closed form, piece by piece, of y' = I y - y² where I jumps."""
    for level, start, end in zip(LEVELS, EDGES, [*EDGES[1:], t_end], strict=True):
        y = level / (1.0 + (level / y - 1.0) * np.exp(-level * (end - start)))
    return y


def slope(signal):
    """Of the error at t = 3 against the step, on logarithmic axes."""
    y0, steps = torch.tensor([[0.2], [1.1]], dtype=torch.float64), [40, 80, 160, 320, 640]
    errors = []
    for n in steps:
        grid = torch.linspace(0.0, 3.0, n + 1, dtype=torch.float64)
        end = rk4_integrate(logistic, y0, signal, grid)[-1]
        errors.append(np.abs(end.numpy() - exact_logistic(y0.numpy(), 3.0)).max())
    return -np.polyfit(np.log(steps), np.log(errors), 1)[0]


def test_the_order_is_four_across_jumps():
    hold = inputs.sampled(EDGES, LEVELS, kind="hold")
    assert slope(hold) == pytest.approx(4.0, abs=0.1)
    # The same values without the breaks: steps across the jumps, and the order is gone.
    assert slope(Input(hold)) < 2.0


def test_a_batch_stops_where_any_of_its_signals_breaks():
    y0 = torch.tensor([[0.2], [1.1]], dtype=torch.float64)
    grid = torch.linspace(0.0, 3.0, 61, dtype=torch.float64)
    some = [inputs.sampled(EDGES, LEVELS, kind="hold"), inputs.step(0.3, 1.9, 1.234)]
    together = rk4_integrate(logistic, y0, some, grid)
    assert together.shape == (61, 2, 1)
    for k, signal in enumerate(some):
        alone = rk4_integrate(logistic, y0[k : k + 1], signal, grid)
        torch.testing.assert_close(together[:, k : k + 1], alone, rtol=1e-6, atol=1e-8)


def test_samples_on_the_grid_cost_no_further_step():
    calls = []

    def field(t, y, _I):
        calls.append(float(t))
        return -y

    grid = 0.1 * np.arange(31)
    hold = inputs.sampled(np.linspace(0.0, 3.0, 31), np.arange(31.0), kind="hold")  # rounded apart
    rk4_integrate(field, torch.ones(1, 1).double(), hold, torch.tensor(grid))
    assert len(calls) == 4 * 30


def test_a_constant_signal_and_a_constant_tensor_are_one():
    y0, grid = torch.randn(3, 2, dtype=torch.float64), torch.linspace(0, 2, 9, dtype=torch.float64)
    model = NeuralODE(ODEFunc(hidden=8, zero_init=False)).double()
    level = torch.tensor([0.1, 0.2, 0.3], dtype=torch.float64)
    signals = [inputs.constant(x) for x in level.numpy()]
    torch.testing.assert_close(model(y0, signals, grid), model(y0, level, grid), rtol=0, atol=1e-15)


def test_a_discrete_network_sees_the_input_at_the_start_of_each_step():
    model = DiscreteRNN(hidden=8, zero_init=False).double()
    y0 = torch.randn(2, 2, dtype=torch.float64)
    grid = torch.linspace(0.0, 2.0, 5, dtype=torch.float64)
    path = model(y0, SIGNALS["linear"], grid)
    y = y0
    for n, value in enumerate(SIGNALS["linear"](grid[:-1])):
        y = y + model.step(y, torch.full((2,), value, dtype=torch.float64))
        torch.testing.assert_close(path[n + 1], y)


@pytest.mark.parametrize("kind", ["neural_ode", "discrete_rnn"])
def test_other_dimensions_of_state_and_input_are_predicted(kind):
    model = make_model(kind, seed=0, state_dim=3, input_dim=2, hidden=8, zero_init=False)
    both, starts = inputs.join(SIGNALS["step"], SIGNALS["ramp"]), np.zeros((4, 3))
    paths = predict(model, starts, both, T)
    assert paths.shape == (4, len(T), 3)
    with pytest.raises(ValueError, match="I must have 2 components for this model, got 1"):
        predict(model, starts, 0.5, T)
    free = make_model(kind, seed=0, state_dim=3, input_dim=0, hidden=8)
    np.testing.assert_array_equal(predict(free, starts + 1.0, None, T), 1.0)


def test_a_signal_that_leaves_the_trained_range_is_noticed():
    model = make_model(seed=0, hidden=4)
    keep_trained_range(model, [0.1, 0.7])
    predict(model, [[0.0, 0.0]], SIGNALS["step"], T)
    with pytest.warns(UntrainedCurrentWarning, match=r"I = 0\.9 lies .* 0\.1 to 0\.7"):
        # The grid alone would step over the pulse.
        predict(model, [[0.0, 0.0]], SIGNALS["pulses"], [0.0, 2.0, 10.0])


# --- late clocks ---------------------------------------------------------------------------------


def test_late_clocks_keep_their_steps():
    model = make_model(seed=0, hidden=16, zero_init=False)
    grid = 0.1 * np.arange(401)
    early = predict(model, [[0.5, 0.1]], 0.5, grid)
    for start in (1e6, 1.5e6, 3e8):
        np.testing.assert_allclose(
            predict(model, [[0.5, 0.1]], 0.5, start + grid), early, atol=1e-4
        )


def test_a_field_that_reads_a_clock_too_late_for_its_numbers_is_told_why():
    model = make_model(seed=0, hidden=4, time_input=True)
    late = 1e6 + 0.1 * np.arange(5)
    with pytest.raises(
        ValueError, match=r"t_eval must .*float32 can tell apart, since the field reads the clock"
    ):
        predict(model, [[0.5, 0.1]], 0.5, late)
    predict(model.double(), [[0.5, 0.1]], 0.5, late)


# --- refused by name -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: inputs.ramp(0, 1, 5, 5), "end must be later than start = 5, got 5"),
        (lambda: inputs.pulses([0, 1], 1.0, 1.0), "onsets must .* more than the width 1 between"),
        (lambda: inputs.sampled([0, 0], [1, 2]), r"times must have shape \(T,\) and increase"),
        (lambda: inputs.sampled([0, 1], [1, 2, 3]), r"values must have shape \(2,\) or \(2, M\)"),
        (lambda: inputs.chirp(0, 1, (0.1, -1), 9), "frequencies must be two numbers >= 0"),
        (lambda: inputs.join(), "inputs must not be empty"),
        (lambda: inputs.join(SIGNALS["step"], 0.5), "inputs must be inputs of one component"),
        (lambda: Input(lambda t: t[:0]), r"function must return shape \(T,\) or \(T, M\)"),
        (lambda: Input(np.sin, [1.0, 0.0]), "breaks must be finite increasing times"),
        (lambda: simulate([0.5, 0.1], [SIGNALS["step"]] * 2, 3), "I must be one input or hold 1"),
        (lambda: simulate(np.zeros((2, 2)), [SIGNALS["step"], 0.5], 3), "I must hold nothing but"),
        (
            lambda: simulate([0.5, 0.1], inputs.constant([0.1, 0.2]), 3),
            "I must have one component, got 2",
        ),
    ],
)
def test_nonsense_is_refused_by_name(call, message):
    with pytest.raises(ValueError, match=message):
        call()
