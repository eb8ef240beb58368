"""Faithful? How the tables hang together: rows without a parent, keys given twice, and how many rows a parent has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl

from twinfold.evaluation import fidelity
from twinfold.evaluation.alignment import Aligned
from twinfold.evaluation.comparison import compare_number
from twinfold.evaluation.finding import ColumnComparison, Finding, LinkComparison, Subject, Three, measured, three
from twinfold.evaluation.intervals import around, beside, clustered_variance
from twinfold.evaluation.linked.family import Family
from twinfold.evaluation.linked.views import COUNT
from twinfold.synthesis.hierarchy import Forest
from twinfold.tables.dataset import Dataset
from twinfold.tables.keys import find_places, values_of
from twinfold.tables.schema import Link, Table

_ORPHANS: Subject = ("orphans", "Rows without a parent", "faithful")
_NULLS: Subject = ("null_links", "Rows that point nowhere", "faithful")
_REPEATED: Subject = ("repeated_keys", "Keys given twice", "faithful")
_ORPHANS_METHOD = (
    "The share of rows, over all links between tables, whose value no row of the table has that they point to. None is "
    "accepted unless real rows have some; the yardstick is the larger share of train and holdout."
)
_NULLS_METHOD = "The same for rows that point nowhere, a null in the place of a key."
_REPEATED_METHOD = (
    "The share of rows that other tables point to whose key is that of an earlier row. None is accepted unless real "
    "rows have some."
)
_COUNT_METHOD = (
    "Kolmogorov-Smirnov distance to the holdout of the number of rows that each parent has; jackknife over groups of "
    "customers. The yardstick puts train customers in the synthetic ones' place."
)
_NONE_METHOD = "The difference to the holdout in the share of parents without any row; interval counting customers."


def compare_links(datasets: Sequence[Dataset], families: Sequence[Family], forest: Forest) -> list[LinkComparison]:
    """Every link of the train tables, in all rows of the train, holdout and synthetic tables.

    `families`: of the customers' tree.
    """
    schema = datasets[0].schema
    return [_compare(table, link, datasets, families, forest) for table in schema.tables for link in table.links]


def _compare(
    table: Table, link: Link, datasets: Sequence[Dataset], families: Sequence[Family], forest: Forest
) -> LinkComparison:
    counts = [
        _count(values_of(dataset.tables[table.name], link.columns), values_of(dataset.tables[link.table], link.targets))
        for dataset in datasets
    ]
    crossed = (table.name, link.table, {*link.columns})
    rows, orphans, nulls, repeated = (three(values) for values in zip(*counts, strict=True))
    if any((name, other.table, {*other.columns}) == crossed for name, other in forest.crossing):
        spreads = [_spread_crossing(dataset, table.name, link) for dataset in datasets]
    else:
        spreads = [_spread(family, table.name, link.table) for family in families]
    mean, none = zip(*spreads, strict=True)
    return LinkComparison(
        table.name,
        str(link),
        link.table,
        " + ".join(link.targets),
        rows,
        orphans,
        nulls,
        repeated,
        three(mean),
        three(none),
    )


def _count(values: pl.Series, keys: pl.Series) -> tuple[int, int, int, int]:
    there = values.drop_nulls().cast(keys.dtype, strict=False)
    orphans = len(there) - int(there.is_in(keys.drop_nulls().unique().implode()).sum())
    return len(values), orphans, values.null_count(), len(keys) - keys.n_unique()


def _spread(family: Family, child: str, parent: str) -> tuple[float, float]:
    member = family.members.get(child)
    if member is None or member.parent != parent:
        return float("nan"), float("nan")
    counts = np.bincount(member.place, minlength=family.members[parent].frame.height)
    return float(counts.mean()), float((counts == 0).mean())


def _spread_crossing(dataset: Dataset, child: str, link: Link) -> tuple[float, float]:
    values, keys = values_of(dataset.tables[child], link.columns), values_of(dataset.tables[link.table], link.targets)
    place = find_places(values, keys)
    counts = np.bincount(place[place >= 0], minlength=dataset.tables[link.table].height)
    return float(counts.mean()), float((counts == 0).mean())


def measure_links(links: Sequence[LinkComparison], datasets: Sequence[Dataset]) -> list[Finding]:
    """Orphans, nulls and repeated keys over all links."""
    rows = np.sum([link.rows for link in links], axis=0)
    keys = {(link.parent, link.key): link for link in links}
    parents = np.sum([[d.tables[parent].height for d in datasets] for parent, _ in keys], axis=0)
    asked = (
        (_ORPHANS, _ORPHANS_METHOD, links, "orphans", "have no parent", rows),
        (_NULLS, _NULLS_METHOD, links, "nulls", "point nowhere", rows),
        (_REPEATED, _REPEATED_METHOD, list(keys.values()), "repeated", "have an earlier row's key", parents),
    )
    return [
        _share(subject, method, [getattr(link, what) for link in among], of, said, among, what)
        for subject, method, among, what, said, of in asked
    ]


def _share(
    subject: Subject,
    method: str,
    counts: Sequence[Three],
    rows: np.typing.NDArray[np.int64],
    said: str,
    links: Sequence[LinkComparison],
    what: str,
) -> Finding:
    found = np.sum(counts, axis=0)
    shares = found / np.maximum(rows, 1)
    real = int(np.argmax(shares[:2]))
    value, yardstick = float(shares[2]), float(shares[real])
    figures = (value, value, value)
    if yardstick > 0 and rows[2]:
        figures = (value, *beside(int(found[2]), int(rows[2]), int(found[real]), int(rows[real])))
    worst = max(links, key=lambda link: getattr(link, what)[2])
    where = f", most of them {_where(worst, what)}" if found[2] else ""
    sentence = (
        f"{_told(found[2], rows[2])} synthetic rows {said}{where}; {_told(found[real], rows[real]).lower()} real ones."
    )
    return measured(subject, figures, yardstick=yardstick, sentence=sentence, method=method)


def _told(count: int, rows: int) -> str:
    return f"{f'{count:,}' if count else 'None'} of {rows:,}"


def _where(link: LinkComparison, what: str) -> str:
    if what == "repeated":
        return f"in {link.parent} ({link.key})"
    return f"in {link.table} ({link.column} to {link.parent})"


def measure_counts(
    aligned: Aligned, table: str, parent: str, *, rng: np.random.Generator
) -> tuple[list[Finding], ColumnComparison]:
    """How many rows of a child table each parent has, by the view of counts; and the two distributions, to be drawn."""
    counts = aligned.pick([COUNT])
    compared = fidelity.compare(counts, rng=rng)
    holdout, synthetic = counts.holdout[0], counts.synthetic[0]
    yardstick = float(compared.shapes_yardstick[0])
    sentence = (
        f"One of {parent} has {synthetic.mean():.2f} rows on average, a real one {holdout.mean():.2f}; the "
        f"distributions are {compared.shapes.error[0]:.1%} apart at most (two real samples: {yardstick:.1%})."
    )
    findings = [
        measured(
            ("count_error", "Rows for each parent", "faithful"),
            compared.shapes.one(0),
            yardstick=yardstick,
            sentence=sentence,
            method=_COUNT_METHOD,
        ),
        _measure_none(counts, parent),
    ]
    drawn = compare_number(counts, compared, table=table, name=f"rows for each of {parent}")
    return [finding.about(table) for finding in findings], drawn


def _measure_none(counts: Aligned, parent: str) -> Finding:
    none = [(side[0] == 0).astype(np.float64) for side in (counts.train, counts.holdout, counts.synthetic)]
    train, holdout, synthetic = (float(side.mean()) for side in none)
    assert counts.owners is not None
    variance = sum(clustered_variance(side, owner) for side, owner in zip(none[1:], counts.owners[1:], strict=True))
    gap = abs(synthetic - holdout)
    sentence = f"{synthetic:.1%} of {parent} have no row at all, of real ones {holdout:.1%}."
    return measured(
        ("none_error", "Parents without any row", "faithful"),
        (gap, *around(gap, variance)),
        yardstick=abs(train - holdout),
        sentence=sentence,
        method=_NONE_METHOD,
    )
