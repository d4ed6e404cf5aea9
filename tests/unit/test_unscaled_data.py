"""Data in units that a network cannot learn from are told before training, with what helps."""

import warnings

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from neurode_lib.fitzhugh_nagumo import build_dataset
from neurode_lib.metrics import predict, trajectory_mse
from neurode_lib.models import NeuralODE, make_model
from neurode_lib.recordings import Recordings
from neurode_lib.scaling import ScaledField, Scaling
from neurode_lib.training import Recipe, UnscaledDataWarning, train

GRID = 0.5 * np.arange(41)
STATES, CURRENTS = build_dataset(6, 40, seed=0, noise_std=0.05)
ONE = Recipe(updates=1, window=1, batch=10)


def trained(data, **options):
    model = make_model(
        options.pop("kind", "neural_ode"),
        seed=0,
        state_dim=data.n_channels,
        input_dim=data.n_inputs,
        hidden=4,
        **options,
    )
    return train(model, data, recipe=ONE, progress=False)[0]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (Recordings(GRID, 45 * STATES - 20, CURRENTS), "channel 0 of the data has values of about"),
        (Recordings(GRID, STATES * [1, 1e-3], CURRENTS), "channel 1 of the data varies by"),
        (Recordings(GRID, STATES, 100 * CURRENTS), "input 0 of the data has values of about"),
        (Recordings(1e-3 * GRID, STATES, CURRENTS), "channel 0 of the data changes by"),
        (Recordings(1e3 * GRID, STATES, CURRENTS), "per unit of time only"),
    ],
    ids=["millivolts", "tiny", "picoamperes", "seconds", "milliseconds"],
)
def test_numbers_far_from_one_are_told_with_what_helps(data, told):
    with pytest.warns(UnscaledDataWarning, match=told) as caught:
        trained(data)
    assert "scaling.scale(data)" in str(caught[0].message)
    assert caught[0].filename == __file__  # the line that asked for training
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trained(Scaling.of(data).scale(data))


def test_what_is_near_one_or_scaled_otherwise_is_not_told():
    """Samples as dense as an amplifier gives, whose noise makes neighbours' rates large, too."""
    rng = np.random.default_rng(0)
    dense = np.sin(1e-3 * np.arange(2000))[None, :, None] + 0.05 * rng.normal(size=(1, 2000, 1))
    millivolts = Recordings(GRID, 45 * STATES - 20, CURRENTS)
    scaling = Scaling.of(millivolts)
    own = NeuralODE(ScaledField(make_model(seed=0, hidden=4).func, scaling))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        trained(Recordings(GRID, STATES, CURRENTS))
        trained(Recordings(1e-3 * np.arange(2000), dense))
        trained(Recordings(1e-3 * GRID, STATES, CURRENTS), output_scale=1e3)
        # A step knows no time.
        trained(Recordings(1e-3 * GRID, STATES, CURRENTS), kind="discrete_rnn")
        train(own, millivolts, recipe=ONE, progress=False)


@pytest.mark.slow
def test_lorenz_trains_badly_with_a_warning_and_well_without():
    """Far from 1 training fails in silence; with what the warning advises it does not."""

    def rhs(_t, y):
        return [10 * (y[1] - y[0]), y[0] * (28 - y[2]) - y[1], y[0] * y[1] - 8 / 3 * y[2]]

    grid = 0.02 * np.arange(51)
    starts = np.random.default_rng(0).normal(size=(16, 3)) * 8 + [0, 0, 25]
    runs = [solve_ivp(rhs, (0, 2), y, t_eval=1 + grid[:50], rtol=1e-8).y.T for y in starts]
    data, variance = Recordings(grid[:50], runs), np.var(np.concatenate(runs), axis=0).mean()
    scaling, errors = Scaling.of(data), []
    for scaled in (False, True):
        model = make_model(seed=0, state_dim=3, input_dim=0, hidden=32)
        recipe = Recipe(updates=300, lr=1e-2, window=2, batch=200)
        if scaled:
            train(model, scaling.scale(data), recipe=recipe, progress=False)
            model = scaling.in_units(model)
        else:
            with pytest.warns(UnscaledDataWarning, match="Scaling"):
                train(model, data, recipe=recipe, progress=False)
        errors.append(trajectory_mse(predict(model, data), data) / variance)
    assert errors[1] < 0.2 < 0.5 < errors[0]
