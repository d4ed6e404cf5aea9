"""Write requirements.lock and requirements/*.lock from the .in files.

pip-tools resolves; this adds three things it cannot do:

* no trace of where packages came from (index URLs, local folders) and no local version labels
  such as ``2.13.0+cpu``, so that a lock made on any machine installs on any other;
* none of torch's GPU packages, which the default Linux build of torch would pin: whoever wants
  the GPU build gets them from torch itself, everybody else is spared several gigabytes;
* one version of each package in all files.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EVERYTHING = ROOT / "requirements.lock"
GPU_PACKAGE = re.compile(r"^(nvidia-|cuda-|triton\b|pytorch-triton)")
HEADER = """\
# {what}
# Made by `make lock` from {source}; do not edit.
"""


def compile_lock(source: Path, target: Path, *, constraint: Path | None, what: str) -> None:
    """Resolve ``source`` into ``target``, keeping the versions ``target`` already has."""
    command = [
        sys.executable, "-m", "piptools", "compile", "--quiet", "--strip-extras",
        "--no-header", "--no-annotate", "--no-emit-index-url", "--no-emit-find-links",
        "--no-emit-trusted-host", "--no-emit-options", "--allow-unsafe", *sys.argv[1:],
        "--output-file", str(target), str(source),
    ]  # fmt: skip
    if constraint:
        command += ["--constraint", str(constraint)]
    subprocess.run(command, check=True, cwd=ROOT)
    pins = []
    for line in target.read_text().splitlines():
        if not line.strip() or line.startswith(("#", " ", "-")) or GPU_PACKAGE.match(line):
            continue
        pins.append(re.sub(r"(==[^\s;+]+)\+[\w.]+", r"\1", line))
    header = HEADER.format(what=what, source=source.relative_to(ROOT))
    target.write_text(header + "\n".join(pins) + "\n")


if __name__ == "__main__":
    compile_lock(
        ROOT / "requirements" / "all.in",
        EVERYTHING,
        constraint=None,
        what="Everything: library, chapters, tests, checks.",
    )
    for name, what in {
        "book": "What `make book` needs.",
        "bench": "What `make bench` compares, in an environment of its own.",
    }.items():
        folder = ROOT / "requirements"
        compile_lock(
            folder / f"{name}.in", folder / f"{name}.lock", constraint=EVERYTHING, what=what
        )
