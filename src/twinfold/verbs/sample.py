"""Draw synthetic rows: `twinfold sample`."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from twinfold.errors import ConditionError, DataError, OptionError, OutputError, SchemaError
from twinfold.protocols import Progress, silent
from twinfold.synthesis.differences import measured_columns
from twinfold.synthesis.fairness import check_alone
from twinfold.synthesis.linked import LinkedSynthesizer
from twinfold.synthesis.synthesizer import Synthesizer
from twinfold.tables.conformity import conform
from twinfold.tables.databases.address import is_url, masked
from twinfold.tables.frames import give_back, take_frame
from twinfold.tables.reading import read_file, read_known
from twinfold.tables.schema import Table, Treatment
from twinfold.tables.writing import open_writer, open_writers, target_file
from twinfold.verbs.given_values import note_unlearned
from twinfold.verbs.release import Opened, open_to_draw

FEW = 50
"""Customers of a kind, about, of whom little more is learned than that they are: a leaf holds as many."""


@dataclass(frozen=True)
class SampleSummary:
    """What was drawn.

    Attributes:
        path: the file or folder that was written, or the URL of a database, without its password.
        rows: how many rows it holds.
        effective_sample_size: how many independent rows they are worth under a condition; None where none was set, or
            beside given rows, of which each has one row drawn around it.
        candidates: how many candidates were drawn around each given row, on average; None without given rows.
        candidates_worth: how many independent ones those were worth, on average.
        notes: what should be known of the given values, and what parity took.
        tables: of linked tables, how many rows each holds; `rows` are those of the customers.
    """

    path: Path | str
    rows: int
    effective_sample_size: float | None
    candidates: float | None = None
    candidates_worth: float | None = None
    notes: tuple[str, ...] = ()
    tables: Mapping[str, int] = field(default_factory=dict)

    def text(self) -> str:
        """The summary in a few lines."""
        if self.tables:
            listed = ", ".join(f"{rows:,} rows of {name}" for name, rows in self.tables.items())
            return "\n".join([f"Wrote {listed} to {self.path}.", *self.notes])
        lines = [f"Wrote {self.rows:,} synthetic row{'s' * (self.rows != 1)} to {self.path}.", *self.notes]
        if self.effective_sample_size is not None:
            worth, share = self.effective_sample_size, self.effective_sample_size / self.rows
            few = "" if share >= 0.1 else " That is few: loosen the condition, or draw more rows."
            lines.append(
                f"Under what was asked they are worth {worth:,.0f} independent draws ({share:.0%}), "
                f"however few real customers stand behind them.{few}"
            )
        if self.candidates is not None and self.candidates_worth is not None:
            few = "" if self.candidates_worth >= 2 else " That is few: little like them was learned."
            lines.append(
                f"Each was chosen among {self.candidates:.0f} candidates around a given row, worth "
                f"{self.candidates_worth:.1f} independent ones, on average.{few}"
            )
        return "\n".join(lines)


def sample(
    model: Synthesizer | LinkedSynthesizer | str | Path,
    n: int | None = None,
    *,
    where: str | None = None,
    given: Any = None,
    balance: str | None = None,
    fair: str | None = None,
    continuing: Any = None,
    after: str | None = None,
    until: str | None = None,
    override: str | None = None,
    seed: int = 1,
    progress: Progress = silent,
) -> Any:
    """Draw synthetic rows into memory.

    Args:
        model: a synthesizer, or a model file.
        n: how many rows, of linked tables customers; None draws as many as were learned, or as are given.
        where: what every row obeys ("age >= 60 and job = 'retired'"); the rest of a row follows the learned
            distribution under that condition. Of linked tables, what every customer obeys, and what its rows amount to
            ("age >= 60 and count(loan) >= 1 and sum(payments.amount) > 1000").
        given: a frame or file with some of the columns, kept row by row; the rest is drawn around them.
            Of linked tables, all columns of the customers, who are kept with their keys; rows of theirs are drawn.
        balance: shares that levels of a column shall have, to the row ("y=yes:0.5", "y=yes:0.3,no:0.7"); other levels
            share what is left, in proportion. Not beside `given`, nor for a column that `where` names. Of linked
            tables, of a column of the customers.
        fair: an outcome that groups shall have alike, while all else moves as little as can be: "income by sex";
            "income=>50K by sex, race: 0.02" names the favourable level, crosses columns, and lets the rates of two
            groups differ by 0.02. Numbers of many values are cut at their quartiles. Not beside `given` or `balance`,
            nor for columns that `where` names. Of linked tables, of columns of the customers.
        continuing: of linked tables, customers with their rows so far: a folder, a database, or a mapping of names to
            frames, with all learned tables. What comes out is what they do next: the customers as they are, tables with
            a time with new rows alone, which follow the given ones, other tables as they are given. A customer without
            a row begins as one who is drawn does. Other seeds give other futures. Not beside `n`, `where`, `given`.
        after: the time by which all of their rows are known ("1997-09-30", a year); later ones are left aside. None is
            the last one that is given in any table.
        until: the time to which they are continued; None is the last one that was learned, beyond which nothing is
            known.
        override: the reason why rows are drawn from a model file that its evaluation refused ("Jo Ek, model risk: for
            the leak drill of May"); it is recorded in the file, with the time and the verdict, before the first row.
        seed: the same seed gives the same rows.
        progress: told how far the work has come.

    Returns:
        A frame of the sort that was learned: pandas from pandas, Arrow from Arrow, Polars else. Of linked tables, a
        mapping of names to such frames.

    Raises:
        ConditionError: `where` or `given` can't be met; OptionError: n or the seed is out of range, `balance` can't
            be read or met, or there is nothing to override; RefusedError: the model was refused, and there is no
            override; OutputError: the override can't be recorded.
    """
    opened = open_to_draw(model, override=override)
    synthesizer = opened.synthesizer
    asked: dict[str, Any] = {"where": where, "balance": balance, "fair": fair}
    _check_continuing(synthesizer, continuing, n=n, given=given, after=after, until=until, **asked)
    if isinstance(synthesizer, LinkedSynthesizer):
        if continuing is not None:
            so_far = _read_so_far(synthesizer, continuing)
            frames, _ = synthesizer.go_on(so_far, after=after, until=until, seed=seed, progress=progress)
            opened.record()
            return {name: give_back(frames[name], layout) for name, layout in synthesizer.layouts.items()}
        customers = _given_customers(synthesizer, given)
        frames = synthesizer.sample(n, given=customers, **asked, seed=seed, progress=progress)
        opened.record()
        return {name: give_back(frames[name], layout) for name, layout in synthesizer.layouts.items()}
    fixed = _given(synthesizer, given)
    frame = synthesizer.sample(n, given=fixed, **asked, seed=seed, progress=progress)
    opened.record()
    return give_back(frame, synthesizer.layout)


def sample_to(
    model: Synthesizer | LinkedSynthesizer | str | Path,
    out: str | Path,
    n: int | None = None,
    *,
    where: str | None = None,
    given: Any = None,
    balance: str | None = None,
    fair: str | None = None,
    continuing: Any = None,
    after: str | None = None,
    until: str | None = None,
    override: str | None = None,
    seed: int = 1,
    force: bool = False,
    progress: Progress = silent,
) -> SampleSummary:
    """Draw synthetic rows into a file, a folder or a database, in constant memory; see `sample` for the rest.

    `out` is a CSV or Parquet file, a folder, or the URL of a database, whose tables are made, or filled where they are
    empty. Raises `OutputError` where the file exists and `force` is not set, or a table has rows; nothing half-written
    is left behind.
    """
    opened = open_to_draw(model, override=override)
    synthesizer = opened.synthesizer
    asked: dict[str, Any] = {"where": where, "balance": balance, "fair": fair}
    _check_continuing(synthesizer, continuing, n=n, given=given, after=after, until=until, **asked)
    if isinstance(synthesizer, LinkedSynthesizer):
        if continuing is not None:
            so_far = _read_so_far(synthesizer, continuing)
            frames, notes = synthesizer.go_on(so_far, after=after, until=until, seed=seed, progress=progress)
            return _write_pieces(opened, out, [frames], notes, force=force)
        customers = _given_customers(synthesizer, given)
        return _write_linked(opened, out, n, given=customers, **asked, seed=seed, force=force, progress=progress)
    path = masked(str(out)) if is_url(out) else target_file(out, synthesizer.layout)
    for read in (model, given):
        if isinstance(read, str | Path) and isinstance(path, Path) and path.exists() and path.samefile(read):
            raise OutputError(f"output {str(path)!r} is also an input; give another output")
    fixed = _given(synthesizer, given)
    stream = synthesizer.stream(n, given=fixed, **asked, seed=seed, progress=progress)
    with open_writer(out, synthesizer.layout, table=synthesizer.table, force=force) as writer:
        for number, frame in enumerate(stream.frames()):
            if not number:
                opened.record()
            writer.write(frame)
    if fixed is None:
        said = () if stream.parity is None else (stream.parity.text(),)
        few = () if synthesizer.begun else _note_few(stream.behind)  # else others' customers are behind these, too
        return SampleSummary(path, stream.rows, stream.effective_sample_size, notes=(*said, *few))
    tried, worth = (
        sum(float(getattr(choice, name).sum()) for choice in stream.choices) / stream.rows
        for name in ("tried", "effective")
    )
    return SampleSummary(path, stream.rows, None, tried, worth, note_unlearned(synthesizer.codebook, fixed))


def _note_few(behind: float) -> tuple[str, ...]:
    """That the model takes so few of the customers learned for such as were asked that little can be known of them."""
    if behind >= FEW:
        return ()
    count = max(round(behind), 1)
    some = "hardly any" if behind < 1 else f"about {count:,}"
    are = "is" if count == 1 else "are"
    return (
        f"By the model's own estimate {some} of the customers who were learned {are} so: what else sets them apart can "
        "be known only roughly.",
    )


def _write_linked(
    opened: Opened,
    out: str | Path,
    n: int | None,
    *,
    where: str | None,
    given: pl.DataFrame | None,
    balance: str | None,
    fair: str | None,
    seed: int,
    force: bool,
    progress: Progress,
) -> SampleSummary:
    check_alone(fair, given=given, balance=balance)
    synthesizer = opened.synthesizer
    assert isinstance(synthesizer, LinkedSynthesizer)
    parity = None if fair is None else synthesizer.seek_parity(fair, where)
    asked: dict[str, Any] = {"where": where, "given": given, "balance": balance, "fair": parity}
    pieces = synthesizer.stream(n, **asked, seed=seed, progress=progress)
    notes: tuple[str, ...] = () if parity is None else (parity.text(),)
    if given is not None:
        root = synthesizer.parts[0]
        stored = set(root.codebook.learned) - set(measured_columns(root.table))
        read = root.births.read(given)
        notes = note_unlearned(root.codebook, read.select(name for name in read.columns if name in stored))
    return _write_pieces(opened, out, pieces, notes, force=force)


def _write_pieces(
    opened: Opened,
    out: str | Path,
    pieces: Iterable[Mapping[str, pl.DataFrame]],
    notes: tuple[str, ...],
    *,
    force: bool,
) -> SampleSummary:
    synthesizer = opened.synthesizer
    assert isinstance(synthesizer, LinkedSynthesizer)
    counts = dict.fromkeys(synthesizer.order, 0)
    learned = [part.stored for part in synthesizer.every_part]
    with open_writers(out, synthesizer.layouts, tables=learned, force=force) as writers:
        for number, frames in enumerate(pieces):
            if not number:
                opened.record()
            for name in filter(frames.__contains__, writers):
                writers[name].write(frames[name])
                counts[name] += frames[name].height
    path = masked(str(out)) if is_url(out) else Path(out)
    return SampleSummary(path, counts[learned[0].name], None, notes=notes, tables=counts)


def _check_continuing(synthesizer: Synthesizer | LinkedSynthesizer, continuing: Any, **asked: Any) -> None:
    if continuing is None:
        for name in ("after", "until"):
            if asked[name] is not None:
                raise OptionError(f"{name} is for histories that are continued; give these too, or leave it out")
        return
    if isinstance(synthesizer, Synthesizer):
        raise OptionError("a model of one table has no histories to continue; fit linked tables with a time")
    for name in ("n", "where", "given", "balance", "fair"):
        if asked[name] is not None:
            raise OptionError(f"{name} can't be asked of customers whose histories are continued; leave it out")
    if synthesizer.crossing or any(part.table.together for part in synthesizer.every_part):
        named = (f"a link besides that to the parent ({link.table}.{link.column})" for link in synthesizer.crossing)
        raise OptionError(
            f"histories with {next(named, 'a key of several columns')} can't be continued yet; draw new customers, or "
            "fit without it"
        )


def _read_so_far(synthesizer: LinkedSynthesizer, given: Any) -> dict[str, pl.DataFrame]:
    tables = [part.stored.model_copy(update={"links": (), "rules": ()}) for part in synthesizer.parts]
    try:
        frames = read_known(given, tables, aside=synthesizer.reference)
    except (DataError, SchemaError) as error:
        raise ConditionError(f"the rows to continue can't be read: {error}") from None
    dropped = {t.name: [c.name for c in t if c.treatment is Treatment.DROP] for t in tables}
    return {name: frame.drop(dropped[name], strict=False) for name, frame in frames.items()}


def _given(synthesizer: Synthesizer, given: Any) -> pl.DataFrame | None:
    if given is None:
        return None
    frame = _read_given(given, synthesizer.table, subset=True)
    if not frame.width or not frame.height:
        raise ConditionError("the given table has no column of the model, or no row; give at least one of each")
    return frame


def _given_customers(synthesizer: LinkedSynthesizer, given: Any) -> pl.DataFrame | None:
    if given is None:
        return None
    table = synthesizer.parts[0].stored
    frame = _read_given(given, table, subset=False)
    if not frame.height:
        raise ConditionError(f"the given table has no row; give one of {table.name} at least")
    return frame.drop(column.name for column in table if column.treatment is Treatment.DROP and column.name in frame)


def _read_given(given: Any, table: Table, *, subset: bool) -> pl.DataFrame:
    try:
        if isinstance(given, str | Path):
            return read_file(given, table, subset=subset)[0]
        return conform(take_frame(given, "given")[0], table, "the given table", subset=subset)[0]
    except DataError as error:
        raise ConditionError(f"the given rows can't be read: {error}") from None
