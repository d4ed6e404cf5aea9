"""What chapter 16 reads: its protocol, and that the numbers belong to the stored models."""

import numpy as np
import pytest

from neurode_lib.fitzhugh_nagumo import DT
from neurode_lib.inputs import Input, chirp
from neurode_lib.phase_plane import equilibria, jacobian
from neurode_lib.study import driven
from neurode_lib.study.variants import SEEDS


def test_a_linear_membrane_has_the_gain_of_its_formula():
    """The fit to a chirp, judged where the answer is a formula: v' = -r v + I."""
    rate, dt, times = 2.0, 1e-3, driven._grid(driven.CHIRP_DURATION)
    drive = chirp(0.0, driven.CHIRP_AMPLITUDE, driven.CHIRP_FREQUENCIES, driven.CHIRP_DURATION)
    fine = dt * np.arange(round(times[-1] / dt) + 1)
    decay, current, v = np.exp(-rate * dt), drive(fine), np.zeros(len(fine))
    for k in range(1, len(fine)):
        v[k] = decay * v[k - 1] + (1 - decay) / rate * (current[k - 1] + current[k]) / 2
    sampled = v[:: round(DT / dt)]
    for f in driven.GAIN_FREQUENCIES:
        expected = 1.0 / np.hypot(rate, 2 * np.pi * f)
        assert driven._gain_at(f, times, sampled) == pytest.approx(expected, rel=2e-3)


@pytest.mark.slow
def test_the_neuron_answers_a_small_chirp_nearly_as_its_jacobian_says():
    rest = equilibria(driven.CHIRP_MEAN)[0]
    J = jacobian([rest.v, rest.w])
    linear = [
        abs(np.linalg.inv(2j * np.pi * f * np.eye(2) - J)[0, 0]) for f in driven.GAIN_FREQUENCIES
    ]
    assert np.allclose(driven.driven_truth().gains, linear, rtol=0.15)


@pytest.mark.slow
def test_identical_trains_are_at_distance_nothing_and_lost_spikes_at_one():
    truth = driven.driven_truth().paths["steps"]
    assert driven.compare_spikes(truth, truth).distance == 0.0
    silent = np.full_like(truth, -1.0)
    assert driven.compare_spikes(silent, truth) == (0.0, pytest.approx(1.0, abs=1e-3))
    assert driven.compare_spikes(np.full_like(truth, np.nan), truth).distance == np.inf


def test_single_steps_hold_the_current_of_their_interval():
    data = driven.training_recordings("noise_currents", 0)
    pairs, held = driven._single_steps(data)
    assert pairs.shape == (40 * 80, 2, 2) and held.shape == (40 * 80,)
    assert np.array_equal(pairs[80 * 3 + 5], data.values[3][5:7])
    signal = data.inputs[3]
    assert isinstance(signal, Input)
    middle = DT * 5.5
    assert held[80 * 3 + 5] == signal(middle)


def test_test_noise_is_not_training_noise():
    seeds = {40 * seed + k for seed in SEEDS for k in range(40)}
    assert not seeds & {driven.TEST_SEED + k for k in range(driven.N_STARTS)}


@pytest.mark.parametrize("name", driven.MODELS)
def test_stored_measurements_are_of_the_stored_weights(name):
    """If this fails, weights have changed: run ``python -m neurode_lib.study.driven`` again."""
    for seed in SEEDS:
        weights = driven.load_driven()["models"][name][seed]["weights"]
        assert driven.weights_digest(driven.load_driven_model(name, seed)) == weights


def test_a_stored_measurement_can_be_repeated():
    stored = driven.load_driven()["models"]["noise_currents"][1]
    again = driven.measure(driven.load_driven_model("noise_currents", 1))
    # Single precision on another machine: spikes move by a little, and stay spikes.
    for stimulus in driven.stimuli():
        assert again["spikes"][stimulus] == pytest.approx(stored["spikes"][stimulus], abs=0.11)
    assert np.allclose(again["rates"], stored["rates"], rtol=1e-3)
    assert np.allclose(again["gains"], stored["gains"], rtol=1e-3)
