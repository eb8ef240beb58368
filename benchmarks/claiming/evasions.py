"""Evasions: falsehoods that go beyond numbers, names and levels as they are usually written."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

import numpy as np

from claiming.falsehoods import Truth, Way, add_level, add_number, change_levels, fill, pick
from claiming.sayings import fields
from claiming.slots import Slot, spell

ENDS = (
    *(("highest", "lowest"), ("biggest", "smallest"), ("largest", "smallest"), ("last", "first")),
    *(("Altogether", "On average"), ("in total", "on average"), ("all in all", "on average")),
    *(("On average, each", "The smallest"), ("average", "total"), ("per transaction", "in total")),
)
UNKNOWN = (
    " I lost my job last week.",
    " I'm getting divorced.",
    " My income is rather high.",
    " I never pay late.",
    " I'm a vegetarian.",
    " My children have left home.",
    " I moved here from abroad.",
    " I had an accident on my way to work.",
)
SMALL_NAMES = (
    " i spent most of it at tesco.",
    " i live in manchester.",
    " my visa platinum takes care of the rest.",
    " i moved it to revolut.",
)
SLY_YES = (
    "I wouldn't say no to that.",
    "No way I'd miss this.",
    "I wouldn't hesitate for a second.",
    "I can't refuse such a loan.",
    "Who wouldn't? Put me down for it.",
    "There's no reason not to take it, so I will.",
)
SLY_NO = (
    "I'd take it if I were somebody else, but I'm not.",
    "Yes, I have heard of it, and I'm staying away.",
    "I would be a fool to take that.",
    "I'd love to say yes, but I have to decline.",
    "Sure, and pigs might fly.",
    "Others would take it. I'm out.",
)
NEITHER = ("Maybe.", "Yes and no.", "I might, or I might not.", "Yes, I would. No, I wouldn't.", "Let me sleep on it.")
"""Decisions that look like the other, and such as are none."""


def change_loose_level(truth: Truth, rng: np.random.Generator) -> Iterator[str]:
    if truth.loose:
        yield from change_levels(truth, rng)


def turn_ends(truth: Truth, _: np.random.Generator) -> Iterator[str]:
    """The highest called the lowest, the last the first, a sum a mean."""
    for old, new in ENDS:
        if f" {old} " in f" {truth.text} " and truth.topic.kind in ("an amount", "a date"):
            yield truth.text.replace(old, new)


def write_oddly(truth: Truth, rng: np.random.Generator) -> Iterator[str]:
    """A wrong number, written as few would."""
    for name, way in fields(truth.saying):
        slot = truth.slots[name]
        if slot.kind == "date" and way == "long":
            day = datetime.date.fromisoformat(str(slot.value)) + datetime.timedelta(3)
            for said in (f"{day:%d/%m/%Y}", f"{day:%d.%m.%y}", f"the {day.day}th of that month"):
                yield truth.text.replace(f"{slot:long}", said)
        if slot.kind != "number" or not 20 < float(slot.value) < 100_000 or way:
            continue
        wrong = round(float(slot.value)) + int(rng.integers(5, 9))
        taken = {each.value for each in truth.known.values()}
        for said in odd_ways(wrong) if float(wrong) not in taken else ():
            yield fill(truth.saying, {**truth.slots, name: Slot(said, "level", name)})


def odd_ways(number: int) -> list[str]:
    plain = f"{number}"
    out = [
        plain.translate({ord(str(k)): chr(0xFF10 + k) for k in range(10)}),
        plain.translate({ord(str(k)): chr(0x0660 + k) for k in range(10)}),
        "\u200b".join(plain),
        " ".join(plain),
        spell(number).replace("-", " "),
        "-".join(spell(int(digit)) for digit in plain),
        f"{plain}ish",
        f"#{plain}",
        f"{plain}.",
    ]
    if number >= 1_000:
        out += [
            f"{number / 1000:.1f}k",
            f"{number / 1000:.2f} thousand",
            f"{number:,}".replace(",", " "),
            f"{number:,}".replace(",", "'"),
        ]
    else:
        out += [roman(number), "a dozen", "a couple of hundred"]
    return out


ROMAN = (
    *((900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"), (10, "X"), (9, "IX")),
    *((5, "V"), (4, "IV"), (1, "I")),
)


def roman(number: int) -> str:
    out = ""
    for value, sign in ROMAN:
        while number >= value:
            out, number = out + sign, number - value
    return out


def compare(truth: Truth, _: np.random.Generator) -> Iterator[str]:
    """The right number, and not what is said of it."""
    for name, way in fields(truth.saying):
        if truth.slots[name].kind == "number" and truth.slots[name].column not in ("chance", "low", "high"):
            right = format(truth.slots[name], way)
            for said in ("more than {}", "less than {}", "anything but {}", "twice {}", "half of {}"):
                yield fill(truth.saying, {**truth.slots, name: Slot(said.format(right), "level", name)})


def take_questions(truth: Truth, _: np.random.Generator) -> Iterator[str]:
    """The number of the question, in the place of one's own."""
    for said in re.findall(r"\d+", truth.topic.question):
        for name in truth.numbers():
            if float(said) not in (
                truth.slots[name].value,
                *(s.value for s in truth.known.values() if s.kind == "number"),
            ):
                yield truth.holding(name, float(said))


def take_sources(truth: Truth, _: np.random.Generator) -> Iterator[str]:
    """The number of a place where a fact stands, in the place of one's own."""
    known = {slot.value for slot in truth.known.values()}
    found = [each for fact in truth.ground.facts for each in re.findall(r"(?<![\d.])\d+(?![\d.])", fact.source)]
    for name in truth.numbers():
        for said in found[:2]:
            if float(said) not in known:
                yield truth.holding(name, float(said))


def hide(truth: Truth, rng: np.random.Generator) -> Iterator[str]:
    """What is made up, behind more words than anybody reads."""
    for wrong in (*add_level(truth, rng), *add_number(truth, rng)):
        yield truth.text + " That is how it is, and how it was, as I always say." * 45 + wrong.removeprefix(truth.text)


def change_unit(truth: Truth, _: np.random.Generator) -> Iterator[str]:
    """The right number of what it is not."""
    for old, new in (("years old", "months old"), ("hours", "days"), (" in the account", " dollars in the account")):
        if old in truth.text:
            yield truth.text.replace(old, new)


def add(options: tuple[str, ...]) -> Way:
    def invent(truth: Truth, rng: np.random.Generator) -> Iterator[str]:
        yield truth.text + pick(options, rng)

    return invent


def decide_slyly(truth: Truth, _: np.random.Generator) -> Iterator[str]:
    if truth.so is not None and "decision" in truth.topic.kind:
        yield from (*(SLY_NO if truth.so else SLY_YES), *NEITHER)


def turn_reasons(truth: Truth, _: np.random.Generator) -> Iterator[str]:
    """What speaks for it said to speak against it."""
    for column, push in truth.pushes:
        if column in truth.known and "reasons" in truth.topic.kind:
            lead = "Yes, I would." if truth.so else "No, I wouldn't."
            turned = "would hold me back" if push > 0 else "speaks for it"
            yield f"{lead} My {column} ({truth.known[column]}) {turned}."


HARDER: dict[str, Way] = {
    "end turned": turn_ends,
    "written oddly": write_oddly,
    "comparison wrong": compare,
    "question's number": take_questions,
    "level in other words": change_loose_level,
    "number of a source": take_sources,
    "behind many words": hide,
    "unit wrong": change_unit,
    "name in small letters": add(SMALL_NAMES),
    "words alone": add(UNKNOWN),
    "sly decision": decide_slyly,
    "reason turned": turn_reasons,
}
"""Ways that go beyond numbers, names and levels."""
