"""Keys of several columns, and what points to them."""

import numpy as np
import polars as pl
import pytest

from twinfold.errors import DataError, ModelFileError, SchemaError
from twinfold.synthesis.linked_file import load_model, restore_linked
from twinfold.synthesis.linked_learning import learn_linked
from twinfold.synthesis.model_file import read_model_file
from twinfold.tables.reading import read
from twinfold.tables.schema_file import read_toml, write_toml


def shop(customers=900, seed=0):
    """The lines of an order are numbered; lines of many pieces come back as too many, others as broken."""
    rng = np.random.default_rng(seed)
    orders = rng.integers(0, 5, customers)
    buyer = np.repeat(np.arange(customers), orders)
    lines = rng.geometric(0.4, len(buyer))
    order = np.repeat(np.arange(len(buyer)), lines)
    line = np.arange(len(order)) - np.repeat(np.cumsum(lines) - lines, lines) + 1
    pieces = 1 + rng.poisson(rng.choice([0.3, 6], len(order)))
    back = rng.random(len(order)) < np.where(pieces > 3, 0.5, 0.05)
    return {
        "customers": pl.DataFrame({"customer_id": np.arange(customers), "sex": rng.choice(["f", "m"], customers)}),
        "orders": pl.DataFrame({"order_id": 5000 + np.arange(len(buyer)), "customer_id": buyer}),
        "order_lines": pl.DataFrame({"order_id": 5000 + order, "line_no": line, "pieces": pieces}),
        "returns": pl.DataFrame({"order_id": 5000 + order, "line_no": line})
        .with_columns(reason=pl.Series(np.where(pieces > 3, "too many", "broken")))
        .filter(pl.Series(back)),
    }


@pytest.fixture(scope="module")
def real():
    return shop()


PAIR = ["order_id", "line_no"]


def test_they_are_found_written_and_read_again(real):
    schema = read(real).schema
    assert schema["order_lines"].together == ("order_id", "line_no")
    (link,) = schema["returns"].links
    assert (link.columns, link.table, link.targets) == (("order_id", "line_no"), "order_lines", ("order_id", "line_no"))
    text = write_toml(schema)
    assert 'key = ["order_id", "line_no"]' in text
    assert 'links = { "order_id + line_no" = "order_lines(order_id + line_no)" }' in text
    assert read_toml(text) == schema


def test_no_key_is_given_twice_and_no_row_points_to_none(real, model):
    made = model.sample(seed=1)
    lines, returns = made["order_lines"], made["returns"]
    assert lines.select(PAIR).is_unique().all()
    assert lines.schema == real["order_lines"].schema
    numbered = lines.group_by("order_id").agg(pl.col("line_no").min().alias("low"), pl.col("line_no").max(), pl.len())
    assert (numbered["low"] == 1).all()
    assert (numbered["line_no"] == numbered["len"]).all()
    joined = returns.join(lines, on=PAIR)
    assert joined.height == returns.height == pytest.approx(real["returns"].height, rel=0.15)
    assert returns.select(PAIR).is_unique().all()  # as of real ones, a line comes back once
    many = joined.group_by("reason").agg((pl.col("pieces") > 3).mean())
    assert dict(many.iter_rows())["too many"] > 0.97
    assert dict(many.iter_rows())["broken"] < 0.03


def test_a_number_that_does_not_count_is_made_another_where_the_key_would_be_given_twice():
    rng = np.random.default_rng(1)
    owner = np.repeat(np.arange(600), rng.integers(1, 6, 600))
    slots = np.concatenate([rng.choice(np.arange(1, 9), (owner == k).sum(), replace=False) for k in range(600)])
    tables = {
        "people": pl.DataFrame({"people_id": np.arange(600), "job": rng.choice(["a", "b"], 600)}),
        "lockers": pl.DataFrame({"people_id": owner, "row_no": slots, "size": rng.choice(["s", "l"], len(owner))}),
    }
    schema = read(tables).schema
    assert schema["lockers"].together == ("people_id", "row_no")
    made = learn_linked(read(tables, schema=schema), seed=0).sample()["lockers"]
    assert made.select("people_id", "row_no").is_unique().all()
    assert made["row_no"].mean() == pytest.approx(slots.mean(), abs=0.6)
    assert made.height == pytest.approx(len(owner), rel=0.1)


def test_two_links_that_are_a_key_together_come_once():
    """Who takes which course: a pair comes once, and its marks hang on it."""
    rng = np.random.default_rng(2)
    pairs = pl.DataFrame({"student_id": rng.integers(0, 700, 4000), "course_id": rng.integers(0, 60, 4000)}).unique(
        maintain_order=True
    )
    marks = pairs.sample(6000, with_replacement=True, seed=0)
    tables = {
        "students": pl.DataFrame({"student_id": np.arange(700), "year": rng.integers(1, 5, 700)}),
        "courses": pl.DataFrame({"course_id": np.arange(60), "subject": rng.choice(["art", "law"], 60)}),
        "places": pairs.with_columns(fee=rng.integers(1, 50, pairs.height)),
        "marks": marks.with_columns(mark=rng.integers(1, 7, 6000)),
    }
    text = write_toml(read(tables).schema).replace("reference = true", "reference = false")
    for column in ("student_id", "course_id"):
        text = text.replace(f'{column} = {{ kind = "category"', f'{column} = {{ kind = "category"')
    made = learn_linked(read(tables, schema=read_toml(text)), seed=0).sample()
    keys = ["student_id", "course_id"]
    assert made["places"].select(keys).is_unique().all()
    assert made["places"].height == pytest.approx(pairs.height, rel=0.12)
    assert made["marks"].join(made["places"], on=keys).height == made["marks"].height
    assert made["places"]["course_id"].is_in(made["courses"]["course_id"].implode()).all()


def test_the_same_seed_gives_the_same_and_damaged_models_are_refused(model, tmp_path):
    model.save(tmp_path / "m.twin")
    made, again = model.sample(300, seed=1), load_model(tmp_path / "m.twin").sample(300, seed=1)
    assert all(again[name].equals(frame) for name, frame in made.items())
    manifest, arrays = read_model_file(tmp_path / "m.twin")
    place = next(k for k, state in enumerate(manifest["linked"]) if state["table"]["name"] == "order_lines")
    for counting in (None, ["nothing", 1], ["pieces", 1], ["line_no", "1"], ["order_id", 1]):
        states = [s | {"counting": counting} if k == place else s for k, s in enumerate(manifest["linked"])]
        with pytest.raises(ModelFileError) as caught:
            restore_linked(manifest | {"linked": states}, arrays)
        assert "\n" not in str(caught.value)


def test_a_key_given_twice_is_one_line(real):
    schema = read(real).schema
    twice = real | {"order_lines": pl.concat([real["order_lines"], real["order_lines"].head(1)])}
    with pytest.raises(DataError, match=r"order_id \+ line_no.*given twice") as caught:
        learn_linked(read(twice, schema=schema))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('["order_id", "line_no"]', '["order_id"]', "two columns or more"),
        ('["order_id", "line_no"]', '["order_id", "line"]', "line_no"),
        ('["order_id", "line_no"]', '["order_id", 3]', "key of table"),
        ("order_lines(order_id + line_no)", "order_lines(order_id + line)", "line_no"),
        ("order_lines(order_id + line_no)", "order_lines(order_id + line_no + pieces)", "give as many"),
        ("order_lines(order_id + line_no)", "lines(order_id + line_no)", "order_lines"),
    ],
)
def test_a_schema_that_asks_for_what_is_not_there_is_one_line(real, old, new, said):
    with pytest.raises(SchemaError, match=said) as caught:
        read_toml(write_toml(read(real).schema).replace(old, new))
    assert "\n" not in str(caught.value)
