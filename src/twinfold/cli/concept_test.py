"""`twinfold concept-test`."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.asking import Who
from twinfold.cli.options import Force, Quiet, SchemaFile
from twinfold.cli.outputs import check_free, say_wrote, show, write_json
from twinfold.cli.progress import progress
from twinfold.errors import OutputError


def command(
    population: Annotated[
        str,
        typer.Argument(
            metavar="POPULATION",
            help="The customers, synthetic or real, a row each: CSV or Parquet.",
            show_default=False,
        ),
    ],
    concepts: Annotated[
        Path,
        typer.Argument(metavar="CONCEPTS", help="A concepts.toml: products and their attributes.", show_default=False),
    ],
    behaviour: Annotated[
        Path, typer.Option(metavar="FILE", help="A behaviour of kind choice, as calibrate learned it.")
    ],
    report: Annotated[Path, typer.Option("-o", "--output", metavar="PAGE", help="The page to write (*.html).")],
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the same results as JSON.")] = None,
    answers: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write what each customer takes and says (*.parquet).")
    ] = None,
    n: Annotated[
        int | None, typer.Option("-n", min=1, help="How many customers answer in words; else all who are asked.")
    ] = None,
    who: Who = None,
    vary: Annotated[
        list[str] | None,
        typer.Option(metavar='"CONCEPT.ATTRIBUTE=LOW..HIGH"', help="Show shares as an attribute moves."),
    ] = None,
    seed: Annotated[int, typer.Option(help="The same seed gives the same customers taste and luck.")] = 0,
    schema: SchemaFile = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Find which product customers would take, and why."""
    if report.suffix.lower() not in (".html", ".htm"):
        raise OutputError(f"output {str(report)!r} would be a page; give a name that ends in .html")
    if answers and answers.suffix.lower() != ".parquet":
        raise OutputError(f"answers {str(answers)!r} would be a Parquet file; give a name that ends in .parquet")
    inputs: list[str | Path] = [population, concepts, behaviour, *([schema] if schema else [])]
    check_free(report, json, answers, force=force, inputs=inputs)

    from twinfold.personas.concepts.page import write_test
    from twinfold.personas.output_folder import save_frame
    from twinfold.verbs.concept_test import concept_test

    with progress(quiet=quiet) as tell:
        test = concept_test(
            population,
            concepts,
            behaviour,
            who=who,
            n=n,
            vary=vary or (),
            schema=schema,
            seed=seed,
            progress=tell,
        )
    write_test(test, report, force=force)
    if json:
        write_json(json, test.record())
    if answers:
        save_frame(test.answers, answers)
    if not quiet:
        show("\n".join([test.text(), say_wrote(report, json, answers)]))
