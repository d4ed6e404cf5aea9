"""The methods of chapter 18: each against a closed form, another library or the book's models."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.optimize import least_squares

from neurode_lib import metrics
from neurode_lib.fitzhugh_nagumo import A_PARAM, B_PARAM, DT, TAU, build_dataset, fhn_rhs, simulate
from neurode_lib.methods import networks
from neurode_lib.methods.contestants import CONTESTANTS, GUESSES, Contestant, fit_parameters
from neurode_lib.methods.judges import OTHER_STEP, exam, judge, true_onset
from neurode_lib.methods.kernel import N_SAMPLES, fit_kernels
from neurode_lib.methods.monomials import (
    N_TRUE_TERMS,
    degree_of,
    library,
    library_of_tensors,
    term_names,
    true_coefficients,
)
from neurode_lib.methods.neurons import NEURONS, follow_neuron, pieces, saturating
from neurode_lib.methods.problems import (
    CENTRE,
    PROBLEMS,
    Problem,
    data_set,
    problem_named,
    validation_split,
)
from neurode_lib.methods.regression import (
    by_differences,
    by_integrals,
    fit_polynomials,
    smooth_paths,
)
from neurode_lib.methods.shooting import cut, parametric, polynomial, shoot
from neurode_lib.methods.stacks import ParameterFields, PolynomialFields, StepAsField
from neurode_lib.methods.tuning import MOST_SETTINGS, TUNING_SEEDS, choose, validation_errors
from neurode_lib.phase_plane import hopf_currents, limit_cycle
from neurode_lib.recordings import Recordings
from neurode_lib.study.pretrained import load_pretrained
from neurode_lib.study.variants import SEEDS
from neurode_lib.training.rollout import stack_weights

TRUE_TABLE = true_coefficients(3, A_PARAM, B_PARAM, TAU)
TRUTH = ParameterFields(np.array([[A_PARAM, B_PARAM, TAU]]))
RNG = np.random.default_rng(0)
SOME_STATES = RNG.uniform(-2.0, 2.0, (5, 7, 2))
SOME_CURRENTS = RNG.uniform(0.0, 1.0, (5, 7))


@pytest.fixture(scope="module")
def centre():
    return [data_set(CENTRE, seed) for seed in SEEDS]


# --- problems -----------------------------------------------------------------------------------


def test_the_centre_is_the_articles_data():
    data = data_set(CENTRE, 3)
    states, currents = build_dataset(seed=3)
    assert np.array_equal(np.stack(data.values), states)
    assert np.array_equal(data.inputs, currents)


def test_noise_is_that_of_the_study():
    states, _ = build_dataset(seed=3, noise_std=0.2)
    assert np.array_equal(np.stack(data_set(replace(CENTRE, noise_std=0.2), 3).values), states)


def test_voltage_alone_leaves_w_out():
    both, one = data_set(CENTRE, 0), data_set(replace(CENTRE, voltage_only=True), 0)
    assert one.n_channels == 1
    assert np.array_equal(np.stack(one.values)[..., 0], np.stack(both.values)[..., 0])


def test_other_neurons_share_what_they_should_with_the_cubic():
    extrema = np.array([-1.0, 0.0, 1.0])
    assert pieces(extrema) == pytest.approx(extrema - extrema**3 / 3.0)
    assert pieces(np.array([2.0])) == pytest.approx([-2.0 / 3.0])
    zero = np.array([np.sqrt(3.0)])
    assert saturating(zero) == pytest.approx([0.0], abs=1e-12)
    slope = (saturating(np.array([1e-6])) - saturating(np.array([-1e-6]))) / 2e-6
    assert slope == pytest.approx([1.0], abs=1e-6)


def test_a_neuron_under_held_currents_is_followed_like_the_books():
    starts, currents = RNG.uniform(-1.0, 1.0, (4, 2)), np.array([0.2, 0.5, 0.2, 0.5])
    held = np.broadcast_to(currents, (40, 4))
    assert follow_neuron("fhn", starts, held, DT) == pytest.approx(
        simulate(starts, currents, 40, DT), abs=1e-7
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(NEURONS))
def test_every_neuron_rests_at_one_trained_current_and_fires_at_the_other(name):
    starts = np.array([[2.0, -1.0], [2.0, -1.0]])
    path = follow_neuron(name, starts, np.broadcast_to([0.2, 0.5], (400, 2)), DT)
    spread = np.ptp(path[:, 200:, 0], axis=1)
    assert spread[0] < 0.01
    assert spread[1] > 2.0


def test_problems_change_one_factor_at_a_time_and_noise():
    for name, problem in PROBLEMS.items():
        assert problem_named(name) is problem
        other = sum(
            getattr(problem, field) != getattr(CENTRE, field)
            for field in ("neuron", "n_trajectories", "dt", "voltage_only")
        )
        assert other <= 1
        assert problem.noise_std in (0.0, 0.05) or other == 0


def test_a_sampling_that_does_not_fill_the_time_is_refused():
    with pytest.raises(ValueError, match="dt must divide 40"):
        Problem(dt=0.3)


def test_validation_trajectories_are_the_last_quarter():
    data = data_set(Problem(n_trajectories=8), 0)
    fitted, unseen = validation_split(data)
    assert (len(fitted), len(unseen)) == (6, 2)
    assert np.array_equal(unseen.values[0], data.values[6])
    with pytest.raises(ValueError, match="at least two"):
        validation_split(data[:1])


# --- libraries of terms -------------------------------------------------------------------------


def test_the_library_holds_the_monomials_it_names():
    values = library(SOME_STATES, SOME_CURRENTS, 3)
    v, w = np.moveaxis(SOME_STATES, -1, 0)
    found = dict(zip(term_names(3), np.moveaxis(values, -1, 0), strict=True))
    assert list(found) == ["1", "v", "w", "v^2", "v w", "w^2", "v^3", "v^2 w", "v w^2", "w^3", "I"]
    assert found["v^2 w"] == pytest.approx(v**2 * w)
    assert np.array_equal(found["I"], SOME_CURRENTS)
    tensors = library_of_tensors(torch.tensor(SOME_STATES), torch.tensor(SOME_CURRENTS), 3)
    assert tensors.numpy() == pytest.approx(values)


def test_seven_terms_are_the_neurons_field():
    assert np.count_nonzero(TRUE_TABLE) == N_TRUE_TERMS
    assert library(SOME_STATES, SOME_CURRENTS, 3) @ TRUE_TABLE.T == pytest.approx(
        fhn_rhs(SOME_STATES, SOME_CURRENTS)
    )


def test_no_library_has_so_many_terms():
    assert degree_of(11) == 3
    with pytest.raises(ValueError, match="n_terms must be"):
        degree_of(12)


# --- regression ---------------------------------------------------------------------------------


def spirals(n=6, dt=0.1, rate=-0.2, frequency=1.3):
    """Trajectories of dv/dt = rate v - frequency w and so on, which are known in closed form."""
    times = np.linspace(0.0, 40.0, round(40.0 / dt) + 1)
    starts = RNG.uniform(-1.0, 1.0, n) + 1j * RNG.uniform(-1.0, 1.0, n)
    z = starts[:, None] * np.exp((rate + 1j * frequency) * times)
    return Recordings(times, np.stack([z.real, z.imag], axis=-1), np.zeros(n))


@pytest.mark.parametrize(
    ("settings", "tolerance"),
    [
        ({"form": "integral", "span": 1.0}, 1e-5),
        ({"form": "differences"}, 0.02),
        ({"form": "differences", "smoothing_window": 7}, 0.02),
        ({"form": "integral", "span": 1.0, "ensemble": True}, 1e-5),
    ],
)
def test_regression_finds_a_linear_law_and_nothing_else(settings, tolerance):
    table = fit_polynomials([spirals()], degree=3, threshold=0.05, **settings)[0]
    expected = np.zeros((2, 11))
    expected[0, [1, 2]], expected[1, [1, 2]] = [-0.2, -1.3], [1.3, -0.2]
    assert np.array_equal(table != 0.0, expected != 0.0)
    assert table == pytest.approx(expected, abs=tolerance)


def test_integrals_of_the_library_are_exact_where_they_are_known():
    data = spirals(n=1)
    rows, changes = by_integrals(data, 2, 0.0, 2.0)
    times, rate = data.times[0], -0.2
    # |z|² decays with twice the rate: its integral is v² + w² among the library's.
    size = (data.values[0][0] ** 2).sum()
    exact = size * (np.exp(2 * rate * (times[:-20] + 2.0)) - np.exp(2 * rate * times[:-20]))
    assert rows[:, 3] + rows[:, 5] == pytest.approx(exact / (2 * rate), rel=1e-6)
    assert changes == pytest.approx(data.values[0][20:] - data.values[0][:-20], abs=1e-12)


def test_differences_are_taken_within_trajectories():
    rows, slopes = by_differences(spirals(n=3), 3, None)
    assert len(rows) == len(slopes) == 3 * 401
    inner = np.delete(np.arange(3 * 401), [0, 400, 401, 801, 802, 1202])
    linear = rows[:, [1, 2]] @ np.array([[-0.2, 1.3], [-1.3, -0.2]])
    assert np.abs(slopes - linear)[inner].max() < 0.01


def test_a_smoothing_spline_comes_nearer_to_the_truth_than_the_samples():
    times = np.linspace(0.0, 10.0, 101)
    truth = np.sin(times)[None, :, None]
    noisy = truth + RNG.normal(0.0, 0.1, truth.shape)
    smooth, slopes = smooth_paths(times, noisy, 0.1)
    assert ((smooth - truth) ** 2).mean() < 0.3 * ((noisy - truth) ** 2).mean()
    assert np.abs(slopes[0, 5:-5, 0] - np.cos(times)[5:-5]).max() < 0.3


def test_an_ensemble_leaves_the_global_random_numbers_alone():
    np.random.seed(7)  # noqa: NPY002
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(7)  # noqa: NPY002
    fit_polynomials([spirals()], form="integral", degree=3, threshold=0.05, ensemble=True)
    assert np.random.random() == expected  # noqa: NPY002


@pytest.mark.slow
def test_the_integral_form_finds_the_exact_seven_terms_in_ten_of_ten_data_sets(centre):
    table = fit_polynomials(centre, form="integral", degree=3, threshold=0.02, span=4.0)
    assert [np.array_equal(own != 0.0, TRUE_TABLE != 0.0) for own in table] == [True] * 10
    numbers = judge(PolynomialFields(table), CENTRE, centre)
    assert max(row["mse_within/0.5"] for row in numbers) <= 1e-6
    assert [row["hopf_current"] for row in numbers] == pytest.approx(
        [hopf_currents()[0]] * 10, abs=1e-4
    )


# --- shooting -----------------------------------------------------------------------------------


@pytest.mark.slow
def test_parameters_are_found_within_a_tenth_of_a_per_cent(centre):
    found = fit_parameters(centre, GUESSES[:1], 10.0, 0.05).parameters
    assert found == pytest.approx(np.tile([A_PARAM, B_PARAM, TAU], (10, 1)), rel=1e-3)


@pytest.mark.slow
def test_one_long_window_gets_stuck_where_short_ones_do_not(centre):
    long = fit_parameters(centre, GUESSES[:1], 40.0, 0.05).parameters
    off = np.abs(long / [A_PARAM, B_PARAM, TAU] - 1.0).max(axis=1)
    assert (off > 0.1).any()


@pytest.mark.slow
def test_parameters_are_found_from_the_voltage_alone():
    data = [data_set(replace(CENTRE, voltage_only=True), seed) for seed in range(2)]
    found = fit_parameters(data, GUESSES, 10.0, 0.05).parameters
    assert found == pytest.approx(np.tile([A_PARAM, B_PARAM, TAU], (2, 1)), rel=1e-3)


@pytest.mark.slow
def test_shooting_ends_where_scipy_does():
    data = data_set(Problem(noise_std=0.05, n_trajectories=4), 1)
    windows = cut([data], 10.0, 0.05)
    guess = np.array([0.6, 0.7, np.log(10.0)])
    found = shoot(parametric, guess[None], windows)

    def residuals(unknown):
        state, path = unknown[3:].reshape(-1, 2), []
        stack = ParameterFields(np.array([[*unknown[:2], np.exp(unknown[2])]]))
        stack.step = 0.25
        drive = np.broadcast_to(windows.currents[0], (windows.targets.shape[2] - 1, len(state)))
        path = stack.forecast(state, drive, windows.dt)[0]
        return (path - windows.targets[0]).ravel()

    start = np.concatenate([guess, windows.starts[0].ravel()])
    theirs = least_squares(residuals, start, method="lm")
    assert found.constants[0] == pytest.approx(theirs.x[:3], rel=1e-3)
    assert found.error[0] == pytest.approx(2 * theirs.cost / windows.targets.size, rel=1e-3)


def test_constants_that_are_not_free_stay():
    windows = cut([data_set(Problem(n_trajectories=4), 0)], 10.0, 0.0)
    guess = (TRUE_TABLE + 0.01 * (TRUE_TABLE != 0.0)).reshape(1, -1)
    found = shoot(polynomial, guess, windows, free=guess != 0.0).constants
    assert (found[guess == 0.0] == 0.0).all()
    assert found == pytest.approx(TRUE_TABLE.reshape(1, -1), abs=5e-4)


# --- kernels ------------------------------------------------------------------------------------


def test_a_kernel_field_is_scikit_learns_prediction(monkeypatch):
    from sklearn.gaussian_process import GaussianProcessRegressor

    fitted = []
    original = GaussianProcessRegressor.fit

    def fit(self, x, y):
        fitted.append((self, y))
        return original(self, x, y)

    monkeypatch.setattr(GaussianProcessRegressor, "fit", fit)
    data = data_set(Problem(n_trajectories=5), 0)
    stack = fit_kernels([data], [0], smoothing=0.0)
    process, targets = fitted[0]
    assert len(targets) == N_SAMPLES
    points = RNG.uniform(-1.5, 1.5, (20, 2))
    _, slopes = smooth_paths(data.times[0], np.stack(data.values), 0.0)
    rows = np.random.default_rng(0).permutation(slopes.size // 2)[:N_SAMPLES]
    unit = slopes.reshape(-1, 2)[rows].std(axis=0)
    expected = process.predict(np.column_stack([points, np.full(20, 0.5)])) * unit
    assert stack.field_at(points, 0.5)[0] == pytest.approx(expected, rel=1e-3, abs=1e-3)


# --- networks -----------------------------------------------------------------------------------


def test_networks_forecast_as_the_books_models_do():
    models = [load_pretrained("best_recipe", seed) for seed in range(2)]
    stack = networks.NetworkFields(stack_weights(models))
    starts, times = RNG.uniform(-1.0, 1.0, (3, 2)), DT * np.arange(41)
    paths = stack.forecast(starts, np.full((40, 3), 0.5), DT)
    for model, path in zip(models, paths, strict=True):
        assert path == pytest.approx(metrics.predict(model, starts, 0.5, times), abs=1e-4)


def test_maps_forecast_as_the_books_models_do():
    model = load_pretrained("discrete_rnn_best_recipe", 0)
    stack = networks.NetworkMaps(stack_weights([model]), DT)
    starts, times = RNG.uniform(-1.0, 1.0, (3, 2)), DT * np.arange(41)
    path = stack.forecast(starts, np.full((40, 3), 0.5), DT)[0]
    assert path == pytest.approx(metrics.predict(model, starts, 0.5, times), abs=1e-4)
    as_field = stack.reading_as_field()
    assert isinstance(as_field, StepAsField)
    expected = metrics.vector_field(model, starts, 0.5, dt=DT)
    assert as_field.field_at(starts, 0.5)[0] == pytest.approx(expected, abs=1e-5)
    member = stack.member(0)
    assert metrics.learned_hopf_current(member, (0.2, 0.5), n_currents=4) == pytest.approx(
        metrics.learned_hopf_current(model, (0.2, 0.5), n_currents=4), abs=1e-6
    )


def test_a_gated_unit_is_pytorchs():
    weights = networks.initial_units([5], hidden=6)
    weights["out"] = torch.randn(1, 6, 2)
    stack = networks.Recurrent(weights, DT)
    torch.manual_seed(5)
    cell = torch.nn.GRUCell(3, 6)
    with torch.no_grad():
        cell.bias_hh.zero_()
        y, h = torch.randn(4, 2), torch.zeros(4, 6)
        ours, memory = y[None], None
        for _ in range(3):
            I = torch.full((4,), 0.5)
            h = cell(torch.cat([y, I[:, None]], dim=-1), h)
            y = y + h @ weights["out"][0]
            ours, memory = stack.advance(ours, I[None], DT, memory)
    assert ours[0].numpy() == pytest.approx(y.numpy(), abs=1e-5)


@pytest.mark.parametrize(("known", "side"), [("v", 0), ("w", 1)])
def test_a_hybrid_knows_its_side(known, side):
    stack = networks.NetworkFields(networks.initial_networks([0], hidden=4), known)
    field = stack.field_at(SOME_STATES, 0.5)[0]
    assert field[..., side] == pytest.approx(fhn_rhs(SOME_STATES, 0.5)[..., side], abs=1e-5)
    assert (field[..., 1 - side] == 0.0).all()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "dt"),
    [
        ("neural_ode", 0.1),
        ("discrete_map", 2.0),
        ("hybrid_w", 2.0),
        ("hybrid_v", 0.5),
        ("gru", 0.1),
    ],
)
def test_networks_learn_from_any_sampling(kind, dt):
    problem = Problem(n_trajectories=8, dt=dt)
    sets = [data_set(problem, seed) for seed in range(2)]

    def error(updates):
        stack = CONTESTANTS[kind].fit(sets, (0, 1), {"window": 5, "updates": updates})
        return validation_errors(stack, tuple(sets))

    assert (error(150) < 0.9 * error(1)).all()


def test_thinning_keeps_every_sample_once():
    data = data_set(Problem(n_trajectories=2, dt=0.1), 0)
    paths = networks._thinned([data])
    assert paths.dt == pytest.approx(0.5)
    assert paths.states.shape == (1, 10, 80, 2)
    own = paths.states[0, ::2, :, 0].T.reshape(-1)
    assert own.numpy() == pytest.approx(data.values[0][:400, 0], abs=1e-6)
    assert np.array_equal(paths.currents[0, :2].numpy(), np.float32(data.inputs))


def test_a_gradient_that_is_not_finite_moves_nothing():
    value = torch.ones(2, 3, requires_grad=True)
    value.grad = torch.tensor([[1.0, torch.inf, 1.0], [3.0, 4.0, 0.0]])
    networks._clip_each([value], 1.0)
    assert value.grad.numpy() == pytest.approx(np.array([[0, 0, 0], [0.6, 0.8, 0.0]]), abs=1e-5)


# --- judges -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_the_truth_passes_every_judge():
    (numbers,) = judge(TRUTH, CENTRE, [data_set(CENTRE, 0)])
    assert numbers["mse_within/0.5"] < 1e-7
    assert numbers["mse_within/0.2"] < 1e-7
    assert numbers["mse_other_step/0.5"] < 1e-7
    assert numbers["cosine_far/0.2"] == pytest.approx(1.0)
    assert numbers["field_error_near/0.5"] < 1e-12
    assert abs(numbers["period_error"]) < 1e-4
    assert numbers["fires_at_rest"] == 0.0
    assert numbers["hopf_current"] == pytest.approx(hopf_currents()[0], abs=1e-6)
    assert numbers["onset"] == pytest.approx(true_onset("fhn"), abs=1e-3)
    assert numbers["spike_distance"] < 1e-2


def test_another_neuron_fails_them():
    sets = [data_set(CENTRE, 0)]
    (numbers,) = judge(ParameterFields(np.array([[0.7, 0.8, 8.0]])), CENTRE, sets)
    assert numbers["mse_within/0.5"] > 0.1
    assert numbers["period_error"] < -0.1
    assert numbers["spike_distance"] > 0.3
    assert numbers["field_error_near/0.5"] > 0.01
    assert abs(numbers["hopf_current"] - hopf_currents()[0]) > 0.005


def test_what_diverges_is_infinitely_wrong():
    table = TRUE_TABLE.copy()
    table[0, 6] = 1.0
    (numbers,) = judge(PolynomialFields(table[None]), CENTRE, [data_set(CENTRE, 0)])
    assert numbers["mse_within/0.5"] == np.inf
    assert numbers["spike_distance"] == np.inf
    assert np.isnan(numbers["period_error"])


def test_the_exams_period_is_the_limit_cycles():
    assert exam("fhn").period == pytest.approx(limit_cycle(0.5).period, rel=1e-4)
    assert exam("fhn").fine.shape == (2, 64, round(40.0 / OTHER_STEP) + 1, 2)


# --- tuning -------------------------------------------------------------------------------------


def test_every_contestant_keeps_to_the_budget_and_tunes_on_other_data():
    assert all(len(one.settings) <= MOST_SETTINGS for one in CONTESTANTS.values())
    assert not set(TUNING_SEEDS) & set(SEEDS)


def toy(settings):
    def fit(data_sets, _seeds, setting):
        return ParameterFields(np.tile([A_PARAM, B_PARAM, setting["tau"]], (len(data_sets), 1)))

    return Contestant("toy", "toy", "shooting", settings, fit, lambda _: True)


def test_the_better_setting_is_chosen():
    problem = Problem(noise_std=0.05, n_trajectories=4)
    choice = choose(toy(({"tau": 8.0}, {"tau": TAU}, {"tau": 20.0})), problem)
    assert choice.setting == {"tau": TAU}
    assert len(choice.errors) == 3
    # What is left is noise, of the start and of the samples.
    assert 0.05**2 < choice.errors[1] < 10 * 0.05**2


def test_too_many_settings_are_refused():
    with pytest.raises(ValueError, match="at most 12 settings"):
        choose(toy(tuple({"tau": float(n)} for n in range(1, 14))), CENTRE)
