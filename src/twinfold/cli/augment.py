"""`twinfold augment`."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.options import Data, Force, PolicyName, Quiet, SchemaFile
from twinfold.cli.outputs import check_free, show
from twinfold.cli.progress import progress


def command(
    data: Data,
    out: Annotated[Path, typer.Option("-o", "--output", metavar="OUT", help="The file to write: the new rows alone.")],
    method: Annotated[
        str, typer.Option(metavar="METHOD", help="How rows are made: smote, mixup, noise or resample.")
    ] = "smote",
    target: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="A column of few levels: a new row is made of rows of one level alone."),
    ] = None,
    n: Annotated[
        int | None,
        typer.Option(
            "-n", "--rows", metavar="N", help="How many new rows; else as many as make all levels equally frequent."
        ),
    ] = None,
    balance: Annotated[
        bool, typer.Option(help="Whether new rows go to the rarest levels; else shares stay as they are.")
    ] = True,
    neighbours: Annotated[int, typer.Option(metavar="K", help="Of smote: how many rows are near.")] = 5,
    scale: Annotated[float, typer.Option(metavar="SCALE", help="Of noise, in standard deviations of a column.")] = 1.0,
    schema: SchemaFile = None,
    holdout: Annotated[
        str | None,
        typer.Option(metavar="DATA", help="Other real customers to attack with; else a trial of halves is attacked."),
    ] = None,
    policy: PolicyName = "model-development",
    override: Annotated[
        str | None,
        typer.Option(metavar="REASON", help="Why refused rows are written; a file beside them keeps the reason."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same rows.")] = 0,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Make more rows out of a small or imbalanced table.

    They are attacked as synthetic rows are, and written where the attacks fail.
    """
    check_free(out, force=force, inputs=filter(None, (data, holdout, schema)), folder=True)

    from twinfold.verbs.augment import augment_to

    with progress(quiet=quiet) as tell:
        summary = augment_to(
            data,
            out,
            method=method,
            target=target,
            n=n,
            balance=balance,
            neighbours=neighbours,
            scale=scale,
            schema=schema,
            holdout=holdout,
            policy=policy,
            override=override,
            seed=seed,
            force=force,
            progress=tell,
        )
    if not quiet:
        show(summary.text())
