"""Which verdict counts, and what a reason for an override is."""

from datetime import UTC, datetime
from typing import Any

import pytest

from twinfold.errors import OptionError, RefusedError
from twinfold.synthesis.release import check_released, describe_refusal, find_refusal, record_override

NO: dict[str, Any] = {
    "event": "evaluated",
    "released": False,
    "because": "it repeats real customers",
    "policy": {"title": "publication", "source": "policy.toml", "sha256": "ab"},
    "refused_by": [{"finding": "exact_copies"}],
}
YES = NO | {"released": True}
OLD = {"event": "evaluated", "headline": "Fit for none of the purposes", "fit_for": []}
OVERRIDE = {"event": "overridden", "reason": "asked for"}
AT = datetime(2026, 11, 27, 8, 30, 15, 999, tzinfo=UTC)


@pytest.mark.parametrize(
    ("history", "refused"),
    [
        ([], False),
        ([{"event": "fit"}, OLD], False),
        ([NO], True),
        ([YES], False),
        ([YES, NO], True),
        ([NO, YES], False),
        ([NO, OVERRIDE], True),  # an override is for one draw
        ([YES, OVERRIDE, NO, {"event": "fit"}], True),
    ],
)
def test_the_last_evaluation_counts(history: list[dict[str, Any]], refused: bool) -> None:
    assert (find_refusal(history) is not None) is refused
    if refused:
        with pytest.raises(RefusedError, match=r"publication \(policy: policy.toml\): it repeats .*--override"):
            check_released(history)
    else:
        check_released(history)


@pytest.mark.parametrize(
    "broken",
    [
        {"policy": None},
        {"policy": []},
        {"policy": {"title": ["x"] * 99}},
        {"because": None},
        {"because": "x\n" * 999},
    ],
)
def test_whatever_a_file_says_makes_one_short_line(broken: dict[str, Any]) -> None:
    said = describe_refusal(NO | broken)
    assert "\n" not in said
    assert len(said) < 500


def test_an_override_keeps_who_why_when_and_against_what() -> None:
    record = record_override("  Jo Ek: for the leak drill ", NO, at=AT)
    assert (record["reason"], record["at"]) == ("Jo Ek: for the leak drill", "2026-11-27T08:30:15+00:00")
    assert record["verdict"] == {key: NO[key] for key in ("because", "policy", "refused_by")}


@pytest.mark.parametrize(
    "reason", ["", "         ", "because", "two\nlines of text", "x" * 501, "half \ud800 a letter"]
)
def test_a_reason_that_is_none_is_refused(reason: str) -> None:
    with pytest.raises(OptionError, match="one line of 10 to 500 characters"):
        record_override(reason, NO, at=AT)
