"""What the gate says of a table, in the terminal, in JSON and in a model's history."""

import json
from dataclasses import replace

import pytest

from twinfold.evaluation.finding import Evaluation, Finding, measured, unmeasured
from twinfold.evaluation.gate import find_evidence, record_evaluation
from twinfold.evaluation.policy.policy import Policy
from twinfold.evaluation.policy.policy_file import read_policy, read_toml
from twinfold.evaluation.verdict import headline, judge_all, weigh

REASON = "our risk appetite"
OWN = f"""
purpose = "internal-testing"
[internal-testing.limits]
outlier_mia_auc = {{ worst = 0.52, reason = "{REASON}" }}
dcr_share = {{ required = true, reason = "never without it" }}
copied_histories = {{ required = true, reason = "we know histories" }}
"""


def found(value: float, half: float = 0.02) -> list[Finding]:
    figures = (value, value - half, value + half)
    attack = measured(
        ("outlier_mia_auc", "Attack on unusual customers", "safe"), figures, yardstick=0.5, sentence="So.", method=""
    )
    untold = unmeasured(("dcr_share", "Nearness", "safe"), sentence="Only 9 rows.", method="")
    return [attack, untold]


def judged(findings: list[Finding], policy: Policy) -> Evaluation:
    purposes = weigh(findings, policy)
    said = headline(purposes, findings, policy)
    compared = {"train": "train.csv, 400 rows, SHA-256 ab", "synthetic": "made.csv, 300 rows, SHA-256 cd", "seed": 0}
    return Evaluation(said, purposes, judge_all(findings, policy), (), (), compared, policy=policy)


@pytest.fixture(scope="module")
def refused() -> Evaluation:
    return judged(found(0.6), replace(read_toml(OWN), source="policy.toml", sha256="ef"))


def test_a_refused_table_is_told_each_limit_that_refuses_it_and_why(refused: Evaluation) -> None:
    assert [each.limit.finding for each in find_evidence(refused)] == [
        "outlier_mia_auc",
        "dcr_share",
        "copied_histories",
    ]
    said = " ".join(refused.text().split())
    assert said.endswith(
        "Refused for internal testing by policy.toml: "
        "Attack on unusual customers (outlier_mia_auc): 0.600 (0.580 to 0.620), at most 0.530 is accepted, "
        "which is the limit of 0.52 and what chance gives. "
        f"The reason of the limit: {REASON}. "
        "Nearness (dcr_share): cannot be told. Only 9 rows. The reason of the limit: never without it. "
        "Whether it repeats real histories (copied_histories) was not measured, and is required. "
        "The reason of the limit: we know histories."
    )


def test_a_released_table_is_said_to_be() -> None:
    evaluation = judged(found(0.5), read_policy("internal-testing"))
    assert evaluation.released
    assert evaluation.text().endswith("\nReleased for internal testing.\n")
    assert find_evidence(evaluation) == []
    looser = read_toml('purpose = "publication"\n[publication.limits]\ndcr_share = { worst = 1, reason = "r" }')
    loosened = judged(found(0.5)[:1], replace(looser, source="policy.toml"))
    assert loosened.text().endswith("Released for publication by policy.toml (looser than the built-in limits in 1).\n")


def test_json_says_the_policy_its_limits_and_whether_the_table_is_released(refused: Evaluation) -> None:
    record = json.loads(json.dumps(refused.json(), allow_nan=False))
    assert record["released"] is False
    policy = record["policy"]
    assert (policy["purpose"], policy["source"], policy["sha256"]) == ("internal-testing", "policy.toml", "ef")
    assert policy["limits"]["outlier_mia_auc"]["worst"] == 0.52
    assert policy["limits"]["outlier_mia_auc"]["reason"] == REASON
    assert policy["loosened"] == []


def test_a_models_history_keeps_verdict_evidence_policy_and_what_was_compared(refused: Evaluation) -> None:
    record = json.loads(json.dumps(record_evaluation(refused), allow_nan=False))
    assert (record["event"], record["released"], record["fit_for"]) == ("evaluated", False, [])
    assert record["because"] == "an attack tells which unusual customers were learned"
    assert record["policy"] == {
        "purpose": "internal-testing",
        "title": "internal testing",
        "source": "policy.toml",
        "sha256": "ef",
        "loosened": [],
    }
    assert [(each["finding"], each["verdict"], each["value"]) for each in record["refused_by"]] == [
        ("outlier_mia_auc", "fail", 0.6),
        ("dcr_share", "unknown", None),
        ("copied_histories", "missing", None),
    ]
    assert record["refused_by"][0]["reason"] == REASON
    assert record["train"].endswith("SHA-256 ab")
    assert record["synthetic"].endswith("SHA-256 cd")
    assert "seed" not in record
