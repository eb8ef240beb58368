"""Addresses of servers: where a voice would send what customers are asked, and whether that is this machine."""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from twinfold.errors import OptionError

ACCEPTED = "such as http://127.0.0.1:8000/v1"
_END = "/chat/completions"


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
