"""A child table without any row: read, learned, drawn and judged like the others."""

import numpy as np
import polars as pl
import pytest

import twinfold
from twinfold.cli.main import main
from twinfold.errors import DataError
from twinfold.tables.reading import read


def bank(seed):
    rng = np.random.default_rng(seed)
    ids = np.arange(1000 * seed + 1, 1000 * seed + 301)
    owner = np.repeat(ids, rng.integers(0, 4, 300))
    return {
        "customers": pl.DataFrame({"customer_id": ids, "job": rng.choice(["clerk", "baker"], 300)}),
        "payments": pl.DataFrame({"customer_id": owner, "amount": rng.integers(1, 90, len(owner))}),
        "loans": pl.DataFrame({"customer_id": [1], "granted": ["2020-01-01"], "amount": [5.0]}).clear(),
    }


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_folder_with_an_empty_table_goes_all_the_way(tmp_path, kind):
    for name, seed in (("real", 0), ("kept", 1)):
        (tmp_path / name).mkdir()
        for table, frame in bank(seed).items():
            getattr(frame, f"write_{kind}")(tmp_path / name / f"{table}.{kind}")
    real, kept, new, model, report = (str(tmp_path / name) for name in ("real", "kept", "new", "m.twin", "r.html"))
    assert main(["inspect", real, "--save", str(tmp_path / "schema.toml")]) == 0
    assert main(["fit", real, "-o", model, "--schema", str(tmp_path / "schema.toml")]) == 0
    assert main(["sample", model, "-o", new, "-n", "200"]) == 0
    drawn = read(new)
    assert {name: frame.height > 0 for name, frame in drawn.tables.items()} == {
        "customers": True,
        "payments": True,
        "loans": False,
    }
    assert drawn.schema["loans"].links[0].table == "customers"
    judge = ["evaluate", "--train", real, "--holdout", kept, "--synthetic", new, "-o", report]
    assert main([*judge, "--policy", "internal-testing"]) in (0, 1)
    assert "loans" in (tmp_path / "r.html").read_text()


def test_rows_where_none_were_learned_are_found_out():
    real, kept = bank(0), bank(1)
    wrong = bank(2)
    ids = wrong["customers"]["customer_id"]
    wrong["loans"] = pl.DataFrame({"customer_id": ids, "granted": ["2020-01-01"] * 300, "amount": [5.0] * 300})
    found = twinfold.evaluate(real, kept, wrong).json()["findings"]
    counts = {each["name"]: each for each in found}
    assert counts["loans.count_error"]["value"] == 1
    assert counts["loans.count_error"]["verdict"] == "fail"


def test_nothing_but_empty_tables_is_refused():
    with pytest.raises(DataError, match="no rows below them"):
        read({name: frame.clear() for name, frame in bank(0).items()})
