"""`twinfold impute`."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.options import Data, Force, Model, Quiet, listed
from twinfold.cli.outputs import check_free, show
from twinfold.cli.progress import progress


def command(
    model: Model,
    data: Data,
    out: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="OUT", help="The folder to write the tables to; with -m 1 a file."),
    ],
    m: Annotated[int, typer.Option("-m", metavar="M", help="How many completed tables.")] = 5,
    columns: Annotated[
        str | None,
        typer.Option(metavar="COLUMNS", help="Which columns to fill, as age,income; else all that can be."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same tables.")] = 1,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Fill the missing cells of a table, several times."""
    check_free(out, force=force, inputs=(model, data), folder=True)

    from twinfold.verbs.impute import impute_to

    with progress(quiet=quiet) as tell:
        summary = impute_to(model, data, out, m, columns=listed(columns), seed=seed, force=force, progress=tell)
    if not quiet:
        show(summary.text())
