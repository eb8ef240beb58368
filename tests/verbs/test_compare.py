"""`compare` finds out which engine is near, which gives customers away, and which can't be tried."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import polars as pl
import pytest

import twinfold
from planted_engines import MISSING, PlantedEngine, copy_rows, plant, shuffle_columns
from twinfold.errors import DataError, MissingExtraError, OptionError, SchemaError
from twinfold.evaluation import boosting
from twinfold.evaluation.engines.comparison import EngineComparison
from twinfold.evaluation.engines.trial import MEASURES


def customers(rows: int = 600, seed: int = 0) -> pl.DataFrame:
    """Customers whose columns go together, and who have many levels, so that each stands alone."""
    rng = np.random.default_rng(seed)
    age = rng.integers(20, 80, rows)
    income = 100 * (age // 2 + rng.integers(0, 12, rows))
    debt = income // 2 + 50 * rng.integers(0, 8, rows)
    region = np.array(["north", "south", "east"])[(age + rng.integers(0, 20, rows)) % 3]
    return pl.DataFrame(
        {
            "age": age,
            "income": income,
            "debt": debt,
            "region": region,
            "late": np.where(debt > 0.6 * income + rng.normal(0, 100, rows), "yes", "no"),
        }
    )


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    patch.setattr(boosting, "_ROUNDS", 30)  # a sixth of the trees: what is planted is found by fewer
    yield
    patch.undo()


PLANTED = {
    "copier": PlantedEngine(copy_rows),
    "shuffler": PlantedEngine(shuffle_columns),
    "broken": PlantedEngine(copy_rows, error=ZeroDivisionError("nothing\nto divide")),
    "winged": PlantedEngine(copy_rows, error=MISSING),
}


@pytest.fixture(scope="module")
def found() -> EngineComparison:
    with pytest.MonkeyPatch.context() as patch:
        plant(patch, PLANTED)
        return twinfold.compare(customers(), target="late", policy="internal-testing")


def test_planted_engines_are_not_fit_for_release_and_rank_last(found: EngineComparison) -> None:
    assert [trial.engine for trial in found.judged] == ["trees", "shuffler", "copier"]
    assert found.recommendation.engine == "trees"
    states = {trial.engine: (trial.state, trial.released) for trial in found.trials}
    assert states["copier"] == states["shuffler"] == ("judged", False)
    by_name = {trial.engine: trial for trial in found.trials}
    copies = by_name["copier"].finding("exact_copies")
    assert copies is not None
    assert copies.verdict == "fail"
    assert by_name["copier"].leaks
    assert not by_name["shuffler"].leaks
    assert by_name["shuffler"].closeness > by_name["trees"].closeness


def test_what_was_not_judged_is_named_with_its_reason(found: EngineComparison) -> None:
    untold = {trial.engine: trial for trial in found.untold}
    assert untold["winged"].state == "not installed"
    assert 'pip install "twinfold[wings]"' in untold["winged"].reason
    assert (untold["broken"].state, untold["broken"].reason) == ("failed", "ZeroDivisionError: nothing to divide")
    for shown in (found.text(), found.html()):
        assert "winged" in shown
        assert "ZeroDivisionError: nothing to divide" in shown


def test_page_text_and_json_hold_the_same_figures(found: EngineComparison) -> None:
    page, text, record = found.html(), found.text(), json.loads(json.dumps(found.json(), allow_nan=False))
    assert record["headline"] == found.headline
    assert record["recommendation"]["sentences"] == list(found.recommendation.sentences)
    for engine in record["engines"]:
        shown = {finding["name"]: finding for finding in engine["findings"]}
        assert set(shown) >= set(MEASURES) or engine["state"] != "judged"
        for name, (title, decimals) in MEASURES.items():
            if name in shown:
                low, value, high = (f"{shown[name][end]:.{decimals}f}" for end in ("low", "value", "high"))
                assert f"{value}<small>{low} to {high}</small>" in page
                assert value in text
                assert title in text
    assert found._repr_html_().startswith("<iframe")


def test_the_same_seed_gives_the_same_figures_times_aside(monkeypatch: pytest.MonkeyPatch) -> None:
    def told() -> list[Any]:
        record = twinfold.compare(customers(240), seed=3).json()
        timeless = [{k: v for k, v in e.items() if k not in ("fit", "draw")} for e in record["engines"]]
        return [timeless, record["yardsticks"], record["provenance"]]

    plant(monkeypatch, {"shuffler": PLANTED["shuffler"]})
    assert told() == told()


def test_where_none_is_fit_none_is_recommended(monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, {"copier": PLANTED["copier"]}, keep=())
    found = twinfold.compare(customers(300))
    assert found.recommendation.engine is None
    assert found.headline == "No engine is fit for model development."
    assert found.trials[0].reason in found.text()


def test_an_engine_asked_for_by_name_must_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch, PLANTED)
    with pytest.raises(MissingExtraError, match="wings"):
        twinfold.compare(customers(), engines="trees,winged")


def test_an_engine_without_a_model_at_the_end_of_its_part_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    late: list[float] = []

    def linger(progress: Any, budget: float | None) -> None:
        while budget is None:  # a rehearsal has a budget, and is let go
            late.append(1.0)
            progress("working", 0.5)

    plant(
        monkeypatch,
        {"slow": PlantedEngine(copy_rows, work=linger), "next": PLANTED["shuffler"], "last": PLANTED["copier"]},
    )
    monkeypatch.setattr("twinfold.evaluation.engines.allowance.time", _Clock(late))
    found = twinfold.compare(customers(240), budget="60s")
    untold = {trial.engine: trial for trial in found.untold}
    assert untold["slow"].state == "failed"
    assert "end of its part of the budget" in untold["slow"].reason
    assert {trial.engine for trial in found.judged} == {"trees", "next", "last"}
    late.append(600.0)
    with pytest.raises(DataError, match="no engine could be judged"):
        twinfold.compare(customers(240), engines=["slow"], budget="60s")


class _Clock:
    """A clock that stands still but for the seconds it is given."""

    def __init__(self, spent: list[float]) -> None:
        self.spent = spent

    def monotonic(self) -> float:
        return sum(self.spent)


def test_engines_for_which_no_time_is_left_are_not_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    spent: list[float] = []
    dawdling = PlantedEngine(shuffle_columns, work=lambda progress, budget: spent.append(0.0 if budget else 100.0))
    plant(monkeypatch, {"dawdling": dawdling, "after": PLANTED["shuffler"], "winged": PLANTED["winged"]})
    monkeypatch.setattr("twinfold.evaluation.engines.allowance.time", _Clock(spent))
    found = twinfold.compare(customers(240), budget="60s")
    states = {trial.engine: trial.state for trial in found.trials}
    assert (states["trees"], states["dawdling"], states["winged"]) == ("judged", "judged", "not installed")
    assert states["after"] == "not tried"
    assert "--engines after" in found.text()


def test_an_engine_too_slow_for_its_part_is_planned_for_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    spent: list[float] = []
    budgets: list[float | None] = []

    def work(progress: Any, budget: float | None) -> None:
        budgets.append(budget)
        if budget is None:
            progress("learning", 0.0)
            spent.append(10 + 1 / 3)  # what is left is no round number, and a budget all the same
            progress("learning", 0.2)

    plant(monkeypatch, {"slow": PlantedEngine(shuffle_columns, work=work)}, keep=())
    monkeypatch.setattr("twinfold.evaluation.engines.allowance.time", _Clock(spent))
    [trial] = twinfold.compare(customers(240), budget="80s").trials
    assert trial.judged
    assert trial.note.startswith("planned for 24 s")  # half of 80 s is for judging, ten are gone, and the guard looks
    assert budgets[-1] == 23.7


def test_a_user_who_stops_it_gets_what_there_is_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(progress: Any, budget: float | None) -> None:
        if budget is None:
            raise KeyboardInterrupt

    plant(monkeypatch, {"stopped": PlantedEngine(copy_rows, work=stop), "after": PLANTED["shuffler"]})
    found = twinfold.compare(customers(240))
    states = {trial.engine: trial.state for trial in found.trials}
    assert states == {"trees": "judged", "stopped": "not tried", "after": "not tried"}
    assert "Stopped by the user" in found.text()
    with pytest.raises(KeyboardInterrupt):
        twinfold.compare(customers(240), engines="stopped,trees")


@pytest.mark.parametrize(
    ("asked", "error", "said"),
    [
        ({"engines": "forest"}, OptionError, "engine 'forest' is not known .all, trees"),
        ({"engines": "trees,"}, OptionError, "engine ''"),
        ({"engines": []}, OptionError, "no engine to compare"),
        ({"budget": "soon"}, OptionError, "budget 'soon' is no time"),
        ({"target": "lat"}, SchemaError, "did you mean 'late'"),
        ({"policy": "fun"}, OptionError, "'fun'"),
        ({"seed": -1}, OptionError, "seed is -1"),
    ],
)
def test_what_can_not_be_asked_is_said_before_the_work(asked: dict[str, Any], error: type, said: str) -> None:
    def no_work(stage: str, done: float) -> None:
        raise AssertionError(stage)

    with pytest.raises(error, match=said):
        twinfold.compare(customers(), progress=no_work, **asked)


def test_tables_that_can_not_be_compared_on_are_refused() -> None:
    with pytest.raises(DataError, match=r"has 99 rows.*100 are needed"):
        twinfold.compare(customers(99))
    both = {"customers": customers().with_row_index("id"), "visits": pl.DataFrame({"id": [1, 2, 3], "day": [1, 2, 3]})}
    with pytest.raises(DataError, match=r"2 tables .customers, visits., and engines are compared on one table yet"):
        twinfold.compare(both)
    numbered = customers().with_columns(mail=pl.format("c{}@bank.example", pl.int_range(600)))
    with pytest.raises(OptionError, match="target 'mail' is not learned"):
        twinfold.compare(numbered, target="mail")
