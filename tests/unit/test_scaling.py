"""A change of units and back: of data, of networks and of any field."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from neurode_lib import inputs
from neurode_lib.fitzhugh_nagumo import build_dataset
from neurode_lib.metrics import predict, trajectory_mse, vector_field
from neurode_lib.models import NeuralODE, load_model, make_model, save_model
from neurode_lib.recordings import Recordings
from neurode_lib.scaling import ScaledField, Scaling
from neurode_lib.training import Recipe, train
from neurode_lib.training.validation import VALIDATE_EVERY


def in_millivolts(n=5):
    """The neuron in units of its own: mV, and a time of milliseconds; a drive in pA."""
    states, currents = build_dataset(n, 40, seed=0)
    states = states * [45.0, 3.0] + [-40.0, 7.0]
    states[1, 3, 0] = np.nan
    drive = [inputs.ramp(90 * c, 95 * c, 3.0, 9.0) for c in currents]
    return Recordings(0.01 * np.arange(41), states, drive)


def test_scaled_data_have_mean_0_spread_1_and_rates_of_order_1():
    data = in_millivolts()
    scaled = Scaling.of(data).scale(data)
    values = np.concatenate(scaled.values)
    np.testing.assert_allclose(np.nanmean(values, axis=0), 0.0, atol=1e-12)
    np.testing.assert_allclose(np.nanstd(values, axis=0), 1.0)
    rates = [
        np.diff(y, axis=0) / np.diff(t)[:, None]
        for y, t in zip(scaled.values, scaled.times, strict=True)
    ]
    assert np.sqrt(np.nanmean(np.square(np.concatenate(rates)))) == pytest.approx(1.0)
    assert scaled.visited_inputs().std() == pytest.approx(1.0)


def test_scaling_is_undone_by_unscaling():
    data = in_millivolts()
    scaling = Scaling.of(data)
    back = scaling.unscale(scaling.scale(data))
    for n in range(len(data)):
        np.testing.assert_allclose(back.times[n], data.times[n], rtol=1e-12)
        np.testing.assert_allclose(back.values[n], data.values[n], rtol=1e-12)
        np.testing.assert_allclose(back.inputs[n]([0.1, 5.0]), data.inputs[n]([0.1, 5.0]))
    for inputs_of in ([0.2, 0.5], [[0.2, 5.0], [0.3, 1.0]]):
        constant = Recordings([0, 1], [[1.0, 2.0], [3.0, 5.0]], inputs_of)
        scaling = Scaling.of(constant)
        np.testing.assert_allclose(scaling.unscale(scaling.scale(constant)).inputs, inputs_of)


class Opaque(nn.Module):
    def __init__(self, func):
        super().__init__()
        self.inner, self.state_dim = func, func.state_dim

    def forward(self, t, y, I):
        return self.inner(t, y, I)


@pytest.mark.parametrize("kind", ["neural_ode", "discrete_rnn", "any field", "clock", "hidden"])
def test_a_model_in_units_predicts_what_the_scaled_one_does(kind):
    data = in_millivolts()
    scaling = Scaling.of(data)
    options = {"state_dim": 3} if kind == "hidden" else {"time_input": kind == "clock"}
    made = kind if kind == "discrete_rnn" else "neural_ode"
    model = make_model(made, seed=0, hidden=8, zero_init=False, **options).double()
    if kind == "any field":
        model = NeuralODE(Opaque(model.func))
    before = copy.deepcopy(model.state_dict())
    starts = np.array([[-60.0, 5.0, 0.3], [-20.0, 9.0, -0.2]])[:, : 3 if kind == "hidden" else 2]
    mean, scale = (
        np.append(x, y)[: starts.shape[1]]
        for x, y in ((scaling.state_mean, 0.0), (scaling.state_scale, 1.0))
    )
    drive, grid = np.array([20.0, 45.0]), data.times[0]
    found = predict(scaling.in_units(model), starts, drive, grid)
    scaled = predict(
        model,
        (starts - mean) / scale,
        (drive - scaling.input_mean) / scaling.input_scale,
        grid / scaling.time_scale,
    )
    np.testing.assert_allclose(found, scaled * scale + mean, rtol=1e-9, atol=1e-9)
    for name, value in model.state_dict().items():
        assert torch.equal(value, before[name])  # a copy was changed


def test_scaling_refuses_what_it_was_not_made_from():
    scaling = Scaling.of(in_millivolts())
    other = Recordings([0, 1], [[1.0, 2.0]])
    with pytest.raises(ValueError, match=r"data must have 2 channels and 1 inputs .* got 1 and 0"):
        scaling.scale(other)
    with pytest.raises(
        ValueError, match="model must have at least 2 state variables, and 1 inputs"
    ):
        scaling.in_units(make_model(seed=0, input_dim=2, hidden=4))
    with pytest.raises(ValueError, match="model must be a NeuralODE or DiscreteRNN, got Linear"):
        scaling.in_units(nn.Linear(2, 2))
    with pytest.raises(ValueError, match="data must have a recorded value in every channel"):
        Scaling.of(Recordings([0, 1], [[np.nan, np.nan]]))


def test_the_trained_range_is_in_the_units_of_the_data_too():
    data = in_millivolts()
    scaling = Scaling.of(data)
    model = make_model(seed=0, hidden=4)
    train(model, scaling.scale(data), recipe=Recipe(updates=1), progress=False)
    (bounds,) = scaling.in_units(model).trained_currents
    assert bounds == pytest.approx((data.visited_inputs().min(), data.visited_inputs().max()))


# --- one's own models on disk --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("neural_ode", {"state_dim": 3, "input_dim": 2, "time_input": True, "time_unit": 7.0}),
        ("discrete_rnn", {"input_dim": 0, "output_scale": 0.5}),
    ],
)
def test_a_model_comes_back_from_disk_as_it_was(kind, options, tmp_path):
    model = make_model(kind, seed=3, hidden=6, zero_init=False, **options).double()
    model.trained_currents = ((0.1, 0.7),)
    save_model(model, tmp_path / "mine.safetensors")
    again = load_model(tmp_path / "mine.safetensors")
    assert type(again) is type(model)
    assert again.trained_currents == ((0.1, 0.7),)
    dim = options.get("state_dim", 2)
    drive = {2: [[0.1, 0.2]], 0: None}[options["input_dim"]]
    arguments = (np.full((1, dim), 0.3), drive, [0.0, 0.5, 1.0])
    np.testing.assert_array_equal(predict(again, *arguments), predict(model, *arguments))


def test_another_field_comes_back_into_one_of_its_kind(tmp_path):
    def field(seed):
        return Opaque(make_model(seed=seed, hidden=6, zero_init=False).func)

    scaling = Scaling.of(in_millivolts())
    for made, template in (
        (NeuralODE(field(0)), field(1)),
        (scaling.in_units(NeuralODE(field(0))), ScaledField(field(1), scaling)),
    ):
        save_model(made, tmp_path / "mine.safetensors")
        with pytest.raises(
            ValueError, match=r"func must be a field like the .* no network of this"
        ):
            load_model(tmp_path / "mine.safetensors")
        again = load_model(tmp_path / "mine.safetensors", template)
        at = [[-60.0, 5.0]]
        np.testing.assert_array_equal(vector_field(again, at, 0.3), vector_field(made, at, 0.3))
        with pytest.raises(ValueError, match="func must fit the weights in"):
            load_model(tmp_path / "mine.safetensors", nn.Linear(2, 2))


# --- validation ----------------------------------------------------------------------------------


def test_a_model_ends_with_the_weights_that_did_best_on_unseen_data():
    """A rate so large that training soon makes things worse."""
    data = Recordings(0.5 * np.arange(13), *build_dataset(8, 12, seed=0))
    recipe = Recipe(updates=60, lr=0.3, schedule="constant", window=2)
    model = make_model(seed=0, hidden=8)
    _, history = train(model, data[:6], recipe=recipe, validation=data[6:], progress=False)
    assert history.validation.shape == (60 // VALIDATE_EVERY + 1, 1)
    best = int(history.validation[:, 0].argmin())
    assert history.best_update == [best * VALIDATE_EVERY]
    pieces = [
        Recordings(data.times[n][s : s + 3], [data.values[n][s : s + 3]], data.inputs[n])
        for n in (6, 7)
        for s in range(11)
    ]
    found = np.mean([trajectory_mse(predict(model, one), one) for one in pieces])
    assert found == pytest.approx(history.validation[best, 0], rel=1e-4)
    _, stopped = train(
        make_model(seed=0, hidden=8),
        data[:6],
        recipe=recipe,
        validation=data[6:],
        patience=20,
        progress=False,
    )
    assert len(stopped.loss) == min(60, stopped.best_update[0] + 20)
    assert not stopped.interrupted
    with pytest.raises(ValueError, match="patience must come with validation data"):
        train(make_model(seed=0, hidden=8), data, patience=3, progress=False)
