"""Options that several verbs share, and the command that they were typed in."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from twinfold.tables.databases.address import masked

Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA", help="A CSV or Parquet file, a folder of them, or a database URL.", show_default=False
    ),
]
Model = Annotated[Path, typer.Argument(metavar="MODEL", help="A model file that fit wrote.", show_default=False)]
Predicted = Annotated[str, typer.Argument(metavar="COLUMN", help="The column to predict.", show_default=False)]
Given = Annotated[
    str | None,
    typer.Option(metavar="COLUMNS", help="The columns to predict it from, as age,income; else all others."),
]
SchemaFile = Annotated[
    Path | None,
    typer.Option("--schema", metavar="FILE", help="A schema.toml, as made by inspect --save and corrected by you."),
]
Target = Annotated[
    str | None,
    typer.Option("--target", metavar="COLUMN", help="The column that models built on the data predict."),
]
PolicyName = Annotated[
    str,
    typer.Option(
        "--policy",
        metavar="POLICY",
        help="The use that the verdict is about: its name, or a policy.toml with limits of your own.",
    ),
]
Board = Annotated[
    Path | None,
    typer.Option("--scoreboard", metavar="FILE", help="The scoreboard; else your own, in your data folder."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace an output that exists.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]


def typed_command(context: typer.Context) -> str:
    """The command as it was typed, spelt for a shell, without the passwords in it."""
    return shlex.join(["twinfold", *map(masked, context.find_root().obj or ())])


def listed(names: str | None) -> list[str] | None:
    """Names between commas, one by one; None where there are none.

    >>> listed("age, income")
    ['age', 'income']
    """
    found = [name.strip() for name in (names or "").split(",") if name.strip()]
    return found or None
