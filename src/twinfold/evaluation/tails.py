"""Faithful? Whether as many synthetic numbers as real ones lie in the tails, and whether these reach as far."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.evaluation.alignment import Aligned
from twinfold.evaluation.distances import GROUPS
from twinfold.evaluation.fidelity import yardstick_rows
from twinfold.evaluation.finding import Exhibit, Finding, Subject, measured, unmeasured
from twinfold.evaluation.intervals import around, jackknife

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Codes = npt.NDArray[np.int64]

TAIL = 0.01  # the share of real numbers beyond which a tail begins
LEAST_SHARE = 0.002  # where fewer real numbers lie beyond, the value itself is shared by many: there is no tail
EXTREME = 0.001  # how far out it is looked how far a tail reaches
_SUBJECT: Subject = ("tail_error", "Tails of numbers", "faithful")
_METHOD = (
    "The numbers below the 1 % and above the 99 % quantile of the holdout: how far their share among synthetic rows is "
    "off, as a part of the holdout's share, on average over all tails; delete-a-group jackknife. The yardstick puts "
    "train rows in the synthetic rows' place."
)


@dataclass(frozen=True)
class _Tail:
    """One tail of a column. `beyond` and `present`, shape (holdout, synthetic, train; groups): how many numbers lie
    beyond its quantile, and how many there are; `reach`: how far out the synthetic tail reaches, 1 as far as the
    holdout's, NaN where that can't be said."""

    name: str
    upper: bool
    beyond: Floats
    present: Floats
    reach: float

    @property
    def shares(self) -> Floats:
        """Of holdout, synthetic and train numbers the share that lies beyond."""
        shares: Floats = self.beyond.sum(1) / np.maximum(self.present.sum(1), 1)
        return shares

    def error(self, other: int) -> float:
        """How far one of the tables is off."""
        return float(abs(self.shares[other] / self.shares[0] - 1))

    def without(self, side: int) -> Floats:
        """How far the synthetic table is off without each group of the holdout (0) or of the synthetic rows (1)."""
        shares = np.repeat(self.shares[:2, None], GROUPS, axis=1)
        left = self.present[side].sum() - self.present[side]
        shares[side] = (self.beyond[side].sum() - self.beyond[side]) / np.maximum(left, 1)
        error: Floats = np.abs(shares[1] / np.maximum(shares[0], 1e-12) - 1)
        return error


def measure(aligned: Aligned) -> tuple[Finding, list[Exhibit]]:
    """How the tails of all numbers compare, and a table of them."""
    found = list(_tails(aligned))
    if not found:
        return unmeasured(_SUBJECT, sentence="No number has a tail: values are few or shared.", method=_METHOD), []
    value = float(np.mean([tail.error(1) for tail in found]))
    variance = sum(float(jackknife(np.mean([tail.without(side) for tail in found], axis=0))) for side in (0, 1))
    yardstick = float(np.mean([tail.error(2) for tail in found]))
    worst = max(found, key=lambda tail: tail.error(1) - tail.error(2))
    real, synthetic, _ = worst.shares
    sentence = (
        f"On average the share of customers in a tail is off by {value:.0%} of itself (real customers against each "
        f"other: {yardstick:.0%}); farthest beyond chance is the {'upper' if worst.upper else 'lower'} tail of "
        f"'{worst.name}': {synthetic:.2%} of synthetic customers where {real:.2%} of real ones lie."
    )
    figures = value, *around(value, variance, ceiling=float("inf"))
    return measured(_SUBJECT, figures, yardstick=yardstick, sentence=sentence, method=_METHOD), [_exhibit(found)]


def _exhibit(found: list[_Tail]) -> Exhibit:
    rows = [
        (tail.name, "upper" if tail.upper else "lower", *(float(share) for share in tail.shares), tail.reach)
        for tail in found
    ]
    return Exhibit(
        "faithful",
        "Tails of numbers",
        "The share of customers beyond the real 1 % or 99 % quantile, and how far from the middle the outermost "
        "thousandth of synthetic customers begins, where 1 is as far as that of real ones.",
        ("Column", "Tail", "Real", "Synthetic", "Other real", "Reach"),
        tuple(rows),
    )


def _tails(aligned: Aligned) -> Iterator[_Tail]:
    train, _, _ = yardstick_rows(aligned)
    owners = aligned.owners or tuple(np.arange(rows) for rows in aligned.rows)
    groups = [owners[1] % GROUPS, owners[2] % GROUPS, owners[0][: len(train[0])] % GROUPS]
    for j, feature in enumerate(aligned.features):
        if not feature.numeric:
            continue
        sides = [aligned.holdout[j], aligned.synthetic[j], train[j]]
        real, synthetic = (side[~np.isnan(side)] for side in sides[:2])
        if not len(real) or not len(synthetic):
            continue
        present = np.stack([_counted(~np.isnan(s), g) for s, g in zip(sides, groups, strict=True)])
        for upper in (False, True):
            bound = np.quantile(real, 1 - TAIL if upper else TAIL)
            beyond = [_counted(s > bound if upper else s < bound, g) for s, g in zip(sides, groups, strict=True)]
            if beyond[0].sum() >= max(aligned.min_count, LEAST_SHARE * len(real)):
                reach = _reach(real, synthetic, upper, max(EXTREME, aligned.min_count / len(real)))
                yield _Tail(feature.name, upper, np.stack(beyond), present, reach)


def _counted(rows: npt.NDArray[np.bool_], groups: Codes) -> Floats:
    return np.bincount(groups[rows], minlength=GROUPS).astype(np.float64)


def _reach(real: Any, synthetic: Any, upper: bool, beyond: float) -> float:
    """How far the synthetic quantile lies from the real median, over how far the real one does."""
    middle, level = np.median(real), 1 - beyond if upper else beyond
    far = float(np.quantile(real, level) - middle)
    return float(np.quantile(synthetic, level) - middle) / far if far else float("nan")
