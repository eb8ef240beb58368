"""Tables of figures, written so that the numbers of a column line up."""

import math
from dataclasses import dataclass

from twinfold.evaluation.finding import Exhibit
from twinfold.evaluation.report.wording import exact_places, label, number, places, prose


@dataclass(frozen=True)
class Written:
    """An exhibit's cells as text, and which columns hold text rather than numbers."""

    rows: tuple[tuple[str, ...], ...]
    texts: tuple[bool, ...]


def write(exhibit: Exhibit) -> Written:
    """The cells of an exhibit as people read them: the numbers of a column all to the same decimals."""
    columns = list(zip(*exhibit.rows, strict=True)) or [() for _ in exhibit.header]
    texts = tuple(any(isinstance(cell, str) for cell in column) for column in columns)
    decimals = [_decimals([cell for cell in column if not isinstance(cell, str)]) for column in columns]
    rows = tuple(
        tuple(
            prose(cell, 160) or label(cell) if isinstance(cell, str) else number(cell, digits)
            for cell, digits in zip(row, decimals, strict=True)
        )
        for row in exhibit.rows
    )
    return Written(rows, texts)


def _decimals(values: list[float]) -> int:
    """As many as tell the numbers apart, four at most, and no more than they have."""
    finite = [value for value in values if math.isfinite(value)]
    return exact_places(finite, min(4, places([min(finite), max(finite)]))) if finite else 0
