"""Linked tables as a model file, and back: everything that comes from a file is checked."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy.typing as npt
import polars as pl

from twinfold.errors import ModelFileError, SchemaError
from twinfold.protocols import CodeColumn
from twinfold.synthesis.calibration import restore
from twinfold.synthesis.choice import MODELS
from twinfold.synthesis.choosing import Chooser
from twinfold.synthesis.clock import Binning
from twinfold.synthesis.copied import CopiedColumn, can_copy
from twinfold.synthesis.cross_links import CrossLink, column_of, widen
from twinfold.synthesis.differences import find_differences, find_ratios
from twinfold.synthesis.encoding.codebook import Codebook, reason
from twinfold.synthesis.encoding.filled import FilledEncoding
from twinfold.synthesis.following import FollowingColumn
from twinfold.synthesis.hierarchy import body_of, elsewhere_of
from twinfold.synthesis.histories import History
from twinfold.synthesis.linked import LinkedSynthesizer
from twinfold.synthesis.model_file import read_model_file, write_model_file
from twinfold.synthesis.named_arrays import put_under, take_from
from twinfold.synthesis.partial import FormulaColumn
from twinfold.synthesis.population import Part
from twinfold.synthesis.running import RunningColumn
from twinfold.synthesis.statuses import Status
from twinfold.synthesis.summaries import Told
from twinfold.synthesis.synthesizer import Synthesizer, restore_table
from twinfold.tables.birth_numbers import BirthNumber, BirthNumbers
from twinfold.tables.filling.form import fill_births
from twinfold.tables.layout import Layout
from twinfold.tables.rules import Formula, OneOf, Running, Transitions, parse_rule
from twinfold.tables.schema import Kind, Link, Table
from twinfold.tables.values import physical_type

Array = npt.NDArray[Any]

_DAMAGES = (*(ArithmeticError, LookupError, TypeError, ValueError, SchemaError), pl.exceptions.PolarsError)


def save_linked(synthesizer: LinkedSynthesizer, path: str | Path, *, force: bool = False) -> None:
    """Write a model file of linked tables. Raises `OutputError` where the file exists and `force` is not set."""
    manifest, arrays = _state(synthesizer)
    write_model_file(path, manifest | {"history": list(synthesizer.history)}, arrays, force=force)


def _state(synthesizer: LinkedSynthesizer) -> tuple[dict[str, Any], dict[str, Array]]:
    """Everything learned, as settings for JSON and arrays."""
    arrays: dict[str, Array] = {}
    tables: list[dict[str, Any]] = []
    for i, part in enumerate(synthesizer.parts):
        codebook, found = part.codebook.state()
        arrays |= put_under(f"t{i}", found)
        if part.history is not None:
            arrays |= put_under(f"t{i}_h", part.history.arrays())
        if part.told is not None:
            edges = {str(k): bins.edges for k, bins in enumerate(part.told.binnings.values())}
            arrays |= put_under(f"t{i}_s", edges)
        tables.append(
            {
                "table": part.table.model_dump(mode="json"),
                "births": [number.model_dump(mode="json") for number in part.births.found],
                "layout": part.layout.model_dump(mode="json"),
                "codebook": codebook,
                "rows": part.rows,
                "link": None if part.link is None else part.link.model_dump(mode="json"),
                "turned": part.turned,
                "counting": part.counting,
                "history": part.history is not None,
                "asked": list(part.asked),
                "told": None if part.told is None else {"single": part.told.single, "of": list(part.told.binnings)},
                "running": [] if part.history is None else [_as_record(c) for c in part.history.running],
            }
        )
    if synthesizer.model is not None:
        arrays |= put_under("m", synthesizer.model.arrays())
    chooser = None
    if synthesizer.chooser is not None:
        chooser, found = synthesizer.chooser.state()
        arrays |= put_under("c", found)
    manifest: dict[str, Any] = {
        "linked": tables,
        "engine": synthesizer.engine,
        "chooser": chooser,
        "reference": [
            {"name": name, "layout": layout.model_dump(mode="json"), "columns": _as_records(frame)}
            for name, (frame, layout) in synthesizer.reference.items()
        ],
        "order": list(synthesizer.order),
        "seed": synthesizer.seed,
        "subject": synthesizer.subject,
        "notes": list(synthesizer.notes),
        "crossing": [link.model_dump(mode="json") for link in synthesizer.crossing],
        "beside": [],
    }
    for i, tree in enumerate(synthesizer.beside):
        state, found = _state(tree)
        manifest["beside"].append(state)
        arrays |= put_under(f"b{i}", found)
    return manifest, arrays


def load_model(path: str | Path) -> Synthesizer | LinkedSynthesizer:
    """Read a model file, of one table or of several. No code in it is run; everything in it is checked.

    Raises `ModelFileError` where the file is missing, is no model, is damaged, or comes from a newer version.
    """
    return restore_model(path, *read_model_file(path))


def restore_model(
    path: str | Path, manifest: Mapping[str, Any], arrays: Mapping[str, Array]
) -> Synthesizer | LinkedSynthesizer:
    """The synthesizer of one table or of several that a model file holds. Raises `ModelFileError`."""
    if manifest.get("kind") == "behaviour":
        raise ModelFileError(f"{path} is a behaviour, not a model of tables; ask it with twinfold predict")
    return restore_linked(manifest, arrays) if "linked" in manifest else restore_table(path, manifest, arrays)


def restore_linked(manifest: Mapping[str, Any], arrays: Mapping[str, Array]) -> LinkedSynthesizer:
    """The synthesizer that a model file holds. Raises `ModelFileError` where it could not have come from one."""
    try:
        return _restore(manifest, arrays)
    except _DAMAGES as error:
        raise ModelFileError(f"the model's tables are damaged ({reason(error)}); fit the model again") from None


def _restore(manifest: Mapping[str, Any], arrays: Mapping[str, Array]) -> LinkedSynthesizer:
    crossing = tuple(CrossLink.model_validate(state) for state in manifest.get("crossing", ()))
    reference = {
        str(state["name"]): (_as_frame(state["columns"]), Layout.model_validate(state["layout"]))
        for state in manifest["reference"]
    }
    first = _restore_tree(manifest, arrays, crossing)
    besides = enumerate(manifest.get("beside", ()))
    beside = tuple(_restore_tree(state, take_from(f"b{i}", arrays), crossing) for i, state in besides)
    order = tuple(str(name) for name in manifest["order"])
    history = tuple(dict(record) for record in manifest.get("history", ()))
    made = replace(first, reference=reference, beside=beside, crossing=crossing, order=order, history=history)
    if sorted(order) != sorted([*(part.table.name for part in made.every_part), *reference]):
        raise ValueError("an order of other tables")
    _check_crossing(crossing, made.every_part)
    return made


def _restore_tree(
    manifest: Mapping[str, Any], arrays: Mapping[str, Array], crossing: tuple[CrossLink, ...]
) -> LinkedSynthesizer:
    """The customers' tables, or some beside them, whose rows have the columns that links add."""
    parts, contexts = _restore_parts(manifest, arrays, crossing)
    if not parts or type(manifest["seed"]) is not int:
        raise ValueError("no tables")
    columns = parts[0].codebook.code_columns
    model, engine = None, str(manifest["engine"])
    if columns:
        own = take_from("m", arrays)
        added = {name: own.pop(name) for name in list(own) if name.startswith(("tilt_", "quotas_"))}
        model = restore(MODELS[engine].from_arrays(own, columns), added, columns)
    chooser = None
    if manifest["chooser"] is not None:
        chooser = Chooser.from_state(manifest["chooser"], take_from("c", arrays), columns)
        if not set(chooser.binnings) <= set(contexts):
            raise ValueError("summaries of no table")
    notes, subject = tuple(str(note) for note in manifest["notes"]), str(manifest["subject"])
    if subject not in contexts:
        raise ValueError(f"the subject {subject!r}")
    return LinkedSynthesizer(tuple(parts), model, engine, chooser, {}, (), manifest["seed"], subject, notes)


def _restore_parts(
    manifest: Mapping[str, Any], arrays: Mapping[str, Array], crossing: tuple[CrossLink, ...]
) -> tuple[list[Part], dict[str, tuple[CodeColumn, ...]]]:
    """What was learned of each table, and what children know of its rows."""
    known = [(Table.model_validate(state["table"]), state) for state in manifest["linked"]]
    links = [None if state["link"] is None else Link.model_validate(state["link"]) for _, state in known]
    turned = [bool(state["turned"]) for _, state in known]
    elsewhere = elsewhere_of([table for table, _ in known], links, turned)
    parts: list[Part] = []
    contexts: dict[str, tuple[CodeColumn, ...]] = {}
    for i, (table, state) in enumerate(known):
        layout, link = Layout.model_validate(state["layout"]), links[i]
        if (link is None) != (i == 0) or table.name in contexts:
            raise ValueError(f"table {table.name!r} out of place")
        own = take_from(f"t{i}", arrays)
        counting = _counting(state.get("counting"), table)
        said = elsewhere[table.name] | ({counting[0]} if counting else set())
        body = body_of(widen(table, crossing), said)
        codebook = Codebook.from_state(body, state["codebook"], own)
        for column in table:
            physical_type(column.physical)
        history = times = None
        if link is not None:
            for name in link.columns:
                table[name]
            above = contexts[link.table]
            for name in link.targets:
                next(p for p in parts if p.table.name == link.table).table[name]
            if state["history"]:
                beside = {p.table.name for p in parts if p.link is not None and p.link.table == link.table}
                following = _following(state["running"], codebook, {link.table, *beside})
                running, ratios = tuple(following), find_ratios(table)
                history = History.from_arrays(take_from("h", own), codebook, above, running, ratios)
                history = replace(history, statuses=_statuses(table, codebook))
                times = None if history.clock is None else history.clock.moments
        rows = state["rows"]
        if type(rows) is not int or rows < 0:
            raise ValueError(f"{rows} rows")
        asked = tuple(str(table[name].name) for name in state["asked"])
        differences = find_differences(table, {other.name: other for other, _ in known})
        told = _told(state["told"], codebook, take_from("s", own)) if link is not None and state["told"] else None
        part = Part(table, layout, codebook, rows, link, turned[i], history, times, differences, asked, told, counting)
        part = replace(part, births=_births(state["births"], table))
        parts.append(part)
        contexts[table.name] = codebook.code_columns if link is None else part.context_columns(contexts[link.table])
        if told is not None and link is not None:
            contexts[link.table] = (*contexts[link.table], *told.code_columns)
    return parts, contexts


def _check_crossing(crossing: tuple[CrossLink, ...], parts: tuple[Part, ...]) -> None:
    """Raise `ValueError` or `SchemaError` where links cross tables that are not there, or ask for what is not known."""
    known = {part.table.name: part for part in parts}
    for link in crossing:
        table, target = known[link.table].table, known[link.target].table
        drawn = known[link.table].codebook.encodings
        for column, to in ((link.column, link.to), *link.also):
            table[column], target[to]
        for trait in link.traits:
            column_of(target, trait, link)
        for there, here in link.equal:
            target[there], table[here]
        if link.order is not None and not (target[link.order[0]].kind.numeric and table[link.order[1]].kind.numeric):
            raise ValueError(f"an order of {link.table} without times")
        lines = [{part.table.name for part in _line(known, name)} for name in (link.table, link.target)]
        if link.within is not None and not all(link.within in line for line in lines):
            raise ValueError(f"{link.table} and {link.target} below no {link.within}")
        own = known[link.table].link
        if link.back and (own is None or link.target != link.table or link.within != own.table):
            raise ValueError(f"rows of {link.table} that point back")
        if not isinstance(drawn.get(link.column), FilledEncoding):
            raise ValueError(f"{link.column!r} of {link.table}, which is not made up")


def _counting(state: Any, table: Table) -> tuple[str, int] | None:
    """The column of a key that a model file says counts rows."""
    if state is None:
        return None
    name, first = state
    if type(first) is not int or table[name].kind is not Kind.INTEGER:
        raise ValueError(f"{name!r} of {table.name}, which counts no rows")
    return table[name].name, first


def _line(known: Mapping[str, Part], name: str) -> list[Part]:
    """A table and those above it."""
    part = known[name]
    return [part] if part.link is None else [part, *_line(known, part.link.table)]


def _told(state: Mapping[str, Any], codebook: Codebook, arrays: Mapping[str, Array]) -> Told:
    """What a model file says that rows tell others."""
    binnings = {str(name): Binning.restored(arrays[str(k)]) for k, name in enumerate(state["of"])}
    return Told(bool(state["single"]), codebook.code_columns, binnings)


def _statuses(table: Table, codebook: Codebook) -> tuple[Status, ...]:
    """The statuses that a table's rules say, of what was learned."""
    found = (Status.of(rule, codebook) for rule in table.parsed_rules if isinstance(rule, Transitions))
    return tuple(status for status in found if status is not None)


def _births(states: Sequence[Mapping[str, Any]], table: Table) -> BirthNumbers:
    """The birth numbers that a model file says stand in the place of columns."""
    numbers = tuple(map(BirthNumber.model_validate, states))
    for number in numbers:
        place = table.names.index(number.column.name)
        if table.columns[place : place + 2] != number.learned:
            raise ValueError(f"birth numbers in the place of other columns than {number.column.name!r}")
        physical_type(number.column.physical)
        fill_births(number.form, pl.Series([0.0]), pl.Series([False]), start=0, seed=0)  # a form that can't be stored
    if len({number.column.name for number in numbers}) < len(numbers):
        raise ValueError("birth numbers that are said twice")
    return BirthNumbers(numbers)


def _as_record(column: FollowingColumn) -> dict[str, Any]:
    if isinstance(column, CopiedColumn):
        said = {"rule": str(column.rule), "always": column.always, "every": column.every, "digits": column.digits}
    else:
        assert isinstance(column, RunningColumn | FormulaColumn)
        said = {"rule": str(column.rule), "always": isinstance(column, RunningColumn) and column.always}
    return said


def _following(
    states: Sequence[Mapping[str, Any]], codebook: Codebook, known: Collection[str]
) -> list[FollowingColumn]:
    """The columns that follow from others, as a model file says; `known`: the tables drawn before."""
    out: list[FollowingColumn] = []
    for state in states:
        rule, always = parse_rule(str(state["rule"])), bool(state["always"])
        column: FollowingColumn | None = None
        if isinstance(rule, Running):
            column = RunningColumn.of(rule, codebook, always=always)
        elif isinstance(rule, Formula):
            column = FormulaColumn.of(rule, codebook)
        elif isinstance(rule, OneOf) and rule.table in known:
            copied = CopiedColumn(rule, always, bool(state["every"]), int(state["digits"]))
            column = copied if 0 <= copied.digits <= 15 and can_copy(copied, codebook) else None
        if column is None or any(column.target == other.target for other in out):
            raise ValueError(f"a number that follows as {str(rule)!r}")
        out.append(column)
    return out


def _as_records(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """A small frame's columns as JSON can hold them: times as whole numbers, decimal numbers as text."""

    def plain(series: pl.Series) -> pl.Series:
        if series.dtype.is_decimal():
            return series.cast(pl.String)
        return series.to_physical() if series.dtype.is_temporal() else series

    return [{"name": series.name, "type": str(series.dtype), "values": plain(series).to_list()} for series in frame]


def _as_frame(records: list[dict[str, Any]]) -> pl.DataFrame:
    columns = []
    for record in records:
        dtype = physical_type(str(record["type"]))
        stored: type[pl.DataType] | pl.DataType = dtype
        if dtype.is_temporal():
            stored = pl.Int32 if dtype == pl.Date else pl.Int64
        elif dtype.is_decimal():
            stored = pl.String
        columns.append(pl.Series(str(record["name"]), record["values"], dtype=stored).cast(dtype))
    return pl.DataFrame(columns)
