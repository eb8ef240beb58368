import numpy as np
import pandas as pd
import polars as pl
import pytest

import twinfold
from twinfold.cli.main import main
from twinfold.errors import ConditionError, ModelFileError, OptionError, OutputError, SchemaError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    rng = np.random.default_rng(0)
    path = tmp_path_factory.mktemp("bank")
    regions = pl.DataFrame({"region_id": range(6), "name": ["north", "south", "east", "west", "inner", "outer"]})
    customers = pl.DataFrame({"id": [f"C-{n:05d}" for n in range(300)], "region_id": rng.integers(0, 6, 300)})
    count = rng.integers(0, 6, 300)
    payments = pl.DataFrame(
        {
            "customers_id": np.repeat(customers["id"].to_numpy(), count),
            "date": rng.integers(930_101, 930_128, count.sum()),
            "amount": rng.integers(1, 50, count.sum()) * 10,
        }
    )
    regions.write_csv(path / "regions.csv")
    customers.write_csv(path / "customers.csv")
    payments.write_parquet(path / "payments.parquet")
    return path


@pytest.fixture(scope="module")
def model(folder, tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "bank.twin"
    twinfold.fit(folder).save(path)
    return path


def test_a_folder_becomes_a_folder_of_the_same_files(folder, model, tmp_path):
    summary = twinfold.sample_to(model, tmp_path / "out", 120)
    out = tmp_path / "out"
    assert sorted(p.name for p in out.iterdir()) == sorted(p.name for p in folder.iterdir())
    customers, payments = pl.read_csv(out / "customers.csv"), pl.read_parquet(out / "payments.parquet")
    assert customers.height == 120
    assert customers["id"].str.contains(r"^C-\d{5}$").all()
    assert payments["customers_id"].is_in(customers["id"].implode()).all()
    assert payments.schema == pl.read_parquet(folder / "payments.parquet").schema
    assert (out / "regions.csv").read_text() == (folder / "regions.csv").read_text()
    assert summary.text().startswith("Wrote 120 rows of customers, ")


def test_the_commands_do_the_same_and_refuse_what_is_for_one_table(folder, tmp_path):
    model, new, no = (str(tmp_path / name) for name in ("b.twin", "new", "no"))
    assert main(["fit", str(folder), "-o", model, "--quiet"]) == 0
    assert main(["sample", model, "-o", new, "-n", "50"]) == 0
    assert pl.read_csv(tmp_path / "new/customers.csv").height == 50
    assert main(["sample", model, "-o", no, "--balance", "amount=1:0.5"]) == 2
    assert main(["sample", model, "-o", no, "--balance", "region_id=77:0.5"]) == 2
    assert not (tmp_path / "no").exists()
    assert main(["fit", str(folder), "-o", str(tmp_path / "c.twin"), "--engine", "forest"]) == 2
    assert main(["fit", str(folder), "-o", str(tmp_path / "c.twin"), "--budget", "soon"]) == 2
    assert not (tmp_path / "c.twin").exists()


def test_customers_who_obey_a_condition_become_a_folder(model, tmp_path):
    where = "region_id in (1, 2) and count(payments) >= 2 and max(payments.date) > 930120"
    assert main(["sample", str(model), "-o", str(tmp_path / "new"), "-n", "60", "--where", where]) == 0
    customers = pl.read_csv(tmp_path / "new/customers.csv")
    payments = pl.read_parquet(tmp_path / "new/payments.parquet").group_by("customers_id")
    paid = payments.agg(pl.len(), pl.col("date").max()).filter(pl.col("customers_id").is_in(customers["id"].implode()))
    assert customers.height == paid.height == 60
    assert set(customers["region_id"]) == {1, 2}
    assert paid["len"].min() >= 2
    assert paid["date"].min() > 930_120


@pytest.mark.parametrize("where", ["amount > 3", "count(payment) > 1", "count(payments) > 50", "region_id = 9"])
def test_a_condition_that_can_not_be_met_is_one_line_and_leaves_nothing(model, tmp_path, capsys, where):
    assert main(["sample", str(model), "-o", str(tmp_path / "no"), "-n", "60", "--where", where]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())


def test_given_customers_are_kept_with_their_keys_and_get_rows_of_their_own(folder, model, tmp_path):
    given = pl.read_csv(folder / "customers.csv").head(90).with_columns(id=pl.format("X-{}", pl.int_range(90)))
    given.write_csv(tmp_path / "mine.csv")
    command = ["sample", str(model), "--given", str(tmp_path / "mine.csv"), "-o"]
    assert main([*command, str(tmp_path / "new")]) == 0
    assert pl.read_csv(tmp_path / "new/customers.csv").equals(given)
    payments = pl.read_parquet(tmp_path / "new/payments.parquet")
    assert payments["customers_id"].is_in(given["id"].implode()).all()
    assert payments["customers_id"].n_unique() > 50
    again = twinfold.sample(model, given=given.to_pandas())["payments"]
    assert again.equals(payments)


def test_given_values_that_were_never_learned_are_told(folder, model, tmp_path):
    given = pl.read_csv(folder / "customers.csv").with_columns(region_id=pl.lit(9))
    text = twinfold.sample_to(model, tmp_path / "new", given=given).text()
    assert "300 rows hold values of region_id that were never learned" in text


@pytest.mark.parametrize(
    ("change", "more", "said"),
    [
        (pl.col("id").shift(), [], "missing in row 1"),
        (pl.lit("X-1").alias("id"), [], "given twice in row 1"),
        (pl.lit("much").alias("region_id"), [], "region_id"),
        (pl.lit(1).alias("age"), [], "'age' is not in"),
        (pl.col("id"), ["--where", "region_id = 1"], "drop one of both"),
        (pl.col("id"), ["-n", "7"], "leave n out"),
    ],
)
def test_customers_that_can_not_be_given_are_one_line(folder, model, tmp_path, capsys, change, more, said):
    pl.read_csv(folder / "customers.csv").with_columns(change).write_csv(tmp_path / "mine.csv")
    command = ["sample", str(model), "-o", str(tmp_path / "no"), "--given", str(tmp_path / "mine.csv")]
    assert main([*command, *more]) == 2
    [line] = capsys.readouterr().err.strip().splitlines()
    assert said in line
    assert not (tmp_path / "no").exists()


def test_given_customers_without_a_column_are_one_line(folder, model):
    with pytest.raises(SchemaError, match="region_id"):
        twinfold.sample(model, given=pl.read_csv(folder / "customers.csv").drop("region_id"))


def test_frames_come_back_as_they_came(folder):
    tables = {
        "customers": pd.read_csv(folder / "customers.csv"),
        "payments": pd.read_parquet(folder / "payments.parquet"),
    }
    made = twinfold.sample(twinfold.fit(tables), 80)
    assert list(made) == ["customers", "payments"]
    for name, frame in made.items():
        assert isinstance(frame, pd.DataFrame)
        assert list(frame.dtypes) == list(tables[name].dtypes)


def test_several_tables_do_not_fit_into_a_file(model, tmp_path):
    with pytest.raises(OutputError, match="name a folder"):
        twinfold.sample_to(model, tmp_path / "one.csv")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_holds_one_of_the_files_is_left_alone(model, tmp_path):
    (tmp_path / "customers.csv").write_text("mine")
    with pytest.raises(OutputError, match="exists"):
        twinfold.sample_to(model, tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["customers.csv"]
    assert (tmp_path / "customers.csv").read_text() == "mine"


def test_verbs_of_one_table_say_so(model, folder):
    """Missing cells and likelihoods of one table say nothing of histories."""
    with pytest.raises(ModelFileError, match="several tables"):
        twinfold.impute(model, folder / "customers.csv")
    with pytest.raises(ModelFileError, match="several tables"):
        twinfold.log_prob(twinfold.load(model), folder / "customers.csv")


def test_customers_have_the_shares_that_are_asked_for(model, tmp_path):
    shares = ["--balance", "region_id=1:0.5,2:30%", "--where", "count(payments) >= 1"]
    assert main(["sample", str(model), "-o", str(tmp_path / "new"), "-n", "200", *shares]) == 0
    customers = pl.read_csv(tmp_path / "new/customers.csv")
    counts = dict(customers["region_id"].value_counts().iter_rows())
    assert (customers.height, counts[1], counts[2]) == (200, 100, 60)
    paid = pl.read_parquet(tmp_path / "new/payments.parquet")["customers_id"]
    assert customers["id"].is_in(paid.implode()).all()
    assert customers["region_id"].head(50).n_unique() > 2, "those of a share stand together"
    for asked in ({"where": "region_id = 1"}, {"given": customers}):
        with pytest.raises((ConditionError, OptionError)):
            twinfold.sample(model, balance="region_id=1:0.5", **asked)


@pytest.mark.parametrize("engine", ["network", "diffusion", "vae", "copula"])
def test_any_engine_learns_the_customers_own_columns(folder, tmp_path, engine):
    if engine != "copula":
        pytest.importorskip("torch")
    model = twinfold.fit(folder, engine=engine, budget="2s")
    assert model.engine == engine
    model.save(tmp_path / "network.twin")
    assert twinfold.sample(twinfold.load(tmp_path / "network.twin"), 50)["customers"].height == 50


def test_an_engine_for_customers_without_a_column_is_refused(folder):
    frames = {"customers": pl.read_csv(folder / "customers.csv").drop("region_id")}
    frames["payments"] = pl.read_parquet(folder / "payments.parquet")
    with pytest.raises(OptionError, match="none that is learned"):
        twinfold.fit(frames, budget="best")


def test_a_report_judges_linked_tables_by_customers_that_are_kept(folder, tmp_path):
    model, report = tmp_path / "m.twin", tmp_path / "report.html"
    target = ["--target", "payments.amount"]
    assert main(["fit", str(folder), "-o", str(model), "--report", str(report), "--quiet", *target]) == 0
    text = report.read_text()
    assert "150 of these rows of customers" in text
    assert "Models trained on it" in text
    assert twinfold.load(model).rows == 300
    assert main(["fit", str(folder), "-o", str(model), "--report", str(report), "--target", "payments.wrong"]) == 2
