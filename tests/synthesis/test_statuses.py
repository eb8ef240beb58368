import numpy as np
import polars as pl
import pytest

from twinfold.errors import SchemaError
from twinfold.synthesis.linked_file import load_model
from twinfold.synthesis.linked_learning import learn_linked
from twinfold.tables.reading import read
from twinfold.tables.schema_file import read_toml, write_toml

NEXT = {
    "new": (["new", "paid", "late"], [0.3, 0.5, 0.2]),
    "paid": (["paid", "late"], [0.8, 0.2]),
    "late": (["paid", "late", "default"], [0.4, 0.4, 0.2]),
    "default": (["default", "closed"], [0.5, 0.5]),
    "closed": ([], []),
}
RULE = (
    "status: default -> closed, default -> default, late -> default, late -> late, late -> paid, new -> late, "
    "new -> new, new -> paid, paid -> late, paid -> paid"
)


def loans(customers=1200, seed=0, *, free=False, odd=0):
    """Reports on loans, month by month: nobody is in default who was not late, and no loan that is closed goes on.

    `free`: statuses dealt at random; `odd`: customers who once go from default to new.
    """
    rng = np.random.default_rng(seed)
    rows = []
    for customer in range(customers):
        status, rate = "new", float(rng.normal(5, 1))
        for month in range(rng.integers(3, 14)):
            rows.append((customer, 18_000 + 30 * month, status, round(rate + rng.normal(0, 0.1), 2)))
            levels, shares = NEXT[status]
            if not levels:
                break
            status = str(rng.choice(levels, p=shares))
            if customer < odd and rows[-1][2] == "default":
                status = "new"
    frame = pl.DataFrame(rows, schema=["customer_id", "month_date", "status", "rate"], orient="row")
    frame = frame.with_columns(pl.col("month_date").cast(pl.Int32).cast(pl.Date))
    if free:
        frame = frame.with_columns(pl.col("status").shuffle(seed=1))
    return {
        "customers": pl.DataFrame({"customer_id": np.arange(customers), "age": rng.integers(18, 90, customers)}),
        "reports": frame,
    }


def moves(reports):
    before = pl.col("status").shift().over("customer_id")
    pairs = reports.select(before=before, after="status").drop_nulls()
    return dict(pairs.group_by(pl.concat_str("before", "after", separator=" -> ")).len().iter_rows())


@pytest.fixture(scope="module")
def real():
    return loans()


@pytest.fixture(scope="module")
def made(model):
    return model.sample(3000, seed=1)["reports"]


def test_what_may_follow_what_is_found(real):
    assert RULE in read(real).schema["reports"].rules


def test_what_never_followed_never_follows_and_the_rest_does_as_often(real, made):
    wanted, found = moves(real["reports"]), moves(made)
    assert set(found) == set(wanted)
    assert found["late -> default"] / sum(found.values()) == pytest.approx(
        wanted["late -> default"] / sum(wanted.values()), rel=0.25
    )
    assert found["paid -> late"] / sum(found.values()) == pytest.approx(
        wanted["paid -> late"] / sum(wanted.values()), rel=0.15
    )


def test_statuses_dealt_at_random_are_no_rule():
    assert not any("->" in rule for rule in read(loans(free=True)).schema["reports"].rules)


def test_what_few_customers_did_is_not_said_and_never_drawn():
    frames = loans(odd=30)
    assert 0 < moves(frames["reports"])["default -> new"] < 10
    dataset = read(frames)
    assert "default -> new" not in str(dataset.schema["reports"].rules)
    assert "default -> new" not in moves(learn_linked(dataset, seed=0).sample(2000, seed=1)["reports"])


def test_what_is_declared_is_kept_though_real_rows_do_otherwise(real):
    text = write_toml(read(real).schema).replace(RULE, "status: new -> paid, paid -> paid, late -> late")
    made = learn_linked(read(real, schema=read_toml(text)), seed=0).sample(1000, seed=1)["reports"]
    assert not {"new -> new", "new -> late", "paid -> late", "late -> paid"} & set(moves(made))


def test_a_saved_model_keeps_them_too(model, made, tmp_path):
    model.save(tmp_path / "m.twin")
    assert load_model(tmp_path / "m.twin").sample(3000, seed=1)["reports"].equals(made)


@pytest.mark.parametrize(
    ("table", "rule", "said"),
    [
        ("reports", "statuses: new -> paid", "did you mean 'status'"),
        ("reports", "rate: new -> paid", "categories"),
        ("reports", "status: new", "can't be read"),
        ("customers", "age: 1 -> 2", "categories"),
    ],
)
def test_transitions_that_can_not_be_kept_are_one_line(real, table, rule, said):
    text = write_toml(read(real).schema).replace(RULE, "status: new -> paid")
    text = (
        text.replace('"status: new -> paid"', f'"{rule}"')
        if table == "reports"
        else text.replace(f"[tables.{table}]\n", f'[tables.{table}]\nrules = ["{rule}"]\n')
    )
    with pytest.raises(SchemaError, match=said) as caught:
        read_toml(text)
    assert "\n" not in str(caught.value)
