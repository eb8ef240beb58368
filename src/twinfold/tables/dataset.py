"""A dataset: named tables, what is known of them, and how they were stored."""

from collections.abc import Mapping
from dataclasses import dataclass, field

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

    def single(self) -> tuple[Table, pl.DataFrame, Layout]:
        """The only table, with its schema and layout. Raises `DataError` where there are several."""
        if len(self.tables) != 1:
            raise DataError(
                f"{len(self.tables)} tables ({', '.join(self.tables)}) where one is needed; "
                "name one of the files instead of the folder"
            )
        name = next(iter(self.tables))
        return self.schema[name], self.tables[name], self.layouts[name]
