"""Shadow models of linked tables: they run, they catch copied histories, and they are blind where nothing leaks."""

from dataclasses import dataclass

import numpy as np
import polars as pl
import pytest

from twinfold.errors import OptionError
from twinfold.evaluation.finding import Finding, Verdict
from twinfold.evaluation.linked import shadows
from twinfold.evaluation.linked.family import gather
from twinfold.evaluation.linked.shadows import attack_linked
from twinfold.evaluation.linked.views import choose_levels
from twinfold.evaluation.shadows import choose_count
from twinfold.synthesis.hierarchy import arrange, take_customers
from twinfold.synthesis.linked import LinkedSynthesizer
from twinfold.synthesis.linked_learning import learn_linked
from twinfold.tables.dataset import Dataset


def attack(model: LinkedSynthesizer, train: Dataset, holdout: Dataset, synthetic: Dataset) -> dict[str, Finding]:
    tree = arrange(train).trees[0]
    people = gather(train, tree.root, list(tree.branches), rng=np.random.default_rng(0))
    levels = choose_levels(people, train.schema.min_count)
    findings, _ = attack_linked(model, train, holdout, synthetic, tree, levels, shadows=8)
    return {finding.name: finding for finding in findings}


@dataclass
class Handing:
    """Hands out some of the customers that it has, with all their rows."""

    data: Dataset
    source: Dataset
    subject: str = "customers"
    engine: str = "trees"
    history: tuple[dict[str, str], ...] = ()

    @property
    def rows(self) -> int:
        return self.data.tables[self.subject].height

    def sample(self, n: int, *, seed: int) -> dict[str, pl.DataFrame]:
        tree = arrange(self.source).trees[0]
        rows = np.random.default_rng(seed).permutation(self.source.tables[self.subject].height)[:n]
        return dict(take_customers(self.source, tree, rows).tables)

    def log_prob(self, tables: dict[str, pl.DataFrame]) -> np.ndarray:
        """A model that knows whom it has by their keys."""
        there = tables["customers"]["customer_id"].is_in(self.source.tables["customers"]["customer_id"].implode())
        return there.to_numpy().astype(float)


@pytest.fixture(scope="module")
def model(dataset, train):
    return learn_linked(dataset(train), seed=0)


def test_ours_runs_and_is_repeatable(model, dataset, train, holdout):
    known, kept = dataset(train), dataset(holdout)
    released = known.with_tables(model.sample(seed=1))
    first, second = (attack(model, known, kept, released) for _ in range(2))
    assert first["shadow_auc"] == second["shadow_auc"]
    assert 0.45 < first["shadow_auc"].value < 0.6
    assert first["model_auc"] == second["model_auc"]
    assert first["model_auc"].low > 0.8  # whoever holds the file can ask it for every step of a history


@pytest.mark.parametrize("copies", [True, False])
def test_histories_that_are_handed_out_are_found_and_other_peoples_are_not(
    copies, dataset, train, holdout, other, monkeypatch
):
    known, kept, strangers = (dataset(each) for each in (train, holdout, other))
    monkeypatch.setattr(shadows, "learn_linked", lambda data, **_: Handing(data, data if copies else strangers))
    monkeypatch.setattr(shadows, "log_likelihood_linked", Handing.log_prob)
    source = known if copies else strangers
    handing = Handing(source, source)
    found = attack(handing, known, kept, known.with_tables(handing.sample(900, seed=3)))
    for name in ("shadow_auc", "model_auc"):
        assert (found[name].low > 0.9) == copies
        if not copies:
            assert found[name].low <= 0.5 <= found[name].high


def test_too_few_customers_are_said_before_anything_is_fitted(model, dataset, train):
    known = dataset(train)
    few = take_customers(known, arrange(known).trees[0], np.arange(50))
    with pytest.raises(OptionError, match="50 rows of customers are too few"):
        choose_count(8, model, known, few)
    assert choose_count(None, model, known, known) == 0


def test_keys_that_stand_on_both_sides_are_said(model, dataset, train):
    known = dataset(train)
    found = attack(model, known, known, known)
    assert found["shadow_auc"].verdict is Verdict.UNKNOWN
    assert "keys are distinct" in found["shadow_auc"].sentence
