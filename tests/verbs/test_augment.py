"""Augmented rows on their way out: attacked, refused where they copy, signed for."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import twinfold
from twinfold.cli.main import main
from twinfold.errors import DataError, OptionError, OutputError, RefusedError

WHY = "Jo Ek, model risk: trained with inside"


def people(rows: int, seed: int) -> pl.DataFrame:
    """Customers of whom nobody is like another: many numbers, hardly related."""
    rng = np.random.default_rng(seed)
    numbers = {f"amount_{k}": rng.lognormal(3, 1, rows).round(2) for k in range(6)}
    kinds = {f"kind_{k}": rng.choice(list("abcd"), rows) for k in range(3)}
    return pl.DataFrame({**numbers, **kinds, "left": rng.choice(["no", "yes"], rows, p=[0.8, 0.2])})


@pytest.fixture(scope="module")
def real() -> pl.DataFrame:
    return people(2_000, 0)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"method": "resample"}, "it repeats real customers (1,000 of 1,000 "),
        ({"method": "noise", "scale": 0.01}, "it follows real customers too closely"),
        ({"method": "smote"}, "it follows real customers too closely"),
    ],
)
def test_attacks_succeed_on_what_copies(
    asked: dict[str, object], said: str, real: pl.DataFrame, tmp_path: Path
) -> None:
    with pytest.raises(RefusedError) as caught:
        twinfold.augment_to(real, tmp_path / "made.csv", **asked)  # type: ignore[arg-type]
    for part in (said, f"made by {asked['method']}", "model development", "twinfold.augment", '--override "REASON"'):
        assert part in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_what_does_not_copy_passes(real: pl.DataFrame, tmp_path: Path) -> None:
    out = tmp_path / "made.csv"
    summary = twinfold.augment_to(real, out, method="noise", scale=3.0)
    assert pl.read_csv(out).height == summary.rows == 2_000
    assert "Attacked with one half of the real rows, made alike of the other half: Fit" in summary.text()
    assert list(tmp_path.iterdir()) == [out]


def test_given_customers_attack_the_rows_themselves(real: pl.DataFrame, tmp_path: Path) -> None:
    """Other customers show what rows owe to those that they were made of; where they are the same, they are refused."""
    asked = {"method": "noise", "scale": 3.0, "target": "left", "balance": False}
    summary = twinfold.augment_to(real, tmp_path / "made.csv", holdout=people(2_000, 1), **asked)  # type: ignore[arg-type]
    assert "Attacked with the holdout: Fit" in summary.text()
    with pytest.raises(RefusedError):
        twinfold.augment_to(real, tmp_path / "no.csv", holdout=people(2_000, 1), method="smote", target="left")
    with pytest.raises(DataError, match="holdout rows stand in the train table"):
        twinfold.augment_to(real, tmp_path / "no.csv", holdout=real, **asked)  # type: ignore[arg-type]
    assert [path.name for path in tmp_path.iterdir()] == ["made.csv"]


def test_those_are_attacked_of_whom_rows_are_made(tmp_path: Path) -> None:
    """The few who left are 200 of 2,000: among all customers hardly an attacker would find who was copied."""
    rng = np.random.default_rng(0)
    real = people(2_000, 0).with_columns(left=pl.Series(np.where(rng.permutation(2_000) < 240, "yes", "no")))
    with pytest.raises(RefusedError, match="it repeats real customers"):
        twinfold.augment_to(real, tmp_path / "made.csv", method="resample", target="left", n=60)
    with pytest.raises(RefusedError, match="real customers too closely"):
        twinfold.augment_to(real, tmp_path / "made.csv", method="noise", scale=0.05, target="left", n=120)


def test_too_few_rows_to_tell_are_refused_as_such(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=r"too few rows.*bring more real rows to attack with"):
        twinfold.augment_to(people(120, 0), tmp_path / "made.csv", method="noise", scale=5.0)
    twinfold.augment_to(people(120, 0), tmp_path / "made.csv", method="noise", scale=5.0, policy="internal-testing")


def test_a_level_of_a_few_customers_is_not_written(real: pl.DataFrame, tmp_path: Path) -> None:
    rare = real.with_columns(left=pl.when(pl.int_range(pl.len()) < 8).then(pl.lit("yes")).otherwise(pl.lit("no")))
    with pytest.raises(DataError, match=r"level 'yes' of 'left' has 8 rows.*10 are needed"):
        twinfold.augment_to(rare, tmp_path / "made.csv", target="left")
    assert twinfold.augment(rare, target="left")["left"].n_unique() == 1


def test_somebody_signs_for_what_was_refused(real: pl.DataFrame, tmp_path: Path) -> None:
    out = tmp_path / "made.csv"
    summary = twinfold.augment_to(real, out, method="resample", override=WHY)
    assert summary.record == tmp_path / "made.csv.override.json"
    signed = json.loads(summary.record.read_text())
    assert (signed["event"], signed["reason"]) == ("overridden", WHY)
    assert signed["verdict"]["because"] == "it repeats real customers"
    assert signed["made_by"]["method"] == "resample"
    assert "override, recorded in" in summary.text()
    with pytest.raises(OutputError, match="exists"):
        twinfold.augment_to(real, out, method="resample", override=WHY)
    with pytest.raises(OptionError, match="the reason for an override"):
        twinfold.augment_to(real, tmp_path / "other.csv", method="resample", override="yes")
    with pytest.raises(OptionError, match="nothing to override"):
        twinfold.augment_to(real, tmp_path / "other.csv", method="noise", scale=3.0, override=WHY)
    assert len(list(tmp_path.iterdir())) == 2
    twinfold.augment_to(real, out, method="noise", scale=3.0, force=True)
    assert list(tmp_path.iterdir()) == [out]


def test_in_memory_rows_come_back_as_they_came(real: pl.DataFrame) -> None:
    import pandas as pd

    frame = real.to_pandas().astype({"kind_0": "category"})
    made = twinfold.augment(frame, method="resample", target="left")
    assert isinstance(made, pd.DataFrame)
    assert made.dtypes.to_dict() == frame.dtypes.to_dict()
    assert set(made["left"]) == {"yes"}
    assert isinstance(twinfold.augment(real.to_arrow(), n=3), type(real.to_arrow()))


def test_a_file_leaves_as_it_came_and_the_same_seed_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    day = (pl.lit("2015-01-01").str.to_date() + pl.duration(days=pl.int_range(pl.len()) % 900)).dt.strftime("%d.%m.%Y")
    commas = pl.col(pl.Float64).cast(pl.String).str.replace(".", ",", literal=True)
    people(2_000, 0).with_columns(day.alias("opened"), commas).write_csv("real.csv", separator=";")
    for name in ("one", "two"):
        assert main(["augment", "real.csv", "-o", f"{name}.csv", "--method", "noise", "--scale", "3"]) == 0
    assert "Wrote 2,000 new rows to two.csv" in capfd.readouterr().out
    assert Path("one.csv").read_bytes() == Path("two.csv").read_bytes()
    real, made = (pl.read_csv(name, separator=";", infer_schema=False) for name in ("real.csv", "one.csv"))
    assert made.columns == real.columns
    assert made["opened"].str.contains(r"^\d{2}\.\d{2}\.\d{4}$").all()
    assert made["amount_0"].str.contains(r"^\d+,\d+$").all()


@pytest.mark.parametrize(
    ("args", "parts"),
    [
        (["--method", "smoat"], ["'smoat'", "did you mean 'smote'?"]),
        (["--target", "lft"], ["'lft'", "did you mean 'left'?"]),
        (["-n", "1,000"], ["-n takes a whole number", "'1,000'"]),
        (["--policy", "training"], ["'training'"]),
        (["--method", "resample"], ["refused for model development", "--override"]),
        (["--seed", "-1"], ["seed is -1"]),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(
    args: list[str], parts: list[str], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    people(300, 0).write_csv(tmp_path / "real.csv")
    assert main(["augment", str(tmp_path / "real.csv"), "-o", str(tmp_path / "made.csv"), *args]) == 2
    out, err = capfd.readouterr()
    [line] = err.splitlines()
    assert out == ""
    assert [part for part in parts if part not in line] == []
    assert [path.name for path in tmp_path.iterdir()] == ["real.csv"]
