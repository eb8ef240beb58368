import hashlib
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import twinfold
from twinfold.errors import DataError, OutputError, SchemaError
from twinfold.tables.reading import read

DATA = Path(__file__).parents[2] / "../shared/data"


def applicants(rows=400, seed=0):
    rng = np.random.default_rng(seed)
    age = rng.integers(20, 70, rows)
    return pl.DataFrame(
        {
            "age": age,
            "region": rng.choice(["north", "south"], rows),
            "income": np.round(rng.lognormal(8, 0.5, rows), 0),
            "accepted": np.where(rng.random(rows) < age / 80, "yes", "no"),
        }
    )


def test_a_report_judges_a_model_that_kept_rows_aside_and_the_final_one_learns_all(tmp_path):
    made = twinfold.fit(applicants(), target="accepted", report=tmp_path / "report.html")
    assert made.rows == 400
    assert made.evaluation is not None
    assert made.evaluation.headline in made.describe()
    assert "<html" in (tmp_path / "report.html").read_text(encoding="utf-8")
    made.save(tmp_path / "m.twin")
    history = twinfold.load(tmp_path / "m.twin").history
    assert [record["event"] for record in history] == ["fit", "evaluated"]
    assert history[1]["headline"] == made.evaluation.headline


def test_a_report_says_how_it_was_made(tmp_path):
    (tmp_path / "in").mkdir()
    source = tmp_path / "in" / "applicants.csv"
    applicants().write_csv(source)
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    for data in (source, source.parent):
        made = twinfold.fit(data, report=tmp_path / "report.html", force=True, seed=3)
        said = made.evaluation.provenance
        assert said["data"] == f"applicants.csv, 400 rows, SHA-256 {digest}"
        assert said["command"].startswith(f"twinfold.fit('{data}', engine='auto', seed=3, report='")
        assert said["train"] == "200 of these rows, drawn at random"
        assert said["holdout"] == "the other 200 rows"
        assert (said["policy"], said["seed"], said["schema"]) == ("model-development", 3, "found in the rows")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert digest in page
    assert "twinfold.fit(" in page


def test_refusals_come_before_the_work(tmp_path):
    (tmp_path / "report.html").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="--force"):
        twinfold.fit(applicants(), report=tmp_path / "report.html")
    with pytest.raises(SchemaError, match="did you mean 'accepted'"):
        twinfold.fit(applicants(), target="acepted")
    with pytest.raises(DataError, match="100 are needed"):
        twinfold.fit(applicants(80), report=tmp_path / "other.html")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_stopped_fit_gives_the_model_so_far_and_says_so(tmp_path):
    def stop(stage, done):
        if stage == "learning" and done > 0.3:
            raise KeyboardInterrupt

    made = twinfold.fit(applicants(), progress=stop)
    assert "stopped early, after 6 of 20 rounds" in made.describe()
    made.save(tmp_path / "m.twin")
    assert "stopped early" in twinfold.load(tmp_path / "m.twin").describe()
    assert made.sample(100).height == 100


def test_a_stopped_trial_judges_nothing(tmp_path):
    def stop(stage, done):
        if stage == "learning (trial)" and done > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        twinfold.fit(applicants(), report=tmp_path / "report.html", progress=stop)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("dropped", ["age", "region"])
def test_a_dropped_column_does_not_keep_a_report_from_being_made(tmp_path, dropped):
    schema = twinfold.inspect(applicants(), save=tmp_path / "schema.toml")
    assert schema
    text = (tmp_path / "schema.toml").read_text(encoding="utf-8").splitlines()
    lines = [line.replace('"learn"', '"drop"') if line.startswith(dropped) else line for line in text]
    assert lines != text
    (tmp_path / "schema.toml").write_text("\n".join(lines), encoding="utf-8")
    made = twinfold.fit(
        applicants(),
        schema=tmp_path / "schema.toml",
        target="accepted",
        report=tmp_path / "r.html",
        policy="internal-testing",
    )
    assert made.evaluation is not None
    assert dropped not in twinfold.sample(made, 50).columns


def test_a_column_that_is_lost_for_its_rare_values_is_said_loudly(tmp_path):
    table = twinfold.inspect(applicants(), save=tmp_path / "schema.toml")
    assert table
    text = (tmp_path / "schema.toml").read_text(encoding="utf-8")
    (tmp_path / "schema.toml").write_text(
        re.sub(r'(?m)^(income .*kind = )"integer"', r'\1"category"', text), encoding="utf-8"
    )
    made = twinfold.fit(applicants(), schema=tmp_path / "schema.toml")
    assert re.search(r"income: 3\d\d|income: 400", made.describe())
    assert "most of the column is lost" in made.describe()


def test_pandas_and_arrow_frames_come_back_as_such():
    frame = applicants()
    pandas = frame.to_pandas()
    pandas["region"] = pandas["region"].astype("category")
    out = twinfold.sample(twinfold.fit(pandas), 50)
    assert out.dtypes.to_dict() == pandas.dtypes.to_dict() or str(out["region"].dtype) == "category"
    assert type(out) is type(pandas)
    arrow = twinfold.sample(twinfold.fit(frame.to_arrow()), 50)
    assert arrow.schema == frame.to_arrow().schema


@pytest.mark.skipif(not DATA.exists(), reason="the real tables of ../shared/data are not here")
@pytest.mark.parametrize(
    ("path", "made_up"),
    [
        ("german_credit/german.parquet", set()),
        ("telco_churn/telco.parquet", {"customerID"}),
        ("identity_fake/people.parquet", {"unique_id", "first_name", "surname", "email"}),
        ("berka/loan.parquet", {"loan_id", "account_id"}),
        ("berka/client.parquet", {"client_id", "birth_number"}),
        ("card_conjoint/choices.parquet", {"id"}),
        ("email_experiment/half_a.parquet", {"customer_id"}),
    ],
)
def test_real_tables_go_through_untouched(path, made_up, tmp_path):
    real = pl.read_parquet(DATA / path)
    made = twinfold.fit(DATA / path)
    assert {column.name for column in made.table if column.treatment == "fake"} == made_up
    summary = twinfold.sample_to(made, tmp_path / "out.parquet", 500)
    out = pl.read_parquet(summary.path)
    assert out.schema == real.schema
    assert out.height == 500


@pytest.mark.skipif(not DATA.exists(), reason="the real tables of ../shared/data are not here")
@pytest.mark.parametrize("path", ["german_credit/german.parquet", "telco_churn/telco.parquet", "berka/loan.parquet"])
def test_where_tails_are_clipped_nothing_lies_beyond_the_tenth_most_extreme_number(path):
    real = pl.read_parquet(DATA / path)
    schema = read(DATA / path).schema.model_copy(update={"tails": "clipped"})
    made = twinfold.fit(DATA / path, schema=schema)
    out = twinfold.sample(made, 500)
    for column in made.table:
        if column.kind.numeric and real[column.name].dtype.is_numeric() and column.format is None:
            ordered = real[column.name].drop_nulls().drop_nans().sort()
            drawn = out[column.name].drop_nulls()
            if len(ordered) > 20 and len(drawn):
                assert drawn.min() >= ordered[9], column.name
                assert drawn.max() <= ordered[-10], column.name
