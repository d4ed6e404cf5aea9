"""Write requirements.lock and requirements/*.lock from the .in files: `make lock`.

uv resolves for Linux, macOS and Windows and for every Python the library runs on, with the digest
of every file. torch and the libraries for graphics cards that its Linux build asks for are left
out: which build fits depends on the machine, and tasks.py installs it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EVERYTHING = ROOT / "requirements.lock"
WHAT = {
    EVERYTHING: "Everything but torch: library, chapters, tests, checks.",
    ROOT / "requirements" / "book.lock": "What `make book` needs.",
    ROOT
    / "requirements"
    / "bench.lock": "What `make bench` compares, in an environment of its own.",
}
LEFT_OUT = re.compile(r"^(torch==|nvidia-|cuda-|triton==)")
# A requirement, and the digests on the lines that it continues on.
ENTRY = re.compile(r"^[a-z0-9].*(?:\n .*)*\n", re.MULTILINE)


def compile_lock(source: Path, target: Path, *, constraint: Path | None) -> None:
    """Resolve ``source`` into ``target``, keeping the versions ``target`` already has."""
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal"),
        *("--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate"),
        *sys.argv[1:],
        *("--output-file", str(target), str(source)),
    ]
    # One version of each package in all files.
    if constraint:
        command += ["--constraint", str(constraint)]
    subprocess.run(command, check=True, cwd=ROOT)
    entries = ENTRY.findall(target.read_text(encoding="utf-8"))
    header = (
        f"# {WHAT[target]}\n"
        f"# Made by `make lock` from {source.relative_to(ROOT).as_posix()}; do not edit.\n"
    )
    pins = "".join(entry for entry in entries if not LEFT_OUT.match(entry))
    target.write_text(header + pins, encoding="utf-8")


if __name__ == "__main__":
    folder = ROOT / "requirements"
    compile_lock(folder / "all.in", EVERYTHING, constraint=None)
    for name in ("book", "bench"):
        compile_lock(folder / f"{name}.in", folder / f"{name}.lock", constraint=EVERYTHING)
