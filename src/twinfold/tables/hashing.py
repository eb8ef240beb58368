"""Which bytes exactly: the digest by which a report names the file it was made from."""

import hashlib
from pathlib import Path

from twinfold.errors import DataError


def file_hash(path: str | Path) -> str:
    """SHA-256 of a file's bytes, 64 hexadecimal digits. Raises `DataError` where it can't be read."""
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"{path} can't be read: {error.strerror or error}; name a file") from error
