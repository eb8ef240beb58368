"""The voices that answers can be put into words by: which there are, and installing the small one."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from twinfold.errors import MissingExtraError, VoiceError
from twinfold.personas.voices.embedded import load_library
from twinfold.personas.voices.endpoint import KEY
from twinfold.personas.voices.installing import SMOLLM2, find_voice, install_voice
from twinfold.personas.voices.server import load_httpx

__all__ = ["VoiceEntry", "VoiceList", "install_voice", "list_voices"]


@dataclass(frozen=True)
class VoiceEntry:
    """A voice: how it is asked for, whose words it gives, whether it is ready, and what else to know of it; None is not
    known before a model or a server is named."""

    name: str
    words: str
    ready: bool | None
    note: str


@dataclass(frozen=True)
class VoiceList:
    """The voices that there are; shows itself as a table."""

    entries: tuple[VoiceEntry, ...]

    def text(self) -> str:
        """A line for each voice."""
        width = max(len(entry.name) for entry in self.entries)
        states = {True: "ready", False: "not ready", None: "not tried"}
        return "\n".join(
            f"{entry.name:<{width}}  {states[entry.ready]:<9}  {entry.words}{f'; {entry.note}' if entry.note else ''}"
            for entry in self.entries
        )

    def record(self) -> list[dict[str, Any]]:
        """For a machine."""
        return [asdict(entry) for entry in self.entries]


def list_voices() -> VoiceList:
    """The voices that there are, and whether each is ready on this machine."""
    missing = _what_is_missing(load_library, find_voice)
    own = _what_is_missing(load_library)
    server = _what_is_missing(load_httpx)
    key = f"the key in {KEY} is sent along" if os.environ.get(KEY) else f"no key is set in {KEY}"
    return VoiceList(
        (
            VoiceEntry("template", "sentences with gaps, filled from the record", True, ""),
            VoiceEntry("embedded", f"{SMOLLM2.name} on this machine", not missing, missing),
            VoiceEntry("embedded:MODEL.gguf", "a model of your own on this machine", False if own else None, own),
            VoiceEntry(
                "http://HOST:PORT/v1#MODEL",
                "a server of OpenAI's chat protocol",
                False if server else None,
                server or key,
            ),
        )
    )


def _what_is_missing(*steps: Callable[[], object]) -> str:
    """What the first step that fails says; empty where all can be taken."""
    try:
        for step in steps:
            step()
    except (MissingExtraError, VoiceError) as error:
        return str(error)
    return ""
