"""`twinfold interview`."""

import sys
from collections.abc import Iterator
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
from twinfold.cli.outputs import check_free, say_wrote, show, write_json
from twinfold.cli.progress import progress
from twinfold.errors import OptionError, OutputError

LONGEST = 2**20
"""Bytes that a file of questions may have."""


def command(
    population: Population,
    customer: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="Who is asked; else one drawn by the seed.")
    ] = None,
    who: Who = None,
    questions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A text with a question a line; else they are typed.")
    ] = None,
    behaviour: Behaviours = None,
    offer: OfferFile = None,
    words: Words = None,
    documents: Documents = None,
    voice: VoiceName = "template",
    allow_remote: AllowRemote = False,
    opinions: Opinions = False,
    personas: Kinds = False,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write the conversation as JSON.")
    ] = None,
    seed: Seed = 0,
    schema: SchemaFile = None,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Talk with one customer, who remembers what was said."""
    if len(customer or ()) > 1:
        raise OptionError(f"{len(customer or ())} customers are named; talk with one, or ask several by twinfold ask")
    if output is not None and output.suffix.lower() != ".json":
        raise OutputError(f"output {str(output)!r} would be JSON; give a name that ends in .json")
    check_free(output, force=force, inputs=filter(None, (population, offer, words, questions, schema)))
    asked = _read(questions)
    from twinfold.verbs.ask import interview

    speaker = choose(voice, seed=seed, allow_remote=allow_remote)
    try:
        with progress(quiet=quiet) as tell:
            found = interview(
                population,
                customer[0] if customer else None,
                who=who,
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
        if not quiet:
            show(f"You talk with customer {found.customer}." + (" An empty line ends it." if asked is None else ""))
        for question in _typed() if asked is None else asked:
            answer = found.ask(question)
            shown = "" if asked is None else f"Q: {question}\n"
            if not quiet or output is None:
                show(f"{shown}A: {answer.text}\n   [{answer.said_mark}; {answer.voice}]")
    finally:
        close(speaker, quiet=quiet)
    if output is not None:
        write_json(output, found.record())
        if not quiet:
            show(say_wrote(output))


def _read(path: Path | None) -> list[str] | None:
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST + 1).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text in UTF-8"
        said = f"questions {str(path)!r} can't be read: {why}"
        raise OptionError(f"{said}; give a text file with a question a line") from None
    asked = [line.strip() for line in text.splitlines() if line.strip()]
    if not asked or len(text) > LONGEST:
        raise OptionError(f"questions {str(path)!r} holds {len(asked)} lines; give a text file with some questions")
    return asked


def _typed() -> Iterator[str]:
    """Questions as they are typed, until an empty line or the end."""
    while True:
        if sys.stdin.isatty():
            sys.stderr.write("Q: ")
            sys.stderr.flush()
        line = sys.stdin.readline()
        if not line.strip():
            return
        yield line.strip()
