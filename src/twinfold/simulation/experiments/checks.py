"""Checks: whether the lot was a lot. Where it was not, no lift means anything."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy import stats

from twinfold.behaviour.evidence import Assignment, Identification, check_assignment
from twinfold.behaviour.features import encode_all, learn_features
from twinfold.simulation.experiments.results import Results
from twinfold.simulation.experiments.specification import Experiment

ERROR = 0.001
"""The chance that a lot which went well is called broken, in each check (Fabijan et al. 2019 for ratios)."""

_NO_LOT = (Identification.OBSERVATIONAL, Identification.NOT_IDENTIFIED)


@dataclass(frozen=True)
class Checks:
    """What was checked before anything was judged.

    Attributes:
        assigned: by arm, how many customers it has; ratio_p: the p-value of shares as planned.
        missing: by arm, how many customers have no outcome; missing_p: the p-value of as many in each.
        balance: whether anything known before says who got which arm.
    """

    assigned: dict[str, int]
    planned: dict[str, float]
    ratio_p: float
    missing: dict[str, int]
    missing_p: float
    balance: Assignment

    @property
    def passed(self) -> bool:
        """Whether a conclusion may be drawn."""
        return not self.failures()

    def failures(self) -> list[str]:
        """What says that the lot was none, in plain words."""
        out = []
        if self.ratio_p < ERROR:
            shown = ", ".join(
                f"{arm} {count:,} for {self.planned[arm] * sum(self.assigned.values()):,.0f}"
                for arm, count in self.assigned.items()
            )
            out.append(
                f"Customers are not shared out as planned ({shown}; p = {self.ratio_p:.1g}): some were lost, or got in "
                "twice, by arm. Find out where before anything else."
            )
        if self.missing_p < ERROR:
            shown = ", ".join(f"{arm} {count:,}" for arm, count in self.missing.items())
            out.append(
                f"Outcomes are missing more often in some arms ({shown}; p = {self.missing_p:.1g}): who is left is no "
                "lot any more."
            )
        if self.balance.label in _NO_LOT and self.balance.tested and self.balance.p < ERROR:
            named = ", ".join(self.balance.imbalanced) or "what was known before"
            out.append(f"Arms are of other customers: which one they got goes with {named}. That was no lot.")
        return out

    def text(self) -> str:
        """In a few lines."""
        if failed := self.failures():
            return "\n".join(failed)
        lines = [f"Customers are shared out as planned (p = {self.ratio_p:.2g})."]
        if self.balance.tested and not self.balance.imbalanced:
            lines.append(f"Nothing of {self.balance.tested} columns known before says who got which arm.")
        elif self.balance.tested:
            lines.append(f"Arms differ a little in {', '.join(self.balance.imbalanced)}: adjust for that.")
        if sum(self.missing.values()):
            lines.append(f"{sum(self.missing.values()):,} customers without an outcome are left out.")
        return "\n".join(lines)

    def json(self) -> dict[str, Any]:
        """For a machine."""
        own = {key: value for key, value in asdict(self).items() if key != "balance"}
        return own | {"balance": self.balance.record(), "passed": self.passed, "failures": self.failures()}


def check_lot(results: Results, asked: Experiment) -> Checks:
    """Whether customers are shared out as planned, outcomes are missing alike, and arms are of the same customers."""
    counts, missing = results.assigned.astype(float), results.missing.astype(float)
    planned = np.array(asked.parts) * counts.sum()
    ratio = float(stats.chisquare(counts, planned).pvalue)
    lost = 1.0
    if missing.sum():
        lost = float(stats.chi2_contingency(np.stack([missing, counts - missing])).pvalue)
    return Checks(
        assigned=dict(zip(asked.labels, map(int, results.assigned), strict=True)),
        planned=dict(zip(asked.labels, asked.parts, strict=True)),
        ratio_p=ratio,
        missing=dict(zip(asked.labels, map(int, results.missing), strict=True)),
        missing_p=lost,
        balance=_balance(results, asked),
    )


def _balance(results: Results, asked: Experiment) -> Assignment:
    """Whether covariates and segments say who got which arm; of customers once, as their first row has them."""
    rows = np.arange(len(results.arm))
    if results.clusters is not None:
        rows = np.sort(np.unique(results.clusters, return_index=True)[1])
    frame, arm = results.frame[rows.tolist()], results.arm[rows]
    features = learn_features(frame, list(dict.fromkeys((*asked.covariates, *asked.segments))))
    known = {each.name: block for each, block in zip(features, encode_all(features, frame), strict=True)}
    dummies = np.stack([arm == place for place in asked.others], axis=1).astype(np.float64)
    return check_assignment(dummies, np.zeros(len(arm), np.int64), known, declared=True)
