"""Everything counted of the groups of one sensitive column, or of several crossed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from twinfold.evaluation.alignment import Aligned
from twinfold.evaluation.distances import shape_errors
from twinfold.evaluation.fidelity import yardstick_rows
from twinfold.evaluation.gaps import Gap, differ, difference, rates, ratio, resample
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
        granted: holdout rows by the model trained on train rows, on synthetic ones, (2, draws, K, 2, 2): without and
            with the favourable outcome, not granted it and granted; None where there are no models.
        gaps: between groups, by the kind of the gap.
    """

    grouping: Grouping
    compared: Booleans
    counts: tuple[Floats, Floats, Floats]
    shares: tuple[Floats, Floats, Floats]
    representation: Floats
    representation_yardstick: float
    shapes: Floats
    granted: Floats | None
    gaps: Mapping[str, Gap]

    @property
    def rates(self) -> tuple[Floats, Floats, Floats]:
        """Rates of the favourable outcome in train, holdout and synthetic rows, (draws, K)."""
        train, holdout, synthetic = map(rates, self.counts)
        return train, holdout, synthetic

    @property
    def opportunity(self) -> Floats:
        """What share of those with the favourable outcome each model grants it to, (2, K); NaN of too few."""
        if self.granted is None:
            return np.full((2, len(self.compared)), np.nan)
        of = self.granted[:, 0, :, 1]
        return np.where(of.sum(-1) >= POSITIVE, rates(of), np.nan)

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
    decided = None
    if isinstance(granted, Granted):
        owner = owners[1] if owners[1] is None else owners[1][granted.known]
        decided = _decided(grouping, outcome, granted, owner, rng)
    return Study(
        grouping,
        compared,
        (train, holdout, synthetic),
        (shares[0][0, :groups], shares[1][0, :groups], shares[2][0, :groups]),
        np.abs(shares[2] - shares[1]).sum(1) / 2,
        float(np.abs(shares[0] - shares[1])[0].sum() / 2),
        _shapes(aligned, grouping, compared),
        decided,
        _gaps(grouping, compared, (train, holdout, synthetic), decided),
    )


def _decided(
    grouping: Grouping,
    outcome: Outcome,
    granted: Granted,
    owner: npt.NDArray[np.int64] | None,
    rng: np.random.Generator,
) -> Floats:
    """Holdout rows by group, outcome and what each model decides; see `Study.granted`."""
    groups = len(grouping.labels)
    first, second = granted.decisions.astype(np.int64)
    group, good = (codes[1][granted.known] for codes in (grouping.codes, outcome.codes))
    counts = resample(8 * group + 4 * good + 2 * first + second, 8 * (groups + 1), owner, rng)
    counts = counts.reshape(-1, groups + 1, 2, 2, 2)[:, :groups]
    return np.stack([counts.sum(4), counts.sum(3)])


def _gaps(
    grouping: Grouping, compared: Booleans, counts: tuple[Floats, Floats, Floats], granted: Floats | None
) -> dict[str, Gap]:
    """Gaps between groups: of rates in the rows, of what models grant, and of what they grant to those with it."""
    out: dict[str, Gap] = {}

    def put(kind: str, which: Booleans, real: Floats, synthetic: Floats, train: Floats | None = None) -> None:
        if which.sum() < 2:
            return
        labels = [grouping.labels[k] for k in np.flatnonzero(which)]
        ours, theirs = rates(real[:, which]), rates(synthetic[:, which])
        out[kind] = Gap(
            grouping.name,
            difference(ours),
            difference(theirs),
            None if train is None else float(difference(rates(train[0, which]))),
            differ(real[:, which]),
            _ends(labels, ours[0]),
            _ends(labels, theirs[0]),
            len(labels),
        )

    put("parity", compared, counts[1], counts[2], counts[0])
    if granted is not None:
        put("model_parity", compared, granted[0].sum(2), granted[1].sum(2))
        enough = compared & (granted[0, 0, :, 1].sum(1) >= POSITIVE)
        put("opportunity", enough, granted[0, :, :, 1], granted[1, :, :, 1])
    return out


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
