"""Focus groups: several customers round a table."""

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import twinfold
from known_worlds import make_kinds, make_offers
from twinfold.personas.focus_group.guide import read_guide
from twinfold.personas.focus_group.page import render_focus_group
from twinfold.personas.questions.words import listed

GUIDE = {
    "title": "Rates & <fees>",
    "seats": 6,
    "topics": [
        {"question": "What is your age?"},
        {"question": "Would you take this loan at 11 %?", "probes": ["Why?", "And at 6 %?"]},
        {"question": "What is your favourite colour?"},
    ],
}

ASKED = {"question": "Who are you?"}
PEOPLE = pl.DataFrame({"customer_id": range(300), "age": range(300)})


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


def test_after_why_reasons_are_told_and_nobody_is_counted(session: twinfold.FocusGroup) -> None:
    asked, why = session.rounds[1:3]
    assert " of 6 say yes" in asked.summary
    assert why.summary == "Thank you."
    assert {said.response for said in why.said} == {""}
    alone = twinfold.focus_group(PEOPLE, {"topics": [{"question": "Why?"}]}, personas=False)
    assert alone.rounds[0].summary == "Nobody could answer that."


def test_only_whoever_has_less_than_all_before_says_so() -> None:
    people = pl.DataFrame({"customer_id": range(300), "age": range(300), "loans": [0, 0, 0, 1, 2, 2] * 50})
    guide = {"seats": 12, "topics": [{"question": "How many loans do you have?"}, {"question": "How old are you?"}]}
    for seed in range(5):
        held = twinfold.focus_group(people, guide, personas=False, seed=seed)
        for each in held.rounds:
            for number, said in enumerate(each.said):
                before = {other.member: other.answer.value for other in each.said[:number]}
                same = [name for name, value in before.items() if value == said.answer.value]
                assert isinstance(said.answer.value, float)
                if same:
                    assert said.response in (f"{way} {listed(same)}." for way in ("Same as", "Like"))
                elif before and said.answer.value < min(before.values()):
                    assert "less" in said.response
                elif before and said.answer.value > max(before.values()):
                    assert "more" in said.response
                else:
                    assert said.response == ""


def test_whoever_is_invited_twice_has_one_seat() -> None:
    guide = {"topics": [{"question": "Who are you?"}]}
    held = twinfold.focus_group(PEOPLE, guide, customers=["1", "2", "2"], personas=False)
    assert sorted(member.customer for member in held.members) == ["1", "2"]


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
        ({}, "the guide: topics is missing; a guide needs topics, and each of them a question"),
        ({"topics": []}, "the guide: topics is '[]'; give 1 to 50 tables, each with a question, such as [[topics]]"),
        ({"topics": ["Why?"]}, "the guide: topic 1 is 'Why?'; give a table with a question"),
        ({"topics": [ASKED, {}]}, "the guide: topic 2: question is missing; a guide needs"),
        ({"topics": [{"question": " "}]}, "the guide: topic 1: question is ' '; give a text of 1 to 2,000 letters"),
        ({"topics": [ASKED | {"probes": 3}]}, "the guide: topic 1: probes is '3'; give up to 20 texts"),
        ({"topics": [ASKED | {"probes": ["Why?", ""]}]}, "the guide: topic 1: probes is ''; give up to 20 texts"),
        ({"topics": [ASKED | {"probe": "Why?"}]}, "the guide: key 'probe' is not in topic 1 (question, probes); did"),
        ({"seats": 1, "topics": [ASKED]}, "the guide: seats is '1'; give a whole number from 2 to 12"),
        ({"topic": []}, "the guide: key 'topic' is not in a guide (title, seats, topics); did you mean 'topics'?"),
        ("nowhere.toml", "can't be read"),
    ],
)
def test_a_guide_that_is_none_says_so(guide: object, said: str) -> None:
    with pytest.raises(twinfold.SpecificationError, match=re.escape(said)):
        twinfold.focus_group(pl.DataFrame({"age": range(100)}), guide, personas=False)  # type: ignore[arg-type]


def test_one_probe_needs_no_list(tmp_path: Path) -> None:
    path = tmp_path / "guide.toml"
    path.write_text('[[topics]]\nquestion = "Who are you?"\nprobes = "Why?"\n')
    assert read_guide(path).topics[0].probes == ("Why?",)
    path.write_text('[[topics]]\nqestion = "Who are you?"\n')
    with pytest.raises(twinfold.SpecificationError, match=r"guide\.toml: .*did you mean 'question'"):
        read_guide(path)
