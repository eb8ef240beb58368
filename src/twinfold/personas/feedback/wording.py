"""What is said and done, in sentences: every number in them is one of those that were compared."""

from __future__ import annotations

from collections.abc import Sequence

from twinfold.evaluation.report.wording import percent, points
from twinfold.personas.feedback.comparison import Beside
from twinfold.personas.feedback.feedback import Verdict
from twinfold.personas.wording import factor
from twinfold.simulation.wording import number

TOLD = 3
"""Themes, and verdicts of one outcome, that sentences tell."""


def say_often(beside: Beside) -> str:
    """How often, beside everybody: "2.0 times as often as everybody [1.6, 2.5]"."""
    if beside.times is None:
        return "as nobody does"
    value, *_ = beside.times
    if not beside.sign:
        return f"about as often as everybody, as far as can be told ({_times(beside)})"
    return f"{factor(value)} times as often as everybody {_ends(beside)}"


def say_times(beside: Beside) -> str:
    """How many times as often as everybody, with its interval; a dash where nobody does."""
    return "–" if beside.times is None else f"{factor(beside.times[0])} {_ends(beside)}"


def say_part(theme: str, say: Beside, outcome: str, do: Beside, verdict: Verdict) -> str:
    """What a persona says beside what it does, in a sentence."""
    about = f"complain of “{theme}”" if theme else "complain"
    if verdict is Verdict.UNTOLD:
        return f"Whether the two part cannot be told: they {about} {say_often(say)}; {_figures(outcome, do)}."
    if verdict is Verdict.AGREE and not say.sign:
        return f"They {about} as everybody does ({_times(say)}), and do so too: {_figures(outcome, do)}."
    first, then = f"They {about} {say_often(say)}", _does(outcome, do, say.sign)
    if say.sign:
        joint = "and" if verdict is Verdict.AGREE or not do.sign else "but"
        return f"{first}, {joint} {then}."
    than = "more" if do.sign > 0 else "less"
    return f"They {about} no {than} often than everybody ({_times(say)}), but {then}."


def say_within(verb: str, theme: str, whom: str, outcome: str, beside: Beside) -> str:
    """Whether those who say something do more than the others, in a sentence."""
    about = f"{verb} of “{theme}”" if theme else verb
    if beside.share:
        what = f"{percent(beside.value)} % {outcome}; of the others {percent(beside.overall)} %"
    else:
        what = f"{outcome} is {number(beside.value)} on average; of the others {number(beside.overall)}"
    told = "" if beside.sign else "; no difference can be told"
    return f"Of {whom} who {about}, {what} ({_difference(beside)}{told})."


def say_tone(tone: Beside) -> str:
    """How content a persona is, in a sentence."""
    how = {1: "more content than", -1: "less content than", 0: "not told apart from"}[tone.sign]
    value, low, high, overall = (f"{each:+.2f}" for each in (tone.value, tone.lower, tone.upper, tone.overall))
    return f"Tone is {value} [{low}, {high}] on a scale from -1 to 1, {how} everybody ({overall})."


def say_themes(verb: str, themes: Sequence[tuple[str, Beside]]) -> list[str]:
    """Of what a persona speaks more, and less, than everybody, a sentence each."""
    more = sorted((each for each in themes if each[1].sign > 0), key=lambda each: -each[1].effect[0])
    less = sorted((each for each in themes if each[1].sign < 0), key=lambda each: each[1].effect[0])
    return [
        f"They {verb} of “{name}” {say_often(each)}: {percent(each.value)} % of them, {percent(each.overall)} % of all."
        for name, each in (*more[:TOLD], *less[:1])
    ]


def _does(outcome: str, do: Beside, beside_sign: int = 0) -> str:
    """What a persona does beside everybody, with figures: "left no more often (4.1 % beside …)"."""
    sign = do.sign or beside_sign
    how = ("more" if sign > 0 else "less") if do.sign else "no more" if sign >= 0 else "no less"
    if not do.share:
        how = {"more": "is higher", "less": "is lower", "no more": "is no higher", "no less": "is no lower"}[how]
        return f"{outcome} {how} ({_figures('', do)})"
    return f"{outcome} {how} often ({_figures('', do)})"


def _figures(outcome: str, do: Beside) -> str:
    """What a persona does beside everybody, in figures alone."""
    if do.share:
        what = f"{percent(do.value)} % beside {percent(do.overall)} % of everybody"
    else:
        what = f"{number(do.value)} beside {number(do.overall)} of everybody"
    return f"{outcome} {what}; {_difference(do)}".strip()


def _difference(beside: Beside) -> str:
    value, low, high = (_signed(each) if beside.share else f"{each:+.3g}" for each in beside.apart)
    return f"difference {value}{' points' if beside.share else ''} [{low}, {high}]"


def _times(beside: Beside) -> str:
    assert beside.times is not None  # whoever is compared with a share that nobody has is apart from nobody
    return f"{factor(beside.times[0])} times {_ends(beside)}"


def _ends(beside: Beside) -> str:
    assert beside.times is not None
    return f"[{factor(beside.times[1])}, {factor(beside.times[2])}]"


def _signed(share: float) -> str:
    return points(share).replace("−", "-")
