"""A claim: something that words say of a customer, and whether anything bears it out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class ClaimKind(StrEnum):
    """What is claimed."""

    NUMBER = "number"
    DATE = "date"
    LEVEL = "level"
    NAME = "name"
    TRUTH = "truth"
    DECISION = "decision"
    STATEMENT = "statement"


@dataclass(frozen=True)
class Claim:
    """Something that words claim, as it stands there, and whether a fact bears it out."""

    kind: ClaimKind
    text: str
    supported: bool
