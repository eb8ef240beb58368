"""The summary as a compact table for the terminal: the verdict first, plain where nobody would see the styling."""

from io import StringIO
from typing import TYPE_CHECKING

from twinfold.evaluation.finding import Evaluation, Verdict
from twinfold.evaluation.gate import find_evidence
from twinfold.evaluation.policy.policy import BUILT_IN, Policy
from twinfold.evaluation.report.summary import PurposeLine, Summary, summarise
from twinfold.evaluation.report.wording import label, number

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_STYLES = {Verdict.FAIL: "bold red", Verdict.UNKNOWN: "yellow", Verdict.PASS: "green", Verdict.INFO: "dim"}
_WORST = 5


def text(evaluation: Evaluation, *, width: int = 100) -> str:
    """The summary as plain text of at most `width` characters a line, without colour or control codes."""
    from rich.console import Console

    out = StringIO()
    show(evaluation, Console(file=out, width=width, color_system=None, force_terminal=False, legacy_windows=False))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()) + "\n"


def show(evaluation: Evaluation, console: "Console") -> None:
    """Print the summary to a console, coloured where it is a terminal."""
    from rich.text import Text

    summary = summarise(evaluation)
    console.print(Text(summary.headline, style="bold"))
    console.print()
    for title, lines, style in (("Fit for", summary.fit, "green"), ("Not fit for", summary.unfit, "bold red")):
        if lines:
            console.print(_purposes(title, lines, style))
    if summary.findings:
        console.print()
        console.print(_findings(summary))
    if summary.columns:
        console.print()
        console.print(Text(_worst_columns(summary)))
    for note in summary.notes[:_WORST]:
        console.print(Text(f"Note: {note}", style="dim"))
    if evaluation.policy is not None:
        console.print()
        _show_release(summary, evaluation.policy, console)


def _show_release(summary: Summary, policy: Policy, console: "Console") -> None:
    """Whether the table is released under its policy; where not, each limit that refuses it, and why it is set."""
    from rich.padding import Padding
    from rich.text import Text

    source = "" if policy.source == BUILT_IN else f" by {label(policy.source)}"
    looser = sum(each.purpose == policy.purpose for each in policy.loosened)
    if looser:
        source += f" (looser than the built-in limits in {looser})"
    if summary.source.released:
        console.print(Text(f"Released for {policy.rule.title}{source}.", style="bold green"))
        return
    console.print(Text(f"Refused for {policy.rule.title}{source}:", style="bold red"))
    lines = {line.finding.name: line for line in summary.findings}
    for evidence in find_evidence(summary.source):
        limit, line = evidence.limit, None if evidence.finding is None else lines[evidence.finding.name]
        if line is None:
            said = f"Whether {evidence.plain} ({limit.finding}) was not measured, and is required"
        elif line.finding.verdict is Verdict.UNKNOWN:
            said = f"{line.title} ({line.finding.name}): cannot be told. {line.sentence.rstrip('.')}"
        else:
            said = f"{line.title} ({line.finding.name}): {line.value} ({line.interval}), {line.limit} is accepted"
            if not limit.beyond_yardstick and line.finding.threshold != limit.worst:
                said += f", which is the limit of {limit.worst:g} and what chance gives"
        console.print(Padding(Text(f"{said}. The reason of the limit: {limit.reason}."), (0, 0, 0, 2)))


def _purposes(title: str, lines: tuple[PurposeLine, ...], style: str) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, style=style, min_width=len("Not fit for"))
    table.add_column(overflow="fold")
    for index, line in enumerate(lines):
        said = Text.assemble((line.title, "bold"), f": {line.reason}")
        table.add_row(Text("" if index else title), said)
    return table


def _findings(summary: Summary) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False, show_edge=False)
    table.add_column("finding", overflow="fold", ratio=1)
    for title in ("value", "95 % interval", "real"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("threshold", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for line in summary.findings:
        verdict = Text(f"{line.symbol} {line.word}", style=_STYLES[line.finding.verdict])
        cells = (line.title, line.value, line.interval, line.yardstick, line.limit)
        table.add_row(*(Text(cell) for cell in cells), verdict)
    return table


def _worst_columns(summary: Summary) -> str:
    shown = [
        f"{label(f'{c.table}.{c.name}' if c.table else c.name)} {number(c.error, 3)} ({number(c.yardstick, 3)})"
        for c in summary.columns[:_WORST]
    ]
    rest = len(summary.columns) - len(shown)
    return f"Columns farthest off (two real samples): {', '.join(shown)}" + (f"; {rest} closer" if rest else "")
