"""Patience: how long a server is waited for, before and between tries, by all who wait for it."""

from __future__ import annotations

import hashlib
import threading
import time

LONGEST_WAIT = 60.0
"""Seconds before the next try, at most, whatever a server asks for."""

_FIRST_WAIT = 0.5


class Patience:
    """Shared by all requests to a server. It ends where nobody was answered for some time, or where asking is hopeless.

    Args:
        seconds: without any answer, after which all give up; each answer begins them anew.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends = time.monotonic() + seconds
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.reason = ""

    def is_over(self) -> bool:
        """Whether to give up; `reason` says why."""
        if not self._over.is_set() and time.monotonic() >= self._ends:
            self.give_up(f"the server answered nobody for {self._seconds:g} s")
        return self._over.is_set()

    def answered(self) -> None:
        """Somebody was answered."""
        with self._lock:
            self._ends = time.monotonic() + self._seconds

    def give_up(self, reason: str) -> None:
        """Asking is hopeless: whoever waits stops at once. The first reason stands."""
        with self._lock:
            self.reason = self.reason or reason
        self._over.set()

    def wait(self, seconds: float) -> bool:
        """Wait before the next try; False where that is too long, or everybody gave up."""
        if self.is_over() or time.monotonic() + seconds >= self._ends:
            return False
        return not self._over.wait(seconds)


def pause_before(attempt: int, asked: float | None, token: str) -> float:
    """Seconds to wait before trying again, for the `attempt`th time from 0.

    Twice as long each time, and by up to a half less, so that not all who were turned away come back at once.

    Args:
        attempt: how many times it was tried again before.
        asked: seconds that the server asked for; None where it asked for none.
        token: of the request: the same gives the same pause.
    """
    share = int.from_bytes(hashlib.sha256(f"{token} {attempt}".encode()).digest()[:4]) / 2**32
    pause = _FIRST_WAIT * 2.0**attempt * (0.5 + 0.5 * share)
    return min(max(pause, asked or 0.0), LONGEST_WAIT)
