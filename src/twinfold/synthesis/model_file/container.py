"""What reading and writing agree on: names, limits, checksums and the header of an array."""

import hashlib
import re
import struct
from typing import BinaryIO

FORMAT = "twinfold model"
VERSION = 1

MAX_TOTAL = 4 * 2**30 - 2**20
"""Bytes that a file may hold, packed or unpacked. Below 4 GiB a zip needs no 64-bit records, so none are accepted."""
MAX_WRITTEN = MAX_TOTAL - 2**26
"""Bytes of manifest and arrays that are written: the rest is more than zip adds to as many members as there may be."""
MAX_MANIFEST = 64 * 2**20
MAX_MANIFEST_VALUES = 4_000_000
MAX_MANIFEST_DEPTH = 64
MAX_MEMBERS = 65_000
MAX_RATIO = 200
"""How many times its packed size a member above `SMALL` bytes may take."""
SMALL = 64 * 2**10

MANIFEST = "manifest.json"
RESERVED = ("format", "version", "arrays")
ARRAY_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")
TYPES = frozenset({"|b1", "|i1", "|u1", "<i2", "<i4", "<i8", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8"})
CHUNK = 2**20
DIGITS = 64
MAX_ENTRY = 300
"""Bytes that the directory of a zip needs for one member: 46, and its name."""


def npy_header(type_: str, shape: tuple[int, ...]) -> bytes:
    """The header of a `.npy` file, format 1.0, padded so that the numbers begin at a multiple of 64 bytes."""
    text = f"{{'descr': '{type_}', 'fortran_order': False, 'shape': {shape!r}, }}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def file_digest(file: BinaryIO, length: int) -> bytes:
    """The SHA-256 of the first `length` bytes of a file, in hexadecimal."""
    file.seek(0)
    running = hashlib.sha256()
    while length > 0 and (chunk := file.read(min(CHUNK, length))):
        running.update(chunk)
        length -= len(chunk)
    return running.hexdigest().encode()
