"""The gate: whether a table is released under its policy, what speaks against it, and how a model's history says so."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from twinfold.evaluation.finding import Evaluation, Finding, Purpose
from twinfold.evaluation.policy.policy import Limit
from twinfold.evaluation.verdict import explain
from twinfold.synthesis.linked import LinkedSynthesizer
from twinfold.synthesis.release import EVALUATED
from twinfold.synthesis.synthesizer import Synthesizer

_COMPARED = ("data", "train", "holdout", "synthetic")


@dataclass(frozen=True)
class Evidence:
    """A limit of the policy's purpose that refuses a table, and the finding that does not keep it; None where it was
    required and not measured. `plain` says what is so, or was not shown."""

    limit: Limit
    plain: str
    finding: Finding | None


def find_evidence(evaluation: Evaluation) -> list[Evidence]:
    """What refuses a table under its policy, failures first; nothing where it is released, or has no policy."""
    policy = evaluation.policy
    if policy is None:
        return []
    findings = {finding.name: finding for finding in evaluation.findings}
    found = []
    for name in _judged(evaluation).failing:
        limit = policy.rule.limit(name.rpartition(".")[2])
        assert limit is not None  # a purpose fails on what it limits
        found.append(Evidence(limit, policy.kinds[limit.finding].plain, findings.get(name)))
    return found


def _judged(evaluation: Evaluation) -> Purpose:
    """The purpose whose verdict counts."""
    assert evaluation.policy is not None
    return next(purpose for purpose in evaluation.purposes if purpose.name == evaluation.policy.purpose)


def record_evaluation(evaluation: Evaluation) -> dict[str, Any]:
    """What was found, and the verdict under the policy, as a record of a model's history."""
    policy, provenance = evaluation.policy, evaluation.provenance
    assert policy is not None  # every evaluation of ours has one
    because = "" if evaluation.released else explain(_judged(evaluation), evaluation.findings, policy)
    record = {
        "event": EVALUATED,
        "headline": evaluation.headline,
        "released": evaluation.released,
        "because": because,
        "policy": {key: value for key, value in policy.json().items() if key != "limits"},
        "refused_by": [_as_record(each) for each in find_evidence(evaluation)],
        "fit_for": [purpose.name for purpose in evaluation.purposes if purpose.fit],
        "findings": {finding.name: finding.value for finding in evaluation.findings if math.isfinite(finding.value)},
        **{name: provenance[name] for name in _COMPARED if name in provenance},
    }
    plain: dict[str, Any] = json.loads(json.dumps(record, ensure_ascii=False).encode(errors="replace"))
    return plain  # a file's name may hold bytes that are no text


def with_evaluation(
    synthesizer: Synthesizer | LinkedSynthesizer, evaluation: Evaluation
) -> Synthesizer | LinkedSynthesizer:
    """The synthesizer with what was found about it, or about a model of the same making, recorded in its history.

    Where its policy refuses it, no rows are drawn from it any more.
    """
    history = (*synthesizer.history, record_evaluation(evaluation))
    return replace(synthesizer, evaluation=evaluation, history=history)


def _as_record(evidence: Evidence) -> Mapping[str, Any]:
    figures = {} if evidence.finding is None else vars(evidence.finding)
    return {
        "finding": evidence.limit.finding if evidence.finding is None else evidence.finding.name,
        "verdict": "missing" if evidence.finding is None else str(evidence.finding.verdict),
        **{key: _finite(figures.get(key)) for key in ("value", "low", "high", "yardstick", "threshold")},
        "reason": evidence.limit.reason,
    }


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
