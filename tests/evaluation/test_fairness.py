"""Gaps between groups on planted tables, against closed forms."""

import numpy as np
import polars as pl
import pytest

from twinfold.errors import OptionError
from twinfold.evaluation import fairness, gaps
from twinfold.evaluation.alignment import Aligned, align
from twinfold.evaluation.finding import Exhibit, Finding, Verdict
from twinfold.evaluation.granting import grant
from twinfold.evaluation.groups import find_groups, find_outcome
from twinfold.tables.reading import read

Doubled = tuple[Aligned, dict[str, Finding], list[Exhibit]]


def planted(rows: int, *, gap: float = 0.15, women: float = 0.4, shift: float = 0.0, seed: int = 0) -> pl.DataFrame:
    """Customers of whom men are granted credit more often, by `gap`; women's wages may be shifted."""
    rng = np.random.default_rng(seed)
    woman = rng.random(rows) < women
    good = rng.random(rows) < 0.4 + gap * np.where(woman, -0.5, 0.5)
    wage = rng.normal(0, 1, rows) + 1.5 * good + shift * woman
    return pl.DataFrame(
        {
            "sex": np.where(woman, "woman", "man"),
            "age": rng.integers(18, 90, rows),
            "wage": wage.round(3),
            "kin": rng.choice(["none", "some"], rows),
            "credit": np.where(good, "yes", "no"),
        }
    )


def tables(synthetic: pl.DataFrame, rows: int = 6000) -> Aligned:
    train = read(planted(rows, seed=1))
    others = (read(frame, schema=train.schema) for frame in (planted(rows, seed=2), synthetic))
    return align(train, *others, rng=np.random.default_rng(0))


def measure(
    aligned: Aligned, *sensitive: str, target: str = "credit", **options: object
) -> tuple[dict[str, Finding], list[Exhibit]]:
    rng = np.random.default_rng(0)
    found, exhibits = fairness.measure(aligned, target, sensitive, seed=0, rng=rng, **options)  # type: ignore[arg-type]
    assert all(f.group == "fair" for f in found)
    assert all(f.low <= f.value <= f.high for f in found if f.verdict is not Verdict.UNKNOWN)
    return {finding.name: finding for finding in found}, exhibits


@pytest.fixture(scope="module")
def doubled() -> Doubled:
    """Synthetic customers whose gap is twice as wide as the real one, and what is found of them."""
    aligned = tables(planted(6000, gap=0.3, seed=3))
    return aligned, *measure(aligned, "sex")


@pytest.fixture
def no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows alone are judged, in less time."""
    monkeypatch.setattr(fairness, "grant", lambda *_, **__: "No model was trained.")


def test_figures_are_those_of_the_closed_forms(doubled: Doubled) -> None:
    real, synthetic = planted(6000, seed=2), planted(6000, gap=0.3, seed=3)
    _, found, (gaps_shown, groups_shown) = doubled
    rates = [
        dict(frame.group_by("sex").agg((pl.col("credit") == "yes").mean()).iter_rows()) for frame in (real, synthetic)
    ]
    differences = [rate["man"] - rate["woman"] for rate in rates]
    assert found["parity_gap"].value == pytest.approx(differences[1])
    assert found["parity_gap"].yardstick == pytest.approx(differences[0])
    assert found["impact_ratio"].value == pytest.approx(rates[1]["woman"] / rates[1]["man"])
    assert found["parity_amplification"].value == pytest.approx(differences[1] / differences[0])
    women = [(frame["sex"] == "woman").mean() for frame in (real, synthetic)]
    assert found["representation_error"].value == pytest.approx(abs(women[1] - women[0]))
    row = dict(zip(groups_shown.header[:8], next(r for r in groups_shown.rows if r[0] == "woman")[:8], strict=True))
    assert (row["Share, real"], row["Share, synthetic"]) == pytest.approx(women)
    assert row["Real rows"] == (real["sex"] == "woman").sum()
    assert groups_shown.counts == (groups_shown.header.index("Real rows"),)  # a public report leaves small groups out
    assert (row["Rate, real"], row["Rate, synthetic"]) == pytest.approx((rates[0]["woman"], rates[1]["woman"]))
    assert gaps_shown.rows[0][3] == pytest.approx(differences[0])


def test_a_gap_twice_as_wide_is_found_in_the_rows_and_in_models(doubled: Doubled) -> None:
    _, found, _ = doubled
    rows = found["parity_amplification"]
    assert rows.low < 2 < rows.high
    assert rows.low > 1.3
    assert found["model_parity_amplification"].low > 1.2
    assert found["opportunity_amplification"].value > 1.2
    assert "woman lowest, man highest" in found["parity_gap"].sentence


def test_an_independent_real_half_widens_nothing_and_knows_its_groups() -> None:
    found, _ = measure(tables(planted(6000, seed=3)), "sex", "kin")
    for name in ("parity_amplification", "model_parity_amplification"):
        assert found[name].low < 1 < found[name].high, name
    subgroup = found["subgroup_error"]
    assert subgroup.low < subgroup.yardstick + 0.01
    assert found["representation_error"].value < 0.03


def test_the_worst_of_many_groups_is_no_false_alarm(no_models: None) -> None:
    """Twelve groups, by two columns and crossed: by chance alone one of them is always off."""
    alarms = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        sides = []
        for side in range(3):
            frame = planted(2_000, seed=100 * seed + side)
            sides.append(frame.with_columns(town=pl.Series(rng.choice(["a", "b", "c"], frame.height))))
        train = read(sides[0])
        aligned = align(train, *(read(s, schema=train.schema) for s in sides[1:]), rng=np.random.default_rng(0))
        found, _ = measure(aligned, "sex", "town")
        alarms.append(found["group_outcome_error"].low > 0)
    assert np.mean(alarms) <= 0.1


def test_what_is_wrong_inside_one_group_is_found_there(no_models: None) -> None:
    found, _ = measure(tables(planted(6000, shift=1.0, seed=3)), "sex", "kin")
    assert "woman" in found["subgroup_error"].sentence
    assert found["subgroup_error"].low > 2 * found["subgroup_error"].yardstick
    fewer, _ = measure(tables(planted(6000, women=0.2, seed=3)), "sex")
    assert fewer["representation_error"].low > 0.15
    assert "79.4% of synthetic and 59.9% of real rows" in fewer["representation_error"].sentence


def test_a_gap_the_other_way_round_is_said(no_models: None) -> None:
    found, _ = measure(tables(planted(6000, gap=-0.15, seed=3)), "sex")
    assert found["parity_amplification"].value == pytest.approx(1, abs=0.3)
    assert "the other way round: man lowest, woman highest" in found["parity_amplification"].sentence


def test_where_real_groups_are_alike_there_is_nothing_to_widen(no_models: None) -> None:
    found, _ = measure(tables(planted(6000, seed=3)), "kin")
    assert found["parity_amplification"].verdict is Verdict.UNKNOWN
    assert "no more than chance" in found["parity_amplification"].sentence
    assert found["parity_gap"].value < 0.05


def test_models_decide_at_the_same_volume_and_their_rates_are_counted_right(doubled: Doubled) -> None:
    aligned, found, (_, shown) = doubled
    outcome, [groups] = find_outcome(aligned, "credit", None), find_groups(aligned, ["sex"], "credit")
    granted = grant(aligned, outcome, seed=0)
    assert not isinstance(granted, str)
    good, group = outcome.codes[1] == 1, groups.codes[1]
    assert (granted.decisions.sum(2) == good.sum()).all()
    hits = [[granted.decisions[m, 0][good & (group == k)].mean() for k in (0, 1)] for m in (0, 1)]
    assert found["opportunity_gap"].value == pytest.approx(abs(hits[1][0] - hits[1][1]))
    assert found["opportunity_gap"].yardstick == pytest.approx(abs(hits[0][0] - hits[0][1]))
    assert [row[10] for row in shown.rows] == pytest.approx(hits[0])


def test_groups_are_crossed_cut_at_quartiles_and_small_ones_not_shown(no_models: None) -> None:
    aligned = tables(planted(6000, seed=3))
    _, exhibits = measure(aligned, "sex", "age")
    assert [e.title for e in exhibits] == [
        "Gaps between groups", "Groups by sex", "Groups by age", "Groups by sex x age",
    ]  # fmt: skip
    assert [len(e.rows) for e in exhibits[1:]] == [2, 4, 8]
    decades = read(planted(2000, seed=3).with_columns(pl.col("age") // 10))
    [each] = find_groups(align(decades, decades, decades, rng=np.random.default_rng(0)), ["age"], "credit")
    assert each.labels == tuple(f"age {decade}" for decade in range(1, 9))  # as `sample --fair` takes so few
    rare = planted(6000, seed=3).with_columns(
        sex=pl.when(pl.int_range(pl.len()) < 8)
        .then(pl.lit("man"))
        .when(sex="man")
        .then(pl.lit("woman"))
        .otherwise("sex")
    )
    [few] = find_groups(tables(rare), ["sex"], "credit")
    assert few.labels == ("woman",)


def test_customers_with_several_rows_count_once() -> None:
    rng = np.random.default_rng(0)
    owner = np.repeat(np.arange(400), 25)
    cells = rng.integers(0, 2, 400)[owner]
    alone, together = (gaps.resample(cells, 2, own, rng) for own in (None, owner))
    assert together[0].tolist() == np.bincount(cells).tolist()
    assert together[1:, 1].std() == pytest.approx(25 * np.sqrt((cells == 1).sum() / 25), rel=0.2)
    assert together[1:, 1].std() > 4 * alone[1:, 1].std()


@pytest.mark.parametrize(
    ("target", "favourable", "level", "share"),
    [("credit", None, "= 'yes'", 0.4), ("wage", None, "above", 0.5), ("age", "54", "from 54", 0.5)],
)
def test_outcomes_are_levels_or_high_numbers(target: str, favourable: str | None, level: str, share: float) -> None:
    outcome = find_outcome(tables(planted(2000, seed=3), 2000), target, favourable)
    assert outcome.level.startswith(level)
    assert outcome.codes[1].mean() == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize(
    ("sensitive", "options", "said"),
    [
        (("sx",), {}, "sensitive column 'sx' is not in the learned columns .* did you mean 'sex'"),
        (("credit",), {}, "'credit' is the target and sensitive"),
        (("sex",), {"favourable": "yess"}, "favourable level 'yess' is not in credit .* did you mean 'yes'"),
        (("sex",), {"target": "wage", "favourable": "much"}, "'much' is no number"),
        ((), {}, "no sensitive column is named"),
    ],
)
def test_what_is_unknown_is_said(sensitive: tuple[str, ...], options: dict[str, str], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        measure(tables(planted(300, seed=3), 300), *sensitive, **options)  # type: ignore[arg-type]
