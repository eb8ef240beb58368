"""Writing a model file: whole, or not at all."""

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from twinfold.errors import ModelFileError, OutputError
from twinfold.synthesis.model_file.container import (
    ARRAY_NAME,
    DIGITS,
    FORMAT,
    MANIFEST,
    MAX_MANIFEST,
    MAX_MEMBERS,
    MAX_RATIO,
    MAX_WRITTEN,
    RESERVED,
    SMALL,
    TYPES,
    VERSION,
    file_digest,
    npy_header,
)
from twinfold.synthesis.model_file.manifest import listed_arrays, parse_manifest

_BLOCK = 128 * 2**10
"""Bytes that are tried together, to see how well a member packs."""


def write_model_file(
    path: str | Path,
    manifest: Mapping[str, Any],
    arrays: Mapping[str, npt.NDArray[Any]],
    *,
    force: bool = False,
) -> None:
    """Write a model file: whole, or not at all.

    The same manifest and arrays give the same bytes.

    Args:
        path: where; replaced only with `force`.
        manifest: anything JSON can say exactly: text keys, finite numbers, integers below 2**64. The keys `format`,
            `version` and `arrays` are the file's own.
        arrays: by name (letters, digits, `_`, `-`, `.`), of booleans, integers or floats, any shape.
        force: whether a file already there is replaced.

    Raises:
        OutputError: something is there already, or the place can't be written to.
        ValueError: the manifest or an array is none that the reader would accept: a mistake in the caller.
    """
    target = Path(path)
    _check_free(target, force)
    taken = [key for key in RESERVED if key in manifest]
    if taken:
        raise ValueError(f"manifest keys {taken} are the file's own")
    plain = {name: _plain_array(name, arrays[name]) for name in sorted(arrays)}
    if len(plain) >= MAX_MEMBERS:
        raise ValueError(f"{len(plain)} arrays where a model file holds fewer than {MAX_MEMBERS}")
    listed = {
        name: {"type": array.dtype.str, "shape": list(array.shape), "sha256": _array_digest(array)}
        for name, array in plain.items()
    }
    text = json.dumps(
        {"format": FORMAT, "version": VERSION, **manifest, "arrays": listed},
        ensure_ascii=False,
        allow_nan=False,
        separators=(",", ":"),
    ).encode()
    if len(text) > MAX_MANIFEST:
        raise ValueError(f"a manifest of {len(text):,} bytes where a model file holds {MAX_MANIFEST:,}")
    total = len(text) + sum(array.nbytes for array in plain.values())
    if total > MAX_WRITTEN:
        raise ValueError(f"a model of {total:,} bytes where a model file holds {MAX_WRITTEN:,}")
    try:
        listed_arrays(parse_manifest(text, target), target)
    except ModelFileError as error:
        raise ValueError(f"a manifest that could not be read again: {error}") from None
    with _replacing(target, force) as file:
        _write_members(file, text, plain)


def _plain_array(name: str, array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    if not ARRAY_NAME.fullmatch(name):
        raise ValueError(f"array name {name!r}: letters, digits, '_', '-' and '.' are accepted, '.' and '-' not first")
    little = np.asarray(array, order="C")
    little = little.astype(little.dtype.newbyteorder("<"), copy=False)
    if little.dtype.str not in TYPES:
        raise ValueError(f"array {name!r} holds {array.dtype}; booleans, integers and floats of 64 bits are accepted")
    return little


def _array_digest(array: npt.NDArray[Any]) -> str:
    running = hashlib.sha256(npy_header(array.dtype.str, array.shape))
    running.update(array.reshape(-1).view(np.uint8).data)
    return running.hexdigest()


def _write_members(file: BinaryIO, manifest: bytes, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    with zipfile.ZipFile(file, "w", allowZip64=False) as archive:
        _write_member(archive, MANIFEST, manifest)
        for name, array in arrays.items():
            _write_member(archive, f"arrays/{name}.npy", npy_header(array.dtype.str, array.shape) + array.tobytes())
        archive.comment = b"0" * DIGITS
    end = file.seek(0, os.SEEK_END) - DIGITS
    digest = file_digest(file, end)
    file.seek(end)
    file.write(digest)


def _write_member(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    member = zipfile.ZipInfo(name)  # its date is 1980-01-01, always
    member.create_system = 3
    member.external_attr = 0o644 << 16
    method = zipfile.ZIP_DEFLATED if _pays(data) else zipfile.ZIP_STORED
    archive.writestr(member, data, method, compresslevel=1)


def _pays(data: bytes) -> bool:
    """Whether to deflate: not what hardly packs, nor what packs so well that it could not be told from a bomb."""
    if len(data) <= SMALL:
        return True
    sample = b"".join(data[at : at + _BLOCK] for at in range(0, len(data), 8 * _BLOCK))
    gain = len(sample) / len(zlib.compress(sample, 1))
    if gain > 10:  # an eighth that packs tenfold at most bounds the whole; else all of it must be tried
        gain = len(data) / len(zlib.compress(data, 1))
    return 1.1 <= gain <= MAX_RATIO / 2


def _check_free(target: Path, force: bool) -> None:
    try:
        exists, folder, parent = target.exists(), target.is_dir(), target.parent.is_dir()
    except OSError as error:
        raise _unwritable(target, error) from None
    if folder:
        raise OutputError(f"{target} is a folder; give the name of a file, for example {target / 'customers.twin'}")
    if exists and not force:
        raise OutputError(f"{target} exists already; give another name, or replace it with --force")
    if not parent:
        raise OutputError(f"{target} can't be written: there is no folder {target.parent}; make it first")


def _unwritable(target: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{target} can't be written ({error.strerror or error}); check the folder's permissions and free space"
    )


@contextlib.contextmanager
def _replacing(target: Path, force: bool) -> Iterator[BinaryIO]:
    """A new file that takes the place of `target` once all is written and on the disk, and leaves no trace before."""
    beside = target.with_name(f".{target.name}.{secrets.token_hex(6)}.part")
    try:
        with beside.open("x+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _check_free(target, force)
        if target.exists():
            shutil.copymode(target, beside)  # a model that few may read stays one
        beside.replace(target)
        if os.name == "posix":
            folder = os.open(target.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as error:
        raise _unwritable(target, error) from None
    finally:
        beside.unlink(missing_ok=True)
