"""Shadow models of linked tables: what the way of learning gives away of customers by all that they are and have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from twinfold.evaluation.alignment import points
from twinfold.evaluation.finding import Exhibit, Finding, unmeasured
from twinfold.evaluation.likelihood_ratio import describe_attack
from twinfold.evaluation.linked.family import ATTACKED, ATTACKED_ROWS, CUSTOMERS, Family, gather
from twinfold.evaluation.linked.views import Levels, View, align_views, view_customers
from twinfold.evaluation.shadows import (
    BY_FILE,
    BY_ROWS,
    COMBINATIONS,
    DISTANCE,
    LEAST_TARGETS,
    LIKELIHOOD,
    TARGETS,
    budget_of,
    fit_all,
    judge_both,
)
from twinfold.privacy.combinations import choose_questions
from twinfold.privacy.membership import gather_records
from twinfold.privacy.neighbours import Points, nearest
from twinfold.protocols import Progress, silent
from twinfold.synthesis.hierarchy import Tree, take_customers
from twinfold.synthesis.linked import LinkedSynthesizer
from twinfold.synthesis.linked_learning import learn_linked
from twinfold.synthesis.linked_likelihood import log_likelihood_linked
from twinfold.tables.dataset import Dataset
from twinfold.tables.keys import find_places, values_of

if TYPE_CHECKING:
    import numpy.typing as npt

    Booleans = npt.NDArray[np.bool_]
    Floats = npt.NDArray[np.float64]

_SHARED_KEYS = (
    "Some keys stand in train and in holdout tables, so that both can't be put together; shadow models take tables "
    "whose keys are distinct."
)


def attack_linked(
    synthesizer: LinkedSynthesizer,
    train: Dataset,
    holdout: Dataset,
    synthetic: Dataset,
    tree: Tree,
    levels: Levels,
    *,
    shadows: int,
    seed: int = 0,
    progress: Progress = silent,
) -> tuple[list[Finding], list[Exhibit]]:
    """Attack a model of linked tables, and the rows that it made, with models of random halves of all real customers.

    A customer is attacked by all that they are and have: their own columns, and what their rows amount to; and, with
    the model at hand, by how likely it holds them to be with every row that they have.

    Args:
        synthesizer: the model that was made of `train`; its engine and budget make the shadows.
        train, holdout: the tables that it learned, and those of other customers.
        synthetic: tables that it drew.
        tree: the customers' table and what hangs on it; levels: of categories, those whose shares are told.
        shadows: how many models to fit: more are a sharper attack, and take as many fits.
        seed: of the halves and the fits.
        progress: told "fitting shadow models" from 0 to 1.
    """

    def not_attacked(why: str) -> tuple[list[Finding], list[Exhibit]]:
        asked = (BY_ROWS, BY_FILE)
        return [unmeasured(each.area, sentence=why, method=describe_attack(each.asked)) for each in asked], []

    rng = np.random.default_rng(seed)
    pooled = _pool(train, holdout, tree)
    if pooled is None:
        return not_attacked(_SHARED_KEYS)
    people = gather(pooled, tree.root, list(tree.branches), rng=rng)
    pooled = pooled.with_tables({tree.root.name: people.root.frame})  # a customer's place is the same in both
    learned = _are_in(people, train, tree)
    attacker = _Attacker(people.first(CUSTOMERS), levels, train.schema.min_count)
    targets, record = attacker.choose(learned)
    if len(targets) < LEAST_TARGETS:
        return not_attacked(f"Only {len(targets)} customers stand apart from all others: too few of them to attack.")
    of_target, attacked = record[targets], take_customers(pooled, tree, targets)

    def held_by(inside: Booleans) -> Booleans:
        """Whether a record under attack is one of customers inside, (targets,)."""
        held = np.zeros(record.max() + 1, np.bool_)
        held[record[inside[: len(record)]]] = True
        return held[of_target]

    def fit(number: int, check: Progress) -> tuple[Booleans, dict[str, Floats]]:
        inside = np.zeros(people.customers, np.bool_)
        chosen = np.random.default_rng([seed, number]).permutation(people.customers)[: people.customers // 2]
        inside[chosen] = True
        half = take_customers(pooled, tree, np.flatnonzero(inside))
        made = learn_linked(
            half,
            engine=synthesizer.engine or "auto",
            budget=budget_of(synthesizer.history),
            seed=seed + 1 + number,
            progress=check,
        )
        check("", 0.0)
        drawn = made.sample(round(made.rows * _many(synthetic, synthesizer)), seed=seed + 1 + number)
        made_up = _gathered(synthetic, drawn, tree, rng=np.random.default_rng(number))
        likely = {LIKELIHOOD: log_likelihood_linked(made, attacked.tables)}
        return held_by(inside), attacker.ask(made_up, targets) | likely

    said = fit_all(fit, shadows, progress)
    own = attacker.ask(_gathered(synthetic, synthetic.tables, tree, rng=np.random.default_rng(seed)), targets)
    own |= {LIKELIHOOD: log_likelihood_linked(synthesizer, attacked.tables)}
    said.append((held_by(learned), own))
    return judge_both(said)


class _Attacker:
    """Who knows all real customers, and asks what drawn ones are like."""

    def __init__(self, people: Family, levels: Levels, min_count: int) -> None:
        self.people, self.levels, self.min_count = people, levels, min_count
        self.view = view_customers(people, levels)
        self.points = self._points(self.view)[0]
        self.questions = choose_questions(self.points, rng=np.random.default_rng(0))

    def choose(self, learned: Booleans) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """The customers under attack, and of each real one which distinct record it is, (customers,)."""
        learned = learned[: self.people.customers]
        busy = self.people.histories() >= ATTACKED_ROWS
        if min(int((busy & learned).sum()), int((busy & ~learned).sum())) < ATTACKED:
            busy[:] = True
        order = np.concatenate([np.flatnonzero(learned), np.flatnonzero(~learned)])
        records = gather_records(self.points[np.flatnonzero(learned)], self.points[np.flatnonzero(~learned)])
        record = np.empty(len(order), np.int64)
        record[order] = records.record
        own = (records.learned == 0) != (records.unseen == 0)
        able = own & busy[order[records.first]]
        ranked = np.flatnonzero(able)[np.argsort(-records.isolation[able], kind="stable")]
        return order[records.first[ranked[: min(TARGETS, len(ranked) // 4)]]], record

    def ask(self, drawn: Family, targets: npt.NDArray[np.int64]) -> dict[str, Floats]:
        """Statistics of customers under attack, (targets,): higher where drawn ones are nearer to them."""
        real, released = self._points(view_customers(drawn, self.levels))
        asked = real[targets]
        return {
            DISTANCE: -nearest(asked, released)[0].astype(np.float64),
            COMBINATIONS: self.questions.ask(asked, released),
        }

    def _points(self, drawn: View) -> tuple[Points, Points]:
        """Real customers, and drawn ones, as points on scales that the real ones set."""
        rng = np.random.default_rng(0)  # owners keep their order: nothing is drawn
        real, _, released = points(align_views([self.view, self.view, drawn], self.min_count, rng), by_real=True)
        return real, released


def _pool(train: Dataset, holdout: Dataset, tree: Tree) -> Dataset | None:
    """All real customers and what hangs on them; tables that hang on nobody with each row once. None where keys stand
    in both."""
    frames: dict[str, pl.DataFrame] = {}
    for table in train.schema.tables:
        both = [dataset.tables[table.name] for dataset in (train, holdout)]
        names = [name for name in both[0].columns if name in both[1].columns]
        whole = pl.concat([frame.select(names) for frame in both], how="vertical_relaxed")
        if table.name not in tree.names:
            whole = whole.unique(subset=table.key if table.key in names else None, keep="first", maintain_order=True)
        elif table.key in names and not whole[table.key].drop_nulls().is_unique().all():
            return None
        frames[table.name] = whole
    for branch in tree.branches:
        parent, targets = branch.link.table, list(branch.link.targets)
        keys = frames[parent].select(targets).drop_nulls().unique().height
        if keys < sum(d.tables[parent].select(targets).drop_nulls().unique().height for d in (train, holdout)):
            return None
    return train.with_tables(frames)


def _are_in(people: Family, train: Dataset, tree: Tree) -> Booleans:
    """Which customers stand in the train tables, (customers,)."""
    links = [branch.link.targets for branch in tree.branches if branch.link.table == tree.root.name]
    names = links[0] if links else [tree.root.key or people.root.frame.columns[0]]
    known = values_of(train.tables[tree.root.name], names)
    return np.asarray(find_places(values_of(people.root.frame, names), known) >= 0)


def _many(synthetic: Dataset, synthesizer: LinkedSynthesizer) -> float:
    """How many times as many customers were drawn as were learned."""
    return synthetic.tables[synthesizer.subject].height / max(synthesizer.rows, 1)


def _gathered(like: Dataset, frames: Mapping[str, pl.DataFrame], tree: Tree, *, rng: np.random.Generator) -> Family:
    return gather(like.with_tables(frames), tree.root, list(tree.branches), rng=rng).first(CUSTOMERS)
