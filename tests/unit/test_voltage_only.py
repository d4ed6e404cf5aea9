"""What chapter 17 reads: its protocol, judged by the neuron itself, and that the numbers belong to
the stored models.
"""

import numpy as np
import pytest
import torch
from torch import nn

from neurode_lib.fitzhugh_nagumo import DT, TRAINED_CURRENTS
from neurode_lib.metrics import predict
from neurode_lib.models import NeuralODE
from neurode_lib.phase_plane import limit_cycle
from neurode_lib.study import driven, voltage_only
from neurode_lib.study.protocol import held_out_truth
from neurode_lib.study.voltage_only import LAG, LOOK, TRAINED, seeds_of


class Neuron(nn.Module):
    """The neuron with h = w - share I in the place of w: at a constant I the same voltage."""

    time_input = False

    def __init__(self, share):
        super().__init__()
        self.share = share
        self.unit = nn.Parameter(torch.ones((), dtype=torch.float64))

    def forward(self, _t, y, I):
        v, h = y.unbind(-1)
        w = h + self.share * I
        return self.unit * torch.stack([v - v**3 / 3 - w + I, (v + 0.7 - 0.8 * w) / 12.5], dim=-1)


def test_delay_coordinates_are_the_voltage_and_its_slope():
    t = DT * np.arange(50)
    pairs = voltage_only.delay_coordinates(np.stack([3.0 * t + 1.0, np.sin(t)]))
    assert pairs.shape == (2, 50 - LAG, 2)
    np.testing.assert_allclose(pairs[0, :, 1], 3.0)
    np.testing.assert_array_equal(pairs[1, :, 0], np.sin(t[LAG:]))
    lag = LAG * DT
    np.testing.assert_allclose(
        pairs[1, :, 1], np.cos(t[LAG:] - lag / 2) * 2 / lag * np.sin(lag / 2)
    )
    data = voltage_only.voltage_recordings("delay", 0)
    assert data.times[0][0] == lag and data.n_channels == 2


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_start_is_found_from_the_voltage_alone(share):
    model = NeuralODE(Neuron(share))
    rng = np.random.default_rng(0)
    starts = rng.uniform([-2.0, -1.0], [2.0, 1.0], size=(12, 2))
    currents = np.tile(TRAINED_CURRENTS, 6)
    path = predict(model, starts, currents, DT * np.arange(LOOK + 1))
    np.testing.assert_allclose(
        voltage_only.fit_start(model, path[..., 0], currents), starts, atol=1e-6
    )


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_a_coordinate_that_holds_the_current_moves_with_it(share):
    """All of these have the neuron's voltage at every constant current, and one has its w."""
    model = NeuralODE(Neuron(share))
    found = voltage_only.explained_variance(model, voltage_only.paired_states("hidden", model))
    assert found["jump"] == pytest.approx(share * np.ptp(TRAINED_CURRENTS), abs=1e-3)
    assert found["translated"] > 0.999 and found["with_current"] > 0.999
    assert (found["linear"] > 0.999) == (share == 0.0)


@pytest.mark.slow
def test_the_neuron_itself_is_measured_as_the_neuron(monkeypatch):
    monkeypatch.setattr(voltage_only, "_hopf", lambda _model: np.nan)  # knows networks only
    found = voltage_only.measure("hidden", NeuralODE(Neuron(0.0)))
    assert found["fires"] == found["rests"] == 1.0
    assert found["period"] == pytest.approx(limit_cycle(0.5).period, rel=2e-3)
    assert max(found["mse"]["0.2"]) < 1e-3 and found["mse"]["0.5"][0] < 1e-3
    assert found["distance"]["steps"] < 0.05


def test_the_network_sees_the_first_steps_only():
    truth = held_out_truth()[1, :4]
    model = voltage_only.load_voltage_model("hidden", 0)
    other = truth.copy()
    other[:, LOOK + 1 :] = np.nan_to_num(np.inf)
    other[..., 1] = 7.0
    expected = voltage_only.forecast("hidden", model, truth, 0.5)
    np.testing.assert_array_equal(voltage_only.forecast("hidden", model, other, 0.5), expected)
    assert expected.shape == (4, truth.shape[1] - LOOK, 2)


def test_clean_voltage_gives_period_firing_and_rest_in_nine_of_ten_seeds():
    found = voltage_only.load_voltage_only()["models"]["hidden"]
    period = limit_cycle(0.5).period
    assert len(found) == 10
    assert sum(abs(one["period"] / period - 1) < 0.01 for one in found) >= 9
    assert sum(one["fires"] == 1.0 and one["rests"] == 1.0 for one in found) >= 9


@pytest.mark.parametrize("name", TRAINED)
def test_stored_measurements_are_of_the_stored_weights(name):
    """If this fails, weights have changed: ``python -m neurode_lib.study.voltage_only``."""
    for seed in seeds_of(name):
        weights = voltage_only.load_voltage_only()["models"][name][seed]["weights"]
        model = voltage_only.load_voltage_model(name, seed)
        assert driven.weights_digest(model) == weights


@pytest.mark.slow
def test_a_stored_measurement_can_be_repeated():
    stored = voltage_only.load_voltage_only()["models"]["delay"][1]
    again = voltage_only.measure("delay", voltage_only.load_voltage_model("delay", 1))
    assert again["period"] == pytest.approx(stored["period"], rel=1e-3)
    assert again["fires"] == stored["fires"] and again["rests"] == stored["rests"]
    assert again["explained"] == pytest.approx(stored["explained"], abs=1e-3)
    assert np.allclose(again["rates"], stored["rates"], rtol=1e-3)
