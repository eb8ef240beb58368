"""Learning histories: real ones are gone through as they will be drawn, and each model learns what came next."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from twinfold.protocols import CodeColumn, Codes, CodeTable, Progress, silent
from twinfold.synthesis.clock import Clock
from twinfold.synthesis.dues import Dues, find_dues
from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.synthesis.encoding.number import NumberEncoding
from twinfold.synthesis.engines.cooccurrence import Cooccurrence
from twinfold.synthesis.engines.trees import TreesEngine, TreesModel
from twinfold.synthesis.following import FollowingColumn
from twinfold.synthesis.gaps import draw_gaps, end_gaps
from twinfold.synthesis.histories import TILTED, History
from twinfold.synthesis.history_columns import (
    FOLLOWS,
    MODELS,
    flagged,
    guide_names,
    model_columns,
    numeric_columns,
)
from twinfold.synthesis.kinds import Kinds, find_kinds, find_previous, find_repeated
from twinfold.synthesis.leaves import as_bins
from twinfold.synthesis.past import Rows, find_kind
from twinfold.synthesis.positions import Positions, learn_positions
from twinfold.synthesis.rejection import draw_codes
from twinfold.synthesis.replay import Lessons, Replay
from twinfold.synthesis.tilt import Tilt, learn_tilt

Array = npt.NDArray[Any]

TILT_DRAWS, TILT_ROUNDS = 2, 300
"""Draws for each real row that a tilt is learned from, and its trees, at most."""

EXPECTING = ("first", "later")
"""The models whose trees may ask what is expected. Of when rows come nothing is: a sum of effects, unlike a tree, goes
beyond what was seen, and a history that is drawn a little too fast would go on faster and faster."""

MOST_TILTED, HELD_SHARE, LEAST_OWNERS = 50_000, 0.1, 1_000
"""Real rows that a tilt is learned from, the share of owners that say when it has learned enough, and the fewest owners
for a tilt."""


def _follow_flags(given: int, drawn: Sequence[CodeColumn]) -> dict[int, Cooccurrence]:
    """What flags say of the columns that come after them: that these have the last of their codes."""
    one, always = np.ones(1, np.int32), np.ones(1)
    place = {column.name: given + k for k, column in enumerate(drawn)}
    return {
        place[name]: Cooccurrence(one * (given + k), one, one * (drawn[place[name] - given].cardinality - 1), always)
        for k, column in enumerate(drawn)
        if (name := flagged(column.name)) in place and name is not None
    }


def _follow_due(given: int, drawn: Sequence[CodeColumn]) -> dict[int, Cooccurrence]:
    """A gap that ends when something is due has the last of its codes."""
    if len(drawn) < 2:
        return {}
    when = np.arange(1, drawn[0].cardinality, 2, dtype=np.int32)
    same = np.ones_like(when)
    return {given + 1: Cooccurrence(same * given, when, same * (drawn[1].cardinality - 1), np.ones(len(when)))}


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
    running: Sequence[FollowingColumn] = (),
    ratios: Mapping[str, str] | None = None,
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
        running: the child's columns that go on from the row before, or follow from other numbers, as far as they do.
        ratios: its columns that are learned per another, each with that one.
        progress: told "learning" from 0 to 1.
    """
    clock = None
    since = np.zeros(parents.rows) if since is None else since
    if rows.time is not None:
        own = owners[rows.parent]
        clock = Clock.learn(rows.time, since[rows.parent], rows.parent, own, day=day, min_count=min_count)
        rows = rows if clock is not None else replace(rows, time=None)
    columns, follow = codebook.code_columns, tuple(column.target for column in running)
    kinds = find_kinds(rows, [c for c in columns if c.name not in {*rows.numbers, *rows.names}])
    dues = _find_dues(rows, kinds, owners, day)
    repeated = tuple(name for name in find_repeated(rows, columns, kinds) if name not in follow)
    replay = Replay(codebook, rows, parents.codes, owners, clock, since, kinds, dues, repeated, tuple(running))
    lessons, binnings, recalled = replay.run()
    asked = model_columns(codebook, parents.columns, clock, binnings, kinds, dues, recalled, repeated, follow)
    names = [name for name in MODELS if name in lessons.parts]
    models: dict[str, TreesModel] = {}
    tilts: dict[str, Tilt] = {}
    for k, name in enumerate(names):

        def tell(stage: str, done: float, k: int = k) -> None:
            progress(stage, (k + done) / len(names))

        ends = None if clock is None or name != "gap" else _GapEnds(clock, lessons)
        models[name], tilt = _learn_model(name, lessons, asked[name], ends, engine, seed + k, tell)
        if tilt is not None:
            tilts[name] = tilt
    places = _learn_positions(codebook, rows, kinds, follow)
    said = (kinds, dues, recalled, repeated, tuple(running), places, ratios or {})
    return History(codebook, clock, models, tilts, binnings, *said)


def _find_dues(rows: Rows, kinds: Kinds | None, owners: Array, day: float) -> Dues | None:
    """When the next row of each kind is due. Where all rows are of one kind, the gap says it but for a calendar's."""
    if rows.time is None or (kinds is None and not day):
        return None
    kind, count = find_kind(kinds, rows), 1 if kinds is None else len(kinds)
    before = find_previous(rows, kinds)
    found = find_dues(kind, rows.time, before, rows.parent, owners[rows.parent], kinds=count, day=day)
    return found if found is not None and (kinds is not None or found.months.any()) else None


def _learn_positions(
    codebook: Codebook, rows: Rows, kinds: Kinds | None, follow: Sequence[str]
) -> dict[str, Positions]:
    """Where the numbers of each numeric column lie in their bins; of running ones nothing is said."""
    before, of_kind, numeric = find_previous(rows, None), find_previous(rows, kinds), numeric_columns(codebook)
    begin = np.flatnonzero(before < 0)
    place = np.arange(len(rows)) - np.repeat(begin, np.diff(np.append(begin, len(rows))))
    out = {}
    for name in numeric:
        encoding, values = codebook.encodings[name], rows.numbers[name]
        if name in follow or not isinstance(encoding, NumberEncoding):
            continue
        total = np.cumsum(np.nan_to_num(values)) - np.nan_to_num(values)  # of all rows before
        with np.errstate(divide="ignore", invalid="ignore"):
            mean = (total - np.repeat(total[begin], np.diff(np.append(begin, len(rows))))) / place
        own = (np.where(before < 0, np.nan, values[before]), mean, np.where(of_kind < 0, np.nan, values[of_kind]))
        guides = [*(_as_known(codebook, rows, other, numeric.index(name)) for other in numeric if other != name), *own]
        found = learn_positions(encoding, values, dict(zip(guide_names(numeric, name), guides, strict=True)))
        if found is not None:
            out[name] = found
    return out


def _as_known(codebook: Codebook, rows: Rows, name: str, place: int) -> Array:
    """A column's numbers as they are known when the numeric column at a place is drawn: later ones by their codes."""
    encoding = codebook.encodings[name]
    if numeric_columns(codebook).index(name) < place or not isinstance(encoding, NumberEncoding):
        return rows.numbers[name]
    return encoding.middles[rows.codes[name]]


def _learn_model(
    name: str,
    lessons: Lessons,
    asked: tuple[Sequence[CodeColumn], Sequence[CodeColumn]],
    ends: "_GapEnds | None",
    engine: TreesEngine,
    seed: int,
    progress: Progress,
) -> tuple[TreesModel, Tilt | None]:
    """One model of a history, and the tilt by which its draws are chosen, if it has one."""
    known, drawn = asked
    contexts, answers, whose = lessons.take(name)
    owners = np.unique(whose, return_inverse=True)[1].astype(np.int32)
    table = CodeTable((*known, *drawn), np.ascontiguousarray(np.concatenate([contexts, answers]).astype(np.uint16)))
    said = _follow_flags(len(known), drawn) if name != "gap" else _follow_due(len(known), drawn)
    engine = replace(engine, expect=name in EXPECTING)
    made = engine.fit(table, seed=seed, context=len(known), owners=owners, together=said, progress=progress)
    if made.note:  # stopped: what was learned of other tables is no use without it
        raise KeyboardInterrupt
    tilted = name in TILTED and len(drawn) and owners.max() >= LEAST_OWNERS
    if not tilted:
        return made, None
    return made, _learn_tilt(made, table, len(known), owners, ends, seed)


class _GapEnds:
    """Real gaps of a history, and drawn ones, with the moments at which they end."""

    def __init__(self, clock: Clock, lessons: Lessons) -> None:
        self.clock, self.before = clock, np.concatenate(lessons.before)
        self.due = np.concatenate(lessons.due) if lessons.due else None

    def real(self, codes: Codes, places: Array, rng: np.random.Generator) -> Codes:
        """The codes of moments at which real gaps end, (columns, rows); `places` are theirs among all."""
        return self.clock.moment(end_gaps(self.clock, self.before[places], self._due(places), codes, rng))

    def draw(self, model: TreesModel, context: Codes, places: Array, rng: np.random.Generator) -> Codes:
        """Drawn gaps and the codes of the moments at which they end, (columns, rows)."""
        codes, time = draw_gaps(model, self.clock, self.before[places], self._due(places), context, rng)
        return np.concatenate([codes, self.clock.moment(time)])

    def _due(self, places: Array) -> Array | None:
        return None if self.due is None else self.due[places]


def _learn_tilt(
    model: TreesModel, table: CodeTable, context: int, owners: Array, ends: _GapEnds | None, seed: int
) -> Tilt | None:
    """What tells real rows from a model's, given the same past; some owners say when it has learned enough.

    Of gaps, `ends` says where they end: the calendar there helps to tell. Where numbers
    may follow from others, a tilt cuts at random: a sharper one finds most numbers that don't follow unlike real ones,
    and what is drawn in their place follows too often.
    """
    rng = np.random.default_rng(seed)
    some = rng.permutation(table.rows)[:MOST_TILTED]
    codes, columns = np.ascontiguousarray(table.codes[:, some]), table.columns
    if ends is None:
        parts = [np.concatenate([codes[:context], draw_codes(model, codes[:context], rng)]) for _ in range(TILT_DRAWS)]
    else:
        columns, given = (*columns, *ends.clock.moment_columns), codes[:context]
        parts = [np.concatenate([given, ends.draw(model, given, some, rng)]) for _ in range(TILT_DRAWS)]
        codes = np.concatenate([codes, ends.real(codes[context:], some, rng)])
    held = (rng.random(owners.max() + 1) < HELD_SHARE)[owners[some]]
    real, drawn = as_bins(columns, codes), [as_bins(columns, part) for part in parts]
    return learn_tilt(
        real[~held],
        np.concatenate([part[~held] for part in drawn]),
        real[held],
        np.concatenate([part[held] for part in drawn]),
        columns=columns,
        rounds=TILT_ROUNDS,
        random_cuts=any(column.name.startswith(FOLLOWS) for column in columns),
        seed=seed,
    )
