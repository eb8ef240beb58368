"""What is planted in linked tables is found, and what is real passes."""

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from twinfold.errors import DataError
from twinfold.evaluation import boosting
from twinfold.evaluation.finding import Evaluation, Finding, Verdict
from twinfold.evaluation.linked.evaluation import evaluate_linked
from twinfold.tables.dataset import Dataset
from twinfold.tables.reading import read

Tables = dict[str, pl.DataFrame]
DATA = Path(__file__).parents[3] / ".." / "shared" / "data"


@pytest.fixture(scope="module", autouse=True)
def _quick() -> Iterator[None]:
    patch = pytest.MonkeyPatch()
    patch.setattr(boosting, "_ROUNDS", 20)  # a tenth of the trees: what is tested here is not how well they tell
    yield
    patch.undo()


@pytest.fixture(scope="module")
def judge(train: Tables, holdout: Tables, dataset: Callable[[Tables], Dataset]) -> Callable[[Tables], Evaluation]:
    return lambda tables: evaluate_linked(dataset(train), dataset(holdout), dataset(tables))


@pytest.fixture(scope="module")
def real(judge: Callable[[Tables], Evaluation], other: Tables) -> Evaluation:
    return judge(other)


def failing(evaluation: Evaluation) -> set[str]:
    return {finding.name for finding in evaluation.findings if finding.verdict is Verdict.FAIL}


def test_another_draw_of_the_same_process_is_fit_for_everything_that_its_size_can_show(real: Evaluation) -> None:
    assert failing(real) == set()
    for purpose in ("internal-testing", "model-development", "sharing-with-a-partner"):
        assert real.fit_for(purpose), real.headline
    found = {finding.name for finding in real.findings}
    assert {"orphans", "c2st_auc", "rules_broken", "dcr_share", "outlier_mia_auc", "outlier_mia_tpr"} <= found
    for measure in ("shape_error", "count_error", "parent_pair_error", "step_c2st_auc", "lag1_gap", "copied_histories"):
        assert f"payments.{measure}" in found
    assert {"cards.count_error", "swipes.count_error", "swipes.shape_error", "customers.pair_error"} <= found
    assert {finding.measure for finding in real.findings} <= set(real.policy.kinds)  # a bank can limit each
    for finding in real.findings:
        assert finding.sentence
        assert finding.method
        assert finding.verdict is Verdict.UNKNOWN or finding.low <= finding.value <= finding.high


def test_what_is_drawn_is_that_of_each_table(real: Evaluation) -> None:
    assert {link.table: link.parent for link in real.links} == {
        "payments": "customers", "cards": "customers", "swipes": "cards",
    }  # fmt: skip
    payments = next(link for link in real.links if link.table == "payments")
    assert payments.mean[2] == pytest.approx(payments.rows[2] / 900)
    assert payments.none == pytest.approx((0.02, 0.02, 0.02), abs=0.02)
    assert {column.table for column in real.columns} == {"customers", "payments", "cards", "swipes"}
    drawn = {(column.table, column.name) for column in real.histories}
    assert drawn >= {("payments", "rows for each of customers"), ("payments", "days since the row before")}
    steps = {step.name: step for step in real.steps}
    assert steps["channel"].repeats[1] == pytest.approx(0.85, abs=0.02)
    assert min(steps["amount"].autocorrelation) > 0.5
    assert {rule.rule for rule in real.rules} == {"total = amount + fee", "customers.opened <= paid_on"}
    assert all(rule.kept == (1.0, 1.0, 1.0) for rule in real.rules)
    record = json.loads(json.dumps(real.json(), allow_nan=False))
    assert len(record["links"]) == 3
    assert record["steps"][0]["table"] == "payments"
    page = real.html()
    for said in ("How the tables hang together", "What always holds", "Histories", "From one row to the next"):
        assert said in page


def test_payments_of_other_customers_are_caught(judge: Callable[[Tables], Evaluation], other: Tables) -> None:
    ids = other["customers"]["customer_id"]
    swapped = dict(zip(ids, ids.shuffle(seed=0), strict=True))
    payments = other["payments"].with_columns(pl.col("customer_id").replace_strict(swapped))
    evaluation = judge(other | {"payments": payments})
    assert {"payments.parent_pair_error", "c2st_auc", "rules_broken"} <= failing(evaluation)
    assert not failing(evaluation) & {"payments.lag1_gap", "payments.count_error", "payments.shape_error", "orphans"}
    assert not evaluation.fit_for("model-development")


def test_rows_out_of_their_order_are_caught(judge: Callable[[Tables], Evaluation], other: Tables) -> None:
    rest = [name for name in other["payments"].columns if name not in ("customer_id", "paid_on")]
    mixed = other["payments"].with_columns(pl.struct(rest).shuffle(seed=0).over("customer_id").struct.unnest())
    evaluation = judge(other | {"payments": mixed})
    assert {"payments.lag1_gap", "payments.repeat_error", "payments.transition_error"} <= failing(evaluation)
    assert not failing(evaluation) & {"payments.count_error", "payments.pair_error", "payments.parent_pair_error"}


def test_the_learned_customers_under_new_keys_are_caught(judge: Callable[[Tables], Evaluation], train: Tables) -> None:
    renamed = {
        name: frame.with_columns(pl.col(key) + 5_000_000 for key in ("customer_id", "card_id") if key in frame.columns)
        for name, frame in train.items()
    }
    evaluation = judge(renamed)
    found = {finding.name: finding for finding in evaluation.findings}
    assert {"payments.copied_histories", "payments.copied_runs", "dcr_share", "outlier_mia_auc"} <= failing(evaluation)
    assert found["payments.copied_histories"].value == 1.0
    assert found["dcr_share"].value > 0.95
    assert not evaluation.fit_for("internal-testing")
    assert "repeats real" in evaluation.headline


def test_learned_customers_with_every_payment_a_little_moved_are_caught(
    judge: Callable[[Tables], Evaluation], train: Tables
) -> None:
    moved = train["payments"].with_columns(
        pl.col("paid_on") + pl.duration(days=2), pl.col("amount") * 1.02, pl.col("total") + pl.col("amount") * 0.02
    )
    found = failing(judge(train | {"payments": moved.with_columns(pl.col("amount", "total").round(2))}))
    assert {"dcr_share", "outlier_mia_auc"} <= found
    assert "payments.copied_histories" not in found


def test_a_few_copied_histories_among_good_ones_are_caught(
    judge: Callable[[Tables], Evaluation], train: Tables, other: Tables
) -> None:
    leaked = train["customers"]["customer_id"][:30]
    payments = train["payments"].filter(pl.col("customer_id").is_in(leaked.implode()))
    rest = other["payments"].filter(~pl.col("customer_id").is_in(other["customers"]["customer_id"][:30].implode()))
    given = dict(zip(leaked, other["customers"]["customer_id"][:30], strict=True))
    moved = payments.with_columns(pl.col("customer_id").replace_strict(given))
    later = moved.with_columns(pl.col("paid_on") + pl.duration(days=500))
    assert "payments.copied_histories" in failing(judge(other | {"payments": pl.concat([moved, rest])}))
    late = failing(judge(other | {"payments": pl.concat([later, rest])}))
    assert "payments.copied_runs" in late
    assert "payments.copied_histories" not in late


def test_orphans_nulls_and_repeated_keys_are_counted(judge: Callable[[Tables], Evaluation], other: Tables) -> None:
    wrong = (
        other["payments"]
        .with_row_index()
        .with_columns(
            customer_id=pl.when(pl.col("index") < 3)
            .then(1)
            .when(pl.col("index") < 5)
            .then(None)
            .otherwise("customer_id")
        )
    )
    cards = pl.concat([other["cards"], other["cards"][:3]])
    evaluation = judge(other | {"payments": wrong.drop("index"), "cards": cards})
    link = next(link for link in evaluation.links if link.table == "payments")
    assert (link.orphans[2], link.nulls[2]) == (3, 2)
    assert next(link for link in evaluation.links if link.table == "swipes").repeated[2] == 3
    assert {"orphans", "null_links", "repeated_keys"} <= failing(evaluation)
    orphans = next(finding for finding in evaluation.findings if finding.name == "orphans")
    assert "in payments (customer_id to customers)" in orphans.sentence
    assert orphans.threshold == 0


def test_numbers_of_rows_that_are_doubled_are_caught(judge: Callable[[Tables], Evaluation], other: Tables) -> None:
    doubled = pl.concat([other["payments"], other["payments"].with_columns(pl.col("paid_on") + pl.duration(days=3))])
    found = failing(judge(other | {"payments": doubled}))
    assert {"payments.count_error", "payments.gap_error", "c2st_auc"} <= found
    assert "cards.count_error" not in found


def test_broken_sums_and_orders_are_caught(judge: Callable[[Tables], Evaluation], other: Tables) -> None:
    for column, changed in (
        ("total", pl.col("total").shuffle(seed=0)),
        ("paid_on", pl.col("paid_on") - pl.duration(days=60)),
    ):
        evaluation = judge(other | {"payments": other["payments"].with_columns(changed.alias(column))})
        assert "rules_broken" in failing(evaluation), column
        worst = min(evaluation.rules, key=lambda rule: rule.kept[2])
        assert column in worst.rule
        broken = next(finding for finding in evaluation.findings if finding.name == "rules_broken")
        assert worst.rule in broken.sentence


def test_a_table_that_came_out_empty_is_judged(
    train: Tables, holdout: Tables, other: Tables, dataset: Callable[[Tables], Dataset]
) -> None:
    whole = dataset(other)
    emptied = replace(whole, tables={**whole.tables, "payments": whole.tables["payments"].clear()})
    evaluation = evaluate_linked(dataset(train), dataset(holdout), emptied)
    assert {"payments.count_error", "payments.none_error"} <= failing(evaluation)
    assert any(note.startswith("payments: no synthetic rows") for note in evaluation.notes)


def test_intervals_count_customers_and_not_their_rows(
    judge: Callable[[Tables], Evaluation], real: Evaluation, other: Tables
) -> None:
    """Rows that all stand there ten times say no more than one each."""
    again = pl.concat([other["payments"]] * 10)
    plain, repeated = (
        {finding.name: finding for finding in evaluation.findings}
        for evaluation in (real, judge(other | {"payments": again}))
    )
    for name in ("payments.shape_error", "payments.pair_error"):
        widths = [f.high - f.low for f in (plain[name], repeated[name])]
        assert widths[1] > 0.6 * widths[0]


def test_a_holdout_that_was_learned_is_refused(
    train: Tables, other: Tables, dataset: Callable[[Tables], Dataset]
) -> None:
    with pytest.raises(DataError, match="of the holdout rows stand in the train table"):
        evaluate_linked(dataset(train), dataset(train), dataset(other))


def test_the_same_seed_gives_the_same_findings_and_progress_goes_on(
    train: Tables, holdout: Tables, other: Tables, dataset: Callable[[Tables], Dataset]
) -> None:
    sides = [dataset(tables) for tables in (train, holdout, other)]
    told: list[tuple[str, float]] = []
    first = evaluate_linked(*sides, seed=3, progress=lambda stage, done: told.append((stage, done))).json()
    assert first == evaluate_linked(*sides, seed=3).json()
    stages = list(dict.fromkeys(stage for stage, _ in told))
    assert [stage for stage, _ in itertools.groupby(told, key=lambda t: t[0])] == stages  # one after another
    for stage in stages:
        done = [d for s, d in told if s == stage]
        assert done == sorted(done)
        assert all(0 <= d <= 1 for d in done)


def test_of_many_rows_a_few_of_each_customer_are_compared(
    train: Tables, holdout: Tables, other: Tables, dataset: Callable[[Tables], Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twinfold.evaluation.linked.views.ROWS", 2_000)
    monkeypatch.setattr("twinfold.evaluation.linked.evaluation.ROWS", 2_000)
    evaluation = evaluate_linked(*(dataset(tables) for tables in (train, holdout, other)))
    assert any(note.startswith("payments: ") and "2,000 of them" in note for note in evaluation.notes)
    steps = {step.name: step for step in evaluation.steps}
    assert steps["channel"].repeats == pytest.approx((0.85,) * 3, abs=0.04)
    assert failing(evaluation) == set()


def test_many_customers_are_drawn_from_and_said(
    train: Tables, holdout: Tables, other: Tables, dataset: Callable[[Tables], Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twinfold.evaluation.linked.evaluation.CUSTOMERS", 500)
    evaluation = evaluate_linked(*(dataset(tables) for tables in (train, holdout, other)))
    assert any(note.startswith("900 train customers: figures come from 500") for note in evaluation.notes)
    assert evaluation.links[0].rows[0] == train["payments"].height


def test_real_customers_of_a_shop_pass() -> None:
    folder = DATA / "cdnow"
    if not folder.is_dir():
        pytest.skip("the shared data is not here")
    train = read(folder / "train")
    holdout = {name: pl.read_parquet(folder / "holdout" / f"{name}.parquet") for name in train.tables}
    keys = holdout["customers"]["id"].shuffle(seed=0)
    halves = [
        read(
            {
                "customers": holdout["customers"].filter(pl.col("id").is_in(half.implode())),
                "purchases": holdout["purchases"].filter(pl.col("users_id").is_in(half.implode())),
            },
            schema=train.schema,
        )
        for half in (keys[: len(keys) // 2], keys[len(keys) // 2 :])
    ]
    evaluation = evaluate_linked(train, *halves)
    assert failing(evaluation) == set()
    assert evaluation.fit_for("sharing-with-a-partner"), evaluation.headline


def with_shops(tables: Tables, seed: int, customers_shop: bool = True) -> Tables:
    """Payments point to shops besides their customer: the larger the payment, the larger the shop."""
    rng = np.random.default_rng(seed)
    count = tables["payments"].height
    size = np.sort(rng.lognormal(0, 1, 1200)).round(2)
    rank = tables["payments"]["amount"].rank("ordinal").to_numpy() / (count + 1)
    chosen = ((rank + rng.normal(0, 0.05, count)).clip(0, 0.999) * 1200).astype(int)
    if not customers_shop:
        chosen = rng.permutation(chosen)
    shops = pl.DataFrame({"shop_id": 50_000 * (seed + 1) + np.arange(1200), "size": size})
    payments = tables["payments"].with_columns(shop_id=shops["shop_id"].gather(chosen))
    return tables | {"payments": payments, "shops": shops}


def test_links_besides_the_parents_are_judged(train: Tables, holdout: Tables, other: Tables) -> None:
    learned, kept = with_shops(train, 0), with_shops(holdout, 1)
    schema = read(learned).schema
    assert [link.table for link in schema["payments"].links] == ["customers", "shops"]

    def judge(tables: Tables) -> tuple[Evaluation, dict[str, Finding]]:
        sides = (read(side, schema=schema) for side in (learned, kept, tables))
        evaluation = evaluate_linked(*sides)
        return evaluation, {finding.name: finding for finding in evaluation.findings}

    fair, good = judge(with_shops(other, 2))
    _, bad = judge(with_shops(other, 2, customers_shop=False))
    name = "payments.shop_id.parent_pair_error"
    assert good["orphans"].value == 0
    assert good[name].value < 2 * (good[name].yardstick or 0) + 0.02
    assert bad[name].value > good[name].value + 0.05
    assert good["payments.shop_id.count_error"].verdict == "pass"
    assert "shops.shape_error" in good
    link = next(link for link in fair.links if link.parent == "shops")
    assert link.mean[2] == pytest.approx(other["payments"].height / 1200)
    lost = with_shops(other, 2)
    lost["payments"] = lost["payments"].with_columns(
        shop_id=pl.when(pl.int_range(pl.len()) < 7).then(1).otherwise("shop_id")
    )
    broken, found = judge(lost)
    assert next(link for link in broken.links if link.parent == "shops").orphans[2] == 7
    assert found["orphans"].verdict == "fail"
