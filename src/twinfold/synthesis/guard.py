"""The guard against remembering: a model is attacked with rows that it never saw before anyone gets it.

Three questions. Does nearness to a drawn row tell learned customers from others (Yao et al. 2025, "The DCR delusion",
why the isolated ones are asked apart)? Is anyone who stands apart from all others drawn as they are, one that stands in
the table many times above all? Is a level lost, or does one crowd out others? What larger leaves cure, they cure; who
is given away is not learned; what remains is said.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from twinfold.privacy.neighbours import Points, nearest
from twinfold.protocols import CodeColumn, Codes, CodeTable, Engine, LikelihoodModel, Model, Progress, silent
from twinfold.synthesis.engines.blend import BlendEngine
from twinfold.synthesis.engines.pooled_trees import PooledTreesEngine
from twinfold.synthesis.engines.trees import TreesEngine

Array = npt.NDArray[Any]
Fit = Callable[[Engine, CodeTable, CodeTable], LikelihoodModel]

REMEMBERS = 0.55
"""An AUC of a membership attack that is too much: with it the best guess is right 53.5 times of 100 (two normals), not
50. Default models of halves of real tables were measured at .50 to .53, honest trees with leaves of one at .56 to .57.
"""

REFITS = 2
"""How many times leaves are made twice as large, or steps half as many, at most."""

MOST_DRAWN, LEAST_DRAWN, MOST_CELLS = 20_000, 2_000, 1_000_000
"""Rows drawn to find persons among, of wide tables fewer, whose values are limited; attacked are as many as learned."""

ASKED, CANDIDATES = 2_000, 1_000
"""Learned rows, and held ones, that are attacked; distinct rows looked at as persons who may be given away."""

APART, ONTO = 1.5, 0.2
"""A person stands apart who is that many times farther from any other than nine of ten are; a drawn row comes onto them
that is nearer than that part of their distance to others."""

SEVERAL = 5
"""Rows alike that are one person, if they stand apart: fewer come together by chance where columns have few levels."""

EXPECTED, OFF = 25.0, 3.0
"""A level is missed, or crowds others out, where it is drawn that many times too seldom or too often; what is expected,
or drawn too often by that factor, must be enough to know (chance does less in one of 10,000 levels)."""

MOST_PERSONS = 0.02
"""The share of rows that may be one person's, and that may be left out; a model that gives away more remembers as such,
and rows alike that are more are a kind of customer."""

LOOKING = "looking for what it remembers"
"""What `probe` tells its progress under."""

_ADVICE = "do not release before twinfold evaluate"


@dataclass(frozen=True)
class Attack:
    """How well nearness to a drawn row tells learned rows from held ones: the AUC and its standard error."""

    auc: float
    error: float

    @property
    def succeeds(self) -> bool:
        """Whether the AUC is above `REMEMBERS`, its error allowed for: the lower bound of 95 %."""
        return self.auc - 1.96 * self.error > REMEMBERS


@dataclass(frozen=True)
class Probe:
    """What a model was found to remember, or to have lost.

    Attributes:
        membership: the attack on all rows.
        isolated: the attack on the tenth of rows farthest from any other.
        persons: the keys of learned rows that stand apart and are drawn as they are, shape (persons,); see `row_keys`.
        lost: columns with levels that are drawn too seldom, and how many levels.
        crowded: the same of levels drawn too often.
    """

    membership: Attack
    isolated: Attack
    persons: npt.NDArray[np.uint64]
    lost: dict[str, int]
    crowded: dict[str, int]

    @property
    def remembers(self) -> bool:
        """Whether one of the attacks succeeds."""
        return self.membership.succeeds or self.isolated.succeeds

    def record(self) -> dict[str, Any]:
        """The figures, for the model's history."""
        return {
            "membership_auc": round(self.membership.auc, 4),
            "membership_error": round(self.membership.error, 4),
            "isolated_auc": round(self.isolated.auc, 4),
            "isolated_error": round(self.isolated.error, 4),
            "given_away": len(self.persons),
            "levels_lost": sum(self.lost.values()),
            "levels_crowding": sum(self.crowded.values()),
        }

    def notes(self) -> list[str]:
        """What a user must know, in plain words; nothing where all is well."""
        found = []
        for attack, whom in ((self.membership, "learned rows"), (self.isolated, "its most isolated learned rows")):
            if attack.succeeds:
                told = f"an attack tells them from others with AUC {attack.auc:.2f}, where .50 is blind"
                found.append(f"the model remembers {whom} ({told}): {_ADVICE}")
        if len(self.persons):
            who = "customer who stands" if len(self.persons) == 1 else "customers who stand"
            found.append(f"the model remembers {len(self.persons):,} {who} apart from all others: {_ADVICE}")
        for columns, how in ((self.lost, "too seldom"), (self.crowded, "too often")):
            if columns:
                named = ", ".join(f"{name!r} ({count})" for name, count in list(columns.items())[:5])
                more = f" and {len(columns) - 5} columns more" if len(columns) > 5 else ""
                found.append(f"the model draws levels of {named}{more} {how}, by a factor of 3: {_ADVICE}")
        return found


@dataclass(frozen=True)
class Guarded:
    """A model after the guard: `record` holds its figures for the history, `notes` what a user must know.

    `stopped`: whether a `KeyboardInterrupt` ended the guard's work early.
    """

    model: LikelihoodModel
    record: dict[str, Any]
    notes: tuple[str, ...]
    stopped: bool = False


def guard(
    fit: Fit, engine: Engine, learned: CodeTable, held: CodeTable | None, *, seed: int, progress: Progress = silent
) -> Guarded:
    """Fit an engine so that its model remembers nobody, as far as that can be had.

    Where an attack succeeds, trees are grown again with leaves twice as large, and networks learn again in half of the
    steps, up to two times; customers who stand apart and are given away are taken out, and the model is learned again
    without them. A model stopped early is probed, but not fitted again. Each fit takes its own time: a budget is passed
    where a model has to be made again.

    Args:
        fit: makes a finished model of an engine, rows to learn and rows held out, which may be none at all.
        engine: its settings.
        learned, held: codes; with none held the guard can't look, and says so.
        seed: of the rows drawn and of those attacked.
        progress: told how far the work has come; where it raises `KeyboardInterrupt` in a fit after the first, the
            model that there is stays, and what it remembers is said.
    """
    if held is None:
        unseen = CodeTable(learned.columns, learned.codes[:, :0])
        return Guarded(fit(engine, learned, unseen), {"looked": False, "reason": "too few rows to keep some aside"}, ())
    model = fit(engine, learned, held)
    if model.note:  # stopped: whoever did so is not asked again
        progress = silent
    try:
        found = probe(model, learned, held, seed=seed, progress=progress)
    except KeyboardInterrupt:
        unknown = f"stopped before it was known what the model remembers: {_ADVICE}"
        return Guarded(model, {"looked": False, "reason": "it was stopped"}, (unknown,), stopped=True)

    def remake(engine: Engine, learned: CodeTable, held: CodeTable) -> tuple[LikelihoodModel, Probe]:
        again = fit(engine, learned, held)
        if again.note:  # stopped
            raise KeyboardInterrupt
        return again, probe(again, learned, held, seed=seed, progress=progress)

    record: dict[str, Any] = {"looked": True, "first": found.record(), "refits": 0, "left_out": 0}
    notes: list[str] = []
    stopped = False
    try:
        while found.remembers and record["refits"] < REFITS and not model.note:
            meeker = _made_to_remember_less(engine)
            if meeker is None:
                break
            model, found = remake(meeker, learned, held)
            engine, record["refits"] = meeker, record["refits"] + 1
        rest, others = _without(learned, found.persons), _without(held, found.persons)
        if (1 - MOST_PERSONS) * learned.rows <= rest.rows < learned.rows and not model.note:
            persons = len(found.persons)
            model, found = remake(engine, rest, others)
            record["left_out"] = persons
    except KeyboardInterrupt:
        stopped = True
        notes.append("stopped before the model was learned again, to remember less")
    if record["refits"]:
        times = 2 ** record["refits"]
        grown = f"leaves were made {times} times as large, for smaller ones remembered customers"
        cut = f"it learned in 1/{times} of the steps, for in all of them it remembered customers"
        notes.append(grown if isinstance(engine, TreesEngine | BlendEngine | PooledTreesEngine) else cut)
    if record["left_out"]:
        who = "customer who stands" if record["left_out"] == 1 else "customers who stand"
        notes.append(f"{record['left_out']:,} {who} apart from all others left out, not to be given away")
    return Guarded(model, record | found.record(), (*notes, *found.notes()), stopped)


def _made_to_remember_less(engine: Engine) -> Engine | None:
    """The engine with leaves twice as large, or half the steps; None of one that has neither."""
    if isinstance(engine, TreesEngine):
        return replace(engine, min_leaf=2 * engine.min_leaf)
    if isinstance(engine, BlendEngine | PooledTreesEngine):
        return replace(engine, trees=replace(engine.trees, min_leaf=2 * engine.trees.min_leaf))
    if hasattr(engine, "most_steps") and hasattr(engine, "epochs"):
        halved: Engine = replace(engine, epochs=engine.epochs / 2, most_steps=engine.most_steps // 2)  # type: ignore[type-var]
        return halved
    return None


def _without(table: CodeTable, persons: Array) -> CodeTable:
    kept = ~np.isin(row_keys(table.codes), persons)
    return CodeTable(table.columns, np.ascontiguousarray(table.codes[:, kept]))


def probe(model: Model, learned: CodeTable, held: CodeTable, *, seed: int, progress: Progress = silent) -> Probe:
    """Attack a model with the rows that it learned and rows that it did not, from the same table.

    Distances are Gower's, on codes: an ordered column's as a share of its range, missing and rare ones as categories.

    Args:
        model: what was made of `learned`.
        learned, held: codes, with the same columns.
        seed: of the rows drawn and of those attacked; the same seed finds the same.
        progress: told "looking for what it remembers" from 0 to 1.
    """
    progress(LOOKING, 0.0)
    most = _most_drawn(learned)
    drawn = model.sample(most, allowed={}, given={}, rng=np.random.default_rng([seed, 6])).codes
    return probe_drawn(drawn, learned, held, seed=seed, progress=progress)


def _most_drawn(table: CodeTable) -> int:
    return int(np.clip(MOST_CELLS // len(table.columns), LEAST_DRAWN, MOST_DRAWN))


def probe_drawn(drawn: Codes, learned: CodeTable, held: CodeTable, *, seed: int, progress: Progress = silent) -> Probe:
    """The same of codes that were drawn, (columns, rows)."""
    columns, most, rng = learned.columns, _most_drawn(learned), np.random.default_rng([seed, 7])
    released = drawn[:, : learned.rows]
    progress(LOOKING, 0.2)
    asked = [table.codes[:, rng.permutation(table.rows)[:ASKED]] for table in (learned, held)]
    codes = np.concatenate(asked, axis=1)
    isolation, distance = _measure(columns, codes, learned, released, most, rng)
    ours = np.arange(codes.shape[1]) < asked[0].shape[1]
    tied = isolation + rng.uniform(0, 1e-6, len(isolation))
    far = tied >= np.quantile(tied, 0.9)
    progress(LOOKING, 0.6)
    crowd = _Crowd(learned, held, drawn)
    apart, onto = _measure(columns, crowd.codes, learned, drawn, most, rng)
    given_away = (apart > APART * np.quantile(isolation, 0.9)) & (onto <= ONTO * apart)
    lost, crowded = _levels(learned, released)
    progress(LOOKING, 1.0)
    return Probe(
        _attack(distance[ours], distance[~ours]),
        _attack(distance[ours & far], distance[~ours & far]),
        crowd.persons(given_away),
        lost,
        crowded,
    )


def row_keys(codes: Codes) -> npt.NDArray[np.uint64]:
    """A number for each row of codes, shape (rows,): the same for the same rows, and no other (but one in 2**48)."""
    factors = np.random.default_rng(0).integers(2**63, size=len(codes), dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    keys = np.zeros(codes.shape[1], np.uint64)
    for factor, column in zip(factors, codes, strict=True):
        keys += column.astype(np.uint64) * factor
    return keys


class _Crowd:
    """Distinct rows of which drawn ones may give away a person.

    Candidates are learned rows that are drawn as they are, or stand out, or both: those that are commonest in
    comparison with what their columns' shares say. Held rows that are drawn as they are say how often that is chance.
    """

    def __init__(self, learned: CodeTable, held: CodeTable, drawn: Codes) -> None:
        keys, first, times = np.unique(row_keys(learned.codes), return_index=True, return_counts=True)
        self._rows = learned.rows
        drawn_keys = np.unique(row_keys(drawn))
        matched = np.isin(keys, drawn_keys, assume_unique=True)
        surprise = np.argsort(-(np.log(times) + _rarity(learned)[first]), kind="stable")
        some = np.concatenate(
            [surprise[matched[surprise]][: CANDIDATES // 2], surprise[~matched[surprise]][: CANDIDATES // 2]]
        )
        self.keys, self.times, self.matched = keys[some], times[some], matched[some]
        held_keys, held_first = np.unique(row_keys(held.codes), return_index=True)
        new = ~np.isin(held_keys, keys, assume_unique=True)
        found = np.flatnonzero(new & np.isin(held_keys, drawn_keys, assume_unique=True))[: CANDIDATES // 2]
        self.codes = np.concatenate([learned.codes[:, first[some]], held.codes[:, held_first[found]]], axis=1)
        self._ratio = float((times < SEVERAL).sum() / max(new.sum(), 1))

    def persons(self, given: Array) -> npt.NDArray[np.uint64]:
        """The keys of those given away, of `given`, shape (candidates,).

        All who stand in the table `SEVERAL` times, and others where they are more than held rows say of chance (three
        standard errors).
        """
        here, chance = (
            given[: len(self.keys)] & (self.times <= MOST_PERSONS * self._rows),
            int(given[len(self.keys) :].sum()) + 1,
        )
        few = here & (self.times < SEVERAL)
        if (few & self.matched).sum() <= self._ratio * (chance + 3 * np.sqrt(chance)):
            here = here & ~few
        out: npt.NDArray[np.uint64] = self.keys[here]
        return out


def _rarity(table: CodeTable) -> Array:
    """The sum over columns of the minus log share of each row's code, shape (rows,)."""
    out = np.zeros(table.rows)
    for column, codes in zip(table.columns, table.codes, strict=True):
        out -= np.log((np.bincount(codes, minlength=column.cardinality) + 0.5) / table.rows)[codes]
    return out


def _measure(
    columns: tuple[CodeColumn, ...], codes: Codes, learned: CodeTable, drawn: Codes, most: int, rng: np.random.Generator
) -> tuple[Array, Array]:
    """How far each row of codes is from the nearest other distinct row, and from the nearest drawn one.

    Others are learned rows, `most` of them, and the rows asked themselves. Rare codes that are never drawn differ from
    any, and that is taken off.
    """
    _, first, back = np.unique(row_keys(codes), return_index=True, return_inverse=True)
    keys, place = np.unique(row_keys(learned.codes), return_index=True)
    rest = rng.permutation(place[~np.isin(keys, row_keys(codes[:, first]))])[:most]
    asked, others, new = (code_points(columns, c) for c in (codes[:, first], learned.codes[:, rest], drawn))
    isolation = np.minimum(nearest(asked, others)[0], nearest(asked, asked, skip_self=True)[0])
    distance = nearest(asked, new)[0]
    hidden = np.zeros(len(first), np.float32)
    for column, c in zip(columns, codes[:, first], strict=True):
        if column.rare is not None and not column.rare_drawn:
            hidden += c == column.rare
    isolation, distance = (np.maximum(d - hidden, 0)[back.ravel()] for d in (isolation, distance))
    return isolation, distance


def code_points(columns: tuple[CodeColumn, ...], codes: Codes) -> Points:
    """Codes as points for Gower's distance: an ordered column's as a share of its range, all others as categories."""
    numbers, categories = [], []
    for column, c in zip(columns, codes, strict=True):
        if not column.ordered:
            categories.append(c.astype(np.float32))
            continue
        number = c / np.float32(max(column.cardinality - 1, 1))
        special = [code for code in (column.missing, column.rare) if code is not None]
        if special:
            set_apart = np.isin(c, special)
            categories.append(np.where(set_apart, c + np.float32(1), np.float32(0)))
            number = np.where(set_apart, np.float32(0.5), number)
        numbers.append(number.astype(np.float32))
    rows = codes.shape[1]
    return Points(*(np.stack(c, axis=1) if c else np.zeros((rows, 0), np.float32) for c in (numbers, categories)))


def _attack(learned: Array, held: Array) -> Attack:
    """The AUC of calling the nearer ones learned (Hanley and McNeil 1982, "The meaning and use of the area under a
    receiver operating characteristic (ROC) curve", for the standard error)."""
    n, m = len(learned), len(held)
    if not n or not m:
        return Attack(0.5, 0.5)
    ours, others = np.round(learned, 4), np.sort(np.round(held, 4))
    below, upto = np.searchsorted(others, ours, "left"), np.searchsorted(others, ours, "right")
    auc = float((1 - (below + upto) / (2 * m)).mean())
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = (auc * (1 - auc) + (n - 1) * (q1 - auc**2) + (m - 1) * (q2 - auc**2)) / (n * m)
    return Attack(auc, float(np.sqrt(max(variance, 0.0))))


def _levels(learned: CodeTable, drawn: Codes) -> tuple[dict[str, int], dict[str, int]]:
    """How many levels of which columns are drawn too seldom, and too often."""
    lost: dict[str, int] = {}
    crowded: dict[str, int] = {}
    for column, real, new in zip(learned.columns, learned.codes, drawn, strict=True):
        counts, got = (np.bincount(c, minlength=column.cardinality).astype(np.float64) for c in (real, new))
        if column.rare is not None and not column.rare_drawn:
            counts[column.rare] = got[column.rare] = 0
        expected = counts * (got.sum() / max(counts.sum(), 1))
        seldom = int(((expected >= EXPECTED) & (got * OFF < expected)).sum())
        often = int(((got >= OFF * EXPECTED) & (got > OFF * expected)).sum())
        lost |= {column.name: seldom} if seldom else {}
        crowded |= {column.name: often} if often else {}
    return lost, crowded
