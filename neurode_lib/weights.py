"""Weights on disk: safetensors, written atomically, refused by name when damaged.

Never pickle: a weights file must not be able to run code.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from neurode_lib._checks import folder_or_file, instance_of, reason, shown

Weights = dict[str, Tensor]

# What comes with the library: weights of the study, and its results.
PACKAGED = Path(__file__).parent / "pretrained"


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old content or the new, never half of it.

    The bytes go to a temporary file in the same folder, are flushed to the disk and take the
    final name in one step, which POSIX and Windows both do atomically.
    """
    path = folder_or_file("path", path)
    instance_of("content", content, bytes)
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
    path: Path, tensors: Mapping[str, Tensor], metadata: Mapping[str, Any] | None = None
) -> None:
    """Write tensors, with JSON-able metadata and a checksum of both, as one safetensors file.

    Parameters
    ----------
    path : Path
        Where to; the folder is made if it is missing.
    tensors : mapping of str to Tensor
    metadata : mapping, optional
        Values that JSON can carry.

    Raises
    ------
    ValueError
        If something among ``tensors`` is none, a name is no text or the format's own
        (``"__metadata__"``), or JSON cannot carry ``metadata``.
    """
    metadata = {} if metadata is None else metadata
    for argument, mapping in (("tensors", tensors), ("metadata", metadata)):
        instance_of(argument, mapping, Mapping)
        for name in mapping:
            if not isinstance(name, str):
                raise ValueError(f"{argument} must have text for names, got {shown(name)}")
    if "__metadata__" in tensors:
        raise ValueError("tensors must not be named '__metadata__': the format keeps that name")
    for name, tensor in tensors.items():
        instance_of(f"tensors[{name!r}]", tensor, Tensor)
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    try:
        header = {"metadata": json.dumps(dict(metadata))}
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"metadata must be values that JSON can carry: {reason(error)}") from error
    header["sha256"] = _checksum(plain, header["metadata"])
    write_atomically(path, _in_order(save(plain, header)))


def load_weights(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
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
        If the file is not whole, or not what was written.
    """
    path = folder_or_file("path", path)
    if not path.is_file():
        raise FileNotFoundError(f"no weights at {path}")
    try:
        # Not mapped into memory: what another program does to the file must not reach the tensors.
        content = path.read_bytes()
        tensors = load(content)
        header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
        header = header.get("__metadata__", {})
        sound = header.get("sha256") == _checksum(tensors, header.get("metadata", ""))
        metadata = json.loads(header["metadata"]) if sound else None
    # A flipped bit may name a type of numbers that this torch does not have (TypeError).
    except (SafetensorError, OSError, ValueError, RuntimeError, TypeError, KeyError) as error:
        raise ValueError(f"{path} is not a whole safetensors file: {reason(error)}") from error
    if not isinstance(metadata, dict):
        raise ValueError(f"{path} is damaged: its content does not match its checksum")
    return tensors, metadata


def _in_order(content: bytes) -> bytes:
    """Sort the names in a file's header: safetensors writes the metadata in an order of chance.

    The tensors' bytes are in one order already: by the size of their numbers, then by name.
    """
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.dumps(
        json.loads(content[8:start]), sort_keys=True, separators=(",", ":")
    ).encode()
    # The format wants the tensors to begin at a multiple of eight.
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + content[start:]


def _checksum(tensors: Mapping[str, Tensor], metadata: str) -> str:
    digest = hashlib.sha256(metadata.encode())
    for name in sorted(tensors):
        tensor = tensors[name]
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        # As bytes: NumPy does not know all of torch's types.
        digest.update(tensor.reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
