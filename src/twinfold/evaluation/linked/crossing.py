"""Faithful? Links that cross the trees of tables: what rows point to besides the parent that they hang on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from twinfold.evaluation.linked.family import Family, Member
from twinfold.synthesis.hierarchy import Forest
from twinfold.tables.keys import find_places, values_of
from twinfold.tables.schema import Link


def crossing_name(table: str, link: Link) -> str:
    """What a finding about such a link is called after."""
    return f"{table}.{link.column}"


def pair_rows(families: Mapping[str, Sequence[Family]], forest: Forest) -> Iterator[tuple[str, Link, list[Family]]]:
    """For each link that crosses the trees, the rows that point by it and what they point to, of each side.

    `families`: by table, those of its tree. In those that come out, the target stands under another name, as the
    parent of the rows; these have no order, and their own table's name is kept.
    """
    for name, link in forest.crossing:
        pairs = zip(families[name], families[link.table], strict=True)
        yield name, link, [_pair(mine, other, name, link) for mine, other in pairs]


def _pair(mine: Family, other: Family, name: str, link: Link) -> Family:
    member, target = mine.members[name], other.members[link.table]
    called = f"{link.table} ({link.column})"
    place = find_places(values_of(member.frame, link.columns), values_of(target.frame, link.targets))
    rows = np.flatnonzero(place >= 0)
    pointing: Member = replace(
        member,
        parent=called,
        alone=False,
        frame=member.frame[rows],
        place=place[rows],
        owner=member.owner[rows],
        time=None,
    )
    above = replace(target, table=target.table.model_copy(update={"name": called}), parent="")
    return Family({called: above, name: pointing})
