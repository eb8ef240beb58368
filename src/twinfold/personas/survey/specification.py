"""The questionnaire: `questions.toml`, which says what is asked, and where each answer comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from twinfold.behaviour.toml_file import read_toml
from twinfold.errors import SpecificationError, unknown_name
from twinfold.personas.memory.truth import TRUTHS
from twinfold.personas.questions.words import fold, split_words

KINDS = ("single", "multiple", "likert", "numeric", "open")

MOST_ITEMS, MOST_OPTIONS = 200, 50
"""Items of a questionnaire, and options of one, at most."""

BETWEEN = "; "
"""What stands between several options that one customer names."""

NONE_OF_THESE = "none of these"
"""What those answer who obey no option's condition."""

YES, NO = "yes", "no"
"""The options of what is answered by yes and no, where an item gives none."""

_TRUTHS: Mapping[str, bool] = {
    **TRUTHS,
    **dict.fromkeys(("yeah", "yep", "ja", "oui", "si", "sim", "ano", "tak", "da"), True),
    **dict.fromkeys(("nope", "never", "nein", "non", "nao", "nej", "nee", "ne", "nie"), False),
}
"""What the first word of an option says, where the other option's says the contrary."""

_NOTS = frozenset({"not", "nicht", "ne", "pas", "no", "non"})
_SHORT = {"’": "'", "won't": "will not", "can't": "can not", "cannot": "can not", "n't": " not"}
"""Words by which one option is the other denied, and how they are written short."""

Number = Annotated[float, Field(allow_inf_nan=False)]
Short = Annotated[str, Field(min_length=1, max_length=120)]
Name = Annotated[str, Field(min_length=1, max_length=1_000)]
Offer = Annotated[Mapping[str, Number | str], Field(max_length=20)]
Anchor = Annotated[str, Field(min_length=1, max_length=500)]

_TAKES: Mapping[str, tuple[str, ...]] = {
    "single": ("options", "yes", "column", "formula", "behaviour", "offer", "cuts"),
    "multiple": ("options", "behaviour"),
    "likert": (
        *("scale", "column", "formula", "behaviour", "offer", "cuts", "labelled", "shares", "thresholds_of"),
        "anchors",
    ),
    "numeric": ("column", "formula", "behaviour", "offer"),
    "open": ("behaviour", "offer"),
}
_SOURCES = ("column", "formula", "behaviour")

NEEDS = "a questionnaire needs items, and each of them an id, a kind and a question"
_WORDS = {"valid dictionary or instance of Item": "table", "dictionary": "table", "tuple": "list", "string": "text"}
"""What Python calls things that people who write TOML call otherwise."""


def _which_is_yes(options: Sequence[str]) -> int | None:
    """The place of the yes of two options; None where their words don't tell.

    >>> [_which_is_yes(each) for each in (("No", "Yes, please"), ("I won't", "I will"), ("I don't mind", "Hardly"))]
    [1, 1, None]
    """
    said = []
    for text in map(fold, options):
        for short, full in _SHORT.items():
            text = text.replace(short, full)
        said.append([word.text for word in split_words(text)])
    truths = [_TRUTHS.get(words[0]) if words else None for words in said]
    if None not in truths and truths[0] is not truths[1]:
        return truths.index(True)
    bare = [[word for word in words if word not in _NOTS] for words in said]
    plain = [words == own for words, own in zip(said, bare, strict=True)]
    return plain.index(True) if bare[0] == bare[1] and plain[0] is not plain[1] else None


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Labelled(_Part):
    """Real answers that a scale is measured by.

    Attributes:
        file: a table of them, beside the questionnaire: CSV or Parquet.
        answer: the column of the answer: a number from 1, or the words of the scale.
        score: of a scale of a behaviour, the column of its score; None: the rows are put to the behaviour.
        text: of a scale of free texts, the column of the text.
    """

    file: Name
    answer: Name
    score: Name | None = None
    text: Name | None = None


class Item(_Part):
    """One question, and at most one place that its answers come from; without any it is understood by its words.

    Attributes:
        id: its name, which no other item has; kind: what can be answered; question: its words.
        options: of "single" and "multiple": the words, or words with a condition each that says who answers so ("under
            30" = "age < 30"); of "multiple" also words with an offer each, of which customers name those they would
            take. yes: which of two options is the yes, where their words don't say it. scale: of "likert", the words of
            its points from the least to the most, 3 to 11.
        column: a column of the customers', or the name of what their rows amount to. formula: arithmetic on their
            numbers. behaviour: the name of one; offer: what is put to it, by column.
        cuts: numbers in rising order that cut a number into options: what is less than the first is the first option.
        labelled: real answers that a scale is measured by. shares: in their place, how many of these customers are
            assumed to answer each point. thresholds_of: another scale of the same behaviour that is cut as this one.
        anchors: of "likert": a sentence for each point (or several lists of such), by whose meaning a free text of a
            language model is placed; takes `labelled` texts.
    """

    id: Short
    kind: Literal["single", "multiple", "likert", "numeric", "open"]
    question: Name
    options: tuple[Short, ...] | Mapping[Short, Name | Offer] = Field(default=(), max_length=MOST_OPTIONS)
    yes: Short | None = None
    scale: tuple[Short, ...] = Field(default=(), max_length=11)
    column: Name | None = None
    formula: Name | None = None
    behaviour: Name | None = None
    offer: Offer = {}
    cuts: tuple[Number, ...] = Field(default=(), max_length=MOST_OPTIONS)
    labelled: Labelled | None = None
    shares: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = Field(default=(), max_length=11)
    thresholds_of: Short | None = None
    anchors: tuple[tuple[Anchor, ...], ...] = Field(default=(), max_length=20)

    @field_validator("anchors", mode="before")
    @classmethod
    def _list_one(cls, value: object) -> object:
        return [value] if isinstance(value, list | tuple) and value and isinstance(value[0], str) else value

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that can be answered, in their order; none of what is a number or open, or is found in a column."""
        return self.scale or tuple(self.options)

    @property
    def conditions(self) -> dict[str, str]:
        """By option, who answers so."""
        return {name: said for name, said in self._by_option.items() if isinstance(said, str)}

    @property
    def offers(self) -> dict[str, Mapping[str, float | str]]:
        """By option, what is offered."""
        return {name: said for name, said in self._by_option.items() if not isinstance(said, str)}

    def sides(self) -> tuple[str, str]:
        """The options that are the yes and the no, by their words or by what the item says.

        Raises `ValueError` where that can't be told.
        """
        options = self.choices or (YES, NO)
        if len(options) != 2:
            raise ValueError(f"it is answered by yes or no; there are {len(options)} options: give two options")
        place = options.index(self.yes) if self.yes is not None else _which_is_yes(options)
        if place is None:
            one, other = options
            raise ValueError(
                f"which of {one!r} and {other!r} is the yes can't be told; say yes = {one!r} or yes = {other!r}"
            )
        return options[place], options[1 - place]

    @property
    def _by_option(self) -> Mapping[str, str | Mapping[str, float | str]]:
        return self.options if isinstance(self.options, Mapping) else {}

    @model_validator(mode="after")
    def _check(self) -> Item:
        takes = _TAKES[self.kind]
        for name in sorted(self.model_fields_set - {"id", "kind", "question", *takes}):
            raise ValueError(f"kind {self.kind!r} has no {name}; it takes {', '.join(takes)}")
        sources = [name for name in _SOURCES if getattr(self, name) is not None]
        sources += ["conditions"] if self.conditions else []
        sources += ["anchors"] if self.anchors else []
        if len(sources) > 1:
            raise ValueError(f"{' and '.join(sources)}: answers come from one place; keep one of them")
        if self.offer and self.behaviour is None:
            raise ValueError("an offer is put to a behaviour; name one")
        self._check_choices()
        self._check_cuts()
        if self.kind == "likert":
            self._check_scale()
        if self.kind == "single" and self.behaviour is not None:
            self.sides()
        return self

    def _check_choices(self) -> None:
        if len(set(self.choices)) < len(self.choices):
            raise ValueError("two options have the same words; give each words of its own")
        if self.conditions and self.offers:
            raise ValueError("some options have a condition and some an offer; give all of them the same")
        if self.offers and (self.kind != "multiple" or self.behaviour is None):
            raise ValueError('options with offers are of kind "multiple", and of a behaviour; name it')
        if self.kind == "multiple" and not self._by_option:
            raise ValueError('kind "multiple" needs options with a condition each, such as "a loan" = "loan = \'yes\'"')
        if self.kind == "multiple" and self.behaviour is not None and not self.offers:
            raise ValueError('options of a behaviour need an offer each, such as "at 3 %" = {rate = 3}')
        if self.kind == "multiple" and any(BETWEEN.strip() in each for each in self.choices):
            raise ValueError(f"options of several answers can't hold {BETWEEN.strip()!r}; use another sign")
        if self.kind == "single" and self.behaviour is not None and len(self.options) not in (0, 2):
            raise ValueError("a behaviour says yes or no; give two options")
        if self.yes is not None and (self.yes not in self.choices or len(self.choices) != 2):
            raise ValueError(f"yes is {self.yes!r}; name one of two options")
        if self.yes is not None and (self.column is not None or self.formula is not None or self.conditions):
            raise ValueError("yes is of a behaviour, or of a question in words; leave it out")

    def _check_cuts(self) -> None:
        if any(low >= high for low, high in zip(self.cuts, self.cuts[1:], strict=False)):
            raise ValueError(f"cuts {[*self.cuts]} don't rise")
        if self.cuts and len(self.choices) != len(self.cuts) + 1:
            raise ValueError(f"{len(self.cuts)} cuts make {len(self.cuts) + 1} options; there are {len(self.choices)}")
        if self.cuts and (self.behaviour is not None or self.conditions or self.anchors):
            raise ValueError("cuts are of the numbers of a column, a formula, or an answer; leave them out")
        if self.kind != "numeric" and self.formula is not None and not self.cuts:
            raise ValueError("a formula comes to a number; give cuts that make options of it")

    def _check_scale(self) -> None:
        points = len(self.scale)
        if points < 3:
            raise ValueError('kind "likert" needs a scale of 3 to 11 points, such as ["no", "perhaps", "yes"]')
        ways = [name for name in ("labelled", "shares", "thresholds_of") if getattr(self, name)]
        if len(ways) > 1:
            raise ValueError(f"{' and '.join(ways)}: a scale is cut in one way; keep one of them")
        if ways and self.behaviour is None and not self.anchors:
            raise ValueError(f"{ways[0]} is of a scale of a behaviour; name it")
        if self.shares and (len(self.shares) != points or abs(sum(self.shares) - 1) > 0.005):
            raise ValueError(f"shares {[*self.shares]}: give one for each of {points} points, and let them add to 1")
        if self.anchors:
            if any(len(each) != points for each in self.anchors):
                raise ValueError(f"anchors: give a sentence for each of {points} points")
            if self.labelled is None or self.labelled.text is None:
                raise ValueError(
                    "texts are placed by meaning only where real ones bear it out: "
                    "give labelled = {file = …, text = …, answer = …}"
                )
        elif self.labelled is not None and self.labelled.text is not None:
            raise ValueError("labelled texts are of anchors; leave text out, or give anchors")


class Questionnaire(_Part):
    """What is asked.

    Attributes:
        title: of the whole; seed: of all chance, unless whoever asks gives another; items: the questions, in order.
    """

    title: str = Field(default="A survey", min_length=1, max_length=200)
    seed: int | None = Field(default=None, ge=0, lt=2**63)
    items: tuple[Item, ...] = Field(min_length=1, max_length=MOST_ITEMS)

    @model_validator(mode="after")
    def _check(self) -> Questionnaire:
        seen: dict[str, Item] = {}
        for item in self.items:
            if item.id in seen:
                raise ValueError(f"two items are called {item.id!r}; give each an id of its own")
            if item.thresholds_of is not None:
                self._check_thresholds(item, seen)
            seen[item.id] = item
        return self

    @staticmethod
    def _check_thresholds(item: Item, before: Mapping[str, Item]) -> None:
        other = before.get(str(item.thresholds_of))
        if other is None:
            raise ValueError(f"item {item.id!r}: {unknown_name('scale', str(item.thresholds_of), before)}")
        if other.thresholds_of is not None or other.behaviour != item.behaviour or other.scale != item.scale:
            raise ValueError(
                f"item {item.id!r} is cut as {other.id!r}: give both the same behaviour and scale, and that one cuts "
                "of its own"
            )


def read_questionnaire(source: Questionnaire | Mapping[str, Any] | str | Path) -> Questionnaire:
    """Read a questionnaire from a TOML file, or a mapping of what would stand in one; one that is read is given back.

    Raises `SpecificationError` where there is no such file, where it is no TOML, and for a key or a value that is not
    accepted.
    """
    if isinstance(source, Questionnaire):
        return source
    if isinstance(source, Mapping):
        return _make(dict(source), "the questionnaire")
    record = read_toml(source, called="questionnaire", holds="a title and items", line="[[items]]")
    return _make(record, Path(source).name)


def _make(record: dict[str, Any], name: str) -> Questionnaire:
    try:
        return Questionnaire.model_validate(record)
    except ValidationError as error:
        every = error.errors()
        first = next((each for each in every if each["type"] == "extra_forbidden"), every[0])
        place, said = _place(record, first["loc"]), first["msg"].removeprefix("Value error, ")
        if first["type"] == "missing":
            of = f"labelled takes {', '.join(Labelled.model_fields)}" if "labelled" in first["loc"] else NEEDS
            said = f"it is missing; {of}"
        elif first["type"] == "extra_forbidden":
            known = Labelled if "labelled" in first["loc"] else Item if len(first["loc"]) > 2 else Questionnaire
            key, above = str(first["loc"][-1]), _place(record, first["loc"][:-1])
            said = unknown_name("key", key, known.model_fields, among=above or name)
            raise SpecificationError(f"{name}: {said}") from None
        elif first["type"] == "literal_error":
            raise SpecificationError(f"{name}: {place}: {unknown_name('kind', str(first['input']), KINDS)}") from None
        elif first["type"] != "value_error":
            for theirs, ours in _WORDS.items():
                said = said.replace(theirs, ours)
            said = f"{said[:1].lower()}{said[1:]}, not {str(first['input'])[:60]!r}"
        raise SpecificationError(f"{name}: {f'{place}: ' if place else ''}{said}") from None


def _place(record: Mapping[str, Any], where: tuple[int | str, ...]) -> str:
    """Where a fault stands, in words: items are called by their id."""
    parts = [str(part) for part in where if not str(part).startswith(("tuple[", "dict[", "constrained-", "function-"))]
    parts = parts[:-1] if parts[-1:] in (["float"], ["str"]) else parts
    if len(where) > 1 and where[0] == "items" and isinstance(where[1], int):
        items = record.get("items")
        item = items[where[1]] if isinstance(items, list | tuple) and where[1] < len(items) else None
        known = item.get("id") if isinstance(item, Mapping) else None
        parts[:2] = [f"item {known!r}" if isinstance(known, str) else f"item {where[1] + 1}"]
    return ".".join(parts)
