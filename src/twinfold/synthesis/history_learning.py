"""Learning histories: real ones are gone through as they will be drawn, and each model learns what came next."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from twinfold.protocols import CodeColumn, Codes, CodeTable, Progress, silent
from twinfold.synthesis.clock import Binning, Clock
from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.synthesis.engines.cooccurrence import Cooccurrence
from twinfold.synthesis.engines.trees import TreesEngine, TreesModel
from twinfold.synthesis.histories import (
    MODELS,
    TILTED,
    History,
    draw_codes,
    flag_columns,
    flagged,
    known_codes,
    model_columns,
)
from twinfold.synthesis.leaves import as_bins
from twinfold.synthesis.past import Past, Rows, running_names
from twinfold.synthesis.running import RunningColumn
from twinfold.synthesis.tilt import Tilt, learn_tilt

Array = npt.NDArray[Any]

REPEATED_LEVELS, REPEATED_NUMBERS, REPEATED = 3, 16, 1.5
"""Codes that a column must have, of levels or of numbers, for repeating the last one to be a code of its own, and how
many times likelier than by chance a repetition must be."""

TILT_DRAWS, TILT_ROUNDS, MOST_TILTED, HELD_SHARE, LEAST_OWNERS = 2, 300, 50_000, 0.1, 1_000
"""Draws for each real row that a tilt is learned from, its trees and real rows at most, the share of owners that say
when it has learned enough, and the fewest owners for a tilt."""


def _follow_flags(given: int, drawn: Sequence[CodeColumn]) -> dict[int, Cooccurrence]:
    """What flags say of the columns that come after them: that these have the last of their codes."""
    one, always = np.ones(1, np.int32), np.ones(1)
    place = {column.name: given + k for k, column in enumerate(drawn)}
    return {
        place[name]: Cooccurrence(one * (given + k), one, one * (drawn[place[name] - given].cardinality - 1), always)
        for k, column in enumerate(drawn)
        if (name := flagged(column.name)) is not None
    }


class _Lessons:
    """What models learn: contexts with what came next, and whose they are."""

    def __init__(self) -> None:
        self.parts: dict[str, list[tuple[Codes, Codes, Array]]] = {}

    def add(self, model: str, context: Codes, answer: Codes, owners: Array) -> None:
        self.parts.setdefault(model, []).append((context, answer, owners))

    def learn(
        self,
        model: str,
        asked: tuple[Sequence[CodeColumn], Sequence[CodeColumn]],
        engine: TreesEngine,
        seed: int,
        tell: Progress,
    ) -> tuple[TreesModel, Tilt | None]:
        known, drawn = asked
        contexts, answers, whose = zip(*self.parts.pop(model), strict=True)
        codes = np.concatenate([np.concatenate(contexts, axis=1), np.concatenate(answers, axis=1)]).astype(np.uint16)
        owners = np.unique(np.concatenate(whose), return_inverse=True)[1].astype(np.int32)
        table = CodeTable((*known, *drawn), np.ascontiguousarray(codes))
        said = _follow_flags(len(known), drawn) if model in ("first", "later") else {}
        made = engine.fit(table, seed=seed, context=len(known), owners=owners, together=said, progress=tell)
        tilt = None
        if made.note:  # stopped: what was learned of other tables is no use without it
            raise KeyboardInterrupt
        if model in TILTED and len(drawn) and owners.max() >= LEAST_OWNERS:
            tilt = _learn_tilt(made, table, len(known), owners, seed)
        return made, tilt


def learn_history(
    codebook: Codebook,
    rows: Rows,
    parents: CodeTable,
    owners: Array,
    *,
    day: float,
    min_count: int,
    engine: TreesEngine,
    seed: int,
    since: Array | None = None,
    running: Sequence[RunningColumn] = (),
    progress: Progress = silent,
) -> History:
    """Learn the rows that parents have in a child table.

    Args:
        codebook: of the child's columns, without the link and the time.
        rows: all of them, `parent` ascending.
        parents: the codes of the parents, and what is known of these.
        owners: the customer whom each parent belongs to, (parents,).
        day: see `Clock`.
        min_count: customers that must share a time or a gap before it may come out as itself.
        engine: grows the trees.
        seed: of the trees.
        since: from when each parent counts the time of the first row, (parents,); None counts from nothing.
        running: the child's running numbers.
        progress: told "learning" from 0 to 1.
    """
    clock = None
    since = np.zeros(parents.rows) if since is None else since
    if rows.time is not None:
        own = owners[rows.parent]
        clock = Clock.learn(rows.time, since[rows.parent], rows.parent, own, day=day, min_count=min_count)
        rows = rows if clock is not None else replace(rows, time=None)
    columns = codebook.code_columns
    follow = {column.target: codebook.encodings[column.target].cardinality for column in running}
    repeated = {name: size for name, size in _find_repeated(rows, columns).items() if name not in follow}
    lessons, binnings = _replay(rows, parents, owners, columns, clock, since, repeated, running, follow)
    asked = model_columns(codebook, parents.columns, clock, binnings, tuple(repeated), tuple(follow))
    names = [name for name in MODELS if name in lessons.parts]
    models: dict[str, TreesModel] = {}
    tilts: dict[str, Tilt] = {}
    for k, name in enumerate(names):

        def tell(stage: str, done: float, k: int = k) -> None:
            progress(stage, (k + done) / len(names))

        models[name], tilt = lessons.learn(name, asked[name], engine, seed + k, tell)
        if tilt is not None:
            tilts[name] = tilt
    return History(codebook, clock, models, tilts, binnings, tuple(repeated), tuple(running))


def _learn_tilt(model: TreesModel, table: CodeTable, context: int, owners: Array, seed: int) -> Tilt | None:
    """What tells real rows from a model's, given the same past; some owners say when it has learned enough."""
    rng = np.random.default_rng(seed)
    some = rng.permutation(table.rows)[:MOST_TILTED]
    codes = np.ascontiguousarray(table.codes[:, some])
    parts = [np.concatenate([codes[:context], draw_codes(model, codes[:context], rng)]) for _ in range(TILT_DRAWS)]
    held = (rng.random(owners.max() + 1) < HELD_SHARE)[owners[some]]
    real, drawn = as_bins(table.columns, codes), [as_bins(table.columns, part) for part in parts]
    return learn_tilt(
        real[~held],
        np.concatenate([part[~held] for part in drawn]),
        real[held],
        np.concatenate([part[held] for part in drawn]),
        columns=table.columns,
        rounds=TILT_ROUNDS,
        seed=seed,
    )


def _replay(
    rows: Rows,
    parents: CodeTable,
    owners: Array,
    columns: Sequence[CodeColumn],
    clock: Clock | None,
    since: Array,
    repeated: Mapping[str, int],
    running: Sequence[RunningColumn],
    follow: Mapping[str, int],
) -> tuple[_Lessons, dict[str, Binning]]:
    """Go through real histories as they will be drawn: what was known at each step, and what came."""
    lessons, known = _Lessons(), parents.codes
    begin = np.flatnonzero(np.append(True, rows.parent[1:] != rows.parent[:-1]))
    length = np.diff(np.append(begin, len(rows)))
    has = np.zeros(parents.rows, np.uint16)
    has[rows.parent[begin]] = 1
    lessons.add("any", known, has[None], owners)
    now = rows.take(begin)
    context, own = known[:, now.parent], owners[now.parent]
    if clock is not None and now.time is not None:
        lessons.add("begin", context, clock.begins.encode(now.time - since[now.parent])[None], own)
        context = np.concatenate([context, clock.moment(now.time)])
    answered = _follow(now, None, running, follow)
    lessons.add("first", context, _stack(answered, [*flag_columns((), follow), *columns], len(now)), own)
    past = Past(now)
    goes_on = length > 1
    alive, goes = np.flatnonzero(goes_on), [goes_on]
    pasts, nexts = [(now.parent, past.copy())], list[tuple[Rows, Array | None]]()
    for step in range(1, int(length.max())):
        past.keep(goes[-1])
        now, before = rows.take(begin[alive] + step), past.time
        answered = _follow(now, past, running, follow)
        for name, size in repeated.items():
            same = _same(now, past, name)
            answered |= {f"repeats {name}": same, name: np.where(same, size, now.codes[name])}
        gap = None if now.time is None or before is None else now.time - before
        nexts.append((replace(now, codes=answered), gap))
        past.add(now)
        pasts.append((now.parent, past.copy()))
        goes.append(length[alive] > step + 1)
        alive = alive[goes[-1]]
    names = running_names(list(now.numbers), timed=clock is not None)
    flags = flag_columns(repeated, follow)
    numbers, whose = [each.numbers() for _, each in pasts], np.concatenate([owners[parent] for parent, _ in pasts])
    binnings = {name: Binning.of(np.concatenate([each[name] for each in numbers]), whose) for name in names}
    if len(pasts) > 1:
        for k, (parent, each) in enumerate(pasts):
            context = np.concatenate([known[:, parent], known_codes(binnings, clock, each)])
            lessons.add("more", context, goes[k].astype(np.uint16)[None], owners[parent])
            if k == len(nexts):
                continue
            (then, gap), context = nexts[k], context[:, goes[k]]
            own = owners[then.parent]
            if clock is not None and then.time is not None and gap is not None:
                code = clock.encode_gap(gap)[None]
                lessons.add("gap", context, code, own)
                context = np.concatenate([context, code, clock.moment(then.time)])
            own_codes = _stack(then.codes, [*flags, *columns], len(then))
            lessons.add("later", context, own_codes, own)
    return lessons, binnings


def _follow(
    now: Rows, past: Past | None, running: Sequence[RunningColumn], follow: Mapping[str, int]
) -> dict[str, Array]:
    """The codes of rows, with those of running numbers that go on from the row before, and flags that say so."""
    codes = dict(now.codes)
    for column in running:
        goes_on = column.goes_on(now, past)
        codes |= {f"follows {column.target}": goes_on}
        codes[column.target] = np.where(goes_on, follow[column.target], now.codes[column.target])
    return codes


def _stack(codes: Mapping[str, Array], columns: Sequence[CodeColumn], rows: int) -> Codes:
    own = [codes[column.name] for column in columns]
    return np.stack(own).astype(np.uint16) if own else np.zeros((0, rows), np.uint16)


def _same(now: Rows, past: Past, name: str) -> Array:
    """Which rows repeat the last one's value."""
    same = now.codes[name] == past.codes[name]
    return np.asarray(same & (now.numbers[name] == past.last[name]) if name in now.numbers else same)


def _find_repeated(rows: Rows, columns: Sequence[CodeColumn]) -> dict[str, int]:
    """The columns of many codes whose values follow themselves more often than by chance, with their code numbers."""
    found = {}
    again = np.diff(rows.parent) == 0
    for column in columns:
        least = REPEATED_NUMBERS if column.name in rows.numbers else REPEATED_LEVELS
        if column.cardinality < least or not again.any():
            continue
        values = rows.numbers.get(column.name, rows.codes[column.name])
        shares = np.unique(values[~np.isnan(values)], return_counts=True)[1] / len(values)
        if (values[1:] == values[:-1])[again].mean() > REPEATED * (shares**2).sum():
            found[column.name] = column.cardinality
    return found
