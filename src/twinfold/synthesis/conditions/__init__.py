"""The condition language: what is asked of the rows to draw, parsed and never evaluated as code.

`docs/conditions.md` is its guide. The way of a condition: text -> tokens -> a tree of tests with typed literals ->
disjoint clauses that say, column by column, which values are admitted.
"""

from twinfold.synthesis.conditions.admitted import Admitted, AdmittedLevels, AdmittedNumbers, Interval, Level
from twinfold.synthesis.conditions.clauses import Clause
from twinfold.synthesis.conditions.condition import Condition, parse
from twinfold.synthesis.conditions.summaries import Summary

__all__ = [
    "Admitted",
    "AdmittedLevels",
    "AdmittedNumbers",
    "Clause",
    "Condition",
    "Interval",
    "Level",
    "Summary",
    "parse",
]
