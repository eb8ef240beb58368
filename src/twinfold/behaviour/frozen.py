"""Frozen forecasts: what a forecast was made of and when, written beside it before outcomes are read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from twinfold.errors import DataError
from twinfold.tables.hashing import file_hash
from twinfold.tables.text_file import save_text

SUFFIX = ".frozen.json"


class Frozen(BaseModel):
    """The record of a forecast.

    Attributes:
        forecast: SHA-256 of its file; behaviour, data: of what it was made of, empty where that was no file.
        version: of Twinfold; made: the time, in UTC.
        learned: the digest of the outcomes that the behaviour was learned from.
        seen: whether outcomes stood in the data that it was made of.
        specification: what was forecast; window: over which days, see `forecast.Forecast`;
            average: the mean of all rows and its interval, where that is known.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    forecast: str = Field(max_length=64)
    behaviour: str = Field(max_length=64)
    data: str = Field(max_length=64)
    rows: int
    version: str = Field(max_length=100)
    made: str = Field(max_length=40)
    learned: str = Field(max_length=64)
    seen: bool
    specification: Mapping[str, Any]
    window: tuple[float, float] | None = None
    average: tuple[float, float, float] | None = None


def frozen_beside(path: str | Path) -> Path:
    """Where the record of a forecast lies."""
    return Path(f"{path}{SUFFIX}")


def freeze(path: Path, record: Mapping[str, Any]) -> None:
    """Write the record beside a forecast, with the digest of its file; of an older forecast it is replaced."""
    made = Frozen.model_validate({"forecast": file_hash(path), **record})
    save_text(made.model_dump_json(indent=2) + "\n", frozen_beside(path), force=True)


def read_frozen(path: str | Path) -> Frozen:
    """The record of a forecast that is as it was when it was frozen. Raises `DataError`."""
    beside = frozen_beside(path)
    try:
        record = Frozen.model_validate(json.loads(beside.read_text("utf-8")))
    except OSError:
        raise DataError(
            f"{path} is no frozen forecast: {beside.name} is not beside it; make one with twinfold predict"
        ) from None
    except (ValueError, ValidationError):
        raise DataError(f"{beside} is damaged; make the forecast again with twinfold predict") from None
    if file_hash(path) != record.forecast:
        raise DataError(f"{path} was changed after it was frozen; make the forecast again with twinfold predict")
    return record
