"""The schema as a file that people correct: `schema.toml`."""

import difflib
import re
import tomllib
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from twinfold.errors import SchemaError, unknown_name
from twinfold.tables import dates, numerals
from twinfold.tables.schema import Column, Kind, Link, Personal, Resolution, Schema, Table, Tails, Treatment
from twinfold.tables.text_file import save_text
from twinfold.tables.values import physical_type

_HEADER = """\
# What Twinfold takes these tables for. Correct what is wrong and hand this file to `twinfold fit --schema`.
#
# min_count    how many rows must share a category or an exact number before it may come out as itself
# tails        beyond the min_count-th most extreme number: "extrapolated", numbers of nobody's, or "clipped", nothing
# subject      of several tables: the one of the customers, whose rows are counted
#
# Of a table:
# reference    true for districts, products, …, which pass through as they are
# key          the column that tells rows apart, and that other tables point to
#              several that do so together: key = ["order_id", "line_no"]
# links        the columns that point to keys of other tables: { customer_id = "customers.id" }; of several columns
#              { "order_id + line_no" = "order_lines(order_id + line_no)" }; the table hangs on what is named first
# time         the column by which the rows of one parent follow each other; none where they have no order
# rules        what holds in every row that is drawn: a sum or a product ("amount = payments * duration"), an order
#              ("opened <= closed", "accounts.opened <= paid_on"), a number of another table ("instalment = one of
#              orders.amount"), transitions ("status: new -> paid, new -> late"), a running number ("balance = previous
#              balance + amount if type = 'in' else - amount")
#
# Of a column:
# kind         category, boolean, integer, decimal, date, datetime, identifier, text, latitude, longitude or constant
# physical     how values are stored, and will be: "String", "Int64", "Float64", "Boolean", "Date", …
# treatment    learn: its distribution is learned · fake: values of the same form, of nobody · drop: left out
#              Identifiers, text and personal data are faked or dropped, never learned.
# format       how a date stands in text or in an integer: "%Y-%m-%d", "%y%m%d"; or a number in text: "%.2f"
# decimals     digits after the decimal point
# resolution   of a date-time: day, hour, minute, second, millisecond or microsecond
# missing      the text that stands for a missing value
# personal     the personal data found: "email", "phone", "full name", …
# rare         the label for categories held by fewer than min_count rows; without it they are spread over the others
"""

_SEVERAL = re.compile(r"(?P<table>.+)\((?P<columns>.+ \+ .+)\)", re.DOTALL)
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_COLUMN_KEYS = ("kind", "physical", "treatment", "format", "decimals", "resolution", "missing", "personal", "rare")
_CHOICES: dict[str, tuple[str, ...]] = {
    "kind": tuple(kind.value for kind in Kind),
    "treatment": tuple(treatment.value for treatment in Treatment),
    "personal": tuple(personal.value for personal in Personal),
    "resolution": get_args(Resolution),
}


def save_schema(schema: Schema, path: str | Path, *, force: bool = False) -> None:
    """Write a schema as a TOML file, whole or not at all.

    Raises `OutputError` where `path` exists and `force` is not set, or where it can't be written.
    """
    save_text(write_toml(schema), path, force=force)


def load_schema(path: str | Path) -> Schema:
    """Read a schema from a TOML file.

    Raises `SchemaError` where there is no such file, where it is no TOML, and for a key or a value that is not known.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SchemaError(f"{path.name} is no UTF-8 text (byte {error.start}); save it as UTF-8") from error
    except OSError as error:
        raise SchemaError(
            f"schema {str(path)!r} can't be read: {error.strerror}; make one with twinfold inspect DATA --save"
        ) from error
    try:
        return read_toml(text)
    except SchemaError as error:
        raise SchemaError(f"{path.name}: {error}") from error.__cause__


def write_toml(schema: Schema) -> str:
    """A schema as TOML: one line a column, and what every setting means above."""
    parts = [_HEADER, f'min_count = {schema.min_count}\ntails = "{schema.tails}"']
    parts += [f"subject = {_quote(schema.subject)}"] if schema.subject else []
    for table in schema.tables:
        name = _key(table.name)
        parts += ["", f"[tables.{name}]", f"reference = {str(table.reference).lower()}"]
        parts += [f"key = {_quote(table.key)}"] if table.key is not None else []
        parts += [f"key = [{', '.join(map(_quote, table.together))}]"] if table.together and table.key is None else []
        parts += [f"time = {_quote(table.time)}"] if table.time is not None else []
        links = ", ".join(map(_write_link, table.links))
        parts += [f"links = {{ {links} }}"] if links else []
        parts += [f"rules = [{', '.join(map(_quote, table.rules))}]"] if table.rules else []
        parts += ["", f"[tables.{name}.columns]"]
        width = max((len(_key(column.name)) for column in table), default=0)
        parts += [f"{_key(column.name):<{min(width, 40)}} = {_inline(column)}" for column in table]
    return "\n".join(parts) + "\n"


def read_toml(text: str) -> Schema:
    """The schema that a TOML text holds. Raises `SchemaError` with one line that says what is wrong."""
    try:
        record = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as error:
        raise SchemaError(f"no TOML ({error}); mend it, or make it anew with twinfold inspect --save") from error
    _check_keys(record, ("min_count", "tails", "subject", "tables"), "the schema")
    tables = _dictionary(record.get("tables", {}), "tables")
    min_count = record.get("min_count", 10)
    if type(min_count) is not int or min_count < 1:
        raise SchemaError(f"min_count is {min_count!r}; a whole number from 1 is accepted, and 10 is usual")
    if not tables:
        raise SchemaError("no [tables.NAME] in the schema; make it anew with twinfold inspect --save")
    tails = record.get("tails", "extrapolated")
    if tails not in get_args(Tails):
        raise SchemaError(f"tails is {tails!r}; extrapolated or clipped is accepted")
    made = tuple(_table(name, entry) for name, entry in tables.items())
    subject = record.get("subject")
    if subject is not None and not isinstance(subject, str):
        raise SchemaError(f"subject is {_shown(subject)}; the name of a table in quotes is accepted")
    try:
        return Schema(tables=made, min_count=min_count, tails=tails, subject=subject)
    except ValidationError as error:
        raise _as_line(error) from error


def _table(name: str, entry: Any) -> Table:
    entry = _dictionary(entry, f"table {name!r}")
    _check_keys(entry, ("reference", "key", "links", "time", "rules", "columns"), f"table {name!r}")
    reference = entry.get("reference", False)
    if type(reference) is not bool:
        raise SchemaError(f"reference of table {name!r} is {reference!r}; true or false is accepted")
    columns = _dictionary(entry.get("columns", {}), f"columns of table {name!r}")
    if not columns:
        raise SchemaError(f"table {name!r} has no columns; list them under [tables.{_key(name)}.columns]")
    key = entry.get("key")
    together = tuple(key) if isinstance(key, list) and all(isinstance(name, str) for name in key) else ()
    for setting in ("key", "time"):
        if not isinstance(entry.get(setting, ""), str) and not (setting == "key" and together):
            raise SchemaError(
                f"{setting} of table {name!r} is {_shown(entry[setting])}; the name of a column in quotes is accepted"
            )
    rules = entry.get("rules", [])
    if not isinstance(rules, list) or not all(isinstance(rule, str) for rule in rules):
        raise SchemaError(
            f"rules of table {name!r} are {_shown(rules)}; a list of texts is accepted, "
            'as in ["amount = payments * duration"]'
        )
    try:
        return Table(
            name=name,
            columns=tuple(_column(c, each) for c, each in columns.items()),
            reference=reference,
            key=None if together else key,
            together=together,
            links=_links(name, entry.get("links", {})),
            time=entry.get("time"),
            rules=tuple(rules),
        )
    except ValidationError as error:
        raise _as_line(error) from error


def _as_line(error: ValidationError) -> SchemaError:
    return SchemaError(error.errors()[0]["msg"].removeprefix("Value error, "))


def _links(name: str, entry: Any) -> tuple[Link, ...]:
    made = []
    for column, target in _dictionary(entry, f"links of table {name!r}").items():
        pair = _SEVERAL.fullmatch(target) if isinstance(target, str) else None
        if pair is not None:
            columns, there = column.split(" + "), pair["columns"].split(" + ")
            if len(columns) != len(there):
                raise SchemaError(
                    f"link {column!r} of table {name!r} is {_shown(target)}: {len(columns)} columns can't point to "
                    f"{len(there)}; give as many"
                )
            also = tuple(zip(columns[1:], there[1:], strict=True))
            made.append(Link(column=columns[0], table=pair["table"], to=there[0], also=also))
            continue
        table, dot, to = target.rpartition(".") if isinstance(target, str) else ("", "", "")
        if not (table and dot and to):
            raise SchemaError(
                f"link {column!r} of table {name!r} is {_shown(target)}; a table and its key are accepted, "
                'as in "customers.id", or of several columns "order_lines(order_id + line_no)"'
            )
        made.append(Link(column=column, table=table, to=to))
    return tuple(made)


def _write_link(link: Link) -> str:
    if link.also:
        there = " + ".join(link.targets)
        return f"{_quote(' + '.join(link.columns))} = {_quote(f'{link.table}({there})')}"
    return f"{_key(link.column)} = {_quote(f'{link.table}.{link.to}')}"


def _column(name: str, entry: Any) -> Column:
    entry = _dictionary(entry, f"column {name!r}")
    _check_keys(entry, _COLUMN_KEYS, f"column {name!r}")
    for key in ("kind", "physical"):
        if key not in entry:
            raise SchemaError(f"column {name!r} has no {key}; add it, as in {key} = {_default(key)}")
    for key, value in entry.items():
        _check_value(name, key, value)
    try:
        physical_type(entry["physical"])
        column = Column(name=name, **entry)
    except SchemaError as error:
        raise SchemaError(f"column {name!r}: {error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = f"{first['loc'][0]} of column {name!r}: " if first["loc"] else ""
        raise SchemaError(where + first["msg"].removeprefix("Value error, ")) from error
    _check_format(column)
    return column


def _default(key: str) -> str:
    return '"category"' if key == "kind" else '"String"'


def _check_keys(entry: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in entry:
        if key not in known:
            raise SchemaError(unknown_name("setting", key, known, among=where))


def _dictionary(entry: Any, where: str) -> dict[str, Any]:
    if not isinstance(entry, dict):
        raise SchemaError(
            f"{where} is {_shown(entry)}; a table of settings is accepted, as twinfold inspect --save writes it"
        )
    return entry


def _check_value(name: str, key: str, value: Any) -> None:
    if key == "decimals":
        if type(value) is not int or not 0 <= value <= 15:
            raise SchemaError(
                f"decimals of column {name!r} is {_shown(value)}; a whole number from 0 to 15 is accepted"
            )
        return
    if not isinstance(value, str):
        raise SchemaError(f"{key} of column {name!r} is {_shown(value)}; text in quotes is accepted")
    if key in _CHOICES and value not in _CHOICES[key]:
        close = difflib.get_close_matches(value, _CHOICES[key], n=1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise SchemaError(f"{key} of column {name!r} is {value!r}; accepted: {', '.join(_CHOICES[key])}{hint}")


def _check_format(column: Column) -> None:
    """Raise where values could not be read by the column's kind: a date in text needs a format, and a known one."""
    timed = column.kind in (Kind.DATE, Kind.DATETIME)
    dtype = physical_type(column.physical)
    if timed and not dtype.is_temporal():
        if column.format is None:
            raise SchemaError(
                f"column {column.name!r} is a {column.kind} stored as {column.physical} and has no format; "
                'add how it stands there, as in format = "' + _example(column.kind, dtype.is_numeric()) + '"'
            )
        if not dates.is_format(column.format, column.kind, digits=dtype.is_numeric()):
            raise SchemaError(
                f"format of column {column.name!r} is {column.format!r}, which reads no {column.kind}; "
                f"directives are accepted, as in {_example(column.kind, dtype.is_numeric())}"
            )
    if column.kind.numeric and not timed and column.format is not None and not numerals.is_format(column.format):
        raise SchemaError(f"format of column {column.name!r} is {column.format!r}; a number's is like %.2f")


def _example(kind: Kind, digits: bool) -> str:
    date, time = ("%Y%m%d", "%H%M%S") if digits else ("%Y-%m-%d", " %H:%M:%S")
    return date + time if kind is Kind.DATETIME else date


def _inline(column: Column) -> str:
    settings = column.model_dump(exclude_none=True)
    return "{ " + ", ".join(f"{key} = {_literal(settings[key])}" for key in _COLUMN_KEYS if key in settings) + " }"


def _literal(value: Any) -> str:
    return str(value) if isinstance(value, int) else _quote(str(value))


def _key(name: str) -> str:
    return name if _BARE.fullmatch(name) else _quote(name)


def _quote(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(c) or (c if c.isprintable() else f"\\U{ord(c):08X}") for c in text) + '"'


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
