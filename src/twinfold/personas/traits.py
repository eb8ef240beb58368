"""Traits: what a group of people has more often, or more seldom, than everybody, with intervals.

Each trait is something that one may have or not: a level, a third of a number, a value that many share, nothing known.
Its lift is the share of the group that has it over the share of all. Intervals are of the log of the lift by the delta
method, all shares being of people drawn at random (a multinomial), exact where nobody has it (Clopper and Pearson
1934), as wide as holds all traits of all groups at once (Bonferroni).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import rel_entr
from scipy.stats import norm

from twinfold.evaluation.alignment import MISSING
from twinfold.evaluation.intervals import clopper_pearson
from twinfold.evaluation.linked.family import is_moment
from twinfold.personas.people import Feature, People
from twinfold.personas.space import atoms_of, levels_of
from twinfold.synthesis.conditions.tokens import KEYWORDS, WORD
from twinfold.tables.schema import Column
from twinfold.tables.values import format_value

if TYPE_CHECKING:
    import numpy.typing as npt

    Flags = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float64]

LEAST_SHARE = 0.01
"""The share of all people that must have something for it to be a trait."""

SAME, COMPARED = 0.7, 20_000
"""The correlation of any two of their traits from which on two features say the same, and people by whom it is told."""

MORE = 1.5
"""How much more it counts that people have something than that they lack it: it is easier to picture."""

MANY = {"low": "few", "middling": "some", "high": "many"}
"""How thirds of numbers of rows are called."""

LONGEST = 32
"""Letters of a level that a title takes, at most."""

BARE = ("Int", "UInt", "Float", "Decimal", "Boolean")
"""How columns are stored whose levels stand in conditions without quotes."""

APART = re.compile(r"(?<=[a-z])(?=[A-Z])")
"""Where words of a name stand together ("DebtRatio")."""

WHEN = {"low": "early", "middling": "middling", "high": "late"}
"""How thirds of a time are called."""

VAGUE = {"unknown", "other", "others", "none", "failure", "success", "default", "missing", "standard", "normal"}
"""Levels that say nothing without their column."""

AGE = {"low": "young", "middling": "middle-aged", "high": "older"}
"""How thirds of an age are called."""

YES, NO = {"yes", "true", "1", "y", "t"}, {"no", "false", "0", "n", "f"}


@dataclass(frozen=True)
class Trait:
    """Something that one may have or not.

    Attributes:
        feature: of what; said: in words, after the feature's name ("above 1,428", "is retired").
        short: in two or three words, for a title ("high balance", "retired").
        condition: as `--where` takes it; empty where conditions can't name it.
    """

    feature: str
    said: str
    short: str
    condition: str


@dataclass(frozen=True)
class Lift:
    """How much more often a group has a trait than everybody.

    Attributes:
        trait: which; inside, overall: the shares of the group and of all that have it.
        value, lower, upper: the first over the second, and its interval.
        told: how much it tells of who is in the group: the divergence of the two shares, in nats.
    """

    trait: Trait
    inside: float
    overall: float
    value: float
    lower: float
    upper: float
    told: float

    @property
    def sure(self) -> bool:
        """Whether the interval tells it from everybody's."""
        return self.lower > 1 or self.upper < 1


@dataclass(frozen=True)
class Traits:
    """All traits of people, and who has them, (traits, people).

    `alike`: how much two traits say the same, at most of what their features say, (traits, traits).
    """

    traits: tuple[Trait, ...]
    held: Flags
    alike: Floats = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        every = -(-self.held.shape[1] // COMPARED) if self.held.size else 1
        some = self.held[:, ::every].astype(np.float32)
        some -= some.mean(axis=1, keepdims=True)
        some /= np.maximum(np.sqrt((some**2).sum(axis=1, keepdims=True)), 1e-12)
        together = np.abs(some @ some.T)
        names = np.unique([trait.feature for trait in self.traits], return_inverse=True)[1]
        most = np.zeros((names.max(initial=-1) + 1,) * 2, np.float32)
        np.maximum.at(most, (names[:, None], names[None]), together)
        object.__setattr__(self, "alike", most[names][:, names].astype(np.float64))

    def lifts(self, inside: Flags, groups: int) -> list[Lift]:
        """The lift of each in a group, (people,) of whom are inside, one of so many groups."""
        people, own = len(inside), int(inside.sum())
        n_in, n_all = self.held[:, inside].sum(axis=1), self.held.sum(axis=1)
        error = 0.05 / (len(self.traits) * groups)
        z = norm.isf(error / 2)
        both, with_trait, share = n_in / people, n_all / people, own / people
        with np.errstate(divide="ignore", invalid="ignore"):
            lift = both / (share * with_trait)
            # The log of the lift, by each of the four cells that a person may be in
            slopes = (1 / both - 1 / share - 1 / with_trait, -1 / share, -1 / with_trait)
            cells = (both, share - both, with_trait - both)
            squares = np.sum([cell * slope**2 for cell, slope in zip(cells, slopes, strict=True)], axis=0)
            half = z * np.sqrt(np.maximum(squares - 1, 0) / people)
            # Nobody can have it more often than always
            most = np.exp(z * np.sqrt((1 - with_trait) / (with_trait * people))) / with_trait
        none = clopper_pearson(0, own, error=error)[1] / with_trait
        low = np.where(n_in > 0, lift * np.exp(-np.nan_to_num(half)), 0.0)
        high = np.where(n_in > 0, np.minimum(lift * np.exp(np.nan_to_num(half)), np.maximum(most, lift)), none)
        told = _divergence(n_in / max(own, 1), with_trait)
        shares = n_in / max(own, 1)
        return [
            Lift(trait, *map(float, (shares[k], with_trait[k], lift[k], low[k], high[k], told[k])))
            for k, trait in enumerate(self.traits)
        ]

    def choose(self, lifts: list[Lift], count: int) -> list[Lift]:
        """The lifts that tell most, one of a feature, and none of one that says what another does; what people have
        before what they lack."""
        chosen: list[int] = []
        for k in np.argsort([-lift.told * (MORE if lift.value > 1 else 1) for lift in lifts], kind="stable").tolist():
            if len(chosen) == count:
                break
            if lifts[k].sure and all(self.alike[j, k] < SAME for j in chosen):
                chosen.append(k)
        return [lifts[k] for k in chosen]


def find_traits(people: People) -> Traits:
    """All traits of people that at least one in a hundred has, and as many has not."""
    traits, held = [], []
    for feature in people.features:
        for trait, flags in _of(feature):
            if LEAST_SHARE <= flags.mean() <= 1 - LEAST_SHARE:
                traits.append(trait)
                held.append(flags)
    return Traits(tuple(traits), np.array(held, np.bool_).reshape(len(held), people.count))


def _of(feature: Feature) -> list[tuple[Trait, Flags]]:
    if feature.levels is not None:
        codes = feature.levels.to_numpy()
        return [(_level(feature, level), codes == level) for level in levels_of(feature)]
    assert feature.numbers is not None
    out, values = [], feature.numbers
    missing = np.isnan(values)
    if missing.any() and feature.own:  # of rows that are not there their number says so
        out.append((_gap(feature), missing))
    known = values[~missing]
    if not len(known):
        return out
    taken = atoms_of(values)
    left = ~missing
    for value in taken.tolist():
        out.append((_atom(feature, value), values == value))
        left &= values != value
    rest = np.unique(values[left])
    if not len(rest):
        return out
    cuts = (1 / 3, 2 / 3) if left.mean() > 0.5 else (1 / 2,)
    edges = np.unique(np.quantile(values[left], cuts, method="higher"))
    edges = edges[edges > rest[0]]
    if len(edges):
        bounds = [-np.inf, *edges.tolist(), np.inf]
        words = ("low", "middling", "high") if len(edges) == 2 else ("low", "high")
    elif len(taken):  # what is left lies below or above what many share
        bounds = [-np.inf, float(taken.min()), float(np.nextafter(taken.max(), np.inf)), np.inf]
        words = ("low", "", "high")
    else:
        return [*out, (_any(feature), left)]
    for low, high, word in zip(bounds[:-1], bounds[1:], words, strict=True):
        if word:
            first = rest[rest >= low][:1]
            begin = float(first[0]) if len(first) and (taken < first[0]).any() else low
            inside = left & (values >= low) & (values < high)
            single = np.unique(values[inside])
            apart = taken[(taken >= begin) & (taken < high)].tolist()
            trait = _range(feature, begin, high, word, apart) if len(single) != 1 else _atom(feature, float(single[0]))
            out.append((trait, inside))
    return out


def _level(feature: Feature, level: str) -> Trait:
    if level == MISSING:
        return _gap(feature)
    plain, first = _plain(feature.name), re.split(r"[,:;(]", level.strip())[0].strip() or level.strip()
    low = first.lower()
    short = plain if low in YES else f"no {plain}" if low in NO else first[:LONGEST]
    if low not in YES | NO and (low in VAGUE or _bare(first)):
        short = f"{plain} {first[:LONGEST]}"
    quoted = "'" + level.replace("'", "''") + "'"
    bare = feature.column.physical.startswith(BARE)
    return Trait(feature.label, f"is {level.strip()}", short, _named(feature, f"= {level if bare else quoted}"))


def _gap(feature: Feature) -> Trait:
    return Trait(feature.label, "is not known", f"{_plain(feature.name)} not known", _named(feature, "is null"))


def _atom(feature: Feature, value: float) -> Trait:
    written = write_number(value, feature.column)
    if not feature.own and value in (0.0, 1.0) and (few := _some(feature, "no" if value == 0 else "one", "all")):
        return Trait(feature.label, f"is {written}", few, "")
    return Trait(
        feature.label,
        f"is {written}",
        f"{_plain(feature.label)} {written}",
        _named(feature, f"= {_number(feature, value)}"),
    )


def _any(feature: Feature) -> Trait:
    short = f"{_plain(feature.label)} known" if feature.own else f"some {_plain(feature.block)}"
    return Trait(feature.label, "is known", short, _named(feature, "is not null"))


def _range(feature: Feature, low: float, high: float, word: str, apart: Sequence[float]) -> Trait:
    """The values from one to below another, but for some that stand apart."""
    plain = _plain(feature.label)
    short = AGE[word] if plain == "age" else f"{WHEN[word] if is_moment(feature.column) else word} {plain}"
    if not feature.own:
        short = _some(feature, MANY[word], MANY[word]) or short
    ends = [(">=", low)] if np.isfinite(low) else []
    ends += [("<", high)] if np.isfinite(high) else []
    ends += [("!=", value) for value in apart]
    conditions = [_named(feature, f"{sign} {_number(feature, end)}") for sign, end in ends]
    words = {">=": "{} or more", "<": "below {}", "!=": "not {}"}
    said = [words[sign].format(write_number(end, feature.column)) for sign, end in ends]
    return Trait(feature.label, f"is {', '.join(said)}", short, " and ".join(conditions) if conditions[0] else "")


def _some(feature: Feature, count: str, share: str) -> str:
    """How many rows of a table people have, or how many of them with a level, in a few words; nothing of all else."""
    what = feature.name.removeprefix(f"{feature.block}: ")
    if what == "count":
        return f"{count} {_plain(feature.block)}"
    column, sign, level = what.partition(" = ")
    if not sign:
        return ""
    often = "no" if count == "no" else share
    return f"{often} {_plain(feature.block)} with {_plain(column)} {level}"


def _named(feature: Feature, rest: str) -> str:
    """A condition on a column of the people's own; nothing of what is none."""
    return f"{_quoted(feature.name)} {rest}" if feature.own and "`" not in feature.name else ""


def _quoted(name: str) -> str:
    return name if WORD.fullmatch(name) and name.lower() not in KEYWORDS else f"`{name}`"


def _number(feature: Feature, value: float) -> str:
    """A value of a number as a condition takes it."""
    if is_moment(feature.column):
        return f"'{write_number(value, feature.column)}'"
    return f"{value:.12g}"


def write_number(value: float, column: Column) -> str:
    """A value as people write it."""
    if is_moment(column):
        return str(format_value(value, column))
    rounded = float(f"{value:.4g}")
    return f"{rounded:,.0f}" if rounded == round(rounded) else f"{rounded:,g}"


def _plain(name: str) -> str:
    """A column's name as words."""
    spaced = APART.sub(" ", name).replace("_", " ").replace(".", " ").strip()
    return spaced.lower() if name.isascii() else spaced


def _bare(level: str) -> bool:
    """Whether a level says nothing by itself: a number, or a letter or two."""
    text = level.strip()
    letters = sum(sign.isalpha() for sign in text)
    return letters < 3 or 2 * letters < len(text)


def _divergence(inside: Floats, overall: Floats) -> Floats:
    """How far two shares are apart, in nats: the Kullback-Leibler divergence of having something or not."""
    out: Floats = rel_entr(inside, overall) + rel_entr(1 - inside, 1 - overall)
    return out
