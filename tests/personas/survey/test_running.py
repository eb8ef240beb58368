"""A survey reproduces what is recorded, weighs as it is told, and says what nobody can answer."""

import json

import numpy as np
import polars as pl
import pytest

import twinfold

BANDS = {"under 30": "age < 30", "30 to 59": "age between 30 and 59", "60 or more": "age >= 60"}
OWN = {"conditions": ["young: age < 30", "old: age >= 60"]}
"""Personas that take no time to be found."""

ITEMS = [
    {"id": "age", "kind": "numeric", "question": "How old are you?", "column": "age"},
    {"id": "channel", "kind": "single", "question": "How do you reach us?", "column": "channel"},
    {"id": "band", "kind": "single", "question": "Which group are you in?", "options": BANDS},
    {
        "id": "has",
        "kind": "multiple",
        "question": "What do you have?",
        "options": {"a mortgage": "mortgage = 'yes'", "savings": "balance > 1000"},
    },
    {
        "id": "ready",
        "kind": "likert",
        "question": "How well prepared are you?",
        "scale": ["not", "a little", "well"],
        "formula": "balance / 100",
        "cuts": [1, 20],
    },
    {"id": "mine", "kind": "open", "question": "Tell me about yourself."},
    {"id": "home", "kind": "single", "question": "Do you have a mortgage?"},
    {"id": "colour", "kind": "single", "question": "What is your favourite colour?", "options": ["red", "blue"]},
]


@pytest.fixture(scope="module")
def asked(customers):
    return twinfold.survey(customers, {"title": "All", "items": ITEMS}, n=900, groups=3, seed=4)


def test_items_of_columns_are_their_distributions_exactly(asked, customers):
    counts = dict(customers["channel"].value_counts().iter_rows())
    assert {what: asked["channel"].of(what).value for what in asked["channel"].options} == pytest.approx(
        {what: count / 900 for what, count in counts.items()}
    )
    assert asked["age"].of("mean").value == pytest.approx(customers["age"].mean())
    assert asked["age"].of("median").value == customers["age"].quantile(0.5, "lower")
    assert asked["band"].of("under 30").value == pytest.approx((customers["age"] < 30).mean())
    assert asked["has"].of("savings").value == pytest.approx((customers["balance"] > 1000).mean())
    assert asked["has"].of("a mortgage").value == pytest.approx((customers["mortgage"] == "yes").mean())
    assert asked["ready"].of("well").value == pytest.approx((customers["balance"] >= 2000).mean())
    assert asked["home"].of("yes").value == pytest.approx((customers["mortgage"] == "yes").mean())
    said = asked.answers.filter(pl.col("item") == "age")
    assert said["value"].to_list() == customers["age"].to_list()
    assert {result.mark for result in asked.items} == {"the data say", "not answered"}


def test_personas_are_those_that_personas_finds_and_their_figures_their_own(asked, customers):
    found = twinfold.find_personas(customers, groups=3, seed=4)
    assert [group.name for group in asked.groups] == ["", *(persona.name for persona in found.personas)]
    frame = customers.with_columns(found.assignment["persona"])
    for persona in found.personas:
        own = frame.filter(pl.col("persona") == persona.name)
        assert asked["age"].of("mean", persona.name).value == pytest.approx(own["age"].mean())
        assert asked["age"].of("mean", persona.name).answers == own.height
    mean = sum(group.share * asked["age"].of("mean", group.name).value for group in asked.groups[1:])
    assert mean == pytest.approx(asked["age"].of("mean").value)


def test_what_nobody_knows_is_not_answered_and_says_why(asked):
    [only] = asked.unanswered
    assert only.item.id == "colour"
    assert only.reason
    assert only.tallies == ()
    record = asked.record()
    assert record["unanswered"] == [{"id": "colour", "reason": only.reason}]
    assert "Not answered: " in asked.text()
    rows = asked.answers.filter(pl.col("item") == "colour")
    assert rows["mark"].unique().to_list() == ["not answered"]
    assert rows["answer"].null_count() == rows["value"].null_count() == 900
    json.dumps(record, allow_nan=False)


def test_weights_change_figures_as_closed_forms_say(customers):
    found = twinfold.survey(customers, {"items": ITEMS[:3]}, n=900, weight="weight", **OWN)
    weight, age = customers["weight"].to_numpy(), customers["age"].to_numpy()
    assert found["age"].of("mean").value == pytest.approx(np.average(age, weights=weight))
    assert found["band"].of("under 30").value == pytest.approx(np.average(age < 30, weights=weight))
    assert found["age"].of("mean").effective == pytest.approx(weight.sum() ** 2 / (weight**2).sum())
    plain = twinfold.survey(customers, {"items": ITEMS[:3]}, n=900, **OWN)
    wider = found["band"].of("under 30"), plain["band"].of("under 30")
    assert wider[0].upper - wider[0].lower > 1.1 * (wider[1].upper - wider[1].lower)
    assert "that weigh alike" in found.text()
    assert found.answers["weight"][:900].to_list() == customers["weight"].to_list()


def test_customers_of_no_weight_are_not_asked(customers):
    old = customers.with_columns(stands_for=(pl.col("age") >= 60).cast(pl.Int64))
    found = twinfold.survey(old, {"items": ITEMS[:1]}, n=900, weight="stands_for", **OWN)
    assert found.asked == (customers["age"] >= 60).sum()
    assert found.answers["value"].min() >= 60


def test_a_condition_says_who_is_asked_and_a_sample_is_of_those(customers):
    found = twinfold.survey(customers, {"items": ITEMS[:1]}, n=50, who="channel = 'app'", **OWN, seed=1)
    assert (found.asked, found.people) == (50, 900)
    rows = customers.with_row_index("customer", offset=1).cast({"customer": pl.String})
    own = rows.filter(pl.col("customer").is_in(found.answers["customer"].to_list()))
    assert own["channel"].unique().to_list() == ["app"]
    assert "those of whom channel = 'app' holds" in found.text()
    again = twinfold.survey(customers, {"items": ITEMS[:1]}, n=50, who="channel = 'app'", **OWN, seed=1)
    assert again.answers.equals(found.answers)
    other = twinfold.survey(customers, {"items": ITEMS[:1]}, n=50, who="channel = 'app'", **OWN, seed=2)
    assert not other.answers.equals(found.answers)


def test_samples_hold_the_populations_share_as_often_as_they_say(customers):
    truth, held = (customers["age"] < 30).mean(), 0
    for seed in range(60):
        share = twinfold.survey(customers, {"items": ITEMS[2:3]}, n=60, conditions=["app: channel = 'app'"], seed=seed)[
            "band"
        ].of("under 30")
        held += share.lower <= truth <= share.upper
    assert held >= 54


def test_every_answer_has_words_that_say_it(asked):
    for result in asked.items:
        rows = asked.answers.filter((pl.col("item") == result.item.id) & pl.col("answer").is_not_null())
        if result.item.kind != "multiple" and not result.reason:
            assert rows["quote"].null_count() == 0
    ages = asked.answers.filter(pl.col("item") == "age")
    assert all(answer in quote for answer, quote in ages.select("answer", "quote").iter_rows())
    assert len(asked["mine"].quotes) == 6
    assert {quote.persona for quote in asked["mine"].quotes} == {group.name for group in asked.groups[1:]}
    assert {quote.voice for quote in asked["mine"].quotes} == {"template"}


def test_options_are_quoted_whole(customers):
    options = {"young; and able": "age < 30", "old": "age >= 30"}
    found = twinfold.survey(customers, {"items": [ITEMS[2] | {"options": options}]}, n=900, **OWN)
    quotes = found.answers.filter(pl.col("answer") == "young; and able")["quote"]
    assert quotes.str.contains("“young; and able”", literal=True).all()
    both = twinfold.survey(customers, {"items": [ITEMS[3]]}, n=900, **OWN).answers
    assert both.filter(answer="a mortgage; savings")["quote"].str.contains("“a mortgage” and “savings”").all()
    assert both.filter(answer="none of these")["quote"].str.contains("one of these").all()


def test_what_is_missing_is_no_answer(customers):
    gaps = customers.with_columns(
        pl.when(pl.col("age") < 30).then(None).otherwise("channel").alias("channel"),
        pl.when(pl.col("age") < 30).then(None).otherwise("balance").alias("balance"),
    )
    found = twinfold.survey(gaps, {"items": [ITEMS[1], ITEMS[4]]}, n=900, **OWN)
    old = gaps.filter(pl.col("age") >= 30)
    assert found["channel"].answered == old.height
    assert found["channel"].of("app").value == pytest.approx((old["channel"] == "app").mean())
    assert found["ready"].answered == old.height
    empty = gaps.with_columns(channel=pl.lit(None, pl.String)).with_columns(
        channel=pl.when(pl.col("age") > 200).then(pl.lit("app")).otherwise("channel")
    )
    assert "missing for everybody" in twinfold.survey(empty, {"items": [ITEMS[1]]}, n=100, **OWN)["channel"].reason


def test_levels_beyond_the_options_are_others(customers):
    found = twinfold.survey(customers, {"items": [ITEMS[1] | {"options": ["web"]}]}, n=900, **OWN)["channel"]
    assert found.options == ("web", "(other)")
    assert found.of("(other)").value == pytest.approx((customers["channel"] != "web").mean())


def test_options_are_levels_whatever_their_case_and_others_are_refused(customers):
    item = ITEMS[1] | {"options": ["WEB", "Branch"]}
    found = twinfold.survey(customers, {"items": [item]}, n=900, **OWN)["channel"]
    assert found.of("WEB").value == pytest.approx((customers["channel"] == "web").mean())
    for options, message in (
        (["web", "brunch"], "did you mean 'branch'"),
        (["web", "pilot"], r"'pilot' is not in the levels \(.*web"),
        (["web", "Web"], "'web' and 'Web' are both 'web'"),
    ):
        with pytest.raises(twinfold.SpecificationError, match=message):
            twinfold.survey(customers, {"items": [ITEMS[1] | {"options": options}]}, n=100, **OWN)


def test_an_option_that_nobody_who_is_asked_has_is_a_level_and_so_is_any_number(customers):
    item = ITEMS[1] | {"options": ["web", "app"]}
    found = twinfold.survey(customers, {"items": [item]}, n=900, who="channel = 'web'", **OWN)["channel"]
    assert (found.of("web").value, found.of("app").value) == (1, 0)
    words = item | {"column": None, "question": "What is your channel?"}
    found = twinfold.survey(customers, {"items": [words]}, n=900, who="channel = 'web'", **OWN)["channel"]
    assert (found.of("web").value, found.of("app").value) == (1, 0)
    pilot = words | {"options": ["web", "pilot"]}
    assert "'pilot' is not in the levels" in twinfold.survey(customers, {"items": [pilot]}, **OWN)["channel"].reason
    savers = customers.with_columns(savings=pl.Series(np.arange(900) % 40 * 500))
    for more in ({"column": "savings"}, {"question": "What are your savings?"}):
        item = ITEMS[1] | {"column": None, "options": ["0", "12000", "7"]} | more
        found = twinfold.survey(savers, {"items": [item]}, n=900, **OWN)["channel"]
        assert [found.of(each).value for each in ("0", "12000", "7")] == pytest.approx([1 / 40, 1 / 40, 0], abs=1e-3)
    with pytest.raises(twinfold.SpecificationError, match="'nan' is not in the levels"):
        twinfold.survey(savers, {"items": [ITEMS[1] | {"column": "savings", "options": ["0", "nan"]}]}, **OWN)


def test_what_divides_by_nought_is_no_number_of_those_customers(customers):
    people = customers.with_columns(before=pl.Series([0.0, 2.0] * (customers.height // 2)))
    item = {"id": "more", "kind": "numeric", "question": "How much more?", "formula": "balance / before"}
    found = twinfold.survey(people, {"items": [item]}, n=customers.height, **OWN)["more"]
    known = people.filter(pl.col("before") > 0)
    assert found.of("mean").value == pytest.approx((known["balance"] / known["before"]).mean())
    assert found.of("mean").answers == known.height
    assert found.notes == (
        f"It comes to no number for {people.height - known.height} of 900 customers, who are left out.",
    )
    never = twinfold.survey(people, {"items": [item | {"formula": "balance / (before * 0)"}]}, n=50, **OWN)["more"]
    assert "no number" in never.reason


@pytest.mark.parametrize(
    ("options", "yes"),
    [(["no", "yes"], None), (["Nein", "Ja"], None), (["I haven't", "I have"], None), (["A", "B"], "B")],
)
def test_of_yes_and_no_the_options_order_changes_nothing(customers, options, yes):
    item = ITEMS[6] | {"options": options} | ({"yes": yes} if yes else {})
    found = twinfold.survey(customers, {"items": [item]}, n=customers.height, **OWN)["home"]
    share = (customers["mortgage"] == "yes").mean()
    assert found.options == tuple(options)
    assert [found.of(each).value for each in options] == pytest.approx([1 - share, share])


@pytest.mark.parametrize("options", [["A", "B"], ["No problem with it", "I'd refuse"], ["I do not mind", "Hardly"]])
def test_which_option_is_the_yes_has_to_be_told(customers, options):
    found = twinfold.survey(customers, {"items": [ITEMS[6] | {"options": options}]}, n=100, **OWN)["home"]
    assert f"say yes = {options[0]!r} or yes = {options[1]!r}" in found.reason


def test_points_that_are_recorded_are_counted(customers):
    marked = customers.with_columns(stars=pl.Series(np.arange(900) % 3 + 1))
    item = {"id": "s", "kind": "likert", "question": "Stars?", "scale": ["one", "two", "three"], "column": "stars"}
    found = twinfold.survey(marked, {"items": [item]}, n=900, **OWN)["s"]
    assert [found.of(what).value for what in ("one", "two", "three")] == pytest.approx([1 / 3] * 3)
    assert found.of("mean").value == pytest.approx(2)
    with pytest.raises(twinfold.SpecificationError, match="is answered by '4'"):
        twinfold.survey(marked.with_columns(stars=pl.col("stars") + 1), {"items": [item]})


def test_what_rows_amount_to_is_asked_by_its_name_or_in_words(bank):
    many = "'number of payments'"
    items = [
        {"id": "named", "kind": "numeric", "question": "How many?", "column": "number of payments"},
        {"id": "words", "kind": "numeric", "question": "How many payments do you have?"},
        {"id": "spent", "kind": "numeric", "question": "Spent?", "formula": f"{many} * 'mean amount of payments'"},
        {"id": "cut", "kind": "single", "question": "How many payments?", "cuts": [1, 5], "options": list("abc")},
    ]
    found = twinfold.survey(bank, {"items": items}, n=800, groups=2)
    counts = bank["customers"].join(bank["payments"].group_by("customer_id").len(), on="customer_id", how="left")
    counted = counts.sort("customer_id")["len"].fill_null(0)
    assert found["named"].of("mean").value == found["words"].of("mean").value == pytest.approx(counted.mean())
    assert found.answers.filter(item="named")["value"].to_list() == counted.to_list()
    assert found.answers.filter(item="words")["value"].to_list() == counted.to_list()
    totals = bank["payments"].group_by("customer_id").agg(pl.col("amount").sum())["amount"]
    assert found["spent"].answered == totals.len()
    assert found["spent"].of("mean").value == pytest.approx(totals.mean())
    assert found["cut"].of("a").value == pytest.approx((counted == 0).mean())
    spenders = max(found["named"].of("mean", group.name).value for group in found.groups[1:])
    assert spenders > 3 * min(found["named"].of("mean", group.name).value for group in found.groups[1:])


def test_too_few_for_personas_are_asked_without_and_told_so(customers):
    few = customers.head(120)
    found = twinfold.survey(few, {"items": ITEMS[:1]})
    assert [group.name for group in found.groups] == [""]
    assert any("No personas are told apart" in note for note in found.notes)
    assert found.answers["persona"].unique().to_list() == [""]
    with pytest.raises(twinfold.DataError, match="200 people or more"):
        twinfold.survey(few, {"items": ITEMS[:1]}, groups=3)


def test_small_groups_are_not_told(customers):
    found = twinfold.survey(customers, {"items": ITEMS[:1]}, n=12, conditions=["old: age >= 66"], seed=3)
    told = {tally.group for tally in found["age"].tallies}
    assert "" in told
    assert all(found["age"].of("mean", name).answers >= 5 for name in told if name)


def test_a_questionnaires_seed_is_used_unless_another_is_given(customers):
    asked = {"seed": 5, "items": ITEMS[:1]}
    own = twinfold.survey(customers, asked, n=20, **OWN)
    assert own.answers.equals(twinfold.survey(customers, asked, n=20, **OWN, seed=5).answers)
    assert not own.answers.equals(twinfold.survey(customers, asked, n=20, **OWN, seed=6).answers)
    assert own.origin["seed"] == "5"


@pytest.mark.parametrize(
    ("item", "options", "message"),
    [
        ({"column": "agee"}, {}, "did you mean 'age'"),
        ({"kind": "numeric", "formula": "agee * 2"}, {}, "did you mean 'age'"),
        ({"kind": "numeric", "formula": "__import__('os')"}, {}, "is no formula"),
        ({"kind": "numeric", "column": "channel"}, {}, "give one of numbers"),
        ({"options": {"x": "agee < 3"}}, {}, "did you mean 'age'"),
        ({"options": {"x": "age <"}}, {}, "condition"),
        ({"behaviour": "b"}, {}, "behaviour 'b' is not there; give the file"),
        ({}, {"n": 0}, "give 1 or more"),
        ({}, {"groups": 1}, "give from 2 to 10"),
        ({}, {"seed": -1}, "whole number from 0"),
        ({}, {"who": "age > 500"}, "nobody is left"),
        ({}, {"who": "age >"}, "condition"),
        ({}, {"weight": "wait"}, "did you mean 'weight'"),
        ({}, {"weight": "channel"}, "holds no numbers"),
        ({}, {"weight": "minus"}, "are missing or below 0"),
        ({}, {"conditions": ["a: age < 30"], "groups": 2}, "leave out the number"),
        ({}, {"behaviours": ["none.behaviour"]}, "none.behaviour"),
        ({}, {"documents": ["none.md"]}, "none.md"),
    ],
)
def test_what_is_not_accepted_is_told(customers, item, options, message):
    frame = customers.with_columns(minus=-pl.col("weight"))
    asked = {"items": [{"id": "i", "kind": "single", "question": "Which channel?"} | item]}
    with pytest.raises(twinfold.TwinfoldError, match=message) as told:
        twinfold.survey(frame, asked, **options)
    assert "\n" not in str(told.value)


def test_documents_are_answered_from(customers, tmp_path):
    (tmp_path / "fees.md").write_text("# Fees\n\n## Late payment\n\nA late payment costs 25 EUR.\n")
    item = {"id": "fee", "kind": "open", "question": "What is the fee for a late payment?"}
    found = twinfold.survey(customers, {"items": [item]}, n=30, **OWN, documents=[tmp_path / "fees.md"])
    assert "25 EUR" in found["fee"].quotes[0].text
    assert found.origin["documents"] == "fees.md"
