"""Groups and the gaps between them as tables, real rows beside synthetic ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twinfold.evaluation.finding import Exhibit
from twinfold.evaluation.gaps import Gap, figures
from twinfold.evaluation.group_study import Study
from twinfold.evaluation.groups import Outcome
from twinfold.evaluation.intervals import clopper_pearson

_GAPS = ("Groups by", "Groups", "Gap in", "Real", "Synthetic", "from", "to", "Times as wide", "from", "to")
_GROUP = (
    *("Group", "Real rows", "Share, real", "Share, synthetic"),
    *("Rate, real", "from", "to", "Rate, synthetic", "from", "to"),
    *("Granted rightly, trained on real", "Granted rightly, trained on synthetic"),
    *("Columns off, real", "Columns off, synthetic"),
)


def show_gaps(gaps: Sequence[tuple[str, Gap]], outcome: Outcome) -> Exhibit:
    """All gaps, each with where it is: real, synthetic, and the one over the other, with intervals."""
    rows: list[tuple[str | float, ...]] = []
    for where, gap in gaps:
        wider = figures(gap.amplification) if gap.told else (np.nan,) * 3
        rows.append((gap.name, float(gap.groups), where, float(gap.real[0]), *figures(gap.synthetic), *wider))
    sentence = (
        f"How far groups are apart in {outcome.name}, the highest less the lowest, in real and in synthetic rows and "
        "in models trained on either. A real gap that is no more than chance has nothing that could widen."
    )
    return Exhibit("fair", "Gaps between groups", sentence, _GAPS, tuple(rows))


def show_groups(study: Study, outcome: Outcome) -> Exhibit:
    """Each group that is shown: how large, how often it has the outcome, what models grant it, how well it is known."""
    _, real, synthetic = study.counts
    rows: list[tuple[str | float, ...]] = []
    for k, label in enumerate(study.grouping.labels):
        rates = [_rate(counts[0, k]) for counts in (real, synthetic)]
        shares = (float(study.shares[side][k]) for side in (1, 2))
        rightly = (float(share) for share in study.rightly[:, k])
        columns_off = float(study.shapes[k, 3]), float(study.shapes[k, 0])
        held = float(real[0, k].sum())
        rows.append((label, held, *shares, *rates[0], *rates[1], *rightly, *columns_off))
    sentence = (
        f"Each group's share of all rows, its rate of {outcome.name}, the share of those with it whom a model grants "
        "it, and how far its other columns are off. Groups of few rows are not shown, or not compared."
    )
    title = f"Groups by {study.grouping.name}"
    return Exhibit("fair", title, sentence, _GROUP, tuple(rows), counts=(1,), shares=(2,))


def _rate(counts: np.ndarray) -> tuple[float, float, float]:
    """A rate and its exact interval, from the rows without and with."""
    without, having = map(int, counts)
    if not without + having:
        return float("nan"), float("nan"), float("nan")
    return having / (without + having), *clopper_pearson(having, without + having)
