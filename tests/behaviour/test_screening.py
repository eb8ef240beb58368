import numpy as np
import polars as pl

from known_worlds import make_offers
from twinfold.behaviour.screening import screen
from twinfold.tables.kinds import detect


def screened(frame, outcome="taken", treatment="rate", **columns):
    whole = frame.with_columns(**{name: pl.Series(values) for name, values in columns.items()})
    given = whole[treatment].to_numpy()[:, None]
    names = [n for n in whole.columns if n not in (outcome, treatment, "risk")]
    cells = whole["risk"].cast(pl.Categorical).to_physical().cast(pl.Int64).to_numpy()
    came = whole[outcome].to_numpy().astype(float)
    return screen(whole, detect(whole, "offers"), names, outcome=came, treatment=given, cells=cells)


def test_columns_written_afterwards_are_left_out_and_others_are_kept():
    frame = make_offers(4_000, 0).frame
    rng = np.random.default_rng(0)
    taken, rate = frame["taken"].to_numpy(), frame["rate"].to_numpy()
    applied = np.maximum(taken, rng.random(4_000) < 0.03).astype(int)  # without it nobody took a loan
    declined = np.where(taken == 0, (rng.random(4_000) < 0.05).astype(int), 0)
    found = screened(
        frame,
        applied=applied,
        declined=declined,
        agreed=np.where(taken == 1, rate - 0.25, rate),
        income=rng.lognormal(size=4_000),
        class_number=frame["risk"].replace({"low": "1", "medium": "2", "high": "3"}).to_numpy(),
        same=np.ones(4_000),
    )
    kept = {feature.name for feature in found.features}
    assert kept == {"age", "income"}
    assert {feature.name for feature in found.followers} == {"agreed"}
    reasons = {
        name: found.left_out[name] for name in ("amount", "applied", "declined", "agreed", "class_number", "same")
    }
    assert reasons["amount"] == reasons["applied"] == reasons["declined"] == "it is known only after the outcome"
    assert reasons["agreed"] == "it follows the treatment"
    assert reasons["class_number"] == "it says no more than the strata"
    assert reasons["same"] == "it never varies"
    assert "id" in found.left_out


def test_a_strong_cause_is_no_consequence():
    """Customers of whom nine in ten take a loan, and others of whom one in fifty does, were so before."""
    frame = make_offers(4_000, 1).frame
    rng = np.random.default_rng(1)
    keen = rng.integers(0, 2, 4_000)
    taken = (rng.random(4_000) < np.where(keen, 0.9, 0.02)).astype(int)
    found = screened(frame.with_columns(taken=pl.Series(taken)).drop("amount"), keen=keen)
    assert "keen" in {feature.name for feature in found.features}
