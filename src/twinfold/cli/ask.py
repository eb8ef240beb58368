"""`twinfold ask`."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.asking import (
    AllowRemote,
    Behaviours,
    Documents,
    Kinds,
    OfferFile,
    Opinions,
    Population,
    Quiet,
    Seed,
    VoiceName,
    Who,
    Words,
    choose,
    close,
)
from twinfold.cli.options import Force, SchemaFile
from twinfold.cli.outputs import as_json, check_free, say_wrote, show
from twinfold.cli.progress import progress
from twinfold.errors import OutputError


def command(
    population: Population,
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="In words.", show_default=False)],
    who: Who = None,
    customer: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="Ask this one; several may be given.")
    ] = None,
    n: Annotated[int, typer.Option("-n", help="How many are asked.")] = 50,
    behaviour: Behaviours = None,
    offer: OfferFile = None,
    words: Words = None,
    documents: Documents = None,
    voice: VoiceName = "template",
    allow_remote: AllowRemote = False,
    opinions: Opinions = False,
    personas: Kinds = False,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Write them: *.html, a page; *.json, *.parquet or *.csv."),
    ] = None,
    seed: Seed = 0,
    schema: SchemaFile = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Ask customers what they are, did, would do, and why."""
    if output is not None and output.suffix.lower() not in (".html", ".json", ".parquet", ".csv"):
        raise OutputError(f"output {str(output)!r}: give a name that ends in .html, .json, .parquet or .csv")
    check_free(output, force=force, inputs=filter(None, (population, offer, words, schema, *(behaviour or ()))))
    from twinfold.personas.answers import write_answers
    from twinfold.verbs.ask import ask

    speaker = choose(voice, seed=seed, allow_remote=allow_remote)
    try:
        with progress(quiet=quiet) as tell:
            found = ask(
                population,
                question,
                who=who,
                customers=customer or (),
                n=n,
                behaviours=behaviour or (),
                offer=offer,
                words=words,
                documents=documents or (),
                voice=speaker,
                opinions=opinions,
                personas=personas,
                schema=schema,
                seed=seed,
                progress=tell,
            )
    finally:
        close(speaker, quiet=quiet)
    if output is not None:
        write_answers(found, output, as_json(found.record()))
    if not quiet or output is None:
        show(found.text())
    if output is not None and not quiet:
        show(say_wrote(output))
