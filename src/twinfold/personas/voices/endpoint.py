"""The voice of a server that speaks OpenAI's chat protocol: on this machine, or, where that was allowed, on another.

What goes out to another machine is redacted, and what comes back is as untrusted as any text from outside.
"""

from __future__ import annotations

import json
import math
import os
import threading
from collections import Counter
from collections.abc import Collection, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from twinfold.errors import OptionError, VoiceError
from twinfold.personas.voices.prompt import clean, tidy, write_prompt
from twinfold.personas.voices.redaction import redact
from twinfold.personas.voices.reply_cache import ReplyCache
from twinfold.personas.voices.server import Outcome, Patience, exchange, load_httpx, pause_before, read_address
from twinfold.personas.voices.voice import Brief, Spoken

if TYPE_CHECKING:
    import httpx

KEY = "TWINFOLD_VOICE_KEY"
"""The variable of the environment that holds the key; read when it is needed, and kept nowhere."""


@dataclass(frozen=True)
class Limits:
    """What a server may take.

    Attributes:
        timeout: seconds for one request, its whole reply with it.
        patience: seconds in which nobody is answered, after which all others give up, too.
        retries: how often a request is made again.
        concurrency: requests that are under way at once.
        tokens: of a reply, at most.

    Raises `OptionError` where one is out of range.
    """

    timeout: float = 60.0
    patience: float = 180.0
    retries: int = 3
    concurrency: int = 4
    tokens: int = 200

    def __post_init__(self) -> None:
        if not (0 < self.timeout <= 3600 and 0 < self.patience <= 3600):
            raise OptionError(f"{self.timeout} and {self.patience} s can't be waited; give more than 0, at most 3600")
        if not (0 <= self.retries <= 20 and 1 <= self.concurrency <= 64 and self.tokens >= 1):
            raise OptionError(
                f"{self.retries} retries of {self.concurrency} requests at once for {self.tokens} tokens can't be; "
                "give 0 to 20, 1 to 64, and 1 or more"
            )


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
        prices: what they cost; None where that is not known.
    """

    tokens_in: int = 0
    tokens_out: int = 0
    calls: int = 0
    cached: int = 0
    retries: int = 0
    estimated: int = 0
    prices: Prices | None = None

    @property
    def cost(self) -> float | None:
        """In the prices' money; None where there are none."""
        if self.prices is None:
            return None
        return (self.tokens_in * self.prices.tokens_in + self.tokens_out * self.prices.tokens_out) / 1e6

    def add(self, tokens_in: int, tokens_out: int, *, estimated: bool) -> Spent:
        """With one more call."""
        return replace(
            self,
            tokens_in=self.tokens_in + tokens_in,
            tokens_out=self.tokens_out + tokens_out,
            calls=self.calls + 1,
            estimated=self.estimated + estimated,
        )

    def text(self) -> str:
        """In a line.

        >>> Spent(prices=Prices(0.5, 1.5)).add(1200, 40, estimated=False).text()
        '1 call, 0 from the cache; 1,200 tokens read, 40 written; 0.0007 to pay'
        """
        calls = f"{self.calls:,} call{'' if self.calls == 1 else 's'}, {self.cached:,} from the cache"
        again = f", {self.retries:,} again" if self.retries else ""
        guessed = f" ({self.estimated:,} of the calls estimated)" if self.estimated else ""
        tokens = f"; {self.tokens_in:,} tokens read, {self.tokens_out:,} written{guessed}"
        return f"{calls}{again}{tokens}" + (f"; {self.cost:,.4f} to pay" if self.cost is not None else "")


class EndpointVoice:
    """The voice of a server.

    Args:
        url: its address, as "http://127.0.0.1:8000/v1".
        model: the name of the model there.
        allow_remote: whether it may be another machine; nothing leaves this one otherwise.
        limits: what the server may take.
        prices: what a million tokens cost; None counts tokens alone.
        cache: a file of replies, so that nothing is asked twice; None keeps none.
        seed: sent along; whether a server heeds it is its own affair.
        personal: columns whose values don't leave the machine, by name or source ("customers.nickname"), besides those
            that `redaction.redact` knows by itself.

    Raises:
        OptionError: the address or a number is none; VoiceError: it is another machine's, and that was not allowed, or
            the cache can't be used; MissingExtraError: httpx is not installed.
    """

    def __init__(
        self,
        url: str,
        model: str,
        *,
        allow_remote: bool = False,
        limits: Limits | None = None,
        prices: Prices | None = None,
        cache: str | Path | None = None,
        seed: int = 0,
        personal: Collection[str] = (),
    ) -> None:
        self.address = read_address(url)
        if self.address.remote and not allow_remote:
            raise VoiceError(
                f"{self.address.host} is another machine: what customers are and say would be sent there; allow it "
                "(--allow-remote), or use a server on this machine"
            )
        if not model:
            raise OptionError("the voice of a server names no model; give the name that the server knows it by")
        self._httpx = load_httpx()
        self._model, self._seed, self._personal = model, seed, frozenset(personal)
        self.limits = limits or Limits()
        self._spent, self._redacted, self._lock = Spent(prices=prices), Counter[str](), threading.Lock()
        self._cache = ReplyCache(Path(cache)) if cache is not None else None

    @property
    def name(self) -> str:
        """How it is called where answers are shown: the model and the host."""
        return f"{clean(self._model, 60)} at {self.address.host}"

    @property
    def spent(self) -> Spent:
        """What was taken so far."""
        return self._spent

    @property
    def redacted(self) -> dict[str, int]:
        """How much was taken out of what was sent, by kind: {"e-mail": 2, "customer": 5}."""
        return dict(self._redacted)

    def text(self) -> str:
        """What it took so far, and what was taken out of what was sent, in a line."""
        out = ", ".join(f"{count:,} {kind}" for kind, count in sorted(self._redacted.items()))
        return f"{self.name}: {self._spent.text()}" + (f"; taken out of what was sent: {out}" if out else "")

    def __repr__(self) -> str:
        return f"<EndpointVoice: {self.name}>"

    def reply(self, briefs: Sequence[Brief]) -> list[Spoken]:
        """Words for each brief, in their order.

        Raises `VoiceError` where nobody was answered, since there is no server, or it refuses everybody.
        """
        patience = Patience(self.limits.patience)
        others = {brief.customer for brief in briefs}
        with (
            self._httpx.Client(
                headers=self._headers(), follow_redirects=False, trust_env=self.address.remote
            ) as client,
            ThreadPoolExecutor(self.limits.concurrency) as pool,
        ):
            try:
                spoken = list(pool.map(lambda brief: self._speak(client, brief, others, patience), briefs))
            except BaseException:
                patience.give_up("it was stopped")
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        if patience.hopeless and not any(each.text for each in spoken):
            raise VoiceError(f"{self.name}: {patience.reason}")
        return spoken

    def close(self) -> None:
        """Let go of the cache."""
        if self._cache is not None:
            self._cache.close()

    def _headers(self) -> dict[str, str]:
        """Those of all requests; the key is in one of them, and nowhere else."""
        headers = {"content-type": "application/json", "accept-encoding": "identity", "user-agent": "twinfold"}
        if key := self._key():
            if self.address.remote and self.address.plain:
                raise VoiceError(
                    f"the key in {KEY} would go to {self.address.host} in the clear; use https, or unset it"
                )
            headers["authorization"] = f"Bearer {key}"
        return headers

    def _key(self) -> str:
        key = os.environ.get(KEY, "").strip()
        if not (key.isascii() and key.isprintable()) or " " in key:
            raise VoiceError(f"{KEY} holds no key: it has a character that keys don't have; set it anew")
        return key

    def _request(self, brief: Brief, others: AbstractSet[str]) -> dict[str, Any]:
        messages = write_prompt(brief)
        if self.address.remote:
            messages, counts = redact(messages, brief, others=others, personal=self._personal)
            with self._lock:
                self._redacted += counts
        return {
            "model": self._model,
            "messages": messages,
            "temperature": 0.0,
            "seed": self._seed,
            "max_tokens": self.limits.tokens,
        }

    def _speak(self, client: httpx.Client, brief: Brief, others: AbstractSet[str], patience: Patience) -> Spoken:
        request = self._request(brief, others)
        token = ReplyCache.key(self.address.url, request)
        if self._cache is not None and (kept := self._cache.find(token)) is not None:
            with self._lock:
                self._spent = replace(self._spent, cached=self._spent.cached + 1)
            return Spoken(tidy(kept))
        body = json.dumps(request).encode()
        outcome = self._ask(client, body, token, patience)
        if outcome.error:
            if outcome.hopeless:
                patience.give_up(self._with_hint(outcome.error))
            return Spoken("", self._without_key(outcome.error))
        tokens = outcome.tokens or (len(body) // 4, len(outcome.text) // 4)
        with self._lock:
            self._spent = self._spent.add(*tokens, estimated=outcome.tokens is None)
        words = self._without_key(tidy(outcome.text, unfinished=outcome.unfinished))
        if words and self._cache is not None:
            self._cache.keep(token, words)
        return Spoken(words, "" if words else "the reply has no words")

    def _ask(self, client: httpx.Client, body: bytes, token: str, patience: Patience) -> Outcome:
        """The outcome of a request that is made again where that may help, and as long as there is patience."""
        outcome = Outcome(error="it was not asked")
        for attempt in range(self.limits.retries + 1):
            if patience.is_over():
                return Outcome(error=patience.reason)
            outcome = exchange(client, self.address.url, body, timeout=self.limits.timeout)
            if not outcome.error:
                patience.answered()
            if not outcome.again or attempt == self.limits.retries:
                break
            if not patience.wait(pause_before(attempt, outcome.wait, token)):
                break
            with self._lock:
                self._spent = replace(self._spent, retries=self._spent.retries + 1)
        return outcome

    def _with_hint(self, error: str) -> str:
        known = KEY in os.environ
        hint = f"; {'look at' if known else 'set'} {KEY}" if "refuses the key" in error else ""
        return self._without_key(error) + hint

    def _without_key(self, text: str) -> str:
        """What a server said, without the key, which it may have sent back."""
        key = self._key()
        return text.replace(key, "…") if key else text
