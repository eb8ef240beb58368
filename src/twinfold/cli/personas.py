"""`twinfold personas`."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.options import Force, Quiet, SchemaFile
from twinfold.cli.outputs import show
from twinfold.cli.progress import progress


def command(
    population: Annotated[
        str,
        typer.Argument(
            metavar="POPULATION",
            help="The customers, synthetic or real: CSV or Parquet, or a folder of linked tables.",
            show_default=False,
        ),
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="The folder to write.")],
    groups: Annotated[
        int | None,
        typer.Option(min=2, max=10, help="How many; else those that explain people best and are found again."),
    ] = None,
    least_share: Annotated[float, typer.Option(help="The share of all people that each has at least.")] = 0.05,
    columns: Annotated[
        str | None, typer.Option(metavar="A,B,…", help="What people are told apart by; else all that says something.")
    ] = None,
    segment: Annotated[
        list[str] | None,
        typer.Option(metavar='"NAME: CONDITION"', help="A persona of your own; several are tried in their order."),
    ] = None,
    value: Annotated[
        list[str] | None,
        typer.Option(metavar='"NAME = FORMULA"', help="What a customer is worth, of their numbers."),
    ] = None,
    behaviour: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="A learned behaviour, whose offers are tried on each.")
    ] = None,
    texts: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FILE[:COLUMN]", help="What customers say: a file, or a table of the folder; several are accepted."
        ),
    ] = None,
    texts_key: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Whose each text is, or a category that customers have too; else found."),
    ] = None,
    texts_rating: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="Ratings, 1 to 5 or 0 to 10, the more the better; else found."),
    ] = None,
    tone: Annotated[
        str | None,
        typer.Option(metavar="rating|lexicon", help="By what tone is measured; else by the rating where there is one."),
    ] = None,
    complaints: Annotated[bool, typer.Option("--complaints", help="Each text is a complaint.")] = False,
    does: Annotated[
        list[str] | None,
        typer.Option(
            metavar='"left = churned"', help="What customers do, set beside what they say; several are accepted."
        ),
    ] = None,
    quotes: Annotated[int, typer.Option(help="Masked quotes of each persona, 0 to 10.")] = 3,
    seed: Annotated[int, typer.Option(help="The same seed gives the same personas.")] = 0,
    schema: SchemaFile = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Find kinds of customers, told by what sets them apart."""
    from twinfold.personas.folder import check_folder, write_folder
    from twinfold.verbs.find_personas import TextTable, find_personas

    check_folder(output, force=force)
    said = [TextTable(each, None, texts_key, texts_rating, tone, complaints) for each in texts or ()]
    with progress(quiet=quiet) as tell:
        found = find_personas(
            population,
            groups=groups,
            least_share=least_share,
            columns=columns,
            conditions=segment or (),
            values=value or (),
            behaviours=behaviour or (),
            texts=said or None,
            does=does or (),
            quotes=quotes,
            schema=schema,
            seed=seed,
            progress=tell,
        )
    written = write_folder(found, output, force=force)
    if not quiet:
        show("\n".join([found.text(), f"Wrote {', '.join(str(path) for path in written)}."]))
