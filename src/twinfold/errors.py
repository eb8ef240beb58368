"""The errors that Twinfold raises: one tree, one base class.

    TwinfoldError
    ├── DataError          a table or file that can't be read or learned from
    ├── SchemaError        a schema that doesn't fit its table, or isn't a schema
    ├── ConditionError     a --where or --given that can't be parsed, or can't hold
    ├── ModelFileError     a file that is no model, or a damaged or hostile one
    ├── OutputError        a place that can't be written to
    ├── OptionError        an argument outside what is accepted
    ├── PolicyError        a policy file that can't be read, or asks for what no policy can
    ├── SpecificationError a behaviour.toml that can't be read, or doesn't fit its data
    ├── VoiceError         a voice that can't speak: no model, no server, no key, no leave to send
    ├── RefusedError       a refused model sampled, or refused rows written, without an override
    └── MissingExtraError  an optional part that isn't installed

Every message gives the value, what is accepted and the next step, on one line.
"""

import difflib
from collections.abc import Iterable
from importlib import import_module
from types import ModuleType


class TwinfoldError(Exception):
    """Base class of all errors that Twinfold raises on purpose."""


class DataError(TwinfoldError):
    """A table or file can't be read or learned from."""


class SchemaError(TwinfoldError):
    """A schema doesn't fit its table, or isn't a schema."""


class ConditionError(TwinfoldError):
    """A condition can't be parsed, names an unknown column, or can't hold."""


class ModelFileError(TwinfoldError):
    """A file is no model, or a damaged or hostile one."""


class OutputError(TwinfoldError):
    """A place can't be written to."""


class OptionError(TwinfoldError):
    """An argument lies outside what is accepted."""


class PolicyError(TwinfoldError):
    """A policy file can't be read, or asks for what no policy can."""


class SpecificationError(TwinfoldError):
    """A specification of a decision model can't be read, or doesn't fit its data."""


class RefusedError(TwinfoldError):
    """A refused model is to be sampled, or refused rows are to be written, and nobody gave a reason to do so."""


class VoiceError(TwinfoldError):
    """A voice can't speak: its model is not installed, its server is not there, or nothing may be sent to it."""


class MissingExtraError(TwinfoldError):
    """An optional part of Twinfold isn't installed."""


def import_extra(module: str, extra: str, *, needs: str, instead: str) -> ModuleType:
    """Import a module of an optional part of Twinfold.

    Args:
        module: its name; extra: the part's, as pip takes it.
        needs: what takes it; instead: what to do without it.

    Raises `MissingExtraError` where it is not installed.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        raise MissingExtraError(
            f'{needs} needs {module}, which is not installed; pip install "twinfold[{extra}]", or {instead}'
        ) from None


def unknown_name(what: str, name: str, known: Iterable[str], *, among: str = "") -> str:
    """Say that a name is unknown, what is known, and which known name is close.

    >>> unknown_name("column", "incme", ["age", "income"], among="customers")
    "column 'incme' is not in customers (age, income); did you mean 'income'?"
    >>> unknown_name("engine", "forest", ["trees"])
    "engine 'forest' is not known (trees)"
    """
    names = list(known)
    listed = ", ".join(map(_on_one_line, names[:20])) + (", …" if len(names) > 20 else "")
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    return f"{what} {name!r} is not {f'in {among}' if among else 'known'} ({listed}){hint}"


def _on_one_line(name: str) -> str:
    """A name as it can stand in a message: cut where it is long, without what would steer a terminal."""
    cut = name if len(name) <= 60 else f"{name[:59]}…"
    return "".join(character if character.isprintable() else "�" for character in cut)
