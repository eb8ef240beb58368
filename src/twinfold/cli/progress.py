"""How far the work has come: a bar on a terminal, plain lines in a log, nothing for what takes a moment."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from twinfold.protocols import Progress

PATIENCE = 2.0
"""Seconds of work that nobody needs to be told about."""

EARLY = 0.05
"""The share of a stage below which the time left is anybody's guess."""

INTERVAL = 5.0
"""Seconds between two lines in a log."""


@contextmanager
def progress(*, quiet: bool = False) -> "Iterator[Progress]":
    """Give a `Progress` that shows itself on stderr: a bar if that is a terminal, else a line every few seconds."""
    if quiet:
        from twinfold.protocols import silent

        yield silent
    elif sys.stderr.isatty():
        bar = BarProgress()
        try:
            yield bar
        finally:
            bar.close()
    else:
        yield LogProgress()


class LogProgress:
    """Writes "learning: 40 %, 12 s left" every few seconds, first after `PATIENCE`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stage = ""
        self._stage_began = clock()
        self._next = clock() + PATIENCE

    def __call__(self, stage: str, done: float) -> None:
        """Show that `stage` is `done`, from 0 to 1."""
        now = self._clock()
        if stage != self._stage:
            self._stage, self._stage_began = stage, now
        if now < self._next:
            return
        self._next = now + INTERVAL
        left = ""
        if EARLY < done < 1 and now > self._stage_began:
            left = f", {(now - self._stage_began) * (1 - done) / done:.0f} s left"
        print(f"{stage}: {100 * done:.0f} %{left}", file=sys.stderr, flush=True)


class BarProgress:
    """One bar on stderr, with the time left in the stage; shown after `PATIENCE`, gone when the work is done."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._bar: Bar | None = None
        self._stage = ""

    def __call__(self, stage: str, done: float) -> None:
        """Show that `stage` is `done`, from 0 to 1."""
        if self._bar is None:
            if time.monotonic() - self._began < PATIENCE:
                return
            self._bar = _start_bar()
            self._task = self._bar.add_task(stage, total=1.0)
            self._stage = stage
        if stage != self._stage:
            self._stage = stage
            self._bar.reset(self._task, description=stage)
        self._bar.update(self._task, completed=done)

    def close(self) -> None:
        """Take the bar off the screen."""
        if self._bar is not None:
            self._bar.stop()


def _start_bar() -> "Bar":
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    bar = Bar(*columns, console=Console(stderr=True), transient=True)
    bar.start()
    return bar
