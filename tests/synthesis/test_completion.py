import numpy as np
import polars as pl
import pytest

from twinfold.errors import OptionError
from twinfold.protocols import silent
from twinfold.synthesis.completion import complete
from twinfold.synthesis.synthesizer import learn
from twinfold.tables.reading import read

JOINT = {
    ("a", "x", "no"): 0.24,
    ("a", "x", "yes"): 0.06,
    ("a", "y", "no"): 0.05,
    ("a", "y", "yes"): 0.15,
    ("b", "x", "no"): 0.04,
    ("b", "x", "yes"): 0.16,
    ("b", "y", "no"): 0.24,
    ("b", "y", "yes"): 0.06,
}


def planted(rows, seed=0):
    chosen = np.random.default_rng(seed).choice(len(JOINT), rows, p=list(JOINT.values()))
    return pl.DataFrame([list(JOINT)[k] for k in chosen], schema=["kind", "size", "bought"], orient="row")


@pytest.fixture(scope="module")
def synthesizer():
    return learn(read(planted(20_000)))


def completed(synthesizer, frame, **options):
    found = complete(synthesizer, frame, synthesizer.table, **{"m": 1, "columns": None, "seed": 1} | options)
    return [pl.concat(parts) for parts in zip(*found.pieces(silent), strict=True)], found


@pytest.mark.parametrize("hole", ["kind", "size", "bought"])
def test_a_missing_level_follows_the_exact_conditional(synthesizer, hole):
    [table], _ = completed(synthesizer, planted(12_000, 1).with_columns(pl.lit(None, pl.String).alias(hole)))
    others = [name for name in table.columns if name != hole]
    for values, rows in table.group_by(others):
        exact = {key: p for key, p in JOINT.items() if all(v in key for v in values)}
        for level in rows[hole].unique():
            share = sum(p for key, p in exact.items() if level in key) / sum(exact.values())
            assert (rows[hole] == level).mean() == pytest.approx(share, abs=0.05)


def test_two_missing_levels_follow_their_exact_joint(synthesizer):
    frame = pl.DataFrame({"bought": ["yes"] * 6000}).select(
        pl.lit(None, pl.String).alias("kind"), pl.lit(None, pl.String).alias("size"), "bought"
    )
    [table], _ = completed(synthesizer, frame)
    total = sum(p for key, p in JOINT.items() if "yes" in key)
    for (kind, size), rows in table.group_by("kind", "size"):
        assert rows.height / 6000 == pytest.approx(JOINT[kind, size, "yes"] / total, abs=0.03)


def holed(frame, share=0.3, seed=5):
    rng = np.random.default_rng(seed)
    return frame.with_columns(
        pl.when(pl.Series(rng.random(frame.height) < share)).then(None).otherwise(pl.col(name)).alias(name)
        for name in frame.columns
    )


def test_what_is_there_stays_and_what_is_missing_is_filled(synthesizer):
    frame = holed(planted(3000, 2))
    tables, found = completed(synthesizer, frame, m=3)
    assert len(tables) == 3
    for table in tables:
        assert table.null_count().sum_horizontal()[0] == 0
        for name in frame.columns:
            there = frame[name].is_not_null()
            assert table[name].filter(there).equals(frame[name].filter(there))
    assert not tables[0].equals(tables[1])
    assert found.filled == {name: frame[name].null_count() for name in frame.columns}
    assert all((worth >= 8).all() for worth in found.effective)
    assert tables[0].equals(completed(synthesizer, frame, m=3)[0][0])
    assert not tables[0].equals(completed(synthesizer, frame, m=3, seed=2)[0][0])


def test_only_the_named_columns_are_filled(synthesizer):
    frame = holed(planted(500, 3))
    [table], _ = completed(synthesizer, frame, columns=["size"])
    assert table["size"].null_count() == 0
    assert table["kind"].equals(frame["kind"])


def missing_at_random(rows, seed):
    """Incomes rise with age, and the old keep theirs to themselves. The true mean is 1000."""
    rng = np.random.default_rng(seed)
    age = rng.integers(20, 80, rows)
    income = 1000 + 20 * (age - 49.5) + rng.normal(0, 150, rows)
    told = rng.random(rows) > np.where(age >= 55, 0.7, 0.1)
    return pl.DataFrame({"age": age, "income": np.round(np.where(told, income, np.nan))}).with_columns(
        pl.col("income").fill_nan(None)
    )


def test_means_are_right_where_those_of_complete_rows_are_not_and_rubins_interval_covers():
    covered = 0
    for seed in range(8):
        frame = missing_at_random(2500, seed)
        assert frame["income"].mean() < 930  # 1000 is true
        synthesizer = learn(read(frame), seed=seed)
        tables, _ = completed(synthesizer, frame, m=5, seed=seed)
        means = np.array([table["income"].mean() for table in tables])
        within = np.mean([table["income"].var() / table.height for table in tables])
        spread = np.sqrt(within + (1 + 1 / 5) * means.var(ddof=1))
        assert means.mean() == pytest.approx(1000, abs=45)
        covered += abs(means.mean() - 1000) < 2.1 * spread
    assert covered >= 6


def test_a_level_that_was_never_learned_says_nothing(synthesizer):
    frame = pl.DataFrame({"kind": ["c"] * 4000, "size": ["x"] * 4000, "bought": [None] * 4000})
    [table], _ = completed(synthesizer, frame.cast(pl.String))
    assert set(table["kind"]) == {"c"}
    assert (table["bought"] == "yes").mean() == pytest.approx(0.22 / 0.5, abs=0.05)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"m": 0}, "m is 0; give 1 to 1000"),
        ({"seed": -1}, "seed is -1"),
        ({"columns": ["sise"]}, "did you mean 'size'"),
    ],
)
def test_what_can_not_be_done_is_said(synthesizer, options, said):
    with pytest.raises(OptionError, match=said):
        completed(synthesizer, planted(10), **options)


def test_made_up_columns_are_not_filled():
    frame = planted(2000).with_columns(pl.format("C-{}", pl.int_range(2000) + 10_000).alias("number"))
    synthesizer = learn(read(frame))
    holes = frame.with_columns(pl.lit(None, pl.String).alias("number"))
    with pytest.raises(OptionError, match="'number' can't be filled: it is made up"):
        completed(synthesizer, holes, columns=["number"])
    [table], found = completed(synthesizer, holes)
    assert table.equals(holes)
    assert found.filled == {}
