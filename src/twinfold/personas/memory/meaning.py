"""Meaning: texts as vectors, whose cosine says how much they speak of the same, though in other words.

A text's vector is the mean of its tokens' vectors, made one long: those of WordLlama (Miller 2024), which were taken
out of a language model's first layer and trained to tell pairs that mean the same. They lie inside the package's wheel
and are read from there: nothing is ever looked for in the network, and the package's own code, which would, is not run.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from twinfold.errors import MissingExtraError

if TYPE_CHECKING:
    import numpy.typing as npt

    Vectors = npt.NDArray[np.float32]

WIDTH = 256
"""Numbers of a vector."""

_WEIGHTS, _TOKENS = "weights/l2_supercat_256.safetensors", "tokenizers/l2_supercat_tokenizer_config.json"
_BATCH = 4_096
_NOTHING = 1e-9  # of what may be 0, to divide by
_MOST_CHARACTERS = 20_000


class Meaning:
    """Word vectors, ready to be asked."""

    def __init__(self) -> None:
        """Read the vectors from the installed package.

        Raises `MissingExtraError` where it is not installed, or lacks them.
        """
        spec = find_spec("wordllama")
        home = Path(next(iter(spec.submodule_search_locations or []), "")) if spec is not None else None
        if home is None or not (home / _WEIGHTS).is_file() or not (home / _TOKENS).is_file():
            raise MissingExtraError(
                "texts are found by meaning with the word vectors of wordllama, which is not installed; "
                'pip install "twinfold[meaning]", or search by words'
            )
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer

        self._table = load_file(home / _WEIGHTS)["embedding.weight"].astype(np.float32)
        self._tokenizer: Any = Tokenizer.from_file(str(home / _TOKENS))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """The vectors of texts, (texts, 256), each one long; zeros of a text without a word.

        Of a text above 20,000 characters these count alone.
        """
        out = np.zeros((len(texts), WIDTH), np.float32)
        for begin in range(0, len(texts), _BATCH):
            part = [_whole(text[:_MOST_CHARACTERS]) for text in texts[begin : begin + _BATCH]]
            coded = self._tokenizer.encode_batch_fast(part, add_special_tokens=False)
            for place, each in enumerate(coded, begin):
                if each.ids:
                    mean = self._table[each.ids].mean(axis=0)
                    out[place] = mean / max(float(np.linalg.norm(mean)), _NOTHING)
        return out


def _whole(text: str) -> str:
    """The text with question marks for halves of characters, as a command line may hand them in."""
    return text.encode("utf-8", "replace").decode("utf-8")
