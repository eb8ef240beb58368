"""Sentences in other words: what a grammar lets through, and what is looked at again."""

import pytest

from twinfold.personas.memory.fact import Fact, FactKind
from twinfold.personas.voices.retelling import bind, is_faithful, may_retell, split_draft
from twinfold.personas.voices.voice import Brief

FACTS = (
    Fact(FactKind.ATTRIBUTE, "7", "balance", 812.5, "812.50", "customers.balance"),
    Fact(FactKind.ATTRIBUTE, "7", "job", "nurse", "nurse", "customers.job"),
    Fact(FactKind.COUNTED, "7", "number of payments of amount more than 100", 4.0, "4", "payments"),
)


def a_brief(draft: str, decision: str = "", wrong: tuple[str, ...] = ()) -> Brief:
    return Brief("7", "?", decision, FACTS, draft, wrong=wrong)


def test_decisions_quotations_and_long_sentences_stay_as_they_are() -> None:
    decision = "I would probably not take it."
    told = a_brief(
        f"{decision} It says: “Late payments cost 25”. My age (43) speaks against it. Between 1 and 2 of 3. Balance: 5."
        f" {'word ' * 50}.",
        decision,
    )
    assert [may_retell(sentence, told) for sentence in split_draft(told)] == [False, False, False, False, True, False]


@pytest.mark.parametrize(
    ("sentence", "said", "faithful"),
    [
        ("Balance: 812.50.", "I have a balance of 812.50.", True),
        ("Balance: 812.50.", "I have a balance of 813.50.", False),
        ("Balance: 812.50.", "I have 812.50.", False),  # of what?
        ("Balance: 812.50.", "I'm not a balance of 812.50.", False),
        ("No: my job is nurse.", "My job is nurse.", False),
        ("I have no loans.", "I have loans.", False),
        ("I have 4 payments of amount more than 100.", "I've 4 payments of amount 100.", False),
        ("I have 4 payments of amount more than 100.", "I've 4 payments of amount more than 100.", True),
        ("My balance is 812.50 and my job is nurse.", "I've a balance of 812.50, and my job is nurse.", True),
        ("My balance is 812.50 and my job is nurse.", "I've a nurse balance of 812.50, and my job.", False),
        ("My job is nurse.", "I'm a a nurse by job.", False),
        ("My job is nurse.", "I'm a nurse, my job is nurse.", False),
        ("My job is nurse.", "I'm a nurse by job, and a.", False),
        ("My job is nurse.", "By my job I'm a nurse.", True),
    ],
)
def test_a_sentence_that_says_less_or_otherwise_is_refused(sentence: str, said: str, faithful: bool) -> None:
    assert is_faithful(said, sentence, a_brief(sentence)) is faithful


def test_what_was_wrong_at_the_last_try_is_not_said_again() -> None:
    told = a_brief("Balance: 812.50.", wrong=("a balance of 812.50",))
    assert not is_faithful("I have a balance of 812.50.", "Balance: 812.50.", told)


def test_a_grammar_holds_the_figures_of_a_sentence_in_their_order() -> None:
    rules = dict(line.split(" ::= ") for line in bind("On 3 May 1994 I paid 1,250.00, 43 % of [36, 49].").splitlines())
    figures = ["3 May 1994", "1,250.00", "43 %", "[36, 49]"]
    for place, figure in enumerate(figures):
        assert f'before "{figure}" said-{place + 1}' in rules[f"said-{place}"]
    assert not any(c.isdigit() for c in rules["word"])


def test_a_grammar_takes_no_orders_from_a_sentence() -> None:
    grammar = bind('Say "x" | root ::= .* \\" [^a] 5" \\n')
    assert len([line for line in grammar.splitlines() if line.startswith("root")]) == 1
    assert '"root"' in grammar  # as a word that may be said
