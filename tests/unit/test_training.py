"""The recipe against PyTorch's own parts, and the ensemble against training alone."""

import itertools
import signal
import threading

import numpy as np
import pytest
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR

from neurode_lib.fitzhugh_nagumo import build_dataset
from neurode_lib.models import DiscreteRNN, NeuralODE, ODEFunc, make_model, network_of
from neurode_lib.training.ensemble import Ensemble
from neurode_lib.training.loop import train, train_ensemble
from neurode_lib.training.recipe import Recipe

GRID = 0.5 * np.arange(13)


def data(seed, n=6):
    return build_dataset(n, 12, seed=seed)


def stacked(seeds):
    sets = [data(seed) for seed in seeds]
    return np.stack([states for states, _ in sets]), np.stack([currents for _, currents in sets])


def flat(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def plain_loop(model, states, currents, recipe):
    """The article's training loop from PyTorch's own optimiser, scheduler and clipping."""
    states, currents, grid = (
        torch.tensor(value, dtype=next(model.parameters()).dtype)
        for value in (states, currents, GRID)
    )
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=recipe.lr, weight_decay=recipe.weight_decay
    )
    scheduler = CosineAnnealingLR(optimizer, T_max=recipe.updates)
    losses = []
    for _ in range(recipe.updates):
        loss = (model(states[:, 0], currents, grid).transpose(0, 1) - states).square().mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip_norm)
        optimizer.step()
        scheduler.step()
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("kind", ["neural_ode", "discrete_rnn"])
def test_the_recipe_equals_the_plain_loop(kind):
    recipe = Recipe(updates=40, clip_norm=0.05)  # low, so that clipping acts
    states, currents = data(0)
    plain = make_model(kind, seed=0, hidden=16).double()
    expected = plain_loop(plain, states, currents, recipe)
    model, history = train(
        make_model(kind, seed=0, hidden=16).double(),
        states,
        currents,
        GRID,
        recipe,
        progress=False,
    )
    np.testing.assert_allclose(history.loss[:, 0], expected, rtol=1e-9)
    torch.testing.assert_close(flat(model), flat(plain), rtol=1e-7, atol=1e-9)
    assert (history.grad_norm > recipe.clip_norm).any()


def test_each_seed_of_an_ensemble_is_trained_as_if_alone():
    """In double precision to 1e-8: only the rounding of blocked matrix products may differ."""
    recipe = Recipe(updates=30, window=4, batch=9, clip_norm=0.1)
    seeds = [3, 5, 8]
    states, currents = stacked(seeds)
    together, history = train_ensemble(
        [make_model(seed=s, hidden=16).double() for s in seeds],
        states,
        currents,
        GRID,
        recipe,
        seeds=seeds,
        progress=False,
    )
    for k, seed in enumerate(seeds):
        alone, own = train(
            make_model(seed=seed, hidden=16).double(),
            states[k],
            currents[k],
            GRID,
            recipe,
            seed=seed,
            progress=False,
        )
        np.testing.assert_allclose(history.loss[:, k], own.loss[:, 0], rtol=1e-8)
        torch.testing.assert_close(flat(together[k]), flat(alone), rtol=1e-6, atol=1e-8)


def test_a_batch_of_all_windows_is_the_mean_over_every_window():
    recipe = Recipe(updates=1, window=3)
    states, currents = data(1)
    model = make_model(seed=1, hidden=8, zero_init=False).double()
    expected = np.mean(
        [
            np.square(
                model(
                    torch.tensor(states[:, start]),
                    torch.tensor(currents),
                    torch.tensor(GRID[: recipe.window + 1]),
                )
                .detach()
                .numpy()
                .transpose(1, 0, 2)
                - states[:, start : start + recipe.window + 1]
            )
            for start in range(len(GRID) - recipe.window)
        ]
    )
    _, history = train(model, states, currents, GRID, recipe, progress=False)
    assert history.loss[0, 0] == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("time_unit", [1.0, 4.0])
def test_windows_of_a_time_input_model_see_the_clock_of_the_data(time_unit):
    recipe = Recipe(updates=1, window=3)
    states, currents = data(1)
    model = make_model(
        seed=1, hidden=8, time_input=True, zero_init=False, time_unit=time_unit
    ).double()
    expected = np.mean(
        [
            np.square(
                model(
                    torch.tensor(states[:, start]),
                    torch.tensor(currents),
                    torch.tensor(GRID[start : start + recipe.window + 1]),
                )
                .detach()
                .numpy()
                .transpose(1, 0, 2)
                - states[:, start : start + recipe.window + 1]
            )
            for start in range(len(GRID) - recipe.window)
        ]
    )
    _, history = train(model, states, currents, GRID, recipe, progress=False)
    assert history.loss[0, 0] == pytest.approx(expected, rel=1e-10)


def test_the_schedule_is_pytorchs_cosine():
    recipe = Recipe(updates=50)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=recipe.lr)
    scheduler = CosineAnnealingLR(optimizer, T_max=recipe.updates)
    for update in range(recipe.updates):
        assert recipe.learning_rate(update) == pytest.approx(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()


def test_ctrl_c_ends_training_after_the_update_that_runs(monkeypatch):
    whole, whole_history = small_run()
    interrupt_at(monkeypatch, 2)
    partial, history = small_run(snapshots_at=[3, 6])
    monkeypatch.undo()
    assert history.interrupted
    assert not whole_history.interrupted
    np.testing.assert_array_equal(history.loss, whole_history.loss[:3])
    assert list(history.snapshots) == []  # asked for at its beginning, and at the end
    _, again = small_run(snapshots_at=[3])
    for name, weight in network_of(partial).state_dict().items():
        assert torch.equal(weight, again.snapshots[3][name][0])
    assert not torch.equal(flat(partial), flat(whole))


def test_each_seed_of_an_ensemble_draws_its_own_minibatches():
    states, currents = data(0)
    _, history = train_ensemble(
        [make_model(seed=0, hidden=8) for _ in range(3)],
        np.stack([states] * 3),
        np.stack([currents] * 3),
        GRID,
        Recipe(updates=3, window=2, batch=4),
        seeds=[0, 1, 0],
        progress=False,
    )
    assert (history.loss[:, 0] != history.loss[:, 1]).all()
    np.testing.assert_allclose(history.loss[:, 0], history.loss[:, 2], rtol=1e-5)


def test_the_seconds_are_those_of_the_updates(monkeypatch):
    ticks = itertools.count()
    monkeypatch.setattr("time.perf_counter", lambda: float(next(ticks)))  # an update takes 1
    _, history = small_run()
    assert history.seconds == 6.0


def interrupt_at(monkeypatch, *numbers):
    """Send Ctrl-C within the updates of these numbers."""
    real_advance, calls = Ensemble.advance, itertools.count()

    def advance(self):
        if next(calls) in numbers:
            signal.raise_signal(signal.SIGINT)
        real_advance(self)

    monkeypatch.setattr(Ensemble, "advance", advance)


def small_run(**options):
    states, currents = data(0)
    model = make_model(seed=0, hidden=4)
    recipe = Recipe(updates=6)
    return train(model, states, currents, GRID, recipe, progress=False, **options)


def test_the_second_interrupt_is_not_waited_for_and_the_handler_comes_back(monkeypatch):
    before = signal.getsignal(signal.SIGINT)
    real_advance = Ensemble.advance

    def impatient(self):
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        real_advance(self)

    monkeypatch.setattr(Ensemble, "advance", impatient)
    with pytest.raises(KeyboardInterrupt):
        small_run()
    assert signal.getsignal(signal.SIGINT) is before


def test_an_interrupt_in_the_last_update_leaves_a_whole_run(monkeypatch):
    interrupt_at(monkeypatch, 5)
    _, history = small_run(snapshots_at=[6])
    assert not history.interrupted
    assert list(history.snapshots) == [6]


def test_who_ignores_interrupts_goes_on_ignoring_them(monkeypatch):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        interrupt_at(monkeypatch, 2)
        _, history = small_run()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    assert not history.interrupted
    assert len(history.loss) == 6


def test_training_runs_in_a_thread_where_no_signal_arrives():
    results = []
    thread = threading.Thread(target=lambda: results.append(small_run()))
    thread.start()
    thread.join()
    torch.testing.assert_close(flat(results[0][0]), flat(small_run()[0]))


def test_a_loss_that_is_not_finite_stops_that_model_alone_with_its_last_good_weights():
    recipe = Recipe(updates=12, lr=0.02, clip_norm=None)
    states, currents = stacked([0, 1])
    states = states.astype(np.float32)
    models = [make_model(seed=s, hidden=8) for s in (0, 1)]
    # Steep enough to leave the range of float32 once the weights have grown a little.
    with torch.no_grad():
        network_of(models[1])[-1].weight.fill_(3e5)
        network_of(models[1])[-1].bias.fill_(1e37)
    with pytest.warns(RuntimeWarning, match=r"model 1 \(seed 1\) is not finite at update 0"):
        trained, history = train_ensemble(
            models, states, currents, GRID, recipe, seeds=[0, 1], progress=False
        )
    assert history.stopped_at == [None, 0]
    assert torch.isfinite(flat(trained[1])).all()
    assert torch.all(network_of(trained[1])[-1].bias == 1e37)
    alone, _ = train(
        make_model(seed=0, hidden=8), states[0], currents[0], GRID, recipe, progress=False
    )
    torch.testing.assert_close(flat(trained[0]), flat(alone), rtol=1e-4, atol=1e-5)


def steep(size):
    """A model whose last layer is so large that its loss is finite, and its gradient is not."""
    model = make_model(seed=1, hidden=8)
    with torch.no_grad():
        network_of(model)[-1].weight.fill_(size)
    return model


@pytest.mark.parametrize("clip_norm", [None, 1.0])
def test_a_gradient_that_is_not_finite_stops_a_model_before_it_takes_the_step(clip_norm):
    """Clipped by its infinite norm, such a gradient would be zero, and training stand still."""
    recipe = Recipe(updates=1, clip_norm=clip_norm)
    states, currents = stacked([0, 1])
    models = [make_model(seed=0, hidden=8), steep(1e15)]
    with pytest.warns(RuntimeWarning, match=r"the gradient of model 1 \(seed 1\) is not finite"):
        trained, history = train_ensemble(
            models, states, currents, GRID, recipe, seeds=[0, 1], progress=False
        )
    assert history.stopped_at == [None, 0]
    assert np.isfinite(history.loss).all()
    assert not np.isfinite(history.grad_norm[0, 1])
    assert torch.equal(flat(trained[1]), flat(steep(1e15)))
    assert not torch.equal(flat(trained[0]), flat(make_model(seed=0, hidden=8)))


def test_weights_that_the_last_update_spoils_are_not_returned():
    states, currents = data(0)
    model = make_model(seed=0, hidden=8)
    with torch.no_grad():
        network_of(model)[0].weight[0, 0] = 1e30  # which the decay multiplies by -1e12
    before = flat(model).clone()
    recipe = Recipe(updates=1, lr=1e6, weight_decay=1e6)
    with pytest.warns(RuntimeWarning, match=r"a weight of model 0 \(seed 0\) is not finite"):
        train(model, states, currents, GRID, recipe, progress=False, snapshots_at=[1])
    assert torch.equal(flat(model), before)


def test_make_model_repeats_itself_and_leaves_the_global_generator_alone():
    torch.manual_seed(7)
    before = torch.random.get_rng_state()
    first, second = make_model(seed=1, hidden=8), make_model(seed=1, hidden=8)
    other = make_model(seed=2, hidden=8)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert torch.equal(flat(first), flat(second))
    assert not torch.equal(flat(first), flat(other))
    assert isinstance(first, NeuralODE)
    assert isinstance(make_model("discrete_rnn", seed=0, hidden=8), DiscreteRNN)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"updates": 0}, "updates must be >= 1, got 0"),
        ({"lr": -1.0}, "lr must be > 0"),
        ({"lr": float("nan")}, "lr must be finite"),
        ({"schedule": "linear"}, "schedule must be one of"),
        ({"weight_decay": -0.1}, "weight_decay must be >= 0"),
        ({"lr": 3e38}, r"lr must be <= 1e\+06"),
        ({"weight_decay": 1e300}, r"weight_decay must be <= 1e\+06"),
        ({"clip_norm": 0.0}, "clip_norm must be > 0"),
        ({"window": 0}, "window must be >= 1"),
        ({"batch": 1.5}, "batch must be an integer"),
    ],
)
def test_a_recipe_refuses_nonsense_by_name(options, message):
    with pytest.raises(ValueError, match=message):
        Recipe(**options)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"states": np.full((6, 13, 2), np.nan)}, "states must be finite"),
        ({"states": np.zeros((6, 13, 3, 1))}, "states must be Recordings or have shape"),
        ({"currents": np.zeros(5)}, "currents must have shape"),
        ({"t_eval": GRID[:-1]}, "t_eval must hold 13 strictly increasing"),
        ({"t_eval": GRID[::-1]}, "t_eval must hold 13 strictly increasing"),
        ({"recipe": Recipe(window=13)}, "window must be at most 12"),
        ({"seed": -1}, "seeds must be >= 0"),
    ],
)
def test_bad_data_are_refused_by_name(change, message):
    states, currents = data(0)
    arguments = {"states": states, "currents": currents, "t_eval": GRID, "recipe": None} | change
    with pytest.raises(ValueError, match=message):
        train(make_model(seed=0, hidden=4), progress=False, **arguments)


@pytest.mark.parametrize(
    ("models", "seeds", "message"),
    [
        ([], [], "models must not be empty"),
        (["neural_ode", "discrete_rnn"], [0, 1], "alike in kind and size"),
        (["neural_ode", "neural_ode"], [0], "seeds must have one entry"),
    ],
)
def test_an_ensemble_must_be_alike(models, seeds, message):
    states, currents = stacked([0, 1])
    made = [make_model(kind, seed=0, hidden=4) for kind in models]
    with pytest.raises(ValueError, match=message):
        train_ensemble(made, states, currents, GRID, seeds=seeds, progress=False)


def test_a_discrete_rnn_has_no_time_input():
    with pytest.raises(ValueError, match="time_input must be False"):
        make_model("discrete_rnn", seed=0, time_input=True)


def test_the_bar_shows_loss_and_time_left(capsys):
    states, currents = data(0)
    train(make_model(seed=0, hidden=4), states, currents, GRID, Recipe(updates=10))
    shown = capsys.readouterr().err
    assert "median loss" in shown
    assert "10/10" in shown


def test_the_default_recipe_is_the_articles():
    recipe = Recipe()
    assert (recipe.updates, recipe.lr, recipe.schedule, recipe.clip_norm, recipe.window) == (
        600,
        3e-3,
        "cosine",
        1.0,
        None,
    )
    assert sum(p.numel() for p in ODEFunc().parameters()) == 17_282
