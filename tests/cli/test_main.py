import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from twinfold.cli.main import main
from twinfold.errors import DataError

TWINFOLD = str(Path(sys.executable).with_name("twinfold"))


@pytest.fixture
def failing_with(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[[BaseException], Any]:
    """Run `twinfold inspect` with a verb that raises an error; gives the exit status and what stood on stderr."""

    def run(error: BaseException) -> tuple[int, list[str]]:
        def inspect(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setitem(sys.modules, "twinfold.verbs.inspect", SimpleNamespace(inspect=inspect))
        return main(["inspect", "x.csv"]), capfd.readouterr().err.splitlines()

    return run


@pytest.mark.parametrize(
    ("args", "parts"),
    [
        (["ft"], ["no such command 'ft' (did you mean 'fit'?); see twinfold --help"]),
        (["xyz"], ["no such command 'xyz'; see twinfold --help"]),
        (["fit"], ["'DATA'", "twinfold fit --help"]),
        (["fit", "x.csv"], ["'-o'", "twinfold fit --help"]),
        (["fit", "x.csv", "-o", "x.twin", "--sed", "1"], ["--sed", "--seed", "twinfold fit --help"]),
        (
            ["sample", "x.twin", "-o", "x.csv", "-n", "1,000"],
            ["-n takes a whole number such as 1000, not '1,000'; see twinfold sample --help"],
        ),
        (["sample", "x.twin", "-o", "x.csv", "--rows", "ten"], ["-n takes a whole number", "'ten'"]),
        (["fit", "x.csv", "-o", "x.twin", "--seed", "1.5"], ["--seed takes a whole number such as 1, not '1.5'"]),
        (["inspect", "x.csv", "y.csv"], ["y.csv", "twinfold inspect --help"]),
        (["--bogus"], ["--bogus", "twinfold --help"]),
    ],
)
def test_usage_errors_are_one_line(args: list[str], parts: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    assert main(args) == 2
    out, err = capfd.readouterr()
    assert out == ""
    [line] = err.splitlines()
    assert line.startswith("twinfold: ")
    assert [part for part in parts if part not in line] == []


def test_no_arguments_show_the_help(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    out, err = capfd.readouterr()
    assert "evaluate" in out
    assert err == ""


@pytest.mark.parametrize("verb", ["demo", "inspect", "fit", "sample", "evaluate", "augment"])
def test_every_verb_has_help_that_fits_a_terminal(verb: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--help"]) == 0
    assert max(map(len, capfd.readouterr().out.splitlines())) <= 80
    assert main(["--help"]) == 0
    assert "..." not in capfd.readouterr().out.replace("[ARGS]...", "")


def test_an_error_of_ours_is_one_line_even_when_its_text_is_not(failing_with: Callable[..., Any]) -> None:
    assert failing_with(DataError("column 'a\x1b[2J'\nis bad")) == (2, ["twinfold: column 'a\\x1b[2J' is bad"])


def test_the_operating_system_is_quoted(failing_with: Callable[..., Any]) -> None:
    status, [line] = failing_with(PermissionError(13, "Permission denied", "x.csv"))
    assert status == 2
    assert "'x.csv'" in line
    assert "Permission denied" in line


def test_a_missing_system_library_is_named(failing_with: Callable[..., Any]) -> None:
    status, [line] = failing_with(OSError("libgomp.so.1: cannot open shared object file: No such file or directory"))
    assert status == 2
    assert "libgomp1" in line


def test_a_fault_asks_to_be_reported(failing_with: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    status, lines = failing_with(ZeroDivisionError("division by zero"))
    assert status == 70
    assert len(lines) == 1
    assert "TWINFOLD_DEBUG=1" in lines[0]
    monkeypatch.setenv("TWINFOLD_DEBUG", "1")
    status, lines = failing_with(ZeroDivisionError("division by zero"))
    assert status == 70
    assert lines[0].startswith("Traceback")


def test_interrupted(failing_with: Callable[..., Any]) -> None:
    assert failing_with(KeyboardInterrupt()) == (130, ["twinfold: stopped; nothing was written"])


def test_a_reader_that_leaves_early_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run([TWINFOLD, "--help"], stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_version(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capfd.readouterr().out.startswith("twinfold ")


def test_a_panic_inside_polars_is_one_line(failing_with: Callable[[BaseException], Any]) -> None:
    from polars.exceptions import PanicException

    status, lines = failing_with(PanicException("max string length exceeded"))
    assert status == 70
    assert lines[-1].startswith("twinfold: unexpected PanicException: max string length exceeded")
