"""Reading a model file that may come from anywhere.

The reader believes nothing that a file says of itself: the checksum over the whole file comes first, sizes are bounded
before anything is unpacked and counted while it is, and an array's header is never parsed but compared with the one
that its shape and type call for.
"""

import hashlib
import math
import os
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, NoReturn

import numpy as np
import numpy.typing as npt

from twinfold.errors import ModelFileError
from twinfold.synthesis.model_file.container import (
    ARRAY_NAME,
    CHUNK,
    DIGITS,
    MANIFEST,
    MAX_ENTRY,
    MAX_MANIFEST,
    MAX_MEMBERS,
    MAX_RATIO,
    MAX_TOTAL,
    RESERVED,
    SMALL,
    file_digest,
    npy_header,
)
from twinfold.synthesis.model_file.manifest import listed_arrays, parse_manifest, refuse

_END = struct.Struct("<4s4s2H2LH")
"""The record that ends a zip: magic, disks, members here, members, directory's length and offset, comment's length."""
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    ValueError,
    NotImplementedError,
    RuntimeError,
    OSError,
)


def read_model_file(path: str | Path) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    """Read a model file: the manifest and the arrays that were written.

    Runs no code that the file could bring, and takes memory in proportion to the file.

    Raises:
        ModelFileError: there is no such file, it is no model, one of a newer version, or a damaged or hostile one.
    """
    source = Path(path)
    with _opened(source) as archive:
        return _read_members(archive, source)


def read_manifest(path: str | Path) -> dict[str, Any]:
    """The manifest of a model file alone, the file checked as a whole all the same. Raises as `read_model_file`."""
    source = Path(path)
    with _opened(source) as archive:
        return _without_reserved(_read_manifest(archive, source))


@contextmanager
def _opened(source: Path) -> Iterator[zipfile.ZipFile]:
    """A model file whose members are checked but not unpacked."""
    try:
        with source.open("rb") if source.is_file() else _refuse_missing(source) as file:
            size = os.fstat(file.fileno()).st_size
            _check_whole(file, size, source)
            _check_end_record(file, size, source)
            with zipfile.ZipFile(file) as archive:
                _check_members(archive.infolist(), size, source)
                yield archive
    except ModelFileError:
        raise
    except OSError as error:
        raise ModelFileError(f"{source} can't be read ({error.strerror or error}); check its permissions") from None
    except _BROKEN as error:
        refuse(source, f"it can't be unpacked ({error})")


def _refuse_missing(source: Path) -> NoReturn:
    if source.is_dir():
        raise ModelFileError(
            f"{source} is a folder; give the model file itself, for example {source / 'customers.twin'}"
        )
    if source.exists():
        raise ModelFileError(f"{source} is no regular file; give a model file, as twinfold fit writes it")
    raise ModelFileError(f"there is no file {source}; make one with twinfold fit DATA -o {source}")


_LOOKS = (
    (b"\x80", "a pickle, which could run code"),
    (b"\x1f\x8b", "gzip data"),
    (b"PAR1", "a Parquet table"),
    (b"SQLite format 3", "a SQLite database"),
    (b"\x93NUMPY", "a bare numpy array"),
    (b"{", "JSON text"),
)


def _looks_like(head: bytes) -> str:
    if not head:
        return "empty"
    for magic, what in _LOOKS:
        if head.startswith(magic):
            return what
    printable = sum(byte >= 0x20 or byte in b"\t\r\n" for byte in head)
    return "text" if printable == len(head) else "something else"


def _check_whole(file: BinaryIO, size: int, source: Path) -> None:
    """The last 64 bytes are the SHA-256, in hexadecimal, of all that stands before them."""
    head = file.read(30 + len(MANIFEST))
    if not head.startswith(b"PK\x03\x04"):
        raise ModelFileError(f"{source} is no Twinfold model but {_looks_like(head)}; make one with twinfold fit")
    if size > MAX_TOTAL:
        raise ModelFileError(f"{source} has {size:,} bytes; a model file has at most {MAX_TOTAL:,}")
    file.seek(max(0, size - DIGITS))
    if file.read() != file_digest(file, size - DIGITS):
        if head.endswith(MANIFEST.encode()):
            refuse(source, "its checksum doesn't match, bytes are missing or changed")
        raise ModelFileError(f"{source} is some other zip file and no Twinfold model; make one with twinfold fit")


def _check_end_record(file: BinaryIO, size: int, source: Path) -> None:
    """The record that ends a zip stands where it must and says nothing that would make `zipfile` look elsewhere."""
    start = size - DIGITS - _END.size
    file.seek(max(0, start - 20))
    tail = file.read(20 + _END.size)
    if start < 20 or tail.startswith(b"PK\x06\x07"):
        refuse(source, "its directory is not that of a model")
    magic, disks, here, members, length, offset, comment = _END.unpack(tail[20:])
    if (magic, disks, comment) != (b"PK\x05\x06", b"\0\0\0\0", DIGITS) or offset + length != start:
        refuse(source, "its directory is not where it must be")
    if here != members or members > MAX_MEMBERS or length > MAX_MEMBERS * MAX_ENTRY:
        refuse(source, f"it has {members:,} members; at most {MAX_MEMBERS:,} are accepted, none of a long name")


def _read_manifest(archive: zipfile.ZipFile, source: Path) -> dict[str, Any]:
    return parse_manifest(bytes(_unpacked(archive, archive.infolist()[0], source)), source)


def _without_reserved(manifest: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in manifest.items() if key not in RESERVED}


def _read_members(archive: zipfile.ZipFile, source: Path) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    members, manifest = archive.infolist(), _read_manifest(archive, source)
    listed = listed_arrays(manifest, source)
    expected = [f"arrays/{name}.npy" for name in listed]
    if [member.filename for member in members[1:]] != expected:
        refuse(source, "its arrays are not those that its manifest lists")
    arrays = {}
    for member, (name, (type_, shape, digest)) in zip(members[1:], listed.items(), strict=True):
        arrays[name] = _read_array(_unpacked(archive, member, source), type_, shape, digest, f"{source}, array {name}")
    return _without_reserved(manifest), arrays


def _check_members(members: list[zipfile.ZipInfo], size: int, source: Path) -> None:
    """Bound everything that is about to be unpacked, by what the directory declares; unpacking counts again."""
    if not members or members[0].filename != MANIFEST:
        refuse(source, f"{MANIFEST} is not its first member")
    if len({member.filename for member in members}) < len(members):
        refuse(source, "two of its members have one name")
    for member in members:
        name = member.orig_filename
        array = name.removeprefix("arrays/").removesuffix(".npy")
        if name != MANIFEST and (name != f"arrays/{array}.npy" or not ARRAY_NAME.fullmatch(array)):
            refuse(source, f"it has a member {name[:80]!r}, where only {MANIFEST} and arrays/NAME.npy are accepted")
        if member.flag_bits & 1:
            refuse(source, f"its member {name} is encrypted")
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG) or member.flag_bits or member.extra or member.comment:
            refuse(source, f"its member {name} is no plain file")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            refuse(source, f"its member {name} is packed in an unknown way")
        if member.file_size > max(SMALL, MAX_RATIO * member.compress_size):
            refuse(source, f"its member {name} says it unpacks to {member.file_size:,} bytes, out of proportion")
    if members[0].file_size > MAX_MANIFEST:
        refuse(source, f"its manifest has {members[0].file_size:,} bytes, at most {MAX_MANIFEST:,} are accepted")
    total = sum(member.file_size for member in members)
    if total > MAX_TOTAL or sum(member.compress_size for member in members) > size:
        refuse(source, f"it says it unpacks to {total:,} bytes, at most {MAX_TOTAL:,} are accepted and no part twice")


def _unpacked(archive: zipfile.ZipFile, member: zipfile.ZipInfo, source: Path) -> bytearray:
    """A member's bytes, as many as were declared: not one more is unpacked, and not one less accepted."""
    data = bytearray()
    with archive.open(member) as stream:
        while chunk := stream.read(CHUNK):
            data += chunk
            if len(data) > member.file_size:
                break
    if len(data) != member.file_size:
        refuse(source, f"its member {member.filename} doesn't have the {member.file_size:,} bytes that it says")
    return data


def _read_array(data: bytearray, type_: str, shape: tuple[int, ...], digest: str, what: str) -> npt.NDArray[Any]:
    header = npy_header(type_, shape)
    dtype = np.dtype(type_)
    if not data.startswith(header) or len(data) != len(header) + math.prod(shape) * dtype.itemsize:
        refuse(what, f"it is not the {type_} array of shape {shape} that the manifest says")
    if hashlib.sha256(data).hexdigest() != digest:
        refuse(what, "its checksum doesn't match")
    array = np.frombuffer(data, dtype, offset=len(header))
    if type_ == "|b1" and array.view(np.uint8).max(initial=0) > 1:
        refuse(what, "it holds bytes that are neither true nor false")
    return array.reshape(shape)
