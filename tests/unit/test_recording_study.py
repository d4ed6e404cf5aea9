"""Chapter 20's measurements: parts, scores, baselines and networks, on made-up recordings."""

import numpy as np
import pytest
import torch

from neurode_lib import inputs
from neurode_lib.metrics import predict
from neurode_lib.study.recording import __main__ as command
from neurode_lib.study.recording import networks
from neurode_lib.study.recording.__main__ import HELD, STEP_CURRENTS, firing_rates, own_levels
from neurode_lib.study.recording.baselines import (
    ADAPTATION,
    AdaptiveThreshold,
    LinearFilter,
    _fire,
    _leaky,
)
from neurode_lib.study.recording.networks import (
    Scale,
    Setting,
    Stage,
    smoothed,
    train_networks,
)
from neurode_lib.study.recording.protocol import (
    HELD_OUT,
    PARTS,
    RepeatedRecording,
    away_from_spikes,
    spike_times,
)
from neurode_lib.study.recording.results import (
    load_recording_model,
    load_recording_study,
    model_in_units,
)
from neurode_lib.study.recording.scores import agreed_spikes, consensus, reliability, score
from neurode_lib.study.recording.settings import VARIATIONS

N = HELD_OUT[1]


@pytest.fixture(scope="module")
def made_up():
    """Two repeats of a leaky membrane that fires: known time constant, resistance, threshold."""
    rng = np.random.default_rng(0)
    current = 150.0 + 80.0 * np.convolve(rng.normal(size=N), np.exp(-np.arange(20) / 5.0), "same")
    quiet = _leaky(current, 12.0, -65.0, 0.1)
    (spikes,) = _fire(quiet[None], np.array([-40.0]), np.array([[8.0, 1.0]]))
    voltage = quiet.copy()
    voltage[spikes.astype(int)] = 30.0
    both = np.stack([voltage, voltage + 0.2 * rng.normal(size=N)])
    return RepeatedRecording(np.stack([current, current]), both)


def test_parts_follow_one_another_and_do_not_overlap():
    first, second, third = PARTS.values()
    assert first[0] == 0 and first[1] == second[0] and second[1] == third[0]


def test_spikes_are_upward_crossings_and_what_is_near_them_is_left_out():
    v = np.array([-50.0, 10.0, 20.0, -50.0, -50.0, 5.0])
    np.testing.assert_array_equal(spike_times(v), [1.0, 5.0])
    np.testing.assert_array_equal(spike_times(v, 15.0), [2.0])
    keep = away_from_spikes(40, np.array([10.0]), np.array([]))
    np.testing.assert_array_equal(np.flatnonzero(~keep), np.arange(7, 23))


def test_a_forecast_that_is_the_recording_has_the_best_scores(made_up):
    one = score(made_up.voltage[0], made_up.voltage[0])
    assert one["gamma"] == pytest.approx([1.0, 1.0]) and one["rmse"] == 0.0
    repeats = reliability(made_up, "held out")
    assert repeats["gamma"][1] > 0.9 and repeats["rmse"] == pytest.approx(0.2, rel=0.1)


def test_what_most_repeats_agree_on_predicts_better_than_one_of_them():
    rng = np.random.default_rng(0)
    times = np.arange(50, N - 50, 60)
    voltage = np.full((4, N), -60.0)
    for one in voltage:
        kept = times[rng.random(len(times)) < 0.8]
        one[kept + rng.integers(-1, 2, size=len(kept))] = 30.0
        one[rng.integers(N, size=100)] = 30.0
    data = RepeatedRecording(np.zeros_like(voltage), voltage)
    together = consensus(data, "held out")["gamma"][1]
    assert together > reliability(data, "held out")["gamma"][1] + 0.1
    assert together == pytest.approx(0.8, abs=0.1)  # of the times that all share, 0.8 each


def test_two_of_three_agree_within_three_milliseconds():
    def trains(*times):
        voltage = np.full((3, 100), -60.0)
        for one, own in zip(voltage, times, strict=True):
            one[list(own)] = 30.0
        return voltage

    np.testing.assert_array_equal(agreed_spikes(trains([50], [50], [])), [50.0])
    np.testing.assert_array_equal(agreed_spikes(trains([50], [52], [])), [51.0])
    assert len(agreed_spikes(trains([50], [], [70]))) == 0
    assert len(agreed_spikes(trains([50], [54], []))) == 0


def test_a_smoothed_error_forgives_a_spike_that_comes_late():
    target = torch.zeros(40, 1, 1)
    late, missing = target.clone(), target.clone()
    target[20], late[21] = 5.0, 5.0
    strict = [(one - target).square().mean() for one in (late, missing)]
    soft = [smoothed(one - target, 2.0).square().mean() for one in (late, missing)]
    assert strict[0] > strict[1] and soft[0] < soft[1] / 3
    constant = torch.full((10, 2, 3), 0.7)
    torch.testing.assert_close(smoothed(constant, 3.0), constant)
    assert smoothed(constant, 0.0) is constant


def test_the_correlation_time_of_noise_that_forgets_itself_is_found():
    rng = np.random.default_rng(0)
    current = np.zeros(200_000)
    decay = np.exp(-1.0 / 6.5)
    for k, kick in enumerate(rng.normal(size=len(current) - 1)):
        current[k + 1] = decay * current[k] + kick
    # The first whole lag below 1/e.
    assert command.correlation_time(100.0 + current) == 7.0


def test_the_linear_filter_finds_the_membrane(made_up):
    fitted = LinearFilter(made_up)
    lags = np.arange(40)
    decay = np.exp(-1.0 / 12.0)
    expected = 0.1 * (1.0 - decay) * decay**lags
    assert np.abs(fitted.weights[:40] - expected).max() < 0.1 * expected.max()


@pytest.mark.slow
def test_the_adaptive_threshold_finds_the_neuron_it_was_made_from(made_up):
    fitted = AdaptiveThreshold(made_up, generations=12)
    assert fitted.training_score > 0.9
    assert fitted.tau == pytest.approx(12.0, rel=0.3)
    assert fitted.rest == pytest.approx(-65.0, abs=3.0)
    assert fitted.resistance == pytest.approx(0.1, rel=0.2)


def test_the_threshold_is_lifted_and_falls_back():
    spikes = _fire(np.full((1, 500), -30.0), np.array([-40.0]), np.array([[20.0, 0.0]]))[0]
    # The lift of 20 falls to 10 in 10 ms · ln 2; the next time from 30 · …, and so on.
    assert spikes[0] == 0.0 and spikes[1] == np.ceil(ADAPTATION[0] * np.log(2.0))


def test_networks_learn_and_forecast(made_up):
    setting = Setting("made up", 2, (Stage(10, 60, 16),), (0, 1), repeats=2)
    weights, scale, losses = train_networks(setting, made_up, progress=False)
    assert losses.shape == (60, 2)
    assert (losses[-10:].mean(axis=0) < losses[:3].mean(axis=0)).all()
    path = networks.forecast(weights, scale, made_up, (22_000, 22_300))
    assert path.shape == (2, 2, 300) and np.isfinite(path).all()
    again, _, _ = train_networks(setting, made_up, progress=False)
    for name, weight in weights.items():
        torch.testing.assert_close(again[name], weight, rtol=0, atol=0)


def test_a_model_in_units_is_the_network_that_was_trained(made_up):
    scale = Scale.of(made_up, 2)
    weights = networks.new_weights(2, [3])
    current = made_up.current[0, :41]
    I = torch.tensor((current - scale.current_mean) / scale.current_std).float()
    y0 = torch.tensor([[[0.3, 0.1, -0.2]]])
    own = networks.follow(weights, y0, I[:, None, None])[:, 0, 0].numpy()
    model = model_in_units({name: weight[0] for name, weight in weights.items()}, scale)
    start = [0.3 * scale.voltage_std + scale.voltage_mean, 0.1, -0.2]
    drive = inputs.sampled(np.arange(41.0), current)
    path = predict(model, [start], drive, np.arange(0.0, 40.5, 0.5))[0, ::2]
    np.testing.assert_allclose(
        path[:, 0], own[:, 0] * scale.voltage_std + scale.voltage_mean, atol=1e-3
    )
    np.testing.assert_allclose(path[:, 1:], own[:, 1:], atol=1e-4)


def test_the_stored_measurements_are_whole():
    study = load_recording_study()
    main = study["settings"]["main"]
    assert len(main["seeds"]) == 10 == len(main["scores"]["held out"]) == len(main["own_level"])
    assert len(study["shown"]["forecast"]) == HELD_OUT[1] - HELD_OUT[0]
    weights, scale, model = load_recording_model()
    rates = firing_rates(weights, scale)
    assert np.shape(rates) == (1, len(STEP_CURRENTS)) and HELD == 2000
    assert set(study["variations"]) == set(VARIATIONS)
    k = main["seeds"].index(study["shown"]["seed"])
    np.testing.assert_allclose(rates[0], main["rates"][k], atol=1.0)
    assert model.func.state_dim == 1 + main["hidden"]


def test_levels_of_their_own_are_chosen_in_the_validation_part(made_up):
    weights = networks.new_weights(1, [0])
    (found,) = own_levels(weights, Scale.of(made_up, 2), made_up)
    assert found["spikes"] == 0.0 and set(found) == {"level", "gamma", "rmse", "spikes", "recorded"}


class SoonFitted(AdaptiveThreshold):
    """Fitted in one generation."""

    def __init__(self, data):
        super().__init__(data, generations=1)


@pytest.mark.slow
def test_the_command_trains_measures_and_goes_on_where_it_was(made_up, tmp_path, monkeypatch):
    few = (Stage(10, 20, 8),)
    settings = {"main": Setting("04", 2, few, (0, 1), 2), "b": Setting("05", 2, few, (0, 1), 2)}
    variations = {"smoothed": Setting("04", 1, few, (0,), 2, smoothing=2.0)}
    monkeypatch.setattr(command, "SETTINGS", settings)
    monkeypatch.setattr(command, "VARIATIONS", variations)
    monkeypatch.setattr(command, "SETS", ("04",))
    monkeypatch.setattr(command, "repeats_of", lambda _: made_up)
    monkeypatch.setattr(command, "AdaptiveThreshold", SoonFitted)
    monkeypatch.setattr(command, "RESULTS", tmp_path / "recording.json")
    monkeypatch.setattr(command, "WEIGHTS", tmp_path / "recording.safetensors")
    monkeypatch.setattr("sys.argv", ["recording", "--parts", str(tmp_path / "parts")])
    threads = torch.get_num_threads()
    command.main()
    study = load_recording_study(tmp_path / "recording.json")
    assert set(study["settings"]) == {"main", "b"} and set(study["variations"]) == {"smoothed"}
    variation, main = study["variations"]["smoothed"], study["settings"]["main"]
    at_zero = variation["scores"]["validation"][0]["gamma"][1]
    assert variation["best_level"][0]["gamma"][1] >= at_zero
    assert len(main["restarted"]) == len(main["rates"]) == 2
    assert {"reliability", "consensus", "linear", "threshold"} == set(study["baselines"]["04"])
    assert len(study["shown"]["forecast"]) == HELD_OUT[1] - HELD_OUT[0]

    def must_not_train(*_, **__):
        raise AssertionError("a finished part was done again")

    monkeypatch.setattr(command, "train_networks", must_not_train)
    command.main()
    again = load_recording_study(tmp_path / "recording.json")
    assert again["settings"] == study["settings"]
    torch.set_num_threads(threads)
