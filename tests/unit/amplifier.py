"""A file as an amplifier's program writes it (ABF 1), with as many channels as wanted."""

import struct

import numpy as np
from pyabf.abfWriter import writeABF1

RATE = 10e3  # samples a second


def write_abf(path, channels, units):
    """Several channels through pyabf's writer, which knows one: interleaved, the header amended."""
    n = len(channels)
    interleaved = np.stack(channels, axis=-1).reshape(len(channels[0]), -1)
    writeABF1(interleaved, str(path), RATE * n)
    content = bytearray(path.read_bytes())
    struct.pack_into("h", content, 120, n)  # nADCNumChannels
    struct.pack_into("16h", content, 410, *range(n), *[-1] * (16 - n))  # nADCSamplingSeq
    for k, (name, unit) in enumerate(units.items()):
        struct.pack_into("10s", content, 442 + 10 * k, name.ljust(10).encode())
        struct.pack_into("8s", content, 602 + 8 * k, unit.ljust(8).encode())
    # A table of the sweeps' starts and lengths, in a block of its own: lSynchArrayPtr and -Size.
    # Readers expect a header of 12 blocks, whatever the writer left out.
    content = content.ljust(512 * max(12, -(-len(content) // 512)), b"\0")
    struct.pack_into("2i", content, 92, len(content) // 512, len(interleaved))
    length = interleaved.shape[1]
    for k in range(len(interleaved)):
        content += struct.pack("2i", k * length, length)
    path.write_bytes(content)
