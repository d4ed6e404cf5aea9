"""The two ways to the loss: the fast path against automatic differentiation, window by window."""

import numpy as np
import pytest
import torch
from torch import nn

from neurode_lib import inputs
from neurode_lib.fitzhugh_nagumo import build_dataset, simulate
from neurode_lib.models import NeuralODE, ODEFunc, make_model
from neurode_lib.recordings import Recordings
from neurode_lib.training import Recipe, objective, train, train_ensemble
from neurode_lib.training.recorded import RecordedWindows

GRID = 0.5 * np.arange(13)


def data(seed=0, n=6):
    return Recordings(GRID, *build_dataset(n, 12, seed=seed))


def flat(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def trained(kind="neural_ode", recipe=None, sets=None, seed=0, **options):
    model = make_model(kind, seed=seed, hidden=12, **options).double()
    recipe = Recipe(updates=12) if recipe is None else recipe
    return train(model, data() if sets is None else sets, recipe=recipe, seed=seed, progress=False)


class Opaque(nn.Module):
    """A network of the library, behind a class that the library does not know."""

    def __init__(self, func):
        super().__init__()
        self.inner = func

    def forward(self, t, y, I):
        return self.inner(t, y, I)


@pytest.mark.parametrize(
    ("kind", "recipe", "options"),
    [
        ("neural_ode", Recipe(updates=12), {}),
        ("neural_ode", Recipe(updates=12, window=4, batch=9), {"time_input": True}),
        ("neural_ode", Recipe(updates=5, window=3), {}),
        ("discrete_rnn", Recipe(updates=12, window=4, batch=9), {}),
    ],
    ids=["whole", "windows with a clock", "all windows", "discrete"],
)
def test_the_fast_path_and_automatic_differentiation_agree(kind, recipe, options, monkeypatch):
    """In float64 to 1e-6 of the weights; it is nearer to 1e-14."""
    fast, fast_history = trained(kind, recipe, **options)
    monkeypatch.setattr(objective, "stacked_arrays", lambda *_: None)
    separate, history = trained(kind, recipe, **options)
    np.testing.assert_allclose(history.loss, fast_history.loss, rtol=1e-9)
    torch.testing.assert_close(flat(separate), flat(fast), rtol=1e-6, atol=1e-9)
    monkeypatch.setattr(RecordedWindows, "_even_grid", lambda _: None)
    automatic, history = trained(kind, recipe, **options)
    np.testing.assert_allclose(history.loss, fast_history.loss, rtol=1e-9)
    torch.testing.assert_close(flat(automatic), flat(fast), rtol=1e-6, atol=1e-9)


def test_a_field_that_the_library_does_not_know_learns_the_same():
    known = make_model(seed=0, hidden=12).double()
    unknown = NeuralODE(Opaque(make_model(seed=0, hidden=12).func)).double()
    recipe = Recipe(updates=12, window=4, batch=9)
    for model in (known, unknown):
        train(model, data(), recipe=recipe, progress=False)
    torch.testing.assert_close(flat(unknown), flat(known), rtol=1e-6, atol=1e-9)


def test_the_article_s_arrays_and_recordings_are_one_path():
    states, currents = build_dataset(6, 12, seed=0)
    model = make_model(seed=0, hidden=12).double()
    _, history = train(model, states, currents, GRID, Recipe(updates=12), progress=False)
    same, same_history = trained()
    np.testing.assert_array_equal(history.loss, same_history.loss)
    assert torch.equal(flat(model), flat(same))


def test_an_ensemble_of_any_field_is_trained_as_each_alone():
    sets, recipe = [data(0), data(1)], Recipe(updates=8, window=4, batch=9)
    made = [NeuralODE(Opaque(make_model(seed=s, hidden=8).func)).double() for s in (0, 1)]
    train_ensemble(made, sets, recipe=recipe, seeds=[0, 1], progress=False)
    for seed, together in enumerate(made):
        alone = NeuralODE(Opaque(make_model(seed=seed, hidden=8).func)).double()
        train(alone, sets[seed], recipe=recipe, seed=seed, progress=False)
        torch.testing.assert_close(flat(together), flat(alone), rtol=1e-9, atol=1e-12)


def masked_error(model, sets):
    """Mean squared error over what was recorded, from the first samples: by the model itself."""
    squares = []
    for grid, path, one in zip(sets.times, sets.values, sets, strict=True):
        drive = one.inputs if one.inputs is None or isinstance(one.inputs, list) else None
        if isinstance(one.inputs, np.ndarray):
            drive = torch.tensor(one.inputs)
        states = model(torch.tensor(path[:1]), drive, torch.tensor(grid))[:, 0].detach().numpy()
        squares.append((states - path)[~np.isnan(path)] ** 2)
    return np.concatenate(squares).mean()


def test_the_loss_on_gaps_own_clocks_and_signals_is_that_of_the_model_itself():
    rng = np.random.default_rng(0)
    signals = [inputs.step(0.1, 0.7, 2.2), inputs.ramp(0.1, 0.9, 1.0, 3.3), inputs.constant(0.3)]
    times = [np.sort(rng.uniform(0, 5, size=n)) for n in (7, 11, 5)]
    values = [rng.normal(size=(len(grid), 2)) for grid in times]
    values[1][4:6, 0] = values[2][2] = np.nan
    sets = Recordings(times, values, signals)
    model = make_model(seed=0, hidden=8, zero_init=False).double()
    expected = masked_error(model, sets)
    _, history = train(model, sets, recipe=Recipe(updates=1), progress=False)
    assert history.loss[0, 0] == pytest.approx(expected, rel=1e-12)


def test_windows_start_at_every_complete_sample_of_an_uneven_grid():
    rng = np.random.default_rng(0)
    grid, path = np.sort(rng.uniform(0, 5, size=9)), rng.normal(size=(9, 2))
    path[3, 1] = np.nan
    model = make_model(seed=0, hidden=8, zero_init=False).double()
    pieces = [Recordings([grid[s : s + 4]], [path[s : s + 4]], 0.4) for s in (0, 1, 2, 4, 5)]
    counts = [(~np.isnan(one.values[0])).sum() for one in pieces]
    expected = np.average([masked_error(model, one) for one in pieces], weights=counts)
    sets = Recordings(grid, [path], 0.4)
    _, history = train(model, sets, recipe=Recipe(updates=1, window=3), progress=False)
    assert history.loss[0, 0] == pytest.approx(expected, rel=1e-12)


def test_gradients_through_gaps_and_jumps_are_those_of_finite_differences():
    signal = inputs.step(0.1, 0.9, 1.3)
    path = simulate([0.5, 0.1], signal, 6)
    path[2, 0] = np.nan
    sets = Recordings(0.5 * np.arange(7), [path], signal)
    model = make_model(seed=0, hidden=4, zero_init=False).double()
    run = objective.make_objective(
        [model],
        [sets],
        Recipe(),
        [0],
        state_dim=2,
        fit_starts=False,
        dtype=torch.float64,
        device=torch.device("cpu"),
    )
    weights = {
        name: weight.detach()[None].requires_grad_()
        for name, weight in objective.trained_weights(model).items()
    }
    names = list(weights)
    assert torch.autograd.gradcheck(
        lambda *values: run.losses(dict(zip(names, values, strict=True)), 0)[1],
        tuple(weights.values()),
    )


# --- hidden states -------------------------------------------------------------------------------


def test_hidden_states_start_where_they_are_fitted_and_windows_meet():
    """By hand: the loss over two windows of a trajectory, and the jump between them."""
    grid, v = 0.5 * np.arange(5), np.array([0.3, 0.5, 0.2, -0.4, -0.9])
    windows = RecordedWindows(
        Recordings(grid, [v], 0.4),
        window=2,
        per_update=None,
        seed=0,
        stepping="rk4",
        state_dim=2,
        fit_starts=False,
        dtype=torch.float64,
        device=torch.device("cpu"),
    )
    with torch.no_grad():
        windows.free[:, 1] = torch.tensor([0.1, 9.0, 0.7, 9.0, 9.0])
    batch = windows.draw(0)
    starts = windows.starts(batch)
    torch.testing.assert_close(starts, torch.tensor([[0.3, 0.1], [0.2, 0.7]]).double())
    states = torch.zeros(3, 2, 2).double()
    states[2, 0, 1] = 0.4
    jump = (0.4 - 0.7) ** 2 / (np.var([0.1, 0.7]) + 1e-4)
    assert windows.discontinuity(states, batch).item() == pytest.approx(jump)
    squares = np.square([0.3, 0.5, 0.2, 0.2, -0.4, -0.9])
    assert windows.error(states, batch).item() == pytest.approx(squares.mean())


@pytest.mark.slow
def test_starts_are_fitted_where_no_sample_is_complete():
    """v at even times, w at odd ones: no start is whole, and the field is found all the same."""
    rng = np.random.default_rng(0)
    y0 = rng.normal(size=(8, 2))
    grid = 0.1 * np.arange(21)
    turn = np.stack([np.cos(grid), np.sin(grid)])
    states = np.stack(
        [
            y0[:, :1] * turn[0] - y0[:, 1:] * turn[1],
            y0[:, :1] * turn[1] + y0[:, 1:] * turn[0],
        ],
        axis=-1,
    )
    mask = np.zeros(states.shape, dtype=bool)
    mask[:, ::2, 0] = mask[:, 1::2, 1] = True

    class Linear(nn.Module):
        def __init__(self):
            super().__init__()
            self.matrix = nn.Parameter(torch.zeros(2, 2))

        def forward(self, _t, y, _I):
            return y @ self.matrix.T

    model = NeuralODE(Linear()).double()
    recipe = Recipe(updates=300, lr=0.02, window=5, weight_decay=0.0)
    train(model, Recordings(grid, states, mask=mask), recipe=recipe, progress=False)
    expected = [[0.0, -1.0], [1.0, 0.0]]
    np.testing.assert_allclose(model.func.matrix.detach(), expected, atol=0.02)


@pytest.mark.slow
def test_fitted_starts_see_through_noise():
    """A decay whose first samples are noisy: read from the data, they bias the rate."""
    rng = np.random.default_rng(1)
    grid = 0.2 * np.arange(11)
    clean = rng.uniform(1, 2, size=(30, 1)) * np.exp(-grid)
    noisy = clean + rng.normal(0.0, 0.3, size=clean.shape)

    class Decay(nn.Module):
        time_input = False

        def __init__(self):
            super().__init__()
            self.rate = nn.Parameter(torch.tensor(0.3))

        def forward(self, _t, y, _I):
            return -self.rate * y

    rates = []
    for fit in (False, True):
        model = NeuralODE(Decay()).double()
        recipe = Recipe(updates=300, lr=0.02, weight_decay=0.0)
        sets = Recordings(grid, noisy[..., None])
        train(model, sets, recipe=recipe, fit_starts=fit, progress=False)
        rates.append(model.func.rate.item())
    assert abs(rates[1] - 1.0) < 0.05
    assert abs(rates[1] - 1.0) < 0.5 * abs(rates[0] - 1.0)


# --- what does not fit ---------------------------------------------------------------------------


def test_frozen_weights_stay_and_others_learn():
    model = make_model(seed=0, hidden=8, zero_init=False)
    first = model.func.net[0].weight
    first.requires_grad_(False)
    before, last = first.clone(), model.func.net[4].weight.detach().clone()
    train(model, data(), recipe=Recipe(updates=3), progress=False)
    assert torch.equal(first, before)
    assert not torch.equal(model.func.net[4].weight, last)


@pytest.mark.parametrize(
    ("model", "sets", "message"),
    [
        (make_model(seed=0, hidden=4), Recordings(GRID, np.zeros((1, 13, 2))), "1 components .* 0"),
        (
            make_model(seed=0, hidden=4, input_dim=0),
            data(),
            "currents must have 0 components for this model, got 1",
        ),
        (
            make_model(seed=0, hidden=4),
            Recordings(GRID, np.zeros((1, 13, 3)), 0.2),
            "states must have at most 2 variables for this model, got 3",
        ),
        (NeuralODE(Opaque(nn.Identity())), data(), "models must have weights that require"),
    ],
)
def test_data_that_do_not_fit_the_model_are_refused(model, sets, message):
    with pytest.raises(ValueError, match=message):
        train(model, sets, progress=False)


def test_a_model_that_is_neither_is_refused():
    with pytest.raises(TypeError, match="model must be a NeuralODE, of any field, or a Discrete"):
        train(nn.Linear(2, 2), data(), progress=False)
    with pytest.raises(ValueError, match="alike in kind and size"):
        train_ensemble(
            [NeuralODE(ODEFunc(hidden=4)), NeuralODE(Opaque(ODEFunc(hidden=4)))],
            [data(), data()],
            seeds=[0, 1],
            progress=False,
        )
    with pytest.raises(ValueError, match="states must hold their own currents"):
        train(make_model(seed=0, hidden=4), data(), [0.2] * 6, GRID, progress=False)
