"""The outcome of a scenario in words: for a terminal, and as the page says it."""

from __future__ import annotations

from twinfold.behaviour.evidence import Identification
from twinfold.simulation.labels import PLANNED, SAME
from twinfold.simulation.outcome import FEW_SUPPORTED, ArmOutcome, Figure, Outcome, Result

NOTHING = str(Identification.NOT_IDENTIFIED)
"""The label of what nothing can be said of."""


def number(value: float) -> str:
    """A number as people read it: three digits, thousands set apart.

    >>> [number(each) for each in (1234567, 1234, 12.345, 0.01234, 0.000012, 0)]
    ['1,234,567', '1,234', '12.3', '0.0123', '0.00001', '0']
    """
    if abs(value) < 0.001:
        return f"{value:.5f}" if abs(value) >= 0.000005 else "0"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:#.3g}" if abs(value) < 100 else f"{value:.1f}"


def figure(found: Figure | None, *, signed: bool = False) -> str:
    """A number with its interval; a sign before each where `signed`."""
    if found is None:
        return "nothing can be said"
    texts = [number(each) for each in (found.value, found.lower, found.upper)]
    if signed:
        texts = [f"+{text}" if each > 0 else text for text, each in zip(texts, _of(found), strict=True)]
    return texts[0] if len(set(texts)) == 1 else f"{texts[0]} [{texts[1]}, {texts[2]}]"


def _of(found: Figure) -> tuple[float, float, float]:
    return found.value, found.lower, found.upper


def count(number: int, what: str) -> str:
    """So many of something.

    >>> count(1, "customer"), count(12000, "month")
    ('1 customer', '12,000 months')
    """
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def standing(arm: ArmOutcome) -> str:
    """What an arm's difference rests on, and whether anything like it was tried."""
    if not arm.identification:
        return "the arm that others are compared with"
    if arm.identification == NOTHING:
        return "not identified: where nothing can be said, no number is given"
    return f"{arm.identification}; {within(arm.supported)}"


def within(supported: float) -> str:
    """How much of what is asked lies within what was learned."""
    said = f"{supported:.0%} of the customers in question are within what was learned"
    return f"BEYOND what was learned: {said}" if supported < FEW_SUPPORTED else said


def rests_on(result: Result) -> str:
    """What a gain rests on, in two words, and whether it lies beyond what was learned."""
    beyond = result.supported < FEW_SUPPORTED and result.identification not in (NOTHING, SAME, PLANNED)
    return f"{result.identification}, BEYOND what was learned" if beyond else result.identification


def change(outcome: Outcome, arm: str, metric: str) -> str:
    """The change of a metric in per cent of the first arm; nothing where that came to nothing."""
    gain, base = outcome.of(arm, metric).gain, outcome.of(outcome.arms[0].name, metric).total
    if gain is None or base is None or not base.value:
        return ""
    return f"{100 * gain.value / abs(base.value):+.1f} %"


def headline(outcome: Outcome) -> list[str]:
    """What the scenario comes to, a line an arm: of the first total, or else of what is decided first."""
    first, *others = outcome.arms
    metric = outcome.main
    if not others:
        return [f"{metric} is expected to come to {figure(outcome.of(first.name, metric).total)}"]
    return [f"{arm.name}: {_gained(outcome, arm.name, metric)}" for arm in others]


def _gained(outcome: Outcome, arm: str, metric: str) -> str:
    found = outcome.of(arm, metric)
    if found.gain is None:
        return f"nothing can be said of {metric} ({found.identification or NOTHING})"
    if _is_same(found):
        return f"{metric} is the same"
    percent = change(outcome, arm, metric)
    said = f"{metric} {figure(found.gain, signed=True)}{f', {percent}' if percent else ''} ({rests_on(found)})"
    return said if found.gain.lower > 0 or found.gain.upper < 0 else f"{said}: it may rise or fall"


def _is_same(found: Result) -> bool:
    return found.identification == SAME and found.gain is not None and not (found.gain.lower or found.gain.upper)


def outcome_text(outcome: Outcome) -> str:
    """The outcome in some lines."""
    length = count(outcome.periods, outcome.period)
    lines = [f"{outcome.name}: {count(outcome.people, 'customer')}, {length}."]
    for place, arm in enumerate(outcome.arms):
        lines.append(f"\n{arm.name} ({standing(arm)})")
        for metric in outcome.metrics:
            found = outcome.of(arm.name, metric)
            said = f"  {metric}: {figure(found.total)}"
            if place and found.gain is not None and not _is_same(found):
                said += f"; {figure(found.gain, signed=True)} beside {outcome.arms[0].name}"
                if found.identification != arm.identification:
                    said += f" ({rests_on(found)})"
            lines.append(said)
        lines += [f"  {note}" for note in arm.notes]
    for ratio in outcome.ratios:
        lines.append(
            f"{ratio.decision} in {ratio.arm}, a customer: {ratio.column} {ratio.least} has {ratio.value:.2f} "
            f"[{ratio.lower:.2f}, {ratio.upper:.2f}] of what {ratio.most} has."
        )
    return "\n".join([*lines, *outcome.notes])
