"""Run chapters outside the repository: in an empty folder, with another environment's kernel.

    python tools/run_outside.py PYTHON NOTEBOOK... [--install ADDRESS]

PYTHON is that environment's. With --install, what the kernel comes with is loaded first, as Colab
does, and then the cell that published notebooks begin with installs the library from ADDRESS.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "book" / "_ext"))

from site_publish import install_cell  # noqa: E402 - after the path is set

# What a kernel of Colab's has loaded before the first cell runs.
PRELOADS = ("IPython", "ipykernel", "ipywidgets", "traitlets", "numpy", "matplotlib")
VERSIONS = """\
import importlib, importlib.metadata, sys
print("Python", sys.version.split()[0])
for name in {names}:
    module = importlib.import_module(name)
    print(name, "loaded", module.__version__, "installed", importlib.metadata.version(name))
    assert module.__version__ == importlib.metadata.version(name), name
"""
LIBRARY = """\
import neurode_lib
print("neurode_lib", neurode_lib.__version__, "from", neurode_lib.__file__)
"""


def code(source: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_code_cell(source)


def add_kernel(python: Path, folder: Path) -> None:
    """Write a kernel named "outside" that runs ``python``."""
    kernel = folder / "kernels" / "outside"
    kernel.mkdir(parents=True)
    command = [str(python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (kernel / "kernel.json").write_text(
        json.dumps({"argv": command, "display_name": "outside", "language": "python"}),
        encoding="utf-8",
    )


def run(notebook: Path, install: str | None) -> None:
    """Run one chapter from its first cell to its last; print what the added cells print."""
    content = nbformat.read(notebook, as_version=4)
    versions = VERSIONS.format(names=PRELOADS)
    before = [code(versions), code("".join(install_cell(install)["source"]))] if install else []
    after = [code(LIBRARY), *([code(versions)] if install else [])]
    content.cells = [*before, *content.cells, *after]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy2(notebook, folder)
        resources = {"metadata": {"path": folder}}
        NotebookClient(content, timeout=600, kernel_name="outside", resources=resources).execute()
    print(f"{notebook.name}: {sum(c.cell_type == 'code' for c in content.cells)} code cells ran")
    for cell in (*before, *after):
        print("".join(output.get("text", "") for output in cell.outputs), end="", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("python", type=Path)
    parser.add_argument("notebooks", type=Path, nargs="+")
    parser.add_argument("--install", metavar="ADDRESS")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        add_kernel(options.python, Path(folder))
        os.environ["JUPYTER_PATH"] = folder
        # No module of the repository may be found by chance.
        os.environ.pop("PYTHONPATH", None)
        for notebook in options.notebooks:
            run(notebook, options.install)


if __name__ == "__main__":
    main()
