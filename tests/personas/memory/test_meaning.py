"""Vectors are those of the package, nothing is asked of the network, and a search says what it goes by."""

import subprocess
import sys

import numpy as np
import pytest

from twinfold.errors import MissingExtraError
from twinfold.personas.memory import meaning as module
from twinfold.personas.memory.search import Index

pytest.importorskip("safetensors", reason="the extra meaning is not installed")
pytest.importorskip("tokenizers", reason="the extra meaning is not installed")

CLAUSES = [
    "Late payment: 25 EUR per month.",
    "We send statements by post once a quarter.",
    "You may end this contract at any time.",
    "A lost or stolen card must be reported at once.",
    "Interest on savings is credited in December.",
]


@pytest.fixture(scope="module")
def meaning():
    return module.Meaning()


def test_vectors_are_long_and_say_what_is_alike(meaning):
    texts = ["I pay my bill late", "an overdue instalment", "the dog eats grass", ""]
    made = meaning.embed(texts)
    assert made.shape == (4, module.WIDTH)
    assert made.dtype == np.float32
    assert np.linalg.norm(made, axis=1) == pytest.approx([1, 1, 1, 0], abs=1e-5)
    assert made[0] @ made[1] > made[0] @ made[2] + 0.1
    assert meaning.embed([]).shape == (0, module.WIDTH)


def test_a_vector_depends_on_its_text_alone(meaning):
    texts = [f"{'word ' * (at % 7)}number {at}" for at in range(5_000)]
    made = meaning.embed(texts)
    assert np.array_equal(made[[0, 4_500]], meaning.embed([texts[0], texts[4_500]]))


@pytest.mark.parametrize("text", ["\0", "late \ud800", "\U0001f600" * 50, "a" * 1_000_000, "\n" * 1_000, "\x1b[31m"])
def test_any_text_has_a_vector(meaning, text):
    [made] = meaning.embed([text])
    assert np.isfinite(made).all()


BLOCKED = """
import socket
def refuse(*args, **kwargs):
    raise AssertionError("the network was asked")
socket.socket = socket.create_connection = socket.getaddrinfo = refuse
"""

OURS = """
import sys
from twinfold.personas.memory.meaning import Meaning
vectors = Meaning().embed({texts!r})
assert not {{"wordllama", "requests"}} & sys.modules.keys()
"""

THEIRS = """
from importlib.util import find_spec
from pathlib import Path
import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer
from wordllama.inference import WordLlamaInference
home = Path(find_spec("wordllama").submodule_search_locations[0])
table = load_file(home / "weights/l2_supercat_256.safetensors")["embedding.weight"]
tokenizer = Tokenizer.from_file(str(home / "tokenizers/l2_supercat_tokenizer_config.json"))
theirs = WordLlamaInference(table, tokenizer).embed({texts!r}, norm=True)
assert np.abs(theirs - vectors).max() < 1e-5, np.abs(theirs - vectors).max()
"""


def run(code):
    subprocess.run([sys.executable, "-c", code.format(texts=CLAUSES)], check=True, capture_output=True, text=True)


def test_nothing_is_asked_of_the_network():
    run(BLOCKED + OURS)


def test_vectors_are_those_of_the_package_itself():
    """Its code is run in another process: it sets up logging of its own."""
    run(OURS + THEIRS)


def test_what_shares_no_word_is_found_by_meaning(meaning):
    words, both = Index(CLAUSES), Index(CLAUSES, meaning=meaning)
    assert (words.by, both.by) == ("words", "words and meaning")
    for question, place in {
        "what if somebody robbed me of my plastic?": 3,
        "how do I cancel my agreement?": 2,
        "when do savers get paid?": 4,
    }.items():
        assert both.find(question, 1)[0][0] == place, question
    assert words.find("how do I cancel my agreement?", 1) == []


def test_a_score_is_words_and_meaning_in_their_shares(meaning):
    question, index = "late payment by post", Index(CLAUSES, meaning=meaning)
    words, vectors = dict(Index(CLAUSES).find(question, 5)), meaning.embed([question, *CLAUSES])
    cosines = vectors[1:] @ vectors[0]
    right = {at: 0.7 * words.get(at, 0) / max(words.values()) + 0.3 * cosines[at] for at in range(5)}
    assert dict(index.find(question, 5)) == pytest.approx(
        {at: each for at, each in right.items() if each > 0}, rel=1e-5
    )


def test_places_that_may_not_be_found_count_for_nothing(meaning):
    index = Index(CLAUSES, meaning=meaning)
    assert {place for place, _ in index.find("late payment", 5, among=[1, 4])} <= {1, 4}
    assert index.find("late payment", 5, among=[]) == []
    assert index.find("statements by post", 1, among=[1])[0][1] <= 1
    assert Index([], meaning=meaning).find("late", 3) == []


def test_without_the_package_the_extra_is_named_and_words_go_on(monkeypatch):
    monkeypatch.setitem(sys.modules, "wordllama", None)
    with pytest.raises(MissingExtraError, match=r'wordllama, .* pip install "twinfold\[meaning\]", or search by words'):
        module.Meaning()
    assert Index(CLAUSES).find("late payment", 1)[0][0] == 0
