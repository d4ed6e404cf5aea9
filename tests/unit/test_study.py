"""The study: resumable, repeatable, the same on a cluster, and true to the code."""

import json
import os
import re
import shutil
import signal
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from neurode_lib.metrics import predict
from neurode_lib.models import NeuralODE
from neurode_lib.phase_plane import equilibria
from neurode_lib.study import jobs
from neurode_lib.study import run as study
from neurode_lib.study.config import StudyConfig, quick_config
from neurode_lib.study.job_files import load_job, save_job
from neurode_lib.study.jobs import Job, reference_losses, run_job
from neurode_lib.study.join import join
from neurode_lib.study.merge import is_merged
from neurode_lib.study.pretrained import load_pretrained, load_snapshot
from neurode_lib.study.protocol import PROTOCOL, Evaluation, evaluate
from neurode_lib.study.provenance import write_provenance
from neurode_lib.study.results import load_results
from neurode_lib.study.run import run_study
from neurode_lib.study.variants import (
    SNAPSHOT_UPDATES,
    VARIANTS,
    new_model,
    training_set,
    variant_named,
)
from neurode_lib.training.recipe import Recipe
from neurode_lib.weights import PACKAGED

TWO = ("neural_ode", "discrete_rnn")
ADDED = "additive_best_recipe"  # came later


def small(folder, **changes):
    """Two variants, two seeds, four jobs."""
    return replace(
        StudyConfig(
            out=folder / "results",
            jobs=folder / "jobs",
            variants=TWO,
            seeds=(0, 1),
            seeds_per_job=1,
            hidden=8,
            updates=3,
        ),
        **changes,
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    config = small(tmp_path_factory.mktemp("study"))
    with ThreadPoolExecutor(1) as executor:
        run_study(config, executor, progress=False)
    return config


def copy_of(finished, folder):
    shutil.copytree(finished.jobs, folder / "jobs")
    return small(folder)


def results_of(config):
    return (config.out / "results.csv").read_text()


class Refusing(Executor):
    """An executor for runs that must have nothing to do."""

    def submit(self, _function, job, *_):
        raise AssertionError(f"{job.name} was run again")


def test_ctrl_c_says_how_to_resume(monkeypatch, tmp_path, capsys):
    def interrupt(_config):
        raise KeyboardInterrupt

    monkeypatch.setattr(study, "run_study", interrupt)
    with pytest.raises(SystemExit) as end:
        study.main(["--quick", str(tmp_path)])
    assert end.value.code == 130
    message = capsys.readouterr().err
    assert str(tmp_path) in message
    assert "the same command again" in message


def test_results_have_a_row_for_every_variant_seed_and_metric(finished):
    results = load_results(finished.out)
    rows = results_of(finished).splitlines()
    assert rows[0] == "variant,seed,metric,current,value"
    assert len(rows) == 1 + sum(len(values) for values in results.numbers.values())
    for variant in TWO:
        for current in (0.2, 0.5):
            values = results.values(variant, "mse_within", current)
            assert values.shape == (2,)
            assert (values > 0).all()
            assert results.curve(variant, "error_by_horizon", current).shape == (2, 401)
        assert results.curve(variant, "loss").shape == (2, 3)


def test_a_curve_and_its_mean_agree(finished):
    results = load_results(finished.out)
    curve = results.curve("neural_ode", "error_by_horizon", 0.5)
    np.testing.assert_allclose(
        curve[:, :81].mean(1), results.values("neural_ode", "mse_within", 0.5), rtol=1e-6
    )
    np.testing.assert_allclose(
        curve[:, 81:].mean(1), results.values("neural_ode", "mse_beyond", 0.5), rtol=1e-6
    )


def test_a_second_run_does_nothing(finished):
    before = {path: path.stat().st_mtime_ns for path in finished.out.iterdir()}
    run_study(finished, Refusing(), progress=False)
    assert {path: path.stat().st_mtime_ns for path in finished.out.iterdir()} == before


@pytest.mark.slow
def test_a_folder_with_the_results_of_another_study_gets_those_that_were_asked_for(
    finished, tmp_path
):
    other = small(tmp_path, variants=("discrete_rnn",), seeds=(0,), updates=2)
    with ThreadPoolExecutor(1) as executor:
        run_study(other, executor, progress=False)
    config = replace(finished, out=other.out)  # its jobs are done, its folder holds other results
    run_study(config, Refusing(), progress=False)
    assert results_of(config) == results_of(finished)
    assert load_results(config.out).seeds == finished.seeds


@pytest.mark.slow
def test_a_stopped_run_does_only_what_is_missing(finished, tmp_path):
    config = copy_of(finished, tmp_path)
    lost = sorted(config.jobs.iterdir())[1]
    lost.unlink()
    ran = []

    class Counting(ThreadPoolExecutor):
        def submit(self, function, job, trained):
            ran.append((job.name, trained))
            return super().submit(function, job, trained)

    with Counting(1) as executor:
        run_study(config, executor, progress=False)
    assert ran == [(lost.stem, None)]
    assert results_of(config) == results_of(finished)


@pytest.mark.slow
def test_what_an_earlier_protocol_measured_is_measured_again_without_training(
    finished, tmp_path, monkeypatch
):
    config = copy_of(finished, tmp_path)
    for job in config.all_jobs():
        result = load_job(config.jobs, job)
        emptied = [Evaluation() for _ in job.seeds]
        save_job(config.jobs, job, replace(result, evaluations=emptied, protocol=PROTOCOL - 1))

    def refuse(_job):
        raise AssertionError("trained again")

    monkeypatch.setattr(jobs, "_train", refuse)
    with ThreadPoolExecutor(1) as executor:
        run_study(config, executor, progress=False)
    assert results_of(config) == results_of(finished)
    protocols = load_results(config.out).provenance["protocols"]
    assert protocols == dict.fromkeys(config.variants, PROTOCOL)


def test_a_third_current_has_its_share_of_as_many_trajectories_from_the_same_starts():
    states, currents = training_set(VARIANTS["three_currents_best_recipe"], 3)
    own, _ = training_set(VARIANTS["best_recipe"], 3)
    assert set(currents) == {0.2, 0.35, 0.5}
    assert states.shape == own.shape
    np.testing.assert_array_equal(states[:, 0], own[:, 0])
    model = load_pretrained("three_currents_best_recipe", 3)
    assert model.trained_currents == ((0.2, 0.5),)


def test_a_variant_may_run_fewer_seeds_all_on_the_same_data():
    crossed = VARIANTS["best_recipe_data_2"]
    config = StudyConfig(variants=(crossed.name,))
    assert [job.seeds for job in config.all_jobs()] == [(0, 1, 2, 3)]
    own, _ = training_set(VARIANTS["best_recipe"], 2)
    for seed in (0, 3):
        np.testing.assert_array_equal(training_set(crossed, seed)[0], own)
    first, other = (new_model(crossed, seed).state_dict() for seed in (0, 1))
    assert not torch.equal(first["func.net.0.weight"], other["func.net.0.weight"])
    # Where data and weights have the same seed, it is the variant that is crossed.
    results = load_results()
    for metric in ("field_cosine", "field_error"):
        np.testing.assert_allclose(
            results.values(crossed.name, metric, 0.5)[2],
            results.values("best_recipe", metric, 0.5)[2],
            rtol=1e-4,  # trained beside other models, which may round differently
        )


@pytest.mark.slow
def test_a_job_that_fails_keeps_the_others(tmp_path, monkeypatch):
    config = small(tmp_path, variants=("discrete_rnn",))
    real = run_job

    def failing(job, trained):
        if job.seeds == (1,):
            raise KeyboardInterrupt
        return real(job, trained)

    monkeypatch.setattr(study, "run_job", failing)
    with ThreadPoolExecutor(1) as executor, pytest.raises(KeyboardInterrupt):
        run_study(config, executor, progress=False)
    assert [path.name.split("-seeds")[1][:4] for path in config.jobs.iterdir()] == ["-0-0"]
    assert not config.out.exists()


@pytest.mark.slow
def test_a_file_cut_in_half_is_named_and_redone(finished, tmp_path, capsys):
    config = copy_of(finished, tmp_path)
    victim = min(config.jobs.iterdir())
    victim.write_bytes(victim.read_bytes()[: victim.stat().st_size // 2])
    with ThreadPoolExecutor(1) as executor:
        run_study(config, executor, progress=False)
    assert victim.name in capsys.readouterr().err
    assert results_of(config) == results_of(finished)


@pytest.mark.slow
def test_a_folder_in_the_place_of_a_job_is_put_aside_and_the_job_redone(finished, tmp_path, capsys):
    config = copy_of(finished, tmp_path)
    victim = min(config.jobs.iterdir())
    victim.unlink()
    victim.mkdir()
    (victim / "somebody's").write_text("not ours to delete")
    with ThreadPoolExecutor(1) as executor:
        run_study(config, executor, progress=False)
    assert victim.name in capsys.readouterr().err
    assert results_of(config) == results_of(finished)
    run_study(config, Refusing(), progress=False)
    assert [path.name for path in config.jobs.glob("aside-*/*/*")] == ["somebody's"]


def test_another_recipe_is_another_job(finished):
    job = Job("neural_ode", (0,), Recipe(updates=3), hidden=8, threads=1)
    assert f"{job.name}.safetensors" in {path.name for path in finished.jobs.iterdir()}
    others = [
        replace(job, recipe=Recipe(updates=4)),
        replace(job, hidden=9),
        replace(job, threads=2),
        replace(job, seeds=(1,)),
        replace(job, variant="default_init"),
    ]
    assert len({other.name for other in [job, *others]}) == 6


def test_each_setting_of_a_variant_makes_another_job_except_what_is_only_kept(monkeypatch):
    job = Job("neural_ode", (0,), Recipe(updates=3), hidden=8, threads=1)
    before = job.name
    changed = {
        "kind": "discrete_rnn",
        "currents": (0.2, 0.3, 0.5),
        "data_seed": 1,
        "n_seeds": 1,
        "name": "x",
        "title": "x",
        "recipe": Recipe(updates=1),
    }
    for one in fields(VARIANTS["neural_ode"]):
        value = getattr(VARIANTS["neural_ode"], one.name)
        other = changed.get(one.name, not value if isinstance(value, bool) else 0.5)
        variant = replace(VARIANTS["neural_ode"], **{one.name: other})
        monkeypatch.setitem(VARIANTS, "neural_ode", variant)
        assert (job.name == before) == (one.name == "drawn"), one.name
        monkeypatch.undo()


# --- results that came later ------------------------------------------------------------------


@pytest.fixture(scope="module")
def later(tmp_path_factory):
    """One variant that the finished study does not have, and one that it does."""
    folder = tmp_path_factory.mktemp("later")
    config = small(folder, variants=("discrete_rnn", ADDED))
    with ThreadPoolExecutor(1) as executor:
        run_study(config, executor, progress=False)
    return config


@pytest.mark.slow
def test_later_results_join_the_stored_ones_which_stay_as_they_are(finished, later, tmp_path):
    folder = tmp_path / "stored"
    shutil.copytree(finished.out, folder)
    table = (folder / "results.csv").read_text()
    # As if another machine had measured this one: what is joined takes its place.
    old = [row for row in table.splitlines() if row.startswith("discrete_rnn,")]
    changed = table.replace(old[0], old[0].rsplit(",", 1)[0] + ",0.125")
    (folder / "results.csv").write_text(changed)
    write_provenance(folder, load_results(finished.out).provenance)
    join(folder, later.out)
    ours, theirs = load_results(folder), load_results(later.out)
    stored = (folder / "results.csv").read_text().splitlines()
    assert [row for row in stored if row.startswith("neural_ode,")] == [
        row for row in table.splitlines() if row.startswith("neural_ode,")
    ]
    assert [row for row in stored if row.startswith("discrete_rnn,")] == old
    np.testing.assert_array_equal(
        ours.values(ADDED, "mse_within", 0.5),
        theirs.values(ADDED, "mse_within", 0.5),
    )
    assert len(stored) == 1 + sum(len(values) for values in ours.numbers.values())
    np.testing.assert_array_equal(
        ours.curve("neural_ode", "loss"), load_results(finished.out).curve("neural_ode", "loss")
    )
    assert (ADDED, "loss", None) not in ours.curves  # nobody draws it
    assert load_snapshot("neural_ode", 0, folder=folder)
    assert load_pretrained("discrete_rnn", 1, folder=folder)
    assert is_merged(folder, replace(finished, variants=(*TWO, ADDED)).all_jobs())


@pytest.mark.slow
def test_provenance_says_which_results_came_later(finished, later, tmp_path):
    folder = tmp_path / "stored"
    shutil.copytree(finished.out, folder)
    join(folder, later.out)
    ours, first = load_results(folder).provenance, load_results(finished.out).provenance
    assert ours["made"] == first["made"]
    assert [run["variants"] for run in ours["later_runs"]] == [list(later.variants)]
    for what in ("recipes", "protocols", "training_seconds"):
        assert set(ours[what]) == {*TWO, ADDED}
    assert set(ours["reference"]["loss_of_first_seed"]) == {*TWO, ADDED}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seeds": [0]}, r"must have the seeds \[0, 1\], got \[0\]"),
        ({"threads_per_job": 2}, "must have the threads 1, got 2"),
        ({"reference": {"hidden": 4}}, "as wide as"),
    ],
)
def test_results_that_do_not_fit_are_not_joined(finished, tmp_path, change, message):
    other = tmp_path / "other"
    shutil.copytree(finished.out, other)
    write_provenance(other, load_results(finished.out).provenance | change)
    before = results_of(finished)
    with pytest.raises(ValueError, match=message):
        join(finished.out, other)
    assert results_of(finished) == before


def test_only_some_variants_are_trained_and_joined(finished, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "results"
    shutil.copytree(finished.out, folder)
    config = small(tmp_path, out=folder)
    monkeypatch.setattr(study, "quick_config", lambda _: config)
    monkeypatch.setattr(study, "run_study", lambda asked: ran.append(asked) or finished.out)
    monkeypatch.setattr(study, "join", lambda *folders: joined.append(folders))
    ran, joined = [], []
    study.main(["--quick", str(tmp_path), "--only", ADDED, "window_5"])
    assert [asked.variants for asked in ran] == [(ADDED, "window_5")]
    assert ran[0].out != folder
    assert joined == [(folder, finished.out)]
    assert str(folder) in capsys.readouterr().out
    with pytest.raises(SystemExit):
        study.main(["--only", "lstm"])


@pytest.mark.slow
def test_the_same_thread_count_gives_the_same_bits_and_another_stays_close():
    job = Job("neural_ode", (0, 1), Recipe(updates=5), hidden=32, threads=1)
    first, second, other = run_job(job), run_job(job), run_job(replace(job, threads=2))
    torch.set_num_threads(1)
    for name, value in first.weights.items():
        assert torch.equal(value, second.weights[name])
        torch.testing.assert_close(other.weights[name], value, rtol=1e-3, atol=1e-5)


@pytest.mark.slow
def test_a_cluster_gives_the_same_results_also_when_a_worker_is_killed(finished, tmp_path):
    distributed = pytest.importorskip("distributed")
    config = small(tmp_path)

    class Killing(Executor):
        """Kills a worker while it holds its first job."""

        def __init__(self, client):
            self.client, self.inner, self.submitted = client, client.get_executor(retries=3), 0

        def submit(self, function, job, *trained):
            future = self.inner.submit(function, job, *trained)
            self.submitted += 1
            if self.submitted == 2:
                victim = next(iter(self.client.run(os.getpid).values()))
                os.kill(victim, getattr(signal, "SIGKILL", signal.SIGTERM))
            return future

    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        run_study(config, Killing(client), progress=False)
    assert results_of(config) == results_of(finished)


def test_weights_come_back_as_the_models_that_were_measured(finished):
    results = load_results(finished.out)
    for variant in TWO:
        for row, seed in enumerate(results.seeds):
            model = load_pretrained(variant, seed, folder=finished.out)
            states, currents = training_set(VARIANTS[variant], seed)
            predicted = predict(model, states[:, 0], currents, 0.5 * np.arange(81))
            error = np.square(predicted - states).mean()
            assert error == pytest.approx(results.values(variant, "train_mse")[row], rel=1e-5)


def test_rows_are_those_of_their_seeds_in_whatever_order_these_are_named(finished, tmp_path):
    config = small(tmp_path, seeds=(1, 0))
    shutil.copytree(finished.jobs, config.jobs)
    run_study(config, Refusing(), progress=False)
    turned, straight = load_results(config.out), load_results(finished.out)
    assert turned.seeds == (1, 0)
    for variant in TWO:
        values = straight.values(variant, "train_mse")
        assert turned.values(variant, "train_mse").tolist() == values[::-1].tolist()
        curve = straight.curve(variant, "loss")
        assert turned.curve(variant, "loss").tolist() == curve[::-1].tolist()
        for seed in config.seeds:
            ours, theirs = (
                load_pretrained(variant, seed, folder=c.out) for c in (config, finished)
            )
            for name, value in ours.state_dict().items():
                assert torch.equal(value, theirs.state_dict()[name])


def test_provenance_says_how_and_from_what(finished):
    provenance = load_results(finished.out).provenance
    assert provenance["packages"]["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert provenance["recipes"]["neural_ode"]["updates"] == 3
    assert provenance["threads_per_job"] == 1
    assert provenance["wall_seconds"] > 0
    assert set(provenance["training_seconds"]) == set(TWO)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda r: r.values("lstm", "mse_within", 0.2), "variant must be one of"),
        (lambda r: r.values("neural_ode", "accuracy"), "metric must be one of"),
        (lambda r: r.values("neural_ode", "mse_within", 0.3), r"current must be one of \[0.2, 0.5"),
        (lambda _: load_pretrained("lstm"), "variant must be one of"),
        (lambda _: load_pretrained("no_clipping"), "variant must be one of"),
        (lambda _: load_pretrained("neural_ode", 99), "seed must be one of"),
        (lambda _: load_snapshot("neural_ode", 7), "update must be one of"),
        (lambda _: load_snapshot("time_input", 0), "variant must be one of"),
        (lambda _: variant_named("lstm"), "variant must be one of"),
        (lambda _: StudyConfig(variants=("lstm",)), "variant must be one of"),
        (lambda _: StudyConfig(seeds=(1, 1)), "seeds must not repeat"),
        (lambda _: StudyConfig(variants=TWO + TWO), "variants must not repeat"),
        (lambda _: StudyConfig(variants=()), "variants must not be empty"),
        (lambda _: StudyConfig(updates=0), "updates must be >= 1"),
    ],
)
def test_what_does_not_exist_is_refused_by_name(finished, call, message):
    with pytest.raises(ValueError, match=message):
        call(load_results(finished.out))


def test_missing_and_damaged_results_are_named(finished, tmp_path):
    with pytest.raises(FileNotFoundError, match="make study"):
        load_results(tmp_path)
    folder = tmp_path / "copy"
    shutil.copytree(finished.out, folder)
    (folder / "results.csv").write_text("variant,seed,metric,current,value\nneural_ode,zero,x,,1\n")
    with pytest.raises(ValueError, match="damaged"):
        load_results(folder)


def test_weights_of_another_shape_are_refused(finished, tmp_path):
    shutil.copytree(finished.out, tmp_path / "copy")
    shutil.copy(
        finished.out / "discrete_rnn.safetensors", tmp_path / "copy" / "time_input.safetensors"
    )
    with pytest.raises(ValueError, match=r"time_input\.safetensors does not hold weights"):
        load_pretrained("time_input", folder=tmp_path / "copy")


def test_a_quick_run_cannot_touch_the_real_results(tmp_path):
    config = quick_config(tmp_path)
    assert PACKAGED not in (config.out, *config.out.parents)
    assert set(config.variants) == set(VARIANTS)


def test_results_are_those_in_the_folder_now(finished, tmp_path, monkeypatch):
    shutil.copytree(finished.out, tmp_path / "a/results")
    monkeypatch.chdir(tmp_path / "a")
    assert load_results("results") is load_results(tmp_path / "a/results")  # parsed once
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileNotFoundError):
        load_results("results")
    table = tmp_path / "a/results/results.csv"
    shown = f"{load_results('a/results').values('neural_ode', 'train_mse')[0]:.9g}"
    table.write_text(table.read_text().replace(shown, "0.125"))
    write_provenance(table.parent, load_results(finished.out).provenance)
    assert load_results("a/results").values("neural_ode", "train_mse")[0] == 0.125


# --- the results that come with the library --------------------------------------------------


def test_the_packaged_results_are_complete():
    results = load_results()
    assert len(results.seeds) >= 10
    assert {key[0] for key in results.numbers} == set(VARIANTS)
    assert re.fullmatch(r"[0-9a-f]{40}", results.provenance["commit"])
    recipes = {name: Recipe(**recipe) for name, recipe in results.provenance["recipes"].items()}
    assert recipes == {name: variant.recipe for name, variant in VARIANTS.items()}


@pytest.mark.parametrize("name", VARIANTS)
def test_the_packaged_results_are_what_the_code_makes(name):
    """The first updates of seed 0, retrained; 1e-4 leaves room for another machine's rounding."""
    reference = load_results().provenance["reference"]
    stored = reference["loss_of_first_seed"][name]
    np.testing.assert_allclose(
        reference_losses(name, load_results().seeds[0], reference["hidden"]), stored, rtol=1e-4
    )
    if VARIANTS[name].drawn:
        curve = load_results().curve(name, "loss")[0]
        assert curve[0] == pytest.approx(stored[0], rel=1e-4)


@pytest.mark.parametrize("name", [v.name for v in VARIANTS.values() if v.packaged])
def test_the_packaged_weights_have_the_packaged_error(name):
    results = load_results()
    for seed in (results.seeds[0], results.seeds[-1]):
        states, currents = training_set(VARIANTS[name], seed)
        model = load_pretrained(name, seed)
        error = np.square(
            predict(model, states[:, 0], currents, 0.5 * np.arange(81)) - states
        ).mean()
        stored = results.values(name, "train_mse")[results.seeds.index(seed)]
        assert error == pytest.approx(stored, rel=1e-3)


def test_the_packaged_results_are_those_of_the_default_study():
    config = StudyConfig()
    assert is_merged(PACKAGED, config.all_jobs())


class Bistable(torch.nn.Module):
    """At rest at v = -1, 0 and 1, w = 0, under every current: no Hopf, and no cycle."""

    def forward(self, _t, y, _I):
        v, w = y.unbind(-1)
        return torch.stack([v - v**3, -w], dim=-1)


@pytest.mark.slow
def test_what_a_model_does_not_have_is_nan_and_its_nearest_equilibrium_counts():
    states, currents = training_set(VARIANTS["neural_ode"], 0)
    numbers = evaluate(NeuralODE(Bistable()), states, currents).numbers
    assert np.isnan(numbers["hopf_current", None])
    for current in (0.2, 0.5):
        true = equilibria(current)[0]
        assert numbers["n_equilibria", current] == 3
        assert numbers["equilibrium_offset", current] == pytest.approx(
            min(np.hypot(v - true.v, true.w) for v in (-1, 0, 1))
        )
        assert numbers["oscillates", current] == 0
    assert np.isnan(numbers["period_error", 0.5])


@pytest.mark.slow
@pytest.mark.parametrize("name", TWO)
def test_every_packaged_number_is_what_the_code_measures(name):
    """Seed 0 of the packaged weights, measured again: each metric means what it did."""
    results = load_results()
    seed = results.seeds[0]
    measured = evaluate(load_pretrained(name, seed), *training_set(VARIANTS[name], seed))
    stored = {key[1:]: v[0] for key, v in results.numbers.items() if key[0] == name}
    assert measured.numbers.keys() == stored.keys()
    for key, value in measured.numbers.items():
        assert value == pytest.approx(stored[key], rel=1e-4, nan_ok=True), key
    for (metric, current), curve in measured.curves.items():
        np.testing.assert_allclose(curve, results.curve(name, metric, current)[0], rtol=1e-3)


def test_snapshots_run_from_standing_still_to_the_trained_model():
    first, last = (load_snapshot("neural_ode", u) for u in (SNAPSHOT_UPDATES[0], 600))
    trained = load_pretrained("neural_ode", 0)
    start = np.array([[1.0, 0.5]])
    grid = 0.5 * np.arange(81)
    assert (predict(first, start, 0.5, grid) == start).all()
    np.testing.assert_allclose(
        predict(last, start, 0.5, grid), predict(trained, start, 0.5, grid), atol=0.05
    )


def test_the_package_stays_small():
    # 11 MiB until chapters 17 to 19 came, which read 1.6 MB of measurements and models, and 12.5
    # until chapter 14 drew two more variants, of 0.7 MB each, and the table got their like.
    assert sum(path.stat().st_size for path in PACKAGED.iterdir()) < 14.5 * 2**20
    assert json.loads((PACKAGED / "provenance.json").read_text())["neurode_lib"]
