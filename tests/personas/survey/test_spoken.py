"""Language models give words: no number hangs on them, what they make up is left out, and opinions are called so."""

from dataclasses import dataclass, field

import numpy as np
import polars as pl
import pytest

import twinfold
from twinfold.personas.voices.voice import Brief, Spoken

OWN = {"conditions": ["young: age < 30", "old: age >= 60"]}
ANCHORS = [
    "I hate it, it is terrible and I would never use it.",
    "I do not like it much.",
    "I neither like nor dislike it.",
    "I like it, it is good.",
    "I love it, it is wonderful and I use it every day.",
]
ITEMS = [
    {"id": "age", "kind": "numeric", "question": "How old are you?", "column": "age"},
    {"id": "mine", "kind": "open", "question": "Tell me about yourself."},
    {"id": "home", "kind": "open", "question": "Do you have a mortgage?"},
]
FEELING = {
    "id": "feeling",
    "kind": "likert",
    "question": "How do you feel about our app?",
    "scale": ["hate", "dislike", "neither", "like", "love"],
    "anchors": ANCHORS,
    "labelled": {"file": "reviews.csv", "text": "review", "answer": "stars"},
}


@dataclass
class Script:
    """A voice that says what it is told to."""

    words: str = "Well then: {draft}"
    name: str = "a model"
    seed: int = 0
    briefs: list[Brief] = field(default_factory=list)

    def reply(self, briefs):
        self.briefs += briefs
        return [Spoken(self.words.format(draft=brief.draft)) for brief in briefs]


def write_reviews(folder, rng=None):
    """Real texts, with stars that go with them, or with nothing."""
    stars = np.arange(100) % 5 + 1
    said = [ANCHORS[star - 1] for star in stars]
    told = stars if rng is None else rng.permutation(stars)
    pl.DataFrame({"review": said, "stars": told}).write_csv(folder / "reviews.csv")


def test_with_the_language_model_unplugged_every_number_is_the_same(customers):
    voice = Script()
    spoken, plain = (twinfold.survey(customers, {"items": ITEMS}, n=200, voice=v, **OWN) for v in (voice, None))
    assert spoken.answers.drop("quote").equals(plain.answers.drop("quote"))
    one, other = spoken.record(), plain.record()
    for item in (*one["items"], *other["items"]):
        del item["quotes"], item["notes"]
    assert one["items"] == other["items"]
    assert one["groups"] == other["groups"]
    quotes = spoken["mine"].quotes
    assert {quote.voice for quote in quotes} == {"a model"}
    assert all(quote.text.startswith("Well then: ") for quote in quotes)
    asked = {(brief.question, brief.customer) for brief in voice.briefs}
    assert len(asked) == 2 * 2 * 3  # two of each of three personas, in two open items
    assert spoken.origin["voice"] == "a model"


def test_what_a_voice_makes_up_is_not_quoted(customers):
    found = twinfold.survey(customers, {"items": ITEMS}, n=200, voice=Script("I am 199 and own 77 castles."), **OWN)
    for quote in (*found["mine"].quotes, *found["home"].quotes):
        assert "199" not in quote.text
        assert quote.voice == "template"
    assert not found.answers["quote"].str.contains("castles").any()
    assert any("a model claimed what nothing bears out" in note for note in found["mine"].notes)


def test_texts_are_placed_where_real_ones_bear_it_out(customers, tmp_path, monkeypatch):
    pytest.importorskip("wordllama", reason="the extra meaning is not installed")
    write_reviews(tmp_path)
    monkeypatch.chdir(tmp_path)
    liked, hated = (
        twinfold.survey(customers, {"items": [FEELING]}, n=40, voice=Script(words), **OWN)["feeling"]
        for words in ("I love it, it is wonderful.", "It is terrible, I hate it.")
    )
    assert liked.mark == "opinion of a language model, not calibrated"
    assert "rank correlation" in liked.label
    assert "on 100 real texts" in liked.label
    assert liked.of("mean").value > hated.of("mean").value + 0.3
    assert sum(liked.of(name).value for name in liked.options) == pytest.approx(1)
    assert any("nobody knows whether people like these would say so" in note for note in liked.notes)


def test_without_a_voice_free_texts_are_not_answered(customers, tmp_path, monkeypatch):
    pytest.importorskip("wordllama", reason="the extra meaning is not installed")
    write_reviews(tmp_path)
    monkeypatch.chdir(tmp_path)
    found = twinfold.survey(customers, {"items": [*ITEMS, FEELING]}, n=40, **OWN)
    assert "take the words of a language model (--voice)" in found["feeling"].reason
    assert found["age"].tallies


def test_below_nine_tenths_texts_are_refused_with_the_figure(customers, tmp_path, monkeypatch):
    pytest.importorskip("wordllama", reason="the extra meaning is not installed")
    write_reviews(tmp_path, np.random.default_rng(0))
    monkeypatch.chdir(tmp_path)
    voice = Script("I love it.")
    found = twinfold.survey(customers, {"items": [FEELING]}, n=40, voice=voice, **OWN)["feeling"]
    assert "0.9 or more is asked for, so it is not enough" in found.reason
    assert "100 real texts are placed in a rank correlation of" in found.reason
    assert voice.briefs == []
    assert found.tallies == ()


def test_a_voice_without_words_has_no_answers(customers, tmp_path, monkeypatch):
    pytest.importorskip("wordllama", reason="the extra meaning is not installed")
    write_reviews(tmp_path)
    monkeypatch.chdir(tmp_path)
    found = twinfold.survey(customers, {"items": [FEELING, ITEMS[1]]}, n=40, voice=Script(""), **OWN)
    assert "had no words for anybody" in found["feeling"].reason
    assert {quote.voice for quote in found["mine"].quotes} == {"template"}
