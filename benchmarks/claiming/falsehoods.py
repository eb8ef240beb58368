"""Falsehoods: true sentences made false, one way each."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from claiming.sayings import Topic, Wordings, fields
from claiming.slots import Slot, round_up
from twinfold.personas.claims.ground import Ground


@dataclass(frozen=True)
class Truth:
    """A true sentence of one customer.

    Attributes:
        wordings: whose words it is in.
        topic, saying: what was asked, and the sentence, with `slots` in its gaps.
        known: all slots that can be read off what the customer was handed.
        so: which side of a yes and no it is on; None where there is none.
        ground: what it is held against.
        others: the slots of other customers who were asked the same, and their keys.
        levels: of each column, all that anybody has.
        pushes: columns by which a decision was moved, and by how much.
    """

    wordings: Wordings
    topic: Topic
    saying: str
    slots: Mapping[str, Slot]
    known: Mapping[str, Slot]
    so: bool | None
    ground: Ground
    others: Sequence[tuple[str, Mapping[str, Slot]]]
    levels: Mapping[str, Sequence[str]]
    pushes: Sequence[tuple[str, float]] = ()

    @property
    def text(self) -> str:
        return fill(self.saying, self.slots)

    @property
    def loose(self) -> bool:
        """Whether a level is said in words that are not its own."""
        return any(way == "loose" for _, way in fields(self.saying))

    @property
    def kind(self) -> str:
        return "a level, loosely" if self.loose else self.topic.kind

    def numbers(self) -> list[str]:
        """Names of slots of numbers in the sentence."""
        return [name for name, _ in fields(self.saying) if self.slots[name].kind == "number"]

    def holding(self, name: str, value: float | str) -> str:
        """The sentence with another value in one slot."""
        return fill(self.saying, {**self.slots, name: self.slots[name].put(value)})


def fill(saying: str, slots: Mapping[str, Slot]) -> str:
    text = saying.format_map(slots)
    return text[:1].upper() + text[1:]


def can_fill(saying: str, slots: Mapping[str, Slot]) -> bool:
    return all(name in slots and slots[name].is_sayable(way) for name, way in fields(saying))


def pick(options: Sequence[str], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))]


Way = Callable[[Truth, np.random.Generator], Iterator[str]]


def nudge(truth: Truth, rng: np.random.Generator) -> Iterator[str]:
    for name in truth.numbers():
        slot = truth.slots[name]
        step = 10.0**-slot.digits * (1 if abs(float(slot.value)) < 100 else int(rng.integers(1, 4)))
        moved = float(slot.value) + step * (1 if rng.random() < 0.5 or float(slot.value) < 2 * step else -1)
        words = (name, "words") in fields(truth.saying)
        if slot.column == "clause" or slot.column in ("chance", "low", "high") or words:
            continue
        yield truth.holding(name, round(moved, slot.digits))


def swap_digits(truth: Truth, rng: np.random.Generator) -> Iterator[str]:
    for name in truth.numbers():
        slot = truth.slots[name]
        digits = f"{abs(float(slot.value)):.{slot.digits}f}"
        places = [
            k
            for k in range(len(digits) - 1)
            if digits[k] != digits[k + 1] and "." not in digits[k : k + 2] and (k or digits[1] != "0")
        ]
        if places and (name, "words") not in fields(truth.saying):
            k = places[int(rng.integers(len(places)))]
            other = float(digits[:k] + digits[k + 1] + digits[k] + digits[k + 2 :])
            yield truth.holding(name, other if float(slot.value) > 0 else -other)


def round_numbers(truth: Truth, _: np.random.Generator) -> Iterator[str]:
    """Numbers that are rounded, where it is not said that they are."""
    for name in truth.numbers():
        value = float(truth.slots[name].value)
        said = re.search(rf"\b(?:about|around|roughly|approximately|nearly|almost) {{{name}\b", truth.saying.lower())
        if value >= 100 and round_up(value) != value and not said:
            yield fill(truth.saying, {**truth.slots, name: Slot(round_up(value), "number", name)})


def times_ten(truth: Truth, _: np.random.Generator) -> Iterator[str]:
    for name in truth.numbers():
        value = float(truth.slots[name].value)
        if value and abs(value) * 10 < 1e6:
            yield truth.holding(name, value * 10)


def turn_sign(truth: Truth, _: np.random.Generator) -> Iterator[str]:
    for name in truth.numbers():
        value = float(truth.slots[name].value)
        if name in ("balance", "answer") and value and (name, "words") not in fields(truth.saying):
            yield truth.holding(name, -value)


def misspell(truth: Truth, rng: np.random.Generator) -> Iterator[str]:
    for name, way in fields(truth.saying):
        if way == "words" and truth.slots[name].kind == "number":
            value = float(truth.slots[name].value)
            yield truth.holding(name, value + (1 if rng.random() < 0.5 or value < 2 else -1))


def swap_numbers(truth: Truth, _: np.random.Generator) -> Iterator[str]:
    names = truth.numbers()
    for first, second in pairwise(names):
        a, b = truth.slots[first], truth.slots[second]
        swapped = {**truth.slots, first: b, second: a}
        if a.value != b.value and can_fill(truth.saying, swapped):
            yield fill(truth.saying, swapped)


def borrow(truth: Truth, _: np.random.Generator) -> Iterator[str]:
    """The number of something else that is known of the same customer."""
    used = dict(fields(truth.saying))
    for name in truth.numbers():
        for other, slot in truth.known.items():
            unlike = slot.kind == "number" and slot.value != truth.slots[name].value and slot.is_sayable(used[name])
            if other not in used and unlike:
                yield fill(truth.saying, {**truth.slots, name: slot})


def shift_dates(days: int, months: int, years: int) -> Way:
    def shift(truth: Truth, rng: np.random.Generator) -> Iterator[str]:
        sign = 1 if rng.random() < 0.5 else -1
        for name, way in fields(truth.saying):
            slot = truth.slots[name]
            if slot.kind == "year" and years:
                yield truth.holding(name, float(slot.value) + sign)
            if slot.kind == "date" and not (days and way == "month"):
                day = datetime.date.fromisoformat(str(slot.value))
                month = day.year * 12 + day.month - 1 + sign * (months + 12 * years)
                moved = datetime.date(month // 12, month % 12 + 1, min(day.day, 28)) + datetime.timedelta(sign * days)
                yield truth.holding(name, moved.isoformat())

    return shift


def take_anothers(truth: Truth, rng: np.random.Generator) -> Iterator[str]:
    """What another customer would have said in the place of one slot."""
    _, other = truth.others[int(rng.integers(len(truth.others)))]
    for name, way in () if truth.loose else fields(truth.saying):
        own, others = truth.slots[name], other.get(name)
        same_month = others is not None and way == "month" and str(others.value)[:7] == str(own.value)[:7]
        if others is not None and others.value != own.value and others.is_sayable(way) and not same_month:
            yield fill(truth.saying, {**truth.slots, name: others})


def change_level(truth: Truth, rng: np.random.Generator) -> Iterator[str]:
    if not truth.loose:
        yield from change_levels(truth, rng)


def change_levels(truth: Truth, rng: np.random.Generator) -> Iterator[str]:
    if truth.so is not None and truth.topic.kind.startswith("yes"):
        return  # which levels are a yes is not known here
    for name, way in fields(truth.saying):
        slot = truth.slots[name]
        if slot.kind == "level":
            others = [level for level in truth.levels.get(name, ()) if level != slot.value]
            others = [level for level in others if slot.put(level).is_sayable(way)]
            if others:
                yield truth.holding(name, pick(others, rng))


def deny(truth: Truth, rng: np.random.Generator) -> Iterator[str]:
    """That it is not so, where everybody says what is so."""
    if not truth.topic.sided and truth.topic.no:
        denial = pick(truth.topic.no, rng)
        if can_fill(denial, truth.known):
            yield fill(denial, truth.known)


def flip(truth: Truth, rng: np.random.Generator) -> Iterator[str]:
    """The words of those of whom the opposite is so."""
    if truth.so is not None and "decision" not in truth.topic.kind:
        yield from _opposite(truth, rng)


def decide_otherwise(truth: Truth, rng: np.random.Generator) -> Iterator[str]:
    if truth.so is not None and "decision" in truth.topic.kind:
        yield from _opposite(truth, rng)


def _opposite(truth: Truth, rng: np.random.Generator) -> Iterator[str]:
    known = dict(truth.known)
    if truth.topic.kind == "yes or no, of a level":
        marital = [level for level in truth.levels["marital"] if level != "married"]
        known["marital"] = Slot(pick(marital, rng) if truth.so else "married", "level", "marital")
    if truth.topic.kind in ("a count", "yes or no, of rows") and not truth.so:
        known["count"] = Slot(float(rng.integers(1, 9)), "number", "count")
    for saying in truth.topic.no if truth.so else truth.topic.yes:
        if can_fill(saying, known):
            yield fill(saying, known)


def dodge(truth: Truth, _: np.random.Generator) -> Iterator[str]:
    for saying in truth.topic.dodges:
        if can_fill(saying, truth.known):
            yield fill(saying, truth.known)


def lie(truth: Truth, _: np.random.Generator) -> Iterator[str]:
    """What is false whatever a record says."""
    for saying in truth.topic.lies:
        if can_fill(saying, truth.known):
            yield fill(saying, truth.known)


def change_chance(names: tuple[str, ...]) -> Way:
    def change(truth: Truth, rng: np.random.Generator) -> Iterator[str]:
        for name in truth.numbers():
            if truth.slots[name].column in names:
                taken = {float(slot.value) for slot in truth.known.values() if slot.kind == "number"}
                others = [float(k) for k in range(1, 60) if k not in taken and k not in (4, 6, 12)]
                yield truth.holding(name, others[int(rng.integers(len(others)))])

    return change


def change_fee(truth: Truth, rng: np.random.Generator) -> Iterator[str]:
    for name in truth.numbers():
        slot = truth.slots[name]
        if slot.column == "clause":
            yield truth.holding(name, round(float(slot.value) * float(rng.choice([0.5, 1.1, 2, 3])) + 1, slot.digits))


def change_product(truth: Truth, _: np.random.Generator) -> Iterator[str]:
    if truth.topic.kind == "a clause":
        for old, new in truth.wordings.products:
            if old in truth.text and new not in truth.text:
                yield truth.text.replace(old, new)


def add_name(truth: Truth, rng: np.random.Generator) -> Iterator[str]:
    yield truth.text + pick(truth.wordings.names, rng)


def add_number(truth: Truth, rng: np.random.Generator) -> Iterator[str]:
    known = {slot.value for slot in truth.known.values()}
    yield truth.text + pick([text for text, number in truth.wordings.numbers.items() if number not in known], rng)


def add_level(truth: Truth, rng: np.random.Generator) -> Iterator[str]:
    """A level of a column that was not asked for and nothing is known of here."""
    said = " ".join(fact.said for fact in truth.ground.facts)
    names = [name for name in truth.levels if name not in truth.known]
    if names:
        levels = [level for level in truth.levels[pick(names, rng)] if level not in said and len(level) > 3]
        if levels:
            yield truth.text + pick(truth.wordings.levels, rng).format(pick(levels, rng))


def cite(truth: Truth, rng: np.random.Generator) -> Iterator[str]:
    key, _ = truth.others[int(rng.integers(len(truth.others)))]
    if key not in {f"{slot.value:.0f}" for slot in truth.known.values() if slot.kind == "number"}:
        yield truth.text + pick(truth.wordings.keys, rng).format(key)


WAYS: dict[str, Way] = {
    "number nudged": nudge,
    "digits swapped": swap_digits,
    "rounded up": round_numbers,
    "ten times": times_ten,
    "sign turned": turn_sign,
    "number in words wrong": misspell,
    "two numbers swapped": swap_numbers,
    "number of something else": borrow,
    "day shifted": shift_dates(1, 0, 0),
    "month shifted": shift_dates(0, 1, 0),
    "year shifted": shift_dates(0, 0, 1),
    "another customer's": take_anothers,
    "another level": change_level,
    "denied": deny,
    "yes for no": flip,
    "decision turned": decide_otherwise,
    "decision left out": dodge,
    "chance wrong": change_chance(("chance",)),
    "interval wrong": change_chance(("low", "high")),
    "clause's number wrong": change_fee,
    "product replaced": change_product,
    "invented name": add_name,
    "invented number": add_number,
    "invented level": add_level,
    "another's key": cite,
    "false whatever is so": lie,
}
"""Ways of making a true sentence false, by name."""
