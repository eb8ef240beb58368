"""The outcome of a scenario in words: for a terminal, and as the page says it."""

from __future__ import annotations

from twinfold.simulation.outcome import FEW_SUPPORTED, ArmOutcome, Figure, Outcome


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


def standing(arm: ArmOutcome) -> str:
    """What an arm's difference rests on, and whether anything like it was tried."""
    if not arm.identification:
        return "the arm that others are compared with"
    if arm.identification == "not identified":
        return "not identified: no number is given"
    within = f"{arm.supported:.0%} of the customers in question are within what was learned"
    if arm.supported < FEW_SUPPORTED:
        return f"{arm.identification}, and BEYOND what was learned: {within}"
    return f"{arm.identification}; {within}"


def outcome_text(outcome: Outcome) -> str:
    """The outcome in some lines."""
    length = f"{outcome.periods} {outcome.period}{'s' if outcome.periods > 1 else ''}"
    lines = [f"{outcome.name}: {outcome.people:,} customers, {length}."]
    for place, arm in enumerate(outcome.arms):
        lines.append(f"\n{arm.name} ({standing(arm)})")
        for metric in outcome.metrics:
            found = outcome.of(arm.name, metric)
            said = f"  {metric}: {figure(found.total)}"
            if place and found.gain is not None:
                said += f"; {figure(found.gain, signed=True)} beside {outcome.arms[0].name}"
            lines.append(said)
        lines += [f"  {note}" for note in arm.notes]
    for ratio in outcome.ratios:
        lines.append(
            f"{ratio.decision} in {ratio.arm}: {ratio.column} {ratio.least} has {ratio.value:.2f} "
            f"[{ratio.lower:.2f}, {ratio.upper:.2f}] of what {ratio.most} has."
        )
    return "\n".join([*lines, *outcome.notes])
