"""Items of behaviours: what they expect, how sure that is, and what they can't say."""

import numpy as np
import polars as pl
import pytest

import twinfold
from known_worlds import make_mailing, make_offers

OWN = {"conditions": ["young: age < 40", "old: age >= 50"]}
TAKE = {"id": "take", "kind": "single", "question": "Would you take it?", "behaviour": "offers", "offer": {"rate": 7}}


def ask(people, items, behaviours, **options):
    return twinfold.survey(people, {"items": items}, behaviours=behaviours, **{"n": 10_000, **OWN, **options})


def test_shares_are_what_the_behaviour_expects_by_persona_and_by_weight(borrowers, offers):
    people = borrowers.with_columns(w=pl.Series(np.arange(borrowers.height) % 4 + 1))
    found = ask(people, [TAKE], {"offers": offers}, weight="w")["take"]
    forecast = offers.forecast(people.with_columns(rate=pl.lit(7.0)))
    expected = forecast.prediction
    weight, young = people["w"].to_numpy(), (people["age"] < 40).to_numpy()
    assert found.of("yes").value == pytest.approx(np.average(expected, weights=weight))
    assert found.of("no").value == pytest.approx(1 - found.of("yes").value)
    assert found.of("yes", "young").value == pytest.approx(np.average(expected[young], weights=weight[young]))
    assert (found.mark, found.label) == ("the model estimates", "randomised")
    assert found.supported == pytest.approx(forecast.in_support.mean())


@pytest.mark.parametrize(
    "options", [["yes", "no"], ["no", "yes"], ["I would not", "I would"], ["I can’t", "I can"], ["No, thanks", "Ja"]]
)
def test_the_order_of_options_changes_no_share(borrowers, offers, options):
    usual = ask(borrowers, [TAKE], {"offers": offers})["take"]
    found = ask(borrowers, [TAKE | {"options": options}], {"offers": offers})["take"]
    yes = next(each for each in options if each in ("yes", "I would", "I can", "Ja"))
    for field in ("value", "lower", "upper", "stays"):
        assert getattr(found.of(yes), field) == pytest.approx(getattr(usual.of("yes"), field))


def test_options_that_say_neither_yes_nor_no_need_a_word_of_it(borrowers, offers):
    with pytest.raises(twinfold.SpecificationError, match="yes = 'Blue'"):
        ask(borrowers, [TAKE | {"options": ["Blue", "Red"]}], {"offers": offers})
    found = ask(borrowers, [TAKE | {"options": ["Blue", "Red"], "yes": "Red"}], {"offers": offers})["take"]
    assert found.of("Red").value == pytest.approx(ask(borrowers, [TAKE], {"offers": offers})["take"].of("yes").value)
    with pytest.raises(twinfold.SpecificationError, match="name one of two options"):
        ask(borrowers, [TAKE | {"options": ["Blue", "Red"], "yes": "Green"}], {"offers": offers})


def test_what_stays_is_the_interval_of_the_behaviours_own_mean(borrowers, offers):
    found = ask(borrowers, [TAKE], {"offers": offers})["take"].of("yes")
    middle, low, high = offers.forecast(borrowers.with_columns(rate=pl.lit(7.0))).average
    assert found.value == pytest.approx(middle)
    assert found.stays == pytest.approx((high - low) / 2, rel=0.15)
    assert found.lower == pytest.approx(low, abs=0.15 * (middle - low))
    assert found.upper == pytest.approx(high, abs=0.15 * (high - middle))


def test_asking_more_customers_narrows_the_first_part_alone(borrowers, offers):
    few, many = (ask(borrowers, [TAKE], {"offers": offers}, n=n, seed=2)["take"].of("yes") for n in (60, 1_500))
    assert few.upper - few.lower > 1.15 * (many.upper - many.lower)
    assert few.stays == pytest.approx(many.stays, rel=0.25)
    assert many.upper - many.lower > 1.8 * many.stays
    assert any("narrows the first alone" in note for note in ask(borrowers, [TAKE], {"offers": offers}, n=50).notes)


def test_intervals_of_shares_hold_the_truth(borrowers):
    """Of worlds in which the same thousand customers are asked, and another thousand was learned."""
    asked = {"kind": "response", "outcome": "taken", "treatment": "rate", "strata": ["risk"], "covariates": ["age"]}
    people = borrowers.with_row_index("place")
    risk = people["risk"].replace_strict({"low": 0, "medium": 1, "high": 2}).to_numpy()
    score = -1.5 - 0.5 * risk - 0.2 * (7 - 8) + 0.3 * (people["age"].to_numpy() - 45) / 12
    truth = (1 / (1 + np.exp(-score))).mean()
    held = []
    for seed in range(10):
        behaviour = twinfold.calibrate(make_offers(1_000, 100 + seed).frame, asked)
        share = ask(borrowers, [TAKE], {"offers": behaviour}, seed=seed)["take"].of("yes")
        held.append(share.lower <= truth <= share.upper)
    assert sum(held) >= 8


def test_who_takes_a_dear_offer_takes_a_cheap_one_and_nobody_changes_their_mind(borrowers, offers):
    cheap = TAKE | {"id": "cheap", "offer": {"rate": 5.5}}
    found = ask(borrowers, [TAKE, cheap], {"offers": offers})
    dear, low = (found.answers.filter(item=name) for name in ("take", "cheap"))
    took = (dear["answer"] == "yes").to_numpy()
    assert 0 < took.mean() < (low["answer"] == "yes").mean()
    assert (low["answer"] == "yes").to_numpy()[took].all()
    some = ask(borrowers, [TAKE], {"offers": offers}, n=100).answers
    joined = some.join(dear, on="customer")
    assert joined.height == 100
    assert (joined["answer"] == joined["answer_right"]).all()
    rows = dear["value"].is_between(dear["lower"], dear["upper"])
    assert rows.all()
    assert dear["label"].unique().to_list() == ["randomised"]


def test_of_several_offers_each_has_its_own_share(borrowers, offers):
    item = {
        "id": "which",
        "kind": "multiple",
        "question": "Which would you take?",
        "behaviour": "offers",
        "options": {"at 6 %": {"rate": 6}, "at 9 %": {"rate": 9}},
    }
    found = ask(borrowers, [item], {"offers": offers})
    for name, rate in (("at 6 %", 6.0), ("at 9 %", 9.0)):
        expected = offers.forecast(borrowers.with_columns(rate=pl.lit(rate))).prediction
        assert found["which"].of(name).value == pytest.approx(expected.mean())
        assert found["which"].of(name).stays > 0
    said = set(found.answers["answer"].unique())
    assert said == {"at 6 %; at 9 %", "at 6 %", "none of these"}


def test_numbers_are_expected_and_have_no_median(borrowers, amounts):
    item = {"id": "much", "kind": "numeric", "question": "How much?", "behaviour": "amounts", "offer": {"rate": 7}}
    found = ask(borrowers, [item], {"amounts": amounts})
    expected = amounts.forecast(borrowers.with_columns(rate=pl.lit(7.0)))
    assert found["much"].of("mean").value == pytest.approx(expected.prediction.mean())
    assert {tally.what for tally in found["much"].tallies} == {"mean"}
    assert found["much"].of("mean").stays > 0
    with pytest.raises(twinfold.SpecificationError, match="says how much amount is, not yes or no"):
        ask(borrowers, [TAKE | {"behaviour": "amounts"}], {"amounts": amounts})


def test_open_items_quote_reasons_and_count_them(borrowers, offers):
    item = TAKE | {"id": "why", "kind": "open", "question": "Why, or why not?"}
    found = ask(borrowers, [item], {"offers": offers})["why"]
    assert set(found.options) == {"age", "risk"}
    assert sum(found.of(name).value for name in found.options) == pytest.approx(1)
    assert all("100" in quote.text for quote in found.quotes)


def test_without_an_offer_it_is_said_what_is_missing(borrowers, offers):
    bare = {key: value for key, value in TAKE.items() if key != "offer"}
    assert "'rate'" in ask(borrowers, [bare], {"offers": offers})["take"].reason


def test_an_offer_is_put_where_an_item_names_none(borrowers, offers):
    bare = {key: value for key, value in TAKE.items() if key != "offer"}
    put = {"name": "loan", "terms": {"rate": 7.0}}
    one = ask(borrowers, [bare], {"offers": offers}, offer=put)["take"]
    assert one.of("yes").value == pytest.approx(ask(borrowers, [TAKE], {"offers": offers})["take"].of("yes").value)


def test_a_decision_is_understood_by_its_words(borrowers, offers):
    item = {"id": "words", "kind": "single", "question": "Would you take the loan at a rate of 7?"}
    offer = {"name": "loan", "terms": {}}
    found = ask(borrowers, [item, TAKE], {"offers": offers}, offer=offer)
    found_yes = found["take"].of("yes").value
    assert found["words"].of("yes").value == pytest.approx(found["take"].of("yes").value)
    assert found["words"].mark == "the model estimates"
    three = item | {"id": "three", "options": ["yes", "perhaps", "no"]}
    chance = item | {"id": "chance", "kind": "numeric"}
    likely = item | {"id": "likely", "kind": "likert", "scale": ["no", "perhaps", "yes"]}
    colours = item | {"id": "colours", "options": ["Blue", "Red"]}
    told = colours | {"id": "told", "yes": "Red"}
    found = ask(borrowers, [three, chance, likely, colours, told], {"offers": offers}, offer=offer)
    assert "give two options" in found["three"].reason
    assert "say yes = 'Blue' or yes = 'Red'" in found["colours"].reason
    assert found["told"].of("Red").value == pytest.approx(found_yes)
    assert found["chance"].of("mean").value == pytest.approx(found_yes)
    assert found["likely"].label == "randomised; scale assumed"


def test_an_effect_that_is_assumed_brings_its_own_interval():
    frame = make_offers(3_000, 0).frame.drop("rate", "amount", "id")
    assumed = {"effect": 0.1, "lower": 0.0, "upper": 0.2, "usual": "paper", "arm": "app"}
    behaviour = twinfold.calibrate(
        frame, {"kind": "response", "outcome": "taken", "treatment": "form", "assumed": assumed, "covariates": ["age"]}
    )
    people = frame.drop("taken").head(800)
    found, plain = (
        ask(people, [TAKE | {"behaviour": "b", "offer": {"form": form}}], {"b": behaviour})["take"]
        for form in ("app", "paper")
    )
    assert found.of("yes").value == pytest.approx(plain.of("yes").value + 0.1, abs=0.002)
    assert found.of("yes").stays == pytest.approx(0.1, rel=0.1)
    assert found.label == "assumed"


def test_what_a_behaviour_cannot_say_is_not_answered_with_the_reason(borrowers, offers, mailing):
    found = ask(borrowers.drop("risk"), [TAKE], {"offers": offers})["take"]
    assert "risk" in found.reason
    assert found.tallies == ()
    people = make_mailing(600, 1, {"none": 0.0}).drop("visit", "arm")
    item = {"id": "visit", "kind": "single", "question": "?", "behaviour": "mailing", "offer": {"arm": "drone"}}
    untried = ask(people, [item], {"mailing": mailing}, conditions=["women: woman = 1"])["visit"]
    assert untried.reason
    assert untried.answered == 0
    tried = ask(people, [item | {"offer": {"arm": "letter"}}], {"mailing": mailing}, conditions=["women: woman = 1"])
    assert tried["visit"].of("yes", "women").value > tried["visit"].of("yes", "everybody else").value


@pytest.mark.parametrize(
    ("item", "message"),
    [
        ({"behaviour": "ofers"}, "did you mean 'offers'"),
        ({"offer": {"raet": 7}}, "did you mean 'rate'"),
        ({"kind": "likert", "scale": list("abc"), "labelled": {"file": "no.csv", "answer": "x"}}, "no.csv"),
    ],
)
def test_what_is_not_there_is_told_before_anybody_is_asked(borrowers, offers, item, message):
    with pytest.raises(twinfold.TwinfoldError, match=message):
        ask(borrowers, [TAKE | item], {"offers": offers})


def test_choices_are_not_asked_here(borrowers):
    rng = np.random.default_rng(0)
    pairs = pl.DataFrame({"person": np.repeat(np.arange(60), 10), "price": rng.normal(size=600)})
    frame = pairs.with_columns(first=pl.Series((rng.random(600) < 1 / (1 + np.exp(pairs["price"].to_numpy()))) * 1))
    asked = {"kind": "choice", "outcome": "first", "customer": "person", "attributes": ["price"]}
    behaviour = twinfold.calibrate(frame, asked)
    item = {key: value for key, value in TAKE.items() if key != "offer"} | {"behaviour": "choice"}
    with pytest.raises(twinfold.SpecificationError, match="twinfold concept-test asks those"):
        ask(borrowers, [item], {"choice": behaviour})
