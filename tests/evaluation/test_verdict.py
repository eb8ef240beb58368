"""Verdicts follow from intervals and limits, and never promise what no measurement shows."""

import itertools
from dataclasses import replace

import pytest

from twinfold.errors import OptionError
from twinfold.evaluation.finding import Finding, Verdict, measured, unmeasured
from twinfold.evaluation.policy.policy import Limit, Policy
from twinfold.evaluation.policy.policy_file import built_in, read_policy, read_toml
from twinfold.evaluation.verdict import headline, judge, judge_all, note_policy, weigh

BUILT_IN = built_in()
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


def test_of_many_attacks_one_may_lie_farther_out_by_chance_and_none_succeeds_less_for_it() -> None:
    slight, grave = attack(0.60, 0.56, 0.64, name="a"), attack(0.70, 0.66, 0.74, name="b")
    limit = replace(ATTACK, worst=0.51)
    assert judge(slight, limit).threshold == pytest.approx(0.55)
    assert judge(slight, limit, among=12).threshold == pytest.approx(0.51 + 1.46 * 0.04, abs=0.001)
    assert judge(grave, limit, among=100).verdict is Verdict.FAIL


def test_safe_findings_are_judged_together_and_faithful_ones_alone() -> None:
    safe = [attack(0.50, 0.40, 0.60, name=name) for name in ("outlier_mia_auc", "membership_auc", "dcr_share")]
    alone, together = (judge_all(some, BUILT_IN)[0].threshold for some in (safe[:1], safe))
    assert alone == pytest.approx(0.61)
    assert together == pytest.approx(0.51 + 0.1 * 1.222, abs=0.001)
    told = measured(("c2st_auc", "", "faithful"), (0.55, 0.5, 0.6), yardstick=0.5, sentence="", method="")
    assert judge_all([told], BUILT_IN)[0].threshold == judge_all([told, *safe], BUILT_IN)[0].threshold


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
    fit = {purpose.name: purpose.fit for purpose in weigh([unknown], BUILT_IN)}
    assert fit["internal-testing"]
    assert not fit["model-development"]
    assert not fit["sharing-with-a-partner"]
    assert not fit["publication"]


def test_what_a_policy_does_not_limit_is_information() -> None:
    found = attack(0.9, 0.89, 0.91, name="c2st_auc")
    assert judge_all([found], read_policy("internal-testing"))[0].verdict is Verdict.INFO
    assert judge_all([found], read_policy("model-development"))[0].verdict is Verdict.FAIL


def test_the_farther_the_rows_travel_the_tighter_the_safe_limits() -> None:
    for near, far in itertools.pairwise(BUILT_IN.rules):
        limits = {limit.finding: limit.worst for limit in far.limits}
        for limit in near.limits:
            if limit.finding in ("exact_copies", "dcr_share", "outlier_mia_auc", "outlier_mia_tpr"):
                assert limits[limit.finding] <= limit.worst, (near.name, far.name, limit.finding)


def test_from_partners_to_the_public_the_faithful_limits_get_no_looser() -> None:
    faithful = ("shape_error", "worst_column_error", "pair_error", "missing_error", "missing_levels", "c2st_auc")
    development, partner, public = (
        {limit.finding: limit.worst for limit in BUILT_IN.rule_of(name).limits if limit.finding in faithful}
        for name in ("model-development", "sharing-with-a-partner", "publication")
    )
    assert set(development) == set(partner) == set(public) == set(faithful)
    assert all(public[name] <= partner[name] for name in faithful)
    assert public["c2st_auc"] < partner["c2st_auc"] < development["c2st_auc"]


def test_a_table_told_apart_is_not_fit_for_publication() -> None:
    fit = {p.name: p.fit for p in weigh([attack(0.69, 0.68, 0.70, name="c2st_auc")], BUILT_IN)}
    assert fit == {
        "internal-testing": True,
        "model-development": True,
        "sharing-with-a-partner": False,
        "publication": False,
    }


def test_every_limit_has_a_reason() -> None:
    assert all(limit.reason for rule in BUILT_IN.rules for limit in rule.limits)


def test_the_headline_names_uses_and_the_gravest_reason_and_promises_nothing() -> None:
    good, bad = attack(0.5, 0.47, 0.53), attack(0.9, 0.87, 0.93)
    said = [headline(weigh([finding], BUILT_IN), [finding], BUILT_IN) for finding in (good, bad)]
    assert said[0].startswith("Fit for internal testing, model development, sharing with a partner and publication")
    assert said[1] == "Fit for none of the purposes: an attack tells which unusual customers were learned."
    partly = attack(0.57, 0.55, 0.59)
    assert headline(weigh([partly], BUILT_IN), [partly], BUILT_IN) == (
        "Fit for internal testing, not for model development, sharing with a partner and publication: an attack tells "
        "which unusual customers were learned."
    )
    for text in said:
        assert "anonym" not in text.lower()
        assert "complian" not in text.lower()


def test_an_unknown_policy_is_refused_with_the_known_ones() -> None:
    with pytest.raises(OptionError, match=r"policy 'publicaton' is not known .* did you mean 'publication'\?"):
        read_policy("publicaton")


def demand(finding: str, **settings: bool) -> Policy:
    """Model development where a finding is required."""
    flags = "".join(f", {name} = {str(value).lower()}" for name, value in settings.items())
    limit = f'{finding} = {{ worst = 0.5, required = true, reason = "we always look"{flags} }}'
    return read_toml(f'purpose = "model-development"\n[model-development.limits]\n{limit}')


def test_what_is_required_and_was_not_measured_refuses_its_purpose_alone_and_is_said() -> None:
    policy, good = demand("copied_histories"), attack(0.5, 0.47, 0.53)
    purposes = weigh([good], policy)
    assert {p.name: p.failing for p in purposes if not p.fit} == {"model-development": ("copied_histories",)}
    assert headline(purposes, [good], policy).endswith(
        "not for model development: it was not measured whether it repeats real histories."
    )
    assert any("(copied_histories, required)" in note for note in note_policy([good], policy, linked=False))
    fails = attack(0.9, 0.87, 0.93)
    assert headline(weigh([fails], policy), [fails], policy).endswith("which unusual customers were learned.")


def test_what_is_required_and_could_not_be_told_refuses_whatever_else_the_limit_says() -> None:
    unknown = unmeasured(("utility", "", "useful"), sentence="No target.", method="", better="higher")
    policies = (BUILT_IN, demand("utility", unknown_passes=True))
    assert [weigh([unknown], policy)[1].fit for policy in policies] == [True, False]


def test_safe_limits_that_were_not_measured_are_noted_and_those_of_other_tables_are_not() -> None:
    assert note_policy([attack(0.5, 0.47, 0.53)], BUILT_IN, linked=False)[0].count("outlier_mia_tpr") == 1
    named = [limit.finding for limit in BUILT_IN.rule.limits if not BUILT_IN.kinds[limit.finding].linked]
    assert note_policy([attack(0.5, 0.5, 0.5, name=name) for name in named], BUILT_IN, linked=False) == []
