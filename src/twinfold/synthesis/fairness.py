"""Parity that is asked of what is drawn: "income by sex", "income=>50K by sex, race: 0.02".

How frequent groups and outcomes are is learned from draws of the model, the shares with parity are found (`parity`),
and of further draws those are kept that these shares have a place for. So every row is one that the model draws.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.errors import ConditionError, OptionError, unknown_name
from twinfold.synthesis.balance import Balance
from twinfold.synthesis.conditions import Condition, parse
from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.synthesis.encoding.filled import FilledEncoding
from twinfold.synthesis.fair_request import Request, read_request
from twinfold.synthesis.parity import project, relative_entropy
from twinfold.tables.schema import Kind
from twinfold.tables.values import to_values

Array = npt.NDArray[Any]

PILOT = 100_000
"""Rows drawn to learn how frequent groups and outcomes are."""

MOST_TRIED = 5
"""Rows that are drawn freely for each that is wanted, before what is still missing is drawn under a condition."""

MOST_VALUES = 10
"""Different numbers that are groups each; a column of more is cut at its quartiles."""

_LEAST = 20  # of the pilot's rows with either outcome, below which a group is left as it is
_MOST_GROUPS, _MOST_CROSSED = 100, 10**6  # that come out, and that columns could make
_SHOWN = 12  # groups that a summary lists


@dataclass(frozen=True)
class Split:
    """The values of a column, parted: a name and a condition for each part; no value is in two of them."""

    column: str
    labels: tuple[str, ...]
    conditions: tuple[Condition, ...]

    def place(self, values: pl.Series) -> Array:
        """The part of each value, (rows,); -1 for what is in none."""
        out = np.full(len(values), -1)
        for part, condition in enumerate(self.conditions):
            out[condition.holds({self.column: values})] = part
        return out


@dataclass(frozen=True)
class Parity:
    """Shares of cells, each a group with an outcome, in which groups have an outcome alike.

    Attributes:
        request: what was asked.
        favourable: the level whose rate counts.
        splits: of the sensitive columns and last of the target: the favourable level, other ones, missing.
        cells: the places in all splits of each cell that has a share, (cells, splits), in order.
        balance: the condition of each cell, and its share.
        groups: the names of the groups that were moved.
        before, after: their rates, as learned and as they shall be.
        left: the names of groups left as they are, for too few of them were drawn with either outcome.
        variation, entropy: the total variation distance and the relative entropy, in nats, from what was learned.
    """

    request: Request
    favourable: str
    splits: tuple[Split, ...]
    cells: Array
    balance: Balance
    groups: tuple[str, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]
    left: tuple[str, ...]
    variation: float
    entropy: float

    def place(self, frame: pl.DataFrame, codebook: Codebook) -> Array:
        """The cell of each stored row, (rows,); the number of cells for one that has none."""
        found, known = _keys(_places(self.splits, frame, codebook), self.splits), _keys(self.cells, self.splits)
        nearest = np.searchsorted(known, found).clip(0, len(known) - 1)
        return np.where(known[nearest] == found, nearest, len(known))

    def text(self) -> str:
        """What was moved and how far, in plain words."""
        said = self.request
        named = list(zip(self.groups, self.before, self.after, strict=True))
        listed = "; ".join(f"{name} {old:.1%} to {new:.1%}" for name, old, new in named[:_SHOWN])
        more = f"; and {len(named) - _SHOWN} more groups" if len(named) > _SHOWN else ""
        lines = [
            f"Parity of {said.target} = {self.favourable!r} by {', '.join(said.sensitive)}: rates of groups differ by "
            f"{max(self.after) - min(self.after):.1%} at most, where {max(self.before) - min(self.before):.1%} was "
            f"learned ({listed}{more}).",
            f"For that, {self.variation:.1%} of the rows are of another group or outcome than they would have been "
            f"(total variation; {self.entropy:.4f} nats of relative entropy). In each group and outcome all else is "
            "as it was learned. Parity of these rows is not parity of models trained on them: test those on real rows.",
        ]
        if self.left:
            lines.append(f"Left as they are, of too few rows to be moved: {', '.join(self.left[:_SHOWN])}.")
        return "\n".join(lines)


def check_alone(fair: "str | Parity | None", **asked: object) -> None:
    """Raise `OptionError` where parity is asked for beside something that it can't be met with."""
    for name, other in asked.items():
        if fair is not None and other is not None:
            said = fair if isinstance(fair, str) else f"{fair.request.target} by {', '.join(fair.request.sensitive)}"
            raise OptionError(f"fair ({said[:200]!r}) beside {name}: shares can't obey both; drop one of both")


def seek_parity(
    text: str,
    codebook: Codebook,
    draw: Callable[[int], pl.DataFrame],
    *,
    where: Condition | None,
    pilot: int,
) -> Parity:
    """Find the shares of groups and outcomes that a user asks for.

    Args:
        text: an outcome and the columns whose groups shall have it alike; see `read_request`.
        codebook: what was learned.
        draw: gives so many rows of the model as they are stored, those that obey `where`.
        where: what every row obeys besides, or None.
        pilot: rows by which it is learned how frequent groups are.

    Raises:
        OptionError: the text can't be read, a column can't be asked for, or there are not two groups to compare.
        SchemaError: a column is unknown. ConditionError: `where` names one of them.
    """
    request = read_request(text)
    for name in (request.target, *request.sensitive):
        _check_column(name, codebook)
        if where is not None and name in where.columns:
            raise ConditionError(f"column {name!r} is named by the condition and by fair; drop one of both")
    frame = draw(pilot)
    values = {n: to_values(frame[n], codebook.table[n]) for n in (request.target, *request.sensitive)}
    favourable, outcome = _split_outcome(request, values[request.target], codebook)
    splits = (*(_split_groups(name, values[name], codebook) for name in request.sensitive), outcome)
    shape = [len(split.labels) for split in splits]
    if (most := math.prod(shape[:-1])) > _MOST_CROSSED:
        raise OptionError(_too_many(request, most))
    found = _keys(_places(splits, frame, codebook), splits)
    counts = np.bincount(found[found >= 0], minlength=np.prod(shape)).reshape(shape)
    return _moved(request, favourable, splits, counts, codebook)


def quartiles(numbers: Array) -> Array:
    """The different numbers, of those there are, at which a column is cut into groups: each begins one."""
    return np.unique(np.quantile(numbers, [0.25, 0.5, 0.75], method="higher"))


def take_wanted(cells: Array, wanted: Array) -> tuple[Array, Array]:
    """The places of the first rows of each cell that are wanted, and how many are wanted still.

    `cells`: (rows,), each from 0 to the number of cells, that for a row of none; `wanted`: (cells,).
    """
    order = np.argsort(cells, kind="stable")
    count = np.bincount(cells, minlength=len(wanted) + 1)
    rank = np.arange(len(cells)) - np.repeat(np.cumsum(count) - count, count)
    chosen = np.sort(order[rank < np.append(wanted, 0)[cells[order]]])
    return chosen, wanted - np.minimum(count[:-1], wanted)


def _check_column(name: str, codebook: Codebook) -> None:
    column, encoding = codebook.table[name], codebook.encodings.get(name)
    if encoding is None or isinstance(encoding, FilledEncoding):
        raise OptionError(f"column {name!r} is not learned, so there is nothing to be fair by; name a learned column")
    if column.kind in (Kind.DATE, Kind.DATETIME):
        raise OptionError(f"column {name!r} holds times, not groups; name a column of categories or numbers")


def _split_outcome(request: Request, values: pl.Series, codebook: Codebook) -> tuple[str, Split]:
    """The favourable level, and the target split into it, other levels, and missing where there are some."""
    name = request.target
    levels = values.drop_nulls().unique().sort().to_list()
    if codebook.table[name].kind.numeric and len(levels) > 2:
        raise OptionError(
            f"column {name!r} holds numbers, of which {len(levels):,} were drawn, and no outcome; name a column of "
            "categories, or of two numbers"
        )
    known = {_spelt(level): level for level in levels}
    if len(known) < 2:
        raise OptionError(f"column {name!r} has {len(known)} level in what was drawn; name an outcome that varies")
    favourable = request.favourable
    if favourable is None:
        if len(known) > 2:
            listed = ", ".join(list(known)[:20])
            raise OptionError(
                f"column {name!r} has {len(known)} levels ({listed}); say which one is favourable: "
                f'"{name}={next(iter(known))} by {", ".join(request.sensitive)}"'
            )
        favourable = list(known)[1]
    if favourable not in known:
        raise OptionError(unknown_name("level", favourable, known, among=f"what {name} was learned to hold"))
    literal = _literal(known[favourable])
    texts = {favourable: f"= {literal}", f"not {favourable}": f"<> {literal}"}
    return favourable, _split(name, texts, values, codebook)


def _split_groups(name: str, values: pl.Series, codebook: Codebook) -> Split:
    """A sensitive column split into its levels; numbers of many values into quartiles."""
    levels = values.drop_nulls().unique().sort().to_list()
    if not codebook.table[name].kind.numeric or len(levels) <= MOST_VALUES:
        if len(levels) > _MOST_GROUPS:
            raise OptionError(
                f"column {name!r} makes {len(levels):,} groups, of which {_MOST_GROUPS} can be compared at most; name "
                "one with fewer levels"
            )
        named = {level if isinstance(level, str) else f"{name} {_spelt(level)}": level for level in levels}
        return _split(name, {label: f"= {_literal(level)}" for label, level in named.items()}, values, codebook)
    present = values.drop_nulls().to_numpy()
    cuts = [_spelt(v.item()) for v in quartiles(present)]
    asked = {f"{name} below {cuts[0]}": f"< {cuts[0]}"}
    for low, high in pairwise(cuts):
        asked[f"{name} {low} to below {high}"] = f">= {low} and {_column(name)} < {high}"
    asked[f"{name} from {cuts[-1]}"] = f">= {cuts[-1]}"
    return _split(name, asked, values, codebook)


def _split(name: str, texts: Mapping[str, str], values: pl.Series, codebook: Codebook) -> Split:
    """A split by what is asked of the column in each part, with one for what is missing where something is."""
    asked = dict(texts)
    if values.null_count():
        asked["(missing)"] = "is null"
    conditions = tuple(parse(f"{_column(name)} {each}", codebook.table) for each in asked.values())
    return Split(name, tuple(asked), conditions)


def _moved(request: Request, favourable: str, splits: tuple[Split, ...], counts: Array, codebook: Codebook) -> Parity:
    """The shares with parity, from how many rows have each place in all splits."""
    shape, outcomes = counts.shape, counts.shape[-1]
    flat = counts.reshape(-1, outcomes)
    if (some := int((flat.sum(1) > 0).sum())) > _MOST_GROUPS:
        raise OptionError(_too_many(request, some))
    names = [", ".join(labels) for labels in product(*(split.labels for split in splits[:-1]))]
    movable = flat[:, :2].min(1) >= _LEAST
    if movable.sum() < 2:
        raise OptionError(
            f"{movable.sum()} group of {', '.join(request.sensitive)} has both outcomes of {request.target} often "
            "enough; parity takes two: name other columns"
        )
    shares = flat / flat.sum()
    new = shares.copy()
    new[movable, :2] = project(shares[movable, :2], request.gap)
    taken = np.flatnonzero(flat.ravel())
    cells = np.column_stack(np.unravel_index(taken, shape))
    conditions = [
        parse(" and ".join(f"({s.conditions[k]})" for s, k in zip(splits, cell, strict=True)), codebook.table)
        for cell in cells
    ]
    rates = [(side[movable, 0] / side[movable, :2].sum(1)).tolist() for side in (shares, new)]
    return Parity(
        request,
        favourable,
        splits,
        cells,
        Balance(tuple(conditions), _fractions(new.ravel()[taken])),
        tuple(name for name, moved in zip(names, movable, strict=True) if moved),
        tuple(rates[0]),
        tuple(rates[1]),
        tuple(n for n, moved, rows in zip(names, movable, flat.sum(1), strict=True) if rows and not moved),
        float(np.abs(new - shares).sum() / 2),
        relative_entropy(new.ravel(), shares.ravel()),
    )


def _too_many(request: Request, groups: int) -> str:
    return (
        f"{', '.join(request.sensitive)} make {groups:,} groups, of which {_MOST_GROUPS} can be compared at most; "
        "name fewer columns"
    )


def _fractions(shares: Array) -> tuple[Fraction, ...]:
    """Shares that add up to 1 exactly."""
    parts = [round(float(share) * 10**12) for share in shares]
    return tuple(Fraction(part, sum(parts)) for part in parts)


def _places(splits: Sequence[Split], frame: pl.DataFrame, codebook: Codebook) -> Array:
    """The place of each row in each split, (rows, splits)."""
    return np.column_stack([s.place(to_values(frame[s.column], codebook.table[s.column])) for s in splits])


def _keys(places: Array, splits: Sequence[Split]) -> Array:
    """One number for the places in all splits, (rows,); -1 where one of them is."""
    keys = np.ravel_multi_index(places.clip(0).T, [len(split.labels) for split in splits])
    return np.where((places < 0).any(axis=1), -1, keys)


def _column(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _spelt(level: object) -> str:
    if isinstance(level, bool):
        return str(level).lower()
    if isinstance(level, float):
        return str(int(level)) if level.is_integer() else f"{level:.15g}"
    return str(level)


def _literal(level: object) -> str:
    """A level as the condition language writes it."""
    return "'" + level.replace("'", "''") + "'" if isinstance(level, str) else _spelt(level)
