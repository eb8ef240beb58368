"""A glossary: how people call what columns and tables hold, where their names don't say it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twinfold.behaviour.toml_file import read_toml
from twinfold.errors import SpecificationError, unknown_name
from twinfold.personas.memory.memory import Memory

Words = str | list[str]


class Glossary(BaseModel):
    """Words for columns, tables and levels: one, or several of which the first is said and all are understood.

    Attributes:
        columns: by a column's name, or "table.column" where several have it.
        tables: by a table's name.
        levels: by "column = level".
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: Mapping[str, Words] = Field(default_factory=dict)
    tables: Mapping[str, Words] = Field(default_factory=dict)
    levels: Mapping[str, Words] = Field(default_factory=dict)

    def check(self, memory: Memory) -> None:
        """Raise `SpecificationError` where it names a table, a column or a level that is not there."""
        held = (memory.people, *memory.histories.values())
        columns = {each for rows in held for c in rows.columns for each in (c.name, f"{rows.name}.{c.name}")}
        tables = {rows.name for rows in held} | {c.name.partition(": ")[0] for rows in held for c in rows.columns}
        for what, names, known in (("table", self.tables, tables), ("column", self.columns, columns)):
            for name in names:
                if name not in known:
                    raise SpecificationError(f"the glossary's {unknown_name(what, name, sorted(known))}")
        for name in self.levels:
            column, sign, level = name.partition(" = ")
            if not sign or column not in columns:
                raise SpecificationError(f'the glossary\'s level {name[:60]!r} is of no column; write "column = level"')
            own = [rows for rows in held if any(each.name == column for each in rows.columns)]
            levels = {str(each) for rows in own for each in rows.values(column).drop_nulls().unique().to_list()}
            if level not in levels:
                raise SpecificationError(f"the glossary's {unknown_name('level', level, sorted(levels), among=column)}")

    def column(self, table: str, name: str) -> list[str]:
        """Words for a column; none where there are none."""
        return _listed(self.columns.get(f"{table}.{name}", self.columns.get(name, [])))

    def table(self, name: str) -> list[str]:
        """Words for a table."""
        return _listed(self.tables.get(name, []))

    def level(self, column: str, level: str) -> list[str]:
        """Words for a level of a column."""
        return _listed(self.levels.get(f"{column} = {level}", []))


def read_glossary(source: Glossary | Mapping[str, object] | str | Path | None) -> Glossary:
    """Read a glossary from a TOML file, or a mapping of what would stand in one; None is an empty one.

    Raises `SpecificationError`.
    """
    if isinstance(source, Glossary):
        return source
    if source is None:
        return Glossary()
    if isinstance(source, Mapping):
        record = dict(source)
    else:
        record = read_toml(source, called="glossary", holds="columns, tables and levels", line="[columns]")
    for key in record:
        if key not in Glossary.model_fields:
            raise SpecificationError(unknown_name("key", key, Glossary.model_fields, among="the glossary"))
    try:
        return Glossary.model_validate(record)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"][:2]))
        raise SpecificationError(
            f"glossary: {place} is {str(first['input'])[:60]!r}; give a text, or a list of texts"
        ) from None


def _listed(words: Words) -> list[str]:
    return [words] if isinstance(words, str) else list(words)
