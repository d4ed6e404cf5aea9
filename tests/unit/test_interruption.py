"""Killed, interrupted, and two at once: what was written before is there, or what was to be."""

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from queue import Empty
from textwrap import dedent

import pytest
from jupyter_client.manager import KernelManager

from neurode_lib.study.config import StudyConfig
from neurode_lib.study.pretrained import load_pretrained
from neurode_lib.study.results import load_results
from neurode_lib.study.run import run_study

# The child forks before every event of a write and kills itself there with SIGKILL.
KILLED_AT_EVERY_POINT = """
    import json, os, signal, sys
    from pathlib import Path
    from neurode_lib.weights import write_atomically

    def child(action, deadly):
        '''Run in a fork that kills itself at one event; return whether it got to the end.'''
        pid = os.fork()
        if pid == 0:
            events = 0
            def count(frame, event, arg):
                nonlocal events
                events += 1
                if events == deadly:
                    os.kill(os.getpid(), signal.SIGKILL)
            sys.setprofile(count)
            action()
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        return os.WIFEXITED(status)
"""

WRITE = """
    path = Path(sys.argv[1])
    old, new = b"old" * 1000, b"new" * 2000
    seen = []
    for deadly in range(1, 10_000):
        path.write_bytes(old)
        finished = child(lambda: write_atomically(path, new), deadly)
        content = path.read_bytes()
        seen.append("old" if content == old else "new" if content == new else "broken")
        if finished:
            break
    print(json.dumps(seen))
"""

MERGE = """
    import shutil
    from neurode_lib.study import merge as _merge
    from neurode_lib.study.job_files import load_job
    from neurode_lib.study.results import load_results
    from neurode_lib.study.config import StudyConfig
    source, folder = Path(sys.argv[1]), Path(sys.argv[2])
    config = StudyConfig(
        out=folder / "results", jobs=source / "jobs", variants=("neural_ode",),
        seeds=(0, 1), seeds_per_job=2, hidden=2, updates=2,
    )
    done = {job: load_job(config.jobs, job) for job in config.all_jobs()}
    earlier = json.loads((source / "results/provenance.json").read_text())
    _merge._provenance = lambda *_: earlier | {"made": "again"}
    seen = []
    deadly, finished = 1, False
    while not finished:
        shutil.rmtree(folder / "results", ignore_errors=True)
        shutil.copytree(sys.argv[3], folder / "results")
        finished = child(lambda: _merge.merge(config, done, None), deadly)
        try:
            made = load_results(folder / "results").provenance["made"]
            seen.append("new" if made == "again" else "old")
        except ValueError as error:
            assert "of another run" in str(error), error
            seen.append("refused")
        deadly += 23
    print(json.dumps(seen))
"""


def script(*parts, arguments, timeout=240):
    """Run Python code in a process of its own; return what it prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-c", "".join(dedent(part) for part in parts), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.slow
def test_a_write_killed_at_any_point_leaves_the_old_file_or_the_new_one(tmp_path):
    seen = script(KILLED_AT_EVERY_POINT, WRITE, arguments=[tmp_path / "file"])
    assert len(seen) > 50
    assert set(seen) == {"old", "new"}
    # The switch happens once: all points before it leave the old file, all after it the new one.
    assert seen == sorted(seen, key=["old", "new"].index)


def small(folder, **changes):
    return StudyConfig(
        **{
            "out": folder / "results",
            "jobs": folder / "jobs",
            "variants": ("neural_ode",),
            "seeds": (0, 1),
            "seeds_per_job": 2,
            "hidden": 2,
            "updates": 2,
        }
        | changes
    )


def finish(config):
    with ThreadPoolExecutor(1) as executor:
        run_study(config, executor, progress=False)
    return config


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return finish(small(tmp_path_factory.mktemp("study")))


@pytest.fixture(scope="module")
def other(tmp_path_factory):
    """Results of another study, with one seed more."""
    return finish(small(tmp_path_factory.mktemp("other"), seeds=(0, 1, 2), seeds_per_job=3))


@pytest.mark.slow
def test_a_merge_killed_anywhere_is_old_or_new_or_refused_and_mended_by_another_run(
    finished, other, tmp_path
):
    seen = script(
        KILLED_AT_EVERY_POINT, MERGE, arguments=[finished.out.parent, tmp_path, other.out]
    )
    assert set(seen) == {"old", "refused", "new"}
    assert seen == sorted(seen, key=["old", "refused", "new"].index)

    # The worst case, made by hand: a table of the new run beside the rest of the old one.
    config = small(tmp_path / "half")
    shutil.copytree(finished.jobs, config.jobs)
    shutil.copytree(other.out, config.out)
    shutil.copy(finished.out / "results.csv", config.out)
    with pytest.raises(ValueError, match="of another run"):
        load_results(config.out)
    run_study(config, progress=False)
    assert load_results(config.out).seeds == (0, 1)


TWO_AT_ONCE = """
    import sys
    from concurrent.futures import ThreadPoolExecutor
    from pathlib import Path
    from neurode_lib.study import run as study
    config = study.StudyConfig(
        out=Path(sys.argv[1]) / "results", jobs=Path(sys.argv[1]) / "jobs",
        variants=("neural_ode",), seeds=(0, 1), seeds_per_job=1, hidden=2, updates=2,
    )
    print("ready", flush=True)
    sys.stdin.readline()
    with ThreadPoolExecutor(1) as executor:
        study.run_study(config, executor, progress=False)
        # Once is too quick to meet: merge again and again.
        for _ in range(12):
            (config.out / "provenance.json").unlink(missing_ok=True)
            study.run_study(config, executor, progress=False)
"""


@pytest.mark.slow
def test_two_processes_that_write_the_same_results_do_not_spoil_them(tmp_path):
    """Each file is whole whenever it is there, and both leave what one alone would have left."""
    two = [
        subprocess.Popen(
            [sys.executable, "-c", dedent(TWO_AT_ONCE), str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in two:
        assert process.stdout.readline() == "ready\n"
    for process in two:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in two:
        process.communicate(timeout=240)
        assert process.returncode == 0
    alone = finish(small(tmp_path / "alone", seeds_per_job=1))
    together = load_results(tmp_path / "results")
    assert (tmp_path / "results/results.csv").read_bytes() == (
        alone.out / "results.csv"
    ).read_bytes()
    assert together.seeds == (0, 1)
    load_pretrained("neural_ode", 1, folder=tmp_path / "results")
    assert not list(tmp_path.rglob("*.part"))


TRAINING = """
from neurode_lib.fitzhugh_nagumo import build_dataset
from neurode_lib.models import make_model
from neurode_lib.training.loop import train
from neurode_lib.training.recipe import Recipe
states, currents = build_dataset(4, 10, seed=0)
model = make_model(seed=0, hidden=8)
print("training")
recipe = Recipe(updates=10_000_000, schedule="constant")
model, history = train(model, states, currents, [0.5 * n for n in range(11)], recipe)
"""
AFTERWARDS = """
learned = float(sum(p.abs().sum() for p in list(model.parameters())[-2:])) > 0
print("answer", history.interrupted, len(history.loss) > 0, learned, "end")
"""


def until(client, wanted):
    """Text that a kernel prints, up to a word in it."""
    text = ""
    while wanted not in text:
        try:
            message = client.get_iopub_msg(timeout=120)
        except Empty:
            pytest.fail(f"the kernel did not print {wanted!r}, only {text!r}")
        assert message["msg_type"] != "error", message["content"]
        text += message["content"].get("text", "")
    return text


@pytest.mark.slow
def test_ctrl_c_in_a_notebook_returns_what_was_learned(tmp_path):
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(tmp_path))
    client = manager.client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)
        client.execute(TRAINING)
        until(client, "median loss")  # the bar, after its first updates
        manager.interrupt_kernel()
        assert client.get_shell_msg(timeout=120)["content"]["status"] == "ok"
        client.execute(AFTERWARDS)
        assert "answer True True True end" in until(client, "end\n")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
