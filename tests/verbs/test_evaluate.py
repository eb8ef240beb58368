"""`evaluate` takes what users have: files and frames."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from markupsafe import escape

import twinfold
from twinfold.errors import DataError, OptionError, SchemaError
from twinfold.evaluation import boosting
from twinfold.evaluation.finding import Evaluation
from twinfold.tables.schema_file import load_schema
from twinfold.verbs.evaluate import evaluate


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    patch.setattr(boosting, "_ROUNDS", 20)  # a tenth of the trees: what is tested here is what is read and asked
    yield
    patch.undo()


def customers(seed: int, rows: int = 240) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 90, rows)
    return pl.DataFrame(
        {
            "age": age,
            "balance": (rng.normal(size=rows) * 900 + age * 12).round(2),
            "segment": rng.choice(["gold", "silver", "basic"], rows),
            "churned": rng.choice(["yes", "no"], rows),
        }
    )


def told(evaluation: Evaluation) -> list[dict[str, object]]:
    """The findings as JSON has them, where what is unknown is equal."""
    return list(evaluation.json()["findings"])


def test_files_of_different_formats_are_compared_and_named(tmp_path: Path) -> None:
    paths = [tmp_path / "train.csv", tmp_path / "kept.parquet", tmp_path / "made.csv"]
    customers(0).write_csv(paths[0])
    customers(1).write_parquet(paths[1])
    customers(2).write_csv(paths[2], separator=";")
    evaluation = evaluate(*paths, target="churned", seed=5)
    provenance = evaluation.provenance
    assert provenance["train"] == f"train.csv, 240 rows, SHA-256 {hashlib.sha256(paths[0].read_bytes()).hexdigest()}"
    assert provenance["holdout"].startswith("kept.parquet, 240 rows")
    assert (provenance["seed"], provenance["target"], provenance["policy"]) == (5, "churned", "model-development")
    assert {"twinfold", "polars", "lightgbm"} <= set(provenance)
    assert {"shape_error", "utility", "outlier_mia_auc"} <= {finding.name for finding in evaluation.findings}


def test_a_corrected_schema_holds_for_all_three(tmp_path: Path) -> None:
    paths = [tmp_path / f"{part}.csv" for part in ("train", "holdout", "synthetic")]
    for seed, path in enumerate(paths):
        branch = pl.Series("branch", 100 + np.random.default_rng(seed).integers(0, 40, 240))
        drawn = customers(seed).with_columns(branch)
        (drawn.drop("segment") if path == paths[2] else drawn).write_csv(path)
    schema = tmp_path / "schema.toml"
    twinfold.inspect(paths[0], save=schema)
    proposed = schema.read_text(encoding="utf-8")
    assert 'branch  = { kind = "integer"' in proposed
    lines = proposed.replace('branch  = { kind = "integer"', 'branch  = { kind = "category"').splitlines()
    lines = [line.replace('"learn"', '"drop"') if line.startswith("segment") else line for line in lines]
    schema.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(SchemaError, match="segment"):
        evaluate(*paths)
    for given in (schema, load_schema(schema)):
        evaluation = evaluate(*paths, schema=given)
        assert {column.name: column.kind for column in evaluation.columns}["branch"] == "category"
        assert "segment" not in {column.name for column in evaluation.columns}
    by_file = evaluate(*paths, schema=str(schema)).provenance["schema"]
    assert by_file == f"schema.toml, SHA-256 {hashlib.sha256(schema.read_bytes()).hexdigest()}"


def test_the_report_says_what_was_called(tmp_path: Path) -> None:
    customers(0).write_csv(tmp_path / "train.csv")
    said = evaluate(tmp_path / "train.csv", customers(1), customers(2), seed=5).provenance["command"]
    assert said.startswith("twinfold.evaluate('")
    assert said.endswith("train.csv', DataFrame, DataFrame, policy='model-development', seed=5)")
    typed = evaluate(customers(0), customers(1), customers(2), command="twinfold evaluate …")
    assert typed.provenance["command"] == "twinfold evaluate …"


def test_frames_are_compared_like_files() -> None:
    evaluation = evaluate(customers(0).to_pandas(), customers(1), customers(2).to_arrow())
    assert evaluation.provenance["synthetic"] == "240 rows"


@pytest.mark.parametrize("given", [False, True])
def test_what_is_not_learned_is_not_asked_for(tmp_path: Path, given: bool) -> None:
    def numbered(seed: int) -> pl.DataFrame:
        return customers(seed).with_columns(
            customer_id=pl.int_range(10_000, 10_240), mail=pl.format("c{}@bank.example", pl.int_range(240))
        )

    schema = tmp_path / "schema.toml" if given else None
    if schema:
        twinfold.inspect(numbered(0), save=schema)
    whole = evaluate(numbered(0), numbered(1), numbered(2), schema=schema)
    without = evaluate(numbered(0), customers(1), customers(2), schema=schema)
    assert told(without) == told(whole)
    other = numbered(2).with_columns(customer_id=pl.format("S-{}", "customer_id"))
    assert told(evaluate(numbered(0), numbered(1), other, schema=schema)) == told(whole)
    with pytest.raises(SchemaError, match="segment"):
        evaluate(numbered(0), numbered(1), customers(2).drop("segment"), schema=schema)


def test_other_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="segment"):
        evaluate(customers(0), customers(1), customers(2).drop("segment"))


def linked(seed: int, rows: int = 240) -> dict[str, pl.DataFrame]:
    rng = np.random.default_rng(seed)
    ids = [f"C{seed}{k:05d}" for k in range(rows)]
    owner = np.repeat(ids, rng.geometric(0.3, rows))
    return {
        "customers": customers(seed, rows).with_columns(customer_id=pl.Series(ids)),
        "payments": pl.DataFrame(
            {
                "customer_id": owner,
                "paid_on": pl.Series(19_000 + rng.integers(0, 900, len(owner))).cast(pl.Int32).cast(pl.Date),
                "amount": rng.lognormal(3, 1, len(owner)).round(2),
            }
        ),
        "rates": pl.DataFrame({"rate_id": [1, 2], "rate": [0.5, 0.7]}),
    }


def test_folders_mappings_and_frames_of_pandas_are_judged_alike(tmp_path: Path) -> None:
    tables = [{n: f for n, f in linked(seed).items() if n != "rates"} for seed in range(3)]
    for side, of in zip(("train", "holdout", "made"), tables, strict=True):
        (tmp_path / side).mkdir()
        of["customers"].write_csv(tmp_path / side / "customers.csv")
        of["payments"].write_parquet(tmp_path / side / "payments.parquet")
    by_folder = evaluate(*(tmp_path / side for side in ("train", "holdout", "made")))
    assert told(evaluate(*tables)) == told(by_folder)
    by_pandas = evaluate(*({name: frame.to_pandas() for name, frame in of.items()} for of in tables))
    assert [finding.name for finding in by_pandas.findings] == [finding.name for finding in by_folder.findings]
    hashed = hashlib.sha256((tmp_path / "train/customers.csv").read_bytes()).hexdigest()
    assert by_folder.provenance["train"]["customers"] == f"customers.csv, 240 rows, SHA-256 {hashed}"
    assert "payments.count_error" in {finding.name for finding in by_folder.findings}


def test_reference_tables_are_not_compared() -> None:
    def with_branches(seed: int) -> dict[str, pl.DataFrame]:
        tables = linked(seed)
        branch = np.random.default_rng(seed).integers(0, 8, 240)
        names = [f"town {k}" for k in range(8)]
        return {
            "customers": tables["customers"].with_columns(branch_id=branch),
            "payments": tables["payments"],
            "branches": pl.DataFrame({"branch_id": range(8), "town": names}),
        }

    evaluation = evaluate(*map(with_branches, range(3)))
    assert "branches" not in {column.table for column in evaluation.columns}
    assert ("customers", "branch_id") in {(column.table, column.name) for column in evaluation.columns}
    assert "branches" in {link.parent for link in evaluation.links}


def test_other_tables_and_what_linked_tables_do_not_have_are_refused() -> None:
    sides = [{n: f for n, f in linked(seed).items() if n != "rates"} for seed in range(3)]
    with pytest.raises(SchemaError, match="payments"):
        evaluate(*sides[:2], {"customers": sides[2]["customers"]})
    with pytest.raises(SchemaError, match="rates"):
        evaluate(*sides[:2], linked(2))
    with pytest.raises(OptionError, match="target 'churn'"):
        evaluate(*sides, target="churn")
    with pytest.raises(OptionError, match="curves are drawn of a single table"):
        evaluate(*sides, target="churned", curves=True)
    with pytest.raises(DataError, match="one table is needed"):
        evaluate(*map(linked, range(3)))


def test_keys_that_others_point_to_are_kept_and_other_identifiers_not_asked_for() -> None:
    sides = [{n: f for n, f in linked(seed).items() if n != "rates"} for seed in range(3)]
    mail = pl.format("c{}@bank.example", pl.int_range(pl.len()))
    first = sides[0] | {"customers": sides[0]["customers"].with_columns(mail=mail)}
    assert told(evaluate(first, *sides[1:])) == told(evaluate(*sides))


def test_all_that_can_be_asked_is_measured_known_to_the_policy_and_shown(tmp_path: Path) -> None:
    train, holdout = customers(0), customers(1)
    model = twinfold.fit(train, seed=0)
    asked = {"target": "churned", "sensitive": ["segment"], "favourable": "no", "tasks": True}
    stages: set[str] = set()
    evaluation = evaluate(
        train,
        holdout,
        twinfold.sample(model),
        model=model,
        shadows=8,
        progress=lambda stage, _: stages.add(stage),
        **asked,  # type: ignore[arg-type]
    )
    found = {finding.name for finding in evaluation.findings}
    assert {"shadow_auc", "model_auc", "membership_auc", "singling_out_risk", "near_copies", "parity_gap"} <= found
    assert {"task_roc_auc_ratio", "approval_agreement", "explanation_agreement", "recall", "corner_error"} <= found
    assert {finding.name for finding in evaluation.findings} <= set(evaluation.policy.kinds)
    assert {exhibit.group for exhibit in evaluation.exhibits} == {"faithful", "useful", "safe", "fair"}
    assert "fitting shadow models" in stages
    assert (evaluation.provenance["shadow models"], evaluation.provenance["sensitive"]) == (8, "segment")
    page = evaluation.html()
    for exhibit in evaluation.exhibits:
        assert escape(exhibit.title) in page
    command = evaluation.provenance["command"]
    assert "sensitive=['segment'], favourable='no', tasks=True" in command
    assert "model=Synthesizer, shadows=8" in command


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"sensitive": ["segment"]}, "name what their groups are granted, as a target"),
        ({"target": "churned", "favourable": "no"}, "name the columns whose groups to compare"),
        ({"target": "churned", "sensitive": ["sex"]}, "'sex'"),
        ({"target": "churned", "sensitive": ["segment"], "favourable": "maybe"}, "'maybe'"),
        ({"shadows": 20}, "give it with --model"),
    ],
)
def test_what_can_not_be_asked_is_refused_before_the_work(asked: dict[str, object], said: str) -> None:
    with pytest.raises(OptionError, match=said):
        evaluate(customers(0), customers(1), customers(2), **asked)  # type: ignore[arg-type]
