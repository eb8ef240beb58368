"""Histories: the rows that a parent has in a child table, drawn one after another.

Models of codes say what comes, given the parent and what was drawn for it before: whether there is a first row and
another one, when, and what the first and each later one hold at that moment. What was drawn before is known by running
numbers: how many rows, the last and the mean of each column, the time since the first and the last. Where rows are of
kinds (a salary, a rent, a fee), the kind is drawn before the rest, and the last row of each kind is remembered. What
parents repeat of it (a price, a team, whom they pay) has a code that says so. All parents advance together, a step at a
time (sequence models by one step's conditional distribution: Zhang, Patki and Veeramachaneni 2022, "Sequential models
in the synthetic data vault"). A tree's leaf holds the rows of so many customers, not so many rows; see `engines.trees`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from twinfold.protocols import CodeColumn, Codes
from twinfold.synthesis.clock import Binning, Clock
from twinfold.synthesis.dues import Dues
from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.synthesis.encoding.filled import FilledEncoding
from twinfold.synthesis.encoding.number import NumberEncoding
from twinfold.synthesis.engines.trees import TreesModel
from twinfold.synthesis.following import FollowingColumn
from twinfold.synthesis.gaps import draw_gaps
from twinfold.synthesis.history_columns import (
    MODELS,
    guide_names,
    known_codes,
    model_columns,
    numeric_columns,
    recall_codes,
    recalled_names,
)
from twinfold.synthesis.kinds import MOST_KINDS, Kinds
from twinfold.synthesis.leaves import bin_sizes
from twinfold.synthesis.named_arrays import put_under
from twinfold.synthesis.past import NOBODY, Last, Past, Rows, remember, running_names, show, tracked_name
from twinfold.synthesis.positions import Positions
from twinfold.synthesis.rejection import draw_codes, draw_tilted
from twinfold.synthesis.statuses import Admission, Status, draw_admitted
from twinfold.synthesis.tilt import Tilt

Array = npt.NDArray[Any]

MOST_STEPS = 1_000_000
"""Rows of one parent, at most: a model that goes on for longer was not learned from data."""


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
        dues: when the next row of each kind is due; None where rows of none come regularly.
        running: columns that may go on from the row before, or follow from other numbers.
        statuses: columns of which a rule says what may follow what.
    """

    codebook: Codebook
    clock: Clock | None
    models: Mapping[str, TreesModel]
    tilts: Mapping[str, Tilt]
    binnings: Mapping[str, Binning]
    kinds: Kinds | None
    dues: Dues | None
    recalled: Mapping[str, Binning]
    repeated: tuple[str, ...]
    running: tuple[FollowingColumn, ...] = ()
    positions: Mapping[str, Positions] = field(default_factory=dict)
    ratios: Mapping[str, str] = field(default_factory=dict)
    statuses: tuple[Status, ...] = ()

    def arrays(self) -> dict[str, Array]:
        """Everything learned but the codebook, as plain arrays."""
        out = {f"bins_{k}": binning.edges for k, binning in enumerate(self.binnings.values())}
        out |= {f"recalled_{k}": binning.edges for k, binning in enumerate(self.recalled.values())}
        columns = tuple(self.codebook.encodings)
        out["repeated"] = np.array([name in self.repeated for name in columns], bool)
        if self.kinds is not None:
            out["kinds_columns"] = np.array([columns.index(name) for name in self.kinds.columns])
            out["kinds_keys"] = self.kinds.keys
        if self.dues is not None:
            out |= put_under("dues", self.dues.arrays())
        numeric = numeric_columns(self.codebook)
        for name, found in self.positions.items():
            guides = guide_names(numeric, name)
            state = found.state() | {"guides": np.array([guides.index(guide) for guide in found.guides])}
            out |= put_under(f"place{numeric.index(name)}", state)
        if self.clock is not None:
            out |= put_under("clock", self.clock.arrays())
        for name, model in self.models.items():
            out |= put_under(name, model.arrays())
        for name, tilt in self.tilts.items():
            out |= put_under(f"tilt{name}", tilt.arrays())
        return out

    @classmethod
    def from_arrays(
        cls,
        arrays: Mapping[str, Array],
        codebook: Codebook,
        parents: Sequence[CodeColumn],
        running: tuple[FollowingColumn, ...],
        ratios: Mapping[str, str],
    ) -> Self:
        """The history that `arrays` came from, every index checked.

        Raises `KeyError`, `ValueError` or `ModelFileError`.
        """
        parts: dict[str, dict[str, Array]] = {name: {} for name in (*MODELS, *(f"tilt{name}" for name in TILTED))}
        parts |= {"clock": {}, "bins": {}, "recalled": {}, "repeated": {}, "kinds": {}, "dues": {}}
        numeric = numeric_columns(codebook)
        parts |= {f"place{k}": {} for k in range(len(numeric))}
        for name, array in arrays.items():
            part, _, rest = name.partition("_")
            parts[part][rest] = array
        positions = {
            name: _restore_positions(parts[f"place{k}"], guide_names(numeric, name))
            for k, name in enumerate(numeric)
            if parts[f"place{k}"]
        }
        clock = Clock.from_arrays(parts["clock"]) if parts["clock"] else None
        kinds = _restore_kinds(parts["kinds"], codebook) if parts["kinds"] else None
        dues = None
        if parts["dues"]:
            if clock is None:
                raise ValueError("dues without a clock")
            dues = Dues.from_arrays(parts["dues"], 1 if kinds is None else len(kinds), clock.day)
        shown = show({name: np.zeros(0) for name in numeric}, ratios)
        tracked = [*numeric, *map(tracked_name, shown)]
        names = running_names(tracked, timed=clock is not None, kinds=kinds, dues=dues)
        binnings = {name: Binning.restored(parts["bins"][str(k)]) for k, name in enumerate(names)}
        names = recalled_names(tracked) if kinds else []
        recalled = {name: Binning.restored(parts["recalled"][str(k)]) for k, name in enumerate(names)}
        flags, columns = parts["repeated"][""], tuple(codebook.encodings)
        if flags.dtype != bool or flags.shape != (len(columns),):
            raise ValueError("repeated columns that are none")
        repeated = tuple(name for name, flag in zip(columns, flags, strict=True) if flag)
        models: dict[str, TreesModel] = {}
        tilts: dict[str, Tilt] = {}
        follow = tuple(column.target for column in running)
        if set(follow) & set(repeated) or (kinds is not None and set(kinds.columns) & {*follow, *repeated}):
            raise ValueError("a column that is said twice")
        made = model_columns(codebook, parents, clock, binnings, kinds, dues, recalled, repeated, follow)
        for name, (known, drawn) in made.items():
            if parts.get(f"tilt{name}"):
                seen = (*known, *drawn, *(clock.moment_columns if clock is not None and name == "gap" else ()))
                tilts[name] = Tilt.from_arrays(parts[f"tilt{name}"], bin_sizes(seen))
            if parts[name]:
                models[name] = TreesModel.from_arrays(parts[name], (*known, *drawn))
                if [j for j, part in enumerate(models[name].parts) if part is None] != list(range(len(known))):
                    raise ValueError("a model of other columns")
        later = {"more", "later", *(["gap"] if clock else []), *(["kind"] if kinds else [])}
        if not {"any", "first", *(["begin"] if clock else [])} <= set(models) or len(later & set(models)) not in (
            0,
            len(later),
        ):
            raise ValueError("a history without its models")
        if not set(tilts) <= set(models):
            raise ValueError("a tilt of no model")
        return cls(
            codebook, clock, models, tilts, binnings, kinds, dues, recalled, repeated, running, positions, ratios
        )

    def draw(
        self,
        parents: Codes,
        rng: np.random.Generator,
        since: Array | None = None,
        *,
        after: float = -np.inf,
        until: float = np.inf,
    ) -> Rows:
        """The rows of new parents, whose codes are given, shape (columns, parents).

        `since`: from when each parent counts the time of the first row, (parents,), where it was learned so.
        `after`, `until`: between which times rows are drawn, given that none came by the first of them.
        """

        def begin(places: Array) -> _Next:
            return self._begin(parents[:, places], None if since is None else since[places], rng)

        has, codes, time = _draw_after(begin, parents.shape[1], after)
        has &= ~(time > self._no_later(until))
        whose = np.flatnonzero(has)
        known = np.concatenate([parents[:, whose], codes[:, whose]])
        own_time = time[whose] if self.clock is not None else None
        drawn = dict(zip(self.codebook.learned, self._choose("first", known, rng)[len(self.running) :], strict=True))
        rows = self._read(whose, own_time, drawn, None, rng)
        if "more" not in self.models or not len(whose):
            return rows
        return Rows.together(
            [rows, *self._draw_steps(parents, whose, Past(rows, self.kinds, self.dues), rng, until=until)]
        )

    def go_on(
        self,
        parents: Codes,
        rows: Rows,
        rng: np.random.Generator,
        since: Array | None = None,
        *,
        after: float,
        until: float,
    ) -> Rows:
        """What comes after the `rows` that parents have; those who have none may begin; see `draw`.

        Where the time of the next row never comes out later than `after`, there is none: a history of whom it would
        long have been expected has ended.
        """
        none = np.flatnonzero(np.bincount(rows.parent, minlength=parents.shape[1]) == 0)
        own = None if since is None else since[none]
        begun = self.among(none).draw(parents[:, none], rng, own, after=after, until=until)
        steps = [replace(begun, parent=none[begun.parent])]
        if len(rows) and "more" in self.models:
            rows = replace(rows, names={name: rows.names[name] for name in self.repeated if name in rows.names})
            whose, past = remember(rows, self.kinds, self.dues)
            steps += self._draw_steps(parents, whose, past, rng, after=after, until=until)
        return Rows.together(steps)

    def among(self, parents: Array) -> Self:
        """The history for some of the parents, by their places."""
        return replace(self, running=tuple(column.among(parents) for column in self.running))

    def _draw_steps(
        self,
        parents: Codes,
        whose: Array,
        past: Past,
        rng: np.random.Generator,
        *,
        after: float = -np.inf,
        until: float = np.inf,
    ) -> list[Rows]:
        """The next rows of parents who have some, step by step."""
        steps: list[Rows] = []
        for _ in range(MOST_STEPS):
            known = np.concatenate([parents[:, whose], known_codes(self.binnings, self.clock, past.known())])

            def follow(places: Array, known: Codes = known) -> _Next:
                return self._follow(places, past, known[:, places], rng)

            goes_on, codes, time = _draw_after(follow, len(whose), after if not steps else -np.inf)
            goes_on &= ~(time > self._no_later(until))
            for status in self.statuses:
                goes_on &= status.goes_on(past.codes[status.column])
            whose, known = whose[goes_on], np.concatenate([known[:, goes_on], codes[:, goes_on]])
            if not len(whose):
                break
            past.keep(goes_on)
            rows = self._draw_later(whose, time[goes_on] if self.clock is not None else None, known, past, rng)
            past.add(rows)
            steps.append(rows)
        return steps

    def _no_later(self, until: float) -> float:
        """The last time at which a row may come: some time, or the end of the data."""
        return until if self.clock is None or self.clock.end is None else min(until, self.clock.end)

    def _begin(self, parents: Codes, since: Array | None, rng: np.random.Generator) -> "_Next":
        """Whether parents have a first row, and when."""
        has = draw_codes(self.models["any"], parents, rng)[0] == 1
        if self.clock is None:
            return has, np.zeros((0, len(has)), np.uint16), np.full(len(has), np.nan)
        time = self.clock.begins.decode(draw_codes(self.models["begin"], parents[:, has], rng)[0], rng)
        if since is not None:
            time = since[has] + np.maximum(time, 0)
        return _spread(has, self.clock.moment(time), time)

    def _follow(self, places: Array, past: Past, known: Codes, rng: np.random.Generator) -> "_Next":
        """Whether the parents at some places of a past have another row, and how much later."""
        has = draw_codes(self.models["more"], known, rng)[0] == 1
        if self.clock is None or past.time is None:
            return has, np.zeros((0, len(has)), np.uint16), np.full(len(has), np.nan)
        own = places[has]
        before = past.time[own]
        due = None if self.dues is None else past.due()[own]
        gap, time = self._draw_gap(self.clock, before, due, known[:, has], rng)
        if due is not None:
            gap = np.concatenate([past.kind_due(time, own)[None], gap])
        return _spread(has, np.concatenate([gap, self.clock.moment(time)]), time)

    def _choose(
        self, name: str, context: Codes, rng: np.random.Generator, admissions: Sequence[Admission] = ()
    ) -> Codes:
        """What a model says of rows, as likely as a tilt holds it to be real; all with a status that may follow."""
        model = self.models[name]

        def draw_freely(rows: Array) -> Codes:
            return draw_codes(model, context[:, rows], rng)

        def draw(rows: Array) -> tuple[Codes, Array]:
            codes = draw_admitted(draw_freely, admissions, rows, rng) if admissions else draw_freely(rows)
            return codes, np.zeros(len(rows))

        if name not in self.tilts:
            return draw(np.arange(context.shape[1]))[0]

        return draw_tilted(self.tilts[name], model.columns, context, draw, rng)[0]

    def _draw_gap(
        self, clock: Clock, before: Array, due: Array | None, known: Codes, rng: np.random.Generator
    ) -> tuple[Codes, Array]:
        """How much later each next row is, as likely as the calendar makes it; and its time.

        `due`: when something is, (rows, times), infinite for nothing; None where nothing ever is.
        """
        model = self.models["gap"]

        def draw(rows: Array) -> tuple[Codes, Array]:
            own = None if due is None else due[rows]
            codes, time = draw_gaps(model, clock, before[rows], own, known[:, rows], rng)
            return np.concatenate([codes, clock.moment(time)]), time

        if "gap" in self.tilts and len(before):
            codes, time = draw_tilted(self.tilts["gap"], (*model.columns, *clock.moment_columns), known, draw, rng)
        else:
            codes, time = draw(np.arange(len(before)))
        gap = len(model.columns) - len(known) - 1
        return codes[gap : gap + 1], time

    def _draw_later(self, whose: Array, time: Array | None, known: Codes, past: Past, rng: np.random.Generator) -> Rows:
        """The next row of each parent: its kind, and what it holds given the last one of that kind."""
        own: dict[str, Array] = {}
        if self.kinds is not None:
            names = [name for name in self.codebook.learned if name in self.kinds.columns]
            admissions = self._admissions(names, 0, past, past.codes)
            own = dict(zip(names, self._choose("kind", known, rng, admissions), strict=True))
            last = past.last_of(Rows(whose, time, {}, own))
            recalled = recall_codes(self.recalled, self.codebook, self.kinds, last)
            known = np.concatenate([known, np.stack(list(own.values())), recalled])
        else:
            last = past.last_of(Rows(whose, time, {}, {}))
        rest = [name for name in self.codebook.learned if name not in own]
        flagged = len(self.repeated) + len(self.running)
        codes = self._choose("later", known, rng, self._admissions(rest, flagged, past, last.codes))
        flags = dict(zip(self.repeated, codes, strict=False))
        drawn = dict(zip(rest, codes[len(codes) - len(rest) :], strict=True))
        again = {}
        for name in self.repeated:
            again[name] = flags[name] == 1
            if name in drawn:
                again[name] = drawn[name] == self.codebook.encodings[name].cardinality
                drawn[name] = np.where(again[name], last.codes[name], drawn[name])
        return self._read(whose, time, own | drawn, past, rng, last, again)

    def _admissions(
        self, names: Sequence[str], flags: int, past: Past, last: Mapping[str, Array]
    ) -> tuple[Admission, ...]:
        """What statuses admit among columns that a model draws after so many flags."""
        return tuple(
            Admission(status, flags + names.index(status.column), past.codes[status.column], last[status.column])
            for status in self.statuses
            if status.column in names
        )

    def _read(
        self,
        whose: Array,
        time: Array | None,
        own: dict[str, Array],
        past: Past | None,
        rng: np.random.Generator,
        last: Last | None = None,
        again: Mapping[str, Array] | None = None,
    ) -> Rows:
        """Rows of codes; `again` says which repeat the `last` ones."""
        numbers = self._draw_numbers(own, past, last, rng)
        names = {name: rng.integers(2**62, size=len(whose)) for name in self.repeated if self._is_made_up(name)}
        for name, mask in (again or {}).items():
            if last is not None and name in numbers:
                numbers[name] = np.where(mask, last.numbers[name], numbers[name])
            elif last is not None and name in names:
                names[name] = np.where(mask, last.names[name], names[name])
        for name in names.keys() & own.keys():
            names[name] = np.where(own[name] == 1, NOBODY, names[name])
        own = {name: own[name] for name in self.codebook.learned}  # in the order in which they are known
        rows = Rows(whose, time, numbers, own, names)
        for column in self.running:
            encoding = self.codebook.encodings[column.target]
            if not isinstance(encoding, NumberEncoding):
                continue
            goes_on = (own[column.target] == encoding.cardinality) | column.must(past)
            value = np.where(goes_on, column.value(rows, past), numbers[column.target])
            numbers[column.target] = value
            own[column.target] = np.where(goes_on, encoding.encode(value), own[column.target])
        return replace(rows, shown=show(numbers, self.ratios))

    def _draw_numbers(
        self, own: Mapping[str, Array], past: Past | None, last: Last | None, rng: np.random.Generator
    ) -> dict[str, Array]:
        """The numbers of the numeric columns, each in its place among those of its bin."""
        out: dict[str, Array] = {}
        for name in numeric_columns(self.codebook):
            encoding, within = self.codebook.encodings[name], None
            if name in self.positions:
                nothing = np.full(len(own[name]), np.nan)
                known = {f"last {name}": nothing, f"mean {name}": nothing, f"its {name}": nothing}
                if past is not None and last is not None:
                    its = np.where(last.there, last.numbers[name], np.nan)
                    known = {f"last {name}": past.last[name], f"mean {name}": past.mean(name), f"its {name}": its}
                known |= {
                    other: self._middles(other, own[other]) for other in self.positions[name].guides if other in own
                }
                within = self.positions[name].draw(own[name], {**known, **out}, rng)
            if isinstance(encoding, NumberEncoding):
                out[name] = encoding.decode(own[name], rng, within)
        return out

    def _middles(self, name: str, codes: Array) -> npt.NDArray[np.float64]:
        """About what numbers codes stand for; a code that says that the last row's is repeated stands for none."""
        encoding = self.codebook.encodings[name]
        return np.append(encoding.middles, np.nan)[codes] if isinstance(encoding, NumberEncoding) else codes

    def _is_made_up(self, name: str) -> bool:
        return isinstance(self.codebook.encodings[name], FilledEncoding)


_Next = tuple[npt.NDArray[np.bool_], Codes, Array]
"""Whether each parent has a next row; of those, what is known of its time, (columns, parents), and the time."""


def _spread(has: npt.NDArray[np.bool_], codes: Codes, time: Array) -> _Next:
    """What was drawn for some parents, among all."""
    every, times = np.zeros((len(codes), len(has)), np.uint16), np.full(len(has), np.nan)
    every[:, has], times[has] = codes, time
    return has, every, times


def _draw_after(draw: Callable[[Array], _Next], parents: int, after: float) -> _Next:
    """Next rows, given that none came by some time: those that did are drawn again, in the end there is none."""
    has, codes, time = draw(np.arange(parents))
    left = np.flatnonzero(has & (time <= after))
    for _ in range(ATTEMPTS):
        if not len(left):
            return has, codes, time
        has[left], codes[:, left], time[left] = draw(left)
        left = left[has[left] & (time[left] <= after)]
    has[left] = False
    return has, codes, time


ATTEMPTS = 200
"""Times that the next row of a parent is drawn, at most, until it is later than those that are known."""

TILTED = ("first", "gap", "kind", "later")
"""The models whose draws are chosen by a tilt."""


def _restore_kinds(arrays: Mapping[str, Array], codebook: Codebook) -> Kinds:
    places, keys = arrays["columns"], arrays["keys"]
    columns = tuple(tuple(codebook.encodings)[place] for place in places)
    known = {column.name: column for column in codebook.code_columns}
    sound = keys.dtype == np.int64 and keys.ndim == 1 and len(keys) < MOST_KINDS and (np.diff(keys) > 0).all()
    if not sound or not columns or len(set(columns)) < len(columns) or not set(columns) <= set(known):
        raise ValueError("kinds of rows that don't fit together")
    if any(isinstance(codebook.encodings[name], NumberEncoding) for name in columns):
        raise ValueError("kinds of rows by numbers")
    return Kinds(columns, tuple(known[name].cardinality for name in columns), keys)


def _restore_positions(arrays: Mapping[str, Array], known: Sequence[str]) -> Positions:
    return Positions.restored(tuple(known[place] for place in arrays["guides"]), arrays)
