"""The whole evaluation of linked tables: three sets of tables in, findings, comparisons and a headline out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from twinfold.errors import DataError, OptionError
from twinfold.evaluation import comparison, discrimination, fidelity, privacy, verdict
from twinfold.evaluation.alignment import ROWS, Aligned
from twinfold.evaluation.customers import Asked, measure_customers
from twinfold.evaluation.distances import Errors
from twinfold.evaluation.finding import (
    ColumnComparison,
    Evaluation,
    ExampleCustomer,
    Finding,
    Found,
    LinkComparison,
    PairComparison,
    RuleComparison,
    StepComparison,
    Subject,
    Verdict,
    measured,
)
from twinfold.evaluation.linked.copies import measure_copies
from twinfold.evaluation.linked.crossing import crossing_name, pair_rows
from twinfold.evaluation.linked.examples import choose_customers
from twinfold.evaluation.linked.family import ATTACKED, ATTACKED_ROWS, CUSTOMERS, Family, Member, gather
from twinfold.evaluation.linked.integrity import compare_links, measure_counts, measure_links
from twinfold.evaluation.linked.rules import compare_rules
from twinfold.evaluation.linked.shadows import attack_linked
from twinfold.evaluation.linked.steps import (
    STEPS,
    has_steps,
    measure_steps,
    shown_to_classifier,
)
from twinfold.evaluation.linked.usefulness import find_target, measure_usefulness
from twinfold.evaluation.linked.views import (
    align_views,
    choose_levels,
    thin,
    view_counts,
    view_customers,
    view_own,
    view_steps,
)
from twinfold.evaluation.policy.policy import DEFAULT, Policy
from twinfold.evaluation.policy.policy_file import read_policy
from twinfold.protocols import Progress, silent
from twinfold.synthesis.hierarchy import Forest, arrange
from twinfold.synthesis.linked import LinkedSynthesizer
from twinfold.tables.dataset import Dataset

_PAIRS = 12
_PARENT: Subject = ("parent_pair_error", "Rows and whose they are", "faithful")
_PARENT_METHOD = (
    "Mean over pairs of a column of a row, or the number of rows, and a column of its parent of the total variation "
    "distance to the holdout, each in at most eight bins; jackknife over groups of customers."
)


@dataclass
class _Found(Found):
    """What has been found so far of linked tables."""

    columns: list[ColumnComparison] = field(default_factory=list)
    pairs: list[PairComparison] = field(default_factory=list)
    histories: list[ColumnComparison] = field(default_factory=list)
    steps: list[StepComparison] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    links: Sequence[LinkComparison] = ()
    rules: Sequence[RuleComparison] = ()
    examples: tuple[ExampleCustomer, ...] = ()


def evaluate_linked(
    train: Dataset,
    holdout: Dataset,
    synthetic: Dataset,
    *,
    target: str | None = None,
    sensitive: Sequence[str] = (),
    favourable: str | None = None,
    tasks: bool = False,
    synthesizer: LinkedSynthesizer | None = None,
    shadows: int = 0,
    policy: Policy | str | Path = DEFAULT,
    seed: int = 0,
    progress: Progress = silent,
    provenance: Mapping[str, Any] | None = None,
) -> Evaluation:
    """Judge synthetic linked tables: do they hang together, are customers and their histories faithful and safe?

    Args:
        train: the tables that were learned, of which one holds the customers.
        holdout: the same tables of other real customers, best as many. Fewer than 100 leave most findings unknown.
        synthetic: the tables to judge, of any number of customers.
        target: a column that models shall predict, of the customers ("status") or of another table ("loan.status"),
            from all tables; None leaves usefulness unmeasured.
        sensitive: columns of the customers whose groups are compared by the target, another of their columns; none
            leaves fairness unmeasured.
        favourable: the level of the target that one may wish for; None: the second of two levels, in order.
        tasks: whether to try models in the tasks that banks have for them: scoring, deciding, ranking, segments; it
            takes about five times as long as all else.
        synthesizer: the model that the synthetic tables were drawn from, for the attacks that need one.
        shadows: how many shadow models to fit as it was fitted; 0 for no such attack.
        policy: the purpose whose limits the findings are shown under, as `read_policy` takes it. All purposes are
            judged, whichever it is.
        seed: of the random draws of customers; the same seed gives the same findings.
        progress: told of each stage.
        provenance: what the report says about where the tables came from, in display order.

    Raises:
        DataError: no link connects some tables, a table has no customers, or the holdout stands in the train tables.
        OptionError: no such target or policy; PolicyError: a policy file that can't be used.
    """
    policy = read_policy(policy)
    datasets = (train, holdout, synthetic)
    forest = arrange(train)
    progress("reading histories", 0.0)
    streams = np.random.default_rng(seed).spawn(3)
    trees = _gather_trees(datasets, forest, streams[0])
    whole = trees[0]
    aim = None if target is None else find_target(target, [member.table for member in whole[0].members.values()])
    links = compare_links(datasets, whole, forest)
    found = _Found(measure_links(links, datasets) if links else [], links=links)
    families = [family.first(CUSTOMERS) for family in whole]
    found.notes += _note_sizes(whole, families)
    levels, min_count = choose_levels(families[0], train.schema.min_count), train.schema.min_count
    views = [view_customers(family, levels) for family in families]
    privacy.check_holdout(*(view.dataset(min_count) for view in views), rng=streams[1])
    rng = streams[2]
    customers = align_views(views, min_count, rng)
    asked = _ask(aim, whole[0].root.table.name, Asked(target, tuple(sensitive), favourable, tasks))
    asked.check(customers)
    for tree in trees:
        some = families if tree is whole else [family.first(CUSTOMERS) for family in tree]
        _compare_tables(found, tree, some, min_count, rng, seed, progress)
    by_table = {name: every for every in trees for name in every[0].members}
    for name, link, pairs in pair_rows(by_table, forest):
        _compare_crossing(found, pairs, name, crossing_name(name, link), min_count, rng)
    found.findings.append(discrimination.measure(customers, seed=seed, progress=progress))
    if aim is not None:
        predicted = measure_usefulness(
            families, aim, levels, min_count, tasks=tasks, rng=rng, seed=seed, progress=_of(progress, aim[0])
        )
        found.take(predicted)
    found.rules, broken = compare_rules(families)
    found.findings += broken
    progress("attacking the release", 0.0)
    attacked = _attack(found, whole, families, customers, min_count, rng, progress)
    found.take(measure_customers(customers, attacked, asked, rng=rng, seed=seed, progress=progress))
    if synthesizer is not None and shadows:
        told: dict[str, Any] = {"shadows": shadows, "seed": seed, "progress": progress}
        found.add(*attack_linked(synthesizer, train, holdout, synthetic, forest.trees[0], levels, **told))
    for beside in trees[1:]:
        _attack_beside(found, beside, min_count, rng, progress)
    found.examples = choose_customers(whole[0], families[2], levels, seed=seed)
    return _conclude(found, policy, provenance or {})


def _conclude(found: _Found, policy: Policy, provenance: Mapping[str, Any]) -> Evaluation:
    """What was found, judged under a policy."""
    purposes = verdict.weigh(found.findings, policy)
    notes = [*verdict.note_policy(found.findings, policy, linked=True), *found.notes]
    return Evaluation(
        headline=verdict.headline(purposes, found.findings, policy),
        purposes=purposes,
        findings=verdict.judge_all(found.findings, policy),
        columns=tuple(found.columns),
        pairs=_choose_pairs(found.pairs),
        provenance=dict(provenance),
        notes=tuple(dict.fromkeys(notes)),
        links=tuple(found.links),
        histories=tuple(found.histories),
        steps=tuple(found.steps),
        rules=tuple(found.rules),
        exhibits=tuple(found.exhibits),
        charts=tuple(found.charts),
        examples=found.examples,
        policy=policy,
    )


def _ask(aim: tuple[str, str] | None, root: str, asked: Asked) -> Asked:
    """What is asked of customers, by a column of theirs: nothing by another table's.

    Raises `OptionError` where groups of customers are to be compared by such a column.
    """
    if aim is None:
        return asked
    if aim[0] == root:
        return replace(asked, target=aim[1])
    if asked.sensitive:
        raise OptionError(
            f"sensitive columns with target {'.'.join(aim)!r}: groups are of {root}, and so must the target be; name "
            f"a column of {root}, or leave out the sensitive ones"
        )
    return replace(asked, target=None)


def _gather_trees(
    datasets: tuple[Dataset, Dataset, Dataset], forest: Forest, rng: np.random.Generator
) -> list[list[Family]]:
    """By tree, the customers' first, its tables of each side. Raises `DataError` where nothing hangs on anybody."""
    for side, dataset in zip(("train", "holdout", "synthetic"), datasets, strict=True):
        for tree in forest.trees:
            if not dataset.tables[tree.root.name].height:
                raise DataError(f"the {side} table {tree.root.name} has no rows; give one with at least 100")
    return [[gather(dataset, tree.root, list(tree.branches), rng=rng) for dataset in datasets] for tree in forest.trees]


def _compare_tables(
    found: _Found,
    whole: Sequence[Family],
    families: Sequence[Family],
    min_count: int,
    rng: np.random.Generator,
    seed: int,
    progress: Progress,
) -> None:
    """The tables of a tree one by one, and how their rows hang on others; `families` hold some of all, `whole`."""
    for name, member in families[0].members.items():
        _compare_columns(found, families, name, min_count, rng, _of(progress, name))
        found.notes += _note_rare_levels(whole[0].members[name], whole[2].members[name], min_count)
        if member.parent:
            _compare_history(found, families, name, min_count, rng, seed, _of(progress, name))


def _compare_crossing(
    found: _Found, pairs: Sequence[Family], name: str, called: str, min_count: int, rng: np.random.Generator
) -> None:
    """How many rows point to each of what they may point to, and what these say of each other."""
    members = [pair.members[name] for pair in pairs]
    counts = align_views([view_counts(p, m) for p, m in zip(pairs, members, strict=True)], min_count, rng)
    findings, drawn = measure_counts(counts, called, members[0].parent, rng=rng)
    found.findings += findings
    found.histories.append(drawn)
    if all(member.frame.height for member in members):
        rows = align_views([view_steps(p, name, thin(p.members[name], rng)) for p in pairs], min_count, rng)
        own = [column.name for column in members[0].columns]
        told = _measure_parent(found, rows, counts, own, members[0], rng)
        found.findings += [finding.about(called) for finding in told]


def _attack_beside(
    found: _Found, tree: Sequence[Family], min_count: int, rng: np.random.Generator, progress: Progress
) -> None:
    """What a table that hangs on no customer gives away of its rows, where the holdout has others."""
    name = tree[0].root.table.name
    if not tree[0].root.columns:
        return
    views = [view_own(family.root) for family in tree]
    own = [view.dataset(min_count) for view in views]
    try:
        privacy.check_holdout(own[0], own[1], own[2], rng=rng)
    except DataError:
        found.notes.append(
            f"{name}: train and holdout have the same rows there, as of a catalogue, so that it can't be told whether "
            "the synthetic ones give any away."
        )
        return
    findings = [privacy.count_copies(own[0], own[1], own[2])]
    findings += privacy.attack(align_views(views, min_count, rng), rng=rng, progress=progress)
    found.findings += [finding.about(name) for finding in findings]


def _of(progress: Progress, table: str) -> Progress:
    def tell(stage: str, done: float) -> None:
        progress(f"{stage} ({table})", done)

    return tell


def _note_sizes(whole: Sequence[Family], families: Sequence[Family]) -> list[str]:
    return [
        f"{every.customers:,} {side} customers: figures come from {some.customers:,} of them, drawn at random; links "
        "and copies from all."
        for side, every, some in zip(("train", "holdout", "synthetic"), whole, families, strict=True)
        if some.customers < every.customers
    ]


def _compare_columns(
    found: _Found, families: Sequence[Family], name: str, min_count: int, rng: np.random.Generator, progress: Progress
) -> None:
    """A table's columns one by one and two by two, as of a single table; rows of a customer count as one."""
    members = [family.members[name] for family in families]
    if not members[0].columns:
        return
    empty = [side for side, m in zip(("train", "holdout", "synthetic"), members, strict=True) if not m.frame.height]
    if empty:
        found.notes.append(f"{name}: no {' and no '.join(empty)} rows, so that its columns could not be compared.")
        return
    views = [view_own(member, thin(member, rng)) for member in members]
    aligned = align_views(views, min_count, rng)
    compared = fidelity.compare(aligned, rng=rng, progress=progress)
    told = [finding for finding in fidelity.measure(aligned, compared) if finding.verdict is not Verdict.UNKNOWN]
    found.findings += [finding.about(name) for finding in told]  # of a table without categories nothing is expected
    found.columns += comparison.compare_columns(aligned, compared, table=name)
    found.pairs += comparison.compare_pairs(aligned, compared, table=name)
    found.notes += [f"{name}: {note}" for note in compared.notes]
    found.notes += [
        f"{name}: {member.frame.height:,} {side} rows: figures come from {ROWS:,} of them, drawn at random."
        for side, member in zip(("train", "holdout", "synthetic"), members, strict=True)
        if member.frame.height > ROWS
    ]


def _note_rare_levels(train: Member, synthetic: Member, min_count: int) -> tuple[str, ...]:
    if not train.columns:
        return ()
    real, released = (view_own(member).dataset(min_count) for member in (train, synthetic))
    return privacy.note_rare_levels(real, released, owners=train.owner, table=train.table.name)


def _compare_history(
    found: _Found,
    families: Sequence[Family],
    name: str,
    min_count: int,
    rng: np.random.Generator,
    seed: int,
    progress: Progress,
) -> None:
    """How many rows of a child table its parents have, what they say of it, and how its rows follow each other."""
    members = [family.members[name] for family in families]
    counts = align_views([view_counts(f, m) for f, m in zip(families, members, strict=True)], min_count, rng)
    if not members[0].alone:
        findings, drawn = measure_counts(counts, name, members[0].parent, rng=rng)
        found.findings += findings
        found.histories.append(drawn)
    if not all(member.frame.height for member in members):
        return
    views = [view_steps(family, name, thin(family.members[name], rng)) for family in families]
    steps = align_views(views, min_count, rng)
    own = [column.name for column in members[0].columns]
    found.findings += [finding.about(name) for finding in _measure_parent(found, steps, counts, own, members[0], rng)]
    if not own or not has_steps(steps):
        return
    told = measure_steps(steps, members[0], rng=rng)
    found.findings += told.findings
    found.histories.append(told.gaps)
    found.steps += told.columns
    shown = shown_to_classifier(steps)
    apart = discrimination.measure(shown, named=STEPS, shown="row with the one before it", seed=seed, progress=progress)
    found.findings.append(apart.about(name))


def _measure_parent(
    found: _Found, rows: Aligned, counts: Aligned, own: Sequence[str], member: Member, rng: np.random.Generator
) -> list[Finding]:
    """How the columns of rows, and their number, go with the columns of their parents."""
    parents = [feature.name for feature in rows.features if feature.name.startswith(f"{member.parent}.")]
    if not parents:
        return []
    both = rows.pick([*parents, *own])
    across = [(a, len(parents) + b) for a in range(len(parents)) for b in range(len(own))]
    numbers = [(j, len(counts.features) - 1) for j in range(len(counts.features) - 1)]
    compared = [(both, fidelity.compare(both, rng=rng, pairs=across))]
    if not member.alone:
        compared.append((counts, fidelity.compare(counts, rng=rng, pairs=numbers)))
    joints = [each.joints for _, each in compared]
    errors = np.concatenate([each.error for each in joints])
    if not len(errors):
        return []
    real, other = (np.concatenate([each.without[side] for each in joints], axis=1) for side in (0, 1))
    yardsticks = np.concatenate([each.joints_yardstick for _, each in compared])
    found.pairs += comparison.compare_pairs(both, compared[0][1], table=member.table.name)
    figures, yardstick = Errors(errors, (real, other)).mean(), float(yardsticks.mean())
    names = [f"'{a.features[i].name}' with '{a.features[j].name}'" for a, each in compared for i, j in each.pairs]
    sentence = (
        f"A row with a column of its parent is off by {figures[0]:.1%} on average (real customers against each other: "
        f"{yardstick:.1%}); {names[int((errors - yardsticks).argmax())]} most."
    )
    return [measured(_PARENT, figures, yardstick=yardstick, sentence=sentence, method=_PARENT_METHOD)]


def _attack(
    found: _Found,
    whole: Sequence[Family],
    families: Sequence[Family],
    customers: Aligned,
    min_count: int,
    rng: np.random.Generator,
    progress: Progress,
) -> Aligned:
    """What the tables give away of customers: copies of what they are and have, and attacks on all of it together.

    Returns the customers who were attacked.
    """
    if whole[0].root.columns:
        own = [view_own(family.root).dataset(min_count) for family in whole]
        found.findings.append(privacy.count_copies(own[0], own[1], own[2]))
    for member in whole[0].children:
        if not member.alone:
            copies = measure_copies(whole[0], whole[1], whole[2], member.table.name)
            found.findings += [finding.about(member.table.name) for finding in copies]
    masks = [family.histories() >= ATTACKED_ROWS for family in families]
    if min(int(mask.sum()) for mask in masks) >= ATTACKED:
        customers = customers.where(masks)
        found.notes.append(
            f"The attacks are on customers with {ATTACKED_ROWS} rows or more in tables that hang on them."
        )
    found.findings += privacy.attack(customers, rng=rng, progress=progress)
    return customers


def _choose_pairs(pairs: Sequence[PairComparison]) -> tuple[PairComparison, ...]:
    """Of all tables' pairs, those that fit worst, and those that hang together most."""
    worst = sorted(pairs, key=lambda pair: pair.yardstick - pair.error)[: _PAIRS // 2]
    rest = sorted((pair for pair in pairs if pair not in worst), key=lambda pair: -pair.strength)
    return (*worst, *rest[: _PAIRS - len(worst)])
