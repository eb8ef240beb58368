"""Engines tried one after the other: each learns the same rows, draws as many, and is judged by the same holdout."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import polars as pl

from twinfold.errors import MissingExtraError, TwinfoldError
from twinfold.evaluation.engines.allowance import Allowance, TooSlowError, Watch
from twinfold.evaluation.engines.trial import Effort, Trial, judged_trial
from twinfold.evaluation.evaluation import evaluate_tables
from twinfold.evaluation.policy.policy import Policy
from twinfold.evaluation.report.wording import shorten
from twinfold.protocols import Progress, silent
from twinfold.synthesis.synthesizer import Synthesizer, learn
from twinfold.tables.dataset import Dataset

REHEARSED_ROWS, REHEARSED_SECONDS = 100, 0.1
"""Rows that an engine learns before it is timed, and about how long."""

PLANNED_SHARE = 0.8
"""The part of what is left to an engine that a plan may take; the guard looks at the model in the rest."""

_REASON = 300

_T = TypeVar("_T")


@dataclass(frozen=True)
class Halves:
    """A table in two halves, and what they are compared by.

    Attributes:
        learned, kept: rows of one table to learn, and those to judge by.
        target: the column that models shall predict; None for none.
        policy: the limits.
        seed: of the fits, the draws and the judging.
    """

    learned: Dataset
    kept: Dataset
    target: str | None
    policy: Policy
    seed: int


def try_engines(
    names: Sequence[str],
    halves: Halves,
    *,
    seconds: float | None = None,
    forgiving: bool = True,
    progress: Progress = silent,
) -> tuple[list[Trial], bool]:
    """Try engines by name, in that order; also says whether the user ended it before all were tried.

    Each learns with its own settings, as `fit --engine` does, if that fits into its part of the budget; else it is
    planned for that part, and stopped at its end. An engine that fails is a trial that says so.

    Args:
        names: the engines.
        halves: what they learn and are judged by.
        seconds: for all together, judging included, about; None sets no limit.
        forgiving: whether an engine whose extra is not installed is a trial that says so, instead of an error.
        progress: told which engine is at work and how far its stage has come.

    Raises:
        MissingExtraError: an extra is not installed, and that is not to be forgiven.
        KeyboardInterrupt: the user ended it before any engine was judged.
    """
    allowance = Allowance(seconds)
    missing = {}
    for name in names:  # what is compiled or imported once is charged to nobody, and what is missing is said at once
        progress(f"{name}: rehearsing", 0.0)
        if lacks := _rehearse(name, halves):
            if not forgiving:
                raise lacks
            missing[name] = str(lacks)
    trials = [Trial(name, "not installed", reason) for name, reason in missing.items()]
    waiting = [name for name in names if name not in missing]
    for number, name in enumerate(waiting):
        allowed = allowance.next(len(waiting) - number)
        if allowed == 0.0 and number:
            reason = f"the budget was spent before its turn; give more, or try it alone: --engines {name}"
            trials.append(Trial(name, "not tried", reason))
            continue
        place = f"{name} ({number + 1} of {len(waiting)}{_remaining(allowance.left)})"
        try:
            trials.append(_try(name, halves, allowance, Watch(progress, place, allowed, planning=True)))
        except KeyboardInterrupt:
            if not any(trial.judged for trial in trials):
                raise
            rest = [Trial(each, "not tried", "stopped before it was its turn") for each in waiting[number + 1 :]]
            return [*trials, Trial(name, "not tried", "stopped before it was judged"), *rest], True
    return trials, False


def _rehearse(name: str, halves: Halves) -> MissingExtraError | None:
    """Have an engine learn a few rows; gives the error where its extra is not installed. Others come with the trial."""
    table, frame, _ = halves.learned.single()
    rows = np.random.default_rng(halves.seed).permutation(frame.height)[:REHEARSED_ROWS]
    few = halves.learned.with_tables({table.name: frame[rows]})
    try:
        rehearsed = learn(few, engine=name, budget=REHEARSED_SECONDS, seed=halves.seed)
        rehearsed.sample(REHEARSED_ROWS, seed=halves.seed + 1)
    except MissingExtraError as error:
        return error
    except (Exception, pl.exceptions.PanicException):
        return None
    if _was_stopped(rehearsed):
        raise KeyboardInterrupt
    return None


def _try(name: str, halves: Halves, allowance: Allowance, watch: Watch) -> Trial:
    try:
        synthesizer, fit, late = _learn(name, halves, watch)
        rows = halves.learned.single()[1].height
        drawn, draw = _timed(lambda: synthesizer.sample(rows, seed=halves.seed + 1))
        began = time.monotonic()
        evaluation = evaluate_tables(
            halves.learned,
            halves.kept,
            halves.learned.with_tables({halves.learned.single()[0].name: drawn}),
            target=halves.target,
            policy=halves.policy,
            seed=halves.seed,
            progress=watch.untimed(),
        )
        allowance.took(time.monotonic() - began)
    except MissingExtraError as error:
        return Trial(name, "not installed", shorten(error, _REASON))
    except (Exception, pl.exceptions.PanicException) as error:
        return Trial(name, "failed", shorten(_said(error), _REASON))
    except KeyboardInterrupt:
        if not watch.stopped:
            raise
        return Trial(name, "failed", "it had no usable model at the end of its part of the budget; give more")
    return judged_trial(name, evaluation, fit, draw, "; ".join(filter(None, [late, *_notes(synthesizer)])))


def _learn(name: str, halves: Halves, watch: Watch) -> tuple[Synthesizer, Effort, str]:
    """The model of an engine, what it took, and a note where the budget made it another than it would have been."""
    late = ""
    try:
        synthesizer, fit = _timed(lambda: learn(halves.learned, engine=name, seed=halves.seed, progress=watch))
    except TooSlowError:
        left = round(max(PLANNED_SHARE * watch.left, REHEARSED_SECONDS), 1)
        late = f"planned for {left:.0f} s, which the budget has for it: with its own settings it would take longer"
        watch.planning = False
        synthesizer, fit = _timed(
            lambda: learn(halves.learned, engine=name, budget=left, seed=halves.seed, progress=watch)
        )
    if _was_stopped(synthesizer) and not watch.stopped:
        raise KeyboardInterrupt  # the user's, which the engine had taken for the end of its fit
    return synthesizer, fit, late


def _timed(work: Callable[[], _T]) -> tuple[_T, Effort]:
    wall, cpu = time.perf_counter(), time.process_time()
    done = work()
    return done, Effort(time.process_time() - cpu, time.perf_counter() - wall)


def _notes(synthesizer: Synthesizer) -> list[str]:
    return [str(record["note"]) for record in synthesizer.history if record.get("note")]


def _was_stopped(synthesizer: Synthesizer) -> bool:
    return bool(synthesizer.model.note) or any("stopped before" in note for note in _notes(synthesizer))


def _said(error: BaseException) -> str:
    return str(error) if isinstance(error, TwinfoldError) else f"{type(error).__name__}: {error}"


def _remaining(left: float | None) -> str:
    if left is None:
        return ""
    return f", {left / 60:.0f} min left" if left >= 100 else f", {max(left, 0.0):.0f} s left"
