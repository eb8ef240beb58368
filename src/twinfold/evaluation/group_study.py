"""Everything counted of the groups of one sensitive column, or of several crossed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation.alignment import Aligned
from twinfold.evaluation.distances import shape_errors
from twinfold.evaluation.fidelity import yardstick_rows
from twinfold.evaluation.gaps import Gap, differ, difference, rates, ratio, resample, retrain
from twinfold.evaluation.granting import Granted
from twinfold.evaluation.groups import Grouping, Outcome

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Booleans = npt.NDArray[np.bool_]

COMPARED, POSITIVE = 100, 30
"""Rows of each table, and holdout rows with the favourable outcome, from which on groups are compared."""


@dataclass(frozen=True)
class Study:
    """What was counted of K groups; where `draws` are given, of all rows first and then of resampled ones.

    Attributes:
        grouping: the groups.
        compared: which hold enough rows for figures to be more than chance, (K,).
        counts: of train, holdout and synthetic rows, (draws, K, 2): without and with the favourable outcome.
        shares: of train, holdout and synthetic rows in each group, (K,).
        representation: how far shares of synthetic rows are from the holdout's, (draws,); and those of train rows.
        shapes: the mean distance of other columns inside each group, its interval's ends, and the same of train rows,
            (K, 4); NaN of groups that are not compared.
        rightly: of holdout rows with the favourable outcome, the share that models trained on train and on synthetic
            rows grant it to, (2, K); NaN where these are too few, or there are no models.
        gaps: between groups, by the kind of the gap.
    """

    grouping: Grouping
    compared: Booleans
    counts: tuple[Floats, Floats, Floats]
    shares: tuple[Floats, Floats, Floats]
    representation: Floats
    representation_yardstick: float
    shapes: Floats
    rightly: Floats
    gaps: Mapping[str, Gap]

    @property
    def rates(self) -> tuple[Floats, Floats, Floats]:
        """Rates of the favourable outcome in train, holdout and synthetic rows, (draws, K)."""
        train, holdout, synthetic = map(rates, self.counts)
        return train, holdout, synthetic

    @property
    def impact(self) -> tuple[Floats, Floats] | None:
        """The lowest rate over the highest in holdout and in synthetic rows, (draws,); None without two groups."""
        if self.compared.sum() < 2:
            return None
        _, holdout, synthetic = (ratio(rate[:, self.compared]) for rate in self.rates)
        return holdout, synthetic


def study_groups(
    aligned: Aligned, grouping: Grouping, outcome: Outcome, granted: Granted | str, *, rng: np.random.Generator
) -> Study:
    """Count the groups; `granted` is what models decided, or why there are none."""
    groups, owners = len(grouping.labels), aligned.owners or (None, None, None)
    counted = [
        resample(3 * group + good + 1, 3 * (groups + 1), owner, rng).reshape(-1, groups + 1, 3)
        for group, good, owner in zip(grouping.codes, outcome.codes, owners, strict=True)
    ]
    train, holdout, synthetic = (each[:, :groups, 1:] for each in counted)
    shares = [each.sum(2) / each.sum((1, 2), keepdims=True)[..., 0] for each in counted]
    compared = np.min([each[0].sum(1) for each in (train, holdout, synthetic)], axis=0) >= COMPARED
    gaps: dict[str, Gap] = {}
    rightly = np.full((2, groups), np.nan)
    if compared.sum() > 1:
        sides = [rates(each[:, compared]) for each in (holdout, synthetic, train)]
        named = [label for label, some in zip(grouping.labels, compared, strict=True) if some]
        gaps["parity"] = _gap(grouping.name, named, holdout[0, compared].sum(1), sides)
    if isinstance(granted, Granted):
        owner = owners[1] if owners[1] is None else owners[1][granted.known]
        group, good = (codes[1][granted.known] for codes in (grouping.codes, outcome.codes))
        decided = _Decided(group, good == 1, owner, granted.decisions, groups)
        rightly = _model_gaps(grouping, compared, decided, gaps, rng)
    return Study(
        grouping,
        compared,
        (train, holdout, synthetic),
        (shares[0][0, :groups], shares[1][0, :groups], shares[2][0, :groups]),
        np.abs(shares[2] - shares[1]).sum(1) / 2,
        float(np.abs(shares[0] - shares[1])[0].sum() / 2),
        _shapes(aligned, grouping, compared),
        rightly,
        gaps,
    )


@dataclass(frozen=True)
class _Decided:
    """Holdout rows with a known outcome: their group, whether they hold it, whose they are, and who grants it to them.

    `decisions` as in `Granted`; `groups`: how many there are besides the one of rows that are not shown.
    """

    group: npt.NDArray[np.int64]
    good: Booleans
    owner: npt.NDArray[np.int64] | None
    decisions: Booleans
    groups: int

    def rates(self, some: Booleans, rng: np.random.Generator) -> tuple[Floats, Floats]:
        """How many of some rows, (rows,), each group holds, (K,), and the share granted: (2, draws, K)."""
        owner = None if self.owner is None else self.owner[some]
        first, second = self.decisions[:, 0, some].astype(np.int64)
        cells = 4 * self.group[some] + 2 * first + second
        counts = resample(cells, 4 * (self.groups + 1), owner, rng).reshape(-1, self.groups + 1, 2, 2)[:, :-1]
        both = []
        for own, parts in zip((counts.sum(3), counts.sum(2)), self.decisions[:, 1:, some], strict=True):
            each = [2 * self.group[some] + part for part in parts]
            by_part = rates(
                np.array([np.bincount(c, minlength=2 * self.groups + 2) for c in each]).reshape(len(parts), -1, 2)
            )[:, :-1]
            both.append(retrain(rates(own), by_part, rng))
        return counts[0].sum((1, 2)), np.array(both)


def _model_gaps(
    grouping: Grouping, compared: Booleans, decided: _Decided, gaps: dict[str, Gap], rng: np.random.Generator
) -> Floats:
    """Put the gaps between groups in what models grant; and give what they grant rightly, (2, K)."""
    rightly = np.full((2, len(compared)), np.nan)
    for kind, some in (("model_parity", np.full(len(decided.good), True)), ("opportunity", decided.good)):
        size, both = decided.rates(some, rng)
        enough = size >= (POSITIVE if kind == "opportunity" else COMPARED)
        if kind == "opportunity":
            rightly[:, enough] = both[:, 0, enough]
        which = enough & compared
        if which.sum() > 1:
            named = [label for label, good in zip(grouping.labels, which, strict=True) if good]
            gaps[kind] = _gap(grouping.name, named, size[which], list(both[:, :, which]))
    return rightly


def _gap(name: str, labels: Sequence[str], size: Floats, sides: Sequence[Floats]) -> Gap:
    """The gap between groups; `sides`: rates in real, in synthetic and, where they are, in train rows, (draws, K)."""
    real, synthetic = sides[:2]
    return Gap(
        name,
        difference(real),
        difference(synthetic),
        float(difference(sides[2])[0]) if len(sides) > 2 else None,
        differ(size, real),
        _ends(labels, real[0]),
        _ends(labels, synthetic[0]),
        len(labels),
    )


def _ends(labels: Sequence[str], rate: Floats) -> tuple[str, str]:
    """The groups with the lowest and the highest rate."""
    return labels[int(rate.argmin())], labels[int(rate.argmax())]


def _shapes(aligned: Aligned, grouping: Grouping, compared: Booleans) -> Floats:
    """How far the other columns are off inside each group that is compared; see `Study.shapes`."""
    out = np.full((len(compared), 4), np.nan)
    names = [feature.name for feature in aligned.features if feature.name not in grouping.columns]
    others = aligned.pick(names)
    for k in np.flatnonzero(compared):
        group = others.where([codes == k for codes in grouping.codes])
        train, owners, real_owners = yardstick_rows(group)
        errors = shape_errors(group.features, group.holdout, group.synthetic, owners=owners)
        if not np.isnan(errors.error).all():
            yardstick = shape_errors(group.features, group.holdout, train, owners=real_owners).error
            out[k] = *errors.mean(), np.nan_to_num(yardstick[~np.isnan(errors.error)]).mean()
    return out
