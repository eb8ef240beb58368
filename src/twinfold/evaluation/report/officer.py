"""What a privacy officer is asked, and what the findings answer: the page that puts evidence beside three known texts.

The texts are paraphrased. What is said here of Twinfold holds for any table that it made; what is said of this table
are its findings alone, by their names.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from twinfold.evaluation.report.pages import Numbered, number_findings
from twinfold.evaluation.report.summary import Summary

SHOWN = 8
"""Findings of a question that are listed at most, worst first."""


@dataclass(frozen=True)
class Question:
    """One thing that a text asks.

    Attributes:
        title, asks: what is asked, in a few words and in a sentence.
        measures: names of the findings that are evidence, whichever table they are of.
        measured_by: what to do where one of them is not there.
        holds: what is so for every table that Twinfold makes, whatever was measured; empty for nothing.
        residual: the risk that stays, whatever the findings say.
        untested: what no finding here looks at.
        decides: who decides on it.
    """

    title: str
    asks: str
    measures: tuple[str, ...]
    measured_by: str
    residual: str
    untested: str
    decides: str
    holds: str = ""


@dataclass(frozen=True)
class Framework:
    """A text that a privacy officer works by, and its questions."""

    key: str
    title: str
    source: str
    about: str
    questions: tuple[Question, ...]


@dataclass(frozen=True)
class Answer:
    """A question, findings that are evidence, how many more there are, and in plain words the missing ones."""

    question: Question
    evidence: tuple[Numbered, ...]
    more: int
    missing: tuple[str, ...]


ATTACKS = (
    "Run twinfold evaluate on 100 rows or more of each table; with --model NAME.twin it fits shadow models, --shadows "
    "N of them, and attacks the model file too."
)
TARGET = "Run twinfold evaluate --target COLUMN, the column that models shall predict."
GROUPS = "Run twinfold evaluate --target COLUMN --sensitive COLUMNS, the columns whose groups are to be compared."
ALWAYS = "Run twinfold evaluate on these tables with a holdout of 100 rows or more."
OFFICER = "The data protection officer, on the purpose and on who receives the table."

_MEMBERSHIP = (
    *("membership_auc", "membership_tpr", "shadow_auc", "shadow_tpr", "model_auc", "model_tpr"),
    *("outlier_mia_auc", "outlier_mia_tpr"),
)

WP216 = Framework(
    "wp216",
    "WP 216: can somebody be singled out, linked, or inferred about?",
    "Article 29 Data Protection Working Party, Opinion 05/2014 (WP 216), 10 April 2014, section 2.2.",
    "The European authorities ask three questions of a technique. A synthetic table is not exempt from them: its rows "
    "belong to nobody, but they were learned from somebody.",
    (
        Question(
            "Singling out",
            "Can records of one real customer be isolated in the table?",
            (
                *("exact_copies", "near_copies", "singling_out_risk", "crowding", "dcr_share"),
                *("copied_histories", "copied_runs"),
            ),
            ATTACKS,
            "A row may fit one real customer by chance, and whoever believes it may act on it. Unusual customers are "
            "easier to isolate than the average says.",
            "Attackers who know columns that were not learned, such as identifiers, free text and pictures.",
            OFFICER,
        ),
        Question(
            "Linkability",
            "Can two records of the same customer be linked, in this table or with another that the attacker has?",
            ("linkability_risk", *_MEMBERSHIP),
            ATTACKS,
            "To learn that a customer was in the data at all can harm: a list of defaulters is one. The final model "
            "may have learned more rows than the one that was attacked.",
            "Links to registers, leaks and social media that hold some of the same customers; several releases made "
            "of the same customers, put together.",
            OFFICER,
        ),
        Question(
            "Inference",
            "Can a value of a real customer be told with significant probability from others that are known?",
            ("inference_risk", *_MEMBERSHIP[-2:]),
            ATTACKS,
            "What holds for most customers of a kind is told about each of them, whether or not they were learned. A "
            "useful table teaches that; no protection of single rows takes it away.",
            "Inference about groups, and about columns that were not named as secret.",
            OFFICER + " Whether what is told about a group may be told is a question of ethics, too.",
        ),
    ),
)

NIST = Framework(
    "nist",
    "NIST SP 800-226: is there a guarantee, and of what?",
    "NIST Special Publication 800-226, on evaluating differential privacy guarantees, March 2025.",
    "Twinfold applies no differential privacy: there is no epsilon, and no mathematical bound that holds against every "
    "attacker. So this text's first question has the answer no. Its other questions are worth asking all the same; "
    "the evidence here is of attacks that were run, and another attack may do better.",
    (
        Question(
            "Guarantee",
            "Which bound on what anybody can learn about one customer holds, and how strong is it?",
            ("epsilon_bound", *_MEMBERSHIP),
            ATTACKS,
            "Attacks give a lower bound of what leaks. A table on which all of them fail may still leak.",
            "Attackers who see the model, its code and its seeds, and who make attacks for this very table.",
            "The data protection officer decides whether evidence without a bound is enough for the purpose.",
            "None. Twinfold learns from groups of rows and looks for copies before it keeps a model; that makes leaks "
            "rarer and bounds nothing.",
        ),
        Question(
            "Unit of privacy",
            "Whose contribution is protected: a row, a customer, a household?",
            ("copied_histories", "copied_runs", "exact_copies"),
            ALWAYS,
            "A customer who has several rows in a table without links is several customers to every figure here, and "
            "is protected less than they say.",
            "Households and firms: people who share an account or an address are not treated as one.",
            "The data scientist says what a row is; the data protection officer checks it.",
            "The row of a single table. Of linked tables a customer with all rows that hang on them.",
        ),
        Question(
            "Trust",
            "Who sees the real rows, and who must be trusted?",
            ("model_auc", "model_tpr"),
            ATTACKS,
            "A model file holds exact counts and small histograms: whoever has it knows more than whoever has the "
            "table.",
            "The bank's own access rights, logs, copies and backups.",
            "The security officer, with the owner of the real tables.",
            "Whoever learns and evaluates sees every real row; nothing leaves the machine. Whoever gets the table "
            "needs no trust to read it, and must not be trusted with the model.",
        ),
        Question(
            "Releases",
            "What is released, to whom, and how often?",
            (),
            "",
            "Each further table of the same customers, each report and each model adds to what can be put together. "
            "Nothing counts that up here.",
            "What earlier releases gave away. Tables drawn later by the same model with another seed.",
            "Whoever keeps the register of releases.",
            "One table was judged, with the figures of this report beside it. Seeds are no secret.",
        ),
        Question(
            "Usefulness and bias",
            "What did protection cost, and whom did it cost most?",
            ("utility", "representation_error", "subgroup_error", "missing_levels"),
            f"{TARGET} {GROUPS}",
            "Rare customers are blurred first: they are protected most, and served worst.",
            "Groups that no column names.",
            "The owner of the model that will be built.",
        ),
    ),
)

FCA = Framework(
    "fca",
    "FCA expert group: is it useful, faithful, private, fair and on record?",
    "FCA Synthetic Data Expert Group, Using Synthetic Data in Financial Services, March 2024; not a rule of the FCA.",
    "The group asks that utility, fidelity and privacy be measured against a purpose and weighed against each other, "
    "that bias be looked for, and that somebody can check afterwards what was done and who answered for it.",
    (
        Question(
            "Utility",
            "Does work on the table come to the results that real customers would give?",
            (
                *("utility", "task_roc_auc_ratio", "approval_agreement", "feature_rank_agreement"),
                *("model_rank_agreement", "explanation_agreement"),
            ),
            TARGET,
            "A use that was not tried may fail. A model built on the table must be validated on real customers before "
            "it decides about any.",
            "Other targets and other models; drift since the real rows were taken.",
            "Model validation, independent of whoever built the model.",
        ),
        Question(
            "Fidelity",
            "Is the table like the real one where the purpose needs it?",
            (
                *("c2st_auc", "shape_error", "pair_error", "recall", "precision", "corner_error", "tail_error"),
                *("count_error", "rules_broken"),
            ),
            ALWAYS,
            "What is wrong in combinations of three and more columns, or in a small segment, may not show in an "
            "average.",
            "Columns that were not learned; rules that nobody wrote down.",
            "The owner of the use, with the data scientist.",
        ),
        Question(
            "Privacy",
            "What risk to real customers is left, and was it tested rather than assumed?",
            (*_MEMBERSHIP, "exact_copies", "near_copies", "dcr_share"),
            ATTACKS,
            "See the three questions of WP 216 above.",
            "Collusion of several receivers.",
            OFFICER,
        ),
        Question(
            "Bias",
            "Are groups of customers missing, distorted, or treated worse by what is built on the table?",
            ("representation_error", "subgroup_error", "parity_amplification", "opportunity_amplification"),
            GROUPS,
            "A faithful table repeats the unfairness of the real decisions that it was learned from.",
            "Whether the real data is fair; groups that the law protects and the tables do not name.",
            "Whoever answers for fair treatment of customers, with model validation.",
        ),
        Question(
            "Auditability and governance",
            "Can somebody else find out later what was done, with what, and who answered for it?",
            (),
            "",
            "A record shows what was measured, not that the right thing was measured.",
            "Whether the inputs were what they were taken for; contracts with whoever receives the table.",
            "A named person, for one purpose, in writing. The report informs that decision and does not take it.",
            "The provenance of the bank's own report names call, inputs, seed and versions: the same give the same "
            "findings. The JSON record holds every figure, and twinfold report diff compares two of them.",
        ),
    ),
)

NAMES = {
    "membership_auc": "best of several attacks on unusual customers",
    "membership_tpr": "unusual customers given away by the best of them",
    "shadow_auc": "attack with models that are learned again and again",
    "shadow_tpr": "customers given away by that attack",
    "model_auc": "attack on the model file",
    "model_tpr": "customers given away by the model file",
    "epsilon_bound": "what the attacks imply of epsilon",
    "crowding": "customers drawn again and again",
    "outlier_mia_auc": "attack on unusual customers",
    "outlier_mia_tpr": "unusual customers given away for sure",
    "exact_copies": "copies of learned customers",
    "near_copies": "near copies of learned customers",
    "dcr_share": "nearness to learned customers",
    "copied_histories": "copies of learned histories (linked tables)",
    "copied_runs": "copies of runs of rows (linked tables)",
    "singling_out_risk": "attack that singles out",
    "linkability_risk": "attack that links records",
    "inference_risk": "attack that infers a value",
    "utility": "models trained on the table",
    "task_roc_auc_ratio": "power of models by task",
    "approval_agreement": "same customers chosen as with real data",
    "feature_rank_agreement": "same order of features",
    "model_rank_agreement": "same order of models",
    "explanation_agreement": "same explanations",
    "c2st_auc": "told apart from real customers",
    "shape_error": "columns one by one",
    "pair_error": "columns two by two",
    "missing_levels": "categories that never came out",
    "recall": "real customers that are covered",
    "precision": "synthetic customers that are plausible",
    "corner_error": "rare combinations",
    "tail_error": "tails",
    "count_error": "numbers of rows (linked tables)",
    "rules_broken": "rules broken (linked tables)",
    "representation_error": "groups as present as in the real data",
    "subgroup_error": "groups as well drawn as the whole",
    "parity_amplification": "differences between groups made larger",
    "opportunity_amplification": "differences in being rightly approved made larger",
}
"""What each measure is in plain words, for a reader who has no finding of it to look at."""

FRAMEWORKS: tuple[Framework, ...] = (WP216, NIST, FCA)


def answer(summary: Summary, framework: Framework) -> tuple[Answer, ...]:
    """A text's questions with the evidence that an evaluation has for each."""
    findings = number_findings(summary)
    return tuple(_answer(question, findings) for question in framework.questions)


def _answer(question: Question, findings: Sequence[Numbered]) -> Answer:
    evidence = tuple(each for each in findings if each.line.finding.measure in question.measures)
    present = {each.line.finding.measure for each in evidence}
    missing = tuple(NAMES[name] for name in question.measures if name not in present)
    return Answer(question, evidence[:SHOWN], max(0, len(evidence) - SHOWN), missing)
