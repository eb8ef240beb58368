"""The embedded voice: a language model inside this process. Nothing leaves the machine."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from types import ModuleType, TracebackType
from typing import Any

from twinfold.errors import OptionError, VoiceError, import_extra
from twinfold.personas.voices.installing import SMOLLM2, find_voice
from twinfold.personas.voices.prompt import Message, tidy, write_prompt
from twinfold.personas.voices.retelling import bind, is_faithful, may_retell, opening_messages, split_draft
from twinfold.personas.voices.voice import Brief, Spoken

TOKENS = 160
"""Tokens of an answer at most, about 120 words."""

_THREADS, _SPEAKERS, _SENTENCE_TOKENS = 8, 4, 64
_CONTEXT, _SMALL_CONTEXT = 8_192, 2_048
"""Tokens that a model of one's own, and the small one, have before them."""


class EmbeddedVoice:
    """A language model in this process, on its processors, by llama.cpp; `close` lets go of it, and so does `with`.

    The installed model is very small: it says the sentences of a draft in other words where it can do so without
    leaving anything out, and they stay as they are where it can't. It has no opinions. A model of one's own is shown
    the whole brief, and answers it. Both take the likeliest word each time, so the same brief gets the same words.

    Args:
        path: a model file (GGUF) of one's own, which must be trusted as a program is; None is the installed one.
        threads: processors that are used; None is those that there are, up to eight. The small model speaks for up to
            four customers at once, each on one of its own, so that their words don't depend on each other.

    Raises:
        VoiceError: there is no such model, or none is installed; OptionError: a number is out of range.
    """

    def __init__(self, path: str | Path | None = None, *, threads: int | None = None) -> None:
        if threads is not None and threads < 1:
            raise OptionError(f"{threads} threads can't be; give 1 or more")
        self._path = find_voice() if path is None else _check_model(Path(path))
        self._small = self._path.name == SMOLLM2.file and self._path.stat().st_size == SMOLLM2.size
        self._label = SMOLLM2.name if self._small else self._path.stem
        self._threads = threads or min(_count_processors(), _THREADS)
        self._servers: list[Any] = []
        self._sockets: TemporaryDirectory[str] | None = None

    @property
    def name(self) -> str:
        """How it is called where answers are shown."""
        return f"embedded ({self._label})"

    def reply(self, briefs: Sequence[Brief]) -> list[Spoken]:
        """Words for each brief, in their order.

        Raises `VoiceError` where the model can't be loaded, `MissingExtraError` where what runs it isn't installed.
        """
        if not briefs:
            return []
        self._start(min(self._threads, len(briefs), _SPEAKERS) if self._small else 1)
        free: SimpleQueue[Any] = SimpleQueue()
        for server in self._servers:
            free.put(server)

        def speak(brief: Brief) -> Spoken:
            server = free.get()
            try:
                return self._retell(server, brief) if self._small else self._answer(server, brief)
            finally:
                free.put(server)

        with ThreadPoolExecutor(len(self._servers)) as pool:
            return list(pool.map(speak, briefs))

    def close(self) -> None:
        """Let go of the model; it is loaded again where it is asked again."""
        self._servers.clear()  # a server stops when nothing holds it
        if self._sockets is not None:
            self._sockets.cleanup()
            self._sockets = None

    def __enter__(self) -> EmbeddedVoice:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self, servers: int) -> None:
        """Load the model as often as customers speak at once; its file is shared."""
        library = load_library()
        if self._sockets is None:
            # Nobody else may look into it
            self._sockets = TemporaryDirectory(prefix="twinfold-", ignore_cleanup_errors=True)
        while len(self._servers) < servers:
            settings = _settings(library, self._path, threads=1 if self._small else self._threads, small=self._small)
            _close_door(settings, f"{self._sockets.name}/{len(self._servers)}.sock")
            try:
                server = library.Server(settings)
            except RuntimeError:
                raise VoiceError(
                    f"{self._path} can't be loaded: it is no model, is damaged, or is larger than the memory; give "
                    "another GGUF file"
                ) from None
            self._servers.append(server)
            if self._small:
                _recall(server)

    def _retell(self, server: Any, brief: Brief) -> Spoken:
        sentences = []
        for sentence in split_draft(brief):
            said = Spoken("")
            if may_retell(sentence, brief):
                asked = [*opening_messages(), {"role": "user", "content": sentence}]
                said = self._ask(server, asked, grammar=bind(sentence), max_tokens=_SENTENCE_TOKENS)
                _recall(server)
            sentences.append(said.text if said.text and is_faithful(said.text, sentence, brief) else sentence)
        if not sentences:
            return Spoken("", "the small model only says drafts in other words; another model has opinions")
        return Spoken(" ".join(sentences))

    def _answer(self, server: Any, brief: Brief) -> Spoken:
        # Words that were cached would be added up in another order, and then not always be the same
        return self._ask(server, write_prompt(brief), max_tokens=TOKENS, cache_prompt=False)

    def _ask(self, server: Any, messages: list[Message], **options: Any) -> Spoken:
        asked = {"messages": messages, "temperature": 0.0, **options}
        try:
            found = server.handle_chat_completions(asked)
            choice = found["choices"][0]
            text = tidy(str(choice["message"]["content"] or ""), unfinished=choice["finish_reason"] == "length")
            return Spoken(text, "" if text else "no words")
        except (RuntimeError, ValueError, KeyError, IndexError, TypeError) as failure:
            return Spoken("", f"the model gave no answer ({str(failure)[:200]})")


def load_library() -> ModuleType:
    """What runs the model. Raises `MissingExtraError` where it isn't installed."""
    return import_extra("xllamacpp", "voices", needs="the embedded voice", instead="choose the voice template")


def _count_processors() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _check_model(path: Path) -> Path:
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise VoiceError(f"{path} can't be read: {error.strerror}; give a GGUF file, or embedded alone") from None
    if magic != b"GGUF":
        raise VoiceError(f"{path} is no GGUF file: it begins with {magic!r}; give a model in that format")
    return path


def _settings(library: ModuleType, path: Path, *, threads: int, small: bool) -> Any:
    settings = library.CommonParams()
    settings.model.path = str(path)
    settings.n_ctx = _SMALL_CONTEXT if small else _CONTEXT
    settings.n_parallel = 1  # sums of several customers at once depend on who they are
    settings.verbosity = -1
    settings.cache_ram_mib = 0
    for processors in (settings.cpuparams, settings.cpuparams_batch):
        processors.n_threads = threads
        processors.poll = 0  # a waiting thread must not take a processor from others
    return settings


def _close_door(settings: Any, place: str) -> None:
    """Keep others from the server that llama.cpp opens: a socket in a folder of ours, and a key that nobody knows."""
    if hasattr(socket, "AF_UNIX"):
        settings.hostnames = [place]
    settings.api_keys = [secrets.token_hex(16)]
    settings.endpoint_slots = False
    settings.endpoint_props = False
    settings.ui = False


def _recall(server: Any) -> None:
    """Show the small model the task and examples alone.

    It keeps what it made of them; before each sentence it is brought back to the same state, so that its words don't
    depend on the sentence before, not even by rounding.
    """
    with suppress(RuntimeError):  # whoever asks next is told
        server.handle_chat_completions({"messages": opening_messages(), "max_tokens": 1, "temperature": 0.0})
