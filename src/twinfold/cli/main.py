"""The command line: what every verb shares, and what happens when one fails."""

import os
import re
import signal
import sys
import traceback
import warnings
from collections.abc import Sequence
from typing import Annotated, Any, NoReturn

import typer
from typer.exceptions import TyperException

from twinfold.cli import (
    ask,
    augment,
    calibrate,
    compare,
    concept_test,
    demo,
    evaluate,
    experiment,
    explain,
    fit,
    focus_group,
    impute,
    inspect,
    interview,
    log_prob,
    personas,
    policy,
    predict,
    predict_proba,
    report,
    sample,
    score_forecast,
    scoreboard,
    simulate,
    survey,
    voices,
    walk,
)
from twinfold.errors import TwinfoldError

BAD_INPUT, UNEXPECTED, INTERRUPTED, BROKEN_PIPE, TERMINATED = 2, 70, 130, 141, 143

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit status: 0 done; 1 done, and evaluate's verdict is no; 2 bad input; 130 interrupted.",
)
VERBS = (
    demo,
    inspect,
    fit,
    sample,
    evaluate,
    compare,
    policy,
    impute,
    predict,
    predict_proba,
    log_prob,
    walk,
    explain,
    augment,
    calibrate,
    score_forecast,
    scoreboard,
    simulate,
    personas,
    ask,
    interview,
    focus_group,
    survey,
    concept_test,
)
for verb in VERBS:
    app.command(verb.__name__.rpartition(".")[2].replace("_", "-"))(verb.command)
app.add_typer(experiment.app, name="experiment")
app.add_typer(report.app, name="report")
app.add_typer(voices.app, name="voices")


def _show_version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"twinfold {version('twinfold')}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Synthetic customers for banks: learn a table, draw synthetic rows, and hear what they are fit for."""


def run() -> NoReturn:
    """Run the command that the shell gave, and exit with its status."""
    for name in ("SIGTERM", "SIGHUP"):  # so that nothing half-written stays behind
        if (number := getattr(signal, name, None)) and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: sys.exit(TERMINATED))
    sys.exit(main(sys.argv[1:]))


def main(args: Sequence[str]) -> int:
    """Run one command and return its exit status; whatever goes wrong is one line on stderr.

    `TWINFOLD_DEBUG=1` adds the traceback, and shows Python's warnings.
    """
    debug = os.environ.get("TWINFOLD_DEBUG", "") not in ("", "0")
    try:
        with warnings.catch_warnings():
            if not debug:
                warnings.simplefilter("ignore")  # a warning speaks to developers
            typed = list(args) or ["--help"]
            status = app(args=typed, prog_name="twinfold", standalone_mode=False, obj=tuple(typed)) or 0
        if status == INTERRUPTED:
            raise KeyboardInterrupt  # which Typer had made a status
        sys.stdout.flush()
        return int(status)
    except (BrokenPipeError, SystemExit) as stop:
        if isinstance(stop, SystemExit) and not isinstance(stop.__context__, BrokenPipeError):
            raise
        # Whoever read our output has had enough; nor may Python's last flush complain
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except (KeyboardInterrupt, typer.Abort):
        _say("stopped; nothing was written")
        return INTERRUPTED
    except BaseException as error:
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":  # Rust's, of Polars
            raise
        if debug:
            traceback.print_exc()
        message, status = _explain(error)
        _say(message)
        return status


def _explain(error: BaseException) -> tuple[str, int]:
    """One line for an error, and the exit status that goes with it."""
    if isinstance(error, TwinfoldError):
        return str(error), BAD_INPUT
    if isinstance(error, TyperException):
        return _explain_usage(error), BAD_INPUT
    if isinstance(error, OSError) and error.errno is None and ".so" in str(error):
        return f"a library of the system is missing: {error}; install it (Debian has libgomp in libgomp1)", BAD_INPUT
    if isinstance(error, OSError):
        place = f" {str(error.filename)!r}" if error.filename else ""
        return f"can't use{place}: {error.strerror or error}; mend that and try again", BAD_INPUT
    if isinstance(error, MemoryError):
        return "out of memory; try again with fewer rows, or on a larger machine", BAD_INPUT
    return (
        f"unexpected {type(error).__name__}: {error}; this is a fault of Twinfold: "
        "please report it, with what the same command prints after TWINFOLD_DEBUG=1"
    ), UNEXPECTED


def _explain_usage(error: TyperException) -> str:
    """One line for a command that was not understood."""
    context, option = getattr(error, "ctx", None), getattr(error, "param", None)
    message = re.sub(r"\. Did you mean (.+)\?$", r" (did you mean \1?)", error.format_message()).rstrip(".")
    refused: list[Any] = getattr(error.__cause__, "errors", list)()  # pydantic keeps the value that it refused
    if refused and option and refused[0]["type"].startswith("int_"):
        example = 1000 if option.name == "n" else 1
        message = f"{option.opts[0]} takes a whole number such as {example}, not {refused[0]['input']!r}"
    elif refused:
        message += f", not {refused[0]['input']!r}"
    return f"{message[:1].lower()}{message[1:]}; see {context.command_path if context else 'twinfold'} --help"


def _say(message: str) -> None:
    """Write one line to stderr; what came out of a file may not steer the terminal."""
    line = " ".join(message.split())
    line = "".join(c if c.isprintable() else repr(c)[1:-1] for c in line)
    sys.stderr.write(f"twinfold: {line}\n")
