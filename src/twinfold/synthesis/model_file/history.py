"""The history of a model file: what has happened to the model since it was learned, one record after another."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from twinfold.errors import ModelFileError, OutputError
from twinfold.synthesis.model_file.reading import read_model_file
from twinfold.synthesis.model_file.writing import write_model_file


def learned_digest(manifest: Mapping[str, Any], arrays: Mapping[str, npt.NDArray[Any]]) -> str:
    """The SHA-256, in hexadecimal, of all that a model file holds but its history: the same as long as it is the same
    model, whatever has happened to it."""
    learned = {key: value for key, value in manifest.items() if key != "history"}
    running = hashlib.sha256(json.dumps(learned, sort_keys=True).encode())
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        running.update(f"{name} {array.dtype.str} {array.shape}".encode())
        running.update(array.reshape(-1).view(np.uint8).data)
    return running.hexdigest()


def check_appendable(path: str | Path) -> None:
    """Raise `OutputError` where no record can be added to a model file: it, or the folder it lies in, is read-only."""
    file = Path(path).resolve()
    if not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK)):
        raise OutputError(
            f"{path} can't be written to, and what is decided about a model is recorded in its file; copy it to where "
            "you may write"
        )


def append_record(path: str | Path, record: Mapping[str, Any], *, learned: str) -> None:
    """Add a record to the history of a model file: whole, or not at all; of several writers one after another.

    Args:
        path: the model file.
        record: what has happened, as JSON can say it.
        learned: the `learned_digest` of the model that the record is about.

    Raises:
        ModelFileError: the file is no model any more, or another one; OutputError: it can't be written.
    """
    check_appendable(path)
    file = Path(path).resolve()  # the file itself is replaced, not a link to it
    with _alone_in(file.parent):
        manifest, arrays = read_model_file(file)
        if learned_digest(manifest, arrays) != learned:
            raise ModelFileError(f"{path} holds another model than a moment ago; begin again with the one you mean")
        history = [*manifest.get("history", ()), dict(record)]
        write_model_file(file, {**manifest, "history": history}, arrays, force=True)


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Wait until no other program of ours adds a record in a folder; the lock goes with whoever holds it."""
    if os.name != "posix":
        yield
        return
    import fcntl

    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
