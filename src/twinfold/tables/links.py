"""Keys, and the links between tables: found by what is unique, what is contained in what, and how it is called."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import polars as pl

from twinfold.tables.databases.declarations import declared_keys, declared_links
from twinfold.tables.layout import DatabaseTable
from twinfold.tables.rule_proposals import propose_rules
from twinfold.tables.schema import Column, Kind, Link, Schema, Table, Treatment

ID_WORDS = frozenset({"id", "key", "no", "nr", "num", "number", "code", "fk", "ref", "guid", "uuid", "iban"})
"""Words in a name that say that a column tells rows apart, of its own table or of another."""

TIME_WORDS = frozenset({"date", "time", "year", "month", "week", "day", "quarter", "step", "period", "seq", "sequence"})
"""Words in the name of a column of whole numbers that say that it puts rows in order."""

SUBJECT_WORDS = (
    *("customer", "client", "person", "people", "user", "member", "borrower", "applicant", "cardholder"),
    *("household", "account", "company", "patient", "player"),
)
"""Words in the name of a table of customers, the surest first."""

MOST_REFERENCE_ROWS, REFERENCE_SHARE = 1_000, 0.2
"""Rows of a reference table at most, and for each row of the tables that point to it."""

CONTAINED, COVERED = 0.9, 0.2
"""Values of a column that must be found in a key with a like name, and keys that one called otherwise must use."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def link_tables(
    frames: Mapping[str, pl.DataFrame], schema: Schema, declared: Mapping[str, DatabaseTable] = MappingProxyType({})
) -> tuple[Schema, list[str]]:
    """The schema with keys, links, times, reference tables and the subject that the tables seem to have.

    What a database has `declared` is taken as it is: its keys, and its links in the place of all others where it has
    any. Also notes in plain words. A key, and a column that links to a table that is learned, becomes an identifier,
    which is made anew; a column that links to a reference table becomes a category.
    """
    keys = {table.name: _find_key(frames[table.name], table) for table in schema.tables} | declared_keys(declared)
    links = declared_links(declared) or {table.name: _find_links(table, frames, keys) for table in schema.tables}
    pointed = {link.table for found in links.values() for link in found}
    reference = {t.name for t in schema.tables if t.name in pointed and _is_reference(t, frames, links)}
    hanging_on = [name for name in pointed - reference if all(link.table in reference for link in links[name])]
    called = [name for name in keys if name not in reference and set(_words(name)) & set(SUBJECT_WORDS)]
    if reference and not hanging_on and not called:  # somebody must be the customers: the largest are
        reference.discard(max(sorted(reference), key=lambda name: frames[name].height))
    relinked = (_relink(table, keys, links, reference, pointed) for table in schema.tables)
    tables, said = propose_rules(frames, tuple(relinked))
    linked = schema.model_copy(update={"tables": tables})
    subject = _find_subject(tables)
    notes = [
        f"{table.name}.{link.column} points to {link.table}.{link.to}{_count_orphans(frames, table.name, link)}"
        for table in tables
        for link in table.links
    ]
    notes += [
        f"{table.name} stands alone: no column was found to point from it or to it; if one does, say so in "
        'schema.toml, as in links = { customer_id = "customers.id" }'
        for table in tables
        if not table.links and table.name not in pointed
    ]
    notes += said
    notes += [
        f"{name} passes through as it is, every row of it: say reference = false in schema.toml if it holds customers"
        for name in sorted(reference)
    ]
    return linked.model_copy(update={"subject": subject}), notes


def _words(name: str) -> list[str]:
    """The words of a name, in lower case, without the s of a plural."""
    words = [word.lower() for word in _WORDS.findall(name)]
    return [word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word for word in words]


def _find_key(frame: pl.DataFrame, table: Table) -> str | None:
    found: list[tuple[int, int, str]] = []
    for place, column in enumerate(table):
        series = frame[column.name]
        if series.dtype.is_float() or series.dtype.is_temporal() or column.kind in (Kind.BOOLEAN, Kind.CONSTANT):
            continue
        words = _words(column.name)
        named = bool(words) and words[-1] in ID_WORDS
        about = set(words) - ID_WORDS
        own = not about or about <= set(_words(table.name))
        if named and series.null_count() == 0 and len(series) and series.n_unique() == len(series):
            found.append((0 if own else 1, place, column.name))
    return min(found)[2] if found else None


def _find_links(table: Table, frames: Mapping[str, pl.DataFrame], keys: Mapping[str, str | None]) -> tuple[Link, ...]:
    links = []
    for column in table:
        series = frames[table.name][column.name]
        if series.dtype.is_float() or series.dtype.is_temporal():
            continue
        values = series.drop_nulls().unique()
        found = [
            (score, link)
            for other, key in keys.items()
            if key is not None
            and other != table.name
            and (score := _score(column, values, table, other, key, frames[other][key], len(series))) is not None
            for link in (Link(column=column.name, table=other, to=key),)
        ]
        if found:
            best = max(score for score, _ in found)
            of_best = [link for score, link in found if score == best]
            if len(of_best) == 1 or best[0] > 1:
                links.append(of_best[0])
    return tuple(links)


def _score(
    column: Column, values: pl.Series, table: Table, other: str, key: str, known: pl.Series, frame_rows: int
) -> tuple[int, float] | None:
    """How sure it is that a column points to a key: how like their names are, and how many keys it uses; or None.

    Of a table without rows only the names say it.
    """
    empty = not frame_rows
    if not empty and (not len(values) or values.dtype.is_integer() != known.dtype.is_integer()):
        return None
    words, about_key = _words(column.name), set(_words(key)) - ID_WORDS
    about = set(words) - ID_WORDS
    if column.name == key and (about_key or set(words) == {"iban"}):
        likeness = 3
    elif about and about & set(_words(other)) and words[-1] in ID_WORDS:
        likeness = 2
    elif words and (words[-1] in _words(other) or _points_elsewhere(words, table)):
        likeness = 1
    else:
        return None
    if empty:
        return (likeness, 0.0) if likeness > 1 else None
    contained, covered = int(values.is_in(known.implode()).sum()) / len(values), len(values) / max(len(known), 1)
    if contained < (CONTAINED if likeness > 1 else 1.0) or (likeness == 1 and covered < COVERED):
        return None
    return likeness, covered


def _points_elsewhere(words: Sequence[str], table: Table) -> bool:
    """Whether a name with such words says that a column tells rows apart, and not those of its own table."""
    about = set(words) - ID_WORDS
    return words[-1] in ID_WORDS and bool(about) and not about <= set(_words(table.name))


def _is_reference(table: Table, frames: Mapping[str, pl.DataFrame], links: Mapping[str, Sequence[Link]]) -> bool:
    """Whether a table is small beside those that point to it, points to none, and is not called one of customers."""
    name = table.name
    if set(_words(name)) & set(SUBJECT_WORDS) or any(column.personal for column in table):
        return False
    pointing = [frames[other].height for other, found in links.items() for link in found if link.table == name]
    rows = frames[name].height
    return not links[name] and rows <= min(MOST_REFERENCE_ROWS, REFERENCE_SHARE * min(pointing))


def _relink(
    table: Table,
    keys: Mapping[str, str | None],
    links: Mapping[str, tuple[Link, ...]],
    reference: set[str],
    pointed: set[str],
) -> Table:
    own = links[table.name]
    learned = {link.column for link in own if link.table in reference}
    made_anew = {link.column for link in own} - learned
    key = keys[table.name]
    if key is not None and table.name in pointed and table.name not in reference:
        made_anew.add(key)

    def relink(column: Column) -> Column:
        if column.name in made_anew:
            return column.model_copy(update={"kind": Kind.IDENTIFIER, "treatment": Treatment.FAKE})
        if column.name in learned:
            return column.model_copy(update={"kind": Kind.CATEGORY, "treatment": Treatment.LEARN, "decimals": None})
        return column

    time = _find_time(table, made_anew) if made_anew & {link.column for link in own} else None
    columns = tuple(relink(column) for column in table)
    update = {"columns": columns, "key": key, "links": own, "time": time, "reference": table.name in reference}
    return table.model_copy(update=update)


def _find_time(table: Table, keys: set[str]) -> str | None:
    others = [column for column in table if column.name not in keys and column.treatment is Treatment.LEARN]
    dated = [column.name for column in others if column.kind in (Kind.DATE, Kind.DATETIME)]
    numbered = [c.name for c in others if c.kind is Kind.INTEGER and set(_words(c.name)) & TIME_WORDS]
    return next(iter([*dated, *numbered]), None)


def _find_subject(tables: Sequence[Table]) -> str | None:
    reference = {table.name for table in tables if table.reference}
    roots = [t.name for t in tables if not t.reference and all(link.table in reference for link in t.links)]
    called = [name for word in SUBJECT_WORDS for name in roots if word in _words(name)]
    return next(iter([*called, *roots]), None)


def _count_orphans(frames: Mapping[str, pl.DataFrame], name: str, link: Link) -> str:
    values = frames[name][link.column].drop_nulls()
    orphans = len(values) and int((~values.is_in(frames[link.table][link.to].implode())).sum())
    return f"; {orphans:,} of its rows have no parent there" if orphans else ""
