"""What a database declares is known, and needs no guess: keys, links, and what a column may hold."""

from collections.abc import Mapping

from twinfold.tables.layout import DatabaseTable, SqlType
from twinfold.tables.schema import Column, Kind, Link, Table, Treatment

_SHORTEST_LABEL = 7
"""Characters of "(other)", which stands for categories too rare to be shown where there is room for it."""


def hold_to(declared: Mapping[str, DatabaseTable], table: Table) -> Table:
    """A table as it was found from its values, corrected by what its database declares.

    A key is made anew, as is a number of more digits than can be learned; a column of an enum keeps to its texts; and
    one that points to rows of its own table, but not by a link that is learned, is left out.
    """
    own = declared[table.name]
    links = [link for found in declared_links(declared).values() for link in found if not link.also]
    pointed = {link.to for link in links if link.table == table.name}
    keys = pointed | ({own.key} if own.key else set())

    within = {link.column for link in find_unlearned(declared) if link in own.links}

    def held(column: Column) -> Column:
        known = own.types.get(column.name)
        if column.name in within:
            return column.model_copy(update={"treatment": Treatment.DROP})
        long = known is not None and known.name == "numeric" and column.physical == "String"
        if long or (column.name in keys and column.physical.startswith(("Int", "String"))):
            return _with(column, kind=Kind.IDENTIFIER, treatment=Treatment.FAKE, decimals=None, format=None)
        if known is None or column.kind is Kind.CONSTANT:
            return column
        if known.name == "enum":
            return _with(
                column, kind=Kind.CATEGORY, treatment=Treatment.LEARN, personal=None, format=None, decimals=None
            )
        return column if _has_room(known) else _with(column)

    return table.model_copy(update={"columns": tuple(map(held, table))})


def declared_keys(declared: Mapping[str, DatabaseTable]) -> dict[str, str]:
    """By table, the column that foreign keys point to, or else the primary key."""
    keys = {name: table.key for name, table in declared.items() if table.key is not None}
    links = [link for found in declared_links(declared).values() for link in found]
    return keys | {link.table: link.to for link in links if not link.also}


def declared_links(declared: Mapping[str, DatabaseTable]) -> dict[str, tuple[Link, ...]]:
    """By table, the foreign keys that can be learned: to one column alone of each table, or its key of several.

    Those that such a one implies are left out.
    """
    to: dict[str, str] = {}
    links: dict[str, tuple[Link, ...]] = {}
    for name, table in declared.items():
        several = [link for link in table.links if link.also]
        held = [link for link in several if set(link.targets) == set(declared[link.table].together)]
        implied = {
            (column, over.table, over.to)
            for link in held
            for column, there in zip(link.columns, link.targets, strict=True)
            for over in declared[link.table].links
            if over.column == there and not over.also
        }
        single = [link for link in table.links if not link.also and to.setdefault(link.table, link.to) == link.to]
        links[name] = (*held, *(link for link in single if (link.column, link.table, link.to) not in implied))
    return links if any(link.table != name for name, found in links.items() for link in found) else {}


def find_unlearned(declared: Mapping[str, DatabaseTable]) -> list[Link]:
    """The foreign keys to rows of the same table that are not learned: to another column than that of other tables."""
    learned = declared_links(declared)
    own = [(name, link) for name, table in declared.items() for link in table.links if link.table == name]
    return [link for name, link in own if link not in learned.get(name, ())]


def _has_room(known: SqlType) -> bool:
    return known.length is None or known.length >= _SHORTEST_LABEL


def _with(column: Column, **update: object) -> Column:
    return column.model_copy(update={"rare": None, "missing": None, **update})
