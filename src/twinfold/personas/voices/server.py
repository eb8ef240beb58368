"""A server of OpenAI's chat protocol: where it is, one request to it, and how long it is waited for.

Whether it is this machine is told by its address alone, and nothing in a reply is trusted.
"""

from __future__ import annotations

import hashlib
import ipaddress
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from twinfold.errors import OptionError, import_extra
from twinfold.personas.voices.prompt import clean

if TYPE_CHECKING:
    import httpx

ACCEPTED = "such as http://127.0.0.1:8000/v1"
_END = "/chat/completions"

LARGEST = 2**20
"""Bytes of a reply that are read, at most."""

AGAIN = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Statuses after which a request is made again."""

_NOT_PROTOCOL = "the reply is not what the protocol says"

LONGEST_WAIT = 60.0
"""Seconds before the next try, at most, whatever a server asks for."""

_FIRST_WAIT = 0.5


@dataclass(frozen=True)
class Address:
    """Where a server is.

    Attributes:
        url: of its chat completions.
        host: its name or number, with the port where one is given.
        remote: whether it is another machine than this one, or may be.
        plain: whether what is sent can be read on its way.
    """

    url: str
    host: str
    remote: bool
    plain: bool


def read_address(text: str) -> Address:
    """An address as people write it: "http://127.0.0.1:8000/v1", with or without "/chat/completions".

    Raises `OptionError` where it is none, or holds a password, a question mark or a fragment.
    """
    parts = _split(text)
    if parts is None:
        raise OptionError(f"voice {without_password(text)!r} is no address of a server; give one {ACCEPTED}")
    if parts.username or parts.password:
        raise OptionError("a voice's address with a password in it is not accepted; put the key into the environment")
    if parts.query or parts.fragment:
        raise OptionError(f"voice {without_password(text)!r} goes on after its path; give an address {ACCEPTED}")
    name = parts.hostname or ""
    host = (f"[{name}]" if ":" in name else name) + (f":{parts.port}" if parts.port else "")
    path = parts.path.rstrip("/").removesuffix(_END) or "/v1"
    return Address(f"{parts.scheme}://{host}{path}{_END}", host, not _is_here(name), parts.scheme == "http")


def without_password(text: str) -> str:
    """The beginning of an address, as it can be shown.

    >>> without_password("http://ann:secret@bank.example/v1")
    'http://bank.example/v1'
    """
    scheme, mark, rest = text.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"[:80]


def _split(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text.strip())
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port or an IPv6 number that is none
        return None
    return parts if usable and text.isascii() and not any(c.isspace() for c in text.strip()) else None


def _is_here(name: str) -> bool:
    """Whether a host is this machine: no name but localhost is looked up, since that would be sending already.

    >>> [_is_here(name) for name in ("127.0.0.1", "::1", "127.0.0.1.bank.example", "10.0.0.1", "0x7f.1")]
    [True, True, False, False, False]
    """
    if name == "localhost":
        try:
            found = {str(entry[4][0]) for entry in socket.getaddrinfo(name, None)}
        except OSError:
            return False
        return bool(found) and all(ipaddress.ip_address(each.partition("%")[0]).is_loopback for each in found)
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


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
    return import_extra("httpx", "voices", needs="the voice of a server", instead="choose the voice template")


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


class Patience:
    """Shared by all requests to a server. It ends where nobody was answered for some time, or where asking is hopeless.

    Args:
        seconds: without any answer, after which all give up; each answer begins them anew.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ends = time.monotonic() + seconds
        self._over = threading.Event()
        self._lock = threading.Lock()
        self.reason, self.hopeless = "", False

    def is_over(self) -> bool:
        """Whether to give up; `reason` says why."""
        if not self._over.is_set() and time.monotonic() >= self._ends:
            self._end(f"the server answered nobody for {self._seconds:g} s")
        return self._over.is_set()

    def answered(self) -> None:
        """Somebody was answered."""
        with self._lock:
            self._ends = time.monotonic() + self._seconds

    def give_up(self, reason: str) -> None:
        """Asking is hopeless: whoever waits stops at once."""
        self.hopeless = True
        self._end(reason)

    def wait(self, seconds: float) -> bool:
        """Wait before the next try; False where that is too long, or everybody gave up."""
        if self.is_over() or time.monotonic() + seconds >= self._ends:
            return False
        return not self._over.wait(seconds)

    def _end(self, reason: str) -> None:
        """No more; the first reason stands."""
        with self._lock:
            self.reason = self.reason or reason
        self._over.set()


def pause_before(attempt: int, asked: float | None, token: str) -> float:
    """Seconds to wait before trying again, for the `attempt`th time from 0.

    Twice as long each time, and by up to a half less, so that not all who were turned away come back at once.

    Args:
        attempt: how many times it was tried again before.
        asked: seconds that the server asked for; None where it asked for none.
        token: of the request: the same gives the same pause.
    """
    share = int.from_bytes(hashlib.sha256(f"{token} {attempt}".encode()).digest()[:4]) / 2**32
    pause = _FIRST_WAIT * 2.0**attempt * (0.5 + 0.5 * share)
    return min(max(pause, asked or 0.0), LONGEST_WAIT)
