"""What tables hold, column by column, without showing anybody's value."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from twinfold.tables.csv_text import plain_fields
from twinfold.tables.dataset import Dataset
from twinfold.tables.layout import CsvDialect, Layout
from twinfold.tables.problems import find_problems
from twinfold.tables.schema import Column, Kind, Treatment
from twinfold.tables.values import to_values

if TYPE_CHECKING:
    from rich.console import RenderableType

_TREATED = {Treatment.LEARN: "learned", Treatment.FAKE: "faked", Treatment.DROP: "dropped"}
_LONGEST = 40
_NARROW = 110
_HEADINGS = ("Column", "Kind", "Missing", "Distinct", "Example", "Treatment", "To look at")


@dataclass(frozen=True)
class ColumnSummary:
    """One column: what it is, and what looks wrong.

    Attributes:
        missing: the share of rows without a value, 0 to 1.
        distinct: how many different values there are.
        example: a value that at least `min_count` rows hold, or, `masked`, the shape of one: letters as x, digits as 9.
        problems: what looks wrong, in plain words.
    """

    name: str
    kind: str
    physical: str
    missing: float
    distinct: int
    example: str
    masked: bool
    treatment: str
    personal: str | None
    problems: tuple[str, ...]


@dataclass(frozen=True)
class TableSummary:
    """One table: how many rows it has, its columns, and whether it passes through unlearned."""

    name: str
    rows: int
    reference: bool
    columns: tuple[ColumnSummary, ...]


@dataclass(frozen=True)
class Inspection:
    """What tables hold. `notes` say what was found out about the files; `saved` is the schema file written, if any."""

    tables: tuple[TableSummary, ...]
    notes: tuple[str, ...] = ()
    saved: str | None = None

    def text(self, *, width: int | None = None, color: bool = False) -> str:
        """For a terminal. `width` in characters, None takes the terminal's; `color` adds control codes for colours."""
        import shutil
        from io import StringIO

        from rich.console import Console

        out = StringIO()
        width = width or max(60, shutil.get_terminal_size((120, 24)).columns)
        console = Console(file=out, width=width, force_terminal=color, color_system="standard" if color else None)
        for part in self._parts(width):
            console.print(part)
        return "\n".join(line.rstrip() for line in out.getvalue().splitlines())

    def json(self) -> dict[str, Any]:
        """For a machine: the same summary as a record that JSON can hold."""
        return asdict(self)

    def __str__(self) -> str:
        return self.text()

    def _repr_html_(self) -> str:
        from html import escape

        head = "".join(f"<th>{heading}</th>" for heading in _HEADINGS)
        parts = [f"<p>{escape(_clean(note))}</p>" for note in self.notes]
        for table in self.tables:
            rows = "".join(
                "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in _cells(column, table)) + "</tr>"
                for column in table.columns
            )
            parts.append(
                f"<table><caption>{escape(_title(table))}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
            )
        return "".join(parts)

    def _parts(self, width: int) -> "list[RenderableType]":
        from rich.text import Text

        parts: list[RenderableType] = [Text(_clean(note), style="dim") for note in self.notes]
        for table in self.tables:
            parts += [Text(_title(table), style="bold"), _grid(table, narrow=width < _NARROW)]
            if width < _NARROW:
                parts += [
                    Text.assemble((_clean(column.name), "bold"), ": ", (_cells(column, table)[-1], "yellow"))
                    for column in table.columns
                    if column.problems
                ]
        if self.saved:
            parts.append(Text(f"Schema saved in {_clean(self.saved)}: correct it, and hand it to fit with --schema."))
        return parts


def inspect_dataset(dataset: Dataset) -> Inspection:
    """Summarise every table of a dataset."""
    tables = tuple(
        TableSummary(
            name=table.name,
            rows=dataset.tables[table.name].height,
            reference=table.reference,
            columns=tuple(
                _summarise(
                    dataset.tables[table.name][column.name],
                    column,
                    dataset.layouts[table.name],
                    dataset.schema.min_count,
                )
                for column in table
            ),
        )
        for table in dataset.schema.tables
    )
    return Inspection(tables=tables, notes=tuple(dataset.notes))


def _summarise(series: pl.Series, column: Column, layout: Layout, min_count: int) -> ColumnSummary:
    values = to_values(series, column)
    strays = layout.strays.get(column.name, 0)
    problems = find_problems(series, values, column, min_count=min_count, strays=strays)
    example, masked = _example(series, values, column, layout.csv, min_count)
    return ColumnSummary(
        name=column.name,
        kind=column.kind.value,
        physical=column.physical,
        missing=values.null_count() / max(1, len(values)),
        distinct=values.n_unique() - (values.null_count() > 0),
        example=example,
        masked=masked,
        treatment=column.treatment.value,
        personal=column.personal.value if column.personal else None,
        problems=problems,
    )


def _example(
    series: pl.Series, values: pl.Series, column: Column, dialect: CsvDialect | None, min_count: int
) -> tuple[str, bool]:
    """A value as stored that many rows hold and that is nobody's, or the shape of one; and whether it is a shape."""
    from twinfold.tables.personal import mask

    stored = series.filter(values.is_not_null())
    if stored.is_empty():
        return "", False
    if column.treatment is Treatment.LEARN and column.personal is None:
        sample = stored.gather_every(max(1, len(stored) // 20_000)).rename("value")
        common = sample.value_counts(name="rows").sort(["rows", "value"], descending=[True, False])["value"][:1]
        common = common.rename(series.name)
        if int((stored == common[0]).sum()) >= min_count:
            return _clean(_written(common, dialect)), False
    return mask(_clean(_written(stored.head(1), dialect))), True


def _written(value: pl.Series, dialect: CsvDialect | None) -> str:
    """A value, shape (1,), as its file writes it."""
    fields = plain_fields(value.to_frame(), dialect).to_series() if dialect else value.cast(pl.String)
    text = str(fields[0])
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _clean(text: str) -> str:
    """Text without characters that would steer a terminal."""
    return "".join(character if character.isprintable() else "�" for character in text)


def _title(table: TableSummary) -> str:
    passing = ", a reference table: it passes through" if table.reference else ""
    return f"{_clean(table.name)}: {table.rows:,} rows, {len(table.columns):,} columns{passing}"


def _cells(column: ColumnSummary, table: TableSummary) -> tuple[str, ...]:
    missing = "" if column.missing == 0 else f"{column.missing:.1%}" if column.missing >= 0.001 else "<0.1%"
    kept = column.treatment == Treatment.LEARN and (column.kind == Kind.CONSTANT or table.reference)
    treated = "kept" if kept else _TREATED[Treatment(column.treatment)]
    example = f"{column.example!r}" if column.example != column.example.strip() else column.example
    return (
        *(_clean(column.name), column.kind, missing, f"{column.distinct:,}", example, treated),
        "; ".join(_clean(problem) for problem in column.problems),
    )


def _grid(table: TableSummary, *, narrow: bool) -> "RenderableType":
    """The columns as a table; a narrow one leaves out what looks wrong, which then stands below it."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=box.SIMPLE_HEAD, padding=(0, 1), pad_edge=False)
    shown = _HEADINGS[:-1] if narrow else _HEADINGS
    for heading in shown:
        grid.add_column(
            heading,
            justify="right" if heading in ("Missing", "Distinct") else "left",
            no_wrap=heading in ("Kind", "Missing", "Distinct", "Treatment"),
            overflow="fold",
            max_width={"Column": 26 if narrow else 32, "Example": 24}.get(heading),
        )
    for column in table.columns:
        styles = ("bold", "", "", "", "dim" if column.masked else "", "", "yellow")
        grid.add_row(
            *(Text(cell, style=style) for cell, style in zip(_cells(column, table)[: len(shown)], styles, strict=False))
        )
    return grid
