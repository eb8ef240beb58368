"""A dataset: named tables, what is known of them, and how they were stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import polars as pl

from twinfold.errors import DataError, SchemaError
from twinfold.tables.layout import Layout
from twinfold.tables.schema import Schema, Table


@dataclass(frozen=True)
class Dataset:
    """Named tables (Polars frames), their schema and layout. Frozen; checked at birth.

    `notes` say in plain words what was found out about the files ("customers.csv: ';' between fields, decimal comma").
    """

    tables: Mapping[str, pl.DataFrame]
    schema: Schema
    layouts: Mapping[str, Layout]
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        for name, frame in self.tables.items():
            table = self.schema[name]
            if tuple(frame.columns) != table.names:
                raise SchemaError(
                    f"table {name!r} has the columns {', '.join(frame.columns)}, "
                    f"its schema has {', '.join(table.names)}; make the schema anew with twinfold inspect --save"
                )

    def with_tables(self, tables: Mapping[str, pl.DataFrame]) -> Self:
        """The same with other rows in some tables; columns that are missing from these are no part of them any more."""
        known, frames = [], dict(self.tables)
        for table in self.schema.tables:
            frame = tables.get(table.name, self.tables[table.name])
            columns = tuple(column for column in table if column.name in frame.columns)
            frames[table.name] = frame.select([column.name for column in columns])
            key = table.key if table.key in frame.columns else None
            known.append(table.model_copy(update={"columns": columns, "key": key}))
        schema = self.schema.model_copy(update={"tables": tuple(known)})
        return type(self)(frames, schema, self.layouts, self.notes)

    def single(self) -> tuple[Table, pl.DataFrame, Layout]:
        """The only table, with its schema and layout. Raises `DataError` where there are several."""
        if len(self.tables) != 1:
            raise DataError(
                f"{len(self.tables)} tables ({', '.join(self.tables)}) where one is needed; "
                "name one of the files instead of the folder"
            )
        name = next(iter(self.tables))
        return self.schema[name], self.tables[name], self.layouts[name]
