"""Errors along trajectories: exact models score zero, diverged ones infinity, never NaN."""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from torch import nn

from neurode_lib.fitzhugh_nagumo import fhn_rhs, simulate
from neurode_lib.metrics import (
    DivergedWarning,
    UntrainedCurrentWarning,
    divergence_steps,
    error_by_horizon,
    extrapolation_mse,
    irregular_grid,
    mse_on_grid,
    predict,
    trajectory_mse,
    true_trajectories,
)
from neurode_lib.models import DiscreteRNN, NeuralODE, ODEFunc
from neurode_lib.trained_range import keep_trained_range

STARTS = np.array([[1.0, 0.5], [-1.2, -0.3], [0.1, 0.9]])
CURRENTS = np.array([0.2, 0.5, 0.9])
GRID = 0.5 * np.arange(9)


class Explosion(nn.Module):
    """Grows tenfold each unit of time, and starts further out for a larger current."""

    def forward(self, _t, y, I):
        return y**3 * I[:, None]


@pytest.fixture
def paths():
    rng = np.random.default_rng(0)
    return rng.normal(size=(4, 7, 2)), rng.normal(size=(4, 7, 2))


# --- predictions ---------------------------------------------------------------------------------


def test_predictions_of_the_true_field_are_the_simulators(true_model):
    found = predict(true_model, STARTS, CURRENTS, GRID)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, simulate(STARTS, CURRENTS, 8, substeps=1), atol=1e-13)


def test_one_current_serves_all_trajectories(true_model):
    np.testing.assert_array_equal(
        predict(true_model, STARTS, 0.5, GRID), predict(true_model, STARTS, [0.5, 0.5, 0.5], GRID)
    )


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_predictions_run_in_the_models_dtype_without_gradients(dtype):
    seen = []

    class Spy(ODEFunc):
        def forward(self, t, y, I):
            seen.append((t.dtype, y.dtype, I.dtype, torch.is_grad_enabled()))
            return super().forward(t, y, I)

    model = NeuralODE(Spy(hidden=4, zero_init=False)).to(dtype)
    found = predict(model, STARTS, 0.5, GRID)
    assert set(seen) == {(dtype, dtype, dtype, False)}
    assert (found.dtype, found.shape) == (np.float64, (3, 9, 2))
    direct = model(*(torch.tensor(x, dtype=dtype) for x in (STARTS, np.full(3, 0.5), GRID)))
    np.testing.assert_array_equal(found, direct.detach().double().numpy().transpose(1, 0, 2))


def clock(dt):
    return np.linspace(0.0, 20.0, round(20.0 / dt) + 1)


def test_the_perfect_step_predicts_its_own_clock_only(perfect_step):
    assert mse_on_grid(perfect_step, STARTS, CURRENTS, clock(0.5)) < 1e-9
    assert mse_on_grid(perfect_step, STARTS, CURRENTS, clock(0.25)) > 0.1
    assert mse_on_grid(perfect_step, STARTS, CURRENTS, clock(1.0)) > 0.1


def test_the_true_field_predicts_under_every_clock(true_model):
    assert mse_on_grid(true_model, STARTS, CURRENTS, clock(0.25)) < 1e-6
    assert mse_on_grid(true_model, STARTS, CURRENTS, clock(0.05)) < 1e-12
    grid = irregular_grid(np.random.default_rng(0), 200, 20.0)
    assert mse_on_grid(true_model, STARTS, CURRENTS, grid) < 1e-8


# --- divergence ----------------------------------------------------------------------------------


def test_a_diverging_model_scores_infinity_and_says_where_and_when():
    model = NeuralODE(Explosion())
    starts, currents = [[1.0, 0.0], [0.1, 0.0], [2.0, 0.0]], [1.0, 1e-3, 1.0]
    with pytest.warns(DivergedWarning, match=r"^2 of 3 trajectories left .* first number 2 before"):
        found = predict(model, starts, currents, GRID)
    truth = true_trajectories(starts, currents, GRID)
    steps = divergence_steps(found)
    assert steps[1] == len(GRID)
    assert 0 < steps[2] <= steps[0] < len(GRID)
    assert np.isfinite(found[0, : steps[0]]).all()
    assert not np.isfinite(found[0, steps[0]]).all()
    assert trajectory_mse(found, truth) == math.inf
    curve = error_by_horizon(found, truth)
    assert not np.isnan(curve).any()
    assert np.isfinite(curve[: steps.min()]).all()
    assert np.isinf(curve[steps.min() :]).all()
    with pytest.warns(DivergedWarning, match=f"before t = {GRID[steps[2]]:g}, last seen at v = "):
        assert mse_on_grid(model, starts, currents, GRID) == math.inf


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 1e200])
def test_one_lost_value_makes_the_mean_infinite(paths, value):
    predicted, truth = paths
    predicted[2, 5, 1] = value
    assert trajectory_mse(predicted, truth) == math.inf
    curve = error_by_horizon(predicted, truth)
    assert np.isinf(curve[5])
    assert np.isfinite(np.delete(curve, 5)).all()
    assert extrapolation_mse(predicted, truth, 3).beyond == math.inf
    assert extrapolation_mse(predicted, truth, 3).within < math.inf


def test_trajectories_that_stay_finite_last_to_the_end(paths):
    np.testing.assert_array_equal(divergence_steps(paths[0]), 7)


@pytest.mark.parametrize("column", [0, 1])
def test_divergence_of_either_variable_counts(paths, column):
    predicted, _ = paths
    predicted[1, 3:, column] = math.nan
    np.testing.assert_array_equal(divergence_steps(predicted), [7, 3, 7, 7])


# --- errors --------------------------------------------------------------------------------------


def test_errors_agree_with_loops_over_every_value(paths):
    predicted, truth = paths
    by_hand = [
        sum((predicted[n, k, d] - truth[n, k, d]) ** 2 for n in range(4) for d in range(2)) / 8
        for k in range(7)
    ]
    np.testing.assert_allclose(error_by_horizon(predicted, truth), by_hand, rtol=1e-13)
    assert trajectory_mse(predicted, truth) == pytest.approx(sum(by_hand) / 7, rel=1e-13)
    assert trajectory_mse(truth, truth) == 0.0
    assert trajectory_mse(truth + 0.5, truth) == pytest.approx(0.25)


def test_extrapolation_splits_after_the_last_trained_step():
    truth = np.zeros((2, 401, 2))
    predicted = truth.copy()
    predicted[:, 80] = 9.0
    predicted[:, 81] = 4.0
    found = extrapolation_mse(predicted, truth)
    assert found.within == pytest.approx(81.0 / 81)
    assert found.beyond == pytest.approx(16.0 / 320)


# --- grids and truth -----------------------------------------------------------------------------


def test_truth_on_an_uneven_grid_agrees_with_dop853():
    grid = irregular_grid(np.random.default_rng(1), 15, 12.0)
    found = true_trajectories(STARTS, CURRENTS, grid)
    assert found.shape == (3, 16, 2)
    for start, current, path in zip(STARTS, CURRENTS, found, strict=True):
        exact = solve_ivp(lambda _t, y, I=current: fhn_rhs(y, I), (0, 12.0), start, t_eval=grid,
                          method="DOP853", rtol=1e-12, atol=1e-13).y.T  # fmt: skip
        np.testing.assert_allclose(path, exact, atol=1e-8)


def test_irregular_grids_are_random_increasing_and_bounded():
    grid = irregular_grid(np.random.default_rng(0), 1000, 40.0)
    gaps = np.diff(grid)
    assert grid.shape == (1001,)
    assert grid[0] == 0.0
    assert grid[-1] == pytest.approx(40.0, rel=1e-14)
    assert gaps.min() > 0.0
    assert 5.0 < gaps.max() / gaps.min() <= 9.0
    assert gaps.mean() == pytest.approx(0.04)
    assert not np.array_equal(grid, irregular_grid(np.random.default_rng(1), 1000, 40.0))
    np.testing.assert_array_equal(grid, irregular_grid(np.random.default_rng(0), 1000, 40.0))


# --- bad input -----------------------------------------------------------------------------------

MODEL = NeuralODE(ODEFunc(hidden=2))
PATH = np.zeros((2, 5, 2))


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("initial_states", lambda: predict(MODEL, [0.0, 0.0], 0.5, GRID)),
        ("initial_states", lambda: predict(MODEL, [[0.0, 0.0, 0.0]], 0.5, GRID)),
        ("initial_states", lambda: predict(MODEL, [[0.0, math.nan]], 0.5, GRID)),
        ("I", lambda: predict(MODEL, [[0.0, 0.0]], [0.2, 0.5], GRID)),
        ("I", lambda: predict(MODEL, [[0.0, 0.0]], math.inf, GRID)),
        ("t_eval", lambda: predict(MODEL, [[0.0, 0.0]], 0.5, [0.0])),
        ("t_eval", lambda: predict(MODEL, [[0.0, 0.0]], 0.5, [[0.0, 1.0]])),
        ("t_eval", lambda: predict(MODEL, [[0.0, 0.0]], 0.5, [0.0, 1.0, 1.0])),
        ("t_eval", lambda: predict(MODEL, [[0.0, 0.0]], 0.5, [0.0, math.nan])),
        ("t_eval", lambda: true_trajectories([[0.0, 0.0]], 0.5, [1.0, 0.0])),
        ("predicted", lambda: trajectory_mse(PATH[:, :4], PATH)),
        ("predicted", lambda: trajectory_mse(PATH[0], PATH)),
        ("truth", lambda: trajectory_mse(PATH[0], PATH[0])),
        ("truth", lambda: trajectory_mse(PATH, PATH + math.nan)),
        ("predicted", lambda: error_by_horizon(PATH, PATH[..., :1])),
        ("predicted", lambda: divergence_steps(PATH[0])),
        ("trained_steps", lambda: extrapolation_mse(PATH, PATH)),
        ("trained_steps", lambda: extrapolation_mse(PATH, PATH, 4)),
        ("trained_steps", lambda: extrapolation_mse(PATH, PATH, 0)),
        ("n_steps", lambda: irregular_grid(np.random.default_rng(0), 0, 1.0)),
        ("t_end", lambda: irregular_grid(np.random.default_rng(0), 3, 0.0)),
    ],
)
def test_bad_input_is_refused_by_name(argument, call):
    with pytest.raises(ValueError, match=rf"^{argument} must"):
        call()


def test_an_untrained_rnn_stands_still_on_any_grid():
    found = predict(DiscreteRNN(hidden=2), STARTS, 0.5, GRID)
    np.testing.assert_allclose(found, np.broadcast_to(STARTS[:, None], found.shape), atol=1e-7)


# --- limits, messages and warnings ---------------------------------------------------------------


def test_one_time_beyond_the_horizon_is_enough(paths):
    predicted, truth = paths
    assert extrapolation_mse(predicted, truth, 5).beyond == pytest.approx(
        np.square(predicted - truth)[:, 6].mean()
    )


def test_predictions_ask_for_the_currents_that_the_model_was_trained_on():
    model = NeuralODE(ODEFunc(hidden=2))
    keep_trained_range(model, [0.2, 0.5])
    predict(model, STARTS[:2], [0.2, 0.5], GRID)
    with pytest.warns(UntrainedCurrentWarning, match=r"^I = 0\.9 lies outside .* 0\.2 to 0\.5:"):
        predict(model, STARTS[:2], [0.3, 0.9], GRID)


@pytest.mark.parametrize(
    ("error", "call", "message"),
    [
        (
            ValueError,
            lambda: predict(Transposed(), STARTS, CURRENTS, GRID),
            r"^model must return shape \(9, 3, 2\), time first, got \(3, 9, 2\)$",
        ),
        (
            TypeError,
            lambda: predict(len, STARTS, CURRENTS, GRID),
            "^model must be a torch module, got builtin_function_or_method$",
        ),
        (
            ValueError,
            lambda: extrapolation_mse(np.ones((1, 4, 2)), np.ones((1, 4, 2)), 3),
            "^trained_steps must leave times beyond it: got 3 for trajectories of 3 steps$",
        ),
        (
            ValueError,
            lambda: true_trajectories(STARTS, CURRENTS, [0.0, 1.0, 1.0, 3.0]),
            "^t_eval must be strictly increasing, got 1 followed by 1 at index 2$",
        ),
        (
            ValueError,
            lambda: true_trajectories(STARTS, CURRENTS, [5.0, 7.0, 6.0]),
            "^t_eval must be strictly increasing, got 7 followed by 6 at index 2$",
        ),
        (
            FloatingPointError,
            lambda: true_trajectories([[0.0, 0.0], [300.0, 4.0]], 0.5, [0.0, 2.5]),
            r"before t = 2\.5: steps of 0\.05 .* trajectory 1, last seen at v = 300, w = 4;",
        ),
    ],
)
def test_messages_say_what_came_and_what_was_expected(error, call, message):
    with pytest.raises(error, match=message):
        call()


class Transposed(nn.Module):
    """Batch first, as no model of this library is."""

    def forward(self, y0, _I, t_eval):
        return torch.zeros(len(y0), len(t_eval), 2)


def test_the_warning_quotes_the_last_finite_state():
    with pytest.warns(DivergedWarning) as warnings:
        found = predict(NeuralODE(Explosion()), [[2.0, 0.5]], 1.0, GRID)
    step = divergence_steps(found)[0]
    v, w = found[0, step - 1]
    assert str(warnings[0].message).endswith(
        f"last seen at v = {v:g}, w = {w:g}; errors over them are infinite"
    )
    with pytest.warns(DivergedWarning, match=r"last seen at v = 1e\+200, w = 3;"):
        predict(NeuralODE(Explosion()), [[1e200, 3.0]], 1.0, GRID)


def test_no_trajectories_are_refused():
    with pytest.raises(ValueError, match=r"^predicted must"):
        divergence_steps(np.empty((0, 5, 2)))
