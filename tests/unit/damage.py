"""Damaged files: how they are made, and how many of each kind test_damaged_files.py tries."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator

import numpy as np

# Files tried, by what they hold. tests/faults.py adds them up for the book.
CASES = {
    "weights": 4000,
    "network trained in the page": 1500,
    "finished job of the study": 1500,
    "table of results": 1500,
    "curves of results": 1000,
    "provenance of results": 1500,
}


def damaged(content: bytes, rng: np.random.Generator, n: int) -> Iterator[tuple[str, bytes]]:
    """Yield ``n`` damaged copies of a file, each with a word on what was done to it."""
    kinds = [truncated, flipped, overwritten, zeroed, spliced, lengthened, inflated, retyped]
    for i in range(n):
        kind = kinds[i % len(kinds)]
        yield kind.__name__, kind(content, rng)


def truncated(content: bytes, rng: np.random.Generator) -> bytes:
    return content[: rng.integers(len(content))]


def flipped(content: bytes, rng: np.random.Generator) -> bytes:
    """One to three bits."""
    changed = bytearray(content)
    for _ in range(rng.integers(1, 4)):
        changed[rng.integers(len(changed))] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def overwritten(content: bytes, rng: np.random.Generator) -> bytes:
    start, length = rng.integers(len(content)), rng.integers(1, 40)
    return content[:start] + rng.bytes(int(length)) + content[start + length :]


def zeroed(content: bytes, rng: np.random.Generator) -> bytes:
    """As a disk leaves a block that was never written."""
    start, length = rng.integers(len(content)), rng.integers(1, 512)
    return (content[:start] + bytes(int(length)) + content[start + length :])[: len(content)]


def spliced(content: bytes, rng: np.random.Generator) -> bytes:
    """A part is missing, or there twice."""
    first, second = rng.integers(len(content), size=2)
    return content[:first] + content[second:]


def lengthened(content: bytes, rng: np.random.Generator) -> bytes:
    return content + rng.bytes(int(rng.integers(1, 200)))


def inflated(content: bytes, rng: np.random.Generator) -> bytes:
    """A number, or the length of a header, promises far more than there is."""
    if rng.integers(2) or not _is_safetensors(content):
        return _grown_number(content, rng)
    return struct.pack("<Q", 1 << int(rng.integers(10, 64))) + content[8:]


def retyped(content: bytes, rng: np.random.Generator) -> bytes:
    """Another type, shape, name or key in the header, which stays well formed."""
    if not _is_safetensors(content):
        return _grown_number(content, rng)
    size = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8 : 8 + size])
    names = [name for name in header if name != "__metadata__"]
    name = names[rng.integers(len(names))]
    match rng.integers(6):
        case 0:
            kinds = ["BOOL", "I8", "U8", "F16", "BF16", "I32", "F32", "F64", "I64", "F8_E5M2"]
            header[name]["dtype"] = kinds[rng.integers(len(kinds))]
        case 1:
            header[name]["shape"] = [int(n) for n in rng.integers(0, 2**40, size=2)]
        case 2:
            header[name]["shape"] = [*header[name]["shape"][::-1], 1]
        case 3:
            header["another"] = header.pop(name)
        case 4:
            header["__metadata__"]["sha256"] = "0" * 64
        case _:
            header["__metadata__"].pop("metadata")
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + content[8 + size :]


def _is_safetensors(content: bytes) -> bool:
    return content[8:9] == b"{"


def _grown_number(content: bytes, rng: np.random.Generator) -> bytes:
    digits = [i for i, byte in enumerate(content[:20_000]) if 48 <= byte <= 57]
    at = digits[rng.integers(len(digits))]
    return content[:at] + b"9" * int(rng.integers(1, 30)) + content[at:]
