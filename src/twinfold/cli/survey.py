"""`twinfold survey`."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.asking import (
    AllowRemote,
    Behaviours,
    Documents,
    OfferFile,
    Population,
    VoiceName,
    Who,
    Words,
    choose,
    close,
)
from twinfold.cli.options import Force, Quiet, SchemaFile
from twinfold.cli.outputs import show
from twinfold.cli.progress import progress


def command(
    population: Population,
    questions: Annotated[
        Path, typer.Argument(metavar="QUESTIONS", help="A questions.toml: what is asked.", show_default=False)
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="DIR", help="The folder to write.")],
    n: Annotated[int, typer.Option("-n", min=1, help="How many are asked, drawn at random.")] = 1000,
    who: Who = None,
    weight: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="How many each customer stands for; else one each.")
    ] = None,
    behaviour: Behaviours = None,
    offer: OfferFile = None,
    words: Words = None,
    documents: Documents = None,
    groups: Annotated[
        int | None,
        typer.Option(min=2, max=10, help="How many personas; else those that explain people best and are found again."),
    ] = None,
    segment: Annotated[
        list[str] | None,
        typer.Option(metavar='"NAME: CONDITION"', help="A persona of your own; several are tried in their order."),
    ] = None,
    voice: VoiceName = "template",
    allow_remote: AllowRemote = False,
    seed: Annotated[
        int | None, typer.Option(min=0, help="The same seed gives the same answers; else that of QUESTIONS.")
    ] = None,
    schema: SchemaFile = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Ask a sample of customers a questionnaire."""
    from twinfold.personas.survey.folder import check_folder, write_folder
    from twinfold.personas.survey.specification import read_questionnaire
    from twinfold.verbs.survey import survey

    check_folder(output, force=force)
    asked = read_questionnaire(questions)
    speaker = choose(voice, seed=(asked.seed or 0) if seed is None else seed, allow_remote=allow_remote)
    try:
        with progress(quiet=quiet) as tell:
            found = survey(
                population,
                questions,
                n=n,
                who=who,
                weight=weight,
                behaviours=behaviour or (),
                offer=offer,
                words=words,
                documents=documents or (),
                voice=speaker,
                groups=groups,
                conditions=segment or (),
                schema=schema,
                seed=seed,
                progress=tell,
            )
    finally:
        close(speaker, quiet=quiet)
    written = write_folder(found, output, force=force)
    if not quiet:
        show("\n".join([found.text(), f"Wrote {', '.join(str(path) for path in written)}."]))
