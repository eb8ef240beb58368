"""Shadow models: the attack is as strong as theory says, blind where nothing leaks, and catches an engine that does."""

import time

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from twinfold.errors import OptionError
from twinfold.evaluation import shadows
from twinfold.evaluation.finding import Verdict
from twinfold.evaluation.likelihood_ratio import Shadows, judge
from twinfold.evaluation.shadows import BY_ROWS, attack, choose_count
from twinfold.protocols import Progress
from twinfold.synthesis.synthesizer import Synthesizer, learn
from twinfold.tables.dataset import Dataset
from twinfold.tables.reading import read

Parts = tuple[Dataset, Dataset, Dataset]


def said(shift: float, models: int, seed: int) -> Shadows:
    """What models say of 300 records, each with a level of its own, that being learned shifts."""
    rng = np.random.default_rng(seed)
    inside = rng.random((models, 300)) < 0.5
    return Shadows({"told": rng.normal(0, 3, 300) + shift * inside + rng.normal(0, 1, (models, 300))}, inside)


@pytest.mark.parametrize("shift", [0.5, 1.0, 2.0])
def test_with_many_models_the_attack_is_the_best_that_theory_allows(shift: float) -> None:
    findings, _ = judge(said(shift, 200, seed=0), BY_ROWS)
    assert findings[0].value == pytest.approx(norm.cdf(shift / np.sqrt(2)), abs=0.01)  # two normals, a shift apart
    assert findings[1].value == pytest.approx(norm.sf(norm.isf(0.01) - shift), abs=0.01)


def test_with_few_models_what_records_have_in_common_is_borrowed() -> None:
    findings, _ = judge(said(1.0, 9, seed=1), BY_ROWS)
    assert findings[0].value > 0.68


def test_where_nothing_leaks_the_interval_holds_a_guess() -> None:
    found = [judge(said(0.0, 21, seed), BY_ROWS)[0][0] for seed in range(60)]
    assert np.mean([finding.low <= 0.5 <= finding.high for finding in found]) >= 0.9
    assert np.mean([finding.value for finding in found]) == pytest.approx(0.5, abs=0.003)


def test_the_rows_of_an_engine_that_hands_out_learned_rows_give_them_away(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    train, holdout = (Dataset({d.single()[0].name: d.single()[1][:600]}, d.schema, d.layouts) for d in parts[:2])
    model = learn(train, seed=0)

    class Copying:
        """Draws what it learned."""

        def __init__(self, data: Dataset) -> None:
            self.data, self.learned = data, learn(data, seed=0)
            self.codebook, self.model, self.rows = self.learned.codebook, self.learned.model, self.learned.rows

        def sample(self, n: int, *, seed: int) -> pl.DataFrame:
            return self.data.single()[1].sample(n, with_replacement=True, seed=seed)

    monkeypatch.setattr(shadows, "learn", lambda data, **_: Copying(data))
    drawn = train.single()[1].sample(600, with_replacement=True, seed=1)
    findings, _ = attack(model, train, holdout, read(drawn, schema=train.schema), shadows=8)
    rows = {finding.name: finding for finding in findings}
    assert rows["shadow_auc"].low > 0.65  # six of ten learned rows come out at all


def test_ours_on_real_rows_runs_and_is_repeatable(parts: Parts) -> None:
    train, holdout = (Dataset({d.single()[0].name: d.single()[1][:600]}, d.schema, d.layouts) for d in parts[:2])
    model = learn(train, seed=0)
    released = read(model.sample(seed=1), schema=train.schema)
    told: list[float] = []
    first, second = (
        attack(model, train, holdout, released, shadows=8, progress=lambda _, done: told.append(done))[0]
        for _ in range(2)
    )
    assert first == second
    assert told[-1] == 1.0
    assert {finding.verdict for finding in first} == {Verdict.INFO}


def test_as_many_models_are_fitted_as_are_asked_for_or_make_sense(parts: Parts) -> None:
    train, holdout, _ = parts
    name = train.single()[0].name
    few = Dataset({name: train.single()[1][:100]}, train.schema, train.layouts)
    model = learn(Dataset({name: train.single()[1][:300]}, train.schema, train.layouts), seed=0)
    assert [choose_count(None, m, train, holdout) for m in (model, None)] == [20, 0]
    assert choose_count(None, model, few, holdout) == 0
    assert choose_count(8, model, train, holdout) == 8
    with pytest.raises(OptionError, match="3 shadow models: 8 to 2,000 are accepted, or 0 for none"):
        choose_count(3, model, train, holdout)
    with pytest.raises(OptionError, match=r"100 rows of \w+ are too few"):
        choose_count(20, model, few, holdout)
    with pytest.raises(OptionError, match="give it with --model"):
        choose_count(20, None, train, holdout)


def test_where_all_are_alike_nobody_is_attacked() -> None:
    alike = pl.DataFrame({"a": ["p", "q"] * 150, "b": ["r", "r", "s"] * 100})
    train = read(alike)
    model = learn(train, seed=0)
    findings, exhibits = attack(model, train, train, read(model.sample(seed=1), schema=train.schema), shadows=8)
    assert {finding.verdict for finding in findings} == {Verdict.UNKNOWN}
    assert not exhibits


def test_an_attack_that_is_ended_leaves_the_fits_under_way(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    train, holdout = (Dataset({d.single()[0].name: d.single()[1][:300]}, d.schema, d.layouts) for d in parts[:2])
    model, drawn, ended = learn(train, seed=0), [], []

    def fit(*_: object, seed: int, progress: Progress, **__: object) -> Synthesizer:
        try:
            for _ in range(2000 if drawn else 0):  # under way until somebody ends it
                progress("learning", 0.5)
                time.sleep(0.01)
        except KeyboardInterrupt:
            ended.append(seed)
            raise
        drawn.append(seed)
        return model

    def stop(stage: str, done: float) -> None:
        if done > 0:
            raise KeyboardInterrupt

    monkeypatch.setattr(shadows, "learn", fit)
    with pytest.raises(KeyboardInterrupt):
        attack(model, train, holdout, train, shadows=40, seed=0, progress=stop)
    assert len(drawn) <= shadows.PARALLEL
    assert len(ended) <= shadows.PARALLEL
