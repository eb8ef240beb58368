"""Scenarios whose answer is known: from a closed form, from the models themselves, or because nothing differs."""

import numpy as np
import polars as pl
import pytest
from scipy.special import expit

import twinfold
from known_worlds import make_offers
from twinfold.errors import DataError, SpecificationError

RATES = {"as now": {}, "cheaper": {"changes": [{"add": {"rate": -1}}]}}


def run(people, behaviours, decisions, arms, *, periods=1, **more):
    options = {key: more.pop(key) for key in ("seed", "draws", "events") if key in more}
    scenario = {"periods": periods, "decisions": decisions, "arms": arms, **more}
    return twinfold.simulate(people, scenario, behaviours=behaviours, **{"draws": 60} | options)


def offered(customers, offers, arms, *, decision=None, **more):
    own = {"take": {"behaviour": "offers"} | (decision or {})}
    return run(customers, {"offers": offers}, own, arms, **more)


def test_totals_are_what_the_behaviour_forecasts(customers, offers):
    outcome = offered(customers, offers, RATES)
    forecast = offers.forecast(customers)
    assert outcome.of("as now", "take").total.value == pytest.approx(forecast.prediction.sum(), rel=1e-4)
    gain = outcome.of("cheaper", "take").gain
    cheaper = offers.forecast(customers.with_columns(pl.col("rate") - 1)).prediction.sum()
    assert gain.value == pytest.approx(cheaper - forecast.prediction.sum(), rel=1e-3)
    assert outcome.arms[1].identification == "randomised"


def test_intervals_are_those_of_the_gain_and_luck(people, mailing):
    arms = {arm: {"changes": [{"set": {"arm": arm}}]} for arm in ("none", "two")}
    outcome = run(people, {"mail": mailing}, {"visit": {"behaviour": "mail"}}, arms, draws=400)
    gain, said = outcome.of("two", "visit").gain, mailing.gain(people, "two", "none")
    luck = 2 * 1.96 * (said.value * people.height) ** 0.5  # as many would visit by this message alone
    known = (said.upper - said.lower) * people.height
    assert gain.value == pytest.approx(said.value * people.height, rel=1e-3)
    assert gain.upper - gain.lower == pytest.approx((known**2 + luck**2) ** 0.5, rel=0.12)


def test_an_interval_holds_what_is_not_known_and_so_never_shrinks_to_nothing(customers, offers):
    many = pl.concat([customers.with_columns(pl.col("id") + 10_000 * n) for n in range(8)])
    widths = []
    for people in (customers, many):
        gain = offered(people, offers, RATES).of("cheaper", "take").gain
        widths.append((gain.upper - gain.lower) / people.height)
    assert widths[1] > 0.6 * widths[0]


def test_arms_that_are_alike_differ_by_nothing(customers, offers):
    outcome = offered(customers, offers, {"one": {}, "other": {"changes": [{"add": {"rate": 0}}]}})
    gain = outcome.of("other", "take").gain
    assert gain.lower == pytest.approx(0, abs=1e-3)
    assert gain.upper == pytest.approx(0, abs=1e-3)


def test_the_same_seed_gives_the_same_and_another_another(customers, offers):
    one, again, other = (offered(customers, offers, RATES, seed=seed).frame() for seed in (1, 1, 2))
    assert one.equals(again)
    assert not one.equals(other)


def test_groups_add_up_and_small_ones_are_left_out(customers, offers):
    people = customers.with_columns(
        pl.when(pl.int_range(pl.len()) < 10).then(pl.lit("x")).otherwise(pl.lit("risk")).alias("rare")
    )
    outcome = offered(people, offers, RATES, by=["risk", "age", "rare"])
    frame = outcome.frame().filter(pl.col("arm") == "cheaper", pl.col("metric") == "take")
    whole = frame.filter(pl.col("column").is_null())["gain"].item()
    for column in ("risk", "age"):
        assert frame.filter(pl.col("column") == column)["gain"].sum() == pytest.approx(whole, rel=1e-6)
    assert frame.filter(pl.col("column") == "rare")["level"].to_list() == ["risk"]


def test_values_are_counted_by_their_formulas(customers, offers):
    values = {"volume": 1000, "interest": "volume * rate / 100", "margin": "max(interest - 40, 0)"}
    outcome = offered(customers, offers, RATES, decision={"values": values})
    chance, rate = offers.forecast(customers).prediction, customers["rate"].to_numpy()
    assert outcome.of("as now", "interest").total.value == pytest.approx((chance * 10 * rate).sum(), rel=1e-4)
    margin = (chance * np.maximum(10 * rate - 40, 0)).sum()
    assert outcome.of("as now", "margin").total.value == pytest.approx(margin, rel=1e-4)


def test_a_rate_that_nobody_was_offered_is_said_to_lie_beyond_and_is_uncertain(customers, offers):
    arms = RATES | {"usury": {"changes": [{"set": {"rate": 25}}]}}
    outcome = offered(customers, offers, arms)
    near, far = (outcome.of(arm, "take").total for arm in ("cheaper", "usury"))
    assert (far.upper - far.lower) > 2 * (near.upper - near.lower)
    assert outcome.arms[2].supported < 0.01
    assert "BEYOND what was learned" in outcome.text()


def test_a_message_that_nobody_was_sent_gets_no_number(people, mailing):
    arms = {
        "none": {"changes": [{"set": {"arm": "none"}}]},
        "two": {"changes": [{"set": {"arm": "two"}}]},
        "new": {"changes": [{"set": {"arm": "poem"}}]},
    }
    outcome = run(people, {"mail": mailing}, {"visit": {"behaviour": "mail"}}, arms)
    assert outcome.of("two", "visit").gain.lower > 0
    assert outcome.of("new", "visit").total is None
    assert outcome.of("new", "visit").gain is None
    assert outcome.arms[2].identification == "not identified"
    assert outcome.of("new", "visit").identification == "not identified"
    assert outcome.frame().filter(pl.col("arm") == "new")["total"].null_count() == 1
    assert "arm 'poem' (3,000 rows) was never tried (none, one, two)" in outcome.arms[2].notes[0]


def test_of_an_arm_only_that_is_unknown_which_an_untried_message_bears_on(customers, offers, people, mailing):
    both = customers.drop("id", "age").hstack(people)
    decisions = {
        "take": {"behaviour": "offers"},
        "visit": {"behaviour": "mail", "values": {"worth": 3}},
        "again": {"behaviour": "offers", "after": "visit"},
    }
    contacts = {"poem": {"decisions": "visit", "periods": 1, "at_most": 100, "set": {"arm": "poem"}, "cost": 2}}
    arms = {
        "as now": {"changes": [{"set": {"arm": "none"}}], "contacts": []},
        "new": {"changes": [{"set": {"arm": "none"}}, {"add": {"rate": -1}, "decision": "take"}]},
    }
    known = {"mail": mailing, "offers": offers}
    outcome = run(both, known, decisions, arms, contacts=contacts, periods=2)
    assert outcome.of("new", "take").gain.lower > 0
    assert outcome.of("new", "take").identification == "randomised"
    for metric in ("visit", "worth", "again"):
        assert outcome.of("new", metric).total is None
        assert outcome.of("new", metric).identification == "not identified"
    assert outcome.of("new", "contacts").total.value == 100
    assert outcome.of("new", "cost of contacts").gain.value == 200


def test_every_number_says_what_it_rests_on(customers, offers):
    decisions = {
        "take": {"behaviour": "offers", "values": {"interest": "rate * 10", "fee": 5}},
        "loyal": {"behaviour": "offers", "after": "take"},
        "other": {"behaviour": "offers", "values": {"rent": "rate"}},
    }
    arms = {
        "as now": {},
        "older": {"changes": [{"add": {"age": 5}, "decision": "take"}]},
        "shock": {"shocks": [{"decision": "other", "odds": [0.5, 0.4, 0.6]}]},
        "income": {"changes": [{"set": {"income": 900}}]},
    }
    rich = customers.with_columns(income=pl.lit(800.0))
    decisions["other"]["values"]["tax"] = "income / 10"
    outcome = run(rich, {"offers": offers}, decisions, arms, periods=2)
    said = {(each.arm, each.metric): each.identification for each in outcome.results}
    assert said["as now", "take"] == ""
    for metric in ("take", "interest", "fee", "loyal"):
        assert said["older", metric] == "observational"
    assert said["older", "other"] == said["shock", "take"] == "the same"
    assert said["shock", "other"] == said["shock", "rent"] == "assumed"
    assert said["income", "tax"] == "by your formula"
    assert said["income", "other"] == said["income", "rent"] == "the same"
    assert outcome.of("income", "tax").gain.value > 0


def test_totals_are_sums_of_what_is_counted(customers, offers):
    decision = {"values": {"interest": "rate * 10"}}
    contacts = {"call": {"decisions": "take", "periods": 1, "at_most": 500, "cost": 2}}
    arms = {"as now": {"contacts": []}, "calls": {}}
    totals = {"surplus": "interest - 'cost of contacts' / 2", "twice": "2 * surplus"}
    outcome = offered(customers, offers, arms, decision=decision, contacts=contacts, totals=totals)
    interest = outcome.of("calls", "interest")
    surplus = outcome.of("calls", "surplus")
    assert surplus.total.value == pytest.approx(interest.total.value - 500)
    assert surplus.total.upper == pytest.approx(interest.total.upper - 500)
    assert surplus.gain.value == pytest.approx(interest.gain.value - 500)
    assert outcome.of("calls", "twice").total.value == pytest.approx(2 * surplus.total.value)
    assert outcome.main == "surplus"


def test_a_change_that_reaches_nobody_is_told_and_carries_no_label(customers, offers):
    arms = {
        "as now": {},
        "mars": {"changes": [{"set": {"rate": 5}, "who": "age > 200"}]},
        "late": {"changes": [{"set": {"rate": 5}, "from": 9}]},
        "call": {"contacts": ["call"]},
    }
    contacts = {"call": {"decisions": "take", "periods": 1, "who": "age > 200"}}
    outcome = offered(customers, offers, arms, contacts=contacts)
    mars, late, call = outcome.arms[1:]
    assert mars.identification == late.identification == "the same"
    assert "age > 200 holds for no customer" in mars.notes[0]
    assert "it holds in none of the 1 periods" in late.notes[0]
    assert "Contact call reached nobody." in call.notes


def test_bands_of_one_period_are_the_interval_without_luck(customers, offers):
    outcome = offered(customers, offers, {"as now": {}, "usury": {"changes": [{"set": {"rate": 25}}]}}, draws=400)
    for place, arm in enumerate(("as now", "usury")):
        middle, low, high = outcome.arms[place].paths["take"][:, 0]
        total = outcome.of(arm, "take").total
        assert middle == pytest.approx(total.value, rel=1e-4)
        luck = 1.96 * total.value**0.5
        for band, end in ((middle - low, total.value - total.lower), (high - middle, total.upper - total.value)):
            assert 0.8 * end - luck <= band <= 1.02 * end
    said = offers.forecast(customers.with_columns(rate=pl.lit(25.0))).average
    assert high / customers.height == pytest.approx(said[2], rel=0.15)  # as a forecast has it


def test_a_column_that_was_only_observed_is_called_so(customers, offers):
    outcome = offered(customers, offers, {"as now": {}, "older": {"changes": [{"add": {"age": 5}}]}})
    assert outcome.arms[1].identification == "observational"
    assert outcome.of("older", "take").gain.value > 0


def test_a_shock_is_the_users_word_and_carries_its_interval(customers, offers):
    arms = {"as now": {}, "downturn": {"shocks": [{"decision": "take", "odds": [0.5, 0.4, 0.6]}]}}
    outcome = offered(customers, offers, arms, draws=400)
    assert outcome.arms[1].identification == "assumed"
    chance = offers.forecast(customers).prediction
    halved = 0.5 * chance / (1 - chance + 0.5 * chance)
    gain = outcome.of("downturn", "take").gain
    assert gain.value == pytest.approx((halved - chance).sum(), rel=1e-3)
    ends = [(o * chance / (1 - chance + o * chance) - chance).sum() for o in (0.4, 0.6)]
    assert gain.lower <= ends[0] * 0.97
    assert gain.upper >= ends[1] * 1.03


def test_a_change_of_some_moves_them_alone(customers, offers):
    arms = {"as now": {}, "good": {"changes": [{"add": {"rate": -2}, "who": "risk = 'low' and age >= 40"}]}}
    outcome = offered(customers, offers, arms, by="risk")
    assert outcome.of("good", "take", "risk", "low").gain.value > 0
    for level in ("medium", "high"):
        assert outcome.of("good", "take", "risk", level).gain.value == 0
    up, down = outcome.arms[1].winners["take"]
    assert up == pytest.approx(customers.filter(pl.col("risk") == "low", pl.col("age") >= 40).height / len(customers))
    assert down == 0


def test_who_takes_it_once_is_not_asked_again(customers, offers):
    often = offered(customers, offers, {"as now": {}}, periods=6)
    once = offered(customers, offers, {"as now": {}}, periods=6, decision={"once": True})
    chance = offers.forecast(customers).prediction
    assert often.of("as now", "take").total.value == pytest.approx(6 * chance.sum(), rel=1e-4)
    ever = once.of("as now", "take").total
    assert ever.value == pytest.approx((1 - (1 - chance) ** 6).sum(), rel=0.03)
    assert once.of("as now", "take").total.upper < often.of("as now", "take").total.lower


def test_a_hazard_runs_over_its_time(savers, leaving):
    arms = {"free": {"changes": [{"set": {"fee": 0}}]}, "fee": {"changes": [{"set": {"fee": 1}}]}}
    outcome = run(savers, {"b": leaving}, {"leave": {"behaviour": "b", "ends": True}}, arms, periods=12, period="month")
    wealth = savers["wealth"].to_numpy()
    for arm, fee in (("free", 0.0), ("fee", 1.0)):
        stays = np.ones(len(wealth))
        for month in range(12):
            score = -2.5 - 0.1 * month + 0.5 * wealth + 0.6 * fee
            stays *= 1 - expit(score)
        found = outcome.of(arm, "leave").total
        assert found.lower <= (1 - stays).sum() <= found.upper
        assert found.value == pytest.approx((1 - stays).sum(), rel=0.08)
    path = outcome.arms[0].paths["leave"][0]
    assert path[0] > 1.5 * path[-1]
    assert path.sum() == pytest.approx(outcome.of("free", "leave").total.value, rel=1e-3)


def test_the_column_of_the_time_says_where_customers_begin(savers, leaving):
    decisions, arm = {"leave": {"behaviour": "b", "ends": True}}, {"free": {"changes": [{"set": {"fee": 0}}]}}
    fresh, long = (
        run(savers.with_columns(month=pl.lit(begin)), {"b": leaving}, decisions, arm, periods=2).of("free", "leave")
        for begin in (0, 9)
    )
    assert long.total.value < 0.75 * fresh.total.value


def test_what_comes_after_begins_with_it(savers, leaving, people, mailing):
    both = savers.head(2_000).hstack(people.head(2_000))
    decisions = {
        "visit": {"behaviour": "mail", "once": True},
        "leave": {"behaviour": "b", "after": "visit", "ends": True},
    }
    arms = {
        "few": {"changes": [{"set": {"arm": "none", "fee": 0}}]},
        "many": {"changes": [{"set": {"arm": "two", "fee": 0}}]},
    }
    outcome = run(both, {"mail": mailing, "b": leaving}, decisions, arms, periods=8)
    for arm in arms:
        assert outcome.of(arm, "leave").total.value < outcome.of(arm, "visit").total.value
    assert outcome.arms[0].paths["leave"][0][0] == 0  # nobody leaves before they came
    assert outcome.of("many", "leave").gain.lower > 0


def test_what_comes_after_begins_once(savers, leaving, people, mailing):
    both = savers.head(2_000).hstack(people.head(2_000))
    totals = []
    for once in (True, False):  # that visits go on changes nothing for those who came and may leave
        decisions = {"visit": {"behaviour": "mail", "once": once}, "leave": {"behaviour": "b", "after": "visit"}}
        arm = {"many": {"changes": [{"set": {"arm": "two", "fee": 0}}]}}
        outcome = run(both, {"mail": mailing, "b": leaving}, decisions, arm, periods=8)
        totals.append(outcome.of("many", "leave").total.value)
    assert totals[0] == pytest.approx(totals[1], rel=1e-6)


def test_a_number_is_expected_and_comes_to_more_or_less_by_luck(customers):
    frame = make_offers(4_000, 0).frame.with_columns(spent=100 - 4 * pl.col("rate") + pl.col("age"))
    noise = np.random.default_rng(0).normal(0, 30, frame.height)
    frame = frame.with_columns(pl.col("spent") + pl.Series(noise)).drop("taken", "amount")
    asked = {"kind": "response", "outcome": "spent", "treatment": "rate", "strata": ["risk"]}
    decisions = {"spend": {"behaviour": "b", "values": {"tax": 0.2}}}
    outcome = run(customers, {"b": twinfold.calibrate(frame, asked)}, decisions, RATES, draws=200)
    truth = (100 - 4 * customers["rate"] + customers["age"]).sum()
    found, gain = outcome.of("as now", "spend").total, outcome.of("cheaper", "spend").gain
    assert found.lower <= truth <= found.upper
    assert found.upper - found.lower > 2 * 1.96 * 30 * len(customers) ** 0.5  # their luck
    assert gain.lower <= 4 * len(customers) <= gain.upper
    assert gain.upper - gain.lower < found.upper - found.lower  # which is the same in both arms
    assert outcome.of("as now", "tax").total.value == pytest.approx(0.2 * found.value, rel=1e-4)


def test_a_number_stays_within_what_was_seen(customers):
    frame = make_offers(4_000, 0).frame.with_columns(spent=pl.max_horizontal(100 - 4 * pl.col("rate"), 60.0))
    asked = {"kind": "response", "outcome": "spent", "treatment": "rate", "strata": ["risk"]}
    behaviour = twinfold.calibrate(frame.drop("taken", "amount"), asked)
    arms = {"as now": {}, "dear": {"changes": [{"set": {"rate": 30}}]}}
    outcome = run(customers, {"b": behaviour}, {"spend": {"behaviour": "b"}}, arms)
    dear = behaviour.forecast(customers.with_columns(rate=pl.lit(30.0))).prediction
    assert dear.min() >= 60
    assert outcome.of("dear", "spend").total.value == pytest.approx(dear.sum(), rel=1e-5)


def test_a_redesign_moves_the_share_that_the_choice_model_says(cards):
    options = {"ours": {"fee": 1, "points": 1}, "rival": {"fee": 0, "points": 0}, "other": {"fee": 1, "points": 2}}
    arms = {"as now": {}, "no fee": {"changes": [{"decision": "card", "option": "ours", "set": {"fee": 0}}]}}
    people = pl.DataFrame({"who": np.arange(200)})
    decisions = {"card": {"behaviour": "b", "options": options, "values": {"income": "10 * fee"}}}
    outcome = run(people, {"b": cards}, decisions, arms, customer="who")
    shares = cards.shares(pl.DataFrame([{"fee": o["fee"], "points": o["points"]} for o in options.values()]))["share"]
    for option, share in zip(options, shares, strict=True):
        assert outcome.of("as now", f"card: {option}").total.value / 200 == pytest.approx(share, abs=0.03)
    assert sum(outcome.of("as now", f"card: {o}").total.value for o in options) == pytest.approx(200, rel=1e-4)
    assert outcome.of("no fee", "card: ours").gain.lower > 0
    assert outcome.of("no fee", "income").total.value == 0
    assert outcome.of("as now", "income").total.value == pytest.approx(
        10 * outcome.of("as now", "card: ours").total.value, rel=1e-4
    )


def test_a_learned_customer_chooses_as_the_forecast_says(cards, tmp_path):
    people, pair = pl.DataFrame({"who": np.arange(200)}), {"fee": 1.0, "points": 1.0}
    decisions = {"card": {"behaviour": "b", "options": {"ours": pair, "none": {"fee": 0, "points": 0}}}}
    path = tmp_path / "events.parquet"
    outcomes = [
        run(people, {"b": cards}, decisions, {"now": {}}, customer="who", seed=seed, **more)
        for seed, more in ((0, {"events": path}), (1, {}))
    ]
    said = cards.forecast(people.with_columns(**{name: pl.lit(value) for name, value in pair.items()})).prediction
    events = pl.read_parquet(path).sort("customer")
    ours = (events["choice"] == "ours").to_numpy()
    logged = np.where(ours, events["probability"], 1 - events["probability"])
    assert np.corrcoef(logged, said)[0, 1] > 0.99
    totals = [each.of("now", "card: ours").total for each in outcomes]
    assert totals[0].value == pytest.approx(said.sum(), rel=0.02)
    assert totals[0].value == pytest.approx(totals[1].value, rel=0.01)  # whatever the seed


def test_purchases_are_those_that_the_lifetime_model_expects(buying):
    people = pl.DataFrame({"who": np.arange(1_200)})
    decisions = {"buy": {"behaviour": "b", "values": {"spent": "amount"}}}
    outcome = run(people, {"b": buying}, decisions, {"as now": {}}, periods=90, period="day", customer="who")
    forecast = buying.forecast(people, "90d")
    found = outcome.of("as now", "buy").total
    assert found.value == pytest.approx(forecast.prediction.sum(), rel=0.08)
    assert outcome.of("as now", "spent").total.value == pytest.approx(forecast.more["value"].sum(), rel=0.1)
    monthly = run(people, {"b": buying}, decisions, {"as now": {}}, periods=3, period="month", customer="who")
    assert monthly.of("as now", "buy").total.value == pytest.approx(found.value, rel=1e-6)


def test_lists_go_through_the_periods_and_stay_at_their_last(customers, offers):
    arms = {"as now": {}, "path": {"changes": [{"add": {"rate": [0, -1, -2]}, "from": 2, "until": 5}]}}
    outcome = offered(customers, offers, arms, periods=6)
    path = outcome.arms[1].paths["take"][0] / outcome.arms[0].paths["take"][0]
    assert path[:2] == pytest.approx([1, 1])
    assert 1 < path[2] < path[3] == pytest.approx(path[4])
    assert path[5] == pytest.approx(1)


@pytest.mark.parametrize(
    ("scenario", "message"),
    [
        ({"arms": {"a": {"changes": [{"set": {"rte": 5}}]}}}, "did you mean 'rate'"),
        ({"arms": {"a": {"changes": [{"add": {"id": 1}}]}}}, "nothing was learned of what it does"),
        ({"by": ["agee"]}, "did you mean 'age'"),
        ({"customer": "risk"}, "has several rows"),
        ({"decisions": {"take": {"behaviour": "offers", "values": {"worth": "2 * lone"}}}}, "what it may use"),
        ({"decisions": {"take": {"behaviour": "offers", "values": {"age": "2"}}}}, "another name"),
        ({"decisions": {"take": {"behaviour": "offers", "values": {"worth": "2 * risk"}}}}, "holds text"),
        ({"decisions": {"take": {"behaviour": "offers", "options": {"a": {}, "b": {}}}}}, "leave them out"),
        ({"arms": {"a": {"changes": [{"set": {"rate": "low"}}]}}}, "holds numbers"),
        ({"arms": {"a": {"changes": [{"set": {"rate": 5}, "who": "risk = 'x'"}]}}}, None),
        ({"arms": {"a": {"changes": [{"set": {"rate": 5}, "who": "rsk = 'low'"}]}}}, "did you mean 'risk'"),
        ({"contacts": {"c": {"decisions": "take", "periods": 1, "who": "risk ="}}}, "condition"),
        ({"contacts": {"c": {"decisions": "take", "periods": 1, "first": "risk"}}}, "holds text"),
        (
            {"contacts": {"c": {"decisions": "take", "periods": 1, "set": {"colour": "red"}}}},
            "did you mean|not in take",
        ),
        ({"contacts": {"c": {"decisions": "take", "periods": 1, "first": "prediction * lone"}}}, "what it may use"),
        ({"totals": {"profit": "margn - take"}}, "what is counted"),
        ({"totals": {"profit": "max(take, 0)"}}, "no sum of names"),
        ({"totals": {"take": "2 * take"}}, "another name"),
    ],
)
def test_what_does_not_fit_is_said_before_anything_runs(customers, offers, scenario, message):
    asked = {"periods": 1, "decisions": {"take": {"behaviour": "offers"}}, "arms": {"as now": {}}} | scenario
    if message is None:
        twinfold.simulate(customers, asked, behaviours={"offers": offers}, draws=20)
        return
    with pytest.raises(twinfold.TwinfoldError, match=message):
        twinfold.simulate(customers, asked, behaviours={"offers": offers}, draws=20)


def test_customers_without_the_treatment_are_told_what_to_give(customers, offers):
    with pytest.raises(SpecificationError, match="give it, or set it in every arm"):
        offered(customers.drop("rate"), offers, {"as now": {}})


def test_customers_without_a_stratum_are_told_what_to_give(customers, offers):
    with pytest.raises(DataError, match="within which the effect on take was learned"):
        offered(customers.drop("risk"), offers, {"as now": {}})


def test_customers_never_seen_are_said_to_be_taken_for_new_ones(buying):
    people = pl.DataFrame({"who": np.arange(1_190, 1_210)})
    outcome = run(people, {"b": buying}, {"buy": {"behaviour": "b"}}, {"as now": {}}, period="week", customer="who")
    assert "10 customers are not among the learned" in outcome.text()


def test_a_gap_in_what_a_formula_needs_is_told(customers, offers):
    gaps = customers.with_columns(limit=pl.when(pl.col("age") > 50).then(None).otherwise(100))
    with pytest.raises(DataError, match="comes to no number for"):
        offered(gaps, offers, RATES, decision={"values": {"worth": "limit"}})


def test_synthetic_customers_may_take_the_place_of_real_ones(customers, offers):
    made = twinfold.sample(twinfold.fit(customers.drop("id"), seed=0), customers.height, seed=1)
    real, synthetic = (offered(each, offers, RATES).of("cheaper", "take").gain for each in (customers, made))
    assert synthetic.value == pytest.approx(real.value, rel=0.15)


def test_how_evenly_a_decision_comes_is_told_by_sensitive_columns(customers, offers):
    old = customers.with_columns(old=(pl.col("age") > 50).cast(pl.Int64))
    outcome = offered(old, offers, RATES, sensitive="old")
    [ratio, _] = outcome.ratios
    chance = offers.forecast(customers).prediction
    rates = [chance[(old["old"] == each).to_numpy()].mean() for each in (0, 1)]
    assert (ratio.least, ratio.most) == ("0", "1")
    assert ratio.value == pytest.approx(rates[0] / rates[1], rel=1e-3)
    assert ratio.lower < ratio.value < ratio.upper
