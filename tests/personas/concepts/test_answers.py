"""Each customer takes one concept by their own taste and luck, and says why in numbers that are the concepts' own."""

import copy
import json
import re

import numpy as np
import polars as pl
import pytest

import twinfold


def changed(cards, place, **attributes):
    made = copy.deepcopy(cards)
    made["concepts"][place]["attributes"] |= attributes
    return made


def test_the_same_seed_gives_the_same_answers_and_another_does_not(cards, savers, people):
    first, again, other = (twinfold.concept_test(people, cards, savers, seed=seed) for seed in (7, 7, 8))
    assert first.answers.equals(again.answers)
    records = [test.record() for test in (first, again)]
    for record in records:
        del record["origin"]["made"]
        json.dumps(record, allow_nan=False)
    assert records[0] == records[1]
    assert not first.answers["choice"].equals(other.answers["choice"])


@pytest.mark.parametrize("better", [{"fee": 1}, {"fee": 0}, {"points": 2.5, "fee": 0.5}])
def test_nobody_leaves_a_concept_that_is_made_better(cards, savers, people, better):
    cards = changed(cards, 1, points=2)
    before = twinfold.concept_test(people, cards, savers).answers
    after = twinfold.concept_test(people, changed(cards, 1, **better), savers).answers
    had, has = (frame["choice"] == "Gold" for frame in (before, after))
    # Those who were not learned have tastes by the normal law, and some of them like fees
    learned = pl.Series(np.arange(len(had)) < 400)
    assert not (had & ~has & learned).any()
    assert (has & ~had & learned).sum() > 0
    stayed = ~had & ~has & learned
    assert before.filter(stayed)["choice"].equals(after.filter(stayed)["choice"])


def test_the_order_of_concepts_changes_nobody(cards, savers, people):
    turned = cards | {"concepts": cards["concepts"][::-1]}
    first, second = (twinfold.concept_test(people, each, savers) for each in (cards, turned))
    assert first.answers["choice"].equals(second.answers["choice"])
    assert first["Gold"].share.value == pytest.approx(second["Gold"].share.value)


def test_choices_come_as_often_as_they_are_likely(cards, savers, people):
    test = twinfold.concept_test(people, cards, savers)
    for concept in test.concepts:
        chance = test.answers[f"probability of {concept.name}"].to_numpy().astype(float)
        assert chance.mean() == pytest.approx(concept.share.value, abs=1e-5)
        error = np.sqrt((chance * (1 - chance)).sum())
        assert abs(concept.picked - chance.sum()) < 3.5 * error
    sums = test.answers.select(pl.sum_horizontal(pl.selectors.starts_with("probability"))).to_series()
    assert sums.to_numpy() == pytest.approx(np.ones(1_000), abs=1e-5)


def test_who_answers_of_few_answers_the_same_of_more(cards, savers, people):
    few, many = (twinfold.concept_test(people, cards, savers, n=n) for n in (50, 300))
    assert (few.answers.height, many.answers.height) == (50, 300)
    both = few.answers.join(many.answers, on="customer", suffix="_again")
    assert both.height == 50
    assert both["sentence"].equals(both["sentence_again"].alias("sentence"))
    assert few["Gold"].share == many["Gold"].share  # which are of everybody


def test_answers_keep_how_customers_are_called(cards, savers, people):
    test = twinfold.concept_test(people, cards | {"personas": ["young: age < 40"]}, savers)
    assert test.answers["customer"].to_list() == people["who"].to_list()
    young = test.answers.filter(people["age"] < 40)
    assert set(young["persona"]) == {"young"}
    unnamed = twinfold.concept_test(people.select("age"), cards | {"customer": None}, savers)
    assert unnamed.answers["customer"].to_list() == list(range(people.height))


def test_numbers_in_sentences_are_those_of_the_concepts(cards, savers, people):
    test = twinfold.concept_test(people, cards, savers)
    own = {f"{value:g}" for concept in cards["concepts"] for value in concept["attributes"].values()}
    sentences = test.answers["sentence"].unique()
    assert len(sentences) > 20
    for sentence in sentences:
        assert set(re.findall(r"\d+(?:\.\d+)?", sentence)) <= own
        assert any(concept["name"] in sentence for concept in cards["concepts"])


def test_words_tell_what_moves_the_one_who_speaks(cards, people, planted):
    """Half care for fees alone and half for points alone, and each says so."""
    tastes = np.tile([[-2.0, 0.0], [0.0, 2.0]], (200, 1))
    test = twinfold.concept_test(people.head(400), cards, planted(tastes))
    thrifty, keen = test.answers.gather_every(2), test.answers.gather_every(2, 1)
    plain = thrifty.filter(pl.col("choice") == "Plain")["sentence"]
    gold = keen.filter(pl.col("choice") == "Gold")["sentence"]
    assert plain.str.contains("its lower fee (0; the others 1 to 2)", literal=True).all()
    assert gold.str.contains("its higher points (3; the others 0 to 1)", literal=True).all()
    assert not plain.str.contains("points").any()
    unmoved = thrifty.filter(pl.col("choice") == "Gold")["sentence"]  # by luck alone
    assert unmoved.str.contains("put up with its higher fee", literal=True).all()


def test_reasons_are_for_as_many_as_have_them(cards, people, planted):
    tastes = np.tile([[-2.0, 0.0], [0.0, 2.0], [0.0, 2.0], [0.0, 2.0]], (100, 1))
    test = twinfold.concept_test(people.head(400), cards, planted(tastes))
    chance = test.answers["probability of Gold"].to_numpy().astype(float)
    keen = np.arange(400) % 4 > 0
    found = {reason.feature: reason for reason in test["Gold"].reasons}
    assert found["points"].strongest.value == pytest.approx(chance[keen].sum() / chance.sum(), abs=1e-4)
    assert found["fee"].strongest.value == pytest.approx(0, abs=1e-6)
    assert found["fee"].against.value == pytest.approx((1 - chance)[~keen].sum() / (1 - chance).sum(), abs=1e-4)
    assert found["points"].brings.value > 0 > found["fee"].brings.value


def test_a_reason_of_hardly_anybody_has_no_wide_interval(cards, savers, people):
    test = twinfold.concept_test(people, cards, savers)
    for reason in (reason for concept in test.concepts for reason in concept.reasons):
        for part in (reason.strongest, reason.against):
            assert 0 <= part.lower <= part.value <= part.upper <= 1
            assert part.upper < 0.1 or part.value > 0.01


def test_what_a_reason_brings_is_the_share_beside_one_without_it(people, planted):
    behaviour = planted(np.tile([-1.0, 0.5], (100, 1)))
    asked = {"concepts": [{"name": "A", "attributes": {"fee": 0, "points": 0}}]}
    asked["concepts"].append({"name": "B", "attributes": {"fee": 2, "points": 0}})
    test = twinfold.concept_test(people, asked, behaviour)
    [reason] = test["A"].reasons
    assert reason.brings.value == pytest.approx(1 / (1 + np.exp(-2)) - 0.5, abs=1e-6)
    assert reason.said == "its lower fee (0, not 2)"


def test_quotes_stand_for_the_commonest_reasons(cards, savers, people):
    test = twinfold.concept_test(people, cards, savers)
    for concept in test.concepts:
        own = [quote for quote in test.quotes if quote.concept == concept.name]
        assert 1 <= len(own) <= 3
        assert [quote.alike for quote in own] == sorted((quote.alike for quote in own), reverse=True)
        for quote in own:
            row = test.answers.row(by_predicate=pl.col("customer") == quote.customer, named=True)
            assert (row["sentence"], row["choice"]) == (quote.sentence, concept.name)


def test_reasons_are_told_of_some_where_there_are_many(cards, savers, people, monkeypatch):
    monkeypatch.setattr("twinfold.personas.concepts.running.MOST_TOLD", 250)
    test = twinfold.concept_test(people, cards, savers)
    assert any("told of 250 of them" in note for note in test.notes)
    whole = twinfold.concept_test(people, cards, savers, n=1_000)
    assert test["Gold"].share == whole["Gold"].share


def test_only_who_might_as_well_take_another_says_so(cards, people, planted):
    torn = {}
    for name, taste in (("sure", [-9.0, 0.0]), ("unsure", [0.0, 0.01])):
        test = twinfold.concept_test(people.head(400), cards, planted(np.tile(taste, (400, 1))))
        torn[name] = test.answers["sentence"].str.contains("close call|either way").mean()
    assert torn == {"sure": 0.0, "unsure": 1.0}
