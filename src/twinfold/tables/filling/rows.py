"""Randomness that depends on nothing but a seed and a row's number, so that chunks of a column join without a seam."""

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class Rows:
    """Rows of a column to be filled: their numbers, shape (rows,), and the key of all randomness in them."""

    index: Numbers
    key: int

    @classmethod
    def between(cls, start: int, count: int, *, seed: int, salt: int) -> "Rows":
        """Rows `start` to `start + count - 1` of a column; `salt` tells columns apart that share a seed."""
        digest = hashlib.blake2b(f"{seed}/{salt}".encode(), digest_size=8).digest()
        return cls(np.arange(start, start + count, dtype=np.uint64), int.from_bytes(digest, "little"))

    def __len__(self) -> int:
        return len(self.index)

    def where(self, chosen: npt.NDArray[np.bool_]) -> "Rows":
        """Those rows that are chosen, with the randomness they have among all."""
        return replace(self, index=self.index[chosen])

    def bits(self, stream: int) -> Numbers:
        """64 random bits a row, independent between streams."""
        return mix(self.index, self._key(stream))

    def below(self, bound: int, stream: int) -> Numbers:
        """A random number from 0 to bound - 1 a row."""
        return self.bits(stream) % np.uint64(bound)

    def pick(self, weights: Sequence[int], stream: int) -> npt.NDArray[np.intp]:
        """A random position in `weights` a row, in proportion to them."""
        edges = np.cumsum(np.asarray(weights, np.uint64))
        return np.searchsorted(edges, self.below(int(edges[-1]), stream), side="right")

    def permute(self, numbers: Numbers, space: int, stream: int) -> Numbers:
        """A random bijection of 0 … space - 1, applied to `numbers`; space is at most 2^62.

        Four rounds of a Feistel network over Z_a x Z_b with ab just above the space, walked until inside it (Black and
        Rogaway 2002, "Ciphers with arbitrary finite domains").
        """
        left_size = math.isqrt(max(space - 1, 0)) + 1
        right_size = -(-space // left_size)
        keys = [self._key(stream * 16 + i) for i in range(8)]
        result = _feistel(numbers, left_size, right_size, keys)
        outside = np.flatnonzero(result >= space)
        while len(outside):
            walked = _feistel(result[outside], left_size, right_size, keys)
            result[outside] = walked
            outside = outside[walked >= space]
        return result

    def _key(self, stream: int) -> int:
        return (self.key + (stream + 1) * 0x9E3779B97F4A7C15) % 2**64


def mix(numbers: Numbers, key: int) -> Numbers:
    """SplitMix64's output function (Steele, Lea and Flood 2014) of numbers that were spread by a key."""
    mixed = numbers * np.uint64(0xD1342543DE82EF95)
    mixed += np.uint64(key)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed ^= mixed >> np.uint64(shift)
        mixed *= np.uint64(factor)
    mixed ^= mixed >> np.uint64(31)
    return mixed


def _feistel(numbers: Numbers, left_size: int, right_size: int, keys: Sequence[int]) -> Numbers:
    a, b = np.uint64(left_size), np.uint64(right_size)
    left, right = np.divmod(numbers, b)
    for i in range(0, len(keys), 2):
        left = (left + mix(right, keys[i]) % a) % a
        right = (right + mix(left, keys[i + 1]) % b) % b
    return left * b + right
