"""Which engine to take, by a rule, in words.

Of the engines whose rows the policy releases, the one that a classifier tells from real rows least; where several can't
be told apart by that, the one of them that takes the least CPU time, and where time says nothing either, the default.
Nothing is weighed against safety: what the policy refuses is not recommended, however near it comes.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from twinfold.evaluation.engines.trial import CLOSENESS, Trial
from twinfold.evaluation.finding import Finding
from twinfold.evaluation.intervals import between
from twinfold.evaluation.report.wording import listed, number

RULE = (
    "Of the engines whose rows the policy releases, the one that a classifier tells from real rows least (C2ST AUC; "
    "below 0.5 counts as 0.5). Engines are tied where the 95 % interval of their difference holds zero; of tied ones "
    "the one of least CPU seconds; where others take less than a second, or less than twice as long, the default among "
    "them, else the nearest. The intervals are taken as independent, though the holdout is the same: small "
    "differences may be real. They don't hold what another fit of the same engine would change."
)


MOMENT, MUCH = 1.0, 2.0
"""CPU seconds that nobody waits for, and how many times as long is long: less says nothing for an engine."""


@dataclass(frozen=True)
class Recommendation:
    """The engine to take, or None where none can be recommended, and why, a sentence each."""

    engine: str | None
    sentences: tuple[str, ...]


def recommend(trials: Sequence[Trial], *, default: str, purpose: str) -> Recommendation:
    """Recommend an engine by `RULE`.

    Args:
        trials: of all engines that were asked for.
        default: the engine that "auto" takes of this table.
        purpose: the title of the policy's purpose.
    """
    judged = [trial for trial in trials if trial.judged]
    released = [trial for trial in judged if trial.released]
    if not released:
        return Recommendation(None, (f"No engine is fit for {purpose}.", *_refusals(judged)))
    tied = _tied(released)
    quick = _quick(tied)
    chosen = min(quick, key=lambda trial: (trial.engine != default, trial.closeness, trial.cpu))
    if len(tied) > 1 and math.isfinite(chosen.closeness):
        why = _say_tie(chosen, tied, quick, every=len(tied) == len(released), purpose=purpose)
    else:
        why = _why(chosen, released, judged, purpose)
    said = [f"Take {chosen.engine}.", f"{_capital(why)}."]
    said += [_beside(chosen, next((trial for trial in trials if trial.engine == default), None), default)]
    return Recommendation(chosen.engine, tuple(said))


def tie(one: Trial, other: Trial) -> bool:
    """Whether chance may explain that one engine is told from real rows better than another."""
    interval = _difference(one, other)
    return interval is None or interval[0] <= 0 <= interval[1] or one.closeness == other.closeness


def _tied(released: Sequence[Trial]) -> list[Trial]:
    """The nearest engine, and those that can't be told from it."""
    nearest = min(released, key=lambda trial: trial.closeness)
    return [trial for trial in released if tie(nearest, trial)]


def _refusals(judged: Sequence[Trial]) -> list[str]:
    if not judged:
        return ["None was judged."]
    said = [f"{trial.engine}: {trial.reason}." for trial in judged]
    return [*said, "Bring more rows, or judge them for another use with --policy; see twinfold policy."]


def _quick(tied: Sequence[Trial]) -> list[Trial]:
    """The engines that take the least CPU time, as far as that says anything."""
    least = min(trial.cpu for trial in tied)
    return [trial for trial in tied if trial.cpu <= max(MOMENT, MUCH * least)]


def _why(chosen: Trial, released: Sequence[Trial], judged: Sequence[Trial], purpose: str) -> str:
    """Why an engine that is tied with none is recommended, or one of those whose rows could not be told apart."""
    if len(judged) == 1:
        return f"it is fit for {purpose}, and no other engine was judged"
    if len(released) == 1:
        return f"of {len(judged)} engines that were judged it is the only one fit for {purpose}"
    if math.isinf(chosen.closeness):
        return f"how well rows are told from real ones could not be measured, and of those fit for {purpose} it is fast"
    rest = min((trial for trial in released if trial is not chosen), key=lambda trial: trial.closeness)
    return (
        f"of {len(released)} engines fit for {purpose} its rows are told from real ones least, with an AUC of "
        f"{_figure(chosen)}; {rest.engine} comes next with {_figure(rest)}"
    )


def _say_tie(chosen: Trial, tied: Sequence[Trial], quick: Sequence[Trial], *, every: bool, purpose: str) -> str:
    rest = [trial for trial in tied if trial is not chosen]
    are, they = ("are", "they") if len(rest) > 1 else ("is", "that one")
    said = "nothing tells the engines that are fit apart on these rows: " if every else ""
    said += f"chance may explain all that sets it apart from {listed([trial.engine for trial in rest])}, which {are} "
    said += f"fit for {purpose} too. "
    said += "It takes the least CPU time" if len(quick) == 1 else "None of them is faster by much"
    return (
        f"{said}; its rows are told from real ones with an AUC of {_figure(chosen)}, {they} with "
        f"{listed([_figure(trial) for trial in rest])}"
    )


def _beside(chosen: Trial, base: Trial | None, default: str) -> str:
    """What it costs and gains beside the default."""
    if chosen.engine == default:
        return "It is what --engine auto takes: nothing has to be changed."
    named = f"--engine auto, which takes {default},"
    if base is None:
        return f"It was not compared with {named} since that was not asked for."
    if not base.judged:
        return f"It was not compared with {named} which is {base.state}: {base.reason}."
    times = chosen.cpu / base.cpu if base.cpu else math.inf
    cost = (
        f"it takes {seconds(chosen.cpu)} of CPU time to learn and draw instead of {seconds(base.cpu)} "
        f"({number(times, 1)} times as long)"
    )
    if not base.released:
        return f"Beside {named} {cost}; but what auto takes is refused: {base.reason}."
    return f"Beside {named} {cost}, and {_gain(chosen, base)}."


def _gain(chosen: Trial, base: Trial) -> str:
    interval = _difference(base, chosen)
    if interval is None:
        return "what it gains could not be measured"
    said = f"its AUC is {_moved(_known(chosen).value - _known(base).value)}"
    said += f" (difference {_signed(interval[0])} to {_signed(interval[1])})"
    said += ", which chance may explain" if tie(chosen, base) else ""
    useful, was = chosen.finding("utility"), base.finding("utility")
    if useful is not None and was is not None and math.isfinite(useful.value - was.value):
        said += f"; its utility is {_moved(useful.value - was.value)}"
    return said


def _moved(by: float) -> str:
    return f"{number(abs(by), 3)} {'lower' if by < 0 else 'higher'}"


def _known(trial: Trial) -> Finding:
    found = trial.finding(CLOSENESS)
    assert found is not None
    return found


def _difference(one: Trial, other: Trial) -> tuple[float, float] | None:
    """The interval of how much better `other` is told from real rows than `one`; None where that is not known."""
    if math.isinf(one.closeness) or math.isinf(other.closeness):
        return None
    before, after = (_known(trial) for trial in (one, other))
    return between((before.value, before.low, before.high), (after.value, after.low, after.high))


def _capital(sentence: str) -> str:
    """A sentence that begins with a capital letter."""
    return f"{sentence[:1].upper()}{sentence[1:]}"


def seconds(taken: float) -> str:
    """Seconds as people say them.

    >>> seconds(0.214), seconds(12.3), seconds(250.0)
    ('0.21 s', '12 s', '4.2 min')
    """
    if taken >= 100:
        return f"{number(taken / 60, 1)} min"
    return f"{number(taken, 0 if taken >= 10 else 1 if taken >= 1 else 2)} s"


def _figure(trial: Trial) -> str:
    found = _known(trial)
    return f"{number(found.value, 3)} ({number(found.low, 3)} to {number(found.high, 3)})"


def _signed(value: float) -> str:
    return number(value, 3) if value < 0 else f"+{number(value, 3)}"
