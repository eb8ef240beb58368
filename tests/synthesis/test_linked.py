from pathlib import Path

import numpy as np
import polars as pl
import pytest

from twinfold.errors import DataError, ModelFileError, OptionError, SchemaError
from twinfold.synthesis import choosing, linked_learning
from twinfold.synthesis.linked_file import load_model, restore_linked
from twinfold.synthesis.linked_learning import learn_linked
from twinfold.synthesis.model_file import read_model_file
from twinfold.synthesis.population import join_populations, take_customers
from twinfold.tables.reading import read
from twinfold.tables.schema_file import read_toml, write_toml

SHARED = Path(__file__).parents[2] / "../shared/data"


def bank(customers=1500, seed=0):
    """Savers pay little and often and stop by chance, spenders much and seldom; each repeats a price of their own."""
    rng = np.random.default_rng(seed)
    saver = rng.random(customers) < 0.5
    count = np.where(saver, rng.geometric(0.15, customers), rng.integers(0, 3, customers))
    owner = np.repeat(np.arange(customers), count)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    price = np.round(rng.uniform(1, 500, customers), 2)[owner]
    fresh = np.round(rng.uniform(1, 500, len(owner)), 2)
    amount = np.where(saver[owner], rng.normal(20, 2, len(owner)), rng.normal(300, 20, len(owner))).round(2)
    day = rng.integers(0, 60, customers)[owner] + 7 * place
    return {
        "customers": pl.DataFrame(
            {"customer_id": np.arange(100, 100 + customers), "kind": np.where(saver, "saver", "spender")}
        ),
        "payments": pl.DataFrame(
            {
                "customer_id": owner + 100,
                "day_date": pl.Series(18_000 + day).cast(pl.Int32).cast(pl.Date),
                "amount": amount,
                "price": np.where(rng.random(len(owner)) < 0.7, price, fresh),
            }
        ),
    }


@pytest.fixture(scope="module")
def real():
    return bank()


@pytest.fixture(scope="module")
def made(model):
    return model.sample(3000, seed=1)


def per_customer(tables, by="kind"):
    payments = tables["payments"].group_by("customer_id").agg(n=pl.len(), amount=pl.col("amount").mean())
    joined = tables["customers"].join(payments, on="customer_id", how="left").with_columns(pl.col("n").fill_null(0))
    return joined.group_by(by).agg(pl.col("n").mean(), pl.col("amount").mean(), none=(pl.col("n") == 0).mean()).sort(by)


def test_tables_come_out_as_they_were_and_every_child_has_its_parent(real, made):
    assert {name: frame.schema for name, frame in made.items()} == {name: f.schema for name, f in real.items()}
    assert made["customers"].height == 3000
    assert made["customers"]["customer_id"].is_unique().all()
    assert made["payments"]["customer_id"].is_in(made["customers"]["customer_id"].implode()).all()


def test_what_the_parent_is_decides_how_many_children_it_has_and_what_they_hold(real, made):
    wanted, found = per_customer(real), per_customer(made)
    assert found["n"].to_list() == pytest.approx(wanted["n"].to_list(), rel=0.15)
    assert found["amount"].to_list() == pytest.approx(wanted["amount"].to_list(), rel=0.05)
    assert found["none"].to_list() == pytest.approx(wanted["none"].to_list(), abs=0.05)


def test_a_history_goes_on_in_steps_of_a_week(made):
    gaps = made["payments"].with_columns(gap=pl.col("day_date").diff().over("customer_id").dt.total_days())["gap"]
    assert (gaps.drop_nulls() == 7).all()


def test_what_a_customer_repeats_is_repeated_as_often(real, made):
    def share(tables):
        repeats = tables["payments"].with_columns(last=pl.col("price").shift().over("customer_id")).drop_nulls("last")
        return (repeats["price"] == repeats["last"]).mean()

    assert share(made) == pytest.approx(share(real), abs=0.06)


def test_a_price_that_one_customer_pays_a_hundred_times_never_comes_out():
    tables = bank(customers=300)
    often = pl.DataFrame(
        {"customer_id": [100] * 100, "day_date": [None] * 100, "amount": [20.0] * 100, "price": [777.77] * 100}
    )
    tables["payments"] = pl.concat([tables["payments"], often.cast(dict(tables["payments"].schema))])
    out = learn_linked(read(tables), seed=0).sample(1000)
    assert not (out["payments"]["price"] == 777.77).any()


def test_the_same_seed_gives_the_same_customers_and_a_saved_model_draws_them_too(model, made, tmp_path):
    model.save(tmp_path / "m.twin")
    again = load_model(tmp_path / "m.twin").sample(3000, seed=1)
    assert all(again[name].equals(made[name]) for name in made)
    assert not model.sample(3000, seed=2)["payments"].equals(made["payments"])


def test_customers_drawn_in_pieces_keep_their_keys_apart(model, monkeypatch):
    monkeypatch.setattr("twinfold.synthesis.linked.CHUNK", 500)
    out = model.sample(1200)
    assert out["customers"]["customer_id"].n_unique() == 1200
    assert out["payments"]["customer_id"].is_in(out["customers"]["customer_id"].implode()).all()


def test_damaged_models_are_refused(model, tmp_path):
    model.save(tmp_path / "m.twin")
    manifest, arrays = read_model_file(tmp_path / "m.twin")
    name = next(name for name in arrays if "h_later_" in name and name.endswith("_feature") and arrays[name].max() > 0)
    spoiled = arrays[name].copy()
    spoiled[spoiled >= 0] = 999
    other = manifest["linked"][1] | {"link": {"column": "nothing", "table": "customers", "to": "customer_id"}}
    cases = [
        (manifest, arrays | {name: spoiled}),
        (manifest, {k: a for k, a in arrays.items() if "h_first_" not in k}),
        (manifest | {"linked": [manifest["linked"][0], other]}, arrays),
        (manifest | {"subject": "nobody"}, arrays),
        (manifest | {"order": ["customers"]}, arrays),
        (manifest, arrays | {"t1_h_clock_moments": np.array([2.0, 1.0])}),
    ]
    for changed, own in cases:
        with pytest.raises(ModelFileError) as caught:
            restore_linked(changed, own)
        assert "\n" not in str(caught.value)


def test_children_of_children_and_one_to_one_tables_hang_together():
    tables = bank(customers=400)
    rng = np.random.default_rng(2)
    payments = tables["payments"].with_row_index("payment_id")
    some = payments.filter(pl.col("amount") > 100)
    tables["payments"] = payments.cast({"payment_id": pl.Int64})
    tables["refunds"] = pl.DataFrame({"payment_id": some["payment_id"].cast(pl.Int64), "refund": some["amount"] // 2})
    tables["cards"] = pl.DataFrame({"card_id": np.arange(400), "colour": rng.choice(["red", "blue"], 400)})
    tables["customers"] = tables["customers"].with_columns(card_id=rng.permutation(400))
    tables["owners"] = pl.DataFrame(
        {"owner_id": np.arange(400), "customer_id": 100 + np.arange(400), "card_id": np.arange(400)}
    )
    tables["customers"] = tables["customers"].drop("card_id")
    out = learn_linked(read(tables), seed=0).sample(500)
    assert out["refunds"]["payment_id"].is_in(out["payments"]["payment_id"].implode()).all()
    joined = out["refunds"].join(out["payments"], on="payment_id")
    assert (joined["amount"] > 100).mean() > 0.99
    assert out["owners"]["card_id"].sort().equals(out["cards"]["card_id"].sort())
    assert out["owners"]["card_id"].is_unique().all()


def test_a_time_that_hardly_a_row_has_comes_out_missing():
    tables = bank(customers=1500)
    days = pl.when(pl.int_range(pl.len()) < 5).then("day_date")
    tables["payments"] = tables["payments"].with_columns(day_date=days)
    schema = read(bank(customers=300)).schema
    model = learn_linked(read(tables, schema=schema), seed=0)
    assert "comes out missing" in model.describe()
    out = model.sample(1200)["payments"]
    assert out.columns == tables["payments"].columns
    assert out["day_date"].null_count() == out.height > 0


@pytest.mark.parametrize("share", [0.1, 0.45, 0.8])
def test_a_fit_that_is_stopped_leaves_nothing_half_learned(share):
    def stop(stage, done, told=[]):  # noqa: B006 - it stops once, as Ctrl-C does
        if done >= share and not told:
            told.append(stage)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        learn_linked(read(bank(customers=1200)), progress=stop)


def test_rows_without_a_parent_are_left_out_and_said():
    tables = bank(customers=300)
    stray = tables["payments"].head(20).with_columns(customer_id=pl.lit(7, pl.Int64))
    model = learn_linked(read(tables | {"payments": pl.concat([tables["payments"], stray])}))
    assert "payments: 20 rows have no parent in customers" in model.describe()


def test_a_child_table_with_hardly_a_row_comes_out_empty():
    tables = bank(customers=300)
    few = tables["payments"].head(30)
    out = learn_linked(read(tables), seed=0)
    schema = read(tables).schema
    model = learn_linked(read(tables | {"payments": few}, schema=schema), seed=0)
    assert "too few to learn" in model.describe()
    frames = model.sample(200)
    assert frames["payments"].height == 0
    assert frames["payments"].schema == out.sample(50)["payments"].schema


def test_a_key_given_twice_is_one_line():
    tables = bank(customers=300)
    schema = read(tables).schema
    tables["customers"] = pl.concat([tables["customers"], tables["customers"].head(1)])
    with pytest.raises(DataError, match="given twice"):
        learn_linked(read(tables, schema=schema))


def test_links_that_form_no_tree_are_one_line():
    tables = bank(customers=300)
    apart = {name: frame.rename({"customer_id": f"{name}_number"}) for name, frame in tables.items()}
    with pytest.raises(DataError, match="all others hang on"):
        learn_linked(read(apart))


def with_rules(schema, name, *rules):
    """A schema with other rules of one table, read from its file."""
    text = write_toml(
        schema.model_copy(update={"tables": tuple(t.model_copy(update={"rules": ()}) for t in schema.tables)})
    )
    listed = ", ".join(f'"{rule}"' for rule in rules)
    return read_toml(text.replace(f"[tables.{name}]\n", f"[tables.{name}]\nrules = [{listed}]\n"))


def test_rules_of_every_real_row_are_found_and_kept_in_every_row(tmp_path):
    tables = bank(customers=400)
    payments = tables["payments"].with_columns(number=pl.col("amount").hash() % 7 + 1, fee=pl.col("price") / 4)
    payments = payments.with_columns(pl.col("fee").round(2), total=(pl.col("amount") * pl.col("number")).round(2))
    tables["payments"] = payments.with_columns(due=(pl.col("total") + pl.col("fee")).round(2)).cast(
        {"number": pl.Int64}
    )
    dataset = read(tables)
    assert set(dataset.schema["payments"].rules) == {"total = amount * number", "due = fee + total"}
    learn_linked(dataset, seed=0).save(tmp_path / "m.twin")
    out = load_model(tmp_path / "m.twin").sample(500)["payments"]
    assert out.columns == dataset.tables["payments"].columns
    assert ((out["amount"] * out["number"] - out["total"]).abs() < 0.006).all()
    assert ((out["total"] + out["fee"] - out["due"]).abs() < 0.006).all()


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        (["amount = price + amounts"], "amounts"),
        (["amount = price"], "can't be read"),
        (["amount = price * day_date"], "about numbers"),
        (["amount = price + price", "amount = price * price"], "two rules"),
    ],
)
def test_rules_that_can_not_hold_are_one_line(rules, said):
    with pytest.raises(SchemaError, match=said):
        with_rules(read(bank(customers=300)).schema, "payments", *rules)


def test_rules_that_go_round_are_one_line():
    tables = bank(customers=300)
    schema = with_rules(read(tables).schema, "payments", "amount = price + price", "price = amount + amount")
    with pytest.raises(SchemaError, match="circle"):
        learn_linked(read(tables, schema=schema))


@pytest.mark.parametrize(("n", "seed"), [(0, 1), (10, -1)])
def test_impossible_numbers_are_refused(model, n, seed):
    with pytest.raises(OptionError):
        model.sample(n, seed=seed)


@pytest.mark.skipif(not SHARED.exists(), reason="../shared, with the real tables, is not here")
def test_a_whole_bank_in_one_fit():
    model = learn_linked(read(SHARED / "berka"), seed=0)
    real, made = read(SHARED / "berka").tables, model.sample(1000)
    assert set(made) == set(real)
    for name, frame in made.items():
        assert frame.schema == real[name].schema
    for table, column, parent, key in (
        ("disp", "client_id", "client", "client_id"),
        ("disp", "account_id", "account", "account_id"),
        ("card", "disp_id", "disp", "disp_id"),
        ("trans", "account_id", "account", "account_id"),
        ("client", "district_id", "district", "district_id"),
    ):
        assert made[table][column].is_in(made[parent][key].implode()).all()
    assert made["disp"].group_by("client_id").len()["len"].max() == 1
    assert made["district"].equals(real["district"])
    assert made["client"].height == pytest.approx(1000, rel=0.1)


def test_histories_that_are_learned_by_heart_are_said(real, model, monkeypatch):
    assert not any("remembers" in note for note in model.notes)
    drawn = choosing.probe_drawn

    def by_heart(codes, learned, held, *, seed):
        return drawn(learned.codes, learned, held, seed=seed)

    monkeypatch.setattr(choosing, "probe_drawn", by_heart)
    assert any("remembers learned rows" in note for note in learn_linked(read(real), seed=0).notes)


def test_what_hangs_on_the_same_customer_goes_together():
    """Who has a loan has an order for it, and who pays it badly lives alone."""
    rng = np.random.default_rng(0)
    ids = np.arange(1, 2501)
    borrows = rng.random(len(ids)) < 0.4
    people = rng.integers(1, 3, len(ids))
    bad = borrows & (people == 1) & (rng.random(len(ids)) < 0.4)
    loans = pl.DataFrame({"customer_id": ids[borrows], "status": np.where(bad[borrows], "bad", "good")})
    owner = np.repeat(ids, people)
    orders = np.repeat(ids, borrows + rng.integers(0, 3, len(ids)))
    first = np.append(True, orders[1:] != orders[:-1])
    reason = np.where(first & borrows[orders - 1], "loan", rng.choice(["rent", "gas"], len(orders)))
    tables = {
        "customers": pl.DataFrame({"customer_id": ids, "kind": rng.choice(["a", "b"], len(ids))}),
        "members": pl.DataFrame({"customer_id": owner, "sex": rng.choice(["f", "m"], len(owner))}),
        "loans": loans,
        "orders": pl.DataFrame({"customer_id": orders, "reason": reason}),
    }
    made = learn_linked(read(tables), seed=0).sample(2500)
    members = made["members"].group_by("customer_id").len()
    joined = made["loans"].join(members, on="customer_id").with_columns(bad=pl.col("status") == "bad")
    assert joined.filter(pl.col("len") == 2)["bad"].mean() < 0.05
    assert joined.filter(pl.col("len") == 1)["bad"].mean() == pytest.approx(0.4, abs=0.08)
    ordered = made["orders"].filter(pl.col("reason") == "loan")["customer_id"]
    assert made["loans"]["customer_id"].is_in(ordered.implode()).mean() > 0.85
    assert ordered.is_in(made["loans"]["customer_id"].implode()).mean() > 0.95


def test_histories_that_an_attack_finds_are_learned_again_with_larger_leaves(monkeypatch):
    """A leak is planted: with leaves below forty, half of those drawn are learned customers with their histories."""
    learn_chooser, engine, draw = (
        getattr(linked_learning, name) for name in ("learn_chooser", "TreesEngine", "draw_population")
    )
    leaves, found, known = [], [], {}

    def grow(*, min_leaf):
        leaves.append(min_leaf)
        return engine(min_leaf=min_leaf)

    def look(columns, real, tables, draw, *, held, **settings):
        known["learned"] = real, np.flatnonzero(~held)
        chooser, probed = learn_chooser(columns, real, tables, draw, held=held, **settings)
        found.append(probed.membership)
        return chooser, probed

    def leak(parts, model, n, rng):
        if leaves[-1] >= 40:
            return draw(parts, model, n, rng)
        real, places = known["learned"]
        copied = take_customers(parts, real, rng.permutation(places)[: n // 2])
        return join_populations(parts, [draw(parts, model, n - copied.size, rng), copied])

    for name, planted in (("TreesEngine", grow), ("learn_chooser", look), ("draw_population", leak)):
        monkeypatch.setattr(linked_learning, name, planted)
    tables = bank(customers=2500)
    cured = learn_linked(read(tables), seed=0)
    assert leaves == [20, 40]
    assert found[0].succeeds
    assert found[0].auc > 0.6
    assert found[1].auc < 0.55
    assert any("leaves were made 2 times as large" in note for note in cured.notes)
    assert not any("remembers" in note for note in cured.notes)


def test_a_second_fit_of_histories_that_is_stopped_leaves_the_first(monkeypatch):
    monkeypatch.setattr("twinfold.synthesis.guard.REMEMBERS", 0.0)
    told = []

    def tell(stage, done):
        if told and told[-1] == 1.0 and done < 1:
            raise KeyboardInterrupt
        told.append(done)

    model = learn_linked(read(bank(customers=1000)), seed=0, progress=tell)
    assert any("stopped before they were learned again" in note for note in model.notes)
    assert any("remembers learned rows" in note for note in model.notes)
    assert model.sample(50)["customers"].height == 50
