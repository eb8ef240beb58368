"""The limits that docs/privacy-officer.md gives are the ones in force."""

import re
from pathlib import Path

import pytest

from twinfold.evaluation.policy.policy import Limit
from twinfold.evaluation.policy.policy_file import built_in

PAGE = (Path(__file__).parents[2] / "docs" / "privacy-officer.md").read_text(encoding="utf-8")
RULES = built_in().rules
LIMITS = {(rule.title, limit.finding): limit for rule in RULES for limit in rule.limits}


def read_table(after: str) -> dict[tuple[str, str], str]:
    """The first table after a text: cells by the heading of their column and the finding of their row."""
    lines = PAGE[PAGE.index(after) :].split("\n\n| finding |")[1].split("\n\n")[0].splitlines()
    heads = [cell.strip() for cell in lines[0].strip("| ").split("|")]
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines[2:]]
    return {
        (head, re.findall(r"`(\w+)`", row[0])[0]): cell
        for row in rows
        for head, cell in zip(heads, row[1:], strict=True)
    }


def written(limit: Limit) -> str:
    return "any" if limit.resolution is None else f"{limit.resolution:.2f}"


@pytest.mark.parametrize(
    "safe",
    sorted(
        {limit.finding for rule in RULES for limit in rule.limits if built_in().kinds[limit.finding].group == "safe"}
    ),
)
def test_thresholds_and_power_are_as_written(safe: str) -> None:
    thresholds, powers = read_table("### Thresholds"), read_table("*Power* is")
    for rule in RULES:
        limit = LIMITS[rule.title, safe]
        assert float(thresholds[rule.title, safe]) == limit.worst
        if rule.name != "internal-testing":
            assert powers[rule.title, safe] == written(limit)
    assert {finding for _, finding in thresholds} >= {safe}
