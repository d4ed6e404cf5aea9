"""Weights on disk: safetensors, written atomically, refused by name when damaged.

Never pickle: a weights file must not be able to run code.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never half of it.

    The bytes go to a temporary file in the same folder, are flushed to the disk and take the
    final name in one step, which POSIX and Windows both do atomically.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)  # mkstemp is private by default; results are for everyone
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def save_weights(
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, object] | None = None
) -> None:
    """Write tensors, with JSON-able metadata, as one safetensors file.

    Parameters
    ----------
    path : Path
        Where to; the folder is made if it is missing.
    tensors : mapping of str to Tensor
    metadata : mapping, optional
        Values that JSON can carry.
    """
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    header = {key: json.dumps(value) for key, value in (metadata or {}).items()}
    write_atomically(path, save(plain, header))


def load_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, object]]:
    """Read what :func:`save_weights` wrote.

    Returns
    -------
    tensors : dict of str to Tensor
    metadata : dict

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is not a whole safetensors file.
    """
    if not path.is_file():
        raise FileNotFoundError(f"no weights at {path}")
    try:
        with safe_open(path, framework="pt") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            metadata = {key: json.loads(value) for key, value in (file.metadata() or {}).items()}
    except (SafetensorError, ValueError, OSError) as error:
        raise ValueError(f"{path} is not a whole safetensors file: {error}") from error
    return tensors, metadata
