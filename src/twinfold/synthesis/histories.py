"""Histories: the rows that a parent has in a child table, drawn one after another.

Four models of codes say what comes, given the parent and what was drawn for it before: whether there is a first row and
another one, and what the first and each later one hold. What was drawn before is known by running numbers: how many
rows, the last and the mean of each column, the time since the first and the last. Where rows have a time, a later row's
is a gap to the one before; what parents repeat (a price, a team) has a code that says so. All parents advance together,
a step at a time (sequence models by one step's conditional distribution: Zhang, Patki and Veeramachaneni 2022,
"Sequential models in the synthetic data vault").
A tree's leaf holds the rows of so many customers, not so many rows; see `engines.trees`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import polars as pl

from twinfold.protocols import CodeColumn, Codes, CodeTable, Progress, silent
from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.synthesis.encoding.number import NumberEncoding, learn_number
from twinfold.synthesis.engines.trees import TreesEngine, TreesModel

Array = npt.NDArray[Any]

MOST_BINS = 120
"""Bins of a running number, at most."""

REPEATED_CODES, REPEATED = 16, 1.5
"""Codes of a column above which repeating the last one is a code of its own, and how many times likelier than by chance
a repetition must be."""

MOST_STEPS = 1_000_000
"""Rows of one parent, at most: a model that goes on for longer was not learned from data."""


@dataclass(frozen=True)
class Binning:
    """Numbers as the codes that trees split on: bins between `edges`, and the last code where there is none."""

    edges: Array

    @classmethod
    def of(cls, values: Array) -> Self:
        """Bins of like size, or one for each distinct number where there are few; values may be NaN."""
        known = values[~np.isnan(values)]
        unique = np.unique(known)
        if len(unique) <= MOST_BINS:
            return cls((unique[1:] + unique[:-1]) / 2)
        return cls(np.unique(np.quantile(known, np.linspace(0, 1, MOST_BINS + 1)[1:-1])))

    @classmethod
    def restored(cls, edges: Array) -> Self:
        """The binning with edges from a model file. Raises `ValueError` where these are none."""
        if edges.dtype != np.float64 or edges.ndim != 1 or len(edges) >= MOST_BINS or not (np.diff(edges) > 0).all():
            raise ValueError("bins out of order")
        return cls(edges)

    def column(self, name: str) -> CodeColumn:
        """What an engine may know of the codes."""
        return CodeColumn(name, len(self.edges) + 2, True, len(self.edges) + 1)

    def encode(self, values: Array) -> npt.NDArray[np.uint16]:
        """Codes of numbers, NaN where there is none; both of shape (rows,)."""
        codes = np.searchsorted(self.edges, values, side="right")
        return np.where(np.isnan(values), len(self.edges) + 1, codes).astype(np.uint16)


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
        begins, gaps: the encodings of the first row's time and of the gaps between rows; None without a time.
        any_, first: whether there is a first row, given the parent, and what it holds.
        more, later: whether there is another, given the past, and what it holds; None where no parent has two.
        binnings: of the running numbers, by name.
        repeated: columns in which a later row's code may say that it repeats the last row's: one code more than else.
    """

    codebook: Codebook
    begins: NumberEncoding | None
    gaps: NumberEncoding | None
    any_: TreesModel
    first: TreesModel
    more: TreesModel | None
    later: TreesModel | None
    binnings: Mapping[str, Binning]
    repeated: tuple[str, ...]

    def arrays(self) -> dict[str, Array]:
        """Everything learned but the codebook, as plain arrays."""
        out = {f"bins_{k}": binning.edges for k, binning in enumerate(self.binnings.values())}
        out["repeated"] = np.array([name in self.repeated for name in self.codebook.learned], bool)
        for name, encoding in (("begins", self.begins), ("gaps", self.gaps)):
            if encoding is not None:
                settings, found = encoding.state()
                out |= {f"{name}_{key}": array for key, array in found.items()}
                out[f"{name}_settings"] = np.array([settings["step"], settings["has_missing"]], np.float64)
        for name in MODELS:
            model = getattr(self, name)
            if model is not None:
                out |= {f"{name.rstrip('_')}_{key}": array for key, array in model.arrays().items()}
        return out

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Array], codebook: Codebook, parents: Sequence[CodeColumn]) -> Self:
        """The history that `arrays` came from, every index checked.

        Raises `KeyError`, `ValueError` or `ModelFileError`.
        """
        begins, gaps = (_restore_number(arrays, name) for name in ("begins", "gaps"))
        numeric = [name for name in codebook.learned if isinstance(codebook.encodings[name], NumberEncoding)]
        binnings = {}
        for k, name in enumerate(running_names(numeric, timed=begins is not None)):
            binnings[name] = Binning.restored(arrays[f"bins_{k}"])
        flags = arrays["repeated"]
        if flags.dtype != bool or flags.shape != (len(codebook.learned),):
            raise ValueError("repeated columns that are none")
        repeated = tuple(name for name, flag in zip(codebook.learned, flags, strict=True) if flag)
        asked = model_columns(codebook, parents, begins, gaps, binnings, repeated)
        models: dict[str, TreesModel | None] = {}
        for name in MODELS:
            prefix = f"{name.rstrip('_')}_"
            own = {key.removeprefix(prefix): array for key, array in arrays.items() if key.startswith(prefix)}
            known, drawn = asked[name]
            models[name] = TreesModel.from_arrays(own, (*known, *drawn)) if own else None
            if models[name] is not None and [j for j, part in enumerate(models[name].parts) if part is None] != list(  # type: ignore[union-attr]
                range(len(known))
            ):
                raise ValueError("a model of other columns")
        if models["any_"] is None or models["first"] is None or (models["more"] is None) != (models["later"] is None):
            raise ValueError("a history without its models")
        return cls(
            codebook, begins, gaps, models["any_"], models["first"], models["more"], models["later"], binnings, repeated
        )

    def draw(self, parents: Codes, rng: np.random.Generator, *, progress: Progress = silent) -> Rows:
        """The rows of new parents, whose codes are given, shape (columns, parents)."""
        has = _draw(self.any_, parents, rng)[0] == 1
        whose = np.flatnonzero(has)
        rows = self._read(whose, _draw(self.first, parents[:, whose], rng), None, rng)
        steps = [rows]
        if self.more is None or self.later is None or not len(whose):
            return Rows.together(steps)
        past = Past(rows)
        for step in range(MOST_STEPS):
            progress("drawing histories", min(step / (step + 20), 0.99))
            context = np.concatenate([parents[:, whose], _known(self.binnings, past)])
            goes_on = _draw(self.more, context, rng)[0] == 1
            whose = whose[goes_on]
            if not len(whose):
                break
            past.keep(goes_on)
            rows = self._read(whose, _draw(self.later, context[:, goes_on], rng), past, rng)
            past.add(rows)
            steps.append(rows)
        return Rows.together(steps)

    def _read(self, whose: Array, codes: Codes, past: Past | None, rng: np.random.Generator) -> Rows:
        """Rows of drawn codes, in the order of `first` and `later`: the time's first."""
        timed, time = self.begins is not None, None
        if self.begins is not None:
            late = past is not None and past.time is not None
            time = past.time + self._gap(codes[0], rng) if late else self.begins.decode(codes[0], rng)  # type: ignore[union-attr]
        own = dict(zip(self.codebook.learned, codes[int(timed) :], strict=True))
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

    def _gap(self, codes: Array, rng: np.random.Generator) -> Array:
        return np.zeros(len(codes)) if self.gaps is None else self.gaps.decode(codes, rng)


MODELS = ("any_", "first", "more", "later")
"""The four models of a history, by the names of its fields."""


def model_columns(
    codebook: Codebook,
    parents: Sequence[CodeColumn],
    begins: NumberEncoding | None,
    gaps: NumberEncoding | None,
    binnings: Mapping[str, Binning],
    repeated: Sequence[str],
) -> dict[str, tuple[tuple[CodeColumn, ...], tuple[CodeColumn, ...]]]:
    """For each of `MODELS`: the columns that it is given, and those that it draws."""
    columns, question = codebook.code_columns, (CodeColumn("more", 2, False),)
    coded = [c for c in columns if not isinstance(codebook.encodings[c.name], NumberEncoding)]
    parent = _renamed(parents)
    past = _renamed([*parents, *(binning.column(name) for name, binning in binnings.items()), *coded])
    wider = [replace(c, cardinality=c.cardinality + 1) if c.name in repeated else c for c in columns]
    timed = begins is not None
    return {
        "any_": (parent, question),
        "first": (parent, _timed(begins, columns, timed)),
        "more": (past, question),
        "later": (past, _timed(gaps, wider, timed)),
    }


def _restore_number(arrays: Mapping[str, Array], name: str) -> NumberEncoding | None:
    if f"{name}_settings" not in arrays:
        return None
    step, has_missing = (float(value) for value in arrays[f"{name}_settings"])
    own = {key.removeprefix(f"{name}_"): array for key, array in arrays.items() if key.startswith(f"{name}_")}
    return NumberEncoding.from_state({"step": step, "has_missing": has_missing}, own)


def _draw(model: TreesModel, context: Codes, rng: np.random.Generator) -> Codes:
    """What a model says of rows, given their context, (columns, rows)."""
    given = dict(enumerate(context))
    return model.sample(context.shape[1], allowed={}, given=given, rng=rng).codes[len(context) :]


def _known(binnings: Mapping[str, Binning], past: Past) -> Codes:
    """The codes of a past: its running numbers, and the last codes of columns that are no numbers."""
    numbers = past.numbers()
    own = [binnings[name].encode(numbers[name]) for name in binnings]
    own += [codes.astype(np.uint16) for name, codes in past.codes.items() if name not in past.last]
    return np.stack(own)


def _numbers(codebook: Codebook, codes: Mapping[str, Array], rng: np.random.Generator) -> dict[str, Array]:
    """The numbers of the numeric columns."""
    numeric = {name: e for name, e in codebook.encodings.items() if isinstance(e, NumberEncoding) and name in codes}
    return {name: encoding.decode(codes[name], rng) for name, encoding in numeric.items()}


@dataclass
class _Lessons:
    """What three models learn: contexts with what came next, and whose they are."""

    contexts: list[Codes] = field(default_factory=list)
    answers: list[Codes] = field(default_factory=list)
    owners: list[Array] = field(default_factory=list)

    def add(self, context: Codes, answer: Codes, owners: Array) -> None:
        self.contexts.append(context)
        self.answers.append(answer)
        self.owners.append(owners)

    def learn(
        self, known: Sequence[CodeColumn], answers: Sequence[CodeColumn], engine: TreesEngine, seed: int, tell: Progress
    ) -> TreesModel:
        context = np.concatenate(self.contexts, axis=1)
        codes = np.concatenate([context, np.concatenate(self.answers, axis=1)]).astype(np.uint16)
        owners = np.unique(np.concatenate(self.owners), return_inverse=True)[1].astype(np.int32)
        table = CodeTable((*known, *answers), np.ascontiguousarray(codes))
        return engine.fit(table, seed=seed, context=len(known), owners=owners, progress=tell)


def learn_history(
    codebook: Codebook,
    rows: Rows,
    parents: CodeTable,
    owners: Array,
    *,
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
        min_count: customers that must share a time or a gap before it may come out as itself.
        engine: grows the trees.
        seed: of the trees.
        progress: told "learning" from 0 to 1.
    """
    known, count = parents.codes, parents.rows
    begin = np.flatnonzero(np.r_[True, rows.parent[1:] != rows.parent[:-1]])
    length = np.diff(np.r_[begin, len(rows)])
    begins = gaps = None
    if rows.time is not None:
        begins = learn_number(rows.time[begin], step=1.0, min_count=min_count, tails="clipped")
        gap = np.diff(rows.time)[np.diff(rows.parent) == 0]
        gaps = learn_number(gap, step=1.0, min_count=min_count, tails="clipped") if len(gap) else None
    timed = begins is not None
    if not timed:
        rows.time = None
    columns = codebook.code_columns
    has = np.zeros(count, np.uint16)
    has[rows.parent[begin]] = 1
    ever, first, more, later = _Lessons(), _Lessons(), _Lessons(), _Lessons()
    ever.add(known, has[None], owners)
    firsts, whose = rows.take(begin), rows.parent[begin]
    first.add(known[:, whose], _answer(firsts, begins, firsts.time, columns), owners[whose])
    past = Past(firsts)
    pasts, alive = [past.numbers()], np.arange(len(begin))
    states: list[tuple[Array, dict[str, Array], dict[str, Array]]] = [(whose, pasts[0], dict(past.codes))]
    goes = [length > 1]
    nexts: list[Rows] = []
    repeated = _find_repeated(rows, columns)
    for step in range(1, int(length.max(initial=0))):
        alive = alive[length[alive] > step]
        past.keep(goes[-1])
        now = rows.take(begin[alive] + step)
        before = past.time
        answered = dict(now.codes)
        for name, size in repeated.items():
            answered[name] = np.where(_same(now, past, name), size, now.codes[name])
        nexts.append(Rows(now.parent, _gap_of(now.time, before), now.numbers, answered))
        past.add(now)
        states.append((now.parent, past.numbers(), dict(past.codes)))
        goes.append(length[alive] > step + 1)
    names = running_names(list(firsts.numbers), timed=timed)
    binnings = {name: Binning.of(np.concatenate([numbers[name] for _, numbers, _ in states])) for name in names}
    coded = [column for column in columns if column.name not in firsts.numbers]
    for k, (parent, numbers, codes) in enumerate(states):
        own = [binnings[name].encode(numbers[name]) for name in names] + [codes[c.name] for c in coded]
        context = np.concatenate([known[:, parent], np.stack(own).astype(np.uint16)])
        more.add(context, goes[k].astype(np.uint16)[None], owners[parent])
        if k < len(nexts):
            late = nexts[k]
            later.add(context[:, goes[k]], _answer(late, gaps, late.time, columns, timed=timed), owners[late.parent])
    asked = model_columns(codebook, parents.columns, begins, gaps, binnings, tuple(repeated))
    lessons = [ever, first, *([more, later] if nexts else [])]
    models: list[TreesModel] = []
    for k, lesson in enumerate(lessons):

        def tell(stage: str, done: float, k: int = k) -> None:
            progress(stage, (k + done) / len(lessons))

        models.append(lesson.learn(*asked[MODELS[k]], engine, seed + k, tell))
    further = (models[2], models[3]) if nexts else (None, None)
    return History(codebook, begins, gaps, models[0], models[1], *further, binnings, tuple(repeated))


def _same(now: Rows, past: Past, name: str) -> Array:
    """Which rows repeat the last one's value."""
    same = now.codes[name] == past.codes[name]
    return np.asarray(same & (now.numbers[name] == past.last[name]) if name in now.numbers else same)


def _find_repeated(rows: Rows, columns: Sequence[CodeColumn]) -> dict[str, int]:
    """The columns of many codes whose values follow themselves more often than by chance, with their code numbers."""
    found = {}
    again = np.diff(rows.parent) == 0
    for column in columns:
        if column.cardinality <= REPEATED_CODES or not again.any():
            continue
        values = rows.numbers.get(column.name, rows.codes[column.name])
        shares = np.unique(values[~np.isnan(values)], return_counts=True)[1] / len(values)
        if (values[1:] == values[:-1])[again].mean() > REPEATED * (shares**2).sum():
            found[column.name] = column.cardinality
    return found


def _gap_of(now: Array | None, before: Array | None) -> Array | None:
    return None if now is None or before is None else now - before


def _timed(encoding: NumberEncoding | None, columns: Sequence[CodeColumn], timed: bool) -> tuple[CodeColumn, ...]:
    if not timed:
        return tuple(columns)
    size = 1 if encoding is None else encoding.cardinality
    return (CodeColumn("time", size, True, None if encoding is None else encoding.missing), *columns)


def _answer(
    rows: Rows,
    encoding: NumberEncoding | None,
    time: Array | None,
    columns: Sequence[CodeColumn],
    *,
    timed: bool = True,
) -> Codes:
    """The codes that follow: of the time, and of the columns."""
    own = [rows.codes[column.name] for column in columns]
    if timed and time is not None:
        own.insert(0, np.zeros(len(rows), np.uint16) if encoding is None else encoding.encode(time))
    return np.stack(own).astype(np.uint16) if own else np.zeros((0, len(rows)), np.uint16)


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
