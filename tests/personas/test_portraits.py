"""What is told of a persona is read off its own people, and nobody else's."""

import json

import numpy as np
import polars as pl
import pytest

import twinfold
from known_worlds import make_kinds, make_mailing
from twinfold.personas.wording import lead


@pytest.fixture(scope="module")
def found(crowd):
    return twinfold.find_personas(crowd[0], values={"fee": "0.01 * balance"})


def test_everybody_is_in_one_persona_and_shares_add_up(found, crowd):
    assert sum(persona.people for persona in found.personas) == found.people == crowd[0].height
    assert sum(persona.share[0] for persona in found.personas) == pytest.approx(1)
    counted = dict(found.assignment["persona"].value_counts().iter_rows())
    assert counted == {persona.name: persona.people for persona in found.personas}


def test_titles_say_what_most_have_and_no_two_are_alike(found):
    names = [persona.name for persona in found.personas]
    assert "app" in names[0].lower()
    assert any("mortgage" in name.lower() for name in names)
    assert any("older" in name.lower() or "branch" in name.lower() for name in names)
    assert len(set(names)) == len(names)


def test_every_number_of_a_portrait_is_its_peoples_own(found, crowd):
    frame = crowd[0].with_columns(found.assignment["persona"])
    for persona in found.personas:
        own = frame.filter(pl.col("persona") == persona.name)
        [fee] = persona.values
        assert fee.value == pytest.approx(0.01 * own["balance"].mean())
        assert fee.lower < fee.value < fee.upper
        assert fee.share == pytest.approx(own["balance"].sum() / frame["balance"].sum())
        for usual in persona.usual:
            middle = own[usual.name].quantile(0.5, "nearest")
            assert float(usual.median.replace(",", "")) == pytest.approx(middle, rel=0.01)
        assert persona.people == own.height
    assert sum(persona.values[0].share for persona in found.personas) == pytest.approx(1)


def test_one_changed_persona_changes_no_other(crowd):
    """The old get rich: only what is told of them, and of everybody, moves."""
    frame, _ = crowd
    cut = {"old": "age >= 56", "middle": "age >= 32", "young": "age < 32"}
    rich = frame.with_columns(balance=pl.when(pl.col("age") >= 56).then(pl.col("balance") * 3).otherwise("balance"))
    before, after = (twinfold.find_personas(f, conditions=cut, values=["b = balance"]) for f in (frame, rich))
    assert after["old"].values[0].value == pytest.approx(3 * before["old"].values[0].value)
    for name in ("middle", "young"):
        assert after[name].values[0].value == before[name].values[0].value
        assert after[name].examples == before[name].examples


def test_own_personas_are_taken_in_their_order_and_the_rest_make_one_more(crowd):
    frame = crowd[0]
    found = twinfold.find_personas(frame, conditions=["rich: balance > 5000", "app: channel = 'app'"])
    assert [persona.name for persona in found.personas] == ["rich", "app", "everybody else"]
    rich = (frame["balance"] > 5000).to_numpy()
    app = (frame["channel"] == "app").to_numpy()
    assert [p.people for p in found.personas] == [rich.sum(), (app & ~rich).sum(), (~app & ~rich).sum()]
    assert found["rich"].condition == "balance > 5000"
    assert found["rich"].stability is None


def test_examples_are_some_of_its_own_people(found, crowd):
    frame = crowd[0].with_columns(found.assignment["persona"])
    for persona in found.personas:
        own = frame.filter(pl.col("persona") == persona.name)
        for example in persona.examples:
            facts = dict(example.facts)
            ages = own.filter(pl.col("channel") == facts["channel"])["age"].cast(pl.Int64).cast(pl.String)
            assert facts["age"].removesuffix(".0") in set(ages)


def test_histories_are_drawn_over_time_beside_everybody(bank):
    found = twinfold.find_personas(bank, groups=2)
    assert {persona.timelines[0].title for persona in found.personas} == {"payments"}
    totals = []
    for persona in found.personas:
        own, every = persona.timelines[0].lines
        assert (own.name, every.name) == ("this persona", "everybody")
        assert sum(every.y) == pytest.approx(bank["payments"].height / 800, rel=1e-3)
        totals.append(sum(own.y) * persona.people)
    assert sum(totals) == pytest.approx(bank["payments"].height, rel=1e-3)
    spenders = max(found.personas, key=lambda persona: sum(persona.timelines[0].lines[0].y))
    line = spenders.timelines[0].lines[0]
    assert np.mean(line.y[-6:]) > 3 * np.mean(line.y[:6])
    assert any(example.events for example in spenders.examples)
    assert any("payments" in lift.trait.feature for lift in spenders.lifts)


def test_offers_are_tried_on_each_with_what_stands_behind_them():
    lifts = {"none": 0.0, "letter": 0.1}
    learned = make_mailing(20_000, 0, lifts)
    behaviour = twinfold.calibrate(learned, {"kind": "response", "outcome": "visit", "treatment": "arm"})
    people = make_mailing(2_000, 1, lifts).drop("visit", "arm")
    found = twinfold.find_personas(
        people, conditions={"women": "woman = 1", "men": "woman = 0"}, behaviours={"mail": behaviour}
    )
    rates = {(w, a): v for w, a, v in learned.group_by("woman", "arm").agg(pl.col("visit").mean()).iter_rows()}
    for name, woman in (("women", 1), ("men", 0)):
        truth = rates[woman, "letter"] - rates[woman, "none"]
        [each] = found[name].sensitivities
        assert each.change == "arm letter in the place of none"
        assert each.gain.identification == "randomised"
        assert each.gain.lower <= truth <= each.gain.upper
    assert "randomised" in found.text()


def test_a_sentence_says_what_most_have_and_hardly_any(found):
    said = [lead(persona) for persona in found.personas]
    assert all(text.startswith("Of most, ") for text in said)
    assert len(set(said)) == len(said)


def test_values_may_be_missing_and_negative():
    frame, _ = make_kinds(600, 3)
    odd = frame.with_columns(
        worth=pl.when(pl.col("age") > 60).then(None).otherwise(pl.col("balance") - 200),
    )
    for persona in twinfold.find_personas(odd, values=["worth each = worth"]).personas:
        [amount] = persona.values
        assert amount.share is None


def test_who_has_no_value_is_left_out_and_said(crowd):
    frame = crowd[0].with_columns(months=pl.when(pl.col("age") > 75).then(0.0).otherwise(10.0))
    found = twinfold.find_personas(frame, groups=3, values=["a month = balance / months"])
    gone = frame.filter(pl.col("months") == 0).height
    assert f"a month comes to no number for {gone:,} people, who are left out of it." in found.notes
    json.dumps(found.record(), allow_nan=False)


def test_what_rows_amount_to_goes_by_both_of_its_names(bank):
    for name in ("payments: count", "number of payments"):
        found = twinfold.find_personas(bank, groups=2, columns=[name], values={"pays": f"2 * '{name}'"})
        spenders = max(persona.values[0].value for persona in found.personas)
        assert spenders > 3 * min(persona.values[0].value for persona in found.personas)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"groups": 1}, "groups 1 is out of range; give from 2 to 10"),
        ({"least_share": 0.9}, "least share 0.9 is out of range"),
        ({"conditions": ["young"]}, "give a name and a condition"),
        ({"conditions": ["a: age < 30", "a: age > 50"]}, "is named twice"),
        ({"conditions": ["a: age < 30"], "groups": 3}, "leave out the number"),
        ({"conditions": ["a: age > 500"]}, "holds for nobody"),
        ({"conditions": ["a: age < 500"]}, "holds for all"),
        ({"conditions": ["a: agee < 30"]}, "did you mean 'age'"),
        ({"conditions": ["a: age < 30", "b: age < 20"]}, "all whom it names are in those before it"),
        ({"values": ["fee"]}, "give a name and a formula"),
        ({"values": ["fee = 2 * balanse"]}, "did you mean 'balance'"),
        ({"values": ["fee = __import__('os')"]}, "is no formula"),
        ({"columns": ["agee"]}, "did you mean 'age'"),
        ({"columns": "age, chanel"}, "did you mean 'channel'"),
        ({"conditions": ["a: balance > 3000 and age < 40"]}, "personas are of 30 or more"),
        ({"values": ["x = 1e308 * 10 * balance"]}, "comes to no number for anybody"),
        ({"values": ["x = age", "x = balance"]}, "is named twice"),
        ({"values": ["age = balance"]}, "is called as a column is"),
    ],
)
def test_what_is_not_accepted_is_told(crowd, options, message):
    with pytest.raises(twinfold.TwinfoldError, match=message):
        twinfold.find_personas(crowd[0], **options)


def test_too_few_people_and_people_all_alike_are_told(crowd):
    with pytest.raises(twinfold.DataError, match="200 people or more"):
        twinfold.find_personas(crowd[0].head(50))
    with pytest.raises(twinfold.DataError, match="tells people apart"):
        twinfold.find_personas(pl.DataFrame({"a": [1.0] * 500, "b": ["x"] * 500}))
