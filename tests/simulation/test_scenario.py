"""What a scenario accepts, and how it says what it does not."""

import datetime

import pytest

from twinfold.errors import SpecificationError
from twinfold.simulation.scenario import read_scenario

GOOD = {
    "periods": 12,
    "decisions": {"take": {"behaviour": "b"}, "default": {"behaviour": "d", "after": "take"}},
    "contacts": {"spring": {"decisions": "take", "periods": [3]}},
    "arms": {"as now": {}},
}


def test_a_scenario_is_read_from_toml(tmp_path):
    path = tmp_path / "scenario.toml"
    path.write_text(
        'periods = 2\n[decisions.take]\nbehaviour = "b"\n[arms."as now"]\n[arms.new]\n'
        "changes = [{set = {rate = [1, 2]}, from = 2}]\n"
    )
    scenario = read_scenario(path)
    assert list(scenario.arms) == ["as now", "new"]
    [change] = scenario.arms["new"].changes
    assert (change.holds(1), change.holds(2)) == (False, True)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"periods": 0}, "periods"),
        ({"period": "fortnight"}, "day"),
        ({"perods": 3}, "did you mean 'periods'"),
        ({"decisions": {}}, "decisions"),
        ({"decisions": {"take": {}}}, "it is missing"),
        ({"decisions": {"take": {"behaviour": "b", "onse": True}}}, "did you mean 'once'"),
        ({"decisions": {"default": {"behaviour": "d", "after": "take"}, "take": {"behaviour": "b"}}}, "stand before"),
        ({"arms": {"a": {"changes": [{"from": 2}]}}}, "needs set, add or multiply"),
        ({"arms": {"a": {"changes": [{"set": {"x": 1}, "decision": "tke"}]}}}, "did you mean 'take'"),
        ({"arms": {"a": {"changes": [{"set": {"x": 1}, "untill": 2}]}}}, "did you mean 'until'"),
        ({"arms": {"a": {"contacts": ["sprng"]}}}, "did you mean 'spring'"),
        ({"arms": {"a": {"shocks": [{"decision": "take", "odds": [1, 2, 3]}]}}}, "ends of its interval"),
        ({"arms": {"a": {"shocks": [{"decision": "take", "odds": [0, 0, 0]}]}}}, "above 0"),
        ({"contacts": {"c": {"decisions": "take", "periods": [13]}}}, "lie within 1 to 12"),
        ({"contacts": {"c": {"decisions": "take", "periods": [1], "budget": 5}}}, "cost of one contact"),
        ({"contacts": {"c": {"decisions": "take", "periods": [1], "cost": "5%"}}}, "not '5%'"),
        ({"arms": {"a": {"shocks": [{"decision": "take", "odds": 0.8}]}}}, r"such as \[1.5, 1.2, 1.9\], not '0.8'"),
        ({"contact_policy": {"at_most": 0, "within": 1}}, "at_most"),
        ({"start": datetime.date(9000, 1, 1)}, "give a day before"),
    ],
)
def test_what_is_not_accepted_is_told_by_its_place_and_value(more, message):
    with pytest.raises(SpecificationError, match=message):
        read_scenario(GOOD | more)


@pytest.mark.parametrize(
    ("period", "start", "days"),
    [
        ("month", None, (0, 30, 60, 90)),
        ("month", datetime.date(2024, 1, 31), (0, 29, 60, 90)),  # 29 February, 31 March, 30 April
        ("quarter", datetime.date(2027, 11, 1), (0, 92, 182, 274)),
        ("year", datetime.date(2027, 2, 28), (0, 365, 731, 1096)),
        ("week", datetime.date(2027, 2, 28), (0, 7, 14, 21)),
    ],
)
def test_periods_are_those_of_the_calendar_where_it_is_known_when_they_begin(period, start, days):
    assert read_scenario(GOOD | {"periods": 3, "period": period, "start": start}).days == days


def test_a_file_that_is_none_is_told(tmp_path):
    with pytest.raises(SpecificationError, match="can't be read"):
        read_scenario(tmp_path / "none.toml")
    (tmp_path / "bad.toml").write_text("periods = = 2")
    with pytest.raises(SpecificationError, match="is no TOML"):
        read_scenario(tmp_path / "bad.toml")
    (tmp_path / "large.toml").write_text("# " + "x" * 300_000)
    with pytest.raises(SpecificationError, match="more than"):
        read_scenario(tmp_path / "large.toml")
