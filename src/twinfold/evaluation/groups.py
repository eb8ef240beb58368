"""Groups of customers by what is sensitive of them, and the outcome that one may wish for: of three tables at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.errors import OptionError, unknown_name
from twinfold.evaluation.alignment import MISSING, Aligned, Feature
from twinfold.synthesis.fairness import MOST_VALUES, quartiles
from twinfold.tables.schema import Kind

if TYPE_CHECKING:
    import numpy.typing as npt

    Codes = npt.NDArray[np.int64]
    Floats = npt.NDArray[np.float64]

_MOST_CROSSED = 10**6  # groups that columns crossed may make


@dataclass(frozen=True)
class Grouping:
    """Rows by their group.

    `columns`: what the groups are of, several where these are crossed. `labels`: of the groups that are shown, which
    hold enough rows of each table. `codes`: of train, holdout and synthetic rows, (rows,) each, the place of the group;
    the number of labels for rows of groups that are not shown.
    """

    columns: tuple[str, ...]
    labels: tuple[str, ...]
    codes: tuple[Codes, Codes, Codes]

    @property
    def name(self) -> str:
        """How it is called: "sex", "sex x race"."""
        return " x ".join(self.columns)


@dataclass(frozen=True)
class Outcome:
    """The outcome of each row: 1 where it is favourable, 0 where not, -1 where it is missing.

    `column` and `level` in words: "income", ">50K"; `codes` of train, holdout and synthetic rows, (rows,) each.
    """

    column: str
    level: str
    codes: tuple[Codes, Codes, Codes]

    @property
    def name(self) -> str:
        """How it is called: "income = '>50K'"."""
        return f"{self.column} {self.level}"


def find_outcome(aligned: Aligned, target: str, favourable: str | None) -> Outcome:
    """The outcome that a target says.

    Args:
        aligned: the three tables.
        target: a compared column.
        favourable: its level that one may wish for; of more than two numbers, the least that one may. None: the second
            of two levels, in order; of more than two numbers, those above the holdout's median.

    Raises:
        OptionError: no such target or level, or more than two levels of which none is named.
    """
    j = _place(aligned, target, "target")
    feature, sides = aligned.features[j], (aligned.train[j], aligned.holdout[j], aligned.synthetic[j])
    if not feature.numeric:
        return _outcome_of_levels(feature, sides, favourable)
    numbers = np.unique(np.concatenate(sides[:2]))
    numbers = numbers[~np.isnan(numbers)]
    if not len(numbers):
        raise OptionError(f"target {target!r} is missing throughout; name one that holds values")
    level, holds = _numeric_level(numbers, sides[1], target, favourable)
    codes = [np.where(np.isnan(side), -1, holds(side)).astype(np.int64) for side in sides]
    return Outcome(target, level, (codes[0], codes[1], codes[2]))


def find_groups(aligned: Aligned, sensitive: Sequence[str], target: str) -> list[Grouping]:
    """The groups of each sensitive column, and those of all of them crossed where there are several.

    Args:
        aligned: the three tables. A group with fewer than its `min_count` rows of any of them is not shown.
        sensitive: one or several compared columns; numbers of many values are cut at the quartiles of the holdout.
        target: which is none of them.

    Raises:
        OptionError: no such column, one twice, the target, or one of times.
    """
    if not sensitive:
        raise OptionError("no sensitive column is named; name one, such as 'sex', or leave fairness out")
    parts = []
    for name in dict.fromkeys(sensitive):
        if name == target:
            raise OptionError(f"column {name!r} is the target and sensitive; name another one as either")
        j = _place(aligned, name, "sensitive column")
        feature, sides = aligned.features[j], (aligned.train[j], aligned.holdout[j], aligned.synthetic[j])
        parts.append(_split(feature, sides))
    if (most := math.prod(len(labels) for labels, _ in parts)) > _MOST_CROSSED:
        raise OptionError(
            f"{', '.join(sensitive)} make {most:,} groups, of which {_MOST_CROSSED:,} can be told apart; name fewer"
        )
    groupings = [_shown(aligned, (name,), [part]) for name, part in zip(dict.fromkeys(sensitive), parts, strict=True)]
    if len(parts) > 1:
        groupings.append(_shown(aligned, tuple(dict.fromkeys(sensitive)), parts))
    return groupings


_Split = tuple[list[str], list[Any]]
"""Labels of all parts of a column, empty for one that may not be shown; and the part of each row of each table."""


def _place(aligned: Aligned, name: str, what: str) -> int:
    names = [feature.name for feature in aligned.features]
    if name not in names:
        raise OptionError(unknown_name(what, name, names, among="the learned columns"))
    return names.index(name)


def _outcome_of_levels(feature: Feature, sides: Sequence[Any], favourable: str | None) -> Outcome:
    levels = sorted(
        level for k, level in enumerate(feature.levels) if k != feature.missing and k not in feature.nameless
    )
    if favourable is None:
        if len(levels) != 2:
            raise OptionError(
                f"target {feature.name!r} has {len(levels)} levels ({', '.join(levels[:20])}); say which one is "
                "favourable"
            )
        favourable = levels[1]
    if favourable not in levels:
        raise OptionError(unknown_name("favourable level", favourable, levels, among=feature.name))
    level = feature.levels.index(favourable)
    missing = -1 if feature.missing is None else feature.missing
    codes = [np.where(side == missing, -1, side == level).astype(np.int64) for side in sides]
    return Outcome(feature.name, f"= {favourable!r}", (codes[0], codes[1], codes[2]))


def _numeric_level(
    numbers: Floats, holdout: Floats, target: str, favourable: str | None
) -> tuple[str, Callable[[Floats], Any]]:
    """Which numbers are favourable, in words, and a test for them; `numbers`: all different ones."""
    try:
        given = None if favourable is None else float(favourable)
    except ValueError:
        raise OptionError(
            f"favourable {favourable!r} is no number, and target {target!r} holds numbers; give the least good one"
        ) from None
    if len(numbers) <= 2:
        if given is not None and given not in numbers:
            known = [f"{number:g}" for number in numbers]
            raise OptionError(unknown_name("favourable level", f"{given:g}", known, among=target))
        level = float(numbers[-1]) if given is None else given
        return f"= {level:g}", lambda values: values == level
    if given is not None:
        return f"from {given:g}", lambda values: values >= given
    median = float(np.nanmedian(holdout))
    return f"above {median:g}", lambda values: values > median


def _split(feature: Feature, sides: Sequence[Any]) -> _Split:
    """A column's parts: its levels, or ranges of its numbers."""
    if feature.column.kind in (Kind.DATE, Kind.DATETIME):
        raise OptionError(f"sensitive column {feature.name!r} holds times, not groups; name categories or numbers")
    if not feature.numeric:
        labels = ["" if k in feature.nameless else _named(feature, k) for k in range(len(feature.levels))]
        return labels, [side.astype(np.int64) for side in sides]
    present = sides[1][~np.isnan(sides[1])]
    found = np.unique(present)
    if len(found) <= MOST_VALUES:
        edges = found[1:]
        labels = [f"{feature.name} {value:g}" for value in found] or [f"{feature.name} {MISSING}"]
    else:
        edges = quartiles(present)
        written = [f"{edge:g}" for edge in edges]
        ranges = [f"below {written[0]}", *(f"{a} to below {b}" for a, b in pairwise(written)), f"from {written[-1]}"]
        labels = [f"{feature.name} {range_}" for range_ in ranges]
    codes = [np.where(np.isnan(s), len(labels), np.searchsorted(edges, s, side="right")) for s in sides]
    return [*labels, f"{feature.name} {MISSING}"], codes


def _named(feature: Feature, level: int) -> str:
    """A level as a group is called by it; what says little by itself after its column."""
    text = feature.levels[level]
    return text if level != feature.missing and any(map(str.isalpha, text)) else f"{feature.name} {text}"


def _shown(aligned: Aligned, columns: tuple[str, ...], parts: Sequence[_Split]) -> Grouping:
    """The parts of columns crossed, of which those groups are shown that hold enough customers of each table."""
    shape = [len(labels) for labels, _ in parts]
    keys = [np.ravel_multi_index([codes[side] for _, codes in parts], shape) for side in range(3)]
    owners = aligned.owners or (None, None, None)
    held = [_held(key, owner, int(np.prod(shape))) for key, owner in zip(keys, owners, strict=True)]
    enough = np.flatnonzero(np.min(held, axis=0) >= aligned.min_count)
    names = [[labels[k] for (labels, _), k in zip(parts, np.unravel_index(g, shape), strict=True)] for g in enough]
    named = [all(name) for name in names]
    shown = enough[named]
    place = np.full(int(np.prod(shape)), len(shown))
    place[shown] = np.arange(len(shown))
    codes = [place[key] for key in keys]
    labels = tuple(", ".join(name) for name, good in zip(names, named, strict=True) if good)
    return Grouping(columns, labels, (codes[0], codes[1], codes[2]))


def _held(keys: Codes, owner: Codes | None, size: int) -> Codes:
    """How many customers have a row of each key, (size,)."""
    if owner is not None:
        keys = np.unique(np.column_stack([keys, owner]), axis=0)[:, 0]
    return np.bincount(keys, minlength=size)
