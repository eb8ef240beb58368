"""Histories: the rows that a parent has in a child table, drawn one after another.

Models of codes say what comes, given the parent and what was drawn for it before: whether there is a first row and
another one, when, and what the first and each later one hold at that moment. What was drawn before is known by running
numbers: how many rows, the last and the mean of each column, the time since the first and the last. What parents repeat
(a price, a team) has a code that says so. All parents advance together, a step at a time (sequence models by one step's
conditional distribution: Zhang, Patki and Veeramachaneni 2022, "Sequential models in the synthetic data vault").
A tree's leaf holds the rows of so many customers, not so many rows; see `engines.trees`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.protocols import CodeColumn, Codes, CodeTable, Progress, silent
from twinfold.synthesis.calibration import as_bins, bin_sizes
from twinfold.synthesis.clock import Binning, Clock
from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.synthesis.encoding.number import NumberEncoding
from twinfold.synthesis.engines.cooccurrence import Cooccurrence
from twinfold.synthesis.engines.trees import TreesEngine, TreesModel
from twinfold.synthesis.tilt import Tilt, learn_tilt

Array = npt.NDArray[Any]

REPEATED_LEVELS, REPEATED_NUMBERS, REPEATED = 3, 16, 1.5
"""Codes that a column must have, of levels or of numbers, for repeating the last one to be a code of its own, and how
many times likelier than by chance a repetition must be."""

TILT_DRAWS, TILT_ROUNDS, MOST_TILTED, HELD_SHARE, LEAST_OWNERS = 2, 300, 50_000, 0.1, 1_000
"""Draws for each real row that a tilt is learned from, its trees and real rows at most, the share of owners that say
when it has learned enough, and the fewest owners for a tilt."""

MOST_STEPS = 1_000_000
"""Rows of one parent, at most: a model that goes on for longer was not learned from data."""


@dataclass
class Rows:
    """Rows of a child table: whose, when, and what they hold; those of a parent together, in their order.

    Attributes:
        parent: the place of the parent, (rows,).
        time: in the time column's own unit, NaN where it is missing, (rows,); None where the table has no time.
        numbers, codes: by column, the numbers of a numeric one, NaN where missing, and the codes of each.
    """

    parent: npt.NDArray[np.int64]
    time: Array | None
    numbers: dict[str, Array]
    codes: dict[str, Array]

    def __len__(self) -> int:
        return len(self.parent)

    def take(self, places: Array) -> "Rows":
        """Some of the rows, by their places or a mask."""
        return Rows(
            self.parent[places],
            None if self.time is None else self.time[places],
            {name: values[places] for name, values in self.numbers.items()},
            {name: values[places] for name, values in self.codes.items()},
        )

    @classmethod
    def together(cls, parts: Sequence["Rows"]) -> "Rows":
        """Rows of several steps, those of a parent together and in the order of the steps."""
        order = np.argsort(np.concatenate([part.parent for part in parts]), kind="stable")
        times = [part.time for part in parts if part.time is not None]
        return cls(
            np.concatenate([part.parent for part in parts])[order],
            np.concatenate(times)[order] if times else None,
            {name: np.concatenate([part.numbers[name] for part in parts])[order] for name in parts[0].numbers},
            {name: np.concatenate([part.codes[name] for part in parts])[order] for name in parts[0].codes},
        )


class Past:
    """What was drawn so far for each of some parents, of whom each has at least one row."""

    def __init__(self, first: Rows) -> None:
        """`first` holds the first row of each."""
        self.place = np.ones(len(first))
        self.begun = self.time = first.time
        self.gap = np.full(len(first), np.nan)
        self.last, self.before = dict(first.numbers), {name: self.gap.copy() for name in first.numbers}
        self.sums = {name: np.nan_to_num(values) for name, values in first.numbers.items()}
        self.codes = dict(first.codes)

    def keep(self, chosen: Array) -> None:
        """Go on with some of the parents, a mask."""
        self.place, self.gap = self.place[chosen], self.gap[chosen]
        if self.time is not None and self.begun is not None:
            self.time, self.begun = self.time[chosen], self.begun[chosen]
        for known in (self.last, self.before, self.sums, self.codes):
            for name in known:
                known[name] = known[name][chosen]

    def copy(self) -> "Past":
        """The same past, which changes of this one leave alone."""
        out = Past.__new__(Past)
        out.__dict__ |= {name: dict(v) if isinstance(v, dict) else v for name, v in self.__dict__.items()}
        return out

    def add(self, rows: Rows) -> None:
        """Add the next row of each parent."""
        self.place = self.place + 1
        if rows.time is not None and self.time is not None:
            now = np.where(np.isnan(rows.time), self.time, rows.time)
            self.gap, self.time = rows.time - self.time, now
            if self.begun is not None:
                self.begun = np.where(np.isnan(self.begun), now, self.begun)
        self.before, self.last = self.last, dict(rows.numbers)
        self.sums = {name: self.sums[name] + np.nan_to_num(values) for name, values in rows.numbers.items()}
        self.codes = dict(rows.codes)

    def numbers(self) -> dict[str, Array]:
        """The running numbers, by name, (parents,) each."""
        out = {"place": self.place}
        if self.time is not None and self.begun is not None:
            since = self.time - self.begun
            with np.errstate(divide="ignore", invalid="ignore"):
                mean = np.where(self.place > 1, since / (self.place - 1), np.nan)
            out |= {"last time": self.time, "last gap": self.gap, "since first": since, "mean gap": mean}
        for name in self.last:
            out |= {f"last {name}": self.last[name], f"before last {name}": self.before[name]}
            out[f"mean {name}"] = self.sums[name] / self.place
        return out


def running_names(numeric: Sequence[str], *, timed: bool) -> list[str]:
    """The names of the running numbers that a past has, of such numeric columns."""
    times = ["last time", "last gap", "since first", "mean gap"] if timed else []
    return ["place", *times, *(f"{how} {name}" for name in numeric for how in ("last", "before last", "mean"))]


@dataclass(frozen=True)
class History:
    """What was learned of the rows that parents have in a child table.

    Attributes:
        codebook: of the child's columns, without the link and the time.
        clock: of the time; None without one.
        models: by `MODELS`; none of the time without a clock, none of later rows where no parent has two.
        tilts: by which of a few drawn rows one is chosen, by model, as far as they help.
        binnings: of the running numbers, by name.
        repeated: columns of which it is drawn first whether a later row repeats the last one's value. In later rows
            they have one code more than else, which says that they do.
    """

    codebook: Codebook
    clock: Clock | None
    models: Mapping[str, TreesModel]
    tilts: Mapping[str, Tilt]
    binnings: Mapping[str, Binning]
    repeated: tuple[str, ...]

    def arrays(self) -> dict[str, Array]:
        """Everything learned but the codebook, as plain arrays."""
        out = {f"bins_{k}": binning.edges for k, binning in enumerate(self.binnings.values())}
        out["repeated"] = np.array([name in self.repeated for name in self.codebook.learned], bool)
        if self.clock is not None:
            out |= {f"clock_{name}": array for name, array in self.clock.arrays().items()}
        for name, model in self.models.items():
            out |= {f"{name}_{key}": array for key, array in model.arrays().items()}
        for name, tilt in self.tilts.items():
            out |= {f"tilt{name}_{key}": array for key, array in tilt.arrays().items()}
        return out

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], codebook: Codebook, parents: Sequence[CodeColumn]) -> Self:
        """The history that `arrays` came from, every index checked.

        Raises `KeyError`, `ValueError` or `ModelFileError`.
        """
        parts: dict[str, dict[str, Array]] = {name: {} for name in (*MODELS, *(f"tilt{name}" for name in TILTED))}
        parts |= {"clock": {}, "bins": {}, "repeated": {}}
        for name, array in arrays.items():
            part, _, rest = name.partition("_")
            parts[part][rest] = array
        clock = Clock.from_arrays(parts["clock"]) if parts["clock"] else None
        numeric = [name for name in codebook.learned if isinstance(codebook.encodings[name], NumberEncoding)]
        names = running_names(numeric, timed=clock is not None)
        binnings = {name: Binning.restored(parts["bins"][str(k)]) for k, name in enumerate(names)}
        flags = parts["repeated"][""]
        if flags.dtype != bool or flags.shape != (len(codebook.learned),):
            raise ValueError("repeated columns that are none")
        repeated = tuple(name for name, flag in zip(codebook.learned, flags, strict=True) if flag)
        models: dict[str, TreesModel] = {}
        tilts: dict[str, Tilt] = {}
        for name, (known, drawn) in model_columns(codebook, parents, clock, binnings, repeated).items():
            if parts.get(f"tilt{name}"):
                tilts[name] = Tilt.from_arrays(parts[f"tilt{name}"], bin_sizes((*known, *drawn)))
            if parts[name]:
                models[name] = TreesModel.from_arrays(parts[name], (*known, *drawn))
                if [j for j, part in enumerate(models[name].parts) if part is None] != list(range(len(known))):
                    raise ValueError("a model of other columns")
        later = {"more", "later", *(["gap"] if clock else [])}
        if not {"any", "first", *(["begin"] if clock else [])} <= set(models) or len(later & set(models)) not in (
            0,
            len(later),
        ):
            raise ValueError("a history without its models")
        if not set(tilts) <= set(models):
            raise ValueError("a tilt of no model")
        return cls(codebook, clock, models, tilts, binnings, repeated)

    def draw(self, parents: Codes, rng: np.random.Generator) -> Rows:
        """The rows of new parents, whose codes are given, shape (columns, parents)."""
        whose = np.flatnonzero(_draw(self.models["any"], parents, rng)[0] == 1)
        known = parents[:, whose]
        time = None
        if self.clock is not None:
            time = self.clock.begins.decode(_draw(self.models["begin"], known, rng)[0], rng)
            known = np.concatenate([known, self.clock.moment(time)])
        rows = self._read(whose, time, self._choose("first", known, rng), None, rng)
        steps = [rows]
        if "more" not in self.models or not len(whose):
            return Rows.together(steps)
        past = Past(rows)
        for _ in range(MOST_STEPS):
            known = np.concatenate([parents[:, whose], _known(self.binnings, self.clock, past)])
            goes_on = _draw(self.models["more"], known, rng)[0] == 1
            whose, known = whose[goes_on], known[:, goes_on]
            if not len(whose):
                break
            past.keep(goes_on)
            if self.clock is not None and past.time is not None:
                gap = _draw(self.models["gap"], known, rng)
                time = past.time + self.clock.decode_gap(gap[0], rng)
                known = np.concatenate([known, gap, self.clock.moment(time)])
            rows = self._read(whose, time, self._choose("later", known, rng), past, rng)
            past.add(rows)
            steps.append(rows)
        return Rows.together(steps)

    def _choose(self, name: str, context: Codes, rng: np.random.Generator) -> Codes:
        """What a model says of rows, one of a few draws each: the likelier, the likelier a tilt holds it to be real."""
        model = self.models[name]
        if name not in self.tilts:
            return _draw(model, context, rng)
        candidates = [_draw(model, context, rng) for _ in range(CANDIDATES)]
        bins = (as_bins(model.columns, np.concatenate([context, each])) for each in candidates)
        scores = np.stack([self.tilts[name].scores(each) for each in bins])
        best = (scores + rng.gumbel(size=scores.shape)).argmax(axis=0)  # in proportion to exp(score)
        return np.asarray(np.choose(best, np.stack(candidates)) if len(candidates[0]) else candidates[0])

    def _read(
        self, whose: Array, time: Array | None, codes: Codes, past: Past | None, rng: np.random.Generator
    ) -> Rows:
        """Rows of drawn codes; those of later rows begin with flags, whose word the columns' own codes repeat."""
        own = dict(zip(self.codebook.learned, codes[len(codes) - len(self.codebook.learned) :], strict=True))
        again = {}
        if past is not None:
            for name in self.repeated:
                again[name] = own[name] == self.codebook.encodings[name].cardinality
                own[name] = np.where(again[name], past.codes[name], own[name])
        numbers = _numbers(self.codebook, own, rng)
        if past is not None:
            for name in again.keys() & numbers.keys():
                numbers[name] = np.where(again[name], past.last[name], numbers[name])
        return Rows(whose, time, numbers, own)


TILTED = ("first", "later")
"""The models whose draws are chosen by a tilt."""

CANDIDATES = 8
"""Draws that one is chosen of."""

MODELS = ("any", "begin", "first", "more", "gap", "later")
"""The models of a history: whether there is a row, when, what it holds; whether another, how much later, and what."""


def model_columns(
    codebook: Codebook,
    parents: Sequence[CodeColumn],
    clock: Clock | None,
    binnings: Mapping[str, Binning],
    repeated: Sequence[str],
) -> dict[str, tuple[tuple[CodeColumn, ...], tuple[CodeColumn, ...]]]:
    """For each of `MODELS`: the columns that it is given, and those that it draws."""
    columns, question = codebook.code_columns, (CodeColumn("more", 2, False),)
    coded = [c for c in columns if not isinstance(codebook.encodings[c.name], NumberEncoding)]
    past = [*parents, *(binning.column(name) for name, binning in binnings.items()), *coded]
    flags = [CodeColumn(f"repeats {name}", 2, False) for name in repeated]
    wider = (*flags, *(replace(c, cardinality=c.cardinality + 1) if c.name in repeated else c for c in columns))
    if clock is None:
        given = {"any": parents, "first": parents, "more": past, "later": past}
        drawn = {"any": question, "first": columns, "more": question, "later": wider}
    else:
        past += clock.calendar_columns
        begin, gap, moment = (clock.begin_column,), (clock.gap_column,), clock.moment_columns
        given = {"any": parents, "begin": parents, "first": [*parents, *moment]}
        given |= {"more": past, "gap": past, "later": [*past, *gap, *moment]}
        drawn = {"any": question, "begin": begin, "first": columns, "more": question, "gap": gap, "later": wider}
    return {name: (_renamed(given[name]), drawn[name]) for name in given}


def _follow_flags(given: int, drawn: Sequence[CodeColumn], repeated: Sequence[str]) -> dict[int, Cooccurrence]:
    """What flags say of the columns of `later`, which come after them: that these repeat the last row's."""
    one, always = np.ones(1, np.int32), np.ones(1)
    place = {column.name: given + k for k, column in enumerate(drawn)}
    return {
        place[name]: Cooccurrence(one * (given + k), one, one * (drawn[place[name] - given].cardinality - 1), always)
        for k, name in enumerate(repeated)
    }


def _draw(model: TreesModel, context: Codes, rng: np.random.Generator) -> Codes:
    """What a model says of rows, given their context, (columns, rows)."""
    given = dict(enumerate(context))
    return model.sample(context.shape[1], allowed={}, given=given, rng=rng).codes[len(context) :]


def _known(binnings: Mapping[str, Binning], clock: Clock | None, past: Past) -> Codes:
    """The codes of a past: its running numbers, the last codes of columns that are no numbers, and the calendar."""
    numbers = past.numbers()
    own = [binnings[name].encode(numbers[name]) for name in binnings]
    own += [codes.astype(np.uint16) for name, codes in past.codes.items() if name not in past.last]
    if clock is not None and past.time is not None:
        own += list(clock.calendar(past.time))
    return np.stack(own)


def _numbers(codebook: Codebook, codes: Mapping[str, Array], rng: np.random.Generator) -> dict[str, Array]:
    """The numbers of the numeric columns."""
    numeric = {name: e for name, e in codebook.encodings.items() if isinstance(e, NumberEncoding) and name in codes}
    return {name: encoding.decode(codes[name], rng) for name, encoding in numeric.items()}


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
        repeated: Sequence[str],
        tell: Progress,
    ) -> tuple[TreesModel, Tilt | None]:
        known, drawn = asked
        contexts, answers, whose = zip(*self.parts.pop(model), strict=True)
        codes = np.concatenate([np.concatenate(contexts, axis=1), np.concatenate(answers, axis=1)]).astype(np.uint16)
        owners = np.unique(np.concatenate(whose), return_inverse=True)[1].astype(np.int32)
        table = CodeTable((*known, *drawn), np.ascontiguousarray(codes))
        said = _follow_flags(len(known), drawn, repeated) if model == "later" else {}
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
        progress: told "learning" from 0 to 1.
    """
    clock = None
    if rows.time is not None:
        clock = Clock.learn(rows.time, rows.parent, owners[rows.parent], day=day, min_count=min_count)
        rows = rows if clock is not None else replace(rows, time=None)
    columns = codebook.code_columns
    repeated = _find_repeated(rows, columns)
    lessons, binnings = _replay(rows, parents, owners, columns, clock, repeated)
    asked = model_columns(codebook, parents.columns, clock, binnings, tuple(repeated))
    names = [name for name in MODELS if name in lessons.parts]
    models: dict[str, TreesModel] = {}
    tilts: dict[str, Tilt] = {}
    for k, name in enumerate(names):

        def tell(stage: str, done: float, k: int = k) -> None:
            progress(stage, (k + done) / len(names))

        models[name], tilt = lessons.learn(name, asked[name], engine, seed + k, tuple(repeated), tell)
        if tilt is not None:
            tilts[name] = tilt
    return History(codebook, clock, models, tilts, binnings, tuple(repeated))


def _learn_tilt(model: TreesModel, table: CodeTable, context: int, owners: Array, seed: int) -> Tilt | None:
    """What tells real rows from a model's, given the same past; some owners say when it has learned enough."""
    rng = np.random.default_rng(seed)
    some = rng.permutation(table.rows)[:MOST_TILTED]
    codes = np.ascontiguousarray(table.codes[:, some])
    parts = [np.concatenate([codes[:context], _draw(model, codes[:context], rng)]) for _ in range(TILT_DRAWS)]
    held = (rng.random(owners.max() + 1) < HELD_SHARE)[owners[some]]
    real, drawn = as_bins(table.columns, codes), [as_bins(table.columns, part) for part in parts]
    return learn_tilt(
        real[~held],
        np.concatenate([part[~held] for part in drawn]),
        real[held],
        np.concatenate([part[held] for part in drawn]),
        sizes=bin_sizes(table.columns),
        unordered=[j for j, column in enumerate(table.columns) if not column.ordered],
        rounds=TILT_ROUNDS,
        seed=seed,
    )


def _replay(
    rows: Rows,
    parents: CodeTable,
    owners: Array,
    columns: Sequence[CodeColumn],
    clock: Clock | None,
    repeated: Mapping[str, int],
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
        lessons.add("begin", context, clock.begins.encode(now.time)[None], own)
        context = np.concatenate([context, clock.moment(now.time)])
    lessons.add("first", context, _stack(now.codes, columns, len(now)), own)
    past = Past(now)
    goes_on = length > 1
    alive, goes = np.flatnonzero(goes_on), [goes_on]
    pasts, nexts = [(now.parent, past.copy())], list[tuple[Rows, Array | None]]()
    for step in range(1, int(length.max())):
        past.keep(goes[-1])
        now, before = rows.take(begin[alive] + step), past.time
        answered = dict(now.codes)
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
    flags = [CodeColumn(f"repeats {name}", 2, False) for name in repeated]
    numbers, whose = [each.numbers() for _, each in pasts], np.concatenate([owners[parent] for parent, _ in pasts])
    binnings = {name: Binning.of(np.concatenate([each[name] for each in numbers]), whose) for name in names}
    if len(pasts) > 1:
        for k, (parent, each) in enumerate(pasts):
            context = np.concatenate([known[:, parent], _known(binnings, clock, each)])
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


def _renamed(columns: Sequence[CodeColumn]) -> tuple[CodeColumn, ...]:
    """The columns of a context: of them nothing is ever drawn, so that a code for rare levels is one like others."""
    return tuple(
        CodeColumn(f"{place} {c.name}", c.cardinality, c.ordered, c.missing) for place, c in enumerate(columns)
    )


def read_rows(frame: pl.DataFrame, codebook: Codebook, parent: Array, time: Array | None) -> Rows:
    """A child table's rows, in the order of their parents and times; `time` is None where there is none."""
    order = sort_rows(parent, time)
    table = codebook.encode(frame)
    codes = {column.name: own[order] for column, own in zip(table.columns, table.codes, strict=True)}
    numbers = {
        name: codebook.read_numbers(name, frame[name])[order]
        for name in codebook.learned
        if isinstance(codebook.encodings[name], NumberEncoding)
    }
    return Rows(parent[order].astype(np.int64), None if time is None else time[order], numbers, codes)


def sort_rows(parent: Array, time: Array | None) -> npt.NDArray[np.int64]:
    """The places of rows, those of a parent together, by their times, and else as they stand.

    A row whose time is missing follows the one before it in the file.
    """
    if time is None:
        return np.argsort(parent, kind="stable")
    known = pl.Series(time).fill_nan(None).forward_fill().fill_null(-np.inf).to_numpy()
    return np.lexsort((known, parent))
