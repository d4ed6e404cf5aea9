"""Damaged files are refused by name, or hold exactly what was written: nothing in between."""

import json
import resource
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from safetensors.torch import save

from neurode_lib.explorers.downloads import load_trained
from neurode_lib.models import make_model
from neurode_lib.study.config import StudyConfig
from neurode_lib.study.job_files import load_job, save_job
from neurode_lib.study.jobs import Job, JobResult
from neurode_lib.study.pretrained import load_pretrained, load_snapshot
from neurode_lib.study.protocol import Evaluation
from neurode_lib.study.provenance import write_provenance
from neurode_lib.study.results import load_results
from neurode_lib.study.run import run_study
from neurode_lib.training.recipe import Recipe
from neurode_lib.training.rollout import stack_weights
from neurode_lib.weights import _checksum, load_weights, save_weights
from tests.unit.damage import CASES, damaged
from tests.unit.test_downloads import page_file

# Far above what these small files need, far below what their headers come to promise.
MEMORY_MIB = 100


@pytest.fixture(autouse=True)
def memory_stays_small():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < MEMORY_MIB


def try_all(path, kind, load, same):
    """Load every damaged copy of a file; return how many were refused."""
    whole = path.read_bytes()
    reference = load()
    rng = np.random.default_rng(list(kind.encode()))
    tried = refused = 0
    for what, content in damaged(whole, rng, CASES[kind]):
        path.write_bytes(content)
        tried += 1
        message = None
        try:
            loaded = load()
        except (ValueError, FileNotFoundError) as error:
            message = str(error)
        if message is None:
            assert same(loaded, reference), f"{what}: silently something else"
            continue
        refused += 1
        assert path.name in message or str(path.parent) in message, (what, message)
        assert len(message) < 600, (what, message)
    path.write_bytes(whole)
    assert same(load(), reference)
    assert tried == CASES[kind]
    # Some damage changes nothing (a splice of nothing, spaces in JSON); most does.
    assert refused > 0.9 * tried
    return refused


def equal(a, b):
    """Whether two loaded things are the same in every bit, type and shape."""
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and a.shape == b.shape and bytes_of(a) == bytes_of(b)
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, float) and a != a:
        return b != b
    return type(a) is type(b) and (equal(vars(a), vars(b)) if hasattr(a, "__dict__") else a == b)


def bytes_of(tensor):
    return tensor.reshape(-1).view(torch.uint8).numpy().tobytes()


@pytest.mark.slow
def test_damaged_weights(tmp_path):
    path = tmp_path / "w.safetensors"
    tensors = {
        "a": torch.arange(6.0).reshape(2, 3),
        "half": torch.ones(3, dtype=torch.float16),
        "step": torch.tensor(3.0),
        "n": torch.tensor([1, 2]),
    }
    save_weights(path, tensors, {"seeds": [0, 1], "name": "ü"})
    try_all(path, "weights", lambda: load_weights(path), equal)


@pytest.mark.slow
def test_damaged_downloads(tmp_path):
    path = tmp_path / "trained.safetensors"
    path.write_bytes(page_file())
    try_all(path, "network trained in the page", lambda: load_trained(path).state_dict(), equal)


def test_loaded_weights_do_not_change_with_the_file(tmp_path):
    """A memory map would change, or crash, when another program writes into the file."""
    path = tmp_path / "w.safetensors"
    save_weights(path, {"a": torch.ones(1000)})
    tensors, _ = load_weights(path)
    path.write_bytes(b"")
    assert torch.equal(tensors["a"], torch.ones(1000))


def resealed(path, change):
    """Write a file again with other content and a checksum that is right for it."""
    tensors, metadata = load_weights(path)
    change(tensors, metadata)
    header = {"metadata": json.dumps(metadata)}
    header["sha256"] = _checksum(tensors, header["metadata"])
    path.write_bytes(save({k: v.contiguous() for k, v in tensors.items()}, header))


# --- the study -----------------------------------------------------------------------------------

JOB = Job("neural_ode", (0, 1), Recipe(updates=2), hidden=2, threads=1)


@pytest.fixture
def job_file(tmp_path):
    models = [make_model(seed=seed, hidden=2, zero_init=False) for seed in JOB.seeds]
    weights = stack_weights(models)
    measured = [
        Evaluation({("train_mse", None): 0.5}, {("error_by_horizon", 0.2): np.ones(3)})
        for _ in JOB.seeds
    ]
    result = JobResult(
        weights,
        np.ones((2, 2)),
        np.full((2, 2), np.nan),
        measured,
        1.5,
        {0: {name: value[0].clone() for name, value in weights.items()}},
    )
    save_job(tmp_path, JOB, result)
    return tmp_path / f"{JOB.name}.safetensors"


def loaded_job(path, capsys):
    """The job, or a ``ValueError`` with what standard error says about it."""
    result = load_job(path.parent, JOB)
    output = capsys.readouterr().err
    if result is None:
        raise ValueError(output)
    assert not output
    return result


@pytest.mark.slow
def test_damaged_jobs(job_file, capsys):
    try_all(job_file, "finished job of the study", lambda: loaded_job(job_file, capsys), equal)


@pytest.mark.parametrize(
    "change",
    [
        lambda tensors, _: tensors.pop("loss"),
        lambda tensors, _: tensors.update(loss=torch.ones(2, 3)),
        lambda tensors, _: tensors.pop("weights/0.weight"),
        lambda tensors, _: tensors.update({"weights/0.bias": torch.ones(2, 3)}),
        lambda tensors, _: tensors.update({"weights/0.bias": torch.ones(2, 2).double()}),
        lambda tensors, _: tensors.update({"curves/7/x/0.2": torch.ones(2)}),
        lambda tensors, _: tensors.update({"something": torch.ones(2)}),
        lambda _, metadata: metadata.pop("numbers"),
        lambda _, metadata: metadata.update(numbers=[]),
        lambda _, metadata: metadata.update(numbers=[[["x", None, "many"]]] * 2),
        lambda _, metadata: metadata.update(seconds=[]),
    ],
)
def test_a_job_of_another_version_is_run_again(job_file, capsys, change):
    resealed(job_file, change)
    with pytest.raises(ValueError, match=r"is no result of this job .* it is run again"):
        loaded_job(job_file, capsys)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    config = StudyConfig(
        out=folder / "results",
        jobs=folder / "jobs",
        variants=("neural_ode",),
        seeds=(0, 1),
        seeds_per_job=2,
        hidden=2,
        updates=2,
    )
    with ThreadPoolExecutor(1) as executor:
        run_study(config, executor, progress=False)
    return config


@pytest.fixture
def results(finished, tmp_path):
    shutil.copytree(finished.out, tmp_path / "results")
    return tmp_path / "results"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("table of results", "results.csv"),
        ("curves of results", "curves.safetensors"),
        ("provenance of results", "provenance.json"),
    ],
)
def test_damaged_results(results, kind, name):
    try_all(results / name, kind, lambda: load_results(results), equal)


def test_results_of_two_runs_do_not_pass_for_one(results):
    table = results / "results.csv"
    table.write_text(table.read_text().replace(",0.", ",1.", 1))
    with pytest.raises(ValueError, match=r"results\.csv is damaged, or of another run"):
        load_results(results)


def test_results_with_the_right_checksums_must_still_be_results(results):
    provenance = json.loads((results / "provenance.json").read_text())
    (results / "results.csv").write_text("variant,seed\nneural_ode,0\n")
    write_provenance(results, provenance)
    with pytest.raises(ValueError, match=r"the results in .* are damaged"):
        load_results(results)


def test_provenance_without_checksums_is_refused(results):
    path = results / "provenance.json"
    provenance = json.loads(path.read_text())
    del provenance["sha256"]
    path.write_text(json.dumps(provenance))
    with pytest.raises(ValueError, match=r"provenance\.json is damaged: KeyError: .sha256"):
        load_results(results)


def test_a_study_whose_results_are_damaged_merges_them_anew(finished, tmp_path):
    config = StudyConfig(
        **{**vars(finished), "out": tmp_path / "results", "jobs": tmp_path / "jobs"}
    )
    shutil.copytree(finished.jobs, config.jobs)
    shutil.copytree(finished.out, config.out)
    (config.out / "results.csv").write_text("cut")
    run_study(config, progress=False)
    assert (config.out / "results.csv").read_text() == (finished.out / "results.csv").read_text()
    assert load_results(config.out).seeds == (0, 1)


def test_nobody_can_change_results_for_the_next_reader(results):
    loaded = load_results(results)
    with pytest.raises(ValueError, match="read-only"):
        loaded.values("neural_ode", "train_mse")[0] = 0.0
    with pytest.raises(ValueError, match="read-only"):
        loaded.curve("neural_ode", "loss")[0] = 0.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _, metadata: metadata.pop("seeds"), "names no seeds"),
        (lambda _, metadata: metadata.update(seeds=3), "names no seeds"),
        (lambda _, metadata: metadata.update(seeds=[9, 8, 0]), "does not hold weights"),
        (lambda tensors, _: tensors.pop("0.weight"), "does not hold weights"),
        (lambda tensors, _: tensors.update({"0.weight": torch.ones(2)}), "does not hold weights"),
        (lambda tensors, _: tensors.update({"0.bias": torch.ones(2, 2).int()}), "type torch.float"),
    ],
)
def test_weights_of_another_version_are_refused(results, change, message):
    resealed(results / "neural_ode.safetensors", change)
    with pytest.raises(ValueError, match=rf"neural_ode\.safetensors .*{message}"):
        load_pretrained("neural_ode", 0, folder=results)


def test_snapshots_that_are_missing_are_named(results):
    resealed(results / "snapshots.safetensors", lambda tensors, _: tensors.clear())
    with pytest.raises(ValueError, match="holds no snapshot of neural_ode after 0 updates"):
        load_snapshot("neural_ode", 0, folder=results)


@pytest.mark.parametrize("metadata", ["[1, 2]", "{", '{"a": ' * 100_000])
def test_a_right_checksum_over_nonsense_is_refused(tmp_path, metadata):
    path = tmp_path / "w.safetensors"
    tensors = {"a": torch.zeros(2)}
    header = {"metadata": metadata, "sha256": _checksum(tensors, metadata)}
    path.write_bytes(save(tensors, header))
    with pytest.raises(ValueError, match=r"w\.safetensors"):
        load_weights(path)
