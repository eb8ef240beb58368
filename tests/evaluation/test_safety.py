"""All attacks on a table, under the limits on safety alone."""

import numpy as np
import polars as pl
import pytest

from twinfold.evaluation.finding import Evaluation
from twinfold.evaluation.policy.policy_file import read_policy
from twinfold.evaluation.safety import attack_table
from twinfold.tables.reading import read


def people(rows: int, seed: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    numbers = {f"amount_{k}": rng.lognormal(3, 1, rows).round(2) for k in range(6)}
    return pl.DataFrame({**numbers, "kind": rng.choice(list("abcd"), rows)})


def attacked(made: pl.DataFrame, policy: str = "model-development") -> Evaluation:
    train = read(people(1_500, 0))
    kept, drawn = (read(frame, schema=train.schema) for frame in (people(1_500, 1), made))
    return attack_table(train, kept, drawn, policy=read_policy(policy), seed=0)


def test_copies_are_refused_and_other_customers_are_not() -> None:
    copied, others = attacked(people(1_500, 0)), attacked(people(1_500, 2))
    assert not copied.released
    assert others.released
    found = [{f.name: f.value for f in evaluation.findings} for evaluation in (copied, others)]
    assert found[0]["membership_auc"] > 0.95
    assert abs(found[1]["membership_auc"] - 0.5) < 0.1


def test_rows_that_nobody_would_believe_are_safe_all_the_same() -> None:
    far = people(1_500, 2).with_columns(pl.col(pl.Float64) * 3)
    evaluation = attacked(far)
    assert evaluation.released
    assert {finding.group for finding in evaluation.findings} == {"safe"}


@pytest.mark.parametrize("policy", ["internal-testing", "sharing-with-a-partner"])
def test_the_policy_is_the_one_that_was_asked_for(policy: str) -> None:
    evaluation = attacked(people(1_500, 2), policy)
    assert evaluation.policy is not None
    assert evaluation.policy.purpose == policy
    assert all(evaluation.policy.kinds[limit.finding].group == "safe" for limit in evaluation.policy.rule.limits)
