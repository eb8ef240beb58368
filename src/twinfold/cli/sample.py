"""`twinfold sample`."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.options import Force, Quiet
from twinfold.cli.outputs import check_free, show
from twinfold.cli.progress import progress
from twinfold.tables.databases.address import is_url


def command(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="A model file that fit wrote.", show_default=False)],
    out: Annotated[
        str,
        typer.Option(
            *("-o", "--output"),
            metavar="OUT",
            help="What to write: a CSV or Parquet file, a folder of them, or a database URL.",
        ),
    ],
    n: Annotated[
        int | None,
        typer.Option(
            "-n",
            "--rows",
            metavar="N",
            help="How many rows, of several tables customers; else as many as were learned.",
        ),
    ] = None,
    where: Annotated[
        str | None,
        typer.Option(
            metavar="CONDITION",
            help="What every row, or customer, must obey: age >= 60 and count(loan) > 0",
        ),
    ] = None,
    given: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A table: its columns are kept row by row; of customers, all of theirs."),
    ] = None,
    balance: Annotated[
        str | None,
        typer.Option(metavar="SHARES", help="Shares that levels of a column shall have: y=yes:0.5"),
    ] = None,
    fair: Annotated[
        str | None,
        typer.Option(metavar="PARITY", help="An outcome that groups shall have alike: income by sex"),
    ] = None,
    continuing: Annotated[
        str | None,
        typer.Option(
            "--continue",
            metavar="DATA",
            help="Customers with their rows so far, all tables: what they do next is drawn.",
        ),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="By when their rows are known; else the last that is given: 2024-05-31"),
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="TIME", help="To when they are continued; else the last that was learned.")
    ] = None,
    override: Annotated[
        str | None,
        typer.Option(
            metavar="REASON", help="Why rows leave a model that its evaluation refused; its file keeps the reason."
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same rows.")] = 1,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Draw synthetic rows from a model."""
    check_free(
        None if is_url(out) else Path(out), force=force, inputs=filter(None, (model, given, continuing)), folder=True
    )

    from twinfold.verbs.sample import sample_to

    with progress(quiet=quiet) as tell:
        summary = sample_to(
            model,
            out,
            n,
            where=where,
            given=given,
            balance=balance,
            fair=fair,
            continuing=continuing,
            after=after,
            until=until,
            override=override,
            seed=seed,
            force=force,
            progress=tell,
        )
    if not quiet:
        show(summary.text())
