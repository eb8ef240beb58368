"""Spending: what a voice has taken, in calls, tokens and money."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from twinfold.errors import OptionError


@dataclass(frozen=True)
class Prices:
    """What a million tokens cost, read and written, in the money of whoever is paid. Raises `OptionError` below 0."""

    tokens_in: float
    tokens_out: float

    def __post_init__(self) -> None:
        for price in (self.tokens_in, self.tokens_out):
            if not (math.isfinite(price) and price >= 0):
                raise OptionError(f"a price of {price} for a million tokens can't be; give 0 or more")


@dataclass(frozen=True)
class Spent:
    """What was taken so far.

    Attributes:
        tokens_in, tokens_out: read and written.
        calls: that were answered; cached: answers that were at hand; retries: calls that were made again.
        estimated: calls whose tokens are guessed, at four characters each, since the server did not say.
        cost: in the prices' money; None where no prices were given.
    """

    tokens_in: int = 0
    tokens_out: int = 0
    calls: int = 0
    cached: int = 0
    retries: int = 0
    estimated: int = 0
    cost: float | None = None

    def add(self, tokens_in: int, tokens_out: int, *, estimated: bool, prices: Prices | None) -> Spent:
        """With one more call."""
        cost = self.cost
        if prices is not None:
            cost = (cost or 0.0) + (tokens_in * prices.tokens_in + tokens_out * prices.tokens_out) / 1e6
        return replace(
            self,
            tokens_in=self.tokens_in + tokens_in,
            tokens_out=self.tokens_out + tokens_out,
            calls=self.calls + 1,
            estimated=self.estimated + estimated,
            cost=cost,
        )

    def text(self) -> str:
        """In a line.

        >>> Spent().add(1200, 40, estimated=False, prices=Prices(0.5, 1.5)).text()
        '1 call, 0 from the cache; 1,200 tokens read, 40 written; 0.0007 to pay'
        """
        calls = f"{self.calls:,} call{'' if self.calls == 1 else 's'}, {self.cached:,} from the cache"
        again = f", {self.retries:,} again" if self.retries else ""
        guessed = f" ({self.estimated:,} of the calls estimated)" if self.estimated else ""
        tokens = f"; {self.tokens_in:,} tokens read, {self.tokens_out:,} written{guessed}"
        return f"{calls}{again}{tokens}" + (f"; {self.cost:,.4f} to pay" if self.cost is not None else "")
