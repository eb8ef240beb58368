"""Timelines: what a group of people does over time, beside everybody."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Timeline:
    """What everybody does over time in one table.

    Attributes:
        table: its name; edges: of the spans, in years, (spans + 1,).
        counts: how many rows each person has in each span, (people, spans) float32.
    """

    table: str
    edges: Floats
    counts: npt.NDArray[np.float32]

    def draw(self, inside: Flags) -> Chart:
        """How many rows a person of a group has in each span, `inside`, (people,), beside everybody."""
        middles = tuple(((self.edges[1:] + self.edges[:-1]) / 2).tolist())
        groups = ((THIS, self.counts[inside]), (EVERYBODY, self.counts))
        return Chart(
            "useful",
            self.table,
            "Bands are 95 % intervals of the mean.",
            "year",
            f"{self.table} a person in {_length(self.edges)}",
            tuple(_line(name, middles, counts) for name, counts in groups),
            years=True,
        )


def count_over_time(family: Family | None) -> tuple[Timeline, ...]:
    """What everybody does over time, a timeline for each table with times; none where there are no histories."""
    if family is None:
        return ()
    return tuple(_count(member, family.customers) for member in family.children if _has_times(member))


def _has_times(member: Member) -> bool:
    if member.time is None or member.alone or member.table.time is None:
        return False
    known = member.time[~np.isnan(member.time)]
    return is_moment(member.table[member.table.time]) and len(known) > 1 and known.min() < known.max()


def _count(member: Member, people: int) -> Timeline:
    assert member.time is not None
    assert member.table.time is not None
    known = ~np.isnan(member.time)
    years = member.time[known] / DAYS[member.table[member.table.time].kind] / 365.25 + 1970
    edges = np.linspace(years.min(), years.max(), SPANS + 1)
    span = np.minimum(np.searchsorted(edges, years, side="right") - 1, SPANS - 1)
    counts = np.bincount(member.owner[known] * SPANS + span, minlength=people * SPANS)
    return Timeline(member.table.name, edges, counts.reshape(people, SPANS).astype(np.float32))


def _line(name: str, x: tuple[float, ...], counts: npt.NDArray[np.float32]) -> Line:
    mean = counts.mean(axis=0, dtype=np.float64)
    half = Z * counts.std(axis=0, dtype=np.float64) / np.sqrt(max(len(counts), 1))
    low = np.maximum(mean - half, 0.0)
    return Line(name, x, tuple(mean.tolist()), tuple(low.tolist()), tuple((mean + half).tolist()))


def _length(edges: Floats) -> str:
    """How long a span is, in words."""
    days = float(edges[1] - edges[0]) * 365.25
    return f"{days / 30.44:.1f} months" if days >= 45 else f"{days:.0f} days"
