"""The whole evaluation: three tables in, findings, comparisons, purposes and a headline out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from twinfold.evaluation import comparison, discrimination, examples, fidelity, privacy, utility, verdict
from twinfold.evaluation.alignment import align
from twinfold.evaluation.customers import Asked, measure_customers
from twinfold.evaluation.finding import Evaluation
from twinfold.evaluation.policy.policy import DEFAULT, Policy
from twinfold.evaluation.policy.policy_file import read_policy
from twinfold.evaluation.shadows import attack
from twinfold.evaluation.tasks.curves import check_target, find_ways, learn_and_draw, measure_curves
from twinfold.evaluation.tasks.plights import EVERY
from twinfold.protocols import Progress, silent
from twinfold.synthesis.synthesizer import Synthesizer
from twinfold.tables.dataset import Dataset


def evaluate_tables(
    train: Dataset,
    holdout: Dataset,
    synthetic: Dataset,
    *,
    target: str | None = None,
    sensitive: Sequence[str] = (),
    favourable: str | None = None,
    tasks: bool = False,
    curves: bool = False,
    curves_with: Sequence[str] = (),
    synthesizer: Synthesizer | None = None,
    shadows: int = 0,
    policy: Policy | str | Path = DEFAULT,
    seed: int = 0,
    progress: Progress = silent,
    provenance: Mapping[str, Any] | None = None,
) -> Evaluation:
    """Judge a synthetic table: is it faithful, useful, safe, and what is it fit for?

    Args:
        train: the rows that were learned, one table.
        holdout: real rows that were not, best as many. Fewer than 100 leave most findings unknown.
        synthetic: the rows to judge, any number; columns as in `train`.
        target: the column that a model shall predict; None leaves usefulness unmeasured, and says so.
        sensitive: columns whose groups are compared by the target; none leaves fairness unmeasured.
        favourable: the level of the target that one may wish for; None: the second of two levels, in order.
        tasks: whether to try models in the tasks that banks have for them: scoring, deciding, ranking, segments; it
            takes about five times as long as all else.
        curves: whether to ask when synthetic rows help models beside real ones that are few, mislabelled or one-sided,
            for a target of two levels, of a single table. Some fifty models of parts of the train rows are fitted for
            that, which takes minutes.
        curves_with: more engines, and methods of `augment`, whose rows are tried in the curves: ("gan", "mixup").
        synthesizer: the model that the synthetic rows were drawn from, for the attacks that need one.
        shadows: how many shadow models to fit as it was fitted; 0 for no such attack.
        policy: the purpose whose limits the findings are shown under, as `read_policy` takes it. All purposes are
            judged, whichever it is.
        seed: of the random draws of rows; the same seed gives the same findings.
        progress: told of each stage.
        provenance: what the report says about where the tables came from, in display order.

    Raises:
        DataError: a table has no rows, lacks a column, is one of several, or holds no column that was learned; the
            holdout stands in the train table.
        OptionError: no such target, column, level or policy; PolicyError: a policy file that can't be used.
    """
    policy = read_policy(policy)
    streams = np.random.default_rng(seed).spawn(6)
    progress("comparing columns", 0.0)
    aligned = align(train, holdout, synthetic, rng=streams[0])
    utility.check_target(aligned, target)
    asked = Asked(target, tuple(sensitive), favourable, tasks)
    asked.check(aligned)
    ways = {}
    if curves:
        check_target(train, target)
        assert target is not None
        ways = find_ways(train, target, curves_with)
    privacy.check_holdout(train, holdout, synthetic, rng=streams[4])
    compared = fidelity.compare(aligned, rng=streams[1], progress=progress)
    found = measure_customers(aligned, aligned, asked, rng=streams[5], seed=seed, progress=progress)
    if curves and target is not None:
        draw = learn_and_draw(train, target)
        found.take(
            measure_curves(train, holdout, target, draw, others=ways, plights=EVERY, seed=seed, progress=progress)
        )
    if synthesizer is not None and shadows:
        attacked = attack(synthesizer, train, holdout, synthetic, shadows=shadows, seed=seed, progress=progress)
        found.add(*attacked)
    told_apart = discrimination.measure(aligned, seed=seed, progress=progress)
    findings = [
        *fidelity.measure(aligned, compared),
        told_apart,
        *utility.measure(aligned, target, rng=streams[2], seed=seed, progress=progress),
        *privacy.measure(aligned, train, holdout, synthetic, rng=streams[3], progress=progress),
        *found.findings,
    ]
    purposes = verdict.weigh(findings, policy)
    judged = verdict.judge_all(findings, policy)
    notes = [*verdict.note_policy(findings, policy, linked=False), *privacy.note_rare_levels(train, synthetic)]
    notes += [*aligned.notes, *compared.notes, *discrimination.note_unlike(told_apart)]
    if target is None:
        notes.append("No target was named, so whether models can be trained on it was not measured.")
    return Evaluation(
        headline=verdict.headline(purposes, findings, policy),
        purposes=purposes,
        findings=judged,
        columns=comparison.compare_columns(aligned, compared),
        pairs=comparison.compare_pairs(aligned, compared),
        provenance=dict(provenance or {}),
        notes=tuple(notes),
        exhibits=tuple(found.exhibits),
        charts=tuple(found.charts),
        examples=examples.choose(train, synthetic, seed=seed),
        policy=policy,
    )
