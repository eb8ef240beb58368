"""Timelines: what a group of people does over time, beside everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation.finding import Chart, Line
from twinfold.evaluation.intervals import Z
from twinfold.evaluation.linked.family import Family, Member, is_moment
from twinfold.synthesis.clock import DAYS

if TYPE_CHECKING:
    import numpy.typing as npt

    Flags = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float64]

SPANS = 24
"""Spans of equal length into which the time from the first to the last row is cut."""

THIS, EVERYBODY = "this persona", "everybody"


def draw_timelines(family: Family | None, inside: Flags) -> tuple[Chart, ...]:
    """For each table with times, how many rows a person of a group has in each span of time, beside everybody.

    `inside`: of all people, (people,), those of the group. Nothing where there are no histories.
    """
    if family is None:
        return ()
    return tuple(_draw(member, family.customers, inside) for member in family.children if _has_times(member))


def _has_times(member: Member) -> bool:
    if member.time is None or member.alone or member.table.time is None:
        return False
    known = member.time[~np.isnan(member.time)]
    return is_moment(member.table[member.table.time]) and len(known) > 1 and known.min() < known.max()


def _draw(member: Member, people: int, inside: Flags) -> Chart:
    assert member.time is not None
    assert member.table.time is not None
    known = ~np.isnan(member.time)
    years = member.time[known] / DAYS[member.table[member.table.time].kind] / 365.25 + 1970
    edges = np.linspace(years.min(), years.max(), SPANS + 1)
    span = np.minimum(np.searchsorted(edges, years, side="right") - 1, SPANS - 1)
    counts = np.zeros((people, SPANS), np.float32)
    np.add.at(counts, (member.owner[known], span), 1.0)
    middles = tuple(((edges[1:] + edges[:-1]) / 2).tolist())
    lines = tuple(_line(called, middles, counts[rows]) for called, rows in ((THIS, inside), (EVERYBODY, slice(None))))
    return Chart(
        "useful",
        member.table.name,
        "Bands are 95 % intervals of the mean.",
        "year",
        f"{member.table.name} a person in {_length(edges)}",
        lines,
        years=True,
    )


def _line(name: str, x: tuple[float, ...], counts: npt.NDArray[np.float32]) -> Line:
    mean = counts.mean(axis=0, dtype=np.float64)
    half = Z * counts.std(axis=0, dtype=np.float64) / np.sqrt(max(len(counts), 1))
    low = np.maximum(mean - half, 0.0)
    return Line(name, x, tuple(mean.tolist()), tuple(low.tolist()), tuple((mean + half).tolist()))


def _length(edges: Floats) -> str:
    """How long a span is, in words."""
    days = float(edges[1] - edges[0]) * 365.25
    return f"{days / 30.44:.1f} months" if days >= 45 else f"{days:.0f} days"
