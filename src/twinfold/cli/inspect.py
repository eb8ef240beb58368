"""`twinfold inspect`."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.options import Data, Force, SchemaFile
from twinfold.cli.outputs import as_json, check_free, write_json


def command(
    data: Data,
    schema: SchemaFile = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the proposed schema here, to correct and hand to fit.")
    ] = None,
    json: Annotated[
        str | None, typer.Option(metavar="FILE", help="Write what was found as JSON; '-' is standard output.")
    ] = None,
    force: Force = False,
) -> None:
    """Show what a table holds, and what looks wrong."""
    json_file = Path(json) if json not in (None, "-") else None
    check_free(save, json_file, force=force, inputs=filter(None, (data, schema)))

    from twinfold.verbs.inspect import inspect

    inspection = inspect(data, schema=schema, save=save, force=force)
    if json_file:
        write_json(json_file, inspection.json())
    typer.echo(as_json(inspection.json()) if json == "-" else inspection.text())
