import io
import sys

import pytest

from twinfold.cli.progress import BarProgress, LogProgress, progress


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_log_line_every_few_seconds_with_the_time_left(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    tell = LogProgress(clock)
    for second in range(11):
        clock.now = float(second)
        tell("learning", second / 20)
    assert capsys.readouterr().err.splitlines() == ["learning: 10 %, 18 s left", "learning: 35 %, 13 s left"]


def test_the_time_left_is_that_of_the_stage(capsys: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    tell = LogProgress(clock)
    clock.now = 100.0
    tell("reading", 1.0)
    clock.now = 104.0
    tell("learning", 0.0)
    clock.now = 110.0
    tell("learning", 0.5)
    assert capsys.readouterr().err.splitlines() == ["reading: 100 %", "learning: 50 %, 6 s left"]


def test_short_work_and_quiet_work_say_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    for quiet in (False, True):
        with progress(quiet=quiet) as tell:
            tell("learning", 0.5)
    assert capsys.readouterr().err == ""


def test_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr("twinfold.cli.progress.PATIENCE", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    with progress() as tell:
        assert isinstance(tell, BarProgress)
        tell("learning", 0.25)
        tell("drawing", 0.5)
    assert "drawing" in terminal.getvalue()
    assert "50%" in terminal.getvalue()
