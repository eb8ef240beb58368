"""`twinfold fit`."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.options import Data, Force, PolicyName, Quiet, SchemaFile, Target, typed_command
from twinfold.cli.outputs import check_free, say_wrote, show
from twinfold.cli.progress import progress


def command(
    context: typer.Context,
    data: Data,
    model: Annotated[Path, typer.Option("-o", "--output", metavar="MODEL", help="The model file to write (*.twin).")],
    schema: SchemaFile = None,
    engine: Annotated[
        str,
        typer.Option(help="How to learn: trees, copula, network, blend, diffusion, vae, gan, vaegan; auto chooses."),
    ] = "auto",
    budget: Annotated[
        str | None, typer.Option(metavar="TIME", help="The time it may take: 10s, 2m, best. Left out: some seconds.")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same model.")] = 0,
    target: Target = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Judge the model on rows kept from it first, and write report.html here."),
    ] = None,
    policy: PolicyName = "model-development",
    start: Annotated[
        Path | None,
        typer.Option("--from", metavar="MODEL", help="Begin with an older model, such as last month's."),
    ] = None,
    match: Annotated[
        str | None,
        typer.Option(metavar="PAIRS", help='Which columns are which of the older model\'s: "age_in_years=age".'),
    ] = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Learn a table, or linked tables, and write a model."""
    check_free(model, report, force=force, inputs=filter(None, (data, schema, policy, start)))

    from twinfold.verbs.fit import fit

    with progress(quiet=quiet) as tell:
        synthesizer = fit(
            data,
            schema=schema,
            engine=engine,
            budget=budget,
            seed=seed,
            target=target,
            report=report,
            policy=policy,
            start=start,
            match=match,
            force=force,
            command=typed_command(context),
            progress=tell,
        )
    synthesizer.save(model, force=force)
    if not quiet:
        show(f"{synthesizer.describe()}\n{say_wrote(model, report)}")
