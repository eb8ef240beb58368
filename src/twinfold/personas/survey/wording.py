"""A survey in words: for a terminal, and as its page says it."""

from __future__ import annotations

from twinfold.evaluation.report.wording import percent
from twinfold.personas.survey.results import ItemResult, Survey
from twinfold.personas.survey.tallies import MEAN, Tally
from twinfold.simulation.wording import count, number

TOLD = 12
"""Options of an item that the terminal tells."""


def share(tally: Tally) -> str:
    """A share with its interval, in per cent."""
    return f"{percent(tally.value)} % {interval(tally, shares=True)}".rstrip()


def figure(tally: Tally) -> str:
    """A number with its interval."""
    return f"{plain(tally.value)} {interval(tally)}".rstrip()


def interval(tally: Tally, *, shares: bool = False) -> str:
    """The interval of a figure in brackets; nothing where there is none."""
    if not tally.lower <= tally.upper:
        return ""
    write = percent if shares else plain
    return f"[{write(tally.lower)}, {write(tally.upper)}]"


def plain(value: float) -> str:
    """A number as people read it, with a true minus sign; a dash where there is none."""
    if value != value:
        return "–"
    if value == round(value) and abs(value) < 1000:
        return f"{value:.0f}".replace("-", "−")
    return f"−{number(-value)}" if value < 0 else number(value)


def standing(result: ItemResult) -> str:
    """How far an item's answers may be believed, and what they rest on."""
    said = result.mark[:1].upper() + result.mark[1:]
    if result.label:
        said += f" ({result.label})"
    if result.supported is not None and result.supported < 1:
        said += f"; {result.supported:.0%} of the customers are within what was learned"
    return said.replace("%", " %")


def who_was_asked(survey: Survey) -> str:
    """Who was asked, in a sentence."""
    everybody = survey.groups[0]
    said = f"{count(survey.asked, 'customer')} of {survey.people:,} were asked"
    said += f", those of whom {survey.who} holds" if survey.who else ""
    if everybody.effective < 0.995 * survey.asked:
        said += f"; they weigh as much as {everybody.effective:,.0f} that weigh alike"
    return f"{said}."


def tell(survey: Survey) -> str:
    """The survey in some lines an item."""
    lines = [f"{survey.title}: {who_was_asked(survey)}"]
    for result in survey.items:
        lines.append(f"\n{result.item.id}: {result.item.question}")
        if result.reason:
            lines.append(f"  Not answered: {result.reason}")
            continue
        lines.append(f"  {standing(result)}; {count(result.answered, 'answer')}.")
        own = [tally for tally in result.tallies if not tally.group]
        lines += [f"  {tally.what}: {share(tally)}" for tally in own if tally.what in result.options][:TOLD]
        lines += [f"  {tally.what}: {figure(tally)}" for tally in own if tally.what not in result.options]
        if result.item.kind == "open":
            lines += [f"  “{quote.text}”" for quote in result.quotes[:2]]
        lines += [f"  {note}" for note in result.notes]
    return "\n".join([*lines, "", *survey.notes])


def mean_of(result: ItemResult, group: str) -> Tally | None:
    """The mean of a group's numbers, or points; None where there is none."""
    return next((each for each in result.tallies if (each.group, each.what) == (group, MEAN)), None)
