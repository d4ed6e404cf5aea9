"""Learned models, packed for the page: one safetensors file per key.

A live notebook gets a package from the kernel when a figure asks for it; a static page loads it as
a script, which the build of the site writes. The build has no torch, so nothing here needs it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from neurode_lib._checks import one_of
from neurode_lib.explorers._spec import SPEC

PRETRAINED = Path(__file__).parents[1] / "pretrained"

MODEL_VARIANTS = ("neural_ode", "discrete_rnn", "time_input")
# By kind of package: name in the package, file, and how the tensors' names begin there.
STUDY_VARIANTS = {
    "seed": tuple((variant, variant, "") for variant in MODEL_VARIANTS),
    "driven": (
        ("best_recipe", "best_recipe", ""),
        ("noise_currents", "driven", "noise_currents/"),
    ),
    "voltage": tuple(
        (variant, "voltage_only", f"{variant}/")
        for variant in SPEC["hidden"]["fields"]["data"]["choices"]
    ),
}
# Methods whose fit is a few numbers, and how these are called in a package.
FITS = {"refined": "coefficients", "several_guesses": "parameters"}
KEYS = (
    *(f"seed-{seed}" for seed in SPEC["model"]["fields"]["seed"]["choices"]),
    *(f"driven-{seed}" for seed in SPEC["draw"]["fields"]["seed"]["choices"]),
    *(f"voltage-{seed}" for seed in SPEC["hidden"]["fields"]["seed"]["choices"]),
    *(f"methods-{seed}" for seed in SPEC["method"]["fields"]["seed"]["choices"]),
    *(f"update-{update}" for update in SPEC["training"]["fields"]["update"]["choices"]),
)

# By explorer: which kinds of package it asks for. The others compute all they show.
ASKED_FOR = {
    "model": {"seed"},
    "method": {"seed", "driven", "methods"},
    "training": {"update"},
    "live": {"update"},  # where the browser cannot train
    "draw": {"driven"},
    "hidden": {"voltage"},
}


def package(key: str) -> bytes:
    """All models of one key in one safetensors file.

    Parameters
    ----------
    key : str
        ``"seed-3"``: the variants ``MODEL_VARIANTS`` trained from seed 3, in float32.
        ``"driven-3"``: the best recipe's and the one trained on noise currents, from seed 3.
        ``"voltage-3"``: those that learned from the voltage alone, from seed 3.
        ``"methods-3"``: the cubic fitted through the integrator and the parameters (a, b, tau) by
        single shooting from four guesses, to data set 3 with each amount of noise, in float64.
        ``"update-100"``: the variants that the study follows through training, after 100
        updates, in float16, as it keeps them.

    Returns
    -------
    bytes
        Tensors named like ``"neural_ode/net.0.weight"`` or ``"refined-0.05/coefficients"``.

    Raises
    ------
    ValueError
        If there is no such key, or a file that is read for it is damaged.
    """
    kind, number = one_of("key", key, KEYS).split("-")
    tensors: dict[str, np.ndarray] = {}
    if kind in STUDY_VARIANTS:
        for variant, file, prefix in STUDY_VARIANTS[kind]:
            stacked, metadata = _read(PRETRAINED / f"{file}.safetensors")
            row = metadata["seeds"].index(int(number))
            for name, value in stacked.items():
                if name.startswith(prefix):
                    tensors[f"{variant}/net.{name.removeprefix(prefix)}"] = value[row]
    elif kind == "methods":
        tensors = _fits(PRETRAINED / "methods.json", int(number))
    else:
        snapshots, _ = _read(PRETRAINED / "snapshots.safetensors")
        for name, value in snapshots.items():
            variant, update, layer = name.split("/")
            if update == number:
                tensors[f"{variant}/net.{layer}"] = value
    return save(tensors)


def _problem_name(noise: float) -> str:
    """The comparison's problem that differs from its centre in the noise alone."""
    return f"fhn-noise{noise:g}-n40-dt0.5"


def _fits(path: Path, seed: int) -> dict[str, np.ndarray]:
    """What some methods fitted to one data set, by method and noise.

    Without :func:`neurode_lib.methods.load_methods`, which needs torch to be imported.
    """
    tensors = {}
    try:
        content = json.loads(path.read_bytes())
        rows = {(row["problem"], row["contestant"]): row for row in content["rows"]}
        for noise in SPEC["method"]["fields"]["noise"]["choices"]:
            for method, name in FITS.items():
                row = rows[_problem_name(noise), method]
                constants = row["constants"][row["seeds"].index(seed)]
                tensors[f"{method}-{noise:g}/{name}"] = np.array(constants, dtype=np.float64)
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise ValueError(f"{path} is damaged: {type(error).__name__}: {error}") from error
    return tensors


def _read(path: Path) -> tuple[dict[str, np.ndarray], dict[str, list[int]]]:
    """Arrays and metadata of a file that :func:`neurode_lib.weights.save_weights` wrote."""
    content = path.read_bytes()
    try:
        arrays = load(content)
    except SafetensorError as error:
        raise ValueError(f"{path} is not a whole safetensors file: {error}") from error
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return arrays, json.loads(header["__metadata__"]["metadata"])


def write_scripts(folder: Path, explorers: Iterable[str] = ASKED_FOR) -> None:
    """Write each package as a script that hands it to the page, such as ``seed-3.js``.

    Scripts, because a page opened from disk may load those but not fetch files.

    Parameters
    ----------
    folder : Path
        Where to; it is made if it is missing.
    explorers : iterable of str
        The kinds of explorer whose packages are wanted; all by default.
    """
    kinds = set().union(*(ASKED_FOR.get(explorer, ()) for explorer in explorers))
    folder.mkdir(parents=True, exist_ok=True)
    for key in KEYS:
        if key.split("-")[0] not in kinds:
            continue
        data = base64.b64encode(package(key)).decode("ascii")
        script = f'(globalThis.neurodeWeights??={{}})["{key}"]="{data}";\n'
        (folder / f"{key}.js").write_text(script, encoding="ascii", newline="\n")
