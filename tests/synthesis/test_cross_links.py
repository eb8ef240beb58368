"""Links besides the one to a row's parent, against what was planted, and against what would fail."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import twinfold
from twinfold.errors import DataError, ModelFileError, OptionError
from twinfold.synthesis.linked_file import load_model, restore_linked
from twinfold.synthesis.linked_learning import learn_linked
from twinfold.synthesis.model_file import read_model_file
from twinfold.tables.reading import read
from twinfold.tables.schema_file import read_toml, write_toml

SHARED = Path(__file__).parents[2] / "../shared/data"


def as_date(days):
    return pl.Series(days).cast(pl.Int32).cast(pl.Date)


def bank(accounts=1500, seed=0):
    """An account's transactions are paid with one of its cards, or with none: gold ones pay 500, plain 100, junior 10.

    Each card is used as often as it is liked, after it was issued.
    """
    rng = np.random.default_rng(seed)
    cards = rng.integers(1, 4, accounts)
    holder, begin = np.repeat(np.arange(accounts), cards), np.cumsum(cards) - cards
    kind, liked = rng.choice(3, len(holder), p=[0.2, 0.5, 0.3]), rng.random(len(holder))
    count = rng.geometric(0.08, accounts)
    payer = np.repeat(np.arange(accounts), count)
    place = np.arange(len(payer)) - np.repeat(np.cumsum(count) - count, count)
    first, second = (begin[payer] + (rng.random(len(payer)) * cards[payer]).astype(int) for _ in range(2))
    card, none = np.where(liked[first] > liked[second], first, second), rng.random(len(payer)) < 0.2
    amount = np.where(none, 50, np.array([500, 100, 10])[kind[card]]) * rng.lognormal(0, 0.2, len(payer))
    opened = 18_000 + rng.integers(0, 300, accounts)
    return {
        "accounts": pl.DataFrame({"account_id": np.arange(accounts), "opened": as_date(opened)}),
        "cards": pl.DataFrame(
            {
                "card_id": 7000 + np.arange(len(holder)),
                "account_id": holder,
                "kind": np.array(["gold", "plain", "junior"])[kind],
                "issued": as_date(opened[holder] + rng.integers(0, 5, len(holder))),
            }
        ),
        "transactions": pl.DataFrame(
            {
                "account_id": payer,
                "card_id": pl.Series(7000 + card).set(pl.Series(none), None),
                "paid_on": as_date(opened[payer] + 5 + 3 * place),
                "amount": amount.round(2),
            }
        ),
    }


def shop(customers=1500, products=3000, seed=0):
    """The richer a customer, the dearer what is bought, whatever of its price group is popular; of food, much."""
    rng = np.random.default_rng(seed)
    rank = rng.permutation(customers) / customers
    price, popular = rng.lognormal(3, 1, products).round(2), np.cumsum(rng.gamma(0.5, 1, products))
    dearer, kind = price.argsort(), rng.choice(["food", "tools", "books"], products)
    orders = rng.poisson(3, customers)
    buyer = np.repeat(np.arange(customers), orders)
    lines = rng.geometric(0.4, len(buyer))
    order = np.repeat(np.arange(len(buyer)), lines)
    group = ((rank[buyer][order] + rng.normal(0, 0.15, len(order))).clip(0, 0.999) * 5).astype(int)
    edges = np.append(0, popular)[np.linspace(0, products, 6).astype(int)]
    point = edges[group] + rng.random(len(order)) * (edges[group + 1] - edges[group])
    product = dearer[np.searchsorted(popular, point).clip(0, products - 1)]
    return {
        "customers": pl.DataFrame({"customer_id": np.arange(customers), "income": (1000 * np.exp(2 * rank)).round()}),
        "orders": pl.DataFrame(
            {
                "order_id": np.arange(len(buyer)) + 10_000,
                "customer_id": buyer,
                "ordered_on": as_date(18_000 + rng.integers(0, 700, len(buyer))),
            }
        ),
        "products": pl.DataFrame({"product_id": [f"P{k:06d}" for k in range(products)], "price": price, "kind": kind}),
        "order_lines": pl.DataFrame(
            {
                "order_id": order + 10_000,
                "product_id": [f"P{k:06d}" for k in product],
                "quantity": 1 + rng.poisson(np.where(kind[product] == "food", 4, 0.3)),
            }
        ),
    }


def club(clients=3000, seed=0):
    """Clients are recommended by earlier ones, mostly of their own job and some of them much more than others; one
    payment in ten takes an earlier one back, mostly the last."""
    rng = np.random.default_rng(seed)
    joined, job = np.sort(18_000 + rng.integers(0, 1500, clients)), rng.choice(3, clients, p=[0.5, 0.3, 0.2])
    by, fame = np.full(clients, -1), rng.gamma(0.4, 1, clients) + 0.001
    for client in range(50, clients):
        if rng.random() < 0.4:
            earlier = joined[:client] < joined[client]
            chosen = np.flatnonzero(earlier & ((job[:client] == job[client]) | (rng.random() > 0.8)))
            by[client] = rng.choice(chosen, p=fame[chosen] / fame[chosen].sum())
    ids = np.array([f"C-{k:05d}" for k in rng.permutation(clients)])
    count = rng.poisson(3, clients)
    payer = np.repeat(np.arange(clients), count)
    place = np.arange(len(payer)) - np.repeat(np.cumsum(count) - count, count)
    amount, taken_back = rng.choice([10, 20, 50, 100], len(payer)), np.full(len(payer), -1)
    for row in np.flatnonzero((place > 0) & (rng.random(len(payer)) < 0.1)):
        if amount[back := row - (1 if rng.random() < 0.8 else min(2, place[row]))] > 0:
            taken_back[row], amount[row] = back, -amount[back]
    return {
        "clients": pl.DataFrame(
            {
                "client_id": ids,
                "job": np.array(["clerk", "baker", "pilot"])[job],
                "joined": as_date(joined),
                "referred_by": pl.Series(ids[by]).set(pl.Series(by < 0), None),
            }
        ),
        "payments": pl.DataFrame(
            {
                "payment_id": np.arange(len(payer)) + 900,
                "client_id": ids[payer],
                "paid_on": as_date(joined[payer] + 1 + 7 * place),
                "amount": amount,
                "reverses": pl.Series(taken_back + 900).set(pl.Series(taken_back < 0), None),
            }
        ),
    }


@pytest.fixture(scope="module")
def worlds():
    return {"bank": bank(), "shop": shop(), "club": club()}


@pytest.fixture(scope="module")
def models(worlds):
    return {name: learn_linked(read(tables), seed=0) for name, tables in worlds.items()}


@pytest.fixture(scope="module")
def drawn(models):
    return {name: model.sample(seed=1) for name, model in models.items()}


def orphans(tables, table, column, target, key):
    values = tables[table][column].drop_nulls()
    return int((~values.is_in(tables[target][key].implode())).sum())


def degrees(tables, table, column, target, key):
    counts = tables[table][column].drop_nulls().value_counts()
    joined = tables[target].join(counts, left_on=key, right_on=column, how="left")
    return np.sort(joined["count"].fill_null(0).to_numpy())


def furthest(a, b):
    """The Kolmogorov-Smirnov distance of two samples."""
    points = np.union1d(a, b)
    return float(
        np.abs(np.searchsorted(a, points, "right") / len(a) - np.searchsorted(b, points, "right") / len(b)).max()
    )


def paid_by_card(tables):
    return tables["transactions"].join(tables["cards"], on="card_id")


def other_amounts(tables):
    """The share of payments by card whose amount is one of another kind of card."""
    joined = paid_by_card(tables)
    usual = joined["kind"].replace_strict({"gold": 500.0, "plain": 100.0, "junior": 10.0})
    return float(((joined["amount"] / usual).log().abs() > 0.8).mean())


def test_a_transaction_points_to_a_card_of_its_own_account_that_was_issued_before(worlds, drawn):
    made, real = drawn["bank"], worlds["bank"]
    assert orphans(made, "transactions", "card_id", "cards", "card_id") == 0
    joined = paid_by_card(made)
    assert (joined["account_id"] == joined["account_id_right"]).all()
    assert (joined["issued"] <= joined["paid_on"]).all()
    nulls = [tables["transactions"]["card_id"].is_null().mean() for tables in (real, made)]
    assert nulls[1] == pytest.approx(nulls[0], abs=0.02)


def test_amounts_go_with_the_card_that_pays_and_cards_are_used_as_often(worlds, drawn):
    made, real = drawn["bank"], worlds["bank"]
    assert other_amounts(real) < 0.001
    assert other_amounts(made) < 0.08
    asked = ("transactions", "card_id", "cards", "card_id")
    assert furthest(degrees(real, *asked), degrees(made, *asked)) < 0.06
    rng = np.random.default_rng(0)
    dealt = made["transactions"].with_columns(pl.col("card_id").shuffle(seed=0).over("account_id"))
    assert other_amounts(made | {"transactions": dealt}) > 0.15  # even among the cards of the same account
    some = made["cards"]["card_id"].gather(rng.integers(0, made["cards"].height, made["transactions"].height))
    assert (
        furthest(degrees(real, *asked), degrees({**made, "transactions": pl.DataFrame({"card_id": some})}, *asked))
        > 0.1
    )


def income_and_price(tables):
    joined = tables["order_lines"].join(tables["products"], on="product_id").join(tables["orders"], on="order_id")
    joined = joined.join(tables["customers"], on="customer_id")
    assert joined.height == tables["order_lines"].height
    return joined.select(pl.corr("income", "price", method="spearman")).item()


def food_quantity(tables):
    joined = tables["order_lines"].join(tables["products"], on="product_id")
    return (
        joined.filter(pl.col("kind") == "food")["quantity"].mean()
        - joined.filter(pl.col("kind") != "food")["quantity"].mean()
    )


def test_the_rich_buy_what_is_dear_and_products_sell_as_unevenly(worlds, drawn):
    made, real = drawn["shop"], worlds["shop"]
    assert orphans(made, "order_lines", "product_id", "products", "product_id") == 0
    assert income_and_price(real) > 0.7
    assert income_and_price(made) > income_and_price(real) - 0.1
    assert food_quantity(made) == pytest.approx(food_quantity(real), rel=0.1)
    asked = ("order_lines", "product_id", "products", "product_id")
    assert furthest(degrees(real, *asked), degrees(made, *asked)) < 0.04
    shuffled = made | {"order_lines": made["order_lines"].with_columns(pl.col("product_id").shuffle(seed=0))}
    assert abs(income_and_price(shuffled)) < 0.1
    assert abs(food_quantity(shuffled)) < 0.5
    some = made["products"]["product_id"].gather(np.random.default_rng(0).integers(0, 3000, made["order_lines"].height))
    assert (
        furthest(degrees(real, *asked), degrees({**made, "order_lines": pl.DataFrame({"product_id": some})}, *asked))
        > 0.2
    )


def test_a_table_beside_is_made_anew_and_as_large_for_its_customers(worlds, models, drawn):
    assert drawn["shop"]["products"].height == worlds["shop"]["products"].height
    assert models["shop"].sample(150)["products"].height == 300
    assert "any of its rows" in models["shop"].describe()
    assert "Beside them, 3,000 rows of products" in models["shop"].describe()


def of_same_job(tables):
    clients = tables["clients"]
    joined = clients.join(clients, left_on="referred_by", right_on="client_id")
    return float((joined["job"] == joined["job_right"]).mean())


def test_clients_are_recommended_by_earlier_ones_like_themselves(worlds, drawn):
    made, real = drawn["club"], worlds["club"]
    asked = ("clients", "referred_by", "clients", "client_id")
    assert orphans(made, *asked) == 0
    clients = made["clients"]
    joined = clients.join(clients, left_on="referred_by", right_on="client_id")
    assert (joined["joined_right"] < joined["joined"]).all()  # and so there is no circle
    assert clients["referred_by"].is_null().mean() == pytest.approx(
        real["clients"]["referred_by"].is_null().mean(), abs=0.03
    )
    assert of_same_job(made) == pytest.approx(of_same_job(real), abs=0.04)
    assert (
        of_same_job({"clients": clients.with_columns(pl.col("referred_by").shuffle(seed=0))}) < of_same_job(real) - 0.2
    )
    assert furthest(degrees(real, *asked), degrees(made, *asked)) < 0.05
    assert degrees(made, *asked)[-30:].mean() > 0.6 * degrees(real, *asked)[-30:].mean()


def taken_back(tables):
    payments = tables["payments"].with_columns(place=pl.int_range(pl.len()).over("client_id"))
    return payments.join(payments, left_on="reverses", right_on="payment_id")


def test_a_payment_takes_back_an_earlier_one_of_the_same_client(worlds, drawn):
    made, real = drawn["club"], worlds["club"]
    assert orphans(made, "payments", "reverses", "payments", "payment_id") == 0
    pairs, known = taken_back(made), taken_back(real)
    assert (pairs["client_id"] == pairs["client_id_right"]).all()
    assert (pairs["place_right"] < pairs["place"]).all()
    assert pairs.height / made["payments"].height == pytest.approx(known.height / real["payments"].height, abs=0.015)
    back = [float((each["place"] - each["place_right"] == 1).mean()) for each in (known, pairs)]
    assert back[1] == pytest.approx(back[0], abs=0.08)
    opposite = [float((each["amount"] == -each["amount_right"]).mean()) for each in (known, pairs)]
    assert opposite[0] == 1
    assert opposite[1] > 0.75


@pytest.mark.parametrize("cyclic", [False, True])
def test_managers_without_a_date_go_round_only_where_real_ones_do(cyclic):
    rng = np.random.default_rng(0)
    boss = np.array([-1] * 20 + [int(rng.integers(0, max(1, k // 4))) for k in range(20, 1000)])
    if cyclic:  # in pairs
        boss = np.arange(1000) ^ 1
    names = np.array([f"E{k:04d}" for k in rng.permutation(1000)])
    staff = pl.DataFrame(
        {
            "staff_id": names,
            "level": np.where(boss < 0, "top", rng.choice(["a", "b"], 1000)),
            "manager": pl.Series(names[boss]).set(pl.Series(boss < 0), None),
        }
    )
    shifts = pl.DataFrame({"staff_id": names[rng.integers(0, 1000, 4000)], "hours": rng.integers(1, 9, 4000)})
    made = learn_linked(read({"staff": staff, "shifts": shifts}), seed=0).sample()["staff"]
    above = dict(made.drop_nulls("manager").select("staff_id", "manager").iter_rows())
    assert set(above.values()) <= set(made["staff_id"])

    def goes_round(name):
        seen = set()
        while name in above and name not in seen:
            seen.add(name)
            name = above[name]
        return name in seen

    if cyclic:
        assert len(above) == made.height
    else:
        assert len(above) == pytest.approx(980, abs=15)
        assert not any(map(goes_round, above))


def test_the_same_seed_gives_the_same_and_a_saved_model_draws_them_too(models, drawn, tmp_path):
    for name, model in models.items():
        model.save(tmp_path / f"{name}.twin")
        again = load_model(tmp_path / f"{name}.twin").sample(seed=1)
        assert all(again[table].equals(frame) for table, frame in drawn[name].items())


def test_customers_drawn_in_pieces_point_to_rows_that_are_there(worlds, models, monkeypatch):
    monkeypatch.setattr("twinfold.synthesis.linked.CHUNK", 400)
    made = models["shop"].sample(1000)
    assert made["products"]["product_id"].n_unique() == made["products"].height == 2000
    assert orphans(made, "order_lines", "product_id", "products", "product_id") == 0
    asked = ("order_lines", "product_id", "products", "product_id")
    assert furthest(degrees(worlds["shop"], *asked), degrees(made, *asked)) < 0.06


def test_given_customers_and_conditions_reach_tables_beside(worlds, models):
    given = worlds["club"]["clients"].head(200).with_columns(referred_by=pl.lit(None, pl.String))
    made = models["club"].sample(given=given)
    assert made["clients"].equals(given)
    assert orphans(made, "payments", "reverses", "payments", "payment_id") == 0
    rich = models["shop"].sample(100, where="income > 5000 and count(orders) >= 2")
    assert rich["customers"]["income"].min() > 5000
    assert orphans(rich, "order_lines", "product_id", "products", "product_id") == 0


def test_histories_with_such_links_are_not_continued(worlds, models):
    for name, column in (("shop", "order_lines.product_id"), ("bank", "transactions.card_id")):
        with pytest.raises(OptionError, match=f"{column}.*draw new customers"):
            twinfold.sample(models[name], continuing=worlds[name])


def test_damaged_models_are_refused(models, tmp_path):
    models["bank"].save(tmp_path / "m.twin")
    manifest, arrays = read_model_file(tmp_path / "m.twin")
    (link,) = manifest["crossing"]
    trait = link["traits"][0]
    for change in (
        {"column": "nothing"},
        {"target": "nobody"},
        {"to": "nothing"},
        {"column": "amount"},
        {"within": "cards"},
        {"back": True},
        {"order": ["kind", "amount"]},
        {"different": 2.0},
        {"traits": [trait | {"column": "nothing"}]},
        {"traits": [trait | {"levels": []}]},
        {"traits": [{"column": "issued", "levels": [], "edges": [2.0, 1.0]}]},
        {"traits": []},
    ):
        with pytest.raises(ModelFileError) as caught:
            restore_linked(manifest | {"crossing": [link | change]}, arrays)
        assert "\n" not in str(caught.value)
    models["shop"].save(tmp_path / "s.twin")
    manifest, arrays = read_model_file(tmp_path / "s.twin")
    with pytest.raises(ModelFileError):
        restore_linked(manifest | {"beside": []}, arrays)


def test_links_that_can_not_be_kept_are_one_line(worlds):
    tables = worlds["shop"]
    schema = read(tables).schema
    text = write_toml(schema)
    for change, said in (
        (lambda t: t.replace('"products.product_id" }', '"goods.product_id" }'), "goods"),
        (
            lambda t: t.replace(
                "[tables.customers]\n", '[tables.customers]\nlinks = { income = "order_lines.quantity" }\n'
            ),
            "circle",
        ),
    ):
        with pytest.raises(Exception, match=said) as caught:
            learn_linked(read(tables, schema=read_toml(change(text))))
        assert "\n" not in str(caught.value)
    twice = tables | {"products": pl.concat([tables["products"], tables["products"].head(1)])}
    with pytest.raises(DataError, match="given twice"):
        learn_linked(read(twice, schema=schema))
    few = tables | {"products": tables["products"].head(20)}
    with pytest.raises(DataError, match="too few"):
        learn_linked(read(few, schema=schema))


def test_rows_that_point_to_no_row_are_said_and_point_nowhere(worlds):
    tables = dict(worlds["bank"])
    schema = read(tables).schema
    stray = pl.when(pl.int_range(pl.len()) % 50 == 0).then(pl.lit(1, pl.Int64)).otherwise("card_id")
    tables["transactions"] = tables["transactions"].with_columns(card_id=stray)
    model = learn_linked(read(tables, schema=schema))
    assert "rows point by card_id to no row of cards" in model.describe()
    assert orphans(model.sample(300), "transactions", "card_id", "cards", "card_id") == 0


def test_the_first_link_of_a_table_is_the_one_that_it_hangs_on(worlds):
    schema = read(worlds["shop"]).schema
    text = write_toml(schema)
    turned = text.replace(
        'links = { order_id = "orders.order_id", product_id = "products.product_id" }',
        'links = { product_id = "products.product_id", order_id = "orders.order_id" }',
    )
    assert turned != text
    model = learn_linked(read(worlds["shop"], schema=read_toml(turned)))
    assert "order_lines hangs on products and points by order_id to orders" in model.describe()
    assert orphans(model.sample(200), "order_lines", "order_id", "orders", "order_id") == 0


@pytest.mark.skipif(not SHARED.exists(), reason="../shared, with the real tables, is not here")
def test_seasons_of_real_players_point_to_seasons_of_teams_in_the_same_year():
    folder = SHARED / "baseball"
    every = pl.read_parquet(folder / "train/batting.parquet").filter(pl.col("year") >= 1960)
    key = pl.col("team") + pl.col("year").cast(pl.String)
    teams = every.group_by(team_seasons_id=key).agg(pl.col("year", "league").first(), runs=pl.col("R").sum())
    players = pl.read_parquet(folder / "train/players.parquet").filter(
        pl.col("id").is_in(every["players_id"].implode())
    )
    players = players.sample(700, seed=0)
    seasons = every.filter(pl.col("players_id").is_in(players["id"].implode()))
    seasons = seasons.select("players_id", "year", "G", "AB", "R", team_seasons_id=key)
    real = {"players": players, "team_seasons": teams.sort("team_seasons_id"), "batting": seasons}
    made = learn_linked(read(real), seed=0).sample(seed=1)
    asked = ("batting", "team_seasons_id", "team_seasons", "team_seasons_id")
    assert orphans(made, *asked) == 0
    joined = made["batting"].join(made["team_seasons"], on="team_seasons_id", suffix="_team")
    assert (joined["year"] == joined["year_team"]).mean() > 0.95
    assert furthest(degrees(real, *asked), degrees(made, *asked)) < 0.12
    assert made["team_seasons"]["team_seasons_id"].is_unique().all()
