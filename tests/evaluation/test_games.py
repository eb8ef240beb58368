"""The three games of WP 216: what was planted is found, and what holds for everybody is no risk."""

import numpy as np
import polars as pl
import pytest

from twinfold.errors import OptionError
from twinfold.evaluation import games
from twinfold.evaluation.alignment import align
from twinfold.evaluation.finding import Exhibit, Finding, Verdict
from twinfold.tables.dataset import Dataset
from twinfold.tables.reading import read

Frames = tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]
COLUMNS = ["age", "job", "education", "balance", "housing", "month", "duration", "campaign", "poutcome"]
NAMES = ["singling_out_risk", "linkability_risk", "inference_risk"]


def play(
    train: pl.DataFrame, holdout: pl.DataFrame, release: pl.DataFrame, sensitive: list[str] | None = None, seed: int = 0
) -> tuple[list[Finding], list[Exhibit]]:
    learned = read(train)
    others = (read(frame, schema=learned.schema) for frame in (holdout, release))
    aligned = align(learned, *others, rng=np.random.default_rng(seed))
    return games.measure(aligned, sensitive=sensitive, rng=np.random.default_rng(seed))


def customers(rng: np.random.Generator, rows: int) -> pl.DataFrame:
    """A segment that follows from age and region for everybody, and a secret that follows from nothing."""
    age, region = rng.integers(18, 80, rows), rng.integers(0, 3, rows)
    income = np.round(rng.lognormal(10, 0.5, rows))
    return pl.DataFrame(
        {
            "age": age,
            "income": income,
            "spent": np.round(income * rng.uniform(0, 1, rows)),
            "region": pl.Series(region).cast(pl.String),
            "segment": np.where((age < 45) & (region > 0), "young", "other"),
            "secret": pl.Series(rng.integers(0, 4, rows)).cast(pl.String) + "s",
        }
    )


@pytest.fixture(scope="module")
def banks(parts: tuple[Dataset, Dataset, Dataset]) -> Frames:
    """Train, holdout and independent real rows of some columns."""
    train, holdout, release = (dataset.single()[1].select(COLUMNS) for dataset in parts)
    return train, holdout, release


def thirds(seed: int, rows: int) -> Frames:
    rng = np.random.default_rng(seed)
    return customers(rng, rows), customers(rng, rows), customers(rng, rows)


def test_a_copy_is_found_by_all_games(banks: Frames) -> None:
    train, holdout, _ = banks
    findings, _ = play(train[:2000], holdout[:2000], train[:2000])
    assert [finding.name for finding in findings] == NAMES
    assert {finding.group for finding in findings} == {"safe"}
    assert all(finding.low > 0.9 and finding.high == 1.0 and finding.yardstick == 0 for finding in findings)


def test_a_leak_of_one_in_ten_is_found_in_proportion(banks: Frames) -> None:
    train, holdout, release = banks
    findings, _ = play(train, holdout, pl.concat([train[:400], release[400:]]), sensitive=["age", "balance", "job"])
    singled, linked, inferred = findings
    for finding in (singled, linked, inferred):
        assert finding.low > 0
        assert 0.03 < finding.value < 0.2
        assert "more than chance gives" in finding.sentence


def test_jitter_hides_no_copy(banks: Frames) -> None:
    train, holdout, _ = banks
    rng = np.random.default_rng(1)
    jittered = train.with_columns(
        pl.col(name) + pl.Series(rng.integers(-by, by + 1, train.height))
        for name, by in (("age", 2), ("balance", 50), ("duration", 10))
    )
    findings, _ = play(train, holdout, jittered, sensitive=["job", "education"])
    assert all(finding.low > 0.15 for finding in findings)


def test_independent_customers_raise_no_alarm() -> None:
    """Of 15 tables three intervals each miss 0 upwards in one of 40 cases at most: more than four alarms are no chance
    (less than one in 100)."""
    alarms = 0
    for seed in range(15):
        findings, _ = play(*thirds(seed, 300), seed=seed)
        alarms += sum(finding.low > 0 for finding in findings)
        assert all(finding.high >= 0 for finding in findings)
    assert alarms <= 4


def test_what_follows_for_everybody_is_guessed_and_no_risk() -> None:
    findings, exhibits = play(*thirds(0, 3000), sensitive=["segment"])
    rows = {row[0]: row for row in exhibits[1].rows}
    _, learned, unseen, by_shares, *_ = rows["segment"]
    assert learned > 0.9
    assert unseen > 0.9
    assert by_shares < 0.8
    assert findings[2].low <= 0


def test_a_memorised_secret_is_the_worst_column_and_shown_beside_the_others() -> None:
    train, holdout, release = thirds(1, 3000)
    known = ["age", "income", "spent", "region", "segment"]
    leaking = pl.concat([train[:600].with_columns(release[:600].select("spent")), release[600:]])
    findings, exhibits = play(train, holdout, leaking)
    assert findings[2].sentence.startswith("'secret' (the worst column of 6 tried)")
    assert findings[2].low > 0
    assert [row[0] for row in exhibits[1].rows] == [*known, "secret"]
    assert [row[0] for row in exhibits[0].rows] == ["one value", "several columns"]
    assert not any(exhibit.single for exhibit in exhibits)


def test_sensitive_columns_are_the_users_choice() -> None:
    tables = thirds(2, 200)
    _, exhibits = play(*tables, sensitive=["secret"])
    assert [row[0] for row in exhibits[1].rows] == ["secret"]
    with pytest.raises(OptionError, match=r"sensitive column 'secrt'.*did you mean 'secret'"):
        play(*tables, sensitive=["secrt"])


def test_of_many_columns_some_are_tried_and_it_is_said() -> None:
    rng = np.random.default_rng(0)
    wide = [pl.DataFrame(rng.random((200, 23)), schema=[f"x{j}" for j in range(23)]) for _ in range(3)]
    findings, exhibits = play(*wide)
    assert len(exhibits[1].rows) == 20
    assert "20 of 23, drawn at random, tried" in findings[2].sentence


def test_constant_and_empty_columns_are_no_secrets() -> None:
    odd = {"one": pl.lit("a"), "none": pl.lit(None, pl.Float64), "gaps": pl.when(pl.col("age") > 40).then("income")}
    tables = [table.with_columns(**odd) for table in thirds(3, 400)]
    for release in (tables[2], tables[0]):
        findings, exhibits = play(tables[0], tables[1], release)
        assert not {"one", "none"} & {row[0] for row in exhibits[1].rows}
        assert [finding.low > 0 for finding in findings] == [release is tables[0]] * 3


@pytest.mark.parametrize("columns", [["secret"], ["income"]])
def test_a_single_column_leaves_nothing_to_link_or_infer(columns: list[str]) -> None:
    singled, linked, inferred = play(*(table.select(columns) for table in thirds(4, 300)))[0]
    assert linked.verdict is inferred.verdict is Verdict.UNKNOWN
    assert (singled.verdict is Verdict.UNKNOWN) == (columns == ["secret"])  # each is held by many


def test_tiny_tables_are_not_measured() -> None:
    train, holdout, release = thirds(5, 200)
    findings, exhibits = play(train, holdout[:99], release)
    assert [finding.name for finding in findings] == NAMES
    assert all(finding.verdict is Verdict.UNKNOWN and "99 rows are too few" in finding.sentence for finding in findings)
    assert exhibits == []
