"""Choosing a voice by its name."""

from __future__ import annotations

from pathlib import Path

from twinfold.errors import OptionError
from twinfold.personas.voices.server import without_password
from twinfold.personas.voices.voice import Voice

TEMPLATE, EMBEDDED = "template", "embedded"
ACCEPTED = "template, embedded, embedded:MODEL.gguf, or http://127.0.0.1:8000/v1#MODEL"


def choose_voice(name: str, *, seed: int = 0, allow_remote: bool = False) -> Voice | None:
    """The voice of a name; None is the template's, which every answer has anyway.

    Args:
        name: "template"; "embedded", the small model on this machine, or "embedded:MODEL.gguf", another one; or the
            address of a server that speaks OpenAI's protocol, with the model's name after a "#".
        seed: of a server's words; the words of a model on this machine depend on none.
        allow_remote: whether the server may be another machine.

    Raises:
        OptionError: there is no such voice; VoiceError: it can't speak; MissingExtraError: what it takes is not
            installed.
    """
    if name == TEMPLATE:
        return None
    kind, mark, rest = name.partition(":")
    if kind == EMBEDDED and (rest or not mark):
        from twinfold.personas.voices.embedded import EmbeddedVoice

        return EmbeddedVoice(Path(rest) if rest else None)
    if kind.lower() in ("http", "https"):
        from twinfold.personas.voices.endpoint import EndpointVoice

        url, _, model = name.partition("#")
        if not model:
            place = without_password(url)
            raise OptionError(f"voice {place!r} names no model; give it after the address: {place}#MODEL")
        return EndpointVoice(url, model, seed=seed, allow_remote=allow_remote)
    raise OptionError(f"voice {without_password(name)!r} is not known; give {ACCEPTED}")
