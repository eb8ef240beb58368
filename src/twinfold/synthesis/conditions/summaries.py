"""What a customer's rows in other tables amount to, as a condition names it: count(loan), sum(payments.amount)."""

from collections.abc import Sequence
from typing import Literal, cast, get_args

from twinfold.errors import unknown_name
from twinfold.synthesis.conditions.tokens import KEYWORDS, WORD, shown
from twinfold.tables.schema import Column, Kind, Table, Treatment

How = Literal["count", "sum", "mean", "min", "max"]
HOW: tuple[How, ...] = get_args(How)
_AMOUNTS = (Kind.INTEGER, Kind.DECIMAL)


class Summary(Column):
    """What one customer's rows of a table amount to, a column of the customers that no table stores.

    Without rows it is 0 where they are counted, and missing else, as in SQL.

    Attributes:
        how: what is made of the rows.
        table: whose rows.
        of: the column of theirs that is summarised; None where rows are counted.
    """

    how: How
    table: str
    of: str | None = None


def read_summary(how: str, of: str, tables: Sequence[Table]) -> Summary:
    """The summary that a condition names as `how(of)`.

    Args:
        how: one of `HOW`, in whatever case.
        of: a table to count the rows of, else "table.column", a column of numbers, or for min and max of times.
        tables: those that hang on the customers.

    Raises:
        ValueError: there is no such summary; with what is accepted.
    """
    if how.lower() not in HOW:
        raise ValueError(unknown_name("function", how[:200], HOW))
    known, names = cast(How, how.lower()), [table.name for table in tables]
    if known == "count":
        if of not in names:
            raise ValueError(unknown_name("table", of[:200], names, among="what hangs on the customers"))
        return Summary(name=_text(known, of), kind=Kind.INTEGER, physical="Int64", how=known, table=of)
    table = next((table for table in tables if of.startswith(f"{table.name}.")), None)
    if table is None:
        said = unknown_name("table", of.partition(".")[0][:200], names, among="what hangs on the customers")
        raise ValueError(said if "." in of else f"{known} takes a column of a table, as in {known}(table.column)")
    column = _column(known, table, of.removeprefix(f"{table.name}."))
    kept = column.model_dump() | {"name": _text(known, of), "missing": None}
    if known in ("sum", "mean"):
        kept |= {"physical": "Float64", "format": None}
    if known == "mean":
        kept |= {"kind": Kind.DECIMAL, "decimals": None}
    return Summary(**kept, how=known, table=table.name, of=column.name)


def _column(how: How, table: Table, name: str) -> Column:
    summarised = [c for c in table if c.treatment is Treatment.LEARN and c.personal is None and c.kind.numeric]
    if how in ("sum", "mean"):
        summarised = [column for column in summarised if column.kind in _AMOUNTS]
    found = next((column for column in summarised if column.name == name), None)
    if found is not None:
        return found
    names = [column.name for column in summarised]
    if name in table.names:
        accepted = f"one of {', '.join(names[:20])} is" if names else f"{table.name} has no such column, but count is"
        raise ValueError(
            f"{shown(name)} of {table.name} is a {table[name].kind}, of which {how} says nothing; {accepted} accepted"
        )
    raise ValueError(unknown_name("column", name[:200], names, among=table.name))


def _text(how: How, of: str) -> str:
    """The text that gives a summary again."""
    plain = WORD.fullmatch(of) and of.lower() not in KEYWORDS
    quoted = '"' + of.replace('"', '""') + '"'
    return f"{how}({of if plain else quoted})"
