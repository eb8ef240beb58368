"""Numbers and times as codes: exact values that many share, and bins of the rest.

A value held by many rows (0, 50,000, 99.99, a special code) is an *atom* with a code of its own. The rest falls into
bins of like size, one code each. Inside a bin, a value that at least `min_count` rows share comes out as itself, as
often as it did; all others are redrawn from a quantile function whose knots are means of at least `min_count`
neighbours, so that no rare real value is kept. Beyond the `min_count`-th most extreme value `tails` go on, or nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from twinfold.synthesis.conditions.admitted import AdmittedNumbers, Interval
from twinfold.synthesis.encoding.tails import continue_tail
from twinfold.tables.schema import Tails

Array = npt.NDArray[Any]
MAX_ATOMS, MAX_CODES, MAX_KNOTS = 160, 255, 4096
ATOM_SHARE = 0.002
BIN_ROWS = 20


@dataclass(frozen=True)
class NumberEncoding:
    """How one column of numbers became codes, and how codes become numbers again.

    Code c is an atom or a bin; `piece_start[c]:piece_start[c+1]` are the pieces that it is drawn from, each with a
    weight (`piece_share`): exact (`piece_low` = `piece_high` = its value, `exact`), or a range of ranks in the
    quantile function that `knot_rank` and `knot_value` give. Missing values have the last code, if there are any.

    Attributes:
        atoms, atom_codes: the atoms in order of value, and their codes.
        edges, bin_codes: the values at which the next bin begins, and the bins' codes (one more than the edges).
        step: the grid that values lie on (1 for integers, 0.01 for cents); 0 for none.
    """

    atoms: Array
    atom_codes: Array
    edges: Array
    bin_codes: Array
    piece_start: Array
    piece_share: Array
    piece_low: Array
    piece_high: Array
    exact: Array
    knot_rank: Array
    knot_value: Array
    step: float
    has_missing: bool

    @property
    def cardinality(self) -> int:
        """How many codes there are."""
        return len(self.piece_start) - 1 + self.has_missing

    @property
    def missing(self) -> int | None:
        """The code of a missing value, or None."""
        return self.cardinality - 1 if self.has_missing else None

    @property
    def span(self) -> tuple[float, float]:
        """The lowest and highest number that can come out."""
        known = np.concatenate([self.piece_low[self.exact], self.knot_value])
        return float(known.min()), float(known.max())

    @property
    def middles(self) -> npt.NDArray[np.float64]:
        """A number in the middle of each code's, NaN for a missing value's; (codes,)."""
        rank = (self.piece_low + self.piece_high) / 2
        smooth = np.interp(rank, self.knot_rank, self.knot_value) if len(self.knot_rank) else rank
        share, begin = self.piece_share, self.piece_start[:-1]
        total = np.add.reduceat(np.where(self.exact, self.piece_low, smooth) * share, begin)
        return np.append(total / np.add.reduceat(share, begin), [np.nan] * self.has_missing)

    def encode(self, values: Array) -> Array:
        """Codes, uint16, of float values, NaN where missing; both of shape (rows,).

        A missing value where none was learned takes the commonest code there is for want of a better: the middle one.
        """
        out = np.full(len(values), self.cardinality - 1 if self.has_missing else self.cardinality // 2, np.uint16)
        here = ~np.isnan(values)
        present = values[here]
        if len(self.bin_codes):
            codes = self.bin_codes[np.searchsorted(self.edges, present, side="right")]
        else:  # nothing but atoms: the nearest
            middles = (self.atoms[1:] + self.atoms[:-1]) / 2
            codes = self.atom_codes[np.searchsorted(middles, present)]
        if len(self.atoms):
            place = np.searchsorted(self.atoms, present).clip(0, len(self.atoms) - 1)
            codes = np.where(self.atoms[place] == present, self.atom_codes[place], codes)
        out[here] = codes
        return out

    def decode(self, codes: Array, rng: np.random.Generator, within: Array | None = None) -> Array:
        """Float values, NaN where missing, of codes; both of shape (rows,).

        `within`: from 0 to 1, where among the numbers that a bin's rows are redrawn from each lies; NaN leaves it to
        chance.
        """
        out = np.full(len(codes), np.nan)
        here = codes < len(self.piece_start) - 1
        codes = codes[here].astype(np.int64)
        ends = np.cumsum(self.piece_share)
        begins = np.append(0.0, ends)[self.piece_start]
        mass = begins[codes + 1] - begins[codes]
        aim = begins[codes] + _spread(codes, rng) * mass
        piece = np.searchsorted(ends, aim, side="right").clip(self.piece_start[codes], self.piece_start[codes + 1] - 1)
        low, high = self.piece_low[piece], self.piece_high[piece]
        part = 1 - ((ends[piece] - aim) / self.piece_share[piece]).clip(0, 1)
        if within is not None:
            part = np.where(np.isnan(within[here]), part, within[here])
        rank = low + part * (high - low)
        smooth = np.interp(rank, self.knot_rank, self.knot_value) if len(self.knot_rank) else rank
        out[here] = np.where(self.exact[piece], low, _to_grid(smooth, self.step))
        return out

    def restrict(self, admitted: AdmittedNumbers) -> tuple[Self, npt.NDArray[np.float32]]:
        """The encoding that yields only what is admitted, and how much of each code that leaves, from 0 to 1."""
        pieces: list[tuple[int, float, float, float, bool]] = []
        for code in range(len(self.piece_start) - 1):
            for k in range(self.piece_start[code], self.piece_start[code + 1]):
                low, high, share = self.piece_low[k], self.piece_high[k], self.piece_share[k]
                if self.exact[k]:
                    if any(_holds(interval, low) for interval in admitted.intervals):
                        pieces.append((code, share, low, high, True))
                    continue
                for interval in admitted.intervals:
                    cut_low, cut_high = max(low, self._rank(interval, "low")), min(high, self._rank(interval, "high"))
                    if cut_high > cut_low:
                        pieces.append((code, share * (cut_high - cut_low) / (high - low), cut_low, cut_high, False))
        owner = np.array([p[0] for p in pieces], np.int64)
        total = np.add.reduceat(self.piece_share, self.piece_start[:-1])
        share = np.array([p[1] for p in pieces])
        left = np.bincount(owner, share, minlength=len(total)) / total
        start = np.searchsorted(owner, np.arange(len(total) + 1)).astype(np.int64)
        restricted = replace(
            self,
            piece_start=start,
            piece_share=share,
            piece_low=np.array([p[2] for p in pieces]),
            piece_high=np.array([p[3] for p in pieces]),
            exact=np.array([p[4] for p in pieces], bool),
        )
        if self.has_missing:
            left = np.append(left, 1.0 if admitted.null else 0.0)
        return restricted, left.clip(0, 1).astype(np.float32)

    def _rank(self, interval: Interval, side: str) -> float:
        """The rank at which drawn values pass an interval's end, rounding to the grid considered."""
        bound, closed = (interval.low, interval.low_closed) if side == "low" else (interval.high, interval.high_closed)
        if np.isinf(bound):
            return bound
        if self.step:
            place, slack = bound / self.step, 1e-9 * max(1.0, abs(bound / self.step))
            if side == "low":
                place = (np.ceil(place - slack) if closed else np.floor(place + slack) + 1) - 0.5
            else:
                place = (np.floor(place + slack) if closed else np.ceil(place - slack) - 1) + 0.5
            bound = place * self.step
        if bound < self.knot_value[0]:
            return -np.inf
        if bound > self.knot_value[-1]:
            return np.inf
        return float(np.interp(bound, self.knot_value, self.knot_rank))

    def fits(self, values: Array) -> bool:
        """Whether these can be the values that were learned, in any order: as many of them have each code.

        `values`: floats, NaN where missing, (rows,). Rare values that were too few to be redrawn are not counted.
        """
        codes = len(self.piece_start) - 1
        learned = np.add.reduceat(self.piece_share, self.piece_start[:-1])
        found = np.bincount(self.encode(values[~np.isnan(values)]), minlength=codes)
        return bool((found == learned).all() if len(self.knot_rank) else (found >= learned).all())

    def state(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """Everything learned, as settings for JSON and arrays."""
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        return {"step": self.step, "has_missing": self.has_missing}, arrays

    @classmethod
    def from_state(cls, settings: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """The encoding that `state` came from. Raises `ValueError` where it could not have come from one."""
        made = cls(
            **{name: np.asarray(arrays[name], dtype) for name, dtype in _ARRAYS.items()},
            step=float(settings["step"]),
            has_missing=bool(settings["has_missing"]),
        )
        codes, pieces = len(made.piece_start) - 1, len(made.piece_share)
        ranged = ~made.exact
        sound = (
            1 <= codes <= MAX_CODES
            and made.piece_start[0] == 0
            and made.piece_start[-1] == pieces
            and (np.diff(made.piece_start) > 0).all()
            and (made.piece_share > 0).all()
            and len(made.piece_low) == len(made.piece_high) == len(made.exact) == pieces
            and len(made.atoms) == len(made.atom_codes)
            and len(made.bin_codes) == (len(made.edges) + 1 if len(made.bin_codes) else 0)
            and (np.concatenate([made.atom_codes, made.bin_codes, [0]]) < codes).all()
            and (made.atom_codes >= 0).all()
            and (made.bin_codes >= 0).all()
            and len(made.knot_rank) == len(made.knot_value)
            and (len(made.knot_rank) > 0 or made.exact.all())
            and (made.piece_high[ranged] > made.piece_low[ranged]).all()
            and all((np.diff(getattr(made, name)) > 0).all() for name in ("atoms", "edges", "knot_rank"))
            and (np.diff(made.knot_value) >= 0).all()
            and all(np.isfinite(getattr(made, name)).all() for name in _ARRAYS)
            and np.isfinite(made.step)
            and made.step >= 0
        )
        if not sound:
            raise ValueError("numbers that don't fit together")
        return made


_ARRAYS: dict[str, Any] = {
    "atoms": np.float64,
    "atom_codes": np.int64,
    "edges": np.float64,
    "bin_codes": np.int64,
    "piece_start": np.int64,
    "piece_share": np.float64,
    "piece_low": np.float64,
    "piece_high": np.float64,
    "exact": np.bool_,
    "knot_rank": np.float64,
    "knot_value": np.float64,
}


def _holds(interval: Interval, value: float) -> bool:
    above = value >= interval.low if interval.low_closed else value > interval.low
    return above and (value <= interval.high if interval.high_closed else value < interval.high)


def learn_number(
    values: Array,
    *,
    step: float,
    min_count: int,
    tails: Tails = "extrapolated",
    owners: npt.NDArray[np.integer[Any]] | None = None,
) -> NumberEncoding | None:
    """Learn how to encode float values, NaN where missing, shape (rows,); None where no number may be shown.

    `min_count`: how many rows must share a value for it to be stored, and how many stand behind each knot.
    `tails`: see `Schema`.
    `owners`: whose each row is, (rows,); then a value counts once for each of them, however often they repeat it, and
    the bounds of what is shown are those of so many owners' extremes.
    """
    here = ~np.isnan(values)
    present = np.sort(values[here])
    unique, counts = np.unique(present, return_counts=True)
    holders, ends = counts, (present, present)
    if owners is not None and len(present):
        holders, ends = count_holders(values[here], owners[here])
    common = holders >= min_count
    knot_rank, knot_value = _learn_knots(np.repeat(unique[~common], holders[~common]), ends, step, min_count, tails)
    if not common.any() and not len(knot_rank):
        return None
    atom = common & (counts >= ATOM_SHARE * len(values))
    if common.sum() <= MAX_ATOMS:
        atom = common
    elif atom.sum() > MAX_ATOMS:
        atom &= counts >= np.sort(counts[atom])[-MAX_ATOMS]
        atom[np.flatnonzero(atom)[MAX_ATOMS:]] = False
    if not len(knot_rank):  # too few rare values to redraw: they count as their nearest neighbours
        unique, counts, atom = unique[common], counts[common], atom[common]
        holders, common = holders[common], common[common]
    atoms, rest = unique[atom], ~atom
    edges, bin_of = cut(unique[rest], counts[rest], MAX_CODES - len(atoms))
    n_bins = int(bin_of.max(initial=-1)) + 1
    n_codes = len(atoms) + n_bins
    middles = np.concatenate([atoms, _middles(unique[rest], counts[rest], bin_of, n_bins)])
    code_of = np.empty(n_codes, np.int64)
    code_of[np.argsort(middles, kind="stable")] = np.arange(n_codes)
    atom_codes, bin_codes = code_of[: len(atoms)], code_of[len(atoms) :]
    light = rest & common
    light_codes = bin_codes[bin_of[common[rest]]] if n_bins else np.zeros(0, np.int64)
    rare_counts, rare_holders = (
        np.bincount(bin_of[~common[rest]], number[rest & ~common], minlength=n_bins) if n_bins else np.zeros(0)
        for number in (counts, holders)
    )
    rank_high = np.cumsum(rare_holders)
    ranged = rare_counts > 0
    owner = np.concatenate([atom_codes, light_codes, bin_codes[ranged]])
    share = np.concatenate([counts[atom], counts[light], rare_counts[ranged]]).astype(np.float64)
    low = np.concatenate([atoms, unique[light], (rank_high - rare_holders)[ranged]])
    high = np.concatenate([atoms, unique[light], rank_high[ranged]])
    exact = np.arange(len(owner)) < len(atoms) + int(light.sum())
    by_code = np.lexsort((low, ~exact, owner))
    return NumberEncoding(
        atoms=atoms,
        atom_codes=atom_codes,
        edges=edges,
        bin_codes=bin_codes,
        piece_start=np.searchsorted(owner[by_code], np.arange(n_codes + 1)).astype(np.int64),
        piece_share=share[by_code],
        piece_low=low[by_code].astype(np.float64),
        piece_high=high[by_code].astype(np.float64),
        exact=exact[by_code],
        knot_rank=knot_rank,
        knot_value=knot_value,
        step=step,
        has_missing=bool(np.isnan(values).any()),
    )


def count_holders(values: Array, owners: Array) -> tuple[Array, tuple[Array, Array]]:
    """How many owners hold each distinct value; and the least value of each owner, sorted, and the greatest."""
    order = np.lexsort((owners, values))
    value, owner = values[order], owners[order]
    new = np.append(True, (np.diff(value) != 0) | (np.diff(owner) != 0))
    holders = np.unique(value[new], return_counts=True)[1]
    by_owner = np.lexsort((values, owners))
    begin = np.flatnonzero(np.append(True, np.diff(owners[by_owner]) != 0))
    end = np.append(begin[1:], len(values)) - 1
    return holders, (np.sort(values[by_owner][begin]), np.sort(values[by_owner][end]))


def _learn_knots(
    rare: Array, ends: tuple[Array, Array], step: float, min_count: int, tails: Tails
) -> tuple[Array, Array]:
    """The quantile function of the rare values (sorted): ranks and values.

    `ends` are what the lower and the upper bound are found by: all values, sorted, or each owner's least and greatest.
    Within the bounds each value is a mean of at least min_count rows; beyond, tails go on as `continue_tail` has it.
    None where the bounds leave no number that is not somebody's.
    """
    none = np.zeros(0), np.zeros(0)
    lower, upper = ends
    if len(rare) < min_count or len(lower) < 2 * min_count:
        return none
    lowest, highest = _lowest_shown(lower, min_count), -_lowest_shown(-upper[::-1], min_count)
    if lowest > highest:
        return none
    below, above = int((rare < lowest).sum()), int((rare > highest).sum())
    rank, value = _inner_knots(rare[below : len(rare) - above], lowest, highest, min_count)
    rank += below
    if tails == "extrapolated":
        low_rank, low_value = continue_tail(-lower[::-1], -lowest, min_count=min_count)
        high_rank, high_value = continue_tail(upper, highest, min_count=min_count)
        floor, ceiling = 0.0 if lowest >= 0 else -np.inf, 0.0 if highest <= 0 else 1.0 if highest <= 1 else np.inf
        ceiling = np.inf if lowest < 0 < highest else ceiling
        rank = np.concatenate([low_rank[::-1], rank, len(rare) - high_rank])
        value = np.concatenate([np.maximum(-low_value[::-1], floor), value, np.minimum(high_value, ceiling)])
    rank, value = np.concatenate([[0.0], rank, [len(rare)]]), np.concatenate([value[:1], value, value[-1:]])
    keep = np.append(True, np.diff(rank) > 0)
    rank, value = rank[keep], value[keep]
    if value[0] == value[-1] and np.isclose(rare, _to_grid(value[:1], step), rtol=1e-12, atol=0).any():
        return none
    return rank, value


def _inner_knots(rare: Array, lowest: float, highest: float, min_count: int) -> tuple[Array, Array]:
    """The quantile function of rare values that lie between two bounds, which are its ends."""
    groups = len(rare) // max(min_count, -(-len(rare) // MAX_KNOTS))
    if not groups:
        return np.array([0.0, len(rare)]), np.array([lowest, highest])
    cuts = np.linspace(0, len(rare), groups + 1).astype(np.int64)
    means = np.add.reduceat(rare, cuts[:-1]) / np.diff(cuts)
    ends = means[[0, -1]]
    if groups > 1:  # straight on for half a group
        ends = np.array([1.5 * means[0] - 0.5 * means[1], 1.5 * means[-1] - 0.5 * means[-2]]).clip(lowest, highest)
    rank = np.concatenate([[0.0], (cuts[1:] + cuts[:-1]) / 2, [len(rare)]])
    return rank, np.concatenate([ends[:1], means, ends[1:]])


def _lowest_shown(present: Array, min_count: int) -> float:
    """The lowest number that may be returned, of sorted values: none below the min_count-th, and nobody's own.

    That is the min_count-th value where as many rows share it, and else a round number between it and the next, however
    few rows it ties with; infinity where there is none.
    """
    unique, counts = np.unique(present[np.searchsorted(present, present[min_count - 1]) :], return_counts=True)
    for low, rows, above in zip(unique, counts, [*unique[1:], np.inf], strict=True):
        if rows >= min_count:
            return float(low)
        if np.isfinite(above) and low < (between := -_roundest(np.array([-above]), np.array([-low]))[0]) < above:
            return float(between)
    return np.inf


def _spread(codes: Array, rng: np.random.Generator) -> Array:
    """A number in [0, 1) for each row, in random order evenly spread over the rows of each code."""
    order = rng.permutation(len(codes))
    order = order[np.argsort(codes[order].astype(np.uint16), kind="stable")]
    counts = np.bincount(codes)
    place = np.arange(len(codes)) - np.repeat(np.cumsum(counts) - counts, counts)
    out = np.empty(len(codes))
    out[order] = (place + rng.random(len(codes))) / np.repeat(counts, counts)
    return out


def _to_grid(values: Array, step: float) -> Array:
    if not step:
        return values
    if step >= 1:
        return np.round(values / step) * step
    return np.round(values, round(-np.log10(step)))


def cut(unique: Array, counts: Array, most: int) -> tuple[Array, Array]:
    """Cut sorted distinct values into at most `most` bins of like size: the edges between, and each value's bin."""
    if not len(unique):
        return np.zeros(0), np.zeros(0, np.int64)
    rows = counts.sum()
    bins = max(1, min(most, rows // BIN_ROWS))
    middle = np.cumsum(counts) - counts / 2
    bin_of = np.minimum((middle / rows * bins).astype(np.int64), bins - 1)
    bin_of = np.unique(bin_of, return_inverse=True)[1]
    first = np.flatnonzero(np.diff(bin_of)) + 1
    return _roundest(unique[first - 1], unique[first]), bin_of


def _roundest(low: Array, high: Array) -> Array:
    """Between each pair low < high, a number with few digits: an edge that names no one's value."""
    out, found = high.copy(), np.zeros(len(low), bool)
    for digits in range(-12, 13):
        scale = 10.0**digits
        candidate = np.floor(high * scale) / scale
        good = ~found & (candidate > low) & (candidate < high)
        out[good], found = candidate[good], found | good
    middle = (low + high) / 2
    return np.where(found, out, np.where(middle > low, middle, high))


def _middles(unique: Array, counts: Array, bin_of: Array, bins: int) -> Array:
    total = np.bincount(bin_of, counts, minlength=bins) if bins else np.zeros(0)
    return np.bincount(bin_of, unique * counts, minlength=bins) / total if bins else np.zeros(0)
