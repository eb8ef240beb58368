"""Verdicts follow from intervals and limits, and never promise what no measurement shows."""

import itertools
from dataclasses import replace

import pytest

from twinfold.errors import OptionError
from twinfold.evaluation.finding import Finding, Verdict, measured, unmeasured
from twinfold.evaluation.verdict import RULES, Limit, headline, judge, judge_all, rule, weigh

ATTACK = Limit("outlier_mia_auc", 0.55, "a reason", margin=0.01, resolution=0.1)


def attack(value: float, low: float, high: float, name: str = "outlier_mia_auc", yardstick: float = 0.5) -> Finding:
    return measured((name, "Attack", "safe"), (value, low, high), yardstick=yardstick, sentence="So.", method="How.")


@pytest.mark.parametrize(
    ("figures", "verdict"),
    [
        ((0.50, 0.47, 0.53), Verdict.PASS),
        ((0.54, 0.52, 0.56), Verdict.PASS),
        ((0.60, 0.56, 0.64), Verdict.FAIL),
        ((0.57, 0.49, 0.65), Verdict.PASS),  # beyond the limit, within chance
        ((0.60, 0.48, 0.72), Verdict.UNKNOWN),
        ((0.52, 0.38, 0.66), Verdict.UNKNOWN),  # too coarse to see a harm
        ((0.95, 0.70, 1.00), Verdict.FAIL),  # coarse, and beyond doubt
    ],
)
def test_an_attack_fails_the_table_only_beyond_its_limit_and_beyond_chance(
    figures: tuple[float, float, float], verdict: Verdict
) -> None:
    judged = judge(attack(*figures), ATTACK)
    assert judged.verdict is verdict
    assert judged.threshold == pytest.approx(max(0.55, 0.51 + figures[0] - figures[1]))
    assert (judged.value > judged.threshold) is (verdict is Verdict.FAIL)
    assert (judged.sentence == "So.") is (verdict is not Verdict.UNKNOWN)


def test_a_limit_beyond_the_yardstick_moves_with_it() -> None:
    limit = Limit("shape_error", 0.02, "a reason", beyond_yardstick=True)
    off = measured(("shape_error", "", "faithful"), (0.05, 0.04, 0.06), yardstick=0.04, sentence="", method="")
    assert judge(off, limit).verdict is Verdict.PASS
    assert judge(off, limit).threshold == pytest.approx(0.06)


def test_what_should_be_high_fails_where_it_is_low() -> None:
    low = measured(("utility", "", "useful"), (0.9, 0.88, 0.92), yardstick=1.0, sentence="", method="", better="higher")
    assert judge(low, Limit("utility", 0.95, "a reason")).verdict is Verdict.FAIL
    assert judge(low, Limit("utility", 0.85, "a reason")).verdict is Verdict.PASS
    unsure = replace(low, high=1.01)
    assert judge(unsure, Limit("utility", 0.95, "a reason")).threshold == pytest.approx(0.89)


def test_what_could_not_be_measured_stays_unknown_and_bars_the_outside() -> None:
    unknown = unmeasured(("outlier_mia_auc", "", "safe"), sentence="Too few.", method="")
    assert judge(unknown, ATTACK) == unknown
    fit = {purpose.name: purpose.fit for purpose in weigh([unknown])}
    assert fit["internal-testing"]
    assert not fit["model-development"]
    assert not fit["sharing-with-a-partner"]
    assert not fit["publication"]


def test_what_a_policy_does_not_limit_is_information() -> None:
    found = attack(0.9, 0.89, 0.91, name="c2st_auc")
    assert judge_all([found], "internal-testing")[0].verdict is Verdict.INFO
    assert judge_all([found], "model-development")[0].verdict is Verdict.FAIL


def test_the_farther_the_rows_travel_the_tighter_the_safe_limits() -> None:
    for near, far in itertools.pairwise(RULES):
        limits = {limit.finding: limit.worst for limit in far.limits}
        for limit in near.limits:
            if limit.finding in ("exact_copies", "dcr_share", "outlier_mia_auc", "outlier_mia_tpr"):
                assert limits[limit.finding] <= limit.worst, (near.name, far.name, limit.finding)


def test_from_partners_to_the_public_the_faithful_limits_get_no_looser() -> None:
    faithful = ("shape_error", "worst_column_error", "pair_error", "missing_error", "missing_levels", "c2st_auc")
    development, partner, public = (
        {limit.finding: limit.worst for limit in rule(name).limits if limit.finding in faithful}
        for name in ("model-development", "sharing-with-a-partner", "publication")
    )
    assert set(development) == set(partner) == set(public) == set(faithful)
    assert all(public[name] <= partner[name] for name in faithful)
    assert public["c2st_auc"] < partner["c2st_auc"] < development["c2st_auc"]


def test_a_table_told_apart_is_not_fit_for_publication() -> None:
    fit = {p.name: p.fit for p in weigh([attack(0.69, 0.68, 0.70, name="c2st_auc")])}
    assert fit == {
        "internal-testing": True,
        "model-development": True,
        "sharing-with-a-partner": False,
        "publication": False,
    }


def test_every_limit_has_a_reason() -> None:
    assert all(limit.reason for known in RULES for limit in known.limits)


def test_the_headline_names_uses_and_the_gravest_reason_and_promises_nothing() -> None:
    good, bad = attack(0.5, 0.47, 0.53), attack(0.9, 0.87, 0.93)
    said = [headline(weigh([finding]), [finding]) for finding in (good, bad)]
    assert said[0].startswith("Fit for internal testing, model development, sharing with a partner and publication")
    assert said[1] == "Fit for none of the purposes: an attack tells which unusual customers were learned."
    partly = attack(0.57, 0.55, 0.59)
    assert headline(weigh([partly]), [partly]) == (
        "Fit for internal testing, not for model development, sharing with a partner and publication: an attack tells "
        "which unusual customers were learned."
    )
    for text in said:
        assert "anonym" not in text.lower()
        assert "complian" not in text.lower()


def test_an_unknown_policy_is_refused_with_the_known_ones() -> None:
    with pytest.raises(OptionError, match=r"policy 'publicaton' is not known .* did you mean 'publication'\?"):
        rule("publicaton")
