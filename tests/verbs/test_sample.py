import re

import polars as pl
import pytest

import twinfold
from twinfold.errors import ConditionError, OutputError


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "m.twin"
    rows = pl.DataFrame({"age": [20, 35, 50, 65] * 100, "kind": ["a", "b"] * 200, "id": range(400)})
    twinfold.fit(rows).save(path)
    return path


def test_rows_go_to_a_file_and_say_what_they_are_worth(model, tmp_path):
    summary = twinfold.sample_to(model, tmp_path / "out.csv", 300, where="age = 65 and kind = 'b'")
    out = pl.read_csv(tmp_path / "out.csv")
    assert out.height == 300
    assert set(out["age"]) == {65}
    assert "independent draws" in summary.text()


def test_rows_of_whom_few_were_learned_say_so(tmp_path):
    few = twinfold.fit(pl.DataFrame({"age": range(400), "kind": ["a"] * 376 + ["b"] * 24}), seed=0)
    for asked in ({"where": "kind = 'b'"}, {"balance": "kind=b:0.5"}):
        said = twinfold.sample_to(few, tmp_path / "out.csv", 200, **asked, force=True).text()
        assert re.search(r"about (1[5-9]|2\d|3[0-5]) of the customers who were learned are so", said)
    for asked in ({"where": "kind = 'a'"}, {}):
        said = twinfold.sample_to(few, tmp_path / "out.csv", 200, **asked, force=True).text()
        assert "of the customers" not in said


def test_given_rows_come_from_a_file_or_a_frame(model, tmp_path):
    given = pl.DataFrame({"kind": ["b", "a", "a"]})
    given.write_csv(tmp_path / "given.csv")
    for source in (given, tmp_path / "given.csv", given.to_pandas()):
        assert twinfold.sample(model, given=source)["kind"].to_list() == ["b", "a", "a"]


def test_given_rows_are_told_what_they_are_and_not_that_they_repeat(model, tmp_path):
    given = pl.DataFrame({"kind": ["b", "a"], "age": [130, 20]})
    summary = twinfold.sample_to(model, tmp_path / "out.csv", given=given)
    assert summary.effective_sample_size is None
    lines = summary.text().splitlines()
    assert lines[2].startswith("Each was chosen among ")
    assert lines[:2] == [
        f"Wrote 2 synthetic rows to {tmp_path / 'out.csv'}.",
        "given: 1 row holds a value of age that was never learned (20 to 65 were); what is drawn around it follows the "
        "nearest learned ones",
    ]
    asked = twinfold.sample_to(model, tmp_path / "both.csv", given=given.select("kind"), where="age > 30")
    assert 1 <= asked.candidates_worth <= asked.candidates
    assert "candidates around a given row, worth" in asked.text()
    assert "independent draws" not in asked.text()


def test_a_folder_is_told_with_the_file_in_it(model, tmp_path):
    summary = twinfold.sample_to(model, tmp_path / "new", 1)
    assert summary.path.is_file()
    assert summary.path.parent == tmp_path / "new"
    assert summary.text() == f"Wrote 1 synthetic row to {summary.path}."


def test_what_is_in_the_way_stays(model, tmp_path):
    (tmp_path / "out.csv").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="--force"):
        twinfold.sample_to(model, tmp_path / "out.csv", 10)
    assert (tmp_path / "out.csv").read_text(encoding="utf-8") == "mine"


def test_an_impossible_condition_leaves_no_file(model, tmp_path):
    with pytest.raises(ConditionError):
        twinfold.sample_to(model, tmp_path / "out.parquet", 10, where="age > 90")
    assert not list(tmp_path.iterdir())


def test_unknown_given_columns_are_named(model):
    with pytest.raises(twinfold.TwinfoldError, match="'knd'"):
        twinfold.sample(model, given=pl.DataFrame({"knd": ["a"]}))


def test_a_folder_gets_the_learned_name_and_no_input_is_lost(tmp_path):
    rows = pl.DataFrame({"age": [20, 35, 50, 65] * 100, "kind": ["a", "b"] * 200})
    rows.write_csv(tmp_path / "people.csv")
    twinfold.fit(tmp_path / "people.csv").save(tmp_path / "m.twin")
    (tmp_path / "out").mkdir()
    summary = twinfold.sample_to(tmp_path / "m.twin", tmp_path / "out", 10)
    assert summary.path == tmp_path / "out" / "people.csv"
    with pytest.raises(OutputError, match=r"people\.csv exists"):
        twinfold.sample_to(tmp_path / "m.twin", tmp_path / "out", 10)
    given = rows.select("kind")[:5]
    given.write_csv(tmp_path / "out" / "people.csv")
    with pytest.raises(OutputError, match="is also an input"):
        twinfold.sample_to(tmp_path / "m.twin", tmp_path / "out", given=tmp_path / "out" / "people.csv", force=True)
    assert pl.read_csv(tmp_path / "out" / "people.csv").equals(given)
