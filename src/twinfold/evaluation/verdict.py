"""What a synthetic table may be used for: limits for each purpose, each with its reason, and the verdict they lead to.

A purpose is refused where a finding lies beyond its limit *and* the data show that it is no accident: its interval lies
beyond what real customers get. Measured too coarsely to see a harm, a finding is unknown; purposes outside the bank,
and models, are refused for that too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from twinfold.errors import OptionError, unknown_name
from twinfold.evaluation.finding import Finding, Purpose, Verdict

DEFAULT = "model-development"


@dataclass(frozen=True)
class Limit:
    """The worst acceptable value of a finding.

    Attributes:
        finding: its name.
        worst: the limit; where `beyond_yardstick`, the yardstick is added.
        reason: why this limit and no other.
        margin: how far beyond the yardstick the whole interval must lie for a failure.
        resolution: the widest half-interval with which a pass may be said; None where any will do.
        unknown_passes: whether the purpose stands where the finding could not be measured.
    """

    finding: str
    worst: float
    reason: str
    beyond_yardstick: bool = False
    margin: float = 0.0
    resolution: float | None = None
    unknown_passes: bool = False


@dataclass(frozen=True)
class Rule:
    """A purpose and its limits."""

    name: str
    title: str
    limits: tuple[Limit, ...]


def _excess(finding: str, worst: float, reason: str) -> Limit:
    return Limit(finding, worst, reason, beyond_yardstick=True, unknown_passes=True)


def _told_apart(worst: float, reason: str) -> Limit:
    return Limit("c2st_auc", worst, reason, margin=0.02)


def _copies(worst: float, reason: str) -> Limit:
    """With fewer rows than show a hundredth, nobody knows how many repeats are chance."""
    return Limit("exact_copies", worst, reason, beyond_yardstick=True, resolution=0.01)


def _attack(finding: str, worst: float, reason: str, *, resolution: float | None = None) -> Limit:
    """An attack's limit. A gain of less than a hundredth over a guess helps nobody, however surely it is measured;
    without a resolution the purpose stands where the attack can't be measured."""
    return Limit(finding, worst, reason, margin=0.01, resolution=resolution, unknown_passes=resolution is None)


def _histories(
    share: float,
    *,
    told_apart: float | None = None,
    copies: float,
    lag: float | None = None,
    broken: float,
    reason: str,
) -> tuple[Limit, ...]:
    """What several tables must keep besides: links whole, `share` of numbers of rows, times and transitions at most
    beyond real customers', and histories that repeat no learned one. Tables with few rows leave most of it unknown."""
    limits = [
        Limit("orphans", 0.0, "a row without a parent breaks what joins the tables", beyond_yardstick=True),
        Limit("null_links", 0.0, "so does a row that points nowhere", beyond_yardstick=True),
        Limit("repeated_keys", 0.0, "and a key given twice gives rows to two parents", beyond_yardstick=True),
        *(_excess(name, 2 * share, reason) for name in ("count_error", "none_error", "gap_error", "repeat_error")),
        *(_excess(name, share, reason) for name in ("transition_error", "parent_pair_error")),
        _excess("rules_broken", broken, "what always holds is checked by the systems that the rows go through"),
        _excess("copied_histories", copies, "a history is a fingerprint: what repeats one is a real customer"),
        _excess("copied_runs", 5 * copies, "so is a run of rows, though more often by chance"),
    ]
    if lag is not None:
        limits.append(_excess("lag1_gap", lag, reason))
    if told_apart is not None:
        limits.append(Limit("step_c2st_auc", told_apart, reason, margin=0.02, unknown_passes=True))
    return tuple(limits)


RULES: tuple[Rule, ...] = (
    Rule(
        "internal-testing",
        "internal testing",
        (
            _excess("shape_error", 0.05, "systems under test need plausible values, not exact shares"),
            _excess("pair_error", 0.05, "rules between fields must mostly hold for a test to get past validation"),
            _excess("missing_levels", 0.10, "nine in ten codes reach the branches that they are to exercise"),
            _excess("exact_copies", 0.001, "a tester must not see a real customer's row"),
            _attack("dcr_share", 0.65, "stays inside; rows may lean on real ones, not follow them"),
            _attack("outlier_mia_auc", 0.60, "the attacker would be a colleague, bound and logged"),
            _attack("outlier_mia_tpr", 0.10, "not one in ten unusual customers may be found for sure"),
            _attack("membership_auc", 0.60, "of several attacks the best, by a colleague, bound and logged"),
            _attack("membership_tpr", 0.10, "not one in ten unusual customers may be found for sure"),
            _attack("crowding", 10.0, "who is drawn ten times over can be recognised by whoever knows them"),
            *_histories(0.05, copies=0.001, broken=0.05, reason="histories must be plausible, not exact"),
        ),
    ),
    Rule(
        "model-development",
        "model development",
        (
            _excess("shape_error", 0.02, "features must be scaled, binned and capped as on real data"),
            _excess("worst_column_error", 0.05, "one broken feature is enough to break a model"),
            _excess("pair_error", 0.025, "a model is made of relations between columns"),
            _excess("missing_error", 0.02, "missing values carry risk: their share moves scores"),
            _excess("missing_levels", 0.02, "a level never seen in training can't be scored"),
            _told_apart(0.70, "what a strong classifier hardly finds, few models will learn"),
            Limit("utility", 0.95, "a twentieth of a model's power is the most to pay for safety", unknown_passes=True),
            _copies(0.001, "copies are real customers"),
            _attack("dcr_share", 0.60, "rows must not follow the learned customers", resolution=0.10),
            _attack("outlier_mia_auc", 0.55, "a tenth better than a guess is the most to grant", resolution=0.10),
            _attack("outlier_mia_tpr", 0.05, "one unusual customer in twenty found for sure is a leak"),
            _attack("membership_auc", 0.55, "a tenth better than a guess is the most to grant", resolution=0.10),
            _attack("membership_tpr", 0.05, "one unusual customer in twenty found for sure is a leak"),
            _attack("crowding", 10.0, "who is drawn ten times over can be recognised by whoever knows them"),
            *_histories(
                0.025,
                told_apart=0.70,
                copies=0.001,
                lag=0.10,
                broken=0.02,
                reason="models of behaviour learn what follows what",
            ),
        ),
    ),
    Rule(
        "sharing-with-a-partner",
        "sharing with a partner",
        (
            _excess("shape_error", 0.03, "a partner judges by shares and amounts"),
            _excess("worst_column_error", 0.06, "a partner can't ask the bank which column to mistrust"),
            _excess("pair_error", 0.03, "and by the relations that matter to a product"),
            _excess("missing_error", 0.02, "what is missing is taken for what customers left out"),
            _excess("missing_levels", 0.05, "what never comes out is taken for what the bank does not have"),
            _told_apart(0.65, "a partner has no real rows to set it right by"),
            _copies(0.0005, "no more repeats than chance gives"),
            _attack("dcr_share", 0.57, "outside the bank nobody can be bound to look away", resolution=0.05),
            _attack("outlier_mia_auc", 0.55, "the partner may know some of the same customers", resolution=0.07),
            _attack("outlier_mia_tpr", 0.04, "the least that a few hundred attacked records can show"),
            _attack("membership_auc", 0.55, "the partner may know some of the same customers", resolution=0.09),
            _attack("membership_tpr", 0.04, "the least that a few hundred attacked records can show"),
            _attack("crowding", 8.0, "who is drawn many times over can be recognised by whoever knows them"),
            *_histories(
                0.03,
                told_apart=0.65,
                copies=0.0005,
                lag=0.10,
                broken=0.02,
                reason="a partner has no real histories to set it right by",
            ),
        ),
    ),
    Rule(
        "publication",
        "publication",
        (
            _excess("shape_error", 0.02, "readers draw conclusions from shares"),
            _excess("worst_column_error", 0.05, "of any column, for nobody tells them which to leave alone"),
            _excess("pair_error", 0.025, "and from relations"),
            _excess("missing_error", 0.02, "and from what is missing"),
            _excess("missing_levels", 0.05, "and from what there is none of"),
            _told_apart(0.60, "what is published as like real customers must be, for nobody can check it"),
            _copies(0.0005, "what is published can't be taken back"),
            _attack("dcr_share", 0.54, "anyone may attack it, for ever", resolution=0.03),
            _attack("outlier_mia_auc", 0.53, "anyone may attack it, for ever", resolution=0.06),
            _attack("outlier_mia_tpr", 0.03, "anyone may attack it, for ever", resolution=0.05),
            _attack("membership_auc", 0.53, "anyone may attack it, for ever", resolution=0.08),
            _attack("membership_tpr", 0.03, "anyone may attack it, for ever", resolution=0.05),
            _attack("crowding", 6.0, "anyone who knows one person may look for them"),
            *_histories(
                0.025,
                told_apart=0.60,
                copies=0.0005,
                lag=0.07,
                broken=0.01,
                reason="readers draw conclusions from histories",
            ),
        ),
    ),
)

_PLAIN = {
    "shape_error": "columns have the wrong distributions",
    "worst_column_error": "one column has the wrong distribution",
    "pair_error": "columns don't hang together as they should",
    "missing_error": "values are missing where they should not be, or the reverse",
    "missing_levels": "categories are lost",
    "c2st_auc": "a classifier tells it from real customers",
    "utility": "models trained on it predict real customers worse",
    "exact_copies": "it repeats real customers",
    "dcr_share": "it follows real customers too closely",
    "outlier_mia_auc": "an attack tells which unusual customers were learned",
    "outlier_mia_tpr": "an attack finds some unusual customers for sure",
    "membership_auc": "the best of several attacks tells which unusual customers were learned",
    "membership_tpr": "the best of several attacks finds some unusual customers for sure",
    "crowding": "one customer is drawn again and again",
    "orphans": "rows have no parent",
    "null_links": "rows point nowhere",
    "repeated_keys": "keys are given twice",
    "count_error": "customers have the wrong numbers of rows",
    "none_error": "the wrong number of customers have no rows",
    "gap_error": "rows follow each other too soon or too late",
    "repeat_error": "values repeat too often or too seldom",
    "transition_error": "rows do not follow each other as they should",
    "lag1_gap": "numbers do not follow the row before as they should",
    "step_c2st_auc": "a classifier tells its histories from real ones",
    "parent_pair_error": "rows do not go with whose they are",
    "rules_broken": "it breaks rules that real rows keep",
    "copied_histories": "it repeats real histories",
    "copied_runs": "it repeats runs of real histories",
}


def rule(purpose: str) -> Rule:
    """The limits of a purpose. Raises `OptionError` where it has no such name."""
    for known in RULES:
        if known.name == purpose:
            return known
    raise OptionError(unknown_name("policy", purpose, (r.name for r in RULES)))


def judge(finding: Finding, limit: Limit) -> Finding:
    """A finding with its threshold and verdict under a limit.

    The threshold is the limit, or what chance alone gives around the yardstick where that is farther. A pass that was
    measured too coarsely to be worth anything is unknown, and the sentence says so.
    """
    if finding.verdict is Verdict.UNKNOWN:
        return finding
    sign = 1.0 if finding.better == "lower" else -1.0
    yardstick = finding.yardstick if finding.yardstick is not None else limit.worst
    worst = limit.worst + (yardstick if limit.beyond_yardstick else 0.0)
    chance = finding.value - finding.low if finding.better == "lower" else finding.high - finding.value
    threshold = sign * max(sign * worst, sign * yardstick + limit.margin + chance)
    if sign * (finding.value - threshold) > 0:
        return replace(finding, threshold=threshold, verdict=Verdict.FAIL)
    if limit.resolution is not None and (finding.high - finding.low) / 2 > limit.resolution:
        sentence = f"{finding.sentence} Too few rows to see a harm that matters here."
        return replace(finding, threshold=threshold, verdict=Verdict.UNKNOWN, sentence=sentence)
    return replace(finding, threshold=threshold, verdict=Verdict.PASS)


def judge_all(findings: Sequence[Finding], policy: str) -> tuple[Finding, ...]:
    """All findings under the limits of one purpose; those that it does not limit are information."""
    limits = {limit.finding: limit for limit in rule(policy).limits}
    return tuple(judge(f, limits[f.measure]) if f.measure in limits else f for f in findings)


def weigh(findings: Sequence[Finding]) -> tuple[Purpose, ...]:
    """What the table is fit for: each purpose with the findings that say no, failures before what could not be told."""
    return tuple(_weigh(known, findings) for known in RULES)


def _weigh(known: Rule, findings: Sequence[Finding]) -> Purpose:
    failed, untold = [], []
    for limit in known.limits:
        for finding in findings:
            if finding.measure != limit.finding:
                continue
            verdict = judge(finding, limit).verdict
            if verdict is Verdict.FAIL:
                failed.append(finding.name)
            elif verdict is Verdict.UNKNOWN and not limit.unknown_passes:
                untold.append(finding.name)
    return Purpose(known.name, known.title, not (failed or untold), (*failed, *untold))


def headline(purposes: Sequence[Purpose], findings: Sequence[Finding]) -> str:
    """The verdict in one sentence: what the table is fit for, what not, and the finding that weighs most.

    It says what was measured and never that no person can be found: no measurement shows that.
    """
    fit = [purpose.title for purpose in purposes if purpose.fit]
    unfit = [purpose for purpose in purposes if not purpose.fit]
    said = f"Fit for {_listed(fit)}" if fit else "Fit for none of the purposes"
    if not unfit:
        return f"{said}: no finding lies beyond its limit."
    why = _why(unfit, {finding.name: finding for finding in findings})
    return f"{said}{f', not for {_listed([p.title for p in unfit])}' if fit else ''}: {why}."


def _why(unfit: Sequence[Purpose], findings: dict[str, Finding]) -> str:
    """The gravest reason: of the first purpose that is refused, a safe finding before others, a failure before "
    "doubt."""
    limits = {limit.finding: limit for limit in rule(unfit[0].name).limits}
    judged = [judge(finding, limits[finding.measure]) for finding in map(findings.__getitem__, unfit[0].failing)]
    gravest = min(judged, key=lambda f: (f.verdict is not Verdict.FAIL, f.group != "safe"))
    table = gravest.name.rpartition(".")[0]
    plain = f"{_PLAIN[gravest.measure]}{f' (in {table})' if table else ''}"
    if gravest.verdict is Verdict.FAIL:
        return plain
    return f"there are too few rows to rule out that {plain}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
