"""The synthesizer: a learned table, ready to draw synthetic rows from, to save and to load."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from twinfold.errors import (
    ConditionError,
    DataError,
    ModelFileError,
    OptionError,
    SchemaError,
    unknown_name,
)
from twinfold.protocols import CodeTable, Engine, LikelihoodModel, Progress, silent
from twinfold.synthesis.balance import Balance, read_balance
from twinfold.synthesis.calibration import CalibratedModel, calibrate, restore, uncalibrated
from twinfold.synthesis.choice import MODELS, EngineChoice, choose, read_budget, restore_base
from twinfold.synthesis.conditions import Condition, parse
from twinfold.synthesis.drawing import draw_rows, keep_obeying, number_anew, shuffle
from twinfold.synthesis.encoding.codebook import Codebook, learn_codebook, reason
from twinfold.synthesis.engines.pooled_trees import OlderRows, PooledTrees
from twinfold.synthesis.engines.start import Start
from twinfold.synthesis.fairness import MOST_TRIED, PILOT, Parity, check_alone, seek_parity, take_wanted
from twinfold.synthesis.guard import Guarded, guard
from twinfold.synthesis.model_file import read_model_file, write_model_file
from twinfold.synthesis.named_arrays import put_under, take_from
from twinfold.synthesis.release import check_released, describe_verdict
from twinfold.synthesis.resampling import Choice
from twinfold.synthesis.transfer import begin_with, check_start, tell_borrowed
from twinfold.tables.dataset import Dataset
from twinfold.tables.layout import Layout
from twinfold.tables.schema import Table, Treatment

if TYPE_CHECKING:
    from twinfold.evaluation.finding import Evaluation

MIN_ROWS = 50
"""Fewer real customers than this can't be learned without giving them away."""

MOST_COLUMNS = 3_000
"""Columns that are learned, at most: each is up to 21 arrays of a model file, and a zip holds 65,535."""

CHUNK, CONDITIONED_CHUNK = 100_000, 10_000
"""Rows drawn at a time: what memory holds, freely and where a condition needs many draws for a row."""

CHUNK_BYTES = 2**28
"""Bytes drawn at a time, at most: of a wide table, or one of long texts, fewer rows."""

HELD_SHARE, LEAST_HELD, MOST_HELD = 0.1, 200, 5_000
"""Rows that an engine does not learn, so that it is known when to stop: the share, and the fewest and most of them."""

BASE_SHARE = 0.6
"""The part of a budget that goes to the engine; the rest is for calibration."""

MOST_ROWS = 10**9
"""More rows than any table that fits into memory: a model file that says so was not written by a fit."""

_REDRAWS = 20


@dataclass(frozen=True)
class Synthesizer:
    """A learned table.

    Attributes:
        table: what its columns are.
        layout: how it was stored.
        codebook, model: what was learned.
        engine: the name of the engine that learned it.
        rows: how many rows were learned.
        seed: of the fit.
        history: what happened to the model, in order, as records for the model file.
        evaluation: what was found about a model of the same making that had kept rows aside, where one was asked for.
    """

    table: Table
    layout: Layout
    codebook: Codebook
    model: LikelihoodModel
    engine: str
    rows: int
    seed: int
    history: tuple[Mapping[str, Any], ...] = ()
    evaluation: "Evaluation | None" = field(default=None, compare=False)

    def sample(
        self,
        n: int | None = None,
        *,
        where: str | None = None,
        given: pl.DataFrame | None = None,
        balance: str | None = None,
        fair: str | None = None,
        seed: int = 1,
        progress: Progress = silent,
    ) -> pl.DataFrame:
        """Draw synthetic rows; see `twinfold.sample`. The same arguments give the same rows."""
        stream = self.stream(n, where=where, given=given, balance=balance, fair=fair, seed=seed, progress=progress)
        return pl.concat(stream.frames())

    def stream(
        self,
        n: int | None = None,
        *,
        where: str | None = None,
        given: pl.DataFrame | None = None,
        balance: str | None = None,
        fair: str | None = None,
        seed: int = 1,
        progress: Progress = silent,
    ) -> "Stream":
        """Synthetic rows in pieces, so that any number of them takes constant memory.

        Raises `RefusedError` where the model was refused, and as `twinfold.sample`.
        """
        check_alone(fair, balance=balance, given=given)
        if given is not None:
            if balance is not None:
                raise OptionError("a balance beside given rows: one row is drawn for each given one; drop one of both")
            if n is not None and n != given.height:
                raise OptionError(f"n is {n}, but {given.height} rows are given: one is drawn for each; leave n out")
            for name in given.columns:
                if self.table[name].treatment is Treatment.DROP:
                    raise ConditionError(f"column {name!r} is dropped, so it can't be given; leave it out of the file")
            n = given.height
        check_released(self.history)
        n = self.rows if n is None else n
        if n < 1:
            raise OptionError(f"n is {n}; give 1 or more")
        if seed < 0:
            raise OptionError(f"seed is {seed}; give 0 or more")
        condition = parse(where, self.table) if where is not None else None
        shares = read_balance(balance, self.codebook, where=where) if balance is not None else None
        stream = Stream(self, n, condition, given, shares, seed, progress)
        return stream if fair is None else replace(stream, parity=self._seek_parity(fair, stream))

    def _seek_parity(self, fair: str, stream: "Stream") -> Parity:
        """The shares with parity, of what this model draws: the same whatever the seed of the draw."""
        pilot, condition, rng = replace(stream), stream.condition, np.random.default_rng(self.seed)

        def draw(rows: int) -> pl.DataFrame:
            return pilot.draw(condition, 0, rows, rng)

        return seek_parity(fair, self.codebook, draw, where=condition, pilot=PILOT)

    def save(self, path: str | Path, *, force: bool = False) -> None:
        """Write the model file, `*.twin`. Raises `OutputError` where the file exists and `force` is not set."""
        codebook, arrays = self.codebook.state()
        manifest = {
            "engine": self.engine,
            "rows": self.rows,
            "seed": self.seed,
            "table": self.table.model_dump(mode="json"),
            "layout": self.layout.model_dump(mode="json"),
            "codebook": codebook,
            "history": list(self.history),
        }
        engine_arrays = put_under("m", self.model.arrays())
        write_model_file(path, manifest, arrays | engine_arrays, force=force)

    @property
    def begun(self) -> bool:
        """Whether it began with an older model, whose customers are then behind it too."""
        return any(record.get("start") for record in self.history)

    def describe(self) -> str:
        """What was learned, in a few plain lines."""
        treated = {
            treatment: [c.name for c in self.table if c.treatment is treatment]
            for treatment in (Treatment.FAKE, Treatment.DROP)
        }
        lines = [
            f"Learned {self.rows:,} rows of {self.table.name}: {len(self.codebook.learned)} columns "
            f"with the engine {self.engine}, seed {self.seed}."
        ]
        budgeted = [r for r in self.history if r.get("budget", "none") != "none"]
        lines += [f"Engine {r.get('engine')}: {r.get('reason')}." for r in budgeted]
        lines += [f"Begun with an older model: {r['start']}." for r in self.history if r.get("start")]
        attacks = [r["guard"].get("membership_auc") for r in self.history if isinstance(r.get("guard"), dict)]
        lines += [
            f"Attacked with rows kept from it: nearness tells learned rows with AUC {auc:.2f}, where 0.5 is chance."
            for auc in attacks
            if isinstance(auc, float)
        ]
        if treated[Treatment.FAKE]:
            lines.append(f"Filled with made-up values: {', '.join(treated[Treatment.FAKE])}.")
        if treated[Treatment.DROP]:
            lines.append(f"Dropped: {', '.join(treated[Treatment.DROP])}.")
        lines += [f"Note: {record['note']}." for record in self.history if record.get("note")]
        lines += [f"Note: {note}." for note in self.codebook.notes]
        return "\n".join([*lines, *describe_verdict(self.evaluation, self.history)])


@dataclass
class Stream:
    """Synthetic rows to be drawn in pieces. What stands below `parity` is known once they are: see `drawing`.

    `behind`: how many of the customers who were learned are as was asked, about; of several parts the fewest.
    """

    synthesizer: Synthesizer
    rows: int
    condition: Condition | None
    given: pl.DataFrame | None
    balance: Balance | None
    seed: int
    progress: Progress
    parity: Parity | None = None
    effective_sample_size: float | None = None
    behind: float = inf
    choices: list[Choice] = field(default_factory=list)

    def frames(self) -> Iterator[pl.DataFrame]:
        """The rows, a frame at a time."""
        asked = any(each is not None for each in (self.condition, self.given, self.balance))
        fitting = CHUNK_BYTES // _row_bytes(self.synthesizer.codebook.specimen())
        chunk = max(1, min(fitting, CONDITIONED_CHUNK if asked else CHUNK))
        for number, start in enumerate(range(0, self.rows, chunk)):
            self.progress("drawing", start / self.rows)
            rng = np.random.default_rng([self.seed, number])
            rows = min(chunk, self.rows - start)
            if self.balance is not None:
                yield self._draw_balanced(self.balance, start, rows, rng)
            elif self.parity is not None:
                yield self._draw_fairly(self.parity, start, rows, rng)
            else:
                yield self.draw(self.condition, start, rows, rng)
        self.progress("drawing", 1.0)

    def _draw_balanced(self, balance: Balance, start: int, rows: int, rng: np.random.Generator) -> pl.DataFrame:
        frames, found = [], start
        for part, count in zip(balance.parts, balance.counts(start, start + rows), strict=True):
            if count:
                frames.append(self.draw(part, found, count, rng))
                found += count
        return shuffle(frames, self.synthesizer.codebook, rng)

    def _draw_fairly(self, parity: Parity, start: int, rows: int, rng: np.random.Generator) -> pl.DataFrame:
        """Rows that are drawn as ever, and kept while their cell wants some; cells too rare for that by themselves."""
        codebook, worth_before = self.synthesizer.codebook, self.effective_sample_size or 0.0
        wanted, tried, frames = np.array(parity.balance.counts(start, start + rows)), 0, []
        while wanted.any() and tried < MOST_TRIED * rows:
            frame = self.draw(self.condition, start, rows, rng)
            chosen, wanted = take_wanted(parity.place(frame, codebook), wanted)
            frames.append(frame[chosen])
            tried += rows
        worth = 1.0 if self.effective_sample_size is None else (self.effective_sample_size - worth_before) / tried
        self.effective_sample_size = worth_before + worth * (rows - int(wanted.sum()))
        for cell in np.flatnonzero(wanted):
            asked = str(parity.balance.parts[cell])
            if self.condition is not None:
                asked = f"({self.condition}) and ({asked})"
            frames.append(self.draw(parse(asked, codebook.table), start, int(wanted[cell]), rng))
        return number_anew(pl.concat(frames)[rng.permutation(rows)], codebook, start=start, seed=self.seed)

    def draw(self, condition: Condition | None, start: int, rows: int, rng: np.random.Generator) -> pl.DataFrame:
        """Rows that obey a condition, if any, from number `start` on."""
        frames: list[pl.DataFrame] = []
        given = None if self.given is None else self.given.slice(start, rows)
        missing = rows
        for _ in range(_REDRAWS):
            drawn = draw_rows(
                self.synthesizer.model,
                self.synthesizer.codebook,
                missing,
                condition=condition,
                given=given,
                rng=rng,
                start=start + rows - missing,
                seed=self.seed,
            )
            frame = drawn.frame
            if condition is not None:
                frame = keep_obeying(frame, self.synthesizer.codebook, condition)
            self.behind = min(self.behind, drawn.share * self.synthesizer.rows)
            if drawn.effective is not None:
                self.effective_sample_size = (
                    self.effective_sample_size or 0.0
                ) + drawn.effective * frame.height / missing
            if drawn.choice is not None:
                self.choices.append(replace(drawn.choice, codes=drawn.choice.codes[:0]))
            frames.append(frame)
            missing -= frame.height
            if not missing:
                return pl.concat(frames)
            if given is not None:
                break
        raise ConditionError(f"no customer like {condition} can be stored; loosen the condition")


def learn(
    dataset: Dataset,
    *,
    engine: str = "auto",
    budget: str | float | None = None,
    seed: int = 0,
    start: Synthesizer | None = None,
    match: Mapping[str, str] | None = None,
    progress: Progress = silent,
) -> Synthesizer:
    """Learn a table.

    Of 2,000 rows and more a tenth, 5,000 at most, is kept from the engine: it says when calibration has learned
    enough, and what the model remembers: see `guard`.

    Args:
        dataset: one table.
        engine: "trees", "copula", with the extra `deep` "network", "blend" of trees and network, "diffusion", "vae",
            "gan" or "vaegan"; or "auto", which chooses.
        budget: the time it may take, about: "10s", "2m", a number of seconds, or "best"; None for the engine's own
            settings, some seconds for trees and a minute for the others. A model under a budget depends on the machine.
        seed: of all chance; the same seed gives the same model.
        start: an older model to begin with, None to begin anew: trees can with any, engines of `ADAPTABLE` with one of
            their own, and go on with that where the engine is left open.
        match: by the name of a column, the one that it is to that model, empty for none; others are matched by name or
            meaning, see `matching`.
        progress: told how far the work has come; where it raises `KeyboardInterrupt` after the first round, the fit
            ends with the model so far.

    Raises:
        DataError: several tables, fewer than 50 rows, or nothing to learn.
        OptionError: an unknown engine, a budget that is no time, or a start that this engine can't begin with.
        MissingExtraError: an engine whose extra is not installed.
        RefusedError: the start was refused, so that it gives nothing away.
    """
    table, frame, layout = dataset.single()
    seconds = read_budget(budget)
    left_open = engine == "auto"
    if start is not None:
        engine = check_start(start, engine)
    choose(engine, rows=frame.height, calibrated=False, budget=seconds)  # an unknown engine is said at once
    if seed < 0:
        raise OptionError(f"seed is {seed}; give 0 or more")
    _check_size(frame, table)
    progress("reading values", 0.0)
    codebook = learn_codebook(frame, table, min_count=dataset.schema.min_count, tails=dataset.schema.tails)
    if not codebook.learned:
        raise DataError(
            f"{table.name} has no column to learn: all are constant, made up or dropped; "
            "see twinfold inspect, and change their treatment in schema.toml"
        )
    progress("reading values", 1.0)
    begin: Start | OlderRows | None = None
    known = ""
    if start is not None:
        codebook, begin, known = begin_with(start, engine, dataset, codebook, match or {}, seed)
    choice, guarded = fit_codes(codebook.encode(frame), engine, seconds, seed, progress, start=begin)
    model, note = guarded.model, "; ".join(filter(None, [guarded.model.note, *guarded.notes]))
    reason = f"it can begin with a model of {start.engine}" if start is not None and left_open else choice.reason
    record: dict[str, Any] = {"event": "fit", "engine": choice.name, "reason": reason}
    record |= {"budget": str(budget or "none"), "rows": frame.height, "seed": seed}
    record |= {"calibrated": isinstance(model, CalibratedModel), "note": note, "guard": guarded.record}
    if isinstance(begin, OlderRows):
        base = uncalibrated(model)
        known += f"; {tell_borrowed(base.older if isinstance(base, PooledTrees) else 0)}"
    record |= {"start": known} if known else {}
    return Synthesizer(table, layout, codebook, model, choice.name, frame.height, seed, (record,))


def fit_codes(
    codes: CodeTable,
    engine: str,
    seconds: float | None,
    seed: int,
    progress: Progress,
    *,
    start: Start | OlderRows | None = None,
) -> tuple[EngineChoice, Guarded]:
    """Choose an engine, and have it learn codes, calibrated and guarded with rows that are kept from it."""
    learned, held = _hold_out(codes, seed)
    choice = choose(engine, rows=learned.rows, calibrated=held is not None, budget=seconds, start=start)
    part = seconds if seconds is None or held is None else BASE_SHARE * seconds

    def make(engine: Engine, learned: CodeTable, held: CodeTable) -> LikelihoodModel:
        begun = time.monotonic()
        model = engine.fit(learned, seed=seed, budget=part, progress=progress)
        if model.note or not choice.calibrated:
            return model
        deadline = None if seconds is None else begun + seconds
        return calibrate(model, learned, held, seed=seed, deadline=deadline, progress=progress)

    return choice, guard(make, choice.engine, learned, held, seed=seed, progress=progress)


def _check_size(frame: pl.DataFrame, table: Table) -> None:
    if frame.height < MIN_ROWS:
        raise DataError(
            f"{table.name} has {frame.height} row{'s' * (frame.height != 1)}: too few to learn without giving single "
            f"customers away; {MIN_ROWS} are needed, and some hundreds to be faithful; bring more rows"
        )
    kept = sum(column.treatment is not Treatment.DROP for column in table)
    if kept > MOST_COLUMNS:
        raise DataError(
            f"{table.name} has {kept:,} columns; at most {MOST_COLUMNS:,} are learned: drop some in schema.toml "
            '(twinfold inspect --save), as treatment = "drop"'
        )


def _hold_out(codes: CodeTable, seed: int) -> tuple[CodeTable, CodeTable | None]:
    """Codes to learn, and codes to hold the model against; with few rows there are none to spare."""
    held = min(int(codes.rows * HELD_SHARE), MOST_HELD)
    if held < LEAST_HELD:
        return codes, None
    rows = np.random.default_rng(seed).permutation(codes.rows)
    learned, kept = (np.ascontiguousarray(codes.codes[:, np.sort(part)]) for part in (rows[held:], rows[:held]))
    return CodeTable(codes.columns, learned), CodeTable(codes.columns, kept)


def load(path: str | Path) -> Synthesizer:
    """Read a model file of one table. No code in it is run; everything in it is checked.

    Raises `ModelFileError` where the file is missing, is no model, is damaged, or comes from a newer version, and where
    it is one of several tables.
    """
    manifest, arrays = read_model_file(path)
    if "linked" in manifest:
        raise ModelFileError(f"{path} is a model of several tables, which can be sampled; give one of a single table")
    return restore_table(path, manifest, arrays)


def restore_table(path: str | Path, manifest: Mapping[str, Any], arrays: Mapping[str, Any]) -> Synthesizer:
    """The synthesizer that a model file holds, of whose name errors speak. Raises `ModelFileError`."""
    try:
        engine = str(manifest["engine"])
        if engine not in MODELS:
            raise ModelFileError(f"{path}: {unknown_name('engine', engine, MODELS)}; a newer Twinfold may have made it")
        table = Table.model_validate(manifest["table"])
        layout = Layout.model_validate(manifest["layout"])
        codebook = Codebook.from_state(table, manifest["codebook"], arrays)
        own = take_from("m", arrays)
        added = {name: own.pop(name) for name in list(own) if name.startswith(("tilt_", "quotas_"))}
        model = restore(restore_base(engine, own, codebook.code_columns), added, codebook.code_columns)
        history = tuple(dict(record) for record in manifest["history"])
        rows, seed = manifest["rows"], manifest["seed"]
        if type(rows) is not int or type(seed) is not int or not 1 <= rows <= MOST_ROWS or seed < 0:
            raise ValueError(f"{rows} rows, seed {seed}")
        codebook.specimen()  # what can't be stored is said now, not after an hour of drawing
        return Synthesizer(table, layout, codebook, model, engine, rows, seed, history)
    except _DAMAGES as error:
        raise ModelFileError(f"{path} is damaged ({reason(error)}); fit the model again") from None


_DAMAGES = (
    *(ArithmeticError, LookupError, TypeError, ValueError, SchemaError),
    *(pl.exceptions.PolarsError, pl.exceptions.PanicException),
)


def _row_bytes(rows: pl.DataFrame) -> int:
    """Bytes that the longest values of the columns take in one row, as text."""
    texts = rows.select(pl.col(pl.String).str.len_bytes().max().fill_null(0))
    return 24 * rows.width + (sum(texts.row(0)) if texts.width else 0)
