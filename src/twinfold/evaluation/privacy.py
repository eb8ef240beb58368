"""Safe? Copies, closeness, and an attack on the records that are easiest to give away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.errors import DataError
from twinfold.evaluation.alignment import MISSING, Aligned, points, text
from twinfold.evaluation.discrimination import LEAST
from twinfold.evaluation.finding import Finding, Subject, measured, unmeasured
from twinfold.evaluation.intervals import around, beside, delong
from twinfold.privacy.attacks import Membership, Nearness, attack_isolated, nearer_to_train
from twinfold.protocols import Progress, silent
from twinfold.tables.dataset import Dataset
from twinfold.tables.schema import Column, Treatment

if TYPE_CHECKING:
    import numpy.typing as npt

REAL_ROWS, SYNTHETIC_ROWS = 25_000, 5_000
_FALSE_POSITIVES = 0.01
_STAGE = "attacking the release"
_COPIES_METHOD = (
    "The share of synthetic rows that repeat a train row in every learned column (numbers to six decimals). The "
    "yardstick is the share of real rows, holdout and train, that repeat another train row; the interval takes in "
    "what is unknown of both shares (Zou and Donner 2008)."
)
_SHARE_METHOD = (
    f"The share of up to {SYNTHETIC_ROWS:,} synthetic rows nearer (Gower's distance) to a train row than to any of as "
    "many holdout rows, ties halved; interval by the variance over the real rows that they are nearest to. It does "
    "not see a few leaked records: the attacks do."
)
_ATTACK_METHOD = (
    "Membership attack (Stadler et al. 2022) on the 2 % most isolated records of train and holdout together (400 of "
    "them, at most a quarter, in small tables): the closer the nearest synthetic row, the likelier a member; area "
    "under the ROC curve, DeLong's interval. 0.5 is a guess."
)
_CERTAIN_METHOD = (
    "The same attack, asked only where it is sure (Carlini et al. 2022): the share of members found while 1 % of the "
    "others are taken for members; the interval takes in what is unknown of both shares. A guess finds 1 %."
)
_SHARE: Subject = ("dcr_share", "Nearness to learned customers", "safe")
_ATTACK: Subject = ("outlier_mia_auc", "Attack on unusual customers", "safe")
_CERTAIN: Subject = ("outlier_mia_tpr", "Unusual customers given away", "safe")


def measure(
    aligned: Aligned,
    train: Dataset,
    holdout: Dataset,
    synthetic: Dataset,
    *,
    rng: np.random.Generator,
    progress: Progress = silent,
) -> list[Finding]:
    """What a release gives away. Copies are sought among all rows of the datasets, the rest among the aligned ones."""
    return [count_copies(train, holdout, synthetic), *attack(aligned, rng=rng, progress=progress)]


def attack(aligned: Aligned, *, rng: np.random.Generator, progress: Progress = silent) -> list[Finding]:
    """What the attacks on aligned rows find, one row a customer."""
    if (smallest := min(aligned.rows)) < LEAST:
        why = f"{smallest} rows are too few to tell whether an attack succeeds; it takes {LEAST} of each table."
        return [
            unmeasured(_SHARE, sentence=why, method=_SHARE_METHOD),
            unmeasured(_ATTACK, sentence=why, method=_ATTACK_METHOD),
        ]
    members, others, released = points(aligned)
    rows = min(len(members), len(others), REAL_ROWS)
    members, others = members[:rows], others[:rows]
    parts = _Parts(progress, 5)
    nearness = nearer_to_train(members, others, released[:SYNTHETIC_ROWS], progress=parts)
    isolated = attack_isolated(members, others, released, rng=rng, progress=parts)
    return [_share_finding(nearness), *_attack_findings(isolated)]


class _Parts:
    """Progress through so many searches, each of which counts from 0 to 1."""

    def __init__(self, progress: Progress, parts: int) -> None:
        self.progress, self.parts, self.finished = progress, parts, 0

    def __call__(self, stage: str, done: float) -> None:  # noqa: ARG002  # one stage, whatever the search calls itself
        self.progress(_STAGE, (self.finished + done) / self.parts)
        self.finished += done >= 1.0


def check_holdout(train: Dataset, holdout: Dataset, synthetic: Dataset, *, rng: np.random.Generator) -> None:
    """Raise `DataError` where holdout rows stand in train, or synthetic ones in the holdout, more often than train rows
    stand in each other.

    Against a holdout that was learned every release looks safe, and so does the holdout itself.
    """
    columns, real = _learned(train), train.single()[1]
    order = rng.permutation(real.height)
    half, rest = real[order[: real.height // 2]], real[order[real.height // 2 :]]
    kept, released = holdout.single()[1], synthetic.single()[1]
    if not half.height or not kept.height or not released.height:
        return
    expected, seen = copied(columns, half, rest), copied(columns, kept, rest)
    low, _ = beside(seen, kept.height, expected, half.height)
    if low > expected / half.height + 0.02:
        raise DataError(
            f"{copied(columns, kept, real) / kept.height:.0%} of the holdout rows stand in the train table, far more "
            "than chance gives; give a holdout of rows that were kept from learning"
        )
    expected, seen = copied(columns, half, kept), copied(columns, released, kept)
    low, _ = beside(seen, released.height, expected, half.height)
    if low > expected / half.height + 0.02:
        raise DataError(
            f"{seen / released.height:.0%} of the synthetic rows stand in the holdout table, far more than chance "
            "gives: they are real customers, or the holdout was learned; give a holdout of other rows"
        )


def note_rare_levels(
    train: Dataset, synthetic: Dataset, *, owners: npt.NDArray[np.int64] | None = None, table: str = ""
) -> tuple[str, ...]:
    """A sentence for each column in which synthetic rows hold categories that fewer than `min_count` train rows hold:
    such a category points at those few, whatever the figures say. `owners` of the train rows, (rows,), counts these
    instead of rows; `table` is named where there are several."""
    from twinfold.tables.values import to_values

    real, released, least = train.single()[1], synthetic.single()[1], train.schema.min_count
    notes = []
    for column in _learned(train):
        if column.kind.numeric:
            continue
        held = pl.DataFrame({"level": text(to_values(real[column.name], column))})
        if owners is not None:
            held = held.with_columns(owner=owners).unique()
        counts = held["level"].value_counts(name="rows")
        rare = counts.filter((counts["rows"] < least) & ~counts["level"].is_in([MISSING, column.rare or MISSING]))
        levels = text(to_values(released[column.name], column))
        shown = levels.filter(levels.is_in(rare["level"].to_list()))
        if len(shown):
            name, holders = (f"{table}.{column.name}", "customers") if table else (column.name, "rows")
            notes.append(
                f"{name!r}: {len(shown):,} synthetic rows hold {shown.n_unique():,} of the {rare.height:,} categories "
                f"that fewer than {least} learned {holders} hold; such a category points at the few who hold it."
            )
    return tuple(notes)


def copied(columns: list[Column], rows: pl.DataFrame, among: pl.DataFrame) -> int:
    """How many of `rows` stand in `among`, in every one of the columns."""
    names = [column.name for column in columns]
    return comparable(columns, rows).join(comparable(columns, among).unique(), on=names, how="semi").height


def _learned(dataset: Dataset) -> list[Column]:
    return [column for column in dataset.single()[0] if column.treatment is Treatment.LEARN]


def comparable(columns: list[Column], frame: pl.DataFrame) -> pl.DataFrame:
    """Columns of a frame such that equal rows are equal: texts, and numbers to six decimals, infinite where missing."""
    from twinfold.tables.values import to_values

    def compared(column: Column) -> pl.Series:
        values = to_values(frame[column.name], column)
        if not column.kind.numeric:
            return text(values).alias(column.name)
        rounded = values.cast(pl.Float64).round(6) + 0.0  # no negative zero
        return rounded.fill_nan(None).fill_null(np.inf).alias(column.name)  # nulls never match in a join

    return pl.DataFrame([compared(column) for column in columns])


def count_copies(train: Dataset, holdout: Dataset, synthetic: Dataset) -> Finding:
    """How many synthetic rows repeat a train row in every learned column."""
    columns, among = _learned(train), train.single()[1]
    kept, released = holdout.single()[1], synthetic.single()[1]
    count, real = copied(columns, released, among), kept.height + among.height
    chance = copied(columns, kept, among) + int(comparable(columns, among).is_duplicated().sum())
    value, yardstick = count / released.height, chance / real
    sentence = (
        f"{count:,} of {released.height:,} synthetic customers ({value:.2%}) repeat a learned one in every column; of "
        f"real customers, {yardstick:.2%} repeat another learned one."
    )
    return measured(
        ("exact_copies", "Copies of learned customers", "safe"),
        (value, *beside(count, released.height, chance, real)),
        yardstick=yardstick,
        sentence=sentence,
        method=_COPIES_METHOD,
    )


def _share_finding(nearness: Nearness) -> Finding:
    value = nearness.share
    low, high = around(value, nearness.variance)
    if high < 0.4:
        why = (
            f"Only {value:.1%} of synthetic customers are nearer to a learned customer than to a holdout one, where "
            "half should be: the holdout was learned, or stands in the train table's place."
        )
        return unmeasured(_SHARE, sentence=why, method=_SHARE_METHOD)
    sentence = (
        f"{value:.1%} of synthetic customers are nearer to a learned customer than to an unseen one; of a release that "
        "owes nothing to single customers, 50.0% are."
    )
    return measured(_SHARE, (value, low, high), yardstick=0.5, sentence=sentence, method=_SHARE_METHOD)


def _attack_findings(attack: Membership) -> list[Finding]:
    members = int(attack.member.sum())
    others = len(attack.member) - members
    if min(members, others) < 10:
        why = (
            f"Of the {len(attack.member)} most isolated records {members} were learned: too few of one side to attack."
        )
        return [unmeasured(_ATTACK, sentence=why, method=_ATTACK_METHOD)]
    value, variance = delong(attack.score, attack.member)
    sentence = (
        f"Asked which of two unusual customers was learned, an attacker who knows both is right {value:.1%} of the "
        f"time (a guess: 50.0%; {len(attack.member):,} customers attacked)."
    )
    figures = (value, *around(value, variance))
    found = [measured(_ATTACK, figures, yardstick=0.5, sentence=sentence, method=_ATTACK_METHOD)]
    if others >= 80:  # of a hundred or fewer, none may be taken for a member
        hits, allowed = attack.hits(_FALSE_POSITIVES)
        figures = (hits / members, *beside(hits, members, allowed, others))
        sentence = (
            f"Where the attacker is sure, {hits} of {members} unusual learned customers ({figures[0]:.1%}) are found "
            "(by guessing: 1.0%)."
        )
        found.append(measured(_CERTAIN, figures, yardstick=allowed / others, sentence=sentence, method=_CERTAIN_METHOD))
    return found
