"""What an engine may take of a budget that is for all of them."""

import time

from twinfold.protocols import Progress

EARLY = 0.1
"""The share of learning from which on it can be said how long all of it will take."""

ENGINE_SHARE = 0.6
"""The part of its allowance that an engine's own learning may take; the rest is for calibration and the guard."""


class TooSlowError(Exception):
    """An engine will not be done within its allowance, with the settings that it has."""


class Allowance:
    """A budget, shared among engines one after the other: what one leaves over is there for those that follow."""

    def __init__(self, seconds: float | None) -> None:
        """`seconds`: for all engines together, judging included; None sets no limit."""
        self._ends = None if seconds is None else time.monotonic() + seconds
        self._judging = 0.0

    @property
    def left(self) -> float | None:
        """Seconds that are left; None where there is no limit."""
        return None if self._ends is None else self._ends - time.monotonic()

    def next(self, waiting: int) -> float | None:
        """Seconds that the next of `waiting` engines may learn, 0 where it can't be tried; None sets no limit.

        As many engines are given room as there is time to judge, by the longest that judging one has taken.
        """
        if self._ends is None:
            return None
        left = self._ends - time.monotonic()
        if not self._judging:
            return max(0.0, left / waiting / 2)
        if left <= self._judging:
            return 0.0
        tried = max(1, min(waiting, int(left / (1.25 * self._judging))))
        return left / tried - self._judging

    def took(self, judging: float) -> None:
        """Note how many seconds judging an engine took."""
        self._judging = max(self._judging, judging)


class Watch:
    """A `Progress` that keeps an engine to its time, and tells another one which engine is at work.

    An engine is stopped at the end of its time, as a user would stop it: it gives the model so far, if that is usable.
    While `planning`, one that will take longer is stopped early with `TooSlowError`, to be planned for what is left.
    """

    def __init__(self, told: Progress, named: str, seconds: float | None, *, planning: bool = False) -> None:
        """`named` stands before each stage; `seconds` is the time that there is, None for any."""
        self._told, self._named, self._seconds = told, named, seconds
        self._began = self._learning = time.monotonic()
        self._done = 0.0
        self.planning, self.stopped = planning, False

    @property
    def left(self) -> float:
        """Seconds that are left."""
        return (self._seconds or 0.0) - (time.monotonic() - self._began)

    def untimed(self) -> "Watch":
        """One that tells the same and stops nobody, for what comes after learning."""
        return Watch(self._told, self._named, None)

    def __call__(self, stage: str, done: float) -> None:
        """Pass on how far the engine has come; raise `KeyboardInterrupt` where its time is over."""
        self._told(f"{self._named}: {stage}", done)
        if self._seconds is None:
            return
        now = time.monotonic()
        if stage == "learning":
            if done <= self._done:  # it begins, or begins anew
                self._learning = now
            self._done = done
            if self.planning and done >= EARLY and (now - self._learning) / done > ENGINE_SHARE * self._seconds:
                raise TooSlowError
        if now - self._began > self._seconds:
            self.stopped = True
            raise KeyboardInterrupt
