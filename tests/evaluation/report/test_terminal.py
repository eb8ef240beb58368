"""The summary in a terminal: the verdict first, plain where there is no terminal, never misled by markup in names."""

from collections.abc import Callable
from dataclasses import replace
from io import StringIO

from rich.console import Console

from twinfold.evaluation.finding import Evaluation
from twinfold.evaluation.report.terminal import show, text


def test_verdict_comes_first_and_findings_worst_first(evaluation: Evaluation) -> None:
    shown = evaluation.text()
    assert shown.startswith("Fit for internal testing, not for")
    marks = ["Not fit for", "Trend", "C2st auc", "Attack", "Utility", "Copies", "Columns farthest off", "Note: "]
    places = [shown.index(mark) for mark in marks]
    assert places == sorted(places)
    assert "0.637 0.629 to 0.645 0.498 at most 0.600 ✕ fails" in " ".join(shown.split())


def test_text_is_plain_and_narrow(evaluation: Evaluation) -> None:
    shown = text(evaluation, width=72)
    assert "\x1b" not in shown
    assert max(map(len, shown.splitlines())) <= 72
    assert not any(line.endswith(" ") for line in shown.splitlines())


def test_a_terminal_gets_colour(evaluation: Evaluation) -> None:
    out = StringIO()
    show(evaluation, Console(file=out, force_terminal=True, color_system="standard", width=100))
    assert "\x1b[" in out.getvalue()


def test_names_are_no_markup_and_send_no_control_codes(make: Callable[..., Evaluation]) -> None:
    columns = (replace(make().columns[0], name="[red]x[/red]\x1b[2J", error=0.9),)
    shown = make(columns=columns, headline="[bold]no[/bold]\x1b]0;owned\x07").text()
    assert "[red]x[/red]" in shown
    assert "[bold]no[/bold]" in shown
    assert "\x1b" not in shown
    assert "\x07" not in shown
