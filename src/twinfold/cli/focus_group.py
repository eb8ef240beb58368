"""`twinfold focus-group`."""

from pathlib import Path
from typing import Annotated

import typer

from twinfold.cli.asking import (
    AllowRemote,
    Behaviours,
    Documents,
    OfferFile,
    Opinions,
    Population,
    Seed,
    VoiceName,
    Who,
    Words,
    choose,
    close,
)
from twinfold.cli.options import Force, Quiet, SchemaFile
from twinfold.cli.outputs import check_free, say_wrote, show, write_json
from twinfold.cli.progress import progress
from twinfold.errors import OutputError


def command(
    population: Population,
    guide: Annotated[
        Path, typer.Argument(metavar="GUIDE", help="A guide.toml: what they are asked.", show_default=False)
    ],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="PAGE", help="The page to write (*.html).")],
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the same as JSON.")] = None,
    who: Who = None,
    customer: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="Invite this one; several may be given.")
    ] = None,
    behaviour: Behaviours = None,
    offer: OfferFile = None,
    words: Words = None,
    documents: Documents = None,
    voice: VoiceName = "template",
    allow_remote: AllowRemote = False,
    opinions: Opinions = False,
    personas: Annotated[
        bool, typer.Option("--personas/--anybody", help="Invite some of every kind of customer, or anybody.")
    ] = True,
    seed: Seed = 0,
    schema: SchemaFile = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Put customers of several kinds round a table."""
    if output.suffix.lower() not in (".html", ".htm"):
        raise OutputError(f"output {str(output)!r} would be a page; give a name that ends in .html")
    check_free(output, json, force=force, inputs=filter(None, (population, guide, offer, words, schema)))
    from twinfold.personas.focus_group.page import write_focus_group
    from twinfold.verbs.focus_group import focus_group

    speaker = choose(voice, seed=seed, allow_remote=allow_remote)
    try:
        with progress(quiet=quiet) as tell:
            held = focus_group(
                population,
                guide,
                who=who,
                customers=customer or (),
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
    write_focus_group(held, output, force=force)
    if json:
        write_json(json, held.record())
    if not quiet:
        show("\n".join([held.text(), say_wrote(output, json)]))
