"""Slots: what stands in a sentence and can be written in several ways, and exchanged for what is wrong."""

from __future__ import annotations

import calendar
import datetime
import math
import re
from dataclasses import dataclass, replace

from twinfold.personas.claims.ground import Ground
from twinfold.personas.memory.fact import Fact, FactKind

ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
CHANCE = re.compile(r"([\d.]+) in 100 \(([\d.]+) to ([\d.]+)\)")
NUMERAL = re.compile(r"(?<![\d.,])\d[\d,]*(?:\.\d+)?(?![\d,.]*\d)")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
TRADES = {
    "admin.": "in admin",
    "blue-collar": "in a blue-collar job",
    "entrepreneur": "as an entrepreneur",
    "housemaid": "as a housemaid",
    "management": "in management",
    "services": "in services",
    "technician": "as a technician",
}
SELVES = {
    "entrepreneur": "an entrepreneur",
    "housemaid": "a housemaid",
    "retired": "retired",
    "self-employed": "self-employed",
    "student": "a student",
    "technician": "a technician",
    "unemployed": "unemployed",
}
LOOSE = {
    "Married-civ-spouse": "married",
    "Never-married": "never married",
    "Divorced": "divorced",
    "Separated": "separated",
    "Widowed": "a widow",
    "Bachelors": "a bachelor's degree",
    "Masters": "a master's degree",
    "HS-grad": "a high-school diploma",
    "Some-college": "some years of college",
    "Exec-managerial": "an executive",
    "Tech-support": "a support technician",
    "Machine-op-inspct": "a machine operator",
    "Farming-fishing": "a farmer",
    "Month-to-month": "a contract that runs from month to month",
    "One year": "a one-year contract",
    "Two year": "a two-year contract",
    "Bank transfer (automatic)": "by automatic bank transfer",
    "Credit card (automatic)": "automatically by credit card",
    "Electronic check": "with an electronic check",
    "Mailed check": "with a check in the mail",
    "DSL": "a DSL line",
    "Fiber optic": "a fiber connection",
    "business": "my business",
    "car (new)": "a new car",
    "car (used)": "a used car",
    "domestic appliances": "some domestic appliances",
    "education": "my education",
    "furniture/equipment": "furniture or equipment",
    "radio/television": "a radio or television",
    "repairs": "some repairs",
    "retraining": "my retraining",
    "own": "own my home",
    "rent": "rent my home",
    "for free": "live for free",
}
SAID = {"trade": TRADES, "self": SELVES, "loose": LOOSE}
"""How people would say levels, where this is not how they are written."""


@dataclass(frozen=True)
class Slot:
    """What stands in one place: a number, a level or a date.

    Attributes:
        value: it; a date as ISO text.
        kind: "number", "level", "date" or "year".
        column: of what it is.
        digits: behind the point, of a number.
    """

    value: float | str
    kind: str
    column: str
    digits: int = 0

    def __format__(self, way: str) -> str:
        if self.kind == "date":
            return write_date(datetime.date.fromisoformat(str(self.value)), way)
        if isinstance(self.value, str):
            said = SAID.get(way)
            return self.value.replace("-", " ") if way == "spaced" else said[self.value] if said else self.value
        if self.kind == "year":
            return f"{self.value:.0f}"
        if way == "words":
            return spell(round(self.value))
        if way == "near":
            return f"{round_up(self.value) if self.value > 0 else self.value:,.0f}"
        return f"{self.value:.{self.digits}f}" if way == "plain" else f"{self.value:,.{self.digits}f}"

    def is_sayable(self, way: str) -> bool:
        """Whether it can be written so: numbers in words where they are whole and no less than nought."""
        if way in SAID:
            return self.value in SAID[way]
        return way != "words" or (isinstance(self.value, float) and 0 <= self.value < 1e6 and not self.digits)

    def put(self, value: float | str) -> Slot:
        return replace(self, value=value)


def spell(number: int) -> str:
    """A whole number in words.

    >>> spell(47), spell(1250), spell(300_021)
    ('forty-seven', 'one thousand two hundred and fifty', 'three hundred thousand and twenty-one')
    """
    if number < 20:
        return ONES[number]
    if number < 100:
        ten, one = divmod(number, 10)
        return TENS[ten - 2] + (f"-{ONES[one]}" if one else "")
    size, name = (1_000, "thousand") if number >= 1_000 else (100, "hundred")
    many, rest = divmod(number, size)
    link = " and " if 0 < rest < 100 else " "
    return f"{spell(many)} {name}" + (f"{link}{spell(rest)}" if rest else "")


def write_date(day: datetime.date, way: str) -> str:
    month = calendar.month_name[day.month]
    end = "th" if 10 < day.day < 20 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    ways = {
        "long": f"{day.day} {month} {day.year}",
        "us": f"{month} {day.day}, {day.year}",
        "ordinal": f"{day.day}{end} of {month} {day.year}",
        "month": f"{month} {day.year}",
        "short": f"{day.day} {month[:3]} {day.year}",
        "yearless": f"{day.day} {month}",
    }
    return ways.get(way, day.isoformat())


def round_up(value: float) -> float:
    """To two digits, up: 1,254 to 1,300."""
    size = 10.0 ** (math.floor(math.log10(abs(value))) - 1)
    return math.ceil(value / size) * size


def read_slots(ground: Ground) -> dict[str, Slot]:
    """What a ground's facts say, by the column that each is of: attributes by theirs, what was reckoned as `answer` and
    `count`, when it was as `when`, a decision as `chance`, `low` and `high`, numbers of the first clause as `c0`, …"""
    out: dict[str, Slot] = {}
    counted = [fact for fact in ground.facts if fact.kind is FactKind.COUNTED]
    for fact in ground.facts:
        if fact.kind is FactKind.ATTRIBUTE:
            name = re.sub(r"\W+", "_", fact.source.rpartition(".")[2])
            out.setdefault(name, _slot(fact, name))
        elif fact.kind is FactKind.DECISION and (found := CHANCE.fullmatch(fact.said)) and "chance" not in out:
            for name, said in zip(("chance", "low", "high"), found.groups(), strict=True):
                out[name] = _number(said, name)
        elif fact.kind is FactKind.CLAUSE and "c0" not in out:
            for place, said in enumerate(NUMERAL.findall(fact.said)):
                out[f"c{place}"] = _number(said, "clause")
        elif fact.kind is FactKind.EVENT and "when" not in out and (day := DAY.match(fact.said)):
            out["when"] = Slot(day[0], "date", "when")
    for fact in counted:
        name = "count" if fact.name.startswith("number of") else "answer"
        out.setdefault(name, _slot(fact, name))
    return {name: slot for name, slot in out.items() if slot.kind != "level" or any(map(str.isalpha, str(slot.value)))}


def _slot(fact: Fact, column: str) -> Slot:
    if isinstance(fact.value, str):
        kind = "date" if DAY.fullmatch(fact.value) else "level"
        return Slot(fact.said if kind == "level" else fact.value, kind, column)
    return _number(fact.said, column) if NUMERAL.fullmatch(fact.said.lstrip("-")) else Slot(fact.said, "level", column)


def _number(said: str, column: str) -> Slot:
    return Slot(float(said.replace(",", "")), "number", column, len(said.partition(".")[2]))
