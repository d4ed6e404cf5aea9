"""What one does with this repository: ``python tasks.py`` lists the tasks.

``python tasks.py NAME`` does one, and so does ``make NAME``. Nothing is needed beforehand but
Python 3.11 to 3.13: a task sets up what it uses, in virtual environments beside this file, and
again when a lock file has changed.
Settings are given as with make, ``python tasks.py serve PORT=8001``, or stand in the environment.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
WINDOWS = os.name == "nt"
PROGRAMS = "Scripts" if WINDOWS else "bin"
EXPLORERS = ROOT / "explorers"
SITE = ROOT / "_build" / "html"
# The library's metadata and what it needs.
PROJECT = "pyproject.toml"
LOCK = "requirements.lock"
# torch stands in no lock: see install_torch.
TORCH = "requirements/torch.txt"

PRODUCTS = (
    *(".venv*", "_build", "dist", "build", "*.egg-info", ".*_cache", ".hypothesis"),
    *("explorers/node_modules", "tools/audit/node_modules"),
)

TASKS: dict[str, Callable[[], None]] = {}


def task(function: Callable[[], None]) -> Callable[[], None]:
    """Make a function a task: its name with dashes, its docstring the help."""
    TASKS[function.__name__.replace("_", "-")] = function
    return function


def setting(name: str, default: str = "") -> str:
    """Return what was given as ``NAME=value``."""
    return os.environ.get(name) or default


# --- running and setting up -------------------------------------------------------------------


def run(*command: str | Path, folder: Path = ROOT, venv: str = ".venv") -> None:
    """Run a command with an environment's programs first on the path; end as it does if it fails.

    Ctrl-C reaches the command itself, which may have something to put in order: wait for it.
    """
    path = os.pathsep.join([str(ROOT / venv / PROGRAMS), os.environ.get("PATH", "")])
    # npm is a script on Windows, which only a search of the path finds.
    program = shutil.which(str(command[0]), path=path) or str(command[0])
    process = subprocess.Popen(
        [program, *map(str, command[1:])], cwd=folder, env={**os.environ, "PATH": path}
    )
    while process.poll() is None:
        try:
            process.wait()
        except KeyboardInterrupt:
            continue
    if process.returncode:
        sys.exit(process.returncode if process.returncode > 0 else 1)


def python(*arguments: str | Path, venv: str = ".venv") -> None:
    """Run an environment's Python."""
    run(ROOT / venv / PROGRAMS / "python", *arguments, venv=venv)


def pip(*arguments: str | Path, venv: str = ".venv") -> None:
    """Install into an environment."""
    python("-m", "pip", "install", "--quiet", *arguments, venv=venv)


def make_environment(
    venv: str, files: Sequence[str], install: Callable[[], None], *, mark: str = ".all"
) -> None:
    """Make a virtual environment; renew it when one of ``files``, its sources, has changed."""
    digests = {name: hashlib.sha256((ROOT / name).read_bytes()).hexdigest() for name in files}
    record = ROOT / venv / mark
    if record.exists() and record.read_text(encoding="utf-8") == json.dumps(digests):
        return
    print(f"Setting up {venv}{' from ' if files else ''}{', '.join(files)}", flush=True)
    # A Python of another version, or one that is gone, leaves an environment nobody can use.
    if not (ROOT / venv / PROGRAMS / ("python.exe" if WINDOWS else "python")).exists():
        creation = subprocess.run([sys.executable, "-m", "venv", ROOT / venv], check=False)
        if creation.returncode:
            shutil.rmtree(ROOT / venv, ignore_errors=True)
            sys.exit(
                "Python's venv module does not work here; on Debian or Ubuntu: "
                "apt-get install python3-venv"
            )
    install()
    record.write_text(json.dumps(digests), encoding="utf-8")


def install_torch(venv: str) -> None:
    """Install torch, without gigabytes of libraries for graphics cards that nobody asked for.

    On Linux, PyPI's torch brings them. Unless ``TORCH=gpu`` asks for them, or pip is set up to find
    a build without them, uv fetches PyTorch's build for the processor: it knows where that is.
    """
    requirement = ["-r", TORCH]
    if sys.platform == "linux" and setting("TORCH") != "gpu":
        plan = subprocess.run(
            [
                ROOT / venv / PROGRAMS / "python",
                *("-m", "pip", "install", "--quiet", "--dry-run", "--no-deps"),
                *("--ignore-installed", "--report", "-", *requirement),
            ],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        if plan.returncode == 0 and wants_gpu_libraries(json.loads(plan.stdout)):
            pip("uv", venv=venv)
            interpreter = ROOT / venv / PROGRAMS / "python"
            command = ("uv", "pip", "install", "--quiet", "--torch-backend=cpu")
            run(*command, "--python", interpreter, *requirement, venv=venv)
            return
    pip(*requirement, venv=venv)


def wants_gpu_libraries(report: dict[str, Any]) -> bool:
    """Whether something that pip would install, by its report, asks for NVIDIA's libraries."""
    return any(
        requirement.startswith(("nvidia-", "cuda-"))
        for item in report["install"]
        for requirement in item["metadata"].get("requires_dist", [])
    )


def book_environment() -> None:
    """What renders the stored outputs: no torch, no kernel."""
    lock = "requirements/book.lock"
    make_environment(
        ".venv", [lock], lambda: pip("--no-deps", "--require-hashes", "-r", lock), mark=".book"
    )


@task
def setup() -> None:
    """Set up .venv with everything; the library is installed in place."""

    def install() -> None:
        pip("--no-deps", "--require-hashes", "-r", LOCK)
        install_torch(".venv")

    make_environment(".venv", [LOCK, TORCH], install, mark=".lock")
    make_environment(".venv", [PROJECT], lambda: pip("--no-deps", "-e", "."))


def node_modules() -> None:
    """What builds and checks the explorers' JavaScript."""
    setup()
    python("tools/ensure_node.py")
    # npm writes this file when it has finished.
    installed = EXPLORERS / "node_modules" / ".package-lock.json"
    lock = EXPLORERS / "package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < lock.stat().st_mtime:
        run("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error", folder=EXPLORERS)
        installed.touch()


# --- the book ---------------------------------------------------------------------------------


@task
def book() -> None:
    """Build the site from the stored outputs."""
    book_environment()
    python("tools/ensure_node.py")
    os.environ["NO_COLOR"] = "1"
    try:
        run("jupyter-book", "build", ".", "-W", "-n", "--keep-going")
    except SystemExit:
        # Sphinx would not repeat its warnings about unchanged pages, and the next build would pass.
        shutil.rmtree(ROOT / "_build" / ".doctrees", ignore_errors=True)
        # A build that failed early leaves the theme's logo as a file where the next wants a folder.
        if not (SITE / "_static").is_dir():
            shutil.rmtree(SITE, ignore_errors=True)
        raise
    print(f"\nThe book is in {SITE}\nOpen {(SITE / 'index.html').as_uri()}")


@task
def serve() -> None:
    """Build the site and serve it on this machine (PORT=8000)."""
    book()
    port = setting("PORT", "8000")
    print(f"Serving http://127.0.0.1:{port}/ (stop with Ctrl-C)", flush=True)
    python("-m", "http.server", "--bind", "127.0.0.1", "--directory", SITE, port)


@task
def dist() -> None:
    """Pack the site into one archive that opens from disk."""
    book()
    python("tools/make_dist.py")


@task
def editions() -> None:
    """Write the book as a PDF and an EPUB into _build/editions, from the built site."""
    setup()
    book()
    python("-m", "tools.editions")


@task
def svgs() -> None:
    """Run the chapters and pack their figures as SVG (NOTEBOOKS=… for some)."""
    setup()
    python("tools/write_svgs.py", *setting("NOTEBOOKS", "").split())


@task
def lab() -> None:
    """Open the chapters in JupyterLab."""
    setup()
    run("jupyter", "lab", "--notebook-dir=notebooks")


@task
def execute() -> None:
    """Run the chapters and store their outputs (NOTEBOOKS="notebooks/01_….ipynb")."""
    setup()
    chapters = sorted(str(path) for path in ROOT.glob("notebooks/*.ipynb"))
    for notebook in setting("NOTEBOOKS").split() or chapters:
        run(
            *("jupyter", "nbconvert", "--execute", "--inplace", "--to", "notebook"),
            *("--ExecutePreprocessor.record_timing=False", notebook),
        )
        python("tools/normalise_notebooks.py", notebook)


@task
def exercises() -> None:
    """Write the chapters' exercises, without solutions, into _build/exercises."""
    setup()
    python("tools/make_exercises.py")


# --- checks -----------------------------------------------------------------------------------


@task
def test() -> None:
    """Unit tests, stored outputs, chapters with other parameters, site, browser."""
    setup()
    book()
    python("tools/run_tests.py")


@task
def test_all() -> None:
    """As test, and every page, chapter and exercise where test takes examples."""
    setup()
    book()
    python("tools/run_tests.py", "--all")


@task
def lint() -> None:
    """ruff, mypy, import-linter; biome for the JavaScript."""
    setup()
    node_modules()
    run("ruff", "check", ".")
    run("ruff", "format", "--check", ".")
    run("mypy")
    run("lint-imports")
    run("npm", "run", "--silent", "lint", folder=EXPLORERS)


@task
def check() -> None:
    """Lint, and the unit tests that are not slow: after every change."""
    lint()
    python("tools/run_tests.py", "--fast")


@task
def mutants() -> None:
    """Change the core's code in each small way; the tests must notice (an hour)."""
    setup()
    python("tools/mutants.py")


@task
def test_lowest() -> None:
    """Unit tests with the lowest versions of the dependencies."""
    venv, versions = ".venv-lowest", "requirements/lowest.in"

    def install() -> None:
        install_torch(venv)
        pip("-r", versions, venv=venv)
        pip("--no-deps", "-e", ".", venv=venv)

    make_environment(venv, [versions, TORCH, PROJECT], install)
    # Old releases use what newer ones of others call deprecated.
    python(
        *("-m", "pytest", "-q", "-n", "2", "-W", "ignore::DeprecationWarning", "tests/unit"),
        "--ignore=tests/unit/test_reference_pages.py",
        venv=venv,
    )


@task
def test_wheel() -> None:
    """Run a chapter in an empty folder, with the wheel in a new environment (NOTEBOOKS=…)."""
    setup()
    wheel = build_wheel()
    venv = ".venv-wheel"
    shutil.rmtree(ROOT / venv, ignore_errors=True)

    def install() -> None:
        install_torch(venv)
        pip(f"{wheel}[chapters]", "ipykernel", venv=venv)

    make_environment(venv, [str(wheel.relative_to(ROOT))], install)
    chapters = setting("NOTEBOOKS", "notebooks/01_fitzhugh_nagumo.ipynb").split()
    python("tools/run_outside.py", ROOT / venv / PROGRAMS / "python", *chapters)


@task
def test_colab() -> None:
    """Run chapters with the versions of Colab's kernel, and the install cell (NOTEBOOKS=…)."""
    setup()
    wheel = build_wheel()
    venv, versions = ".venv-colab", "requirements/colab.in"
    shutil.rmtree(ROOT / venv, ignore_errors=True)

    def install() -> None:
        install_torch(venv)
        pip("-r", versions, venv=venv)

    make_environment(venv, [versions, TORCH], install)
    chapters = setting("NOTEBOOKS", "notebooks/08_phase_portraits.ipynb").split()
    interpreter = ROOT / venv / PROGRAMS / "python"
    python("tools/run_outside.py", interpreter, *chapters, "--install", wheel.as_uri())


@task
def audit() -> None:
    """Weigh every page; Lighthouse; the Nu HTML validator (wants Java)."""
    setup()
    book()
    python("tools/audit.py")


@task
def advisories() -> None:
    """Ask PyPI's and npm's databases for known vulnerabilities (wants the internet)."""
    venv = ".venv-advisories"
    make_environment(venv, [], lambda: pip("pip-audit", venv=venv))
    # Strict: what the database does not know counts as a failure. One by one: torch has no digest.
    for pins in (LOCK, TORCH):
        run(
            *("pip-audit", "--strict", "--no-deps", "--disable-pip", "--progress-spinner=off"),
            *("-r", pins),
            venv=venv,
        )
    run("npm", "audit", folder=EXPLORERS)


# --- results ----------------------------------------------------------------------------------


@task
def study() -> None:
    """Train every variant over all seeds (ONLY="names"; QUICK=1: a small one; DASK_SCHEDULER)."""
    setup()
    scheduler = setting("DASK_SCHEDULER")
    only = setting("ONLY").split()
    python(
        *("-m", "neurode_lib.study"),
        *(["--quick", "_build/study"] if setting("QUICK") else []),
        *(["--only", *only] if only else []),
        *(["--scheduler", scheduler] if scheduler else []),
    )


@task
def methods() -> None:
    """Compare the methods of chapter 18 (QUICK=1: two jobs; DASK_SCHEDULER=address)."""
    setup()
    scheduler = setting("DASK_SCHEDULER")
    python(
        *("-m", "neurode_lib.methods"),
        *(["--quick", "_build/methods"] if setting("QUICK") else []),
        *(["--scheduler", scheduler] if scheduler else []),
    )


@task
def bench() -> None:
    """Time training against other libraries, in an environment of their own."""
    venv, lock = ".venv-bench", "requirements/bench.lock"

    def install() -> None:
        pip("--no-deps", "--require-hashes", "-r", lock, venv=venv)
        install_torch(venv)
        pip("--no-deps", "-e", ".", venv=venv)

    make_environment(venv, [lock, TORCH, PROJECT], install)
    python("bench/bench.py", venv=venv)


# --- upkeep -----------------------------------------------------------------------------------


@task
def explorers() -> None:
    """Build the JavaScript bundle of the explorers."""
    node_modules()
    run("npm", "run", "build", folder=EXPLORERS)


@task
def vendor() -> None:
    """Fetch MathJax and the text font, with their licences."""
    setup()
    python("tools/ensure_node.py")
    python("tools/vendor_assets.py")


@task
def lock() -> None:
    """Resolve requirements/*.in again, for all systems (UPGRADE=1: take newer versions)."""
    venv = ".venv-lock"
    make_environment(venv, [], lambda: pip("uv", venv=venv))
    python("tools/lock.py", *(["--upgrade"] if setting("UPGRADE") else []), venv=venv)


@task
def reference() -> None:
    """Write the pages on faults and on dependencies again."""
    setup()
    python("tools/write_reference.py")


def build_wheel() -> Path:
    """Build the library's wheel into dist/."""
    folder = ROOT / "dist"
    for old in folder.glob("*.whl"):
        old.unlink()
    python("-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, ".")
    return next(folder.glob("*.whl"))


@task
def wheel() -> None:
    """Build the library's wheel into dist/."""
    setup()
    print(build_wheel().relative_to(ROOT))


@task
def clean() -> None:
    """Remove what the other tasks made, the environments too."""
    for pattern in PRODUCTS:
        for path in ROOT.glob(pattern):
            shutil.rmtree(path)


def main(arguments: Sequence[str]) -> None:
    """Do the tasks that are named, with the settings that are given."""
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        sys.exit(f"neurode needs Python 3.11, 3.12 or 3.13; this is {sys.version.split()[0]}")
    # Small matrices: threads cost more than they bring, and tests run side by side.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    # As everywhere else, also on Windows.
    os.environ["PYTHONUTF8"] = "1"
    names = []
    for argument in arguments:
        name, sign, value = argument.partition("=")
        if sign:
            os.environ[name] = value
        else:
            names.append(name)
    if names == ["--names"]:
        print(*TASKS)
        return
    for name in names:
        if name not in TASKS:
            sys.exit(f"tasks.py: there is no task {name!r}; there are {', '.join(TASKS)}")
    for name in names:
        TASKS[name]()
    if not names:
        print("neurode: make TASK, or python tasks.py TASK, where TASK is one of")
        for name, function in TASKS.items():
            summary = (function.__doc__ or "").rstrip(".")
            print(f"  {name:12} {summary}")


if __name__ == "__main__":
    main(sys.argv[1:])
