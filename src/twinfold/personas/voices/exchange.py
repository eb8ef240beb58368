"""Exchange: one request to a server of OpenAI's chat protocol, and what came of it. Nothing in a reply is trusted."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any

from twinfold.errors import MissingExtraError
from twinfold.personas.voices.prompt import clean

if TYPE_CHECKING:
    import httpx

LARGEST = 2**20
"""Bytes of a reply that are read, at most."""

AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Statuses after which a request is made again."""

_NOT_PROTOCOL = "the reply is not what the protocol says"


@dataclass(frozen=True)
class Outcome:
    """What came of a request.

    Attributes:
        text: what the model wrote; unfinished: whether it was stopped in the middle.
        tokens: read and written, as the server says; None where it doesn't say.
        error: what went wrong, empty where nothing did.
        again: whether another try may help; wait: seconds that the server asks for before that.
        hopeless: whether no other request would fare better.
    """

    text: str = ""
    unfinished: bool = False
    tokens: tuple[int, int] | None = None
    error: str = ""
    again: bool = False
    wait: float | None = None
    hopeless: bool = False


def load_httpx() -> ModuleType:
    """What speaks HTTP. Raises `MissingExtraError` where it isn't installed."""
    try:
        import httpx
    except ModuleNotFoundError as error:
        if error.name != "httpx":
            raise
        raise MissingExtraError(
            'the voice of a server needs httpx, which is not installed; pip install "twinfold[voices]", or choose the '
            "voice template"
        ) from None
    return httpx


def exchange(client: httpx.Client, url: str, body: bytes, *, timeout: float) -> Outcome:
    """Send a request, and read its reply within `timeout` seconds, however slowly it comes."""
    import httpx

    ends = time.monotonic() + timeout
    try:
        with client.stream("POST", url, content=body, timeout=timeout) as response:
            data = _read_all(response, ends)
            if response.status_code == 200:
                return _read_reply(data)
            return _explain(response, data)
    except httpx.TimeoutException:
        return Outcome(error=f"no answer within {timeout:g} s", again=True)
    except httpx.ConnectError as error:
        if "certificate" in str(error).lower():
            return Outcome(error="the server's certificate is not trusted here", hopeless=True)
        return Outcome(error="there is no server; start it, or give another address", again=True, hopeless=True)
    except httpx.InvalidURL:
        return Outcome(error="that is no address; give another", hopeless=True)
    except _Unreadable as error:
        return Outcome(error=str(error))
    except httpx.HTTPError as error:
        return Outcome(error=f"the connection broke off ({type(error).__name__})", again=True)


class _Unreadable(Exception):
    """A body that is not read to its end."""


def _read_all(response: httpx.Response, ends: float) -> bytes:
    import httpx

    if response.headers.get("content-encoding", "identity") != "identity":
        raise _Unreadable("the reply is compressed, which was not asked for")  # a small one may unfold to a huge one
    data = bytearray()
    pieces: Iterator[bytes] = response.iter_raw()
    for piece in pieces:
        data += piece
        if len(data) > LARGEST:
            raise _Unreadable(f"the reply has more than {LARGEST:,} bytes")
        if time.monotonic() > ends:
            raise httpx.ReadTimeout("too slow")
    return bytes(data)


def _read_reply(data: bytes) -> Outcome:
    try:
        record = json.loads(data.decode("utf-8"))
        choice = record["choices"][0]
        text = choice["message"]["content"]
        unfinished = choice.get("finish_reason") == "length"
        usage = record.get("usage")
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return Outcome(error=_NOT_PROTOCOL)
    if not isinstance(text, str):
        return Outcome(error=_NOT_PROTOCOL)
    return Outcome(text=text, unfinished=unfinished, tokens=_read_usage(usage))


def _read_usage(usage: Any) -> tuple[int, int] | None:
    if not isinstance(usage, dict):
        return None
    read, written = usage.get("prompt_tokens"), usage.get("completion_tokens")
    if type(read) is not int or type(written) is not int or min(read, written) < 0 or max(read, written) > 10**8:
        return None
    return read, written


def _explain(response: httpx.Response, data: bytes) -> Outcome:
    """What a status other than 200 means."""
    status = response.status_code
    if status in AGAIN:
        wait = _read_wait(response.headers.get("retry-after"))
        return Outcome(error=f"the server answered with status {status}", again=True, wait=wait)
    if status in (401, 403):  # what it says may hold the key
        return Outcome(error=f"the server refuses the key, with status {status}", hopeless=True)
    if 300 <= status < 400:
        return Outcome(error=f"the server sends elsewhere, with status {status}; give that address", hopeless=True)
    said = _read_message(data)
    error = f"the server answered with status {status}" + (f" ({said})" if said else "")
    return Outcome(error=error, hopeless=status in (404, 405))


def _read_message(data: bytes) -> str:
    try:
        error = json.loads(data.decode("utf-8"))["error"]
        return clean(str(error["message"] if isinstance(error, dict) else error), 160)
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""


def _read_wait(header: str | None) -> float | None:
    """Seconds that a server asks to be left alone, which it says in seconds or by a date."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds()
        except (ValueError, TypeError, OverflowError):
            return None
    return seconds if 0 <= seconds < float("inf") else None
