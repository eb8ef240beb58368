"""Safe? All attacks on a table, and none of what is asked besides: of rows that are not meant to be faithful."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from twinfold.evaluation import games, membership, near_copies, privacy, verdict
from twinfold.evaluation.alignment import align
from twinfold.evaluation.finding import Evaluation
from twinfold.evaluation.policy.policy import Policy
from twinfold.protocols import Progress, silent
from twinfold.tables.dataset import Dataset


def attack_table(
    train: Dataset,
    holdout: Dataset,
    synthetic: Dataset,
    *,
    policy: Policy,
    seed: int,
    progress: Progress = silent,
    provenance: Mapping[str, Any] | None = None,
) -> Evaluation:
    """What `evaluate_tables` finds of a table's safety, judged under the safe limits of a policy alone.

    Args:
        train: the rows that the synthetic ones were made of, one table.
        holdout: real rows that they were not made of, best as many. Fewer than 100 leave most findings unknown, which
            most policies do not accept.
        synthetic: the rows to judge, any number.
        policy: the purpose, and what it accepts.
        seed: of the random draws of rows; the same seed gives the same findings.
        progress: told of each stage.
        provenance: what is said about where the tables came from.

    Raises `DataError` as `evaluate_tables`.
    """
    streams = np.random.default_rng(seed).spawn(5)
    aligned = align(train, holdout, synthetic, rng=streams[0])
    privacy.check_holdout(train, holdout, synthetic, rng=streams[1])
    findings = privacy.measure(aligned, train, holdout, synthetic, rng=streams[2], progress=progress)
    findings += membership.measure(aligned, rng=streams[3], seed=seed, progress=progress)[0]
    findings += near_copies.measure(aligned, progress=progress)[0]
    findings += games.measure(aligned, rng=streams[4], progress=progress)[0]
    limits = _safe_limits(policy)
    purposes = verdict.weigh(findings, limits)
    return Evaluation(
        headline=verdict.headline(purposes, findings, limits),
        purposes=purposes,
        findings=verdict.judge_all(findings, limits),
        columns=(),
        pairs=(),
        provenance=dict(provenance or {}),
        notes=privacy.note_rare_levels(train, synthetic),
        policy=limits,
    )


def _safe_limits(policy: Policy) -> Policy:
    """The policy without the limits on what is not a matter of safety."""
    rules = (
        replace(rule, limits=tuple(limit for limit in rule.limits if policy.kinds[limit.finding].group == "safe"))
        for rule in policy.rules
    )
    return replace(policy, rules=tuple(rules))
