"""The map of chapter 18: made by one command, resumable, read without what made it."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from neurode_lib.methods import comparison, load_methods
from neurode_lib.methods.comparison import Job, all_jobs, compare, main, run_job
from neurode_lib.methods.contestants import CONTESTANTS
from neurode_lib.methods.problems import CENTRE, PROBLEMS
from neurode_lib.study.variants import SEEDS


# Every measurement here is small; processes of their own would take longer to start.
@pytest.fixture(autouse=True)
def threads(monkeypatch):
    monkeypatch.setattr(comparison, "processes", lambda _threads: ThreadPoolExecutor(1))


QUICK = [Job(CENTRE.name, "differences", (0, 1)), Job(CENTRE.name, "integral_3", (0, 1))]


def same(a, b):
    return json.dumps(a) == json.dumps(b)


@pytest.mark.slow
def test_the_map_is_made_once_and_goes_on_where_it_was(tmp_path, monkeypatch):
    def interrupted(job):
        if job == QUICK[1]:
            raise KeyboardInterrupt
        return run_job(job)

    out = tmp_path / "methods.json"
    monkeypatch.setattr(comparison, "run_job", interrupted)
    with pytest.raises(KeyboardInterrupt):
        compare(tmp_path / "jobs", out=out, jobs=QUICK, progress=False)
    assert not out.exists()
    done = []
    monkeypatch.setattr(comparison, "run_job", lambda job: done.append(job) or run_job(job))
    compare(tmp_path / "jobs", out=out, jobs=QUICK, progress=False)
    assert done == QUICK[1:]
    first = load_methods(out)
    compare(tmp_path / "jobs", out=out, jobs=QUICK, progress=False)
    assert done == QUICK[1:]
    assert same(
        first.row(CENTRE.name, "integral_3"), load_methods(out).row(CENTRE.name, "integral_3")
    )
    assert first.provenance["packages"]["numpy"] == np.__version__
    assert (first.values(CENTRE.name, "integral_3", "mse_within/0.5") < 1e-6).all()
    worse = first.values(CENTRE.name, "differences", "mse_within/0.5")
    assert (worse > 1e-5).all()


def test_any_executor_will_do(tmp_path, monkeypatch):
    monkeypatch.setattr(comparison, "run_job", fake)
    monkeypatch.delattr(comparison, "processes")
    with ThreadPoolExecutor(2) as executor:
        compare(
            tmp_path / "jobs",
            out=tmp_path / "methods.json",
            jobs=QUICK,
            executor=executor,
            progress=False,
        )
    assert set(load_methods(tmp_path / "methods.json").rows) == {
        (job.problem, job.contestant) for job in QUICK
    }


def fake(job):
    return {"problem": job.problem, "contestant": job.contestant, "numbers": {"onset": [0.5, 0.5]}}


def test_the_command_runs_the_quick_map(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(comparison, "run_job", fake)
    main(["--quick", str(tmp_path)])
    assert "methods.json" in capsys.readouterr().out
    assert len(load_methods(tmp_path / "methods.json").rows) == 2


def test_a_stopped_command_says_how_to_go_on(tmp_path, monkeypatch, capsys):
    def stop(_job):
        raise KeyboardInterrupt

    monkeypatch.setattr(comparison, "run_job", stop)
    with pytest.raises(SystemExit) as ended:
        main(["--quick", str(tmp_path)])
    assert ended.value.code == 130
    assert "give the same command again" in capsys.readouterr().err


def test_a_file_of_a_job_changes_with_what_determines_it():
    files = [job.file for job in all_jobs()]
    assert len(set(files)) == len(files)
    assert Job(CENTRE.name, "differences", (0,)).file != QUICK[0].file


def test_every_problem_has_a_contestant_and_every_contestant_a_problem():
    jobs = all_jobs()
    assert {job.problem for job in jobs} == set(PROBLEMS)
    assert {job.contestant for job in jobs} == set(CONTESTANTS)


def test_damage_is_refused(tmp_path):
    path = tmp_path / "methods.json"
    with pytest.raises(FileNotFoundError):
        load_methods(path)
    comparison.merge([], tmp_path, path)
    path.write_bytes(path.read_bytes().replace(b'"protocol": 1', b'"protocol": 2'))
    with pytest.raises(ValueError, match="damaged"):
        load_methods(path)


@pytest.mark.slow
def test_results_are_read_without_what_made_them():
    code = (
        "import sys; from neurode_lib.methods import load_methods; load_methods();"
        "assert not {'pysindy', 'sklearn', 'neurode_lib.models'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.slow
@pytest.mark.parametrize("contestant", ["integral_3", "multiple_shooting"])
def test_stored_results_are_what_is_measured_now(contestant):
    stored = load_methods().row(CENTRE.name, contestant)
    assert stored["seeds"] == list(SEEDS)
    now = run_job(Job(CENTRE.name, contestant, SEEDS))
    assert now["setting"] == stored["setting"]
    assert np.array(now["constants"]) == pytest.approx(np.array(stored["constants"]), rel=1e-4)
    for name in ("mse_within/0.5", "mse_beyond/0.2", "hopf_current"):
        assert now["numbers"][name] == pytest.approx(stored["numbers"][name], rel=0.05)


def test_what_was_not_measured_is_named():
    with pytest.raises(ValueError, match="problem must be one of"):
        load_methods().row("nothing", "differences")
    with pytest.raises(ValueError, match="number must be one of"):
        load_methods().values(CENTRE.name, "differences", "nothing")
    assert load_methods().took_part(CENTRE.name, "differences")
    assert not load_methods().took_part(CENTRE.name, "nobody")
