"""Comparing vector fields: exact fields score perfectly, vanishing ones have a defined score."""

import math
import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import linregress
from torch import nn

from neurode_lib.fitzhugh_nagumo import build_dataset, fhn_rhs
from neurode_lib.metrics import (
    affine_share,
    cosine_similarity,
    distance_to_data,
    field_on_grid,
    mean_cosine_similarity,
    relative_field_error,
    split_by_distance,
    vector_field,
)
from neurode_lib.metrics.fields import field_of
from neurode_lib.models import DiscreteRNN, NeuralODE, ODEFunc

components = st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-6)
vectors = st.tuples(components, components).filter(any)


def at_random(n=50, seed=0):
    rng = np.random.default_rng(seed)
    return rng.uniform([-2, -1], [2, 1], size=(n, 2)), rng.uniform(0, 1, size=n)


# --- fields of models ----------------------------------------------------------------------------


def test_the_field_of_the_true_model_is_the_truth(true_model):
    states, currents = at_random()
    np.testing.assert_allclose(
        vector_field(true_model, states, currents), fhn_rhs(states, currents), atol=1e-14
    )


def test_a_neural_odes_field_is_its_func_and_ignores_dt():
    model = NeuralODE(ODEFunc(hidden=4, zero_init=False))
    states, currents = at_random()
    direct = model.func(torch.zeros(()), torch.tensor(states).float(),
                        torch.tensor(currents).float())  # fmt: skip
    found = vector_field(model, states, currents, dt=0.1)
    np.testing.assert_array_equal(found, direct.detach().double().numpy())


def test_a_discrete_networks_implied_field_is_its_step_over_dt():
    model = DiscreteRNN(hidden=4, zero_init=False).double()
    states, currents = at_random()
    step = model.step(torch.tensor(states), torch.tensor(currents)).detach().numpy()
    np.testing.assert_allclose(vector_field(model, states, currents, dt=0.25), 4 * step)
    np.testing.assert_allclose(vector_field(model, states, currents), 2 * step)


def test_even_a_perfect_step_implies_a_field_that_is_off(perfect_step):
    points, true = field_on_grid(fhn_rhs, 0.5)
    implied = vector_field(perfect_step, points, 0.5)
    assert 0.99 < mean_cosine_similarity(implied, true) < 0.995
    assert 0.4 < relative_field_error(implied, true) < 0.45


def test_only_a_network_with_a_time_input_notices_t():
    states, currents = at_random()
    for time_input in (False, True):
        model = NeuralODE(ODEFunc(hidden=4, time_input=time_input, zero_init=False))
        same = np.array_equal(vector_field(model, states, currents, t=0.0),
                              vector_field(model, states, currents, t=5.0))  # fmt: skip
        assert same != time_input


def test_states_keep_their_shape_and_currents_broadcast(true_model):
    states = np.random.default_rng(0).normal(size=(3, 4, 2))
    currents = np.array([0.1, 0.2, 0.3, 0.4])
    found = vector_field(true_model, states, currents)
    assert found.shape == (3, 4, 2)
    np.testing.assert_allclose(found, fhn_rhs(states, currents), atol=1e-14)


def test_the_grid_is_laid_out_for_quiver():
    points, field = field_on_grid(fhn_rhs, 0.5, v_range=(-1.0, 1.0), w_range=(0.0, 3.0), n=4)
    np.testing.assert_allclose(points[0, :, 0], [-1.0, -1 / 3, 1 / 3, 1.0])
    np.testing.assert_allclose(points[:, 0, 1], [0.0, 1.0, 2.0, 3.0])
    assert (points[:, :, 0] == points[0, :, 0]).all()
    np.testing.assert_array_equal(field, fhn_rhs(points, 0.5))


def test_the_default_grid_holds_the_training_data():
    points, _ = field_on_grid(fhn_rhs, 0.5)
    assert points.shape == (21, 21, 2)
    states, _ = build_dataset(seed=0)
    corners = points.reshape(-1, 2)
    assert (states.reshape(-1, 2) > corners.min(axis=0)).all()
    assert (states.reshape(-1, 2) < corners.max(axis=0)).all()


# --- cosine --------------------------------------------------------------------------------------


@given(vectors, vectors)
def test_cosine_is_the_cosine_of_the_angle_between(a, b):
    angle = math.atan2(a[1], a[0]) - math.atan2(b[1], b[0])
    assert float(cosine_similarity(a, b)) == pytest.approx(math.cos(angle), abs=1e-12)


@given(vectors, vectors, st.sampled_from([1e-300, 1e-9, 1e9, 1e300]))
def test_cosine_depends_on_direction_alone(a, b, scale):
    scaled = np.array(a) * min(scale, 1e300 / max(abs(x) for x in a))
    expected = pytest.approx(float(cosine_similarity(a, b)), abs=1e-9)
    assert float(cosine_similarity(scaled, b)) == expected
    assert float(cosine_similarity(b, scaled)) == expected


@pytest.mark.parametrize(("a", "b"), [((0, 0), (1, 2)), ((1, 2), (0, 0)), ((0, 0), (0, 0))])
def test_cosine_is_zero_where_a_field_vanishes(a, b):
    assert float(cosine_similarity(a, b)) == 0.0


def test_an_untrained_network_scores_zero_and_does_not_warn():
    points, true = field_on_grid(fhn_rhs, 0.5)
    for model in (NeuralODE(ODEFunc()), DiscreteRNN()):
        field = vector_field(model, points, 0.5)
        assert mean_cosine_similarity(field, true) == 0.0
        assert relative_field_error(field, true) == 1.0


def test_the_mean_is_over_all_points_vanishing_ones_included():
    a = np.array([[[1.0, 0.0], [0.0, 2.0]], [[0.0, 0.0], [-3.0, 0.0]]])
    b = np.broadcast_to([1.0, 0.0], a.shape)
    np.testing.assert_allclose(cosine_similarity(a, b), [[1.0, 0.0], [0.0, -1.0]])
    assert mean_cosine_similarity(a, b) == 0.0
    assert mean_cosine_similarity(b, b) == 1.0


# --- magnitude -----------------------------------------------------------------------------------


def test_relative_error_of_fields_with_a_known_answer():
    true = fhn_rhs(*at_random())
    assert relative_field_error(true, true) == 0.0
    assert relative_field_error(1.2 * true, true) == pytest.approx(0.2)
    assert relative_field_error(-true, true) == pytest.approx(2.0)
    assert relative_field_error([[3.0, 0.0], [0.0, 0.0]], [[0.0, 4.0], [0.0, 0.0]]) == (
        pytest.approx(5.0 / 4.0)
    )


def test_relative_error_is_not_dominated_by_a_point_at_an_equilibrium():
    true = np.array([[1.0, 0.0], [1e-12, 0.0]])
    learned = np.array([[1.0, 0.0], [1e-3, 0.0]])
    assert relative_field_error(learned, true) == pytest.approx(1e-3)


# --- near and far --------------------------------------------------------------------------------


def test_distance_to_data_agrees_with_every_pair():
    states, _ = build_dataset(3, 10, seed=0)
    points, _ = field_on_grid(fhn_rhs, 0.5, n=6)
    pairs = points[:, :, None] - states.reshape(-1, 2)
    np.testing.assert_allclose(
        distance_to_data(points, states), np.linalg.norm(pairs, axis=-1).min(axis=-1)
    )
    np.testing.assert_array_equal(distance_to_data(states, states), 0.0)


def test_the_split_takes_the_metric_on_each_side_and_includes_the_radius():
    true = np.array([[1.0, 0.0]] * 4)
    learned = np.array([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]])
    distances = [0.0, 0.25, 0.2500001, 3.0]
    found = split_by_distance(mean_cosine_similarity, learned, true, distances, 0.25)
    assert found == (1.0, -0.5)
    errors = split_by_distance(relative_field_error, learned, true, distances, 0.25)
    assert errors.near == 0.0
    assert errors.far == pytest.approx(math.sqrt((4 + 2) / 2))


def test_a_side_without_points_has_no_value():
    true = np.ones((2, 3, 2))
    assert split_by_distance(mean_cosine_similarity, true, true, np.ones((2, 3)), 1.0) == (
        pytest.approx(1.0),
        None,
    )
    assert split_by_distance(mean_cosine_similarity, true, true, np.ones((2, 3)), 0.5) == (
        None,
        pytest.approx(1.0),
    )


# --- bad input -----------------------------------------------------------------------------------

MODEL = NeuralODE(ODEFunc(hidden=2))
ONES = np.ones((3, 2))


@pytest.mark.parametrize(
    ("argument", "call"),
    [
        ("states", lambda: vector_field(MODEL, [0.0, 0.0, 0.0], 0.5)),
        ("states", lambda: vector_field(MODEL, [0.0, math.nan], 0.5)),
        ("I", lambda: vector_field(MODEL, ONES, [0.2, 0.5])),
        ("I", lambda: vector_field(MODEL, ONES, math.nan)),
        ("dt", lambda: vector_field(MODEL, ONES, 0.5, dt=0.0)),
        ("t", lambda: vector_field(MODEL, ONES, 0.5, t=math.inf)),
        ("I", lambda: field_on_grid(fhn_rhs, math.nan)),
        ("n", lambda: field_on_grid(fhn_rhs, 0.5, n=1)),
        ("v_range", lambda: field_on_grid(fhn_rhs, 0.5, v_range=(1.0, 1.0))),
        ("w_range", lambda: field_on_grid(fhn_rhs, 0.5, w_range=(0.0, 1.0, 2.0))),
        ("a", lambda: cosine_similarity([1.0], ONES)),
        ("a", lambda: cosine_similarity(ONES[:2], ONES)),
        ("a", lambda: cosine_similarity(ONES * math.nan, ONES)),
        ("b", lambda: cosine_similarity(ONES, ONES * math.inf)),
        ("learned", lambda: relative_field_error(ONES[:2], ONES)),
        ("true", lambda: relative_field_error(ONES, 0 * ONES)),
        ("points", lambda: distance_to_data([0.0], ONES)),
        ("states", lambda: distance_to_data(ONES, [math.nan, 0.0])),
        ("distances", lambda: split_by_distance(relative_field_error, ONES, ONES, [1.0], 1.0)),
        ("radius", lambda: split_by_distance(relative_field_error, ONES, ONES, [1.0] * 3, -1.0)),
    ],
)
def test_bad_input_is_refused_by_name(argument, call):
    with pytest.raises(ValueError, match=rf"^{argument} must"):
        call()


def test_other_models_have_no_field():
    with pytest.raises(TypeError, match=r"^model must be a NeuralODE or a DiscreteRNN, got Linear"):
        vector_field(nn.Linear(2, 2), ONES, 0.5)


# --- how straight a field is ---------------------------------------------------------------------


def test_an_affine_field_is_explained_whole_and_a_pure_curve_not_at_all():
    v, w = np.meshgrid(np.linspace(-1, 1, 9), np.linspace(-1, 1, 9))
    points = np.stack([v, w], axis=-1)
    affine = np.stack([2 * v - w + 3, 0.5 * w - 1], axis=-1)
    assert affine_share(points, affine) == pytest.approx(1.0, abs=1e-14)
    # Even functions are orthogonal to the affine ones on a symmetric grid, but for the constant.
    even = np.stack([v**2, v * w], axis=-1)
    assert affine_share(points, even) == pytest.approx(0.0, abs=1e-14)


def test_the_affine_share_is_scipys_for_one_variable():
    rng = np.random.default_rng(0)
    v = rng.normal(size=40)
    points = np.stack([v, np.zeros(40)], axis=-1)
    field = np.stack([v**3 + rng.normal(size=40), np.zeros(40)], axis=-1)
    expected = linregress(v, field[:, 0]).rvalue ** 2
    assert affine_share(points, field) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_the_affine_share_depends_on_no_scale(scale):
    points = np.random.default_rng(1).normal(size=(40, 2))
    field = fhn_rhs(points, 0.5)
    assert affine_share(scale * points, scale * field) == pytest.approx(
        affine_share(points, field), rel=1e-9
    )


def test_a_constant_field_has_no_variation_to_explain():
    with pytest.raises(ValueError, match="field must not be the same"):
        affine_share(at_random()[0], np.ones((50, 2)))


# --- defaults, limits and messages ---------------------------------------------------------------


def test_defaults_are_the_training_step_and_the_start_of_time():
    rnn = DiscreteRNN(hidden=3, zero_init=False)
    clock = NeuralODE(ODEFunc(hidden=3, time_input=True, zero_init=False))
    y, I = torch.tensor([[0.3, -0.2]]), torch.tensor([0.4])
    assert torch.equal(field_of(rnn)(y, I), rnn.step(y, I) / 0.5)
    assert torch.equal(field_of(clock)(y, I), clock.func(torch.tensor(0.0), y, I))
    states = y.numpy()
    np.testing.assert_array_equal(
        vector_field(clock, states, 0.4), vector_field(clock, states, 0.4, t=0.0)
    )


def test_time_is_shown_in_the_models_own_precision():
    clock = NeuralODE(ODEFunc(hidden=3, time_input=True, zero_init=False)).double()
    y, I = torch.tensor([[0.3, -0.2]]).double(), torch.tensor([0.4]).double()
    t = torch.tensor(0.1, dtype=torch.float64)
    assert torch.equal(field_of(clock, t=0.1)(y, I), clock.func(t, y, I))


def test_two_points_an_axis_are_the_fewest():
    points, _ = field_on_grid(fhn_rhs, 0.5, n=2)
    assert points.shape == (2, 2, 2)


def test_tiny_and_huge_vectors_are_compared_in_one_field():
    a = np.array([[1e-200, 0.0], [1e200, 1e200], [3e-300, 4e-300]])
    np.testing.assert_allclose(cosine_similarity(a, a), 1.0)
    np.testing.assert_allclose(cosine_similarity(a, -a), -1.0)
    assert relative_field_error(3e200 * np.ones((2, 2)), 1e200 * np.ones((2, 2))) == 2.0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: field_on_grid(lambda states, _: states[..., 0], 0.5, n=3),
            "field must return shape (3, 3, 2), got (3, 3)",
        ),
        (
            lambda: split_by_distance(
                mean_cosine_similarity, np.ones((2, 3, 2)), np.ones((2, 3, 2)), [1.0], 1.0
            ),
            "distances must have shape (2, 3) like true, got (1,)",
        ),
        (
            lambda: distance_to_data([[0.0, 0.0, 0.0]], [[0.0, 0.0]]),
            "points must have shape (..., 2), got (1, 3)",
        ),
        (
            lambda: distance_to_data([[0.0, 0.0]], [[0.0, 0.0, 0.0]]),
            "states must have shape (..., 2), got (1, 3)",
        ),
        (lambda: cosine_similarity([1.0, 0.0], [1.0]), "b must have shape (..., 2), got (1,)"),
        (
            lambda: relative_field_error(np.ones((2, 2)), np.ones((3, 2))),
            "learned must have true's shape (3, 2), got (2, 2)",
        ),
    ],
)
def test_messages_say_what_came_and_what_was_expected(call, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        call()


def test_affine_share_names_what_does_not_fit():
    points, field = np.zeros((3, 2)), np.ones((3, 2))
    for name, first, second in [
        ("points", points + np.nan, field),
        ("field", points, field + np.nan),
    ]:
        with pytest.raises(ValueError, match=f"^{name} must"):
            affine_share(first, second)
    with pytest.raises(ValueError, match=r"^field must not be .* there is nothing to explain$"):
        affine_share(points, field)
