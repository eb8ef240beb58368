"""Keys, and the links between tables: found by what is unique, what is contained in what, and how it is called."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import polars as pl

from twinfold.tables.databases.declarations import declared_keys, declared_links
from twinfold.tables.keys import find_places, values_of
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

OWN_WORDS = frozenset(
    {"parent", "manager", "boss", "supervisor", "head", "mentor", "referred", "referrer", "referral", "recommended"}
    | {"introduced", "reverse", "reversed", "reversal", "reversing", "previous", "prev", "predecessor", "original"}
    | {"replace", "replaced", "spouse", "partner"}
)
"""Words in the name of a column that say that it points to rows of its own table."""

LEAST_POINTED = 20
"""Different texts that a column must hold, all of them keys of its own table, to point there whatever it is called."""

PLACE_WORDS = frozenset({"line", "position", "pos", "item", "index", "row", "rank", "seq", "sequence", "stint"})
"""Words in the name of a number that say that it numbers the rows of a parent."""

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
    links = declared_links(declared) or _drop_returns(
        {t.name: _find_links(t, frames, keys) for t in schema.tables}, frames
    )
    if declared_links(declared):
        together = {name: own.together for name, own in declared.items() if own.together and not keys.get(name)}
    else:
        together = dict(_find_together(frames, schema.tables, keys, links))
        links = _link_together(frames, schema.tables, together, links)
    pointed = {link.table for name, found in links.items() for link in found if link.table != name}
    reference = {t.name for t in schema.tables if t.name in pointed and _is_reference(t, frames, links)}
    hanging_on = [n for n in pointed - reference if all(link.table in {n, *reference} for link in links[n])]
    called = [name for name in keys if name not in reference and set(_words(name)) & set(SUBJECT_WORDS)]
    if reference and not hanging_on and not called:  # somebody must be the customers: the largest are
        reference.discard(max(sorted(reference), key=lambda name: frames[name].height))
    relinked = tuple(
        _relink(table.model_copy(update={"together": together.get(table.name, ())}), keys, links, reference, pointed)
        for table in schema.tables
    )
    subject = _find_subject(relinked)
    if subject is not None:
        relinked = _nearest_first(relinked, subject)
    tables, said = propose_rules(frames, relinked)
    linked = schema.model_copy(update={"tables": tables})
    notes = [
        f"{table.name}.{link} points to {link.table}.{' + '.join(link.targets)}"
        f"{_count_orphans(frames, table.name, link)}"
        for table in tables
        for link in table.links
    ]
    notes += [
        f"{table.name}: {' and '.join(table.together)} tell rows apart together" for table in tables if table.together
    ]
    notes += [
        f"{table.name} stands alone: no column was found to point from it or to it; if one does, say so in "
        'schema.toml, as in links = { customer_id = "customers.id" }'
        for table in tables
        if all(link.table == table.name for link in table.links) and table.name not in pointed
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
        series = _as_whole(frames[table.name][column.name])
        own = set(_words(column.name)) - ID_WORDS
        named_after = column.name == keys[table.name] and bool(own) and own <= set(_words(table.name))
        if series.dtype.is_float() or series.dtype.is_temporal() or named_after:
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
        elif (key := keys[table.name]) is not None and _points_within(column, series, frames[table.name][key]):
            links.append(Link(column=column.name, table=table.name, to=key))
    return tuple(links)


def _drop_returns(
    links: Mapping[str, tuple[Link, ...]], frames: Mapping[str, pl.DataFrame]
) -> dict[str, tuple[Link, ...]]:
    """The links without those that only lead back: of two tables that share a key and have a row each for it, the one
    with fewer rows, or else the later one, points to the other."""
    order = {name: (-frames[name].height, place) for place, name in enumerate(links)}

    def returns(name: str, link: Link) -> bool:
        back = Link(column=link.to, table=name, to=link.column)
        return back in links[link.table] and order[name] < order[link.table] and link.table != name

    return {name: tuple(link for link in own if not returns(name, link)) for name, own in links.items()}


def _as_whole(series: pl.Series) -> pl.Series:
    """A column as whole numbers where it holds these and nulls, as pandas keeps them: as floats."""
    if not series.dtype.is_float() or not series.null_count() or not bool((series.round() == series).all()):
        return series
    return series.cast(pl.Int64, strict=False)


def _points_within(column: Column, series: pl.Series, keys: pl.Series) -> bool:
    """Whether a column points to rows of its own table: all it holds are keys, of other rows, and its name says so.

    Texts say so themselves.
    """
    values = series.drop_nulls().unique()
    if column.name == keys.name or not len(values) or series.dtype != keys.dtype or column.kind is Kind.BOOLEAN:
        return False
    words = {*_words(column.name), *(word.lower() for word in _WORDS.findall(column.name))}
    named = bool(words & OWN_WORDS) or set(_words(keys.name)) < words
    told = named or (series.dtype == pl.String and len(values) >= LEAST_POINTED)
    return told and bool(values.is_in(keys.implode()).all()) and not bool((series == keys).any())


def _score(
    column: Column, values: pl.Series, table: Table, other: str, key: str, known: pl.Series, frame_rows: int
) -> tuple[int, bool, float] | None:
    """How sure it is that a column points to a key: how like their names are, whether the key is called after its
    table, and how many keys are used; or None.

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
    after = bool(about_key) and about_key <= set(_words(other))
    if empty:
        return (likeness, after, 0.0) if likeness > 1 else None
    contained, covered = int(values.is_in(known.implode()).sum()) / len(values), len(values) / max(len(known), 1)
    if contained < (CONTAINED if likeness > 1 else 1.0) or (likeness == 1 and covered < COVERED):
        return None
    return likeness, after, covered


def _points_elsewhere(words: Sequence[str], table: Table) -> bool:
    """Whether a name with such words says that a column tells rows apart, and not those of its own table."""
    about = set(words) - ID_WORDS
    return words[-1] in ID_WORDS and bool(about) and not about <= set(_words(table.name))


def _is_reference(table: Table, frames: Mapping[str, pl.DataFrame], links: Mapping[str, Sequence[Link]]) -> bool:
    """Whether a table is small beside those that point to it, points to none, and is not called one of customers."""
    name = table.name
    if set(_words(name)) & set(SUBJECT_WORDS) or any(column.personal for column in table):
        return False
    pointing = [frames[o].height for o, found in links.items() for link in found if link.table == name != o]
    rows = frames[name].height
    return all(link.table == name for link in links[name]) and rows <= min(
        MOST_REFERENCE_ROWS, REFERENCE_SHARE * min(pointing)
    )


def _relink(
    table: Table,
    keys: Mapping[str, str | None],
    links: Mapping[str, tuple[Link, ...]],
    reference: set[str],
    pointed: set[str],
) -> Table:
    own = links[table.name]
    learned = {link.column for link in own if link.table in reference}
    made_anew = {column for link in own for column in link.columns if not _counts(table, column, link)} - learned
    key = keys[table.name]
    if key is not None and table.name in pointed and table.name not in reference:
        made_anew.add(key)

    def relink(column: Column) -> Column:
        if column.name in made_anew:
            return column.model_copy(update={"kind": Kind.IDENTIFIER, "treatment": Treatment.FAKE})
        if column.name in learned:
            return column.model_copy(update={"kind": Kind.CATEGORY, "treatment": Treatment.LEARN, "decimals": None})
        return column

    hangs = made_anew & {link.column for link in own if link.table != table.name}
    time = _find_time(table, made_anew) if hangs else None
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
    roots = [t.name for t in tables if not t.reference and all(link.table in {t.name, *reference} for link in t.links)]
    roots.sort(key=lambda root: -len(_depths(tables, root)))
    called = [name for word in SUBJECT_WORDS for name in roots if word in _words(name)]
    return next(iter([*called, *roots]), None)


def _depths(tables: Sequence[Table], start: str) -> dict[str, int]:
    """The tables that point to one, those that point to these, and so on, and how far each is from it."""
    depths = {start: 0}
    for name in (reached := [start]):
        pointing = [t.name for t in tables if name in {link.table for link in t.links} and t.name not in depths]
        depths |= dict.fromkeys(pointing, depths[name] + 1)
        reached += pointing
    return depths


def _nearest_first(tables: Sequence[Table], subject: str) -> tuple[Table, ...]:
    """The tables, with what is nearest to the subject first among the links of each: on that its rows will hang."""
    depths = _depths(tables, subject)

    def far(link: Link) -> int:
        return depths.get(link.table, len(tables))

    return tuple(table.model_copy(update={"links": tuple(sorted(table.links, key=far))}) for table in tables)


def _counts(table: Table, column: str, link: Link) -> bool:
    """Whether a column of a link of several is a number, as of a line, and no key itself."""
    return bool(link.also) and table[column].kind is Kind.INTEGER and not set(_words(column)) & {"id", "key", "code"}


def _find_together(
    frames: Mapping[str, pl.DataFrame],
    tables: Sequence[Table],
    keys: Mapping[str, str | None],
    links: Mapping[str, tuple[Link, ...]],
) -> dict[str, tuple[str, ...]]:
    """By table, two columns that tell its rows apart together: a link, and another or a number that is called one."""
    found: dict[str, tuple[str, ...]] = {}
    for table in tables:
        frame, pointing = frames[table.name], [link.column for link in links[table.name] if link.table != table.name]
        if keys[table.name] is not None or frame.height < LEAST_POINTED:
            continue
        numbers = [
            column.name
            for column in table
            if frame[column.name].dtype.is_integer() and set(_words(column.name)) & (ID_WORDS | PLACE_WORDS)
        ]
        for first in pointing:
            for second in dict.fromkeys([*numbers, *pointing]):
                pair = frame.select(first, second) if first != second else None
                if pair is None or first in found.get(table.name, ()) or pair.null_count().sum_horizontal()[0]:
                    continue
                alone = max(frame[first].n_unique(), frame[second].n_unique())
                if table.name not in found and alone < frame.height and pair.n_unique() == frame.height:
                    found[table.name] = (first, second)
    return found


def _link_together(
    frames: Mapping[str, pl.DataFrame],
    tables: Sequence[Table],
    together: Mapping[str, tuple[str, ...]],
    links: Mapping[str, tuple[Link, ...]],
) -> dict[str, tuple[Link, ...]]:
    """The links, with those to keys of two columns by columns called alike, in the place of those that they imply."""
    out = dict(links)
    for table in tables:
        for other, pair in together.items():
            alike = together.get(table.name) == pair and frames[table.name].height >= frames[other].height
            if other == table.name or alike or not set(pair) <= set(table.names):
                continue
            held = frames[table.name].select(pair).drop_nulls()
            if held.height and held.join(frames[other].select(pair), on=list(pair), how="anti").height == 0:
                implied = {(link.column, link.table) for link in links[other]}
                kept = [link for link in out[table.name] if (link.column, link.table) not in implied]
                made = Link(column=pair[0], table=other, to=pair[0], also=((pair[1], pair[1]),))
                out[table.name] = (made, *kept)
    return out


def _count_orphans(frames: Mapping[str, pl.DataFrame], name: str, link: Link) -> str:
    values = values_of(frames[name], link.columns).drop_nulls()
    orphans = 0
    if len(values):
        orphans = int((find_places(values, values_of(frames[link.table], link.targets)) < 0).sum())
    return f"; {orphans:,} of its rows have no parent there" if orphans else ""
