"""`twinfold evaluate`."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from twinfold.cli.options import Force, PolicyName, Quiet, SchemaFile, Target, typed_command
from twinfold.cli.outputs import check_free, say_wrote, write_json
from twinfold.cli.progress import progress
from twinfold.evaluation.finding import Audience

if TYPE_CHECKING:
    from twinfold.evaluation.finding import Evaluation

UNFIT = 1


def command(
    context: typer.Context,
    train: Annotated[str, typer.Option(metavar="DATA", help="The real rows that were learned from.")],
    holdout: Annotated[str, typer.Option(metavar="DATA", help="Real rows that were kept from learning.")],
    synthetic: Annotated[str, typer.Option(metavar="DATA", help="The synthetic rows.")],
    report: Annotated[Path, typer.Option("-o", "--output", metavar="REPORT", help="The report to write (*.html).")],
    schema: SchemaFile = None,
    target: Target = None,
    sensitive: Annotated[
        str | None,
        typer.Option(metavar="COLUMNS", help='Whose groups to compare by the target: "sex,race". Crossed as well.'),
    ] = None,
    favourable: Annotated[
        str | None, typer.Option(metavar="LEVEL", help="The level of the target that one may wish for.")
    ] = None,
    tasks: Annotated[
        bool, typer.Option("--tasks", help="Try models in the tasks that banks have for them; takes minutes.")
    ] = False,
    curves: Annotated[
        bool, typer.Option("--curves", help="Ask when synthetic rows help models beside real ones; takes minutes.")
    ] = False,
    curves_with: Annotated[
        str | None,
        typer.Option(metavar="NAMES", help='Draw them with rows of these engines and methods too: "gan,smote".'),
    ] = None,
    policy: PolicyName = "model-development",
    model: Annotated[
        Path | None,
        typer.Option(metavar="MODEL", help="The model that made the synthetic rows; the verdict is written into it."),
    ] = None,
    shadows: Annotated[
        int | None,
        typer.Option(metavar="N", help="Attack MODEL with so many models fitted alike; 20 where MODEL is given."),
    ] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the same findings as JSON.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same findings.")] = 0,
    audience: Annotated[
        Audience, typer.Option(help="Who reads it: for the public, figures are rounded and small groups left out.")
    ] = "internal",
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Judge synthetic rows: what are they fit for?

    DATA is a CSV or Parquet file, or a folder of linked tables. The exit status is 1 where POLICY refuses them.
    """
    check_free(report, json, force=force, inputs=filter(None, (train, holdout, synthetic, schema, model, policy)))

    from twinfold.evaluation.report.html import write_report
    from twinfold.verbs.evaluate import evaluate

    with progress(quiet=quiet) as tell:
        evaluation = evaluate(
            train,
            holdout,
            synthetic,
            schema=schema,
            target=target,
            sensitive=() if sensitive is None else sensitive,
            favourable=favourable,
            tasks=tasks,
            curves=curves,
            curves_with=() if curves_with is None else curves_with,
            policy=policy,
            model=model,
            shadows=shadows,
            seed=seed,
            command=typed_command(context),
            progress=tell,
        )
    write_report(evaluation, report, force=force, audience=audience)
    if json:
        write_json(json, evaluation.json(audience=audience))
    if not quiet:
        _show(evaluation)
        typer.echo(say_wrote(report, json, model))
    if not evaluation.released:
        raise typer.Exit(UNFIT)


def _show(evaluation: "Evaluation") -> None:
    """Print the findings: in colour and as wide as the terminal, plain where there is none."""
    if not sys.stdout.isatty():
        typer.echo(evaluation.text(), nl=False)
        return
    from rich.console import Console

    from twinfold.evaluation.report.terminal import show

    show(evaluation, Console())
