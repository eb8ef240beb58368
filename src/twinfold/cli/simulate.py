"""`twinfold simulate`."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.options import Force, Quiet, SchemaFile
from twinfold.cli.outputs import check_free, say_wrote, show, write_json
from twinfold.cli.progress import progress
from twinfold.errors import OutputError


def command(
    population: Annotated[
        str,
        typer.Argument(
            metavar="CUSTOMERS",
            help="The customers, real or synthetic, a row each: CSV or Parquet.",
            show_default=False,
        ),
    ],
    scenario: Annotated[
        Path,
        typer.Option("--scenario", metavar="FILE", help="A scenario.toml: what they decide, and what is done to them."),
    ],
    report: Annotated[Path, typer.Option("-o", "--output", metavar="PAGE", help="The page to write (*.html).")],
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the same results as JSON.")] = None,
    events: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write every decision that came to something (*.parquet).")
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same customers the same luck.")] = 0,
    draws: Annotated[int, typer.Option(help="Draws of what is not known: intervals are steadier with more.")] = 200,
    schema: SchemaFile = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Try prices, offers, campaigns and downturns on customers."""
    if report.suffix.lower() not in (".html", ".htm"):
        raise OutputError(f"output {str(report)!r} would be a page; give a name that ends in .html")
    check_free(report, json, events, force=force, inputs=filter(None, (population, scenario, schema)))

    from twinfold.simulation.page import write_outcome
    from twinfold.verbs.simulate import simulate

    with progress(quiet=quiet) as tell:
        outcome = simulate(
            population,
            scenario,
            schema=schema,
            events=events,
            seed=seed,
            draws=draws,
            force=force,
            progress=tell,
        )
    write_outcome(outcome, report, force=force)
    if json:
        write_json(json, outcome.record())
    if not quiet:
        show("\n".join([outcome.text(), say_wrote(report, json, events)]))
