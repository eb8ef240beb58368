"""Focus groups: several customers round a table."""

import numpy as np
import polars as pl
import pytest

import twinfold
from known_worlds import make_kinds, make_offers
from twinfold.personas.focus_group.page import render_focus_group

GUIDE = {
    "title": "Rates & <fees>",
    "seats": 6,
    "topics": [
        {"question": "What is your age?"},
        {"question": "Would you take this loan at 11 %?", "probes": ["Why?", "And at 6 %?"]},
        {"question": "What is your favourite colour?"},
    ],
}


@pytest.fixture(scope="module")
def session() -> twinfold.FocusGroup:
    spec = {"kind": "response", "outcome": "taken", "treatment": "rate", "strata": ["risk"], "afterwards": ["amount"]}
    behaviour = twinfold.calibrate(make_offers(8_000, 0).frame.drop("id"), spec)
    people = make_offers(300, 1).frame.drop("taken", "amount", "rate")
    return twinfold.focus_group(people, GUIDE, behaviours={"loans": behaviour}, personas=False)


def test_everybody_answers_every_question_once_and_who_begins_changes(session: twinfold.FocusGroup) -> None:
    assert [each.question for each in session.rounds] == [
        "What is your age?",
        "Would you take this loan at 11 %?",
        "Why?",
        "And at 6 %?",
        "What is your favourite colour?",
    ]
    for number, each in enumerate(session.rounds):
        assert sorted(said.member for said in each.said) == list("ABCDEF")
        assert each.said[0].member == "ABCDEF"[number % 6]


def test_hearing_others_changes_nobodys_decision(session: twinfold.FocusGroup) -> None:
    asked, why, cheaper = ({said.member: said.answer.estimate for said in each.said} for each in session.rounds[1:4])
    for member, estimate in asked.items():
        assert estimate == why[member]
        assert cheaper[member].value > estimate.value
        assert cheaper[member].yes >= estimate.yes


def test_agreement_is_about_what_was_answered(session: twinfold.FocusGroup) -> None:
    for each in session.rounds[1:4]:
        yes = {said.member for said in each.said if said.answer.value}
        for said in each.said:
            named = {name for name in said.response.replace(".", " ").replace(",", " ").split() if name in "ABCDEF"}
            own = said.member in yes
            if said.response.startswith(("Like", "I'm with", "Same")):
                assert named <= (yes if own else set("ABCDEF") - yes)
            elif said.response:
                assert not named & (yes if own else set("ABCDEF") - yes)
    assert session.rounds[4].summary == "Nobody could answer that."


def test_nobody_cites_another(session: twinfold.FocusGroup) -> None:
    keys = {member.name: member.customer for member in session.members}
    for each in session.rounds:
        for said in each.said:
            assert {fact.owner for fact in said.answer.evidence} <= {keys[said.member], ""}


def test_the_page_shows_it_escaped_and_the_record_holds_it(session: twinfold.FocusGroup) -> None:
    page = render_focus_group(session)
    assert "Rates &amp; &lt;fees&gt;" in page
    assert "<script" not in page
    assert all(said.answer.customer for each in session.rounds for said in each.said)
    assert session.record()["rounds"][1]["said"][0]["answer"]["estimate"]["label"] == "randomised"


def test_some_of_every_persona_are_invited() -> None:
    people, kind = make_kinds(1_500, 0)
    held = twinfold.focus_group(people, {"seats": 6, "topics": [{"question": "Who are you?"}]})
    personas = [member.persona for member in held.members]
    assert len(set(personas)) == len(np.unique(kind))
    assert max(map(personas.count, personas)) <= 2


@pytest.mark.parametrize(
    ("guide", "said"),
    [
        ({"topics": []}, "topics"),
        ({"topics": [{"question": ""}]}, "question"),
        ({"seats": 1, "topics": [{"question": "Who are you?"}]}, "seats"),
        ({"topic": []}, "did you mean 'topics'"),
        ("nowhere.toml", "can't be read"),
    ],
)
def test_a_guide_that_is_none_says_so(guide: object, said: str) -> None:
    with pytest.raises(twinfold.SpecificationError, match=said):
        twinfold.focus_group(pl.DataFrame({"age": range(100)}), guide, personas=False)  # type: ignore[arg-type]
