"""What a synthetic table may be used for: limits for each purpose, each with its reason, and the verdict they lead to.

A purpose is refused where a finding lies beyond its limit *and* the data show that it is no accident: its interval lies
beyond what real customers get. Measured too coarsely to see a harm, a finding is unknown; purposes outside the bank,
and models, are refused for that too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from scipy.stats import norm

from twinfold.evaluation.finding import Finding, Purpose, Verdict
from twinfold.evaluation.policy.policy import Limit, Policy, Rule
from twinfold.evaluation.report.wording import listed

TAIL = 0.025
"""The chance that a finding about real customers lies beyond its interval, on the side that is bad."""


def judge(finding: Finding, limit: Limit, *, among: int = 1) -> Finding:
    """A finding with its threshold and verdict under a limit.

    The threshold is the limit, or what chance alone gives around the yardstick where that is farther. A pass that was
    measured too coarsely to be worth anything is unknown, and the sentence says so.

    Args:
        finding: it; limit: on it.
        among: how many findings are judged any of which would refuse: the more, the farther one of them lies out by
            chance alone.
    """
    if finding.verdict is Verdict.UNKNOWN:
        return finding
    sign = 1.0 if finding.better == "lower" else -1.0
    yardstick = finding.yardstick if finding.yardstick is not None else limit.worst
    worst = limit.worst + (yardstick if limit.beyond_yardstick else 0.0)
    chance = finding.value - finding.low if finding.better == "lower" else finding.high - finding.value
    chance *= farthest(among)
    threshold = sign * max(sign * worst, sign * yardstick + limit.margin + chance)
    if sign * (finding.value - threshold) > 0:
        return replace(finding, threshold=threshold, verdict=Verdict.FAIL)
    if limit.resolution is not None and (finding.high - finding.low) / 2 > limit.resolution:
        sentence = f"{finding.sentence} Too few rows to see a harm that matters here."
        return replace(finding, threshold=threshold, verdict=Verdict.UNKNOWN, sentence=sentence)
    return replace(finding, threshold=threshold, verdict=Verdict.PASS)


def farthest(among: int) -> float:
    """How much farther than one finding the farthest of several lies out by chance, in 97.5 of 100 evaluations
    (Bonferroni, which asks nothing of how they hang together; of a normal law).

    >>> [round(farthest(among), 2) for among in (1, 12)]
    [1.0, 1.46]
    """
    return float(norm.ppf(1 - TAIL / max(among, 1)) / norm.ppf(1 - TAIL))


def judge_all(findings: Sequence[Finding], policy: Policy) -> tuple[Finding, ...]:
    """All findings under the limits of the policy's purpose; those that it does not limit are information."""
    return _judge_all(findings, policy.rule)


def _judge_all(findings: Sequence[Finding], rule: Rule) -> tuple[Finding, ...]:
    """All findings under the limits of a rule. Any attack that succeeds refuses a table, so that safe findings are
    judged together: of a dozen that each come out beyond chance once in forty, one would in every third or fourth."""
    limits = {limit.finding: limit for limit in rule.limits}
    safe = sum(f.group == "safe" and f.measure in limits and f.verdict is not Verdict.UNKNOWN for f in findings)
    return tuple(
        judge(f, limits[f.measure], among=safe if f.group == "safe" else 1) if f.measure in limits else f
        for f in findings
    )


def weigh(findings: Sequence[Finding], policy: Policy) -> tuple[Purpose, ...]:
    """What the table is fit for: each purpose with the findings that say no, failures before what could not be told,
    and that before what is required and was not measured."""
    return tuple(_weigh(rule, findings) for rule in policy.rules)


def _weigh(rule: Rule, findings: Sequence[Finding]) -> Purpose:
    failed, untold, missing = [], [], []
    judged = _judge_all(findings, rule)
    for limit in rule.limits:
        found = [finding for finding in judged if finding.measure == limit.finding]
        for finding in found:
            if finding.verdict is Verdict.FAIL:
                failed.append(finding.name)
            elif finding.verdict is Verdict.UNKNOWN and (limit.required or not limit.unknown_passes):
                untold.append(finding.name)
        if limit.required and not found:
            missing.append(limit.finding)
    failing = (*failed, *untold, *missing)
    return Purpose(rule.name, rule.title, not failing, failing)


def headline(purposes: Sequence[Purpose], findings: Sequence[Finding], policy: Policy) -> str:
    """The verdict in one sentence: what the table is fit for, what not, and the finding that weighs most.

    It says what was measured and never that no person can be found: no measurement shows that.
    """
    fit = [purpose.title for purpose in purposes if purpose.fit]
    unfit = [purpose for purpose in purposes if not purpose.fit]
    said = f"Fit for {listed(fit)}" if fit else "Fit for none of the purposes"
    if not unfit:
        return f"{said}: no finding lies beyond its limit."
    why = explain(unfit[0], findings, policy)
    return f"{said}{f', not for {listed([p.title for p in unfit])}' if fit else ''}: {why}."


def explain(unfit: Purpose, findings: Sequence[Finding], policy: Policy) -> str:
    """The gravest reason why a table is not fit for a purpose, in a few plain words: a safe finding before others, a
    failure before doubt, and doubt before what is missing."""
    judged = [each for each in _judge_all(findings, policy.rule_of(unfit.name)) if each.name in unfit.failing]
    if not judged:
        return f"it was not measured whether {policy.kinds[unfit.failing[0]].plain}"
    gravest = min(judged, key=lambda f: (f.verdict is not Verdict.FAIL, f.group != "safe"))
    table = gravest.name.rpartition(".")[0]
    plain = f"{policy.kinds[gravest.measure].plain}{f' (in {table})' if table else ''}"
    if gravest.verdict is Verdict.FAIL:
        return plain
    return f"there are too few rows to rule out that {plain}"


def note_policy(findings: Sequence[Finding], policy: Policy, *, linked: bool) -> list[str]:
    """What readers must know of a policy: safe limits that a file has loosened, and limits on what was not measured.

    That usefulness was not, since no target was named, is said by who was to measure it.
    """
    notes = []
    for rule in policy.rules:
        safe = [each.text() for each in policy.loosened if each.safe and each.purpose == rule.name]
        if safe:
            notes.append(f"{policy.source} loosens limits for {rule.title} that protect customers: {'; '.join(safe)}.")
    measured = {finding.measure for finding in findings}
    told = []
    for limit in policy.rule.limits:
        kind = policy.kinds[limit.finding]
        expected = limit.required or (kind.group != "useful" and (linked or not kind.linked))
        if expected and limit.finding not in measured:
            told.append(f"whether {kind.plain} ({limit.finding}{', required' if limit.required else ''})")
    if told:
        notes.append(f"Not measured, though {policy.rule.title} has a limit for it: {'; '.join(told)}.")
    return notes
