"""The divergence in state space, against divergences that are known."""

import numpy as np
import pytest

from neurode_lib.metrics import state_space_divergence

CORNERS = np.array([[0.0, 0.0], [1.0, 1.0]])


def visits(counts):
    """Points of the unit square: so many in each corner of two boxes a side."""
    places = [[0.25, 0.25], [0.25, 0.75], [0.75, 0.25], [0.75, 0.75]]
    return np.repeat(places, counts, axis=0)


def test_it_is_the_divergence_of_the_smoothed_shares():
    truth = np.concatenate([CORNERS, visits([98, 200, 300, 398])])
    model = visits([400, 300, 200, 100])
    p = np.array([99, 200, 300, 399, 0]) + 1.0
    q = np.array([400, 300, 200, 100, 0]) + 1.0
    p, q = p / p.sum(), q / q.sum()
    expected = (p * np.log(p / q)).sum()
    assert state_space_divergence(model, truth, n_bins=2) == pytest.approx(expected, rel=1e-12)


def test_it_does_not_see_the_phase_but_sees_a_cycle_of_another_size():
    angle = np.linspace(0.0, 40.0 * np.pi, 4001)[:-1]
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=-1)
    assert state_space_divergence(np.roll(circle, 37, axis=0), circle) == pytest.approx(0.0)
    errors = [state_space_divergence(size * circle, circle) for size in (0.95, 0.7, 0.3)]
    assert 0.1 < errors[0] < errors[1] < errors[2]


def test_what_leaves_the_range_of_the_truth_counts_as_outside():
    truth = np.random.default_rng(0).uniform(size=(2000, 2))
    inside, outside = truth[::-1], truth + 5.0
    assert state_space_divergence(inside, truth) == pytest.approx(0.0)
    assert state_space_divergence(outside, truth) > 1.0
    assert state_space_divergence(np.full((3, 2), np.nan), truth) == np.inf
