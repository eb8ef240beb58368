"""What the verbs that ask customers share: who is asked, what they know, and whose words they use."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from twinfold.personas.voices.voice import Voice

Population = Annotated[
    str,
    typer.Argument(
        metavar="POPULATION",
        help="The customers, synthetic or real: CSV or Parquet, or a folder of linked tables.",
        show_default=False,
    ),
]
Who = Annotated[
    str | None, typer.Option(metavar="CONDITION", help="Ask among those only: age >= 60 and job = 'retired'.")
]
Behaviours = Annotated[
    list[Path] | None,
    typer.Option("--behaviour", metavar="FILE", help="What was learned of what they do; several may be given."),
]
OfferFile = Annotated[Path | None, typer.Option("--offer", metavar="FILE", help="An offer.toml: what is put to them.")]
Words = Annotated[
    Path | None, typer.Option("--words", metavar="FILE", help="A TOML file: how people call your columns.")
]
Documents = Annotated[
    list[Path] | None,
    typer.Option(
        "--documents", metavar="PATH", help="What they may have read: Markdown, text, PDF, or folders of them."
    ),
]
VoiceName = Annotated[
    str, typer.Option("--voice", metavar="VOICE", help="Whose words: template, embedded, or the URL of a server.")
]
AllowRemote = Annotated[bool, typer.Option("--allow-remote", help="Let the voice's server be another machine.")]
Opinions = Annotated[
    bool,
    typer.Option("--opinions", help="Ask the voice what nothing else answers; its words are marked as an opinion."),
]
Kinds = Annotated[bool, typer.Option("--personas", help="Find kinds of customers, and tell answers apart by them.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show no progress, nor what goes into a file.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same customers, answers and words.")]


def choose(voice: str, *, seed: int, allow_remote: bool) -> Voice | None:
    """The voice of a name; None is the template's. Raises `VoiceError`, `OptionError` and `MissingExtraError`."""
    from twinfold.personas.voices.choosing import choose_voice

    return choose_voice(voice, seed=seed, allow_remote=allow_remote)


def close(voice: Any, *, quiet: bool) -> None:
    """Let go of what a voice holds, and say what a server took and what was kept from it."""
    if hasattr(voice, "close"):
        voice.close()
    if hasattr(voice, "text") and not quiet:
        typer.echo(voice.text(), err=True)
