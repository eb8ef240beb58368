"""Groups that have an outcome alike in what is drawn, on customers whose truth is planted."""

import numpy as np
import polars as pl
import pytest
from scipy.stats import ks_2samp

import twinfold
from twinfold.cli.main import main
from twinfold.errors import ConditionError, OptionError, SchemaError
from twinfold.synthesis import linked_fairness
from twinfold.synthesis import synthesizer as module
from twinfold.synthesis.fair_request import Request, read_request
from twinfold.synthesis.synthesizer import learn
from twinfold.tables.reading import read


def planted(rows=8000):
    """Women and men whose wage depends on sex and outcome; 'rich' is held by 0.45 of men, 0.15 of women."""
    rng = np.random.default_rng(0)
    woman, young = rng.random(rows) < 0.4, rng.random(rows) < 0.5
    rich = rng.random(rows) < np.where(woman, 0.15, 0.45) - 0.05 * young
    return pl.DataFrame(
        {
            "id": [f"C-{n:05d}" for n in range(rows)],
            "sex": np.where(woman, "woman", "man"),
            "age": np.where(young, rng.integers(18, 40, rows), rng.integers(40, 80, rows)),
            "income": pl.Series(np.where(rich, ">50K", "<=50K")).set(pl.Series(rng.random(rows) < 0.02), None),
            "wage": (np.where(woman, 20, 30) + np.where(rich, 40, 0) + rng.normal(0, 5, rows)).round(1),
            "job": rng.choice(["clerk", "baker", "pilot"], rows, p=[0.5, 0.3, 0.2]),
        }
    )


@pytest.fixture(autouse=True)
def fewer_draws(monkeypatch):
    """What is learned of shares from fewer rows, in less time."""
    monkeypatch.setattr(module, "PILOT", 20_000)
    monkeypatch.setattr(linked_fairness, "PILOT", 5000)


@pytest.fixture(scope="module")
def synthesizer():
    return learn(read(planted()))


def rates(frame, *by):
    """The share of the rich in each group, by its name."""
    found = frame.drop_nulls("income").group_by(*by).agg((pl.col("income") == ">50K").mean())
    return {row[:-1] if len(by) > 1 else row[0]: row[-1] for row in found.iter_rows()}


def test_groups_have_the_outcome_alike_and_everything_else_stays(synthesizer):
    plain, fair = synthesizer.sample(10_000), synthesizer.sample(10_000, fair="income by sex")
    before, after = rates(plain, "sex"), rates(fair, "sex")
    assert before["man"] - before["woman"] > 0.25
    assert abs(after["man"] - after["woman"]) < 0.001
    assert (fair["income"] == ">50K").mean() == pytest.approx((plain["income"] == ">50K").mean(), abs=0.01)
    assert (fair["sex"] == "man").mean() == pytest.approx((plain["sex"] == "man").mean(), abs=0.01)
    assert fair["income"].null_count() == pytest.approx(plain["income"].null_count(), abs=50)
    for sex in ("man", "woman"):
        for income in (">50K", "<=50K"):
            kept, own = (frame.filter(sex=sex, income=income)["wage"] for frame in (plain, fair))
            assert ks_2samp(kept, own).pvalue > 0.001, (sex, income)
    assert fair["id"].n_unique() == 10_000
    assert (fair["sex"][:1000] == "man").mean() == pytest.approx((fair["sex"] == "man").mean(), abs=0.06)


def test_a_gap_that_is_allowed_is_used_to_the_full(synthesizer):
    found = rates(synthesizer.sample(10_000, fair="income=>50K by sex: 10%"), "sex")
    assert found["man"] - found["woman"] == pytest.approx(0.1, abs=0.001)


def test_crossed_columns_and_quartiles_of_numbers_are_groups(synthesizer):
    fair = synthesizer.sample(10_000, fair="income by sex, age")
    parity = synthesizer.stream(1, fair="income by sex, age").parity
    assert len(parity.groups) == 8
    assert parity.groups[0].startswith("man, age below ")
    cuts = [int(name.rsplit(" ", 1)[1]) for name in parity.groups[:3]]
    cut = fair.with_columns(age=np.searchsorted(cuts, fair["age"], side="right"))
    found = rates(cut, "sex", "age")
    assert len(found) == 8
    assert max(found.values()) - min(found.values()) < 0.005


def test_cells_too_rare_to_wait_for_are_drawn_under_a_condition(synthesizer, monkeypatch):
    monkeypatch.setattr(module, "MOST_TRIED", 1)
    found = rates(synthesizer.sample(4000, fair="income by sex"), "sex")
    assert abs(found["man"] - found["woman"]) < 0.002


def test_a_condition_holds_besides_and_pieces_add_up(synthesizer, monkeypatch):
    monkeypatch.setattr(module, "CONDITIONED_CHUNK", 700)
    stream = synthesizer.stream(3000, fair="income by sex", where="age >= 40")
    frames = list(stream.frames())
    assert [frame.height for frame in frames] == [700, 700, 700, 700, 200]
    drawn = pl.concat(frames)
    found = rates(drawn, "sex")
    assert abs(found["man"] - found["woman"]) < 0.003
    assert drawn["age"].min() >= 40
    assert drawn["id"].n_unique() == 3000
    assert 1500 < stream.effective_sample_size <= 3000


def test_a_group_with_one_outcome_only_is_left_and_said():
    frame = planted(3000).with_columns(
        job=pl.when(pl.int_range(pl.len()) % 20 == 0).then(pl.lit("judge")).otherwise("job"),
    )
    frame = frame.with_columns(income=pl.when(job="judge").then(pl.lit(">50K")).otherwise("income"))
    text = learn(read(frame)).stream(100, fair="income by job").parity.text()
    assert "Left as they are, of too few rows to be moved: judge." in text


@pytest.mark.parametrize(
    ("text", "request_"),
    [
        ("income by sex", Request("income", None, ("sex",))),
        (" income == >50K by sex , race : 2 % ", Request("income", ">50K", ("sex", "race"), 0.02)),
        ("'pay: by, day'='a ''b'' by c' by \"x, y\": .5", Request("pay: by, day", "a 'b' by c", ("x, y",), 0.5)),
    ],
)
def test_requests_are_read(text, request_):
    assert read_request(text) == request_


@pytest.mark.parametrize(
    ("fair", "options", "error", "said"),
    [
        ("income", {}, OptionError, "can't be read; give an outcome and who shall have it alike"),
        ("income by sex,, age", {}, OptionError, "can't be read from ', age' on"),
        ("income by ", {}, OptionError, "can't be read; give an outcome"),
        ("income by sex: 1.5", {}, OptionError, "gap 1.5 is out of range; give one from 0"),
        ("income by income", {}, OptionError, "'income' stands twice"),
        ("incme by sex", {}, SchemaError, "did you mean 'income'"),
        ("income by sx", {}, SchemaError, "did you mean 'sex'"),
        ("income by id", {}, OptionError, "'id' is not learned"),
        ("wage by sex", {}, OptionError, "'wage' holds numbers, of which .* name a column of categories"),
        ("income=>5K by sex", {}, OptionError, "did you mean '>50K'"),
        ("job by sex", {}, OptionError, r"3 levels \(baker, clerk, pilot\); say which one is favourable: \"job=baker"),
        ("income by sex", {"where": "sex = 'man'"}, ConditionError, "drop one of both"),
        ("income by sex", {"balance": "job=clerk:0.5"}, OptionError, "beside balance"),
        ("income by sex", {"given": pl.DataFrame({"age": [30]})}, OptionError, "beside given"),
    ],
)
def test_what_can_not_be_met_is_said(synthesizer, fair, options, error, said):
    with pytest.raises(error, match=said):
        synthesizer.sample(fair=fair, **options)


def test_the_command_draws_says_what_moved_and_refuses_in_one_line(synthesizer, tmp_path, capfd):
    model, out = str(tmp_path / "m.twin"), tmp_path / "out.csv"
    synthesizer.save(model)
    assert main(["sample", model, "-o", str(out), "-n", "2000", "--fair", "income by sex"]) == 0
    found = rates(pl.read_csv(out), "sex")
    assert abs(found["man"] - found["woman"]) < 0.003
    said = capfd.readouterr().out
    assert "rates of groups differ by 0.0% at most, where 2" in said or "where 3" in said
    assert "of the rows are of another group or outcome than they would have been" in said
    for fair in ("wage by sex", "income by region", "income"):
        assert main(["sample", model, "-o", str(tmp_path / "no.csv"), "--fair", fair]) == 2
        [line] = capfd.readouterr().err.splitlines()
        assert line.startswith("twinfold: ")
    assert not (tmp_path / "no.csv").exists()


def test_customers_of_linked_tables_have_an_outcome_alike(tmp_path):
    rng = np.random.default_rng(0)
    customers = planted(1500).drop("wage", "id").with_columns(customer_id=pl.Series(np.arange(1500)))
    many = np.where(customers["sex"] == "man", 1, 4)
    payments = pl.DataFrame(
        {"customer_id": np.repeat(np.arange(1500), many), "amount": rng.integers(1, 50, many.sum())}
    )
    model = twinfold.fit({"customers": customers, "payments": payments}, seed=0)
    asked = {"fair": "income by sex", "where": "count(payments) >= 1"}
    drawn = twinfold.sample(model, 1000, **asked)
    found = rates(drawn["customers"], "sex")
    assert drawn["customers"].height == 1000
    assert abs(found["man"] - found["woman"]) < 0.005
    paid = (
        drawn["payments"]
        .group_by("customer_id")
        .len()
        .join(drawn["customers"], on="customer_id")
        .group_by("sex")
        .agg(pl.mean("len"))
    )
    assert dict(paid.iter_rows())["woman"] > 2 * dict(paid.iter_rows())["man"]
    assert "Parity of income" in twinfold.sample_to(model, tmp_path / "out", 50, **asked).text()
    with pytest.raises(OptionError, match="beside given"):
        twinfold.sample(model, given=customers, fair="income by sex")
