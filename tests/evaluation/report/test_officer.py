"""The privacy officer's page: evidence by name, what is missing, and no promise that nobody can keep."""

from collections.abc import Callable
from dataclasses import replace

from twinfold.evaluation.finding import Evaluation, Verdict
from twinfold.evaluation.report import officer
from twinfold.evaluation.report.summary import summarise


def answers(evaluation: Evaluation) -> dict[tuple[str, str], officer.Answer]:
    summary = summarise(evaluation)
    return {
        (framework.key, answer.question.title): answer
        for framework in officer.FRAMEWORKS
        for answer in officer.answer(summary, framework)
    }


def officers_page(evaluation: Evaluation) -> str:
    html = evaluation.html()
    return " ".join(html[html.index('id="officer"') : html.index('id="provenance"')].split())


def test_a_finding_is_evidence_for_its_question_and_leaves_the_list_of_what_is_missing(
    make: Callable[..., Evaluation],
) -> None:
    without = answers(make())["wp216", "Singling out"]
    assert without.evidence == ()
    assert "attack that singles out" in without.missing
    risk = replace(make().findings[2], name="payments.singling_out_risk", title="Singled out", group="safe")
    found = make(findings=(*make().findings, risk))
    answer = answers(found)["wp216", "Singling out"]
    assert [each.line.finding.name for each in answer.evidence] == ["payments.singling_out_risk"]
    assert "attack that singles out" not in answer.missing
    page = officers_page(found)
    number = answer.evidence[0].number
    assert f'<a href="#finding-{number}">Singled out</a>: 0.083 (0.080 to 0.086), real holdout 0.025' in page


def test_what_is_missing_is_said_with_the_next_step(make: Callable[..., Evaluation]) -> None:
    nothing = officers_page(make(findings=()))
    assert "Not measured:" in nothing
    assert "--target COLUMN" in nothing
    assert (
        nothing.count("Residual risk")
        == nothing.count("Who decides")
        == nothing.count("<article")
        == len(answers(make()))
    )


def test_many_findings_are_counted_not_all_listed(make: Callable[..., Evaluation]) -> None:
    copies = [
        replace(make().findings[4], name=f"t{i}.copied_histories", verdict=Verdict.FAIL if i == 11 else Verdict.PASS)
        for i in range(12)
    ]
    answer = answers(make(findings=tuple(copies)))["wp216", "Singling out"]
    assert (len(answer.evidence), answer.more) == (officer.SHOWN, 12 - officer.SHOWN)
    assert answer.evidence[0].line.finding.name == "t11.copied_histories"


def test_page_says_that_there_is_no_guarantee_and_promises_nothing(evaluation: Evaluation) -> None:
    page = officers_page(evaluation).lower()
    assert "no differential privacy" in page
    assert "anonym" not in page
    assert "complian" not in page
    assert "gdpr-" not in page


def test_every_measure_that_is_asked_for_has_a_plain_name_and_a_way_to_be_had() -> None:
    for framework in officer.FRAMEWORKS:
        for question in framework.questions:
            assert set(question.measures) <= set(officer.NAMES)
            assert bool(question.measures) == bool(question.measured_by)
    asked = {name for f in officer.FRAMEWORKS for q in f.questions for name in q.measures}
    assert asked == set(officer.NAMES)
