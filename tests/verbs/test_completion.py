import numpy as np
import polars as pl
import pytest

import twinfold
from twinfold.cli.main import main
from twinfold.errors import OptionError, OutputError
from twinfold.synthesis import prediction


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A model, and rows with holes, as text with decimal commas."""
    place = tmp_path_factory.mktemp("completion")
    rng = np.random.default_rng(0)
    age = rng.integers(20, 80, 2000)
    rows = pl.DataFrame(
        {
            "age": age,
            "fee": np.round(age / 10 + rng.normal(0, 0.5, 2000), 2),
            "kind": np.where(age + rng.normal(0, 8, 2000) > 50, "old", "young"),
            "opened": np.datetime64("2015-01-01") + rng.integers(0, 2000, 2000),
        }
    )
    rows.write_csv(place / "all.csv", separator=";", decimal_comma=True)
    twinfold.fit(place / "all.csv").save(place / "m.twin")
    holes = rows[:60].with_columns(
        pl.when(pl.int_range(60) % 3 == k).then(None).otherwise(name).alias(name)
        for k, name in enumerate(("age", "fee", "kind"))
    )
    holes.write_csv(place / "holes.csv", separator=";", decimal_comma=True)
    return place


@pytest.fixture(autouse=True)
def _fewer_draws(monkeypatch):
    monkeypatch.setattr(prediction, "DRAWS", 5_000)


def lines(path):
    return path.read_text(encoding="utf-8").splitlines()


def test_completed_tables_look_like_the_one_that_came(folder, tmp_path, capfd):
    args = ["impute", str(folder / "m.twin"), str(folder / "holes.csv"), "-o", str(tmp_path / "done"), "-m", "2"]
    assert main(args) == 0
    assert sorted(path.name for path in (tmp_path / "done").iterdir()) == ["holes-1.csv", "holes-2.csv"]
    for path in (tmp_path / "done").iterdir():
        for before, after in zip(lines(folder / "holes.csv"), lines(path), strict=True):
            assert all(a == b or not a for a, b in zip(before.split(";"), after.split(";"), strict=True))
            assert "" not in after.split(";")
    assert "Filled 60 cells of 60 rows (age 20, fee 20, kind 20)." in capfd.readouterr().out
    assert main(args) == 2
    assert "exists" in capfd.readouterr().err


def test_one_table_may_be_a_file_and_several_may_not(folder, tmp_path):
    summary = twinfold.impute_to(folder / "m.twin", folder / "holes.csv", tmp_path / "one.csv", 1, columns=["fee"])
    assert summary.filled == {"fee": 20}
    assert summary.candidates >= 16
    assert len(lines(tmp_path / "one.csv")) == 61
    with pytest.raises(OutputError, match="one file for 5 tables"):
        twinfold.impute_to(folder / "m.twin", folder / "holes.csv", tmp_path / "two.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["one.csv"]


def test_frames_come_back_as_they_came(folder):
    holes = pl.read_csv(folder / "holes.csv", separator=";", decimal_comma=True, try_parse_dates=True)
    for frame in (holes, holes.to_pandas(), holes.to_arrow()):
        tables = twinfold.impute(folder / "m.twin", frame, 2)
        assert [type(table) for table in tables] == [type(frame)] * 2
        assert len(tables[0]) == 60
        assert type(twinfold.predict(folder / "m.twin", frame, "kind")) is type(frame)
    found = twinfold.impute(folder / "m.twin", holes)[0]
    assert found.drop("opened").schema == holes.drop("opened").schema


def test_predictions_stand_beside_the_rows(folder, tmp_path, capfd):
    model, data = str(folder / "m.twin"), str(folder / "holes.csv")
    assert main(["predict-proba", model, data, "kind", "-o", str(tmp_path / "p.csv"), "--given", "age, fee"]) == 0
    assert lines(tmp_path / "p.csv")[0] == "age;fee;kind;opened;kind=old;kind=young"
    assert "predicted from age, fee" in capfd.readouterr().out
    assert main(["predict", model, data, "fee", "-o", str(tmp_path / "q.csv"), "--quantiles", "0.1,0.9"]) == 0
    assert lines(tmp_path / "q.csv")[0] == "age;fee;kind;opened;fee_mean;fee_q10;fee_q90"
    assert main(["predict", model, data, "kind", "-o", str(tmp_path / "k.csv")]) == 0
    assert lines(tmp_path / "k.csv")[0] == "age;fee;kind;opened;kind_predicted"
    assert main(["predict", model, data, "fee", "-o", str(tmp_path / "r.csv"), "--quantiles", "0.1,x"]) == 2
    assert "quantiles '0.1,x' are not numbers" in capfd.readouterr().err
    assert not (tmp_path / "r.csv").exists()


def test_levels_numbers_and_times_are_predicted_as_what_they_are(folder):
    rows = pl.DataFrame({"age": [22, 78]})
    assert twinfold.predict(folder / "m.twin", rows, "kind")["kind"].to_list() == ["young", "old"]
    shares = twinfold.predict_proba(folder / "m.twin", rows, "kind")
    assert shares["kind=old"][0] < 0.1 < 0.9 < shares["kind=old"][1]
    fees = twinfold.predict(folder / "m.twin", rows, "fee", quantiles=[0.5])
    assert fees.columns == ["fee_mean", "fee_q50"]
    assert fees["fee_mean"].to_list() == pytest.approx([2.2, 7.8], abs=0.4)
    assert twinfold.predict(folder / "m.twin", rows, "opened")["opened_mean"].dtype in (pl.Date, pl.String)
    with pytest.raises(OptionError, match=r"quantile 1\.5 is out of range"):
        twinfold.predict(folder / "m.twin", rows, "fee", quantiles=[1.5])


def test_the_least_likely_rows_come_first(folder, tmp_path, capfd):
    strange = pl.DataFrame({"age": [21], "fee": [7.9], "kind": ["old"], "opened": ["2016-05-05"]})
    rows = pl.concat([pl.read_csv(folder / "all.csv", separator=";", decimal_comma=True)[:500], strange])
    rows.write_parquet(tmp_path / "rows.parquet")
    found = twinfold.log_prob(folder / "m.twin", tmp_path / "rows.parquet")
    assert found.argmin() == 500
    args = ["log-prob", str(folder / "m.twin"), str(tmp_path / "rows.parquet"), "-o", str(tmp_path / "out.parquet")]
    assert main([*args, "-n", "3"]) == 0
    out = pl.read_parquet(tmp_path / "out.parquet")
    assert out["log_prob"].to_list() == sorted(found)[:3]
    assert out["age"][0] == 21
    assert "the least likely of 501" in capfd.readouterr().out
    assert main([*args, "-n", "0", "--force"]) == 2
    assert "n is 0; give 1 or more" in capfd.readouterr().err
