"""Why synthetic rows are as they are, on a planted table: what is said must be what was planted."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import twinfold
from twinfold.cli.main import main
from twinfold.synthesis.engines.network import NetworkModel
from twinfold.synthesis.synthesizer import Synthesizer


@pytest.fixture(scope="module")
def model() -> Synthesizer:
    """Debt depends on the plan and on the region's side, not on the colour, nor on each other."""
    rng = np.random.default_rng(0)
    rows = 4000
    plan, colour = rng.choice(["basic", "gold"], rows), rng.choice(["blue", "green", "red"], rows)
    region = rng.choice(["east", "north", "south", "west"], rows)
    age = rng.integers(20, 80, rows)
    debt = 1000 * (plan == "gold") + 3000 * np.isin(region, ["north", "south"]) + rng.gamma(4, 100, rows)
    frame = pl.DataFrame({"plan": plan, "colour": colour, "region": region, "age": age, "debt": debt.round(2)})
    rare = pl.int_range(pl.len()) < 3
    return twinfold.fit(frame.with_columns(colour=pl.when(rare).then(pl.lit("puce")).otherwise("colour")), seed=0)


def find(explanation: twinfold.Explanation, column: str):  # type: ignore[no-untyped-def]
    return next(reason for reason in explanation.reasons if reason.column == column)


def test_the_planted_causes_are_named_and_no_other(model: Synthesizer) -> None:
    rows = model.sample(200, seed=1)
    chosen = rows.filter((pl.col("plan") == "gold") & (pl.col("region") == "north"))[:5]
    for explanation in twinfold.explain(model, chosen, None):
        debt = find(explanation, "debt")
        added = {cause.column: cause.added for cause in debt.causes}
        assert debt.probability > 2 * debt.usual
        assert debt.usual + sum(added.values()) == pytest.approx(debt.probability)
        assert min(added["plan"], added["region"]) > 0.015
        assert abs(added.get("colour", 0.0)) < 0.01
        assert "for region = north" in debt.text()
        assert "for plan = gold" in debt.text()
        assert "colour" not in debt.text()
        low, high = (float(t.replace(",", "")) for t in debt.among.split() if t[0].isdigit())
        assert 3500 <= low < high < 6000


def test_columns_come_in_the_order_in_which_they_were_drawn(model: Synthesizer) -> None:
    [explanation] = twinfold.explain(model, model.sample(3, seed=1), 1)
    before: list[str] = []
    for reason in explanation.reasons:
        assert {cause.column for cause in reason.causes} <= set(before)
        before.append(reason.column)
    assert before[-2:] == ["age", "debt"]
    assert explanation.reasons[0].text().endswith(f"of all customers have {before[0]} {explanation.reasons[0].among}.")
    assert 0.05 <= explanation.kept <= 1.8


def test_what_was_never_learned_is_said(model: Synthesizer) -> None:
    strange = model.sample(1, seed=1).with_columns(plan=pl.lit("platinum"), debt=pl.lit(1e9))
    [explanation] = twinfold.explain(model, strange)
    assert find(explanation, "plan").text() == "plan = platinum: the model never learned this value."
    assert np.isnan(find(explanation, "debt").probability)
    assert "puce" not in explanation.text()
    assert json.loads(json.dumps(explanation.json(), allow_nan=False))["columns"][-1]["probability"] is None


def test_the_command_writes_text_or_json(
    model: Synthesizer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model.save(tmp_path / "m.twin")
    rows = tmp_path / "rows.csv"
    model.sample(5, seed=1).write_csv(rows)
    asked = ["explain", str(tmp_path / "m.twin"), str(rows)]
    assert main([*asked, "-n", "2"]) == 0
    shown = capsys.readouterr().out
    assert shown == "\n\n".join(e.text() for e in twinfold.explain(tmp_path / "m.twin", rows, 2)) + "\n"
    assert main([*asked, "-o", str(tmp_path / "why.json")]) == 0
    record = json.loads((tmp_path / "why.json").read_text())
    assert [row["row"] for row in record["rows"]] == [1, 2, 3]
    assert main([*asked, "-o", str(tmp_path / "why.txt")]) == 0
    assert (tmp_path / "why.txt").read_text().startswith("Row 1, column by column as it was drawn\n")
    assert main([*asked, "-o", str(rows), "--force"]) == 2
    assert main([*asked, "-n", "0"]) == 2
    assert "n is 0; give 1 or more" in capsys.readouterr().err


def test_rows_and_models_that_cannot_be_explained_are_refused(model: Synthesizer) -> None:
    with pytest.raises(twinfold.DataError, match="column 'age' is not in the data; an explanation needs every"):
        twinfold.explain(model, model.sample(2, seed=1).drop("age"))
    network = NetworkModel.__new__(NetworkModel)
    with pytest.raises(twinfold.OptionError, match="engine 'network', which has no branches to read; give one"):
        twinfold.explain(replace(model, model=network, engine="network"), model.sample(2, seed=1))
