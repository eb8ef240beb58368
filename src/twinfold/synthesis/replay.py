"""Real histories, gone through as new ones will be drawn: what was known at each step, and what came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from twinfold.protocols import Codes
from twinfold.synthesis.clock import Binning, Clock
from twinfold.synthesis.dues import Dues, find_when
from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.synthesis.following import FollowingColumn
from twinfold.synthesis.history_columns import known_codes, recall_codes, recalled_names, recalled_numbers
from twinfold.synthesis.kinds import Kinds
from twinfold.synthesis.past import NOBODY, Known, Last, Past, Rows, running_names

Array = npt.NDArray[Any]


@dataclass
class Lessons:
    """What models learn: by model, contexts with what came next, and whose they are.

    `before` are the times of the rows before gaps, in the order of these, and `due` when something was, if it ever is.
    """

    parts: dict[str, list[tuple[Codes, Codes, Array]]] = field(default_factory=dict)
    before: list[Array] = field(default_factory=list)
    due: list[Array] = field(default_factory=list)

    def add(self, model: str, context: Codes, answer: Codes, owners: Array) -> None:
        """Add contexts, (columns, rows), with their answers, and the owner of each, (rows,)."""
        self.parts.setdefault(model, []).append((context, answer, owners))

    def take(self, model: str) -> tuple[Codes, Codes, Array]:
        """All of a model's, no longer kept here."""
        contexts, answers, owners = zip(*self.parts.pop(model), strict=True)
        return np.concatenate(contexts, axis=1), np.concatenate(answers, axis=1), np.concatenate(owners)


@dataclass(frozen=True)
class Replay:
    """What is gone through, and what is to be learned of it; see `history_learning.learn_history`."""

    codebook: Codebook
    rows: Rows
    parents: Codes
    owners: Array
    clock: Clock | None
    since: Array
    kinds: Kinds | None
    dues: Dues | None
    repeated: tuple[str, ...]
    running: tuple[FollowingColumn, ...]

    def run(
        self, binnings: Mapping[str, Binning] | None = None, recalled: Mapping[str, Binning] | None = None
    ) -> tuple[Lessons, Mapping[str, Binning], Mapping[str, Binning]]:
        """The lessons; the binnings of the running numbers, and of what is recalled of the last row of a kind, those
        that are given or that the rows make."""
        rows, lessons = self.rows, Lessons()
        if not len(rows):
            lessons.add("any", self.parents, np.zeros((1, self.parents.shape[1]), np.uint16), self.owners)
            return lessons, binnings or {}, recalled or {}
        begin = np.flatnonzero(np.append(True, rows.parent[1:] != rows.parent[:-1]))
        length = np.diff(np.append(begin, len(rows)))
        now = rows.take(begin)
        self._learn_first(now, lessons)
        past, goes_on = Past(now, self.kinds, self.dues), length > 1
        steps = [_Step(now.parent, past.known(), goes_on)]
        alive = np.flatnonzero(goes_on)
        for step in range(1, int(length.max())):
            past.keep(steps[-1].goes_on)
            now = rows.take(begin[alive] + step)
            steps[-1].answer(now, past.last_of(now), self._answers(now, past), past.time)
            if now.time is not None and self.dues is not None:
                steps[-1].due, steps[-1].due_kind = past.due(), past.kind_due(now.time)
            past.add(now)
            goes_on = length[alive] > step + 1
            steps.append(_Step(now.parent, past.known(), goes_on))
            alive = alive[goes_on]
        if binnings is None or recalled is None:
            binnings, recalled = self._bin(steps)
        if len(steps) > 1:
            for each in steps:
                self._learn_step(each, binnings, recalled, lessons)
        return lessons, binnings, recalled

    def _learn_first(self, now: Rows, lessons: Lessons) -> None:
        has = np.zeros(self.parents.shape[1], np.uint16)
        has[now.parent] = 1
        lessons.add("any", self.parents, has[None], self.owners)
        context, own = self.parents[:, now.parent], self.owners[now.parent]
        if self.clock is not None and now.time is not None:
            code = self.clock.begins.encode(now.time - self.since[now.parent])
            lessons.add("begin", context, code[None], own)
            context = np.concatenate([context, self.clock.moment(now.time)])
        codes = self._follow(now, None)
        names = [*(f"follows {column.target}" for column in self.running), *self.codebook.learned]
        lessons.add("first", context, _stack(codes, names, len(now)), own)

    def _answers(self, now: Rows, past: Past) -> dict[str, Array]:
        """The codes of rows, with what they repeat and go on from, and flags that say so."""
        codes, last = self._follow(now, past), past.last_of(now)
        sizes = {column.name: column.cardinality for column in self.codebook.code_columns}
        for name in self.repeated:
            if name in now.names:
                same = (now.names[name] == last.names[name]) & (now.names[name] != NOBODY)
            elif name in now.numbers:
                same = (now.codes[name] == last.codes[name]) & (now.numbers[name] == last.numbers[name])
            else:
                same = now.codes[name] == last.codes[name]
            same &= last.there
            codes[f"repeats {name}"] = same
            if name in sizes:
                codes[name] = np.where(same, sizes[name], now.codes[name])
        return codes

    def _follow(self, now: Rows, past: Past | None) -> dict[str, Array]:
        codes = dict(now.codes)
        for column in self.running:
            goes_on = column.goes_on(now, past)
            codes[f"follows {column.target}"] = goes_on
            size = self.codebook.encodings[column.target].cardinality
            codes[column.target] = np.where(goes_on, size, now.codes[column.target])
        return codes

    def _bin(self, steps: "Sequence[_Step]") -> tuple[dict[str, Binning], dict[str, Binning]]:
        numeric = list(self.rows.tracked)
        names = running_names(numeric, timed=self.clock is not None, kinds=self.kinds, dues=self.dues)
        whose = np.concatenate([self.owners[step.parent] for step in steps])
        binnings = {
            name: Binning.of(np.concatenate([step.known.numbers[name] for step in steps]), whose) for name in names
        }
        recalled: dict[str, Binning] = {}
        if self.kinds is not None:
            numbers = [(recalled_numbers(s.last), self.owners[s.now.parent]) for s in steps if s.now and s.last]
            whose = np.concatenate([own for _, own in numbers]) if numbers else whose[:0]
            for name in recalled_names(numeric):
                values = np.concatenate([own[name] for own, _ in numbers]) if numbers else np.zeros(0)
                recalled[name] = Binning.of(values, whose)
        return binnings, recalled

    def _learn_step(
        self, step: "_Step", binnings: Mapping[str, Binning], recalled: Mapping[str, Binning], lessons: Lessons
    ) -> None:
        own = self.owners[step.parent]
        context = np.concatenate([self.parents[:, step.parent], known_codes(binnings, self.clock, step.known)])
        lessons.add("more", context, step.goes_on.astype(np.uint16)[None], own)
        if step.now is None or step.last is None:
            return
        now, context, own = step.now, context[:, step.goes_on], own[step.goes_on]
        if self.clock is not None and now.time is not None and step.before is not None:
            gap = self.clock.encode_gap(now.time - step.before)[None]
            if step.due is None or step.due_kind is None:
                lessons.add("gap", context, gap, own)
            else:
                when = find_when(step.due, now.time)
                gap[0, when % 2 == 1] = self.clock.gap_column.cardinality
                lessons.add("gap", context, np.stack([when, gap[0]]), own)
                lessons.due.append(step.due)
                gap = np.stack([step.due_kind, gap[0]])
            lessons.before.append(step.before)
            context = np.concatenate([context, gap, self.clock.moment(now.time)])
        rest = list(self.codebook.learned)
        if self.kinds is not None:
            names = [name for name in rest if name in self.kinds.columns]
            kind = _stack(now.codes, names, len(now))
            lessons.add("kind", context, kind, own)
            recall = recall_codes(recalled, self.codebook, self.kinds, step.last)
            context = np.concatenate([context, kind, recall])
            rest = [name for name in rest if name not in names]
        flags = (*(f"repeats {name}" for name in self.repeated), *(f"follows {c.target}" for c in self.running))
        lessons.add("later", context, _stack(step.answers, [*flags, *rest], len(now)), own)


@dataclass
class _Step:
    """A step of all histories that come so far: what is known after a row, whether another comes, and which."""

    parent: Array
    known: Known
    goes_on: Array
    now: Rows | None = None
    last: Last | None = None
    answers: Mapping[str, Array] = field(default_factory=dict)
    before: Array | None = None
    due: Array | None = None
    due_kind: Array | None = None

    def answer(self, now: Rows, last: Last, answers: Mapping[str, Array], before: Array | None) -> None:
        self.now, self.last, self.answers, self.before = now, last, answers, before


def _stack(codes: Mapping[str, Array], names: Sequence[str], rows: int) -> Codes:
    own = [codes[name] for name in names]
    return np.stack(own).astype(np.uint16) if own else np.zeros((0, rows), np.uint16)
