"""Safe? Histories that repeat a learned customer's, whole or in a run of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.evaluation.finding import Finding, Subject, measured
from twinfold.evaluation.intervals import beside
from twinfold.evaluation.linked.family import Family, Member
from twinfold.evaluation.linked.views import gaps
from twinfold.evaluation.privacy import comparable

if TYPE_CHECKING:
    import numpy.typing as npt

    Hashes = npt.NDArray[np.uint64]

LEAST_ROWS, RUN = 2, 3
"""Rows of a history that can be called copied, and rows of one that follow each other in a run."""

_WHOLE: Subject = ("copied_histories", "Copies of learned histories", "safe")
_RUNS: Subject = ("copied_runs", "Copies of runs of rows", "safe")
_WHOLE_METHOD = (
    f"Of customers with {LEAST_ROWS} rows or more in a table, the share whose rows there are those of a learned "
    "customer, in every learned column and in their order (those of one moment in any). The yardstick is the share of "
    "real customers, holdout and train, who repeat another learned one; the interval takes in what is unknown of both."
)
_RUNS_METHOD = (
    f"Of customers with {RUN} rows or more in a table, the share with {RUN} rows in turn that stand so in a learned "
    "customer's history, with the same times between them, whenever that was. The yardstick is the holdout's share; "
    "the interval takes in what is unknown of both."
)
_BASE = np.uint64(0x9E3779B97F4A7C15)


def measure_copies(train: Family, holdout: Family, synthetic: Family, name: str) -> list[Finding]:
    """What of a child table's histories repeats learned ones, among all customers. A hash stands for a row."""
    members = [family.members[name] for family in (train, holdout, synthetic)]
    learned, kept, released = (_whole(member) for member in members)
    if not min(len(learned), len(kept), len(released)):
        return []
    chance = int(np.isin(kept, learned).sum()) + _repeated(learned)
    copied = int(np.isin(released, learned).sum())
    figures = _beside(copied, len(released), chance, len(kept) + len(learned))
    sentence = (
        f"{copied:,} of {len(released):,} synthetic histories ({figures[0]:.2%}) repeat a learned one row by row; of "
        f"real ones, {figures[3]:.2%} repeat another learned one."
    )
    found = [measured(_WHOLE, figures[:3], yardstick=figures[3], sentence=sentence, method=_WHOLE_METHOD)]
    if members[0].time is not None:
        found += _measure_runs(*members)
    return found


def _measure_runs(train: Member, holdout: Member, synthetic: Member) -> list[Finding]:
    learned = _runs(train)[0]
    (copied, released), (chance, kept) = (_holding(_runs(member), learned) for member in (synthetic, holdout))
    if not released or not kept or not len(learned):
        return []
    figures = _beside(copied, released, chance, kept)
    sentence = (
        f"{copied:,} of {released:,} synthetic histories ({figures[0]:.2%}) hold {RUN} rows in turn that a learned one "
        f"holds; of unseen real ones, {figures[3]:.2%} do."
    )
    return [measured(_RUNS, figures[:3], yardstick=figures[3], sentence=sentence, method=_RUNS_METHOD)]


def _beside(count: int, rows: int, chance: int, real: int) -> tuple[float, float, float, float]:
    """A share, its interval, and the real share beside which it stands."""
    return count / rows, *beside(count, rows, chance, real), chance / real


def _repeated(values: Hashes) -> int:
    """How many values stand there more than once."""
    counts = np.unique(values, return_counts=True)[1]
    return int(counts[counts > 1].sum())


def _hash(member: Member, *, with_time: bool) -> Hashes:
    columns = [c for c in member.columns if with_time or c.name != member.table.time]
    if not columns:
        return np.zeros(member.frame.height, np.uint64)
    return comparable(columns, member.frame).hash_rows().to_numpy()


def _in_order(member: Member, hashes: Hashes) -> npt.NDArray[np.int64]:
    """The places of rows by customer and time; those of one moment by what they hold, so that their order says
    nothing."""
    time = np.zeros(len(hashes)) if member.time is None else np.nan_to_num(member.time, nan=-np.inf)
    return np.lexsort((hashes, time, member.owner))


def _whole(member: Member) -> Hashes:
    """One hash for the history of each customer with enough rows."""
    hashes = _hash(member, with_time=True)
    order = _in_order(member, hashes)
    owner, hashes = member.owner[order], hashes[order]
    begin = np.flatnonzero(np.r_[True, np.diff(owner) != 0]) if len(owner) else np.zeros(0, np.int64)
    counts = np.diff(np.append(begin, len(owner)))
    if not len(begin):
        return hashes
    place = np.arange(len(owner)) - np.repeat(begin, counts)
    powers = np.full(int(counts.max()), _BASE)
    powers[0] = 1
    powers = np.multiply.accumulate(powers)  # modulo 2**64
    sums: Hashes = np.add.reduceat(hashes * powers[place], begin)
    return sums[counts >= LEAST_ROWS]


def _runs(member: Member) -> tuple[Hashes, npt.NDArray[np.int64]]:
    """A hash for every run of rows of one parent, with the times between them, and whose it is."""
    hashes, place = _hash(member, with_time=False), member.place
    first = np.r_[True, np.diff(place) != 0] if len(place) else np.zeros(0, bool)
    gap = np.nan_to_num(gaps(member, first), nan=-1.0).round(6)
    steps = gap.view(np.uint64) * np.uint64(0xD1B54A32D192ED03)
    last = np.arange(RUN - 1, len(hashes))
    last = last[place[last] == place[last - RUN + 1]]
    run: Hashes = np.zeros(len(last), np.uint64)
    for back in range(RUN - 1, -1, -1):
        step: Any = steps[last - back] if back < RUN - 1 else np.uint64(0)
        run = (run * _BASE + step) * _BASE + hashes[last - back]
    return run, member.owner[last]


def _holding(runs: tuple[Hashes, npt.NDArray[np.int64]], learned: Hashes) -> tuple[int, int]:
    """How many customers have a run that was learned, of how many who have one at all."""
    run, owner = runs
    return len(np.unique(owner[np.isin(run, learned)])), len(np.unique(owner))
