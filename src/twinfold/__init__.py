"""Twinfold: synthetic customers for banks.

Everything named here is the promise; the modules behind it may move. Nothing heavy is imported before it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from twinfold.behaviour.behaviour import Behaviour
    from twinfold.behaviour.behaviour_file import load_behaviour, save_behaviour
    from twinfold.behaviour.specification import Specification
    from twinfold.errors import (
        ConditionError,
        DataError,
        MissingExtraError,
        ModelFileError,
        OptionError,
        OutputError,
        PolicyError,
        RefusedError,
        SchemaError,
        SpecificationError,
        TwinfoldError,
        VoiceError,
    )
    from twinfold.evaluation.engines.comparison import EngineComparison
    from twinfold.evaluation.finding import Evaluation, Finding
    from twinfold.evaluation.policy.policy import Policy
    from twinfold.evaluation.report.html import write_report
    from twinfold.tables.dataset import Dataset
    from twinfold.tables.schema import Schema
    from twinfold.verbs.analyse_experiment import analyse_experiment
    from twinfold.verbs.ask import Answer, Answers, Interview, ask, interview
    from twinfold.verbs.augment import augment, augment_to
    from twinfold.verbs.calibrate import calibrate
    from twinfold.verbs.compare import compare
    from twinfold.verbs.compare_reports import compare_reports
    from twinfold.verbs.concept_test import ConceptTest, concept_test
    from twinfold.verbs.demo import demo
    from twinfold.verbs.evaluate import evaluate
    from twinfold.verbs.explain import Explanation, explain
    from twinfold.verbs.find_personas import Personas, TextTable, find_personas
    from twinfold.verbs.fit import LinkedSynthesizer, Synthesizer, fit, load
    from twinfold.verbs.focus_group import FocusGroup, focus_group
    from twinfold.verbs.forecast import forecast, forecast_to
    from twinfold.verbs.impute import impute, impute_to
    from twinfold.verbs.inspect import Inspection, inspect
    from twinfold.verbs.learn_experiment import learn_experiment
    from twinfold.verbs.log_prob import log_prob, log_prob_to
    from twinfold.verbs.plan_experiment import plan_experiment
    from twinfold.verbs.policy import policy
    from twinfold.verbs.predict import predict, predict_proba, predict_proba_to, predict_to
    from twinfold.verbs.run_experiment import run_experiment
    from twinfold.verbs.sample import sample, sample_to
    from twinfold.verbs.score_forecast import score_forecast
    from twinfold.verbs.scoreboard import scoreboard
    from twinfold.verbs.simulate import Outcome, simulate
    from twinfold.verbs.survey import Survey, survey
    from twinfold.verbs.walk import walk, walk_to

__all__ = [
    "Answer",
    "Answers",
    "Behaviour",
    "ConceptTest",
    "ConditionError",
    "DataError",
    "Dataset",
    "EngineComparison",
    "Evaluation",
    "Explanation",
    "Finding",
    "FocusGroup",
    "Inspection",
    "Interview",
    "LinkedSynthesizer",
    "MissingExtraError",
    "ModelFileError",
    "OptionError",
    "Outcome",
    "OutputError",
    "Personas",
    "Policy",
    "PolicyError",
    "RefusedError",
    "Schema",
    "SchemaError",
    "Specification",
    "SpecificationError",
    "Survey",
    "Synthesizer",
    "TextTable",
    "TwinfoldError",
    "VoiceError",
    "analyse_experiment",
    "ask",
    "augment",
    "augment_to",
    "calibrate",
    "compare",
    "compare_reports",
    "concept_test",
    "demo",
    "evaluate",
    "explain",
    "find_personas",
    "fit",
    "focus_group",
    "forecast",
    "forecast_to",
    "impute",
    "impute_to",
    "inspect",
    "interview",
    "learn_experiment",
    "load",
    "load_behaviour",
    "log_prob",
    "log_prob_to",
    "plan_experiment",
    "policy",
    "predict",
    "predict_proba",
    "predict_proba_to",
    "predict_to",
    "run_experiment",
    "sample",
    "sample_to",
    "save_behaviour",
    "score_forecast",
    "scoreboard",
    "simulate",
    "survey",
    "walk",
    "walk_to",
    "write_report",
]

_HOMES = {
    "twinfold.errors": [name for name in __all__ if name.endswith("Error")],
    "twinfold.behaviour.behaviour": ["Behaviour"],
    "twinfold.behaviour.behaviour_file": ["load_behaviour", "save_behaviour"],
    "twinfold.behaviour.specification": ["Specification"],
    "twinfold.evaluation.engines.comparison": ["EngineComparison"],
    "twinfold.evaluation.finding": ["Evaluation", "Finding"],
    "twinfold.evaluation.policy.policy": ["Policy"],
    "twinfold.evaluation.report.html": ["write_report"],
    "twinfold.tables.dataset": ["Dataset"],
    "twinfold.tables.schema": ["Schema"],
    "twinfold.verbs.analyse_experiment": ["analyse_experiment"],
    "twinfold.verbs.ask": ["Answer", "Answers", "Interview", "ask", "interview"],
    "twinfold.verbs.augment": ["augment", "augment_to"],
    "twinfold.verbs.calibrate": ["calibrate"],
    "twinfold.verbs.compare": ["compare"],
    "twinfold.verbs.compare_reports": ["compare_reports"],
    "twinfold.verbs.concept_test": ["ConceptTest", "concept_test"],
    "twinfold.verbs.demo": ["demo"],
    "twinfold.verbs.evaluate": ["evaluate"],
    "twinfold.verbs.explain": ["Explanation", "explain"],
    "twinfold.verbs.find_personas": ["Personas", "TextTable", "find_personas"],
    "twinfold.verbs.fit": ["LinkedSynthesizer", "Synthesizer", "fit", "load"],
    "twinfold.verbs.focus_group": ["FocusGroup", "focus_group"],
    "twinfold.verbs.forecast": ["forecast", "forecast_to"],
    "twinfold.verbs.impute": ["impute", "impute_to"],
    "twinfold.verbs.inspect": ["Inspection", "inspect"],
    "twinfold.verbs.learn_experiment": ["learn_experiment"],
    "twinfold.verbs.log_prob": ["log_prob", "log_prob_to"],
    "twinfold.verbs.plan_experiment": ["plan_experiment"],
    "twinfold.verbs.policy": ["policy"],
    "twinfold.verbs.predict": ["predict", "predict_proba", "predict_proba_to", "predict_to"],
    "twinfold.verbs.run_experiment": ["run_experiment"],
    "twinfold.verbs.sample": ["sample", "sample_to"],
    "twinfold.verbs.score_forecast": ["score_forecast"],
    "twinfold.verbs.scoreboard": ["scoreboard"],
    "twinfold.verbs.simulate": ["Outcome", "simulate"],
    "twinfold.verbs.survey": ["Survey", "survey"],
    "twinfold.verbs.walk": ["walk", "walk_to"],
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("twinfold")
    if name not in _HOME:
        raise AttributeError(f"module 'twinfold' has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(_HOME[name]), name)
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
