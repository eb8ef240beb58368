"""Histories: the rows that a parent has in a child table, drawn one after another.

Models of codes say what comes, given the parent and what was drawn for it before: whether there is a first row and
another one, when, and what the first and each later one hold at that moment. What was drawn before is known by running
numbers: how many rows, the last and the mean of each column, the time since the first and the last. What parents repeat
(a price, a team) has a code that says so. All parents advance together, a step at a time (sequence models by one step's
conditional distribution: Zhang, Patki and Veeramachaneni 2022, "Sequential models in the synthetic data vault").
A tree's leaf holds the rows of so many customers, not so many rows; see `engines.trees`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from twinfold.protocols import CodeColumn, Codes
from twinfold.synthesis.clock import Binning, Clock
from twinfold.synthesis.encoding.codebook import Codebook
from twinfold.synthesis.encoding.number import NumberEncoding
from twinfold.synthesis.engines.trees import TreesModel
from twinfold.synthesis.leaves import as_bins, bin_sizes
from twinfold.synthesis.named_arrays import put_under
from twinfold.synthesis.past import Past, Rows, running_names
from twinfold.synthesis.running import RunningColumn
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
    """

    codebook: Codebook
    clock: Clock | None
    models: Mapping[str, TreesModel]
    tilts: Mapping[str, Tilt]
    binnings: Mapping[str, Binning]
    repeated: tuple[str, ...]
    running: tuple[RunningColumn, ...] = ()

    def arrays(self) -> dict[str, Array]:
        """Everything learned but the codebook, as plain arrays."""
        out = {f"bins_{k}": binning.edges for k, binning in enumerate(self.binnings.values())}
        out["repeated"] = np.array([name in self.repeated for name in self.codebook.learned], bool)
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
        running: tuple[RunningColumn, ...],
    ) -> Self:
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
        follow = tuple(column.target for column in running)
        if set(follow) & set(repeated):
            raise ValueError("a running number that repeats")
        for name, (known, drawn) in model_columns(codebook, parents, clock, binnings, repeated, follow).items():
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
        return cls(codebook, clock, models, tilts, binnings, repeated, running)

    def draw(self, parents: Codes, rng: np.random.Generator, since: Array | None = None) -> Rows:
        """The rows of new parents, whose codes are given, shape (columns, parents).

        `since`: from when each parent counts the time of the first row, (parents,), where it was learned so.
        """
        whose = np.flatnonzero(draw_codes(self.models["any"], parents, rng)[0] == 1)
        known = parents[:, whose]
        time = None
        if self.clock is not None:
            time = self.clock.begins.decode(draw_codes(self.models["begin"], known, rng)[0], rng)
            if since is not None:
                time = since[whose] + np.maximum(time, 0)
            known = np.concatenate([known, self.clock.moment(time)])
        rows = self._read(whose, time, self._choose("first", known, rng), None, rng)
        steps = [rows]
        if "more" not in self.models or not len(whose):
            return Rows.together(steps)
        past = Past(rows)
        for _ in range(MOST_STEPS):
            known = np.concatenate([parents[:, whose], known_codes(self.binnings, self.clock, past)])
            goes_on = draw_codes(self.models["more"], known, rng)[0] == 1
            whose, known = whose[goes_on], known[:, goes_on]
            if not len(whose):
                break
            past.keep(goes_on)
            if self.clock is not None and past.time is not None:
                gap = draw_codes(self.models["gap"], known, rng)
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
            return draw_codes(model, context, rng)
        candidates = [draw_codes(model, context, rng) for _ in range(CANDIDATES)]
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
        rows = Rows(whose, time, numbers, own)
        for column in self.running:
            encoding = self.codebook.encodings[column.target]
            if not isinstance(encoding, NumberEncoding):
                continue
            goes_on = (own[column.target] == encoding.cardinality) | (column.always and past is not None)
            value = np.where(goes_on, column.value(rows, past), numbers[column.target])
            numbers[column.target] = value
            own[column.target] = np.where(goes_on, encoding.encode(value), own[column.target])
        return rows


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
    follow: Sequence[str],
) -> dict[str, tuple[tuple[CodeColumn, ...], tuple[CodeColumn, ...]]]:
    """For each of `MODELS`: the columns that it is given, and those that it draws.

    `repeated` columns may be the last row's, running numbers, `follow`, may go on from it.
    """
    columns, question = codebook.code_columns, (CodeColumn("more", 2, False),)
    coded = [c for c in columns if not isinstance(codebook.encodings[c.name], NumberEncoding)]
    past = [*parents, *(binning.column(name) for name, binning in binnings.items()), *coded]

    def flag(repeated: Sequence[str]) -> tuple[CodeColumn, ...]:
        wide = {*repeated, *follow}
        own = (replace(c, cardinality=c.cardinality + 1) if c.name in wide else c for c in columns)
        return (*flag_columns(repeated, follow), *own)

    first, later = flag(()), flag(repeated)
    if clock is None:
        given = {"any": parents, "first": parents, "more": past, "later": past}
        drawn = {"any": question, "first": first, "more": question, "later": later}
    else:
        past += clock.calendar_columns
        begin, gap, moment = (clock.begin_column,), (clock.gap_column,), clock.moment_columns
        given = {"any": parents, "begin": parents, "first": [*parents, *moment]}
        given |= {"more": past, "gap": past, "later": [*past, *gap, *moment]}
        drawn = {"any": question, "begin": begin, "first": first, "more": question, "gap": gap, "later": later}
    return {name: (_renamed(given[name]), drawn[name]) for name in given}


def flag_columns(repeated: Iterable[str], follow: Iterable[str]) -> tuple[CodeColumn, ...]:
    """The columns that say whether others repeat, or go on from, the row before."""
    names = (*(f"repeats {name}" for name in repeated), *(f"follows {name}" for name in follow))
    return tuple(CodeColumn(name, 2, False) for name in names)


def flagged(flag: str) -> str | None:
    """The column that such a column says it of; None for other columns."""
    how, _, name = flag.partition(" ")
    return name if how in ("repeats", "follows") else None


def draw_codes(model: TreesModel, context: Codes, rng: np.random.Generator) -> Codes:
    """What a model says of rows, given their context, (columns, rows)."""
    given = dict(enumerate(context))
    return model.sample(context.shape[1], allowed={}, given=given, rng=rng).codes[len(context) :]


def known_codes(binnings: Mapping[str, Binning], clock: Clock | None, past: Past) -> Codes:
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


def _renamed(columns: Sequence[CodeColumn]) -> tuple[CodeColumn, ...]:
    """The columns of a context: of them nothing is ever drawn, so that a code for rare levels is one like others."""
    return tuple(
        CodeColumn(f"{place} {c.name}", c.cardinality, c.ordered, c.missing) for place, c in enumerate(columns)
    )
