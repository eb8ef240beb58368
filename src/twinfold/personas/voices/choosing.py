"""Choosing a voice by its name."""

from __future__ import annotations

from pathlib import Path

from twinfold.errors import OptionError
from twinfold.personas.voices.address import without_password
from twinfold.personas.voices.voice import Voice

TEMPLATE, EMBEDDED = "template", "embedded"
ACCEPTED = "template, embedded, embedded:MODEL.gguf, or http://127.0.0.1:8000/v1#MODEL"


def choose_voice(
    name: str, *, seed: int = 0, allow_remote: bool = False, model: str | None = None, cache: str | Path | None = None
) -> Voice | None:
    """The voice of a name; None is the template's, which every answer has anyway.

    Args:
        name: "template"; "embedded", the small model on this machine, or "embedded:MODEL.gguf", another one; or the
            address of a server that speaks OpenAI's protocol, with the model's name after a "#".
        seed: of its words.
        allow_remote: whether the server may be another machine.
        model: the name of the server's model, where it doesn't stand in the address.
        cache: a file of the server's replies, so that nothing is asked twice; None keeps none.

    Raises:
        OptionError: there is no such voice; VoiceError: it can't speak; MissingExtraError: what it takes is not
            installed.
    """
    if name == TEMPLATE:
        return None
    kind, mark, rest = name.partition(":")
    if kind == EMBEDDED and (rest or not mark):
        from twinfold.personas.voices.embedded import EmbeddedVoice

        return EmbeddedVoice(Path(rest) if rest else None, seed=seed)
    if kind.lower() in ("http", "https"):
        from twinfold.personas.voices.endpoint import EndpointVoice

        url, _, named = name.partition("#")
        if not (named or model):
            place = without_password(url)
            raise OptionError(f"voice {place!r} names no model; give it after the address: {place}#MODEL")
        kept = Path(cache) if cache is not None else None
        return EndpointVoice(url, named or model or "", seed=seed, allow_remote=allow_remote, cache=kept)
    raise OptionError(f"voice {without_password(name)!r} is not known; give {ACCEPTED}")
