"""A cache of replies by content: what was asked once, of the same model in the same words, is not asked again."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from twinfold.errors import VoiceError

LARGEST = 20_000
"""Characters of a reply that is taken from the file, at most: somebody may have changed it."""


class ReplyCache:
    """Replies in a file of SQLite that its owner alone may read, since they tell of customers.

    Args:
        path: the file; it is made where there is none.

    Raises `VoiceError` where the file can't be used.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._lock = path, threading.Lock()
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection = sqlite3.connect(path, check_same_thread=False, timeout=30)
        except (OSError, sqlite3.Error) as error:
            raise self._refusal(error) from None
        try:
            self._connection.execute("pragma trusted_schema = off")
            with self._connection as connection:
                connection.execute("create table if not exists replies (key text primary key, reply text not null)")
                connection.execute("select key, reply from replies limit 1")
        except sqlite3.Error as error:
            self.close()
            raise self._refusal(error) from None

    @staticmethod
    def key(place: str, request: Mapping[str, Any]) -> str:
        """A digest of all that is sent to a server, 64 hexadecimal digits."""
        return hashlib.sha256(json.dumps([place, request], sort_keys=True).encode()).hexdigest()

    def find(self, key: str) -> str | None:
        """The reply to a request; None where it was not asked before, or what is kept is no reply."""
        with self._lock:
            try:
                row = self._connection.execute("select reply from replies where key = ?", (key,)).fetchone()
            except sqlite3.Error as error:
                raise self._refusal(error) from None
        return row[0] if row and isinstance(row[0], str) and 0 < len(row[0]) <= LARGEST else None

    def keep(self, key: str, reply: str) -> None:
        """Keep the reply to a request."""
        with self._lock:
            try:
                with self._connection as connection:
                    connection.execute("insert or replace into replies values (?, ?)", (key, reply))
            except sqlite3.Error as error:
                raise self._refusal(error) from None

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _refusal(self, error: Exception) -> VoiceError:
        said = error.strerror if isinstance(error, OSError) else error
        return VoiceError(f"the cache {str(self._path)!r} can't be used: {said}; give another file, or none")
