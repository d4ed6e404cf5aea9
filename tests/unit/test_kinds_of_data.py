"""Twelve kinds of data, each learned in a few lines: what comes from others than the FHN study.

The error of each is relative to the variance of what was recorded, of forecasts over whole held-out
trajectories; standing still at the mean would be 1.
"""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp
from torch import nn

from neurode_lib import inputs
from neurode_lib.fitzhugh_nagumo import build_dataset, sample_starts, simulate
from neurode_lib.metrics import predict, trajectory_mse
from neurode_lib.models import NeuralODE, make_model
from neurode_lib.recordings import Recordings
from neurode_lib.scaling import Scaling
from neurode_lib.training import Recipe, train

# Each trains a model.
pytestmark = pytest.mark.slow

GRID = 0.5 * np.arange(41)
SHORT = Recipe(updates=300, lr=1e-2, window=2, batch=200)


def starts(n, seed=0):
    return sample_starts(n, np.random.default_rng(seed))


def solved(rhs, y0, grid):
    """SciPy's solution from each start, shape (N, T, D)."""
    runs = [solve_ivp(rhs, (grid[0], grid[-1]), y, t_eval=grid, rtol=1e-8, atol=1e-8) for y in y0]
    return np.stack([run.y.T for run in runs])


def relative_error(model, held_out):
    values = np.concatenate(held_out.values)
    return trajectory_mse(predict(model, held_out), held_out) / np.nanvar(values, axis=0).mean()


def learned(data, recipe=SHORT, hidden=32, n_held_out=4, model=None, **options):
    """Train on all but the last trajectories; the error on those."""
    model = model or make_model(
        seed=0, state_dim=data.n_channels, input_dim=data.n_inputs, hidden=hidden
    )
    train(model, data[:-n_held_out], recipe=recipe, progress=False, **options)
    return relative_error(model, data[-n_held_out:])


# --- refused until now ---------------------------------------------------------------------------


def test_a_current_that_varies_in_time():
    noise = [inputs.noise(0.4, 0.15, 5.0, duration=20, seed=s, dt=0.5) for s in range(24)]
    assert learned(Recordings(GRID, simulate(starts(24), noise, 40), noise)) < 0.1


def test_two_inputs():
    """The second input drives w, the other variable."""
    rng = np.random.default_rng(0)
    both = rng.uniform(-0.4, 0.4, size=(24, 2))

    def rhs(a, b):
        return lambda _t, y: [y[0] - y[0] ** 3 / 3 - y[1] + a, (y[0] + 0.7 - 0.8 * y[1] + b) / 5]

    states = np.concatenate(
        [solved(rhs(*pair), y[None], GRID) for pair, y in zip(both, starts(24), strict=True)]
    )
    assert learned(Recordings(GRID, states, both)) < 0.1


def test_missing_samples():
    states, currents = build_dataset(24, 40, seed=0)
    recorded = np.random.default_rng(0).uniform(size=states.shape) > 0.15
    recorded[:, 0] = True
    assert learned(Recordings(GRID, states, currents, mask=recorded)) < 0.1


def test_a_grid_and_a_length_of_its_own_for_every_trajectory():
    rng = np.random.default_rng(0)
    times = [np.sort(rng.uniform(0, 20, size=rng.integers(25, 50))) for _ in range(24)]
    times = [np.concatenate([[0.0], grid]) for grid in times]

    def rhs(_t, y):
        return [y[0] - y[0] ** 3 / 3 - y[1] + 0.5, (y[0] + 0.7 - 0.8 * y[1]) / 12.5]

    values = [solved(rhs, y[None], grid)[0] for y, grid in zip(starts(24), times, strict=True)]
    assert learned(Recordings(times, values, 0.5)) < 0.1


def test_an_uneven_grid_with_windows():
    grid = np.concatenate([[0.0], np.cumsum(np.random.default_rng(0).uniform(0.2, 0.8, size=40))])

    def rhs(_t, y):
        return [y[0] - y[0] ** 3 / 3 - y[1] + 0.5, (y[0] + 0.7 - 0.8 * y[1]) / 12.5]

    assert learned(Recordings(grid, solved(rhs, starts(24), grid), 0.5)) < 0.1


def test_a_field_that_is_no_network_of_this_library():
    field = nn.Sequential(nn.Linear(3, 32), nn.SiLU(), nn.Linear(32, 32), nn.SiLU())
    torch.manual_seed(0)

    class Field(nn.Module):
        def __init__(self):
            super().__init__()
            self.body, self.last = field, nn.Linear(32, 2)

        def forward(self, _t, y, I):
            return self.last(self.body(torch.cat([y, I[:, None]], dim=-1)))

    data = Recordings(GRID, *build_dataset(24, 40, seed=0))
    assert learned(data, model=NeuralODE(Field())) < 0.1


def test_the_voltage_alone_with_a_hidden_state():
    """What was fitted beside the weights is where each forecast starts."""
    states, currents = build_dataset(24, 40, seed=0)
    voltage = Recordings(GRID, states[..., :1], currents)
    model = make_model(seed=0, hidden=32)
    recipe = Recipe(updates=600, lr=1e-2, window=5, batch=60)
    _, history = train(model, voltage, recipe=recipe, progress=False)
    error = trajectory_mse(predict(model, history.fitted[0]), voltage)
    assert error / states[..., 0].var() < 0.1


def test_three_dimensions_no_input_and_units_of_their_own():
    """Lorenz's equations: chaotic, so that forecasts hold for a few turns only."""

    def rhs(_t, y):
        return [10 * (y[1] - y[0]), y[0] * (28 - y[2]) - y[1], y[0] * y[1] - 8 / 3 * y[2]]

    grid = 0.02 * np.arange(51)
    far = np.random.default_rng(0).normal(size=(24, 3)) * 8 + [0, 0, 25]
    data = Recordings(grid, solved(rhs, solved(rhs, far, grid)[:, -1], grid))
    scaling = Scaling.of(data)
    model = make_model(seed=0, state_dim=3, input_dim=0, hidden=32)
    train(model, scaling.scale(data[:-4]), recipe=SHORT, progress=False)
    assert relative_error(scaling.in_units(model), data[-4:]) < 0.1


# --- other systems -------------------------------------------------------------------------------


def test_van_der_pol():
    states = solved(lambda _t, y: [y[1], (1 - y[0] ** 2) * y[1] - y[0]], 2 * starts(24), GRID / 2)
    longer = Recipe(updates=800, lr=1e-2, window=5, batch=100)
    assert learned(Recordings(GRID / 2, states), longer) < 0.1


def test_lotka_volterra():
    def rhs(_t, y):
        return [y[0] * (1.1 - 0.4 * y[1]), y[1] * (0.1 * y[0] - 0.4)]

    far = np.random.default_rng(0).uniform([2, 1], [8, 4], size=(24, 2))
    data = Recordings(GRID / 2, solved(rhs, far, GRID / 2))
    scaling = Scaling.of(data)
    model = make_model(seed=0, input_dim=0, hidden=32)
    train(model, scaling.scale(data[:-4]), recipe=SHORT, progress=False)
    assert relative_error(scaling.in_units(model), data[-4:]) < 0.1


def test_a_hybrid_field():
    """The cubic is known, the law of w is not; nor is the time constant that scales it."""

    class Hybrid(nn.Module):
        time_input = False

        def __init__(self):
            super().__init__()
            self.log_tau = nn.Parameter(torch.tensor(1.0))
            self.recovery = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))

        def forward(self, _t, y, I):
            v, w = y.unbind(-1)
            slow = self.recovery(y)[:, 0] * torch.exp(-self.log_tau)
            return torch.stack([v - v**3 / 3 - w + I, slow], dim=-1)

    torch.manual_seed(0)
    data = Recordings(GRID, *build_dataset(24, 40, seed=0))
    assert learned(data, model=NeuralODE(Hybrid())) < 0.02


def test_a_discrete_network_on_gaps_and_changing_currents():
    noise = [inputs.noise(0.4, 0.15, 5.0, duration=20, seed=s, dt=0.5) for s in range(24)]
    states = simulate(starts(24), noise, 40)
    recorded = np.random.default_rng(0).uniform(size=states.shape) > 0.1
    recorded[:, 0] = True
    model = make_model("discrete_rnn", seed=0, hidden=32)
    assert learned(Recordings(GRID, states, noise, mask=recorded), model=model) < 0.15


# --- still refused, with the reason --------------------------------------------------------------


def test_what_is_still_refused_says_why():
    data = Recordings(GRID, *build_dataset(3, 40, seed=0))
    voltage = Recordings(GRID, [path[:, :1] for path in data.values], 0.5)
    model = make_model(seed=0, hidden=4)
    with pytest.raises(ValueError, match="validation must hold every state variable"):
        train(model, voltage, validation=voltage, progress=False)
    with pytest.raises(ValueError, match=r"initial_states must hold all 2 variables .* 1 channels"):
        predict(model, voltage)
